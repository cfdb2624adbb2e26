// SPDX-License-Identifier: GPL-2.0
/*
 * personality.c - nuse-exec: a program, attached to a stack
 *
 *	nuse-exec MEMORY TEXT BELL PROGRAM [ARGUMENTS]
 *
 * Started by nuse(1) with the descriptors of a stack (keeper_fds()): its memory file, its
 * image file, the owner's bell. The name comes without a search in PATH if it has a slash.
 */
#include <linux/signal.h>
#include <asm/sigcontext.h>
#include <asm/ucontext.h>

#include "attached.h"
#include "fault.h"

static unsigned char traps[TRAP_CALLS / 8];

static int start(int argc, char **argv, char **envp, struct trap_program *program)
{
	static char path[4096];
	int i, status;
	long err;

	if (argc < 5) {
		trap_print("nuse-exec: this is a part of nuse(1), which starts it\n");
		return 125;
	}
	err = trap_find_program(argv[4], envp, path, sizeof(path));
	if (err) {
		trap_print("nuse: %s: %s\n", argv[4], err == -ENOENT ? "not found" :
			   "no permission to execute it");
		return err == -ENOENT ? 127 : 126;
	}
	for (i = 0; i < 3; i++)
		attachment.fd[i] = trap_number(argv[1 + i], NULL, 10);
	status = files_start();
	if (!status)
		status = stack_map(envp);
	if (!status)
		status = stack_join();
	if (status)
		return status;
	call_start(traps);
	credentials_start();
	program->path = path;
	program->argv = argv + 4;
	program->envp = envp;
	return 0;
}

static int resume(const char *state, char **envp)
{
	call_start(traps);
	return process_resume(state, envp);
}

/* In the stack: a bad pointer of the program's, or a bug. */
static int fault(struct trap_thread *t, int sig, struct trap_siginfo *info,
		 struct trap_ucontext *context)
{
	struct sigcontext *c = &((struct ucontext *)context)->uc_mcontext;
	uintptr_t addr = (uintptr_t)((siginfo_t *)info)->si_addr;
	const struct shared *sh = attachment.sh;
	struct lib_regs regs = { 0 };

	(void)t;
	if (!sh || (sig != SIGSEGV && sig != SIGBUS))
		return 0;
	if (!fault_is_kernels(&(struct fault_range){
			.base = sh->base,
			.code = sh->text_size,
			.size = sh->data + sh->data_size - sh->base,
		}, c->rip, c->rsp, addr))
		return 0;
#define COPY(F) \
	F(r15, r15) F(r14, r14) F(r13, r13) F(r12, r12) F(bp, rbp) F(bx, rbx) \
	F(r11, r11) F(r10, r10) F(r9, r9) F(r8, r8) F(ax, rax) F(cx, rcx) \
	F(dx, rdx) F(si, rsi) F(di, rdi) F(ip, rip) F(sp, rsp) F(flags, eflags)
#define IN(to, from) regs.to = c->from;
#define OUT(from, to) c->to = regs.from;
	COPY(IN)
	if (!attachment.ops.fault(&regs, addr))
		return 0;
	COPY(OUT)
	return 1;
}

const struct trap_personality trap_personality = {
	.name = "nuse",
	.flags = TRAP_VFORK_IS_FORK,
	.traps = traps,
	.start = start,
	.resume = resume,
	.thread_main = process_main,
	.call = call,
	.clone_before = process_clone_before,
	.clone_parent = process_clone_parent,
	.clone_child = process_clone_child,
	.exec_state = process_state,
	.thread_exit = process_thread_exit,
	.process_exit = process_exit,
	.fault = fault,
};
