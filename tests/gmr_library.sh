#!/bin/sh
# gmr_library.sh: the C library is one object that gets along with any program: its names, its linking in every way
# that is usual, and that it works then. lib.sh says how to run it.
# once

library() {
	lib=$BUILD/inside/libprocguard.a
	[ -f "$lib" ] || fail "there is no $lib: make lib"
	cflags="-I$BUILD/include -pthread"
}

test_only_gmr_names_are_visible() {
	library
	nm -g --defined-only "$lib" | awk 'NF == 3 { print $3 }' | sort >visible
	sed -n 's/^[a-z].*[ *]\(gmr_[a-z_]*\)(.*/\1/p' "$TOP/core/inside/gmr.h" | sort >declared
	[ -s declared ] || fail "nothing is declared"
	cmp -s declared visible || fail "visible, and declared: $(diff visible declared)"
}

# What it needs is libc's: a name of ours would be taken from the program, if that has one.
test_it_needs_libc_only() {
	library
	nm -u "$lib" | awk 'NF == 2 { print $2 }' | sort -u >needed
	nm -g --defined-only "$BUILD/libprocguard.a" 2>/dev/null | awk 'NF == 3 { print $3 }' | sort -u >ours
	[ -s ours ] || fail "no names in $BUILD/libprocguard.a"
	comm -12 needed ours >both
	[ ! -s both ] || fail "left to the program: $(cat both)"
	echo 'int main(void) { return 0; }' >empty.c
	# shellcheck disable=SC2086 # words
	${CC:-cc} $cflags -o empty empty.c -Wl,--whole-archive "$lib" -Wl,--no-whole-archive || fail "libc does not do"
}

# It takes nothing for granted that a program may turn off: an executable stack, writable code, an open descriptor.
test_it_leaves_the_program_hardened() {
	library
	readelf -SW "$lib" | grep -q '\.note\.GNU-stack' || fail "no word on the stack"
	readelf -SW "$lib" | grep -q '\.note\.procguard' || fail "no note"
	program
	# shellcheck disable=SC2086
	${CC:-cc} $cflags -fPIE -pie -o p own.c "$lib" -Wl,-z,text,-z,now,--fatal-warnings || fail "not linked"
	readelf -lW p | grep GNU_STACK | grep -q RWE && fail "an executable stack"
	readelf -d p | grep -q TEXTREL && fail "relocations in code"
	:
}

# A program, C and C++, that has each name of the library's files itself, but gmr_*; and reports itself.
program() {
	find "$BUILD/inside" -name '*.o' ! -name procguard.o ! -path '*/inside/gmr/*' >objects
	xargs nm -g --defined-only <objects | awk 'NF == 3 { print $3 }' | grep -v '^gmr_' >names
	grep -q '^inside_blob$' names || fail "no inside_blob in $(cat objects)"
	printf '%s\n' buf_append registry blob >>names
	{
		echo '#include <procguard/gmr.h>'
		echo '#include <signal.h>'
		echo '#include <unistd.h>'
		echo '#ifdef __cplusplus'
		echo 'extern "C" {'
		echo '#endif'
		sort -u names | sed 's/.*/extern const char own_&[4] __asm__("&"); const char own_&[4] = "own";/'
		cat <<-'END'
			static void section(struct gmr_section *s, void *context)
			{
				(void)context;
				gmr_put(s, "the own name", "%s", own_buf_append);
			}
			int run(void);
			int run(void)
			{
				gmr_register_section("Own", section, NULL);
				gmr_register_option("own", "colour", "octarine", 0);
				if (gmr_setup_autorun("7.6.5", NULL) || kill(getpid(), SIGUSR2))
					return 1;
				for (;;)
					pause();
			}
			#ifdef __cplusplus
			}
			#endif
			#ifndef SHARED
			int main(void) { return run(); }
			#endif
		END
	} >own.c
	cp own.c own.cc
	echo 'int run(void); int main(void) { return run(); }' >main.c
}

# links NAME COMMAND...: what it makes is ./NAME, which reports itself; gmr sees from outside what it has registered.
links() {
	name=$1
	shift
	"$@" -o "./$name" || fail "$name: not linked: $*"
	start "./$name" 2>"$name.err"
	wait_until 30 grep -q 'the own name = own' "$name.err"
	"$PROCGUARD" gmr "$started" >"$name.out" || fail "$name: from outside: $(cat "$name.out")"
	for text in 'colour = octarine' '7\.6\.5'; do
		grep -q "$text" "$name.err" || fail "$name: no $text: $(cat "$name.err")"
		grep -q "$text" "$name.out" || fail "$name: from outside no $text: $(cat "$name.out")"
	done
	stop "$started"
	rm -f "./$name"
}

