#!/bin/sh
# cluster.sh: several commands as one service: start, stop, restart, status. lib.sh says how to run it.
# shellcheck source=tests/progs/cluster.sh
. "${0%/*}/progs/cluster.sh"

test_the_transcript_of_the_documentation() {
	sample
	cluster install
	sample_scripts
	python3 "$TOP/tests/progs/cluster_transcript.py" || fail "another transcript"
	[ "$(ls)" = "$(printf 'bin\nbuildout.cfg\ncluster.log\ncluster.pid.lock\nerr\nout')" ] || fail "left: $(ls)"
}

# ---- start ----

test_start_says_what_it_does() {
	section <<-'END'
		start =
		    background:exec sleep 1000
		    echo one; echo two >&2
		    background:exec sleep 1001
	END
	at_end_stop
	ours start
	expect_status 0
	expect_out ''
	first=$(member_pid sleep) second=$(member_pid sleep-2) daemon=$(daemon_pid)
	{
		printf 'Cluster is starting...\nRunning in background exec sleep 1000\n'
		printf 'Background pid is %s\nBackground subpid is %s\n' "$first" "$first"
		printf 'Running echo one; echo two >&2\none\ntwo\nRunning in background exec sleep 1001\n'
		printf 'Background pid is %s\nBackground subpid is %s\n' "$second" "$second"
		printf 'Child PIDs: %s, PID, %s\n' "$first" "$second"
		printf 'Started with pid %s\nCluster is alive...\n' "$daemon"
	} >wanted
	sed 's/^\(Child PIDs: [0-9]*\), [0-9]*,/\1, PID,/' err | diff wanted - || fail "other words"
	[ "$(sed 1q cluster.pid)" = "$daemon:$first:$second" ] || fail "$(cat cluster.pid)"
	tr '\0' '\n' <"/proc/$first/environ" | grep -qx 'PROCGUARD_CLUSTER=[0-9a-f]\{32\}' || fail "no mark"
	[ "$(readlink "/proc/$first/cwd")" = "$PWD/here" ] || fail "it runs elsewhere"
	[ "$(ps -o sid= -p "$daemon" | tr -d ' ')" = "$daemon" ] || fail "it is in the caller's session"
}

test_a_line_that_fails_is_named_and_nothing_is_left() {
	section <<-'END'
		start =
		    background:exec sleep 1000
		    sh -c 'sleep 1002 & exit 0'
		    -exit 4
		    exit 3
		    echo never
	END
	ours start
	expect_status 1
	expect_err "cluster.cfg:6: 'exit 4' failed: exit status 4 (it may)"
	expect_err "cluster.cfg:7: 'exit 3' failed: exit status 3"
	! grep -q never err || fail "it went on: $(cat err)"
	expect_nobody
	[ ! -e cluster.pid ] || fail "the pid file is there"
	ours status
	expect_status 3
	expect_out 'Not running.'
}

test_a_member_that_ends_during_the_start_fails_it() {
	section <<-'END'
		start =
		    background:exit 7
		    background[ready=file:ready]:sleep 1 && touch ready && exec sleep 1000
	END
	ours start
	expect_status 1
	expect_err 'exit (pid '
	expect_err ') ended: exit status 7'
	expect_err "cluster.cfg:4: 'exit 7' failed"
	expect_nobody
}

test_a_start_that_is_interrupted_is_undone() {
	section <<-'END'
		start =
		    background:exec sleep 1000
		    echo here; exec sleep 1001
	END
	start "$PROCGUARD" cluster -f "$PWD/cluster.cfg" start 2>err
	wait_until 30 grep -qx here err
	stop "$started" TERM
	status=$?
	expect_status 1
	expect_err 'The start is given up (SIGTERM)'
	expect_nobody
	[ ! -e cluster.pid ] || fail "the pid file is there"
}

test_two_starts_at_once() {
	section <<-'END'
		start =
		    sleep 0.2
		    background:exec sleep 1000
	END
	at_end_stop
	for i in 1 2 3 4 5 6; do
		start sh -c '"$PROCGUARD" cluster -f "$PWD/cluster.cfg" start 2>err.'"$i"'; echo $? >status.'"$i"
	done
	for i in 1 2 3 4 5 6; do
		wait_until 30 test -s status.$i
	done
	[ "$(cat status.* | sort | tr -d '\n')" = 011111 ] || fail "$(cat status.*)"
	[ "$(cat err.* | grep -cx "Start aborded since pid file 'cluster.pid' exists.")" = 5 ] || fail "$(cat err.*)"
	[ "$(who_is_left | grep -c 'sleep 1000')" = 1 ] || fail "$(who_is_left)"
}

test_a_program_that_makes_itself_a_daemon_is_a_member() {
	section <<-'END'
		start = sh -c 'sh -c "setsid sleep 1000 & exit 0" & exit 0'
	END
	at_end_stop
	ours start
	expect_status 0
	wait_until 30 eval '[ -n "$(member_pid sh)" ] && [ "$(ps -o comm= -p "$(member_pid sh)")" = sleep ]'
	ours status
	expect_status 0
	kill -9 "$(member_pid sh)"
	wait_until 30 grep -q 'cluster: sh (pid [0-9]*) ended: SIGKILL$' cluster.log
	ours status
	expect_status 150
	expect_out "$(printf 'Running.\n0 of 1 members.')"
	ours stop
	expect_status 0
	expect_nobody
}

