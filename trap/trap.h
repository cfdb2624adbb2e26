/* SPDX-License-Identifier: GPL-2.0 */
/*
 * trap.h - what stands between an unmodified program and who answers its system calls
 *
 * trap/ loads a program into this process, traps the system calls that were asked for
 * and gives them to the personality: one `const struct trap_personality
 * trap_personality`, linked statically with trap/ into one image without libc.
 * doc/trap.md has the design; this is the contract.
 *
 * Context. Every function of a personality but fault() and signal() runs in *library
 * context*: on the thread's library stack (TRAP_STACK_SIZE bytes), in the program's
 * thread, with the program's FS (its TLS: no libc, no __thread), with GS owned by
 * trap/. It may use the general registers only: compile with -mgeneral-regs-only.
 * Vector and x87 registers hold the program's values, and nobody saves them: what was
 * compiled with SSE (and without AVX) is called through trap_with_sse().
 *
 * Signals. Handlers of the program never run in library context. One that arrives there
 * makes trap_signal_pending() true, makes trap_wait() return -EINTR, and runs when the
 * call leaves. The kernel puts its frame on the stack that is current when it arrives
 * (or on the program's alternate one), so whatever stack a personality switches to
 * needs AT_MINSIGSTKSZ + 1024 bytes left, always.
 *
 * Locks. A thread can be killed in library context only with its process, and is never
 * re-entered there, so plain locks do. After a fork only the calling thread exists:
 * take in clone_before() what the child must find released.
 */
#ifndef TRAP_H
#define TRAP_H

#include "host.h"

/* All in one image: no global offset table */
#pragma GCC visibility push(hidden)

#define TRAP_STACK_SIZE 65536

/* The top of the one, as large, that the first thread is on before the program begins */
extern char trap_start_stack[];
#define TRAP_CALLS 1024	/* numbers that a bitmap of calls has */

/* The program's registers, as they were at its `syscall`; results go to rax */
struct trap_regs {
	unsigned long rax, rdi, rsi, rdx, r10, r8, r9;
	unsigned long rbx, rbp, r12, r13, r14, r15;
	unsigned long rsp, rip, flags;	/* rip: where the call returns to */
};

struct trap_thread;
/* The kernel's siginfo_t and struct ucontext: cast, after <linux/signal.h>,
 * <asm/sigcontext.h> and <asm/ucontext.h>, which clash with libc's names */
struct trap_siginfo;
struct trap_ucontext;

/* trap_thread_*: of the calling thread, or of another one of the same process */
struct trap_thread *trap_thread(void);
struct trap_regs *trap_regs(struct trap_thread *t);
int trap_tid(struct trap_thread *t);
/* The personality's own word; a new thread has NULL, a forked child what it was */
void **trap_data(struct trap_thread *t);

/* Results of trap_personality.call beside a value or -errno: */
#define TRAP_HOST (-0x7fffffffffffffffL - 1)	/* the host shall do it, with args */
#define TRAP_RESTARTSYS (-512L)		/* again, if no handler without SA_RESTART ran */
#define TRAP_RESTARTNOINTR (-513L)	/* again always */
#define TRAP_RESTARTNOHAND (-514L)	/* -EINTR if a handler ran */
#define TRAP_RESTARTBLOCK (-516L)	/* the same, and then __NR_restart_syscall comes */

enum trap_clone_kind {
	TRAP_CLONE_THREAD,	/* shares the memory, runs at once */
	TRAP_CLONE_VFORK,	/* shares the memory; parent waits for exec or exit */
	TRAP_CLONE_FORK,	/* a copy of the process */
	TRAP_CLONE_VFORK_COPY,	/* TRAP_VFORK_IS_FORK: a copy, and the parent waits */
};

#define TRAP_STRIP_VDSO		1	/* no AT_SYSINFO_EHDR: clock reads become calls */
#define TRAP_VFORK_IS_FORK	2	/* each child has its own memory; see clone.c */

/* What start() fills in: as execve(path, argv, envp) */
struct trap_program {
	const char *path;	/* no search in PATH: trap_find_program() does that */
	char **argv, **envp;
};

struct trap_personality {
	const char *name;	/* for messages */
	unsigned int flags;	/* TRAP_STRIP_VDSO, ... */
	/* Calls wanted, a bit each: nr is traps[nr / 8] bit nr % 8. start() may still
	 * fill it in, and resume() the same bits: it becomes the seccomp filter,
	 * which every descendant inherits. NULL: none. */
	const unsigned char *traps;

	/* The image was started by somebody: parse argv, say what to run. Returns 0, or
	 * an exit status, after a message (trap_print()). Not traps yet. */
	int (*start)(int argc, char **argv, char **envp, struct trap_program *program);
	/* The image was started by execve() of a program in its care; `state` is what
	 * exec_state() wrote in the former life. Returns as start(). */
	int (*resume)(const char *state, char **envp);
	/* The main thread is there, its program mapped; after start() and resume() */
	void (*thread_main)(struct trap_thread *t);

