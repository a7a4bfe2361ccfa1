#!/bin/sh
# cluster_caller.sh: who starts and stops clusters, and from where; what was there before. lib.sh says how to run it.
# shellcheck source=tests/progs/cluster.sh
. "${0%/*}/progs/cluster.sh"

one_member() {
	section <<-'END'
		start = background:echo hello; exec sleep 1000
		stop = echo stopped >>stopped
	END
	at_end_stop
}

# ---- what the caller has, and has not ----

# What members print goes on for ever; the command substitution does not.
test_the_pipe_of_the_caller_is_not_held() {
	section <<-'END'
		start =
		    background:while :; do echo tick; echo tock >&2; sleep 0.05; done
		    sh -c '{ while :; do echo tick; sleep 0.05; done; } & exit 0'
	END
	at_end_stop
	for word in start restart; do
		said=$("$PROCGUARD" cluster -f "$PWD/cluster.cfg" $word 2>&1) || fail "$said"
	done
	wait_until 30 grep -q ' while: tock$' cluster.log
	wait_until 30 grep -q ' sh: tick$' cluster.log
}

test_without_standard_descriptors() {
	one_member
	for word in start restart stop; do
		"$PROCGUARD" cluster -f "$PWD/cluster.cfg" $word <&- >&- 2>&-
		status=$?
		expect_status 0
		[ $word = stop ] || wait_until 30 grep -qx '.* echo: hello' cluster.log
		rm -f cluster.log
	done
	expect_nobody
	[ -e here/stopped ] || fail "without the stop lines"
}

test_from_a_directory_that_is_removed() {
	one_member
	mkdir gone
	cd gone || exit
	rmdir ../gone
	file=$(dirname "$PWD")/cluster.cfg
	"$PROCGUARD" cluster -f "$file" start 2>../err || fail "start: $(cat ../err)"
	"$PROCGUARD" cluster -f "$file" status >../out 2>&1 || fail "status: $(cat ../out)"
	"$PROCGUARD" cluster -f "$file" stop 2>../err || fail "stop: $(cat ../err)"
	cd .. || exit
	expect_nobody
}

test_no_directory_for_the_pid_file() {
	section <<-'END'
		pid-file = nowhere/cluster.pid
		start = touch ran
	END
	ours start
	expect_status 1
	expect_err "cannot open 'nowhere/cluster.pid.lock': No such file or directory"
	[ ! -e here/ran ] || fail "it ran"
	ours stop
	expect_status 1
	expect_err_is "Could not stop, pid file 'nowhere/cluster.pid' missing."
	ours status
	expect_status 3
}

# As somebody who may read everything here, and no more.
as_another() {
	run setpriv --reuid 65534 --regid 65534 --clear-groups "$PROCGUARD" cluster -f "$PWD/cluster.cfg" "$@"
}

test_by_somebody_else() {
	[ "$(id -u)" = 0 ] && setpriv --reuid 65534 --clear-groups "$PROCGUARD" --version >/dev/null 2>&1 ||
		skip "may not be somebody else"
	one_member
	chmod -R a+rX .
	ours start
	before=$(who_is_left)
	as_another stop
	expect_status 1
	expect_err 'Permission denied'
	as_another restart
	expect_status 1
	as_another start
	expect_status 1
	[ "$(who_is_left)" = "$before" ] || fail "changed: $(who_is_left), not $before"
	[ ! -e here/stopped ] || fail "the stop lines ran"
	ours status
	expect_status 0
}

# ---- several clusters ----

test_two_clusters_of_a_buildout_by_links() {
	sample
	sample_scripts
	mkdir here
	printf '[pound]\ndirectory = here\nstart = background:exec sleep 1000\n' >>buildout.cfg
	cluster install
	ln -s cluster bin/pound
	run bin/cluster start
	expect_status 0
	run bin/pound start
	expect_status 0
	run bin/cluster stop
	expect_status 0
	run bin/cluster status
	expect_status 3
	run bin/pound status
	expect_status 0
	[ "$(who_is_left | grep -c 'sleep 1000')" = 1 ] || fail "$(who_is_left)"
	run bin/pound stop
	expect_status 0
	expect_nobody
}

