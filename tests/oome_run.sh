#!/bin/sh
# oome_run.sh: `procguard oome run`, without supervisord. lib.sh says how to run it.

guarded=tests/progs/oome_guarded.sh

# guard OPTIONS -- ...: oome run in the background, its words in `err`; its pid in $started
guard() {
	start "$PROCGUARD" oome run "$@" 2>>err
}

# The guarded program of oome_guarded.sh, so that its name is always the same.
ln_guarded() {
	[ -e ./app ] || ln -s "$TOP/$guarded" app
}

starts() { # N: it was started so often
	[ -e starts ] && [ "$(wc -l <starts)" -ge "$1" ]
}

until_started() { # N
	(wait_until 20 starts "$1") || fail "not started $1 times: $(cat starts err)"
}

said() { # a fixed text in err
	grep -qF -e "$1" err
}

expect() { # a fixed text in err, else failed
	said "$1" || fail "no '$1' in: $(cat err)"
}

status_is() { # WANTED COMMAND...: run it to its end
	wanted=$1
	shift
	"$@" 2>>err
	status=$?
	[ $status = "$wanted" ] || fail "$*: status $status, not $wanted: $(cat err)"
}

# End the guard that was started; it ends with its child, of SIGTERM.
finish() {
	stop "$started"
	status=$?
	[ $status = 143 ] || fail "status $status, not 143: $(cat err)"
}

needs_root() {
	[ "$(id -u)" = 0 ] || skip "needs root"
}

ends_with() { # PID STATUS: a guard that was started, and is to end by itself
	wait "$1"
	status=$?
	[ $status = "$2" ] || fail "status $status, not $2: $(cat err)"
}

child_of() { # PID: its only child
	sed 's/ //' "/proc/$1/task/$1/children"
}

# ---- reports ----

test_restarts_on_its_file() {
	ln_guarded
	OOME_FILE=$PWD/f guard ./app touch f
	until_started 2
	wait_until 5 said 'app restarted'
	expect "app: out of memory reported by '$PWD/f', terminating pid $(head -n 1 starts)"
	expect "oome file $PWD/f was deleted"
	[ ! -e f ] || fail "the file is still there"
	alive "$(head -n 1 starts)" && fail "the first one lives"
	finish
	alive "$(tail -n 1 starts)" && fail "the second one lives"
	[ "$(wc -l <starts)" = 2 ] || fail "started too often"
}

test_restarts_every_time() {
	ln_guarded
	OOME_FILE=$PWD/f guard ./app plain
	for n in 1 2 3; do
		until_started $n
		touch f
	done
	until_started 4
	finish
}

