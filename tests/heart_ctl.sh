#!/bin/sh
# heart_ctl.sh: heart ctl and heart beat, against heart run. lib.sh says how to run it.
# shellcheck source=tests/progs/heart_ctl.sh
. "${0%/*}/progs/heart_ctl.sh"

# ---- OTP's interface ----

test_command() {
	guard -- sleep 300
	expect '' get-cmd
	[ "$(wc -c <out)" = 1 ] || fail "no empty line"
	expect '' set-cmd "/srv/app  'a b' restart"
	expect "/srv/app  'a b' restart" get-cmd
	expect '' set-cmd 'echo 2'
	expect 'echo 2' get-cmd
	expect '' clear-cmd
	expect '' get-cmd
}

test_given_command() {
	HEART_COMMAND='echo environment' guard -- sleep 300
	expect 'echo environment' get-cmd
	expect '' set-cmd temporary
	expect temporary get-cmd
	expect '' clear-cmd
	expect 'echo environment' get-cmd
	stop "$guard"
	HEART_COMMAND='echo environment' guard --command 'echo option' -- sleep 300
	expect 'echo option' get-cmd
}

test_limits() {
	guard -- sleep 300
	expect '' set-cmd "$(long 2046)"
	expect "$(long 2046)" get-cmd
	for length in 2047 4000 5000 100000; do
		expect_failure 1 'bad_cmd: it has 2047 bytes or more' set-cmd "$(long $length)"
		expect_failure 1 'bad_callback: it has 2047 bytes or more' set-callback "$(long $length)"
	done
	expect_failure 1 'bad_cmd: it is empty' set-cmd ''
	expect "$(long 2046)" get-cmd
	expect none get-callback
}

test_long_given_command() {
	guard --command "$(long 100000)" -- sleep 300
	ctl get-cmd || fail "status $?: $(cat err)"
	[ "$(wc -c <out)" = 100001 ] || fail "$(wc -c <out) bytes"
	ctl status || fail "status $?: $(cat err)"
	[ "$(wc -c <out)" -lt 5000 ] || fail "$(wc -c <out) bytes of status"
}

test_callback() {
	guard --interval 1h -- sleep 300
	expect none get-callback
	expect '' set-callback 'exit 0'
	expect 'exit 0' get-callback
	expect '' clear-callback
	expect none get-callback
	stop "$guard"
	guard --interval 1h --callback true -- sleep 300
	expect true get-callback
	expect '' clear-callback
	expect none get-callback
}

test_callback_is_run() {
	guard --interval 100ms -- sleep 300
	expect '' set-callback "echo x >>'$PWD/ran'"
	wait_until 20 test -s ran
	wait_until 20 status_has 'guarded by: heartbeats'
	expect '' set-callback 'exit 3'
	wait_while 20 ctl status
	grep -q 'callback: exit status 3$' err || fail "$(cat err out said)"
	expect '' clear-callback
}

test_options() {
	guard -- sleep 300
	expect none get-options
	expect '' set-options check_schedulers
	expect check_schedulers get-options
	expect_failure 1 'bad_options: check_scheduler' set-options check_scheduler
	expect_failure 1 'bad_options: check_schedulers x' set-options check_schedulers x
	expect check_schedulers get-options
	expect '' set-options
	expect none get-options
	stop "$guard"
	guard --check-schedulers -- sleep 300
	expect check_schedulers get-options
}

# ---- after a restart ----

test_temporary() {
	HEART_COMMAND='echo given' guard --on-failure restart --restart-delay 1ms --interval 1h --callback true \
		-- sleep 300
	expect '' set-cmd temporary
	expect '' set-callback 'exit 0'
	expect '' set-options check_schedulers
	ctl status
	kill -9 "$(value pid)"
	wait_until 20 running_with_restarts 1
	status_has 'last end: signal' || fail "$(cat out)"
	expect 'echo given' get-cmd
	expect true get-callback
	expect none get-options
}

test_set_before_a_restart() {
	guard --restart-delay 1h -- false
	wait_while 20 ctl status
	wait_until 20 status_has 'state: pausing'
	grep -q 'false is not well: pausing: pid [0-9]* ended (exit status 1)' err || fail "$(cat err)"
	expect_failure 1 'about to be started' set-cmd x
	expect_failure 1 'about to be started' set-callback x
	expect_failure 1 'about to be started' clear-callback
	expect_failure 1 'about to be started' set-options check_schedulers
	expect_failure 1 'no living program' snooze 1m
	beat && fail "it took a heartbeat"
	grep -q 'no living program' err || fail "$(cat err)"
	expect '' clear-cmd
	expect '' get-cmd
}

# ---- snooze, beat ----

test_snooze() {
	timeout=$((4 * TIMES))
	guard -t "${timeout}s" -- sleep 300
	ctl snooze 10m || { too_slow && fail "$(cat err said)"; }
	grep -qx 'deadline: in [56][0-9][0-9]\.[0-9]s' out || fail "$(cat out)"
	too_slow
	wait_until $((timeout + 20)) past $((timeout + 1))
	[ "$(value restarts)" = 0 ] || fail "it was restarted: $(cat said)"
	ctl status || fail "$(cat err)"
}

# It was overdue before it could snooze.
too_slow() {
	! grep -q overdue said || skip "too slow a machine"
}

past() { # SECONDS: it runs for longer
	ctl status
	[ "$(value uptime | sed 's/\..*//')" -gt "$1" ]
}

test_snooze_without_a_deadline() {
	guard -- sleep 300
	expect 'deadline: none' snooze 10m
}

