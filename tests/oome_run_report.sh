#!/bin/sh
# oome_run_report.sh: `oome run --report`: what was the command doing? The restart comes in any case.
# shellcheck source=tests/progs/oome_run.sh
. "${0%/*}/progs/oome_run.sh"
# shellcheck source=tests/progs/oome_report.sh
. "${0%/*}/progs/oome_report.sh"
# shellcheck source=tests/progs/cgroup.sh
. "${0%/*}/progs/cgroup.sh"

# A command of one process, whose name in reports is `sleep`; f is its oome file.
make_app() {
	# shellcheck disable=SC2016
	printf '%s\n' '#!/bin/sh' 'echo $$ >>starts' 'exec sleep 1000' >app
	chmod +x app
	make_reports
}

reporting() { # OPTIONS -- ...
	guard --report "$PWD/reports" "$@"
}

is_sleep() { # PID
	test "/proc/$1/exe" -ef "$(command -v sleep)"
}

# The Nth of them is out of memory, and another is started.
out_of_memory() { # N
	until_started "$1"
	wait_until 30 is_sleep "$(tail -n 1 starts)"
	touch f
	until_started $(($1 + 1))
}

expect_no_report() { # N: of the Nth
	expect "app: no report of pid $(sed -n "$1p" starts): "
}

is_now() { # SECOND
	test "$(date +%s)" = "$1"
}

count_reports() {
	find reports -type f | wc -l
}

# ---- what it holds ----

test_jvm_out_of_heap() {
	make_jvm
	OOME_FILE=$PWD/jvm.oome reporting --report-deadline 2m sh jvm.sh
	wait_until 20 test -s starts.jvm
	old=$(cat starts.jvm)
	touch eat
	wait_until 60 said 'sh restarted'
	expect_jvm_in "$(report_in err "$old")"
	finish
}

# reporting, in the cgroup; at its first start ./app eats as ARGUMENTS of eatmem say.
eating_in_cgroup() { # ARGUMENTS
	make_app
	sed -i "3s|.*|[ \$(wc -l <starts) = 1 ] \&\& exec '$BUILD/tests/demo/eatmem' $*; exec sleep 1000|" app
	# shellcheck disable=SC2016 # for the inner shell
	OOME_FILE=$PWD/f start sh -c 'echo $$ >"$0/cgroup.procs" && exec "$PROCGUARD" oome run "$@"' "$cgroup" \
		--report "$PWD/reports" --report-deadline 1m ./app 2>>err
}

is_restarted_or_taken() {
	! alive "$started" || said 'app restarted'
}

# What the kernel frees of its victim counts for a moment more, in which it may take the guard, all that is left.
until_restarted_in_cgroup() {
	(wait_until 30 is_restarted_or_taken) || fail "not restarted: $(cat starts err)"
	alive "$started" || ! grep -qs '^oom_kill [2-9]' "$cgroup/memory.oom_control" "$cgroup/memory.events" ||
		skip "the kernel took the guard, too"
	until_started 2
}

# The guard's own: of the program there is nothing left.
test_after_the_oom_killer() {
	make_cgroup
	eating_in_cgroup -l 100 80
	until_restarted_in_cgroup
	report=$(sed -n "s/^app: report of the guard, pid $started: '\([^']*\)'.*/\1/p" err)
	if [ "$report" ]; then
		grep -q 'oom_kill' "$report" || fail "nothing of the OOM kill in it: $(cat "$report")"
	else
		expect "app: no report of the guard, pid $started: "
	fi
	finish
}

# The program lives, and has nearly all that the cgroup has: the kernel takes gmr, or it as well.
test_no_memory_for_it() {
	make_cgroup
	eating_in_cgroup -l 26 80
	until_restarted_in_cgroup
	grep -qE 'app: (no )?report of (the guard, )?pid [0-9]+: ' err || fail "not a word about it: $(cat err)"
	finish
}

# Else it may find the file before the command has ended.
ended_while_the_guard_was_stopped() {
	wait_until 20 test -e f
	wait_while 20 alive "$(cat starts)"
	kill -CONT "$started"
}

