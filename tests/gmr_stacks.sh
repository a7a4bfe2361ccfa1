#!/bin/sh
# gmr_stacks.sh: the stacks that `gmr` shows, beside those of eu-stack and gdb. lib.sh says how to run it.
# timeout: 600
# once

# shellcheck source=tests/progs/command.sh
. "${0%/*}/progs/command.sh"

gmr_patient() {
	# shellcheck disable=SC2086 # words
	"$PROCGUARD" gmr $PATIENT "$@"
}

needs() {
	for tool in "$@"; do
		command -v "$tool" >/dev/null || skip "no $tool"
	done
}

# Both look at process PID; they need not see the same moment of what is not quite at rest: until they did.
same_as_eu_stack() { # PID
	needs eu-stack python3
	wait_until 60 look_alike "$1"
}

look_alike() { # PID
	gmr_patient -f json -S Threads "$1" >ours 2>err || fail "status $?: $(cat err)"
	eu-stack -p "$1" >peer 2>peer.err
	python3 "$TOP/tests/progs/gmr_stacks.py" ours peer >differs 2>&1 || {
		cat differs >&2
		return 1
	}
}

# The C program, built with these flags.
stacks() { # FLAG... -- ARG...
	flags=
	while [ "$1" != -- ]; do
		flags="$flags $1"
		shift
	done
	shift
	# shellcheck disable=SC2086 # words
	${CC:-cc} -pthread -o stacks $flags "$TOP/tests/progs/stacks.c" || skip "cannot build with $flags"
	case $flags in
	*-g*) ;;
	*) strip -g stacks ;;
	esac
	start ./stacks "$@" >out
	wait_until 60 grep -q ready out
	program=$started
	wait_until 60 asleep "$program" "$@"
}

