#!/bin/sh
# heart.sh: heart as Erlang's port program, below a stand-in for a node. lib.sh says how to run it.

# The node: a process that is not ours to reap, as Erlang's is not heart's.
node_start() { # COMMAND...
	(
		"$@" </dev/null >node.out 2>&1 &
		echo $! >node.pid
	)
	node=$(cat node.pid)
}

# heart_start ARG...: its stdin is descriptor 3, its stdout 4, and it has said ACK.
heart_start() {
	start_talking "$PROCGUARD" heart "$@"
}

start_talking() { # COMMAND...
	rm -f in out
	mkfifo in out
	start sh -c 'exec "$0" "$@" <in >out 2>said' "$@"
	heart=$started
	exec 3>in 4<out
	expect_answer '00 01 01'
}

# frame OPERATION DATA: as printf(1) takes them.
frame() {
	# shellcheck disable=SC2059 # escapes
	printf "$(printf '\\000\\%03o\\%03o' $((${#2} + 1)) "$1")" >&3
	printf %s "$2" >&3
}

expect_answer() { # HEX
	answer=$(head -c $(((${#1} + 1) / 3)) <&4 | od -An -v -tx1 | xargs)
	[ "$answer" = "$1" ] || fail "the answer is '$answer', not '$1': $(cat said)"
}

# The end of stdin.
close_stdin() {
	exec 3>&-
}

# Wait for its end: status 0.
heart_ended() {
	wait "$heart" || fail "status $?: $(cat said)"
}

# said TEXT...: these lines, in this order, in OTP's form. Not every line has to be named.
said() {
	at=1
	for text in "$@"; do
		line=$(tail -n "+$at" said | sed 's/^heart: [A-Z][a-z][a-z] [A-Z][a-z][a-z] [ 0-9][0-9] [0-9:]\{8\} [0-9]\{4\}: //' |
			grep -n -F -x -m 1 -e "$(printf '%s\r' "$text")") || fail "not said (in this order): $text: $(cat said)"
		at=$((at + ${line%%:*}))
	done
}

never_said() {
	! grep -F "$1" said || fail "said: $(cat said)"
}

# A command that notes that it ran, and how the node was.
# shellcheck disable=SC2089 # for another shell
note_command='if grep "^State:.*[^ZX] (" /proc/$NODE/status >/dev/null 2>&1; then echo alive; else echo dead; fi >ran'

ran() { # alive|dead
	[ "$(cat ran 2>&1)" = "$1" ] || fail "the command ran: $(cat ran 2>&1), not $1: $(cat said)"
}

# For a command without a shell, and one that says what it was given.
script() { # NAME
	cat >"$1"
	chmod +x "$1"
}

# shellcheck disable=SC2089,SC2090 # it is not for this shell
with_command() {
	node_start sleep 300
	HEART_COMMAND=$note_command NODE=$node
	export HEART_COMMAND NODE
}

# ---- frames ----

talk() {
	python3 "$TOP/tests/progs/heart_talk.py" "$PROCGUARD" "$1"
	status=$?
	[ $status != 77 ] || skip "no strace, or it may not trace"
	[ $status = 0 ] || fail "status $status"
}

test_frames_split_at_every_byte() { talk split; }
test_long_frames_are_dropped() { talk long_frames; }
test_a_million_beats() { talk beats; }
test_flood_of_questions() { talk flood; }
test_answers_that_nobody_reads() { talk stuck; }
test_closed_stdout() { talk closed_stdout; }
test_signals_that_interrupt() { talk interrupted; }

test_interrupted_at_every_call() {
	nm "$PROCGUARD" 2>/dev/null | grep -q __asan_init && skip "a sanitizer's own calls would fail"
	command -v strace >/dev/null || skip "no strace"
	talk injected
}

test_commands() {
	HEART_COMMAND='echo from the environment' heart_start -ht 60
	frame 6 ''
	expect_answer '00 1a 07 65 63 68 6f 20 66 72 6f 6d 20 74 68 65 20 65 6e 76 69 72 6f 6e 6d 65 6e 74'
	frame 4 'true'
	expect_answer '00 01 01'
	frame 6 ''
	expect_answer '00 05 07 74 72 75 65'
	frame 5 ''
	expect_answer '00 01 01'
	frame 4 'exit 3'
	expect_answer '00 01 01'
	close_stdin
	heart_ended
	said 'Erlang has closed.' 'Executed "exit 3" -> 768. Terminating.' "The command's end: exit status 3."
}

test_shut_down() {
	with_command
	heart_start -pid "$node"
	frame 2 ''
	frame 3 ''
	heart_ended
	[ "$(cat said)" = "heart_beat_kill_pid = $node" ] || fail "said: $(cat said)"
	[ ! -e ran ] || fail "the command ran"
	alive "$node" || fail "the node was killed"
}

# ---- options and environment ----

test_time_out_of_range() {
	for value in 10 65536 -11 abc 11s ''; do
		heart_start -ht "$value"
		frame 3 ''
		heart_ended
		said "-ht $value is not from 11 to 65535 seconds: 60 is used"
		never_said heart_beat_timeout
	done
	heart_start -ht 65535 -pid 0
	frame 3 ''
	heart_ended
	[ "$(cat said)" = "heart_beat_timeout = 65535
heart_beat_kill_pid = 0" ] || fail "said: $(cat said)"
}

test_debug() {
	HEART_DEBUG='' heart_start -ht 12
	frame 3 ''
	heart_ended
	printf 'heart: debug is ON!\r\nheart_beat_timeout = 12\nHeart: arguments -ht 12 -pid 0\n\r\n' | cmp - said || fail "$(cat said)"
}

test_no_call_of_erlangs() {
	"$PROCGUARD" heart -h | grep -q '^Usage: .*heart' || fail "no help"
	"$PROCGUARD" heart nonsense </dev/null >out 2>&1 && fail "an unknown word: status 0"
	"$PROCGUARD" heart --nonsense </dev/null >out 2>&1
	[ $? = 2 ] || fail "an unknown option: $(cat out)"
	heart_start -ht 12 -later option -x
	frame 3 ''
	heart_ended
}

test_without_command_nothing_is_killed() {
	node_start sleep 300
	heart_start -pid "$node"
	close_stdin
	heart_ended
	said 'Erlang has closed.' 'Would reboot. Terminating.'
	alive "$node" || fail "the node was killed"
}

test_empty_command_counts_as_set() {
	node_start sleep 300
	HEART_COMMAND='' ERL_CRASH_DUMP_SECONDS=0 heart_start -pid "$node"
	frame 8 ''
	heart_ended
	said 'Erlang is crashing .. (waiting for crash dump file)' 'Waiting for dump - timeout set to 0 seconds.' \
		'Executed "" -> 0. Terminating.'
	alive "$node" && fail "the node lives"
	return 0
}

test_no_kill() {
	with_command
	HEART_NO_KILL=TRUE heart_start -pid "$node"
	close_stdin
	heart_ended
	ran alive
	never_said 'Wait 5 seconds'
}

test_no_kill_is_only_true() {
	with_command
	HEART_NO_KILL=1 heart_start -pid "$node"
	frame 8 ''
	heart_ended
	ran dead
	said 'HEART_NO_KILL=1 does nothing: only TRUE counts' 'Erlang is crashing .. (waiting for crash dump file)'
}

test_kill_signal() {
	script node.sh <<-'END'
		#!/bin/sh
		trap 'echo aborted >aborted; exit 0' ABRT
		echo ready >ready
		while :; do sleep 0.1; done
	END
	with_command
	kill "$node"
	node_start ./node.sh
	NODE=$node
	wait_until 10 test -e ready
	HEART_KILL_SIGNAL=SIGABRT heart_start -pid "$node"
	frame 8 ''
	heart_ended
	said 'kill signal SIGABRT requested' "Executed \"$note_command\" -> 0. Terminating."
	ran dead
	[ -e aborted ] || fail "no SIGABRT came: $(cat said)"
}

# ---- the node's end ----

test_closed_and_ends_by_itself() {
	with_command
	heart_start -pid "$node"
	close_stdin
	wait_until 10 grep -q 'Wait 5 seconds' said
	kill "$node"
	heart_ended
	said 'Erlang has closed.' 'Wait 5 seconds for Erlang to terminate nicely' "Executed \"$note_command\" -> 0. Terminating."
	never_said 'still alive'
	ran dead
}

test_closed_and_stays() {
	with_command
	heart_start -pid "$node"
	close_stdin
	heart_ended
	said 'Erlang has closed.' 'Wait 5 seconds for Erlang to terminate nicely' 'Erlang still alive, kill it' \
		"Executed \"$note_command\" -> 0. Terminating."
	ran dead
}

# Its stdin stays open: another process holds it, this shell.
test_death_is_seen_at_once() {
	with_command
	heart_start -pid "$node"
	kill -9 "$node"
	heart_ended
	said 'Erlang has closed.' "Executed \"$note_command\" -> 0. Terminating."
	never_said 'still alive'
	ran dead
}

# Linux before 5.3, and filters that do not know the calls.
test_without_descriptors_of_processes() {
	for calls in pidfd_open,pidfd_send_signal pidfd_open=EPERM,pidfd_send_signal=EPERM,close_range; do
		rm -f ran
		with_command
		start_talking "$BUILD/tests/enosys" $calls "$PROCGUARD" heart -pid "$node"
		kill -9 "$node"
		heart_ended
		ran dead
		with_command
		start_talking "$BUILD/tests/enosys" $calls "$PROCGUARD" heart -pid "$node"
		frame 8 ''
		heart_ended
		said "Executed \"$note_command\" -> 0. Terminating."
		never_said 'cannot be'
	done
}

test_a_zombie_is_dead() {
	script parent.py <<-'END'
		#!/usr/bin/env python3
		import os, sys, time
		pid = os.fork()
		if pid == 0:
		    os.execvp("sleep", ["sleep", "300"])
		with open("zombie.new", "w") as file:
		    file.write(str(pid))
		os.rename("zombie.new", "zombie")
		time.sleep(300)
	END
	start ./parent.py
	wait_until 20 test -e zombie
	node=$(cat zombie) HEART_COMMAND='echo ran >ran'
	export HEART_COMMAND
	heart_start -pid "$node"
	kill "$node"
	heart_ended
	never_said 'still alive'
	[ -e ran ] || fail "no command: $(cat said)"
	kill -0 "$node" || fail "it was no zombie any more"
}

# What the node said last is read before its death is acted on.
test_shut_down_before_death() {
	with_command
	heart_start -pid "$node"
	kill -STOP "$heart"
	frame 2 ''
	frame 3 ''
	kill -9 "$node"
	wait_while 10 alive "$node"
	kill -CONT "$heart"
	heart_ended
	[ ! -e ran ] || fail "the command ran: $(cat said)"
}

test_a_pid_that_is_no_process() {
	HEART_COMMAND='echo ran >ran' heart_start -pid 4194303
	frame 2 ''
	close_stdin
	heart_ended
	grep -q 'process 4194303 cannot be watched' said || fail "said: $(cat said)"
	[ -e ran ] || fail "no command"
}

test_overdue() {
	with_command
	heart_start -ht 11 -pid "$node"
	heart_ended
	said 'heart-beat time-out, no activity for 11 seconds' "Executed \"$note_command\" -> 0. Terminating." \
		"The command's end: exit status 0."
	ran dead
}

test_beats_keep_it_well() {
	with_command
	heart_start -ht 11 -pid "$node"
	for beat in 1 2 3 4 5 6 7; do
		sleep 2
		frame 2 ''
		alive "$heart" || fail "ended after $beat beats: $(cat said)"
	done
	frame 3 ''
	heart_ended
}

# The signal it is to get does not end it; so it is with SIGKILL for what is stopped in the kernel.
test_a_node_that_will_not_die() {
	script node.sh <<-'END'
		#!/bin/sh
		trap '' ABRT
		echo ready >ready
		exec sleep 300
	END
	with_command
	kill "$node"
	node_start ./node.sh
	NODE=$node
	wait_until 10 test -e ready
	HEART_KILL_SIGNAL=SIGABRT heart_start -pid "$node"
	frame 8 ''
	heart_ended
	said 'kill signal SIGABRT requested' 'Unable to kill old process, kill failed (tried multiple times).' \
		"Erlang (process $node) is still there: the command runs beside it" "Executed \"$note_command\" -> 0. Terminating."
	ran alive
}

# ---- crash ----

test_crash_waits_for_the_dump() {
	with_command
	ERL_CRASH_DUMP_SECONDS=-1 heart_start -pid "$node"
	frame 8 ''
	frame 2 ''
	wait_until 10 grep -q 'Waiting for dump - timeout set to -1 seconds.' said
	sleep 1
	alive "$node" || fail "the node was killed while it wrote its dump"
	close_stdin
	heart_ended
	ran dead
	said 'Erlang is crashing .. (waiting for crash dump file)' 'Waiting for dump - timeout set to -1 seconds.' \
		"Executed \"$note_command\" -> 0. Terminating."
	never_said 'Wait 5 seconds'
}

test_crash_waits_so_long() {
	with_command
	ERL_CRASH_DUMP_SECONDS=2 heart_start -pid "$node"
	frame 8 ''
	heart_ended
	ran dead
}

test_crash_and_death() {
	with_command
	ERL_CRASH_DUMP_SECONDS=-1 heart_start -pid "$node"
	frame 8 ''
	wait_until 10 grep -q 'Waiting for dump' said
	kill -9 "$node"
	heart_ended
	ran dead
}

# ---- the command ----

test_command_gets() {
	script command <<-'END'
		#!/bin/sh
		{
			echo "$KEPT"
			cat
			readlink /proc/self/fd/0
			ls -l /proc/self/fd | grep -c -e anon_inode -e /out -e '/proc$'
			grep -E 'Sig(Blk|Ign)' /proc/self/status
			cat /proc/self/oom_score_adj
		} >got
		echo from stdout
		kill -9 $$
	END
	before=$(cat /proc/self/oom_score_adj)
	node_start sleep 300
	KEPT='a b' HEART_NO_KILL=TRUE HEART_COMMAND='exec ./command' heart_start -pid "$node"
	close_stdin
	heart_ended
	grep -qx 'from stdout' said || fail "stdout is not heart's stderr: $(cat said)"
	said 'Executed "exec ./command" -> 9. Terminating.' "The command's end: SIGKILL."
	[ "$(sed -n 1p got)" = 'a b' ] || fail "$(cat got)"
	[ "$(sed -n 2p got)" = /dev/null ] || fail "$(cat got)"
	[ "$(sed -n 3p got)" = 0 ] || fail "descriptors of heart's own: $(cat got)"
	[ "$(grep -c '0000000000000000$' got)" = 2 ] || fail "signals: $(cat got)"
	[ "$(sed -n '$p' got)" = "$before" ] || fail "oom_score_adj is not $before: $(cat got)"
}

test_own_oom_score_is_low() {
	low=$(cat /proc/self/oom_score_adj)
	(echo -1000 >/proc/self/oom_score_adj) 2>/dev/null && low=-1000 # where it is allowed
	heart_start
	wait_until 10 grep -qx -e "$low" "/proc/$heart/oom_score_adj"
	frame 3 ''
	heart_ended
}

test_failing_command() {
	HEART_COMMAND='/nonexistent/app start' heart_start
	close_stdin
	heart_ended
	said 'Executed "/nonexistent/app start" -> 32512. Terminating.' "The command's end: exit status 127."
}

# /bin/sh is there, but no program, as seen by heart.
without_shell() {
	[ "$(id -u)" = 0 ] || skip "not root"
	unshare -m true 2>/dev/null || skip "no mount namespaces"
	script no_sh <<-'END'
		#!/bin/bash
		mount --bind /dev/null "$(readlink -f /bin/sh)" && exec "$@"
	END
	command -v bash >/dev/null || skip "no other shell"
}

test_command_without_shell() {
	without_shell
	HEART_COMMAND="touch $PWD/ran" start_talking unshare -m ./no_sh "$PROCGUARD" heart
	close_stdin
	heart_ended
	[ -e ran ] || fail "no command: $(cat said)"
	said "Executed \"touch $PWD/ran\" -> 0. Terminating."
}

test_command_that_needs_a_shell() {
	without_shell
	HEART_COMMAND="touch 'a'" start_talking unshare -m ./no_sh "$PROCGUARD" heart
	close_stdin
	heart_ended
	said "Cannot execute \"touch 'a'\": there is no /bin/sh, and the quote ' needs one (use plain words, or a program)" \
		"Executed \"touch 'a'\" -> -1. Terminating."
}

# ---- containers ----

test_sigterm_does_not_end_it() {
	with_command
	heart_start -pid "$node"
	kill "$heart"
	wait_until 10 grep -q SIGTERM said
	frame 6 ''
	expect_answer "$(printf '%s' "$note_command" | od -An -v -tx1 | xargs | sed "s/^/00 $(printf %02x $((${#note_command} + 1))) 07 /")"
	close_stdin
	wait_until 10 grep -q 'has closed' said
	alive "$heart" || fail "heart ended before the node: $(cat said)"
	alive "$node" || fail "the node was killed"
	kill "$node"
	heart_ended
	said 'SIGTERM: if Erlang ends within 60 seconds, no command is run' 'Erlang has closed.' \
		'Erlang has ended after SIGTERM: no command is run. Terminating.'
	[ ! -e ran ] || fail "the command ran"
}

test_sigterm_and_death() {
	with_command
	heart_start -pid "$node"
	kill "$heart"
	wait_until 10 grep -q SIGTERM said
	kill -9 "$node"
	heart_ended
	said 'Erlang has ended after SIGTERM: no command is run. Terminating.'
	[ ! -e ran ] || fail "the command ran"
}

test_as_pid_1_it_reaps() {
	[ "$(id -u)" = 0 ] || skip "not root"
	unshare -p -f --mount-proc true 2>/dev/null || skip "no PID namespaces"
	script command <<-'END'
		#!/bin/sh
		(sleep 0 & echo $! >orphan)
		tries=200
		while [ -d "/proc/$(cat orphan)" ] && [ $tries -gt 0 ]; do tries=$((tries - 1)); sleep 0.05; done
		[ ! -d "/proc/$(cat orphan)" ] && echo reaped >reaped
	END
	HEART_COMMAND=./command start_talking unshare -p -f --mount-proc "$PROCGUARD" heart
	close_stdin
	heart_ended
	[ -e reaped ] || fail "an orphan was not reaped: $(cat said)"
}

. "${0%/*}/lib.sh"