# What is left is below the guard, whose report it is.
test_what_is_left_of_it() {
	make_app
	# shellcheck disable=SC2016
	OOME_FILE=$PWD/f reporting --report-deadline 1m sh -c 'echo $$ >>starts
		[ $(wc -l <starts) = 1 ] || exec sleep 1000
		setsid sleep 1000 & echo $! >left; kill -STOP $PPID; touch f; exit 3'
	ended_while_the_guard_was_stopped
	until_started 2
	wait_until 30 said 'sh restarted'
	report=$(sed -n "s/^sh: report of the guard, pid $started: '\([^']*\)'.*/\1/p" err)
	grep -q "$(cat left)" "$report" || fail "not what was left of it: $(cat err "$report")"
	finish
}

test_nothing_is_left() {
	make_app
	# shellcheck disable=SC2016
	OOME_FILE=$PWD/f reporting sh -c 'echo $$ >>starts
		[ $(wc -l <starts) = 1 ] || exec sleep 1000; kill -STOP $PPID; touch f; exit 3'
	ended_while_the_guard_was_stopped
	until_started 2
	expect 'sh: no report: nothing is left of it'
	finish
	[ "$(count_reports)" = 0 ] || fail "there is a report"
}

test_build_without_gmr() {
	"$PROCGUARD" --list | grep -qx gmr && skip "this build has gmr"
	status_is 2 "$PROCGUARD" oome run --report . true
	expect '--report: gmr is not built in'
}

# ---- how many ----

test_two_stay() {
	make_app
	reporting --report-keep 2 --report-deadline 1m --max-restarts none -o f ./app
	for n in 1 2 3 4; do
		second=$(date +%s)
		out_of_memory $n
		wait_while 30 is_now "$second" # those of one second are not told apart, and stay
	done
	finish
	[ "$(grep -c '^app: report of pid [0-9]*: ' err)" = 4 ] || fail "not four reports: $(cat err)"
	[ "$(count_reports)" = 2 ] || fail "not two files are left: $(ls reports)"
	[ -s "$(report_in err "$(sed -n 4p starts)")" ] || fail "the last one is gone: $(ls reports; cat err)"
}

test_none_is_asked_for() {
	make_app
	guard -o f ./app
	out_of_memory 1
	finish
	! grep 'report of' err || fail "there is talk of reports"
	[ "$(count_reports)" = 0 ] || fail "there is a report"
}

# ---- what goes wrong ----

test_no_time_for_it() {
	make_app
	reporting --report-deadline 1ms -o f ./app
	out_of_memory 1
	expect_no_report 1
	finish
}

test_directory_that_comes_later() {
	make_app
	rmdir reports
	reporting --report-deadline 1m -o f ./app
	out_of_memory 1
	expect "cannot write reports into '$PWD/reports' (--report): No such file or directory"
	expect_no_report 1
	mkdir -m 700 reports
	out_of_memory 2
	finish
	[ -s "$(report_in err "$(sed -n 2p starts)")" ] || fail "no report: $(cat err)"
}

test_disk_that_is_full() {
	needs_root
	make_app
	unshare -m true 2>/dev/null || skip "no mount namespaces"
	# shellcheck disable=SC2016 # for the inner shell
	start unshare -m sh -c 'mount -t tmpfs -o size=4k,mode=700 none reports && echo >reports/full && exec "$@"' sh \
		"$PROCGUARD" oome run --report reports --report-deadline 1m -o f ./app 2>>err
	out_of_memory 1
	expect_no_report 1
	expect 'No space left on device'
	finish
}

test_gmr_that_is_killed() {
	make_app
	own_binary
	reporting --report-deadline 1m -o f ./app
	until_started 1
	# shellcheck disable=SC2016
	replaced_by 'kill -KILL $$'
	out_of_memory 1
	expect_no_report 1
	finish
}

test_gmr_that_hangs() {
	make_app
	own_binary
	reporting --report-deadline 500ms -o f ./app
	until_started 1
	# shellcheck disable=SC2016
	replaced_by 'echo $$ >gmr; exec sleep 1000'
	out_of_memory 1
	expect_no_report 1
	[ ! -s gmr ] || wait_while 30 alive "$(cat gmr)"
	finish
}

# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
