#!/bin/sh
# procguard.sh: the binary itself: by which name it is called, its own options, links, completion. lib.sh says how to
# run it.

# Run a command; its output is in `out` and `err`, its status in $status.
run() {
	"$@" >out 2>err
	status=$?
}

expect_status() {
	[ "$status" = "$1" ] || fail "status $status, not $1: $(cat out err)"
}

expect_out() { # the whole of stdout
	[ "$(cat out)" = "$1" ] || fail "stdout is '$(cat out)', not '$1'"
}

expect_err() { # a fixed text in stderr
	grep -qF -e "$1" err || fail "no '$1' in stderr: $(cat err)"
}

needs_oome() {
	"$PROCGUARD" --list | grep -qx oome || skip "this build has no oome"
}

first_applet() {
	"$PROCGUARD" --list | head -n 1
}

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

# "procguard oome single -" completed in bash: each candidate a line.
complete_in_bash() {
	[ -f script ] || "$PROCGUARD" --completion bash >script
	cat >inner <<'END'
source ./script || exit
[[ $(complete -p "${1##*/}") == *' -F _procguard '* ]] || exit
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_procguard
((${#COMPREPLY[@]})) && printf '%s\n' "${COMPREPLY[@]}"
exit 0
END
	bash --norc inner "$@" >out 2>err || fail "bash: $(cat err)"
	[ ! -s err ] || fail "bash says: $(cat err)"
}

offers() {
	for word in "$@"; do
		grep -qxF -e "$word" out || fail "'$word' is not offered: $(cat out)"
	done
}

offers_not() {
	for word in "$@"; do
		if grep -qxF -e "$word" out; then
			fail "'$word' is offered: $(cat out)"
		fi
	done
}

offers_just() {
	[ "$(LC_ALL=C sort out | tr '\n' ' ')" = "${*:+$* }" ] || fail "offered: $(cat out), not: $*"
}

test_completion_of_an_unknown_shell() {
	run "$PROCGUARD" --completion tcsh
	expect_status 2
	expect_err "unknown shell 'tcsh' (one of: bash, zsh, fish)"
}

test_completion_in_bash() {
	command -v bash >/dev/null || skip "no bash"
	complete_in_bash procguard ''
	# shellcheck disable=SC2046 # one word an applet
	offers $("$PROCGUARD" --list) --list --install
	complete_in_bash procguard --li
	offers_just --list
	complete_in_bash procguard --completion ''
	offers_just bash fish zsh
	complete_in_bash /usr/bin/procguard --completion = z
	offers_just zsh
	complete_in_bash procguard nonesuch ''
	offers_just
}

test_completion_in_bash_of_oome() {
	command -v bash >/dev/null || skip "no bash"
	needs_oome
	mkdir -p 'a dir'
	: >'a file'
	complete_in_bash procguard oome ''
	offers single all run --help
	complete_in_bash oome_monitor s
	offers_just single
	complete_in_bash procguard oome single -
	offers -p --process-name -o --oome-file -d --dry -x --external-service-script -h --help
	complete_in_bash procguard oome all -
	offers -d -x
	offers_not -p --process-name -o
	complete_in_bash oome single -d -p name --oo
	offers_just --oome-file
	complete_in_bash oome single -o ''
	offers 'a file' 'a dir'
	complete_in_bash oome single --oome-file = 'a f'
	offers_just 'a file'
	complete_in_bash oome single --oome-file =
	offers 'a file'
	complete_in_bash oome single --state-dir 'a '
	offers_just 'a dir'
	complete_in_bash oome single -dp ''
	offers_just
	complete_in_bash oome single -pname -d --dr
	offers_just --dry
}

test_completion_in_bash_of_commands() {
	command -v bash >/dev/null || skip "no bash"
	needs_oome
	: >'a file'
	complete_in_bash oome run tru
	offers true
	complete_in_bash oome run -- tru
	offers true
	complete_in_bash oome run -o file tru
	offers true
	complete_in_bash oome run ls 'a '
	offers_just 'a file'
	complete_in_bash oome run ls -
	offers_not -o --help
	complete_in_bash oome run ./a
	offers './a file'
}

# Type $1 and TAB into a zsh on a terminal of its own; $2 must appear.
complete_in_zsh() {
	[ -f script ] || "$PROCGUARD" --completion zsh >script
	cat >inner <<'END'
zmodload zsh/zpty || exit
zpty -b shell "TERM=dumb zsh -f -i"
zpty -w shell "PS1=; autoload -Uz compinit; compinit -u -D; source ./script; bindkey '^I' list-choices; echo rea''dy"
zpty -r -m shell seen '*ready*' || exit
zpty -w -n shell "$1"$'\t'
zpty -r -m shell seen "*$2*"
found=$?
zpty -d shell
exit found
END
	timeout "$((10 * TIMES))" zsh -f inner "$1" "$2" || fail "no '$2' behind '$1'"
}

test_completion_in_zsh() {
	command -v zsh >/dev/null || skip "no zsh"
	complete_in_zsh 'procguard ' "$(first_applet)  "
	complete_in_zsh 'procguard --' '--completion'
	complete_in_zsh 'procguard --completion ' 'bash  fish  zsh'
}

test_completion_in_zsh_of_oome() {
	command -v zsh >/dev/null || skip "no zsh"
	needs_oome
	mkdir aplace
	: >afile
	: >afilm
	complete_in_zsh 'procguard oome ' 'single '
	complete_in_zsh 'oome_monitor ' 'single '
	complete_in_zsh 'procguard oome single -' '--process-name '
	complete_in_zsh 'oome single -d --st' '--state-dir'
	complete_in_zsh 'oome single -o a' 'afilm'
	complete_in_zsh 'oome run -d tru' 'truncate'
}

complete_in_fish() {
	[ -f script ] || "$PROCGUARD" --completion fish >script
	HOME=$PWD fish -c "source ./script; complete -C '$1'" >full 2>err
	[ ! -s err ] || fail "fish says: $(cat err)"
	cut -f 1 full >out
}

test_completion_in_fish() {
	command -v fish >/dev/null || skip "no fish"
	complete_in_fish 'procguard '
	offers "$(first_applet)"
	complete_in_fish 'procguard --li'
	offers_just --list
	complete_in_fish 'procguard --completion '
	offers_just bash fish zsh
}

test_completion_in_fish_of_oome() {
	command -v fish >/dev/null || skip "no fish"
	needs_oome
	mkdir aplace
	: >afile
	complete_in_fish 'procguard oome '
	offers_just all run single
	complete_in_fish 'oome_monitor '
	offers_just all run single
	complete_in_fish 'procguard oome single -p x --'
	offers --process-name --oome-file --dry --help
	complete_in_fish 'oome all --'
	offers_not --process-name
	complete_in_fish 'oome single -o a'
	offers afile
	complete_in_fish 'oome single --oome-file=a'
	offers --oome-file=afile
	complete_in_fish 'oome single --state-dir a'
	offers aplace/
	offers_not afile
	complete_in_fish 'oome run -- tru'
	offers true
	complete_in_fish 'oome run ls a'
	offers afile
}

. "${0%/*}/lib.sh"
