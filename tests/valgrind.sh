#!/bin/sh
# valgrind.sh: the real binary under valgrind, which also lacks pidfd_open(2) in Debian's version. lib.sh says how to
# run it.
# once

command -v valgrind >/dev/null || no_valgrind=yes

# Run procguard with these arguments; its status is returned, what valgrind finds fails the case.
checked() {
	[ -z "$no_valgrind" ] || skip "no valgrind"
	valgrind -q --leak-check=full --errors-for-leak-kinds=all --log-file=found.%p "$PROCGUARD" "$@"
	checked_status=$?
	# Five lines on a system call that it does not know, pidfd_open(2) for example, are no finding.
	cat found.* | grep -v -e 'WARNING: unhandled' -e 'write your own handler' -e 'README_MISSING' \
		-e 'consider this a bug' -e 'at http://valgrind.org/support' >found && fail "procguard $*: $(cat found)"
	rm -f found found.*
	return $checked_status
}

test_own_options() {
	for option in --list --version --help '--completion bash' '--completion zsh' '--completion fish'; do
		# shellcheck disable=SC2086 # an option and its value
		checked $option >out || fail "$option: status $?"
		[ -s out ] || fail "$option: no output"
	done
}

test_usage_errors() {
	for words in '--lisst' '--completion tcsh' 'oome' 'oome singel' 'oome single' 'oome all --dri' \
		'oome run --grace x true'; do
		# shellcheck disable=SC2086 # words of a command line
		checked $words >out 2>&1 </dev/null
		[ $? = 2 ] || fail "$words: status $checked_status: $(cat out)"
	done
	checked nosuchapplet 2>out
	[ $? = 127 ] || fail "an unknown applet: status $checked_status"
}

test_run_ends_as_its_command() {
	checked oome run sh -c 'exit 3'
	[ $? = 3 ] || fail "status $checked_status"
	checked oome run nosuchcommand 2>out
	[ $? = 127 ] || fail "no such command: status $checked_status: $(cat out)"
	# shellcheck disable=SC2016 # of the inner shell
	checked oome run sh -c 'kill -9 $$'
	[ $? = 137 ] || fail "killed: status $checked_status"
}

test_run_restarts() {
	cat >program <<-'END'
		#!/bin/sh
		echo started >>starts
		[ "$(wc -l <starts)" -lt 2 ] || exit 5
		touch "$OOME_FILE"
		exec sleep 60
	END
	chmod +x program
	checked oome run -o "$PWD/oome" --grace 1 ./program 2>said
	[ $? = 5 ] || fail "status $checked_status: $(cat said)"
	[ "$(wc -l <starts)" = 2 ] || fail "started $(wc -l <starts) times: $(cat said)"
	[ ! -e oome ] || fail "the file is still there"
}

test_listener_answers_events() {
	payload=when:1201063880
	for serial in 1 2 3; do
		printf 'ver:3.0 server:supervisor serial:%s pool:oome poolserial:%s eventname:TICK_5 len:%s\n%s' \
			$serial $serial ${#payload} $payload
	done >events
	export SUPERVISOR_ENABLED=1 SUPERVISOR_PROCESS_NAME=oome SUPERVISOR_GROUP_NAME=oome
	export SUPERVISOR_SERVER_URL="unix://$PWD/none.sock"
	checked oome all -d --state-dir "$PWD/state" <events >answers 2>said
	[ "$(grep -c '^OKREADY' answers)" = 3 ] || fail "not three answers: $(cat answers said)"
}

test_heart() {
	start sleep 60
	node=$started
	# shellcheck disable=SC2016 # of another shell
	export HEART_COMMAND='echo "$0" ran' HEART_NO_KILL=1 HEART_KILL_SIGNAL=SIGABRT ERL_CRASH_DUMP_SECONDS=0
	{
		printf '\0\1\2\0\1\6\0\5\4true\0\1\5\0\0\20\1'
		head -c 4097 /dev/zero
		printf '\0\1\2\0\1\10'
	} >frames
	checked heart -ht 11 -pid $node <frames >answers 2>said || fail "status $?: $(cat said)"
	grep -q 'ran" -> 0. Terminating' said || fail "$(cat said)"
	[ "$(wc -c <answers)" = $((3 + 16 + 3 + 3)) ] || fail "answers: $(od -c answers)"
	checked heart -ht 9 </dev/null >answers 2>said || fail "no node: status $?: $(cat said)"
}

test_heart_run() {
	app=$BUILD/tests/progs/speaker
	checked heart run --control s --reason-file reason -t 1s --restart-delay 0 --check-schedulers \
		--kill-signal TERM --on-failure restart "$app" first=starts note=starts ack set=true ack get=true \
		'notify=READY=1\nSTATUS=text' beat hang then exit=0 2>said || fail "status $?: $(cat said)"
	grep -q 'speaker restarted' said || fail "$(cat said)"
	checked heart run -t 2s --callback 'exit 3' --command 'exit 4' "$app" beat hang 2>said
	[ $? = 4 ] || fail "status $checked_status: $(cat said)"
	checked heart run nosuchcommand 2>said
	[ $? = 127 ] || fail "no such command: status $checked_status: $(cat said)"
}

. "${0%/*}/lib.sh"