	/* A trapped call of the bitmap. args: the six arguments, may be changed for
	 * TRAP_HOST. Returns a result, -errno, TRAP_HOST, TRAP_RESTART*. After
	 * TRAP_HOST the same call may come again without having been executed, if a
	 * signal came first. clone, fork, vfork, execve, exit have the hooks below
	 * instead: if the bitmap has them, too, they come here first. */
	long (*call)(struct trap_thread *t, long nr, unsigned long *args);

	/* Around clone, fork, vfork. clone_before: child is the new thread's block, NULL for
	 * copies; a non-zero result is what the program gets, and nothing happens. flags:
	 * clone(2)'s, of which it may take away what the host shall not do.
	 * clone_parent: result is the child's ID or -errno; for vforks, after the child
	 * has exec'ed or gone. clone_child: in the child, t its own block; all
	 * signals are blocked. */
	long (*clone_before)(struct trap_thread *t, struct trap_thread *child,
			     enum trap_clone_kind kind, unsigned long *flags);
	void (*clone_parent)(struct trap_thread *t, struct trap_thread *child,
			     enum trap_clone_kind kind, long result);
	void (*clone_child)(struct trap_thread *t, enum trap_clone_kind kind);

	/* exec_state: write a string (no NUL inside; at most size bytes with the last) that
	 * resume() gets; 0 or -errno, which refuses the exec. Everything that the
	 * caller could be told was checked before. file: the program's, of a script
	 * the interpreter's, open for reading. exec_failed: the host refused after
	 * all. */
	long (*exec_state)(struct trap_thread *t, int file, char *state, size_t size);
	void (*exec_failed)(struct trap_thread *t, long error);

	/* exit of a thread, exit_group of a process; not when a signal kills it */
	void (*thread_exit)(struct trap_thread *t);
	void (*process_exit)(struct trap_thread *t, int status);

	/* A fault (SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP) at an instruction in library
	 * context that is none of trap/'s. Signal context: may change the registers
	 * in uc, and returns 1; 0 means a bug, and the process dies with a message. */
	int (*fault)(struct trap_thread *t, int sig, struct trap_siginfo *info,
		     struct trap_ucontext *uc);
	/* A program's signal was put off as the thread is in library context. Signal
	 * context, all signals blocked: wake what the thread sleeps on, if that is
	 * not trap_wait(). */
	void (*signal)(struct trap_thread *t, int sig);
};

extern const struct trap_personality trap_personality;

/* Whether a handler waits for this call to leave; only of the calling thread */
int trap_signal_pending(struct trap_thread *t);

/*
 * A host call that may sleep, from library context; -EINTR if a handler of the program
 * waits, also one that arrived between the last check and the sleep. A call that was
 * done returns its result even so. Restartable calls are not restarted.
 */
long trap_wait(long nr, unsigned long a, unsigned long b, unsigned long c,
	       unsigned long d, unsigned long e, unsigned long f);

/*
 * The sigmask argument of ppoll and its kind: mask (8 bytes, library memory) holds
 * until the call leaves; a handler that it lets through runs as if it had come then.
 * Once a call, not with TRAP_HOST.
 */
void trap_mask(struct trap_thread *t, const unsigned long *mask);

/* function(argument), which may use SSE registers, MXCSR its default; 5 ns more */
long trap_with_sse(long (*function)(void *), void *argument);

/* User memory. trap_copy: bytes not copied; either side may be the program's.
 * trap_copy_string: length without NUL, size if it is longer, -EFAULT. */
int trap_load(unsigned long *to, const void *from);	/* one word; 0 or -EFAULT */
size_t trap_copy(void *to, const void *from, size_t n);
long trap_copy_string(char *to, const char *from, size_t size);

/* Pages, zeroed; NULL when there are none. Not for bytes. */
void *trap_pages(size_t bytes);
void trap_pages_free(void *pages, size_t bytes);

/* Locks between threads of a process; zeroed memory is a free one. Do not nest with
 * program code; a sleeper sleeps in the host. */
struct trap_lock {
	unsigned int word;
};
void trap_lock(struct trap_lock *lock);
void trap_unlock(struct trap_lock *lock);

/* %s %c %d %u %x %ld %lu %lx %%; always terminated; returns the whole length */
int trap_format(char *to, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* To standard error */
void trap_print(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* A promise of ours was broken: message, then SIGABRT's default */
_Noreturn void trap_panic(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* As execvp() finds it: in `path`, at most size bytes; 0, -ENOENT, -EACCES */
long trap_find_program(const char *name, char **envp, char *path, size_t size);

/* string.c */
void *memcpy(void *to, const void *from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *to, int byte, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
char *strchr(const char *s, int c);
char *strrchr(const char *s, int c);
unsigned long trap_number(const char *s, const char **end, int base);

#pragma GCC visibility pop

#endif
