// SPDX-License-Identifier: GPL-2.0
/*
 * version.c - the banner, which the kernel's own vmlinux link would compile
 *
 * Without date, host and user: the same source gives the same image.
 */
#include <generated/compile.h>

#define UTS_VERSION "#1 LibOS"

#include <../init/version-timestamp.c>
