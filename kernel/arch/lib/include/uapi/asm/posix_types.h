/* SPDX-License-Identifier: GPL-2.0 */
/* x86 chooses by __KERNEL__, which only its own build may. */
#include <../arch/x86/include/uapi/asm/posix_types_64.h>
