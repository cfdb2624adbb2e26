/* SPDX-License-Identifier: GPL-2.0 */
/*
 * fault.h - is a fault the kernel's?
 *
 * It is where its code runs. It is, too, where its code called an address that is none:
 * nothing of ours is at the instruction then, but the stack is the kernel's and the
 * return address on top of it, too. A callback of the host's that goes wrong runs on that
 * stack as well; the fault is at an address that its code touches, not where it is.
 *
 * No libc in here: attached processes (nuse/attached) ask as well.
 */
#ifndef HOST_FAULT_H
#define HOST_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct fault_range - where a stack lies
 * @base: its image, and its code
 * @code: bytes of that
 * @size: all of it, with the arena
 */
struct fault_range {
	uintptr_t base;
	size_t code;
	size_t size;
};

static inline bool fault_is_kernels(const struct fault_range *r, uintptr_t ip, uintptr_t sp,
				    uintptr_t addr)
{
	if (ip - r->base < r->code)
		return true;
	return ip == addr && sp - r->base < r->size - sizeof(uintptr_t) &&
	       *(const uintptr_t *)sp - r->base < r->code;
}

#endif
