#!/bin/sh
# once
# inside_tsan.sh: the registry of the C library under ThreadSanitizer: threads that register while it is read. lib.sh
# says how to run it.

compile() { # OPTION...
	"${CC:-cc}" -std=gnu17 -D_GNU_SOURCE -I"$TOP" -fvisibility=hidden -g -O1 -fsanitize=thread "$@"
}

test_registry() {
	echo 'int main(void) { return 0; }' >probe.c
	{ compile -o probe probe.c && ./probe; } 2>why || skip "no ThreadSanitizer: $(head -n 1 why)"
	echo 'void inside_generators(void) { }' >stub.c
	set -- stub.c "$TOP/tests/test_inside_stress.c"
	for module in inside/note inside/table inside/keyed inside/text inside/option inside/green inside/section utf8 \
		registry_read registry_table memory cleanup; do
		set -- "$@" "$TOP/core/$module.c"
	done
	# shellcheck disable=SC2046 # words
	compile -o stress "$@" $(pkg-config --libs check) -pthread || fail "not compiled"
	ROUNDS=300 CK_FORK=no ./stress >out 2>&1 || fail "$(cat out)"
	! grep ThreadSanitizer out || fail "$(cat out)"
}

. "${0%/*}/lib.sh"
