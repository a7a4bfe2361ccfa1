# harmed.sh: start tests/progs/harmed, and look what becomes of it. For shell tests, sourced before lib.sh, of which it
# uses the words.
# shellcheck shell=sh disable=SC2034,SC2154,SC2119,SC2120 # what others set, and use
# shellcheck source=tests/progs/command.sh
. "${0%/*}/progs/command.sh"

gmr() {
	# shellcheck disable=SC2086 # words
	run timeout -s KILL $((120 * TIMES)) "$PROCGUARD" gmr $PATIENT "$@"
}

# Built so that its stacks can be followed without the frame pointer, which a thread that sleeps does not show.
build_harmed() { # [FLAG...]
	needs_gmr
	[ -e harmed ] || ${CC:-cc} -O2 -fomit-frame-pointer -fasynchronous-unwind-tables -pthread -D_GNU_SOURCE "$@" \
		-o harmed "$TOP/tests/progs/harmed.c" || skip "cannot build it"
}

# It does WHAT; its pid is $pid.
harmed() { # WHAT...
	harmed_as "$(id -u)" "$@"
}

harmed_as() { # UID WHAT...
	harmed_uid=$1
	shift
	build_harmed
	set -- ./harmed counts "$@"
	if [ "$harmed_uid" != "$(id -u)" ]; then
		chmod 755 . harmed
		: > counts
		chown "$harmed_uid" counts
		set -- setpriv --reuid "$harmed_uid" --regid "$harmed_uid" --clear-groups "$@"
	fi
	rm -f ready
	start "$@" > ready
	pid=$started
	wait_until 30 grep -q ready ready
}

# Of what it counts: 1 spun, 2 and 3 interruptions, 4 requests, 5 threads.
count() { # INDEX
	od -An -v -t u8 -w8 counts | sed -n "$1s/ //gp"
}

counted() { # INDEX NUMBER
	[ "$(count "$1")" -ge "$2" ]
}

states_are() { # PID LETTERS: those of all threads
	! sed 's/.*) //' /proc/"$1"/task/*/stat 2> /dev/null | grep -qv "^[$2]"
}

asleep() { # PID COUNT: so many threads are, no more
	[ "$(sed 's/.*) //' /proc/"$1"/task/*/stat | grep -c '^S')" = "$2" ]
}

is_free() { # PID: nobody traces any thread of it
	! grep -hs '^TracerPid:' /proc/"$1"/task/*/status | grep -qv ':.0$'
}

# The thread that spins gets on, and nobody has a hand on any.
goes_on() { # PID
	wait_until 30 is_free "$1"
	wait_until 30 states_are "$1" RSD
	wait_until 30 counted 1 $(($(count 1) + 1000))
}
