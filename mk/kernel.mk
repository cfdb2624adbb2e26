# SPDX-License-Identifier: GPL-2.0
#
# kernel.mk - build/liblinux-<release>.so, from the package to the image
#
# In build/linux-<release>/:
#	source/		the package, untouched (KERNEL_SRC is where it is)
#	tree/		links to it, and arch/lib; tree/obj is kbuild's
#	unpacked, configured, objects	stamps of the steps; as old as the step's
#			beginning, so that what is edited meanwhile counts as newer

RELEASES := $(shell awk '!/^\#/ && NF { print $$1 }' kernel/releases)
# $(call release,RELEASE,package|tarball|steps)
release = $(shell awk -v f=$(2) '$$1 == "$(1)" { print f == "package" ? $$2 : f == "tarball" ? $$3 : $$4 }' kernel/releases)

ifneq ($(KERNEL_SRC),)
override KERNEL := $(shell kernel/version "$(KERNEL_SRC)")
$(if $(KERNEL),,$(error LibOS cannot be built from KERNEL_SRC))
IMAGES := $(KERNEL)
else ifeq ($(KERNEL),)
override KERNEL := $(firstword $(RELEASES))
IMAGES := $(RELEASES)
else
$(if $(filter $(KERNEL),$(RELEASES)),,\
	$(error KERNEL=$(KERNEL) is not in kernel/releases, which has: $(RELEASES). \
	Use KERNEL_SRC=DIR for a tree of your own))
IMAGES := $(KERNEL)
endif

# What `make` builds, and what is tested
IMAGE := build/liblinux-$(KERNEL).so
IMAGES := $(IMAGES:%=build/liblinux-%.so)

# Directories, too: a removed file changes only those
OVERLAY := $(shell find kernel/arch/lib) include/lib_contract.h
CONFIG := $(wildcard kernel/config/*) $(shell find kernel/arch/lib -name 'Kconfig*')

# The scripts write the stamps themselves; unpack only when something changed
build/linux-%/unpacked: FORCE | have-build
	@[ $(SETUP) = no ] || setup/install $(call release,$*,package)
	@kernel/unpack $(call release,$*,tarball) build/linux-$*

build/linux-%/configured: build/linux-%/unpacked $(CONFIG) kernel/configure kernel/kbuild kernel/overlay
	@kernel/configure build/linux-$* $* $(or $(KERNEL_SRC),build/linux-$*/source)

build/linux-%/objects: build/linux-%/configured $(OVERLAY)
	@kernel/build build/linux-$* $(call release,$*,steps)

build/liblinux-%.so: build/linux-%/objects kernel/link
	@kernel/link build/linux-$* $@

# Somebody's own tree may change anywhere: kbuild is asked every time
ifneq ($(KERNEL_SRC),)
build/linux-$(KERNEL)/unpacked: FORCE | have-build
	@kernel/unpack "$(KERNEL_SRC)" $(@D)
build/linux-$(KERNEL)/objects: FORCE
endif

.PRECIOUS: build/linux-%/unpacked build/linux-%/configured build/linux-%/objects

# The order of the text, from what the images run: of all releases, where none is named
order: $(IMAGES) host FORCE
	@kernel/order/update

pristine: $(RELEASES:%=pristine-%)

pristine-%: build/linux-%/unpacked FORCE
	@[ -e build/linux-$*/tree ] || kernel/overlay build/linux-$*/source build/linux-$*/tree
	@dpkg --verify $(call release,$*,package)
	@kernel/pristine $(call release,$*,tarball) build/linux-$*

.PHONY: order pristine
