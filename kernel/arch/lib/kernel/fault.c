// SPDX-License-Identifier: GPL-2.0
/*
 * fault.c - faults inside the image: user pointers, and the kernel's own bugs
 *
 * The host's signal handler asks here. An instruction of the exception table
 * goes on at its fix-up. Anything else is an oops, which ends the stack (dead.c).
 * The entry types are x86's (asm/extable_fixup_types.h); only those that generic
 * code and arch/lib emit are met.
 */
#include <linux/bitfield.h>
#include <linux/extable.h>
#include <linux/kernel.h>
#include <linux/sched.h>

#include <asm/extable.h>
#include <asm/sections.h>

#include "lib.h"

/* The order in which x86 numbers registers. */
static unsigned long *reg_by_number(struct lib_regs *regs, int nr)
{
	static const u8 offset[16] = {
#define R(name) (offsetof(struct lib_regs, name) / sizeof(long))
		R(ax), R(cx), R(dx), R(bx), R(sp), R(bp), R(si), R(di),
		R(r8), R(r9), R(r10), R(r11), R(r12), R(r13), R(r14), R(r15),
#undef R
	};

	return (unsigned long *)regs + offset[nr & 15];
}

/*
 * A word load that crossed into an unmapped page: bytes beyond the page's end
 * read as zero. The instruction is "mov mem, reg" (word-at-a-time.h); instead of
 * decoding its address the faulting address tells it: the load began in the page
 * before, since crossing is the only way it may fault.
 */
static bool zeropad(struct lib_regs *regs, unsigned long addr,
		    const struct exception_table_entry *e)
{
	const u8 *ip = (const u8 *)regs->ip;
	unsigned int rex = 0, modrm, mod, rm, base, offset;
	unsigned long start, word;
	long disp = 0;

	if ((*ip & 0xf0) == 0x40)
		rex = *ip++;
	if (*ip++ != 0x8b)
		return false;
	modrm = *ip++;
	mod = modrm >> 6;
	rm = modrm & 7;
	if (mod == 3)
		return false;
	if (rm == 4) {
		unsigned int sib = *ip++, index = (sib >> 3 & 7) | (rex & 2) << 2;

		base = (sib & 7) | (rex & 1) << 3;
		start = index == 4 ? 0 : *reg_by_number(regs, index) << (sib >> 6);
		if ((sib & 7) == 5 && mod == 0)
			disp = *(const s32 *)ip;
		else
			start += *reg_by_number(regs, base);
	} else if (rm == 5 && mod == 0) {
		return false;
	} else {
		start = *reg_by_number(regs, rm | (rex & 1) << 3);
	}
	if (mod == 1)
		disp = *(const s8 *)ip;
	else if (mod == 2)
		disp = *(const s32 *)ip;
	start += disp;

	offset = start & (sizeof(word) - 1);
	word = *(unsigned long *)(start - offset) >> offset * BITS_PER_BYTE;
	*reg_by_number(regs, (modrm >> 3 & 7) | (rex & 4) << 1) = word;
	return true;
}

static bool fixup(struct lib_regs *regs, unsigned long addr)
{
	const struct exception_table_entry *e = search_exception_tables(regs->ip);
	int type, reg, imm;

	if (!e)
		return false;
	type = FIELD_GET(EX_DATA_TYPE_MASK, e->data);
	reg = FIELD_GET(EX_DATA_REG_MASK, e->data);
	imm = FIELD_GET(EX_DATA_IMM_MASK, e->data);

	switch (type) {
	case EX_TYPE_DEFAULT:
	case EX_TYPE_FAULT:
	case EX_TYPE_UACCESS:
		break;
	case EX_TYPE_IMM_REG:
		*reg_by_number(regs, reg) = (long)imm;
		break;
	case EX_TYPE_UCOPY_LEN:
		regs->cx = imm * regs->cx + *reg_by_number(regs, reg);
		break;
	case EX_TYPE_ZEROPAD:
		if (!zeropad(regs, addr, e))
			return false;
		break;
	default:
		return false;
	}
	regs->ip = (unsigned long)&e->fixup + e->fixup;
	return true;
}

int lib_fault(struct lib_regs *regs, unsigned long addr)
{
	if (fixup(regs, addr))
		return 1;
	lib_oops(regs, addr);
	return 1;
}
