#!/bin/sh
# heart_run_system.sh: `procguard heart run` and the rest of a system: signals, PID 1, terminals, the kernel's OOM
# killer, poorer systems. lib.sh says how to run it.
# shellcheck source=tests/progs/heart_run.sh
. "${0%/*}/progs/heart_run.sh"
# shellcheck source=tests/progs/cgroup.sh
. "${0%/*}/progs/cgroup.sh"

# ---- signals ----

# A program that notes the signals it gets in "got", and ends with status 0 of TERM.
noting='for name in INT HUP QUIT USR1 USR2 WINCH; do trap "echo $name >>got" $name; done
	trap "echo TERM >>got; exit 0" TERM
	echo ready >got
	while :; do sleep 1000 & wait $!; done'

test_signals_are_forwarded() {
	# A shell in the background ignores INT and QUIT, and cannot trap them then.
	start env --default-signal=INT,QUIT "$PROCGUARD" heart run sh -c "$noting" 2>>err
	wait_until 10 test -s got
	for name in HUP QUIT USR1 USR2 WINCH; do
		kill -$name "$started"
		wait_until 10 grep -q $name got
	done
	kill "$started"
	ends_with "$started" 0
	grep -q TERM got || fail "no TERM: $(cat got)"
}

test_an_end_after_a_forwarded_signal() {
	for name in TERM INT; do
		rm -f starts
		start env --default-signal=INT "$PROCGUARD" heart run --command 'touch ran' --reason-file reason \
			sh -c "trap 'exit 7' $name; echo >starts; while :; do sleep 0.05; done" 2>>err
		until_started 1
		kill -$name "$started"
		ends_with "$started" 7
		reason_is CAUSE=stopped 'END=exit status 7'
	done
	[ ! -e ran ] || fail "the command ran: $(cat err)"
	ln_app
	rm -f starts
	guard --reason-file reason ./app note=starts hang
	until_started 1
	finish
	reason_is CAUSE=stopped END=SIGTERM
	rm -f starts
	guard -t 5s ./app deaf=15 note=starts hang # no deadline counts any more
	until_started 1
	kill "$started"
	sleep 7
	kill -9 "$(cat starts)"
	ends_with "$started" 137
}

test_a_stopped_program_is_ended() {
	for name in TERM INT; do
		rm -f starts
		start env --default-signal=INT "$PROCGUARD" heart run \
			sh -c "trap 'exit 7' $name; echo \$\$ >starts; while :; do sleep 0.05; done" 2>>err
		until_started 1
		kill -STOP "$(cat starts)"
		kill -$name "$started"
		ends_with "$started" 7
	done
}

test_signal_before_the_start_is_not_lost() {
	for name in TERM INT HUP QUIT; do
		# shellcheck disable=SC2016
		start env --default-signal=INT,QUIT sh -c 'kill -STOP $$; exec "$PROCGUARD" heart run sleep 1000'
		wait_until 5 grep -q '^State:.T' "/proc/$started/status"
		# Blocked until the guard takes it, as in the moment between its start and the program's.
		kill -$name "$started"
		kill -CONT "$started"
		wait "$started" && fail "it did not end of SIG$name"
	done
	:
}

test_nohup_is_obeyed() {
	start nohup "$PROCGUARD" heart run env --default-signal=HUP sh -c "$noting" >/dev/null 2>>err
	wait_until 10 test -s got
	kill -HUP "$started"
	kill -USR1 "$started"
	wait_until 10 grep -q USR1 got # it takes a HUP first
	grep -q HUP got && fail "HUP was passed on in spite of nohup"
	kill "$started"
	ends_with "$started" 0
}

# ---- PID 1 ----

