#!/bin/sh
# build.sh: what the Makefile makes: which libraries are loaded, what changes with its variables, static binaries,
# installation. lib.sh says how to run it.
# once
# timeout: 600

# make into the current directory, warnings are errors. The C library's gmr is that of the build that is tested.
build() {
	make -s -C "$TOP" BUILD="$PWD/b" CI=1 LIBRARY=no BLOB="$BUILD/inside/blob" "$@" >out 2>&1 ||
		fail "make $*: $(tail -n 20 out)"
}

needed() {
	readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'
}

test_plain_binary_needs_only_libc() {
	for library in $(needed "$PROCGUARD"); do
		case $library in
		libc.* | libdl.so.2 | ld-linux*) ;;
		*) fail "$library is loaded at start" ;;
		esac
	done
}

test_plain_binary_is_hardened() {
	readelf -hW "$PROCGUARD" | grep -q 'Type:.*DYN' || fail "no PIE"
	readelf -lW "$PROCGUARD" | grep -q GNU_RELRO || fail "no RELRO"
	readelf -dW "$PROCGUARD" | grep -q 'FLAGS.*NOW' || fail "lazy binding"
	readelf -lW "$PROCGUARD" | grep 'GNU_STACK' | grep -q 'RWE' && fail "executable stack"
	readelf -sW "$PROCGUARD" | grep -q '__stack_chk_fail' || fail "no stack protector"
	case $(needed "$PROCGUARD") in
	*musl*) return ;; # which has no fortified functions
	esac
	grep -q -e ' -O[123s]' "$BUILD/compile.flags" || return 0
	readelf -sW "$PROCGUARD" | grep -q '__[a-z]*_chk@' || fail "no fortified function is called"
}

test_dlopen_notes_name_the_libraries() {
	readelf -x .note.dlopen "$PROCGUARD" >note 2>&1
	for library in libcurl libxml2 libdw libstdc++; do
		strings -a "$PROCGUARD" | grep -q "\"soname\".*$library" || fail "no note for $library: $(cat note)"
	done
	readelf -SW "$PROCGUARD" | grep -q '\.note\.dlopen' || fail "no section .note.dlopen"
}

test_without_libraries_says_so() {
	build WITHOUT="curl xml2 dw"
	readelf -SW b/procguard | grep -q '\.note\.dlopen' && fail "a note for a library that is not used"
	b/procguard --version >version || fail "--version failed"
	grep -q 'without.*curl' version || fail "--version does not tell: $(cat version)"
	start sleep 1000
	b/procguard gmr "$started" >report || fail "gmr: status $?"
	grep -q '^stacks are not followed .*: built without libdw$' report || fail "no word of libdw: $(cat report)"
	grep -q '^(outer frames are missing' report || fail "no word of a stack's end: $(cat report)"
	grep -q ', incomplete$' report || fail "not incomplete: $(cat report)"
	for section in Package 'Green Threads' Processes Configuration; do
		grep -q "^==== *$section *====$" report || fail "no section $section: $(cat report)"
	done
	b/procguard gmr -f xml -S processes $$ >xml
	grep -q '</report>' xml || fail "no XML: $(cat xml)"
}

test_unknown_library_headers_are_explained() {
	make -s -C "$TOP" BUILD="$PWD/b" CPPFLAGS=-Dcurl_easy_init="'#'" "$PWD/b/core/http_curl.o" >out 2>&1 &&
		fail "a broken compilation succeeded"
	grep -q 'WITHOUT=curl' out || fail "no hint: $(cat out)"
}

# What make refuses, and why, before it does anything.
refuses() { # TEXT ARGUMENT...
	text=$1
	shift
	make -C "$TOP" BUILD="$PWD/b" "$@" >out 2>&1 && fail "make $*: accepted"
	grep -q "$text" out || fail "make $*: '$text' is not said: $(cat out)"
	[ ! -e b ] || fail "make $*: something was made"
}

