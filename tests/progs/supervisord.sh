# supervisord.sh: a supervisord of a test's own, in the current directory: its configuration, its programs, its
# listener, and what can be asked of them. For shell tests, sourced before lib.sh, of which it uses the words.
#
# Everything below this supervisord carries PROCGUARD_TEST in its environment, so that what is left of it can be found.
# shellcheck shell=sh

unset OOME_FILE HOMEDIR SUPERVISOR_ENABLED SUPERVISOR_SERVER_URL SUPERVISOR_PROCESS_NAME SUPERVISOR_GROUP_NAME
unset SUPERVISOR_USERNAME SUPERVISOR_PASSWORD

export PROCGUARD_TEST="$PWD:end"

# As wait_until, but the case goes on, and can say what it saw.
within() {
	(wait_until "$@")
}

# ---- what a case needs ----

root_only() {
	test "$(id -u)" = 0 || skip "needs root"
}

# Let other users into the current directory.
open_directory() {
	chmod 755 .
	su -s /bin/sh nobody -c "cd '$PWD'" || skip "'$PWD' is out of reach for nobody"
}

# ---- what runs ----

# The pids of all that carries our mark, this shell and what it runs left out.
test_pids() {
	grep -lsaF "PROCGUARD_TEST=$PROCGUARD_TEST" /proc/[0-9]*/environ | tr -dc '0-9\n' | grep -vx $$
}

# Those of them that run procguard: all, or only what is supervisord's own child.
procguard_pids() { # all|listener
	for pid in $(test_pids); do
		test "/proc/$pid/exe" -ef "$PROCGUARD" || continue
		test "$1" != listener || grep -qsx "PPid:	$supervisord" "/proc/$pid/status" || continue
		printf '%s\n' "$pid"
	done
}

listening() {
	test -n "$(procguard_pids listener)"
}

no_procguard() {
	test -z "$(procguard_pids all)"
}

dead() {
	! alive "$1"
}

# ---- configuration ----

# conf SERVER: begin supervisord.conf. SERVER: unix, unix-password, inet, inet-password, none.
conf() {
	credentials=
	case $1 in
	*-password) credentials='username=guard
password=s3cret:x' ;;
	esac
	mkdir -p log
	{
		printf '[supervisord]\nnodaemon=true\nloglevel=debug\n'
		printf '%s\n' "logfile=$PWD/supervisord.log" "pidfile=$PWD/supervisord.pid" "childlogdir=$PWD/log"
		test "$(id -u)" != 0 || printf 'user=root\n'
		case $1 in
		unix*)
			printf '%s\n' '[unix_http_server]' "file=$PWD/s" "$credentials" \
				'[supervisorctl]' "serverurl=unix://$PWD/s" "$credentials"
			;;
		inet*)
			port=$(free_port)
			printf '%s\n' '[inet_http_server]' "port=127.0.0.1:$port" "$credentials" \
				'[supervisorctl]' "serverurl=http://127.0.0.1:$port" "$credentials"
			;;
		esac
		printf '%s\n' '[rpcinterface:supervisor]' \
			'supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface'
	} > supervisord.conf
}

# Below those that the kernel gives to whoever asks for none, and by our pid: what runs beside us finds another.
free_port() {
	python3 - "$$" <<-'END'
		import errno, socket, sys
		port = 10000 + int(sys.argv[1]) * 7 % 20000
		while True:
		    with socket.socket() as s:
		        if s.connect_ex(("127.0.0.1", port)) == errno.ECONNREFUSED:
		            break
		    port += 1
		print(port)
	END
}

# conf_add LINE...: what comes behind.
conf_add() {
	printf '%s\n' "$@" >> supervisord.conf
}

# conf_program NAME [LINE...]: a program that lives in the directory NAME, which has a directory work; it notes its pids
# in starts.NAME. A later LINE wins over what stands here.
conf_program() {
	name=$1
	shift
	mkdir -p "$name/work"
	: > "starts.$name"
	chmod 666 "starts.$name"
	conf_add "[program:$name]" "command=$TOP/tests/progs/service.sh $PWD/starts.$name" "directory=$PWD/$name" \
		startsecs=0 stopwaitsecs=20 stdout_logfile=NONE stderr_logfile=NONE "$@"
}

# conf_listener ARGUMENTS [LINE...]: the listener "oome" on TICK_5; its stdout in listener.out, stderr in listener.err.
conf_listener() {
	arguments=$1
	shift
	conf_add '[eventlistener:oome]' "command=$PROCGUARD oome $arguments --state-dir $PWD/state" events=TICK_5 \
		startsecs=0 "stdout_logfile=$PWD/listener.out" "stderr_logfile=$PWD/listener.err" "$@"
	: > listener.out
	: > listener.err
}

# ---- running it ----

