#!/bin/sh
# docs_manual.sh: the manual's EXAMPLES, taken from there and run. lib.sh says how to run it.
# once
# shellcheck source=tests/progs/examples.sh
. "${0%/*}/progs/examples.sh"

# ---- man/procguard.1 ----

test_manual_links() {
	in_path
	sh -ec "$(example procguard.1 'procguard --install' | here)" || fail "it fails"
	test bin/oome_monitor -ef "$PROCGUARD" || fail "no link"
}

test_manual_completion() {
	command -v bash > bash.path || skip "no bash"
	in_path
	{
		example procguard.1 'procguard --completion bash'
		echo 'complete -p procguard'
	} > lines
	bash -e lines > out || fail "it fails"
	grep -q procguard out || fail "nothing is completed: $(cat out)"
}

test_manual_run() {
	in_path
	printf '%s\n' '#!/bin/sh' 'echo "$@" > words' 'exit 3' > webapp
	chmod +x webapp
	sh -c "$(example procguard.1 'procguard oome run')" 2> err
	test $? = 3 || fail "not the command's exit status: $(cat err)"
	test "$(cat words)" = '--port 8080' || fail "other arguments: $(cat words)"
}

# ---- man/procguard-oome.1 ----

test_manual_all() {
	example procguard-oome.1 'All programs of a supervisord' > lines
	listener_of_example < lines
	expect_restart webapp2 "$PWD/webapp2/work/oome"
	expect_untouched webapp1
}

test_manual_named() {
	example procguard-oome.1 'single -p webapp1 -p webapp2' > lines
	listener_of_example < lines
	touch webapp/work/oome
	expect_restart webapp1 "$PWD/webapp1/work/oome"
	expect_restart webapp2 "$PWD/webapp2/work/oome"
	expect_untouched webapp
}

test_manual_file() {
	example procguard-oome.1 '-o /tmp/webapp.oome' > lines
	listener_of_example < lines
	expect_restart webapp "$PWD/webapp.oome"
	expect_untouched webapp1
}

test_manual_dry() {
	example procguard-oome.1 'all -d' > lines
	listener_of_example < lines
	within 20 started webapp 1 || fail "webapp did not start"
	touch webapp/work/oome
	within 20 said 'oome file is detected for webapp, not restarting due to dry-run' || fail_and_tell "not a word"
	expect_untouched webapp
	test -e webapp/work/oome || fail "the file was deleted"
}

test_manual_oome_monitor() {
	mkdir bin
	"$PROCGUARD" --install -s bin || fail "no links"
	PATH=$PWD/bin:$PATH
	example procguard-oome.1 'command=oome_monitor' > lines
	listener_of_example < lines
	expect_restart webapp "$PWD/webapp/work/oome"
}

test_manual_tomcat() {
	in_path
	jar tomcat.jar
	conf unix
	example procguard-oome.1 '[program:tomcat]' > lines
	conf_example < lines
	supervisord_start
	within 40 said 'tomcat restarted' || fail_and_tell "the program was not restarted"
}

test_manual_password() {
	in_path
	conf_bare
	conf_program webapp
	example procguard-oome.1 'SUPERVISOR_PASSWORD=' > lines
	conf_example < lines
	supervisord_start
	expect_restart webapp "$PWD/webapp/work/oome"
}

test_manual_script() {
	example procguard-oome.1 '#!/bin/sh' > restart-webapp
	chmod +x restart-webapp
	example procguard-oome.1 '-x /usr/local/sbin/restart-webapp' > lines
	listener_of_example < lines
	expect_restart webapp "$PWD/webapp/work/oome"
}

test_manual_run_java() {
	in_path
	jar app.jar
	run_line "$(example procguard-oome.1 'that lives on')"
	within 40 said_err 'java restarted' || fail "not restarted: $(cat err)"
}

test_manual_run_java_that_exits() {
	in_path
	jar app.jar
	run_line "$(example procguard-oome.1 'ExitOnOutOfMemoryError')"
	within 40 said_err 'java restarted' || fail "not restarted: $(cat err)"
}

test_manual_run_limited() {
	in_path
	printf '%s\n' '#!/bin/sh' 'echo >> starts' "touch $PWD/app.oome" 'exit 9' > app
	chmod +x app
	sh -c "$(example procguard-oome.1 '--max-restarts 3/1h' | here)" 2> err
	test $? = 9 || fail "not the command's exit status: $(cat err)"
	test "$(wc -l < starts)" = 4 || fail "not restarted three times: $(cat err)"
}

test_manual_run_report() {
	in_path
	printf '%s\n' '#!/bin/sh' 'echo $$ >> starts' 'test "$(wc -l < starts)" = 1 || exit 9' \
		"touch $PWD/app.oome" 'exec sleep 1000' > app
	chmod +x app
	sh -c "$(example procguard-oome.1 '--report /srv/reports' | here)" 2> err
	test $? = 9 || fail "not the command's exit status: $(cat err)"
	grep -q "^app: report of pid $(head -n 1 starts): '$PWD/reports/" err || fail "no report: $(cat err)"
}

# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
