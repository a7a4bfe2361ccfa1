#!/bin/sh
# cluster_status.sh: what `cluster status` says, of pid files written by hand about processes of the test. lib.sh says
# how to run it.
# shellcheck source=tests/progs/cluster.sh
. "${0%/*}/progs/cluster.sh"

id=9f86d081884c7d659a2feaa0c55ad015

a_cluster() {
	cat >cluster.cfg <<-'END'
		[cluster]
		start = background:worker
	END
}

started_at() { # PID: field 22 of its stat
	sed 's/.*) //' "/proc/$1/stat" | cut -d ' ' -f 20
}

# A process that does nothing: its pid is in $sleeper, its start time in $began.
a_sleeper() {
	start sleep 1000
	sleeper=$started
	began=$(started_at "$sleeper")
}

# The daemon, and its first lines.
a_daemon() {
	a_cluster
	a_sleeper
	daemon=$sleeper daemon_began=$began members=
	now=$(date +%s)
}

a_member() { # NAME
	a_sleeper
	members=$members:$sleeper
	echo "member=$1 background $sleeper $began $((now - 65)) 0" >>members
}

write_pid_file() { # STATE
	touch members
	cat - members >cluster.pid <<-END
		$daemon$members
		state=$1
		id=$id
		boot=${boot:-$(cat /proc/sys/kernel/random/boot_id)}
		namespace=${namespace:-$(stat -Lc %i /proc/self/ns/pid)}
		start=$daemon_began
	END
}

status_is() { # EXIT-STATUS LINE...
	wanted=$1
	shift
	cluster status
	expect_status "$wanted"
	expect_err_is_empty
	printf '%s\n' "$@" >expected
	diff -u expected out || fail "other lines"
}

unknown_is() { # TEXT: of stderr, behind the name
	cluster status
	expect_status 4
	expect_err_is "procguard cluster: cannot tell what pid file 'cluster.pid' is about: $1"
	[ ! -s out ] || fail "stdout: $(cat out)"
}

# ---- It runs ----

test_no_pid_file() {
	a_cluster
	status_is 3 'Not running.'
	[ ! -e cluster.pid.lock ] || fail "it has made a file"
}

test_running() {
	a_daemon
	a_member worker
	a_member web
	write_pid_file running
	status_is 0 'Running.'
	write_pid_file starting
	status_is 0 'Running.' 'Starting.'
	write_pid_file stopping
	status_is 0 'Running.' 'Stopping.'
}

test_a_member_is_dead() {
	a_daemon
	a_member worker
	a_member web
	write_pid_file running
	stop "$sleeper" KILL
	status_is 150 'Running.' '1 of 2 members.'
	write_pid_file starting
	status_is 150 'Running.' 'Starting.' '1 of 2 members.'
	# Its end is expected then.
	write_pid_file stopping
	status_is 0 'Running.' 'Stopping.'
}

test_verbose() {
	a_daemon
	a_member worker
	kill -STOP "$sleeper"
	wait_until 30 grep -q '^State:.T' "/proc/$sleeper/status"
	echo "ended=redis-server daemon 77 5 1763742001 1 9 1763742117" >>members
	write_pid_file running
	cluster status -v
	kill -CONT "$sleeper"
	expect_status 150
	sed "s/$sleeper */PID  /; s/ [0-9]*m[0-9]*s / 1m5s /; s/[0-9.]* [KM]iB */N KiB  /; s/[0-9]*d[0-9]*h/1d1h/
		s/20[0-9T:-]*Z/DATE/; s/  */ /g" out >short
	cat >expected <<-'END'
		Running.
		1 of 2 members.
		NAME PID KIND STATE SINCE FOR MEMORY LAST EXIT
		worker PID background stopped DATE 1m5s N KiB -
		redis-server 77 daemon ended DATE 1d1h - SIGKILL
	END
	diff -u expected short || fail "other lines: $(cat out)"
}

test_json() {
	a_daemon
	a_member worker
	write_pid_file running
	cluster status --json
	expect_status 0
	python3 - "$PWD/cluster.pid" "$daemon" "$sleeper" <<-'END' || fail "not that JSON: $(cat out)"
		import json, sys
		status = json.load(open("out"))
		path, daemon, member = sys.argv[1:]
		assert sorted(status) == ["left", "members", "pid", "pid_file", "state", "why"]
		assert [status[key] for key in ("left", "pid", "pid_file", "state", "why")] == \
			[[], int(daemon), path, "running", None]
		worker, = status["members"]
		assert worker["name"] == "worker" and worker["pid"] == int(member) and worker["state"] == "sleeping"
		assert worker["memory"] > 0 and worker["seconds"] >= 65 and worker["last_exit"] is None
	END
}

