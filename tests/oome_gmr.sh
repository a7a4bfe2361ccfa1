#!/bin/sh
# oome_gmr.sh: oome reports itself: the listener on USR2, `oome run` by --gmr-signal and --gmr-file.
# shellcheck source=tests/progs/supervisord.sh
. "${0%/*}/progs/supervisord.sh"
# shellcheck source=tests/progs/selfreport.sh
. "${0%/*}/progs/selfreport.sh"

# listener ARGUMENT...: it and one program, web; its pid in $listener
listener() {
	conf unix
	conf_program web
	conf_listener "all $*"
	supervisord_start
	within 20 started web 1 || fail "web did not start"
	within 30 grep -qs READY listener.out || fail_and_tell "the listener did not start"
	within 30 watching || fail_and_tell "nothing is watched"
	listener=$(procguard_pids listener)
}

test_listener() {
	listener
	in_report listener.err "$listener" Oome "web = pid .*, oome file '$PWD/web/work/oome' (watched), never"
	wait_events 1
	expect_restart web "$PWD/web/work/oome"
	in_report listener.err "$listener" Oome \
		"web = pid $(pid_of web), .*, last restart [0-9.]* s ago, 1 in all, the next at"
	expect_clean_stdout
	[ "$(procguard_pids listener)" = "$listener" ] || fail_and_tell "it is another one"
}

# It hangs for longer than it has time: who waits for a restart, waits no longer.
test_listener_whose_gmr_hangs() {
	own_copy
	listener --report-deadline 500ms
	hangs_as_gmr
	storm "$listener"
	within 30 said "no report of the guard, pid $listener: it was not made in time" || fail_and_tell "not a word"
	wait_events 1
	within 30 dead "$(cat gmr)" || fail "it hangs on"
	expect_restart web "$PWD/web/work/oome"
	expect_clean_stdout
	alive "$listener" || fail_and_tell "it has ended"
}

# The watcher is stopped: the report comes without its words, and says so.
test_listener_whose_watcher_hangs() {
	listener
	watcher=$(sed 's/ .*//' "/proc/$listener/task/$listener/children")
	kill -STOP "$watcher"
	in_report listener.err "$listener" Oome "watcher = process $watcher, which does not answer"
	kill -CONT "$watcher"
	in_report listener.err "$listener" Oome "web = pid $(pid_of web), "
	expect_clean_stdout
}

# guard OPTION... -- COMMAND...: its words in err
guard() {
	start "$PROCGUARD" oome run "$@" 2>>err
	guard=$started
	wait_until 30 test -s starts.app
}

app() {
	: >starts.app
	printf '%s\n' 'trap "echo USR1 >>got" USR1' 'trap "echo USR2 >>got" USR2' "echo \$\$ >>$PWD/starts.app" \
		'while :; do sleep 0.1; done' >app
}

test_run() {
	app
	guard --gmr-signal USR1 --gmr-file ask -- sh ./app
	sig=USR1
	in_report err "$guard" Oome "pid = $(cat starts.app)\$"
	kill -USR2 "$guard"
	wait_until 30 test -s got
	[ "$(cat got)" = USR2 ] || fail "passed on: $(cat got)"
	: >err
	sig='touch'
	in_report err ask Oome "state = running"
	stop "$guard"
	[ $? = 143 ] || fail "it ended otherwise: $(cat err)"
}

# The directory is a link, as that of a release, which leads elsewhere then.
test_run_whose_file_is_elsewhere() {
	app
	mkdir one two
	ln -s one current
	guard --gmr-file current/ask -- sh ./app
	sig='touch'
	in_report err one/ask Oome "state = running"
	ln -s two next
	mv -T next current
	: >err
	in_report err two/ask Oome "state = running"
}

test_run_into_a_directory() {
	needs_gmr_
	app
	mkdir -m 700 reports
	guard --gmr-signal RTMIN+1 --report reports --report-deadline 5m -- sh ./app
	sig=RTMIN+1
	within 60 asked_and_said "$guard" err "sh: report of the guard, pid $guard: '$PWD/reports/" ||
		fail "not said: $(cat err)"
	wait_until 30 grep -qs 'program = sh$' reports/*_gurumeditation_*
}

test_run_whose_stderr_nobody_reads() {
	app
	fill_pipe
	start "$PROCGUARD" oome run --gmr-signal USR1 --report-deadline 500ms -- sh ./app 2>unread
	wait_until 30 test -s starts.app
	kill -USR1 "$started"
	kill -USR2 "$started"
	wait_until 30 test -s got
	[ "$(cat got)" = USR2 ] || fail "passed on: $(cat got)"
	stop "$started"
	[ $? = 143 ] || fail "it ended otherwise"
}

test_signals_that_are_needed() {
	for signal in TERM HUP CHLD KILL 33; do
		"$PROCGUARD" oome run --gmr-signal $signal true 2>err && fail "$signal is taken"
		grep -q -e '--gmr-signal: oome needs .* itself' err || fail "$(cat err)"
	done
}

. "${0%/*}/lib.sh"
