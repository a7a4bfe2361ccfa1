#!/bin/sh
# heart_checks.sh: heart run's look at hanging threads, the hardware watchdog, the reason file.
# shellcheck source=tests/progs/heart_checks.sh
. "${0%/*}/progs/heart_checks.sh"

# ---- --check-schedulers ----

state_of() { # PID
	sed 's/.*) //; s/ .*//' "/proc/$1/stat" 2>/dev/null
}

in_state() { # STATE PID
	[ "$(state_of "$2")" = "$1" ]
}

test_a_stopped_program() {
	guard -t 600s --interval 120ms --callback true --check-schedulers -- sleep 600
	pid=$(value pid)
	await_beats 3
	silent
	kill -STOP "$pid"
	await_said "sleep: a heartbeat does not count: its thread $pid hangs (stopped)"
	is_well && fail "well: $(cat status)"
	kill -CONT "$pid"
	await_said 'its heartbeats count again'
	await_beats 2
	wait_until 30 is_well
	finish
}

# It is killed all the same: a stopped process takes SIGKILL.
test_a_stopped_program_is_overdue() {
	start "$PROCGUARD" heart run -t 1s --interval 120ms --callback true --check-schedulers --on-failure exit \
		-- "$SPEAKER" note=pid hang 2>>said
	guard=$started
	wait_until 30 test -s pid
	kill -STOP "$(cat pid)"
	ends_with 1
	said 'that counts (its thread ' || fail "$(cat said)"
	none_alive pid || fail "it lives"
}

# Its other threads go on sending heartbeats.
test_a_thread_held_in_the_kernel() {
	mount_hangfs
	guard -t 600s --check-schedulers -- python3 "$TOP/tests/progs/hung_thread.py" mnt/file
	await_beats 5
	silent
	touch hang
	await_said 'hangs (uninterruptible)'
	is_well && fail "well: $(cat status)"
	rm hang
	stop "$hangfs"
	await_said 'its heartbeats count again'
	await_beats 2
	[ "$(times_said 'does not count')" = 1 ] || fail "said more than once: $(cat said)"
	finish
}

# A file system that does not answer, on mnt.
mount_hangfs() {
	[ "$(id -u)" = 0 ] || skip "needs root"
	mkdir mnt
	start "$BUILD/tests/progs/hangfs" mnt >hangfs.out 2>hangfs.err
	hangfs=$started
	wait_until 10 hangfs_decided
	grep -q '^hangfs: ' hangfs.err && skip "$(cat hangfs.err)"
}

hangfs_decided() {
	grep -q mounted hangfs.out || ! alive "$hangfs"
}

test_vfork_is_no_hang() {
	guard -t 600s --interval 120ms --callback true --check-schedulers -- "$BUILD/tests/progs/vforker"
	wait_until 30 in_state D "$(value pid)"
	await_beats 5
	silent
	finish
}

test_set_by_ctl() {
	guard -t 600s --interval 120ms --callback true -- sleep 600
	pid=$(value pid)
	kill -STOP "$pid"
	wait_until 30 in_state T "$pid"
	await_beats 3
	[ "$(ctl get-options)" = none ] || fail "$(ctl get-options)"
	ctl set-options check_schedulers || fail "set-options"
	[ "$(ctl get-options)" = check_schedulers ] || fail "$(ctl get-options)"
	await_said "its thread $pid hangs (stopped)"
	ctl set-options || fail "set-options"
	await_said 'its heartbeats count again'
	[ "$(ctl get-options)" = none ] || fail "$(ctl get-options)"
	kill -CONT "$pid"
	finish
}

# ---- --watchdog: a file stands in for the device: a NUL for each time that it is petted, a V where it is stopped ----

petted() { # N times at least
	[ "$(tr -d V <dog | wc -c)" -ge "$1" ]
}

stopped() {
	grep -q V dog
}