test_private_file_when_it_has_none() {
	unset OOME_FILE HOMEDIR
	# shellcheck disable=SC2016 # for the inner shell
	status_is 0 "$PROCGUARD" oome run sh -c 'echo $OOME_FILE >>name
		[ "$(wc -l <name)" = 1 ] || exit 0; ls -ld "${OOME_FILE%/*}" >mode; touch "$OOME_FILE"; sleep 1000'
	[ "$(wc -l <name)" = 2 ] || fail "not restarted"
	dir=$(head -n 1 name)
	dir=${dir%/*}
	grep -q '^drwx------' mode || fail "not private: $(cat mode)"
	[ ! -e "$dir" ] || fail "$dir was left behind"
	rm name
	guard sh -c 'echo $OOME_FILE >name; exec sleep 1000'
	wait_until 5 test -s name
	finish
	dir=$(cat name)
	[ ! -e "${dir%/*}" ] || fail "${dir%/*} was left behind after TERM"
}

test_its_own_file_is_left_as_it_is() {
	# shellcheck disable=SC2016
	OOME_FILE=/a=b status_is 0 "$PROCGUARD" oome run sh -c '[ "$OOME_FILE" = /a=b ]'
	# shellcheck disable=SC2016
	HOMEDIR=/nowhere status_is 0 "$PROCGUARD" oome run sh -c ': > "$OOME_FILE"'
	# shellcheck disable=SC2016
	HOMEDIR=/nowhere status_is 0 "$PROCGUARD" oome run -o f sh -c "[ \"\$OOME_FILE\" = '$PWD/f' ]"
}

test_equals_sign_in_the_value() {
	ln_guarded
	mkdir a=b
	OOME_FILE=$PWD/a=b/c=d OOME_FILE_X=$PWD/wrong guard ./app touch a=b/c=d
	until_started 2
	finish
}

test_option_file() {
	ln_guarded
	mkdir later
	OOME_FILE=/nowhere/at/all guard -o later/f ./app touch later/f
	wait_until 10 said "oome file $PWD/later/f was deleted"
	until_started 2
	finish
}

test_homedir() {
	ln_guarded
	mkdir -p home/work
	HOMEDIR=$PWD/home guard ./app touch home/work/oome
	until_started 2
	finish
}

test_work_directory_beside_the_private_file() {
	ln_guarded
	mkdir work
	guard ./app touch work/oome
	until_started 2
	expect "oome file $PWD/work/oome was deleted"
	finish
}

test_file_that_was_there_before_the_start() {
	touch f
	OOME_FILE=$PWD/f status_is 0 "$PROCGUARD" oome run test ! -e f
	expect "oome file $PWD/f was deleted (it was there before the start)"
	said restarted && fail "restarted: $(cat err)"
	:
}

test_file_that_cannot_be_deleted_is_acted_on_once() {
	needs_root
	mkdir d && mount -t tmpfs none d 2>/dev/null || skip "cannot mount"
	# shellcheck disable=SC2016
	OOME_FILE=$PWD/d/f guard --interval 100ms sh -c 'echo >>starts; [ "$(wc -l <starts)" = 1 ] || exec sleep 1000
		trap "mount -o remount,ro d; exit" TERM; touch d/f; while :; do sleep 1000 & wait; done'
	wait_until 10 said "cannot delete oome file '$PWD/d/f': Read-only file system"
	until_started 2
	wait_until 5 test -n "$(sleep 0.5; echo looked)"
	[ "$(wc -l <starts)" = 2 ] || fail "restarted again for the same file: $(cat err)"
	wait_until 5 test -n "$(sleep 2; echo later)"
	mount -o remount,rw d && touch d/f # a new version is a new report
	until_started 3
	finish
}

test_creates_its_file_and_exits_at_once() {
	ln_guarded
	OOME_FILE=$PWD/f guard ./app touch-exit f
	until_started 2
	grep -qE "out of memory reported by '$PWD/f', (terminating )?pid $(head -n 1 starts)" err || fail "$(cat err)"
	finish
}

test_makes_its_directory_creates_its_file_and_exits_at_once() {
	# shellcheck disable=SC2016
	OOME_FILE=$PWD/new/dir/f status_is 0 "$PROCGUARD" oome run sh -c \
		'echo >>starts; [ "$(wc -l <starts)" = 1 ] || exit 0; mkdir -p new/dir; touch new/dir/f; exit 1'
	[ "$(wc -l <starts)" = 2 ] || fail "not restarted: $(cat err)"
}

test_directory_that_comes_later() {
	ln_guarded
	OOME_FILE=$PWD/late/f guard --interval 100ms ./app plain
	until_started 1
	mkdir late
	touch late/f
	until_started 2
	finish
}

test_directory_that_is_replaced() {
	ln_guarded
	mkdir d
	OOME_FILE=$PWD/d/f guard --interval 30s ./app plain
	until_started 1
	wait_until 5 test -n "$(sleep 0.3; echo settled)"
	mv d old
	mkdir d
	touch d/f
	until_started 2
	finish
}

# A wrapper whose child has another directory and another OOME_FILE.
test_wrappers_child() {
	mkdir a b b/work
	# shellcheck disable=SC2016
	printf '%s\n' '#!/bin/sh' 'echo >>"$1/starts"; [ "$(wc -l <"$1/starts")" -gt 1 ] || (sleep 0.2; touch "$2"); exec sleep 1000' >inner
	chmod +x inner
	OOME_FILE=$PWD/a/f guard --interval 100ms sh -c "cd a; OOME_FILE=../b/g $PWD/inner $PWD/a $PWD/b/g; exit 1"
	wait_until 10 said "oome file $PWD/a/../b/g was deleted"
	wait_until 10 said 'sh restarted'
	finish
	rm err
	OOME_FILE=$PWD/a/f guard --interval 100ms sh -c "cd b; env -u OOME_FILE $PWD/inner $PWD/b work/oome; exit 1"
	wait_until 10 said "oome file $PWD/b/work/oome was deleted"
	finish
}

test_old_file_of_a_wrappers_child_is_no_report() {
	touch g
	wait_until 5 test -n "$(sleep 0.1; echo older)"
	OOME_FILE=$PWD/f guard --interval 100ms sh -c "OOME_FILE=$PWD/g sleep 1000; exit 1"
	wait_until 10 said "oome file $PWD/g was deleted (it was there before the start)"
	finish
	said restarted && fail "$(cat err)"
	:
}

test_without_watching() {
	ln_guarded
	OOME_FILE=$PWD/f guard --no-watch --interval 50ms ./app touch f
	until_started 2
	finish
}

test_links_and_directories_are_no_reports() {
	ln_guarded
	touch target
	OOME_FILE=$PWD/f guard --interval 50ms ./app plain
	until_started 1
	ln -s target f
	wait_until 5 said "ignoring '$PWD/f': it is a symbolic link"
	rm f
	mkdir f
	wait_until 5 said "ignoring '$PWD/f': it is not a regular file"
	rmdir f
	touch f
	until_started 2
	finish
	[ -e target ] || fail "the link was followed"
}

test_foreign_owner_is_ignored() {
	needs_root
	ln_guarded
	OOME_FILE=$PWD/f guard ./app plain
	until_started 1
	touch g && chown 12345 g && mv g f
	wait_until 5 said "it belongs to uid 12345"
	[ -e f ] && [ "$(wc -l <starts)" = 1 ] || fail "it was believed: $(cat err)"
	finish
	OOME_FILE=$PWD/f guard --any-owner ./app plain
	until_started 2
	touch g && chown 12345 g && mv g f
	until_started 3
	finish
}

# gosu, su -c: the private directory belongs to whom the program has become.
test_program_that_gives_up_root() {
	needs_root
	command -v setpriv >/dev/null || skip "no setpriv"
	chmod 777 .
	# shellcheck disable=SC2016
	guard --interval 50ms sh -c 'exec setpriv --reuid 12345 --clear-groups sh -c "
		echo \$\$ >>starts
		[ \$(wc -l <starts) = 1 ] || exec sleep 1000
		until touch \$OOME_FILE 2>/dev/null; do sleep 0.05; done
		exec sleep 1000"'
	until_started 2
	finish
	said 'cannot' && fail "$(cat err)"
	:
}

test_dry() {
	ln_guarded
	OOME_FILE=$PWD/f guard -d --interval 50ms ./app touch f
	wait_until 10 said 'oome file is detected for app, not restarting due to dry-run'
	wait_until 5 test -n "$(sleep 0.3; echo looked)"
	[ "$(grep -c detected err)" = 1 ] || fail "said more than once: $(cat err)"
	[ -e f ] || fail "the file was deleted"
	wait_until 5 test -n "$(sleep 2; echo later)"
	touch f # a new report
	wait_until 5 test "$(sleep 0.3; grep -c detected err)" = 2
	finish
	[ "$(wc -l <starts)" = 1 ] || fail "restarted"
	status_is 3 "$PROCGUARD" oome run -d -o g sh -c 'touch g; exit 3'
}

# ---- the limit ----

test_limit_with_a_living_child() {
	ln_guarded
	OOME_FILE=$PWD/f guard --max-restarts 2/1h --interval 50ms ./app always f
	wait_until 10 said 'app is out of memory again, but was restarted 2 times within 1h'
	wait_until 5 test -n "$(sleep 0.3; echo looked)"
	[ "$(wc -l <starts)" = 3 ] || fail "started $(wc -l <starts) times, not 3"
	[ "$(grep -c 'out of memory again' err)" = 1 ] || fail "said more than once: $(cat err)"
	alive "$(tail -n 1 starts)" || fail "it was not left alone"
	finish
}

test_limit_with_a_dead_child() {
	ln_guarded
	OOME_FILE=$PWD/f status_is 3 "$PROCGUARD" oome run --max-restarts 2/1h ./app exit-always f
	[ "$(wc -l <starts)" = 3 ] || fail "started $(wc -l <starts) times, not 3"
	expect 'not restarting (see --max-restarts)'
}

test_limit_that_has_passed() {
	ln_guarded
	OOME_FILE=$PWD/f guard --max-restarts 1/1s --interval 50ms ./app always f
	until_started 3
	finish
	expect 'app is out of memory again, but was restarted 1 times within 1s'
}

# ---- ends ----

test_exit_statuses() {
	status_is 0 "$PROCGUARD" oome run true
	status_is 42 "$PROCGUARD" oome run -- sh -c 'exit 42'
	status_is 137 "$PROCGUARD" oome run -d sh -c 'kill -KILL $$'
	status_is 143 "$PROCGUARD" oome run sh -c 'kill -TERM $$'
	status_is 127 "$PROCGUARD" oome run no-such-command-anywhere
	expect "cannot run 'no-such-command-anywhere': No such file or directory"
	status_is 127 "$PROCGUARD" oome run ./no/such/file
	echo text >file
	status_is 126 "$PROCGUARD" oome run ./file
	expect "cannot run './file': Permission denied"
	status_is 2 "$PROCGUARD" oome run
}

test_killed_by_hand_is_no_restart() {
	ln_guarded
	OOME_FILE=$PWD/f status_is 137 "$PROCGUARD" oome run ./app kill
	[ "$(wc -l <starts)" = 1 ] || fail "restarted: $(cat err)"
}

test_signals_are_forwarded() {
	ln_guarded
	guard ./app signals
	wait_until 10 test -s got
	for name in INT HUP QUIT USR1 USR2 WINCH; do
		kill -$name "$started"
		wait_until 10 grep -q $name got
	done
	kill "$started"
	ends_with "$started" 0
	grep -q TERM got || fail "no TERM: $(cat got)"
}

test_signal_before_the_start_is_not_lost() {
	for name in TERM INT HUP QUIT; do
		# shellcheck disable=SC2016
		start env --default-signal=INT,QUIT sh -c 'kill -STOP $$; exec "$PROCGUARD" oome run sleep 1000'
		wait_until 5 grep -q '^State:.T' "/proc/$started/status"
		# Blocked until the guard takes it, as in the moment between its start and the child's.
		kill -$name "$started"
		kill -CONT "$started"
		wait "$started" && fail "it did not end of SIG$name"
	done
	:
}

test_after_term_there_is_no_restart() {
	# shellcheck disable=SC2016
	OOME_FILE=$PWD/f guard sh -c 'echo >>starts; trap "touch f; exit 7" TERM; while :; do sleep 1000 & wait; done'
	until_started 1
	wait_until 5 test -n "$(sleep 0.2; echo trapped)"
	kill "$started"
	ends_with "$started" 7
	[ "$(wc -l <starts)" = 1 ] || fail "restarted: $(cat err)"
}

test_term_while_terminating_ends_all() {
	ln_guarded
	OOME_FILE=$PWD/f guard --grace 300ms ./app tree f
	wait_until 10 said 'terminating pid'
	kill "$started"
	ends_with "$started" 143
	[ "$(wc -l <starts)" = 1 ] || fail "restarted: $(cat err)"
	alive "$(cat daemon)" && fail "the daemon lives"
	:
}

test_second_term_while_terminating_is_in_a_hurry() {
	ln_guarded
	OOME_FILE=$PWD/f guard --grace 1h ./app tree f
	wait_until 10 said 'terminating pid'
	kill "$started"
	wait_until 5 test -n "$(sleep 0.2; echo apart)"
	kill "$started"
	ends_with "$started" 143
	alive "$(cat daemon)" && fail "the daemon lives"
	:
}

# ---- the tree ----

test_whole_tree_is_ended() {
	ln_guarded
	OOME_FILE=$PWD/f guard --grace 200ms ./app tree f
	until_started 2
	alive "$(cat daemon)" && fail "the daemon that ignores TERM lives"
	finish
}

test_stopped_process_is_ended() {
	ln_guarded
	OOME_FILE=$PWD/f guard --grace 1h ./app plain
	until_started 1
	kill -STOP "$(cat starts)"
	touch f
	until_started 2
	finish
}

orphan='(setsid sh -c "echo \$\$ >orphan; exec sleep 0.2" &) ; sleep 0.1'
reaped() {
	[ -s orphan ] && [ ! -e "/proc/$(cat orphan)" ]
}

test_orphans_are_reaped_as_subreaper() {
	guard sh -c "$orphan; exec sleep 1000"
	wait_until 10 test -s orphan
	[ "$(sed 's/.*) . \([0-9]*\) .*/\1/' "/proc/$(cat orphan)/stat")" = "$started" ] || fail "not our orphan"
	wait_until 10 reaped
	finish
}

test_as_pid_1() {
	needs_root
	unshare -pf --mount-proc true 2>/dev/null || skip "no pid namespaces"
	ln_guarded
	start unshare -pf --mount-proc env "OOME_FILE=$PWD/f" "$PROCGUARD" oome run --grace 200ms sh -c \
		"$orphan; while [ -e /proc/\$(cat orphan) ]; do sleep 0.1; done; touch reaped; exec ./app tree f" 2>>err
	wait_until 10 test -e reaped
	until_started 2
	kill "$(child_of "$started")"
	ends_with "$started" 143
	status_is 9 unshare -pf --mount-proc "$PROCGUARD" oome run sh -c 'exit 9'
	status_is 143 unshare -pf --mount-proc "$PROCGUARD" oome run sh -c 'kill -TERM 1; exec sleep 1000'
}

test_start_that_has_no_memory_is_tried_again() {
	needs_root
	command -v setpriv prlimit >/dev/null || skip "no setpriv or prlimit"
	chmod 777 .
	# No process may be added for this uid, until the limit is lifted.
	start setpriv --reuid 23456 --clear-groups prlimit --nproc=1:100 "$PROCGUARD" oome run touch ran 2>>err
	wait_until 10 said "cannot start 'touch': Resource temporarily unavailable (tried again in 1 s)"
	setpriv --reuid 23456 --clear-groups prlimit --pid "$started" --nproc=100:100
	ends_with "$started" 0
	[ -e ran ] || fail "it did not run"
}

# ---- poorer systems ----

test_without_pidfd_and_inotify() {
	ln_guarded
	OOME_FILE=$PWD/f start "$BUILD/tests/enosys" \
		pidfd_open,pidfd_send_signal,inotify_init1,openat2,close_range \
		"$PROCGUARD" oome run --interval 50ms --grace 200ms ./app tree f 2>>err
	until_started 2
	expect 'cannot watch for oome files'
	alive "$(cat daemon)" && fail "the daemon lives"
	finish
}

test_closed_descriptors() {
	"$PROCGUARD" oome run sh -c 'exit 6' <&- >&- 2>&-
	status=$?
	[ $status = 6 ] || fail "status $status, not 6"
}

test_stderr_that_is_closed_by_its_reader() {
	ln_guarded
	mkfifo pipe
	: <pipe &
	OOME_FILE=$PWD/f start "$PROCGUARD" oome run ./app touch f 2>pipe
	until_started 2
	finish
}

test_descriptors_and_nohup_are_passed_on() {
	echo passed >file
	# shellcheck disable=SC2016
	status_is 0 "$PROCGUARD" oome run sh -c '[ "$(cat <&7)" = passed ]' 7<file
	start nohup "$PROCGUARD" oome run sh -c 'echo >ready; exec sleep 1000' >/dev/null 2>>err
	wait_until 10 test -e ready
	kill -HUP "$started"
	child=$(child_of "$started")
	wait_until 5 test -n "$(sleep 0.2; echo later)"
	alive "$child" || fail "HUP reached it in spite of nohup"
	finish
}

. "${0%/*}/lib.sh"
