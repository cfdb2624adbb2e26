// SPDX-License-Identifier: GPL-2.0
/*
 * configure_host.c - the tests of configure.c on the host's kernel, against ip(8)
 *
 * release: none
 */
#include "../host_shim.c"

#include "configure.c"
