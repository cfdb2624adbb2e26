# SPDX-License-Identifier: GPL-2.0
#
# bench.mk - `make bench`: figures against the host's kernel

BENCH_OBJ := $(patsubst %.c,build/obj/%.o,$(wildcard bench/*.c))

build/bench/bench: $(BENCH_OBJ) build/libos.so build/libos.so.$(SOVERSION)
	@mkdir -p $(@D)
	@echo "  LINK    $@"
	@$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(BENCH_OBJ) -Lbuild -los -lpthread '-Wl,-rpath,$$ORIGIN/..'

-include $(BENCH_OBJ:.o=.d)

# BENCH: a regular expression of the figures wanted, e.g. BENCH=TCP
bench: $(IMAGE) host nuse build/bench/bench have-bench FORCE
	@LIBOS_IMAGE_PATH=$(CURDIR)/build bench/run '$(BENCH)'

.PHONY: bench
