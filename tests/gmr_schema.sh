#!/bin/sh
# once
# gmr_schema.sh: what is written as JSON and as XML, by the views alone and by gmr of a real process, against the
# schemas of man/; and that these refuse what they should.
# shellcheck source=tests/progs/command.sh
. "${0%/*}/progs/command.sh"

json_schema() {
	for python in python3 /usr/bin/python3 ''; do
		$python -c 'import jsonschema' 2>/dev/null && break
	done
	[ -n "$python" ] || skip "no jsonschema for Python"
	cat >check.py <<-'END'
		import json, sys, jsonschema
		with open(sys.argv[1], encoding='utf-8') as file:
		    schema = json.load(file)
		jsonschema.Draft7Validator.check_schema(schema)
		for line in sys.stdin:
		    for error in jsonschema.Draft7Validator(schema).iter_errors(json.loads(line)):
		        sys.exit('%s: %s' % (list(error.path), error.message))
	END
}

json_is_valid() { # FILE
	$python check.py "$TOP/man/procguard-gmr.schema.json" <"$1" 2>refused
}

xml_schema() {
	command -v xmllint >/dev/null || skip "no xmllint"
}

xml_is_valid() { # FILE
	xmllint --noout --nonet --relaxng "$TOP/man/procguard-gmr.rng" "$1" 2>refused
}

# Each of these makes the valid FILE an invalid one, and the check says so.
refuses() { # json|xml FILE SED...
	form=$1 file=$2
	shift 2
	for change in "$@"; do
		sed "$change" "$file" >changed
		! cmp -s "$file" changed || fail "nothing to change: $change"
		! "${form}_is_valid" changed || fail "valid after: $change"
	done
}

test_json() {
	json_schema
	"$BUILD/tests/test_report_json" all >all || fail "not written"
	json_is_valid all || fail "$(cat refused)"
	refuses json all 's/"pid": 4711/"pid": "x"/' 's/"thread_id"/"thread"/' 's/"filename"/"file"/' \
		's/"lines": \[/&5,/' 's/"vendor": "ACME"/"vendor": 5.5/' 's/"children": /"child": /' \
		's/"complete": false/"complete": null/' \
		's/"read": "asleep"/"read": "awake"/' 's/"limits": {/"limits": 5, "more": {/' 's/"denied"/"x"/'
	"$BUILD/tests/test_report_json" python >python || fail "not written"
	json_is_valid python || fail "$(cat refused)"
	refuses json python 's/"gil": "waits"/"gil": "eats"/' 's/"settled"/"x"/' 's/"kind": "task"/"kind": "gnome"/' \
		's/"native_stack_trace": {/&"x": 1, /' 's/"interpreter_id": 3, //' 's/"value": "5"/"value": 5/' \
		's/"suspended"/"asleep"/' 's/"comm": "/&x", "y": "/'
}

test_xml() {
	xml_schema
	"$BUILD/tests/test_report_xml" all >all || fail "not written"
	xml_is_valid all || fail "$(cat refused)"
	sed -e 's/<report>/<reports>&/' -e 's/<.report>/&<\/reports>/' all >several
	xml_is_valid several || fail "$(cat refused)"
	refuses xml all 's/<pid>4711/<pid>x/' 's/thread_id>/thread>/g' 's/filename>/file>/g' 's/<lines>/&5/' \
		's/null="true"/null="false"/' 's/children>/child>/g' 's/complete>false/complete>no/' \
		's/read>asleep/read>awake/' 's/denied>/x>/g' 's/title="Poem"/title="Threads"/' 's/ title="Poem"//'
	"$BUILD/tests/test_report_xml" python >python || fail "not written"
	xml_is_valid python || fail "$(cat refused)"
	refuses xml python 's/gil>waits/gil>eats/' 's/settled>true/settled>yes/' 's/kind>task/kind>gnome/' \
		's/<native_stack_trace>/&<x\/>/' 's/<interpreter_id>3.*//' 's/state>suspended/state>asleep/' \
		's/comm>/x>/g'
}

