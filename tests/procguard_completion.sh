#!/bin/sh
# procguard_completion.sh: `procguard --completion`: in each shell, as it completes. lib.sh says how to run it.
# shellcheck source=tests/progs/command.sh
. "${0%/*}/progs/command.sh"

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
	complete_in_bash oome run --report 'a '
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

test_completion_in_bash_of_heart() {
	command -v bash >/dev/null || skip "no bash"
	needs_heart
	: >'a file'
	complete_in_bash procguard heart ''
	offers run ctl beat --help
	complete_in_bash heart run --on-failure ''
	offers_just command exit restart
	complete_in_bash heart run -t 5 tru
	offers true
	complete_in_bash heart run --callback tru
	offers true
	complete_in_bash heart run --control a
	offers_just 'a file'
	complete_in_bash heart beat -
	offers -S --socket
	offers_not -t
	complete_in_bash heart ctl -S x get-
	offers_just get-callback get-cmd get-options
	complete_in_bash heart ctl set-cmd a
	offers_just 'a file'
	mkdir 'a dir'
	complete_in_bash heart run --report a
	offers_just 'a dir'
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
	timeout "$((60 * TIMES))" zsh -f inner "$1" "$2" || fail "no '$2' behind '$1'"
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

test_completion_in_zsh_of_heart() {
	command -v zsh >/dev/null || skip "no zsh"
	needs_heart
	complete_in_zsh 'procguard heart ' 'beat '
	complete_in_zsh 'heart run --on-failure ' 'command  exit'
	complete_in_zsh 'heart run -t 5 tru' 'truncate'
	complete_in_zsh 'heart ctl -S x get-' 'get-callback'
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

# Options stand before the commands of cluster, too.
test_completion_in_bash_of_cluster() {
	command -v bash >/dev/null || skip "no bash"
	needs_cluster
	mkdir aplace
	: >afile
	complete_in_bash procguard cluster -f a
	offers_just afile aplace
	complete_in_bash cluster -f afile -s config u
	offers_just unit
	complete_in_bash procguard cluster unit -
	offers -f --file -s --section -h --help
	complete_in_bash cluster install a
	offers_just aplace
	complete_in_bash procguard cluster ''
	offers start stop restart status run logs config install unit --help
	complete_in_bash cluster run --exit-on ''
	offers_just all any
	complete_in_bash cluster -f afile run --exit-on = a
	offers_just all any
	complete_in_bash cluster status -
	offers -v --verbose --json -f
	offers_not --exit-on -F
	complete_in_bash cluster logs -
	offers -F --follow -n --lines
	complete_in_bash cluster logs a # a member's name, not a file
	offers_just
}

test_completion_in_zsh_of_cluster() {
	command -v zsh >/dev/null || skip "no zsh"
	needs_cluster
	: >afile
	: >afilm
	complete_in_zsh 'cluster -f af' 'afilm'
	complete_in_zsh 'procguard cluster -f afile ' 'unit '
	complete_in_zsh 'cluster run --exit-on ' 'all  any'
	complete_in_zsh 'cluster status --' '--verbose'
}

test_completion_in_fish_of_cluster() {
	command -v fish >/dev/null || skip "no fish"
	needs_cluster
	: >afile
	complete_in_fish 'cluster -f af'
	offers afile
	complete_in_fish 'procguard cluster -s x u'
	offers unit
	complete_in_fish 'cluster logs a'
	offers_just
	complete_in_fish 'cluster run --exit-on '
	offers_just all any
	complete_in_fish 'cluster status --'
	offers --verbose --json --file
	offers_not --exit-on --follow
}

test_completion_in_fish_of_heart() {
	command -v fish >/dev/null || skip "no fish"
	needs_heart
	complete_in_fish 'procguard heart '
	offers_just beat ctl run
	complete_in_fish 'heart run --on-failure '
	offers_just command exit restart
	complete_in_fish 'heart run -- tru'
	offers true
	complete_in_fish 'heart ctl -S x get-'
	offers_just get-callback get-cmd get-options
	complete_in_fish 'heart beat --'
	offers --socket --help
	offers_not --timeout
}

# An option whose value may be missing takes it in its own word only.
test_completion_in_bash_of_gmr() {
	command -v bash >/dev/null || skip "no bash"
	needs_gmr
	: >'a file'
	complete_in_bash gmr --s
	offers_just --section --signal --stop
	complete_in_bash gmr -f ''
	offers_just json text xml
	complete_in_bash gmr --signal --f
	offers_just --fold --force --format
	complete_in_bash gmr --signal = USR1 --f
	offers_just --fold --force --format
	complete_in_bash gmr -o a
	offers_just 'a file'
	complete_in_bash gmr 1 a
	offers_just
}

test_completion_in_zsh_of_gmr() {
	command -v zsh >/dev/null || skip "no zsh"
	needs_gmr
	complete_in_zsh 'gmr -f ' 'json  text'
	complete_in_zsh 'gmr --signal -f ' 'json  text'
	complete_in_zsh 'gmr --signal=USR1 -f ' 'json  text'
}

test_completion_in_fish_of_gmr() {
	command -v fish >/dev/null || skip "no fish"
	needs_gmr
	complete_in_fish 'gmr -f '
	offers_just json text xml
	complete_in_fish 'gmr --signal --fo'
	offers_just --fold --force --format
	complete_in_fish 'gmr --signal=USR1 -f '
	offers_just json text xml
}

# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
