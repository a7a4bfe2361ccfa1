#!/bin/sh
# heart_run_ends.sh: `procguard heart run`: failures, and what follows on them. lib.sh says how to run it.
# shellcheck source=tests/progs/heart_run.sh
. "${0%/*}/progs/heart_run.sh"

# ---- restarts ----

test_restarts_on_a_bad_end() {
	ln_app
	run_is 0 --reason-file reason ./app first=starts note=starts exit=3 then note=starts
	started_times 2
	expect "app: pid $(head -n 1 starts) ended (exit status 3)"
	expect 'app restarted'
	reason_is "PID=$(tail -n 1 starts)" CAUSE=exit 'END=exit status 0' RESTARTS=1
	rm starts
	run_is 0 ./app first=starts note=starts raise=11 then note=starts
	started_times 2
	expect "app: pid $(head -n 1 starts) ended (SIGSEGV"
}

test_restarts_when_overdue() {
	ln_app
	run_is 0 --reason-file reason ./app first=starts note=starts child=1000000 notify=WATCHDOG_USEC=300000 \
		notify=READY=1 hang then note=starts
	started_times 2
	expect "app: overdue: no heartbeat for "
	expect "killing pid $(head -n 1 starts)"
	expect 'app restarted'
}

test_delay_of_a_restart() {
	ln_app
	guard --restart-delay 1h ./app note=starts exit=1
	until_said 'ended (exit status 1)'
	sleep 0.5
	started_times 1
	finish
}

test_limit_of_restarts() {
	ln_app
	run_is 1 --max-restarts 3/1h --restart-delay 10ms --reason-file reason ./app note=starts exit=9
	started_times 4
	expect 'app failed again, but was restarted 3 times within 1h: ending with status 1 (see --max-restarts)'
	reason_is 'END=exit status 9' RESTARTS=3
	rm starts
	guard --max-restarts none --restart-delay 0 ./app note=starts exit=9
	until_started 70
	stop "$started"
	case $? in
	143 | 9) ;; # of its own end, just before the signal was passed on
	*) fail "status $?: $(cat err)" ;;
	esac
}

test_a_program_that_is_gone_at_a_restart() {
	cp "$BUILD/tests/progs/speaker" app
	guard --restart-delay 10s --reason-file reason ./app note=starts exit=1
	until_said 'ended (exit status 1)'
	rm app
	ends_with "$started" 127
	expect "cannot run './app': No such file or directory"
	reason_is CAUSE=not-started
}

test_start_that_has_no_memory_is_tried_again() {
	needs_root
	command -v setpriv prlimit >/dev/null || skip "no setpriv or prlimit"
	chmod 777 .
	# No process may be added for this uid, until the limit is lifted.
	start setpriv --reuid 23457 --clear-groups prlimit --nproc=1:100 "$PROCGUARD" heart run touch ran 2>>err
	until_said "cannot start 'touch': Resource temporarily unavailable (tried again in 1 s)"
	setpriv --reuid 23457 --clear-groups prlimit --pid "$started" --nproc=100:100
	ends_with "$started" 0
	[ -e ran ] || fail "it did not run"
}

# ---- command, exit ----

test_on_failure_exit() {
	ln_app
	run_is 1 --on-failure exit --command 'touch ran' --reason-file reason ./app exit=5
	expect 'app: ending with status 1, as --on-failure says'
	reason_is CAUSE=exit 'END=exit status 5' RESTARTS=0
	run_is 1 --on-failure exit --reason-file reason ./app raise=9
	reason_is CAUSE=signal END=SIGKILL
	run_is 1 --on-failure exit -t 200ms --reason-file reason ./app hang
	reason_is CAUSE=overdue END=SIGKILL
	[ ! -e ran ] || fail "the command ran"
}

test_command() {
	ln_app
	run_is 3 --command 'cat >in; echo said; echo >ran; exit 3' ./app exit=5 >out
	[ -e ran ] && [ ! -s in ] && [ "$(cat out)" = said ] || fail "$(cat err)"
	expect "app: pid "
	expect "app: running the command 'cat >in; echo said; echo >ran; exit 3'"
	expect 'app: the command has ended (exit status 3)'
	run_is 143 --command 'kill $$' ./app exit=5
	run_is 127 --command ./no-such-thing ./app exit=5
	rm ran
	HEART_COMMAND='touch ran' run_is 0 -t 200ms ./app hang
	[ -e ran ] || fail "HEART_COMMAND did not run: $(cat err)"
	# What is set but empty counts as set, and does nothing.
	HEART_COMMAND='' run_is 0 ./app raise=9
	# An option says more than the environment.
	HEART_COMMAND='exit 9' run_is 8 --command 'exit 8' ./app exit=1
}

