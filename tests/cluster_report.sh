#!/bin/sh
# cluster_report.sh: what a cluster kills is reported before: report=, --report. lib.sh says how to run it.
# shellcheck source=tests/progs/cluster.sh
. "${0%/*}/progs/cluster.sh"

# A program that takes no notice of SIGTERM, and waits in rest_in_read(). What is ignored stays so beyond exec.
make_deaf() {
	printf '%s\n' '#!/bin/sh' "trap '' TERM" "exec $BUILD/tests/progs/stacks 1" >deaf
	chmod +x deaf
	mkdir -p reports
}

# A configuration with it, and other options on stdin. The reports may take as long as a slow machine needs.
hanging_section() {
	make_deaf
	section <<-END
		start =
		    background:../deaf
		    background:exec sleep 1000
		stop-timeout = 500ms
		report-deadline = 60s
		$(cat)
	END
}

ignores_term() { # PID
	grep -q '^SigIgn:.*[4567cdef]...$' "/proc/$1/status"
}

is_where_it_hangs() { # PID FILE: where its output is
	ignores_term "$1" && grep -q 'deaf: ready$' "$2"
}

start_hanging() { # [OPTION]...
	at_end_stop
	ours start "$@"
	expect_status 0
	hung=$(member_pid deaf)
	[ -n "$hung" ] || fail "no such member: $(cat cluster.pid)"
	wait_until 30 is_where_it_hangs "$hung" cluster.log
}

# One report, which FILE has said, and which says where it hung.
expect_report() { # FILE NAME PID
	said=$(sed -n "s/^.*$2: report of pid $3: '\(.*\)'\$/\1/p" "$1")
	[ "$(ls reports/*)" = "reports/${said##*/}" ] || fail "said: '$said', there: $(ls reports): $(cat "$1")"
	grep -q "^procguard .*, pid $3, " "$said" || fail "another one's: $(cat "$said")"
	"$PROCGUARD" --version | grep -q 'without:.* dw' || grep -q rest_in_read "$said" || fail "where? $(cat "$said")"
}

expect_no_reports() {
	[ -z "$(ls reports)" ] || fail "reported: $(ls reports)"
}

# ---- who ignores SIGTERM ----

test_stop_reports_who_ignores_it() {
	needs_gmr
	hanging_section <<-'END'
		report = reports
	END
	start_hanging
	ours stop
	expect_status 0
	expect_report err deaf "$hung"
	expect_nobody
}

test_restart_reports_who_ignores_it() {
	needs_gmr
	hanging_section <<-'END'
		report = nowhere
		restart = background:exec sleep 1001
	END
	start_hanging
	ours restart --report reports
	expect_status 0
	expect_report err deaf "$hung"
	ours stop
	expect_status 0
	[ "$(find reports -type f | wc -l)" = 1 ] || fail "a second one: $(ls reports)"
	expect_nobody
}

is_stopped() {
	ours status
	[ "$status" = 3 ] && [ -z "$(who_is_left)" ]
}

# What a start was told holds as long as its daemon.
test_a_daemon_reports_who_ignores_it() {
	needs_gmr
	hanging_section </dev/null
	start_hanging --report reports
	kill "$(daemon_pid)"
	wait_until 30 is_stopped
	expect_report cluster.log deaf "$hung"
}

test_run_reports_who_ignores_it() {
	needs_gmr
	hanging_section <<-'END'
		report = reports
	END
	# shellcheck disable=SC2016 # for the inner shell
	start sh -c '"$PROCGUARD" cluster -f "$PWD/cluster.cfg" run >out 2>err; echo $? >status'
	wait_until 30 grep -sqx 'Cluster is alive\.\.\.' err
	hung=$(member_pid deaf)
	wait_until 30 is_where_it_hangs "$hung" out
	kill "$(daemon_pid)"
	wait_until 30 test -s status
	[ "$(cat status)" = 0 ] || fail "status $(cat status): $(cat err)"
	expect_report err deaf "$hung"
	expect_nobody
}

