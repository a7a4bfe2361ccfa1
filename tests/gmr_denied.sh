#!/bin/sh
# gmr_denied.sh: what `gmr` says where it may not read all, and what is left where it has little to work with. lib.sh
# says how to run it.
# timeout: 600
# shellcheck source=tests/progs/harmed.sh
. "${0%/*}/progs/harmed.sh"

# As user UID, with nothing more.
as() { # UID COMMAND...
	as_uid=$1
	shift
	setpriv --reuid "$as_uid" --regid "$as_uid" --clear-groups "$@"
}

gmr_as() { # UID ARG...
	gmr_uid=$1
	shift
	# shellcheck disable=SC2086 # words
	run as "$gmr_uid" timeout -s KILL $((120 * TIMES)) "$PROCGUARD" gmr $PATIENT "$@"
}

needs_users() {
	needs_gmr
	[ "$(id -u)" -eq 0 ] || skip "needs root"
	command -v setpriv > /dev/null || skip "no setpriv"
	as 65534 "$PROCGUARD" --version > version.out 2>&1 || skip "nobody may not run it: $(cat version.out)"
}

# How many threads were read in which way: "3 asleep 1 stopped".
ways() {
	jq -r '.Threads[] | .read // "not read"' out | sort | uniq -c | xargs
}

denied() { # SECTION: "REASON; REMEDY" of what was not to be had for it, the first
	jq -r "[.report.denied[] | select(.section == \"$1\")][0] | .reason + \"; \" + .remedy" out
}

# ---- other users ----

test_own_processes() {
	needs_users
	harmed_as 65534 idle spin
	wait_until 30 asleep "$pid" 3
	gmr_as 65534 -f json "$pid"
	expect_status 0
	jq -e '.report.denied == []' out > jq.out || fail "denied: $(jq -c .report out)"
	[ "$(ways)" = '3 asleep 1 stopped' ] || fail "$(ways)"
	[ "$(jq -r .Configuration.process.executable out)" = "$(readlink "/proc/$pid/exe")" ] || fail "$(cat out)"
	[ "$(jq .Package.path out)" != null ] || fail "no package: $(cat out)"
}

test_processes_of_another_user() {
	needs_users
	harmed_as 4711 idle spin
	wait_until 30 asleep "$pid" 3
	gmr_as 65534 -f json "$pid"
	expect_status 0
	jq -e '.report.complete == false' out > jq.out || fail "complete: $(jq -c .report out)"
	said="it runs as uid 4711, we as uid 65534; run as root, or as uid 4711"
	for section in Package Threads 'Green Threads' Configuration; do
		[ "$(denied "$section")" = "$said" ] || fail "$section: $(denied "$section")"
	done
	[ "$(jq '.Threads | length' out)" = 4 ] || fail "the threads are not listed: $(cat out)"
	[ "$(jq .Processes.pid out)" = "$pid" ] || fail "no processes: $(cat out)"
	jq -e '.Configuration.limits | length > 5' out > jq.out || fail "no limits: $(cat out)"
	gmr_as 65534 -S threads -S green-threads "$pid"
	expect_status 0
	for what in stacks 'green threads'; do
		grep -qxF "cannot read $what: ${said%;*} (run as root, or as uid 4711)" out ||
			fail "not said: $(cat out)"
	done
	! grep 'No green threads' out || fail "none of them are known"
}

# As another user who has its file system rights: the map of its memory may be read then, not the memory.
test_memory_of_another_user() {
	needs_users
	! nm "$PROCGUARD" 2>/dev/null | grep -q __asan_init || skip "who has two uids may not trace itself for leaks"
	harmed_as 65534 idle
	wait_until 30 asleep "$pid" 3
	for sections in '-S green-threads' '-S threads -S green-threads'; do
		# shellcheck disable=SC2086 # words
		run timeout -s KILL $((120 * TIMES)) setpriv --ruid 4711 --euid 65534 --regid 65534 --clear-groups \
			--inh-caps -all --bounding-set -all "$PROCGUARD" gmr -f json $PATIENT $sections "$pid"
		expect_status 0
		case $(denied 'Green Threads') in
		'it runs as uid 65534, we as uid 4711; '*) ;;
		*) fail "$sections: $(jq -c .report out)" ;;
		esac
	done
}

