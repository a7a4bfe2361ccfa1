#!/bin/sh
# heart_erlang.sh: real Erlang nodes, guarded by procguard in the place of OTP's heart. lib.sh says how to run it.
# once

# erl_start ARG...: a node in a mount namespace where erlang's heart is procguard. Its pid is $node; what it and heart
# say is in the file said.
erl_start() {
	[ "$(id -u)" = 0 ] || skip "not root: nothing can be mounted"
	command -v erl >/dev/null || skip "no erl"
	unshare -m true 2>/dev/null || skip "no mount namespaces"
	# shellcheck disable=SC2016 # of the inner shell
	start unshare -m sh -c '
		root=$(erl -noshell -eval "io:put_chars(code:root_dir()), halt().")
		for heart in "$root"/erts-*/bin/heart; do
			mount --bind "$PROCGUARD" "$heart" || exit
		done
		exec erl -noshell -heart "$@" </dev/null >said 2>&1' sh "$@"
	node=$started
}

# The node says that it is there, and what it was asked.
saw() { # TEXT
	wait_until 60 grep -q -s -e "$1" said
}

# What a command notes: how it found the node.
command_for_node() {
	cat >reboot <<-'END'
		#!/bin/sh
		if grep -qs "^State:.*[^ZX] (" "/proc/$(cat node)/status"; then echo alive; else echo dead; fi >ran.new
		mv ran.new "${1-ran}"
	END
	chmod +x reboot
	HEART_COMMAND="cd $PWD && ./reboot"
	export HEART_COMMAND
}

run_node() { # ERL-ARG...
	command_for_node
	erl_start "$@"
	echo "$node" >node
}

ran() { # alive|dead [FILE]
	wait_until 60 test -e "${2-ran}"
	[ "$(cat "${2-ran}")" = "$1" ] || fail "the command found the node $(cat "${2-ran}"), not $1: $(cat said)"
}

heart_said() {
	for text in "$@"; do
		wait_until 10 grep -q -e "^heart: .*$text" said
	done
}

tell_node() { # EXPRESSION: a node's own words; it then sleeps.
	printf '%s, io:format("ready~n"), timer:sleep(infinity).' "$1"
}

# ---- what the node asks for ----

test_init_reboot() {
	run_node -eval 'io:format("ready~n"), init:reboot().'
	ran dead
	heart_said 'Erlang has closed' 'Executed "cd .* -> 0. Terminating'
}

test_init_reboot_without_command() {
	erl_start -eval 'io:format("ready~n"), init:reboot().'
	heart_said 'Erlang has closed' 'Would reboot. Terminating'
	wait "$node" || fail "the node ended with $?"
}

test_init_stop_runs_nothing() {
	run_node -eval 'init:stop().'
	wait "$node" || fail "the node ended with $?: $(cat said)"
	wait_while 20 pgrep -x heart
	[ ! -e ran ] || fail "the command ran"
	! grep '^heart: ' said || fail "it said something"
}

test_cycle() {
	run_node -eval "$(tell_node 'ok = heart:set_cmd("cd '"$PWD"' && ./reboot other"),
		receive after 500 -> ok end, ok = heart:cycle()')"
	saw ready
	wait_until 20 one_heart
	kill -9 "$node"
	ran dead other
	[ ! -e ran ] || fail "two commands ran"
}

one_heart() {
	[ "$(pgrep -x heart | wc -l)" = 1 ]
}

test_commands_of_the_node() {
	run_node -eval '
		Check = fun(N) ->
			Cmd = lists:duplicate(N, $c),
			ok = heart:set_cmd(Cmd),
			{ok, Cmd} = heart:get_cmd()
		end,
		{ok, Env} = heart:get_cmd(), true = string:find(Env, "./reboot") =/= nomatch,
		Check(160), Check(2000), Check(2046),
		{error, {bad_cmd, _}} = heart:set_cmd(lists:duplicate(2047, $c)),
		ok = heart:clear_cmd(),
		{ok, Env} = heart:get_cmd(),
		ok = heart:set_cmd("cd '"$PWD"' && ./reboot set"),
		io:format("ready~n"), halt(3).'
	ran dead set
	[ ! -e ran ] || fail "the other command ran"
	saw ready
}

# ---- the node's end ----

test_halt() {
	run_node -eval 'halt(3).'
	ran dead
	wait "$node"
	[ $? = 3 ] || fail "the node's status"
}

test_killed() {
	run_node -eval "$(tell_node ok)"
	saw ready
	kill -9 "$node"
	ran dead
	heart_said 'Erlang has closed' 'Wait 5 seconds for Erlang to terminate nicely' \
		'The command.s end: exit status 0'
}

test_stopped_until_overdue() {
	run_node -env HEART_BEAT_TIMEOUT 11 -eval "$(tell_node ok)"
	saw ready
	grep -q 'heart_beat_timeout = 11' said || fail "$(cat said)"
	kill -STOP "$node"
	ran dead
	heart_said 'heart-beat time-out, no activity for 11 seconds'
}

