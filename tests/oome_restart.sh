#!/bin/sh
# oome_restart.sh: restarts by `oome single` and `all`: programs that make it hard, -x, -d, the limit, a JVM.
# shellcheck source=tests/progs/supervisord.sh
. "${0%/*}/progs/supervisord.sh"

# ---- the restart ----

test_program_that_ignores_term() {
	conf unix
	conf_program web "command=$TOP/tests/progs/service.sh $PWD/starts.web deaf" stopwaitsecs=2
	conf_listener 'single -p web'
	supervisord_start
	expect_restart web "$PWD/web/work/oome"
}

test_program_that_takes_longer_to_stop_than_the_timeout() {
	conf unix
	conf_program web "command=$TOP/tests/progs/service.sh $PWD/starts.web deaf" stopwaitsecs=7
	conf_listener 'single -p web --timeout 4s'
	supervisord_start
	expect_restart web "$PWD/web/work/oome"
}

test_program_that_crashes_at_start_is_tried_again() {
	# startsecs: more than a slow machine needs to start a program that ends at once.
	conf unix
	conf_program web "command=$TOP/tests/progs/service.sh $PWD/starts.web broken $PWD/broken" \
		startsecs=8 startretries=1
	conf_listener 'single -p web'
	supervisord_start
	within 20 ctl_state web RUNNING || fail "web does not run"
	touch broken web/work/oome
	within 30 ctl_state web FATAL || fail "web did not get to FATAL"
	within 20 said 'Failed to start process web: ' || fail "not a word about the failed start"
	attempts=$(starts web)
	within 30 started web $((attempts + 1)) || fail "it is not tried again"
	rm broken
	within 60 ctl_state web RUNNING || fail "web does not run again"
	within 20 gone web/work/oome || fail "the file is still there"
	within 10 said 'web restarted' || fail "no word about the restart"
	alive "$(pid_of web)" || fail "the new web is not there"
}

test_program_that_somebody_stops_in_mid_restart() {
	conf unix
	conf_program web "command=$TOP/tests/progs/service.sh $PWD/starts.web broken $PWD/broken" \
		startsecs=8 startretries=100
	conf_listener 'single -p web'
	supervisord_start
	within 20 ctl_state web RUNNING || fail "web does not run"
	touch broken web/work/oome
	within 20 started web 3 || fail "it is not tried again"
	within 20 ctl_stop_in_backoff || fail "it could not be stopped"
	within 20 said_given_up || fail "not a word about giving up: $(cat listener.err)"
	rm broken
	attempts=$(starts web)
	wait_events 2
	test "$(starts web)" = "$attempts" || fail "it was started although somebody stopped it"
	ctl_state web STOPPED || fail "it is not stopped"
}

ctl_stop_in_backoff() {
	ctl stop web > stop.out 2>&1
	ctl_state web STOPPED
}

said_given_up() {
	grep -q -i -E 'web.*(give|gave|giving) up|(give|gave|giving) up.*web|web.*stopped by' listener.err
}

test_more_restarts_than_the_limit() {
	conf unix
	conf_program web
	conf_listener 'single -p web --max-restarts 2/1h'
	supervisord_start
	expect_restart web "$PWD/web/work/oome"
	expect_restart web "$PWD/web/work/oome"
	lines=$(wc -l < listener.err)
	touch web/work/oome
	wait_events 3
	expect_untouched web 3
	test -e web/work/oome || fail "the file is gone"
	test "$(($(wc -l < listener.err) - lines))" = 1 || fail "not one line about it: $(cat listener.err)"
}

test_report_of_the_new_process_is_not_lost() {
	# The new process is out of memory again while its restart is still under way (startsecs).
	conf unix
	conf_program web startsecs=3
	conf_listener 'single -p web'
	supervisord_start
	within 20 ctl_state web RUNNING || fail "web does not run"
	touch web/work/oome
	within 20 started web 2 || fail "no restart"
	echo again > web/work/oome
	within 30 started web 3 || fail "the second report was lost"
	within 30 gone web/work/oome || fail "the file is still there"
	test "$(starts web)" = 3 || fail "started $(starts web) times"
}

