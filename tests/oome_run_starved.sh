#!/bin/sh
# oome_run_starved.sh: `oome run` when there is nothing left: no memory, hardly a descriptor.
# once

# The guard's own address space ends where it is; what it started keeps what it has. (Sanitizers need more and more.)
starve() { # PID
	[ "$TIMES" = 1 ] || skip "needs a plain build"
	command -v prlimit >/dev/null || skip "no prlimit(1)"
	size=$(sed -n 's/^VmSize:[[:space:]]*\([0-9]*\) kB/\1/p' "/proc/$1/status")
	prlimit --pid "$1" --as="$((size * 1024)):" || fail "prlimit"
}

started_times() {
	[ "$(wc -l < starts)" = "$1" ]
}

watches() {
	cat "/proc/$1/fdinfo/"* 2>/dev/null | grep -q '^inotify wd'
}

test_no_memory_left_and_the_program_is_still_restarted() {
	: > starts
	mkdir work
	printf '#!/bin/sh\necho $$ >> starts\ntrap "" TERM\nsleep 1000 & sleep 1000 & wait\nwait\n' > app
	chmod 755 app
	OOME_FILE=$PWD/work/oome start "$PROCGUARD" oome run --grace 1s ./app 2> err
	guard=$started
	wait_until 10 started_times 1
	wait_until 10 watches "$guard"
	old=$(tail -n 1 starts)
	starve "$guard"
	touch work/oome
	wait_while 20 alive "$old"
	alive "$guard" || fail "the guard is gone: $(cat err)"
	prlimit --pid "$guard" --as=unlimited:
	wait_until 20 started_times 2
	[ ! -e work/oome ] || fail "the file is still there"
	alive "$(tail -n 1 starts)" || fail "the new one is not there"
}

. "${0%/*}/lib.sh"
