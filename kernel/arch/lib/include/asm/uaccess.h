/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_LIB_UACCESS_H
#define _ASM_LIB_UACCESS_H

/*
 * User memory is the calling process's own, reached directly. An access that
 * faults raises a signal on the host; its handler asks lib_ops.fault(), which
 * finds the instruction in the exception table (kernel/fault.c). A task that works for
 * somebody else has the host copy (kernel/foreign.c).
 */

#include <linux/string.h>
#include <asm/asm.h>
#include <asm/extable.h>
#include <asm/processor.h>

/*
 * The end of the current task's memory: zero for one whose host process is gone, while
 * another carries it to its exit (kernel/carrier.c).
 */
extern unsigned long lib_user_end;

/* asm-generic's lets everything pass where there is no MMU; we have the host's. */
static inline int __access_ok(const void __user *ptr, unsigned long size)
{
	unsigned long addr = (__force unsigned long)ptr;

	return size <= lib_user_end && addr <= lib_user_end - size;
}
#define __access_ok __access_ok
#include <asm-generic/access_ok.h>

/* Whose memory that is: 0, the caller's own */
extern int lib_user_foreign;

unsigned long lib_foreign_copy(void *memory, unsigned long user, unsigned long n, bool out);
unsigned long lib_foreign_clear(unsigned long user, unsigned long n);

/* lib/usercopy.S; return what is left to copy */
unsigned long lib_copy_user(void *to, const void *from, unsigned long n);
unsigned long lib_clear_user(void *to, unsigned long n);

#define LIB_GET_USER(size, type, to, from)				\
	asm volatile("1: mov %2, %1\n2:\n"				\
		     _ASM_EXTABLE_TYPE_REG(1b, 2b, EX_TYPE_EFAULT_REG, %0) \
		     : "+r" (err), "+" size (v)				\
		     : "m" (*(const type *)(from)))
#define LIB_PUT_USER(size, type, to, from)				\
	asm volatile("1: mov %2, %1\n2:\n"				\
		     _ASM_EXTABLE_TYPE_REG(1b, 2b, EX_TYPE_EFAULT_REG, %0) \
		     : "+r" (err), "=m" (*(type *)(to))			\
		     : size (*(const type *)(from)))

static __always_inline int lib_get_user(void *to, const void *from, size_t n)
{
	int err = 0;

	switch (n) {
	case 1: { u8 v = 0; LIB_GET_USER("q", u8, to, from); *(u8 *)to = v; break; }
	case 2: { u16 v = 0; LIB_GET_USER("r", u16, to, from); *(u16 *)to = v; break; }
	case 4: { u32 v = 0; LIB_GET_USER("r", u32, to, from); *(u32 *)to = v; break; }
	case 8: { u64 v = 0; LIB_GET_USER("r", u64, to, from); *(u64 *)to = v; break; }
	}
	return err;
}

static __always_inline int lib_put_user(void *to, const void *from, size_t n)
{
	int err = 0;

	switch (n) {
	case 1: LIB_PUT_USER("q", u8, to, from); break;
	case 2: LIB_PUT_USER("r", u16, to, from); break;
	case 4: LIB_PUT_USER("r", u32, to, from); break;
	case 8: LIB_PUT_USER("r", u64, to, from); break;
	}
	return err;
}

static __always_inline unsigned long __must_check
raw_copy_from_user(void *to, const void __user *from, unsigned long n)
{
	if (unlikely(lib_user_foreign))
		return lib_foreign_copy(to, (__force unsigned long)from, n, false);
	if (__builtin_constant_p(n) && (n == 1 || n == 2 || n == 4 || n == 8))
		return lib_get_user(to, (__force const void *)from, n) ? n : 0;
	return lib_copy_user(to, (__force const void *)from, n);
}

static __always_inline unsigned long __must_check
raw_copy_to_user(void __user *to, const void *from, unsigned long n)
{
	if (unlikely(lib_user_foreign))
		return lib_foreign_copy((void *)from, (__force unsigned long)to, n, true);
	if (__builtin_constant_p(n) && (n == 1 || n == 2 || n == 4 || n == 8))
		return lib_put_user((__force void *)to, from, n) ? n : 0;
	return lib_copy_user((__force void *)to, from, n);
}

static __always_inline int __get_user_fn(size_t n, const void __user *from, void *to)
{
	if (unlikely(lib_user_foreign)) {
		unsigned long left = lib_foreign_copy(to, (__force unsigned long)from, n, false);

		return left ? (memset(to, 0, n), -EFAULT) : 0;
	}
	return lib_get_user(to, (__force const void *)from, n);
}
#define __get_user_fn __get_user_fn

static __always_inline int __put_user_fn(size_t n, void __user *to, const void *from)
{
	if (unlikely(lib_user_foreign))
		return lib_foreign_copy((void *)from, (__force unsigned long)to, n, true) ?
		       -EFAULT : 0;
	return lib_put_user((__force void *)to, from, n);
}
#define __put_user_fn __put_user_fn

static inline unsigned long __must_check
__clear_user(void __user *to, unsigned long n)
{
	if (unlikely(lib_user_foreign))
		return lib_foreign_clear((__force unsigned long)to, n);
	return lib_clear_user((__force void *)to, n);
}
#define __clear_user __clear_user

#define __get_kernel_nofault(dst, src, type, label)			\
do {									\
	if (lib_get_user((dst), (src), sizeof(type)))			\
		goto label;						\
} while (0)

#define __put_kernel_nofault(dst, src, type, label)			\
do {									\
	if (lib_put_user((dst), (src), sizeof(type)))			\
		goto label;						\
} while (0)

#define INLINE_COPY_FROM_USER
#define INLINE_COPY_TO_USER

#include <asm-generic/uaccess.h>

#endif