test_what_is_orphaned_before_its_line_has_ended_is_a_daemon() {
	section <<-'END'
		start = sh -c 'sleep 1000 & sleep 1001 & exit 0'; sleep 0.2
	END
	at_end_stop
	ours start
	expect_status 0
	[ "$(grep -c '^member=.* daemon ' cluster.pid)" = 2 ] || fail "$(cat cluster.pid)"
	kill -9 "$(member_pid sh)"
	wait_until 30 eval '"$PROCGUARD" cluster -f "$PWD/cluster.cfg" status | grep -qx "1 of 2 members."'
}

# What has the command's output open still is no reason to wait.
test_a_daemon_that_keeps_the_output_holds_nobody() {
	section <<-'END'
		start = sh -c '{ echo first; sleep 0.3; echo second; exec sleep 1000; } & exit 0'
	END
	at_end_stop
	said=$("$PROCGUARD" cluster -f "$PWD/cluster.cfg" start 2>&1) || fail "$said"
	wait_until 30 grep -q ' sh: second$' cluster.log
}

# ---- stop ----

test_members_end_in_reverse_order_then_the_stop_lines_then_the_rest() {
	section <<-'END'
		start =
		    background:sh -c 'trap "echo one >>order; exit" TERM; touch one; while :; do sleep 0.02; done'
		    background:sh -c 'trap "echo two >>order; exit" TERM; touch two; while :; do sleep 0.02; done'
		    sh -c '{ trap "echo rest >>order; exit" TERM; touch rest; while :; do sleep 0.02; done; } & exit 0'
		stop =
		    echo line >>order
		    false
		    echo after >>order
	END
	ours start
	expect_status 0
	for name in one two rest; do
		wait_until 30 test -e "here/$name"
	done
	ours stop
	expect_status 1
	expect_err "cluster.cfg:9: 'false' failed: exit status 1"
	[ "$(tr '\n' ' ' <here/order)" = 'two one line after rest ' ] || fail "$(cat here/order)"
	expect_nobody
	[ ! -e cluster.pid ] || fail "the pid file is there"
	ours stop
	expect_status 1
	expect_err_is "Could not stop, pid file 'cluster.pid' missing."
}

test_what_takes_no_notice_is_killed_with_its_tree() {
	section <<-'END'
		stop-timeout = 200ms
		deaf = trap "" TERM; touch deaf; while :; do sleep 1; done
		start = background:trap '' TERM; setsid sh -c '${:deaf}' & wait; wait
	END
	ours start
	expect_status 0
	wait_until 30 test -e here/deaf
	ours stop
	expect_status 0
	expect_nobody
}

test_a_term_to_the_daemon_stops_the_cluster() {
	section <<-'END'
		start = background:exec sleep 1000
		stop = echo stopped >stopped
	END
	ours start
	daemon=$(daemon_pid)
	kill "$daemon"
	wait_while 30 alive "$daemon"
	expect_nobody
	[ -e here/stopped ] || fail "without the stop lines"
	[ ! -e cluster.pid ] || fail "the pid file is there"
	grep -q 'cluster: Cluster is going down\.\.\.$' cluster.log || fail "$(cat cluster.log)"
}

# As log rotation sends one.
test_a_hangup_is_nothing_to_the_daemon() {
	section <<-'END'
		start = background:exec sleep 1000
	END
	at_end_stop
	ours start
	daemon=$(daemon_pid)
	kill -HUP "$daemon"
	rm cluster.pid # it lives, and has had the signal, when it is there again
	wait_until 30 test -e cluster.pid
	alive "$daemon" || fail "it has ended"
	ours status
	expect_status 0
}

test_stop_during_a_start() {
	section <<-'END'
		start =
		    background:exec sleep 1000
		    touch waits; exec sleep 1001
		stop = echo stopped >stopped
	END
	start sh -c '"$PROCGUARD" cluster -f "$PWD/cluster.cfg" start 2>starting; echo $? >status'
	wait_until 30 test -e here/waits
	ours stop
	expect_status 0
	wait_until 30 test -s status
	[ "$(cat status)" = 1 ] || fail "the start: status $(cat status): $(cat starting)"
	grep -q 'The start is given up: pid [0-9]* stops the cluster' starting || fail "$(cat starting)"
	[ -e here/stopped ] || fail "without the stop lines"
	expect_nobody
}

# The daemon says so, and has ended, before who started it looks.
test_a_start_that_is_given_up_and_gone() {
	section <<-'END'
		start =
		    background:exec sleep 1000
		    touch waits; exec sleep 1001
		stop = until grep -q 'given up' ../starting; do sleep 0.05; done
	END
	start sh -c '"$PROCGUARD" cluster -f "$PWD/cluster.cfg" start 2>starting & echo $! >front
		wait $!; echo $? >status'
	wait_until 30 test -e here/waits
	kill -STOP "$(cat front)"
	ours stop
	expect_status 0
	kill -CONT "$(cat front)"
	wait_until 30 test -s status
	[ "$(cat status)" = 1 ] || fail "status $(cat status): $(cat starting)"
	expect_nobody
}

