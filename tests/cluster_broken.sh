#!/bin/sh
# cluster_broken.sh: a cluster among people and systems that are not kind. lib.sh says how to run it.
# shellcheck source=tests/progs/cluster.sh
. "${0%/*}/progs/cluster.sh"

# ---- who started it ----

# A lock, or a pipe that somebody reads to its end, is not held as long as the cluster lives.
test_what_the_caller_has_open_is_not_held() {
	section <<-'END'
		start = background:exec sleep 1000
	END
	at_end_stop
	ours start 3>held
	ours restart 9>>held
	for process in "$(daemon_pid)" $(sed -n 's/^logger=\([0-9]*\) .*/\1/p' cluster.pid) "$(member_pid sleep)"; do
		# shellcheck disable=SC2010,SC2012 # where the links lead to
		! ls -l "/proc/$process/fd" | grep -qF "$PWD/held" || fail "held by $process: $(cat cluster.pid)"
	done
}

# ---- the pid file ----

works_again() {
	ours status
	[ "$status" = 0 ]
}

test_a_pid_file_that_somebody_writes_into_is_made_anew() {
	section <<-'END'
		start = background:exec sleep 1000
	END
	at_end_stop
	ours start
	: >cluster.pid
	wait_until 10 works_again
	echo nonsense >>cluster.pid
	wait_until 10 works_again
	chmod 666 cluster.pid
	wait_until 10 works_again
	grep -qF "pid file 'cluster.pid' was changed by somebody else, and is written anew" cluster.log ||
		fail "not said"
	ours stop
	expect_status 0
	expect_nobody
}

# ---- by a process of the cluster ----

# Nobody waits for a stop that a member has asked for: the pid file has gone before it has ended itself.
is_stopped() {
	ours status
	[ "$status" = 3 ] && [ -z "$(who_is_left)" ]
}

# The status is 0 before the first line has been run, and nobody waits for a restart that a member has asked for: it has
# ended when the daemon, its logger and one member alone are there.
is_restarted() {
	ours status
	[ "$(cat out)" = Running. ] && [ "$(who_is_left | wc -l)" = 3 ]
}

# timeout(1) ends with the others, and hands that on.
member_that() { # stop | restart
	{
		printf 'until [ -e go ]; do sleep 0.1; done\n'
		printf 'timeout 100 "%s" cluster -f "%s/cluster.cfg" %s\n' "$PROCGUARD" "$PWD" "$1"
	} >"$1_it"
}

test_a_member_stops_the_cluster() {
	section <<-'END'
		stop-timeout = 1s
		start =
		    background:exec sleep 1000
		    background:sh ../stop_it
		stop = echo stopping; touch stopped
	END
	member_that stop
	at_end_stop
	ours start
	expect_status 0
	touch here/go
	wait_until 30 is_stopped
	[ -e here/stopped ] || fail "no stop lines"
	grep -qx '[^ ]* sh: stopping' cluster.log || fail "where are its words? $(cat cluster.log)"
}

test_a_member_restarts_the_cluster() {
	section <<-'END'
		stop-timeout = 1s
		start = background:sh ../restart_it
		restart = background:exec sleep 1000
	END
	member_that restart
	at_end_stop
	ours start
	expect_status 0
	first=$(daemon_pid)
	touch here/go
	wait_while 30 alive "$first"
	wait_until 30 is_restarted
	[ -n "$(member_pid sleep)" ] || fail "$(cat cluster.pid)"
	ours stop
	expect_status 0
	expect_nobody
}

test_a_line_that_waits_for_its_own_end_is_refused() {
	section <<-END
		start =
		    background:exec sleep 1000
		    -$PROCGUARD cluster -f $PWD/cluster.cfg restart
		stop = $PROCGUARD cluster -f $PWD/cluster.cfg stop
	END
	at_end_stop
	ours start
	expect_status 0
	expect_err 'the cluster is just being started, and this process is part of it (nothing was stopped)'
	ours stop
	expect_status 1
	expect_err 'the cluster is being stopped, and this process is part of it (nothing was done)'
	expect_nobody
}

# ---- members ----

is_adopted() { grep -q "^member=[a-z]* [a-z]* $(cat here/helper) " cluster.pid; }

# What a member's helpers leave, and what becomes of it, is not what the last plain line has started.
test_orphans_of_a_member_are_no_daemons_of_a_line() {
	section <<-'END'
		start =
		    background:sh ../helpers
		    true
	END
	cat >helpers <<-'END'
		until [ -e go ]; do sleep 0.05; done
		(sh -c 'echo $$ >new && mv new helper; until [ -e on ]; do sleep 0.05; done; exit 3' &)
		while :; do (sleep 0.05 &); sleep 0.05; done
	END
	at_end_stop
	ours start
	expect_status 0
	touch here/go
	wait_until 30 test -e here/helper
	wait_until 30 is_adopted
	touch here/on
	wait_while 30 is_adopted
	ours status
	expect_status 0
	expect_out 'Running.'
}

# ---- the disk ----

test_stop_needs_no_room_on_the_disk() {
	[ "$(id -u)" = 0 ] && unshare -m true 2>/dev/null || skip "may not mount"
	mkdir disk
	section <<-'END'
		pid-file = disk/cluster.pid
		start = background:exec sleep 1000
		stop = echo stopping
	END
	cat >in_namespace <<-'END'
		mount -t tmpfs -o size=16k none disk && "$PROCGUARD" cluster -f "$PWD/cluster.cfg" start 2>/dev/null
		head -c 100000 /dev/zero >disk/full 2>/dev/null
		"$PROCGUARD" cluster -f "$PWD/cluster.cfg" stop || exit
		[ ! -e disk/cluster.pid ]
	END
	run unshare -m sh in_namespace
	expect_status 0
	expect_err_is "$(printf 'Cluster is going down...\nRunning echo stopping\nstopping')"
	expect_nobody
}

. "${0%/*}/lib.sh"
