// SPDX-License-Identifier: GPL-2.0
/*
 * foreign.c - calls for a program whose memory is not here
 *
 * A task may work for a process that shares nothing with the stack (LIB_CALL_FOREIGN): a
 * host thread in the owner makes that program's calls, with its pointers. All that
 * uaccess.h copies comes here then, and the host reaches over.
 */
#include <linux/kernel.h>
#include <linux/uaccess.h>

#include "lib.h"

unsigned long lib_user_end = TASK_SIZE_MAX;
int lib_user_foreign;

/* @t is the current task from now on; NULL: one of the kernel's own */
void lib_user_memory(const struct lib_task *t)
{
	lib_user_end = unlikely(t && t->dead) ? 0 : TASK_SIZE_MAX;
	lib_user_foreign = t ? t->foreign : 0;
}

/* Returns what is left to copy, as raw_copy_to_user() and its like. */
unsigned long lib_foreign_copy(void *memory, unsigned long user, unsigned long n, bool out)
{
	if (!lib_user_end)
		return n;
	return lib_imports.user_copy(lib_imports.host, lib_user_foreign, memory, user, n, out);
}

unsigned long lib_foreign_clear(unsigned long user, unsigned long n)
{
	static char zero[256];
	unsigned long piece, left;

	for (; n; user += piece, n -= piece) {
		piece = min(n, sizeof(zero));
		left = lib_foreign_copy(zero, user, piece, true);
		if (left)
			return n - piece + left;
	}
	return 0;
}
