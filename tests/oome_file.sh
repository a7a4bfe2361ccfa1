#!/bin/sh
# oome_file.sh: where `oome single` and `all` look for the oome file, whom they believe, and when they look.
# shellcheck source=tests/progs/supervisord.sh
. "${0%/*}/progs/supervisord.sh"

# ---- which file ----

test_default_is_work_oome_in_the_programs_directory() {
	conf unix
	conf_program web
	conf_listener 'single -p web'
	supervisord_start
	expect_restart web "$PWD/web/work/oome"
}

test_homedir_wins_over_the_directory() {
	conf unix
	mkdir -p home/work
	conf_program web "environment=HOMEDIR=\"$PWD/home\""
	touch web/work/oome
	conf_listener 'single -p web'
	supervisord_start
	expect_restart web "$PWD/home/work/oome"
	test -e web/work/oome || fail "the file in the program's directory was taken too"
}

test_oome_file_wins_over_homedir() {
	conf unix
	mkdir -p home/work
	touch home/work/oome
	conf_program web "environment=HOMEDIR=\"$PWD/home\",OOME_FILE=\"$PWD/web.oome\""
	conf_listener 'single -p web'
	supervisord_start
	expect_restart web "$PWD/web.oome"
	test -e home/work/oome || fail "the file in HOMEDIR was taken too"
}

test_value_with_equals_signs() {
	conf unix
	conf_program web "environment=OOME_FILE=\"$PWD/a=b==.oome\""
	conf_listener 'single -p web'
	supervisord_start
	expect_restart web "$PWD/a=b==.oome"
}

test_file_with_spaces_in_its_name() {
	conf unix
	mkdir 'a b'
	conf_program web "environment=OOME_FILE=\"$PWD/a b/the file\""
	conf_listener 'single -p web'
	supervisord_start
	expect_restart web "$PWD/a b/the file"
}

test_relative_file_is_below_the_programs_directory() {
	conf unix
	mkdir -p web/sub
	conf_program web 'environment=OOME_FILE="sub/web.oome"'
	conf_listener 'single -p web'
	supervisord_start
	expect_restart web "$PWD/web/sub/web.oome"
}

test_longer_name_of_a_variable_is_not_taken() {
	conf unix
	conf_program web "environment=A_OOME_FILE=\"$PWD/a.oome\",OOME_FILE_X=\"$PWD/x.oome\""
	conf_listener 'single -p web'
	supervisord_start
	touch x.oome a.oome
	expect_restart web "$PWD/web/work/oome"
	test -e x.oome || fail "OOME_FILE_X was taken for OOME_FILE"
	test -e a.oome || fail "A_OOME_FILE was taken for OOME_FILE"
}

test_option_names_the_file() {
	conf unix
	conf_program web "environment=OOME_FILE=\"$PWD/environment.oome\""
	conf_listener "single -p web --oome-file $PWD/option.oome"
	supervisord_start
	touch environment.oome
	expect_restart web "$PWD/option.oome"
	test -e environment.oome || fail "OOME_FILE was taken beside -o"
}

test_option_file_is_deleted_with_the_listeners_rights() {
	root_only
	open_directory
	mkdir -m 700 private
	conf unix
	conf_program web user=nobody
	conf_listener "single -p web -o $PWD/private/oome"
	supervisord_start
	expect_restart web "$PWD/private/oome"
}

test_wrapper_whose_child_has_the_file_in_its_environment() {
	conf unix
	mkdir sub
	conf_program web "command=$TOP/tests/progs/service.sh $PWD/starts.web wrap $PWD/sub" \
		stopasgroup=true killasgroup=true "environment=CHILD_OOME_FILE=\"$PWD/child.oome\""
	conf_listener 'single -p web'
	supervisord_start
	wait_until 20 started web 1
	expect_restart web "$PWD/child.oome"
}

test_wrapper_whose_child_has_another_directory() {
	conf unix
	mkdir -p sub/work
	conf_program web "command=/bin/sh -c \"exec $TOP/tests/progs/service.sh $PWD/starts.web wrap $PWD/sub\"" \
		stopasgroup=true killasgroup=true
	rmdir web/work
	conf_listener 'single -p web'
	supervisord_start
	expect_restart web "$PWD/sub/work/oome"
}

test_program_in_a_chroot() {
	root_only
	conf unix
	mkdir -p jail/bin jail/data
	for file in /bin/sleep $(ldd /bin/sleep | grep -o '/[^ ]*'); do
		mkdir -p "jail/${file%/*}"
		cp -L "$file" "jail/$file"
	done
	# Outside, that link leads nowhere: only in the program's own root it names the place.
	ln -s "/data" jail/link
	conf_program web "environment=OOME_FILE=\"/link/web.oome\"" \
		"command=/bin/sh -c 'echo \$\$ >> $PWD/starts.web; exec chroot $PWD/jail /bin/sleep 1000'"
	conf_listener 'single -p web'
	supervisord_start
	expect_restart web "$PWD/jail/data/web.oome" web /link/web.oome
}