test_command_is_not_run_where_nothing_failed() {
	ln_app
	run_is 0 --command 'touch ran' ./app
	run_is 4 --command 'touch ran' ./app notify=STOPPING=1 exit=4
	guard --command 'touch ran' ./app note=starts hang
	until_started 1
	finish
	[ ! -e ran ] || fail "the command ran: $(cat err)"
}

test_restart_in_spite_of_a_command() {
	ln_app
	run_is 0 --on-failure restart --command 'touch ran' ./app first=starts note=starts exit=1 then
	[ ! -e ran ] || fail "the command ran: $(cat err)"
}

test_command_that_is_set_by_the_program() {
	ln_app
	run_is 6 ./app 'set=exit 6' ack exit=1
	HEART_COMMAND='exit 9' run_is 6 ./app 'set=exit 6' ack exit=1
	HEART_COMMAND='exit 9' run_is 9 ./app 'set=exit 6' ack clear ack exit=1
	# It is forgotten at a restart.
	run_is 0 --on-failure restart ./app first=starts note=starts 'set=exit 6' ack exit=1 then ack get=
	run_is 1 --on-failure command ./app exit=5
	expect 'app has failed, and there is no command: ending with status 1 (--command, HEART_COMMAND)'
}

test_signals_go_to_the_command() {
	ln_app
	guard --command 'trap "exit 12" TERM; touch ready; while :; do sleep 0.05; done' ./app exit=5
	wait_until 20 test -e ready
	kill "$started"
	ends_with "$started" 12
}

# ---- the tree ----

# A daemon in a session of its own that ignores TERM; its pid is in "daemon". It would end "run" only by SIGKILL.
daemon='setsid sh -c "trap \"\" TERM; echo \$\$ >daemon; sleep 1000; sleep 1000" &
	until [ -s daemon ]; do sleep 0.05; done'

test_what_is_left_is_ended_after_a_good_end() {
	run_is 0 --grace 200ms sh -c "$daemon"
	alive "$(cat daemon)" && fail "the daemon lives"
	expect 'sh: not all of its processes have ended: killing them'
}

test_what_is_left_is_ended_after_a_bad_end() {
	run_is 0 --grace 200ms sh -c "[ ! -e daemon ] || exit 0; $daemon; exit 1"
	alive "$(cat daemon)" && fail "the daemon lives"
	expect ': ending '
	expect 'sh restarted'
}

test_the_tree_of_an_overdue_program_is_killed() {
	run_is 1 -t 500ms --grace 1h --on-failure exit sh -c "$daemon; sleep 1000"
	alive "$(cat daemon)" && fail "the daemon lives"
	:
}

test_a_stopped_program_is_killed() {
	ln_app
	guard -t 500ms --kill-signal TERM --on-failure exit ./app note=starts beats=20
	until_started 1
	kill -STOP "$(cat starts)"
	ends_with "$started" 1
	expect ": sending SIGTERM to pid $(cat starts)"
}

# ---- the kill signal, dumps ----

test_kill_signal() {
	ln_app
	# shellcheck disable=SC3045 # dash has it
	ulimit -c 0
	HEART_KILL_SIGNAL=SIGABRT run_is 1 -t 200ms --on-failure exit --reason-file reason ./app note=starts hang
	expect ": sending SIGABRT to pid $(cat starts)"
	reason_is CAUSE=overdue END=SIGABRT
	run_is 1 -t 200ms --kill-signal SIGUSR1 --on-failure exit --reason-file reason ./app hang
	reason_is END=SIGUSR1
	run_is 1 -t 200ms --kill-signal 2 --on-failure exit --reason-file reason ./app hang
	reason_is END=SIGINT
}

test_deaf_to_the_kill_signal() {
	ln_app
	for option in '--grace 300ms' '--grace 1h --dump-seconds 1'; do
		# shellcheck disable=SC2086 # options and their values
		run_is 1 --kill-signal 15 $option --on-failure exit --reason-file reason \
			./app deaf=15 notify=WATCHDOG_USEC=200000 notify=READY=1 hang
		reason_is CAUSE=overdue END=SIGKILL
		expect 'did not end in time: killing it'
		: >err
	done
}

test_dump_without_limit() {
	guard -t 5s --kill-signal TERM --grace 10ms --dump-seconds -1 --on-failure exit \
		sh -c 'trap "touch dumping; while [ ! -e dumped ]; do sleep 0.05; done; exit 0" TERM
		while :; do sleep 0.05; done'
	wait_until 20 test -e dumping
	sleep 1
	touch dumped
	ends_with "$started" 1
	never_said 'in time'
}

test_crash() {
	ln_app
	# shellcheck disable=SC3045 # dash has it
	ulimit -c 0
	run_is 1 --on-failure exit --reason-file reason ./app crash wait=reason &
	until_said 'app: it crashes: waiting for its dump'
	touch reason
	wait $! || fail "$(cat err)"
	reason_is CAUSE=crashed 'END=exit status 0'
	run_is 1 --on-failure exit --dump-seconds 1 --reason-file reason ./app crash child=1000000 hang
	reason_is CAUSE=crashed END=SIGKILL
	ERL_CRASH_DUMP_SECONDS=1 run_is 0 --reason-file reason ./app first=starts note=starts crash hang then
}

