#!/bin/sh
# gmr_python.sh: what `gmr` shows of CPython, beside what programs say of themselves. lib.sh says how to run it.
# once
# shellcheck source=tests/progs/command.sh
. "${0%/*}/progs/command.sh"
# shellcheck source=tests/progs/pythons.sh
. "${0%/*}/progs/pythons.sh"

# Threads in all kinds of frames, a child of them, another interpreter.
frames() {
	python_start cases.py
	wait_until 60 test -e dump.child
	python_report "$pid" -S threads
	same same.py report dump
	child=$("$python" -c 'import json; print(json.load(open("dump.child"))["pid"])')
	wait_until 60 stays "$child"
	python_report "$child" -S threads
	same same.py report dump.child
	kill -KILL "$child"
	stop "$pid" KILL || :
	rm dump*
	python_start interpreter.py
	python_report "$pid" -S threads
	same same.py report dump
	stop "$pid" KILL || :
}

test_3_8() {
	each_python 8 frames
}

test_3_9() {
	each_python 9 frames
}

test_3_10() {
	each_python 10 frames
}

test_3_11() {
	each_python 11 frames
}

test_3_12() {
	each_python 12 frames
}

test_3_13() {
	each_python 13 frames
}

test_3_14() {
	each_python 14 frames
}

test_of_the_distribution() {
	each_python system frames
}

is_held() {
	alive "$pid" || fail "$python has ended: $(cat said)"
	python_report "$pid" -S threads
	jq -e '[.Threads[] | [.python.gil, .python.settled, .stack_trace.lines[-1].name]] ==
		[["holds", true, "hold"], ["waits", true, "spin"], ["waits", true, "spin"]]' report >/dev/null
}

# Once the main thread has the GIL, it never gives it back. Not all builds have one.
gil() {
	"$python" -c 'import sys; sys.exit(not getattr(sys, "_is_gil_enabled", lambda: True)())' || return 0
	printf '%s\n' 'import ctypes, threading' 'def spin():' '    while True: pass' 'def hold():' \
		'    while True: ctypes.PyDLL(None).pause()' 'for i in range(2):' \
		'    threading.Thread(target=spin, daemon=True).start()' 'hold()' >gil.py
	start "$python" gil.py >said 2>&1
	pid=$started
	wait_until 60 is_held
	stop "$pid" KILL || :
}

test_gil() {
	needs_gmr
	command -v jq >/dev/null || skip "no jq"
	each_python system gil
	for minor in 8 9 10 11 12 13 14; do
		[ -z "$(python_of $minor)" ] || each_python $minor gil
	done
}

is_ready() {
	inner=$(cat "/proc/$pid/task/$pid/children")
	inner=${inner% }
	[ -n "$inner" ] && [ -e ready ]
}

has_workers() {
	python_report "$inner" -S threads
	jq -e '.report.complete and ([.Threads[] | select(.python.settled and .name == "worker" and
		.stack_trace.lines[-1].name == "work")] | length) == 3' report >/dev/null
}

# It counts its threads in another way than we do; who runs is who runs there, too.
other_namespace() {
	printf '%s\n' 'import sys, threading, time' 'def work():' '    time.sleep(1000)' 'for i in range(3):' \
		'    threading.Thread(target=work, name="worker", daemon=True).start()' 'open(sys.argv[1], "w")' \
		'while True:' '    pass' >workers.py
	start unshare --pid --fork --kill-child "$python" workers.py ready
	pid=$started
	wait_until 60 is_ready
	wait_until 60 has_workers
	python_report "$inner" -S threads --no-stop
	jq -e '[.Threads[].python.settled] == [false, true, true, true]' report >/dev/null || fail "$(cat report)"
	stop "$pid" KILL || :
}

test_other_pid_namespace() {
	needs_gmr
	unshare --pid --fork --kill-child true 2>err || skip "no pid namespace: $(cat err)"
	each_python system other_namespace
	[ -z "$(python_of 10)" ] || each_python 10 other_namespace
}

# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