test_links_and_works() {
	library
	program
	# shellcheck disable=SC2086
	set -- ${CC:-cc} $cflags
	links pie "$@" -fPIE -pie own.c "$lib"
	links no_pie "$@" -fno-pie -no-pie own.c "$lib"
	links static "$@" -static own.c "$lib"
	links lto "$@" -O2 -flto -ffunction-sections -fdata-sections own.c "$lib" -Wl,--gc-sections -s
	"$@" -fPIC -DSHARED -shared -o libown.so own.c "$lib" -Wl,-z,nodelete || fail "no shared library"
	links shared "$@" main.c ./libown.so
}

# What procguard.pc says for linking keeps a shared object that dlclose(3) gives up.
test_a_shared_object_stays() {
	library
	cat >object.c <<-'END'
		#include <procguard/gmr.h>
		static void section(struct gmr_section *s, void *context)
		{
			gmr_print(s, "it stays%s", (char *)context);
		}
		int begin(void);
		int begin(void)
		{
			static char end[] = "\n";
			return gmr_register_section("Object", section, end) || gmr_setup_autorun("1", NULL);
		}
	END
	cat >closes.c <<-'END'
		#include <dlfcn.h>
		#include <signal.h>
		#include <unistd.h>
		int main(void)
		{
			void *object = dlopen("./object.so", RTLD_NOW);
			int (*begin)(void) = object ? (int (*)(void))dlsym(object, "begin") : 0;
			if (!begin || begin() || dlclose(object) || kill(getpid(), SIGUSR2))
				return 1;
			for (;;)
				pause();
		}
	END
	flags=$(sed -n 's/^Libs: .* -lprocguard //p' "$BUILD/procguard.pc")
	# shellcheck disable=SC2086
	{
		${CC:-cc} $cflags -fPIC -shared -o object.so object.c "$lib" $flags || fail "no shared object"
		${CC:-cc} $cflags -o closes closes.c -ldl || fail "no program"
	}
	start ./closes 2>err
	wait_until 30 grep -q 'it stays' err
	alive "$started" || fail "it has ended"
}

# gmr.h is included by others, who may have stricter compilers than we.
test_header_is_strict_c99_and_cxx98() {
	library
	echo '#include <procguard/gmr.h>' >strict.c
	for compiler in ${CC:-cc} clang g++ clang++; do
		command -v "$compiler" >/dev/null || continue
		case $compiler in
		*++) set -- -x c++ -std=c++98 ;;
		*) set -- -std=c99 ;;
		esac
		# shellcheck disable=SC2086 # words
		"$compiler" "$@" -pedantic-errors -Wall -Wextra -Wundef -Wconversion -Werror $cflags -fsyntax-only \
			strict.c || fail "$compiler $*"
	done
}

test_links_and_works_in_cxx() {
	library
	program
	for compiler in g++ clang++; do
		command -v $compiler >/dev/null || continue
		# shellcheck disable=SC2086
		links $compiler $compiler -std=c++11 -Wall -Wextra -Wpedantic -Werror $cflags own.cc "$lib"
	done
}

test_links_and_works_with_other_linkers() {
	library
	program
	for linker in lld gold; do
		command -v ld.$linker >/dev/null || continue
		# shellcheck disable=SC2086
		links $linker ${CC:-cc} $cflags -fuse-ld=$linker own.c "$lib" -Wl,--gc-sections
	done
}

# One library a libc, with the same gmr in it.
test_links_and_works_with_musl() {
	command -v musl-gcc >/dev/null || skip "no musl-gcc"
	library
	program
	make -s -C "$TOP" NODEPS=1 BUILD="$PWD/m" CC=musl-gcc STATIC=1 WITHOUT="curl xml2 dw" CFLAGS=-O1 \
		BLOB="$BUILD/inside/blob" lib >out 2>&1 || fail "make: $(tail -n 20 out)"
	# shellcheck disable=SC2086
	links musl musl-gcc -static $cflags own.c m/inside/libprocguard.a
	# shellcheck disable=SC2086
	musl-gcc -static $cflags -o example "$TOP/tests/inside/example.c" m/inside/libprocguard.a || fail "no example"
	start ./example >ready
	wait_until 30 grep -q ready ready
}

. "${0%/*}/lib.sh"
