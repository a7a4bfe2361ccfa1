#!/bin/sh
# docs_container.sh: the container images of README and the manual, built and run without a container engine. lib.sh
# says how to run it.
# once
# shellcheck source=tests/progs/examples.sh
. "${0%/*}/progs/examples.sh"

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

# timeout: 600
test_container_of_readme() {
	container example README 'A Dockerfile'
	run_image < entrypoint
	expect_container_restart $? /webapp
	test "$(wc -c < root/procguard)" -lt 300000 || fail "it is larger than README says"
}

# timeout: 600
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
