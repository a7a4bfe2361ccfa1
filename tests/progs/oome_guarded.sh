#!/bin/sh
# oome_guarded.sh MODE: a command for `oome run` to guard. Appends its pid to the file "starts" in its directory, so
# that a test counts the starts. MODE, first start (later ones just live until they are ended, with status 143 then):
#   touch FILE       creates FILE, then hangs
#   touch-exit FILE  creates FILE and exits at once with status 3
#   tree FILE        first starts a daemon in a session of its own that ignores TERM (its pid: "daemon"), then as touch
#   always FILE      at every start: creates FILE, then hangs
#   exit-always FILE at every start: creates FILE and exits with status 3
#   kill             dies of SIGKILL
#   signals          writes the name of each signal that it gets to "got"; exits 0 on TERM
echo $$ >>starts
first=$([ "$(wc -l <starts)" = 1 ] && echo yes)
case $1:$first in
touch:yes | always:*)
	touch "$2"
	;;
touch-exit:yes | exit-always:*)
	touch "$2"
	exit 3
	;;
tree:yes)
	setsid sh -c 'trap "" TERM; echo $$ >daemon; touch "$1"; sleep 1000; sleep 1000' sh "$2" &
	wait
	;;
kill:yes)
	kill -KILL $$
	;;
signals:*)
	for name in INT HUP QUIT USR1 USR2 WINCH; do
		# shellcheck disable=SC2064 # the name of now
		trap "echo $name >>got" $name
	done
	trap 'echo TERM >>got; exit 0' TERM
	echo ready >got
	while :; do
		sleep 1000 &
		wait $!
	done
	;;
esac
exec sleep 1000
