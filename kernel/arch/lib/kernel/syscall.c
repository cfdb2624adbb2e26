// SPDX-License-Identifier: GPL-2.0
/*
 * syscall.c - the table of system calls, numbered as on x86-64
 *
 * Generated from the kernel's own list. Calls that belong to the host (making
 * processes, replacing the program, ending it) are refused: the library has
 * contract calls for their kernel half.
 */
#include <uapi/linux/futex.h>
#include <linux/kernel.h>
#include <linux/nospec.h>
#include <linux/socket.h>
#include <linux/syscalls.h>

#include <asm/syscall.h>
#include <asm/unistd.h>

#include "lib.h"

typedef long syscall_fn(unsigned long, unsigned long, unsigned long,
			unsigned long, unsigned long, unsigned long);

/*
 * Priority inheritance between threads is the host's: here their futexes would boost
 * tasks that do not compete for a CPU, and hostile arguments reach a BUG() in 6.1.
 */
static long lib_sys_futex(u32 __user *uaddr, int op, u32 val,
			  const struct __kernel_timespec __user *timeout,
			  u32 __user *uaddr2, u32 val3)
{
	switch (op & FUTEX_CMD_MASK) {
	case FUTEX_LOCK_PI:
	case FUTEX_LOCK_PI2:
	case FUTEX_UNLOCK_PI:
	case FUTEX_TRYLOCK_PI:
	case FUTEX_WAIT_REQUEUE_PI:
	case FUTEX_CMP_REQUEUE_PI:
		return -ENOSYS;
	}
	return sys_futex(uaddr, op, val, timeout, uaddr2, val3);
}
#define sys_futex		lib_sys_futex

static long lib_sys_ioctl(unsigned int fd, unsigned int cmd, unsigned long arg)
{
	long ret = sys_ioctl(fd, cmd, arg);

	if (unlikely(ret == -ENODEV) && lib_fallback_ioctl(cmd, (void __user *)arg))
		ret = sys_ioctl(fd, cmd, arg);
	return ret;
}
#define sys_ioctl		lib_sys_ioctl

static long lib_sys_socket(int family, int type, int protocol)
{
	long ret = sys_socket(family, type, protocol);

	if (unlikely(ret == -EAFNOSUPPORT || ret == -EPROTONOSUPPORT) &&
	    lib_module_socket(family, protocol))
		ret = sys_socket(family, type, protocol);
	return ret;
}
#define sys_socket		lib_sys_socket

static long lib_sys_accept4(int fd, struct sockaddr __user *addr, int __user *len, int flags)
{
	return flags & LIB_ACCEPT_LATE ? lib_accept_late(fd, addr, len, flags & ~LIB_ACCEPT_LATE) :
					 __sys_accept4(fd, addr, len, flags);
}
#define sys_accept4		lib_sys_accept4

/* x86's own, and what would pull a task from under its host thread */
#define sys_arch_prctl		sys_ni_syscall
#define sys_ioperm		sys_ni_syscall
#define sys_iopl		sys_ni_syscall
#define sys_map_shadow_stack	sys_ni_syscall
#define sys_modify_ldt		sys_ni_syscall
#define sys_rt_sigreturn	sys_ni_syscall
#define sys_uretprobe		sys_ni_syscall
#define sys_clone		sys_ni_syscall
#define sys_clone3		sys_ni_syscall
#define sys_fork		sys_ni_syscall
#define sys_vfork		sys_ni_syscall
#define sys_execve		sys_ni_syscall
#define sys_execveat		sys_ni_syscall
#define sys_exit		sys_ni_syscall
#define sys_exit_group		sys_ni_syscall
#define sys_ptrace		sys_ni_syscall
#define sys_mmap		lib_sys_mmap

/* mmap(2) counts bytes, the kernel's inner call pages. */
static long lib_sys_mmap(unsigned long addr, unsigned long len,
			 unsigned long prot, unsigned long flags,
			 unsigned long fd, unsigned long off)
{
	if (offset_in_page(off))
		return -EINVAL;
	return ksys_mmap_pgoff(addr, len, prot, flags, fd, off >> PAGE_SHIFT);
}

#define __SYSCALL(nr, sym)		[nr] = (syscall_fn *)sym,
#define __SYSCALL_NORETURN		__SYSCALL
#define __SYSCALL_COMMON(nr, sym)	__SYSCALL(nr, sym)
#define __SYSCALL_64(nr, sym)		__SYSCALL(nr, sym)

#define TABLE_SIZE 512

#pragma GCC diagnostic ignored "-Wcast-function-type"
static syscall_fn *const table[TABLE_SIZE] = {
#include <asm/syscalls_64.h>
};

long lib_dispatch(struct lib_task *t)
{
	unsigned long nr = t->nr;

	if (unlikely(nr >= TABLE_SIZE))
		return lib_call(nr, t->args[0]);
	nr = array_index_nospec(nr, TABLE_SIZE);
	if (unlikely(!table[nr]))
		return -ENOSYS;
	return table[nr](t->args[0], t->args[1], t->args[2],
			 t->args[3], t->args[4], t->args[5]);
}
