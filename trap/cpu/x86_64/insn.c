// SPDX-License-Identifier: GPL-2.0
/*
 * insn.c - how long an x86-64 instruction is
 *
 * Source: the opcode maps of Intel's manual, volume 2, appendix A. EVEX and XOP are
 * unknown; nothing follows from that but a site that isn't rewritten.
 */
#include "../../insn.h"

#define MODRM	1
#define IMM8	2
#define IMM16	4
#define IMMZ	8	/* 4 bytes, 2 with prefix 66 */
#define MOFFS	16
#define BAD	32

static int is_prefix(unsigned char c)
{
	return c == 0x66 || c == 0x67 || c == 0xf0 || c == 0xf2 || c == 0xf3 || c == 0x2e ||
	       c == 0x36 || c == 0x3e || c == 0x26 || c == 0x64 || c == 0x65;
}

/* What follows an opcode of the first map */
static int one_byte(unsigned char op)
{
	if (op < 0x40) {
		switch (op & 7) {
		case 4: return IMM8;
		case 5: return IMMZ;
		case 6:
		case 7: return BAD;	/* 0f and prefixes are not seen here */
		default: return MODRM;
		}
	}
	switch (op) {
	case 0x50 ... 0x5f: case 0x6c ... 0x6f: case 0x90 ... 0x99: case 0x9b ... 0x9f:
	case 0xa4 ... 0xa7: case 0xaa ... 0xaf: case 0xc3: case 0xc9: case 0xcb: case 0xcc:
	case 0xcf: case 0xd7: case 0xec ... 0xef: case 0xf1: case 0xf4: case 0xf5:
	case 0xf8 ... 0xfd:
		return 0;
	case 0x63: case 0x84 ... 0x8f: case 0xd0 ... 0xd3: case 0xd8 ... 0xdf:
	case 0xf6: case 0xf7: case 0xfe: case 0xff:
		return MODRM;
	case 0x68: case 0xa9: case 0xe8: case 0xe9: case 0xb8 ... 0xbf:
		return IMMZ;
	case 0x6a: case 0x70 ... 0x7f: case 0xa8: case 0xb0 ... 0xb7: case 0xcd:
	case 0xe0 ... 0xe7: case 0xeb:
		return IMM8;
	case 0x69: case 0x81: case 0xc7:
		return MODRM | IMMZ;
	case 0x6b: case 0x80: case 0x83: case 0xc0: case 0xc1: case 0xc6:
		return MODRM | IMM8;
	case 0xa0 ... 0xa3:
		return MOFFS;
	case 0xc2: case 0xca:
		return IMM16;
	case 0xc8:
		return IMM16 | IMM8;
	}
	return BAD;
}

static int two_byte(unsigned char op)
{
	switch (op) {
	case 0x05 ... 0x09: case 0x0b: case 0x30 ... 0x37: case 0x77: case 0xa0 ... 0xa2:
	case 0xa8 ... 0xaa: case 0xc8 ... 0xcf:
		return 0;
	case 0x80 ... 0x8f:
		return IMMZ;
	case 0x70 ... 0x73: case 0xa4: case 0xac: case 0xba: case 0xc2: case 0xc4 ... 0xc6:
		return MODRM | IMM8;
	case 0x04: case 0x0a: case 0x0c: case 0x0e: case 0x0f: case 0x24 ... 0x27:
		return BAD;
	}
	return MODRM;
}

static int modrm_length(const unsigned char *p, const unsigned char *end)
{
	int mod, rm, length = 1;

	if (p >= end)
		return -1;
	mod = *p >> 6;
	rm = *p & 7;
	if (mod == 3)
		return 1;
	if (rm == 4) {
		if (p + 1 >= end)
			return -1;
		length++;
		if (!mod && (p[1] & 7) == 5)
			length += 4;
	} else if (!mod && rm == 5) {
		length += 4;
	}
	return length + (mod == 1 ? 1 : mod == 2 ? 4 : 0);
}

int insn_decode(const unsigned char *start, const unsigned char *end, struct insn *insn)
{
	const unsigned char *p = start;
	int narrow = 0, wide = 0, follows, length, map = 1;
	unsigned char op;

	for (; p < end && is_prefix(*p); p++)
		narrow |= *p == 0x66;
	if (p < end && (*p & 0xf0) == 0x40)
		wide = *p++ & 8;
	if (p + 4 > end)		/* the longest opcode, with its ModRM */
		return -1;
	op = *p++;
	if (op == 0xc5) {
		p++;
		map = 2;
		op = *p++;
	} else if (op == 0xc4) {
		map = 1 + (*p & 31);
		p += 2;
		op = *p++;
	} else if (op == 0x0f) {
		map = 2;
		op = *p++;
		if (op == 0x38 || op == 0x3a) {
			map = op == 0x38 ? 3 : 4;
			op = *p++;
		}
	}
	follows = map == 1 ? one_byte(op) : map == 2 ? two_byte(op) :
		  map == 3 ? MODRM : map == 4 ? MODRM | IMM8 : BAD;
	if (follows & BAD)
		return -1;
	if (map == 1 && (op == 0xf6 || op == 0xf7) && p < end && !(*p & 0x30))
		follows |= op == 0xf6 ? IMM8 : IMMZ;
	insn->ends = (map == 1 && (op == 0xc3 || op == 0xc2 || op == 0xe9 || op == 0xeb ||
				   op == 0xf4 || (op == 0xff && (*p >> 3 & 7) == 4))) ||
		     (map == 2 && op == 0x0b);
	insn->nop = (map == 1 && (op == 0x90 || op == 0xcc)) || (map == 2 && op == 0x1f);
	if (follows & MODRM) {
		length = modrm_length(p, end);
		if (length < 0)
			return -1;
		p += length;
	}
	p += follows & MOFFS ? 8 : 0;
	p += follows & IMM8 ? 1 : 0;
	p += follows & IMM16 ? 2 : 0;
	if (follows & IMMZ) {
		if (map == 1 && op >= 0xb8 && op <= 0xbf && wide)
			p += 8;
		else
			p += narrow && !wide && op != 0xe8 && op != 0xe9 && map == 1 ? 2 : 4;
	}
	if (p > end)
		return -1;
	insn->length = p - start;
	return 0;
}
