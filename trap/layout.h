/* SPDX-License-Identifier: GPL-2.0 */
/*
 * layout.h - offsets in struct trap_thread and numbers that the assembly uses, too
 *
 * thread.c asserts that the C structures agree.
 */
#ifndef TRAP_LAYOUT_H
#define TRAP_LAYOUT_H

#define T_SELF		0
#define T_DEPTH		8
#define T_PENDING	12
#define T_STACK		16
#define T_RAX		24
#define T_RDI		32
#define T_RSI		40
#define T_RDX		48
#define T_R10		56
#define T_R8		64
#define T_R9		72
#define T_RBX		80
#define T_RBP		88
#define T_R12		96
#define T_R13		104
#define T_R14		112
#define T_R15		120
#define T_RSP		128
#define T_RIP		136
#define T_FLAGS		144
#define T_ARGS		152
#define T_NR		200
#define T_MASK		208
#define T_MASKED	216
#define T_BUSY		220

/* How trap_call() wants to leave */
#define LEAVE_RETURN	0	/* to the program, with regs */
#define LEAVE_HOST	1	/* through a host call: nr, args */
#define LEAVE_UNMASK	2	/* to the program, and T_MASK becomes the mask */

/* Where the image lies; what executes there is let through by the filter */
#define IMAGE_BASE	0x550000000000
#define IMAGE_SIZE	0x10000000

#endif
