#!/bin/sh
# heart_notify.sh: `procguard heart run` and programs that were written for systemd: on its library in C and Python,
# and shell scripts with systemd-notify. What is not there is skipped: tests/deps installs python3-systemd, but not
# systemd itself, which would replace another service manager. lib.sh says how to run it.
# shellcheck source=tests/progs/heart_run.sh
. "${0%/*}/progs/heart_run.sh"

# ./client: tests/fixtures/sd_client.c, made once and put into BUILD in one piece.
needs_client() {
	source=$TOP/tests/fixtures/sd_client.c
	made=$BUILD/tests/sd_client
	if [ -z "$(find "$made" -newer "$source" 2>/dev/null)" ]; then
		echo 'int main(void) { return 0; }' >empty.c
		cc empty.c -o empty -l:libsystemd.so.0 2>/dev/null || skip "no libsystemd to link with"
		cc -Wall "$source" -o "$made.$$" -l:libsystemd.so.0 || fail "cannot make it"
		mv "$made.$$" "$made"
	fi
	ln -s "$made" client
}

needs_python() {
	for python in python3 /usr/bin/python3; do
		"$python" -c 'import systemd.daemon' 2>/dev/null && return
	done
	skip "no python3-systemd"
}

needs_systemd_notify() {
	command -v systemd-notify >/dev/null || skip "no systemd-notify"
}

# watched OPTION... PROGRAM...: guard with a control socket
watched() {
	guard --control s "$@"
	guard=$started
}

# A line of the status that the guard gives, which is in `out` then.
has() {
	"$PROCGUARD" heart ctl -S s status >out 2>ctl_err
	grep -qxF -e "$1" out
}

must_have() { # LINE: now; that the whole machine stalls for a second is no failure of the guard's
	tries=$((10 * TIMES))
	until has "$1"; do
		grep -q 'does not answer' ctl_err && [ $tries -gt 0 ] || fail "no '$1': $(cat out ctl_err err)"
		tries=$((tries - 1))
	done
}

until_it_has() { # LINE
	(wait_until 30 has "$1") || fail "never '$1': $(cat out ctl_err err)"
}

value() { # KEY: of the status in `out`
	sed -n "s/^$1: //p" out
}

beats_at_least() { # N
	has '' # whatever it says
	[ "$(value heartbeats)" -ge "$1" ] 2>/dev/null
}

# The seconds to the deadline.
deadline() {
	must_have 'state: running'
	value deadline | sed 's/^in \([0-9]*\)\..*/\1/'
}

# ---- C, with libsystemd ----

test_c_ready_and_status() {
	needs_client
	watched -t 1h ./client enabled=3600000000 note=starts wait=go 'notify=READY=1\nSTATUS=5 clients [x]' barrier \
		note=said hang
	until_started 1
	until_it_has 'ready: no'
	must_have 'guarded by: heartbeats'
	touch go
	wait_until 30 test -s said
	# It was handled before the barrier was answered.
	must_have 'ready: yes'
	must_have 'status: 5 clients [x]'
	must_have "pid: $(cat said)"
	finish
}

test_c_no_watchdog() {
	needs_client
	run_is 0 -t none ./client disabled notify=READY=1 barrier
	run_is 0 -t 1500ms ./client enabled=1500000 notify=READY=1 barrier
	# Of the one that is started, not of what it starts.
	run_is 0 ./client fork disabled note=forked
	[ ! -s err ] || fail "not silent: $(cat err)"
}

test_c_heartbeats() {
	needs_client
	watched -t 1h ./client beats=10
	wait_until 30 beats_at_least 3
	must_have 'well: yes'
	finish
	run_is 1 -t 1h --on-failure exit ./client notify=READY=1 notify=WATCHDOG=1 notify=WATCHDOG_USEC=200000 hang
	expect 'client: overdue: no heartbeat for '
	expect ': killing pid '
}

test_c_trigger() {
	needs_client
	run_is 1 -t 1h --on-failure exit --reason-file reason ./client notify=READY=1 notify=WATCHDOG=trigger hang
	reason_is CAUSE=triggered
}

