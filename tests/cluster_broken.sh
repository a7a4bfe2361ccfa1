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
	for process in "$(daemon_pid)" $(sed -n 's/^\(logger=\|member=.* background \)\([0-9]*\) .*/\2/p' cluster.pid); do
		# shellcheck disable=SC2012 # where the links lead to
		! ls -l "/proc/$process/fd" | grep -qF "$PWD/held" || fail "held by $(tr '\0' ' ' <"/proc/$process/cmdline")"
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
	grep -qF "pid file 'cluster.pid' was changed by somebody else, and is written anew" cluster.log || fail "not said"
	ours stop
	expect_status 0
	expect_nobody
}

# ---- the disk ----

# once
test_stop_needs_no_room_on_the_disk() {
	section <<-'END'
		pid-file = disk/cluster.pid
		start = background:exec sleep 1000
		stop = echo stopping
	END
	mkdir disk
	mount -t tmpfs -o size=16k none disk 2>/dev/null || skip "no file system of our own"
	trap 'ours stop; umount -l disk' EXIT
	ours start
	head -c 100000 /dev/zero >disk/full 2>/dev/null
	ours stop
	expect_status 0
	expect_err_is "$(printf 'Cluster is going down...\nRunning echo stopping\nstopping')"
	[ ! -e disk/cluster.pid ] || fail "the pid file is there"
	expect_nobody
}

. "${0%/*}/lib.sh"
