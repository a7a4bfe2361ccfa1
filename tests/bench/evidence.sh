# evidence.sh: how much later a restart comes with `--report`. For tests/bench/run, which sources it.
# shellcheck shell=sh

EVIDENCE_ROUNDS=12

# A node of some 20 threads that never beats is overdue after a second, killed, and started again. evidence_gaps FILE
# OPTION...: milliseconds from one start to the next, beyond that second.
evidence_gaps() {
	gaps=$1
	shift
	rm -f stamps
	"$PROCGUARD" heart run -t 1s --max-restarts none --restart-delay 0 "$@" -- sh stamp </dev/null \
		>guard.out 2>guard.err &
	guard=$!
	until [ -f stamps ] && [ "$(wc -l <stamps)" -gt $EVIDENCE_ROUNDS ]; do
		kill -0 "$guard" 2>/dev/null || die "heart run has ended: $(tail -n 3 guard.err)"
		sleep 0.1
	done
	kill "$guard"
	kill -s KILL "$(tail -n 1 stamps | cut -d' ' -f2)" 2>/dev/null # a node that is just starting loses a SIGTERM
	wait "$guard"
	awk 'NR > 1 { printf "%.3f\n", ($1 - before) / 1e6 - 1000 } { before = $1 }' stamps |
		head -n $EVIDENCE_ROUNDS >"$gaps"
}

section_evidence() {
	mkdir reports
	# shellcheck disable=SC2016 # the node's shell expands it
	echo 'echo "$(date +%s%N) $$" >>stamps; exec erl -noinput -noshell' >stamp
	evidence_gaps peer
	evidence_gaps ours --report "$PWD/reports" --report-keep 100
	set -- reports/beam*
	[ $# -ge $EVIDENCE_ROUNDS ] || die "there are only $# reports of $EVIDENCE_ROUNDS: $(tail -n 3 guard.err)"
	threads=$(grep -c 'Thread #' "$1")
	set -- "$(quartiles 1 <ours)" "$(quartiles 1 <peer)"
	header "evidence before restart" "without"
	row "overdue node to its restart, ms" "$1" "$2"
	goal_row "$(awk -v ours="${1%% *}" -v peer="${2%% *}" 'BEGIN { print ours - peer }')" 50
	echo "(The node has $threads threads, and a child, which has a report of its own.)"
}
