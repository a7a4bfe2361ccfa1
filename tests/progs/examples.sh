# examples.sh: the examples of README and of the manual, and what they need to be run. For shell tests, sourced before
# lib.sh, of which it uses the words.
# shellcheck shell=sh
# shellcheck source=tests/progs/supervisord.sh
. "${0%/*}/progs/supervisord.sh"

# ---- what stands in the documents ----

# The examples of FILE: in README what is indented; in a manual's EXAMPLES what stands between .Bd and .Ed or behind
# .Dl. Each line of them behind the example's number; with `text`, the lines of the text that leads to it instead.
examples() { # block|text FILE
	if test "$2" = README; then
		awk -v text="$1" '
			function say(what, line) { if ((text == "text") == (what == "text")) print line }
			/^    / { if (!inside) n++; else if (blank) say("block", n "\t"); inside = 1; blank = 0
				say("block", n "\t" substr($0, 5)); next }
			/^$/ { blank = 1; next }
			{ inside = blank = 0; say("text", n + 1 "\t" $0) }' "$TOP/README"
	else
		awk -v text="$1" '
			function say(what, line) { if ((text == "text") == (what == "text")) print line }
			/^\.Sh/ { here = $2 == "EXAMPLES" }
			!here { next }
			/^\.Bd -literal/ { n++; inside = 1; next }
			/^\.Ed/ { inside = 0; next }
			/^\.Dl / { n++; say("block", n "\t" substr($0, 5)); next }
			inside { say("block", n "\t" $0); next }
			{ say("text", n + 1 "\t" $0) }' "$TOP/man/$2" |
			sed -e 's/\\(dq/"/g' -e "s/\\\\(aq/'/g" -e 's/\\&//g' -e 's/\\e/\\/g'
	fi
}

# The number of FILE's example that holds TEXT, or that a text leads to which does.
number_of() { # FILE TEXT
	{
		examples block "$1"
		examples text "$1"
	} | grep -F -e "$2" | cut -f1 | sort -u
}

# That example itself; exactly one must be meant.
example() { # FILE TEXT
	number=$(number_of "$1" "$2")
	case $number in
	*[0-9]*[!0-9]*) fail "several examples of $1 are '$2'" ;;
	[0-9]*) examples block "$1" | sed -n "s/^$number	//p" ;;
	*) fail "no example of $1 is '$2'" ;;
	esac
}

# An example of gmr, in `lines`; its output is in `out`. It is tried again where a report is not complete: a thread may
# be slow to stop on a busy machine.
run_report() {
	for try in 1 2 3 4 5; do
		timeout -s KILL $((60 * TIMES)) sh -e lines > out 2> err || fail "it fails ($try): $(cat lines err)"
		[ ! -s err ] || fail "it says: $(cat err)"
		grep -q '^procguard .*, incomplete$' out || break
	done
}

# Paths of an example, moved into the current directory; the listener's notes too.
here() {
	sed -e "s|/tmp/|$PWD/|g" -e "s|/srv/webapp/|$PWD/|g" -e "s|/srv/|$PWD/|g" -e "s|/run/supervisor.sock|$PWD/s|g" \
		-e "s|/usr/local/sbin/|$PWD/|g" -e "s|/usr/local/bin|$PWD/bin|g" \
		-e "s#^command=.*oome[_a-z]* \(single\|all\)#& --state-dir $PWD/state#"
}

# ---- what the examples need ----

takes_usr2() { # PID
	[ $((0x$(sed -n 's/^SigCgt:.*\(...\)$/\1/p' "/proc/$1/status") & 0x800)) != 0 ]
}

# procguard, by this name only, is in the PATH.
in_path() {
	mkdir -p bin
	ln -s "$PROCGUARD" bin/procguard
	PATH=$PWD/bin:$PATH
}

# An application that runs out of heap as soon as it is started, and a heap that is small.
jar() { # FILE
	command -v java > java.path || skip "no java"
	python3 - "$TOP/tests/fixtures/OutOfMemory.class" "$1" <<-'END'
		import sys, zipfile
		with zipfile.ZipFile(sys.argv[2], "w") as jar:
		    jar.writestr("META-INF/MANIFEST.MF", "Manifest-Version: 1.0\nMain-Class: OutOfMemory\n")
		    jar.write(sys.argv[1], "OutOfMemory.class")
	END
	export JAVA_TOOL_OPTIONS=-Xmx16m
}

# A command line of an example, in the background; what it says is in the file err.
run_line() {
	start sh -c "exec $1" 2> err
}

said_err() {
	grep -qF -e "$1" err
}

# supervisord.conf: a supervisord of which the examples say all the rest.
conf_bare() {
	conf none
	sed -i '/^\[rpcinterface/,$d' supervisord.conf
}

# The example on stdin, which ends with the listener's section, becomes part of supervisord.conf.
conf_example() {
	here >> supervisord.conf
	: > listener.err
	conf_add "stderr_logfile=$PWD/listener.err"
}

# The same for a supervisord with XML-RPC and the programs webapp, webapp1 and webapp2; then start it.
listener_of_example() {
	in_path
	conf unix
	for name in webapp webapp1 webapp2; do
		conf_program "$name"
	done
	conf_example
	supervisord_start
}
