// SPDX-License-Identifier: GPL-2.0
/*
 * strlen.c - 16 bytes at a time
 *
 * A boot sorts 1,400 sysctls by name: with the kernel's own, a byte at a time, that takes
 * 8 % of it. Aligned blocks are read, so none reaches into a page that is not the
 * string's.
 */
#include <linux/string.h>

typedef char block __attribute__((vector_size(16), may_alias));

static unsigned int zeroes(const block *p)
{
	return __builtin_ia32_pmovmskb128(*p == (block){ });
}

__kernel_size_t strlen(const char *s)
{
	const block *p = (const block *)((unsigned long)s & ~15ul);
	unsigned int found = zeroes(p) >> ((unsigned long)s & 15);

	if (found)
		return __builtin_ctz(found);
	do
		found = zeroes(++p);
	while (!found);
	return (const char *)p - s + __builtin_ctz(found);
}
