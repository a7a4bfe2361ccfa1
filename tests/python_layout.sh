#!/bin/sh
# python_layout.sh: the tables of core/python_layout.c beside what the headers of each CPython of this machine say.
# lib.sh says how to run it.
# once
# shellcheck source=tests/progs/pythons.sh
. "${0%/*}/progs/pythons.sh"

# $python with its headers. What the runtime alone says from 3.14 on is in no table.
compare_offsets() {
	include=$("$python" -c 'import sysconfig; print(sysconfig.get_path("include"))')
	minor=$("$python" -c 'import sys; print(sys.version_info[1])')
	[ -d "$include/internal" ] && [ "$minor" -le 14 ] || return 0
	"${CC:-cc}" -w -I"$include" -I"$include/internal" -o offsets "$TOP/tests/python/offsets.c" || fail "$include"
	./offsets >theirs
	"$BUILD/tests/progs/python_layout" "$minor" >ours || fail "3.$minor: no table"
	[ "$minor" -lt 14 ] || only_tables
	diff theirs ours || fail "$python: they have (<), we have (>)"
	compared=$((compared + 1))
}

only_tables() {
	none=4294967295 # PYTHON_NONE
	awk -v none=$none 'NR == FNR { has[$1] = $2 != none; next } has[$1]' ours theirs >some.theirs
	grep -v " $none\$" ours >some.ours
	mv some.theirs theirs
	mv some.ours ours
}

test_tables() {
	command -v "${CC:-cc}" >/dev/null || skip "no compiler"
	compared=0
	for minor in 8 9 10 11 12 13 14 system; do
		for python in $(python_of "$minor"); do
			compare_offsets
		done
	done
	[ "$compared" -gt 0 ] || skip "no CPython with its headers"
}

. "${0%/*}/lib.sh"