# supervisord_start [WRAPPER...]
supervisord_start() {
	start "$@" supervisord -c supervisord.conf > supervisord.out 2>&1
	supervisord=$started
	within 20 supervisord_ready || fail "supervisord did not start: $(tail -n 5 supervisord.out)"
}

supervisord_ready() {
	alive "$supervisord" || fail "supervisord ended at once: $(tail -n 5 supervisord.out)"
	grep -qs 'supervisord started with pid' supervisord.log
}

# End supervisord as an administrator does, and forget its log.
supervisord_stop() {
	stop "$supervisord"
	mv supervisord.log supervisord.log.1
}

ctl() {
	supervisorctl -c supervisord.conf "$@"
}

# ctl_state NAME STATE...: is it in one of them?
ctl_state() {
	ctl status "$1" > status.ctl 2>&1
	shift
	for state in "$@"; do
		grep -q "[[:space:]]$state" status.ctl && return 0
	done
	return 1
}

# ---- what is asked of the programs ----

# How often NAME was started, and its newest pid.
starts() {
	wc -l < "starts.$1"
}

started() {
	test "$(starts "$1")" -ge "$2"
}

pid_of() {
	tail -n 1 "starts.$1"
}

gone() {
	! test -e "$1"
}

# ---- what is asked of the listener ----

said() {
	grep -qF -e "$1" listener.err
}

said_times() {
	grep -cF -e "$1" listener.err
}

said_often() { # TEXT N: so often at least
	test "$(said_times "$1")" -ge "$2"
}

# It says TEXT, and does not say it again.
expect_said_once() {
	within 20 said "$1" || fail_and_tell "not a word of $1"
	wait_events 3
	test "$(said_times "$1")" = 1 || fail_and_tell "$1 is said $(said_times "$1") times"
}

# How many events it has answered; `answered N`: at least so many.
answers() {
	tr 'R' '\n' < listener.out | grep -c '^ESULT 2'
}

answered() {
	test "$(answers)" -ge "$1"
}

# Wait until N more events were answered.
wait_events() {
	wanted=$(($(answers) + $1))
	within 30 answered "$wanted" || fail "the listener answered $(answers) events, not $wanted"
}

# Is there a listener that watches a directory?
watching() {
	for pid in $(procguard_pids all); do
		test "$(cat "/proc/$pid/fdinfo/"* 2>/dev/null | grep -c '^inotify wd')" -ge 1 && return 0
	done
	return 1
}

# Fail with what the listener said last.
fail_and_tell() {
	echo "the listener said last:"
	tail -n 20 listener.err
	fail "$@"
}

# The whole of the main job: FILE appears, NAME is started anew, once, and FILE is gone. Third argument: how the
# listener names it (NAME); fourth: how it names the file (FILE).
expect_restart() {
	within 20 started "$1" 1 || fail "$1 did not start"
	before=$(starts "$1")
	old=$(pid_of "$1")
	deletions=$(said_times "oome file ${4:-$2} was deleted")
	restarts=$(said_times "${3:-$1} restarted")
	touch "$2"
	expect_restarted "$@"
}

# The same where FILE was made already: $before and $old say how it stood; nothing had been said then.
expect_restarted() {
	within 25 gone "$2" || fail_and_tell "$2 is still there; $1 was started $(($(starts "$1") - before)) times"
	# supervisord calls it RUNNING before its first word.
	within 10 started "$1" $((before + 1)) || fail_and_tell "$1 was not started anew"
	times=$(($(starts "$1") - before))
	test "$times" = 1 || fail_and_tell "$1 was started $times times, not once"
	dead "$old" || fail "the old $1, pid $old, is still there"
	alive "$(pid_of "$1")" || fail "the new $1 is not there"
	within 10 said_often "oome file ${4:-$2} was deleted" $((${deletions:-0} + 1)) ||
		fail_and_tell "no word about the deletion of ${4:-$2}"
	within 10 said_often "${3:-$1} restarted" $((${restarts:-0} + 1)) ||
		fail_and_tell "no word about the restart of ${3:-$1}"
	deletions='' restarts=''
	if grep -q -e Sanitizer: -e 'runtime error' listener.err; then
		fail_and_tell "a sanitizer found something"
	fi
}

# Nothing was done about NAME: it was started N times (1) so far.
expect_untouched() {
	within 10 started "$1" "${2:-1}" || fail "$1 did not start"
	test "$(starts "$1")" = "${2:-1}" || fail_and_tell "$1 was started $(starts "$1") times, not ${2:-1}"
	alive "$(pid_of "$1")" || fail "$1 is not there"
}

# The listener must have written nothing on stdout but what the protocol says.
expect_clean_stdout() {
	if grep -v -x -E 'READY|RESULT 2|OKREADY|OK' listener.out; then
		fail "foreign words on the listener's stdout"
	fi
	grep -qs READY listener.out || fail "nothing on the listener's stdout"
	if grep -i -E 'unknown|buffer overflow|bad result|rejected' supervisord.log; then
		fail "supervisord is not content"
	fi
}