test_c_times() {
	needs_client
	watched -t 10h ./client notify=READY=1 barrier note=starts \
		wait=1 notify=EXTEND_TIMEOUT_USEC=108000000000 barrier note=starts \
		wait=2 notify=WATCHDOG=1 notify=WATCHDOG_USEC=180000000000 barrier note=starts hang
	until_started 1
	left=$(deadline)
	{ [ "$left" -gt 32400 ] && [ "$left" -le 36000 ]; } || fail "of -t 10h: $left: $(cat out)"
	touch 1
	until_started 2
	left=$(deadline)
	{ [ "$left" -gt 104400 ] && [ "$left" -le 108000 ]; } || fail "put off by 30 h: $left: $(cat out)"
	touch 2
	until_started 3
	left=$(deadline)
	{ [ "$left" -gt 176400 ] && [ "$left" -le 180000 ]; } || fail "every 50 h: $left: $(cat out)"
	finish
}

test_c_good_bye() {
	needs_client
	run_is 7 --reason-file reason ./client notify=READY=1 'notify=STOPPING=1\nSTATUS=disk failed\nERRNO=5' exit=7
	reason_is CAUSE=stopped 'STATUS=disk failed' ERRNO=5 'END=exit status 7'
}

test_c_reloading() {
	needs_client
	watched -t 1h ./client notify=READY=1 'notify=RELOADING=1\nMONOTONIC_USEC=1\nSTATUS=reloading' barrier \
		note=starts wait=go notify=READY=1 notify=STATUS= barrier note=starts hang
	until_started 1
	must_have 'status: reloading'
	must_have 'ready: no'
	must_have 'well: yes'
	touch go
	until_started 2
	must_have 'status: '
	must_have 'ready: yes'
	finish
}

test_c_daemon() {
	needs_client
	watched -t 1h --on-failure exit --reason-file reason ./client fork 'notify=MAINPID=$PID\nREADY=1' barrier \
		note=starts note=forked hang
	until_started 1
	must_have "pid: $(cat starts)"
	kill -KILL "$(cat starts)"
	ends_with "$guard" 1
	reason_is CAUSE=signal END=SIGKILL
}

test_c_descriptors_are_not_kept() {
	needs_client
	watched -t 1h ./client notify=READY=1 barrier note=starts wait=go store store store barrier note=starts hang
	until_started 1
	before=$(ls "/proc/$guard/fd" | wc -l)
	touch go
	until_started 2
	wait_until 30 as_many_descriptors "$before"
	must_have 'well: yes'
	finish
}

as_many_descriptors() { # N: clients of the control socket go, too
	[ "$(ls "/proc/$guard/fd" | wc -l)" = "$1" ]
}

test_c_drops_privileges() {
	needs_root
	needs_client
	watched -t 1h ./client uid=65534 notify=READY=1 notify=WATCHDOG=1 'notify=STATUS=as nobody' barrier hang
	until_it_has 'status: as nobody'
	must_have 'ready: yes'
	must_have 'heartbeats: 1'
	finish
	# Its last word is heard, also when it ends at once.
	run_is 4 ./client notify=READY=1 uid=65534 notify=WATCHDOG=1 barrier notify=STOPPING=1 exit=4
}

test_c_in_a_pid_namespace() {
	needs_pid_namespace
	needs_client
	watched -t 1h unshare -pf --mount-proc ./client notify=READY=1 'notify=STATUS=I am $PID' barrier note=said \
		wait=end # unshare(1) passes no SIGTERM on
	wait_until 30 test -s said
	must_have 'status: I am 1'
	must_have 'ready: yes'
	touch end
	ends_with "$guard" 0
}

# It is there while it is heard, and no child of the guard's: not even root's word counts then.
test_c_stranger() {
	needs_client
	# shellcheck disable=SC2016
	watched -t 1h --on-failure exit sh -c 'echo "$NOTIFY_SOCKET" >socket; exec ./client note=starts hang'
	until_started 1
	NOTIFY_SOCKET=$(cat socket) start ./client 'notify=READY=1\nSTATUS=hello' notify=WATCHDOG=1 \
		notify=WATCHDOG=trigger notify=STOPPING=1 'notify=MAINPID=$PID' barrier note=said hang
	stranger=$started
	wait_until 30 test -s said
	must_have 'state: running'
	must_have 'ready: no'
	must_have 'heartbeats: 0'
	must_have 'status: '
	must_have "pid: $(cat starts)"
	stop "$stranger"
	started=$guard
	finish
}

# ---- Python, with python3-systemd ----

