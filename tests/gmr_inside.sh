#!/bin/sh
# gmr_inside.sh: programs with the C library (tests/inside/held.c) that hang, hold locks, have closed everything, and
# report themselves all the same. lib.sh says how to run it.
# shellcheck source=tests/progs/command.sh
. "${0%/*}/progs/command.sh"

# held MODE ARGUMENT...: it runs as $started, and is $pid
held() {
	needs_gmr
	: >out
	start "$BUILD/tests/inside/held" "$@" >out 2>err
	wait_until 30 is_ready
	! grep -q '^skip' out || skip "$1 cannot be had here"
	pid=$(sed -n 's/^ready //p' out)
}

is_ready() {
	alive "$started" || grep -q '^ready' out || fail "held has ended: $(cat err)"
	grep -q -e '^ready' -e '^skip' out
}

# Each report ends with the last section, and that with what it is about.
reports() { # COUNT [PATTERN]
	alive "$pid" || fail "it has ended: $(cat out err)"
	[ "$(grep -c "${2:-^pid = $pid\$}" err)" -ge "$1" ]
}

ask() {
	kill -USR2 "$pid" || fail "no process $pid"
}

asked() { # COUNT: so many reports in all, of which this asks for the last
	ask
	wait_until 30 reports "$1"
}

expect_lines() { # FILE TEXT...
	file=$1
	shift
	for text; do
		grep -q -e "$text" "$file" || fail "no '$text': $(cat "$file")"
	done
}

no_error() {
	! grep '^gmr: ' err || fail "it says: $(cat err)"
}

test_one_signal_is_one_report() {
	held plain
	asked 1
	asked 2
	asked 3
	[ "$(grep -c '^==* *Guru Meditation' err)" = 3 ] || fail "$(cat err)"
	expect_lines err 'mode = plain' "Thread #$pid" 'in wait_for_ever$'
	no_error
}

test_an_earlier_handler_is_called() {
	held handler
	asked 1
	asked 2
	wait_until 30 grep -q '^seen handler 2' out
	expect_lines out "^seen handler 1 of $$" "^seen handler 2 of $$"
	! grep '^seen handler 3' out || fail "called for our own signals"
}

test_an_earlier_handler_for_one_signal() {
	held once
	asked 1
	asked 2
	grep -q "^seen handler 1 of $$" out || fail "not called: $(cat out)"
	! grep '^seen handler 2' out || fail "called again"
}

test_an_earlier_handler_interrupts() {
	held interrupt
	ask
	wait_until 30 grep -q '^seen interrupt$' out
	wait_until 30 reports 1
}

test_the_signal_was_ignored() {
	held ignored
	asked 1
	asked 2
}

test_all_threads_block_the_signal() {
	held blocked
	asked 1
	asked 2
}

test_a_handler_is_called_where_all_block_the_signal() {
	held blocked-handler
	asked 1
	wait_until 30 grep -q "^seen handler 1 of $$" out
}

test_the_main_thread_is_in_vfork() {
	held vfork
	asked 1
	asked 2
}

test_the_lock_of_malloc_is_held() {
	held malloc
	asked 1
	expect_lines err 'in hold_malloc$'
}

test_the_locks_of_loader_and_stdio_are_held() {
	held locks
	asked 1
	asked 2
	expect_lines err 'in hold_loader$'
	no_error
}

test_a_deadlock() {
	held deadlock
	asked 1
	expect_lines err 'in deadlock$' 'in lock_two$'
}

test_a_storm_of_signals() {
	held plain
	i=0
	while [ $i -lt 500 ]; do
		kill -USR2 "$pid" || fail "it has ended"
		i=$((i + 1))
	done
	wait_until 30 reports 1
	ask
	wait_until 30 reports 2
	no_error
}

test_a_child_reports_itself() {
	held fork
	asked 1
	expect_lines err 'in be_forked$' 'mode = fork'
	[ "$pid" != "$started" ] || fail "not the child"
	! grep "^pid = $started\$" err || fail "the parent has reported"
	worker=$pid pid=$started
	asked 1
	kill -KILL "$worker"
}

test_a_daemon_reports_itself() {
	held daemon
	asked 1
	kill -KILL "$pid"
}

test_no_child_is_seen() {
	held wait
	asked 1
	asked 2
	asked 3
	! grep '^seen' out || fail "$(cat out)"
}

test_generators_that_hang() {
	held hang
	ask
	wait_until 30 reports 1 '^mode = behind$'
	expect_lines err '^mode = hang$' '^did not answer' 'in hang$'
	[ "$(grep -c '^did not answer' err)" = 2 ] || fail "$(cat err)"
	ask
	wait_until 30 reports 2 '^mode = behind$'
	! grep '^dropped' err || fail "$(cat err)"
}

# Its generators take two seconds, for which gmr waits: it is killed then, unless this machine is slower.
test_gmr_is_killed() {
	for _ in 1 2 3 4 5; do
		held hang
		ask
		wait_until 30 gmr_is_killed
		wait_until 30 reports 1 '^mode = behind$'
		! grep -q '^gmr: no report: it was killed' err || break
		stop "$started"
	done
	expect_lines err '^gmr: no report: it was killed' '^== State ==' '^mode = hang$' '^== Hanging ==' \
		'^did not answer' '^== Behind =='
}