test_a_process_that_is_hidden() {
	needs_users
	harmed_as 4711 idle
	wait_until 30 asleep "$pid" 3
	# shellcheck disable=SC2016 # for the inner shell
	unshare -m sh -c 'mount -t proc -o hidepid=2 proc /proc' 2> /dev/null || skip "no hidepid"
	# shellcheck disable=SC2016
	run unshare -m sh -c 'mount -t proc -o hidepid=2 proc /proc && exec "$@"' sh \
		setpriv --reuid 65534 --regid 65534 --clear-groups "$PROCGUARD" gmr "$pid"
	expect_status 1
	expect_err "procguard gmr: there is no process $pid"
	expect_out ''
}

test_a_process_that_is_not_dumpable() {
	needs_users
	harmed_as 65534 idle private
	wait_until 30 asleep "$pid" 3
	gmr_as 65534 -f json "$pid"
	expect_status 0
	case $(denied Threads) in
	*dumpable*'run as root'*) ;;
	*) fail "$(denied Threads)" ;;
	esac
	[ "$(jq .Processes.pid out)" = "$pid" ] || fail "no processes: $(cat out)"
	gmr -f json -S threads "$pid"
	[ "$(ways)" = '3 asleep' ] || fail "by root: $(ways)"
}

# As root of a container: its processes run as other users, and CAP_SYS_PTRACE is missing.
test_without_the_capability() {
	needs_users
	harmed_as 4711 idle spin
	wait_until 30 asleep "$pid" 3
	# shellcheck disable=SC2086 # words
	run timeout -s KILL $((120 * TIMES)) setpriv --bounding-set -sys_ptrace --inh-caps -all \
		"$PROCGUARD" gmr -f json $PATIENT "$pid"
	expect_status 0
	case $(denied Threads) in
	*CAP_SYS_PTRACE*'--cap-add SYS_PTRACE'*) ;;
	*) fail "$(denied Threads)" ;;
	esac
	[ "$(jq .Processes.pid out)" = "$pid" ] || fail "no processes: $(cat out)"
}

# Root of a user namespace is nobody outside of it; from outside one sees in.
test_user_namespaces() {
	needs_users
	as 65534 unshare -Ur true 2> /dev/null || skip "no user namespaces"
	harmed idle
	wait_until 30 asleep "$pid" 3
	# shellcheck disable=SC2086 # words
	run as 65534 timeout -s KILL $((120 * TIMES)) unshare -Ur "$PROCGUARD" gmr -f json $PATIENT "$pid"
	expect_status 0
	case $(denied Threads) in
	*'another user namespace'*) ;;
	*) fail "$(denied Threads)" ;;
	esac
	stop "$pid" KILL || :
	chmod 777 .
	rm counts ready
	start setpriv --reuid 65534 --regid 65534 --clear-groups unshare -Ur ./harmed counts idle > ready
	wait_until 30 grep -q ready ready
	wait_until 30 asleep "$started" 3
	for uid in 0 65534; do
		gmr_as $uid -f json -S threads "$started"
		expect_status 0
		[ "$(ways)" = '3 asleep' ] || fail "as $uid: $(ways)"
		[ "$(jq '.Threads[0].stack_trace.lines | length' out)" -ge 1 ] || fail "as $uid: $(cat out)"
	done
}

# ---- traced by another ----