test_python_service() {
	needs_python
	watched -t 1h --reason-file reason "$python" "$TOP/tests/progs/notify_service.py"
	until_it_has 'ready: yes'
	must_have 'status: Serving réquests'
	wait_until 30 beats_at_least 3
	kill -HUP "$(value pid)"
	until_it_has 'status: Reloading'
	must_have 'well: yes'
	touch reloaded
	until_it_has 'status: Reloaded'
	finish 3
	reason_is CAUSE=stopped STATUS=Closing 'END=exit status 3'
	started_times 1
}

test_python_service_that_hangs() {
	needs_python
	guard -t $((2 * TIMES))s --start-grace 1m --restart-delay 1ms "$python" "$TOP/tests/progs/notify_service.py"
	until_started 1
	kill -STOP "$(head -n 1 starts)"
	until_started 2
	said 'overdue: no heartbeat for ' || fail "$(cat err)"
	finish 3
}

# ---- shell, with systemd-notify ----

test_script() {
	needs_systemd_notify
	cat >service <<-'END'
		systemd-notify --ready --status="starts now" || exit 99
		systemd-notify WATCHDOG=1 || exit 99
		echo $$ >>starts
		until [ -e go ]; do sleep 0.05; done
		systemd-notify --pid STATUS=late || exit 99
		echo $$ >>starts
		until [ -e end ]; do sleep 0.05; done
		systemd-notify STOPPING=1 "STATUS=good bye" || exit 99
		exit 6
	END
	watched -t 1h --reason-file reason sh ./service
	until_started 1
	must_have 'ready: yes'
	must_have 'status: starts now'
	must_have 'heartbeats: 1'
	touch go
	until_started 2
	must_have 'status: late'
	must_have "pid: $(head -n 1 starts)"
	touch end
	ends_with "$guard" 6
	reason_is CAUSE=stopped 'STATUS=good bye'
}

# systemd-notify has gone when it is heard, and is not root.
test_script_of_another_user() {
	needs_root
	needs_systemd_notify
	as_nobody='setpriv --reuid 65534 --regid 65534 --clear-groups'
	$as_nobody true 2>/dev/null || skip "no setpriv"
	# shellcheck disable=SC2086 # words
	watched -t 1h $as_nobody sh -c 'systemd-notify --no-block --ready; systemd-notify STATUS=still; exec sleep 600'
	until_it_has 'ready: yes'
	until_it_has 'status: still'
	finish
	: >err
	watched -t 1h sh -c 'systemd-notify --uid=nobody --ready STATUS=lent; exec sleep 600'
	until_it_has 'status: lent'
	finish
}

test_script_of_a_stranger() {
	needs_systemd_notify
	# shellcheck disable=SC2016
	watched -t 1h sh -c 'echo "$NOTIFY_SOCKET" >socket; exec sleep 600'
	wait_until 30 test -s socket
	# Root may speak in the name of a process: in that of this shell.
	[ "$(id -u)" = 0 ] || skip "needs root"
	NOTIFY_SOCKET=$(cat socket) systemd-notify --ready STATUS=hello || fail "it was not answered"
	must_have 'ready: no'
	must_have 'status: '
	finish
}

# ---- the socket ----

test_socket_is_removed() {
	# shellcheck disable=SC2016
	for how in TERM INT end; do
		rm -f socket
		guard sh -c 'echo "$NOTIFY_SOCKET" >new; mv new socket; until [ -e end ]; do sleep 0.05; done'
		wait_until 30 test -s socket
		socket=$(cat socket)
		case $socket in
		/*) ;;
		*) skip "nothing is writable" ;;
		esac
		[ -S "$socket" ] || fail "no socket at $socket"
		case $(ls -ld "${socket%/*}" "$socket" | cut -c 1-10 | tr '\n' ' ') in
		'drwx--x--x srwxrwxrwx ') ;;
		*) fail "$(ls -ld "$socket" "${socket%/*}")" ;;
		esac
		if [ $how = end ]; then
			touch end
			ends_with "$started" 0
		else
			stop "$started" $how
		fi
		[ ! -e "$socket" ] || fail "$how: $socket is left"
		[ ! -e "${socket%/*}" ] || fail "$how: ${socket%/*} is left"
	done
}

test_socket_has_no_name_for_strangers() {
	# shellcheck disable=SC2016
	guard sh -c 'echo "$NOTIFY_SOCKET" >socket; exec sleep 600'
	wait_until 30 test -s socket
	! grep -qF "$(sed 's|.*/||' socket)" /proc/net/unix || fail "$(cat socket) is in /proc/net/unix"
	finish
}

# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
