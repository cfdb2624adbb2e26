# SPDX-License-Identifier: GPL-2.0
#
# test.mk - test programs and `make check`
#
# test/AREA/NAME.c with a main() is a test program, or, where there is a NAME.sh
# beside it, that script's tool; the other .c files of the folder are helpers, linked
# to whichever program calls them. test/AREA/NAME.sh (executable) is a test script.
# test/run says what tests must print and how they say what they need.
#
# Programs of test/unit, test/dev and test/nuse are linked with the library's objects
# (test/nuse: and the command's) and can have a function of their own instead of any of
# those; the others with libos.so.

INSIDE := unit dev nuse
ALSO_nuse := obj/nuse/command.a

TEST_SRC := $(wildcard test/*/*.c)
TEST_MAIN := $(shell grep -lE '^int main\b|^\#include ".*\.c"' $(TEST_SRC) /dev/null)
TEST_SH := $(shell find test -mindepth 2 -maxdepth 2 -name '*.sh' -perm -u+x)
TEST_AREAS := $(sort $(patsubst test/%/,%,$(dir $(TEST_SRC))))
ALL_TESTS := $(sort $(TEST_MAIN:test/%.c=%) $(TEST_SH:test/%.sh=%))

# Programs that test/run runs with the sanitizers, too
remark = $(shell grep -lE '^[ /\#*]*$(1)' $(TEST_MAIN) /dev/null)
ASAN_MAIN := $(sort $(call remark,sanitize: yes) $(filter-out $(call remark,sanitize: no),\
	$(filter $(INSIDE:%=test/%/%),$(TEST_MAIN))))

TEST_LIBS = -Wl,--as-needed -lcmocka $(LIBOS_LIBS)

# $(1): directory of the flavour; $(2): its flags; $(3): area
define test_area
$(1)/obj/test/$(3)/helpers.a: $(patsubst %.c,$(1)/obj/%.o,$(filter-out $(TEST_MAIN),$(wildcard test/$(3)/*.c)))
	@mkdir -p $$(@D)
	@rm -f $$@
	@ar rcs $$@ $$^

$(1)/test/$(3)/%: $(1)/obj/test/$(3)/%.o $(1)/obj/test/$(3)/helpers.a $(ALSO_$(3):%=$(1)/%) \
		$(if $(filter $(3),$(INSIDE)),$(1)/obj/internal.a,$(1)/libos.so $(1)/libos.so.$(SOVERSION))
	@mkdir -p $$(@D)
	@$$(CC) $(2) $$(CFLAGS) $$(LDFLAGS) -o $$@ $$(filter %.o %.a,$$^) \
		$(if $(filter $(3),$(INSIDE)),,-L$(1) -los '-Wl,-rpath,$$$$ORIGIN/../..') $$(TEST_LIBS)
endef

$(foreach area,$(TEST_AREAS),$(eval $(call test_area,build,,$(area))))
$(foreach area,$(TEST_AREAS),$(eval $(call test_area,build/asan,$(ASAN),$(area))))

TEST_OBJ := $(patsubst %.c,build/obj/%.o,$(TEST_SRC)) $(patsubst %.c,build/asan/obj/%.o,$(TEST_SRC))
$(TEST_OBJ): | have-test
-include $(TEST_OBJ:%.o=%.d)

TEST_BIN := $(TEST_MAIN:%.c=build/%) $(ASAN_MAIN:%.c=build/asan/%)
RUN = test/run $(IMAGES:build/liblinux-%.so=--release %)

tests: $(TEST_BIN)

# TESTS: AREA/NAME...
TESTS ?= $(ALL_TESTS)

# Also what test/program and test/net run
check check-program check-net: have-program

check: $(IMAGES) host tests have-test FORCE
	@$(RUN) $(TESTS)

define check_area
check-$(1): $(IMAGES) host have-test FORCE \
		$(filter build/test/$(1)/% build/asan/test/$(1)/%,$(TEST_BIN))
	@$$(RUN) $(filter $(1)/%,$(ALL_TESTS))
endef
$(foreach area,$(sort $(patsubst %/,%,$(dir $(ALL_TESTS)))),$(eval $(call check_area,$(area))))

.PHONY: tests check
