#!/bin/sh
# docs_heart.sh: the examples that guard Erlang, of README and the manual, run with a node of an Erlang of their own.
# lib.sh says how to run it.
# once
# shellcheck source=tests/progs/examples.sh
. "${0%/*}/progs/examples.sh"

# A release in ./app: the Erlang that is installed, by links, and app/bin/app, which starts its node.
release() {
	command -v erl > erl.path || skip "no erl"
	erlang=$(erl -noshell -eval 'io:put_chars(code:root_dir()), halt().') || fail "erl does not run"
	mkdir -p app/bin bin
	cp -rs "$erlang"/erts-* app || fail "no runtime system in $erlang"
	ln -s "$erlang/lib" app/lib
	ln -s "$erlang/bin"/*.boot app/bin
	ln -s "$PROCGUARD" bin/procguard
	cat > app/bin/app <<-END
		#!/bin/sh
		echo \$\$ >> $PWD/starts
		export ROOTDIR=$PWD/app BINDIR=\$(echo $PWD/app/erts-*/bin) EMU=beam PROGNAME=erl
		test "\$1" != daemon || set -- -heart
		exec "\$BINDIR/erlexec" -noshell "\$@" < /dev/null >> $PWD/said 2>&1
	END
	chmod +x app/bin/app
	ln -s ../app/bin/app bin/erl
	unset HEART_COMMAND HEART_BEAT_TIMEOUT HEART_KILL_SIGNAL HEART_NO_KILL ERL_CRASH_DUMP_SECONDS
}

# A node of the Nth start, with its heart; its pid is $node.
node_started() { # N
	test -e starts && node=$(sed -n "$1p" starts) && test -n "$node" || return
	setup=$(pgrep -P "$node" erl_child) && pgrep -x heart -P "$setup" > heart.pid
}

# The example on stdin starts a node, which is started again when it has been killed.
expect_guarded() {
	here > lines
	start sh -e lines
	wait_until 30 node_started 1
	test "/proc/$(cat heart.pid)/exe" -ef "$PROCGUARD" || fail "another heart was started"
	kill -9 "$node"
	wait_until 30 node_started 2
	grep -q '^heart: .*Erlang has closed' said || fail "not a word of it: $(cat said)"
}

test_readme_release() {
	release
	example README 'Guard an Erlang release' > example
	expect_guarded < example
}

test_manual_release() {
	release
	example procguard-heart.1 'A release that has an Erlang of its own' > example
	expect_guarded < example
}

test_manual_overdue() {
	release
	ln -sf "$PROCGUARD" app/erts-*/bin/heart
	printf '%s\n' '#!/bin/sh' "touch $PWD/restarted" > app/start
	chmod +x app/start
	# shellcheck disable=SC3045 # dash, bash and busybox have it
	ulimit -c 0 # no core is wanted here
	example procguard-heart.1 'overdue after 30 seconds' | here > lines
	PATH=$PWD/bin:$PATH
	start sh -c "exec $(cat lines)"
	wait_until 30 node_started 1
	kill -STOP "$node"
	wait_until 60 test -e restarted
	grep -q 'heart-beat time-out, no activity for 30 seconds' said ||
		fail "not overdue after 30 seconds: $(cat said)"
	wait "$node"
	test $? = 134 || fail "the node did not end of SIGABRT: $(cat said)"
}

test_manual_report() {
	"$PROCGUARD" --list | grep -qx gmr || skip "this build has no gmr"
	release
	ln -sf "$PROCGUARD" app/erts-*/bin/heart
	printf '%s\n' '#!/bin/sh' "touch $PWD/restarted" > app/start
	chmod +x app/start
	mkdir -p log/app
	example procguard-heart.1 'HEART_REPORT_DIR' | here | sed "s|/var/log/|$PWD/log/|" > lines
	PATH=$PWD/bin:$PATH
	HEART_BEAT_TIMEOUT=11
	export HEART_BEAT_TIMEOUT
	start sh -c "exec $(cat lines)"
	wait_until 30 node_started 1
	kill -STOP "$node"
	wait_until 60 test -e restarted
	# On a machine that is busy the 2 seconds that it has may be over first.
	grep -q -e "heart: .*report of Erlang (process $node): '$PWD/log/app/" \
		-e 'no report of Erlang .*(2000 ms)' said || fail "no report: $(cat said)"
}

# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
