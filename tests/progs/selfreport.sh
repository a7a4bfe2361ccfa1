# selfreport.sh: what the tests of guards that report themselves have in common. For shell tests, sourced before lib.sh,
# of which it uses the words.
# shellcheck shell=sh

has_gmr_() {
	"$PROCGUARD" --list | grep -qx gmr
}

needs_gmr_() {
	has_gmr_ || skip "this build has no gmr"
}

# From here on $PROCGUARD is a copy, which hangs_as_gmr replaces for guards that were started by then; its pid is in the
# file gmr.
own_copy() {
	cp "$PROCGUARD" procguard
	PROCGUARD=$PWD/procguard
}

hangs_as_gmr() {
	cat >hanging <<-END
		#!/bin/sh
		[ "\$1" != --list ] || { echo gmr; exit; }
		echo \$\$ >$PWD/gmr
		exec sleep 1000
	END
	chmod +x hanging
	mv hanging procguard
}

# Ask: by the signal $sig (USR2), or where $sig is "touch" by that; again and again, as on a slow machine a report may
# be incomplete.
ask_() { # WHOM
	case ${sig-USR2} in
	touch) touch "$1" ;;
	*) kill -s "${sig-USR2}" "$1" ;;
	esac
}

# The section TITLE of the reports in FILE.
section_() { # FILE TITLE
	awk -v title="$2" '/^==== / { is = $2 == title } is' "$1"
}

asked_and_found() { # FILE WHOM TITLE PATTERN
	ask_ "$2"
	section_ "$1" "$3" | grep -q -e "$4"
}

asked_and_said() { # WHOM FILE TEXT
	ask_ "$1"
	grep -qF -e "$3" "$2"
}

# WHOM, who is asked by $sig, reports himself into FILE, with a section TITLE in which PATTERN is. A build
# without gmr says that in one line.
in_report() { # FILE WHOM TITLE PATTERN
	if has_gmr_; then
		(wait_until 60 asked_and_found "$@") || fail "no '$4' in: $(section_ "$1" "$3") of $(tail -n 20 "$1")"
	else
		(wait_until 60 asked_and_said "$2" "$1" 'gmr is not built in') || fail "not a word: $(cat "$1")"
	fi
}

# The FIFO `unread`, whose reader does not read, is full.
fill_pipe() {
	mkfifo unread
	exec 9<>unread
	LC_ALL=C dd if=/dev/zero of=unread oflag=nonblock bs=4096 2>full && fail "it takes everything"
	grep -q 'temporarily unavailable' full || fail "$(cat full)"
}

storm() { # PID: many signals
	for _ in $(seq 300); do
		kill -USR2 "$1" || fail "it is gone"
	done
}
