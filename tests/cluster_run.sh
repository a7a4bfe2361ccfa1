#!/bin/sh
# cluster_run.sh: a cluster in the foreground; what lines are run with; when members are ready. lib.sh says how to run
# it.
# shellcheck source=tests/progs/cluster.sh
. "${0%/*}/progs/cluster.sh"

foreground() { # [OPTION]...: in the background of the test, until it is alive
	start sh -c '"$PROCGUARD" cluster -f "$PWD/cluster.cfg" run "$@" >out 2>err; echo $? >status' sh "$@"
	wait_until 30 eval 'grep -sqx "Cluster is alive\.\.\." err || [ -s status ]'
}

expect_end() { # STATUS
	wait_until 30 test -s status
	[ "$(cat status)" = "$1" ] || fail "status $(cat status), not $1: $(cat out err)"
	expect_nobody
	[ ! -e cluster.pid ] || fail "the pid file is there"
}

# ---- run ----

test_run_until_a_signal() {
	section <<-'END'
		start =
		    background:echo "I am here"; exec sleep 1000
		    sh -c 'setsid sleep 1001 & exit 0'
		stop = echo stopped >stopped
	END
	foreground
	wait_until 30 grep -qx 'echo: I am here' out
	ours_=$(daemon_pid)
	"$PROCGUARD" cluster -f "$PWD/cluster.cfg" status >said || fail "status: $(cat said)"
	kill "$ours_"
	expect_end 0
	[ -e here/stopped ] || fail "without the stop lines"
	[ ! -e cluster.log ] || fail "it has a log, too"
}

test_run_is_stopped_by_stop() {
	section <<-'END'
		start = background:exec sleep 1000
		stop = echo stopped >>stopped
	END
	foreground
	"$PROCGUARD" cluster -f "$PWD/cluster.cfg" stop 2>stopping || fail "$(cat stopping)"
	expect_end 0
	[ "$(wc -l <here/stopped)" = 1 ] || fail "the stop lines were run $(wc -l <here/stopped) times"
}

test_run_ends_with_any_member() {
	section <<-'END'
		start =
		    background:exec sleep 1000
		    background:until [ -e go ]; do sleep 0.02; done; exit 5
		stop = echo stopped >stopped
	END
	foreground --exit-on any
	touch here/go
	expect_end 5
	[ -e here/stopped ] || fail "without the stop lines"
}

test_run_ends_with_all_members() {
	section <<-'END'
		start =
		    background:exec sleep 1000
		    background:exec sleep 1001
	END
	foreground --exit-on all
	kill -9 "$(member_pid sleep)"
	wait_until 30 eval '"$PROCGUARD" cluster -f "$PWD/cluster.cfg" status | grep -qx "1 of 2 members."'
	kill "$(member_pid sleep-2)"
	expect_end 137
}

test_run_that_fails_to_start() {
	section <<-'END'
		start =
		    background:exec sleep 1000
		    false
	END
	foreground
	expect_end 1
}

find_member() { # COMMAND: by the process table, into $pid
	pid=$(who_is_left | sed -n "s/^\([0-9]*\) $1 \$/\1/p")
	[ -n "$pid" ]
}

# The first process of a container: whoever is left there is its own.
test_run_as_pid_1() {
	unshare -p -f --mount-proc true 2>/dev/null || skip "may not make a pid namespace"
	section <<-'END'
		start =
		    background:(setsid sleep 1000 &) ; exec sleep 1001
		    background:(sleep 0.01 &) ; exec sleep 1002
	END
	cat >init <<-'END'
		exec "$PROCGUARD" cluster -f "$PWD/cluster.cfg" run --exit-on any
	END
	start sh -c 'unshare -p -f --mount-proc sh init >out 2>err; echo $? >status'
	wait_until 30 eval 'grep -sqx "Cluster is alive\.\.\." err || [ -s status ]'
	wait_until 30 find_member 'sleep 1002'
	init=$(ps -o ppid= -p "$pid" | tr -d ' ')
	wait_while 30 eval 'ps -o stat= --ppid '"$init"' | grep -q Z'
	kill -9 "$pid"
	expect_end 137
}

# ---- what lines are run with ----

