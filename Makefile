# procguard: one binary, built from applets/ and core/. `make help` lists the targets.
#
#   make                            build/procguard with every applet
#   make APPLETS=oome               with these applets only
#   make WITHOUT="curl xml2 dw"     without these libraries: what needs them says so when it is used
#   make STATIC=1 CC=musl-gcc ...   one static file
#   make LIBRARY=no                 without the C library; with it: BLOB=FILE, the gmr that it carries, made elsewhere
#   make BUILD=DIR                  everything made goes to DIR
#   make CI=1                       warnings are errors
#   make V=1                        show the commands
#   make NODEPS=1 check             with what is there: looks for nothing, installs nothing

BUILD    ?= build
PREFIX   ?= /usr/local
BINDIR   ?= $(PREFIX)/bin
MANDIR   ?= $(PREFIX)/share/man
DATADIR  ?= $(PREFIX)/share/procguard
LIBDIR   ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
APPLETS  ?= $(every_applet)
WITHOUT  ?=
STATIC   ?=
LIBRARY  ?= yes
CFLAGS   ?= -O2 -g
OBJCOPY  ?= objcopy
STRIP    ?= strip
NM       ?= nm
VERSION  := 0.1.0

# A misspelt word must not read as none.
every_applet  := $(sort $(patsubst applets/%/,%,$(wildcard applets/*/)))
every_library := curl xml2 dw
only_of        = $(foreach word,$(filter-out $(2),$($(1))),$(error $(1)=$(word): there are only: $(2)))
$(call only_of,APPLETS,$(every_applet))$(call only_of,WITHOUT,$(every_library))

Q     := $(if $(V),,@)
say    = $(if $(V)$(findstring s,$(firstword -$(MAKEFLAGS))),,@printf '  %-7s %s\n' $(1) $(2);)
is_on  = $(filter-out 0 no false,$(1))
ask_cc = $(shell printf '\043include <features.h>\n' | $(CC) -E -dM - 2>/dev/null | grep -c $(1))

# --- How to compile and link -----------------------------------------------------------------------------------------

WARN      = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wvla $(if $(call is_on,$(CI)),-Werror)
# Fortified functions need optimisation, and hide from the sanitizers what they look for.
FORTIFY   = $(if $(findstring -fsanitize,$(CFLAGS)),,$(if $(filter-out -O0,$(filter -O%,$(CFLAGS))),\
            -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2))
HARDEN    = -fstack-protector-strong -fPIE $(FORTIFY)
RELRO     = -Wl,-z,relro,-z,now
MUSL_GCC  = $(findstring musl-gcc,$(CC))
PG_CFLAGS = -std=gnu17 -D_GNU_SOURCE -I. -I$(BUILD) -fvisibility=hidden $(WARN) $(HARDEN) $(PG_STATIC)

# musl-gcc's -static-pie leaves a PT_INTERP that points at a dynamic linker; elsewhere it is as hardened as -pie.
static_of = $(if $(findstring musl-gcc,$(1)),-static -no-pie,-static-pie)

ifeq ($(call is_on,$(STATIC)),)
# glibc before 2.34 has dlopen(3) in a library of its own.
PG_LDFLAGS = -pie $(RELRO) -Wl,--as-needed
PG_LIBS    = -ldl
DL         = open
else
PG_STATIC  = -DDL_LINKED
PG_LDFLAGS = $(call static_of,$(CC)) $(RELRO)
PG_LIBS    = $(foreach l,curl xml2 dw,$(if $(filter $(l),$(without)),,$(STATIC_LIBS_$(l))))
DL         = linked
STATIC_LIBS_curl  = $(shell pkg-config --static --libs libcurl)
# Where libxml2 was built with ICU, it needs C++'s library too.
STATIC_LIBS_xml2  = $(shell pkg-config --static --libs libxml-2.0 | sed 's/.*-licu.*/& -lstdc++/')
STATIC_LIBS_dw    = $(shell pkg-config --static --libs libdw)
# Debian's static libcurl lacks its Kerberos parts.
STATIC_IMPLIES   := $(if $(filter curl,$(WITHOUT)),,$(if $(filter-out 0,$(call ask_cc,__GLIBC__)),curl))
ifneq ($(STATIC_IMPLIES),)
$(info STATIC=1 with glibc implies WITHOUT=curl: `oome single` and `oome all` need -x SCRIPT there)
endif
endif
without = $(sort $(WITHOUT) $(STATIC_IMPLIES))

# musl-gcc knows musl's headers only; the kernel's are behind them.
MUSL_INCLUDE = $(if $(MUSL_GCC),-idirafter /usr/include -idirafter /usr/include/$(shell $(CC) -print-multiarch))

# --- What is built ---------------------------------------------------------------------------------------------------

# A library's module is chosen by file: core/NAME_LIB.c, or core/NAME_none.c with WITHOUT=LIB.
with         = $(if $(filter $(1),$(without)),none,$(1))
is_with      = $(filter-out $(without),$(1))
core_choices = $(foreach m,http xmlrpc unwind dl,$(wildcard core/$(m)_*.c))
core_variant = $(filter core/http_$(call with,curl).c core/xmlrpc_$(call with,xml2).c \
               $(if $(call is_with,dw),core/unwind_dw%.c,core/unwind_none.c) core/dl_$(DL).c,$(core_choices))
CORE_SRC     = $(filter-out $(core_choices),$(wildcard core/*.c)) $(core_variant)
APPLET_SRC   = $(foreach a,$(APPLETS),$(wildcard applets/$(a)/*.c))
LIB_OBJ      = $(patsubst %.c,$(BUILD)/%.o,$(CORE_SRC) $(APPLET_SRC))
MAIN_OBJ     = $(BUILD)/applets/main.o

# Tests: test_MODULE.c, test_MODULE_*.c of what is built, *.sh on the binary, and small programs that those use.
other_modules = $(notdir $(basename $(filter-out $(CORE_SRC) $(APPLET_SRC),$(wildcard core/*.c applets/*/*.c))))
other_applets = $(filter-out $(APPLETS),$(every_applet))
other_tests   = $(foreach m,$(other_modules),tests/test_$(m).c $(wildcard tests/test_$(m)_*.c)) \
                $(if $(filter gmr,$(APPLETS)),,$(wildcard tests/test_inside_*.c))
TEST_SRC      = $(filter-out $(other_tests),$(wildcard tests/test_*.c))
TEST_BIN      = $(TEST_SRC:%.c=$(BUILD)/%)
other_sh      = $(foreach a,$(other_applets),$(wildcard tests/$(a).sh tests/$(a)_*.sh))
TEST_SH       = $(filter-out tests/lib.sh $(other_sh),$(wildcard tests/*.sh))
HELPER_SRC    = $(filter-out tests/test_%,$(wildcard tests/*.c tests/progs/*.c tests/demo/*.c))
HELPERS       = $(HELPER_SRC:%.c=$(BUILD)/%)
BENCHES       = $(patsubst %.c,$(BUILD)/%,$(wildcard tests/bench/*.c))
FUZZERS       = $(patsubst %.c,$(BUILD)/%,$(wildcard tests/fuzz/fuzz_*.c))
TEST_OBJ      = $(addsuffix .o,$(TEST_BIN) $(BENCHES) $(FUZZERS))
LINTS         = $(wildcard tests/lint/*)

# The C library goes with gmr: tests/test_inside_*.c are linked with its parts, tests/inside/*.c with itself alone.
library       = $(if $(filter gmr,$(APPLETS)),$(call is_on,$(LIBRARY)))
INSIDE_PROGS  = $(patsubst %.c,$(BUILD)/%,$(if $(filter gmr,$(APPLETS)),$(wildcard tests/inside/*.c)))
INSIDE_TESTS  = $(filter $(BUILD)/tests/test_inside_%,$(TEST_BIN))

all: $(BUILD)/procguard $(if $(library),lib) ## build/procguard and the C library (the default)
lib: $(BUILD)/inside/libprocguard.a $(BUILD)/include/procguard/gmr.h $(BUILD)/procguard.pc ## the C library alone

# From the archive, of which the linker takes what the applets need, and no more of core.
$(BUILD)/procguard: $(MAIN_OBJ) $(BUILD)/libprocguard.a
	$(call say,LINK,$@)$(LINK) -o $@ $^ $(PG_LIBS) $(LDLIBS)

$(BUILD)/libprocguard.a: $(LIB_OBJ) $(BUILD)/link.flags
	$(call say,AR,$@)rm -f $@ && $(AR) rcs $@ $(filter %.o,$^)

tests: $(TEST_BIN) $(HELPERS) $(BENCHES) $(INSIDE_PROGS) ## the programs that `make check` runs
fuzzers: $(FUZZERS)

COMPILE = $(CC) $(PG_CFLAGS) $(MUSL_INCLUDE) $(CPPFLAGS) $(CFLAGS)
LINK    = $(CC) $(PG_CFLAGS) $(CFLAGS) $(PG_LDFLAGS) $(LDFLAGS)

$(BUILD)/%.o: %.c $(BUILD)/compile.flags
	@mkdir -p $(@D)
	$(call say,CC,$<)$(COMPILE) $(MODULE_CFLAGS) -MMD -MP -c -o $@ $<$(if $(LIB), || $(missing))

$(MAIN_OBJ): MODULE_CFLAGS = -DPROCGUARD_WITHOUT='"$(without)"'
$(MAIN_OBJ): $(BUILD)/applets.inc $(BUILD)/version.flags
$(BUILD)/core/version.o: MODULE_CFLAGS = -DPROCGUARD_VERSION='"$(VERSION)"'
$(BUILD)/core/version.o: $(BUILD)/version.flags

# Only what includes a library's headers is compiled with their flags.
missing = { echo 'Without $(LIB): "make deps" installs it, WITHOUT=$(LIB:lib%=%) does without.' >&2; exit 1; }
$(BUILD)/core/http_curl.o: LIB = libcurl
$(BUILD)/core/http_curl.o: MODULE_CFLAGS = $(shell pkg-config --cflags libcurl 2>/dev/null)
$(BUILD)/core/xmlrpc_xml2.o: LIB = libxml2
$(BUILD)/core/xmlrpc_xml2.o: MODULE_CFLAGS = $(shell pkg-config --cflags libxml-2.0 2>/dev/null)
DW_OBJ = $(patsubst %.c,$(BUILD)/%.o,$(wildcard core/unwind_dw*.c))
$(DW_OBJ): LIB = libdw
$(DW_OBJ): MODULE_CFLAGS = $(shell pkg-config --cflags libdw 2>/dev/null)

$(filter-out $(INSIDE_TESTS),$(TEST_BIN)): $(BUILD)/%: $(BUILD)/%.o $(BUILD)/libprocguard.a
	$(call say,LINK,$@)$(LINK) -o $@ $^ $(shell pkg-config --libs check) $(PG_LIBS) $(LDLIBS)

$(FUZZERS): $(BUILD)/%: $(BUILD)/%.o $(BUILD)/libprocguard.a
	$(call say,LINK,$@)$(LINK) -fsanitize=fuzzer -o $@ $^ $(PG_LIBS) $(LDLIBS)

$(BENCHES): $(BUILD)/%: $(BUILD)/%.o $(BUILD)/libprocguard.a
	$(call say,LINK,$@)$(LINK) -o $@ $^ $(PG_LIBS) $(LDLIBS)

# Helpers stand alone and are never sanitized: some eat memory on purpose.
$(HELPERS): $(BUILD)/%: %.c $(BUILD)/compile.flags
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) $(PG_CFLAGS) $(CPPFLAGS) $(filter-out -fsanitize%,$(CFLAGS)) -o $@ $< $(LDFLAGS)
$(BUILD)/tests/progs/python_lines: core/python_lines.c
$(BUILD)/tests/progs/python_layout: core/python_layout.c

# Files that hold a value of this Makefile: written only when it has changed, and what depends on them is made anew.
applets.inc   = $(foreach a,$(APPLETS),APPLET($(a)))
compile.flags = $(COMPILE)
version.flags = $(VERSION) $(without)
link.flags    = $(LINK) $(LIB_OBJ) $(PG_LIBS) $(LDLIBS)
inside.flags  = $(RELOCATE) $(INSIDE_OBJ)
of_values     = applets.inc compile.flags version.flags link.flags inside.flags procguard.pc
$(addprefix $(BUILD)/,$(of_values)): FORCE | $(BUILD)/
	@$(file >$@.new,$($(@F))) cmp -s $@.new $@ && rm $@.new || mv $@.new $@
$(BUILD)/:
	@mkdir -p $@

include core/inside/inside.mk

# --- Tests -----------------------------------------------------------------------------------------------------------

RESULTS   = $(abspath $(BUILD))/results
TIMES     = 1
RUN       = BUILD='$(abspath $(BUILD))' TIMES=$(TIMES) CC='$(CC)' tests/run -r '$(RESULTS)'
SANITIZE  = -g -O1 -fno-omit-frame-pointer -fno-sanitize-recover=all -fsanitize=address,undefined
CLANG     = $(if $(shell command -v clang),clang,$(CC))
JOBS      = $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(shell nproc))
VARIANT   = $(MAKE) --no-print-directory $(JOBS) RESULTS='$(RESULTS)' $(BLOB_ONCE)
BLOB_ONCE = BLOB_BUILD='$(abspath $(BLOB_BUILD))' BLOB_CC='$(BLOB_CC)' BLOB_CFLAGS='$(BLOB_CFLAGS)'
asan      = BUILD='$(BUILD)/asan' CC='$(CLANG)' CFLAGS='$(SANITIZE)'
fuzz      = BUILD='$(BUILD)/fuzz' CC='$(CLANG)' CFLAGS='$(SANITIZE) -fsanitize=fuzzer-no-link'

check: deps-check ## every test, twice (plain, sanitized), and the lints; installs what is missing first
	@$(RUN) -n
	+@$(VARIANT) suite
	+@$(VARIANT) suite LABEL=asan TIMES=3 $(asan)
	+@$(VARIANT) suite-valgrind TIMES=5
	+@$(VARIANT) suite-fuzz $(fuzz) FUZZ_SECONDS=0
	+@$(VARIANT) suite-each EACH=TEST_SH=tests/procguard.sh
	@$(RUN) -l lint -j 2 $(LINTS)
	@$(RUN) -c

check-each: deps-check ## each applet built alone, with its tests
	@$(RUN) -n
	+@$(VARIANT) suite-each
	@$(RUN) -c

fuzz: deps-check ## FUZZ_SECONDS (30) of each fuzz target
	@$(RUN) -n
	+@$(VARIANT) suite-fuzz $(fuzz) FUZZ_SECONDS=$(or $(FUZZ_SECONDS),30)
	@$(RUN) -c

# Parts of `check`: each adds to RESULTS and succeeds; `tests/run -c` then says what came of it. EACH: that an applet
# links and passes alone; its shell tests have just been run on the whole, so there they are not run again.
suite:
	+@$(RUN) -l '$(LABEL)' -s build $(VARIANT) -k all tests
	@$(RUN) -l '$(LABEL)' -j 2 $(TEST_BIN)
	@$(RUN) -l '$(LABEL)' -j 8 $(TEST_SH)
suite-valgrind:
	@CK_FORK=no $(RUN) -l valgrind -j 2 -w 'valgrind -q --error-exitcode=9 --leak-check=full' $(TEST_BIN)
suite-fuzz:
	+@$(RUN) -l fuzz -s build $(VARIANT) -k fuzzers $(HELPERS)
	@FUZZ_SECONDS=$(FUZZ_SECONDS) LIMIT=$$(($(FUZZ_SECONDS) + 300)) $(RUN) -l fuzz -j 2 -w tests/fuzz/run $(FUZZERS)
suite-each:
	+@for applet in $(APPLETS); do \
		$(VARIANT) suite LABEL="$$applet alone" BUILD='$(BUILD)'/$$applet APPLETS=$$applet $(EACH); \
	done

demo: deps-demo ## see it work
	+@$(VARIANT) all $(HELPERS)
	@BUILD='$(abspath $(BUILD))' PROCGUARD='$(abspath $(BUILD))/procguard' tests/demo/run

bench: deps-bench ## measure it against its peers
	+@$(VARIANT) all $(HELPERS) $(BENCHES)
	@BUILD='$(abspath $(BUILD))' PROCGUARD='$(abspath $(BUILD))/procguard' tests/bench/run

# --- The rest --------------------------------------------------------------------------------------------------------

deps: deps-all ## find what is missing to build, test, measure; install it when root, else say how
deps-%:
	@CC='$(CC)' NODEPS='$(NODEPS)' tests/deps $*

# Of these applets: their names and other names, their pages of the manual, the schemas of what they write.
links = $(1) $(shell cat $(1:%=applets/%/*.c) /dev/null | sed -n 's/.*\.alias = "\([^"]*\)".*/\1/p')
man1  = $(wildcard man/procguard.1 $(1:%=man/procguard-%.1))
man3  = $(wildcard $(1:%=man/procguard_%.3))
data  = $(wildcard $(1:%=man/procguard-%.rng) $(1:%=man/procguard-%.schema.json))
LINKS = $(call links,$(APPLETS))
MAN1  = $(call man1,$(APPLETS))
MAN3  = $(call man3,$(if $(library),$(APPLETS),$(filter-out gmr,$(APPLETS))))
DATA  = $(call data,$(APPLETS))

# In the shell: is $$file a link, relative, absolute or hard, to the procguard that is installed?
is_link = case "$$(readlink "$$file")" in \
	  procguard | '$(BINDIR)/procguard') ;; \
	  *) [ "$$file" -ef '$(DESTDIR)$(BINDIR)/procguard' ] ;; \
	  esac
is_binary  = { [ -f '$(DESTDIR)$(BINDIR)/procguard' ] && [ ! -h '$(DESTDIR)$(BINDIR)/procguard' ]; }
is_nothing = { [ ! -e "$$file" ] && [ ! -h "$$file" ]; }

install: all ## binary, a link for each applet, manual, schemas, C library, below DESTDIR and PREFIX
	@file='$(DESTDIR)$(BINDIR)/procguard'; $(is_nothing) || $(is_binary) || \
		{ echo "make install: $$file is no regular file; nothing is installed" >&2; exit 1; }
	@for name in $(LINKS); do \
		file='$(DESTDIR)$(BINDIR)'/$$name; \
		$(is_nothing) || $(is_link) || \
			{ echo "make install: $$file is no link to procguard; nothing is installed" >&2; exit 1; } \
	done
	install -d '$(DESTDIR)$(BINDIR)' '$(DESTDIR)$(MANDIR)/man1' $(if $(MAN3),'$(DESTDIR)$(MANDIR)/man3') \
		$(if $(DATA),'$(DESTDIR)$(DATADIR)')
	install -m 755 $(BUILD)/procguard '$(DESTDIR)$(BINDIR)/procguard'
	for name in $(LINKS); do ln -sf procguard '$(DESTDIR)$(BINDIR)'/$$name || exit; done
	$(if $(MAN1),install -m 644 $(MAN1) '$(DESTDIR)$(MANDIR)/man1')
	$(if $(MAN3),install -m 644 $(MAN3) '$(DESTDIR)$(MANDIR)/man3')
	$(if $(DATA),install -m 644 $(DATA) '$(DESTDIR)$(DATADIR)')
	$(if $(library),install -d '$(DESTDIR)$(LIBDIR)/pkgconfig' '$(DESTDIR)$(INCLUDEDIR)/procguard')
	$(if $(library),install -m 644 $(BUILD)/inside/libprocguard.a '$(DESTDIR)$(LIBDIR)')
	$(if $(library),install -m 644 $(BUILD)/procguard.pc '$(DESTDIR)$(LIBDIR)/pkgconfig')
	$(if $(library),install -m 644 core/inside/gmr.h '$(DESTDIR)$(INCLUDEDIR)/procguard')

uninstall: ## what `make install` put there
	@for name in $(call links,$(every_applet)); do \
		file='$(DESTDIR)$(BINDIR)'/$$name; \
		if $(is_nothing); then continue; fi; \
		if $(is_link); then rm -f "$$file" || exit; continue; fi; \
		echo "make uninstall: $$file is no link to procguard; it stays" >&2; \
	done
	if $(is_binary); then rm -f '$(DESTDIR)$(BINDIR)/procguard'; fi
	for page in $(patsubst man/%,man1/%,$(call man1,$(every_applet))) \
		$(patsubst man/%,man3/%,$(call man3,$(every_applet))); do \
		rm -f '$(DESTDIR)$(MANDIR)'/$$page || exit; \
	done
	for file in $(patsubst man/%,%,$(call data,$(every_applet))); do \
		rm -f '$(DESTDIR)$(DATADIR)'/$$file || exit; \
	done
	rm -f '$(DESTDIR)$(LIBDIR)/libprocguard.a' '$(DESTDIR)$(LIBDIR)/pkgconfig/procguard.pc' \
		'$(DESTDIR)$(INCLUDEDIR)/procguard/gmr.h'
	for dir in '$(DESTDIR)$(DATADIR)' '$(DESTDIR)$(INCLUDEDIR)/procguard'; do \
		if [ -d "$$dir" ]; then rmdir --ignore-fail-on-non-empty "$$dir" || exit; fi; \
	done

clean: ## remove BUILD
	rm -rf $(BUILD)

help: ## this list
	@sed -n '3,/^$$/s/^# *//p' Makefile
	@echo
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' Makefile | awk -F'|' '{ printf "make %-26s %s\n", $$1, $$2 }'

-include $(patsubst %.o,%.d,$(MAIN_OBJ) $(LIB_OBJ) $(TEST_OBJ) $(INSIDE_OBJ))
FORCE:
.SECONDARY: $(TEST_OBJ)
.PHONY: all lib tests fuzzers check check-each fuzz suite suite-valgrind suite-fuzz suite-each demo bench deps \
        install uninstall clean help FORCE
