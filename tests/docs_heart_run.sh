#!/bin/sh
# docs_heart_run.sh: the examples of `heart run`, `ctl` and `beat` in README and the manual, run. lib.sh says how to run
# it.
# once
# shellcheck source=tests/progs/examples.sh
. "${0%/*}/progs/examples.sh"

# program NAME: a program made of the lines on stdin, for sh; it notes its starts in the file "starts".
program() {
	{
		printf '%s\n' '#!/bin/sh' 'echo $$ >> starts'
		cat
	} > "$1"
	chmod +x "$1"
}

started() { # N times
	test -e starts && test "$(wc -l < starts)" -ge "$1"
}

until_said() {
	(within 30 said_err "$1") || fail "not said: '$1', but: $(cat err)"
}

# The example on stdin, where this directory is /srv, and its times are shorter; in the background, its words in err.
run_example() { # [SED-EXPRESSION...]
	in_path
	here | sed -e "s|/run/|$PWD/|g" "$@" > lines
	start sh -c "exec $(cat lines)" 2> err
}

# A program that dies, and one that stays.
dying_first() {
	program app <<-'END'
		test "$(wc -l < starts)" -gt 1 || exit 3
		exec sleep 1000
	END
}

hanging() {
	program app <<-'END'
		exec sleep 1000
	END
}

# ---- README ----

test_readme_any_program() {
	dying_first
	example README 'it begins anew' > example
	run_example < example
	until_said 'app restarted'
	within 30 started 2
	stop "$started"
	rm -r starts bin
	hanging
	run_example -e 's/30s/1s/' < example
	until_said 'app: overdue: no heartbeat for 1'
	within 30 started 2
}

# A heartbeat for each of five pieces, under a guard.
expect_beats() { # COMMAND...
	program do-a-piece <<-'END'
		test "$(wc -l < starts)" -gt 5 || exit 0
		procguard heart ctl status > status
		exit 1
	END
	in_path
	procguard heart run --control s -t 1m "$@" 2> err || fail "it failed: $(cat err)"
	grep -qx 'heartbeats: 5' status || fail "not five heartbeats: $(cat status err)"
}

test_readme_script() {
	example README 'each piece of its' | here > script
	expect_beats sh script
}

test_readme_callback() {
	mkdir -p bin
	printf '%s\n' '#!/bin/sh' "echo \"\$*\" >> $PWD/asked" "test ! -e $PWD/down" > bin/pg_isready
	chmod +x bin/pg_isready
	hanging
	mv app database
	example README 'A program that sends none' > example
	run_example < example
	within 30 test -s asked
	test "$(head -n 1 asked)" = -q || fail "asked otherwise: $(cat asked)"
	touch down
	until_said 'database: a heartbeat does not count: callback: exit status 1'
	rm down
	until_said 'database: its heartbeats count again'
	started 1 && ! started 2 || fail "started $(wc -l < starts) times: $(cat err)"
}

# ---- the manual ----

test_manual_any_program() {
	dying_first
	example procguard-heart.1 'Any program, started again' > example
	run_example < example
	until_said 'app restarted'
	within 30 started 2
}

test_manual_core_dump() {
	hanging
	# shellcheck disable=SC3045 # dash, bash and busybox have it
	ulimit -c 0 # no core is wanted here
	example procguard-heart.1 'is given a minute for its core dump' > example
	run_example -e 's/30s/1s/; s/5m/1s/' < example
	until_said 'app: overdue: no heartbeat for 2'
	until_said ': sending SIGABRT to pid'
	until_said 'app restarted'
}

test_manual_report() {
	hanging
	mkdir log
	example procguard-heart.1 'One that hangs now and then' > example
	run_example -e "s|/var/log/app|$PWD/log|; s/30s/1s/" < example
	until_said "app: report of pid"
	until_said 'app restarted'
	ls log/sleep_gurumeditation_* > found || fail "no report: $(cat err)"
}

test_manual_script() {
	example procguard-heart.1 'one for each piece of its work' | here > script
	chmod +x script
	expect_beats ./script
}

test_manual_python() {
	command -v python3 > python.path || skip "no python3"
	{
		printf '%s\n' 'pieces = iter(range(5))' 'def do_a_piece():' '    return next(pieces, None) is not None'
		example procguard-heart.1 'The same in Python'
		printf '%s\n' 'import subprocess' 'def status():' \
			'    return subprocess.run(["procguard", "heart", "ctl", "status"], stdout=-1).stdout' \
			'while b"heartbeats: 5\n" not in status():' '    pass' 'exit(6)'
	} > script.py
	in_path
	procguard heart run --reason-file reason --control s -t 1m python3 script.py 2> err
	test $? = 6 || fail "SHUT_DOWN was not taken: $(cat err)"
	grep -qx 'CAUSE=stopped' reason || fail "not stopped: $(cat reason)"
}

test_manual_url() {
	command -v python3 > python.path || skip "no python3"
	echo 200 > code
	start python3 "$TOP/tests/progs/http_status.py" port
	within 30 test -s port
	hanging
	example procguard-heart.1 'and is asked every 10 seconds' > example
	run_example -e 's/10s/1s/' -e "s/8080/$(cat port)/" -e 's|run|run --control s|' < example
	within 30 has_beats || fail "no heartbeat: $(cat status err)"
	! said_err 'cannot fetch a URL' || skip "$(cat err)"
	echo 503 > code
	until_said 'app: a heartbeat does not count: callback: HTTP status 503'
	echo 204 > code
	until_said 'app: its heartbeats count again'
}

has_beats() {
	said_err 'cannot fetch a URL' ||
		{ procguard heart ctl -S s status > status && grep -qx 'heartbeats: [1-9].*' status; }
}

test_manual_mail() {
	hanging
	mkdir -p bin
	printf '%s\n' '#!/bin/sh' "printf '%s\n' \"\$@\" > $PWD/mailed" "cat > $PWD/mail" 'exit 4' > bin/mail
	chmod +x bin/mail
	example procguard-heart.1 'somebody is told why' > example
	run_example -e 's/30s/1s/' < example
	wait "$started"
	test $? = 4 || fail "not the command's status: $(cat err)"
	test "$(cat mailed)" = "$(printf '%s\n' -s 'app has failed' root)" || fail "called as: $(cat mailed)"
	grep -qx 'CAUSE=overdue' mail || fail "not told why: $(cat mail)"
}

test_manual_outer_supervisor() {
	hanging
	example procguard-heart.1 'Below another supervisor' > example
	run_example -e 's/30s/1s/' < example
	wait "$started"
	test $? = 1 || fail "not 1: $(cat err)"
	test "$(wc -l < starts)" = 1 || fail "it was restarted: $(cat err)"
}

test_manual_control() {
	hanging
	example procguard-heart.1 'A program that is asked for' > example
	head -n 1 example | sed 's/ &$//' > first
	run_example < first
	within 30 procguard heart ctl -S app.sock status
	tail -n +2 example | here | sed "s|/run/|$PWD/|g" > rest
	sh -e rest > out 2> errors || fail "it fails: $(cat out errors err)"
	grep -qx 'state: running' out || fail "no status: $(cat out)"
	grep -qx 'deadline: in 3[56].*s' out || fail "no snooze: $(cat out)"
	procguard heart ctl -S app.sock get-callback > callback
	test "$(cat callback)" = "test -e $PWD/app.ready" || fail "no callback: $(cat callback)"
}

# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
