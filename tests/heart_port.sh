#!/bin/sh
# heart_port.sh: heart as Erlang's port program: frames, options, the command. lib.sh says how to run it.
# shellcheck source=tests/progs/heart_port.sh
. "${0%/*}/progs/heart_port.sh"
# shellcheck source=tests/progs/selfreport.sh
. "${0%/*}/progs/selfreport.sh"

# ---- frames ----

talk() {
	python3 "$TOP/tests/progs/heart_talk.py" "$PROCGUARD" "$1"
	status=$?
	[ $status != 77 ] || skip "no strace, or it may not trace"
	[ $status = 0 ] || fail "status $status"
}

test_frames_split_at_every_byte() { talk split; }
test_long_frames_are_dropped() { talk long_frames; }
test_a_million_beats() { talk beats; }
test_flood_of_questions() { talk flood; }
test_answers_that_nobody_reads() { talk stuck; }
test_closed_stdout() { talk closed_stdout; }
test_signals_that_interrupt() { talk interrupted; }

test_interrupted_at_every_call() {
	nm "$PROCGUARD" 2>/dev/null | grep -q __asan_init && skip "a sanitizer's own calls would fail"
	command -v strace >/dev/null || skip "no strace"
	talk injected
}

test_commands() {
	HEART_COMMAND='echo from the environment' heart_start -ht 60
	frame 6 ''
	expect_answer '00 1a 07 65 63 68 6f 20 66 72 6f 6d 20 74 68 65 20 65 6e 76 69 72 6f 6e 6d 65 6e 74'
	frame 4 'true'
	expect_answer '00 01 01'
	frame 6 ''
	expect_answer '00 05 07 74 72 75 65'
	frame 5 ''
	expect_answer '00 01 01'
	frame 4 'exit 3'
	expect_answer '00 01 01'
	close_stdin
	heart_ended
	said 'Erlang has closed.' 'Executed "exit 3" -> 768. Terminating.' "The command's end: exit status 3."
}

test_shut_down() {
	with_command
	heart_start -pid "$node"
	frame 2 ''
	frame 3 ''
	heart_ended
	[ "$(cat said)" = "heart_beat_kill_pid = $node" ] || fail "said: $(cat said)"
	[ ! -e ran ] || fail "the command ran"
	alive "$node" || fail "the node was killed"
}

# ---- options and environment ----

