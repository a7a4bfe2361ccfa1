#!/bin/sh
# heart_end.sh: how a node ends, or does not, and what heart does then. lib.sh says how to run it.
# shellcheck source=tests/progs/heart_port.sh
. "${0%/*}/progs/heart_port.sh"

# ---- the node's end ----

test_closed_and_ends_by_itself() {
	for _ in 1 2 3 4 5; do # on a machine that stands still so long the 5 seconds may be over
		with_command
		heart_start -pid "$node"
		close_stdin
		wait_until 10 grep -q 'Wait 5 seconds' said
		kill "$node"
		heart_ended
		grep -q 'still alive' said || break
	done
	said 'Erlang has closed.' 'Wait 5 seconds for Erlang to terminate nicely' \
		"Executed \"$note_command\" -> 0. Terminating."
	never_said 'still alive'
	ran dead
}

test_closed_and_stays() {
	with_command
	heart_start -pid "$node"
	close_stdin
	heart_ended
	said 'Erlang has closed.' 'Wait 5 seconds for Erlang to terminate nicely' 'Erlang still alive, kill it' \
		"Executed \"$note_command\" -> 0. Terminating."
	ran dead
}

test_report_before_it_is_killed() {
	"$PROCGUARD" --list | grep -qx gmr || skip "this build has no gmr"
	mkdir reports
	for directory in none reports; do
		rm -f ran
		with_command
		export HEART_REPORT_DIR="$directory"
		heart_start -pid "$node"
		frame 8 ''
		heart_ended
		ran dead
	done
	! grep -q 'no report of .* (2000 ms)' said || skip "too slow a machine"
	grep -q "heart: .*: report of Erlang (process $node): '$PWD/reports/sleep_gurumeditation_" said ||
		fail "not said: $(cat said)"
	grep -qx "Process $node (under .*" reports/sleep_gurumeditation_* || fail "not of it: $(cat reports/*)"
}

# Its stdin stays open: another process holds it, this shell.
test_death_is_seen_at_once() {
	with_command
	heart_start -pid "$node"
	kill -9 "$node"
	heart_ended
	said 'Erlang has closed.' "Executed \"$note_command\" -> 0. Terminating."
	never_said 'still alive'
	ran dead
}

# Linux before 5.3, and filters that do not know the calls.
test_without_descriptors_of_processes() {
	for calls in pidfd_open,pidfd_send_signal pidfd_open=EPERM,pidfd_send_signal=EPERM,close_range; do
		rm -f ran
		with_command
		start_talking "$BUILD/tests/enosys" $calls "$PROCGUARD" heart -pid "$node"
		kill -9 "$node"
		heart_ended
		ran dead
		with_command
		start_talking "$BUILD/tests/enosys" $calls "$PROCGUARD" heart -pid "$node"
		frame 8 ''
		heart_ended
		said "Executed \"$note_command\" -> 0. Terminating."
		never_said 'cannot be'
	done
}

test_a_zombie_is_dead() {
	script parent.py <<-'END'
		#!/usr/bin/env python3
		import os, sys, time
		pid = os.fork()
		if pid == 0:
		    os.execvp("sleep", ["sleep", "300"])
		with open("zombie.new", "w") as file:
		    file.write(str(pid))
		os.rename("zombie.new", "zombie")
		time.sleep(300)
	END
	start ./parent.py
	wait_until 20 test -e zombie
	node=$(cat zombie) HEART_COMMAND='echo ran >ran'
	export HEART_COMMAND
	heart_start -pid "$node"
	kill "$node"
	heart_ended
	never_said 'still alive'
	[ -e ran ] || fail "no command: $(cat said)"
	kill -0 "$node" || fail "it was no zombie any more"
}

# What the node said last is read before its death is acted on.
test_shut_down_before_death() {
	with_command
	heart_start -pid "$node"
	kill -STOP "$heart"
	frame 2 ''
	frame 3 ''
	kill -9 "$node"
	wait_while 10 alive "$node"
	kill -CONT "$heart"
	heart_ended
	[ ! -e ran ] || fail "the command ran: $(cat said)"
}

test_a_pid_that_is_no_process() {
	HEART_COMMAND='echo ran >ran' heart_start -pid 4194303
	frame 2 ''
	close_stdin
	heart_ended
	grep -q 'process 4194303 cannot be watched' said || fail "said: $(cat said)"
	[ -e ran ] || fail "no command"
}

