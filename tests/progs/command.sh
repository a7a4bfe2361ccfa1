# command.sh: run a command, and say what is expected of it. For shell tests, sourced before lib.sh, of which it uses
# the words.
# shellcheck shell=sh disable=SC2034 # what others use

# For gmr: whoever is to stop may be slow to do so on a busy machine.
PATIENT="--deadline 60s --max-stop 10s"

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

needs_cluster() {
	"$PROCGUARD" --list | grep -qx cluster || skip "this build has no cluster"
}

needs_heart() {
	"$PROCGUARD" --list | grep -qx heart || skip "this build has no heart"
}

needs_gmr() {
	"$PROCGUARD" --list | grep -qx gmr || skip "this build has no gmr"
}

first_applet() {
	"$PROCGUARD" --list | head -n 1
}