test_unknown_words_are_refused() {
	refuses 'WITHOUT=bogus: there are only: curl xml2 dw' WITHOUT=bogus
	refuses 'WITHOUT=libcurl: there are only: curl xml2 dw' WITHOUT="xml2 libcurl"
	refuses "APPLETS=nonesuch: there are only: .*$("$PROCGUARD" --list | head -n 1)" APPLETS=nonesuch
	first=$("$PROCGUARD" --list | head -n 1)
	refuses 'APPLETS=nonesuch:' APPLETS="$first nonesuch"
}

# As if libcurl were not there; by a user who cannot install it.
test_what_is_missing_is_said_before_anything_is_compiled() {
	mkdir bin
	printf '#!/bin/sh\necho 1000\n' >bin/id
	printf '#!/bin/sh\nexit 1\n' >bin/pkg-config
	chmod +x bin/*
	for target in check demo bench; do
		PATH=$PWD/bin:$PATH refuses '^missing; as root: ' -j 4 NODEPS= $target
		grep -q '^  CC ' out && fail "make $target has compiled: $(cat out)"
	done
	:
}

test_commands_are_shown_on_request() {
	make -C "$TOP" BUILD="$PWD/b" "$PWD/b/core/buf.o" >out 2>&1 || fail "$(cat out)"
	grep -q '^  CC  *core/buf.c$' out || fail "no short line: $(cat out)"
	grep -q -e '-c -o' out && fail "a command is shown: $(cat out)"
	rm -r b
	make -C "$TOP" BUILD="$PWD/b" V=1 "$PWD/b/core/buf.o" >out 2>&1 || fail "V=1: $(cat out)"
	grep -q -e "^[^ ].* -c -o $PWD/b/core/buf.o core/buf.c\$" out || fail "V=1: no command is shown: $(cat out)"
	grep -q '^  CC ' out && fail "V=1: a short line: $(cat out)"
	:
}

# The names of the files that a build in b/ made.
made() {
	make -C "$TOP" BUILD="$PWD/b" CI=1 LIBRARY=no "$@" all >out 2>&1 || fail "make $*: $(tail -n 20 out)"
	sed -n 's/^  \(CC\|LINK\) *//p' out
}

test_changed_flags_build_anew() {
	build CFLAGS=-O0
	[ -z "$(made CFLAGS=-O0)" ] || fail "made without need: $(cat out)"
	made CFLAGS="-O0 -g" | grep -q core/buf.c || fail "CFLAGS: nothing compiled anew"
	[ -z "$(made CFLAGS="-O0 -g")" ] || fail "made without need after CFLAGS: $(cat out)"
	made CFLAGS="-O0 -g" WITHOUT=xml2 >list
	grep -q core/xmlrpc_none.c list || fail "WITHOUT: the other module was not compiled"
	grep -q core/buf.c list && fail "WITHOUT: too much was compiled: $(cat list)"
	b/procguard --version | grep -q 'without.*xml2' || fail "WITHOUT: $(b/procguard --version)"
	made CFLAGS="-O0 -g" >list
	grep -q procguard list || fail "back: not linked anew"
	b/procguard --version | grep -q 'without.*xml2' && fail "back: $(b/procguard --version)"
	:
}

# With CI set every build of `make check` ends at a warning: the plain one, by cc, and the sanitized one, by clang.
checked_anyway() { # COMPILER
	[ -n "${CI:-}" ] || return
	[ "$1" = clang ] || "${CC:-cc}" -v 2>&1 | grep -q "^$1 version"
}

test_gcc_has_no_warning() {
	command -v gcc >/dev/null || skip "no gcc"
	checked_anyway gcc || build CC=gcc CFLAGS=-O2 all tests
}

test_clang_has_no_warning() {
	command -v clang >/dev/null || skip "no clang"
	checked_anyway clang || build CC=clang CFLAGS=-O2 all tests
}

test_unoptimised_has_no_warning() {
	build CFLAGS=-O0
}

# static_file FILE: nothing else is needed to run it
static_file() {
	readelf -lW "$1" >headers || fail "no $1"
	grep -q INTERP headers && fail "a static binary with a PT_INTERP"
	[ -z "$(needed "$1")" ] || fail "a static binary needs $(needed "$1")"
	"$1" --version >/dev/null || fail "it does not run"
}

