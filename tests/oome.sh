#!/bin/sh
# oome.sh: `procguard oome single` and `all` under a real supervisord: the main job, and the command line.
# shellcheck source=tests/progs/supervisord.sh
. "${0%/*}/progs/supervisord.sh"

# Run procguard with these arguments; it must be a usage error whose words hold $1.
usage_error() {
	words=$1
	shift
	"$PROCGUARD" "$@" > out 2> err < /dev/null
	status=$?
	test "$status" = 2 || fail "procguard $*: exit status $status, not 2"
	test ! -s out || fail "procguard $*: an error on stdout: $(cat out)"
	grep -qF -e "$words" err || fail "procguard $*: nothing of '$words' in: $(cat err)"
}

# ---- the main job, and which processes ----

test_single_restarts_on_oome_file_of_environment() {
	conf unix
	conf_program web "environment=OOME_FILE=\"$PWD/web.oome\""
	conf_program other "environment=OOME_FILE=\"$PWD/other.oome\""
	conf_listener 'single -p web'
	supervisord_start
	touch other.oome
	expect_restart web "$PWD/web.oome"
	expect_untouched other
	test -e other.oome || fail "another program's file was deleted"
}

test_two_restarts_in_a_row() {
	conf unix
	conf_program web "environment=OOME_FILE=\"$PWD/web.oome\""
	conf_listener 'single -p web'
	supervisord_start
	for round in 1 2 3; do
		expect_restart web "$PWD/web.oome"
		times=$(said_times 'web restarted')
		test "$times" = "$round" || fail "round $round was said $times times"
	done
	test "$(sort -u starts.web | wc -l)" = 4 || fail "not a new pid each time: $(cat starts.web)"
}

test_several_names_with_their_own_files() {
	conf unix
	for name in one two three; do
		conf_program "$name" "environment=OOME_FILE=\"$PWD/$name.oome\""
	done
	conf_listener 'single -p one -p two'
	supervisord_start
	touch three.oome
	expect_restart one "$PWD/one.oome"
	expect_restart two "$PWD/two.oome"
	expect_untouched three
}

test_several_programs_at_the_same_time() {
	conf unix
	for name in one two three; do
		conf_program "$name" "environment=OOME_FILE=\"$PWD/$name.oome\""
	done
	conf_listener 'single --process-name one --process-name=two -p three'
	supervisord_start
	for name in one two three; do
		within 20 started "$name" 1 || fail "$name did not start"
	done
	touch one.oome two.oome three.oome
	before=1
	for name in one two three; do
		old=$(head -n 1 "starts.$name")
		expect_restarted "$name" "$PWD/$name.oome"
	done
}

test_all_takes_every_program() {
	conf unix
	for name in one two three; do
		conf_program "$name" "environment=OOME_FILE=\"$PWD/$name.oome\""
	done
	conf_listener all
	supervisord_start
	expect_restart one "$PWD/one.oome"
	expect_restart three "$PWD/three.oome"
	expect_untouched two
}

# A group g of the programs a and b, and c beside it; the listener is asked for $1.
group() {
	conf unix
	for name in a b c; do
		conf_program "$name" "environment=OOME_FILE=\"$PWD/$name.oome\""
	done
	conf_add '[group:g]' 'programs=a,b'
	conf_listener "single -p $1"
	supervisord_start
	touch c.oome
}

test_group_name_means_all_of_it() {
	group g
	expect_restart a "$PWD/a.oome" g:a
	expect_restart b "$PWD/b.oome" g:b
	expect_untouched c
}

test_group_star_means_all_of_it() {
	group g:*
	expect_restart b "$PWD/b.oome" g:b
	expect_restart a "$PWD/a.oome" g:a
	expect_untouched c
}

test_group_and_name_means_one() {
	group g:b
	touch a.oome
	expect_restart b "$PWD/b.oome" g:b
	expect_untouched a
	expect_untouched c
}

test_plain_name_finds_a_program_in_a_group() {
	group a
	touch b.oome
	expect_restart a "$PWD/a.oome" g:a
	expect_untouched b
}