test_as_pid_1() {
	needs_pid_namespace
	ln_app
	status_is 0 unshare -pf --mount-proc "$PROCGUARD" heart run true
	status_is 9 unshare -pf --mount-proc "$PROCGUARD" heart run ./app notify=STOPPING=1 exit=9
	status_is 143 unshare -pf --mount-proc "$PROCGUARD" heart run sh -c 'kill -TERM 1; exec sleep 1000'
	start unshare -pf --mount-proc "$PROCGUARD" heart run -t 3s --grace 200ms sh -c '
		echo $$ >>starts
		(setsid sh -c "trap \"\" TERM; while :; do sleep 0.05; done" &)
		(sleep 0 & echo $! >orphan)
		while [ -e "/proc/$(cat orphan)" ]; do sleep 0.05; done
		touch reaped
		[ "$(wc -l <starts)" = 1 ] && exec ./app beat hang
		exec ./app notify=WATCHDOG_USEC=infinity note=second hang' 2>>err
	wait_until 20 test -e reaped
	until_started 2
	wait_until 20 test -s second
	kill "$(child_of "$started")"
	ends_with "$started" 143
	expect 'sh: overdue: no heartbeat for '
}

# ---- terminals ----

terminal() {
	command -v python3 >/dev/null || skip "no python3"
	python3 "$TOP/tests/progs/terminal.py" "$@" || fail "$(cat err 2>/dev/null)"
}

test_terminal_belongs_to_the_program() {
	terminal "run=exec $PROCGUARD heart run cat" 'type=hello\n' 'see=hello\r\nhello\r\n' 'type=\x04' end=0
}

# ^C reaches the program alone, and means its end.
test_interrupt_ends_both() {
	terminal "run=exec $PROCGUARD heart run cat" 'type=hello\n' 'see=hello\r\nhello\r\n' 'type=\x03' end=130
	terminal "run=ulimit -c 0; exec $PROCGUARD heart run cat" 'type=hello\n' 'see=hello\r\nhello\r\n' \
		'type=\x1c' end=131
	terminal "run=exec $PROCGUARD heart run --command 'touch ran' sh -c 'trap \"exit 130\" INT; echo up
		while :; do sleep 0.05; done'" 'see=up' 'type=\x03' end=130
	[ ! -e ran ] || fail "the command ran"
}

test_terminal_after_a_restart() {
	# shellcheck disable=SC2016
	echo 'echo >>starts; [ "$(wc -l <starts)" -gt 1 ] || exit 1; exec cat' >app
	terminal "run=exec $PROCGUARD heart run sh app" 'see=sh restarted' 'type=two\n' 'see=two[^x]*two' 'type=\x04' \
		end=0
}

test_job_control() {
	command -v bash >/dev/null || skip "no bash"
	ln_app
	terminal 'run=PS1="> " exec bash --norc --noprofile -i' 'see=> ' \
		"type=$PROCGUARD heart run -t 3s --on-failure exit sh -c './app notifies=100 & echo up; exec cat'\n" \
		'see=[\r\n]up\r' 'type=one\n' 'see=one\r\none\r\n' 'type=\x1a' 'see=Stopped' 'see=> ' \
		'type=sleep 5; echo shell $((40+2))\n' 'see=shell 42' \
		'type=fg\n' 'see=heart run' 'type=two\n' 'see=two[^x]*two' \
		'type=\x03' 'see=> ' 'type=echo status=$?\n' 'see=status=130' 'type=exit\n' end=0
}

is_ready() {
	"$PROCGUARD" heart ctl -S s status 2>/dev/null | grep -q '^ready: yes'
}

# What it could not say while it was stopped is not held against it.
test_frozen_with_its_program() {
	ln_app
	guard -t 3s --on-failure exit --control s ./app notify=READY=1 note=starts wait=go notify=STOPPING=1 exit=5
	wait_until 20 is_ready
	kill -STOP "$started" "$(cat starts)"
	sleep 5
	kill -CONT "$started" "$(cat starts)"
	until_said 'app: the guard was not run for a while: '
	touch go
	ends_with "$started" 5
}

# ---- the kernel's OOM killer ----

