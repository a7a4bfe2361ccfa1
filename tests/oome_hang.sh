#!/bin/sh
# oome_hang.sh: a file system that does not answer holds up nothing but the program whose file lies there.
# once
# shellcheck source=tests/progs/supervisord.sh
. "${0%/*}/progs/supervisord.sh"

mount_hangfs() {
	root_only
	mkdir "$1"
	start "$BUILD/tests/progs/hangfs" "$1" > hangfs.out 2> hangfs.err
	wait_until 10 hangfs_decided
	grep -q '^hangfs: ' hangfs.err && skip "$(cat hangfs.err)"
	grep -q mounted hangfs.out || fail "hangfs: $(cat hangfs.err)"
}

hangfs_decided() {
	grep -q mounted hangfs.out || ! alive "$started"
}

test_a_file_system_that_hangs_holds_up_only_its_program() {
	mount_hangfs "$PWD/mnt"
	conf unix
	conf_program stuck "environment=OOME_FILE=\"$PWD/mnt/deep/oome\""
	conf_program web "environment=OOME_FILE=\"$PWD/web.oome\""
	conf_listener 'all' events=EVENT buffer_size=50
	supervisord_start
	wait_events 5
	within 60 said 'do not answer' || fail_and_tell "the file system that hangs was not noticed"
	expect_restart web "$PWD/web.oome"
	expect_restart web "$PWD/web.oome"
	test "$(said_times 'do not answer')" = 1 || fail_and_tell "said more than once"
	expect_untouched stuck
	expect_clean_stdout
}

test_what_looks_is_killed_and_comes_again() {
	conf unix
	conf_program web "environment=OOME_FILE=\"$PWD/web.oome\""
	conf_listener 'all' events=EVENT
	supervisord_start
	within 20 watching || fail "nothing is watched"
	for pid in $(procguard_pids all); do
		procguard_pids listener | grep -qx "$pid" || kill -KILL "$pid"
	done
	wait_events 2
	within 20 watching || fail "nothing is watched any more"
	expect_restart web "$PWD/web.oome"
	test "$(procguard_pids listener | wc -l)" = 1 || fail "more than one listener"
	expect_clean_stdout
}

. "${0%/*}/lib.sh"
