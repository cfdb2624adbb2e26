# SPDX-License-Identifier: GPL-2.0
#
# trap.mk - libtrap.a: loads a program and traps its system calls
#
# A personality is linked with it into an image: $(call trap_link,OBJECTS). No libc, no
# vector registers, and an address that no program and no sanitizer uses; trap/trap.h
# says why.

TRAP_OBJ := $(addsuffix .o,$(basename $(wildcard trap/*.c trap/cpu/x86_64/*.S)))
TRAP_CFLAGS = -O2 -g -std=gnu11 -Wall -Wextra -Wno-missing-field-initializers -Itrap \
	-ffreestanding -fPIE -fvisibility=hidden -fno-stack-protector -fcf-protection=none \
	-fno-asynchronous-unwind-tables -fno-tree-loop-distribute-patterns \
	-mgeneral-regs-only -mno-red-zone
TRAP_LDFLAGS = -static -no-pie -nostdlib -Wl,-Ttext-segment=0x550000000000 -Wl,-z,noexecstack \
	-Wl,--build-id=none -Wl,-z,separate-code

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
