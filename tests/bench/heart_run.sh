# heart_run.sh: `heart run` against the least that a guard can do (tests/bench/ward.c). For tests/bench/run, which
# sources it.
# shellcheck shell=sh

# runs_row WHAT SCALE [GOAL]: of lines "OURS PEER" on stdin, the ratio that of each line.
runs_row() {
	cat >pairs
	cut -d' ' -f1 pairs >ours
	cut -d' ' -f2 pairs >peer
	row "$1" "$(quartiles "$2" <ours)" "$(quartiles "$2" <peer)" "${3:--}" \
		"$(awk '{ print $1 / $2 }' pairs | quartiles 1 | cut -d' ' -f1)"
}

# runs TIMES WORD...: the lines of so many calls
runs() {
	runs_left=$1
	shift
	while [ "$runs_left" -gt 0 ]; do
		"$bin/runs" "$@" "$PROCGUARD" || die "runs $*"
		runs_left=$((runs_left - 1))
	done
}

heart_run() { # WAKE-UPS in 21 s of rest
	header "heart run" "bare parent"
	runs 1 start 500 >lines && runs_row "start to the program's first words, ms" 0.000001 <lines
	runs 5 again 40 >lines && runs_row "program's end to its restart, ms" 0.000001 <lines
	runs 3 status VmRSS: >lines && runs_row "memory, RSS, KiB" 1 <lines
	runs 3 status RssAnon: >lines && runs_row "memory that no file holds, KiB" 1 <lines
	runs 5 beats frames 1000000 >lines && runs_row "HEART_FD, beats a second, thousands" 0.001 <lines
	runs 5 beats messages 20000 >lines && runs_row "NOTIFY_SOCKET, the same, thousands" 0.001 <lines
	row "wake-ups in 21 s of rest" "$1" -
	heart_run_overdue
	echo '(The bare parent only forks, executes and waits, or reads what is sent and does nothing of it.)'
}

heart_run_overdue() {
	runs 1 overdue 20 >lines
	dead=$(cut -d' ' -f1 lines | quartiles 0.000001) again=$(cut -d' ' -f2 lines | quartiles 0.000001)
	row "past the time-out, dead, ms" "$dead" -
	goal_row "$dead" 20
	row "past the time-out, restarted, ms" "$again" -
	goal_row "$again" 50
}
