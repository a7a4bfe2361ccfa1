#!/bin/sh
# heart_callback.sh: the validation callback of heart run: commands, URLs, silent programs and speaking ones.
# shellcheck source=tests/progs/heart_checks.sh
. "${0%/*}/progs/heart_checks.sh"

# ---- a program that says nothing ----

test_success_is_the_heartbeat() {
	guard -t 60s --interval 100ms --callback 'echo run >>calls' -- sleep 600
	pid=$(value pid)
	wait_until 30 beats 3
	wait_until 30 is_well
	has "pid: $pid" || fail "it was restarted: $(cat status said)"
	has_lines calls 3 || fail "$(lines calls) calls, $(value heartbeats) heartbeats"
	silent
	finish
}

test_failure_is_none() {
	touch good
	guard -t 600s --interval 100ms --callback '[ -e good ] || { echo no database; exit 2; }' -- sleep 600
	wait_until 30 beats 2
	rm good
	await_said 'sleep: a heartbeat does not count: callback: exit status 2: no database'
	! is_well || fail "well: $(cat status)"
	before=$(value heartbeats)
	touch good
	await_said 'its heartbeats count again'
	wait_until 30 beats $((before + 2))
	wait_until 30 is_well
	[ "$(times_said 'does not count: callback: exit status 2')" = 1 ] || fail "said more than once: $(cat said)"
	finish
}

test_overdue() {
	status_is 1 "$PROCGUARD" heart run -t 500ms --interval 100ms --callback 'echo no database >&2; exit 2' \
		--on-failure exit -- "$SPEAKER" note=pid hang
	said 'speaker: overdue: no heartbeat for ' || fail "$(cat said)"
	said '(callback: exit status 2: no database)' || fail "$(cat said)"
	none_alive pid || fail "it was not killed"
}

test_a_restart_begins_anew() {
	guard -t 3s --interval 100ms --callback 'test -e good' --max-restarts none -- "$SPEAKER" note=pids hang
	wait_until 30 has_lines pids 2
	touch good
	wait_until 30 beats 2
	wait_until 30 is_well
	finish
	none_alive pids || fail "one of them lives: $(cat pids)"
}

test_no_such_command() {
	guard -t 600s --interval 100ms --callback /no/such/command -- sleep 600
	await_said 'callback: exit status 127: '
	said 'not found' || fail "$(cat said)"
	finish
}

# It has a second at least.
test_one_that_hangs() {
	guard -t 600s --interval 100ms --callback 'echo $$ >>hanging; exec sleep 600' -- sleep 600
	await_said 'a heartbeat does not count: callback: no answer within 1s'
	wait_until 30 has_lines hanging 3
	finish
	none_alive hanging || fail "some live: $(cat hanging)"
	[ "$(times_said 'does not count')" = 1 ] || fail "said more than once: $(cat said)"
}

test_daemons_do_not_gather() {
	guard -t 600s --interval 100ms --callback '(setsid sh -c "echo \$\$ >>daemons; exec sleep 600" &); exit 0' \
		-- sleep 600
	await_beats 5
	finish
	[ ! -e daemons ] || none_alive daemons || fail "some live: $(cat daemons)"
}

# What the callback says on its way out, and nothing that it says otherwise.
test_its_output_goes_nowhere() {
	guard -t 600s --interval 100ms --callback 'yes | head -n 1000; yes | head -n 1000 >&2' -- sleep 600
	await_beats 3
	finish
	silent
}

# A program that ends while a callback runs, which would run for ever.
test_the_program_ends_meanwhile() {
	guard -t 600s --interval 100ms --callback 'echo $$ >>running; exec sleep 600' \
		-- "$SPEAKER" wait=end wait=running
	touch end
	ends_with 0
	none_alive running || fail "the callback lives"
	silent
}

test_the_program_fails_meanwhile() {
	guard -t 600s --interval 100ms --callback 'echo $$ >>running; exec sleep 600' --on-failure exit \
		-- "$SPEAKER" wait=end wait=running exit=3
	touch end
	ends_with 1
	none_alive running || fail "the callback lives"
}

test_the_guard_is_killed() {
	guard -t 600s --interval 100ms --callback 'echo $$ >>running; exec sleep 600' -- "$SPEAKER" note=program hang
	wait_until 30 has_lines running 1
	stop "$guard" KILL
	wait_until 30 none_alive running
	kill -KILL "$(cat program)"
}

# It would be its own proof.
test_it_cannot_speak_for_the_program() {
	cat >callback <<-'END'
	env | grep -E '^(NOTIFY_SOCKET|WATCHDOG_USEC|WATCHDOG_PID|HEART_FD|HEART_CONTROL)=' >>leaks
	"$PROCGUARD" heart beat 2>>refused && echo spoke >>leaks
	exit 1
	END
	guard -t 600s --interval 100ms --callback 'sh ./callback' -- "$SPEAKER" env=HEART_CONTROL="$PWD/s" hang
	wait_until 30 has_lines refused 2
	beats 1 && fail "a heartbeat counted"
	[ ! -s leaks ] || fail "$(cat leaks)"
	finish
}

# ---- a program that speaks ----

test_heartbeats_count_behind_it_only() {
	guard -t 600s --interval 100ms --callback 'test -e good' -- "$SPEAKER" notify=READY=1 notifies=20
	await_said 'a heartbeat does not count: callback: exit status 1'
	beats 1 && fail "a heartbeat counted: $(cat status)"
	touch good
	await_said 'its heartbeats count again'
	await_beats 2
	wait_until 30 is_well
	finish
}

