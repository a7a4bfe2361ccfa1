# guard_run.sh: what the tests of `heart run` and `oome run` have in common: a guard in the background ($started), its
# words in `err`, its program's starts in `starts`. For shell tests, sourced before lib.sh, of which it uses the words.
# shellcheck shell=sh

starts() { # N: it was started so often; its pids are the lines of "starts", where it notes them
	[ -e starts ] && [ "$(wc -l <starts)" -ge "$1" ]
}

until_started() { # N
	(wait_until 20 starts "$1") || fail "not started $1 times: $(cat starts err)"
}

said() { # a fixed text in err
	grep -qF -e "$1" err
}

expect() { # a fixed text in err, else failed
	said "$1" || fail "no '$1' in: $(cat err)"
}

status_is() { # WANTED COMMAND...: run it to its end
	wanted=$1
	shift
	"$@" 2>>err
	status=$?
	[ $status = "$wanted" ] || fail "$*: status $status, not $wanted: $(cat err)"
}

# End the guard that was started; it ends with its program, of SIGTERM (or with STATUS).
finish() { # [STATUS]
	stop "$started"
	status=$?
	[ $status = "${1-143}" ] || fail "status $status, not ${1-143}: $(cat err)"
}

ends_with() { # PID STATUS: a guard that was started, and is to end by itself
	wait "$1"
	status=$?
	[ $status = "$2" ] || fail "status $status, not $2: $(cat err)"
}

needs_root() {
	[ "$(id -u)" = 0 ] || skip "needs root"
}
