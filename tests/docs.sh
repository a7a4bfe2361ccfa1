#!/bin/sh
# docs.sh: the examples of README and of the manual's EXAMPLES, taken from there and run. lib.sh says how to run it.
# once
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

# Paths of an example, moved into the current directory; the listener's notes too.
here() {
	sed -e "s|/tmp/|$PWD/|g" -e "s|/srv/webapp/|$PWD/|g" -e "s|/srv/|$PWD/|g" -e "s|/run/supervisor.sock|$PWD/s|g" \
		-e "s|/usr/local/sbin/|$PWD/|g" -e "s|/usr/local/bin|$PWD/bin|g" \
		-e "s#^command=.*oome[_a-z]* \(single\|all\)#& --state-dir $PWD/state#"
}

# Every example is named in an `example FILE 'TEXT'` of this file.
test_every_example_is_run() {
	for file in README procguard.1 procguard-oome.1; do
		examples block "$file" > all
		test -s all || fail "no example found in $file"
		sed -n "s/.*example $file '\([^']*\)'.*/\1/p" "$TOP/tests/docs.sh" > texts
		while read -r text; do
			number_of "$file" "$text"
		done < texts > run
		cut -f1 all | sort -u | grep -vxFf run | while read -r number; do
			sed -n "s/^$number	/$file: /p" all
		done
	done > left
	test ! -s left || fail "not run by a test: $(cat left)"
}

# ---- what the examples need ----

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

# ---- README ----

test_readme_under_supervisord() {
	in_path
	jar webapp.jar
	conf_bare
	{
		example README 'by XML-RPC'
		example README 'A Java program, in supervisord.conf'
		example README 'A listener beside it'
	} > lines
	conf_example < lines
	supervisord_start
	within 40 said 'webapp restarted' || fail_and_tell "the program was not restarted"
}

test_readme_links() {
	in_path
	sh -ec "$(example README 'procguard --install' | here)" || fail "it fails"
	test bin/oome -ef "$PROCGUARD" || fail "no link oome"
	test bin/oome_monitor -ef "$PROCGUARD" || fail "no link oome_monitor"
}

test_readme_run_java() {
	in_path
	jar webapp.jar
	run_line "$(example README 'It sets OOME_FILE.')"
	within 40 said_err 'java restarted' || fail "not restarted: $(cat err)"
}

test_readme_run_by_exit_status() {
	in_path
	printf '%s\n' '#!/bin/sh' 'echo >> starts' 'test "$(wc -l < starts)" -gt 1 || exit 12' 'exec sleep 1000' > webapp
	chmod +x webapp
	run_line "$(example README 'by its exit status')"
	within 20 said_err 'sh restarted' || fail "not restarted: $(cat err)"
	within 10 test "$(wc -l < starts)" = 2 || fail "not started twice"
}

# Targets and variables are there; what they do is the matter of build.sh, and of the checks themselves.
test_readme_make_lines() {
	make -s -C "$TOP" help > help || fail "make help failed"
	{
		example README 'make demo'
		example README 'make install'
		example README 'To build and run without them'
		example README 'make check'
	} | sed 's/  .*//' | sort -u > lines
	while read -r line; do
		case $line in
		tests/*) test -x "$TOP/$line" || fail "no $line" ;;
		make*)
			for word in $(echo "$line" | sed 's/^make//; s/[A-Z0-9]*="[^"]*"//g; s/[A-Z0-9]*=[^ ]*//g'); do
				grep -q "^make $word " help || fail "make help does not know $word"
			done
			;;
		*) fail "what is this? $line" ;;
		esac
	done < lines
}

test_readme_layout() {
	example README 'applets/   ' | sed 's/ .*//' > directories
	while read -r directory; do
		test -d "$TOP/$directory" || fail "there is no $directory"
	done < directories
}

# ---- man/procguard.1 ----

test_manual_links() {
	in_path
	sh -ec "$(example procguard.1 'procguard --install' | here)" || fail "it fails"
	test bin/oome_monitor -ef "$PROCGUARD" || fail "no link"
}

test_manual_completion() {
	command -v bash > bash.path || skip "no bash"
	in_path
	{
		example procguard.1 'procguard --completion bash'
		echo 'complete -p procguard'
	} > lines
	bash -e lines > out || fail "it fails"
	grep -q procguard out || fail "nothing is completed: $(cat out)"
}

test_manual_run() {
	in_path
	printf '%s\n' '#!/bin/sh' 'echo "$@" > words' 'exit 3' > webapp
	chmod +x webapp
	sh -c "$(example procguard.1 'procguard oome run')" 2> err
	test $? = 3 || fail "not the command's exit status: $(cat err)"
	test "$(cat words)" = '--port 8080' || fail "other arguments: $(cat words)"
}

# ---- man/procguard-oome.1 ----

test_manual_all() {
	example procguard-oome.1 'All programs of a supervisord' > lines
	listener_of_example < lines
	expect_restart webapp2 "$PWD/webapp2/work/oome"
	expect_untouched webapp1
}

test_manual_named() {
	example procguard-oome.1 'single -p webapp1 -p webapp2' > lines
	listener_of_example < lines
	touch webapp/work/oome
	expect_restart webapp1 "$PWD/webapp1/work/oome"
	expect_restart webapp2 "$PWD/webapp2/work/oome"
	expect_untouched webapp
}

test_manual_file() {
	example procguard-oome.1 '-o /tmp/webapp.oome' > lines
	listener_of_example < lines
	expect_restart webapp "$PWD/webapp.oome"
	expect_untouched webapp1
}