test_two_stops_at_once() {
	section <<-'END'
		start = background:exec sleep 1000
		stop = echo stopped >>stopped; sleep 0.2
	END
	ours start
	for i in 1 2 3; do
		start sh -c '"$PROCGUARD" cluster -f "$PWD/cluster.cfg" stop 2>err.'"$i"'; echo $? >status.'"$i"
	done
	for i in 1 2 3; do
		wait_until 30 test -s status.$i
	done
	[ "$(cat status.* | sort | tr -d '\n')" = 011 ] || fail "$(cat status.* err.*)"
	[ "$(wc -l <here/stopped)" = 1 ] || fail "the stop lines ran more than once"
	expect_nobody
}

# ---- restart ----

test_restart_runs_the_restart_lines_of_the_configuration_as_it_is_now() {
	section <<-'END'
		start = background:exec sleep 1000
		stop = echo stopped >>words
	END
	at_end_stop
	ours start
	before=$(member_pid sleep)
	ours restart
	expect_status 0
	[ "$(cat here/words)" = stopped ] || fail "without restart lines it is a stop and a start"
	alive "$before" && fail "the old member lives"
	alive "$(member_pid sleep)" || fail "no new member: $(cat err)"
	section <<-'END'
		start = background:exec sleep 1000
		stop = echo stopped >>words
		restart =
		    echo again
		    background:exec sleep 1003
	END
	ours restart
	expect_status 0
	grep -qx again err || fail "$(cat err)"
	[ "$(cat here/words)" = stopped ] || fail "the stop lines ran"
	[ "$(who_is_left | grep -c 'sleep 100')" = 1 ] || fail "$(who_is_left)"
	[ "$(tr '\0' ' ' <"/proc/$(member_pid sleep)/cmdline")" = 'sleep 1003 ' ] || fail "another member"
}

# ---- the pid file ----

test_a_pid_file_that_is_removed_comes_back() {
	section <<-'END'
		start = background:exec sleep 1000
	END
	at_end_stop
	ours start
	rm cluster.pid
	wait_until 30 test -e cluster.pid
	ours start
	expect_status 1
	expect_err_is "Start aborded since pid file 'cluster.pid' exists."
	ours stop
	expect_status 0
	expect_nobody
}

test_no_room_for_a_pid_file() {
	[ "$(id -u)" = 0 ] && unshare -m true 2>/dev/null || skip "may not mount"
	mkdir full
	section <<-'END'
		pid-file = full/cluster.pid
		log-file = /dev/null
		start =
		    background:exec sleep 1000
		    background:exec sleep 1001
	END
	cat >in_namespace <<-'END'
		mount -t tmpfs -o size=16k none full && dd if=/dev/zero of=full/zero bs=4k 2>/dev/null
		"$PROCGUARD" cluster -f cluster.cfg start
	END
	run unshare -m sh in_namespace
	expect_status 1
	expect_err "cannot write pid file 'full/cluster.pid': No space left on device"
	expect_nobody
	echo 'mount -t tmpfs -o ro none full && "$PROCGUARD" cluster -f cluster.cfg start' >in_namespace
	run unshare -m sh in_namespace
	expect_status 1
	expect_err "cannot open 'full/cluster.pid.lock': Read-only file system"
	expect_nobody
}

# ---- a daemon that was killed ----

test_what_a_killed_daemon_has_left_is_named_and_ended() {
	section <<-'END'
		start =
		    background:exec sleep 1000
		    sh -c 'setsid sleep 1001 & exit 0'
	END
	at_end_stop
	ours start
	kill -9 "$(daemon_pid)"
	member=$(member_pid sleep)
	wait_while 30 alive "$(daemon_pid)"
	ours status
	expect_status 1
	grep -q "sleep.*$member" out || fail "not named: $(cat out)"
	ours start
	expect_status 0
	expect_err "Pid file 'cluster.pid' is stale: "
	alive "$member" && fail "it lives still"
	[ "$(who_is_left | grep -c 'sleep 100')" = 2 ] || fail "$(who_is_left)"
	kill -9 "$(daemon_pid)"
	ours stop
	expect_status 0
	expect_nobody
	[ ! -e cluster.pid ] || fail "the pid file is there"
}

test_members_outlive_a_killed_daemon_and_its_log_goes_on() {
	section <<-'END'
		start = background:while :; do echo tick; sleep 0.05; done
	END
	at_end_stop
	ours start
	kill -9 "$(daemon_pid)"
	wait_while 30 alive "$(daemon_pid)"
	: >cluster.log
	wait_until 30 grep -q ' while: tick$' cluster.log
	alive "$(sed -n 's/^member=[^ ]* background \([0-9]*\) .*/\1/p' cluster.pid)" || fail "it has ended"
}

. "${0%/*}/lib.sh"