# Its shell is the member; whoever it waits for is reported with it, and no second time.
test_a_tree_is_reported_once() {
	needs_gmr
	make_deaf
	section <<-'END'
		start = background:trap '' TERM; ../deaf; echo over
		stop-timeout = 500ms
		report = reports
		report-deadline = 60s
	END
	at_end_stop
	ours start
	wait_until 30 grep -q 'trap: ready$' cluster.log
	ours stop
	expect_status 0
	[ "$(grep -c 'trap: report of pid' err)" = 1 ] || fail "$(cat err)"
	grep -qx 'product = stacks' reports/* || fail "without its child: $(cat reports/*)"
	expect_nobody
}

test_who_ends_in_time_is_not_reported() {
	needs_gmr
	mkdir reports
	section <<-'END'
		start =
		    background:exec sleep 1000
		    sh -c 'setsid sleep 1001 & exit 0'
		report = reports
		stop-timeout = 60s
	END
	at_end_stop
	ours start
	ours restart
	ours stop
	expect_status 0
	expect_no_reports
	! grep -q report err || fail "$(cat err)"
}

test_without_the_option_nothing_is_reported() {
	hanging_section </dev/null
	start_hanging
	ours stop
	expect_status 0
	expect_no_reports
	! grep -q report err cluster.log || fail "$(cat err cluster.log)"
	expect_nobody
}

test_as_many_are_kept() {
	needs_gmr
	hanging_section <<-'END'
		report = reports
		report-keep = 1
	END
	touch -d 2020-01-01 reports/stacks_gurumeditation_20200101000000 reports/other_gurumeditation_20200101000000
	start_hanging
	ours stop
	expect_status 0
	rm reports/other_gurumeditation_20200101000000 || fail "what is another's is gone"
	expect_report err deaf "$hung"
}

# ---- who takes too long ----

test_a_line_that_takes_too_long() {
	needs_gmr
	mkdir reports
	section <<-END
		command-timeout = $((2 * TIMES))s
		start = $BUILD/tests/progs/stacks 1
		report = reports
		report-deadline = 60s
	END
	ours start
	expect_status 1
	expect_err 'failed: it took longer than '
	expect_report err stacks "$(sed -n 's/.*: report of pid \([0-9]*\): .*/\1/p' err)"
	grep -q 'report of pid' cluster.log || fail "not in the log: $(cat cluster.log)"
	expect_nobody
}

test_a_member_that_is_never_ready() {
	needs_gmr
	make_deaf
	section <<-END
		command-timeout = $((2 * TIMES))s
		stop-timeout = 500ms
		start = background[ready=file:never]:../deaf
		report = reports
		report-deadline = 60s
	END
	ours start
	expect_status 1
	expect_err 'failed: it was not ready within '
	expect_report err stacks "$(sed -n 's/.*: report of pid \([0-9]*\): .*/\1/p' err)"
	expect_nobody
}

test_what_a_stop_line_leaves_too_long() {
	needs_gmr
	mkdir reports
	section <<-END
		start = background:exec sleep 1000
		stop = background:exec $BUILD/tests/progs/stacks 1
		stop-timeout = $((2 * TIMES))s
		report = reports
		report-deadline = 60s
	END
	at_end_stop
	ours start
	ours stop
	expect_status 0
	expect_report err stacks "$(sed -n 's/^Background pid is //p' err)"
	expect_nobody
}

test_a_daemon_that_hangs() {
	needs_gmr
	mkdir reports
	section <<-'END'
		start = background:exec sleep 1000
		report = reports
		report-deadline = 60s
	END
	at_end_stop
	ours start
	daemon=$(daemon_pid)
	start "$BUILD/tests/progs/holder" "$daemon" >held 2>&1
	wait_until 30 test -s held
	grep -qx held held || skip "it cannot be held: $(cat held)"
	ours stop
	expect_status 0
	expect_err "the daemon: report of pid $daemon: '$PWD/reports/procguard_gurumeditation_"
	expect_err "the daemon (pid $daemon) does not end: it is killed"
	expect_nobody
}