# ---- -x and -d ----

# A script that restarts through supervisorctl and notes what it was called with; refuses as long as the file `refuse`
# is there.
write_script() {
	cat > "$PWD/script" <<-END
	#!/bin/sh
	cd '$PWD' || exit 1
	echo "\$* \$OOME_PROCESS" >> script.calls
	test ! -e refuse || exit 7
	supervisorctl -c supervisord.conf "\$1" "\$OOME_PROCESS"
	END
	chmod +x script
	: > script.calls
}

expect_calls() { # NAME: stopped and started by the script
	test "$(cat script.calls)" = "$(printf 'stop %s\n' "$1"; printf 'start %s' "$1")" ||
		fail "the script was called: $(cat script.calls)"
}

test_script_stops_and_starts() {
	conf unix
	conf_program web
	conf_program other
	conf_add '[group:g]' programs=web,other
	write_script
	conf_listener "single -p web -x $PWD/script"
	supervisord_start
	expect_restart web "$PWD/web/work/oome" g:web
	expect_calls g:web
	expect_clean_stdout
}

test_script_named_by_the_long_option() {
	conf unix
	conf_program web
	write_script
	conf_listener "all --external-service-script $PWD/script"
	supervisord_start
	expect_restart web "$PWD/web/work/oome"
	expect_calls web:web
}

test_script_that_fails_is_said_and_tried_again() {
	conf unix
	conf_program web
	write_script
	touch refuse
	conf_listener "single -p web -x $PWD/script"
	supervisord_start
	within 20 started web 1 || fail "web did not start"
	old=$(pid_of web)
	touch web/work/oome
	within 20 said 'Failed to stop process web: ' || fail "not a word about the failure: $(cat listener.err)"
	expect_untouched web
	test -e web/work/oome || fail "the file was deleted before a restart that failed"
	rm refuse
	before=1
	wait_until 40 gone web/work/oome
	expect_restarted web "$PWD/web/work/oome"
}

test_script_that_does_not_exist_is_said() {
	conf unix
	conf_program web
	conf_listener "single -p web -x $PWD/nothing"
	supervisord_start
	within 20 started web 1 || fail "web did not start"
	touch web/work/oome
	within 20 said "$PWD/nothing" || fail "not a word about the missing script: $(cat listener.err)"
	expect_untouched web
	test -e web/work/oome || fail "the file was deleted"
}

test_dry_run_touches_nothing() {
	conf unix
	conf_program web
	conf_program two
	write_script
	conf_listener "all --dry -x $PWD/script"
	supervisord_start
	within 20 started web 1 || fail "web did not start"
	touch web/work/oome
	within 20 said 'oome file is detected for web, not restarting due to dry-run' || fail "not a word of the file"
	wait_events 2
	expect_untouched web
	test -e web/work/oome || fail "the file was deleted"
	test ! -s script.calls || fail "the script was called: $(cat script.calls)"
}

# ---- a real JVM ----

test_jvm_out_of_heap() {
	java=$(command -v java) || skip "no java"
	conf unix
	cat > jvm.sh <<-END
		echo \$\$ >> $PWD/starts.jvm
		exec $java -Xmx16m -XX:OnOutOfMemoryError="touch $PWD/jvm.oome" \
			-cp $TOP/tests/fixtures OutOfMemory $PWD/eat
	END
	conf_program jvm "command=/bin/sh $PWD/jvm.sh" \
		"environment=OOME_FILE=\"$PWD/jvm.oome\""
	conf_listener 'single -p jvm'
	supervisord_start
	within 20 started jvm 1 || fail "the JVM did not start"
	before=1 old=$(pid_of jvm)
	touch eat
	within 30 started jvm 2 || fail "the JVM was not restarted: $(cat listener.err)"
	expect_restarted jvm "$PWD/jvm.oome"
}

# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
