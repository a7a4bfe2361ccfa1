#!/bin/sh
# cluster_config.sh: cluster's configuration: what it shows, what it refuses, which it is. lib.sh says how to run it.
# shellcheck source=tests/progs/cluster.sh
. "${0%/*}/progs/cluster.sh"

# ---- config ----

test_config_of_the_sample() {
	sample
	cluster config
	expect_status 0
	expect_err_is_empty
	sed "s|$PWD/|/|; s|$PWD|/|" out >short
	cat >expected <<-'END'
		default: buildout:bin-directory = /bin
		default: buildout:directory = /
		default: cluster:command-timeout = none
		buildout.cfg:6: cluster:debug = 1
		default: cluster:directory = /
		default: cluster:log-file = /cluster.log
		default: cluster:pid-file = /cluster.pid
		buildout.cfg:15: cluster:restart = background:/bin/script1
		buildout.cfg:16: cluster:restart = /bin/script2 restart
		buildout.cfg:8: cluster:start = background:/bin/script1
		buildout.cfg:9: cluster:start = /bin/script2 start
		buildout.cfg:12: cluster:stop = /bin/script2 stop
		default: cluster:stop-timeout = 10s
	END
	diff -u expected short || fail "other values"
}

test_config_of_everything() {
	mkdir etc
	cat >etc/base.cfg <<-'END'
		[base]
		recipe = a.recipe
		start =
		    ${:location}/bin/zeo start
		unused = ${none:x}
	END
	cat >cluster.cfg <<-'END'
		[buildout]
		extends = etc/base.cfg
		parts-directory = /opt/parts
		[cluster]
		<= base
		start +=
		    background[ready=tcp:localhost:80]:web "$${HOME}" ${env:COLOUR}
		    -pack
		user = plone
		environment =
		    COLOUR=${env:COLOUR}
		directory = work
		pid-file = run/c.pid
		log-file = /var/log/c.log
		stop-timeout = 1m
		command-timeout = 90
		debug = off
	END
	COLOUR=red cluster config
	expect_status 0
	expect_err_is_empty
	shows 'etc/base.cfg:4: cluster:start = /opt/parts/cluster/bin/zeo start'
	# shellcheck disable=SC2016 # it is the cluster's shell's
	shows 'cluster.cfg:7: cluster:start = background[ready=tcp:localhost:80]:web "${HOME}" red'
	shows 'cluster.cfg:8: cluster:start = -pack'
	shows 'environment: env:COLOUR = red'
	shows 'cluster.cfg:9: cluster:user = plone'
	shows 'cluster.cfg:11: cluster:environment = COLOUR=red'
	shows "cluster.cfg:12: cluster:directory = $PWD/work"
	shows "cluster.cfg:13: cluster:pid-file = $PWD/run/c.pid"
	shows 'cluster.cfg:14: cluster:log-file = /var/log/c.log'
	shows 'cluster.cfg:15: cluster:stop-timeout = 1m'
	shows 'cluster.cfg:16: cluster:command-timeout = 90s'
	shows 'cluster.cfg:17: cluster:debug = 0'
	shows 'default: cluster:location = /opt/parts/cluster'
	shows_not unused
}

test_control_characters_are_escaped() {
	printf '[cluster]\nstart = \033[31mred\033[0m \300\n' >cluster.cfg
	cluster config
	expect_status 0
	shows 'cluster.cfg:2: cluster:start = \x1b[31mred\x1b[0m \xc0'
	printf '[cluster]\nstart\033[31m\n' >cluster.cfg
	cluster config
	expect_status 2
	expect_err "cluster.cfg:2: 'start\\x1b[31m' is no OPTION = VALUE"
}

# What is nearly an option, and what nothing uses, is most likely a slip.
test_config_names_a_slip() {
	cat >cluster.cfg <<-'END'
		[cluster]
		start = ${:stap} ${:other}
		strat = b
		stap = c
		stop-timeut = 5
		other = d
	END
	cluster config
	expect_status 0
	expect_err "cluster.cfg:3: nothing uses 'strat' (did you mean 'start'?)"
	expect_err "cluster.cfg:5: nothing uses 'stop-timeut' (did you mean 'stop-timeout'?)"
	[ "$(wc -l <err)" = 2 ] || fail "more: $(cat err)"
}

# ---- what is wrong ----

