#!/bin/sh
# heart_soak.sh: `procguard heart run` that runs for long: what it has at the end it had at the beginning. lib.sh says
# how to run it.
# timeout: 500
# once
# shellcheck source=tests/progs/heart_run.sh
. "${0%/*}/progs/heart_run.sh"

# What the guard PID has, in lines: descriptors by kind, memory that is its own, children.
inventory() {
	ls -l "/proc/$1/fd" | sed -n 's/.* [0-9]* -> \([a-z/_-]*\).*/fd \1/p' | sort
	sed -n 's/^\(VmData\):[^0-9]*/\1 /p' "/proc/$1/status"
	sed -n 's/^\(Anonymous\):[^0-9]*/\1 /p' "/proc/$1/smaps_rollup"
	echo "children $(wc -w <"/proc/$1/task/$1/children")"
}

# What a guard has that waits: one that has answered is in its loop, and not in the midst of a start.
first_inventory() {
	"$PROCGUARD" heart ctl -S s status >status || fail "it is not well: $(cat status)"
	inventory "$started" >first
	[ "$(grep -c '^Anonymous' first)" = 1 ] || fail "no inventory: $(cat first)"
}

# What is more than at first: descriptors and children. The guard may be in the midst of something: none of it may stay.
more() {
	inventory "$started" >second
	grep -v -e '^Anonymous' -e '^VmData' first | sort >first.exact
	grep -v -e '^Anonymous' -e '^VmData' second | sort >second.exact
	comm -13 first.exact second.exact
}

no_more() {
	[ -z "$(more)" ]
}

value_of() { # NAME FILE
	sed -n "s/^$1 \([0-9]*\).*/\1/p" "$2"
}

# Memory may differ by some pages: which of them were used is chance.
same_inventory() {
	wait_until 100 no_more || fail "it has grown: $(more)"
	[ "$(value_of VmData first)" = "$(value_of VmData second)" ] || fail "it has grown: $(diff first second)"
	grown=$(($(value_of Anonymous second) - $(value_of Anonymous first)))
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
	first_inventory
	rm "starts.$((early + 1))"
	held "starts.$((late + 1))"
	same_inventory
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
	guard -t 1h --on-failure exit --control s \
		"$BUILD/tests/progs/soak" "$1=2000" hold=hold.first "$1=$2" hold=hold.second
	held hold.first
	first_inventory
	rm hold.first
	held hold.second
	same_inventory
	"$PROCGUARD" heart ctl -S s status >status || fail "it is not well: $(cat status)"
	grep -qx "heartbeats: $((2000 + $2))" status || fail "not all have counted: $(cat status)"
	rm hold.second
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
