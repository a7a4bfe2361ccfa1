# cluster.sh: `cluster` against a shell script and supervisord. For tests/bench/run, which sources it.
# shellcheck shell=sh

# The same N commands three times, in the directory N.
cluster_files() { # N
	mkdir -p "$1"
	printf '[cluster]\nstart =\n' >"$1/cluster.cfg"
	printf '%s\n' '#!/bin/sh' 'exec >>log 2>&1' 'rm -f pids' >"$1/start"
	conf "$PWD/$1"
	sed -i 's/^nodaemon=true/nodaemon=false/' "$1/conf"
	made=0
	while [ $made -lt "$1" ]; do
		echo "    background:sleep 1000$made" >>"$1/cluster.cfg"
		printf 'sleep 1000%s & echo $! >>pids\n' $made >>"$1/start"
		program "$PWD/$1" "program:p$made" "sleep 1000$made"
		made=$((made + 1))
	done
	# In the same order as ours: the last first, one after the other.
	cat >"$1/stop" <<-'END'
		#!/bin/sh
		for pid in $(sort -rn pids); do
			kill "$pid"
			while kill -0 "$pid" 2>/dev/null; do :; done
		done
	END
	cat >"$1/supervise" <<-END
		#!/bin/sh
		rm -f log
		supervisord -c conf || exit
		until [ "\$(grep -c 'entered RUNNING' log 2>/dev/null)" = $1 ]; do sleep 0.005; done
	END
	cat >"$1/unsupervise" <<-'END'
		#!/bin/sh
		pid=$(cat pid)
		kill "$pid"
		while kill -0 "$pid" 2>/dev/null; do sleep 0.002; done
	END
	chmod +x "$1/start" "$1/stop" "$1/supervise" "$1/unsupervise"
}

cluster_there() { # N WHO: so many must be there, or none
	[ "$(pgrep -c -f '^sleep 1000')" = "$1" ] || die "cluster: not $1 commands are there: $2"
}

# took FILE COMMAND...: one more time in FILE.
took() {
	took_file=$1
	shift
	"$bin/took" "$@" >>"$took_file" 2>>said || die "cluster: $* failed: $(tail -n 3 said)"
}

cluster_round() { # N
	took ours.start "$PROCGUARD" cluster -f cluster.cfg start
	cluster_there "$1" start
	took ours.stop "$PROCGUARD" cluster -f cluster.cfg stop
	cluster_there 0 stop
	took script.start ./start
	wait_for 30 "the script's commands" cluster_all "$1"
	took script.stop ./stop
	cluster_there 0 "the script's stop"
}

cluster_all() {
	[ "$(pgrep -c -f '^sleep 1000')" = "$1" ]
}

cluster_supervised() { # N
	took supervisord.start ./supervise
	cluster_there "$1" supervisord
	took supervisord.stop ./unsupervise
	cluster_there 0 supervisord
}

cluster_rows() { # N
	for word in start stop; do
		ours=$(quartiles 0.000001 <ours.$word)
		row "$word, $1 in the background, ms" "$ours" "$(quartiles 0.000001 <script.$word)" 1.5
		row "  against supervisord, ms" "$ours" "$(quartiles 0.000001 <supervisord.$word)"
	done
}

# The daemon and its logger, with 100 members.
cluster_memory() {
	"$PROCGUARD" cluster -f cluster.cfg start 2>said || die "cluster: $(cat said)"
	daemon=$(sed -n '1s/:.*//p' cluster.pid) logger=$(sed -n 's/^logger=\([0-9]*\) .*/\1/p' cluster.pid)
	for key in VmRSS RssAnon; do
		row "the daemon's $key, 100 members, KiB" "$(status_of "$daemon" $key)" -
		row "its logger's $key, KiB" "$(status_of "$logger" $key)" -
	done
	"$PROCGUARD" cluster -f cluster.cfg stop 2>said || die "cluster: $(cat said)"
}

status_of() { # PID KEY
	sed -n "s/^$2:[^0-9]*\([0-9]*\) kB/\1/p" "/proc/$1/status"
}

section_cluster() {
	header "cluster" "shell script"
	for count in 1 10 100; do
		cluster_files $count
		(
			cd $count || exit
			for round in 1 2 3 4 5 6 7 8 9 10 11; do
				cluster_round $count
				[ $((round % 4)) != 1 ] || cluster_supervised $count
			done
			cluster_rows $count
			[ $count != 100 ] || cluster_memory
		) || exit
	done
	cat <<-'END'
		(The script only forks, notes the pid, kills and waits: it knows of no tree and trusts each pid.
		supervisord: to all RUNNING, startsecs=0.)
	END
}
