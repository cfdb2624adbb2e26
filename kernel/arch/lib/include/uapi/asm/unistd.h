/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _UAPI_ASM_LIB_UNISTD_H
#define _UAPI_ASM_LIB_UNISTD_H

/* The library's system call numbers are x86-64's. */
#include <asm/unistd_64.h>

#endif
