#!/bin/sh
# gmr_threads.sh: what `gmr` says of threads beside their stacks, what its decoder may read. lib.sh says how to run it.
# shellcheck source=tests/progs/command.sh
. "${0%/*}/progs/command.sh"

gmr() {
	# shellcheck disable=SC2086 # words
	run timeout -s KILL $((120 * TIMES)) "$PROCGUARD" gmr $PATIENT -S Threads "$@"
	expect_status 0
}

# Its stacks need libdw, and a process that may be read.
needs_stacks() { # PID
	gmr "$1"
	! grep -q 'outer frames are missing\|not read\|libdw' out || skip "no whole stack: $(grep -e libdw -e read out)"
}

# tests/progs/locked in the background, with all of its threads where they stay.
locked() { # COUNT
	needs_gmr
	start "$BUILD/tests/progs/locked" "$1" >locked.out
	wait_until 30 grep -q ready locked.out
	pid=$started
	wait_until 30 all_wait "$pid" $(($1 + 2))
}

# FUTEX_WAIT_PRIVATE, for a lock that is held and waited for: 2. Who waits for the barrier waits for another number.
all_wait() { # PID COUNT
	[ "$(grep -hs '' /proc/"$1"/task/*/syscall | grep -c "^$futex 0x[0-9a-f]* 0x80 0x2 ")" -eq "$2" ]
}

# Its number, by the processor.
case $(uname -m) in
x86_64) futex=202 ;;
aarch64) futex=98 ;;
*) futex=none ;;
esac

deadlocked() { # PID
	gmr "$1"
	grep -qE '^deadlock: ([0-9]+) -> ([0-9]+) -> \1$' out || fail "no deadlock: $(cat out err)"
	[ "$(grep -c 'waits for thread' out)" -eq 2 ] || fail "not two that wait: $(cat out)"
}

needs_owners() {
	[ "$futex" != none ] || skip "system calls of this processor have no names"
	[ "$(cat /proc/self/syscall 2>/dev/null)" ] || skip "no /proc/PID/syscall"
}

test_deadlock() {
	needs_owners
	locked 0
	deadlocked "$pid"
}

# Its threads have other numbers there, by which its mutexes name them.
test_deadlock_in_a_pid_namespace() {
	needs_gmr
	needs_owners
	unshare -p -f true 2>/dev/null || skip "no pid namespace of our own: needs root"
	start unshare -p -f "$BUILD/tests/progs/locked" 0 >locked.out
	wait_until 30 grep -q ready locked.out
	pid=$(cat "/proc/$started/task/$started/children") && pid=${pid% }
	wait_until 30 all_wait "$pid" 2
	deadlocked "$pid"
	kill -KILL "$pid"
}

test_fold() {
	needs_owners
	locked 50
	needs_stacks "$pid"
	gmr --fold "$pid"
	grep -qE '^-+ +Threads #[0-9]+, #[0-9]+ and 48 more +-+$' out || fail "not folded: $(grep -e -- --- out)"
	grep -qE '^-+ +Threads #[0-9]+, #[0-9]+ +-+$' out || fail "two in a ring are not folded: $(cat out)"
	[ "$(grep -c '^------ ' out)" -eq 3 ] || fail "more than the first, two and the rest: $(cat out)"
	[ "$(grep -c "waits for thread $pid, " out)" -eq 1 ] || fail "the queue waits for another: $(cat out)"
	[ "$(grep -c 'waits for thread' out)" -eq 1 ] || fail "each of two waits for one of them: $(cat out)"
	gmr -f json --fold "$pid"
	[ "$(grep -o '"thread_ids": *\[[^]]*\]' out | tr -cd , | wc -c)" -eq 50 ] || fail "$(cat out)"
}

