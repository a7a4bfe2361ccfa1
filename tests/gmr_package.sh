#!/bin/sh
# once
# gmr_package.sh: the section Package of real processes, beside what dpkg says. lib.sh says how to run it.

needs() {
	for tool in "$@"; do
		command -v "$tool" >/dev/null || skip "no $tool"
	done
}

report() { # PID: into the file report
	"$PROCGUARD" gmr -S Package "$1" >report 2>err || fail "status $?: $(cat err)"
}

# The key's value; of the interpreter with INDENT.
value() { # KEY [INDENT]
	sed -n "s/^$2$1 = //p" report
}

# What dpkg says of FILE is what was reported.
is_dpkgs() { # FILE [INDENT]
	owner=$(dpkg -S "$1" 2>/dev/null | sed -n '/^diversion/d; s/: .*//p')
	[ -n "$owner" ] || owner=$(dpkg -S "${1#/usr}" | sed -n '/^diversion/d; s/: .*//p')
	# shellcheck disable=SC2016 # ${...} is dpkg-query's
	wanted=$(dpkg-query -W -f '${Package} ${Version} dpkg ${Package}:${Architecture}' "$owner")
	got="$(value product "$2") $(value version "$2") $(value package "$2")"
	[ "$got" = "$wanted" ] || fail "$1: '$got', dpkg: '$wanted'"
	[ "$(value path "$2")" = "$1" ] || fail "$1: $(cat report)"
}

executable_is() { # PID NAME: it has been executed
	case $(readlink "/proc/$1/exe") in
	*/$2*) ;;
	*) return 1 ;;
	esac
}

test_executables() {
	needs dpkg dpkg-query
	start sleep 1000
	wait_until 30 executable_is "$started" sleep
	report "$started"
	is_dpkgs "$(readlink -f "$(command -v sleep)")"
	grep -q '^deleted = False' report || fail "$(cat report)"
	name=$(sed -n "s/^PRETTY_NAME=//p" /etc/os-release | tr -d "\"")
	[ "$(value os)" = "$name" ] || fail "$(cat report)"
}

test_erlang() {
	needs dpkg dpkg-query erl
	start erl -noshell -noinput
	wait_until 60 executable_is "$started" beam
	report "$started"
	is_dpkgs "$(readlink "/proc/$started/exe")"
}

test_java() {
	needs dpkg dpkg-query java javac jar
	mkdir org
	cat >org/M.java <<-'END'
		package org;
		public class M { public static void main(String[] a) throws Exception { Thread.sleep(1000000); } }
	END
	javac org/M.java || skip "cannot compile"
	jar cf my-app-2.1.jar org/M.class || skip "cannot make a jar"
	start java -cp "/usr/share/java/none.jar:$PWD/my-app-2.1.jar" org.M
	wait_until 60 executable_is "$started" java
	report "$started"
	is_dpkgs "$(readlink "/proc/$started/exe")" '  '
	[ "$(value product) $(value version)" = "my-app 2.1" ] || fail "$(cat report)"
	[ "$(value path)" = "$PWD/my-app-2.1.jar" ] || fail "$(cat report)"
}

test_python() {
	needs dpkg dpkg-query
	[ -x /usr/bin/supervisord ] || skip "no supervisord of the system"
	printf '[supervisord]\nnodaemon=true\nlogfile=none\npidfile=%s/pid\n' "$PWD" >conf
	start /usr/bin/python3 /usr/bin/supervisord -c conf
	wait_until 60 executable_is "$started" python
	report "$started"
	is_dpkgs /usr/bin/supervisord
	is_dpkgs "$(readlink "/proc/$started/exe")" '  '
}

test_deleted() {
	cp "$(command -v sleep)" mine
	start ./mine 1000
	wait_until 30 executable_is "$started" mine
	rm mine
	report "$started"
	grep -q '^deleted = True' report || fail "$(cat report)"
	[ "$(value product) $(value version) $(value path)" = "mine None $PWD/mine" ] || fail "$(cat report)"
}

# Its root has no dpkg of ours, but an apk of its own; the executable's path is that in the root.
test_chroot() {
	needs chroot
	[ "$(id -u)" = 0 ] || skip "not root"
	${CC:-cc} -static -o sleeper -x c - <<-'END' || skip "cannot build"
		#include <unistd.h>
		int main(void) { for (;;) pause(); }
	END
	mkdir -p jail/bin jail/lib/apk/db jail/etc
	chmod 755 . jail jail/bin
	cp sleeper jail/bin/sleeper
	printf 'P:jailed\nV:1.2-r3\nA:x86_64\nF:bin\nR:sleeper\n\n' >jail/lib/apk/db/installed
	echo 'PRETTY_NAME="A jail"' >jail/etc/os-release
	start chroot jail /bin/sleeper
	wait_until 30 executable_is "$started" sleeper
	report "$started"
	[ "$(value product) $(value version) $(value path) $(value os)" = "jailed 1.2-r3 /bin/sleeper A jail" ] ||
		fail "$(cat report)"
}

. "${0%/*}/lib.sh"
