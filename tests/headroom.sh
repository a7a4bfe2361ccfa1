#!/bin/sh
# headroom.sh: reports where a cgroup's memory is used up: gmr gives way, the guard does not, and the kernel's OOM
# killer is not called because of either. A cache is no use of memory.
# once
# shellcheck source=tests/progs/oome_run.sh
. "${0%/*}/progs/oome_run.sh"
# shellcheck source=tests/progs/oome_report.sh
. "${0%/*}/progs/oome_report.sh"
# shellcheck source=tests/progs/cgroup.sh
. "${0%/*}/progs/cgroup.sh"
# shellcheck source=tests/progs/selfreport.sh
. "${0%/*}/progs/selfreport.sh"

# procguard COMMAND..., in the cgroup, with reports, of ./app, which does LINE at its first start, then sleeps.
in_cgroup() { # LINE COMMAND...
	make_reports
	make_cgroup
	# shellcheck disable=SC2016
	printf '%s\n' '#!/bin/sh' 'echo $$ >>starts' "[ \$(wc -l <starts) != 1 ] || $1" 'exec sleep 1000' >app
	chmod +x app
	shift
	# shellcheck disable=SC2016 # for the inner shell
	OOME_FILE=$PWD/f start sh -c 'echo $$ >"$0/cgroup.procs" && exec "$PROCGUARD" "$@"' "$cgroup" "$@" \
		--report reports --report-deadline 1m ./app 2>>err
}

# Of 24 MiB about 6 are left, which would not do for gmr.
eat="exec '$BUILD/tests/demo/eatmem' -l 20 80"

restarted_unharmed() {
	until_started 2
	wait_until 30 said 'app restarted'
	nobody_was_killed
}

nobody_was_killed() {
	cat "$cgroup/memory.oom_control" "$cgroup/memory.events" 2>/dev/null | grep -qx 'oom_kill 0' ||
		fail "the OOM killer came: $(cat err)"
}

too_little_is_left() { # OF_WHOM
	grep -qE "app: no report of $1: the cgroup has [0-9]+ KiB left, and gmr needs 12288\$" err ||
		fail "not said: $(cat err)"
}

test_used_up() {
	in_cgroup "$eat" oome run
	restarted_unharmed
	too_little_is_left "pid $(head -n 1 starts)"
	finish
}

# The guard's own: the program that has it all lives.
test_used_up_and_asked() {
	in_cgroup "OOME_FILE=$PWD/eaten $eat" heart run -t none --gmr-signal USR2
	wait_until 30 test -e eaten
	kill -USR2 "$started"
	wait_until 30 said 'no report of the guard'
	too_little_is_left "the guard, pid $started"
	nobody_was_killed
	finish
}

test_full_of_cache() {
	case $(stat -f -c %T .) in
	tmpfs | ramfs | overlay*) skip "a file here is memory, or nobody knows" ;;
	esac
	in_cgroup "dd if=/dev/zero of=$PWD/cache bs=1M count=40 conv=fsync 2>dd" oome run
	until_started 1
	wait_until 60 is_sleep "$(cat starts)"
	touch f
	restarted_unharmed
	[ -s "$(report_in err "$(head -n 1 starts)")" ] || fail "no report: $(cat err)"
	finish
}

is_sleep() { # PID
	test "/proc/$1/exe" -ef "$(command -v sleep)"
}

. "${0%/*}/lib.sh"