# ---- when it fails ----

# The stop goes on, and says that there is none.
expect_no_report_but_an_end() { # WHY
	expect_status 0
	expect_err "deaf: no report of pid $hung: $1"
	expect_nobody
}

test_the_directory_is_missing() {
	needs_gmr
	hanging_section <<-'END'
		report = nowhere
	END
	start_hanging
	expect_err "cannot write reports into '$PWD/nowhere': No such file or directory; tried again when one is due"
	ours stop
	expect_no_report_but_an_end "cannot write into '$PWD/nowhere': No such file or directory"
}

# It is there when it is needed.
test_the_directory_is_made_later() {
	needs_gmr
	hanging_section <<-'END'
		report = reports
	END
	rmdir reports
	start_hanging
	expect_err "cannot write reports into '$PWD/reports'"
	mkdir reports
	kill "$(daemon_pid)"
	wait_until 30 is_stopped
	expect_report cluster.log deaf "$hung"
}

test_the_time_is_too_short() {
	needs_gmr
	hanging_section <<-'END'
		report = reports
	END
	start_hanging
	ours stop --report-deadline 1ms
	expect_status 0
	expect_err "report of pid $hung: " # there is hardly one
	expect_nobody
}

test_the_disk_is_full() {
	needs_gmr
	unshare -m true 2>/dev/null || skip "no mount namespaces"
	hanging_section <<-'END'
		report = reports
	END
	start_hanging
	run unshare -m sh -c 'mount -t tmpfs -o size=4k none reports && { cat /dev/zero >reports/full; exec "$@"; }' \
		sh "$PROCGUARD" cluster -f "$PWD/cluster.cfg" stop
	expect_no_report_but_an_end ''
	expect_err 'No space left on device'
	expect_no_reports
}

# Nothing is started, or stopped, that could not be reported; but what runs can be stopped.
test_a_build_without_gmr() {
	! "$PROCGUARD" --list | grep -qx gmr || skip "this build has gmr"
	hanging_section </dev/null
	start_hanging
	ours restart --report reports
	expect_status 1
	expect_err 'gmr is not built in'
	alive "$hung" || fail "it was stopped"
	ours stop --report reports
	expect_status 0
	ours start --report reports
	expect_status 1
	expect_err 'gmr is not built in'
	expect_nobody
}

# ---- what is shown ----

test_config_shows_it() {
	mkdir reports
	section <<-'END'
		start = true
		report = reports
		report-keep = 3
	END
	ours config
	expect_status 0
	shows "$PWD/cluster.cfg:4: cluster:report = $PWD/reports"
	shows 'default: cluster:report-deadline = 2s'
	shows "$PWD/cluster.cfg:5: cluster:report-keep = 3"
}

# What was typed is in the unit; what the configuration says is read by what it runs.
test_unit_passes_it_on() {
	section <<-'END'
		start = background:true
		report = reports
		stop-timeout = 1s
	END
	ours unit
	grep -q 'cluster run$' out || fail "$(cat out)"
	grep -qx 'TimeoutStopSec=16' out || fail "no time for reports: $(cat out)"
	ours unit --report 'my reports' --report-deadline 500ms --report-keep 5
	grep -qF -e " run --report \"$PWD/my reports\" --report-deadline 500ms --report-keep 5" out || fail "$(cat out)"
	grep -qx 'TimeoutStopSec=13' out || fail "as much time: $(cat out)"
}

test_what_is_refused() {
	section <<-'END'
		start = true
	END
	ours start --report-keep 0
	expect_status 2
	expect_err '--report-keep takes a number from 1'
	ours stop --report-deadline 2h
	expect_status 2
	expect_err '--report-deadline takes a time from 1ms to 1h'
	ours status --report reports
	expect_status 2
}

. "${0%/*}/lib.sh"
