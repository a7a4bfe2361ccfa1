#!/bin/sh
# docs_gmr.sh: the examples of reports, of README and the manual, run on a program of our own. lib.sh says how to run
# it.
# once
# shellcheck source=tests/progs/examples.sh
. "${0%/*}/progs/examples.sh"

# A program that takes SIGUSR2, and what the examples name: a pid file, a directory of logs. Its pid is $pid, its name
# one that no other test uses.
webapp() {
	"$PROCGUARD" --list | grep -qx gmr || skip "this build has no gmr"
	in_path
	app=webapp$$
	cp "$BUILD/tests/progs/taker" $app
	start "./$app" handler > ready 2> said
	pid=$started
	wait_until 30 grep -q ready ready
	mkdir log
	echo "$pid" > $app.pid
}

# The example on stdin, for that program; its output is in `out`.
run_example() {
	sed -e "s|/var/log|$PWD/log|g" -e "s|/run/|$PWD/|g" -e "s|4711|$pid|g" -e "s|webapp|$app|g" > lines
	run_report
}

is_reported() {
	grep -q "^procguard .*, pid $pid, complete\$" out || fail "no report of it, or not a complete one: $(cat out)"
}

test_readme_report() {
	webapp
	example README 'A report of process 4711' | run_example
	is_reported
	[ "$(grep -c '^====  *[A-Z]' out)" = 6 ] || fail "sections: $(cat out)"
}

test_readme_threads() {
	webapp
	example README 'Processes can be named otherwise' | run_example
	is_reported
	grep -q "Thread #$pid " out || fail "no thread: $(cat out)"
	! grep -q '==== *Package' out || fail "more sections: $(cat out)"
}

test_readme_json() {
	webapp
	example README 'As JSON' | run_example
	grep -q "\"$(echo "$app" | cut -c 1-15)\"" out || fail "no name: $(cat out)"
}

test_readme_files() {
	webapp
	example README 'Into a file of its own' > both
	sed -n 1p both | run_example
	grep -q "^procguard .*, pid $pid, " "$(cat out)" || fail "no report in $(cat out)"
	sed -n 2p both > watching
	expect_watched < watching
}

# The line on stdin watches; a touch makes a report.
expect_watched() {
	sed -e "s|/var/log|$PWD/log|g" -e "s|/run/|$PWD/|g" -e "s|webapp|$app|g" -e 's/^/exec /' > lines
	start sh lines > paths 2> err
	wait_until 30 touched_and_reported
	grep -q "^procguard .*, pid $pid, " "$(head -n 1 paths)" || fail "no report in $(cat paths)"
	kill "$pid"
	wait_while 30 alive "$started"
}

touched_and_reported() {
	[ -s paths ] || { touch $app.gmr && return 1; }
}

# As it stands there, but for where the library is, which is not installed; and for the sleep.
test_readme_library() {
	"$PROCGUARD" --list | grep -qx gmr || skip "this build has no gmr"
	example README 'with sections of its own, by two calls' >server.c
	example README 'Nothing but its own file' >lines
	sed -n "1s#\\\$(pkg-config .*)#-I$BUILD/include $BUILD/inside/libprocguard.a -pthread#p" lines >build.sh
	sh -e build.sh || fail "not built: $(cat build.sh)"
	printf '%s\n' './server &' 'sleep 1' "kill -USR2 \$!" >expected
	sed 1d lines | cmp -s expected - || fail "the example is another one: $(cat lines)"
	start ./server 2>err
	wait_until 30 takes_usr2 "$started"
	kill -USR2 "$started"
	wait_until 30 grep -q '^waiting = 3' err
}

test_manual_of_procguard() {
	webapp
	example procguard.1 'See what a program is doing' | run_example
	is_reported
}

test_manual_report() {
	webapp
	example procguard-gmr.1 'What is process 4711 doing' | run_example
	is_reported
	example procguard-gmr.1 'Only the threads of all' | run_example
	is_reported
	example procguard-gmr.1 'held up for a microsecond' | run_example
	grep -q "^procguard .*, pid $pid, " out || fail "no report: $(cat out)"
}

test_manual_json() {
	webapp
	command -v jq > jq.path || skip "no jq"
	example procguard-gmr.1 'How many threads are in which' | run_example
	grep -qE '^ *1 .*(pause|rt_sigsuspend|ppoll)' out || fail "not what it waits in: $(cat out)"
}

test_manual_files() {
	webapp
	example procguard-gmr.1 'A report into a file' | run_example
	grep -q "^procguard .*, pid $pid, " "$(cat out)" || fail "no report in $(cat out)"
	example procguard-gmr.1 'whenever somebody touches a file' > watching
	expect_watched < watching
}

test_manual_xml() {
	webapp
	example procguard-gmr.1 'A supervisor and all' | run_example
	grep -q "<report" out || fail "no XML: $(cat out)"
}

test_manual_signal() {
	webapp
	example procguard-gmr.1 'Ask a program of OpenStack' | run_example
	grep -qx "SIGUSR2 sent to $pid ($app); its standard error is $PWD/said" out || fail "$(cat out)"
	wait_until 30 grep -q 'took it' said
}

# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
