#!/bin/sh
# oome_run_system.sh: `procguard oome run` and the rest of a system: the kernel's OOM killer, terminals, a JVM, an empty
# root. lib.sh says how to run it.

# shellcheck source=tests/progs/oome_run.sh
. "${0%/*}/progs/oome_run.sh"
# shellcheck source=tests/progs/cgroup.sh
. "${0%/*}/progs/cgroup.sh"

# ---- the kernel's OOM killer ----

# guard, in the cgroup
guard_in_cgroup() {
	# shellcheck disable=SC2016 # for the inner shell
	start sh -c 'echo $$ >"$0/cgroup.procs" && exec "$PROCGUARD" oome run "$@"' "$cgroup" "$@" 2>>err
}

# ./app eats more than the cgroup has at the first start, and lives at later ones. With "below" a shell stays in front
# of what eats, and exits 137. It begins late, as the kernel may also kill a guard that asks it for memory in the same
# milliseconds (oomkill.h), which any of its first looks may do; later ones are rare.
eater() { # [below]
	command="exec '$BUILD/tests/demo/eatmem' -l 100 80"
	# shellcheck disable=SC2319 # that of the inner shell
	[ "${1-}" != below ] || command="sh -c \"'$BUILD/tests/demo/eatmem' -l 100 80; exit \\\$?\""
	cat >app <<-END
		#!/bin/sh
		echo \$\$ >>starts
		[ "\$(wc -l <starts)" = 1 ] || exec sleep 1000
		sleep 0.5
		$command
	END
	chmod +x app
}

test_oom_killer() {
	make_cgroup
	eater
	guard_in_cgroup ./app
	until_started 2
	wait_until 5 said 'app restarted'
	kill -KILL "$(tail -n 1 starts)" # by hand: no reason for another start
	wait "$started"
	status=$?
	[ $status = 137 ] || fail "status $status, not 137: $(cat err)"
	[ "$(wc -l <starts)" = 2 ] || fail "started again: $(cat err)"
	count="\($cgroup/memory\.[a-z_]* oom_kill [0-9]+ -> [0-9]+\)"
	grep -qE "^app: pid $(head -n 1 starts) was killed by the kernel's OOM killer $count" err ||
		fail "not said: $(cat err)"
}

test_oom_killer_below_a_shell() {
	make_cgroup
	eater below
	guard_in_cgroup ./app
	until_started 2
	expect "app: a child of pid $(head -n 1 starts) was killed by the kernel's OOM killer"
	finish
}

# The command goes to a cgroup of its own after the start.
test_oom_killer_where_the_child_went() {
	make_cgroup
	eater
	sed -i "2s|.*|&; echo \$\$ >$cgroup/cgroup.procs; touch moved; until [ -e go ]; do sleep 0.05; done|" app
	guard --interval 50ms ./app
	wait_until 10 test -e moved
	until_looked
	touch go
	until_started 2
	wait_until 10 said "($cgroup/memory."
	finish
}

test_oom_killer_and_a_dry_run() {
	make_cgroup
	eater
	guard_in_cgroup -d ./app
	wait "$started"
	status=$?
	[ $status = 137 ] || fail "status $status: $(cat err)"
	said "killed by the kernel's OOM killer" && said 'not restarting due to dry-run' || fail "$(cat err)"
}

test_oom_killer_over_the_limit() {
	make_cgroup
	eater
	sed -i 3d app # eats at every start
	guard_in_cgroup --max-restarts 1/1h ./app
	wait "$started"
	status=$?
	[ $status = 137 ] || fail "status $status: $(cat err)"
	[ "$(wc -l <starts)" = 2 ] || fail "started $(wc -l <starts) times, not 2: $(cat err)"
}

test_oom_score_adj() {
	needs_root
	echo 7 >/proc/self/oom_score_adj
	guard sh -c 'echo >>starts; exec sleep 1000'
	until_started 1
	score=$(cat "/proc/$started/oom_score_adj")
	[ "$score" = -1000 ] || skip "it may not be lowered ($score)"
	child=$(child_of "$started")
	[ "$(cat "/proc/$child/oom_score_adj")" = 7 ] || fail "not restored for the program"
	finish
}

