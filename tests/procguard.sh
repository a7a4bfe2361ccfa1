#!/bin/sh
# procguard.sh: the binary itself: by which name it is called, its own options. lib.sh says how to run it.
# shellcheck source=tests/progs/command.sh
. "${0%/*}/progs/command.sh"

test_list_names_what_runs() {
	[ -n "$(first_applet)" ] || fail "no applet"
	for name in $("$PROCGUARD" --list); do
		run "$PROCGUARD" "$name" --help
		expect_status 0
		grep -q "^Usage: procguard $name " out || fail "$name: $(cat out)"
		[ ! -s err ] || fail "$name: $(cat err)"
	done
}

test_help_and_version() {
	for word in -h --help; do
		run "$PROCGUARD" $word
		expect_status 0
		grep -q '^Usage: procguard ' out || fail "$(cat out)"
		grep -q "^  $(first_applet) " out || fail "the applets are not listed: $(cat out)"
	done
	run "$PROCGUARD" --version
	expect_status 0
	grep -q '^procguard [0-9]' out || fail "$(cat out)"
	grep -q "^applets: $(first_applet)" out || fail "$(cat out)"
}

test_help_fits_80_columns() {
	for name in '' $("$PROCGUARD" --list); do
		# shellcheck disable=SC2086 # no word for the binary's own
		run "$PROCGUARD" $name --help
		awk 'length($0) > 80 { print; wide = 1 } END { exit wide }' out || fail "wider than 80 columns"
	done
}

test_nothing_to_do_is_a_usage_error() {
	run "$PROCGUARD"
	expect_status 2
	expect_out ''
	expect_err 'Usage: procguard '
	run "$PROCGUARD" --list --version
	expect_status 2
	run "$PROCGUARD" --list more
	expect_status 2
	expect_err "unexpected operand 'more'"
	run "$PROCGUARD" --lsit
	expect_status 2
	expect_err "unknown option '--lsit' (did you mean '--list'?)"
}

test_unknown_applet_is_127_and_the_list() {
	run "$PROCGUARD" nonesuch -h
	expect_status 127
	expect_out ''
	expect_err "procguard: unknown applet 'nonesuch'"
	for name in $("$PROCGUARD" --list); do
		expect_err " $name"
	done
	run "$PROCGUARD" "$(printf 'a\nprocguard: forged')"
	expect_status 127
	expect_err "'a\\x0aprocguard: forged'"
	run "$PROCGUARD" ''
	expect_status 127
}

test_mistyped_applet_is_named() {
	needs_oome
	run "$PROCGUARD" oom
	expect_status 127
	expect_err "unknown applet 'oom' (did you mean 'oome'?)"
}

test_called_by_an_applets_name() {
	name=$(first_applet)
	ln -s "$PROCGUARD" "$name"
	run "./$name" --help
	expect_status 0
	grep -q "^Usage: $name " out || fail "$(cat out)"
}

test_called_by_an_alias_and_as_a_login_shell() {
	needs_oome
	ln -s "$PROCGUARD" oome_monitor
	run ./oome_monitor --help
	grep -q '^Usage: oome_monitor ' out || fail "$(cat out)"
	run "$PROCGUARD" oome_monitor sngle
	expect_status 2
	expect_err "procguard oome_monitor: unknown command 'sngle' (did you mean 'single'?)"
	command -v bash >/dev/null || return 0
	# shellcheck disable=SC2016 # the inner shell's
	run bash -c 'exec -a -oome "$PROCGUARD" --help'
	expect_status 0
	grep -q '^Usage: oome ' out || fail "$(cat out)"
}

test_called_by_another_name() {
	ln -s "$PROCGUARD" keeper
	run ./keeper "$(first_applet)" --help
	expect_status 0
	grep -q "^Usage: keeper $(first_applet) " out || fail "$(cat out)"
	run ./keeper nonesuch
	expect_status 127
	expect_err "keeper: unknown applet 'nonesuch'"
}

test_called_by_no_name() {
	run "$BUILD/tests/progs/empty_argv" "$PROCGUARD"
	expect_status 2
	expect_err 'Usage: procguard '
}

test_full_stdout_is_a_failure() {
	[ -c /dev/full ] || skip "no /dev/full"
	for words in --help --list --version "--completion=bash" "$(first_applet) --help"; do
		# shellcheck disable=SC2086 # two words
		"$PROCGUARD" $words >/dev/full 2>err
		status=$?
		[ $status = 1 ] || fail "$words: status $status"
		expect_err 'cannot write to the standard output'
	done
}

test_closed_stdout_is_a_failure() {
	for words in --help --list --version "--completion=bash" "$(first_applet) --help"; do
		# shellcheck disable=SC2086 # two words
		"$PROCGUARD" $words >&- 2>err
		status=$?
		[ $status = 1 ] || fail "$words: status $status"
		expect_err 'cannot write to the standard output'
	done
	"$PROCGUARD" --list <&- >&- 2>&-
	status=$?
	[ $status = 1 ] || fail "status $status"
}

# Where nothing is to be written, nothing is missed; what is opened does not become descriptor 0, 1 or 2.
test_closed_descriptors_do_no_harm() {
	mkdir links
	"$PROCGUARD" --install -s links >&- 2>err || fail "it needs no stdout: $(cat err)"
	"$PROCGUARD" --install -s links <&- >&- 2>&- || fail "it needs none of the three"
}

# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
