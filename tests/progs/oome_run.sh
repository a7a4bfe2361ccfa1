# oome_run.sh: what the tests of `procguard oome run` have in common. For shell tests, sourced before lib.sh, of which
# it uses the words.
# shellcheck shell=sh

# shellcheck source=tests/progs/guard_run.sh
. "${0%/*}/progs/guard_run.sh"

# guard OPTIONS -- ...: oome run in the background, its words in `err`; its pid in $started
guard() {
	start "$PROCGUARD" oome run "$@" 2>>err
}

# The guarded program of oome_guarded.sh, so that its name is always the same.
ln_guarded() {
	[ -e ./app ] || ln -s "$TOP/tests/progs/oome_guarded.sh" app
}

child_of() { # PID: its only child
	sed 's/ //' "/proc/$1/task/$1/children"
}

# ---- what the guard has done so far ----

said_times() { # TEXT N
	[ "$(grep -cF -e "$1" err)" = "$2" ]
}

sleeps() { # PID: how often it has gone to sleep
	sed -n 's/^voluntary_ctxt_switches:[[:space:]]*//p' "/proc/$1/status"
}

slept() { # PID N: so often at least
	[ "$(sleeps "$1")" -ge "$2" ]
}

# Wait until the guard has looked for files again and again: each time it sleeps until the next --interval.
until_looked() {
	(wait_until 20 slept "$started" $(($(sleeps "$started") + 5))) || fail "the guard does not look: $(cat err)"
}

# Does the guard watch DIR?
watches() { # DIR
	grep -qs "^inotify wd:[0-9a-f]* ino:$(printf %x "$(stat -c %i "$1")") " "/proc/$started/fdinfo/"*
}

# Has the guard taken every signal that was sent to it?
took_signals() {
	grep -q '^ShdPnd:[[:space:]]*0*$' "/proc/$started/status"
}

# ---- time as files see it ----

# What is made now is newer than FILE: the clock of a file system moves every few ms only.
clock_moved() { # FILE
	touch clock
	[ "$(stat -c %z clock)" != "$(stat -c %z "$1")" ]
}

# touch(1) makes two versions of a file, so two within a second are one report. One made now would be another.
is_past() { # FILE
	[ "$(date +%s)" -ge $(($(stat -c %Z "$1") + 2)) ]
}
