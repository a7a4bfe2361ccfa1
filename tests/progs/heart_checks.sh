# heart_checks.sh: what the tests of the callback and of the checks of `procguard heart run` have in common. For shell
# tests, sourced before lib.sh, of which it uses the words.
# shellcheck shell=sh

# shellcheck disable=SC2034 # the tests use it
SPEAKER=$BUILD/tests/progs/speaker

# guard OPTIONS -- ...: heart run with its socket ./s in the background, its words in `said`; its pid in $guard
guard() {
	start "$PROCGUARD" heart run --control "$PWD/s" "$@" 2>>said
	guard=$started
	wait_until 20 status
}

# heart ctl. That the whole machine stalls for a second is no failure of the guard's.
ctl() {
	patience_=$((10 * TIMES))
	while :; do
		"$PROCGUARD" heart ctl -S "$PWD/s" "$@" 2>ctl.err
		ctl_status_=$?
		grep -q 'does not answer' ctl.err && [ $patience_ -gt 0 ] || return $ctl_status_
		patience_=$((patience_ - 1))
	done
}

# Is there an answer? It is in `status`.
status() {
	ctl status >status
	[ -s status ]
}

has() { # LINE of the status
	status && grep -qxF -e "$1" status
}

value() { # KEY of the last status
	sed -n "s/^$1: //p" status
}

is_well() {
	ctl status >status
}

beats() { # N: so many heartbeats have counted at least
	status && [ "$(value heartbeats)" -ge "$1" ]
}

# So many more from now on.
await_beats() { # N
	status || fail "no status"
	wait_until 30 beats $(($(value heartbeats) + $1))
}

said() { # a fixed text
	grep -qF -e "$1" said
}

# It has said nothing; that a callback took longer than the second that it has is the machine's doing.
silent() {
	! grep -v -e 'callback: no answer within 1s' -e 'its heartbeats count again' said ||
		fail "said: $(head -n 3 said)"
}

times_said() { # a fixed text
	grep -cF -e "$1" said
}

await_said() { # a fixed text
	(wait_until 30 said "$1") || fail "no '$1' in: $(cat said)"
}

never_said() { # a fixed text
	! said "$1" || fail "'$1' in: $(cat said)"
}

# End the guard that was started; it ends with its program, of SIGTERM.
finish() {
	stop "$guard"
	status=$?
	[ $status = 143 ] || fail "status $status, not 143: $(cat said)"
}

ends_with() { # STATUS: the guard, by itself
	wait "$guard"
	status=$?
	[ $status = "$1" ] || fail "status $status, not $1: $(cat said)"
}

status_is() { # WANTED COMMAND...: run it to its end, its words in `said`
	wanted=$1
	shift
	"$@" 2>>said
	status=$?
	[ $status = "$wanted" ] || fail "$*: status $status, not $wanted: $(cat said)"
}

lines() { # FILE: how many
	if [ -e "$1" ]; then wc -l <"$1"; else echo 0; fi
}

has_lines() { # FILE N
	[ "$(lines "$1")" -ge "$2" ]
}

none_alive() { # FILE of pids
	while read -r pid; do
		! alive "$pid" || return 1
	done <"$1"
}
