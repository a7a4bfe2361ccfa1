#!/bin/sh
# docs_cluster.sh: the examples of cluster's manual, run. lib.sh says how to run it.
# once
# shellcheck source=tests/progs/examples.sh
. "${0%/*}/progs/examples.sh"

# An example of the manual, below the current directory in place of /srv.
from_manual() { # TEXT
	example procguard-cluster.1 "$1" | here
}

# A buildout in ./app.
buildout() {
	in_path
	mkdir app
	from_manual 'A part of a buildout' > app/buildout.cfg
}

shown() { # one line of config's, in the file out
	grep -qxF -e "$1" out || fail "not shown: $1: $(cat out)"
}

test_manual_part() {
	buildout
	procguard cluster -f app/buildout.cfg config > out || fail "it is refused"
	shown "app/buildout.cfg:8: cluster:start = $PWD/app/bin/zeoserver start"
	shown "app/buildout.cfg:10: cluster:start = $PWD/app/bin/pound -f $PWD/app/parts/pound/etc/pound.cfg"
	shown "app/buildout.cfg:14: cluster:stop = pid:$PWD/app/pound.pid"
}

# All options, each with another value than it has anyway.
test_manual_every_option() {
	in_path
	mkdir app
	from_manual 'with every option' > app/cluster.cfg
	from_manual 'See what is made of it' > lines
	sh -e lines > out 2> err || fail "it is refused: $(cat err)"
	test ! -s err || fail "warnings: $(cat err)"
	shown "$PWD/app/cluster.cfg:19: cluster:user = app"
	shown "$PWD/app/cluster.cfg:18: cluster:environment = API_KEY=secret"
	shown "$PWD/app/cluster.cfg:15: cluster:directory = $PWD/app/work"
	sed -n 's/^\.It Ic \([a-z-]*\)$/\1/p' "$TOP/man/procguard-cluster.1" | grep -v -x -e directory > options
	test "$(wc -l < options)" = 10 || fail "the manual has other options: $(cat options)"
	while read -r option; do
		grep -q "^$option =" app/cluster.cfg || fail "$option is not in the example"
		grep -q "^$PWD/app/cluster.cfg:.*: cluster:$option = " out || fail "$option is not shown"
	done < options
}

test_manual_install() {
	buildout
	echo 'start = pound' >> app/buildout.cfg
	{
		from_manual 'procguard cluster install'
		echo 'bin/cluster config > cluster.out'
		echo 'bin/pound config > pound.out'
	} > lines
	sh -e lines > out 2> err || fail "it fails: $(cat err)"
	test "$(cat out)" = "Generated script '$PWD/app/bin/cluster'." || fail "it says: $(cat out)"
	grep -q ': cluster:start = .*/bin/zeoserver start' app/cluster.out || fail "$(cat app/cluster.out)"
	grep -q ': pound:start = pound' app/pound.out || fail "$(cat app/pound.out)"
}

test_manual_executable() {
	mkdir bin
	from_manual 'in a file that is executable' | sed "s|/usr/bin/procguard|$PROCGUARD|" > bin/app
	chmod +x bin/app
	ln -s app bin/blue
	ln -s app bin/green
	bin/blue config > out || fail "blue is refused"
	shown "$PWD/bin/app:4: blue:start = background:/opt/app/bin/app --name blue --port 8081"
	bin/green config > out || fail "green is refused"
	shown "$PWD/bin/app:12: green:start = background:/opt/app/bin/app --name green --port 8083"
}

test_manual_unit() {
	buildout
	from_manual 'unit >' | sed "s|/etc/systemd/system/|$PWD/|" > lines
	sh -e lines 2> err || fail "it fails: $(cat err)"
	grep -q "^ExecStart=.* cluster -f $PWD/app/buildout.cfg -s cluster run$" app.service ||
		fail "$(cat app.service)"
	command -v systemd-analyze > verify.path || return 0
	systemd-analyze verify "$PWD/app.service" > verified 2>&1 || fail "$(cat verified)"
}

# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