# The 2 seconds that it has may be too few on a machine that is busy.
test_report_of_a_stopped_node() {
	"$PROCGUARD" --list | grep -qx gmr || skip "this build has no gmr"
	HEART_REPORT_DIR=$PWD/reports
	export HEART_REPORT_DIR
	mkdir reports
	for _ in 1 2 3; do
		rm -f ran said
		run_node -env HEART_BEAT_TIMEOUT 11 -eval "$(tell_node ok)"
		saw ready
		kill -STOP "$node"
		ran dead
		grep -q 'heart: .*: no report of Erlang .*(2000 ms)' said || break
	done
	heart_said "report of Erlang (process $node): '$PWD/reports/beam.smp_gurumeditation_"
	# As old and new ones call them.
	for name in 1_scheduler,erts_sched_1 1_aux,erts_aux_1; do
		grep -q -e "^${name%,*}, stopped" -e "^${name#*,}, stopped" reports/* ||
			fail "no thread $name: $(head -n 40 reports/*)"
	done
}

# One that says ok; then one that does not, whereupon the node's heart process fails, and with it the node.
test_callback_that_fails() {
	run_node -eval 'ok = heart:set_callback(code, rehash), {ok, {code, rehash}} = heart:get_callback(),
		receive after 500 -> ok end, ok = heart:clear_callback(), none = heart:get_callback(),
		io:format("ready~n"), heart:set_callback(init, get_status), timer:sleep(infinity).'
	saw ready
	ran dead
	heart_said 'Erlang has closed'
}

# Heartbeats go on, with the schedulers looked at, for longer than the time-out; then they stop.
test_check_schedulers() {
	run_node -env HEART_BEAT_TIMEOUT 20 -eval 'ok = heart:set_options([check_schedulers]),
		{ok, [check_schedulers]} = heart:get_options(), timer:sleep(22000), io:format("ready~n"), halt().'
	saw ready
	ran dead
	! grep time-out said || fail "$(cat said)"
}

# ---- crash ----

crash_by_atoms() { # SECONDS
	ERL_CRASH_DUMP=$PWD/dump
	export ERL_CRASH_DUMP
	run_node +t 32768 -env ERL_CRASH_DUMP_SECONDS "$1" \
		-eval '[list_to_atom("full" ++ integer_to_list(N)) || N <- lists:seq(1, 40000)].'
	ran dead
	wait_until 10 grep -q 'Executed "cd .* -> 0. Terminating' said
}

# The node then says nothing to heart, and writes none.
test_crash_without_dump() {
	crash_by_atoms 0
	[ ! -e dump ] || fail "there is a dump"
	heart_said 'Erlang has closed'
}

crash_with_dump() { # SECONDS
	crash_by_atoms "$1"
	head -n 1 dump | grep -q '^=erl_crash_dump' || fail "no dump: $(head -n 1 dump)"
	# The node's own words stand between, letter by letter.
	grep -q 'Erlang is crashing .. (waiting for crash dump file)' said || fail "$(cat said)"
	grep -q "Waiting for dump - timeout set to $1 seconds." said || fail "$(cat said)"
}

crash_with_whole_dump() { # SECONDS
	crash_with_dump "$1"
	tail -n 1 dump | grep -q '^=end' || fail "the dump is not whole: $(tail -n 1 dump)"
}

# On a slow machine the node itself may cut it off after 10 seconds.
test_crash_with_dump_in_10_seconds() { crash_with_dump 10; }
test_crash_with_dump_in_100_seconds() { crash_with_whole_dump 100; }
test_crash_with_dump_without_limit() { crash_with_whole_dump -1; }

# ---- the environment ----

test_no_kill() {
	run_node -env HEART_BEAT_TIMEOUT 11 -env HEART_NO_KILL TRUE -eval "$(tell_node ok)"
	saw ready
	kill -STOP "$node"
	ran alive
	alive "$node" || fail "the node was killed"
	stop "$node" KILL || :
}

test_kill_signal() {
	# A large core could take longer than a node has to end. Some KiB are enough to see that there is one.
	# shellcheck disable=SC3045 # dash and busybox have it
	ulimit -c 128
	run_node -env HEART_BEAT_TIMEOUT 11 -env HEART_KILL_SIGNAL SIGABRT -eval "$(tell_node ok)"
	saw ready
	kill -STOP "$node"
	ran dead
	heart_said 'kill signal SIGABRT requested'
	wait "$node"
	[ $? = $((128 + 6)) ] || fail "the node was not ended by SIGABRT"
	# Where the kernel writes cores into the directory, there is one.
	case $(cat /proc/sys/kernel/core_pattern) in
	core*) ls core* >/dev/null || fail "no core file" ;;
	esac
}

. "${0%/*}/lib.sh"
