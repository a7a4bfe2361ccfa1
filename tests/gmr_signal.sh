#!/bin/sh
# gmr_signal.sh: gmr --signal: who is sent the signal, who is not, and where the answer is said to go. lib.sh says how
# to run it.
# shellcheck source=tests/progs/command.sh
. "${0%/*}/progs/command.sh"

# A program that takes SIGUSR2 in this way (tests/progs/taker.c), called so; its pid is $started.
taker() { # WAY [NAME]
	"$PROCGUARD" --list | grep -qx gmr || skip "this build has no gmr"
	name=${2:-webapp$$}
	rm -f "$name" ready
	cp "$BUILD/tests/progs/${3:-taker}" "$name"
	start "./$name" "$1" > ready 2> said
	wait_until 30 grep -q ready ready
}

gmr() {
	run timeout -s KILL $((60 * TIMES)) "$PROCGUARD" gmr "$@"
}

took_it() {
	grep -q 'took it' said && ! alive "$started"
}

not_sent() { # TEXT ARG...
	text=$1
	shift
	gmr "$@" "$started"
	expect_status 1
	expect_err "procguard gmr: not sent to $started ($name): it $text"
	expect_out ''
	alive "$started" || fail "it has ended"
}

test_a_handler() {
	taker handler
	gmr --signal "$started"
	expect_status 0
	expect_out "SIGUSR2 sent to $started ($name); its standard error is $PWD/said"
	wait_until 30 took_it
}

test_sigwait_and_signalfd() {
	for way in sigwait signalfd worker; do
		taker $way
		gmr --signal=USR2 "$started"
		expect_status 0
		wait_until 30 took_it
	done
}

test_another_signal() {
	taker handler
	not_sent "has no handler for the signal, which would end it" --signal=USR1
	not_sent "has no handler for the signal" --signal=KILL --force
	not_sent "has no handler for the signal" --signal=RTMIN+3
}

test_nobody_who_takes_it() {
	for way in none one; do
		taker $way
		not_sent "has no handler for the signal" --signal
		not_sent "has no handler for the signal" --signal --force
		stop "$started"
	done
	taker ignored
	not_sent "ignores the signal" --signal
}

test_programs_that_mean_something_else() {
	taker handler nginx
	not_sent "starts its new executable beside the old one (--force sends it)" --signal
	gmr --signal --force "$started"
	expect_status 0
	wait_until 30 took_it
	taker handler webapp taker_go
	not_sent "is a Go program, which has a handler for every signal and may end by it (--force sends it)" --signal
}

test_several_of_which_one_does_not_take_it() {
	taker none
	first=$started
	taker handler
	gmr --signal "$first" "$started"
	expect_status 1
	expect_err "not sent to $first"
	wait_until 30 took_it
}

# Where the answer goes, as far as that can be seen.
test_standard_errors() {
	taker handler
	stop "$started" KILL 2> stopped
	start sh -c "exec ./$name handler > ready 2> /dev/null"
	wait_until 30 grep -q ready ready
	gmr --signal "$started"
	expect_out "SIGUSR2 sent to $started ($name); its standard error is /dev/null, \
so a report that goes there is lost"
	: > ready
	start sh -c "exec ./$name handler > ready 2>&-"
	wait_until 30 grep -q ready ready
	gmr --signal "$started"
	expect_out "SIGUSR2 sent to $started ($name); its standard error is closed"
	: > ready
	start sh -c "./$name handler 2>&1 > ready | cat > piped"
	wait_until 30 grep -q ready ready
	gmr --signal -n "$name"
	grep -qE "; its standard error is pipe.*, read by whoever started it\$" out || fail "$(cat out)"
	wait_until 30 grep -q 'took it' piped
}

test_it_has_ended() {
	taker handler
	kill -9 "$started"
	wait "$started"
	gmr --signal "$started"
	expect_status 1
	expect_err "procguard gmr: there is no process $started"
}

# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
