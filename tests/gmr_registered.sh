#!/bin/sh
# gmr_registered.sh: what `gmr` shows of a program with the C library's registry, from outside and (gmr --inside) as the
# library has it made. lib.sh says how to run it.
# shellcheck source=tests/progs/command.sh
. "${0%/*}/progs/command.sh"

program=$BUILD/tests/progs/registered

# Its registry in memory, as HOW says; reported with further arguments of gmr.
outside() { # HOW [ARG]...
	needs_gmr
	start "$program" "$1" >said
	wait_until 30 grep -q ready said
	shift
	run timeout -s KILL $((120 * TIMES)) "$PROCGUARD" gmr --deadline 60s "$@" "$started"
	expect_status 0
	! grep -q 'cannot read stacks' out || skip "its memory may not be read: $(grep 'cannot read' out)"
}

expect_line() { # LINE
	grep -qxF -e "$1" out || fail "no line '$1': $(cat out err)"
}

expect_no() { # TEXT
	! grep -qF -e "$1" out || fail "it has '$1': $(cat out)"
}

expect_options() {
	for line in 'default: ' '  zig = 1' '  colour = red \x1b[31m' '  long = abc...' 'database: ' \
		'  password = ***' '  spell = ***' '  url = postgres://web:***@db/web' \
		'process (registered): ' "  root = nobody's"; do
		expect_line "$line"
	done
	expect_no hunter2
	expect_no swordfish
}

expect_package() {
	for line in 'product = web/app' 'vendor = Example \x1b[1m' 'version = 1.4.2' 'registered = True'; do
		expect_line "$line"
	done
}

test_outside() {
	outside whole
	expect_package
	expect_options
	grep -q '^  working directory = ' out || fail "its own group hides ours: $(cat out)"
	grep -qF 'sections of its own, Queues, Bad\x09Title: ' out || fail "its sections are not named: $(cat out)"
	grep -q '^1 of what the program has registered changed' out || fail "what was torn is not said: $(cat out)"
	grep -q ', incomplete$' out || fail "complete: $(cat out)"
}

test_outside_some_sections() {
	outside whole -S configuration
	expect_options
	stop "$started"
	outside whole -S package
	expect_package
}

# Nothing was registered that anybody could show, and that is no failure.
test_outside_broken() {
	outside broken
	grep -q 'could not be read: what is there makes no sense' out || fail "not said: $(cat out)"
	expect_no registered\ =
	expect_line "process: "
	stop "$started"
	outside newer
	grep -q 'could not be read: it is of another version' out || fail "not said: $(cat out)"
	stop "$started"
	outside wild
	grep -q 'Guru Meditation' out || fail "no report: $(cat out)"
}

inside() { # [ARG]... -- [WORD]...
	needs_gmr
	run timeout -s KILL $((120 * TIMES)) "$program" inside "$PROCGUARD" --deadline 60s "$@"
	! grep -q 'cannot read stacks' out || skip "its memory may not be read: $(grep 'cannot read' out)"
}

test_inside() {
	inside -- section=Queues key=waiting=3 key=oldest=5s section=State text='all is ' text=well \
		section=Bad key=a=1 section=Threads text=mine section=Last unasked note='a line of its own' end
	expect_status 0
	expect_package
	expect_options
	sed -n 's/^==== *\([A-Za-z ]*[a-z]\) *====$/\1/p' out >titles
	printf '%s\n' 'Guru Meditation' Package Threads 'Green Threads' Processes Configuration Queues State Bad Last |
		cmp -s - titles || fail "sections: $(cat titles)"
	expect_line 'waiting = 3'
	expect_line 'all is well'
	expect_line 'not asked'
	expect_line 'a line of its own'
	grep -q "own section 'Threads' is left out" out || fail "a section of ours replaced: $(cat out)"
	expect_no 'sections of its own'
	expect_no gmr-helper
	expect_no gmr-late # the registry says that it is a helper, and nothing that it is late
	[ "$(grep -c '^ *Process [0-9]' out)" = 1 ] || fail "who reports is shown: $(cat out)"
}

test_inside_late() {
	inside -- section=First text=here section=Slow late section=Last text=there end
	expect_status 0
	thread=$(sed -n 's/^did not answer: thread \([0-9]*\) is still in it$/\1/p' out)
	[ "$thread" ] || fail "it is not said to be late: $(cat out)"
	grep -q "Thread #$thread " out || fail "its thread is not shown: $(cat out)"
	expect_line there
	expect_no gmr-helper
	! grep -q 'outer frames are missing\|libdw' out || skip "no whole stack here"
	sed -n '/==== *Slow/,/==== *Last/p' out | grep -q '^  .* in generate_for_ever$' || fail "no stack: $(cat out)"
}

test_inside_files() {
	mkdir log
	inside -L log -- section=Queues key=waiting=3 end
	expect_status 0
	case $(cat out) in
	log/web_app_gurumeditation_??????????????) ;;
	*) fail "its path: $(cat out err)" ;;
	esac
	grep -qx 'waiting = 3' log/* || fail "not in the file: $(cat log/*)"
	inside -L missing -- section=Queues key=waiting=3 end
	expect_status 1
	expect_err "cannot write into 'missing'"
	expect_line 'waiting = 3'
}

# What was sent before it broke off is there.
test_inside_broken_statement() {
	inside -- section=Queues text=here
	expect_status 0
	grep -q '^here' out || fail "what came before is lost: $(cat out)"
	grep -q ', incomplete$' out || fail "complete: $(cat out)"
	inside -- section=Queues text=here key=a=1 end
	expect_status 0
	grep -q ', incomplete$' out || fail "complete: $(cat out)"
}

test_inside_without_proc() {
	needs_gmr
	unshare -m true 2>/dev/null || skip "no mount namespace: needs root"
	! nm "$PROCGUARD" 2>/dev/null | grep -q __asan_init || skip "the sanitizer itself needs /proc"
	# shellcheck disable=SC2016 # expanded there
	run unshare -m sh -c 'mount -t tmpfs none /proc && exec "$@"' sh timeout -s KILL $((120 * TIMES)) \
		"$program" inside "$PROCGUARD" -- section=Queues key=waiting=3 end
	expect_status 0
	expect_line 'waiting = 3'
	grep -q 'could not be read: .*is proc mounted' out || fail "not said: $(cat out)"
}

# It is no option that anybody finds, and reports nobody but who is above it.
test_inside_is_hidden() {
	needs_gmr
	start sleep 1000
	run "$PROCGUARD" gmr --inside 0 "$started" </dev/null
	expect_status 1
	expect_err 'not above'
	for arguments in '99 1' '0' '0 x' '0 -f html 1'; do
		# shellcheck disable=SC2086 # several
		run "$PROCGUARD" gmr --inside $arguments </dev/null
		expect_status 2
	done
	! "$PROCGUARD" gmr --help | grep inside || fail "--help has it"
	! "$PROCGUARD" --completion bash | grep -e --inside || fail "completion has it"
}

# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
