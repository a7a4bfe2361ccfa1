#!/bin/sh
# oome_run_words.sh: what `procguard oome run` says of its options and of where it is. lib.sh says how to run it.
# once

run() { # WANTED STATUS, then as typed; its words in `err`
	wanted=$1
	shift
	"$PROCGUARD" oome run "$@" 2>err
	status=$?
	[ $status = "$wanted" ] || fail "$*: status $status, not $wanted: $(cat err)"
}

expect() { # a fixed text in err
	grep -qF -e "$1" err || fail "no '$1' in: $(cat err)"
}

silent() {
	[ ! -s err ] || fail "said: $(cat err)"
}

test_empty_values_are_refused() {
	run 2 -o '' true
	expect "option '-o': FILE is empty"
	for options in 'single -p' 'single -p a -x' 'all --state-dir'; do
		# shellcheck disable=SC2086 # words
		"$PROCGUARD" oome $options '' 2>err
		[ $? = 2 ] || fail "$options '': not 2: $(cat err)"
		expect 'is empty'
	done
}

test_names_that_no_file_can_have() {
	run 2 -o "$(printf '%05000d' 1)" true
	expect '-o: the name of the file is too long'
	run 2 -o "/tmp/$(printf '%0256d' 1)" true
	expect '-o: the name of the file is too long'
	run 0 -o "/tmp/$(printf '%0255d' 1)" true
	silent
}

test_two_names_of_the_oome_file() {
	export OOME_FILE="$PWD/theirs"
	run 0 -o ours true
	expect "'ours' is watched, as -o says, not '$PWD/theirs', as OOME_FILE says"
	run 0 -o theirs true
	silent
	run 0 -o "$PWD/theirs" true
	silent
}

test_a_very_long_command_is_cut_in_messages() {
	run 126 "./$(printf '%01000d' 1)"
	expect '0...'
	[ "$(wc -c <err)" -lt 400 ] || fail "not cut: $(cat err)"
}

# Whatever is missing, the limit is named, and nothing is tried without end.
test_too_few_descriptors() {
	for n in 4 5 6 7; do
		status=0
		(
			# shellcheck disable=SC3045 # dash, busybox and bash have it
			ulimit -n $n
			exec "$PROCGUARD" oome run true
		) 2>err || status=$?
		grep -q 'shared librar' err && continue # it could not even be loaded
		[ $status = 126 ] || fail "$n descriptors: status $status: $(cat err)"
		expect 'ulimit -n'
	done
}

test_no_directory_for_the_file() {
	[ "$(id -u)" = 0 ] || skip "needs root"
	mkdir -p root
	env -u OOME_FILE XDG_RUNTIME_DIR= chroot root /none 2>err # is chroot(2) to be had?
	[ $? = 127 ] || skip "no chroot(2)"
	ldd "$PROCGUARD" >libs 2>/dev/null || : >libs
	cp "$PROCGUARD" root/procguard
	sed -n 's|^[^/]*\(/[^ ]*\).*|\1|p' libs | while read -r lib; do
		mkdir -p "root${lib%/*}"
		cp "$lib" "root$lib"
	done
	env -u OOME_FILE chroot root /procguard oome run /none 2>err
	status=$?
	[ $status = 127 ] || fail "status $status, not 127: $(cat err)"
	expect 'in /run, /tmp or /dev/shm:'
	expect 'name a file by -o FILE'
}

. "${0%/*}/lib.sh"
