#!/bin/sh
# oome_server.sh: `oome single` and `all` as supervisord sees them: RPC, its end, the event protocol.
# shellcheck source=tests/progs/supervisord.sh
. "${0%/*}/progs/supervisord.sh"

# ---- supervisord's side ----

test_every_event_is_answered_and_stdout_is_clean() {
	conf unix
	conf_program web "environment=OOME_FILE=\"$PWD/web.oome\""
	conf_program busy 'command=/bin/sleep 0.3' autorestart=true autostart=false
	conf_listener all events=EVENT buffer_size=50
	supervisord_start
	wait_events 1
	ctl start busy > start.out || fail "busy did not start: $(cat start.out)" # now that somebody reads the buffer
	wait_events 30
	expect_restart web "$PWD/web.oome"
	wait_events 30
	expect_clean_stdout
}

test_unix_socket_with_password() {
	conf unix-password
	conf_program web
	conf_listener all 'environment=SUPERVISOR_USERNAME="guard",SUPERVISOR_PASSWORD="s3cret:x"'
	supervisord_start
	expect_restart web "$PWD/web/work/oome"
}

test_inet_without_password() {
	conf inet
	conf_program web
	conf_listener all
	supervisord_start
	expect_restart web "$PWD/web/work/oome"
}

test_inet_with_password() {
	conf inet-password
	conf_program web
	conf_listener all 'environment=SUPERVISOR_USERNAME="guard",SUPERVISOR_PASSWORD="s3cret:x"'
	supervisord_start
	expect_restart web "$PWD/web/work/oome"
}

test_inet_is_asked_without_any_proxy() {
	export http_proxy=http://127.0.0.1:1 ALL_PROXY=http://127.0.0.1:1
	conf inet
	conf_program web
	conf_listener all
	supervisord_start
	expect_restart web "$PWD/web/work/oome"
}

# Wrong or missing credentials on SERVER: what to do is said, and once that is done the file still counts.
unauthorized() {
	conf "$1"
	conf_program web
	cp supervisord.conf begin.conf
	conf_listener all "$2"
	supervisord_start
	within 20 started web 1 || fail "web did not start"
	before=1 old=$(pid_of web)
	touch web/work/oome
	within 20 said 'environment=' || fail "not a word about environment=: $(cat listener.err)"
	said SUPERVISOR_USERNAME || fail "SUPERVISOR_USERNAME is not named"
	said SUPERVISOR_PASSWORD || fail "SUPERVISOR_PASSWORD is not named"
	listener=$(procguard_pids listener)
	wait_events 1
	test -n "$listener" || fail "there is no listener"
	test "$(procguard_pids listener)" = "$listener" || fail "the listener did not live on"
	expect_untouched web
	test -e web/work/oome || fail "the file was deleted"
	mv begin.conf supervisord.conf
	conf_listener all 'environment=SUPERVISOR_USERNAME="guard",SUPERVISOR_PASSWORD="s3cret:x"'
	ctl update > update.out
	wait_until 40 gone web/work/oome
	expect_restarted web "$PWD/web/work/oome"
}

test_unauthorized_on_unix_socket() {
	unauthorized unix-password
}

test_unauthorized_on_inet() {
	unauthorized inet-password 'environment=SUPERVISOR_USERNAME="guard",SUPERVISOR_PASSWORD="wrong"'
}

test_connection_that_is_refused_is_said_at_each_tick() {
	conf unix
	conf_program web
	conf_listener all 'environment=SUPERVISOR_SERVER_URL="http://127.0.0.1:1"'
	supervisord_start
	within 20 started web 1 || fail "web did not start"
	wait_until 20 listening
	listener=$(procguard_pids listener)
	touch web/work/oome
	within 30 said_often 'Failed to stop process web: http://127.0.0.1:1: Connection refused' 2 ||
		fail_and_tell "not said at each tick"
	expect_untouched web
	test -e web/work/oome || fail "the file was deleted"
	test "$(procguard_pids listener)" = "$listener" || fail "the listener did not live on"
}

test_no_server_section_is_said() {
	conf none
	conf_program web
	conf_listener all
	supervisord_start
	within 20 said '[unix_http_server]' || fail "not a word of [unix_http_server]: $(cat listener.err)"
	said '[rpcinterface:supervisor]' || fail "not a word of [rpcinterface:supervisor]"
}

test_no_server_section_and_a_script() {
	conf none
	conf_program web autorestart=true
	printf '#!/bin/sh\ntest "$1" = start || kill "$(tail -n 1 %s)"\n' "$PWD/starts.web" > script
	chmod +x script
	conf_listener "all -x $PWD/script"
	supervisord_start
	within 20 started web 1 || fail "web did not start"
	before=1 old=$(pid_of web)
	touch web/work/oome
	within 20 started web 2 || fail_and_tell "no restart"
	expect_restarted web "$PWD/web/work/oome"
}

