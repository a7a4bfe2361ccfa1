# numbers.sh: medians and quartiles, the rows of a table, and the times of commands that run in turn. tests/bench/run
# sources it and defines die().
# shellcheck shell=sh

# quartiles SCALE: of the numbers on stdin, each times SCALE: "MEDIAN LOWER UPPER".
quartiles() {
	sort -n | awk -v scale="$1" '
		function at(q,  i, f) {
			i = int(q * (NR - 1) + 1)
			f = q * (NR - 1) + 1 - i
			return v[i] + f * (v[i + (f > 0)] - v[i])
		}
		{ v[NR] = $1 * scale }
		END { if (!NR) exit 1; print at(0.5), at(0.25), at(0.75) }'
}

# "0.512 [0.498 0.530]" of "0.5123 0.4980 0.5301".
show() {
	awk -v values="$*" 'BEGIN {
		n = split(values, v, " ")
		if (values == "-") { print values; exit }
		format = v[1] >= 100 ? "%.0f" : v[1] >= 10 ? "%.1f" : v[1] >= 1 ? "%.2f" : "%.3f"
		text = sprintf(format, v[1])
		if (n == 3) text = text sprintf(" [" format " " format "]", v[2], v[3])
		print text
	}'
}

header() {
	printf '\n%-38s %-26s %-26s %-9s %-8s\n' "$1" ours "$2" ratio goal
}

# row WHAT OURS PEER [GOAL [RATIO]]: OURS, PEER: quartiles or one value, in the unit that WHAT names. GOAL: the ratio
# that is hoped for, at most; RATIO where it is not that of the medians.
row() {
	row_ratio=${5:-$(awk -v ours="${2%% *}" -v peer="${3%% *}" 'BEGIN { print (peer + 0 ? ours / peer : "-") }')}
	printf '%-38s %-26s %-26s %-9s %-8s%s\n' "$1" "$(show "$2")" "$(show "$3")" "$(ratio "$row_ratio")" \
		"$(ratio "${4:--}")" "$(verdict "$row_ratio" "${4:--}")"
}

# goal_row OURS MILLISECONDS: a row for the goal that a median is to be under.
goal_row() {
	printf '%-38s %-26s %-26s %-9s %-8s%s\n' "  median under $2 ms" "$(show "${1%% *}")" - - "$2 ms" \
		"$(verdict "${1%% *}" "$2")"
}

# "1.06x", or "1/24" of what is below 1/8.
ratio() {
	awk -v r="$1" 'BEGIN {
		if (r == "-") print r
		else if (r > 0.125) printf("%.2fx\n", r)
		else if (r > 0) printf("1/%.3g\n", 1 / r)
		else print "0"
	}'
}

verdict() { # VALUE GOAL
	awk -v value="$1" -v goal="$2" 'BEGIN {
		if (value != "-" && goal != "-")
			print (value + 0 <= goal + 0 ? "met" : "MISSED")
	}'
}

# alternately ROUNDS RUNS COMMAND...: hyperfine's medians in seconds, each command in turn: times.1, times.2... in the
# current directory, one line a round. HYPERFINE: more options for it.
alternately() {
	rounds=$1 runs=$2 round=0
	shift 2
	rm -f times.*
	while [ $round -lt "$rounds" ]; do
		# shellcheck disable=SC2086 # words
		hyperfine ${HYPERFINE-} -N --style none --warmup 2 --runs "$runs" --export-csv csv "$@" \
			>hyperfine.out 2>&1 || die "hyperfine: $(tail -n 3 hyperfine.out)"
		awk -F, 'NR > 1 { printf("%.9f\n", $(NF - 4)) >>("times." NR - 1) }' csv
		round=$((round + 1))
	done
}