# dog_guard OPTIONS...: strace plays the driver, whose time-out is a second
dog_guard() {
	command -v strace >/dev/null || skip "no strace"
	! nm "$PROCGUARD" 2>/dev/null | grep -q __asan_init || skip "the sanitizer itself traces"
	: >dog
	start strace -o trace -P "$PWD/dog" -e trace=ioctl -e inject=ioctl:retval=0:poke_exit=@arg3=01000000 \
		"$PROCGUARD" heart run --watchdog "$PWD/dog" --control "$PWD/s" "$@" 2>>said
	tracer=$started
	wait_until 20 petted_or_ended
	grep -q INJECTED trace || skip "strace cannot play the driver: $(cat trace said)"
}

petted_or_ended() {
	petted 1 || ! alive "$tracer"
}

test_petted_while_it_is_well() {
	dog_guard -- "$SPEAKER" wait=end
	wait_until 30 petted 4
	! stopped || fail "stopped: $(cat said)"
	touch end
	wait "$tracer" || fail "status $?: $(cat said)"
	stopped || fail "it runs on"
	[ ! -s said ] || fail "$(cat said)"
}

test_not_petted_while_overdue() {
	dog_guard -t 100ms --start-grace 0s --no-kill -- "$SPEAKER" wait=go notify=WATCHDOG=1 hang
	await_said 'not killed, as --no-kill says'
	before=$(wc -c <dog)
	sleep 1.5 # three times as long as a third of a second, and more: nothing may happen in it
	[ "$(wc -c <dog)" -le $((before + 1)) ] || fail "petted: $before, $(wc -c <dog)"
	! stopped || fail "stopped: $(cat said)"
}

test_petted_through_restarts() {
	dog_guard --max-restarts none -- "$SPEAKER" note=starts exit=1
	wait_until 30 has_lines starts 3
	wait_until 30 petted 3
	! stopped || fail "stopped: $(cat said)"
}

# Whoever guards next opens it again, or the machine is reset.
test_left_running_after_a_failure() {
	: >dog
	status_is 1 "$PROCGUARD" heart run --watchdog dog --on-failure exit -- false
	petted 1 || fail "not petted"
	! stopped || fail "stopped: $(cat said)"
}

test_left_running_by_a_guard_that_is_killed() {
	: >dog
	guard --watchdog dog -- "$SPEAKER" note=program hang
	wait_until 30 test -s program
	stop "$guard" KILL
	kill -KILL "$(cat program)"
	petted 1 || fail "not petted"
	! stopped || fail "stopped"
}

test_stopped_at_a_wanted_end() {
	: >dog
	guard --watchdog dog -- sleep 600
	finish
	stopped || fail "it runs on: $(cat said)"
}

# The program does not hold it open.
test_not_inherited() {
	: >dog
	guard --watchdog dog --interval 100ms -t 600s \
		--callback 'ls -l /proc/*/fd 2>/dev/null | grep -c "$PWD/dog$" >>holders' -- sleep 600
	await_beats 2
	finish
	[ "$(sort -u holders)" = 1 ] || fail "held by: $(cat holders)"
}

test_no_such_watchdog() {
	status_is 1 "$PROCGUARD" heart run --watchdog "$PWD/none" -- touch ran
	said "cannot open '$PWD/none' (--watchdog): No such file or directory" || fail "$(cat said)"
	[ ! -e ran ] || fail "the program was run"
}

test_a_watchdog_that_takes_nothing() {
	status_is 0 "$PROCGUARD" heart run --watchdog /dev/full -- true
	said "cannot write to '/dev/full': No space left on device (the machine will be reset)" || fail "$(cat said)"
}

# ---- --reason-file ----

reason() { # KEY: its value
	sed -n "s/^$1=//p" reason
}

