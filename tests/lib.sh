# lib.sh: the harness of the shell tests, tests/NAME.sh. POSIX sh.
#
# A test file defines one function test_CASE for each case, may define others, and sources this file as its last line:
#
#	#!/bin/sh
#	# timeout: 600            seconds that a case may take (300); right above a function: of this case
#	# once                    not to be run again in other builds (sanitized, each applet alone)
#	test_version() {
#		"$PROCGUARD" --version | grep -q procguard || fail "no version"
#	}
#	. "${0%/*}/lib.sh"
#
# tests/NAME.sh --list     print the cases
# tests/NAME.sh CASE...    run these, or all: "ok", "skip" or "FAIL" and the case's output; `make tests` first
#
# A case passes when its function returns 0. It runs in an empty directory of its own that is removed afterwards;
# PROCGUARD is the binary, TOP the checkout, BUILD where helper programs are ($BUILD/tests/progs/NAME), TIMES what slow
# builds multiply their patience by. Whatever it has started is ended with it, daemons too (tests/guard.c).
#
#   fail TEXT...             end the case: failed
#   skip REASON...           end the case: it cannot be run here
#   wait_until N COMMAND...  try COMMAND every 50 ms until it succeeds; after N seconds the case has failed, but not
#                            before 30: a machine may be slow, and only a failure takes so long
#   wait_while N COMMAND...  the same until it fails
#   start COMMAND...         run it in the background; its pid is in $started. At the end it gets a TERM, later a KILL
#   stop PID [SIGNAL]        end what start started, and wait for it; its status is returned
#   alive PID                is there such a process, and no zombie?
# shellcheck shell=sh

fail() {
	echo "FAILED: $*" >&2
	exit 1
}

skip() {
	echo "skipped: $*" >&2
	exit 77
}

wait_for_() { # yes|no SECONDS COMMAND...
	wanted_=$1 tries_=$2
	[ "$tries_" -gt 30 ] || tries_=30
	tries_=$((tries_ * TIMES * 20))
	shift 2
	while :; do
		if "$@"; then
			[ "$wanted_" = no ] || return 0
		else
			[ "$wanted_" = yes ] || return 0
		fi
		tries_=$((tries_ - 1))
		[ $tries_ -gt 0 ] || fail "waited in vain, $wanted_: $*"
		sleep 0.05
	done
}

wait_until() { wait_for_ yes "$@"; }
wait_while() { wait_for_ no "$@"; }

alive() {
	case $(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null) in
	'' | [ZX]*) return 1 ;;
	esac
}

start() {
	"$@" &
	started=$!
	all_started_="$started $all_started_"
}

stop() {
	kill "-${2:-TERM}" "$1" 2>/dev/null
	wait "$1"
}

# The last started first, as they may depend on each other. What does not go is left to guard.
end_started_() {
	for pid_ in $all_started_; do
		kill "$pid_" 2>/dev/null || continue
		tries_=60
		while alive "$pid_" && [ $tries_ -gt 0 ]; do
			tries_=$((tries_ - 1))
			sleep 0.05
		done
	done
}

cases_() {
	sed -n 's/^test_\([A-Za-z0-9_]*\) *().*/\1/p' "$file_"
}

# The "# timeout:" line right above the case, else that of the file, else 300.
timeout_() {
	awk -v name="test_$1" '
		/^# timeout:/ { value = $3; next }
		value && /^test_/ { if (index($0, name "(") == 1) own = value; value = 0 }
		value { file = value; value = 0 }
		END { print own ? own : file ? file : 300 }' "$file_"
}

run_case_() { # in guard
	trap end_started_ EXIT
	trap 'exit 143' TERM INT HUP
	cases_ | grep -qx "$1" || fail "no such case: $1"
	[ -x "$PROCGUARD" ] || fail "there is no $PROCGUARD"
	"test_$1"
}

case $0 in
*/*) file_=$(cd "${0%/*}" && pwd)/${0##*/} ;;
*) file_=$PWD/$0 ;;
esac
TOP=${file_%/tests/*}
BUILD=${BUILD:-$TOP/build}
PROCGUARD=${PROCGUARD:-$BUILD/procguard}
TIMES=${TIMES:-1}
all_started_=
export TOP BUILD PROCGUARD TIMES

case ${1-} in
--list)
	cases_
	;;
--case) # as tests/run calls it
	[ -x "$BUILD/tests/guard" ] || fail "there is no $BUILD/tests/guard: make tests"
	exec "$BUILD/tests/guard" $(($(timeout_ "$2") * TIMES)) "$file_" --in-guard "$2"
	;;
--in-guard)
	run_case_ "$2"
	;;
*)
	status_=0
	# shellcheck disable=SC2046 # one word a case
	[ $# -gt 0 ] || set -- $(cases_)
	for case_ in "$@"; do
		"$file_" --case "$case_" && echo "ok $case_" && continue
		[ $? = 77 ] && echo "skip $case_" && continue
		echo "FAIL $case_"
		status_=1
	done
	exit $status_
	;;
esac
