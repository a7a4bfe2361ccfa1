#!/bin/sh
# docs.sh: the examples of README, taken from there and run. lib.sh says how to run it.
# once
# shellcheck source=tests/progs/examples.sh
. "${0%/*}/progs/examples.sh"

# Every example is named in an `example FILE 'TEXT'` of tests/docs*.sh.
test_every_example_is_run() {
	for file in README procguard.1 procguard-oome.1 procguard-heart.1 procguard-cluster.1 procguard-gmr.1 \
		procguard_gmr.3; do
		examples block "$file" > all
		test -s all || fail "no example found in $file"
		sed -n "s/.*example $file '\([^']*\)'.*/\1/p" "$TOP"/tests/docs*.sh > texts
		while read -r text; do
			number_of "$file" "$text"
		done < texts > run
		cut -f1 all | sort -u | grep -vxFf run | while read -r number; do
			sed -n "s/^$number	/$file: /p" all
		done
	done > left
	test ! -s left || fail "not run by a test: $(cat left)"
}

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
	printf '%s\n' '#!/bin/sh' 'echo >> starts' 'test "$(wc -l < starts)" -gt 1 || exit 12' \
		'exec sleep 1000' > webapp
	chmod +x webapp
	run_line "$(example README 'only says so by its exit status')"
	within 20 said_err 'sh restarted' || fail "not restarted: $(cat err)"
	within 10 started_twice || fail "not started twice"
}

started_twice() {
	test "$(wc -l < starts)" = 2
}

# What `make demo` runs; it leaves nothing behind.
test_readme_demo() {
	"$TOP/tests/demo/run" > out 2>&1 || fail "it failed: $(cat out)"
	test "$(grep -c 'It was restarted' out)" = 3 || fail "not three restarts: $(cat out)"
	grep -q 'All was told, and nothing is left' out || fail "not the cluster: $(cat out)"
	test "$(ls)" = out || fail "it left $(ls)"
	no_procguard || fail "it left processes: $(procguard_pids all)"
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

# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