test_oom_killed() {
	make_cgroup
	# shellcheck disable=SC2016 # for the inner shell
	start sh -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$cgroup" \
		"$PROCGUARD" heart run --on-failure exit --reason-file reason \
		"$BUILD/tests/demo/eatmem" -l 100 80 2>>err
	ends_with "$started" 1
	expect "ended (SIGKILL, by the kernel's OOM killer)"
	reason_is CAUSE=oom-killed END=SIGKILL
}

test_oom_score_adj() {
	needs_root
	echo 7 >/proc/self/oom_score_adj
	ln_app
	guard --command 'cat /proc/self/oom_score_adj >command' ./app note=starts hang
	until_started 1
	score=$(cat "/proc/$started/oom_score_adj")
	[ "$score" = -1000 ] || skip "it may not be lowered ($score)"
	[ "$(cat "/proc/$(cat starts)/oom_score_adj")" = 7 ] || fail "not restored for the program"
	kill -9 "$(cat starts)"
	ends_with "$started" 0
	[ "$(cat command)" = 7 ] || fail "not restored for the command: $(cat command)"
}

# ---- the hardware watchdog ----

# A file stands in for it: what is written, last.
dog_ends_with() { # HEX
	last=$(tail -c 1 dog | od -An -tx1 | xargs)
	[ "$last" = "$1" ] || fail "the last byte is '$last', not $1: $(cat err)"
}

test_watchdog() {
	ln_app
	: >dog
	run_is 0 --watchdog dog true
	[ "$(wc -c <dog)" -ge 2 ] || fail "not petted"
	dog_ends_with 56
	: >dog
	run_is 5 --watchdog dog ./app notify=STOPPING=1 exit=5
	dog_ends_with 56
	: >dog
	run_is 127 --watchdog dog ./no-such-program
	dog_ends_with 56
	: >dog
	guard --watchdog dog ./app note=starts hang
	until_started 1
	[ -s dog ] || fail "not petted"
	finish
	dog_ends_with 56
	# At an end that was not wanted it goes on.
	for option in '--on-failure exit' '--max-restarts 1/1h' '--command true'; do
		: >dog
		# shellcheck disable=SC2086 # an option and its value
		"$PROCGUARD" heart run --watchdog dog $option ./app exit=5 2>>err
		dog_ends_with 00
	done
	run_is 1 --watchdog ./no-such-device touch ran
	expect "cannot open './no-such-device' (--watchdog): No such file or directory"
	[ ! -e ran ] || fail "the program was started"
}

# ---- descriptors ----

test_descriptors() {
	echo passed >file
	# shellcheck disable=SC2016
	run_is 0 sh -c '[ "$(cat <&7)" = passed ]' 7<file
	# What we have ourselves, and HEART_FD.
	ls /proc/self/fd >ours
	run_is 0 --control s --watchdog file ls /proc/self/fd >fds
	[ "$(wc -l <fds)" = $(($(wc -l <ours) + 1)) ] || fail "the program has more: $(cat fds)"
	"$PROCGUARD" heart run sh -c '[ "$HEART_FD" -gt 2 ] || exit 1
		for n in 0 1 2; do [ ! -d /dev/fd/$n ] || exit 1; done' <&- >&- 2>&-
	status=$?
	[ $status = 0 ] || fail "status $status"
}

# What is written into a file then is lost, but the guard is not.
test_limit_of_file_sizes() {
	echo before >full
	# shellcheck disable=SC3045 # dash has it
	(ulimit -f 0 && exec "$PROCGUARD" heart run --on-failure exit --reason-file reason sh -c 'exit 3') 2>>full
	status=$?
	[ $status = 1 ] || fail "status $status"
}

