# SPDX-License-Identifier: GPL-2.0
#
# suites.mk - `make check-suites`: other people's programs and tests, on the library and
# on the host's kernel; test/suites/run says how

# SUITES: names of test/suites/order
check-suites: $(IMAGE) host nuse have-suites FORCE
	@LIBOS_RELEASE=$(KERNEL) LIBOS_IMAGE_PATH=$(CURDIR)/build test/suites/run $(SUITES)

.PHONY: check-suites
