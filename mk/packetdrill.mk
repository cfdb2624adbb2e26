# SPDX-License-Identifier: GPL-2.0
#
# packetdrill.mk - libos-packetdrill.so, the stack as packetdrill's --so_filename
#
# It is linked with the library's objects, since it needs to know of sleeping threads
# (host/stack.h), and so it can be copied anywhere.

PACKETDRILL_OBJ := $(patsubst %.c,build/obj/%.o,$(wildcard packetdrill/*.c))

build/libos-packetdrill.so: $(PACKETDRILL_OBJ) build/obj/internal.a packetdrill/packetdrill.map build/flags
	@echo "  LINK    $@"
	@$(CC) -shared -o $@ $(CFLAGS) $(LDFLAGS) $(PACKETDRILL_OBJ) build/obj/internal.a \
		-Wl,-soname,libos-packetdrill.so -Wl,--version-script=packetdrill/packetdrill.map \
		-Wl,-z,defs -Wl,-z,now -Wl,-z,noexecstack -Wl,--as-needed $(LIBOS_LIBS)

packetdrill: build/libos-packetdrill.so

# The tests load it
check check-packetdrill tests: packetdrill

-include $(PACKETDRILL_OBJ:.o=.d)

.PHONY: packetdrill
