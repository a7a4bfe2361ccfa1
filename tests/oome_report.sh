#!/bin/sh
# oome_report.sh: `oome single` and `all` with --report: what was the program doing? The restart comes in any case.
# shellcheck source=tests/progs/supervisord.sh
. "${0%/*}/progs/supervisord.sh"
# shellcheck source=tests/progs/oome_report.sh
. "${0%/*}/progs/oome_report.sh"

test_jvm_out_of_heap() {
	conf unix
	make_jvm
	conf_program jvm "command=/bin/sh $PWD/jvm.sh" "environment=OOME_FILE=\"$PWD/jvm.oome\""
	conf_listener "single -p jvm --report $PWD/reports --report-deadline 2m"
	supervisord_start
	within 20 started jvm 1 || fail "the JVM did not start"
	before=1 old=$(pid_of jvm)
	touch eat
	within 60 started jvm 2 || fail_and_tell "the JVM was not restarted"
	expect_restarted jvm "$PWD/jvm.oome"
	expect_jvm_in "$(report_in listener.err "$old")"
	expect_clean_stdout
}

# It hangs until the test lets it go: the listener answers events meanwhile, and the restart waits.
test_listener_goes_on_meanwhile() {
	conf unix
	make_reports
	own_binary
	conf_program web
	conf_listener "single -p web --report $PWD/reports --report-deadline 4m"
	supervisord_start
	within 20 started web 1 || fail "web did not start"
	within 30 grep -qs READY listener.out || fail_and_tell "the listener did not start"
	# shellcheck disable=SC2016
	replaced_by 'echo $$ >gmr; until [ -e go ]; do sleep 0.05; done; exit 1'
	before=1 old=$(pid_of web)
	touch web/work/oome
	within 30 test -s gmr || fail_and_tell "no report was asked for"
	wait_events 1
	alive "$(cat gmr)" || fail_and_tell "the report was not waited for"
	expect_untouched web
	touch go
	expect_restarted web "$PWD/web/work/oome"
	said "web: no report of pid $old: " || fail_and_tell "not a word about the report"
}

test_gmr_that_hangs() {
	conf unix
	make_reports
	own_binary
	conf_program web
	conf_listener "all --report $PWD/reports --report-deadline 500ms"
	supervisord_start
	within 20 started web 1 || fail "web did not start"
	within 30 grep -qs READY listener.out || fail_and_tell "the listener did not start"
	# shellcheck disable=SC2016
	replaced_by 'echo $$ >gmr; exec sleep 1000'
	expect_restart web "$PWD/web/work/oome"
	said "web: no report of pid $old: " || fail_and_tell "not a word about the report"
	within 30 dead "$(cat gmr)" || fail "it hangs on"
}

test_directory_that_is_missing() {
	conf unix
	make_reports
	rmdir reports
	conf_program web
	conf_listener "single -p web --report $PWD/reports"
	supervisord_start
	within 20 said "cannot write reports into '$PWD/reports'" || fail_and_tell "not a word about the directory"
	expect_restart web "$PWD/web/work/oome"
	said "web: no report of pid $old: cannot write into '$PWD/reports': No such file or directory" ||
		fail_and_tell "not a word about the report"
}

test_worker_killed_meanwhile() {
	conf unix
	make_reports
	own_binary
	conf_program web
	conf_listener "single -p web --report $PWD/reports --report-deadline 4m"
	supervisord_start
	within 20 started web 1 || fail "web did not start"
	within 30 grep -qs READY listener.out || fail_and_tell "the listener did not start"
	# shellcheck disable=SC2016
	replaced_by 'echo $$ >>gmr; [ "$(wc -l <gmr)" = 1 ] || exit 1; exec sleep 1000'
	before=1 old=$(pid_of web)
	touch web/work/oome
	within 30 test -s gmr || fail_and_tell "no report was asked for"
	kill -9 "$(parent_of "$(head -n 1 gmr)")"
	within 30 dead "$(head -n 1 gmr)" || fail "gmr has survived who asked for it"
	expect_restarted web "$PWD/web/work/oome"
	said 'taking up the restart of web again' || fail_and_tell "it was not taken up again"
	said "web: no report of pid $old: " || fail_and_tell "not a word about the report"
}

parent_of() { # PID
	sed -n 's/^PPid:[[:space:]]*//p' "/proc/$1/status"
}

test_stop_that_fails_is_preceded_by_one_report() {
	conf unix
	make_reports
	conf_program web
	cat >script <<-END
		#!/bin/sh
		[ ! -e '$PWD/refuse' ] || exit 7
		exec supervisorctl -c '$PWD/supervisord.conf' "\$1" "\$OOME_PROCESS"
	END
	chmod +x script
	touch refuse
	conf_listener "all -x $PWD/script --report $PWD/reports --report-deadline 1m"
	supervisord_start
	within 20 started web 1 || fail "web did not start"
	before=1 old=$(pid_of web)
	touch web/work/oome
	within 30 said_often 'Failed to stop process web: ' 2 || fail_and_tell "not tried again"
	rm refuse
	wait_until 40 gone web/work/oome
	expect_restarted web "$PWD/web/work/oome"
	[ "$(said_times "web: report of pid $old: ")" = 1 ] || fail_and_tell "not one report"
}

# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
