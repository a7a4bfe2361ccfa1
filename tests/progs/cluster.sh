# cluster.sh: clusters and their configurations. For shell tests, sourced before lib.sh, of which it uses the words.
# shellcheck shell=sh
# shellcheck source=tests/progs/command.sh
. "${0%/*}/progs/command.sh"

cluster() {
	run "$PROCGUARD" cluster "$@"
}

# The buildout of the example: two scripts, of which one goes on.
sample() {
	mkdir -p sample-buildout/bin
	cd sample-buildout || exit
	cat >buildout.cfg <<-'END'
		[buildout]
		parts = cluster
		index = http://index.example/simple
		[cluster]
		recipe = plone.recipe.cluster
		debug = 1
		start = 
		   background:${buildout:bin-directory}/script1 
		   ${buildout:bin-directory}/script2 start

		stop = 
		   ${buildout:bin-directory}/script2 stop
		 
		restart = 
		   background:${buildout:bin-directory}/script1 
		   ${buildout:bin-directory}/script2 restart

	END
}

shows() { # one line of config's
	grep -qxF -e "$1" out || fail "not shown: $1: $(cat out err)"
}

shows_not() {
	if grep -qF -e "$1" out; then
		fail "shown: $1: $(cat out)"
	fi
}

expect_err_is() { # all of stderr
	[ "$(cat err)" = "$1" ] || fail "stderr is '$(cat err)', not '$1'"
}

expect_err_is_empty() {
	expect_err_is ''
}

# The scripts of the example: one goes on, the other has no "#!".
sample_scripts() {
	printf 'echo script 2' >bin/script2
	cat >bin/script1 <<-END
		#!$(command -v python3)
		import time
		while 1:
		    time.sleep(0.1)
	END
	chmod 770 bin/script1 bin/script2
}

# A configuration of this section's options, on stdin; its commands run in ./here.
section() {
	mkdir -p here
	{
		printf '[cluster]\ndirectory = here\n'
		cat
	} >cluster.cfg
}

daemon_pid() {
	sed '1s/:.*//;q' cluster.pid
}

member_pid() { # NAME: of one that lives, as the pid file says
	sed -n "s/^member=$1 [a-z]* \([0-9]*\) .*/\1/p" cluster.pid
}

# Who of the clusters in this directory is there, by the process table: members by where they work, daemons and loggers
# by what they were called as.
who_is_left() {
	for process_ in /proc/[0-9]*; do
		alive "${process_#/proc/}" || continue
		case $(readlink "$process_/cwd") in
		"$PWD"/here*) echo "${process_#/proc/} $(tr '\0' ' ' <"$process_/cmdline")" ;;
		esac
		if tr '\0' ' ' <"$process_/cmdline" | grep -qF "cluster -f $PWD/"; then
			echo "${process_#/proc/} $(tr '\0' ' ' <"$process_/cmdline")"
		fi
	done 2>/dev/null
}

expect_nobody() {
	left_=$(who_is_left)
	[ -z "$left_" ] || fail "left: $left_"
}

# `procguard cluster` on ./cluster.cfg.
ours() {
	run "$PROCGUARD" cluster -f "$PWD/cluster.cfg" "$@"
}

at_end_stop() { # the cluster of this directory, whatever the test has come to
	trap '"$PROCGUARD" cluster -f "$PWD/cluster.cfg" stop 2>/dev/null; end_started_' EXIT
}
