#!/bin/sh
# gmr_python_oslo.sh: what `gmr` shows of a Python program, beside what oslo.reports prints of it, inside. lib.sh says
# how to run it.
# once
# shellcheck source=tests/progs/command.sh
. "${0%/*}/progs/command.sh"
# shellcheck source=tests/progs/pythons.sh
. "${0%/*}/progs/pythons.sh"

# Sources are where the child that decodes may read them.
line_for_line() {
	"$python" -c 'import oslo_reports, greenlet' 2>/dev/null || skip "$python has no oslo.reports"
	chmod 755 . ..
	cp "$TOP/tests/python/oslo.py" "$TOP/tests/python/state.py" . || fail "no program"
	[ "$(id -u)" != 0 ] || su -s /bin/sh nobody -c "cat '$PWD/oslo.py'" >/dev/null ||
		skip "nobody cannot read '$PWD'"
	python_start "$PWD/oslo.py"
	"$PROCGUARD" gmr --deadline 60s --max-stop 10s -S threads -S green-threads "$pid" >text 2>err ||
		fail "status $?: $(cat err)"
	same same_oslo.py text dump
}

test_line_for_line() {
	each_python system line_for_line
}

# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
