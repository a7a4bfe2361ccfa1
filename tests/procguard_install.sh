#!/bin/sh
# procguard_install.sh: `procguard --install`: a link for each applet. lib.sh says how to run it.
# shellcheck source=tests/progs/command.sh
. "${0%/*}/progs/command.sh"

test_install_hard_links() {
	mkdir links
	cp "$PROCGUARD" links/procguard
	run links/procguard --install links
	expect_status 0
	[ ! -s out ] || fail "$(cat out)"
	[ ! -s err ] || fail "$(cat err)"
	inode=$(stat -c %i links/procguard)
	for name in $("$PROCGUARD" --list); do
		[ "$(stat -c %i "links/$name")" = "$inode" ] || fail "$name is no hard link"
		[ ! -h "links/$name" ] || fail "$name is a symbolic link"
		"links/$name" --help | grep -q "^Usage: $name " || fail "$name does not run"
	done
	if "$PROCGUARD" --list | grep -qx oome; then
		[ "$(stat -c %i links/oome_monitor)" = "$inode" ] || fail "no alias"
	fi
	run links/procguard --install links
	expect_status 0
	run links/procguard --install -s links # hard links to it are as good
	expect_status 0
}

test_install_symbolic_links() {
	mkdir links there
	cp "$PROCGUARD" there/procguard
	run there/procguard --install -s links
	expect_status 0
	for name in $("$PROCGUARD" --list); do
		[ "$(readlink "links/$name")" = "$PWD/there/procguard" ] || fail "$name: $(readlink "links/$name")"
		"links/$name" --help | grep -q "^Usage: $name " || fail "$name does not run"
	done
	run there/procguard --install --symbolic links
	expect_status 0
	ln -s there/procguard another # a link to it: the target is the binary still
	rm links/*
	run ./another --install -s links
	[ "$(readlink "links/$(first_applet)")" = "$PWD/there/procguard" ] || fail "a link to a link"
}

test_install_overwrites_nothing() {
	name=$(first_applet)
	cp "$PROCGUARD" procguard
	for kind in file dangling directory; do
		rm -rf links
		mkdir links
		case $kind in
		file) echo precious >"links/$name" ;;
		dangling) ln -s nowhere "links/$name" ;;
		directory) mkdir "links/$name" ;;
		esac
		for option in --symbolic ''; do
			# shellcheck disable=SC2086 # an option or none
			run ./procguard --install $option links
			expect_status 1
			expect_err "'links/$name' exists and is not this program"
		done
		case $kind in
		file) [ "$(cat "links/$name")" = precious ] || fail "overwritten" ;;
		dangling) [ "$(readlink "links/$name")" = nowhere ] || fail "overwritten" ;;
		directory) [ -d "links/$name" ] || fail "overwritten" ;;
		esac
	done
}

test_install_goes_on_behind_a_failure() {
	needs_oome
	mkdir links
	echo precious >links/oome
	run "$PROCGUARD" --install -s links
	expect_status 1
	[ -h links/oome_monitor ] || fail "the rest was not linked"
}

test_install_says_what_is_wrong_with_the_directory() {
	run "$PROCGUARD" --install
	expect_status 2
	expect_err "option '--install' needs a DIR"
	run "$PROCGUARD" --install nowhere
	expect_status 1
	expect_err "cannot open 'nowhere': No such file or directory"
	: >file
	run "$PROCGUARD" --install file
	expect_status 1
	expect_err "cannot open 'file': Not a directory"
	run "$PROCGUARD" --install -s /proc # nobody, root neither, may write there
	expect_status 1
	expect_err "cannot link '/proc/$(first_applet)'"
	run "$PROCGUARD" --install -s a b
	expect_status 2
}

test_install_on_another_file_system() {
	[ -w /dev/shm ] && [ "$(stat -c %d /dev/shm)" != "$(stat -c %d "$PROCGUARD")" ] || skip "/dev/shm is none"
	links=$(mktemp -d /dev/shm/procguard.XXXXXX) || fail "no directory"
	run "$PROCGUARD" --install "$links"
	rm -rf "$links"
	expect_status 1
	expect_err ' (use --install -s)'
}

test_install_in_a_directory_that_cannot_be_written() {
	[ "$(id -u)" != 0 ] || skip "root may write everywhere"
	mkdir links
	chmod 555 links
	run "$PROCGUARD" --install -s links
	expect_status 1
	expect_err "cannot link 'links/$(first_applet)'"
	expect_err 'Permission denied'
}

test_install_of_a_file_that_is_gone() {
	mkdir links
	cp "$PROCGUARD" gone
	cat >inner <<'END'
exec 3<gone
rm gone
exec /proc/self/fd/3 --install -s links
END
	run sh inner
	expect_status 1
	expect_err 'cannot find its own file'
	[ -z "$(ls links)" ] || fail "linked to nothing: $(ls -l links)"
}

# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