# The child of the program's only child.
gmr_is_killed() {
	reports 1 '^mode = behind$' && return
	middle=$(pgrep -P "$pid") && child=$(pgrep -P "$middle") && kill -KILL "$child"
}

test_descriptors_were_closed() {
	held closed
	asked 1
	asked 2
	no_error
	[ ! -s mine ] || fail "a file of the program's was written"
}

test_no_descriptor_is_free() {
	held descriptors
	asked 1
	asked 2
	no_error
}

test_no_address_space_is_left() {
	held memory
	asked 1
	no_error
}

test_who_changed_its_user() {
	[ "$(id -u)" = 0 ] || skip "not root"
	held user
	asked 1
	! grep 'in change_user$' err || fail "a stack"
	kill "$pid"
	held user -D
	asked 1
	expect_lines err 'in change_user$'
}

# Nor may its worker be read by others for longer than a report takes.
test_a_worker_is_made_meanwhile() {
	[ "$(id -u)" = 0 ] || skip "not root"
	held fork-asked -D
	ask
	wait_until 30 reports 1 '^dumpable 1$'
	wait_until 30 grep -q '^seen dumpable 0$' out
}

# Full, and one that nobody may write.
test_a_disk_for_reports() {
	unshare -m true 2>why || skip "no mount namespace: $(cat why)"
	mkdir disk
	for what in size=16k ro; do
		echo "mount -t tmpfs -o $what none disk || exit 77; cat /dev/zero >disk/full 2>why; exec \"\$@\"" >mount
		start unshare -m sh mount "$BUILD/tests/inside/held" plain -L disk >out 2>err
		wait_until 30 is_ready_on_disk
		asked 1
		expect_lines err 'Guru Meditation' 'into .*/disk'
		[ -z "$(find "/proc/$pid/cwd/disk" -name '*gurumeditation*')" ] || fail "a file"
		kill -KILL "$pid"
	done
}

is_ready_on_disk() {
	alive "$started" || skip "no tmpfs can be mounted"
	pid=$(sed -n 's/^ready //p' out) && [ "$pid" ]
}

# But for the spare thread for generators, which is made behind the first.
test_many_reports_leave_nothing() {
	held plain
	at_first=$(descriptors) threads=$(threads)
	for count in 1 2 3 4 5 6 7 8 9 10; do
		asked $count
	done
	wait_until 30 has_what_it_had
}

descriptors() {
	(cd "/proc/$pid/fd" && echo *)
}

threads() {
	find "/proc/$pid/task" -mindepth 1 -maxdepth 1 | wc -l
}

has_what_it_had() {
	[ "$(descriptors)" = "$at_first" ] && [ "$(threads)" -le $((threads + 1)) ]
}

test_stderr_was_closed() {
	mkdir logs
	held no-stderr -L logs
	ask
	wait_until 30 has_file logs 1
	ask
	wait_until 30 has_file logs 2
	[ "$(cat out)" = "ready $pid" ] || fail "$(cat out)"
}

# Nothing goes on behind it: neither what waits for gmr, nor gmr, which waits for a generator that hangs.
test_the_program_is_killed_meanwhile() {
	held hang
	ask
	wait_until 30 has_grandchild
	kill -KILL "$pid"
	wait_until 30 ended "$middle" "$gmr"
}

has_grandchild() {
	middle=$(child_of "$pid") && gmr=$(child_of "$middle") && grep -q inside "/proc/$gmr/cmdline"
}

child_of() { # PID: also of a thread that is not the first
	for children in "/proc/$1"/task/*/children; do
		child=
		read -r child _ <"$children" || [ "$child" ] && echo "$child" && return
	done
	return 1
}

ended() { # PID...: or they are zombies that nobody waits for
	for one; do
		! alive "$one" || return 1
	done
}

test_a_filter_that_came_later() {
	held filter
	asked 1
	no_error
}

# Then it is a file without a name.
test_a_filter_that_came_before() {
	held filtered
	asked 1
	asked 2
	no_error
}

is_touched() { # COUNT
	reports "$1" || { touch now && return 1; }
}

test_a_file_that_is_touched_removed_and_made_again() {
	mkdir there
	held plain -F there/now
	cd there || fail "no directory"
	ln -s ../err err
	wait_until 30 is_touched 1
	wait_until 30 is_touched 2
	rm now
	wait_until 30 is_touched 3
	mv ../there ../gone
	mkdir ../there
	cd ../there || fail "no directory"
	ln -s ../err err
	count=$(grep -c "^pid = $pid\$" err)
	wait_until 30 is_touched $((count + 1))
	no_error
}

has_file() { # DIR COUNT
	[ "$(find "$1" -type f | wc -l)" -ge "$2" ]
}

test_a_directory_for_reports() {
	held plain -L logs
	asked 1
	mkdir logs
	ask
	wait_until 30 has_file logs 1
	wait_until 30 grep -q "logs/held_gurumeditation_" err
	wait_until 30 grep -q "^pid = $pid\$" logs/held_gurumeditation_*
}

test_a_directory_that_may_not_be_written() {
	[ "$(id -u)" = 0 ] || skip "not root"
	mkdir logs
	chmod 555 logs
	chmod 777 .
	held user -D -L logs
	asked 1
	has_file logs 1 && fail "a file"
	expect_lines err 'logs'
}

# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
