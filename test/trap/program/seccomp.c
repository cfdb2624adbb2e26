// SPDX-License-Identifier: GPL-2.0
/*
 * seccomp.c - a program's own filters, and other calls that would undo the trap
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

static volatile int trapped;

static void handler(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	(void)sig;
	trapped = info->si_syscall;
	if ((unsigned long)info->si_call_addr != (unsigned long)uc->uc_mcontext.gregs[REG_RIP])
		trapped = -1;
	uc->uc_mcontext.gregs[REG_RAX] = -EXDEV;
}

int main(void)
{
	struct sock_filter insns[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getpgid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EXDEV),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getsid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_shutdown, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EXDEV),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(insns) / sizeof(*insns), insns };
	struct sigaction action = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO };
	int i;

	sigaction(SIGSYS, &action, NULL);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program))
		perror("filter");
	for (i = 0; i < 10; i++) {
		if (getpgid(0) != -1 || errno != EXDEV)
			printf("getpgid %d\n", i);
		trapped = 0;
		if (getsid(0) != -1 || errno != EXDEV || trapped != SYS_getsid)
			printf("getsid %d: %s, %d\n", i, strerror(errno), trapped);
		/* One that the personality traps, too */
		if (syscall(SYS_shutdown, -1, 0) != -1 || errno != EXDEV)
			printf("shutdown %d: %s\n", i, strerror(errno));
	}
	execl("/bin/echo", "echo", "still works", NULL);
	return 1;
}
