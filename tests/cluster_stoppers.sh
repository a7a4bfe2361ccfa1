#!/bin/sh
# cluster_stoppers.sh: several who end a cluster at once: stop, the daemon itself, and one that is killed at that.
# lib.sh says how to run it.
# shellcheck source=tests/progs/cluster.sh
. "${0%/*}/progs/cluster.sh"

# A stop line that goes on until here/go is there.
slow() {
	section <<-'END'
		start = background:exec sleep 1000
		stop = echo begun >>begun; until [ -e go ]; do sleep 0.01; done
	END
	at_end_stop
	ours start
	expect_status 0
}

begun() { # TIMES
	[ "$(cat here/begun 2>/dev/null | wc -l)" = "$1" ]
}

stop_as() { # NAME
	start "$PROCGUARD" cluster -f "$PWD/cluster.cfg" stop 2>err."$1"
}

test_a_term_to_the_daemon_during_a_stop() {
	slow
	stop_as first
	wait_until 30 begun 1
	kill -TERM "$(daemon_pid)"
	ours status
	expect_status 0
	touch here/go
	wait "$started" || fail "stop: $? $(cat err.first)"
	begun 1 || fail "the stop lines ran twice: $(cat cluster.log)"
	expect_nobody
	ours status
	expect_status 3
}

test_a_stop_while_the_daemon_stops_itself() {
	slow
	kill -TERM "$(daemon_pid)"
	wait_until 30 begun 1
	stop_as second
	wait_until 30 grep -q 'waiting for that' err.second
	touch here/go
	wait "$started" && fail "something was left to be stopped: $(cat err.second)"
	begun 1 || fail "the stop lines ran twice: $(cat cluster.log)"
	expect_nobody
}

test_a_stop_takes_over_from_one_that_is_killed() {
	slow
	stop_as first
	first=$started
	wait_until 30 begun 1
	stop_as second
	wait_until 30 grep -q 'waiting for that' err.second
	kill -9 "$first"
	wait_until 30 begun 2
	touch here/go
	wait "$started" || fail "stop: $? $(cat err.second)"
	grep -q 'does not' err.second && fail "the daemon did not listen: $(cat err.second)"
	expect_nobody
}

test_the_daemon_takes_over_from_a_stop_that_is_killed() {
	slow
	daemon=$(daemon_pid)
	stop_as first
	wait_until 30 begun 1
	kill -TERM "$daemon"
	kill -9 "$started"
	wait_until 30 begun 2
	touch here/go
	wait_while 30 alive "$daemon"
	expect_nobody
	ours status
	expect_status 3
}

# A start that was given up to a stop is not left half.
test_a_start_is_undone_when_the_stop_is_killed() {
	section <<-'END'
		stop-timeout = 60s
		start =
		    background:exec sleep 1000
		    trap '>told; until [ -e go ]; do sleep 0.01; done; exit' TERM; >up; while :; do sleep 0.01; done
		stop = echo stopped >>stopped
	END
	at_end_stop
	start sh -c '"$PROCGUARD" cluster -f "$PWD/cluster.cfg" start 2>err.start; echo $? >status.start'
	wait_until 30 test -e here/up
	stop_as first
	wait_until 30 test -e here/told
	kill -9 "$started"
	wait_until 30 grep -q 'has gone' err.start
	touch here/go
	wait_until 30 test -s status.start
	[ "$(cat status.start)" = 1 ] || fail "$(cat err.start)"
	wait_while 30 test -e cluster.pid
	expect_nobody
}

# What it is to end with has ended before the last line has.
test_run_ends_with_who_has_ended_before() {
	section <<-'END'
		start =
		    background:true
		    until grep -q '^ended=' ../cluster.pid; do sleep 0.01; done
	END
	start "$PROCGUARD" cluster -f "$PWD/cluster.cfg" run --exit-on all
	wait "$started" || fail "run: $?"
	expect_nobody
}

. "${0%/*}/lib.sh"
