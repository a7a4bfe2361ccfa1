#!/bin/sh
# gmr_example.sh: tests/inside/example.c, a program with the C library, reports itself: by USR2 and by a touched file,
# in each format, with its own sections, options and green threads. lib.sh says how to run it.
# shellcheck source=tests/progs/command.sh
. "${0%/*}/progs/command.sh"

# example ARGUMENT...: it runs as $started, and writes to err
example() {
	needs_gmr
	: >ready
	start "${EXAMPLE:-$BUILD/tests/inside/example}" "$@" >ready 2>err
	wait_until 30 grep -q ready ready
}

reports() { # COUNT: so many have begun and ended: this section is the last
	[ "$(grep -c 'A job whose steps stand still hangs' err)" -ge "$1" ]
}

reported() { # ARGUMENT...: one, by USR2
	example "$@"
	kill -USR2 "$started"
	wait_until 30 reports 1
}

expect_lines() { # FILE TEXT...
	file=$1
	shift
	for text; do
		grep -q -e "$text" "$file" || fail "no '$text': $(cat "$file")"
	done
}

# What the program has written is a report whole, by COMMAND. The address sanitizer has a word on swapcontext(3).
is_whole() { # COMMAND...
	grep -v '^==[0-9]*==WARNING: ASan ' err >report
	"$@" <report >json 2>parse
}

nothing_secret() { # FILE
	! grep -e horse -e staple "$1" || fail "a secret"
}

test_text() {
	reported
	expect_lines err 'Guru Meditation' '1\.4\.2' 'Example Ltd' '====  *Jobs' '^reader = [0-9]' \
		'====  *Advice' '^Jobs take turns\.' 'listen = 127' 'host = db.example' 'pin = \*\*\*' \
		'api_key = \*\*\*'
	nothing_secret err
	alive "$started" || fail "it has ended"
}

test_json() {
	reported -f json
	wait_until 30 is_whole jq -e .
	jq -e '.Package.version == "1.4.2" and .Configuration.database.host == "db.example" and
		.Configuration.database.pin == "***" and .Configuration.mail.api_key == "***" and
		(.Jobs.clock | test("^[0-9]+ steps$")) and
		(.Advice | startswith("Jobs take turns.\n"))' json >/dev/null || fail "$(cat json)"
	nothing_secret json
}

test_xml() {
	reported -f xml
	wait_until 30 is_whole xmllint --noout -
	expect_lines report 'Example Ltd' 'db.example' 'Jobs take turns\.'
	nothing_secret err
}

# The same from outside: jobs wait where they gave up their turns; the clock, when it sleeps on its stack, is running.
test_green_threads() {
	grep -q swapcontext "$BUILD/tests/inside/example" || skip "built without swapcontext(3), which musl has not"
	reported -f json
	wait_until 30 is_whole jq -e .
	jobs_are json || fail "$(jq -c '."Green Threads"' json)"
	wait_until 30 clock_runs
}

jobs_are() { # FILE
	jq -e '[."Green Threads"[] | .name] == ["reader", "writer", "clock"] and
		([."Green Threads"[] | select(.state == "waiting") | any(.stack_trace.lines[]; .name == "go_on")] |
		length >= 2 and all)' "$1" >/dev/null
}

clock_runs() {
	"$PROCGUARD" gmr -f json "$started" >outside || fail "gmr $started"
	jobs_are outside && jq -e --arg tid "$started" '."Green Threads"[2].state == "running in thread " + $tid' \
		outside >/dev/null
}

# Missing first, touched, removed, made again.
test_watched_file() {
	example -F "$PWD/now"
	for count in 1 2 3; do
		touch now
		wait_until 30 reports $count
		[ $count != 2 ] || rm now
	done
}

test_log_dir() {
	mkdir log
	example -L log
	kill -USR2 "$started"
	wait_until 30 grep -q log/example_gurumeditation_ err
	path=$(grep -o '/[^ ]*log/example_gurumeditation_[0-9]*' err)
	wait_until 30 grep -q 'stand still hangs' "$path"
	[ "$(stat -c %a "$path")" = 600 ] || fail "$(ls -l log)"
}

test_from_outside() {
	example
	"$PROCGUARD" gmr "$started" >out || fail "gmr $started"
	expect_lines out '1\.4\.2' 'Example Ltd' 'host = db.example' 'pin = \*\*\*'
	nothing_secret out
}

# The handler, the helper and their child as the thread sanitizer sees them.
# timeout: 600
test_without_data_races() {
	library=$BUILD/inside/blob
	[ -f "$library" ] || fail "no $library"
	make -s -C "$TOP" NODEPS=1 BUILD="$PWD/b" CC="${CC:-cc}" BLOB="$library" APPLETS=gmr \
		CFLAGS='-g -O1 -fsanitize=thread' "$PWD/b/tests/inside/example" "$PWD/b/tests/inside/held" >out 2>&1 ||
		fail "make: $(tail -n 20 out)"
	EXAMPLE=$PWD/b/tests/inside/example
	reported -F "$PWD/now"
	touch now
	wait_until 30 reports 2
	! grep -A 40 'WARNING: ThreadSanitizer' err || fail "data races"
	start "$PWD/b/tests/inside/held" fork >forked 2>err # the sanitizer lets no child of fork(2) start a thread
	wait_until 30 grep -q ready forked
}

. "${0%/*}/lib.sh"
