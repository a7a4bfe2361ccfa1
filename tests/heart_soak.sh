#!/bin/sh
# heart_soak.sh: `procguard heart run` that runs for long: what it has at the end it had at the beginning. lib.sh says
# how to run it.
# timeout: 500
# once
# shellcheck source=tests/progs/heart_run.sh
. "${0%/*}/progs/heart_run.sh"

# What the guard PID has, in lines: descriptors, memory that is its own, children.
inventory() {
	ls -l "/proc/$1/fd" | sed -n 's/.* \([0-9]* -> [a-z/_-]*\).*/fd \1/p' | sort
	sed -n 's/^\(VmData\):[^0-9]*/\1 /p' "/proc/$1/status"
	sed -n 's/^\(Anonymous\):[^0-9]*/\1 /p' "/proc/$1/smaps_rollup"
	echo "children $(wc -w <"/proc/$1/task/$1/children")"
}

# Descriptors and children must be the same, memory may differ by some pages: which of them were used is chance.
same_inventory() { # FILE FILE
	[ "$(grep -c '^Anonymous' "$1")" = 1 ] || fail "no inventory: $(cat "$1")"
	grep -v '^Anonymous' "$1" >first.exact
	grep -v '^Anonymous' "$2" >second.exact
	cmp -s first.exact second.exact || fail "it has grown: $(diff first.exact second.exact)"
	grown=$(($(sed -n 's/^Anonymous \([0-9]*\).*/\1/p' "$2") - $(sed -n 's/^Anonymous \([0-9]*\).*/\1/p' "$1")))
	[ $grown -le 32 ] || fail "it has grown by $grown KiB"
}

# The program waits at hold=NAME.
held() { # NAME
	wait_until 400 held_or_over "$1"
	[ -e "$1" ] || fail "the guard has ended: $(tail err)"
}

held_or_over() {
	[ -e "$1" ] || ! alive "$started"
}

# A zombie counts: its parent is one of these, too.
left_of() { # PID: what it is the parent of
	cat /proc/[0-9]*/stat 2>/dev/null | awk -v parent="$1" '{ sub(/.*\) /, "") } $2 == parent'
}

# restarted N OPTION...: by exit statuses and signals, with and without words before; some leave a process behind, some
# ask to be killed. What there was after some hundreds of them is there after N.
restarted() {
	early=$(($1 / 10)) late=$1
	shift
	guard --on-failure restart --max-restarts none --restart-delay 0 --grace 200ms --control s "$@" \
		"$BUILD/tests/progs/soak" "die=starts,$((early + 1)),$((late + 1))"
	held "starts.$((early + 1))"
	inventory "$started" >first
	rm "starts.$((early + 1))"
	held "starts.$((late + 1))"
	inventory "$started" >second
	same_inventory first second
	grep -qx 'children 1' second || fail "more than the program is left: $(left_of "$started")"
	"$PROCGUARD" heart ctl -S s status --json >status || fail "it is not well: $(cat status)"
	grep -qF "\"restarts\": $late," status || fail "not $late restarts: $(cat status)"
	[ "$(grep -c '^soak restarted$' err)" = "$late" ] || fail "restarted $(grep -c '^soak restarted$' err) times"
	never_said 'procguard heart: '
	stop "$started"
	status=$?
	[ $status = 143 ] || fail "status $status: $(tail err)"
	[ ! -e s ] || fail "the control socket is left"
}

test_ten_thousand_restarts() {
	restarted 10000
}

# Each is fsync(2)'s, which may take long.
test_restarts_with_their_reasons() {
	restarted 500 --reason-file reason
	reason_is CAUSE=stopped RESTARTS=500
}

# N heartbeats after the first ones; STEP: frames, messages.
many_beats() { # STEP N
	guard -t 1h --on-failure exit --control s "$BUILD/tests/progs/soak" "$1=2000" hold=first "$1=$2" hold=second
	held first
	inventory "$started" >first.inventory
	rm first
	held second
	inventory "$started" >second.inventory
	same_inventory first.inventory second.inventory
	"$PROCGUARD" heart ctl -S s status >status || fail "it is not well: $(cat status)"
	grep -qx "heartbeats: $((2000 + $2))" status || fail "not all have counted: $(cat status)"
	rm second
	ends_with "$started" 0
	[ ! -s err ] || fail "said: $(cat err)"
}

test_a_million_frames() {
	many_beats frames 1000000
}

test_many_messages() {
	many_beats messages 100000
}

# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
