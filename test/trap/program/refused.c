// SPDX-License-Identifier: GPL-2.0
/*
 * refused.c - what a program can't have, as doc/trap.md says
 */
#define _GNU_SOURCE
#include <asm/prctl.h>
#include <errno.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static void show(const char *what, long r)
{
	printf("%s: %ld %s\n", what, r, r < 0 ? strerror(errno) : "");
}

int main(void)
{
	char ring[120] = "";
	int r;

	__asm__ volatile("int $0x80" : "=a"(r) : "0"(20 /* getpid */) : "memory");
	printf("int 0x80: %d\n", r);
	show("x32 getpid", syscall(0x40000000 + SYS_getpid));
	show("x32 getppid", syscall(0x40000000 + SYS_getppid));
	show("number -1", syscall(-1));
	show("number 5000", syscall(5000));
	show("GS", syscall(SYS_arch_prctl, ARCH_SET_GS, ring));
	show("io_uring", syscall(SYS_io_uring_setup, 8, ring));
	show("strict prctl", prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT));
	show("strict seccomp", syscall(SYS_seccomp, SECCOMP_SET_MODE_STRICT, 0, NULL));
	return 0;
}
