#!/bin/sh
# docs_gmr_library.sh: the programs of procguard_gmr(3), built as it says, report themselves. lib.sh says how to run it.
# once
# shellcheck source=tests/progs/examples.sh
. "${0%/*}/progs/examples.sh"

needs_library() {
	[ -f "$BUILD/inside/libprocguard.a" ] || skip "this build has no C library"
	in_path
}

# build NAME: NAME.c, by the line on stdin, but for where the library is, which is not installed.
build() {
	flags="-Wall -Wextra -Werror -I$BUILD/include $BUILD/inside/libprocguard.a -pthread"
	sed "s#\\\$(pkg-config .*)#$flags#" >build.sh
	sh -e build.sh || fail "not built: $(cat build.sh)"
	[ -x "$1" ] || fail "no $1 by $(cat build.sh)"
}

has_reports() { # COUNT
	[ "$(find log -name 'server_gurumeditation_*' | wc -l)" -ge "$1" ]
}

expect_in() { # FILE TEXT...
	file=$1
	shift
	for text; do
		grep -q -e "$text" "$file" || fail "no '$text' in $file: $(cat "$file")"
	done
}

test_manual_server() {
	needs_library
	mkdir log
	example procguard_gmr.3 'A server with two sections' |
		sed -e "s|/var/log|$PWD/log|" -e "s|/run/|$PWD/|" >server.c
	example procguard_gmr.3 'To build it, and to have two reports' >lines
	sed -n 1p lines | build server
	printf '%s\n' './server &' 'sleep 1' "kill -USR2 \$!" 'touch /run/server.gmr' "procguard gmr \$!" >expected
	sed 1d lines | cmp -s expected - || fail "the example is another one: $(cat lines)"
	start ./server 2>err
	wait_until 30 takes_usr2 "$started"
	kill -USR2 "$started"
	wait_until 30 has_reports 1
	touch server.gmr
	wait_until 30 has_reports 2
	for report in log/*; do
		expect_in "$report" '^waiting = 3' '^Ask operators@example' '1\.4\.2' 'Example Ltd' 'pin = \*\*\*'
	done
	expect_in err "$PWD/log/server_gurumeditation_"
	procguard gmr "$started" >out || fail "from outside: $(cat out)"
	expect_in out '1\.4\.2' 'listen = 127\.0\.0\.1:8080' 'pin = \*\*\*'
}

test_manual_green_thread() {
	needs_library
	example procguard_gmr.3 'A green thread that is switched to' >green.c
	# shellcheck disable=SC2016 # as in the manual
	echo 'cc -o green green.c $(pkg-config --cflags --libs procguard)' | build green
	start ./green 2>err
	wait_until 30 takes_usr2 "$started"
	kill -USR2 "$started"
	wait_until 30 grep -q '====  *Configuration' err
	expect_in err 'reader' 'in read_all$'
}

# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
