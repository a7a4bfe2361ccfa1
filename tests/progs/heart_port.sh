# heart_port.sh: heart as Erlang's port program, below a stand-in for a node, and what can be said to it. For shell
# tests, sourced before lib.sh, of which it uses the words.
# shellcheck shell=sh

# The node: a process that is not ours to reap, as Erlang's is not heart's.
node_start() { # COMMAND...
	(
		"$@" </dev/null >node.out 2>&1 &
		echo $! >node.pid
	)
	node=$(cat node.pid)
}

# heart_start ARG...: its stdin is descriptor 3, its stdout 4, and it has said ACK.
heart_start() {
	start_talking "$PROCGUARD" heart "$@"
}

start_talking() { # COMMAND...
	rm -f in out
	mkfifo in out
	start sh -c 'exec "$0" "$@" <in >out 2>said' "$@"
	heart=$started
	exec 3>in 4<out
	expect_answer '00 01 01'
}

# frame OPERATION DATA: as printf(1) takes them.
frame() {
	# shellcheck disable=SC2059 # escapes
	printf "$(printf '\\000\\%03o\\%03o' $((${#2} + 1)) "$1")" >&3
	printf %s "$2" >&3
}

expect_answer() { # HEX
	answer=$(head -c $(((${#1} + 1) / 3)) <&4 | od -An -v -tx1 | xargs)
	[ "$answer" = "$1" ] || fail "the answer is '$answer', not '$1': $(cat said)"
}

# The end of stdin.
close_stdin() {
	exec 3>&-
}

# Wait for its end: status 0.
heart_ended() {
	wait "$heart" || fail "status $?: $(cat said)"
}

# said TEXT...: these lines, in this order, in OTP's form. Not every line has to be named.
said() {
	at=1 prefix='^heart: [A-Z][a-z][a-z] [A-Z][a-z][a-z] [ 0-9][0-9] [0-9:]\{8\} [0-9]\{4\}: '
	for text in "$@"; do
		line=$(tail -n "+$at" said | sed "s/$prefix//" | grep -n -F -x -m 1 -e "$(printf '%s\r' "$text")") ||
			fail "not said (in this order): $text: $(cat said)"
		at=$((at + ${line%%:*}))
	done
}

never_said() {
	! grep -F "$1" said || fail "said: $(cat said)"
}

# A command that notes that it ran, and how the node was.
# shellcheck disable=SC2089 # for another shell
note_command='if grep -qs "^State:.*[^ZX] (" /proc/$NODE/status; then echo alive; else echo dead; fi >ran'

ran() { # alive|dead
	[ "$(cat ran 2>&1)" = "$1" ] || fail "the command ran: $(cat ran 2>&1), not $1: $(cat said)"
}

# For a command without a shell, and one that says what it was given.
script() { # NAME
	cat >"$1"
	chmod +x "$1"
}

# shellcheck disable=SC2089,SC2090 # it is not for this shell
with_command() {
	node_start sleep 300
	HEART_COMMAND=$note_command NODE=$node
	export HEART_COMMAND NODE
}
