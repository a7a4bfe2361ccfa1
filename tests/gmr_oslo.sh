#!/bin/sh
# once
# gmr_oslo.sh: a report of oslo.reports, and what procguard shows of the same models.

both() { # live|fixed
	for python in python3 /usr/bin/python3 ''; do
		$python -c 'import oslo_config, oslo_reports' 2>/dev/null && break
	done
	[ -n "$python" ] || skip "no oslo.reports"
	[ -x "$BUILD/tests/test_report_text" ] || skip "no test_report_text in this build"
	$python "$TOP/tests/progs/gmr_oslo.py" "$1" oslo packed || fail "oslo.reports does not run"
	"$BUILD/tests/test_report_text" packed >ours || fail "not to be shown"
}

test_the_same() {
	both live
	grep -q 'in main' oslo || fail "no stack: $(cat oslo)"
	diff oslo ours >difference || fail "$(cat difference)"
}

# What DIFFERENCES of procguard-gmr(1) says: no source where there is none; who knows no green thread says so; the tree
# of processes as a tree; lists in their own order.
test_the_differences() {
	both fixed
	diff oslo ours | grep '^[<>]' | sed 's/ (under.*//' >difference
	cat >expected <<-'END'
		<     ``
		>     (source not found)
		<
		> No green threads are known in this process.
		<     Process 6
		>         Process 6
		<     a
		>     a
	END
	sed -i 's/^<$/< /' expected
	diff expected difference >unexpected || fail "$(cat unexpected)"
}

# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