test_overdue() {
	with_command
	heart_start -ht 11 -pid "$node"
	heart_ended
	said 'heart-beat time-out, no activity for 11 seconds' "Executed \"$note_command\" -> 0. Terminating." \
		"The command's end: exit status 0."
	ran dead
}

test_beats_keep_it_well() {
	with_command
	heart_start -ht 11 -pid "$node"
	for beat in 1 2 3 4 5 6 7; do
		sleep 2
		frame 2 ''
		alive "$heart" || fail "ended after $beat beats: $(cat said)"
	done
	frame 3 ''
	heart_ended
}

# The signal it is to get does not end it; so it is with SIGKILL for what is stopped in the kernel.
test_a_node_that_will_not_die() {
	script node.sh <<-'END'
		#!/bin/sh
		trap '' ABRT
		echo ready >ready
		exec sleep 300
	END
	with_command
	kill "$node"
	node_start ./node.sh
	NODE=$node
	wait_until 10 test -e ready
	HEART_KILL_SIGNAL=SIGABRT heart_start -pid "$node"
	frame 8 ''
	heart_ended
	said 'kill signal SIGABRT requested' 'Unable to kill old process, kill failed (tried multiple times).' \
		"Erlang (process $node) is still there: the command runs beside it" \
		"Executed \"$note_command\" -> 0. Terminating."
	ran alive
}

# ---- crash ----

test_crash_waits_for_the_dump() {
	with_command
	ERL_CRASH_DUMP_SECONDS=-1 heart_start -pid "$node"
	frame 8 ''
	frame 2 ''
	wait_until 10 grep -q 'Waiting for dump - timeout set to -1 seconds.' said
	sleep 1
	alive "$node" || fail "the node was killed while it wrote its dump"
	close_stdin
	heart_ended
	ran dead
	said 'Erlang is crashing .. (waiting for crash dump file)' 'Waiting for dump - timeout set to -1 seconds.' \
		"Executed \"$note_command\" -> 0. Terminating."
	never_said 'Wait 5 seconds'
}

test_crash_waits_so_long() {
	with_command
	ERL_CRASH_DUMP_SECONDS=2 heart_start -pid "$node"
	frame 8 ''
	heart_ended
	ran dead
}

test_crash_and_death() {
	with_command
	ERL_CRASH_DUMP_SECONDS=-1 heart_start -pid "$node"
	frame 8 ''
	wait_until 10 grep -q 'Waiting for dump' said
	kill -9 "$node"
	heart_ended
	ran dead
}

# ---- containers ----

test_sigterm_does_not_end_it() {
	with_command
	heart_start -pid "$node"
	kill "$heart"
	wait_until 10 grep -q SIGTERM said
	frame 6 ''
	hex=$(printf '%s' "$note_command" | od -An -v -tx1 | xargs)
	expect_answer "00 $(printf %02x $((${#note_command} + 1))) 07 $hex"
	close_stdin
	wait_until 10 grep -q 'has closed' said
	alive "$heart" || fail "heart ended before the node: $(cat said)"
	alive "$node" || fail "the node was killed"
	kill "$node"
	heart_ended
	said 'SIGTERM: if Erlang ends within 60 seconds, no command is run' 'Erlang has closed.' \
		'Erlang has ended after SIGTERM: no command is run. Terminating.'
	[ ! -e ran ] || fail "the command ran"
}

test_sigterm_and_death() {
	with_command
	heart_start -pid "$node"
	kill "$heart"
	wait_until 10 grep -q SIGTERM said
	kill -9 "$node"
	heart_ended
	said 'Erlang has ended after SIGTERM: no command is run. Terminating.'
	[ ! -e ran ] || fail "the command ran"
}

test_as_pid_1_it_reaps() {
	[ "$(id -u)" = 0 ] || skip "not root"
	unshare -p -f --mount-proc true 2>/dev/null || skip "no PID namespaces"
	script command <<-'END'
		#!/bin/sh
		(sleep 0 & echo $! >orphan)
		tries=200
		while [ -d "/proc/$(cat orphan)" ] && [ $tries -gt 0 ]; do tries=$((tries - 1)); sleep 0.05; done
		[ ! -d "/proc/$(cat orphan)" ] && echo reaped >reaped
	END
	HEART_COMMAND=./command start_talking unshare -p -f --mount-proc "$PROCGUARD" heart
	close_stdin
	heart_ended
	[ -e reaped ] || fail "an orphan was not reaped: $(cat said)"
}

# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
