#!/bin/sh
# docs_cluster.sh: the examples of cluster's manual, and of README on it, run. lib.sh says how to run it.
# once
# shellcheck source=tests/progs/examples.sh
. "${0%/*}/progs/examples.sh"

# ---- what the examples name ----

# A command in ./bin, which is in the PATH; or elsewhere.
command_named() { # FILE, its script on stdin
	cat >"${1%"${1##*/}"}.new"
	mv "${1%"${1##*/}"}.new" "$1"
	chmod +x "$1"
}

goes_on() { # FILE: a command that says what it is, and goes on
	command_named "$1" <<-'END'
		#!/bin/sh
		echo "${0##*/} is here"
		exec sleep 1000
	END
}

# A server, "NAME --port PORT", as in the examples.
serves() { # FILE
	command_named "$1" <<-END
		#!$(command -v python3)
		import socket, sys
		server = socket.create_server(("127.0.0.1", int(sys.argv[sys.argv.index("--port") + 1])))
		print("serving", *sys.argv[3:], flush=True)
		while True:
		    server.accept()[0].close()
	END
}

# redis-server as a daemon with its files in DIRECTORY, and redis-cli for it.
redis() { # DIRECTORY
	command -v redis-server >redis.path || skip "no redis-server"
	printf '%s\n' 'daemonize yes' 'port 0' 'save ""' "unixsocket $1/redis.sock" "dir $1" "logfile $1/redis.log" \
		>"$1/redis.conf"
	command_named bin/redis-cli <<-END
		#!/bin/sh
		exec $(command -v redis-cli) -s $1/redis.sock "\$@"
	END
}

# A program that makes itself a daemon, with a pid file: "NAME start|stop", and any other word is a start.
daemonises() { # FILE PIDFILE
	command_named "$1" <<-END
		#!/bin/sh
		case \$1 in
		stop) kill "\$(cat '$2')" ;;
		*)
			setsid sleep 1000 </dev/null >/dev/null 2>&1 &
			echo \$! >'$2'
			;;
		esac
	END
}

# ---- what is expected of them ----

# Lines of an example, in a shell.
type_lines() { # TEXT
	[ -n "$1" ] || fail "there are no such lines"
	sh -ec "$1" >out 2>err || fail "it fails: $1: $(cat out err)"
}

shown() { # one line of config's, in the file out
	grep -qxF -e "$1" out || fail "not shown: $1: $(cat out)"
}

running() { # PIDFILE NAME...: these are the members; their pids become those that have to end
	sed -n 's/^member=[^ ]* [a-z]* \([0-9]*\) .*/\1/p' "$1" >pids
	members=$(sed -n 's/^member=\([^ ]*\) .*/\1/p' "$1" | tr '\n' ' ')
	shift
	[ "$members" = "$* " ] || fail "other members: $members"
}

all_ended() {
	while read -r pid; do
		! alive "$pid" || fail "$pid lives: $(tr '\0' ' ' <"/proc/$pid/cmdline")"
	done <pids
}

# ---- README ----

readme() {
	in_path
	redis "$PWD"
	serves app
	goes_on mailer
	example README 'In cluster.cfg' | sed "s/8080/$(free_port)/g" >cluster.cfg
}

test_readme_cluster() {
	readme
	example README 'What they leave running' >all
	[ "$(wc -l <all)" = 4 ] || fail "other lines: $(cat all)"
	type_lines "$(sed -n 1,2p all)"
	[ "$(cat out)" = Running. ] || fail "$(cat out)"
	running cluster.pid redis-server app mailer
	start sh -c "exec $(sed -n 3p all)" >followed
	wait_until 30 grep -q ' mailer: mailer is here$' followed
	type_lines "$(sed -n 4p all)"
	all_ended
}

test_readme_cluster_in_the_foreground() {
	readme
	start sh -c "exec $(example README 'run --exit-on any')" >out 2>err
	wait_until 30 grep -qx 'mailer: mailer is here' out
	wait_until 30 grep -qx 'Cluster is alive...' err
	running cluster.pid redis-server app mailer
	kill -9 "$(sed -n 's/^member=mailer [a-z]* \([0-9]*\) .*/\1/p' cluster.pid)"
	wait "$started"
	[ $? = 137 ] || fail "not the member's exit status: $(cat err)"
	all_ended
}