# All threads but a busy one are where they stay.
asleep() { # PID [ARG...]
	pid=$1
	case "$*" in
	*busy*) busy=1 ;;
	*) busy=0 ;;
	esac
	awake=$(cat /proc/"$pid"/task/*/stat | sed 's/.*) //' | grep -c '^[RD]')
	[ "$awake" = $busy ]
}

test_frame_pointers() {
	stacks -O2 -fno-omit-frame-pointer -- 6
	same_as_eu_stack "$program"
}

test_no_frame_pointers() {
	stacks -O2 -fomit-frame-pointer -- 6
	same_as_eu_stack "$program"
}

test_stripped() {
	stacks -O2 -s -- 6
	same_as_eu_stack "$program"
}

test_static() {
	stacks -O2 -static -- 4
	same_as_eu_stack "$program"
}

test_500_threads() {
	stacks -O2 -- 500
	same_as_eu_stack "$program"
}

test_wide_frames_below_a_busy_thread() {
	stacks -O2 -- 4 busy frame 65536
	wait_until 60 same_but_the_busy "$program"
}

test_a_handler_with_a_stack_of_its_own() {
	stacks -O2 -fomit-frame-pointer -- 2 signal
	same_as_eu_stack "$program"
	grep -q rest_in_handler ours || fail "what the signal interrupted is not there: $(cat ours)"
}

# Where the busy one is, nobody knows: its callers are the same.
same_but_the_busy() { # PID
	gmr_patient -f json -S Threads "$1" >ours 2>err || fail "status $?: $(cat err)"
	eu-stack -p "$1" >peer 2>peer.err
	grep -q be_busy ours || fail "the busy thread is not there: $(cat ours)"
	python3 "$TOP/tests/progs/gmr_stacks.py" ours peer
}

test_erlang() {
	needs erl
	start erl -noinput -noshell -eval 'file:write_file("ready", "x"), receive never -> ok end.'
	wait_until 60 test -e ready
	same_as_eu_stack "$started"
	needs jq
	wait_until 60 not_stopped "$started"
}

# The schedulers' stacks may end in code that was made at run time, which nothing tells of: no thread is stopped for it.
not_stopped() { # PID
	gmr_patient -f json -S Threads "$1" >ours || fail "status $?"
	jq -e 'all(.Threads[]; .read == "asleep")' ours >/dev/null
}

test_jvm() {
	needs java
	start java -Xmx32m -XX:+UseSerialGC -cp "$TOP/tests/fixtures" OutOfMemory "$PWD/no-flag"
	wait_until 60 has_threads "$started" 10
	same_as_eu_stack "$started"
	"$PROCGUARD" gmr -S threads "$started" | grep -q "jcmd $started Thread.print" || fail "no word of jcmd"
}

has_threads() { # PID COUNT
	at_least=$2
	set -- /proc/"$1"/task/*
	[ $# -ge "$at_least" ]
}

test_python() {
	needs python3
	start python3 -c '
import threading, time
def work(): time.sleep(100000)
for _ in range(3): threading.Thread(target=work).start()
open("ready", "w").close()
work()'
	wait_until 60 test -e ready
	same_as_eu_stack "$started"
}

test_supervisord() {
	needs supervisord
	printf '%s\n' '[supervisord]' nodaemon=true "logfile=$PWD/log" "pidfile=$PWD/pid" >conf
	start supervisord -c conf -u "$(id -un)"
	wait_until 60 test -s pid
	same_as_eu_stack "$started"
}

test_lines_as_gdb_has_them() {
	needs gdb python3
	stacks -O1 -g -fno-omit-frame-pointer -- 5
	gmr_patient -f json -S Threads "$program" >ours || fail "status $?"
	gdb -nx -batch -ex 'thread apply all bt' -p "$program" >peer 2>/dev/null </dev/null || skip "gdb cannot"
	python3 "$TOP/tests/progs/gmr_stacks.py" ours peer gdb || fail "$(cat ours peer)"
	gmr_patient -S Threads "$program" >text || fail "status $?"
	# shellcheck disable=SC2016 # backquotes of the report
	grep -A 1 'stacks.c:[0-9]* in rest_in_poll$' text | grep -qF '    `return poll(&fd, 1, -1) + 1;`' ||
		fail "no line of source: $(cat text)"
}

# Debug information that only a server has; who decodes for root's process is nobody, who reads and writes a cache here.
test_debuginfod() {
	needs python3 objcopy readelf strip
	python3 -c 'import ctypes; ctypes.CDLL("libdebuginfod.so.1")' 2>/dev/null || skip "no libdebuginfod"
	chmod 755 . && mkdir cache && chmod 777 cache
	${CC:-cc} -O1 -g -pthread -Wl,--build-id -o stacks "$TOP/tests/progs/stacks.c" || skip "cannot build it"
	id=$(readelf -n stacks | sed -n 's/.*Build ID: *//p')
	mkdir -p "served/buildid/$id"
	objcopy --only-keep-debug stacks "served/buildid/$id/debuginfo" || skip "cannot split it"
	strip stacks
	start python3 -u -m http.server --bind 127.0.0.1 --directory served 0 >server 2>asked
	wait_until 60 grep -q 'port [0-9]' server
	export DEBUGINFOD_CACHE_PATH="$PWD/cache" no_proxy=127.0.0.1
	DEBUGINFOD_URLS="http://127.0.0.1:$(sed -n 's/.* port \([0-9]*\).*/\1/p' server)"
	export DEBUGINFOD_URLS
	start ./stacks 5 >out
	wait_until 60 grep -q ready out
	wait_until 60 asleep "$started" 5
	gmr_patient -S threads "$started" >text || fail "status $?"
	[ ! -s asked ] || fail "a server was asked: $(cat asked)"
	! grep -q rest_in_poll text || fail "it has a name: $(cat text)"
	gmr_patient -S threads --debuginfod "$started" >text || fail "status $?"
	grep -q "GET /buildid/$id/debuginfo .* 200" asked || fail "the server was not asked: $(cat asked text)"
	grep -q 'stacks.c:[0-9]* in rest_in_poll$' text || fail "no line: $(cat asked text)"
}

# Behind the last line of the program there is _start, of which eu-addr2line says that line.
test_code_without_lines() {
	${CC:-cc} -O2 -g -pthread -D_GNU_SOURCE -o harmed "$TOP/tests/progs/harmed.c" || skip "cannot build it"
	start ./harmed counts >out
	wait_until 60 grep -q ready out
	gmr_patient -S threads "$started" >text || fail "status $?"
	grep -q 'harmed.c:[0-9]* in main$' text || skip "no lines: $(cat text)"
	grep -q ' in _start$' text || fail "$(cat text)"
	! grep -q 'harmed.c:[0-9]* in _start$' text || fail "$(cat text)"
}

# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
