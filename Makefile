# SPDX-License-Identifier: GPL-2.0
#
# LibOS: make, make demo, make check; `make help` lists the rest. The rules are in
# mk/, a noun each; everything that is made is under build/.

KERNEL ?=
KERNEL_SRC ?=
PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
LIBDIR ?= $(PREFIX)/lib
LIBEXECDIR ?= $(PREFIX)/libexec
MANDIR ?= $(PREFIX)/share/man
DESTDIR ?=
SETUP ?= yes
CC ?= cc
CFLAGS ?= -O2 -g
JOBS ?= $(shell nproc)
export JOBS

VERSION := $(shell awk '/define LIBOS_VERSION_M/ { print $$3 }' include/libos.h | paste -sd.)
SOVERSION := $(firstword $(subst ., ,$(VERSION)))

ifneq ($(words $(subst :, ,$(CURDIR))),1)
$(error The kernel cannot be built below a directory with a space or colon in its \
	name: move "$(CURDIR)")
endif

all:

include mk/kernel.mk
include mk/host.mk
include mk/nuse.mk
include mk/packetdrill.mk
include mk/trap.mk
include mk/test.mk
include mk/bench.mk
include mk/suites.mk
include mk/install.mk

all: $(IMAGE) host nuse packetdrill

# What is installed on demand: `have-build` is a group of setup/packages.txt,
# `have-linux-source-6.12` a package. Prints nothing where all is there.
have-%: FORCE
	@[ $(SETUP) = no ] || setup/install $*

setup: FORCE
	@setup/install build test program bench $(foreach r,$(RELEASES),$(call release,$(r),package))

clean: FORCE
	rm -rf $(filter-out build/linux-%,$(wildcard build/*))
	rm -rf $(addprefix build/linux-*/,tree configured objects)

distclean: FORCE
	rm -rf build

help: FORCE
	@sed -n 's/^#: //p' $(MAKEFILE_LIST)

#: make                   the image of the default kernel, and the library
#: make KERNEL=6.1        of another release (kernel/releases)
#: make KERNEL_SRC=DIR    of your own kernel tree; nothing is written into it
#: make demo              two stacks and a cable in one process
#: make check             all tests, on all releases
#: make check-AREA        those of test/AREA; make check TESTS="unit/x net/y"
#: make check-suites      outside test suites and programs; SUITES="dns http"
#: make bench             figures against the host's kernel
#: make pristine          proof that the kernel's source is the package's
#: make order             the order of the images' text anew (doc/architecture.md)
#: make install           PREFIX=/usr/local DESTDIR=; make uninstall
#: make setup             the Debian packages that all this needs
#: make clean, distclean  what was built; the unpacked kernels, too

FORCE:
.DELETE_ON_ERROR:
.SUFFIXES:
.PHONY: all FORCE
