# python.sh: `gmr` of Python's threads and green threads: how long they are stopped, and how long it takes, against
# gdb's py-bt. For tests/bench/run, which sources it, and gmr.sh, of which it uses the words.
# shellcheck shell=sh

bench_python=/usr/bin/python3

python_target() { # MODE
	gmr_target "$1" "$bench_python" -B "$TOP/tests/bench/python.py" "$PWD/$1.ready" "$1"
	wait_for 60 "$bench_python" test -e "$1.ready"
	wait_for 60 "its threads" python_is_at_rest "$1"
}

python_is_at_rest() { # MODE
	[ "$1" = busy ] || ! cat /proc/"$(cat "$1.pid")"/task/*/stat | sed 's/.*) //' | grep -q '^[RD]'
}

# What is to be found is there.
python_works() { # MODE COUNT TEXT
	"$PROCGUARD" gmr "$(cat "$1.pid")" >report 2>&1 || die "python: $(tail -n 3 report)"
	[ "$(grep -c "$3" report)" -ge "$2" ] || die "python: not $2 times $3: $(tail -n 40 report)"
}

python_rows() { # MODE GOAL
	pid=$(cat "$1.pid")
	rm -f ./*.stops
	for _ in 1 2 3 4 5 6 7 8 9 10 11; do
		gmr_stops gentle.stops "$PROCGUARD" gmr -S Threads -S green-threads "$pid"
		gmr_stops stop.stops "$PROCGUARD" gmr -S Threads -S green-threads --stop --max-stop 1s "$pid"
	done
	printf '%s (%s threads)\n' "$1" "$(gmr_threads_of "$pid")"
	row "  stopped without --stop: threads" "$(cut -d' ' -f4 gentle.stops | quartiles 1)" -
	row "  without --stop, longest of one, ms" "$(gmr_column gentle.stops 1)" -
	row "  --stop, longest of one, ms" "$(gmr_column stop.stops 1)" -
	goal_row "$(gmr_column stop.stops 2)" "$2"
	row "  --stop, window, ms" "$(gmr_column stop.stops 3)" -
}

python_total_rows() { # MODE
	pid=$(cat "$1.pid")
	ours="$PROCGUARD gmr -S Threads -S green-threads $pid"
	theirs="gdb -nx -batch -p $pid -ex 'thread apply all py-bt'"
	if gdb -nx -batch -p "$pid" -ex 'py-bt' 2>&1 | grep -q 'File "'; then
		alternately 3 5 "$ours" "$theirs"
		row "  in all; gdb with py-bt, ms" "$(quartiles 1000 <times.1)" "$(quartiles 1000 <times.2)" 0.1
		return
	fi
	alternately 3 5 "$ours"
	row "  in all; gdb has no py-bt here, ms" "$(quartiles 1000 <times.1)" -
}

section_python() {
	build_stops
	header "gmr of Python" "gdb, py-bt"
	"$bench_python" --version
	python_target threads
	python_works threads 38 '\.py:[0-9]* in '
	python_rows threads 0.5
	python_total_rows threads
	python_target busy
	python_rows busy 0.5
	if "$bench_python" -c 'import greenlet' 2>/dev/null; then
		python_target greenlets
		python_works greenlets 1000 ' Green Thread '
		python_rows greenlets 6
		python_total_rows greenlets
	else
		echo "(no greenlet here)"
	fi
	gmr_targets_end
	cat <<-'END_OF_NOTES'
		(Stops as in the section gmr; "median under": all stopped together. Where all sleep none is stopped,
		but with --stop. greenlets: 1,000 of them among 1,000,000 objects that the collector knows. gdb's
		py-bt is of python3-dbg, and shows no green threads.)
	END_OF_NOTES
}