test_static_glibc() {
	build CFLAGS=-O0 STATIC=1 WITHOUT="xml2 dw"
	grep -q 'implies WITHOUT=curl' out || fail "not said that curl is left out: $(cat out)"
	static_file b/procguard
}

test_static_glibc_with_libxml2() {
	libraries=$(pkg-config --static --libs libxml-2.0 | sed 's/.*-licu.*/& -lstdc++/')
	for library in $libraries; do
		file=lib${library#-l}.a
		[ "$(${CC:-cc} -print-file-name="$file")" != "$file" ] || skip "no $file"
	done
	build CFLAGS=-O0 STATIC=1
	static_file b/procguard
}

musl() {
	command -v musl-gcc >/dev/null || skip "no musl-gcc"
	build STATIC=1 CC=musl-gcc WITHOUT="curl xml2 dw" "$@"
	static_file b/procguard
}

test_static_musl() {
	musl CFLAGS=-O0
	grep -q 'implies' out && fail "musl implies nothing: $(cat out)"
	for name in $(b/procguard --list); do
		b/procguard "$name" --help >/dev/null || fail "$name --help"
	done
	! has_gmr || shows_python_without_libdw
}

# Lines of Python need no libdw.
shows_python_without_libdw() {
	command -v python3 >/dev/null || return 0
	start python3 -c "$(printf 'import time\ndef waits():\n    time.sleep(1000)\nwaits()\n')"
	wait_until 30 shows_waits
}

shows_waits() {
	b/procguard gmr --deadline 60s -S threads "$started" >report || fail "status $?: $(cat report)"
	grep -q '^<string>:3 in waits$' report
}

# As in an image FROM scratch: no shell, no /proc, no passwd.
test_static_musl_runs_in_an_empty_chroot() {
	[ "$(id -u)" = 0 ] || skip "chroot needs root"
	musl APPLETS=oome
	mkdir root
	cp b/procguard root/procguard
	cat >hello.c <<-'END'
		#include <unistd.h>
		int main(void) { return write(1, "hello\n", 6) == 6 ? 7 : 1; }
	END
	musl-gcc -static -o root/hello hello.c || fail "no static program"
	chroot root /procguard oome run /hello >hello
	status=$?
	[ "$(cat hello)" = hello ] || fail "the command did not run: $(cat hello)"
	[ $status = 7 ] || fail "exit status $status, not the command's 7"
}

has_gmr() {
	"$PROCGUARD" --list | grep -qx gmr
}

# As another program would, where it is installed.
builds_with_the_library() {
	flags=$(PKG_CONFIG_PATH=dest/usr/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=dest \
		PKG_CONFIG_ALLOW_SYSTEM_CFLAGS=1 PKG_CONFIG_ALLOW_SYSTEM_LIBS=1 \
		pkg-config --cflags --libs procguard) || fail "no procguard.pc: $(find dest)"
	[ -f dest/usr/share/man/man3/procguard_gmr.3 ] || fail "no manual of it"
	# shellcheck disable=SC2086 # words
	${CC:-cc} -o example "$TOP/tests/inside/example.c" $flags || fail "not built with $flags"
	start ./example >ready
	wait_until 30 grep -q ready ready
	stop "$started"
}

installed_and_uninstalled() {
	build CFLAGS=-O0 LIBRARY=yes install DESTDIR="$PWD/dest" PREFIX=/usr
	for name in $("$PROCGUARD" --list) oome_monitor; do
		[ "$(readlink "dest/usr/bin/$name")" = procguard ] || fail "no link $name"
		"dest/usr/bin/$name" --help >/dev/null || fail "$name --help"
	done
	[ -f dest/usr/share/man/man1/procguard.1 ] || fail "no manual"
	has_gmr && builds_with_the_library
	build CFLAGS=-O0 uninstall DESTDIR="$PWD/dest" PREFIX=/usr
	find dest ! -type d >left
	[ ! -s left ] || fail "uninstall left $(cat left)"
}

make_install() {
	make -s -C "$TOP" BUILD="$PWD/b" CI=1 LIBRARY=no CFLAGS=-O0 install DESTDIR="$PWD/dest" PREFIX=/usr >out 2>&1
}

# What is no link to procguard is not replaced: then nothing at all is installed.
overwrites_nothing_of_others() {
	bin=dest/usr/bin
	first=$("$PROCGUARD" --list | head -n 1)
	for kind in file link dangling directory; do
		rm -rf dest
		mkdir -p $bin
		echo precious >$bin/other
		case $kind in
		file) echo precious >$bin/$first ;;
		link) ln -s other $bin/$first ;;
		dangling) ln -s nowhere $bin/$first ;;
		directory) mkdir $bin/$first ;;
		esac
		ls -lR dest >before
		make_install && fail "$kind: installed: $(ls -l $bin)"
		grep -q "$PWD/$bin/$first is no link to procguard; nothing is installed" out || fail "$kind: $(cat out)"
		ls -lR dest >after
		cmp -s before after || fail "$kind: changed: $(diff before after)"
	done
	rm -rf dest
	mkdir -p $bin/procguard
	make_install && fail "onto a directory"
	grep -q "$PWD/$bin/procguard is no regular file; nothing is installed" out || fail "$(cat out)"
}

