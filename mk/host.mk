# SPDX-License-Identifier: GPL-2.0
#
# host.mk - libos.so, libos.a, libos.pc: the host side and the packet back ends
#
# Two flavours of the same objects: build/obj/, and build/asan/obj/ with the address
# and undefined behaviour sanitizers, for the tests. Each has internal.a, the objects
# with all their symbols, for tests that look inside.

HOST_SRC := $(wildcard host/*.c host/*.S dev/*.c)
HOST_OBJ := $(addsuffix .o,$(basename $(HOST_SRC)))

CCACHE := $(shell command -v ccache)
LIBOS_CPPFLAGS = -Iinclude -Ihost -Idev -DLIBOS_IMAGE_DIR='"$(LIBDIR)/libos"' $(CPPFLAGS)
LIBOS_CFLAGS = $(CFLAGS) -std=gnu11 -Wall -Wextra -Wno-missing-field-initializers -fPIC -fno-semantic-interposition
LIBOS_LIBS = $(shell pkg-config --libs libxdp libbpf) -lpcap -lpthread
ASAN := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer

host: build/libos.so build/libos.so.$(SOVERSION) build/libos.a build/libos.pc

# Compilers and flags that things were built with; newer when they change
FLAGS = $(CC) $(LIBOS_CPPFLAGS) $(LIBOS_CFLAGS) $(LDFLAGS) $(ASAN) $(PREFIX) $(VERSION)
build/flags: FORCE | have-build
	@mkdir -p $(@D)
	@echo '$(subst ','\'',$(FLAGS))' > $@.new
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

# What the library exports: the functions that libos.h declares, nothing else
build/libos.symbols: include/libos.h build/flags
	@echo '#include <libos.h>' | $(CC) -E -P -Iinclude - | tr '\n' ' ' | \
		grep -oE '\blibos_[a-z0-9_]+ *[(]' | tr -d ' (' | sort -u > $@

build/libos.map: build/libos.symbols
	@{ echo '{ global:'; sed 's/$$/;/' $<; echo 'local: *; };'; } > $@

# $(1): where to; $(2): flags of the flavour
define flavour
$(1)/obj/%.o: %.c build/flags
	@mkdir -p $$(@D)
	@echo "  CC      $$@"
	@$$(CCACHE) $$(CC) $$(LIBOS_CPPFLAGS) $$(LIBOS_CFLAGS) $(2) -MMD -MP -c -o $$@ $$<

$(1)/obj/%.o: %.S build/flags
	@mkdir -p $$(@D)
	@echo "  AS      $$@"
	@$$(CCACHE) $$(CC) $$(LIBOS_CPPFLAGS) $(2) -MMD -MP -c -o $$@ $$<

$(1)/obj/internal.a: $$(HOST_OBJ:%=$(1)/obj/%)
	@rm -f $$@
	@ar rcs $$@ $$^

$(1)/libos.so: $$(HOST_OBJ:%=$(1)/obj/%) build/libos.map
	@echo "  LINK    $$@"
	@$$(CC) -shared -o $$@ $(2) $$(CFLAGS) $$(LDFLAGS) $$(HOST_OBJ:%=$(1)/obj/%) \
		-Wl,-soname,libos.so.$(SOVERSION) -Wl,--version-script=build/libos.map \
		-Wl,-z,defs -Wl,-z,now -Wl,-z,noexecstack -Wl,--as-needed $$(LIBOS_LIBS)

$(1)/libos.so.$(SOVERSION): $(1)/libos.so
	@ln -sf libos.so $$@

-include $$(patsubst %.o,$(1)/obj/%.d,$$(HOST_OBJ))
endef

$(eval $(call flavour,build,))
$(eval $(call flavour,build/asan,$(ASAN)))

# One object, so that the other names can be made local
build/libos.a: $(HOST_OBJ:%=build/obj/%) build/libos.symbols
	@echo "  AR      $@"
	@ld -r -o build/obj/libos.o $(filter %.o,$^)
	@objcopy --keep-global-symbols=build/libos.symbols build/obj/libos.o
	@rm -f $@
	@ar rcs $@ build/obj/libos.o

build/libos.pc: mk/libos.pc.in build/flags
	@sed 's|@PREFIX@|$(PREFIX)|; s|@LIBDIR@|$(LIBDIR)|; s|@VERSION@|$(VERSION)|' $< > $@

# The demonstration: real output of what README.md promises
build/demo: demo/demo.c include/libos.h build/libos.so build/libos.so.$(SOVERSION) build/flags
	@echo "  CC      $@"
	@$(CC) -Iinclude $(LIBOS_CFLAGS) -o $@ $< -Lbuild -los -lpthread '-Wl,-rpath,$$ORIGIN'

demo: build/demo $(IMAGE) nuse have-demo FORCE
	@build/demo $(IMAGE)
	@demo/nuse.sh build/nuse

.PHONY: host demo