# ---- It is dead: each line says why ----

# The pid file as it is says nothing any more, since WHY; a member is left.
dead_since() { # WHY
	status_is 1 'Not running.' "Pid file 'cluster.pid' is stale: $1"  "Left: worker (pid $member)"
}

a_dead_one() {
	a_daemon
	a_member worker
	member=$sleeper
	stop "$daemon" KILL
}

test_killed_daemon() {
	a_dead_one
	write_pid_file running
	dead_since "pid $daemon has ended"
	cluster status --json
	expect_status 1
	grep -qF "\"state\":\"dead\",\"pid\":null," out || fail "not dead: $(cat out)"
	grep -qF "\"left\":[{\"name\":\"worker\",\"pid\":$member}]" out || fail "nothing left: $(cat out)"
	stop "$member" KILL
	status_is 1 'Not running.' "Pid file 'cluster.pid' is stale: pid $daemon has ended"
}

# By the environment, also one that the file does not know, and whose name is not fit for a terminal.
test_strays() {
	a_dead_one
	write_pid_file running
	ln -s "$(command -v sleep)" "$(printf 'x\033[m')"
	start env "PROCGUARD_CLUSTER=$id" "./$(printf 'x\033[m')" 1000
	stray=$started
	wait_until 30 grep -q x "/proc/$stray/comm"
	cluster status
	expect_status 1
	sort out >sorted
	printf '%s\n' "Left: worker (pid $member)" "Left: x\\x1b[m (pid $stray)" 'Not running.' \
		"Pid file 'cluster.pid' is stale: pid $daemon has ended" | sort >expected
	diff -u expected sorted || fail "other lines"
}

test_reused_pid() {
	a_daemon
	daemon_began=$((daemon_began - 1))
	write_pid_file running
	status_is 1 'Not running.' "Pid file 'cluster.pid' is stale: pid $daemon is another process now"
}

test_other_boot() {
	a_daemon
	a_member worker
	boot=00000000-1111-2222-3333-444444444444
	write_pid_file running
	status_is 1 'Not running.' "Pid file 'cluster.pid' is stale: it is of another boot"
}

test_other_container() {
	a_daemon
	a_member worker
	namespace=4
	write_pid_file running
	status_is 1 'Not running.' "Pid file 'cluster.pid' is stale: it is of another container"
}

# ---- The original's ----

test_the_originals_file() {
	a_daemon
	printf '%s:%s:%s' "$daemon" 1 2 >cluster.pid
	status_is 0 'Running.'
	cluster status -v
	expect_status 0
	shows 'The pid file does not say which members there are.'
	touch -d '2020-01-01' cluster.pid # before the process was there
	cluster status
	expect_status 1
	shows 'Not running.'
	grep -q "is stale: pid $daemon " out || fail "no reason: $(cat out)"
	touch cluster.pid
	stop "$daemon" KILL
	cluster status
	expect_status 1
	grep -q "is stale: pid $daemon has ended" out || fail "no reason: $(cat out)"
}

# ---- It cannot be told ----

test_what_cannot_be_judged() {
	a_daemon
	write_pid_file running
	chmod 666 cluster.pid
	unknown_is 'others may write it (chmod go-w, when what it says is right)'
	chmod 644 cluster.pid
	mv cluster.pid elsewhere
	ln -s elsewhere cluster.pid
	unknown_is 'it is a link'
	rm cluster.pid
	head -n 4 elsewhere >cluster.pid
	unknown_is 'it is no pid file of a cluster, or was cut off (remove it: a daemon that runs makes it anew)'
	cluster status --json
	expect_status 4
	grep -qF '"state":"unknown","pid":null,' out || fail "it is known: $(cat out)"
	[ "$(id -u)" = 0 ] || return 0
	cat elsewhere >cluster.pid
	chown 65534 cluster.pid
	unknown_is 'it belongs to uid 65534 (run as that user)'
}

test_a_start_is_about_to() {
	a_cluster
	cat >hold.py <<-'END'
		import fcntl, time
		lock = open("cluster.pid.lock", "w")
		fcntl.lockf(lock, fcntl.LOCK_EX, 1, 0)
		open("held", "w").close()
		time.sleep(1000)
	END
	(umask 077 && : >cluster.pid.lock)
	start python3 hold.py
	wait_until 30 [ -e held ]
	unknown_is 'its lock is held: the cluster is just being started, or runs in another container'
	stop "$started" KILL
	status_is 3 'Not running.'
}

. "${0%/*}/lib.sh"
