#!/bin/sh
# gmr.sh: gmr's command line: who is meant, forms, files, errors, exit statuses. lib.sh says how to run it.
# shellcheck source=tests/progs/command.sh
. "${0%/*}/progs/command.sh"

# A program of a name that no other has, COUNT times; the pids are in $pids, the last one's in $pid. The name is longer
# than the kernel keeps it.
targets() { # COUNT
	needs_gmr
	app=webapplication$$
	cp "$BUILD/tests/progs/pause" "$app"
	pids=''
	while [ "$(echo "$pids" | wc -w)" -lt "$1" ]; do
		start "./$app" 1500000000
		pid=$started pids="${pids:+$pids }$started"
		wait_until 30 runs "$pid"
	done
}

runs() {
	[ "$(readlink "/proc/$1/exe")" = "$PWD/$app" ]
}

gmr() {
	run timeout -s KILL $((60 * TIMES)) "$PROCGUARD" gmr "$@"
}

reports_of() { # TITLE: how many in out
	grep -c "^procguard .*, pid $1, " out
}

refused() { # TEXT ARG...
	text=$1
	shift
	gmr "$@"
	expect_status 2
	expect_err "$text"
	expect_err "Try 'procguard gmr --help'."
	expect_out ''
}

test_usage_errors() {
	needs_gmr
	refused "which process?"
	refused "unknown section 'thread' (did you mean 'Threads'?)" -S thread 1
	refused "unknown section 'all' (one of: package, threads, green-threads, processes, configuration)" -S all 1
	refused "'yaml' is not a choice (text|json|xml)" -f yaml 1
	refused "-o and -L exclude each other" -o x -L . 1
	refused "--stop and --no-stop exclude each other" --stop --no-stop 1
	refused "-o takes one report (use -L DIR for several)" -o x 1 2
	refused "-o takes one report (use -L DIR for several)" -o x --children 1
	refused "-o takes one report (use -L DIR for several)" -o x --watch y 1
	refused "--watch takes one process" --watch x 1 2
	refused "--force goes with --signal" --force 1
	refused "--signal writes no report" --signal -L . 1
	refused "'FOO' is not a signal" --signal=FOO 1
	refused "'nginx' is no pid (-n 'nginx' looks for a process of that name)" nginx
	refused "'-f' is no pid (options stand before pids)" 1 -f json
	refused "'*' is no regular expression" -C '*'
	refused "--deadline takes a time from 1ms to 1d" --deadline 0 1
	[ ! -e x ] || fail "a file was written"
}

test_nobody_is_found() {
	needs_gmr
	gmr -n no-such-program
	expect_status 1
	expect_err "procguard gmr: no process is called 'no-such-program'"
	gmr -C 'no such [a]rguments'
	expect_status 1
	expect_err "procguard gmr: the arguments of no process match 'no such [a]rguments'"
	gmr 4194999
	expect_status 1
	expect_err "procguard gmr: there is no process 4194999"
	gmr -F none
	expect_status 1
	expect_err "procguard gmr: cannot take a pid from 'none': No such file or directory"
	expect_out ''
}

test_a_whole_report() {
	targets 1
	gmr "$pid"
	expect_status 0
	[ ! -s err ] || fail "it says: $(cat err)"
	sed -n 's/^====  *\([A-Z][A-Za-z ]*[a-z]\)  *====$/\1/p' out > titles
	printf '%s\n' 'Guru Meditation' Package Threads 'Green Threads' Processes Configuration > expected
	cmp -s titles expected || fail "sections: $(cat titles)"
	[ "$(reports_of "$pid")" = 1 ] || fail "no report of it: $(cat out)"
	grep -q "Thread #$pid " out || fail "no thread: $(cat out)"
	grep -q 'No green threads are known in this process.' out || fail "green threads: $(cat out)"
}

test_sections() {
	targets 1
	gmr -f json -S Processes -S green-threads "$pid"
	expect_status 0
	[ "$(jq -r 'keys_unsorted | join(",")' out)" = 'report,Green Threads,Processes' ] || fail "$(cat out)"
	[ "$(jq -r '.report.pid, .Processes.pid' out | uniq)" = "$pid" ] || fail "$(cat out)"
	jq -e '.report.complete and .report.denied == []' out > jq.out || fail "$(cat out)"
	[ "$(jq -r .report.version out)" = "$("$PROCGUARD" --version | sed -n 's/^procguard //p')" ] || fail "version"
	[ "$(jq -r .report.host out)" = "$(uname -n)" ] || fail "host"
	jq -r .report.time out | grep -Eqx '20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z' || fail "time"
}

