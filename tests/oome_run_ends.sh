#!/bin/sh
# oome_run_ends.sh: `procguard oome run`: signals, exit statuses, the tree of processes, poorer systems.
# shellcheck source=tests/progs/oome_run.sh
. "${0%/*}/progs/oome_run.sh"

# ---- ends ----

test_exit_statuses() {
	status_is 0 "$PROCGUARD" oome run true
	status_is 42 "$PROCGUARD" oome run -- sh -c 'exit 42'
	status_is 137 "$PROCGUARD" oome run -d sh -c 'kill -KILL $$'
	status_is 143 "$PROCGUARD" oome run sh -c 'kill -TERM $$'
	status_is 127 "$PROCGUARD" oome run no-such-command-anywhere
	expect "cannot run 'no-such-command-anywhere': No such file or directory"
	status_is 127 "$PROCGUARD" oome run ./no/such/file
	echo text >file
	status_is 126 "$PROCGUARD" oome run ./file
	expect "cannot run './file': Permission denied"
	status_is 2 "$PROCGUARD" oome run
}

test_killed_by_hand_is_no_restart() {
	ln_guarded
	OOME_FILE=$PWD/f status_is 137 "$PROCGUARD" oome run ./app kill
	[ "$(wc -l <starts)" = 1 ] || fail "restarted: $(cat err)"
}

test_signals_are_forwarded() {
	ln_guarded
	guard ./app signals
	wait_until 10 test -s got
	for name in INT HUP QUIT USR1 USR2 WINCH; do
		kill -$name "$started"
		wait_until 10 grep -q $name got
	done
	kill "$started"
	ends_with "$started" 0
	grep -q TERM got || fail "no TERM: $(cat got)"
}

test_signal_before_the_start_is_not_lost() {
	for name in TERM INT HUP QUIT; do
		# shellcheck disable=SC2016
		start env --default-signal=INT,QUIT sh -c 'kill -STOP $$; exec "$PROCGUARD" oome run sleep 1000'
		wait_until 5 grep -q '^State:.T' "/proc/$started/status"
		# Blocked until the guard takes it, as in the moment between its start and the child's.
		kill -$name "$started"
		kill -CONT "$started"
		wait "$started" && fail "it did not end of SIG$name"
	done
	:
}

test_after_term_there_is_no_restart() {
	# shellcheck disable=SC2016
	OOME_FILE=$PWD/f guard sh -c 'trap "touch f; exit 7" TERM; echo >>starts; while :; do sleep 1000 & wait; done'
	until_started 1
	kill "$started"
	ends_with "$started" 7
	[ "$(wc -l <starts)" = 1 ] || fail "restarted: $(cat err)"
}

test_term_while_terminating_ends_all() {
	ln_guarded
	OOME_FILE=$PWD/f guard --grace 1h ./app tree f
	wait_until 10 said 'terminating pid'
	kill "$started"
	wait_until 5 took_signals
	kill -KILL "-$(cat daemon)" # all that is left
	ends_with "$started" 143
	[ "$(wc -l <starts)" = 1 ] || fail "restarted: $(cat err)"
}

test_second_term_while_terminating_is_in_a_hurry() {
	ln_guarded
	OOME_FILE=$PWD/f guard --grace 1h ./app tree f
	wait_until 10 said 'terminating pid'
	kill "$started"
	wait_until 5 took_signals # two at once would be one
	kill "$started"
	ends_with "$started" 143
	alive "$(cat daemon)" && fail "the daemon lives"
	:
}

# ---- the tree ----

test_whole_tree_is_ended() {
	ln_guarded
	OOME_FILE=$PWD/f guard --grace 200ms ./app tree f
	until_started 2
	alive "$(cat daemon)" && fail "the daemon that ignores TERM lives"
	finish
}

test_stopped_process_is_ended() {
	ln_guarded
	OOME_FILE=$PWD/f guard --grace 1h ./app plain
	until_started 1
	kill -STOP "$(cat starts)"
	touch f
	until_started 2
	finish
}