# No table says how its frames are laid out, and a thread that sleeps does not show its frame pointer: it is stopped for
# it, unless that is forbidden.
test_asleep_and_not_whole() {
	needs_gmr
	cat >deep.c <<-END
		#include <unistd.h>
		__attribute__((noinline)) int deep(int n) { if (n == 0) return pause(); return deep(n - 1) + 1; }
		int main(void) { return deep(5); }
	END
	${CC:-cc} -g -O1 -fno-omit-frame-pointer -fno-asynchronous-unwind-tables -fno-optimize-sibling-calls \
		-o deep deep.c || skip "cannot build it"
	start ./deep
	wait_until 30 sleeps "$started"
	needs_stacks "$started"
	[ "$(grep -c ' in deep$' out)" -eq 6 ] || fail "not six frames: $(cat out)"
	grep -q 'read stopped$' out || skip "its stack is whole without frame pointers"
	gmr --no-stop "$started"
	grep -q 'read asleep$' out || fail "not read: $(cat out)"
	grep -q '^(outer frames are missing: without a stop nothing tells who called)$' out || fail "whole? $(cat out)"
}

sleeps() {
	grep -q '^State:.*S (sleeping)' "/proc/$1/status"
}

# A program that gives FILES as its sources, and becomes user UID. By gcc: libdw looks lines up by .debug_aranges, which
# clang leaves out.
named() { # UID FILE...
	uid=$1
	shift
	{
		printf '#include <unistd.h>\n__attribute__((noinline)) int f0(void) { return pause() + 1; }\n'
		n=0
		for file; do
			printf '#line 1 "%s"\n' "$file"
			printf '__attribute__((noinline)) int f%s(void) { return f%s() + 1; }\n' $((n + 1)) $n
			n=$((n + 1))
		done
		printf 'int main(void)\n{\n'
		printf 'if (setgid(%s) < 0 || setuid(%s) < 0) return 1;\nreturn f%s();\n}\n' "$uid" "$uid" $n
	} >named.c
	gcc -g -O1 -fno-optimize-sibling-calls -o named named.c || skip "cannot build it"
	start ./named
	wait_until 30 sleeps "$started"
	wait_until 30 grep -q "^Uid:.$uid" "/proc/$started/status"
}

# Whatever it names, with nobody's eyes or with its own: never with root's.
test_sources_are_read_as_the_target() {
	needs_gmr
	[ "$(id -u)" -eq 0 ] || skip "needs root"
	[ -s /etc/shadow ] || skip "no /etc/shadow"
	for user in 65534 4711 0; do
		named $user /etc/shadow /etc/passwd
		needs_stacks "$started"
		grep -q '^/etc/shadow:1 in f1$' out || fail "as $user: it is not named: $(cat out)"
		! grep -qF -e "$(head -n 1 /etc/shadow)" out || fail "as $user: /etc/shadow is shown"
		grep -q -A 1 '^/etc/passwd:1 in f2$' out || fail "as $user: it is not named: $(cat out)"
		grep -qF "$(head -n 1 /etc/passwd | cut -c 1-6)" out || fail "as $user: no source: $(cat out)"
		stop "$started" KILL || :
	done
}

hangfs_decided() {
	grep -q mounted hangfs.out || ! alive "$started"
}

# A source on a file system that never answers: the report comes in time, with the innermost frames.
test_a_source_that_hangs() {
	needs_gmr
	mkdir mnt
	start "$BUILD/tests/progs/hangfs" mnt >hangfs.out 2>hangfs.err
	wait_until 10 hangfs_decided
	grep -q '^hangfs: ' hangfs.err && skip "$(cat hangfs.err)"
	hangfs=$started
	named 0 "$PWD/mnt/source.c"
	run timeout -s KILL $((120 * TIMES)) "$PROCGUARD" gmr --deadline 2s "$started"
	stop "$hangfs"
	expect_status 0
	grep -q 'no time left' out || skip "its stack has no lines: $(cat out)"
	grep -q ', incomplete$' out || fail "complete? $(cat out)"
	grep -q '^Process ' out || fail "no other section: $(cat out)"
	grep -q 'no time was left, see --deadline' out || fail "no stack says why: $(cat out)"
	grep -q '^/.*+0x[0-9a-f]* in ??$' out || fail "nothing says where it is: $(cat out)"
}

# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
