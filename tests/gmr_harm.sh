#!/bin/sh
# gmr_harm.sh: that `gmr` does no harm to the process that it looks at, whatever becomes of gmr. lib.sh says how to run
# it.
# timeout: 600
# shellcheck source=tests/progs/harmed.sh
. "${0%/*}/progs/harmed.sh"

# ---- interruptions ----

reports() { # COUNT OPTION...
	left=$1
	shift
	while [ "$left" -gt 0 ]; do
		# shellcheck disable=SC2086 # words
		"$PROCGUARD" gmr $PATIENT -S threads "$@" "$pid" || return
		left=$((left - 1))
	done
}

idle_server_is_not_interrupted() { # REPORTS
	wait_until 30 asleep "$pid" 3
	reports "$1" > out || fail "a report failed"
	[ "$(grep -c 'read asleep$' out)" = $((3 * $1)) ] || fail "not asleep: $(grep ' read ' out | sort | uniq -c)"
	[ "$(count 2) $(count 3)" = '0 0' ] || fail "interruptions in $1 reports: $(count 2), $(count 3)"
	reports 1 --stop > out
	wait_until 30 counted 2 1 # they would have been counted
	wait_until 30 counted 3 1
}

test_an_idle_server_is_not_interrupted() {
	harmed idle
	idle_server_is_not_interrupted 20
}

test_an_idle_server_is_not_interrupted_in_1000_reports() {
	[ "$TIMES" = 1 ] || skip "too slow in this build"
	build_harmed -static -s # of which a report is quick
	harmed idle
	idle_server_is_not_interrupted 1000
}

interruptions_by() { # OPTION...
	interrupted=$(count 2)
	reports 50 "$@" > out || fail "a report failed"
	interrupted=$(($(count 2) - interrupted))
}

# How many there are depends on the machine: they are told.
test_a_busy_server() {
	build_harmed -static -s # of which a report is quick
	harmed load
	wait_until 30 counted 4 1000
	interruptions_by --no-stop
	none=$interrupted
	interruptions_by
	gentle=$interrupted
	interruptions_by --stop
	echo "interruptions of epoll_wait in 50 reports each: $none by --no-stop, $gentle, $interrupted by --stop"
	[ "$none" = 0 ] || fail "interrupted by --no-stop"
	wait_until 30 counted 4 $(($(count 4) + 1000))
}

# ---- threads that come and go ----

test_threads_that_come_and_go() {
	harmed spin churn 29000
	while ! counted 5 29000; do
		for option in --no-stop --stop --deadline=60s; do
			# shellcheck disable=SC2086 # words
			gmr -f json -S threads "$option" "$pid"
			expect_status 0
			jq -e '.Threads | length >= 6' out > jq.out || fail "not all that stay: $(cat out)"
		done
	done
	goes_on "$pid"
}

# ---- stopped, held ----

test_what_was_stopped_stays_so() {
	harmed spin idle
	kill -STOP "$pid"
	wait_until 30 states_are "$pid" T
	for option in --no-stop --stop --deadline=60s; do
		gmr -S threads "$option" "$pid"
		expect_status 0
		grep -q ', stopped, ' out || fail "not said: $(cat out)"
		wait_until 30 states_are "$pid" T
		is_free "$pid" || fail "$option: still traced"
		before=$(count 1)
		[ "$before" = "$(count 1)" ] || fail "it runs"
	done
	kill -CONT "$pid"
	goes_on "$pid"
}

is_held() { # PID
	states_are "$1" D
}

test_held_in_vfork() {
	needs_gmr
	start "$BUILD/tests/progs/vforker"
	pid=$started
	wait_until 30 is_held "$pid"
	for option in --stop --deadline=60s; do
		gmr --max-stop 20ms "$option" "$pid"
		expect_status 0
		grep -q ', in vfork\|, disk sleep' out || fail "not said: $(cat out)"
		is_free "$pid" || fail "$option: still traced"
		is_held "$pid" || fail "$option: it runs"
	done
}

# On a file system that does not answer.
test_held_by_a_file_system() {
	needs_gmr
	mkdir mnt
	start "$BUILD/tests/progs/hangfs" mnt > hangfs.out 2> hangfs.err
	hangfs=$started
	wait_until 10 grep -qs . hangfs.out hangfs.err
	grep '^hangfs: ' hangfs.err && skip "no FUSE: $(cat hangfs.err)"
	start cat mnt/file
	pid=$started
	wait_until 30 in_fuse "$pid"
	for option in --no-stop --stop --deadline=60s; do
		gmr --max-stop 20ms "$option" "$pid"
		expect_status 0
		grep -q 'wchan .*fuse' out || fail "not said: $(cat out)"
		wait_until 30 is_free "$pid"
	done
	stop "$hangfs"
}

in_fuse() { # PID
	grep -qs fuse "/proc/$1/wchan"
}

# ---- gmr itself is killed, or stopped, in mid-stop ----

# A library below gmr: in mid-stop THIS happens.
mid_stop() { # THIS [OPTION...]
	export MID_STOP="$1"
	shift
	[ -e mid_stop.so ] ||
		${CC:-cc} -shared -fPIC -D_GNU_SOURCE -o mid_stop.so "$TOP/tests/progs/preload/mid_stop.c" -ldl ||
		skip "cannot build it"
	rm -f in-mid-stop
	LD_PRELOAD="$PWD/mid_stop.so"
	export LD_PRELOAD
	"$@"
	unset LD_PRELOAD
	[ -e in-mid-stop ] || skip "no library can be put below this build: $(cat out err)"
}

test_killed_in_mid_stop() {
	harmed spin idle
	mid_stop kill gmr --stop "$pid"
	[ "$status" = 137 ] || fail "it was not killed, but $status: $(cat out err)"
	goes_on "$pid"
	gmr --stop "$pid"
	expect_status 0
}

# The child that has stopped them is stopped: gmr ends it, and goes on.
test_its_child_stopped_in_mid_stop() {
	harmed spin idle
	mid_stop stop gmr --stop "$pid"
	expect_status 0
	grep -q "Thread #$pid " out || fail "no report: $(cat out err)"
	goes_on "$pid"
}

test_ctrl_z_in_mid_stop() {
	command -v python3 > /dev/null || skip "no python3"
	command -v bash > /dev/null || skip "no bash"
	harmed spin idle
	cat > typed <<-END
		export MID_STOP=wait
		LD_PRELOAD=$PWD/mid_stop.so '$PROCGUARD' gmr --deadline 60s --max-stop 30s --stop -o report $pid
	END
	mid_stop stop gmr --stop "$pid" # builds it, and skips where it is of no use
	python3 "$TOP/tests/progs/terminal.py" 'run=PS1="> " exec bash --norc --noprofile -i' 'see=> ' \
		'type=. ./typed\n' 'see=in mid-stop' 'type=\x1a' 'see=Stopped' 'see=> ' 'type=echo > stopped\n' \
		'type=until [ -e looked ]; do read -t 0.05; done; fg\n' 'see=procguard' 'see=> ' 'type=exit\n' \
		end=0 > terminal.out 2>&1 &
	terminal=$!
	wait_until 60 test -e stopped
	goes_on "$pid"
	[ ! -e report ] || fail "it was not stopped: $(cat report)"
	echo > looked
	wait $terminal || fail "$(cat terminal.out)"
	[ "$(grep -c 'read stopped$' report)" = 4 ] || fail "no report: $(cat report terminal.out)"
}

# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
