#!/bin/sh
# heart_ctl_socket.sh: the control socket of heart run: who may ask, and who gets it. lib.sh says how to run it.
# shellcheck source=tests/progs/heart_ctl.sh
. "${0%/*}/progs/heart_ctl.sh"

# ---- who may ask, and who gets the socket ----

test_private() {
	(umask 0 && exec "$PROCGUARD" heart run --control s -- sleep 300 2>>said) &
	guard=$!
	wait_until 20 answers
	[ "$(ls -l s | cut -c 1-10)" = srw------- ] || fail "$(ls -l s)"
	kill $guard
	wait $guard
	[ -z "$(ls s s.lock 2>/dev/null)" ] || fail "left: $(ls)"
}

as_nobody() { # COMMAND...
	setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
}

test_another_user() {
	[ "$(id -u)" = 0 ] || skip "not root"
	needs setpriv
	chmod 755 .
	cp "$PROCGUARD" binary
	as_nobody ./binary --version >/dev/null 2>&1 || skip "nobody may not come here"
	guard -- sleep 300
	as_nobody ./binary heart ctl -S s status >out 2>err && fail "it was answered: $(cat out)"
	grep -q 'Permission denied (run as its user, or as root)' err || fail "$(cat err)"
	chmod 666 s
	wait_until 20 not_allowed
	expect '' get-cmd
}

not_allowed() {
	as_nobody ./binary heart ctl -S s set-cmd evil >out 2>err && fail "it was answered: $(cat out)"
	grep -q "not allowed: only the guard's own user and root" err
}

test_root_may_ask() {
	[ "$(id -u)" = 0 ] || skip "not root"
	needs setpriv
	mkdir -m 777 open
	chmod 755 .
	cp "$PROCGUARD" binary
	as_nobody ./binary --version >/dev/null 2>&1 || skip "nobody may not come here"
	cd open || fail "no directory"
	start setpriv --reuid 65534 --regid 65534 --clear-groups ../binary heart run --control s -- sleep 300 2>>said
	wait_until 20 answers
	expect '' set-cmd yes
	expect yes get-cmd
}

test_stopped_guard() {
	guard -- sleep 300
	kill -STOP "$guard"
	status_is 1 "$PROCGUARD" heart ctl -S s status
	kill -CONT "$guard"
	grep -q "the guard at 's' does not answer" err || fail "$(cat err)"
	expect '' get-cmd
}

test_after_kill_9() {
	guard -- sleep 300
	ctl status
	left=$(value pid)
	kill -9 "$guard"
	wait "$guard" 2>/dev/null
	kill -9 "$left"
	[ -S s ] || fail "no socket is left"
	expect_failure 1 "no guard at 's': Connection refused" status
	guard -- sleep 300
	expect '' get-cmd
}

test_two_guards() {
	guard -- sleep 300
	status_is 1 "$PROCGUARD" heart run --control s -- touch started
	grep -q "cannot listen at 's'.*by another guard" err || fail "$(cat err)"
	[ ! -e started ] || fail "its program was started"
	expect '' get-cmd
	[ -S s ] || fail "the socket is gone"
}

# Of those that start at once exactly one runs; a dead socket is there already.
test_two_guards_at_once() {
	guard -- sleep 300
	ctl status
	left=$(value pid)
	kill -9 "$guard" "$left"
	wait "$guard" 2>/dev/null
	for i in 1 2 3 4; do
		start "$PROCGUARD" heart run --control s -- sh -c "echo >started.$i; exec sleep 300" 2>>said
	done
	wait_until 20 answers
	wait_until 20 three_refused
	wait_until 20 one_started
}

one_started() {
	set -- started.*
	[ $# = 1 ] && [ -e "$1" ]
}

three_refused() {
	[ "$(grep -c "cannot listen at 's'" said)" = 3 ]
}

test_socket_of_another() {
	guard -- sleep 300
	rm s
	start "$PROCGUARD" heart run --control s -- sleep 300 2>>said
	wait_until 20 answers
	stop "$guard"
	expect '' get-cmd
}

test_no_socket() {
	for what in file link; do
		rm -f s
		[ $what = file ] && touch s
		[ $what = link ] && ln -s "$PWD/elsewhere" s
		status_is 1 "$PROCGUARD" heart run --control s -- touch started
		grep -q "cannot listen at 's'" err || fail "$(cat err)"
	done
	status_is 1 "$PROCGUARD" heart run --control "$(long 200)" -- touch started
	status_is 1 "$PROCGUARD" heart run --control none/s -- touch started
	[ ! -e started ] || fail "the program was started"
}

# Clients that say nothing, hundreds at a time and as fast as they can, keep neither a probe nor a restart away.
test_flood() {
	needs python3
	script flood <<-'END'
		#!/usr/bin/env python3
		import socket
		held = []
		while True:
		    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
		    s.settimeout(5)
		    try:
		        s.connect("s")
		        held.append(s)
		    except OSError:
		        s.close()
		    if len(held) > 500:
		        held.pop(0).close()
		        open("flooded", "w").close()
	END
	guard --restart-delay 1ms -- sleep 300
	start ./flood
	wait_until 20 test -e flooded
	for i in 1 2 3 4 5; do
		ctl status || fail "$(cat err)"
	done
	kill -9 "$(value pid)"
	wait_until 20 running_with_restarts 1
}

# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