# More threads than can be stopped within a millisecond.
test_batches_are_noted() {
	needs_gmr
	mkfifo input
	: > ready
	start sh -c "exec '$BUILD/tests/progs/threads' 500 0 < input > ready"
	exec 9> input
	wait_until 30 grep -q ready ready
	gmr -f json -S threads --stop --max-stop 1ms "$started"
	expect_status 0
	[ "$(jq -r '.Threads[].read' out | sort | uniq -c | xargs)" = '501 stopped' ] || fail "$(cat out)"
	jq -r '.report.notes[].text' out | grep -q '^more threads than fit in --max-stop 1ms: stopped in ' ||
		fail "not noted: $(jq .report out)"
}

test_by_name_command_line_and_pid_file() {
	targets 2
	echo "${pids% *}" > pid
	for who in "-n $app" "-n ${app%"${app#??????????????}"}" "-C ^./$app.1500000000\$" "$pids" "-F pid $pid"; do
		# shellcheck disable=SC2086 # words
		gmr -S processes $who
		case $who in
		-n\ webapplication) # not its name, but the beginning of it
			expect_status 1 ;;
		*)
			expect_status 0
			[ "$(reports_of "[0-9]*")" = 2 ] || fail "$who: $(cat out)" ;;
		esac
	done
	gmr -S processes -n no-such-program -n "$app"
	expect_status 1
	[ "$(reports_of "[0-9]*")" = 2 ] || fail "the others are not reported: $(cat out)"
}

# A shell whose command line has the name is an ancestor of gmr's.
test_itself_and_its_ancestors_are_not_meant() {
	targets 1
	sh -c "timeout -s KILL $((60 * TIMES)) '$PROCGUARD' gmr -f json -S processes -C $app; exit \$?" > out 2> err ||
		fail "it fails: $(cat err)"
	[ "$(jq .report.pid out)" = "$pid" ] || fail "$(cat out)"
}

test_several_reports() {
	targets 2
	gmr -f json -S processes -n "$app"
	expect_status 0
	[ "$(wc -l < out)" = 2 ] || fail "not a line each: $(cat out)"
	[ "$(jq -r .report.pid out | sort -n | xargs)" = "$(echo "$pids" | xargs -n1 | sort -n | xargs)" ] ||
		fail "$(cat out)"
	gmr -f xml -S processes -n "$app"
	expect_status 0
	[ "$(xmllint --xpath 'count(/reports/report)' out)" = 2 ] || fail "$(cat out)"
	gmr -f xml -S processes "$pid"
	[ "$(xmllint --xpath 'count(/report)' out)" = 1 ] || fail "$(cat out)"
}

test_children() {
	needs_gmr
	start sh -c 'sleep 1000 & sleep 1001 & wait'
	wait_until 30 has_two_children "$started"
	gmr -f json --children -S processes "$started"
	expect_status 0
	[ "$(jq -r .report.pid out | head -n 1)" = "$started" ] || fail "not first: $(cat out)"
	[ "$(jq -r '.Processes.command | join(" ")' out | sed 1d | sort | xargs)" = 'sleep 1000 sleep 1001' ] ||
		fail "$(cat out)"
}

# Children that end before their turn, with nobody to miss them.
test_children_that_end() {
	needs_gmr
	start sh -c 'while :; do sleep 0.05 & sleep 0.05; done'
	for _ in 1 2 3 4 5; do
		gmr --children -S threads "$started"
		expect_status 0
		[ ! -s err ] || fail "it says: $(cat err)"
	done
}

has_two_children() {
	[ "$(pgrep -c -x sleep -P "$1")" = 2 ]
}

test_output_file() {
	targets 1
	echo old > report
	chmod 644 report
	gmr -f json -S processes -o report "$pid"
	expect_status 0
	expect_out ''
	[ "$(jq .report.pid report)" = "$pid" ] || fail "$(cat report)"
	[ "$(stat -c %a report)" = 600 ] || fail "it can be read by others"
	gmr -f json -S processes -o - "$pid"
	[ "$(jq .report.pid out)" = "$pid" ] || fail "$(cat out)"
	echo mine > mine
	ln -s mine link
	mkfifo fifo
	for place in link fifo .; do
		gmr -o $place "$pid"
		expect_status 1
		expect_err "'$place'"
	done
	[ "$(cat mine)" = mine ] || fail "the link was followed"
	gmr -o none/report "$pid"
	expect_status 1
	expect_err "cannot write 'none/report': No such file or directory"
	[ -z "$(find . -name '.gmr*')" ] || fail "left: $(ls -A)"
}

