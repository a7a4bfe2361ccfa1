# heart_ctl.sh: heart run with a control socket, and heart ctl. For shell tests, sourced before lib.sh, of which it uses
# the words.
# shellcheck shell=sh

# shellcheck disable=SC2034 # variables for who sources this

# guard OPTIONS -- ...: heart run with its socket ./s in the background, its words in `said`; its pid in $guard
guard() {
	start "$PROCGUARD" heart run --control s "$@" 2>>said
	guard=$started
	wait_until 20 answers
}

answers() {
	"$PROCGUARD" heart ctl -S s get-options >/dev/null 2>&1
}

# heart ctl, its answer in `out` and `err`. That the whole machine stalls for a second is no failure of the guard's.
ctl() {
	patience=$((10 * TIMES))
	while :; do
		"$PROCGUARD" heart ctl -S s "$@" >out 2>err
		ctl_status=$?
		grep -q 'does not answer' err && [ $patience -gt 0 ] || return $ctl_status
		patience=$((patience - 1))
	done
}

# heart beat, the same way
beat() {
	patience=$((10 * TIMES))
	until "$PROCGUARD" heart beat -S s >out 2>err; do
		grep -q 'does not answer' err && [ $patience -gt 0 ] || return 1
		patience=$((patience - 1))
	done
}

# expect TEXT VERB...: the answer on stdout, and nothing on stderr
expect() {
	wanted=$1
	shift
	ctl "$@" || fail "$*: status $?: $(cat err said)"
	[ "$(cat out)" = "$wanted" ] || fail "$*: '$(cat out)', not '$wanted'"
	[ ! -s err ] || fail "$*: $(cat err)"
}

# expect_failure STATUS TEXT VERB...: the text is in the only line on stderr, but for the hint at --help
expect_failure() {
	wanted=$1 text=$2
	shift 2
	ctl "$@"
	[ $? = "$wanted" ] || fail "$*: status $?, not $wanted: $(cat out err)"
	[ ! -s out ] || fail "$*: $(cat out)"
	grep -qF -e "$text" err || fail "$*: no '$text' in: $(cat err)"
	[ "$(grep -vc "^Try '" err)" = 1 ] || fail "$*: $(cat err)"
}

status_has() { # LINE
	ctl status
	grep -qxF -e "$1" out
}

value() { # KEY: of status
	sed -n "s/^$1: //p" out
}

running_with_restarts() { # N
	ctl status && [ "$(value restarts)" = "$1" ]
}

script() { # NAME
	cat >"$1"
	chmod +x "$1"
}

# status_is STATUS COMMAND...: its words in `out` and `err`
status_is() {
	wanted=$1
	shift
	"$@" >out 2>err
	status=$?
	[ $status = "$wanted" ] || fail "$*: status $status, not $wanted: $(cat out err)"
}

# A command of N bytes.
long() { # N
	head -c "$1" /dev/zero | tr '\0' x
}

needs() { # COMMAND
	command -v "$1" >/dev/null || skip "no $1"
}
