# SPDX-License-Identifier: GPL-2.0
#
# trap.mk - libtrap.a: loads a program and traps its system calls
#
# A personality is linked with it into an image: $(call trap_link,OBJECTS). No libc, no
# vector registers, and an address that no program and no sanitizer uses; trap/trap.h
# says why.

TRAP_OBJ := $(addsuffix .o,$(basename $(wildcard trap/*.c trap/cpu/x86_64/*.[cS])))
TRAP_CFLAGS = -O2 -g -std=gnu11 -Wall -Wextra -Wno-missing-field-initializers -Itrap \
	-ffreestanding -fPIE -fvisibility=hidden -fno-stack-protector -fcf-protection=none \
	-fno-asynchronous-unwind-tables -fno-tree-loop-distribute-patterns \
	-mgeneral-regs-only -mno-red-zone
TRAP_LDFLAGS = -static -no-pie -nostdlib -Wl,-Ttext-segment=0x550000000000 -Wl,-z,noexecstack \
	-Wl,--build-id=none -Wl,-z,noseparate-code,-z,norelro

# $(1): the image; the rest of the command line is the prerequisites
trap_link = $(CC) $(TRAP_CFLAGS) $(TRAP_LDFLAGS) -o $(1)

build/trap/obj/%.o: %.c mk/trap.mk | have-build
	@mkdir -p $(@D)
	@echo "  CC      $@"
	@$(CC) $(TRAP_CFLAGS) -MMD -MP -c -o $@ $<

build/trap/obj/%.o: %.S mk/trap.mk | have-build
	@mkdir -p $(@D)
	@echo "  AS      $@"
	@$(CC) $(TRAP_CFLAGS) -MMD -MP -c -o $@ $<

build/trap/libtrap.a: $(TRAP_OBJ:%=build/trap/obj/%)
	@rm -f $@
	@ar rcs $@ $^

-include $(patsubst %.o,build/trap/obj/%.d,$(TRAP_OBJ))

# Tests: personalities, and programs that run under them (test/trap/*.sh)
TRAP_TEST := $(addprefix build/trap/,null probe probe_fork) \
	$(patsubst test/trap/program/%.c,build/trap/program/%,\
		$(filter-out %/loaded.c,$(wildcard test/trap/program/*.c))) \
	$(addprefix build/trap/program/loaded-,pie no-pie static static-pie execstack)

build/trap/null build/trap/probe: build/trap/%: build/trap/obj/test/trap/personality/%.o build/trap/libtrap.a
	@echo "  LINK    $@"
	@$(call trap_link,$@) $^

build/trap/probe_fork: test/trap/personality/probe.c build/trap/libtrap.a
	@echo "  LINK    $@"
	@$(call trap_link,$@) -DPROBE_FLAGS=TRAP_VFORK_IS_FORK $^

build/trap/program/%: test/trap/program/%.c test/trap/program/probe.h | have-build
	@mkdir -p $(@D)
	@echo "  CC      $@"
	@$(CC) -O2 -g -pthread -Wno-unused-result -o $@ $<

loaded-pie = -fPIE -pie
loaded-no-pie = -fno-pie -no-pie
loaded-static = -fno-pie -static
loaded-static-pie = -fPIE -static-pie
loaded-execstack = -fPIE -pie -Wl,-z,execstack
build/trap/program/loaded-%: test/trap/program/loaded.c mk/trap.mk | have-build
	@mkdir -p $(@D)
	@echo "  CC      $@"
	@$(CC) -O2 -g $(loaded-$*) -o $@ $<

tests check-trap: $(TRAP_TEST)
