# SPDX-License-Identifier: GPL-2.0
#
# nuse.mk - the command nuse
#
# It is linked with the library's objects: the owner of a stack needs more of them than
# libos.h has (host/keeper.h, host/shared.h).

NUSE_OBJ := $(patsubst %.c,build/obj/%.o,$(wildcard nuse/*.c))

# For nuse/ and its tests, both flavours
build/obj/nuse/%.o build/asan/obj/nuse/%.o: LIBOS_CPPFLAGS += -DNUSE_EXEC_DIR='"$(LIBEXECDIR)/libos"'

build/nuse: $(NUSE_OBJ) build/obj/internal.a build/flags
	@echo "  LINK    $@"
	@$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(NUSE_OBJ) build/obj/internal.a -Wl,--as-needed $(LIBOS_LIBS)

nuse: build/nuse

-include $(NUSE_OBJ:.o=.d)

.PHONY: nuse