test_manual_dry() {
	example procguard-oome.1 'all -d' > lines
	listener_of_example < lines
	within 20 started webapp 1 || fail "webapp did not start"
	touch webapp/work/oome
	within 20 said 'oome file is detected for webapp, not restarting due to dry-run' || fail_and_tell "not a word"
	expect_untouched webapp
	test -e webapp/work/oome || fail "the file was deleted"
}

test_manual_oome_monitor() {
	mkdir bin
	"$PROCGUARD" --install -s bin || fail "no links"
	PATH=$PWD/bin:$PATH
	example procguard-oome.1 'command=oome_monitor' > lines
	listener_of_example < lines
	expect_restart webapp "$PWD/webapp/work/oome"
}

test_manual_tomcat() {
	in_path
	jar tomcat.jar
	conf unix
	example procguard-oome.1 '[program:tomcat]' > lines
	conf_example < lines
	supervisord_start
	within 40 said 'tomcat restarted' || fail_and_tell "the program was not restarted"
}

test_manual_password() {
	in_path
	conf_bare
	conf_program webapp
	example procguard-oome.1 'SUPERVISOR_PASSWORD=' > lines
	conf_example < lines
	supervisord_start
	expect_restart webapp "$PWD/webapp/work/oome"
}

test_manual_script() {
	example procguard-oome.1 '#!/bin/sh' > restart-webapp
	chmod +x restart-webapp
	example procguard-oome.1 '-x /usr/local/sbin/restart-webapp' > lines
	listener_of_example < lines
	expect_restart webapp "$PWD/webapp/work/oome"
}

test_manual_run_java() {
	in_path
	jar app.jar
	run_line "$(example procguard-oome.1 'that lives on')"
	within 40 said_err 'java restarted' || fail "not restarted: $(cat err)"
}

test_manual_run_java_that_exits() {
	in_path
	jar app.jar
	run_line "$(example procguard-oome.1 'ExitOnOutOfMemoryError')"
	within 40 said_err 'java restarted' || fail "not restarted: $(cat err)"
}

test_manual_run_limited() {
	in_path
	printf '%s\n' '#!/bin/sh' 'echo >> starts' "touch $PWD/app.oome" 'exit 9' > app
	chmod +x app
	sh -c "$(example procguard-oome.1 '--max-restarts 3/1h' | here)" 2> err
	test $? = 9 || fail "not the command's exit status: $(cat err)"
	test "$(wc -l < starts)" = 4 || fail "not restarted three times: $(cat err)"
}

# ---- containers ----

# A program for an image: reports at its first start, ends with 7 at its second.
write_webapp() {
	cat > webapp.c <<-'END'
	#include <fcntl.h>
	#include <stdio.h>
	#include <stdlib.h>
	#include <unistd.h>
	int main(int argc, char **argv)
	{
		int first = open("/started", O_CREAT | O_EXCL | O_WRONLY, 0600) >= 0;

		printf("%s %d\n", argv[argc - 1], (int)getppid());
		fflush(stdout);
		if (!first)
			return 7;
		if (open(getenv("OOME_FILE"), O_CREAT | O_WRONLY, 0600) < 0)
			return 8;
		pause();
	}
	END
	musl-gcc -static -o webapp webapp.c || fail "no program to put into the image"
}

# Make the directory root as the Dockerfile on stdin says; its ENTRYPOINT goes to the file entrypoint, one word a line.
build_image() {
	mkdir -p root/dev/shm root/proc # what every container gets
	cat > Dockerfile
	sed -n "s|^RUN make -C /procguard|make -s -C '$TOP' BUILD='$PWD/build'|p" Dockerfile > make_it
	grep -q STATIC make_it || fail "nothing is built"
	sh -e make_it > made 2>&1 || fail "make failed: $(tail -n 20 made)"
	sed -n 's|^COPY --from=build /procguard/||p; s|^COPY \([a-z]\)|\1|p' Dockerfile > copies
	while read -r from to; do
		test "$from" = . || cp "$from" "root$to" || fail "there is no $from"
	done < copies
	sed -n 's/^ENTRYPOINT //p' Dockerfile | jq -r '.[]' > entrypoint
}

# Run the words on stdin as a container of that image does: in its root, as the first process. Its status is returned.
run_image() {
	set --
	while read -r word; do
		set -- "$@" "$word"
	done
	unshare --pid --mount --fork sh -c 'mount -t proc proc root/proc && exec chroot root "$@"' sh "$@" > out 2> err
}

container() { # COMMAND... that prints a Dockerfile
	test "$(id -u)" = 0 || skip "chroot needs root"
	command -v musl-gcc > musl.path || skip "no musl-gcc"
	command -v jq > jq.path || skip "no jq"
	unshare --pid --mount --fork true || skip "no namespaces to be had"
	write_webapp
	"$@" | build_image || exit
}

# The program was started twice, by the first process there, and ended with 7.
expect_container_restart() { # STATUS LAST-ARGUMENT
	test "$1" = 7 || fail "exit status $1, not the program's 7: $(cat err)"
	test "$(cat out)" = "$(printf '%s 1\n' "$2" "$2")" || fail "not started twice: $(cat out err)"
	grep -q 'webapp restarted' err || fail "not a word of the restart: $(cat err)"
}

# timeout: 200
test_container_of_readme() {
	container example README 'A Dockerfile'
	run_image < entrypoint
	expect_container_restart $? /webapp
	test "$(wc -c < root/procguard)" -lt 300000 || fail "it is larger than README says"
}

# timeout: 200
test_container_of_manual() {
	container example procguard-oome.1 'A container image'
	run_image < entrypoint
	expect_container_restart $? /webapp
	rm root/started
	example procguard-oome.1 'In a Kubernetes pod' > pod
	sed -n 's/^  \(command\|args\): //p' pod | jq -r '.[]' > words
	run_image < words
	expect_container_restart $? 8080
}

# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