traced() { # PID: all of its threads
	! grep -hs '^TracerPid:' /proc/"$1"/task/*/status | grep -q ':.0$'
}

# Whoever sleeps is read all the same; of who runs it is said by whom it is traced.
test_traced_by_another() {
	needs_gmr
	command -v strace > /dev/null || skip "no strace"
	harmed idle spin
	wait_until 30 asleep "$pid" 3
	start strace -qq -f -o /dev/null -e trace=none -p "$pid" 2> strace.err
	tracer=$started
	wait_until 30 traced_or_over
	alive "$tracer" || skip "strace may not: $(cat strace.err)"
	for option in --stop --deadline=60s; do
		# shellcheck disable=SC2086 # words
		gmr -f json -S threads $option "$pid"
		expect_status 0
		[ "$(ways)" = '3 asleep 1 not read' ] || fail "$option: $(ways)"
		case $(denied Threads) in
		"it is already traced by PID $tracer; "*) ;;
		*) fail "$(denied Threads)" ;;
		esac
	done
	traced "$pid" || fail "it is not traced any more"
	stop "$tracer" || :
}

traced_or_over() {
	traced "$pid" || ! alive "$tracer"
}

# ---- little to work with ----

# COMMAND is run with "$@"; what it leads to is a whole report.
whole_below() { # COMMAND
	# shellcheck disable=SC2086 # words
	run timeout -s KILL $((120 * TIMES)) sh -c "$1" sh "$PROCGUARD" gmr $PATIENT "$pid"
	[ "$status" = 0 ] || fail "$1: status $status: $(cat out err)"
	read=$(sed -n 's/.*, read //p' out | sort | uniq -c | xargs)
	[ "$read" = '3 asleep 1 stopped' ] || fail "$1: $read: $(cat out err)"
	grep -q "Process $pid " out || fail "$1: no processes: $(cat out err)"
	grep -q 'Max open files' out || fail "$1: no limits: $(cat out err)"
}

test_limits() {
	needs_gmr
	harmed idle spin
	wait_until 30 asleep "$pid" 3
	whole_below 'ulimit -l 0; exec "$@"'
	whole_below 'ulimit -n 64; exec "$@"'
	whole_below 'ulimit -s 256; exec "$@"'
	[ "$TIMES" != 1 ] || whole_below 'ulimit -S -s 128; exec "$@"'
	[ "$TIMES" != 1 ] || whole_below 'ulimit -s 128; exec "$@"'
	whole_below 'umask 777; exec "$@"'
	whole_below 'exec "$@" <&-'
	whole_below 'exec "$@" 2>&-'
	whole_below 'exec "$@" <&- 2>&-'
	whole_below 'exec env -i "$@"'
	whole_below 'cd / && exec "$@"'
	whole_below 'mkdir gone && cd gone && rmdir ../gone && exec "$@"'
	[ "$TIMES" = 1 ] || return 0 # sanitizers want more
	whole_below 'ulimit -v 2000000; exec "$@"'
	whole_below 'ulimit -v 60000; exec "$@"'
}

# Whatever is there, it ends with a report or says why there is none.
test_hardly_any_limits() {
	needs_gmr
	harmed idle spin
	wait_until 30 asleep "$pid" 3
	for limit in '-n 16' '-n 10' '-n 6' '-n 4' '-v 60000' '-v 30000' '-v 12000' '-d 100' '-t 1'; do
		case $limit in
		-[vd]*) [ "$TIMES" = 1 ] || continue ;;
		esac
		# shellcheck disable=SC2086 # words
		run timeout -s KILL $((120 * TIMES)) sh -c "ulimit $limit; exec \"\$@\"" sh \
			"$PROCGUARD" gmr $PATIENT "$pid"
		case $status in
		0) grep -q "Process $pid " out || fail "$limit: no processes: $(cat out err)" ;;
		1 | 127) [ -s err ] || fail "$limit: nothing is said" ;;
		*) fail "$limit: status $status: $(cat out err)" ;;
		esac
	done
}

test_nowhere_to_write() {
	needs_gmr
	harmed idle
	timeout -s KILL $((120 * TIMES)) "$PROCGUARD" gmr "$pid" >&- 2> err && fail "it says nothing"
	expect_err 'cannot write to the standard output'
	timeout -s KILL $((120 * TIMES)) "$PROCGUARD" gmr -o report "$pid" <&- >&- 2>&- || fail "no report"
	grep -q "Process $pid " report || fail "$(cat report)"
}

# What there was time for is reported.
test_deadlines() {
	needs_gmr
	start "$BUILD/tests/progs/stacks" 500 > stacks.out
	pid=$started
	wait_until 60 grep -q ready stacks.out
	for deadline in 1ms 5ms 20ms 100ms; do
		run timeout -s KILL $((120 * TIMES)) "$PROCGUARD" gmr -f json --stop --deadline $deadline "$pid"
		expect_status 0
		[ "$(jq '.Threads[0].thread_id' out)" = "$pid" ] || fail "$deadline: no threads: $(jq -c .report out)"
		[ $deadline != 1ms ] || jq -e '.report.complete == false' out > jq.out || fail "complete: $(cat out)"
		wait_until 30 is_free "$pid"
	done
}

# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