# What goes before a command: an orphan, which ends when there is a file `end`.
orphan='(setsid sh -c "echo \$\$ >orphan; until [ -e end ]; do sleep 0.05; done" &)
	until [ -s orphan ]; do sleep 0.05; done'

orphan_is_ours() {
	[ "$(sed 's/.*) . \([0-9]*\) .*/\1/' "/proc/$(cat orphan)/stat")" = "$started" ]
}

reaped() {
	[ ! -e "/proc/$(cat orphan)" ]
}

test_orphans_are_reaped_as_subreaper() {
	guard sh -c "$orphan; exec sleep 1000"
	wait_until 10 test -s orphan
	wait_until 10 orphan_is_ours
	touch end
	wait_until 10 reaped
	finish
}

test_as_pid_1() {
	needs_root
	unshare -pf --mount-proc true 2>/dev/null || skip "no pid namespaces"
	ln_guarded
	start unshare -pf --mount-proc env "OOME_FILE=$PWD/f" "$PROCGUARD" oome run --grace 200ms sh -c "
		$orphan
		touch end
		while [ -e /proc/\$(cat orphan) ]; do sleep 0.1; done; touch reaped; exec ./app tree f" 2>>err
	wait_until 10 test -e reaped
	until_started 2
	kill "$(child_of "$started")"
	ends_with "$started" 143
	status_is 9 unshare -pf --mount-proc "$PROCGUARD" oome run sh -c 'exit 9'
	status_is 143 unshare -pf --mount-proc "$PROCGUARD" oome run sh -c 'kill -TERM 1; exec sleep 1000'
}

test_start_that_has_no_memory_is_tried_again() {
	needs_root
	command -v setpriv prlimit >/dev/null || skip "no setpriv or prlimit"
	chmod 777 .
	# No process may be added for this uid, until the limit is lifted.
	start setpriv --reuid 23456 --clear-groups prlimit --nproc=1:100 "$PROCGUARD" oome run touch ran 2>>err
	wait_until 10 said "cannot start 'touch': Resource temporarily unavailable (tried again in 1 s)"
	setpriv --reuid 23456 --clear-groups prlimit --pid "$started" --nproc=100:100
	ends_with "$started" 0
	[ -e ran ] || fail "it did not run"
}

# ---- poorer systems ----

test_without_pidfd_and_inotify() {
	ln_guarded
	OOME_FILE=$PWD/f start "$BUILD/tests/enosys" \
		pidfd_open,pidfd_send_signal,inotify_init1,openat2,close_range \
		"$PROCGUARD" oome run --interval 50ms --grace 200ms ./app tree f 2>>err
	until_started 2
	expect 'cannot watch for oome files'
	alive "$(cat daemon)" && fail "the daemon lives"
	finish
}

test_closed_descriptors() {
	"$PROCGUARD" oome run sh -c '[ -d /dev/fd/0 ] || [ -d /dev/fd/1 ] || [ -d /dev/fd/2 ] || exit 6' <&- >&- 2>&-
	status=$?
	[ $status = 6 ] || fail "status $status, not 6"
}

test_stderr_that_is_closed_by_its_reader() {
	ln_guarded
	mkfifo pipe
	: <pipe &
	OOME_FILE=$PWD/f start "$PROCGUARD" oome run ./app touch f 2>pipe
	until_started 2
	finish
}

test_descriptors_are_passed_on() {
	echo passed >file
	# shellcheck disable=SC2016
	status_is 0 "$PROCGUARD" oome run sh -c '[ "$(cat <&7)" = passed ]' 7<file
}

test_nohup_is_obeyed() {
	ln_guarded
	start nohup "$PROCGUARD" oome run env --default-signal=HUP ./app signals >/dev/null 2>>err
	wait_until 10 test -s got
	kill -HUP "$started"
	kill -USR1 "$started"
	wait_until 10 grep -q USR1 got # it takes a HUP first
	grep -q HUP got && fail "HUP was passed on in spite of nohup"
	kill "$started"
	ends_with "$started" 0
}

# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
