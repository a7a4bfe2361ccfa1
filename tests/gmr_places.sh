#!/bin/sh
# gmr_places.sh: `gmr` and processes whose files are not where ours are, or are not what they should be; names that
# are meant to do harm. lib.sh says how to run it.
# timeout: 600
# shellcheck source=tests/progs/command.sh
. "${0%/*}/progs/command.sh"

gmr() {
	# shellcheck disable=SC2086 # words
	run timeout -s KILL $((120 * TIMES)) "$PROCGUARD" gmr $PATIENT "$@"
	expect_status 0
}

needs_root() {
	[ "$(id -u)" -eq 0 ] || skip "needs root"
}

# tests/progs/stacks as ./app, half of it in a library of its own, with names and without debug information.
app() {
	needs_gmr
	cat > far.c <<-END
		int far(int (*function)(void));
		int far(int (*function)(void)) { return function() + 1; }
	END
	cat > app.c <<-END
		#include <pthread.h>
		#include <stdio.h>
		#include <unistd.h>
		int far(int (*function)(void));
		static int waits_here(void) { return pause() + 1; }
		static void *thread(void *none) { return far(waits_here) ? none : NULL; }
		int main(void)
		{
			pthread_t id;

			if (pthread_create(&id, NULL, thread, NULL) || puts("ready") < 0 || fflush(stdout))
				return 1;
			return far(waits_here);
		}
	END
	flags='-O1 -fno-optimize-sibling-calls -pthread'
	# shellcheck disable=SC2086 # words
	${CC:-cc} $flags -shared -fPIC -o libfar.so far.c || skip "cannot build a library"
	# shellcheck disable=SC2086
	${CC:-cc} $flags -o app app.c ./libfar.so || skip "cannot build it"
}

begun() { # PID [THREADS]: all wait
	wait_until 30 grep -q ready ready
	wait_until 30 waits "$@"
}

waits() { # PID [THREADS]
	[ "$(grep -s . /proc/"$1"/task/*/stat | sed 's/.*) //' | grep -c '^S')" = "${2:-2}" ]
}

# Its two threads, by all names; whatever FILTER leaves of them.
is_named() { # PID
	gmr -S threads "$1"
	! grep -q libdw out || skip "no stacks: $(grep libdw out)"
	for name in waits_here far main thread; do
		grep -q "/\(app\|libfar.so\)+0x[0-9a-f]* in $name\$" out || fail "no $name: $(cat out err)"
	done
	[ "$(grep -c ' in waits_here$' out)" = 2 ] || fail "not twice: $(cat out)"
	! grep -q 'outer frames' out || fail "not whole: $(cat out)"
}

test_deleted() {
	app
	start ./app > ready
	begun "$started"
	rm app libfar.so
	is_named "$started"
}

# Others have taken the places of the files.
test_replaced() {
	app
	start ./app > ready
	begun "$started"
	rm app libfar.so
	cp "$(command -v sleep)" app
	cp "$(command -v sleep)" libfar.so
	is_named "$started"
	gmr -S package "$started"
	grep -q '^deleted = True' out || fail "$(cat out)"
}

# Without the right to open what is mapped by its mapping: where the files have gone, names are missing and it is said.
test_deleted_without_privileges() {
	needs_root
	app
	command -v setpriv > /dev/null || skip "no setpriv"
	chmod 755 . app libfar.so
	nobody="setpriv --reuid 65534 --regid 65534 --clear-groups"
	# shellcheck disable=SC2086 # words
	$nobody "$PROCGUARD" --version > version.out 2>&1 || skip "nobody may not run it: $(cat version.out)"
	# shellcheck disable=SC2086
	start $nobody ./app > ready
	begun "$started"
	# shellcheck disable=SC2086
	run $nobody "$PROCGUARD" gmr -S threads "$started"
	expect_status 0
	! grep -q libdw out || skip "no stacks: $(grep libdw out)"
	[ "$(grep -c ' in waits_here$' out)" = 2 ] || fail "no names: $(cat out)"
	rm libfar.so
	# shellcheck disable=SC2086
	run $nobody "$PROCGUARD" gmr -S threads "$started"
	expect_status 0
	[ "$(grep -c 'pause' out)" = 4 ] || fail "not even the innermost frames: $(cat out)"
}

# The executable and the library are on a file system that we do not see.
test_mount_namespace() {
	needs_root
	app
	unshare -m true 2> /dev/null || skip "no mount namespaces"
	mkdir place
	# shellcheck disable=SC2016 # for the inner shell
	start unshare -m sh -c 'mount -t tmpfs none place && cp app libfar.so place && cd place && exec ./app' > ready
	begun "$started"
	[ ! -e place/app ] || fail "it is seen"
	is_named "$started"
	gmr -S package "$started"
	grep -q '^build-id = [0-9a-f]' out || fail "$(cat out)"
}

# Another file is where the process sees its own.
test_mount_namespace_with_an_impostor() {
	needs_root
	app
	unshare -m true 2> /dev/null || skip "no mount namespaces"
	mkdir place
	cp "$(command -v sleep)" place/app
	cp "$(command -v sleep)" place/libfar.so
	# shellcheck disable=SC2016 # for the inner shell
	start unshare -m sh -c 'mount -t tmpfs none place && cp app libfar.so place && cd place && exec ./app' > ready
	begun "$started"
	is_named "$started"
}

