# gmr.sh: `gmr` against eu-stack and gdb: how long it stops a process, and how long it takes. For tests/bench/run, which
# sources it.
# shellcheck shell=sh

# gmr_target NAME COMMAND...: start it; NAME.pid when it is up.
gmr_target() {
	gmr_name=$1
	shift
	"$@" >"$gmr_name.out" 2>&1 </dev/null &
	echo $! >"$gmr_name.pid"
	gmr_targets="${gmr_targets-} $!"
}

gmr_targets_end() {
	for pid in ${gmr_targets-}; do
		kill -9 "$pid" 2>/dev/null
	done
	gmr_targets=
}

gmr_threads_of() { # PID
	set -- /proc/"$1"/task/*
	echo $#
}

gmr_has_threads() { # PID COUNT
	[ "$(gmr_threads_of "$1")" -ge "$2" ]
}

gmr_bear() {
	gmr_target c4 "$bin/sleepers" 4
	gmr_target c500 "$bin/sleepers" 500
	gmr_target busy "$bin/sleepers" 4 busy
	gmr_target python python3 -c '
import threading, time
def work(): time.sleep(100000)
for _ in range(3): threading.Thread(target=work).start()
work()'
	gmr_target erlang erl -noinput -noshell
	gmr_target java java -cp "$TOP/tests/fixtures" OutOfMemory "$PWD/no-flag"
	for pair in c4:4 c500:500 busy:4 python:4 erlang:18 java:15; do
		wait_for 60 "the threads of ${pair%:*}" gmr_has_threads "$(cat "${pair%:*}.pid")" "${pair#*:}"
	done
	# The JVM and the node start threads for some time.
	wait_for 120 "a quiet JVM" gmr_is_quiet "$(cat java.pid)"
	wait_for 120 "a quiet node" gmr_is_quiet "$(cat erlang.pid)"
}

gmr_is_quiet() { # PID: no thread came or went for a second
	before=$(ls "/proc/$1/task")
	sleep 1
	[ "$before" = "$(ls "/proc/$1/task")" ]
}

# gmr_stops FILE COMMAND...: one more line "LONGEST TOGETHER WINDOW THREADS" in FILE. eu-stack fails where it could not
# follow one stack to its end, which it has shown then.
gmr_stops() {
	stops_file=$1
	shift
	LD_PRELOAD="$PWD/stops.so" STOPS_FILE="$PWD/events" "$@" >said 2>&1 </dev/null ||
		{ [ "$1" = eu-stack ] && grep -q '^TID ' said; } ||
		die "gmr: $* failed: $(tail -n 3 said)"
	"$bin/stops" events >>"$stops_file" || die "gmr: no events of $*"
}

gmr_column() { # FILE COLUMN
	awk -v column="$2" '{ print $column }' "$1" | quartiles 0.000001
}

gmr_stop_rows() { # NAME PID
	rm -f ./*.stops
	for round in 1 2 3 4 5 6 7 8 9 10 11; do
		gmr_stops gentle.stops "$PROCGUARD" gmr -S Threads "$2"
		gmr_stops stop.stops "$PROCGUARD" gmr -S Threads --stop --max-stop 1s "$2"
		gmr_stops eu.stops eu-stack -p "$2"
		[ $((round % 4)) != 1 ] ||
			gmr_stops gdb.stops gdb -nx -batch -ex 'thread apply all bt' -p "$2"
	done
	threads=$(tail -n 1 stop.stops | cut -d' ' -f4)
	printf '%s (%s threads)\n' "$1" "$(gmr_threads_of "$2")"
	row "  stopped without --stop: threads" "$(cut -d' ' -f4 gentle.stops | quartiles 1)" "$threads"
	row "  --stop, longest of one; eu-stack, ms" "$(gmr_column stop.stops 1)" "$(gmr_column eu.stops 1)"
	row "  --stop, longest of one; gdb, ms" "$(gmr_column stop.stops 1)" "$(gmr_column gdb.stops 1)" 0.0333
	goal_row "$(gmr_column stop.stops 2)" "$(awk -v n="$threads" 'BEGIN { print 0.1 + 0.02 * n }')"
	row "  --stop, window; eu-stack, ms" "$(gmr_column stop.stops 3)" "$(gmr_column eu.stops 3)" 0.1
}

gmr_total_rows() { # NAME PID GOAL
	# shellcheck disable=SC2034 # alternately() reads it
	HYPERFINE=-i
	alternately 5 9 "$PROCGUARD gmr -S Threads $2" "eu-stack -p $2" "$PROCGUARD gmr $2" "eu-stack -s -p $2"
	unset HYPERFINE
	row "  in all, -S Threads; eu-stack -p, ms" "$(quartiles 1000 <times.1)" "$(quartiles 1000 <times.2)" "$3"
	row "  the same; eu-stack -s (lines, too), ms" "$(quartiles 1000 <times.1)" "$(quartiles 1000 <times.4)"
	row "  the whole report; eu-stack -p, ms" "$(quartiles 1000 <times.3)" "$(quartiles 1000 <times.2)"
}

build_stops() {
	${CC:-cc} -O2 -shared -fPIC -D_GNU_SOURCE -I"$TOP" -o stops.so "$TOP/tests/bench/preload/stops.c" -ldl ||
		die "cannot build what notes the stops"
}

section_gmr() {
	build_stops
	gmr_bear
	header "gmr" "eu-stack, gdb"
	for pair in c4:1 python:1 erlang:1 java:0.2 c500:0.2 busy:1; do
		gmr_stop_rows "${pair%:*}" "$(cat "${pair%:*}.pid")"
		gmr_total_rows "${pair%:*}" "$(cat "${pair%:*}.pid")" "${pair#*:}"
	done
	gmr_targets_end
	cat <<-'END'
		(Stops: from the request to stop to the request to go on, as each tool makes them, noted by a library
		that is preloaded into it. "median under": all stopped together, goal 0.1 ms and 20 us a thread.
		eu-stack stops one thread after the other: a single one of its stops may be shorter.)
	END
	if [ -n "$(ls /usr/lib/debug 2>/dev/null)" ]; then
		echo '(Debug files are installed: ours reads lines from them, eu-stack only with -s.)'
	else
		echo '(No debug files are installed.)'
	fi
}
