#!/bin/sh
# gmr_python_busy.sh: Python programs that work while `gmr` looks at them: neither loses anything. REPORTS: how many
# reports of a busy program are made (200). lib.sh says how to run it.
# once
# shellcheck source=tests/progs/supervisord.sh
. "${0%/*}/progs/supervisord.sh"
# shellcheck source=tests/progs/command.sh
. "${0%/*}/progs/command.sh"
# shellcheck source=tests/progs/pythons.sh
. "${0%/*}/progs/pythons.sh"

reports=${REPORTS:-200}

# It computes in four threads; it says itself whether all was right.
busy() { # COUNT
	start "$python" -B "$TOP/tests/python/busy.py" ready end >said 2>&1
	pid=$started
	wait_until 60 test -e ready
	made=0
	while [ $made -lt "$1" ]; do
		made=$((made + 1))
		"$PROCGUARD" gmr -f json --deadline 60s -S threads "$pid" >>reports 2>>err ||
			fail "report $made: status $?: $(tail -n 5 err said)"
	done
	: >end
	wait "$pid" || fail "$python: the program: status $?: $(cat said)"
	[ "$(wc -l <reports)" = "$1" ] || fail "not $1 reports: $(wc -l <reports)"
	same busy_same.py reports
	head -n 1 differs
}

# timeout: 2400
test_busy() {
	each_python system busy "$reports"
}

test_busy_by_objects() {
	each_python 10 busy $((reports / 10))
}

test_busy_by_offsets_of_its_own() {
	each_python 13 busy $((reports / 10))
}

is_of_one_moment() {
	"$PROCGUARD" gmr -f json --deadline 60s --max-stop 10s -S threads "$pid" >report 2>err ||
		fail "status $?: $(cat err)"
	jq -e '.report.complete and (.Threads[0] | .python.settled and .python.gil == "holds" and .read == "stopped" and
		.stack_trace.lines[-1].name == "spin" and .stack_trace.lines[-1].line >= 3)' report >/dev/null
}

# It never sleeps: without a stop its frames are of no moment, and that is said; with one they are.
spins() {
	printf '%s\n' 'import sys' 'def spin():' '    while True:' '        pass' 'open(sys.argv[1], "w")' 'spin()' \
		>spin.py
	start "$python" spin.py ready
	pid=$started
	wait_until 60 test -e ready
	wait_until 60 is_of_one_moment
	"$PROCGUARD" gmr -f json --deadline 60s --no-stop -S threads "$pid" >report 2>err ||
		fail "status $?: $(cat err)"
	jq -e '.report.complete == false and .Threads[0].python.settled == false' report >/dev/null ||
		fail "torn, and not said: $(cat report)"
	"$PROCGUARD" gmr --deadline 60s --no-stop -S threads "$pid" >report 2>err || fail "status $?: $(cat err)"
	grep -q 'ran while it was read' report || fail "torn, and text does not say so: $(cat report)"
	stop "$pid" KILL || :
}

test_one_that_never_sleeps() {
	needs_gmr
	command -v jq >/dev/null || skip "no jq"
	each_python system spins
	for minor in 8 13; do
		[ -z "$(python_of $minor)" ] || each_python $minor spins
	done
}

events() {
	wc -l <events
}

has_events() { # COUNT
	[ "$(events)" -ge "$1" ]
}

quick_program() { # NAME COMMAND
	conf_add "[program:$1]" "command=$2" startsecs=0 autorestart=true startretries=1000000 \
		stdout_events_enabled=true stdout_logfile=NONE stderr_logfile=NONE
}

# Its events have numbers; 10 are kept for a listener that is slow, here more.
test_supervisord() {
	needs_gmr
	command -v supervisord >/dev/null || skip "no supervisord"
	[ -n "$(compare_with)" ] || skip "no python3"
	conf none
	quick_program one 'sh -c "echo one"'
	quick_program two 'sh -c "echo two; sleep 0.1; exit 1"'
	quick_program three 'sh -c "echo three; sleep 0.05; echo three; sleep 0.05; echo three"'
	command="$(compare_with) -B $TOP/tests/python/listener.py $PWD/events"
	conf_add '[eventlistener:listener]' "command=$command" \
		events=PROCESS_STATE,PROCESS_LOG,TICK_5 buffer_size=100000 stdout_logfile=NONE stderr_logfile=NONE
	: >events
	supervisord_start
	wait_until 60 has_events 10
	before=$(events)
	for number in 1 2 3 4 5 6 7 8 9 10; do
		for again in 1 2 3 4 5; do
			python_report "$supervisord" -S threads
			alive "$supervisord" || fail "report $number.$again: it has ended: $(tail -n 5 supervisord.log)"
		done
		jq -e '.Threads[0].stack_trace.lines | any(.name == "runforever")' report >/dev/null ||
			fail "no frames of Python: $(cat report)"
		wait_until 60 has_events $((before + 5 * number))
	done
	awk '$1 != NR - 1 { print "event " NR " is " $0; exit 1 }' events || fail "an event is lost"
	! grep -i 'overflow\|bad result\|unknown state' supervisord.log || fail "supervisord is not content"
}

# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