# What it sees as its directory is mounted for it alone, and gone with it.
test_program_in_a_mount_namespace() {
	root_only
	unshare --mount mount -t tmpfs none . || skip "no mount namespace to be had"
	conf unix
	conf_program web "command=/usr/bin/unshare --mount /bin/sh -c 'mount -t tmpfs none work &&
		exec $TOP/tests/progs/service.sh $PWD/starts.web'"
	conf_listener 'single -p web'
	supervisord_start
	within 20 started web 1 || fail "web did not start"
	before=1 old=$(pid_of web)
	touch "/proc/$old/root$PWD/web/work/oome"
	within 20 started web 2 || fail_and_tell "it was not started anew"
	expect_restarted web "$PWD/web/work/oome"
}

test_directory_that_appears_later() {
	conf unix
	conf_program web "environment=OOME_FILE=\"$PWD/later/web.oome\""
	conf_listener 'single -p web'
	supervisord_start
	wait_events 1
	mkdir later
	expect_restart web "$PWD/later/web.oome"
}

test_file_that_is_there_at_start() {
	conf unix
	conf_program web "environment=OOME_FILE=\"$PWD/web.oome\""
	conf_listener 'single -p web' autostart=false
	supervisord_start
	within 20 started web 1 || fail "web did not start"
	before=1 old=$(pid_of web)
	touch web.oome
	ctl start oome > start.out
	expect_restarted web "$PWD/web.oome"
}

# ---- whom to believe ----

test_file_that_only_root_may_delete_stays() {
	root_only
	open_directory
	mkdir -m 700 private
	touch private/secret
	chmod 600 private/secret
	conf unix
	conf_program good "environment=OOME_FILE=\"$PWD/good.oome\""
	conf_program web user=nobody "environment=OOME_FILE=\"$PWD/private/secret\""
	conf_listener all
	supervisord_start
	expect_said_once "$PWD/private/secret"
	expect_restart good "$PWD/good.oome"
	test -e private/secret || fail "a program of nobody had root's file deleted"
	expect_untouched web
}

# Make `./with_etc COMMAND...`: runs COMMAND where /etc is the directory etc made here. The real one is never at stake,
# not even when what is tested does all that it must not do.
write_with_etc() {
	mkdir etc
	for file in passwd group nsswitch.conf ld.so.cache ld-musl-x86_64.path; do
		test ! -e "/etc/$file" || cp -L "/etc/$file" etc
	done
	printf 'root:!:20000::::::\n' > etc/shadow
	chmod 640 etc/shadow
	touch etc/made-for-a-test
	cat > with_etc <<-END
	#!/bin/sh
	mount --bind '$PWD/etc' /etc && test -e /etc/made-for-a-test && exec "\$@"
	END
	chmod 755 etc with_etc
	unshare --mount ./with_etc true || skip "no mount namespace to be had"
}

test_program_that_names_etc_shadow() {
	root_only
	open_directory
	write_with_etc
	conf unix
	conf_program good "environment=OOME_FILE=\"$PWD/good.oome\""
	conf_program web user=nobody 'environment=OOME_FILE="/etc/shadow"'
	conf_listener all
	supervisord_start unshare --mount ./with_etc
	expect_restart good "$PWD/good.oome"
	within 20 said '/etc/shadow could not be removed' || fail_and_tell "not a word of /etc/shadow"
	wait_events 2
	test "$(cat etc/shadow)" = 'root:!:20000::::::' || fail "/etc/shadow has changed or is gone"
	test "$(starts web)" -le 2 || fail "web was restarted $(($(starts web) - 1)) times"
	test "$(said_times "'/etc/shadow'")" -le 1 || fail_and_tell "it was believed more than once"
	test "$(said_times '/etc/shadow could not be removed')" = 1 || fail_and_tell "not one warning"
}

test_link_at_the_files_place_is_not_followed() {
	root_only
	open_directory
	mkdir -m 700 private
	touch private/secret
	conf unix
	conf_program good "environment=OOME_FILE=\"$PWD/good.oome\""
	conf_program web user=nobody
	chown nobody web/work
	su -s /bin/sh nobody -c "ln -s '$PWD/private/secret' '$PWD/web/work/oome'"
	conf_listener all
	supervisord_start
	expect_said_once "$PWD/web/work/oome"
	expect_restart good "$PWD/good.oome"
	test -e private/secret || fail "what the link points at was deleted"
	test -h web/work/oome || fail "the link was deleted"
	expect_untouched web
}