# A program with threads, a child, and what needs escaping in its command line.
target() {
	"$PROCGUARD" --list | grep -qx gmr || skip "this build has no gmr"
	start python3 -c 'if 1:
		import subprocess, sys, threading
		child = subprocess.Popen(["sleep", "1500000000"])
		threading.Thread(target=threading.Event().wait, daemon=True).start()
		open("ready", "w").close()
		child.wait()' '<&>"' "$(printf '\001\377\357\277\277')"
	pid=$started
	wait_until 30 [ -e ready ]
}

test_json_of_a_process() {
	json_schema
	target
	for options in '' '--fold' '--no-stop' '-S Threads' '--environ'; do
		# shellcheck disable=SC2086 # an option, an option and its argument, or none
		run "$PROCGUARD" gmr -f json $options "$pid"
		expect_status 0
		json_is_valid out || fail "$options: $(cat refused)"
	done
	run "$PROCGUARD" gmr -f json "$pid" "$$"
	expect_status 0
	[ "$(wc -l <out)" = 2 ] || fail "not a line for each: $(cat out)"
	json_is_valid out || fail "$(cat refused)"
}

green() {
	needs_gmr
	[ -x "$BUILD/tests/inside/green" ] || skip "no C library in this build"
	start "$BUILD/tests/inside/green" many 3 >ready
	pid=$started
	wait_until 30 grep -q ready ready
}

# The sed scripts are for what stands there once.
test_json_of_green_threads() {
	json_schema
	green
	for options in '' '--fold' '-S green-threads'; do
		# shellcheck disable=SC2086 # an option, an option and its argument, or none
		run "$PROCGUARD" gmr -f json $options "$pid"
		expect_status 0
		grep -q '"state": "waiting"' out || skip "no green threads for this processor and libc"
		json_is_valid out || fail "$options: $(cat refused)"
	done
	refuses json out 's/"state": "waiting"/"state": "sleeping"/' 's/"running in thread /&x/' \
		's/"state": "waiting", //' 's/"state": "waiting"/"tid": 5, &/'
}

test_xml_of_green_threads() {
	xml_schema
	green
	for options in '--fold' '-S green-threads'; do
		# shellcheck disable=SC2086 # an option, or an option and its argument
		run "$PROCGUARD" gmr -f xml $options "$pid"
		expect_status 0
		grep -q 'state>waiting' out || skip "no green threads for this processor and libc"
		xml_is_valid out || fail "$options: $(cat refused)"
	done
	refuses xml out 's/state>waiting/state>sleeping/' 's/running in thread /&x/' 's/<state>waiting<.state>//'
}

test_xml_of_a_process() {
	xml_schema
	target
	for options in '' '--fold' '--no-stop' '-S Threads' '--environ' "$$"; do
		# shellcheck disable=SC2086 # an option, an option and its argument, or none
		run "$PROCGUARD" gmr -f xml $options "$pid"
		expect_status 0
		xml_is_valid out || fail "$options: $(cat refused)"
	done
}

# What a program registered, from outside as FORM; then with its own sections, from inside.
registered() { # json|xml
	start "$BUILD/tests/progs/registered" whole >said
	wait_until 30 grep -q ready said
	run "$PROCGUARD" gmr -f "$1" "$started"
	expect_status 0
	"$1_is_valid" out || fail "outside: $(cat refused)"
	! grep -q 'cannot read stacks\|"what": "stacks"\|<what>stacks' out || skip "its memory may not be read"
	grep -q 'registered' out || fail "nothing is registered: $(cat out)"
	run "$BUILD/tests/progs/registered" inside "$PROCGUARD" -f "$1" -- section=Queues 'key=<waiting>=&3' \
		section=State 'text=a < b
and more' section=Slow late section=Last unasked section='<"&>' text=x end
	expect_status 0
	"$1_is_valid" out || fail "inside: $(cat refused)"
	grep -q 'did not answer' out || fail "no section of its own: $(cat out)"
}

test_json_of_what_is_registered() {
	json_schema
	registered json
}

test_xml_of_what_is_registered() {
	xml_schema
	registered xml
}

# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