test_time_out_of_range() {
	for value in 10 65536 -11 abc 11s ''; do
		heart_start -ht "$value"
		frame 3 ''
		heart_ended
		said "-ht $value is not from 11 to 65535 seconds: 60 is used"
		never_said heart_beat_timeout
	done
	heart_start -ht 65535 -pid 0
	frame 3 ''
	heart_ended
	[ "$(cat said)" = "heart_beat_timeout = 65535
heart_beat_kill_pid = 0" ] || fail "said: $(cat said)"
}

test_debug() {
	HEART_DEBUG='' heart_start -ht 12
	frame 3 ''
	heart_ended
	printf 'heart: debug is ON!\r\nheart_beat_timeout = 12\nHeart: arguments -ht 12 -pid 0\n\r\n' | cmp - said ||
		fail "$(cat said)"
}

test_no_call_of_erlangs() {
	"$PROCGUARD" heart -h | grep -q '^Usage: .*heart' || fail "no help"
	"$PROCGUARD" heart nonsense </dev/null >out 2>&1 && fail "an unknown word: status 0"
	"$PROCGUARD" heart --nonsense </dev/null >out 2>&1
	[ $? = 2 ] || fail "an unknown option: $(cat out)"
	heart_start -ht 12 -later option -x
	frame 3 ''
	heart_ended
}

test_without_command_nothing_is_killed() {
	node_start sleep 300
	heart_start -pid "$node"
	close_stdin
	heart_ended
	said 'Erlang has closed.' 'Would reboot. Terminating.'
	alive "$node" || fail "the node was killed"
}

test_empty_command_counts_as_set() {
	node_start sleep 300
	HEART_COMMAND='' ERL_CRASH_DUMP_SECONDS=0 heart_start -pid "$node"
	frame 8 ''
	heart_ended
	said 'Erlang is crashing .. (waiting for crash dump file)' 'Waiting for dump - timeout set to 0 seconds.' \
		'Executed "" -> 0. Terminating.'
	alive "$node" && fail "the node lives"
	return 0
}

# What it has to say at the start, and as a report of itself, is lost, and that is all.
has_heart_with() { # STDERR
	# shellcheck disable=SC2016 # of the inner shell
	HEART_COMMAND=c start_talking sh -c 'exec "$PROCGUARD" heart -pid 0 -ht 60 2>"$0"' "$1"
	kill -USR2 "$heart"
	frame 6 ''
	expect_answer '00 02 07 63'
	frame 3 ''
	heart_ended
}

test_stderr_that_nobody_reads() {
	fill_pipe
	has_heart_with unread
}

test_stderr_that_is_closed_by_its_reader() {
	mkfifo closed
	: <closed &
	has_heart_with closed
}

test_no_kill() {
	with_command
	HEART_NO_KILL=TRUE heart_start -pid "$node"
	close_stdin
	heart_ended
	ran alive
	never_said 'Wait 5 seconds'
}

test_no_kill_is_only_true() {
	with_command
	HEART_NO_KILL=1 heart_start -pid "$node"
	frame 8 ''
	heart_ended
	ran dead
	said 'HEART_NO_KILL=1 does nothing: only TRUE counts' 'Erlang is crashing .. (waiting for crash dump file)'
}

test_kill_signal() {
	script node.sh <<-'END'
		#!/bin/sh
		trap 'echo aborted >aborted; exit 0' ABRT
		echo ready >ready
		while :; do sleep 0.1; done
	END
	with_command
	kill "$node"
	node_start ./node.sh
	NODE=$node
	wait_until 10 test -e ready
	HEART_KILL_SIGNAL=SIGABRT heart_start -pid "$node"
	frame 8 ''
	heart_ended
	said 'kill signal SIGABRT requested' "Executed \"$note_command\" -> 0. Terminating."
	ran dead
	[ -e aborted ] || fail "no SIGABRT came: $(cat said)"
}

# ---- the command ----

test_command_gets() {
	script command <<-'END'
		#!/bin/sh
		{
			echo "$KEPT"
			cat
			readlink /proc/self/fd/0
			ls -l /proc/self/fd | grep -c -e anon_inode -e /out -e '/proc$'
			grep -E 'Sig(Blk|Ign)' /proc/self/status
			cat /proc/self/oom_score_adj
		} >got
		echo from stdout
		kill -9 $$
	END
	before=$(cat /proc/self/oom_score_adj)
	node_start sleep 300
	KEPT='a b' HEART_NO_KILL=TRUE HEART_COMMAND='exec ./command' heart_start -pid "$node"
	close_stdin
	heart_ended
	grep -qx 'from stdout' said || fail "stdout is not heart's stderr: $(cat said)"
	said 'Executed "exec ./command" -> 9. Terminating.' "The command's end: SIGKILL."
	[ "$(sed -n 1p got)" = 'a b' ] || fail "$(cat got)"
	[ "$(sed -n 2p got)" = /dev/null ] || fail "$(cat got)"
	[ "$(sed -n 3p got)" = 0 ] || fail "descriptors of heart's own: $(cat got)"
	[ "$(grep -c '0000000000000000$' got)" = 2 ] || fail "signals: $(cat got)"
	[ "$(sed -n '$p' got)" = "$before" ] || fail "oom_score_adj is not $before: $(cat got)"
}

test_own_oom_score_is_low() {
	low=$(cat /proc/self/oom_score_adj)
	(echo -1000 >/proc/self/oom_score_adj) 2>/dev/null && low=-1000 # where it is allowed
	heart_start
	wait_until 10 grep -qx -e "$low" "/proc/$heart/oom_score_adj"
	frame 3 ''
	heart_ended
}

test_failing_command() {
	HEART_COMMAND='/nonexistent/app start' heart_start
	close_stdin
	heart_ended
	said 'Executed "/nonexistent/app start" -> 32512. Terminating.' "The command's end: exit status 127."
}

# /bin/sh is there, but no program, as seen by heart.
without_shell() {
	[ "$(id -u)" = 0 ] || skip "not root"
	unshare -m true 2>/dev/null || skip "no mount namespaces"
	script no_sh <<-'END'
		#!/bin/bash
		mount --bind /dev/null "$(readlink -f /bin/sh)" && exec "$@"
	END
	command -v bash >/dev/null || skip "no other shell"
}

test_command_without_shell() {
	without_shell
	HEART_COMMAND="touch $PWD/ran" start_talking unshare -m ./no_sh "$PROCGUARD" heart
	close_stdin
	heart_ended
	[ -e ran ] || fail "no command: $(cat said)"
	said "Executed \"touch $PWD/ran\" -> 0. Terminating."
}

test_command_that_needs_a_shell() {
	without_shell
	HEART_COMMAND="touch 'a'" start_talking unshare -m ./no_sh "$PROCGUARD" heart
	close_stdin
	heart_ended
	why="there is no /bin/sh, and the quote ' needs one (use plain words, or a program)"
	said "Cannot execute \"touch 'a'\": $why" "Executed \"touch 'a'\" -> -1. Terminating."
}

# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
