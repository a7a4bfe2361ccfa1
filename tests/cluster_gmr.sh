#!/bin/sh
# cluster_gmr.sh: the daemon of a cluster reports itself on USR2. lib.sh says how to run it.
# shellcheck source=tests/progs/cluster.sh
. "${0%/*}/progs/cluster.sh"
# shellcheck source=tests/progs/selfreport.sh
. "${0%/*}/progs/selfreport.sh"

asked_and_logged() { # PID PATTERN
	kill -USR2 "$1"
	grep -q -e "$2" cluster.log
}

test_daemon() {
	section <<-'END'
		start =
		    background:exec sleep 1000
		    background:exec sleep 1001
		    background:exec timeout 2 sleep 1002
		report-deadline = 60s
	END
	at_end_stop
	ours start
	expect_status 0
	daemon=$(daemon_pid)
	if has_gmr_; then
		wait_until 60 asked_and_logged "$daemon" "sleep = background, pid $(member_pid sleep), for [0-9]* s"
		wait_until 60 asked_and_logged "$daemon" "sleep-2 = background, pid $(member_pid sleep-2), for [0-9]* s"
		wait_until 60 asked_and_logged "$daemon" 'timeout = background, .*, ended [0-9]* s ago: exit status 124'
	else
		wait_until 60 asked_and_logged "$daemon" 'gmr is not built in'
	fi
	storm "$daemon"
	[ "$(daemon_pid)" = "$daemon" ] || fail "it is another one: $(cat cluster.pid)"
	ours status
	ours stop
	expect_status 0
	expect_nobody
}

test_daemon_whose_gmr_hangs() {
	own_copy
	section <<-'END'
		start = background:exec sleep 1000
		report-deadline = 500ms
	END
	at_end_stop
	ours start
	expect_status 0
	daemon=$(daemon_pid)
	cp procguard kept
	hangs_as_gmr
	kill -USR2 "$daemon"
	wait_until 30 grep -q "no report of the guard, pid $daemon: it was not made in time" cluster.log
	mv kept procguard
	ours stop
	expect_status 0
	expect_nobody
}

. "${0%/*}/lib.sh"
