#!/bin/sh
# oome_killed.sh: an `oome` listener that is killed at any point of a restart: nothing is lost.
# shellcheck source=tests/progs/supervisord.sh
. "${0%/*}/progs/supervisord.sh"

# ---- a listener that is killed ----

# Restart after restart, the listener (with WHOM=all: what helps it too) killed FIRST, FIRST + STEP... ms after the file
# appeared; a program that is slow to stop and slow to be RUNNING spreads a restart over about 1.5 s.
killed_at() {
	whom=$1 delay=$2 step=$3 points=$4
	conf unix
	conf_program web "command=$TOP/tests/progs/service.sh $PWD/starts.web slow" startsecs=1 stopwaitsecs=10
	conf_listener 'single -p web --max-restarts none' autorestart=true startretries=1000
	supervisord_start
	while test "$points" -gt 0; do
		within 20 ctl_state web RUNNING || fail "before $delay ms: web does not run"
		within 30 watching || fail "before $delay ms: the listener does not watch"
		before=$(starts web) old=$(pid_of web)
		touch web/work/oome
		sleep "$(printf '%d.%03d' $((delay / 1000)) $((delay % 1000)))"
		if test "$whom" = all; then
			victims=$(procguard_pids all)
		else
			victims=$(procguard_pids listener)
		fi
		for pid in $victims; do kill -9 "$pid" 2>/dev/null; done
		echo "-- killed after $delay ms --" >> listener.err
		within 30 gone web/work/oome ||
			fail_and_tell "at $delay ms: the file is still there, $(starts web) starts"
		within 30 ctl_state web RUNNING || fail_and_tell "at $delay ms: web does not run"
		within 20 started web $((before + 1)) || fail_and_tell "at $delay ms: the new web is not there"
		dead "$old" || fail_and_tell "at $delay ms: the old web is still there"
		test "$(starts web)" = $((before + 1)) ||
			fail_and_tell "at $delay ms: $(($(starts web) - before)) starts"
		delay=$((delay + step)) points=$((points - 1))
	done
}

test_listener_killed_at_0_to_400_ms() { killed_at listener 0 100 5; }
test_listener_killed_at_20_to_320_ms() { killed_at listener 20 75 5; }
test_listener_killed_at_500_to_900_ms() { killed_at listener 500 100 5; }
test_listener_killed_at_1000_to_2000_ms() { killed_at listener 1000 250 5; }
test_listener_and_worker_killed_at_0_to_400_ms() { killed_at all 0 100 5; }
test_listener_and_worker_killed_at_20_to_320_ms() { killed_at all 20 75 5; }
test_listener_and_worker_killed_at_500_to_900_ms() { killed_at all 500 100 5; }
test_listener_and_worker_killed_at_1000_to_2000_ms() { killed_at all 1000 250 5; }

test_worker_killed_alone() {
	conf unix
	conf_program web "command=$TOP/tests/progs/service.sh $PWD/starts.web deaf" stopwaitsecs=600
	conf_listener 'single -p web'
	supervisord_start
	within 20 started web 1 || fail "web did not start"
	before=1 old=$(pid_of web)
	touch web/work/oome
	within 20 ctl_state web STOPPING || fail "no restart"
	listener=$(procguard_pids listener)
	for pid in $(procguard_pids all); do
		test "$pid" = "$listener" || kill -9 "$pid"
	done
	within 20 said 'taking up the restart of web again' || fail_and_tell "it is not taken up again"
	kill -9 "$old"
	within 40 gone web/work/oome || fail "the file is still there, $(starts web) starts"
	expect_restarted web "$PWD/web/work/oome"
}

test_listener_restarted_with_its_group_in_mid_restart() {
	conf unix
	conf_program web "command=$TOP/tests/progs/service.sh $PWD/starts.web deaf" stopwaitsecs=600
	conf_listener 'single -p web' stopasgroup=true killasgroup=true
	supervisord_start
	within 20 started web 1 || fail "web did not start"
	old=$(pid_of web)
	touch web/work/oome
	within 20 ctl_state web STOPPING || fail "no restart"
	ctl restart oome > restart.out || fail "cannot restart the listener: $(cat restart.out)"
	kill -9 "$old"
	within 25 gone web/work/oome || fail_and_tell "the file is still there"
	within 20 started web 2 || fail_and_tell "web was not started"
	test "$(starts web)" = 2 || fail_and_tell "web was started $(($(starts web) - 1)) times, not once"
	dead "$old" || fail "the old web is still there"
}

test_no_directory_for_notes_is_said_and_restarts_work() {
	conf unix
	conf_program web
	: > file
	conf_listener 'single -p web' "command=$PROCGUARD oome single -p web --state-dir $PWD/file/state"
	supervisord_start
	expect_restart web "$PWD/web/work/oome"
	within 20 said "$PWD/file/state" || fail_and_tell "not a word about the directory"
}

# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
