#!/bin/sh
# heart_run.sh: `procguard heart run`: what the program gets, says and is guarded by. lib.sh says how to run it.
# shellcheck source=tests/progs/heart_run.sh
. "${0%/*}/progs/heart_run.sh"

# ---- a program that says nothing ----

test_exit_statuses() {
	run_is 0 true
	run_is 0 -- true
	run_is 1 --on-failure exit sh -c 'exit 42'
	run_is 127 no-such-command-anywhere
	expect "cannot run 'no-such-command-anywhere': No such file or directory"
	echo text >file
	run_is 126 ./file
	expect "cannot run './file': Permission denied"
	: >err
	run_is 0 sh -c 'exec true'
	[ ! -s err ] || fail "not silent: $(cat err)"
}

test_usage_errors() {
	run_is 2
	expect 'too few operands'
	run_is 2 -t never true
	expect "'never' is not a time (use 500ms, 30s, 5m, or none; a bare number is seconds)"
	run_is 2 -t 9ms true
	expect '-t takes a time from 10ms to 1000d, or none'
	run_is 2 --interval 0 true
	expect '--interval takes a time from 10ms to 1000d'
	run_is 2 --on-failure reboot true
	expect "option '--on-failure': 'reboot' is not a choice (restart|command|exit)"
	run_is 2 --kill-signal SIGNONE true
	expect "'SIGNONE' is not a signal"
	run_is 2 --calback true
	expect "unknown option '--calback' (did you mean '--callback'?)"
	status_is 2 "$PROCGUARD" heart rum true
	expect "unknown command 'rum' (did you mean 'run'?)"
	status_is 2 "$PROCGUARD" heart --timeout 5 run true
	expect "option '--timeout' belongs to 'run'"
}

test_bad_values_of_the_environment_are_said() {
	HEART_BEAT_TIMEOUT=10 HEART_KILL_SIGNAL=SIGTERM HEART_NO_KILL=1 ERL_CRASH_DUMP_SECONDS=5s run_is 0 true
	expect 'HEART_BEAT_TIMEOUT=10 is not from 11 to 65535 seconds: 60 is used'
	expect 'HEART_KILL_SIGNAL=SIGTERM: SIGKILL is used; only SIGABRT is another choice (or --kill-signal)'
	expect 'HEART_NO_KILL=1 does nothing: only TRUE counts'
	expect 'ERL_CRASH_DUMP_SECONDS=5s is no number: it does nothing'
	: >err
	HEART_BEAT_TIMEOUT=11 HEART_KILL_SIGNAL=SIGKILL HEART_NO_KILL=TRUE ERL_CRASH_DUMP_SECONDS=-1 run_is 0 true
	HEART_BEAT_TIMEOUT='' HEART_KILL_SIGNAL='' HEART_NO_KILL='' ERL_CRASH_DUMP_SECONDS='' run_is 0 true
	# What an option says is not looked up.
	HEART_BEAT_TIMEOUT=10 HEART_KILL_SIGNAL=x ERL_CRASH_DUMP_SECONDS=x \
		run_is 0 -t 20s --kill-signal TERM --dump-seconds -1 true
	[ ! -s err ] || fail "not silent: $(cat err)"
}

test_no_heartbeat_is_waited_for_where_none_was_asked_for() {
	ln_app
	# The time-out is short, but neither READY=1 nor a heartbeat has come.
	guard ./app notify=WATCHDOG_USEC=50000 note=starts wait=go exit=0
	until_started 1
	sleep 1
	touch go
	ends_with "$started" 0
	started_times 1
}

# ---- what it gets ----

