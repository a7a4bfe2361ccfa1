# oome_report.sh: what the tests of `oome --report` have in common: a JVM that runs out of heap, and what becomes of its
# report. For shell tests, sourced before lib.sh, of which it uses the words.
# shellcheck shell=sh

make_reports() {
	"$PROCGUARD" --list | grep -qx gmr || skip "this build has no gmr"
	mkdir -m 700 reports
}

# jvm.sh runs out of heap as soon as there is a file `eat`; its starts are in starts.jvm, its oome file is jvm.oome.
make_jvm() {
	java=$(command -v java) || skip "no java"
	make_reports
	: >starts.jvm
	cat >jvm.sh <<-END
		echo \$\$ >>$PWD/starts.jvm
		exec $java -Xmx16m -XX:OnOutOfMemoryError="touch $PWD/jvm.oome" \
			-cp $TOP/tests/fixtures OutOfMemory $PWD/eat
	END
}

# The file that LOG names as the report of PID.
report_in() { # LOG PID
	sed -n "s/.*: report of pid $2: '\([^']*\)'.*/\1/p" "$1"
}

expect_jvm_in() { # FILE: a report
	[ -s "$1" ] || fail "there is no report '$1'"
	for thread in 'VM Thread' 'Signal Dispatch' 'Reference Handl'; do
		grep -qF "$thread" "$1" || fail "the report does not have the thread $thread: $(head -n 40 "$1")"
	done
}

# From here on $PROCGUARD is a copy. replaced_by LINE: it is a script that runs LINE instead; a guard that was started
# by then asks that for its reports.
own_binary() {
	cp "$PROCGUARD" procguard
	PROCGUARD=$PWD/procguard
}

replaced_by() { # LINE
	printf '%s\n' '#!/bin/sh' "cd '$PWD' || exit" "$1" >replacement
	chmod +x replacement
	mv replacement procguard
}
