#!/bin/sh
# heart_ctl_status.sh: heart ctl status, as text and as JSON. lib.sh says how to run it.
# shellcheck source=tests/progs/heart_ctl.sh
. "${0%/*}/progs/heart_ctl.sh"

# ---- status ----

test_status() {
	guard -- sleep 300
	ctl status || fail "status $?: $(cat out err)"
	for line in 'program: sleep' 'state: running' 'well: yes' 'restarts: 0' 'last end: none' 'ready: no' \
		'guarded by: its end alone' 'heartbeats: 0' 'last heartbeat: none' 'deadline: none' 'callback: none' \
		'options: none' 'command: none' 'status: '; do
		grep -qxF "$line" out || fail "no '$line' in: $(cat out)"
	done
	[ "$(tr '\0' ' ' <"/proc/$(value pid)/cmdline")" = 'sleep 300 ' ] || fail "another pid: $(cat out)"
	grep -qx 'uptime: [0-9]*\.[0-9]s' out || fail "$(cat out)"
}

test_status_overdue() {
	guard --no-kill --on-failure restart -t 100ms -- sleep 300
	wait_while 20 ctl status
	status_has 'well: no' || fail "$(cat out)"
	status_has 'state: running' || fail "$(cat out)"
	grep -q 'sleep is not well: overdue' err || fail "$(cat err)"
	beat || fail "$(cat err said)"
	wait_while 20 status_has 'heartbeats: 0'
	wait_while 20 ctl status # overdue again
}

test_status_ending() {
	script app <<-'END'
		#!/bin/sh
		trap 'echo >got' TERM
		echo >ready
		while [ ! -e go ]; do sleep 0.05; done
	END
	guard -- ./app
	wait_until 20 test -e ready
	kill "$guard"
	wait_until 20 test -e got
	wait_until 20 status_has 'state: ending'
	ctl status || fail "it ends as it should: $(cat out err)"
	touch go
	wait "$guard" || fail "status $?: $(cat said)"
	[ ! -e s ] || fail "the socket is still there"
}

test_json() {
	needs jq
	script 'a"b\c	$d' <<-'END'
		#!/bin/sh
		exec sleep 300
	END
	all=$(awk 'BEGIN { for (i = 1; i < 256; i++) printf "\\%03o", i }')
	# shellcheck disable=SC2059 # escapes
	all=$(printf "$all")
	guard --command "$all" -- './a"b\c	$d'
	for words in 'status --json' '--json status'; do
		# shellcheck disable=SC2086 # words
		ctl $words || fail "status $?: $(cat out err)"
		[ "$(wc -l <out)" = 1 ] || fail "$(cat out)"
		[ "$(jq -r .program out)" = './a"b\c	$d' ] || fail "$(cat out)"
		[ "$(jq -c '[.state, .well, .why, .restarts, .last_end, .ready, .guarded_by, .heartbeats]' out)" = \
			'["running",true,null,0,null,false,"its end alone",0]' ] || fail "$(cat out)"
		[ "$(jq -c '[.last_heartbeat_seconds, .deadline_seconds, .callback, .options, .status]' out)" = \
			'[null,null,null,[],""]' ] || fail "$(cat out)"
		[ "$(jq '.pid > 1 and .uptime_seconds >= 0' out)" = true ] || fail "$(cat out)"
		# 127 characters of ASCII, and 128 bytes that are not UTF-8
		[ "$(jq -c '.command | explode | [length, .[8], .[126], .[127], .[254]]' out)" = \
			'[255,9,127,65533,65533]' ] || fail "$(cat out)"
	done
	expect '' set-callback 'true "é"'
	expect '' set-options check_schedulers
	ctl snooze 1h
	ctl status --json
	[ "$(jq -r .callback out)" = 'true "é"' ] || fail "$(cat out)"
	[ "$(jq -c .options out)" = '["check_schedulers"]' ] || fail "$(cat out)"
}

test_json_of_what_it_says() {
	needs jq
	needs python3
	script app <<-'END'
		#!/usr/bin/env python3
		import os, socket, time
		s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
		address = os.environ["NOTIFY_SOCKET"]
		s.connect("\0" + address[1:] if address[0] == "@" else address)
		s.send(b'READY=1\nWATCHDOG=1\nSTATUS="\\ \x01\x1b\x7f\xc2\x9b\xff\xed\xa0\x80 \xc3\xa9 }')
		time.sleep(300)
	END
	guard -- ./app
	wait_until 20 status_has 'ready: yes'
	ctl status --json || fail "$(cat out err)"
	[ "$(jq -c '.status | explode' out)" = \
		'[34,92,32,1,27,127,155,65533,65533,65533,65533,32,233,32,125]' ] || fail "$(cat out)"
	[ "$(jq '.last_heartbeat_seconds >= 0 and .deadline_seconds > 0' out)" = true ] || fail "$(cat out)"
	[ "$(jq -c '[.ready, .guarded_by, .heartbeats]' out)" = '[true,"heartbeats",1]' ] || fail "$(cat out)"
	ctl status
	[ "$(LC_ALL=C grep -c '[[:cntrl:]]' out)" = 0 ] || fail "control characters: $(cat out)"
}

test_json_not_well() {
	needs jq
	guard --restart-delay 1h -- false
	wait_while 20 ctl status
	wait_until 20 status_has 'state: pausing'
	ctl status --json && fail "status 0: $(cat out)"
	[ "$(jq -c '[.state, .well, .pid, .uptime_seconds, .last_end]' out)" = \
		'["pausing",false,null,null,"exit"]' ] || fail "$(cat out)"
	grep -q 'false is not well: pausing' err || fail "$(cat err)"
}

# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
