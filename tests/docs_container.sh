#!/bin/sh
# docs_container.sh: the container images of README and the manual, built and run without a container engine. lib.sh
# says how to run it.
# once
# shellcheck source=tests/progs/examples.sh
. "${0%/*}/progs/examples.sh"
# shellcheck source=tests/progs/container.sh
. "${0%/*}/progs/container.sh"

# Reports at its first start, ends with 7 at its second.
reporting() {
	cat <<-'END'
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
}

# Dies at its first start. At its second it sends heartbeats until there is a file "end", then SHUT_DOWN, and ends
# with 7.
beating() {
	cat <<-'END'
	#include <fcntl.h>
	#include <stdio.h>
	#include <stdlib.h>
	#include <unistd.h>
	int main(int argc, char **argv)
	{
		int first = open("/started", O_CREAT | O_EXCL | O_WRONLY, 0600) >= 0;
		int heart = atoi(getenv("HEART_FD"));

		printf("%s %d\n", argv[argc - 1], (int)getppid());
		fflush(stdout);
		if (first)
			return 3;
		for (; access("/end", F_OK) != 0; usleep(50000))
			if (write(heart, "\0\1\2", 3) != 3)
				return 8;
		return write(heart, "\0\1\3", 3) == 3 ? 7 : 8;
	}
	END
}

# The program was started twice, by the first process there, and ended with 7.
expect_container_restart() { # STATUS LAST-ARGUMENT
	test "$1" = 7 || fail "exit status $1, not the program's 7: $(cat err)"
	test "$(cat out)" = "$(printf '%s 1\n' "$2" "$2")" || fail "not started twice: $(cat out err)"
	grep -q 'webapp restarted' err || fail "not a word of the restart: $(cat err)"
}

# timeout: 600
test_container_of_readme() {
	container reporting example README 'with a static program webapp:'
	run_image < entrypoint
	expect_container_restart $? /webapp
	test "$(wc -c < root/procguard)" -lt 300000 || fail "it is larger than README says"
}

# timeout: 600
test_container_of_manual() {
	container reporting example procguard-oome.1 'A container image'
	run_image < entrypoint
	expect_container_restart $? /webapp
	rm root/started
	example procguard-oome.1 'In a Kubernetes pod' > pod
	sed -n 's/^  \(command\|args\): //p' pod | jq -r '.[]' > words
	run_image < words
	expect_container_restart $? 8080
}

# The words on stdin are a probe of the container that runs the image.
probe() {
	set --
	while read -r word; do
		set -- "$@" "$word"
	done
	chroot root "$@" > probed 2>&1
}

well() { # FILE of the probe's words
	probe < "$1" && grep -qx 'restarts: 1' probed
}

run_words() { # FILE
	run_image < "$1"
}

# It is well behind its restart, and ends with its program; the probe knows that, too.
expect_well_container() { # RUN-WORDS PROBE-WORDS LAST-ARGUMENT
	start run_words "$1"
	(wait_until 60 well "$2") || fail "$(cat probed out err)"
	grep -qx 'guarded by: heartbeats' probed || fail "not guarded by heartbeats: $(cat probed)"
	touch root/end
	wait "$started"
	expect_container_restart $? "$3"
	if probe < "$2"; then
		fail "the probe succeeds without a container: $(cat probed)"
	fi
}

# timeout: 600
test_container_of_readme_with_heartbeats() {
	container beating example README 'that sends heartbeats:'
	example README 'livenessProbe:' | sed -n 's/^    command: //p' | jq -r '.[]' > probe
	expect_well_container entrypoint probe /webapp
}

# timeout: 600
test_container_of_manual_with_heartbeats() {
	container beating example procguard-heart.1 'A container image'
	example procguard-heart.1 'In a Kubernetes pod' > pod
	sed -n 's/^      command: //p' pod | jq -r '.[]' > probe
	expect_well_container entrypoint probe /webapp
	rm root/started root/end
	sed -n 's/^  \(command\|args\): //p' pod | jq -r '.[]' > words
	expect_well_container words probe 8080
}

# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
