/* SPDX-License-Identifier: GPL-2.0 */
/*
 * thread.h - what trap/ knows of a thread and of the process
 *
 * A thread's block holds its library stack; GS points to it. Blocks are never unmapped:
 * a thread that ends marks its own free with its last store (entry.S), and the next
 * one takes it.
 */
#ifndef TRAP_THREAD_H
#define TRAP_THREAD_H

#include <linux/signal.h>
#include <asm/sigcontext.h>
#include <asm/ucontext.h>
#include "trap.h"
#include "layout.h"

/* All in one image: no global offset table */
#pragma GCC visibility push(hidden)

#ifndef SYS_SECCOMP
#define SYS_SECCOMP 1
#endif

#define SIG_BIT(sig) (1UL << ((sig) - 1))
/* Never blocked in the host: the trap, and faults of ours on the program's memory */
#define SIG_OURS (SIG_BIT(SIGSYS) | SIG_BIT(SIGSEGV) | SIG_BIT(SIGBUS))
#define SIG_FAULTS (SIG_BIT(SIGSEGV) | SIG_BIT(SIGBUS) | SIG_BIT(SIGFPE) | \
		    SIG_BIT(SIGILL) | SIG_BIT(SIGTRAP))

/* The kernel's own sigaction, not libc's */
struct trap_action {
	unsigned long handler, flags, restorer, mask;
};

/* What the program believes its handlers are; a child without CLONE_SIGHAND has its own */
struct trap_handlers {
	struct trap_lock lock;
	struct trap_action of[64];
};

/* Of an alternate signal stack; size 0: none */
struct trap_claim {
	unsigned long at, size;
};

struct trap_altstack {
	struct trap_claim claim[2];
	int turn;		/* which of them holds; the other one is about to */
	void *ours, *asked;	/* what the host has in place of what the program wanted */
	size_t size;		/* of `ours`, 0: it is not this thread's */
};

struct trap_thread {
	/* layout.h */
	struct trap_thread *self;
	int depth;		/* 1: in library context */
	int pending;		/* the signal put off, 0: none */
	void *stack;		/* top of the library stack */
	struct trap_regs regs;
	unsigned long args[6];
	unsigned long nr;
	unsigned long mask;	/* for trap_unmask; of the frame that was put off */
	int masked;		/* trap_mask() is in force, mask_after comes after it */
	int busy;

	int unmask;		/* all signals are blocked; mask is what comes back */
	int trapped;		/* this call came by signal: its site is not rewritten */
	int vfork;		/* shares the parent's memory until exec or exit */
	int clear_handlers;	/* as the first thing, by CLONE_CLEAR_SIGHAND */
	int tid;
	void *data;
	struct trap_handlers *handlers, own_handlers;
	unsigned long blocked;	/* of SIG_OURS: what the program believes */
	unsigned long held;	/* sent while "blocked", or another one was pending */
	unsigned long mask_after;
	unsigned long host_mask;	/* an argument of LEAVE_HOST, stripped */
	int host_masked;		/* host_mask is in force during that call */
	int handler_masked;		/* the handler to come runs with handler_mask */
	unsigned long handler_mask;
	unsigned long host_mask_arg[2];
	siginfo_t info;		/* of pending */
	siginfo_t held_info[31];
	void *scratch;		/* of an exec that has not come back */
	size_t scratch_size;
	enum trap_clone_kind clone_kind;
	struct vfork_frame *frame;	/* to the parent, in a copied vfork child */
	struct trap_altstack alt;
	struct trap_thread *next;
};

struct trap_thread *trap_thread_alloc(void);
void trap_thread_free(struct trap_thread *t);
void trap_thread_set(struct trap_thread *t);	/* of the calling thread */
void trap_thread_forked(struct trap_thread *t);	/* the others are gone */
struct trap_thread *trap_thread_first(void);	/* of all blocks, free ones, too */

