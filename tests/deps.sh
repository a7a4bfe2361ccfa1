#!/bin/sh
# deps.sh: what tests/deps finds missing, says and installs, on machines that are made up. lib.sh says how to run it.
# once

# A machine is a PATH of our own: bin/, with programs of a line or two that need nothing but the shell.
tool() { # NAME [LINE...]
	name=$1
	shift
	mkdir -p bin
	printf '%s\n' '#!/bin/sh' "$@" >"bin/$name"
	chmod +x "bin/$name"
}

# As user ID: tests/deps LEVEL. What it says is in `out`, its status in $status.
deps() { # ID LEVEL
	tool id "echo $1"
	for name in sh tail; do
		[ -e bin/$name ] || ln -s "$(command -v $name)" bin/$name
	done
	PATH=$PWD/bin NODEPS='' CC=cc /bin/sh "$TOP/tests/deps" "$2" >out 2>&1
	status=$?
}

expect() { # STATUS TEXT
	[ $status = "$1" ] || fail "status $status, not $1: $(cat out)"
	[ "$(cat out)" = "$2" ] || fail "it says '$(cat out)', not '$2'"
}

# What `build` needs is there, but for the libraries: they are there as soon as ./installed is.
machine_without_libraries() {
	tool make
	tool cc
	tool pkg-config "[ -e '$PWD/installed' ]"
}

install_apt="apt-get install -y -q --no-install-recommends"

test_nothing_is_missing() {
	machine_without_libraries
	: >installed
	deps 1000 build
	expect 0 ''
}

test_debian_is_told_the_command() {
	tool apt-get "exit 9"
	deps 1000 build
	expect 1 "missing; as root: $install_apt make gcc libc6-dev pkg-config \
linux-libc-dev libcurl4-openssl-dev libxml2-dev libdw-dev"
}

test_alpine_is_told_the_command() {
	tool apk "exit 9"
	deps 1000 build
	expect 1 "missing; as root: apk add make gcc musl-dev pkgconf linux-headers curl-dev libxml2-dev \
elfutils-dev"
}

test_fedora_is_told_the_command() {
	tool dnf "exit 9"
	machine_without_libraries
	deps 1000 build
	expect 1 "missing; as root: dnf install -y --setopt=install_weak_deps=False libcurl-devel libxml2-devel \
elfutils-devel"
}

test_elsewhere_the_names_are_told() {
	machine_without_libraries
	for user in 0 1000; do
		deps $user build
		expect 1 "missing; as root: (no apt-get, apk or dnf here) install what Debian calls: \
libcurl4-openssl-dev libxml2-dev libdw-dev"
	done
}

test_a_level_has_what_it_builds_on() {
	machine_without_libraries
	: >installed
	tool apt-get "exit 9"
	deps 1000 demo
	expect 1 "missing; as root: $install_apt supervisor"
	deps 1000 bench
	grep -q " $install_apt supervisor hyperfine " out || fail "bench: $(cat out)"
}

test_no_package_is_named_twice() {
	tool apt-get "exit 9"
	deps 1000 all
	tr ' ' '\n' <out | sort | uniq -d >twice
	[ ! -s twice ] || fail "twice: $(cat twice)"
}

test_tests_need_the_shells_whose_completion_they_test() {
	tool apt-get "exit 9"
	for level in check all; do
		deps 1000 $level
		for shell in zsh fish; do
			grep -q " $shell\( \|\$\)" out || fail "$level: no $shell: $(cat out)"
		done
	done
}

# The runtime of the sanitizers has the version of the clang that is there, or of the one that would be installed.
test_debian_names_clangs_runtime_by_version() {
	tool apt-get "exit 9"
	deps 1000 check
	grep -q ' libclang-rt-dev ' out || fail "version not known: $(cat out)"
	tool apt-cache "echo 'clang'" "echo '  Depends: clang-19'" "echo '  Depends: libc6'"
	deps 1000 check
	grep -q ' libclang-rt-19-dev ' out || fail "version to be installed: $(cat out)"
	tool clang "[ \$1 = -dumpversion ] && echo 14.0.6"
	deps 1000 check
	grep -q ' libclang-rt-14-dev ' out || fail "version that is there: $(cat out)"
}

test_root_installs() {
	machine_without_libraries
	tool apt-get "echo \"\$DEBIAN_FRONTEND \$*\" >>'$PWD/called'" "[ \$1 = update ] || : >'$PWD/installed'"
	deps 0 build
	expect 0 "installing: libcurl4-openssl-dev libxml2-dev libdw-dev"
	printf 'noninteractive %s\n' "update -q" \
		"${install_apt#* } libcurl4-openssl-dev libxml2-dev libdw-dev" >expected
	cmp -s called expected || fail "called: $(cat called)"
	rm installed called bin/apt-get
	tool apk "echo \"\$*\" >>'$PWD/called'" ": >'$PWD/installed'"
	deps 0 build
	expect 0 "installing: curl-dev libxml2-dev elfutils-dev"
	[ "$(cat called)" = "add curl-dev libxml2-dev elfutils-dev" ] || fail "called: $(cat called)"
}

test_a_list_that_cannot_be_updated_is_no_failure() {
	machine_without_libraries
	tool apt-get "[ \$1 = install ] && : >'$PWD/installed' || { echo 'no network'; exit 1; }"
	deps 0 build
	expect 0 "no network
the list of packages could not be updated; going on with what is known
installing: libcurl4-openssl-dev libxml2-dev libdw-dev"
}

test_a_failed_installation_fails() {
	machine_without_libraries
	tool apt-get "[ \$1 = update ] || { echo 'E: no such package' >&2; exit 100; }"
	deps 0 build
	expect 1 "installing: libcurl4-openssl-dev libxml2-dev libdw-dev
E: no such package"
}

test_what_is_still_missing_after_installation_is_named() {
	machine_without_libraries
	tool apt-get
	deps 0 build
	expect 1 "installing: libcurl4-openssl-dev libxml2-dev libdw-dev
still missing after installation: libcurl4-openssl-dev libxml2-dev libdw-dev"
}

# Without any tool, without `id` even, it must not look as if all were there.
test_an_error_is_not_nothing_missing() {
	mkdir none
	for level in build demo static check bench all; do
		PATH=$PWD/none NODEPS='' CC=cc /bin/sh "$TOP/tests/deps" $level >out 2>&1 &&
			fail "$level: nothing missing"
		grep -q ' make gcc libc6-dev pkg-config ' out || fail "$level: $(cat out)"
	done
}

test_nodeps_looks_for_nothing() {
	mkdir none
	PATH=$PWD/none NODEPS=1 /bin/sh "$TOP/tests/deps" build >out 2>&1
	status=$?
	expect 0 ''
}

test_an_unknown_level_is_refused() {
	"$TOP/tests/deps" nonesuch >out 2>&1
	status=$?
	[ $status = 2 ] || fail "status $status"
	grep -q 'tests/deps build|demo' out || fail "$(cat out)"
}

. "${0%/*}/lib.sh"
