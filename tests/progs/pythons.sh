# pythons.sh: the CPythons of this machine, and programs of tests/python/ below them. For shell tests, sourced before
# lib.sh, of which it uses the words.
# shellcheck shell=sh

# python_of MINOR|system: those of 3.MINOR that pyenv has built, one a line, or the distribution's.
python_of() {
	[ "$1" != system ] || set -- system /usr/bin/python3
	[ "$1" = system ] || set -- "$1" "${PYENV_ROOT:-${HOME-}/.pyenv}/versions/3.$1".*/bin/python3
	shift
	for python; do
		[ -x "$python" ] && "$python" -c 'import sys; sys.exit(sys.version_info < (3, 8))' && echo "$python"
	done
}

# each_python MINOR|system COMMAND...: with $python each of them in turn, in a directory of its own.
each_python() {
	needs_gmr
	[ -n "$(compare_with)" ] || skip "no python3"
	pythons=$(python_of "$1")
	[ -n "$pythons" ] || skip "no CPython $1"
	! ldd "$(readlink -f "${pythons%% *}")" 2>/dev/null | grep -q musl || skip "the layout of threads is glibc's"
	shift
	for python in $pythons; do
		dir=$(mktemp -d "$PWD/in.XXXXXX")
		cd "$dir" || fail "no directory"
		"$@" || fail "$python: $*"
		cd ..
	done
}

# What compares need not be what is looked at.
compare_with() {
	command -v python3 || python_of system
}

# python_start PROGRAM [ARGUMENT...]: tests/python/PROGRAM by $python, as $pid, until it has dumped its state and stays.
python_start() {
	program=$1
	shift
	case $program in
	/*) ;;
	*) program=$TOP/tests/python/$program ;;
	esac
	start "$python" -B "$program" dump "$@" >said 2>&1
	pid=$started
	wait_until 60 has_dumped
	wait_until 60 stays "$pid"
}

has_dumped() {
	alive "$pid" || fail "$python has ended: $(tail -n 20 said)"
	[ -e dump ]
}

# All of its threads sleep.
stays() { # PID
	! sed 's/.*) //' /proc/"$1"/task/*/stat 2>/dev/null | grep -q '^[RD]'
}

# python_report PID [OPTION...]: as JSON into `report`.
python_report() {
	reported=$1
	shift
	"$PROCGUARD" gmr -f json --deadline 60s --max-stop 10s "$@" "$reported" >report 2>err ||
		fail "status $?: $(cat err)"
}

# same COMMAND [ARGUMENT...]: one of tests/python/'s comparisons.
same() {
	comparison=$1
	shift
	"$(compare_with)" -B "$TOP/tests/python/$comparison" "$@" >differs 2>&1 ||
		fail "$python: $(head -c 20000 differs)"
}