/* clone.c */
long trap_clone_call(struct trap_thread *t, long nr);
void trap_exit_call(struct trap_thread *t, long nr);
/* A site was rewritten in the copy; the parent may do the same */
void trap_frame_note(struct trap_thread *t, unsigned long ret, long nr);

/* signal.c */
void trap_signal_start(unsigned long ignored);
unsigned long trap_signal_ignored(struct trap_thread *t);
void trap_signal_clear(struct trap_thread *t);
long trap_sigaction(struct trap_thread *t, const unsigned long *args);
long trap_sigprocmask(struct trap_thread *t, const unsigned long *args);
long trap_strip_mask(struct trap_thread *t, long nr);
void trap_mask_end(struct trap_thread *t);
/* The host's mask; what a put-off signal will restore counts as it */
unsigned long trap_host_mask(struct trap_thread *t, int how, unsigned long set);
long trap_restart(struct trap_thread *t, long result);

/* altstack.c */
long trap_altstack_call(struct trap_thread *t, const unsigned long *args);
void trap_altstack_vfork(struct trap_thread *t, struct trap_thread *child);
void trap_altstack_free(struct trap_thread *t);

/* filter.c */
long trap_filter_install(void);
void trap_filter_add(const unsigned char *bits);

/* site.c */
void trap_site_trapped(struct trap_thread *t, unsigned long ret, long nr, int traps);
void trap_site_first_thread(struct trap_thread *t);
void trap_site_gone(struct trap_thread *child);
void trap_site_fork(int before);
int trap_site_leave(struct sigcontext *context);

/* exec.c */
#define EXEC_LEVELS 6		/* scripts and, last, the program; as in the kernel */
#define EXEC_LINE 256		/* of a script's first line; BINPRM_BUF_SIZE */
struct trap_exec {
	int fd;				/* of the ELF file */
	int native;			/* it is an image like ours: not through us */
	char name[4096];		/* as it was asked for: AT_EXECFN, comm */
	char path[4096];		/* of the ELF file, for /proc/self/exe */
	char lines[EXEC_LEVELS][EXEC_LINE];
	char names[EXEC_LEVELS][4096];
	char *prefix[3 * EXEC_LEVELS];	/* arguments instead of argv[0], if any */
	int prefix_count;
};
long trap_exec_resolve(struct trap_exec *e, int dirfd, const char *path, int flags);
long trap_exec_call(struct trap_thread *t, long nr);
void trap_exec_start(const char *execfn, int memfd);

/* elf.c */
struct trap_program_image {
	unsigned long base, entry, start;	/* AT_BASE, AT_ENTRY, where to jump */
	unsigned long phdr, phent, phnum;
	unsigned long code_start, code_end, data_start, data_end, brk;
	int stack_exec;
};
long trap_elf_check(int fd, const unsigned char *head, size_t size, int *native);
long trap_elf_load(int fd, struct trap_program_image *image);

/* exe.c */
void trap_exe_set(int fd, const char *path);
const char *trap_exe_path(void);
int trap_exe_is(struct trap_thread *t, const char *path);
long trap_exe_call(struct trap_thread *t, long nr);

/* call.c */
void trap_call_start(void);

/* cpu/ */
extern const char trap_entry[], trap_unmask_begin[], trap_return_end[];
extern const char trap_host_begin[], trap_host_after[], trap_host_end[];
extern const char trap_wait_begin[], trap_wait_after[], trap_wait_eintr[];
extern const char trap_copy_insn[], trap_copy_fault[];
extern const char trap_copy_string_insn[], trap_copy_string_fault[];
extern const char trap_load_insn[], trap_load_fault[];
void trap_signal_entry(void);
void trap_restorer(void);
long trap_clone(long nr, const unsigned long *args, struct trap_thread *child);
_Noreturn void trap_thread_end(struct trap_thread *t, int status);

#pragma GCC visibility pop

#endif