test_supervisord_that_is_killed_in_mid_restart() {
	conf unix
	conf_program web "command=$TOP/tests/progs/service.sh $PWD/starts.web deaf" stopwaitsecs=600
	conf_listener all
	supervisord_start
	within 20 started web 1 || fail "web did not start"
	touch web/work/oome
	within 20 ctl_state web STOPPING || fail "no restart"
	kill -9 "$supervisord"
	wait "$supervisord" 2>/dev/null
	within 30 no_procguard || fail "left behind: $(procguard_pids all)"
	kill -9 "$(pid_of web)"
}

test_supervisord_that_shuts_down_in_mid_restart() {
	conf unix
	conf_program web "command=$TOP/tests/progs/service.sh $PWD/starts.web deaf" stopwaitsecs=600
	conf_listener all
	supervisord_start
	within 20 started web 1 || fail "web did not start"
	touch web/work/oome
	within 20 ctl_state web STOPPING || fail "no restart"
	kill "$supervisord"
	within 20 grep -q 'received SIGTERM' supervisord.log || fail "supervisord goes on"
	kill -KILL "$(cat starts.web)" # deaf: now, and not when the end of the wait falls before the SIGTERM
	within 30 no_procguard || fail "left behind: $(procguard_pids all)"
	within 20 dead "$supervisord" || fail "supervisord did not end"
	test "$(starts web)" = 1 || fail "web was started although supervisord shuts down"
	test -e web/work/oome || fail "the file is gone, and nothing was restarted"
}

# As in a container: supervisord inherits the worker of a listener that is killed.
test_supervisord_as_pid_1() {
	root_only
	unshare --pid --fork --mount-proc true || skip "no pid namespace to be had"
	conf unix
	conf_program web "command=$TOP/tests/progs/service.sh $PWD/starts.web held $PWD/hold" stopwaitsecs=600
	conf_listener all autorestart=true
	supervisord_start unshare --pid --fork --mount-proc --kill-child
	for round in 1 2; do
		within 20 started web "$round" || fail "web did not start"
		touch hold web/work/oome
		within 20 test -e hold.term || fail_and_tell "no restart"
		test "$round" = 1 || ctl signal KILL oome > signal.out ||
			fail "cannot kill the listener: $(cat signal.out)"
		rm hold hold.term
		within 25 gone web/work/oome || fail_and_tell "the file is still there"
	done
	within 20 started web 3 || fail_and_tell "web was started $(starts web) times, not 3"
	wait_events 2
	test "$(starts web)" = 3 || fail_and_tell "web was started $(starts web) times, not 3"
	ctl_state web RUNNING || fail "web does not run"
}

test_supervisord_that_comes_back() {
	conf unix
	conf_program web
	conf_listener all
	supervisord_start
	expect_restart web "$PWD/web/work/oome"
	supervisord_stop
	within 10 no_procguard || fail "left behind: $(procguard_pids all)"
	supervisord_start
	within 20 started web 3 || fail "web did not start"
	expect_restart web "$PWD/web/work/oome"
}

test_supervisord_that_is_reloaded() {
	conf unix
	conf_program web
	conf_listener all
	supervisord_start
	expect_restart web "$PWD/web/work/oome"
	ctl reload > reload.out || fail "supervisorctl reload: $(cat reload.out)"
	within 30 started web 3 || fail "web did not start"
	expect_restart web "$PWD/web/work/oome"
}

# ---- the protocol, with a stand-in for supervisord ----

# A whole play of tests/progs/supervisord_stub.py.
play() {
	python3 "$TOP/tests/progs/supervisord_stub.py" "$@" > stub.out 2>&1 || fail "$(tail -n 20 stub.out)"
}

test_thousand_events_are_answered_in_order() {
	play flood "$PROCGUARD" oome all --state-dir "$PWD/state"
}

test_thousand_events_at_once_are_answered_in_order() {
	play burst "$PROCGUARD" oome all --state-dir "$PWD/state"
}

test_ticks_that_arrive_during_a_restart_are_one() {
	play merge "$PROCGUARD" oome all --state-dir "$PWD/state"
}

test_no_watch_does_not_react_between_ticks() {
	play no-watch "$PROCGUARD" oome all --no-watch --state-dir "$PWD/state"
}

test_limit_lasts_for_its_period_and_is_said_once() {
	play limit "$PROCGUARD" oome all --max-restarts 1/5s --state-dir "$PWD/state"
}

test_listener_at_rest_asks_nobody_and_loads_nothing() {
	play rest "$PROCGUARD" oome all --state-dir "$PWD/state"
}

test_false_answers_are_said_and_tried_again_at_the_next_tick() {
	play false-answers "$PROCGUARD" oome all --no-watch --state-dir "$PWD/state"
}

test_garbage_on_stdin_ends_the_listener_with_a_word() {
	play garbage "$PROCGUARD" oome all --state-dir "$PWD/state"
}

test_end_of_input_ends_the_listener() {
	play end "$PROCGUARD" oome all --state-dir "$PWD/state"
}

test_end_of_input_at_once() {
	play end-at-once "$PROCGUARD" oome all --state-dir "$PWD/state"
}

test_supervisord_that_stops_reading() {
	play reader-gone "$PROCGUARD" oome all --state-dir "$PWD/state"
}

test_end_of_input_in_the_middle_of_an_event() {
	play torn "$PROCGUARD" oome all --state-dir "$PWD/state"
}

# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
