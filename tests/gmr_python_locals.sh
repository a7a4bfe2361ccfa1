#!/bin/sh
# gmr_python_locals.sh: local variables as `gmr --locals` shows them, beside what the program has. lib.sh says how to
# run it.
# once
# shellcheck source=tests/progs/command.sh
. "${0%/*}/progs/command.sh"
# shellcheck source=tests/progs/pythons.sh
. "${0%/*}/progs/pythons.sh"

locals() {
	python_start locals.py
	python_report "$pid" -S threads --locals
	same same_locals.py report dump
	"$PROCGUARD" gmr --deadline 60s --max-stop 10s -S threads --locals "$pid" >text 2>err ||
		fail "status $?: $(cat err)"
	grep -qxF "        text = 'text' (str)" text || fail "not in text: $(cat text)"
	grep -qxF "        secret = *** (str)" text || fail "a secret: $(cat text)"
	python_report "$pid" -S threads
	! grep -q '"locals"' report || fail "without --locals: $(cat report)"
	stop "$pid" KILL || :
}

test_of_the_distribution() {
	each_python system locals
}

test_of_each_layout() {
	for minor in 8 9 10 11 12 13 14; do
		[ -z "$(python_of $minor)" ] || each_python $minor locals
	done
}

# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