# Run a script in a mount namespace of its own; $1 says what is hidden there.
hidden() {
	unshare -m true 2>/dev/null || skip "no mount namespaces"
	printf '%s\n' "$1" 'exec "$@"' >hide
	script=$2
	shift 2
	# shellcheck disable=SC2016
	start unshare -m sh -c 'echo $$ >"$0/cgroup.procs"; exec sh ./hide "$PROCGUARD" oome run "$@"' \
		"$cgroup" "$@" "$script" 2>>err
}

test_oom_killer_by_vmstat() {
	make_cgroup
	grep -q '^oom_kill ' /proc/vmstat || skip "this kernel does not count in vmstat"
	eater
	hidden 'mount -t tmpfs none /sys/fs/cgroup || exit 1' ./app
	until_started 2
	said 'vmstat oom_kill' || fail "$(cat err)"
	finish
}

test_kernel_that_does_not_count() {
	make_cgroup
	eater
	hidden 'mount -t tmpfs none /sys/fs/cgroup && mount --bind /dev/null /proc/vmstat || exit 1' ./app
	wait "$started"
	status=$?
	[ $status = 137 ] || fail "status $status, not as it came: $(cat err)"
}

# ---- terminals ----

terminal() {
	command -v python3 >/dev/null || skip "no python3"
	python3 "$TOP/tests/progs/terminal.py" "$@" || fail "$(cat err 2>/dev/null)"
}

test_terminal_belongs_to_the_child() {
	terminal "run=exec $PROCGUARD oome run cat" 'type=hello\n' 'see=hello\r\nhello\r\n' 'type=\x03' end=130
}

test_terminal_after_a_restart() {
	# shellcheck disable=SC2016
	echo 'echo >>starts; echo ready; [ "$(wc -l <starts)" -gt 1 ] || touch f; exec cat' >app
	terminal "run=OOME_FILE=$PWD/f exec $PROCGUARD oome run sh app" 'see=sh restarted' 'type=two\n' \
		'see=two[^x]*two' 'type=\x04' end=0
}

test_job_control() {
	command -v bash >/dev/null || skip "no bash"
	terminal 'run=PS1="> " exec bash --norc --noprofile -i' 'see=> ' \
		"type=$PROCGUARD oome run sh -c 'echo ready; exec cat'\n" 'see=[\r\n]ready\r' \
		'type=one\n' 'see=one\r\none\r\n' 'type=\x1a' 'see=Stopped' 'see=> ' \
		'type=echo shell $((40+2))\n' 'see=shell 42' \
		'type=fg\n' 'see=oome run sh' 'type=two\n' 'see=two\r\ntwo\r\n' \
		'type=\x1a' 'see=Stopped' 'type=bg\n' 'see=oome run sh.*&' \
		'type=until jobs | grep -q Stopped; do sleep 0.1; done; echo shell $((50+2))\n' 'see=shell 52' \
		'type=fg\n' 'see=oome run sh' 'type=three\n' 'see=three\r\nthree\r\n' \
		'type=\x04' 'see=> ' 'type=echo status=$?\n' 'see=status=0' 'type=exit\n' end=0
}

# No shell is there that could continue us, as on the terminal of a container: ^Z goes by.
test_stop_without_a_shell() {
	terminal "run=exec $PROCGUARD oome run cat" 'type=one\n' 'see=one\r\none\r\n' 'type=\x1a' 'type=two\n' \
		'see=two\r\ntwo\r\n' 'type=\x04' end=0
}

test_in_the_background_of_a_terminal() {
	command -v bash >/dev/null || skip "no bash"
	terminal 'run=PS1="> " exec bash --norc --noprofile -i' 'see=> ' \
		"type=$PROCGUARD oome run sh -c 'touch done; exec sleep 1000' &\n" 'see=> ' \
		'type=until [ -e done ]; do sleep 0.1; done; echo shell $((40+2))\n' 'see=shell 42' \
		'type=kill %1; wait %1; echo status=$?\n' 'see=status=143' 'type=exit\n' end=0
}