# The inner one is a member of the outer one, with whatever it has.
test_a_cluster_below_a_cluster() {
	mkdir inner
	printf '[cluster]\ndirectory = ../here\nstart = background:exec sleep 1001\n' >inner/cluster.cfg
	section <<-END
		start =
		    background:exec sleep 1000
		    $PROCGUARD cluster -f $PWD/inner/cluster.cfg start
	END
	at_end_stop
	ours start
	expect_status 0
	ours status
	expect_status 0
	cluster -f inner/cluster.cfg status
	expect_status 0
	[ "$(who_is_left | grep -c 'sleep 100')" = 2 ] || fail "$(who_is_left)"
	ours stop
	expect_status 0
	expect_nobody
	cluster -f inner/cluster.cfg status
	expect_status 3
}

# ---- pid files that are stale ----

# The file of a killed cluster, in which the pids, from when on, and LINE are those of others: that is told, and these
# are left alone.
stale() { # WHY FROM FROM LINE
	ours start
	daemon=$(daemon_pid) logger=$(sed -n 's/^logger=\([0-9]*\) .*/\1/p' cluster.pid)
	kill -9 "$daemon" "$(member_pid echo)"
	wait_while 30 alive "$daemon"
	wait_while 30 alive "$logger"
	sed "1s/.*/$one:$two/; s/^start=.*/start=$2/; s/^${4%%=*}=.*/$4/
		s/^\(member=[^ ]* [^ ]*\) [0-9]* [0-9]*/\1 $two $3/" cluster.pid >stale
	cat stale >cluster.pid
	ours start
	expect_status 0
	expect_err "Pid file 'cluster.pid' is stale: $1"
	alive "$one" && alive "$two" || fail "another process was ended"
	ours stop
	expect_status 0
	expect_nobody
}

began() { # PID
	cut -d ' ' -f 22 "/proc/$1/stat"
}

test_stale_pid_files() {
	one_member
	start sleep 1002
	one=$started
	start sleep 1003
	two=$started
	stale "pid $one is another process now" 1 1 state=running
	stale 'it is of another boot' "$(began "$one")" "$(began "$two")" boot=00000000-1111-2222-3333-444444444444
	stale 'it is of another container' "$(began "$one")" "$(began "$two")" namespace=4
}

# ---- poorer systems ----

test_empty_root() { # as in an image FROM scratch: a static binary, /proc, no shell
	[ "$(id -u)" = 0 ] && unshare -p -m -f true 2>/dev/null || skip "no namespaces"
	[ "$TIMES" = 1 ] || skip "once is enough: another build is tested"
	command -v musl-gcc >/dev/null || skip "no musl-gcc"
	make -s -C "$TOP" NODEPS=1 BUILD="$PWD/b" STATIC=1 CC=musl-gcc CFLAGS=-O0 WITHOUT="curl xml2 dw" \
		APPLETS=cluster >out 2>&1 || fail "make: $(tail -n 20 out)"
	mkdir -p root/proc
	cp b/procguard root/procguard
	musl-gcc -static -D_GNU_SOURCE -o root/app "$TOP/tests/progs/speaker.c" || fail "no static program"
	cat >root/cluster.cfg <<-'END'
		[cluster]
		start =
		    /app note=/plain
		    background[ready=notify]:/app notify=READY=1 note=/starts hang
		stop = /app note=/stopped
	END
	cat >as_pid_1 <<-'END'
		mount -t proc proc root/proc || exit
		chroot root /procguard cluster start || exit
		chroot root /procguard cluster status || exit
		chroot root /procguard cluster stop || exit
		[ -e root/plain ] && [ -e root/starts ] && [ -e root/stopped ] || exit
		rm root/starts
		chroot root /procguard cluster run --exit-on any &
		until [ -s root/starts ]; do sleep 0.05; done
		kill $!
		wait $!
	END
	run unshare -p -m -f sh as_pid_1
	expect_status 0
	expect_out Running.
	printf '[cluster]\nstart = echo $HOME\n' >root/cluster.cfg
	run unshare -p -m -f sh -c 'mount -t proc proc root/proc; exec chroot root /procguard cluster start'
	[ "$status" != 0 ] || fail "it ran: $(cat err)"
	expect_err "there is no /bin/sh"
}

. "${0%/*}/lib.sh"