# ---- no kill ----

test_no_kill_and_a_command() {
	ln_app
	run_is 5 --no-kill --command 'kill -0 $(cat starts) && exit 5' --reason-file reason \
		./app note=starts notify=WATCHDOG_USEC=300000 notify=READY=1 hang
	alive "$(cat starts)" || fail "it was killed"
	kill -9 "$(cat starts)"
	expect 'app: overdue: no heartbeat for '
	expect 'not killed, as --no-kill says; the command runs beside it'
	reason_is CAUSE=overdue "PID=$(cat starts)"
	grep -q END= reason && fail "an end that was none: $(cat reason)"
	:
}

test_no_kill_and_exit() {
	ln_app
	HEART_NO_KILL=TRUE run_is 1 --on-failure exit ./app note=starts notify=WATCHDOG_USEC=300000 notify=READY=1 hang
	alive "$(cat starts)" || fail "it was killed"
	kill -9 "$(cat starts)"
	expect 'not killed, as --no-kill says; ending with status 1'
}

not_killed_said() { # N times
	[ "$(grep -c 'not killed' err)" = "$1" ]
}

test_no_kill_and_restart() {
	ln_app
	guard --no-kill -t 300ms ./app first=starts note=starts wait=go beat wait=end exit=4 then
	until_said 'not killed, as --no-kill says, and so not restarted before it ends'
	touch go
	until_said 'app: its heartbeats count again'
	until_started 1
	wait_until 20 not_killed_said 2
	sleep 1
	not_killed_said 2 || fail "not said once a silence: $(cat err)"
	touch end
	ends_with "$started" 0
	expect "app: pid $(head -n 1 starts) ended (exit status 4)"
	expect 'app restarted'
}

# It said that it crashes: its end is a failure then, be it with status 0.
test_no_kill_and_a_crash() {
	ln_app
	guard --no-kill --dump-seconds 1 --reason-file reason --max-restarts 1/10m ./app note=starts crash wait=end
	until_said 'app: it crashes: not killed, as --no-kill says, and so not restarted before it ends'
	touch end
	ends_with "$started" 1
	started_times 2
	reason_is CAUSE=crashed 'END=exit status 0'
}

# ---- an end that is asked for during a failure ----

test_term_during_a_failure() {
	ln_app
	guard --grace 1h sh -c "$daemon; echo >>starts; exit 5"
	until_said ': ending '
	kill "$started"
	wait_until 5 took_signals
	kill -KILL "-$(cat daemon)" # all that is left
	ends_with "$started" 5
	started_times 1
}

test_second_term_is_in_a_hurry() {
	ln_app
	guard --grace 1h sh -c "$daemon; exit 5"
	until_said ': ending '
	kill "$started"
	wait_until 5 took_signals # two at once would be one
	kill "$started"
	ends_with "$started" 5
	alive "$(cat daemon)" && fail "the daemon lives"
	:
}

test_term_between_two_starts() {
	ln_app
	guard --restart-delay 1h --reason-file reason ./app exit=5
	until_said 'ended (exit status 5)'
	wait_until 20 test -e reason
	finish
	reason_is 'END=exit status 5'
}

# ---- what is held in the kernel ----

# Nothing can be held in the kernel at will: a process that we may not kill stands in for it.
immortal() { # OPTION...
	needs_root
	command -v setpriv >/dev/null || skip "no setpriv"
	chmod 777 .
	cp "$BUILD/tests/progs/speaker" app
	chmod u+s app
	start setpriv --reuid 23458 --clear-groups "$PROCGUARD" heart run "$@" \
		./app first=starts root note=starts notify=WATCHDOG_USEC=200000 notify=READY=1 hang then 2>>err
	until_started 1
}

test_held_and_a_command() {
	immortal --command 'echo >ran; exit 6'
	ends_with "$started" 6
	expect 'app: not all of its processes end, though they were killed (held in the kernel, '
	expect ': the command runs all the same'
	kill -9 "$(cat starts)" || fail "it could be killed: $(cat err)"
	[ -e ran ] || fail "the command did not run"
}

test_held_and_exit() {
	immortal --on-failure exit
	ends_with "$started" 1
	expect ': ending with status 1 all the same'
	kill -9 "$(cat starts)" || fail "it could be killed: $(cat err)"
}

test_held_and_restart() {
	immortal
	until_said ': waiting for them'
	never_said restarted
	kill -9 "$(cat starts)" || fail "it could be killed: $(cat err)"
	ends_with "$started" 0
	expect 'app restarted'
}

# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
