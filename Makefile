# procguard: one binary, built from applets/ and core/. `make help` lists the targets.
#
#   make                            build/procguard with every applet
#   make APPLETS=oome               with these applets only
#   make WITHOUT="curl xml2 dw"     without these libraries: what needs them says so when it is used
#   make STATIC=1 CC=musl-gcc ...   one static file
#   make V=1                        show the commands

BUILD    ?= build
PREFIX   ?= /usr/local
BINDIR   ?= $(PREFIX)/bin
MANDIR   ?= $(PREFIX)/share/man
APPLETS  ?= $(sort $(patsubst applets/%/,%,$(wildcard applets/*/)))
WITHOUT  ?=
STATIC   ?=
CFLAGS   ?= -O2 -g
VERSION  := 0.1.0

WARN      = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wvla $(if $(CI),-Werror)
HARDEN    = -fstack-protector-strong -fPIE $(if $(findstring -O,$(CFLAGS)),-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
PG_CFLAGS = -std=gnu17 -D_GNU_SOURCE -I. -fvisibility=hidden $(WARN) $(HARDEN)

Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-7s %s\n' $(1) $(2);)

# A library's module is chosen by file: core/NAME_LIB.c, or core/NAME_none.c with WITHOUT=LIB.
with         = $(if $(filter $(1),$(WITHOUT)),none,$(1))
core_variant = core/http_$(call with,curl).c core/xmlrpc_$(call with,xml2).c core/dl_$(if $(STATIC),linked,open).c
core_all     = $(wildcard core/*.c)
core_choices = $(wildcard core/http_*.c core/xmlrpc_*.c core/dl_*.c)
CORE_SRC     = $(filter-out $(core_choices),$(core_all)) $(core_variant)
APPLET_SRC   = $(foreach a,$(APPLETS),$(wildcard applets/$(a)/*.c))
CORE_OBJ     = $(CORE_SRC:%.c=$(BUILD)/%.o)
APPLET_OBJ   = $(APPLET_SRC:%.c=$(BUILD)/%.o)

all: $(BUILD)/procguard

$(BUILD)/procguard: $(BUILD)/applets/main.o $(APPLET_OBJ) $(CORE_OBJ)
	$(call say,LINK,$@)$(CC) $(PG_CFLAGS) $(CFLAGS) -pie -Wl,-z,relro,-z,now $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/applets/main.o: $(BUILD)/applets.inc
$(BUILD)/applets.inc: FORCE
	@mkdir -p $(BUILD)
	@printf 'APPLET(%s)\n' $(APPLETS) > $@.new; cmp -s $@.new $@ && rm $@.new || mv $@.new $@

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) $(PG_CFLAGS) -I$(BUILD) -DPROCGUARD_VERSION='"$(VERSION)"' $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

clean:
	rm -rf $(BUILD)

-include $(CORE_OBJ:.o=.d) $(APPLET_OBJ:.o=.d) $(BUILD)/applets/main.d
FORCE:
.PHONY: all clean FORCE
