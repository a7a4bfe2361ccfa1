#!/bin/sh
# gmr_python_green.sh: greenlets, servers of eventlet and gevent, tasks of asyncio, as `gmr` shows them from outside.
# lib.sh says how to run it.
# once
# shellcheck source=tests/progs/command.sh
. "${0%/*}/progs/command.sh"
# shellcheck source=tests/progs/pythons.sh
. "${0%/*}/progs/pythons.sh"

greens() { # KIND COUNT
	python_start greens.py "$@"
	python_report "$pid" -S threads -S green-threads
	same same_greens.py report dump
}

# Those that have the library. greenlet for 3.11 may be the distribution's.
greens_with() { # LIBRARY KIND COUNT
	"$python" -c "import $1" 2>/dev/null || skip "$python has no $1"
	shift
	greens "$@"
}

test_1000_greenlets() {
	each_python system greens_with greenlet greenlets 1000
}

test_eventlet() {
	each_python system greens_with eventlet eventlet 50
}

test_gevent() {
	each_python system greens_with gevent gevent 50
}

test_1000_tasks() {
	each_python system greens tasks 1000
}

test_tasks_3_8() {
	each_python 8 greens tasks 100
}

test_tasks_3_9() {
	each_python 9 greens tasks 100
}

test_tasks_3_10() {
	each_python 10 greens tasks 100
}

test_tasks_3_11() {
	each_python 11 greens tasks 100
}

test_tasks_3_12() {
	each_python 12 greens tasks 100
}

test_tasks_3_13() {
	each_python 13 greens tasks 100
}

test_tasks_3_14() {
	each_python 14 greens tasks 100
}

# The state of a thread that has ended keeps nobody from being read at one moment.
ended() {
	python_start ended.py
	python_report "$pid" -S threads -S green-threads
	jq -e '.report | .complete and .notes == []' report >/dev/null || fail "$python: $(cat report)"
	jq -e '.Threads[0].python.settled and (."Green Threads" | length) == 1' report >/dev/null ||
		fail "$python: $(cat report)"
	stop "$pid" KILL || :
}

test_thread_that_has_ended() {
	each_python system ended
}

test_thread_that_has_ended_3_8() {
	each_python 8 ended
}

# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