test_output_file_takes_one_report() {
	targets 2
	refused "-o takes one report (use -L DIR for several)" -o report -n "$app"
	expect_err "2 processes are meant"
	refused "--watch takes one" --watch touched -n "$app"
	[ ! -e report ] || fail "one was written"
}

test_files_in_a_directory() {
	targets 2
	mkdir reports
	gmr -f json -S processes -L reports -n "$app"
	expect_status 0
	[ "$(wc -l < out)" = 2 ] || fail "no path each: $(cat out)"
	while read -r path; do
		echo "$path" | grep -Eqx "reports/${app}_gurumeditation_[0-9]{14}(-1)?" || fail "name: $path"
		[ "$(stat -c %a "$path")" = 600 ] || fail "$path can be read by others"
		jq -e .report "$path" > jq.out || fail "$(cat "$path")"
	done < out
	[ "$(find reports -type f | wc -l)" = 2 ] || fail "left: $(ls -A reports)"
	gmr -L none "$pid"
	expect_status 1
	expect_err "cannot write into 'none': No such file or directory"
}

# A limit on the size of files stands for a full disk.
test_no_room() {
	targets 1
	mkdir reports
	echo old > report
	# shellcheck disable=SC3045 # dash, bash and busybox have it
	(ulimit -f 1 && gmr -L reports "$pid" && expect_status 1 && expect_err "File too large" &&
		gmr -o report "$pid" && expect_status 1) || exit 1
	[ "$(cat report)" = old ] || fail "not the old file: $(cat report)"
	[ -z "$(find reports . -name '*gurumeditation*' -o -name '.gmr*')" ] || fail "left: $(ls -AR)"
	gmr -S processes "$pid" > /dev/full
	timeout -s KILL $((60 * TIMES)) "$PROCGUARD" gmr -S processes "$pid" > /dev/full 2> err && fail "no error"
	expect_err "cannot write to the standard output: No space left on device"
}

is_zombie() { # PID
	grep -q '^State:.Z' "/proc/$1/status"
}

# Its directory in /proc shows little of it then.
test_its_first_thread_has_ended() {
	needs_gmr
	mkfifo input
	: > ready
	start sh -c "exec '$BUILD/tests/progs/threads' 5 0 leader < input > ready"
	exec 9> input
	wait_until 30 grep -q ready ready
	wait_until 30 is_zombie "$started"
	gmr -f json "$started"
	expect_status 0
	[ "$(jq '.Threads | length' out)" = 6 ] || fail "threads: $(cat out)"
	[ "$(jq -r '.report.complete, ([.report.denied[].section] | unique | join(" "))' out | xargs)" = \
		'false Configuration Package' ] || fail "not said: $(jq .report out)"
	jq -r '.report.denied[].reason' out | grep -v '^its first thread has ended' && fail "why: $(jq .report out)"
	[ "$(jq .Processes.pid out)" = "$started" ] || fail "no processes: $(cat out)"
}

test_it_has_ended_and_is_not_reaped() {
	needs_gmr
	# It ends behind the exec: a shell would take notice.
	# shellcheck disable=SC2016 # the inner shell's
	start sh -c 'until grep -q sleep /proc/$$/comm; do :; done & exec sleep 1000'
	wait_until 30 pgrep -P "$started" -r Z > zombie
	gmr "$(cat zombie)"
	expect_status 1
	expect_err "procguard gmr: process $(cat zombie) has ended"
}

# Others' processes as nobody: what may be read is reported, and it is said what may not.
test_without_privileges() {
	targets 1
	[ "$(id -u)" = 0 ] || skip "needs root"
	command -v setpriv > /dev/null || skip "no setpriv"
	chmod 755 .
	nobody="setpriv --reuid 65534 --regid 65534 --clear-groups"
	# shellcheck disable=SC2086 # words
	run timeout -s KILL $((60 * TIMES)) $nobody "$PROCGUARD" gmr -f json "$pid"
	expect_status 0
	[ "$(jq .report.complete out)" = false ] || fail "complete: $(cat out)"
	jq -e '.report.denied[] | select(.section == "Threads").remedy' out > jq.out || fail "not said: $(cat out)"
	[ "$(jq .Processes.pid out)" = "$pid" ] || fail "no processes: $(cat out)"
	# shellcheck disable=SC2086 # words
	run timeout -s KILL $((60 * TIMES)) $nobody "$PROCGUARD" gmr -S threads "$pid"
	grep -q ', incomplete$' out || fail "complete: $(cat out)"
}

# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
