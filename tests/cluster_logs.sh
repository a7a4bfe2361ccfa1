#!/bin/sh
# cluster_logs.sh: what `cluster logs` shows of logs that are there. lib.sh says how to run it.
# shellcheck source=tests/progs/cluster.sh
. "${0%/*}/progs/cluster.sh"

# A cluster whose log is log/c.log.
logged() {
	mkdir log
	printf '[cluster]\nstart = background:web\nlog-file = log/c.log\n' > cluster.cfg
}

# Lines as the logger writes them: NAME TEXT NAME TEXT...
lines() {
	while [ $# -gt 0 ]; do
		printf '2026-11-21T17:04:05Z %s: %s\n' "$1" "$2"
		shift 2
	done
}

two_logs() {
	logged
	lines web one mailer two web three > log/c.log.1
	lines web four cluster 'mailer (pid 7) ended: SIGKILL' web five > log/c.log
}

shown() { # NAME TEXT...: these and no others
	expect_status 0
	expect_err_is_empty
	lines "$@" | cmp - out || fail "shown is: $(cat out)"
}

test_all() {
	two_logs
	cluster logs
	shown web one mailer two web three web four cluster 'mailer (pid 7) ended: SIGKILL' web five
	rm log/c.log
	cluster logs
	shown web one mailer two web three
}

test_only_the_last() {
	two_logs
	cluster logs -n 2
	shown cluster 'mailer (pid 7) ended: SIGKILL' web five
	cluster logs --lines 4
	shown web three web four cluster 'mailer (pid 7) ended: SIGKILL' web five
	cluster logs -n 0
	shown
	cluster logs -n 100
	shown web one mailer two web three web four cluster 'mailer (pid 7) ended: SIGKILL' web five
	cluster logs -n -1
	expect_status 2
	expect_err '-n -1: a number of lines is not negative'
}

test_only_of_some() {
	two_logs
	cluster logs web
	shown web one web three web four web five
	cluster logs -n 3 mailer web
	shown web three web four web five
	cluster logs cluster mailer
	shown mailer two cluster 'mailer (pid 7) ended: SIGKILL'
	cluster logs we
	shown
}

# Whoever could write the log: nothing of it reaches the terminal as it is. What has no newline gets one.
test_a_foreign_log() {
	logged
	printf 'no log\n\n: \n2026 web: \033[31m\tred\303\251 \377\0\\\r\n2026 web: end' > log/c.log
	cluster logs
	expect_status 0
	printf 'no log\n\n: \n2026 web: \\x1b[31m\tred\303\251 \\xff\\x00\\\\x0d\n2026 web: end\n' | cmp - out ||
		fail "shown is: $(cat out)"
	cluster logs -n 1 web
	expect_out '2026 web: end'
}

test_long_lines() {
	logged
	long=$(head -c 100000 /dev/zero | tr '\0' x)
	lines web "$long" mailer "$long$long" web end > log/c.log
	cluster logs
	cmp log/c.log out || fail "other lines"
	cluster logs mailer
	lines mailer "$long$long" | cmp - out || fail "other lines of mailer"
	cluster logs -n 2
	lines mailer "$long$long" web end | cmp - out || fail "other last lines"
}

test_no_log() {
	logged
	cluster logs
	expect_status 1
	expect_err_is "procguard cluster: there is no log '$PWD/log/c.log' (\`start\` makes it; \`run\` prints to its \
standard output)"
	ln -s target log/c.log
	cluster logs
	expect_status 1
	expect_err "cannot read the log '$PWD/log/c.log': "
	printf '[cluster]\nstart = web\nlog-file = /dev/null\n' > cluster.cfg
	cluster logs
	expect_status 1
	expect_err "cannot read the log '/dev/null': it is no regular file, and keeps nothing"
}

test_standard_output_is_full() {
	two_logs
	"$PROCGUARD" cluster logs > /dev/full 2> err
	[ $? = 1 ] || fail "no failure"
	expect_err 'cannot write to standard output: No space left on device'
}

# ---- -F ----

follow() {
	start "$PROCGUARD" cluster logs -F "$@" > shown 2> err
	follower=$started
}

is_shown() { # the whole of it
	lines "$@" | cmp -s - shown
}

await() {
	wait_until 10 is_shown "$@"
}

unfollow() {
	alive "$follower" || fail "it has ended: $(cat shown err)"
	stop "$follower"
	[ ! -s err ] || fail "it says: $(cat err)"
}

test_follow() {
	two_logs
	follow -n 1
	await web five
	lines web six >> log/c.log
	await web five web six
	printf '2026-11-21T17:04:05Z web: se' >> log/c.log
	printf 'ven\n2026-11-21T17:04:05Z web: eight\n' >> log/c.log
	await web five web six web seven web eight
	unfollow
}

test_follow_some() {
	two_logs
	follow -n 0 web
	wait_until 10 ready_to_follow
	lines mailer six web seven >> log/c.log
	await web seven
	unfollow
}

ready_to_follow() { # it waits for more
	readlink "/proc/$follower/fd/"* | grep -q inotify
}

test_follow_a_rotated_log() {
	two_logs
	follow -n 1
	await web five
	lines web six >> log/c.log
	mv log/c.log log/c.log.1
	lines web seven > log/c.log
	await web five web six web seven
	lines web eight >> log/c.log
	await web five web six web seven web eight
	mv log/c.log log/c.log.1
	await web five web six web seven web eight
	lines web nine >> log/c.log
	await web five web six web seven web eight web nine
	unfollow
}

# Rotated twice while nobody looked: the log between is not left out.
test_follow_a_log_that_was_rotated_twice() {
	two_logs
	follow -n 1
	await web five
	kill -STOP "$follower"
	lines web six >> log/c.log
	mv log/c.log log/c.log.1
	lines web seven > log/c.log
	mv log/c.log log/c.log.1
	lines web eight > log/c.log
	kill -CONT "$follower"
	await web five web six web seven web eight
	unfollow
}

test_follow_a_log_that_is_made_anew() {
	two_logs
	follow -n 1
	await web five
	rm log/c.log
	lines web six > log/c.log
	await web five web six
	lines web seven >> log/c.log
	await web five web six web seven
	: > log/c.log
	lines web eight >> log/c.log
	await web five web six web seven web eight
	unfollow
}

# What the disk had no room for is undone by the logger: what was before it is not shown again.
test_follow_a_log_that_is_cut_off() {
	two_logs
	follow -n 1
	await web five
	size=$(wc -c < log/c.log)
	printf '2026-11-21T17:04:05Z web: half of' >> log/c.log
	truncate -s "$size" log/c.log
	lines web six >> log/c.log
	await web five web six
	unfollow
}

test_follow_waits_for_a_log() {
	logged
	rmdir log
	follow
	wait_until 10 test -e shown
	mkdir log
	lines web one > log/c.log
	await web one
	unfollow
}

# Who reads it has gone: it ends, also when there is nothing to be printed.
test_follow_for_nobody() {
	two_logs
	mkfifo pipe
	"$PROCGUARD" cluster logs -F > pipe 2> err &
	follower=$!
	head -n 1 < pipe > first
	wait "$follower" || fail "status $?: $(cat err)"
	lines web one | cmp - first || fail "other line: $(cat first)"
	[ ! -s err ] || fail "it says: $(cat err)"
}

# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