test_beat() {
	script app <<-'END'
		#!/bin/sh
		until "$PROCGUARD" heart beat; do :; done
		until "$PROCGUARD" heart beat -S "$HEART_CONTROL"; do :; done
		until NOTIFY_SOCKET='' "$PROCGUARD" heart beat; do :; done
		until "$PROCGUARD" heart ctl status >status; do :; done
		echo >done
		exec sleep 300
	END
	guard -- ./app
	wait_until 20 test -e done
	mv status out
	[ "$(value heartbeats)" -ge 3 ] || fail "$(cat out said)"
	[ "$(value 'guarded by')" = heartbeats ] || fail "$(cat out)"
	ctl status
	before=$(value heartbeats)
	beat || fail "$(cat err)"
	wait_while 20 status_has "heartbeats: $before"
}

test_beat_to_nobody() {
	(
		unset NOTIFY_SOCKET HEART_CONTROL
		status_is 2 "$PROCGUARD" heart beat
		grep -q 'nobody waits for a heartbeat' err || fail "$(cat err)"
		status_is 1 env NOTIFY_SOCKET="$PWD/none" "$PROCGUARD" heart beat
		grep -qF "$PWD/none': No such file" err || fail "$(cat err)"
		status_is 1 "$PROCGUARD" heart beat -S none
		grep -q "no guard at 'none'" err || fail "$(cat err)"
	)
}

test_beat_that_does_not_count() {
	guard --no-kill --on-failure restart --check-schedulers -- sleep 300
	ctl status
	pid=$(value pid)
	kill -STOP "$pid"
	wait_while 20 beat
	grep -q 'does not count: its thread [0-9]* hangs (stopped)' err || fail "$(cat err)"
	kill -CONT "$pid"
	wait_until 20 beat
}

# ---- the client ----

test_words() {
	expect_failure 2 "unknown request 'stats' (did you mean 'status'?)" stats
	expect_failure 2 "unknown request 'xyzzy' (one of: set-cmd, get-cmd," xyzzy
	expect_failure 2 'which request? One of: set-cmd, get-cmd,'
	expect_failure 2 'heart beat sends one' beat
	expect_failure 2 "unknown request 'status-json'" status-json
	expect_failure 2 "'set-cmd' takes one argument: quote the command, set-cmd '/srv/app restart...'" \
		set-cmd /srv/app restart now
	expect_failure 2 "'set-callback' takes one argument" set-callback curl http://127.0.0.1/
	expect_failure 2 "'set-cmd' needs an argument" set-cmd
	expect_failure 2 "unexpected operand 'x'" get-cmd x
	expect_failure 2 "unexpected operand 'x'" status x
	expect_failure 2 "unexpected operand 'x'" status --json x
	expect_failure 2 "unexpected operand '3m'" snooze 5m 3m
	expect_failure 2 "'soon' is no time for 'snooze'" snooze soon
	expect_failure 2 "option '--json' belongs to 'status'" --json get-cmd
	expect_failure 2 "unknown option '--jsn'" --jsn status
	"$PROCGUARD" heart ctl status --help | grep -q '^Usage: .*heart' || fail "no help"
	"$PROCGUARD" heart ctl set-cmd -h | grep -q '^Usage: .*heart' || fail "no help"
}

test_which_guard() {
	(
		unset HEART_CONTROL
		status_is 2 "$PROCGUARD" heart ctl status
		grep -q 'which guard? Give -S SOCKET' err || fail "$(cat err)"
		status_is 2 env HEART_CONTROL= "$PROCGUARD" heart ctl status
	)
	guard -- sleep 300
	wait_until 20 env HEART_CONTROL="$PWD/s" "$PROCGUARD" heart ctl status >out
	status_is 1 env HEART_CONTROL="$PWD/s" "$PROCGUARD" heart ctl -S none status
	grep -q "no guard at 'none': No such file or directory" err || fail "$(cat err)"
	touch file
	status_is 1 "$PROCGUARD" heart ctl -S file status
	status_is 1 "$PROCGUARD" heart ctl -S "$(long 200)" status
	grep -qi 'name too long' err || fail "$(cat err)"
}

test_unwritable_stdout() {
	[ -c /dev/full ] || skip "no /dev/full"
	guard -- sleep 300
	wait_until 20 full
	wait_until 20 closed
}

full() {
	"$PROCGUARD" heart ctl -S s status >/dev/full 2>err
	[ $? = 1 ] && grep -q 'cannot write to the standard output' err
}

closed() {
	"$PROCGUARD" heart ctl -S s status >&- 2>err
	[ $? = 1 ] && grep -q 'cannot write to the standard output' err
}

# A probe does not fork, and starts no thread.
test_no_fork() {
	needs strace
	nm "$PROCGUARD" 2>/dev/null | grep -q __asan_init && skip "a sanitizer's own calls"
	guard -- sleep 300
	strace -f -o trace "$PROCGUARD" heart ctl -S s status --json >out 2>err || skip "strace: $(cat err)"
	! grep -E '(fork|clone3?)\(' trace || fail "it forks"
}

# What a program sets must not speak to the terminal of who asks.
test_on_a_terminal() {
	needs python3
	guard --command "$(printf 'a\033[2Jb')" -- sleep 300
	ctl get-cmd
	printf 'a\033[2Jb\n' | cmp - out || fail "not as it is"
	python3 -c 'import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)' "$PROCGUARD" heart ctl -S s get-cmd \
		</dev/null >out 2>err || fail "status $?: $(cat out err)"
	grep -qF 'a\x1b[2Jb' out || fail "$(cat out)"
}

# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