test_directory_environment_and_user() {
	[ "$(id -u)" = 0 ] || skip "not root"
	section <<-'END'
		start =
		    pwd; echo "$GREETING"; id -u; echo "$HOME"
		    env
		environment =
		    GREETING=hello there
		user = 65534
	END
	chmod 755 . here
	ours start
	expect_status 0
	sed -n '/^Running pwd/,/^Running env/p' err | sed '1d;$d' >said
	printf '%s\nhello there\n65534\n%s\n' "$PWD/here" "$(getent passwd 65534 | cut -d: -f6)" | diff - said ||
		fail "other surroundings"
	grep -qx 'GREETING=hello there' err || fail "not without a shell: $(cat err)"
	ours stop
	expect_status 0
}

test_a_line_that_takes_too_long() {
	section <<-'END'
		command-timeout = 300ms
		stop-timeout = 100ms
		start =
		    sh -c 'trap "" TERM; sleep 1000 & wait; wait'
	END
	ours start
	expect_status 1
	expect_err 'it took longer than 300ms'
	expect_nobody
}

# ---- ready ----

test_members_that_are_waited_for() {
	/usr/bin/python3 -c 'import systemd.daemon' 2>/dev/null || skip "no python3-systemd"
	address=127.$(od -An -N3 -tu1 /dev/urandom | awk '{ print $1 "." $2 "." $3 % 250 + 2 }') # nobody else's
	section <<-END
		command-timeout = 60s
		start =
		    background[ready=file:first]:sh -c 'sleep 0.2; echo file >>order; touch first; exec sleep 1000'
		    background[ready=notify]:exec /usr/bin/python3 $PWD/notifies.py
		    background[ready=tcp:$address:7083]:exec python3 $PWD/listens.py $address
		    echo line >>order
	END
	cat >notifies.py <<-'END'
		import systemd.daemon, time
		open("order", "a").write("notify\n")
		systemd.daemon.notify("READY=1")
		time.sleep(1000)
	END
	cat >listens.py <<-'END'
		import socket, sys, time
		s = socket.socket()
		s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
		time.sleep(0.2)
		open("order", "a").write("tcp\n")
		s.bind((sys.argv[1], 7083))
		s.listen(5)
		time.sleep(1000)
	END
	at_end_stop
	ours start
	expect_status 0
	[ "$(tr '\n' ' ' <here/order)" = 'file notify tcp line ' ] || fail "$(cat here/order)"
	ours stop
	expect_nobody
}

test_a_member_that_ends_before_it_is_ready() {
	section <<-'END'
		start = background[ready=file:never]:exit 3
	END
	ours start
	expect_status 1
	expect_err "failed: exit status 3 before it was ready"
	expect_nobody
}

# ---- as in the wild ----

test_a_plone_buildout_that_extends_a_url() {
	mkdir -p here bin
	cat >buildout.cfg <<-'END'
		[buildout]
		extends =
		    https://dist.plone.org/release/5.2/versions.cfg
		    base.cfg
		parts = zeoserver instance cluster
		[cluster]
		recipe = plone.recipe.cluster
		directory = here
		start =
		    ${buildout:bin-directory}/zeoserver start
		    background:${buildout:bin-directory}/instance fg
		stop =
		    ${buildout:bin-directory}/zeoserver stop
	END
	cat >base.cfg <<-'END'
		[zeoserver]
		recipe = plone.recipe.zeoserver
		zeo-address = 8100
		[instance]
		recipe = plone.recipe.zope2instance
		eggs = Plone ${buildout:eggs}
		zeo-address = ${zeoserver:zeo-address}
	END
	# shellcheck disable=SC2016 # for the script
	printf '%s\n' '#!/bin/sh' 'case $1 in' 'start) setsid sleep 1000 & echo $! >zeo.pid ;;' \
		'stop) kill "$(cat zeo.pid)" ;;' esac >bin/zeoserver
	printf '#!/bin/sh\nexec sleep 1001\n' >bin/instance
	chmod +x bin/zeoserver bin/instance
	run "$PROCGUARD" cluster -f "$PWD/buildout.cfg" start
	expect_status 0
	expect_err 'https://dist.plone.org/release/5.2/versions.cfg: left out: only local files are read'
	run "$PROCGUARD" cluster -f "$PWD/buildout.cfg" status -v
	expect_status 0
	grep -q '^zeoserver ' out || fail "$(cat out)"
	grep -q '^instance ' out || fail "$(cat out)"
	run "$PROCGUARD" cluster -f "$PWD/buildout.cfg" stop
	expect_status 0
	expect_nobody
}

. "${0%/*}/lib.sh"