# The configuration on stdin is refused in these words.
refused() { # TEXT
	cat >buildout.cfg
	for word in config install unit; do
		cluster $word
		expect_status 2
		expect_out ''
		expect_err_is "$1"
	done
	[ ! -e bin ] || fail "something was installed"
}

test_faults_have_a_place() {
	# shellcheck disable=SC2016 # buildout's
	refused "buildout.cfg:6: \${buildot:directory}: no section 'buildot' (did you mean 'buildout'?)" <<-'END'
		[buildout]
		parts = cluster
		[cluster]
		start =
		   first
		   ${buildot:directory}/bin/second
	END
	refused "buildout.cfg:3: 'start' is no OPTION = VALUE" <<-'END'

		[cluster]
		start
	END
	refused "buildout.cfg:3: cluster:b needs itself: cluster:b -> cluster:a -> cluster:b" <<-'END'
		[cluster]
		start = ${:b}
		a = ${:b}
		b = ${:a}
	END
	refused "buildout.cfg:2: extends: 'none.cfg': No such file or directory" <<-'END'
		[buildout]
		extends = none.cfg
	END
	refused "buildout.cfg:2: start: 'backgroud' is no prefix (did you mean 'background:'?)" <<-'END'
		[cluster]
		start = backgroud:web
	END
	refused "buildout.cfg: no section 'cluster' (did you mean 'clutser'?)" <<-'END'
		[clutser]
		start = a
	END
}

test_files_that_cannot_be_read() {
	cluster config
	expect_status 2
	expect_err_is "no buildout.cfg and no cluster.cfg in '$PWD' (-f FILE names another)"
	cluster -f none.cfg config
	expect_status 2
	expect_err_is "cannot read 'none.cfg': No such file or directory"
	cluster -f . config
	expect_status 2
	expect_err_is "cannot read '.': Is a directory"
	printf '[cluster]\nstart = a\0b\n' >nul.cfg
	cluster -f nul.cfg config
	expect_status 2
	expect_err_is 'nul.cfg:2: a NUL byte: this is no text'
	head -c 9000000 /dev/zero | tr '\0' '#' >large.cfg
	cluster -f large.cfg config
	expect_status 2
	expect_err_is "cannot read 'large.cfg': the configuration is larger than 8 MiB"
}

# What cannot be read is said once, and the rest counts.
test_what_is_left_out_is_said() {
	cat >buildout.cfg <<-'END'
		[buildout]
		extends =
		    https://dist.example/v.cfg
		    base.cfg
		    http://dist.example/other.cfg
		[cluster]
		start = ${base:x}
		[cluster:python3]
		start = b
		[other:python3 and [1]]
	END
	printf '[base]\nx = a\n' >base.cfg
	cluster config
	expect_status 0
	shows 'buildout.cfg:7: cluster:start = a'
	{
		echo 'buildout.cfg:3: https://dist.example/v.cfg (and 1 more): left out: only local files are read'
		echo 'buildout.cfg:8: [cluster:python3] (and 1 more): left out: conditions are not evaluated'
	} | diff - err || fail "other warnings"
}

# ---- which section, which file ----

test_usage() {
	cluster
	expect_status 2
	expect_out 'usage: procguard cluster start|stop|restart|status'
	expect_err_is_empty
	ln -s "$PROCGUARD" cluster
	run ./cluster -f none -s none
	expect_status 2
	expect_out 'usage: cluster start|stop|restart|status'
	cluster confg
	expect_status 2
	expect_out ''
	expect_err "procguard cluster: unknown command 'confg' (did you mean 'config'?)"
	cluster config -f
	expect_status 2
	expect_err "option '-f' needs a value: FILE"
	cluster config more
	expect_status 2
	expect_err "unexpected operand 'more'"
}

test_options_on_both_sides() {
	printf '[cluster]\nstart = a\n[pound]\nstart = b\n' >some.cfg
	for words in '-f some.cfg -s pound config' 'config -f some.cfg -s pound' \
		'--file=some.cfg config --section pound'; do
		# shellcheck disable=SC2086 # words
		cluster $words
		expect_status 0
		shows 'some.cfg:4: pound:start = b'
		shows "default: pound:pid-file = $PWD/pound.pid"
	done
}

test_standard_input_is_a_file_too() {
	[ -e /dev/stdin ] || skip "no /dev/stdin"
	printf '[cluster]\nstart = a\n' | "$PROCGUARD" cluster -f /dev/stdin config >out || fail "it fails"
	shows '/dev/stdin:2: cluster:start = a'
}

# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
