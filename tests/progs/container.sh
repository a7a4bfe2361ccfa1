# container.sh: container images, built and run without a container engine. For shell tests, sourced before lib.sh, of
# which it uses the words.
# shellcheck shell=sh

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

# container WRITER COMMAND...: an image with the program that WRITER puts into webapp.c, as the Dockerfile says that
# COMMAND prints.
container() {
	test "$(id -u)" = 0 || skip "chroot needs root"
	command -v musl-gcc > musl.path || skip "no musl-gcc"
	command -v jq > jq.path || skip "no jq"
	unshare --pid --mount --fork true || skip "no namespaces to be had"
	"$1" > webapp.c
	musl-gcc -static -o webapp webapp.c || fail "no program to put into the image"
	shift
	"$@" | build_image || exit
}