# ---- man/procguard.1 ----

test_manual_of_procguard() {
	every_option
	type_lines "$(example procguard.1 'Start several commands' | here)"
	grep -q '^worker  *[0-9][0-9]*  *background ' out || fail "no table: $(cat out)"
	running app/run/cluster.pid cache web worker mailer redis-server
	stop_it
}

# ---- a buildout ----

# In ./app.
buildout() {
	in_path
	mkdir -p app/bin
	example procguard-cluster.1 'A part of a buildout' | here >app/buildout.cfg
}

test_manual_part() {
	buildout
	procguard cluster -f app/buildout.cfg config >out || fail "it is refused"
	shown "app/buildout.cfg:8: cluster:start = $PWD/app/bin/zeoserver start"
	shown "app/buildout.cfg:10: cluster:start = $PWD/app/bin/pound -f $PWD/app/parts/pound/etc/pound.cfg"
	shown "app/buildout.cfg:14: cluster:stop = pid:$PWD/app/pound.pid"
	daemonises app/bin/zeoserver "$PWD/app/zeo.pid"
	daemonises app/bin/instance "$PWD/app/instance.pid"
	daemonises app/bin/pound "$PWD/app/pound.pid"
	type_lines 'procguard cluster -f app/buildout.cfg start'
	running app/cluster.pid zeoserver instance pound
	type_lines 'procguard cluster -f app/buildout.cfg stop'
	all_ended
	[ ! -e app/pound.pid ] || fail "pound's pid file is there"
}

test_manual_install() {
	buildout
	printf '%s\n' '[mail]' 'start = background:mailer' >>app/buildout.cfg
	type_lines "$(example procguard-cluster.1 'procguard cluster install' | here)"
	[ "$(cat out)" = "Generated script '$PWD/app/bin/cluster'." ] || fail "it says: $(cat out)"
	type_lines 'app/bin/cluster config'
	grep -q ': cluster:start = .*/bin/zeoserver start' out || fail "$(cat out)"
	type_lines 'app/bin/mail config'
	shown "$PWD/app/buildout.cfg:19: mail:start = background:mailer"
}

test_manual_unit() {
	buildout
	type_lines "$(example procguard-cluster.1 'unit >' | here | sed "s|/etc/systemd/system/|$PWD/|")"
	grep -q "^ExecStart=.* cluster -f $PWD/app/buildout.cfg -s cluster run$" app.service ||
		fail "$(cat app.service)"
	command -v systemd-analyze >verify.path || return 0
	systemd-analyze verify "$PWD/app.service" >verified 2>&1 || fail "$(cat verified)"
}

# What the unit is to run does so, and ends by what systemd sends.
test_manual_unit_as_it_is_run() {
	buildout
	daemonises app/bin/zeoserver "$PWD/app/zeo.pid"
	daemonises app/bin/instance "$PWD/app/instance.pid"
	daemonises app/bin/pound "$PWD/app/pound.pid"
	procguard cluster -f app/buildout.cfg unit >app.service || fail "no unit"
	start sh -c "cd / && exec $(sed -n 's/^ExecStart=//p' app.service)" 2>err
	wait_until 30 grep -qx 'Cluster is alive...' err
	running app/cluster.pid zeoserver instance pound
	stop "$started" || fail "status $?: $(cat err)"
	all_ended
}

# ---- a configuration of its own ----

# The example's, in ./app, and all that it names.
every_option() {
	in_path
	mkdir -p app/run app/log app/work/run
	example procguard-cluster.1 'with every option' |
		sed "s/8080/$(free_port)/g; s/^user = app/user = $(id -u)/" >app/cluster.cfg
	redis "$PWD/app/work"
	serves bin/web
	goes_on bin/mailer
	command_named bin/cache <<-'END'
		#!/bin/sh
		touch "$2"
		exec sleep 1000
	END
	command_named bin/worker <<-END
		#!$(command -v python3)
		import os, socket, time
		print(os.environ["LANG"], os.environ["API_KEY"], flush=True)
		speaker = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
		speaker.connect(os.environ["NOTIFY_SOCKET"].replace("@", "\\0"))
		speaker.send(b"READY=1")
		time.sleep(1000)
	END
	start sleep 1000
	echo "$started" >app/work/run/other.pid
	export API_KEY=secret HOME="$PWD"
}

