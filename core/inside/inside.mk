# inside.mk: the C library, core/inside with gmr itself as bytes. A part of the Makefile.

# What it needs of core: modules that allocate nothing, and need no others.
INSIDE_CORE = core/cleanup.c core/clock.c core/headroom.c core/statement_write.c core/utf8.c
INSIDE_OBJ  = $(patsubst %.c,$(BUILD)/inside/%.o,$(wildcard core/inside/*.c $(INSIDE_CORE))) $(BUILD)/inside/blob.o
RELOCATE    = $(CC) $(filter -m%,$(CFLAGS)) -nostdlib -r

# -fPIC: it may become a part of a shared library; ld -r and objcopy want no objects for link-time optimisation.
$(BUILD)/inside/%.o: %.c $(BUILD)/compile.flags
	@mkdir -p $(@D)
	$(call say,CC,$<)$(COMPILE) -fPIC -fno-lto -MMD -MP -c -o $@ $<

# One object, of which programs see gmr_* alone: whatever else is called in there may be a name of theirs, too.
$(BUILD)/inside/libprocguard.a: $(INSIDE_OBJ) $(BUILD)/inside.flags
	$(call say,AR,$@)$(RELOCATE) -o $(@D)/procguard.o $(filter %.o,$^)
	$(Q)$(OBJCOPY) --localize-hidden $(@D)/procguard.o
	$(Q)! $(NM) -g --defined-only $(@D)/procguard.o | grep -v ' gmr_' >&2
	$(Q)rm -f $@ && $(AR) rcs $@ $(@D)/procguard.o

$(BUILD)/inside/parts.a: $(INSIDE_OBJ) $(BUILD)/inside.flags
	$(call say,AR,$@)rm -f $@ && $(AR) rcs $@ $(filter %.o,$^)

$(BUILD)/inside/blob.o: core/inside/blob.S $(BUILD)/inside/blob
	$(call say,AS,$<)$(CC) $(filter -m%,$(CFLAGS)) -DBLOB='"$(BUILD)/inside/blob"' -c -o $@ $<

# The gmr in it: static with libdw, so that it needs nothing on the machine; else what can be had here. Its libc need
# not be the library's. Made once for all variants that `make check` builds, and without sanitizers.
#
#   make BLOB=FILE                    take this one
#   make BLOB_WITHOUT="curl xml2 dw"  without libdw
BLOB         ?=
BLOB_BUILD   ?= $(BUILD)/inside/gmr
BLOB_CC      ?= $(if $(MUSL_GCC),$(shell $(native_gcc)),$(CC))
BLOB_CFLAGS  ?= $(filter-out -fsanitize% -fno-sanitize%,$(CFLAGS))
BLOB_WITHOUT ?= curl xml2
native_gcc    = [ "$$(gcc -dumpmachine | cut -d- -f1)" = "$$($(CC) -dumpmachine | cut -d- -f1)" ] 2>/dev/null && \
                echo gcc || echo $(CC)
blob_links    = $(shell echo 'extern int $(1)(); int main(void) { return $(1)(); }' | \
                $(BLOB_CC) -x c -w -o /dev/null - $(2) 2>/dev/null && echo yes)
blob_static   = $(call static_of,$(BLOB_CC))
libs_dw       = $(shell pkg-config --static --libs libdw 2>/dev/null)
blob_with_dw  = $(if $(filter dw,$(BLOB_WITHOUT)),,$(if $(call blob_links,dwfl_end,$(blob_static) $(libs_dw)),static,\
                $(if $(call blob_links,dwfl_end,-ldw),dynamic)))
blob_without  = $(if $(call blob_links,getpid,$(blob_static)),static,dynamic) without dw
blob_kind     = $(or $(strip $(blob_with_dw)),$(blob_without))
blob_make     = $(MAKE) -s --no-print-directory BUILD='$(BLOB_BUILD)' CC='$(BLOB_CC)' CFLAGS='$(BLOB_CFLAGS)' \
                APPLETS=gmr LIBRARY=no STATIC='$(if $(filter static,$(1)),1)' \
                WITHOUT='$(BLOB_WITHOUT) $(filter dw,$(1))' $(BLOB_BUILD)/procguard

ifeq ($(BLOB),)
blob_now      = $(call blob_by,$(blob_kind))
blob_by       = $(call say,BLOB,'$@ ($(1))')said=$$($(call blob_make,$(1)) 2>&1) || { echo "$$said" >&2; exit 1; }; \
                $(STRIP) -o $@.new $(BLOB_BUILD)/procguard
else
blob_now      = @cp '$(BLOB)' $@.new
endif

$(BUILD)/inside/blob: FORCE
	@mkdir -p $(@D)
	+$(blob_now)
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@

$(BUILD)/include/procguard/gmr.h: core/inside/gmr.h
	@mkdir -p $(@D)
	@cp $< $@

# nodelete: of a shared object that dlclose(3) took away the handler and the helper would be left.
define procguard.pc
prefix=$(PREFIX)
libdir=$(patsubst $(PREFIX)/%,$${prefix}/%,$(LIBDIR))
includedir=$(patsubst $(PREFIX)/%,$${prefix}/%,$(INCLUDEDIR))

Name: procguard
Description: Guru Meditation Reports of this program, by SIGUSR2
Version: $(VERSION)
Libs: -L$${libdir} -lprocguard -Wl,-z,nodelete -pthread
Cflags: -I$${includedir}
endef

$(INSIDE_TESTS): $(BUILD)/%: $(BUILD)/%.o $(BUILD)/inside/parts.a $(BUILD)/libprocguard.a
	$(call say,LINK,$@)$(LINK) -o $@ $^ $(shell pkg-config --libs check) $(PG_LIBS) $(LDLIBS)

# As a program of somebody else would be: with nothing of ours but what is installed.
$(INSIDE_PROGS): $(BUILD)/%: %.c $(BUILD)/inside/libprocguard.a $(BUILD)/include/procguard/gmr.h
	@mkdir -p $(@D)
	$(call say,CC,$<)$(LINK) -I$(BUILD)/include $(CPPFLAGS) -o $@ $(filter %.c %.a,$^) -pthread $(LDLIBS)
