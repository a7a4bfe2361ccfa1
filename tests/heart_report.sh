#!/bin/sh
# heart_report.sh: `procguard heart run --report`: what a program was doing, before it is ended. lib.sh says how to run
# it.
# shellcheck source=tests/progs/command.sh
. "${0%/*}/progs/command.sh"
# shellcheck source=tests/progs/heart_run.sh
. "${0%/*}/progs/heart_run.sh"
# shellcheck source=tests/progs/cgroup.sh
. "${0%/*}/progs/cgroup.sh"

# Reports have all the time that a slow machine may need.
report='--report reports --report-deadline 10m'

prepare() {
	needs_gmr
	ln_app
	rm -rf reports err starts
	mkdir reports
}

reports() { # N: there are so many, and each was said
	[ "$(find reports -type f | wc -l)" = "$1" ] || fail "not $1 reports: $(ls reports) $(cat err)"
	[ "$(grep -c ': report of pid' err)" = "$1" ] || fail "not said once each: $(cat err)"
}

# ---- when ----

named() {
	grep -qs -e spins_here -e libdw reports/*
}

# A machine that is busy may not stop it in time to read it: then the next one says it.
test_a_program_in_an_endless_loop() {
	prepare
	# shellcheck disable=SC2086 # words
	guard --max-restarts none $report --report-keep 2 "$BUILD/tests/progs/spinner"
	(wait_until 120 named) || fail "no report names the place: $(cat reports/* err)"
	until_said 'spinner restarted'
	stop "$started"
	expect "spinner: report of pid "
	expect "'$PWD/reports/spinner_gurumeditation_"
	[ "$(find reports -type f | wc -l)" -le 4 ] || fail "too many stay: $(ls reports)" # some of one second
}

test_of_every_failure_once() {
	prepare
	# shellcheck disable=SC2086
	set -- $report --on-failure exit --reason-file reason
	run_is 1 "$@" -t 300ms --kill-signal TERM --dump-seconds 1 ./app deaf=15 \
		notify=WATCHDOG_USEC=200000 notify=READY=1 hang
	reports 1
	reason_is CAUSE=overdue "REPORT=$(echo "$PWD"/reports/speaker_gurumeditation_*)"
	prepare
	run_is 1 "$@" -t 300ms --callback false ./app beats=100
	reports 1
	prepare
	run_is 1 "$@" ./app 'notify=WATCHDOG=trigger' hang
	reports 1
	reason_is CAUSE=triggered "REPORT=$(echo "$PWD"/reports/speaker_gurumeditation_*)"
	prepare
	run_is 1 "$@" --dump-seconds 1 ./app crash hang
	reports 1
	# All of it.
	prepare
	run_is 1 "$@" -t 300ms ./app child=1000000 hang
	[ "$(find reports -type f | wc -l)" = 2 ] || fail "not the child, too: $(ls reports)"
}

test_not_of_what_ends_itself_or_as_it_should() {
	prepare
	# shellcheck disable=SC2086
	set -- $report --on-failure exit --reason-file reason
	run_is 1 "$@" ./app child=1000000 exit=5
	run_is 1 "$@" ./app raise=9
	run_is 4 "$@" ./app notify=STOPPING=1 child=1000000 exit=4
	run_is 1 "$@" --no-kill -t 300ms ./app note=starts hang
	kill -9 "$(cat starts)"
	rm starts
	guard "$@" ./app note=starts child=1000000 hang
	until_started 1
	finish
	reports 0
	! grep REPORT reason || fail "$(cat err)"
	never_said 'report of'
}

# The numbers of processes tell how many there were.
test_without_the_option_nothing_is_started() {
	needs_pid_namespace
	ln_app
	status_is 0 unshare -pf --mount-proc "$PROCGUARD" heart run -t 300ms \
		./app first=starts note=starts hang then note=starts
	[ "$(xargs <starts)" = '2 3' ] || fail "not the next process: $(cat starts)"
}

test_the_rest_after_an_oom_kill() {
	prepare
	make_cgroup
	# shellcheck disable=SC2016,SC2086 # for the inner shell; words
	start sh -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$cgroup" \
		"$PROCGUARD" heart run --on-failure exit --grace 1s --report reports --report-deadline 30s \
		sh -c 'sleep 1000 & exec "$0" -l 100 80' "$BUILD/tests/demo/eatmem" 2>>err
	ends_with "$started" 1
	expect "ended (SIGKILL, by the kernel's OOM killer): ending 1 process that it left"
	expect "report of the guard, pid $started: " # or why there is none: memory is scarce
	said ': no report' || grep -q 'oom_kill' reports/procguard_* || fail "no word of it: $(cat reports/*)"
}

# ---- what goes wrong ----

# From the next report on gmr is a script, as it would be another program after an upgrade.
guard_with_gmr() { # OPTION... PROGRAM...: the script on stdin
	{
		echo '#!/bin/sh'
		cat
	} >script
	chmod +x script
	cp "$PROCGUARD" pg
	start ./pg heart run --report reports "$@" 2>>err
	until_started 1
	mv script pg
	touch go
}

test_a_gmr_that_hangs() {
	prepare
	guard_with_gmr --report-deadline 1s ./app first=starts note=starts wait=go notify=WATCHDOG=trigger hang then \
		note=starts <<-'END'
		echo $$ >hangs
		sleep 1000
	END
	ends_with "$started" 0
	started_times 2
	expect "app: no report of pid $(head -n 1 starts): it was not made in time (1000 ms)"
	expect 'app restarted'
	[ ! -e hangs ] || until_gone hangs
}

test_a_gmr_that_is_killed() {
	prepare
	guard_with_gmr --report-deadline 1m ./app first=starts note=starts wait=go notify=WATCHDOG=trigger hang then \
		note=starts <<-'END'
		kill -9 $$
	END
	ends_with "$started" 0
	started_times 2
	expect "app: no report of pid $(head -n 1 starts): "
}

test_no_time_for_it() {
	prepare
	run_is 0 --report reports --report-deadline 1ms -t 300ms ./app first=starts note=starts hang then note=starts
	started_times 2
	expect 'app: no report of pid '
	expect 'app restarted'
}

# What we are sent meanwhile waits.
test_signals_during_a_report() {
	prepare
	guard_with_gmr --report-deadline 10m ./app note=starts wait=go notify=WATCHDOG=trigger hang <<-'END'
		touch asked
		until [ -e end ]; do sleep 0.05; done
		exit 1
	END
	wait_until 20 test -e asked
	kill "$started"
	touch end
	ends_with "$started" 137
	started_times 1
}

test_hardware_watchdog() {
	prepare
	: >dog
	guard_with_gmr --report-deadline 10m --watchdog dog --on-failure exit \
		./app note=starts wait=go notify=WATCHDOG=trigger hang <<-'END'
		wc -c <dog >petted
		exit 1
	END
	ends_with "$started" 1
	[ "$(cat petted)" -ge 2 ] || fail "not petted before"
	expect "app: reports have 10000 ms, for 'dog' (--watchdog) is to be petted"
}

test_full_disk() {
	prepare
	needs_root
	unshare -m true 2>/dev/null || skip "no mount namespaces"
	# shellcheck disable=SC2016
	status_is 0 unshare -m sh -c 'mount -t tmpfs -o size=64k none reports || exit
		head -c 1m /dev/zero >reports/full 2>/dev/null
		exec "$@"' sh "$PROCGUARD" heart run --report reports --report-deadline 10m -t 300ms \
		./app first=starts note=starts hang then note=starts
	started_times 2
	expect "app: no report of pid $(head -n 1 starts): "
	expect 'No space left on device'
}

# As a dead NFS server, once the program runs.
test_disk_that_hangs() {
	prepare
	needs_root
	unshare -m true 2>/dev/null || skip "no mount namespaces"
	# shellcheck disable=SC2016
	start unshare -m sh -c 'echo $$ >guard; exec "$@"' sh "$PROCGUARD" heart run --report reports \
		--report-deadline 1s ./app first=starts note=starts wait=go notify=WATCHDOG=trigger hang then \
		note=starts 2>>err
	guard=$started
	until_started 1
	start nsenter -t "$(cat guard)" -m "$BUILD/tests/progs/hangfs" "$PWD/reports" >hangs 2>&1
	wait_until 20 test -s hangs
	grep -q mounted hangs || skip "nothing can be mounted: $(cat hangs)"
	touch go
	ends_with "$guard" 0
	started_times 2
	expect "app: no report of pid $(head -n 1 starts): it was not made in time (1000 ms)"
}

# The program is started all the same.
test_disk_that_hangs_from_the_start() {
	prepare
	needs_root
	unshare -m true 2>/dev/null || skip "no mount namespaces"
	# shellcheck disable=SC2016
	start unshare -m sh -c 'echo $$ >guard; until [ -e go ]; do sleep 0.05; done; exec "$@"' sh \
		"$PROCGUARD" heart run --report reports --report-deadline 1s \
		./app first=starts note=starts notify=WATCHDOG=trigger hang then note=starts 2>>err
	guard=$started
	wait_until 20 test -s guard
	start nsenter -t "$(cat guard)" -m "$BUILD/tests/progs/hangfs" "$PWD/reports" >hangs 2>&1
	wait_until 20 test -s hangs
	grep -q mounted hangs || skip "nothing can be mounted: $(cat hangs)"
	touch go
	ends_with "$guard" 0
	started_times 2
	expect "cannot write reports into '$PWD/reports' (--report): it does not answer (tried again when one is due)"
	expect "app: no report of pid $(head -n 1 starts): it was not made in time (1000 ms)"
}

test_directory_that_comes_late() {
	prepare
	rmdir reports
	# shellcheck disable=SC2086
	guard $report --on-failure exit ./app note=starts wait=go notify=WATCHDOG=trigger hang
	until_started 1
	expect "cannot write reports into '$PWD/reports' (--report): No such file or directory (tried again "
	mkdir reports
	touch go
	ends_with "$started" 1
	reports 1
}

test_usage() {
	status_is 2 "$PROCGUARD" heart run --report reports --report-deadline 0 true
	expect '--report-deadline takes a time from 1ms to 10m'
	status_is 2 "$PROCGUARD" heart run --report reports --report-keep 0 true
	expect '--report-keep takes a number from 1 on'
}

test_refused_without_gmr() {
	! "$PROCGUARD" --list | grep -qx gmr || skip "this build has gmr"
	mkdir reports
	run_is 2 --report reports touch ran
	expect 'heart: --report: gmr is not built in'
	[ ! -e ran ] || fail "the program was started"
}

# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
