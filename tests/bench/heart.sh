# heart.sh: Erlang's port program against Erlang's own, and heart run. For tests/bench/run, which sources it.
# shellcheck shell=sh

erlang_heart() {
	root=$(erl -noshell -eval 'io:put_chars(code:root_dir()), halt().') || die "erl"
	for peer_heart in "$root"/erts-*/bin/heart; do
		[ -x "$peer_heart" ] && return
	done
	die "there is no heart below $root"
}

section_heart() {
	erlang_heart
	ln -s "$PROCGUARD" heart
	header "heart, Erlang's port program" "Erlang's"
	"$bin/port" start 1000 "$PWD/heart" "$peer_heart" >pairs || die "start"
	cut -d' ' -f1 pairs >ours
	cut -d' ' -f2 pairs >peer
	row "start to ACK, ms" "$(quartiles 0.000001 <ours)" "$(quartiles 0.000001 <peer)" 1.1 \
		"$(awk '{ print $1 / $2 }' pairs | quartiles 1 | cut -d' ' -f1)"
	row "memory, RSS, KiB" "$(heart_times 5 rss "$PWD/heart")" "$(heart_times 5 rss "$peer_heart")" 1.1
	row "memory that no file holds, KiB" "$(heart_times 5 anon "$PWD/heart")" "$(heart_times 5 anon "$peer_heart")"
	row "heartbeats a second, thousands" "$(heart_times 5 beats 1000000 "$PWD/heart" 0.001)" \
		"$(heart_times 5 beats 1000000 "$peer_heart" 0.001)"
	heart_rest
	heart_overdue
	for pid in $resting; do
		wait "$pid" || die "rest"
	done
	row "wake-ups in 21 s of rest" "$(cat rest.ours)" "$(cat rest.peer)" - -
	heart_run "$(cat rest.run)"
}

# In the background, while others wait for a time-out: what a process at rest does is not changed by that.
heart_rest() {
	"$bin/port" rest 21 "$PWD/heart" >rest.ours &
	resting=$!
	"$bin/port" rest 21 "$peer_heart" >rest.peer &
	resting="$resting $!"
	"$bin/runs" rest 21 "$PROCGUARD" >rest.run &
	resting="$resting $!"
}

# heart_times TIMES WHAT ARGUMENT... [SCALE]: quartiles
heart_times() {
	times=$1 scale=1
	shift
	case $1 in
	beats) scale=$4 && set -- "$1" "$2" "$3" ;;
	esac
	while [ "$times" -gt 0 ]; do
		"$bin/port" "$@" || die "$*"
		times=$((times - 1))
	done | quartiles "$scale"
}

# Time-outs of 11 s, the shortest; some side by side, each with a node of its own.
heart_overdue() {
	waited=
	for number in 1 2 3 4 5; do
		"$bin/port" overdue 11 "$PWD/heart" >"late.ours.$number" &
		waited="$waited $!"
		"$bin/port" overdue 11 "$peer_heart" >"late.peer.$number" &
		waited="$waited $!"
		sleep 0.2
	done
	for pid in $waited; do
		wait "$pid" || die "overdue"
	done
	cat late.ours.* >ours
	cat late.peer.* >peer
	dead=$(cut -d' ' -f1 ours | quartiles 0.000001) ran=$(cut -d' ' -f2 ours | quartiles 0.000001)
	row "past the time-out, node dead, ms" "$dead" "$(cut -d' ' -f1 peer | quartiles 0.000001)"
	goal_row "$dead" 20
	row "past the time-out, command run, ms" "$ran" "$(cut -d' ' -f2 peer | quartiles 0.000001)"
	goal_row "$ran" 50
}
