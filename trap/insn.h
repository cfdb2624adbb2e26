/* SPDX-License-Identifier: GPL-2.0 */
/*
 * insn.h - how long an instruction is
 */
#ifndef TRAP_INSN_H
#define TRAP_INSN_H

struct insn {
	int length;
	int ends;	/* execution never continues behind it: ret, jmp, ud2, hlt */
	int nop;	/* it's padding, if nothing reaches it: nop, int3 */
};

/* Of the bytes [p, end). Returns 0, or -1: unknown, or cut off. */
int insn_decode(const unsigned char *p, const unsigned char *end, struct insn *insn);

#endif
