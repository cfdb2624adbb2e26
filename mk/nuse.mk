# SPDX-License-Identifier: GPL-2.0
#
# nuse.mk - the command nuse
#
# It is linked with the library's objects: the owner of a stack needs more of them than
# libos.h has (host/keeper.h, host/shared.h).

NUSE_OBJ := $(patsubst %.c,build/obj/%.o,$(wildcard nuse/*.c))

# For nuse/ and its tests, both flavours
build/obj/nuse/%.o build/asan/obj/nuse/%.o: private LIBOS_CPPFLAGS += -DNUSE_EXEC_DIR='"$(LIBEXECDIR)/libos"'

build/nuse: $(NUSE_OBJ) build/obj/internal.a build/flags
	@echo "  LINK    $@"
	@$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(NUSE_OBJ) build/obj/internal.a -Wl,--as-needed $(LIBOS_LIBS)

# nuse-exec: the part inside the programs, a personality of trap/
NUSE_EXEC_OBJ := $(addprefix build/trap/obj/,$(addsuffix .o,$(basename \
	$(wildcard nuse/attached/*.c nuse/attached/cpu/x86_64/*.S))))

$(NUSE_EXEC_OBJ): private TRAP_CFLAGS += -Ihost -Iinclude

build/nuse-exec: $(NUSE_EXEC_OBJ) build/trap/libtrap.a
	@echo "  LINK    $@"
	@$(call trap_link,$@) $^

nuse: build/nuse build/nuse-exec

# All of it but main(), for the tests
define nuse_flavour
$(1)/obj/nuse/command.a: $$(patsubst build/%,$(1)/%,$$(filter-out %/nuse.o,$$(NUSE_OBJ)))
	@rm -f $$@
	@ar rcs $$@ $$^
endef

$(eval $(call nuse_flavour,build))
$(eval $(call nuse_flavour,build/asan))

# The tests' scripts run it
check check-nuse check-program check-net: nuse

-include $(NUSE_EXEC_OBJ:.o=.d) $(NUSE_OBJ:.o=.d) $(NUSE_OBJ:build/%.o=build/asan/%.d)

.PHONY: nuse
