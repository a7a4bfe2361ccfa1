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