count_fds() {
	set -- "/proc/$started/fd"/*
	echo $#
}

test_nothing_is_left_by_restarts() {
	ln_app
	guard --max-restarts none --restart-delay 0 --callback true --interval 50ms -t 10s --reason-file reason \
		--control s ./app note=starts beat exit=1
	until_started 5
	kill -STOP "$started"
	before=$(count_fds)
	kill -CONT "$started"
	until_started 40
	kill -STOP "$started"
	after=$(count_fds)
	kill -CONT "$started"
	stop "$started" # with the status of the program, or of TERM
	[ "$after" -le $((before + 3)) ] || fail "$before descriptors, then $after"
}

test_stderr_that_is_closed_by_its_reader() {
	ln_app
	mkfifo pipe
	: <pipe &
	start "$PROCGUARD" heart run ./app first=starts note=starts exit=1 then note=starts 2>pipe
	ends_with "$started" 0
	started_times 2
}

# ---- poorer systems ----

test_without_pidfd() {
	ln_app
	start "$BUILD/tests/enosys" pidfd_open,pidfd_send_signal,close_range,openat2 "$PROCGUARD" heart run -t 500ms \
		--kill-signal TERM ./app first=starts note=starts beat hang then 2>>err
	ends_with "$started" 0
	expect 'app restarted'
	run_is 4 ./app notify=STOPPING=1 exit=4
}

test_where_nothing_is_writable() {
	needs_root
	ln_app
	unshare -m true 2>/dev/null || skip "no mount namespaces"
	# shellcheck disable=SC2016
	status_is 0 unshare -m sh -c 'exec 9<"$0"
		for dir in /run /tmp /dev/shm; do
			[ ! -d $dir ] || mount -t tmpfs -o ro none $dir || exit 1
		done
		exec /proc/self/fd/9 heart run "$@"' "$PROCGUARD" --on-failure exit \
		sh -c 'case $NOTIFY_SOCKET in @*) ;; *) exit 1 ;; esac'
}

test_empty_root() { # as in an image FROM scratch: a static binary, no /proc, no /dev, no shell
	needs_root
	[ "$TIMES" = 1 ] || skip "once is enough: another build is tested"
	command -v musl-gcc >/dev/null || skip "no musl-gcc"
	make -s -C "$TOP" NODEPS=1 BUILD="$PWD/b" STATIC=1 CC=musl-gcc WITHOUT="curl xml2 dw" APPLETS=heart >out 2>&1 ||
		fail "make: $(tail -n 20 out)"
	mkdir root
	cp b/procguard root/procguard
	musl-gcc -static -D_GNU_SOURCE -o root/app "$TOP/tests/progs/speaker.c" || fail "no static program"
	status_is 0 chroot root /procguard heart run -t 500ms --reason-file /reason \
		/app first=/starts note=/starts beat hang then exit=0
	expect 'app restarted'
	mv root/reason . && reason_is RESTARTS=1 'END=exit status 0'
	status_is 9 chroot root /procguard heart run --command '/app exit=9' /app notify=READY=1 exit=5
	status_is 1 chroot root /procguard heart run --command 'exit 9' /app exit=5
	expect "cannot run the command 'exit 9': there is no /bin/sh, and the shell's own 'exit' needs one"
	start chroot root /procguard heart run -t 1s --control /s --interval 100ms --callback '/app note=/calls' \
		/app hang 2>>err
	wait_until 10 test -s root/calls
	chroot root /procguard heart ctl -S /s status >out 2>&1
	grep -q '^state: running' out || fail "$(cat out)"
	finish
	[ "$(echo root/*)" = 'root/app root/calls root/procguard root/starts' ] || fail "left behind: $(echo root/*)"
	status_is 127 chroot root /procguard heart run /nothing
}

test_few_descriptors() {
	for limit in 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do
		: >err
		# shellcheck disable=SC3045 # dash has it
		(ulimit -n $limit && exec "$PROCGUARD" heart run touch "ran$limit") 2>>err
		status=$?
		[ $status = 0 ] && [ -e "ran$limit" ] && continue
		[ $status != 0 ] && [ -s err ] && continue
		fail "with $limit: status $status: $(cat err)"
	done
	[ -e ran16 ] || fail "16 are too few: $(cat err)"
}

# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
