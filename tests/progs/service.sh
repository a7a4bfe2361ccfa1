#!/bin/sh
# service.sh STARTS [MODE]: a program for supervisord to keep. Appends its pid to the file STARTS, so that a test counts
# its starts without asking supervisord, then lives until it is ended. From then on it is as MODE says:
#   plain         ends at once on TERM (the default)
#   deaf          ignores TERM
#   slow          ends 0.3 s after TERM
#   held FILE     after TERM, makes FILE.term and ends once there is no FILE
#   broken FILE   exits at once, status 3, as long as FILE exists
#   wrap DIR      stays in front of a child that lives in DIR (and has OOME_FILE=$CHILD_OOME_FILE where that is set)
case ${2:-plain} in
deaf) trap '' TERM ;;
slow) trap 'sleep 0.3; kill $child; exit 0' TERM ;;
held) trap 'touch "$3.term"; while test -e "$3"; do sleep 0.05; done; kill $child; exit 0' TERM ;;
esac
echo $$ >> "$1"
case ${2:-plain} in
plain | deaf)
	exec sleep 1000
	;;
slow | held)
	sleep 1000 &
	child=$!
	wait $child
	;;
broken)
	test -e "$3" && exit 3
	exec sleep 1000
	;;
wrap)
	cd "$3" || exit 1
	if test -n "$CHILD_OOME_FILE"; then
		OOME_FILE=$CHILD_OOME_FILE sleep 1000
	else
		sleep 1000
	fi
	;;
esac