stop_it() {
	type_lines 'procguard cluster -f app/cluster.cfg stop'
	all_ended
}

# All options, each with another value than it has anyway.
test_manual_every_option() {
	in_path
	mkdir app
	example procguard-cluster.1 'with every option' >app/cluster.cfg
	type_lines "$(example procguard-cluster.1 'See what is made of it' | here)"
	[ ! -s err ] || fail "warnings: $(cat err)"
	shown "$PWD/app/cluster.cfg:19: cluster:user = app"
	shown "$PWD/app/cluster.cfg:18: cluster:environment = API_KEY=secret"
	shown "$PWD/app/cluster.cfg:15: cluster:directory = $PWD/app/work"
	sed -n '/^\.Ss Options of the section/,/^\.Ss Lines/s/^\.It Ic \([a-z-]*\)$/\1/p' \
		"$TOP/man/procguard-cluster.1" >options
	[ "$(wc -l <options)" = 14 ] || fail "the manual has other options: $(cat options)"
	while read -r option; do
		grep -q "^$option =" app/cluster.cfg || fail "$option is not in the example"
		grep -q "^$PWD/app/cluster.cfg:.*: cluster:$option = " out || fail "$option is not shown"
	done <options
}

test_manual_start_and_stop() {
	every_option
	example procguard-cluster.1 'Start it, and stop it' | here >all
	[ "$(wc -l <all)" = 2 ] || fail "other lines: $(cat all)"
	type_lines "$(sed -n 1p all)"
	running app/run/cluster.pid cache web worker mailer redis-server
	wait_until 30 grep -q ' worker: C.UTF-8 secret$' app/log/cluster.log
	wait_until 30 grep -q " web: serving --home $HOME\$" app/log/cluster.log
	type_lines "$(sed -n 2p all)"
	cat app/work/run/other.pid >>pids 2>/dev/null || echo "$started" >>pids
	all_ended
	[ ! -e app/work/run/other.pid ] || fail "the other pid file is there"
}

test_manual_run() {
	every_option
	start sh -c "exec $(example procguard-cluster.1 'run --exit-on any' | here)" >out 2>err
	ran=$started
	wait_until 30 grep -qx 'Cluster is alive...' err
	running app/run/cluster.pid cache web worker mailer redis-server
	kill -9 "$(sed -n 's/^member=worker [a-z]* \([0-9]*\) .*/\1/p' app/run/cluster.pid)"
	wait "$ran"
	[ $? = 137 ] || fail "not the member's exit status: $(cat err)"
	all_ended
}

test_manual_logs() {
	every_option
	procguard cluster -f app/cluster.cfg start 2>err || fail "$(cat err)"
	running app/run/cluster.pid cache web worker mailer redis-server
	start sh -c "exec $(example procguard-cluster.1 'logs -F -n 20' | here)" >followed
	wait_until 30 grep -q ' worker: C.UTF-8 secret$' followed
	wait_until 30 grep -q ' web: serving ' followed
	! grep -v -e ' worker: ' -e ' web: ' followed || fail "lines of others"
	stop_it
}

# ---- a configuration that is a script ----

test_manual_executable() {
	in_path
	mkdir app
	goes_on bin/app
	example procguard-cluster.1 'in a file that is executable' |
		sed "s|/usr/bin/procguard|$PROCGUARD|; s|/opt/app|$PWD|" >app/both
	chmod +x app/both
	ln -s both app/blue
	ln -s both app/green
	app/blue config >out || fail "blue is refused"
	shown "$PWD/app/both:4: blue:start = background:$PWD/bin/app --name blue --port 8081"
	app/green config >out || fail "green is refused"
	shown "$PWD/app/both:12: green:start = background:$PWD/bin/app --name green --port 8083"
	type_lines 'app/blue start; app/green start; app/blue status'
	[ "$(cat out)" = Running. ] || fail "$(cat out)"
	running app/blue.pid app
	all_blue=$(cat pids)
	running app/green.pid app app-2
	echo "$all_blue" >>pids
	type_lines 'app/green stop; app/blue stop'
	all_ended
}

# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