expect_reason() { # KEY VALUE...
	while [ $# -gt 0 ]; do
		[ "$(reason "$1")" = "$2" ] || fail "$1 is not '$2': $(cat reason said)"
		shift 2
	done
}

# run_for_reason STATUS [OPTIONS] -- PROGRAM...
run_for_reason() {
	wanted=$1
	shift
	rm -f reason
	status_is "$wanted" "$PROCGUARD" heart run --reason-file reason --on-failure exit "$@"
}

test_ends_of_its_own() {
	run_for_reason 0 -- "$SPEAKER" note=pid
	expect_reason PROGRAM "$SPEAKER" PID "$(cat pid)" CAUSE exit END 'exit status 0' RESTARTS 0
	reason TIME | grep -Eqx '[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]Z' ||
		fail "$(cat reason)"
	[ "$(reason UPTIME)" -ge 0 ] || fail "$(cat reason)"
	[ "$(stat -c %a reason)" = 644 ] || fail "$(ls -l reason)"
	run_for_reason 1 -- "$SPEAKER" exit=3
	expect_reason CAUSE exit END 'exit status 3'
	run_for_reason 1 -- "$SPEAKER" raise=10
	expect_reason CAUSE signal END SIGUSR1
}

test_what_it_said() {
	run_for_reason 1 -- "$SPEAKER" 'notify=STATUS=one\nERRNO=5' 'notify=STATUS=a	b\ and c' exit=3
	expect_reason ERRNO 5 STATUS 'a\x09b\\ and c' CAUSE exit
	[ "$(lines reason)" = 9 ] || fail "$(cat reason)"
}

test_ends_by_the_guard() {
	run_for_reason 1 -t 100ms --start-grace 0s -- "$SPEAKER" hang
	expect_reason CAUSE overdue END SIGKILL
	run_for_reason 1 -- "$SPEAKER" notify=WATCHDOG=trigger hang
	expect_reason CAUSE triggered END SIGKILL
	run_for_reason 1 -- "$SPEAKER" crash exit=1
	expect_reason CAUSE crashed END 'exit status 1'
	run_for_reason 7 -- "$SPEAKER" notify=STOPPING=1 exit=7
	expect_reason CAUSE stopped END 'exit status 7'
}

# What is left running has no end.
test_an_end_without_an_end() {
	run_for_reason 1 -t 100ms --start-grace 0s --no-kill -- "$SPEAKER" note=pid hang
	expect_reason CAUSE overdue END '' PID "$(cat pid)"
	alive "$(cat pid)" || fail "it was killed"
	kill -KILL "$(cat pid)"
}

test_not_started() {
	run_for_reason 127 -- /no/such/program
	expect_reason CAUSE not-started PROGRAM /no/such/program PID '' END ''
}

test_restarts_are_counted() {
	guard --reason-file reason --max-restarts none -- "$SPEAKER" note=starts exit=4
	wait_until 30 has_lines starts 3
	wait_until 30 test "$(reason RESTARTS)" -ge 1
	expect_reason CAUSE exit END 'exit status 4'
	stop "$guard"
	[ "$(find . -name '.reason*' | wc -l)" = 0 ] || fail "left behind: $(ls -a)"
}

test_only_a_file_is_written() {
	echo target >target
	ln -s target reason
	status_is 0 "$PROCGUARD" heart run --reason-file reason -- true
	said "cannot write 'reason' (--reason-file): Invalid argument" || fail "$(cat said)"
	[ "$(cat target)" = target ] || fail "written through a link"
	status_is 0 "$PROCGUARD" heart run --reason-file "$PWD/none/reason" -- true
	said "cannot write '$PWD/none/reason' (--reason-file): No such file or directory" || fail "$(cat said)"
	[ "$(grep -c -F -e none/reason said)" = 2 ] || fail "not said at the start and at the end: $(cat said)"
}

# In a mount namespace: a file system of two pages, and they are taken.
test_a_full_disk() {
	[ "$(id -u)" = 0 ] || skip "needs root"
	unshare -m true 2>/dev/null || skip "no mount namespace can be had"
	mkdir disk
	# shellcheck disable=SC2016
	unshare -m sh -c '
		mount -t tmpfs -o size=8k full disk || exit 77
		echo old >disk/reason
		head -c 100000 /dev/zero >disk/big 2>/dev/null
		"$PROCGUARD" heart run --reason-file disk/reason -- true
		echo "status $?" && cat disk/reason && ls -A disk | wc -l' >out 2>said
	[ $? != 77 ] || skip "no tmpfs can be mounted"
	said "cannot write 'disk/reason' (--reason-file): No space left on device" || fail "$(cat said)"
	[ "$(cat out)" = "status 0
old
2" ] || fail "$(cat out)"
}

. "${0%/*}/lib.sh"