test_environment_of_the_program() {
	ln_app
	export WATCHDOG_PID=1 WATCHDOG_USEC=1 NOTIFY_SOCKET=/outer HEART_FD=77 HEART_CONTROL=/outer
	run_is 0 ./app env=WATCHDOG_USEC=60000000 unset=HEART_CONTROL
	run_is 0 -t 1500ms ./app env=WATCHDOG_USEC=1500000
	run_is 0 -t none ./app unset=WATCHDOG_USEC unset=WATCHDOG_PID ack
	HEART_BEAT_TIMEOUT=30 run_is 0 ./app env=WATCHDOG_USEC=30000000 shut-down
	run_is 0 --control s ./app "env=HEART_CONTROL=$PWD/s"
	run_is 0 --control "$PWD/s" ./app "env=HEART_CONTROL=$PWD/s"
	# shellcheck disable=SC2016 # for the inner shell
	run_is 0 sh -c '[ $WATCHDOG_PID = $$ ] && [ -S "$NOTIFY_SOCKET" ] && [ "$HEART_FD" != 77 ]'
}

test_notify_socket_is_removed() {
	# shellcheck disable=SC2016
	run_is 0 sh -c 'echo "$NOTIFY_SOCKET" >socket'
	[ -s socket ] || fail "no socket: $(cat err)"
	[ ! -e "$(cat socket)" ] || fail "$(cat socket) was left behind"
	case $(cat socket) in
	/*) [ ! -e "$(dirname "$(cat socket)")" ] || fail "its directory was left behind" ;;
	esac
}

test_control_socket_is_removed() {
	run_is 0 --control s test -S s
	[ ! -e s ] || fail "the socket was left behind"
	echo file >f
	run_is 1 --control f true
	expect "cannot listen at 'f' (--control): "
	[ "$(cat f)" = file ] || fail "a file was replaced"
}

# ---- sd_notify(3) ----

counted() { # N heartbeats
	[ "$("$PROCGUARD" heart ctl -S s status 2>>err | sed -n 's/^heartbeats: //p')" -ge "$1" ] 2>>err
}

# For longer than the time-out: one every 50 ms, at the most.
beats_in_time() { # STEP
	ln_app
	guard -t 10s --on-failure exit --control s ./app note=starts "$1=50"
	until_started 1
	wait_until 200 counted 240
	alive "$started" || fail "it was not well: $(cat err)"
	finish
}

test_heartbeats_by_notify() {
	beats_in_time notifies
}

test_overdue_after_ready() {
	ln_app
	HEART_COMMAND='' run_is 0 ./app notify=WATCHDOG_USEC=300000 notify=READY=1 hang
	expect 'app: overdue: no heartbeat for '
	expect ': killing pid '
}

test_overdue_after_the_first_heartbeat() {
	ln_app
	run_is 1 --on-failure exit ./app notify=WATCHDOG_USEC=300000 notify=WATCHDOG=1 hang
	expect 'app: overdue: no heartbeat for '
}

test_another_timeout() {
	ln_app
	run_is 1 -t 1h --on-failure exit ./app 'notify=WATCHDOG_USEC=200000' hang
	guard -t 10s ./app 'notify=READY=1\nWATCHDOG_USEC=infinity' note=starts wait=go
	until_started 1
	sleep 12
	touch go
	ends_with "$started" 0
}

test_extension() {
	ln_app
	guard -t 10s --on-failure exit ./app notify=EXTEND_TIMEOUT_USEC=3600000000 note=starts wait=go \
		notify=READY=1 note=ready wait=end
	until_started 1
	sleep 12
	touch go
	wait_until 20 test -e ready
	sleep 12 # a deadline that was put off is not drawn near by a heartbeat
	touch end
	ends_with "$started" 0
}

test_trigger() {
	ln_app
	run_is 1 --on-failure exit --reason-file reason ./app notify=WATCHDOG=trigger hang
	expect 'app: it asked to be taken for overdue (WATCHDOG=trigger): killing pid '
	reason_is CAUSE=triggered END=SIGKILL
}

test_stopping() {
	ln_app
	run_is 7 -t 10s --reason-file reason ./app 'notify=READY=1\nSTOPPING=1' note=starts wait=go exit=7 &
	until_started 1
	sleep 12
	touch go
	wait $! || fail "not 7: $(cat err)"
	reason_is CAUSE=stopped 'END=exit status 7'
	run_is 137 ./app notify=STOPPING=1 raise=9
	run_is 137 ./app notify=STOPPING=1 notify=WATCHDOG=trigger hang
}

# What it said last is heard, also when it has ended before.
test_last_words_are_heard() {
	ln_app
	for n in 1 2 3 4 5 6 7 8 9 10; do
		run_is $n --reason-file reason ./app notify="STATUS=word $n" notify=ERRNO=5 notify=STOPPING=1 exit=$n
		reason_is "STATUS=word $n" ERRNO=5
	done
	run_is 3 ./app ack shut-down exit=3
}

test_strangers_are_not_heard() {
	ln_app
	# shellcheck disable=SC2016
	guard -t 1h --on-failure exit sh -c 'echo $NOTIFY_SOCKET >socket; exec ./app note=starts wait=go exit=5'
	until_started 1
	guard=$started
	start env "NOTIFY_SOCKET=$(cat socket)" ./app notify=STOPPING=1 notify=WATCHDOG=trigger note=sent hang
	wait_until 20 test -s sent
	touch go
	ends_with "$guard" 1
	expect 'ended (exit status 5)' # not STOPPING=1, then 5
	never_said trigger
}

# ---- a daemon ----

test_main_pid() {
	ln_app
	for n in 1 2 3 4 5; do
		rm -f go forked daemon
		guard --on-failure exit --reason-file reason ./app note=starts fork 'notify=MAINPID=$PID' note=daemon \
			note=forked wait=go exit=4
		wait_until 20 test -s daemon
		wait_while 20 alive "$(tail -n 1 starts)"
		touch go
		ends_with "$started" 1
		reason_is "PID=$(cat daemon)" 'END=exit status 4' CAUSE=exit
	done
}

test_main_pid_that_ends_at_once() {
	ln_app
	run_is 0 ./app fork 'notify=MAINPID=$PID' note=forked exit=0
	rm forked # the first one must not end before it was said who the program is
	guard ./app fork 'notify=MAINPID=$PID' note=forked note=daemon hang
	wait_until 20 test -s daemon
	finish
	until_gone daemon
}

is_stopped() { # PID
	grep -q '^State:[[:space:]]*T' "/proc/$1/status"
}

# All at once: the first one's word and end, and what asks for the end.
test_term_is_for_the_program_that_is_named_meanwhile() {
	ln_app
	guard ./app note=starts wait=go fork 'notify=MAINPID=$PID' note=forked note=daemon hang
	until_started 1
	kill -STOP "$started"
	wait_until 60 is_stopped "$started"
	touch go
	wait_until 60 test -s daemon
	kill -TERM "$started"
	kill -CONT "$started"
	ends_with "$started" 143
	until_gone daemon
}

is_followed() {
	[ -s daemon ] && "$PROCGUARD" heart ctl -S s status 2>>err | grep -qx "pid: $(cat daemon)"
}

# Its parent gets its exit status, and tells it by its own, or goes on.
test_main_pid_of_another_parent() {
	ln_app
	for n in 1 2 3; do
		run_is 1 --on-failure exit --reason-file reason sh -c './app "notify=MAINPID=\$PID" exit=4 & wait $!'
		reason_is 'END=exit status 4' CAUSE=exit
	done
	run_is 0 sh -c './app "notify=MAINPID=\$PID" exit=0 & wait $!'
	guard --control s --on-failure exit --reason-file reason \
		sh -c './app note=daemon "notify=MAINPID=\$PID" wait=end exit=4; ./app wait=go exit=5'
	wait_until 20 is_followed
	touch end
	until_said "sh: pid $(cat daemon) has ended, how is not known"
	touch go
	ends_with "$started" 1
	reason_is 'END=exit status 5' CAUSE=exit
}

test_main_pid_of_a_stranger() {
	ln_app
	run_is 0 ./app "notify=MAINPID=$$" notify=MAINPID=1 notify=MAINPID=4194305
	expect "app: MAINPID=$$ is not followed: No such process"
	expect 'app: MAINPID=1 is not followed: No such process'
}

# ---- HEART_FD ----

test_frames() {
	ln_app
	run_is 0 ./app ack get= 'set=echo hi' ack 'get=echo hi' clear ack get=
	HEART_COMMAND='echo env' run_is 0 ./app ack 'get=echo env' 'set=x y' ack 'get=x y' clear ack 'get=echo env' \
		set= ack 'get=echo env'
	run_is 0 --command 'echo option' ./app ack 'get=echo option'
	# In pieces, with an unknown operation, one without an operation and one that is too long.
	run_is 0 ./app ack frame=0000 frame=000199 frame=00 frame=0206 frame=00 frame=0106 'get=' ||
		fail "not understood: $(cat err)"
}

test_long_commands() {
	ln_app
	long=$(head -c 2046 /dev/zero | tr '\0' x)
	run_is 0 ./app ack "set=$long" ack "get=$long" "set=${long}x" ack "get=$long"
	expect 'app: the command that it set is not taken: 2047 bytes or more'
}

# It runs with the guard's rights, and HEART_FD outlives setuid(2).
test_command_of_a_program_that_has_dropped_its_rights() {
	[ "$(id -u)" = 0 ] || skip "needs root"
	ln_app
	HEART_COMMAND='echo env' run_is 0 ./app ack set=mine ack uid=65534 'set=id' ack get=mine clear ack get=mine
	expect 'app: the command that it set is not taken: its user is neither ours nor root'
	# What one of them began root does not complete.
	run_is 0 sh -c './app ack uid=65534 frame=000304; ./app frame=7878 ack get= set=fine ack get=fine'
}

test_heartbeats_by_frames() {
	beats_in_time beats
}

test_overdue_after_the_first_frame() {
	ln_app
	run_is 1 --on-failure exit ./app notify=WATCHDOG_USEC=300000 beat hang
	expect 'app: overdue: no heartbeat for '
}

test_shut_down() {
	ln_app
	run_is 9 -t 10s ./app shut-down note=starts wait=go exit=9 &
	until_started 1
	sleep 12
	touch go
	wait $! || fail "not 9: $(cat err)"
}

test_a_closed_voice_is_no_failure() {
	ln_app
	run_is 0 ./app beat close notify=READY=1 exit=0
	run_is 0 ./app child=300 beat exit=0
	[ ! -s err ] || fail "said: $(cat err)"
}

# ---- validation ----

test_callback_for_a_silent_program() {
	ln_app
	touch ok
	guard -t 10s --interval 100ms --callback 'echo >>calls; test -e ok' --on-failure exit ./app hang
	sleep 12
	alive "$started" || fail "it was not well: $(cat err)"
	[ "$(wc -l <calls)" -ge 3 ] || fail "the callback ran $(wc -l <calls) times"
	rm ok
	ends_with "$started" 1
	expect 'app: a heartbeat does not count: callback: exit status 1'
	expect 'app: overdue: no heartbeat for '
	expect ' that counts (callback: exit status 1): killing pid '
}

# Three times within the time-out, whatever the interval is.
test_callback_within_a_short_timeout() {
	ln_app
	guard -t 12s --callback 'echo >>calls' --on-failure exit ./app hang
	sleep 14
	alive "$started" || fail "it was not well: $(cat err)"
	finish
}

test_callback_before_a_heartbeat_counts() {
	ln_app
	touch ok
	guard -t 10s --interval 1h --callback 'test -e ok' --on-failure exit ./app beats=50
	sleep 12
	alive "$started" || fail "it was not well: $(cat err)"
	rm ok
	until_said 'app: a heartbeat does not count: callback: exit status 1'
	touch ok
	until_said 'app: its heartbeats count again'
	rm ok
	ends_with "$started" 1
}

test_callback_runs_seldom() {
	ln_app
	began=$(date +%s)
	guard -t 30s --interval 1s --callback 'echo >>calls' ./app note=starts beats=1
	until_started 1
	wait_until 20 test -s calls
	sleep 2
	calls=$(wc -l <calls) seconds=$(($(date +%s) - began))
	[ "$calls" -le $((seconds + 2)) ] || fail "the callback ran $calls times in $seconds s"
	finish
}

# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
