#!/bin/sh
# gmr_green.sh: green threads that a program has registered with the C library, as `gmr` shows them from outside: the
# program is tests/inside/green.c. lib.sh says how to run it.
# once
# shellcheck disable=SC2016 # variables of jq
# shellcheck source=tests/progs/command.sh
. "${0%/*}/progs/command.sh"

source=$TOP/tests/inside/green.c

# green [FLAG...] [-- ARGUMENT...]: built so, it runs as $pid.
green() {
	flags=
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		flags="$flags $1"
		shift
	done
	[ $# -eq 0 ] || shift
	needs_gmr
	command -v jq >/dev/null || skip "no jq"
	[ "$(uname -m)" = x86_64 ] || skip "its own switch is for x86-64"
	getconf GNU_LIBC_VERSION >/dev/null 2>&1 || skip "no makecontext(3)"
	! "$PROCGUARD" --version | grep -q 'without.*dw' || skip "this build has no libdw"
	[ -f "$BUILD/inside/libprocguard.a" ] || fail "there is no C library: make lib"
	# shellcheck disable=SC2086 # words
	${CC:-cc} -g -O2 $flags -I"$BUILD/include" -o green "$source" "$BUILD/inside/libprocguard.a" -pthread || {
		[ -z "$flags" ] || skip "cannot build with$flags"
		fail "not built"
	}
	start ./green "$@" >ready
	pid=$started
	wait_until 30 grep -q ready ready
	wait_until 30 pauses
}

pauses() {
	grep -q '^34 ' "/proc/$pid/syscall" # pause(2)
}

report() { # OPTION...
	# shellcheck disable=SC2086 # words
	run "$PROCGUARD" gmr $PATIENT -f json "$@" "$pid"
	expect_status 0
}

# What jq makes of the one NAME among the green threads; FILTER
is() { # NAME FILTER
	jq -e --arg name "$1" --arg pid "$pid" --argjson line "$(waits_at)" \
		".[\"Green Threads\"][] | select(.name == \$name) | $2" out >/dev/null ||
		fail "$1 is not $2: $(jq -c '.["Green Threads"]' out)"
}

waits_at() {
	sed -n '/it waits here/=' "$source"
}

# Innermost last: where it waits, and who called.
waits() { # NAME FUNCTION...
	name=$1
	shift
	names=$(printf '"%s",' "$@")
	is "$name" '.state == "waiting" and .stack_trace.end == null'
	is "$name" "[.stack_trace.lines[-$#:][].name] == [${names%,}]"
}

all_as_they_are() {
	is waiter '.stack_trace.lines[-1].line == $line'
	waits waiter wait_outside wait_inside
	waits switched switch_outside switch_inside switch_registers
	waits fresh never_runs
	is runner '.state == "running in thread \($pid)" and .stack_trace.lines == [] and
		.stack_trace.end == "in Threads"'
	is garbage '.state == "waiting" and (.stack_trace.end | test("^not read: its registers do not lead"))'
	is 'another stack' '.stack_trace.end | test("^not read: its registers do not lead")'
	is 'no stack' '.stack_trace.end == "not read: its stack is not in memory" and .stack_trace.lines == []'
	is 'no context' '.stack_trace.end == "not read: its registers are not in memory"'
	is 'red \x1b[31m' '.stack_trace.lines[-1].name == "wait_inside"'
	jq -e '[.["Green Threads"][].name] | index("finished") == null and length == 9' out >/dev/null ||
		fail "others: $(cat out)"
}

test_all() {
	green
	report
	all_as_they_are
	jq -e '.report.complete and .Threads[0].stack_trace.end == null and .Threads[0].read == "asleep"' out \
		>/dev/null || fail "not complete, or stopped: $(cat out)"
	jq -e --argjson pid "$pid" '[.Threads[] | select(.thread_id == $pid).stack_trace.lines[].name] as $names |
		($names | index("runs_here")) < ($names | index("rest"))' out >/dev/null || fail "$(cat out)"
	alive "$pid" || fail "it has ended"
}

# Threads are read for them then, but not shown.
test_without_threads() {
	green
	report -S green-threads
	all_as_they_are
	jq -e '.Threads == null' out >/dev/null || fail "threads: $(cat out)"
}

# What a switch of the program's own has not kept is found by frame pointers and by unwind tables.
test_frame_pointers() {
	green -fno-omit-frame-pointer
	report
	all_as_they_are
}

test_static() {
	green -static
	report
	all_as_they_are
}

test_nobody_is_stopped() {
	green
	report --no-stop
	all_as_they_are
}

test_fold() {
	green -- many 300
	report --fold
	is waiter '(.names | length) == 302 and .names[0] == "waiter" and .names[301] == "one of many"'
	is runner '.names == null'
	jq -e '.["Green Threads"] | length == 7' out >/dev/null || fail "$(jq -c '.["Green Threads"]' out)"
	run "$PROCGUARD" gmr --fold "$pid"
	grep -qF -e ' Green Threads waiter, red \x1b[31m and 300 more ' out || fail "$(cat out)"
}

test_text() {
	green
	run "$PROCGUARD" gmr -S green-threads "$pid"
	expect_status 0
	grep -A 1 '^------  *Green Thread  *------$' out | grep -qx 'waiter, waiting' || fail "$(cat out)"
	grep -A 2 -x "runner, running in thread $pid" out | grep -qx '(its frames are those of that thread)' ||
		fail "$(cat out)"
	grep -A 2 -x "garbage, waiting, not read: .*" out | grep -qx 'No Traceback!' || fail "$(cat out)"
	grep -qx "$source:$(waits_at) in wait_inside" out || fail "$(cat out)"
}

# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
