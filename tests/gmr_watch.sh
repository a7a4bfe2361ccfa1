#!/bin/sh
# gmr_watch.sh: gmr --watch: a report whenever a file is touched. lib.sh says how to run it.
# shellcheck source=tests/progs/command.sh
. "${0%/*}/progs/command.sh"

# A program, and gmr that watches the file ./touched for it; their pids are $pid and $watcher.
watch() { # ARG...
	needs_gmr
	start "$BUILD/tests/progs/pause" 1500000000
	pid=$started
	start "$PROCGUARD" gmr -f json -S processes --interval 20ms --watch touched "$@" "$pid" > reports 2> said
	watcher=$started
	wait_until 30 is_waiting
}

# It waits in poll(2): by then it has looked at the file.
is_waiting() {
	cat "/proc/$watcher/status" > status 2> gone || fail "gmr has ended: $(cat said)"
	grep -q '^SigBlk:.*4002$' status && grep -q '^State:.S' status
}

# Touch the file until there are N reports: a file system's clock may be coarse, and stand still for some ms.
touched_until() { # N
	wait_until 30 touch_and_count "$1"
}

touch_and_count() {
	[ "$(wc -l < reports)" -ge "$1" ] || { touch touched && return 1; }
}

ends_with() { # STATUS
	wait_while 30 alive "$watcher"
	wait "$watcher"
	status=$?
	[ "$status" = "$1" ] || fail "status $status: $(cat said)"
}

test_a_file_that_appears_and_is_touched() {
	watch
	[ ! -s reports ] || fail "a report before a touch: $(cat reports)"
	touched_until 1
	touched_until 3
	[ "$(jq .report.pid reports | sort -u)" = "$pid" ] || fail "$(cat reports)"
	rm touched
	count=$(wc -l < reports)
	touched_until $((count + 1))
	[ ! -s said ] || fail "it says: $(cat said)"
	kill "$watcher"
	ends_with 0
}

test_a_file_that_was_there() {
	touch touched
	watch
	touched_until 1
	kill -INT "$watcher"
	ends_with 0
}

test_it_ends_with_the_process() {
	watch
	kill "$pid"
	wait "$pid"
	ends_with 0
	grep -qx "process $pid has ended" said || fail "it says: $(cat said)"
}

test_each_report_is_a_file() {
	mkdir files
	watch -L files
	touched_until 3
	while read -r path; do
		[ "$(jq .report.pid "$path")" = "$pid" ] || fail "$path: $(cat "$path")"
	done < reports
	kill "$watcher"
	ends_with 0
	[ "$(find files -type f | wc -l)" = "$(sort -u reports | wc -l)" ] ||
		fail "$(ls -A files), said: $(cat reports)"
}

test_xml_is_one_document() {
	needs_gmr
	"$PROCGUARD" gmr -f xml -S processes $$ > xml 2> no_xml || skip "no XML: $(cat no_xml)"
	watch -f xml
	wait_until 30 touch_and_grep
	kill "$watcher"
	ends_with 0
	xmllint --noout reports 2> errors || fail "$(cat errors reports)"
}

touch_and_grep() {
	grep -q '</report>' reports || { touch touched && return 1; }
}

# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