test_pid_namespace() {
	needs_root
	app
	unshare -p -f true 2> /dev/null || skip "no pid namespaces"
	start unshare -p -f --kill-child ./app > ready
	wait_until 30 grep -q ready ready
	pid=$(cat "/proc/$started/task/$started/children") && pid=${pid% }
	begun "$pid"
	is_named "$pid"
	for task in /proc/"$pid"/task/*; do
		grep -q "^------ *Thread #${task##*/} *------\$" out || fail "no ${task##*/}: $(cat out)"
	done
	[ "$(grep -c '^------ *Thread #' out)" = 2 ] || fail "more than two: $(cat out)"
	gmr -f json -S processes "$pid"
	[ "$(jq -r '.Processes.pid, .Processes.parent_pid' out | xargs)" = "$pid $started" ] || fail "$(cat out)"
	stop "$started" KILL || : # it does not go by TERM
}

test_chroot() {
	needs_root
	app
	mkdir -p jail/lib
	cp app libfar.so jail
	chmod 755 . jail
	for file in $(ldd app | grep -o '[[:space:]]/[^ ]*'); do
		mkdir -p "jail${file%/*}"
		cp "$file" "jail$file" || skip "$file: no library"
	done
	start chroot jail /app > ready
	begun "$started"
	is_named "$started"
	gmr -f json -S configuration "$started"
	[ "$(jq -r '.Configuration.process.root' out)" = "$PWD/jail" ] || fail "$(cat out)"
}

# ---- names ----

# Nothing raw is in any form: no escape sequence, no bare newline where one would make a line of its own.
test_names_that_do_harm() {
	needs_gmr
	name=$(printf 'a\033]0;x\007\nThread #1 \377\xc2\x9b')
	cp "$BUILD/tests/progs/harmed" "$name" || skip "no such file name here"
	start "./$name" counts "$(printf '\033[31m\nConfiguration\r\b\302')" \
		"$(printf '\342\200\256\357\273\277')" "--password=$(printf 'x\ny')" ']]>' '<b>&amp;' \
		8> "$(printf 'file\033c\n====\377')" 9> '<&">'
	wait_until 30 runs_it "$started"
	for form in text json xml; do
		run timeout -s KILL $((120 * TIMES)) "$PROCGUARD" gmr --environ -f $form "$started"
		expect_status 0
		! LC_ALL=C tr -d '\n\t -~' < out | LC_ALL=C grep -q "$(printf '[\001-\037\177]')" ||
			fail "$form: raw: $(LC_ALL=C tr -d '\n\t -~' < out | od -c)"
		LC_ALL=C tr -d '\0-\177' < out > high
		[ ! -s high ] || iconv -f UTF-8 -t UTF-8 out > iconv.out || fail "$form: not UTF-8"
		grep -q '\\x1b\|\\\\x1b' out || fail "$form: it is not there: $(cat out)"
		! grep -q '^Thread #1\|^Configuration.$\|^====.377' out || fail "$form: lines of its own: $(cat out)"
	done
	run timeout -s KILL $((120 * TIMES)) "$PROCGUARD" gmr -f json "$started"
	jq -e . out > jq.out || fail "no JSON: $(cat out)"
	run timeout -s KILL $((120 * TIMES)) "$PROCGUARD" gmr -f xml "$started"
	xmllint --noout out || fail "no XML: $(cat out)"
	run timeout -s KILL $((120 * TIMES)) "$PROCGUARD" gmr -L . "$started"
	expect_status 0
	grep -Eqx '\./[A-Za-z0-9._-]+_gurumeditation_[0-9]{14}' out || fail "its file: $(cat out err)"
}

runs_it() { # PID
	case $(readlink "/proc/$1/exe") in
	*/a*) ;;
	*) return 1 ;;
	esac
}

# ---- files that do harm ----

# Of the file ./app everything but what the kernel and the loader need is random.
corrupt() { # SEED
	python3 - "$1" <<-'END' || skip "cannot"
		import random, struct, sys
		random.seed(int(sys.argv[1]))
		with open('app', 'rb') as f:
		    data = bytearray(f.read())
		at, size, count, names = (struct.unpack_from('<Q', data, 40)[0],) + struct.unpack_from('<HHH', data, 58)
		def header(i):
		    return struct.unpack_from('<IIQQQQIIQQ', data, at + i * size)
		strings = header(names)
		for i in range(1, count):
		    name, kind, flags, address, offset, length = header(i)[:6]
		    begin = strings[4] + name
		    word = bytes(data[begin:data.index(0, begin)]).decode()
		    if kind == 8 or i == names:
		        continue
		    if word.startswith(('.debug', '.eh_frame', '.symtab', '.strtab', '.note')):
		        for _ in range(max(1, length // 40)):
		            data[offset + random.randrange(length)] = random.randrange(256)
		if random.random() < 0.3:
		    for i in range(1, count):
		        data[at + i * size + random.randrange(24, 40)] = random.randrange(256)
		with open('bad', 'wb') as f:
		    f.write(data)
	END
	chmod +x bad
}

test_files_that_are_not_what_they_should_be() {
	needs_gmr
	command -v python3 > /dev/null || skip "no python3"
	[ "$(head -c 5 "$PROCGUARD" | od -An -tx1 | xargs)" = '7f 45 4c 46 02' ] || skip "no ELF of 64 bits"
	${CC:-cc} -g -O1 -pthread -D_GNU_SOURCE -o app "$TOP/tests/progs/stacks.c" || skip "cannot build it"
	for seed in 1 2 3 4 5 6; do
		corrupt $seed
		start ./bad 3 busy > ready
		wait_until 30 grep -qs ready ready
		gmr -f json "$started"
		[ "$(jq '.Threads | length' out)" = 3 ] || fail "seed $seed: $(cat out err)"
		jq -e .Configuration.limits out > jq.out || fail "seed $seed: $(cat out err)"
		stop "$started" KILL 2> /dev/null || :
		rm ready
	done
}

# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
