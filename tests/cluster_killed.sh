#!/bin/sh
# cluster_killed.sh: daemons killed at any moment, and many of everything. lib.sh says how to run it.
# timeout: 600
# once
# shellcheck source=tests/progs/cluster.sh
. "${0%/*}/progs/cluster.sh"

moments() {
	section <<-'END'
		stop-timeout = 2s
		start =
		    background:exec sleep 1000
		    sh -c 'setsid sleep 1001 & exit 0'
		    true
		    background:exec sleep 1002
		stop =
		    true
		    true
		restart =
		    background:exec sleep 1003
		    sh -c 'setsid sleep 1004 & exit 0'
	END
}

# Kill the daemon that COMMAND begins or ends, after MICROSECONDS: the child of who is called, and whom the file names.
# The look for leaks would have a child of that name, too, at its end, and wait for that for ever.
kill_daemon_in() { # MICROSECONDS COMMAND
	ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0 \
		"$PROCGUARD" cluster -f "$PWD/cluster.cfg" "$2" >/dev/null 2>&1 &
	client=$!
	"$BUILD/tests/progs/pause" "$1"
	for pid in $(pgrep -P $client -x procguard) $(daemon_pid 2>/dev/null); do
		kill -9 "$pid" 2>/dev/null && wait_while 30 alive "$pid"
	done
	wait $client
}

# What status says is what the process table says.
expect_truth() {
	ours status
	there=$(who_is_left | grep -c 'sleep 100')
	case $status in
	0) [ "$there" -gt 0 ] || fail "$1: Running, and nobody is there: $(cat out)" ;;
	1) [ -e cluster.pid ] || fail "$1: 1 without a pid file" ;;
	3) [ "$there" = 0 ] || fail "$1: Not running: $(who_is_left)" ;;
	*) fail "$1: status $status: $(cat out err cluster.log)" ;;
	esac
}

test_killed_at_fifty_moments_of_start_stop_and_restart() {
	moments
	at_end_stop
	i=0
	while [ $i -lt 50 ]; do
		i=$((i + 1))
		case $((i % 3)) in
		0) word=start ;;
		1) word=stop ;;
		2) word=restart ;;
		esac
		[ $word = start ] || ours start
		after=$(awk -v seed=$i 'BEGIN { srand(seed + '"$$"'); print int(rand() * 20000) }')
		kill_daemon_in "$after" $word
		expect_truth "$i: $word killed after $after us"
		if [ $((i % 2)) = 0 ]; then
			ours start
			[ "$status" = 0 ] || grep -q '^Start aborded' err || fail "$i: start: $(cat err)"
			ours status
			[ "$status" = 0 ] || fail "$i: not mended by start: $(cat out err)"
		fi
		ours stop
		[ "$status" = 0 ] || grep -q '^Could not stop' err || fail "$i: stop: $(cat err)"
		expect_nobody
		ours status
		expect_status 3
	done
}

test_two_hundred_clusters_at_once() {
	i=0
	while [ $i -lt 200 ]; do
		i=$((i + 1))
		mkdir -p "c$i/here"
		printf '[cluster]\ndirectory = here\nstart = background:exec sleep 1000\n' >"c$i/cluster.cfg"
		"$PROCGUARD" cluster -f "c$i/cluster.cfg" start 2>"c$i/err" &
	done
	wait
	for i in c*; do
		[ "$("$PROCGUARD" cluster -f "$i/cluster.cfg" status)" = Running. ] || fail "$i: $(cat "$i/err")"
	done
	[ "$(cat c*/cluster.pid | grep '^member=' | cut -d ' ' -f 3 | sort -u | wc -l)" = 200 ] || fail "other members"
	for i in c*; do
		"$PROCGUARD" cluster -f "$i/cluster.cfg" stop 2>"$i/err" &
	done
	wait
	for i in c*; do
		[ ! -e "$i/cluster.pid" ] || fail "$i: $(cat "$i/err")"
		(cd "$i" && expect_nobody) || exit
	done
}

test_five_hundred_members() {
	mkdir here
	{
		printf '[cluster]\ndirectory = here\nstart =\n'
		seq -f '    background:exec sleep 1%03g' 500
	} >cluster.cfg
	at_end_stop
	ours start
	expect_status 0
	[ "$(who_is_left | grep -c 'sleep 1')" = 500 ] || fail "$(who_is_left | wc -l) are there"
	ours status
	expect_status 0
	kill -9 "$(member_pid sleep-250)"
	wait_until 30 eval '"$PROCGUARD" cluster -f "$PWD/cluster.cfg" status | grep -qx "499 of 500 members."'
	ours stop
	expect_status 0
	expect_nobody
}

. "${0%/*}/lib.sh"
