#!/bin/sh
# oome_run.sh: `procguard oome run`: where it looks for reports, which it believes, how often it restarts.
# shellcheck source=tests/progs/oome_run.sh
. "${0%/*}/progs/oome_run.sh"

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
	until_looked
	[ "$(wc -l <starts)" = 2 ] || fail "restarted again for the same file: $(cat err)"
	wait_until 10 is_past d/f
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
	wait_until 5 watches d
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
	printf '%s\n' '#!/bin/sh' 'echo >>"$1/starts"' '[ "$(wc -l <"$1/starts")" -gt 1 ] || touch "$2"' \
		'exec sleep 1000' >inner
	chmod +x inner
	OOME_FILE=$PWD/a/f guard --interval 100ms sh -c "cd a; OOME_FILE=../b/g $PWD/inner $PWD/a $PWD/b/g; exit 1"
	wait_until 10 said "oome file $PWD/a/../b/g was deleted"
	wait_until 10 said 'sh restarted'
	finish
	rm err
	OOME_FILE=$PWD/a/f guard --interval 100ms sh -c "cd b; env -u OOME_FILE $PWD/inner $PWD/b work/oome; exit 1"
	wait_until 10 said "oome file $PWD/b/work/oome was deleted"
	wait_until 10 said 'sh restarted'
	finish
}

test_old_file_of_a_wrappers_child_is_no_report() {
	touch g
	wait_until 5 clock_moved g
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
	until_looked
	said_times detected 1 || fail "said more than once: $(cat err)"
	[ -e f ] || fail "the file was deleted"
	wait_until 10 is_past f
	touch f # a new report
	wait_until 10 said_times detected 2
	finish
	[ "$(wc -l <starts)" = 1 ] || fail "restarted"
	status_is 3 "$PROCGUARD" oome run -d -o g sh -c 'touch g; exit 3'
}

# ---- the limit ----

test_limit_with_a_living_child() {
	ln_guarded
	OOME_FILE=$PWD/f guard --max-restarts 2/1h --interval 50ms ./app always f
	wait_until 10 said 'app is out of memory again, but was restarted 2 times within 1h'
	until_looked
	[ "$(wc -l <starts)" = 3 ] || fail "started $(wc -l <starts) times, not 3"
	said_times 'out of memory again' 1 || fail "said more than once: $(cat err)"
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
	wait_until 20 said 'app is out of memory again, but was restarted 1 time within 1s'
	until_started $(($(wc -l <starts) + 1))
	finish
}

# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
