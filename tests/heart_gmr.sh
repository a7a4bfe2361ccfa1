#!/bin/sh
# heart_gmr.sh: heart reports itself: the port program on USR2, `heart run` by --gmr-signal and --gmr-file.
# shellcheck source=tests/progs/command.sh
. "${0%/*}/progs/command.sh"
# shellcheck source=tests/progs/heart_run.sh
. "${0%/*}/progs/heart_run.sh"
# shellcheck source=tests/progs/selfreport.sh
. "${0%/*}/progs/selfreport.sh"

# A node whose heart is procguard, and its heart.
node() {
	[ "$(id -u)" = 0 ] || skip "not root: nothing can be mounted"
	command -v erl >/dev/null || skip "no erl"
	unshare -m true 2>/dev/null || skip "no mount namespaces"
	# shellcheck disable=SC2016 # of the inner shell
	start unshare -m sh -c '
		root=$(erl -noshell -eval "io:put_chars(code:root_dir()), halt().")
		for heart in "$root"/erts-*/bin/heart; do
			mount --bind "$PROCGUARD" "$heart" || exit
		done
		exec erl -noshell -heart -eval "$1" </dev/null >said 2>err' sh "$1"
	node=$started
	wait_until 60 grep -qs ready said
	wait_until 30 has_heart
}

# Of those of this node.
has_heart() {
	heart=
	for pid in $(pgrep -x heart); do
		tr '\0' ' ' <"/proc/$pid/cmdline" | grep -q -e "-pid $node " && heart=$pid
	done
	[ -n "$heart" ]
}

# Its answers still come, behind a storm, too.
test_port_program() {
	node 'io:format("ready~n"), F = fun(F) -> ok = heart:set_cmd("true"), {ok, "true"} = heart:get_cmd(),
		timer:sleep(10), filelib:is_file("'"$PWD"'/enough") andalso (io:format("answered~n")), F(F) end, F(F).'
	in_report err "$heart" Heart "node = process $node\$"
	in_report err "$heart" Heart 'deadline = in [0-9.]* s$'
	in_report err "$heart" Heart 'command = the node has set one$'
	storm "$heart"
	touch enough
	wait_until 60 grep -qs answered said
	alive "$heart" || fail "heart is gone: $(cat err)"
	! grep -v -e ready -e answered said || fail "foreign words on stdout"
}

test_run() {
	ln_app
	guard --gmr-signal USR2 --gmr-file ask -t 1h ./app note=starts beats=100
	until_started 1
	in_report err "$started" Heart 'state = running$'
	in_report err "$started" Heart 'last restart = never$'
	in_report err "$started" Heart 'deadline = in 35[0-9][0-9]\.[0-9]s$'
	: >err
	sig='touch'
	in_report err ask Heart "pid = $(cat starts)\$"
	finish
}

# Without the option the program gets it, as before, and so it ends.
test_run_passes_it_on() {
	ln_app
	run_is 1 --on-failure exit -t none sh -c 'kill -USR2 $PPID; exec sleep 1000'
	! grep -q 'Guru Meditation' err || fail "it was a report"
}

# A copy of the binary hangs as gmr; the program's heartbeats are in time all the same, when there is time for them.
test_run_whose_gmr_hangs() {
	ln_app
	own_copy
	guard --gmr-signal RTMIN+1 --report-deadline 500ms -t 60s --max-restarts none ./app note=starts beats=100
	until_started 1
	hangs_as_gmr
	kill -s RTMIN+1 "$started"
	until_said "no report of the guard, pid $started: it was not made in time"
	[ ! -e gmr ] || until_gone gmr
	kill -9 "$(cat starts)"
	until_started 2
	finish
}

# The report takes its time, and the lines about it and about the end are lost; the program is restarted.
test_run_whose_stderr_nobody_reads() {
	ln_app
	fill_pipe
	start "$PROCGUARD" heart run --gmr-signal USR2 --report-deadline 500ms -t none --max-restarts none \
		./app note=starts beats=100 2>unread
	until_started 1
	kill -USR2 "$started"
	kill -9 "$(cat starts)"
	until_started 2
	finish
}

test_signals_that_are_needed() {
	for signal in INT QUIT CONT STOP SEGV; do
		run_is 2 --gmr-signal $signal true
		expect '--gmr-signal: heart needs '
	done
}

. "${0%/*}/lib.sh"
