#!/bin/sh
# docs_gmr_python.sh: what README and the manual say of reports of Python, run on a service as Heat has them. lib.sh
# says how to run it.
# once
# shellcheck source=tests/progs/examples.sh
. "${0%/*}/progs/examples.sh"

# Its pid is $pid, its name, as a script's is by its #! line, $app.
heat_engine() {
	"$PROCGUARD" --list | grep -qx gmr || skip "this build has no gmr"
	/usr/bin/python3 -c 'import eventlet' 2>err || skip "no eventlet for /usr/bin/python3"
	in_path
	app=heat-$$
	{
		echo '#!/usr/bin/python3'
		cat "$TOP/tests/python/heat_engine.py"
	} >$app
	chmod +x $app
	start "./$app" listens >said 2>&1
	pid=$started
	wait_until 60 test -e listens
	wait_until 60 sleeps
}

sleeps() {
	alive "$pid" || fail "it has ended: $(cat said)"
	grep -q '^State:[[:space:]]*S' "/proc/$pid/status"
}

# The example on stdin, for that program; its output is in `out`.
run_example() {
	sed -e "s|heat-engine|$app|g" >lines
	run_report
	grep -q "^procguard .*, pid $pid, complete\$" out || fail "no report of it, or not a complete one: $(cat out)"
}

is_shown() { # TEXT
	grep -qF -e "$1" out || fail "no '$1' in: $(cat out)"
}

test_readme() {
	heat_engine
	example README 'A service of Python' | run_example
	grep -qE "^$PWD/.*$app:[0-9]+ in watch_stack" out || fail "not its frames: $(cat out)"
	# shellcheck disable=SC2016 # quoted as it stands there
	is_shown '    `eventlet.sleep(1000)`'
	is_shown '/eventlet/wsgi.py:'
	is_shown 'native:'
	[ "$(grep -c 'Green Thread  ' out)" -ge 4 ] || fail "too few green threads: $(cat out)"
}

test_manual() {
	heat_engine
	example procguard-gmr.1 'with the local variables' | run_example
	is_shown ' in watch_stack'
	for stack in alpha beta gamma; do
		is_shown "stack = '$stack' (str)"
	done
}

# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
