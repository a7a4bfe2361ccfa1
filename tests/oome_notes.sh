#!/bin/sh
# oome_notes.sh: what the listener of `oome single` and `all` remembers when it cannot write it, and what it leaves to
# others.
# shellcheck source=tests/progs/supervisord.sh
. "${0%/*}/progs/supervisord.sh"

# A state directory on a file system of 16 KiB; `fill` leaves no byte of it.
small_state() {
	root_only
	mkdir -m 700 state
	mount -t tmpfs -o size=16k,nr_inodes=20,mode=700 tmpfs state 2> mount.err ||
		skip "cannot mount: $(cat mount.err)"
	trap 'end_started_; umount -l state' EXIT
}

fill() {
	head -c 100000 /dev/zero > state/fill 2>/dev/null || :
}

restarted_times() {
	test "$(said_times 'web restarted')" -ge "$1"
}

test_limit_holds_when_notes_cannot_be_written() {
	small_state
	conf unix
	conf_program web "environment=OOME_FILE=\"$PWD/web.oome\""
	conf_listener 'single -p web --max-restarts 2/1h'
	supervisord_start
	expect_restart web "$PWD/web.oome"
	fill
	expect_restart web "$PWD/web.oome"
	touch web.oome
	within 20 said 'over the limit' || fail_and_tell "nothing was said of the limit"
	wait_events 2
	expect_untouched web 3
	test -e web.oome || fail_and_tell "a report that was not acted on was deleted"
}

test_restart_that_could_not_be_noted_is_done_once() {
	small_state
	fill
	conf unix
	conf_program web "environment=OOME_FILE=\"$PWD/web.oome\""
	conf_listener 'single -p web --max-restarts none'
	supervisord_start
	expect_restart web "$PWD/web.oome"
	wait_events 3
	test "$(said_times 'taking up')" = 0 || fail_and_tell "a restart that is done was taken up again"
	expect_restart web "$PWD/web.oome"
	expect_untouched web 3
}

test_stop_by_somebody_else_is_not_undone() {
	conf unix
	conf_program web "environment=OOME_FILE=\"$PWD/web.oome\"" \
		"command=$TOP/tests/progs/service.sh $PWD/starts.web deaf" stopwaitsecs=600
	conf_program other
	conf_listener all
	supervisord_start
	within 20 started web 1 || fail "web did not start"
	within 20 watching || fail "nothing is watched"
	ctl signal TERM other > /dev/null # so that the socket answers
	start ctl stop web
	within 20 ctl_state web STOPPING || fail "web is not being stopped"
	touch web.oome
	within 20 said 'reported out of memory' || fail_and_tell "the report was not seen"
	kill -KILL "$(pid_of web)"
	within 20 ctl_state web STOPPED || fail "web was not stopped"
	within 20 said 'was stopped by somebody else' || fail_and_tell "the stop by somebody else was not said"
	wait_events 2
	ctl_state web STOPPED || fail "web runs again: $(cat status.ctl)"
	test "$(starts web)" = 1 || fail_and_tell "web was started again"
}

test_false_name_does_not_start_who_is_stopped() {
	conf unix
	conf_program victim autostart=false
	conf_program liar "command=/usr/bin/env SUPERVISOR_PROCESS_NAME=victim SUPERVISOR_GROUP_NAME=victim \
 $TOP/tests/progs/service.sh $PWD/starts.liar" "environment=OOME_FILE=\"$PWD/liar.oome\""
	conf_listener all
	supervisord_start
	within 20 started liar 1 || fail "liar did not start"
	touch liar.oome
	within 20 said 'calls itself victim' || fail_and_tell "the false name was not said"
	wait_events 2
	test "$(starts victim)" = 0 || fail_and_tell "victim was started"
	ctl_state victim STOPPED || fail "victim is not stopped: $(cat status.ctl)"
}

. "${0%/*}/lib.sh"