# An older installation, and links that `procguard --install` has made, are.
replaces_our_own() {
	build CFLAGS=-O0 install DESTDIR="$PWD/dest" PREFIX=/usr
	[ ! -e dest/usr/share/man/man3 ] || fail "a manual of the library that was left out"
	bin=dest/usr/bin
	first=$("$PROCGUARD" --list | head -n 1)
	echo old >dest/usr/share/man/man1/procguard.1
	for kind in same hard absolute; do
		case $kind in
		hard) ln -f $bin/procguard $bin/$first ;;
		absolute) ln -sf /usr/bin/procguard $bin/$first ;;
		esac
		build CFLAGS=-O0 install DESTDIR="$PWD/dest" PREFIX=/usr
		[ "$(readlink $bin/$first)" = procguard ] || fail "$kind: not replaced: $(ls -l $bin)"
	done
	cmp -s dest/usr/share/man/man1/procguard.1 "$TOP/man/procguard.1" || fail "the old manual"
	ln -sf /usr/bin/procguard $bin/$first
	build CFLAGS=-O0 uninstall DESTDIR="$PWD/dest" PREFIX=/usr
	find dest ! -type d >left
	[ ! -s left ] || fail "uninstall left $(cat left)"
	build CFLAGS=-O0 uninstall DESTDIR="$PWD/dest" PREFIX=/usr # nothing is there: no failure
}

leaves_what_others_have_put_there() {
	build CFLAGS=-O0 install DESTDIR="$PWD/dest" PREFIX=/usr
	bin=dest/usr/bin
	first=$("$PROCGUARD" --list | head -n 1)
	rm $bin/$first
	echo precious >$bin/$first
	build CFLAGS=-O0 uninstall DESTDIR="$PWD/dest" PREFIX=/usr
	grep -q "$PWD/$bin/$first is no link to procguard; it stays" out || fail "not said: $(cat out)"
	find dest ! -type d >left
	[ "$(cat left)" = "$bin/$first" ] || fail "left: $(cat left)"
	[ "$(cat $bin/$first)" = precious ] || fail "overwritten"
}

# Links to the binary would dangle when it is gone: also those of applets that this build has not.
takes_the_links_of_every_applet() {
	build CFLAGS=-O0 install DESTDIR="$PWD/dest" PREFIX=/usr
	build CFLAGS=-O0 uninstall APPLETS="$("$PROCGUARD" --list | head -n 1)" DESTDIR="$PWD/dest" PREFIX=/usr
	find dest ! -type d >left
	[ ! -s left ] || fail "uninstall left $(cat left)"
}

test_install_and_uninstall() {
	for case in installed_and_uninstalled overwrites_nothing_of_others replaces_our_own \
		leaves_what_others_have_put_there takes_the_links_of_every_applet; do
		rm -rf dest
		echo "$case:"
		$case
	done
}

test_help_lists_the_targets() {
	make -s -C "$TOP" help >help || fail "make help failed"
	for target in all lib deps demo check check-each bench fuzz install uninstall clean help; do
		grep -q "^make $target " help || fail "make help does not name $target"
	done
}

. "${0%/*}/lib.sh"