# A program web of three processes; the listener is asked for $1.
numprocs() {
	conf unix
	for number in 0 1 2; do : > "starts.web_$number"; done
	conf_program web numprocs=3 'process_name=%(program_name)s_%(process_num)d' \
		"command=$TOP/tests/progs/service.sh $PWD/starts.web_%(process_num)d" \
		"environment=OOME_FILE=\"$PWD/web_%(process_num)d.oome\""
	conf_listener "single -p $1"
	supervisord_start
	for number in 0 1 2; do
		within 20 started "web_$number" 1 || fail "web_$number did not start"
	done
}

test_numprocs_program_by_its_name() {
	numprocs web
	expect_restart web_1 "$PWD/web_1.oome" web:web_1
	expect_restart web_2 "$PWD/web_2.oome" web:web_2
	expect_untouched web_0
}

test_numprocs_one_process_by_its_name() {
	numprocs web_2
	touch web_1.oome
	expect_restart web_2 "$PWD/web_2.oome" web:web_2
	expect_untouched web_1
	expect_untouched web_0
}

test_unknown_name_is_warned_of_once_and_found_later() {
	conf unix
	conf_program web "environment=OOME_FILE=\"$PWD/web.oome\""
	conf_listener 'single -p web -p later'
	supervisord_start
	wait_events 2
	expect_restart web "$PWD/web.oome"
	test "$(said_times later)" = 1 || fail "the unknown name was said $(said_times later) times"
	conf_program later "environment=OOME_FILE=\"$PWD/later.oome\""
	ctl update > update.out 2>&1 || fail "supervisorctl update failed: $(cat update.out)"
	expect_restart later "$PWD/later.oome"
}

test_listener_never_acts_on_itself() {
	conf unix
	conf_program web "environment=OOME_FILE=\"$PWD/web.oome\""
	conf_listener all "environment=OOME_FILE=\"$PWD/own.oome\"" "directory=$PWD"
	mkdir work
	touch own.oome work/oome
	supervisord_start
	wait_until 20 listening
	listener=$(procguard_pids listener)
	wait_events 1
	expect_restart web "$PWD/web.oome"
	test "$(procguard_pids listener)" = "$listener" || fail "the listener has restarted itself"
	test -e own.oome || fail "the listener has deleted its own oome file"
}

test_program_that_hides_its_name_is_asked_for_by_rpc() {
	conf unix
	service=$TOP/tests/progs/service.sh
	conf_program web "command=/usr/bin/env -i OOME_FILE=$PWD/web.oome $service $PWD/starts.web"
	conf_program other "command=/usr/bin/env -i OOME_FILE=$PWD/other.oome $service $PWD/starts.other"
	conf_listener 'single -p web'
	supervisord_start
	touch other.oome
	expect_restart web "$PWD/web.oome"
	expect_untouched other
	expect_clean_stdout
}

# A program under web's name reports, as the listener with these arguments sees it: that is said, and web left alone.
liar_is_exposed() {
	conf unix
	conf_program good
	conf_program web
	conf_program liar "command=/usr/bin/env SUPERVISOR_PROCESS_NAME=web SUPERVISOR_GROUP_NAME=web \
 $TOP/tests/progs/service.sh $PWD/starts.liar" "environment=OOME_FILE=\"$PWD/liar.oome\""
	conf_listener "$@"
	supervisord_start
	within 20 started web 1 || fail "web did not start"
	within 20 started liar 1 || fail "liar did not start"
	touch liar.oome
	within 20 said 'calls itself web, but supervisord has pid' || fail_and_tell "the false name was not said"
	wait_events 2
	expect_untouched web
	expect_untouched liar
}

test_program_that_calls_itself_another_does_not_restart_that() {
	liar_is_exposed all
	expect_restart good "$PWD/good/work/oome"
}

test_no_script_is_called_for_who_calls_itself_another() {
	printf '#!/bin/sh\necho "$@" >> calls\n' > script
	chmod 755 script
	liar_is_exposed "all -x $PWD/script"
	test ! -e calls || fail "the script was called: $(cat calls)"
}

# A snippet of the original's document, as it stands there: $2... are its lines; $1 is a program to be restarted on
# $file.
snippet() {
	mkdir bin
	ln -s "$PROCGUARD" bin/oome_monitor
	PATH=$PWD/bin:$PATH
	conf unix
	for name in webapp webapp1 webapp2; do
		conf_program "$name"
	done
	supervisord_start
	name=$1
	shift
	for program in webapp webapp1 webapp2; do
		within 20 started "$program" 1 || fail "$program did not start"
	done
	conf_add "$@"
	ctl update > update.out 2>&1 || fail "supervisorctl update failed: $(cat update.out)"
	within 20 snippet_log || fail "the listener has no log"
	touch "$file"
}