test_directory_and_fifo_at_the_files_place_are_left_alone() {
	conf unix
	conf_program good "environment=OOME_FILE=\"$PWD/good.oome\""
	conf_program one
	conf_program two
	mkdir one/work/oome
	mkfifo two/work/oome
	conf_listener all
	supervisord_start
	expect_said_once "$PWD/one/work/oome"
	expect_restart good "$PWD/good.oome"
	expect_untouched one
	expect_untouched two
	test -d one/work/oome || fail "the directory is gone"
	test -p two/work/oome || fail "the fifo is gone"
}

# In a sticky directory, as /tmp, anybody can touch a file: $1 is put behind the listener's arguments.
strangers_file() {
	root_only
	open_directory
	mkdir -m 1777 tmp
	conf unix
	conf_program good "environment=OOME_FILE=\"$PWD/good.oome\""
	conf_program web "environment=OOME_FILE=\"$PWD/tmp/web.oome\""
	conf_listener "all $1"
	supervisord_start
	within 20 started web 1 || fail "web did not start"
	before=1 old=$(pid_of web)
	su -s /bin/sh nobody -c "touch '$PWD/tmp/web.oome'"
}

test_file_of_another_user_is_not_acted_on() {
	strangers_file
	expect_said_once "$PWD/tmp/web.oome"
	expect_restart good "$PWD/good.oome"
	expect_untouched web
	test -e tmp/web.oome || fail "it was deleted"
}

test_any_owner_lets_a_strangers_file_count() {
	strangers_file --any-owner
	expect_restarted web "$PWD/tmp/web.oome"
}

test_program_of_another_user_with_its_own_file() {
	root_only
	open_directory
	conf unix
	conf_program web user=nobody
	chown nobody web/work
	conf_listener 'single -p web'
	supervisord_start
	within 20 started web 1 || fail "web did not start"
	before=1 old=$(pid_of web)
	su -s /bin/sh nobody -c "touch '$PWD/web/work/oome'"
	expect_restarted web "$PWD/web/work/oome"
}

test_listener_of_an_ordinary_user() {
	root_only
	open_directory
	su -s /bin/sh nobody -c "'$PROCGUARD' --version > /dev/null" || skip "'$PROCGUARD' is out of reach for nobody"
	conf unix
	conf_program web user=nobody
	conf_program roots
	chown nobody web/work
	mkdir -m 777 state
	sed -i 's/^file=.*/&\nchmod=0777/' supervisord.conf
	conf_listener all user=nobody
	chown nobody state
	chmod 700 state
	supervisord_start
	expect_restart web "$PWD/web/work/oome"
	touch roots/work/oome
	expect_said_once roots
	expect_untouched roots
}

test_file_that_cannot_be_deleted_is_not_acted_on_twice() {
	root_only
	open_directory
	conf unix
	conf_program good "environment=OOME_FILE=\"$PWD/good.oome\""
	conf_program web user=nobody
	conf_listener all
	supervisord_start
	within 20 started web 1 || fail "web did not start"
	touch web/work/oome
	within 20 said "$PWD/web/work/oome could not be removed" || fail_and_tell "not a word about it"
	touch -a web/work
	wait_events 2
	expect_restart good "$PWD/good.oome"
	test -e web/work/oome || fail "it was deleted although nobody may not"
	test "$(starts web)" -le 2 || fail "web was restarted $(($(starts web) - 1)) times"
}

# ---- when ----

test_inotify_reacts_between_ticks() {
	conf unix
	conf_program web "environment=OOME_FILE=\"$PWD/web.oome\""
	conf_listener 'single -p web' events=TICK_3600 autostart=false
	supervisord_start
	within 20 started web 1 || fail "web did not start"
	ctl start oome > start.out
	within 20 watching || fail "the listener does not watch"
	expect_restart web "$PWD/web.oome"
}

test_inotify_sees_a_file_that_is_moved_into_place() {
	conf unix
	conf_program web "environment=OOME_FILE=\"$PWD/web.oome\""
	conf_listener 'single -p web' events=TICK_3600 autostart=false
	supervisord_start
	within 20 started web 1 || fail "web did not start"
	ctl start oome > start.out
	within 20 watching || fail "the listener does not watch"
	before=1 old=$(pid_of web)
	touch elsewhere
	mv elsewhere web.oome
	expect_restarted web "$PWD/web.oome"
}

test_no_watch_reacts_at_ticks() {
	conf unix
	conf_program web "environment=OOME_FILE=\"$PWD/web.oome\""
	conf_listener 'single -p web --no-watch'
	supervisord_start
	expect_restart web "$PWD/web.oome"
	if watching; then
		fail "it watches all the same"
	fi
}

# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