# ---- a JVM ----

needs_java() {
	command -v java >/dev/null || skip "no java"
}

test_jvm_that_lives_on() {
	needs_java
	OOME_FILE=$PWD/f guard java -Xmx16m -XX:+UseSerialGC -XX:OnOutOfMemoryError="touch $PWD/f" \
		-cp "$TOP/tests/fixtures" OutOfMemory "$PWD/flag" >out
	touch flag
	wait_until 60 said 'java restarted'
	said "java: out of memory reported by '$PWD/f', terminating pid" || fail "$(cat err)"
	said "oome file $PWD/f was deleted" || fail "$(cat err)"
	[ ! -e f ] || fail "the file is still there"
	finish
}

test_jvm_that_exits() {
	needs_java
	OOME_FILE=$PWD/f guard java -Xmx16m -XX:+UseSerialGC -XX:OnOutOfMemoryError="touch $PWD/f" \
		-XX:+ExitOnOutOfMemoryError -cp "$TOP/tests/fixtures" OutOfMemory "$PWD/flag" >out
	touch flag
	wait_until 60 said 'java restarted'
	said "java: out of memory reported by '$PWD/f', " || fail "$(cat err)"
	finish
}

test_jvm_as_pid_1s_child() {
	needs_java
	needs_root
	unshare -pf --mount-proc true 2>/dev/null || skip "no pid namespaces"
	# shellcheck disable=SC2016
	start unshare -pf --mount-proc "$PROCGUARD" oome run sh -c 'exec java -Xmx16m -XX:+UseSerialGC \
		-XX:OnOutOfMemoryError="touch $OOME_FILE" -cp "$0/tests/fixtures" OutOfMemory flag' "$TOP" >out 2>>err
	touch flag
	wait_until 60 said 'sh restarted'
	kill "$(sed 's/ //' "/proc/$started/task/$started/children")"
	wait "$started"
	status=$?
	[ $status = 143 ] || fail "status $status: $(cat err)"
}

# ---- an empty root ----

# timeout: 600
test_empty_root() { # as in an image FROM scratch: a static binary, no /proc, no /dev, no shell
	needs_root
	[ "$TIMES" = 1 ] || skip "once is enough: another build is tested"
	command -v musl-gcc >/dev/null || skip "no musl-gcc"
	make -s -C "$TOP" BUILD="$PWD/b" STATIC=1 CC=musl-gcc WITHOUT="curl xml2 dw" APPLETS=oome >out 2>&1 ||
		fail "make: $(tail -n 20 out)"
	mkdir root
	cp b/procguard root/procguard
	cat >app.c <<-'END'
		#include <fcntl.h>
		#include <stdlib.h>
		#include <unistd.h>
		int main(void) /* reports at the first start; hangs */
		{
			char path[] = "/started";
			if (close(open(path, O_CREAT | O_EXCL, 0644)) == 0 &&
			    close(open(getenv("OOME_FILE"), O_CREAT, 0644)) < 0)
				return 1;
			for (;;)
				pause();
		}
	END
	musl-gcc -static -o root/app app.c || fail "no static program"
	for how in OOME_FILE=/f "-o /f" "-o f"; do
		rm -f root/started err
		case $how in
		OOME_FILE*) start env "$how" chroot root /procguard oome run --interval 100ms /app 2>>err ;;
		*) # shellcheck disable=SC2086 # an option and its value
			start chroot root /procguard oome run --no-watch --interval 100ms $how /app 2>>err ;;
		esac
		wait_until 10 said 'app restarted'
		said 'oome file /f was deleted' || fail "$how: $(cat err)"
		finish
	done
	chroot root /procguard oome run /nothing 2>>err
	status=$?
	[ $status = 127 ] || fail "status $status: $(cat err)"
}

# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