snippet_log() {
	set -- log/oome_listener-stderr---*
	test -e "$1" && ln -sf "$1" listener.err
}

test_snippet_of_all() {
	file=$PWD/webapp2/work/oome
	snippet webapp2 '# To configure all supervisord daemons' '[eventlistener:oome_listener]' \
		'command=oome_monitor all' 'events=TICK_60'
	before=1 old=$(head -n 1 starts.webapp2)
	wait_until 75 gone "$file"
	expect_restarted webapp2 "$file"
}

test_snippet_of_specific_applications() {
	file=$PWD/webapp2/work/oome
	snippet webapp2 '# To configure specific applications to be monitored' '[eventlistener:oome_listener]' \
		'command=oome_monitor single -p webapp1 -p webapp2' 'events=TICK_5'
	before=1 old=$(head -n 1 starts.webapp2)
	expect_restarted webapp2 "$file"
	expect_untouched webapp1
}

test_snippet_of_specific_file() {
	file=$PWD/webapp.oome
	snippet webapp '# To configure one app with specific oome file' '[eventlistener:oome_listener]' \
		"command=oome_monitor single -p webapp -o $file" 'events=TICK_60'
	before=1 old=$(head -n 1 starts.webapp)
	wait_until 75 gone "$file"
	expect_restarted webapp "$file"
}

test_snippet_of_dry_run() {
	file=$PWD/webapp1/work/oome
	snippet webapp1 '# Dry run / test mode' '[eventlistener:oome_listener]' 'command=oome_monitor all -d' \
		'events=TICK_5'
	within 20 said 'oome file is detected for webapp1, not restarting due to dry-run' ||
		fail "not a word of the file"
	expect_untouched webapp1
	test -e "$file" || fail "the file was deleted"
}

# ---- the command line ----

test_started_by_hand() {
	for mode in 'single -p web' all; do
		# shellcheck disable=SC2086 # two words
		usage_error 'oome_monitor must be run as a supervisor event listener' oome $mode
	done
	grep -q eventlistener err || fail "no word what to do: $(cat err)"
}

test_help_goes_to_stdout() {
	for arguments in 'oome --help' 'oome -h' 'oome single --help' 'oome single -h' 'oome all -h' 'oome -h all'; do
		# shellcheck disable=SC2086 # two words
		"$PROCGUARD" $arguments > out 2> err || fail "$arguments: exit status $?"
		test -s out || fail "$arguments: nothing on stdout"
		test ! -s err || fail "$arguments: words on stderr: $(cat err)"
		test "$(awk 'length > 100' out | wc -l)" = 0 || fail "$arguments: long lines"
	done
	"$PROCGUARD" oome --help > out
	for word in single all run -p --process-name -o --oome-file -d --dry -x --external-service-script --any-owner \
		--no-watch --timeout --max-restarts --state-dir; do
		grep -qF -e "$word" out || fail "$word is not in the help"
	done
}

test_bad_command_lines() {
	usage_error single oome
	usage_error bogus oome bogus
	usage_error -p oome single
	usage_error -p oome single -p
	usage_error --bogus oome all --bogus
	usage_error extra oome all extra
	usage_error extra oome single -p web extra
	usage_error -p oome all -p web
	usage_error --max-restarts oome all --max-restarts lots
	usage_error --max-restarts oome all --max-restarts 5
	usage_error --timeout oome all --timeout soon
	usage_error --timeout oome all --timeout=-1
}

test_mistyped_words_name_the_nearest() {
	usage_error single oome singel -p web
	usage_error --process-name oome single --proces-name web
}

test_names_of_the_command() {
	mkdir bin
	for name in oome oome_monitor; do
		ln -s "$PROCGUARD" "bin/$name"
		"bin/$name" all > out 2> err < /dev/null
		test $? = 2 || fail "$name all: not exit status 2"
		grep -qF 'oome_monitor must be run as a supervisor event listener' err || fail "$name: $(cat err)"
	done
}

test_option_with_two_names_is_a_usage_error() {
	usage_error 'oome file' oome single -p one -p two -o "$PWD/file"
	# The reason, and not only the hint at --help.
	grep -q -i -E 'multiple|several|one|only' err || fail "no reason in: $(cat err)"
}

# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
