# heart_run.sh: what the tests of `procguard heart run` have in common. For shell tests, sourced before lib.sh, of which
# it uses the words.
# shellcheck shell=sh

# shellcheck source=tests/progs/guard_run.sh
. "${0%/*}/progs/guard_run.sh"

# guard OPTION... PROGRAM...: heart run in the background, its words in `err`; its pid in $started
guard() {
	start "$PROCGUARD" heart run "$@" 2>>err
}

# The guarded program (tests/progs/speaker.c says what it can do), so that its name is always the same.
ln_app() {
	[ -e ./app ] || ln -s "$BUILD/tests/progs/speaker" app
}

started_times() { # N: exactly
	[ "$(wc -l <starts)" = "$1" ] || fail "started $(wc -l <starts) times, not $1: $(cat err)"
}

until_said() {
	(wait_until 20 said "$1") || fail "not said: '$1', but: $(cat err)"
}

never_said() {
	! said "$1" || fail "said: $(cat err)"
}

# run_is STATUS OPTION... PROGRAM...: heart run, to its end
run_is() {
	wanted=$1
	shift
	status_is "$wanted" "$PROCGUARD" heart run "$@"
}

# Has the guard taken every signal that was sent to it?
took_signals() {
	grep -q '^ShdPnd:[[:space:]]*0*$' "/proc/$started/status"
}

needs_pid_namespace() {
	needs_root
	unshare -pf --mount-proc true 2>/dev/null || skip "no pid namespaces"
}

child_of() { # PID: its only child
	sed 's/ //' "/proc/$1/task/$1/children"
}

# Wait until the process of the number in FILE is gone.
until_gone() { # FILE
	(wait_while 20 alive "$(cat "$1")") || fail "the process of $1 lives: $(cat err)"
}

reason_is() { # LINE... in the reason file "reason"
	for line in "$@"; do
		grep -qxF -e "$line" reason || fail "no '$line' in: $(cat reason err)"
	done
}