test_by_heart_fd() {
	guard -t 600s --interval 100ms --callback 'test -e good' -- "$SPEAKER" ack beats=20
	await_said 'a heartbeat does not count: callback: exit status 1'
	touch good
	await_beats 2
	finish
}

# A thousand heartbeats a second are no thousand validations.
test_it_does_not_run_all_the_time() {
	began=$(date +%s)
	guard -t 600s --interval 1s --callback 'echo run >>calls' -- "$SPEAKER" notifies=1
	await_beats 2
	calls=$(lines calls)
	took=$(($(date +%s) - began))
	[ "$calls" -le $((took + 2)) ] || fail "$calls calls in $took s"
	finish
}

# It has been silent for a while: nobody stands in for it any more.
test_a_speaker_that_falls_silent() {
	status_is 1 "$PROCGUARD" heart run -t 1s --interval 100ms --callback true --on-failure exit \
		-- "$SPEAKER" notify=WATCHDOG=1 hang
	said 'overdue: no heartbeat' || fail "$(cat said)"
}

# ---- heart ctl ----

test_set_and_cleared() {
	guard -- sleep 600
	[ "$(ctl get-callback)" = none ] || fail "$(ctl get-callback)"
	ctl set-callback 'test -e good' || fail "set-callback"
	[ "$(ctl get-callback)" = 'test -e good' ] || fail "$(ctl get-callback)"
	ctl clear-callback || fail "clear-callback"
	[ "$(ctl get-callback)" = none ] || fail "$(ctl get-callback)"
	finish
}

test_set_for_a_silent_program() {
	guard -t 600s --interval 100ms -- sleep 600
	status
	has 'heartbeats: 0' || fail "$(cat status)"
	ctl set-callback 'echo run >>calls' || fail "set-callback"
	await_beats 2
	ctl clear-callback || fail "clear-callback"
	has 'callback: none' || fail "$(cat status)"
	finish
}

# Cleared while a heartbeat waits for it: that one counts.
test_cleared_while_it_runs() {
	guard -t 600s --interval 600s --callback 'touch running; sleep 600' -- "$SPEAKER" notify=WATCHDOG=1 hang
	wait_until 30 test -e running
	ctl clear-callback || fail "clear-callback"
	wait_until 30 beats 1
	finish
}

# What ctl set is gone with the program that it was set for.
test_gone_after_a_restart() {
	guard -t 600s --interval 100ms --callback 'echo given >>given' -- sleep 600
	ctl set-callback 'echo set >>set' || fail "set-callback"
	wait_until 30 has_lines set 2
	status
	kill -KILL "$(value pid)"
	await_said 'sleep restarted'
	before=$(lines given)
	wait_until 30 has_lines given $((before + 2))
	[ "$(ctl get-callback)" = 'echo given >>given' ] || fail "$(ctl get-callback)"
	finish
}

# ---- URLs ----

# A server on 127.0.0.1; $url. It answers with the status in the file `code`; not at all while there is a file `slow`.
serve() {
	echo "${1:-200}" >code
	start python3 "$TOP/tests/progs/http_status.py" port
	server=$started
	wait_until 30 test -s port
	url=http://127.0.0.1:$(cat port)/health
}

# guard_url OPTIONS: the program says nothing
guard_url() {
	guard --interval 100ms --callback "$url" "$@" -- sleep 600
	! said 'cannot fetch a URL' || skip "built without libcurl"
}

test_url() {
	serve
	guard_url -t 600s
	await_beats 2
	echo 204 >code
	await_beats 2
	silent
	for code in 503 302 404; do
		echo $code >code
		await_said "a heartbeat does not count: callback: HTTP status $code"
	done
	! is_well || fail "well: $(cat status)"
	echo 200 >code
	await_said 'its heartbeats count again'
	finish
}

test_url_that_is_slow() {
	serve
	guard_url -t 600s
	await_beats 1
	touch slow
	await_said 'callback: no answer within 1s'
	rm slow
	await_said 'its heartbeats count again'
	finish
}

test_url_without_a_server() {
	serve
	guard_url -t 600s
	await_beats 1
	stop "$server"
	await_said 'callback: Connection refused'
	finish
}

test_url_overdue() {
	serve 503
	status_is 1 "$PROCGUARD" heart run -t 1s --interval 100ms --callback "$url" --on-failure exit -- sleep 600
	! said 'cannot fetch a URL' || skip "built without libcurl"
	said '(callback: HTTP status 503): killing pid' || fail "$(cat said)"
}

test_url_set_by_ctl() {
	serve
	guard -t 600s --interval 100ms -- "$SPEAKER" notifies=20
	await_beats 1
	echo 500 >code
	ctl set-callback "$url" || fail "set-callback"
	await_said 'callback: HTTP status 500'
	finish
}

# ---- a file system that does not answer ----

hangfs_decided() {
	grep -q mounted hangfs.out || ! alive "$started"
}

test_one_that_is_held_in_the_kernel() {
	[ "$(id -u)" = 0 ] || skip "needs root"
	mkdir mnt
	start "$BUILD/tests/progs/hangfs" mnt >hangfs.out 2>hangfs.err
	wait_until 10 hangfs_decided
	grep -q '^hangfs: ' hangfs.err && skip "$(cat hangfs.err)"
	guard -t 600s --interval 100ms --callback "echo \$\$ >>held; exec $PWD/mnt/check" -- sleep 600
	await_said 'callback: no answer within 1s'
	wait_until 30 has_lines held 2
	is_well && fail "well: $(cat status)"
	finish
	none_alive held || fail "some live: $(cat held)"
}

. "${0%/*}/lib.sh"
