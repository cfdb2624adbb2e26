/* SPDX-License-Identifier: GPL-2.0 */
/*
 * host.h - system calls of the host, and the few names that go with them
 *
 * The image has no libc. These are inline, so that each `syscall` instruction lies in
 * the image's text, which the filter lets through (filter.c). Results are the kernel's:
 * -errno or a value. Not for calls that sleep on behalf of the program: see trap_wait()
 * in trap.h.
 */
#ifndef TRAP_HOST_H
#define TRAP_HOST_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/types.h>
#include <asm/unistd.h>
#include <asm/errno.h>

static inline long host_syscall6(long nr, long a, long b, long c, long d, long e,
				 long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "0"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
}

#define host_cast(x) ((long)(x))
#define host_0(nr) host_syscall6(nr, 0, 0, 0, 0, 0, 0)
#define host_1(nr, a) host_syscall6(nr, host_cast(a), 0, 0, 0, 0, 0)
#define host_2(nr, a, b) host_syscall6(nr, host_cast(a), host_cast(b), 0, 0, 0, 0)
#define host_3(nr, a, b, c) \
	host_syscall6(nr, host_cast(a), host_cast(b), host_cast(c), 0, 0, 0)
#define host_4(nr, a, b, c, d) \
	host_syscall6(nr, host_cast(a), host_cast(b), host_cast(c), host_cast(d), 0, 0)
#define host_5(nr, a, b, c, d, e) \
	host_syscall6(nr, host_cast(a), host_cast(b), host_cast(c), host_cast(d), \
		      host_cast(e), 0)
#define host_6(nr, a, b, c, d, e, f) \
	host_syscall6(nr, host_cast(a), host_cast(b), host_cast(c), host_cast(d), \
		      host_cast(e), host_cast(f))

/* mmap() and friends say where they failed by a value in the last page */
static inline int host_failed(long result)
{
	return (unsigned long)result >= -4095UL;
}

/* From <fcntl.h>, <sys/stat.h>, <sched.h>, ... : their UAPI forms clash or are absent */
#define HOST_O_RDONLY		0
#define HOST_O_WRONLY		1
#define HOST_O_NOFOLLOW		0400000
#define HOST_O_CLOEXEC		02000000
#define HOST_O_PATH		010000000
#define HOST_AT_FDCWD		-100
#define HOST_AT_SYMLINK_NOFOLLOW 0x100
#define HOST_AT_EACCESS		0x200
#define HOST_AT_EMPTY_PATH	0x1000
#define HOST_AT_EXECVE_CHECK	0x10000
#define HOST_X_OK		1
#define HOST_S_IFMT		0170000
#define HOST_S_IFREG		0100000
#define HOST_PAGE		4096UL

static inline unsigned long page_up(unsigned long n)
{
	return (n + HOST_PAGE - 1) & -HOST_PAGE;
}

#endif
