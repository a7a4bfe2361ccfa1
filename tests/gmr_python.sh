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

# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
