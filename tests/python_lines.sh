#!/bin/sh
# python_lines.sh: the lines that core/python_lines.c finds in line tables, beside what each CPython of this machine
# says itself. lib.sh says how to run it.
# once
# shellcheck source=tests/progs/pythons.sh
. "${0%/*}/progs/pythons.sh"

as_interpreter_says() {
	"$python" -I -B "$TOP/tests/python/lines.py" >tables 2>err || fail "$python: $(tail -n 5 err)"
	"$BUILD/tests/progs/python_lines" <tables >differences || fail "$python: $(cat differences)"
	echo "$python: $(cat differences)"
}

# Those without ctypes cannot be asked.
test_as_interpreters_say() {
	told=0
	for version in 8 9 10 11 12 13 14 system; do
		for python in $(python_of $version); do
			"$python" -I -c 'import ctypes' || continue
			as_interpreter_says
			told=$((told + 1))
		done
	done
	[ $told -gt 0 ] || skip "no CPython from 3.8 on with ctypes"
}

# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
