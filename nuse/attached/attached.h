/* SPDX-License-Identifier: GPL-2.0 */
/*
 * attached.h - the part of nuse that lives inside the programs
 *
 * A personality of trap/: it answers the network's system calls by function calls into
 * the stack that the process is attached to, and leaves all others to the host. No libc,
 * no vector registers (trap.h).
 */
#ifndef NUSE_ATTACHED_H
#define NUSE_ATTACHED_H

#include <linux/poll.h>
#include <linux/time_types.h>

#include "../channel.h"
#include "shared.h"
#include "trap.h"

#pragma GCC visibility push(hidden)

struct iovec;
struct lib_task;

/**
 * struct thread - what we know of a thread, behind trap_data()
 * @task: its task in the stack
 * @kicked: the call it sleeps in shall end with -EINTR (poller.c)
 * @wait_word: what it sleeps on
 * @child, @child_task, @child_process, @child_space, @child_claim, @child_fd: of a fork that is under way
 * @inside: it is in a function of the stack
 * @finished: it was killed there; the twin goes on in its place, to the function's end
 * @calls: left till the next look of steer.c; @looked, @moves: what it saw at the last
 * @steered: what was done then, or NULL
 * @waited, @dry: it waited since the last look; looks since it did
 * @restart: its last call that a signal cut short was the stack's
 * @buffer: BUFFER_SIZE bytes, or NULL
 */
struct thread {
	struct lib_task *task;
	_Atomic int kicked;
	uint32_t *_Atomic wait_word;
	int inside;
	int finished;
	struct shared_process *child;
	struct lib_task *child_task;
	int child_process;
	uint32_t child_space;
	int child_claim;
	int child_fd[2];
	unsigned long child_flags;	/* clone(2)'s */
	int calls;
	uint32_t moves;
	uint64_t looked;
	struct shared_steered *steered;
	int waited, dry;
	int restart;
	char *buffer;
};

#define BUFFER_SIZE 65536

static inline int same(const char *a, const char *b)
{
	return !strcmp(a, b);
}

/* As getdents64(2) gives them */
struct dirent64 {
	uint64_t ino;
	int64_t off;
	unsigned short len;
	unsigned char type;
	char name[];
};

/* ------------------------------------------------------------------ *
 * cgroup.c: control groups
 */
int cgroup_is(const char *path);
long cgroup_call(struct trap_thread *t, long nr, unsigned long *args, const char *path,
		 const char *name);
int cgroup_is_list(const char *path);
long cgroup_read_list(struct trap_thread *t, long lib_fd, int cloexec);
long cgroup_open_groups(struct trap_thread *t, const char *path);

/* directory.c */
long directory_list(struct trap_thread *t, long nr, unsigned long *a);

/* spawn.c */
#define SPAWN_STACK 65536
long spawn(unsigned long flags, void (*fn)(void), char *stack, unsigned int *tid);

/* ------------------------------------------------------------------ *
 * twin.c: finishes what a SIGKILL interrupts inside the stack
 */
extern int twin_watches;

void twin_start(void);
void twin_stop(void);
void twin_hold(void);
void twin_release(void);
void twin_forked(void);
_Noreturn void twin_return(void);	/* cpu/x86_64/twin.S */

/* ------------------------------------------------------------------ *
 * stack.c: the stack, mapped
 */

/* Descriptors of ours in the program's table, which it does not see */
enum own_fd {
	OWN_MEMORY, OWN_TEXT, OWN_BELL, OWN_PLACEHOLDER, OWN_PROC, OWN_FDS,
	OWN_CHANNELS = OWN_MEMORY, OWN_LINE = OWN_TEXT,		/* isolated.c */
};

/**
 * struct attachment - of this process
 * @channels: of an isolated process, which has neither @sh nor @ops; else NULL
 * @sh: what all processes share
 * @ops: its functions, copied
 * @fd: enum own_fd
 * @slot, @space: which process we are
 * @process: the kernel's number of it
 * @pidns: its pid namespace, if that is not the owner's (pidns.c)
 * @mapped: bytes of the program's address space that the stack takes
 * @threads: threads of the program
 * @exiting: one of them ends the process; to the others calls shall not fail meanwhile
 */
struct attachment {
	struct channels *channels;
	struct shared *sh;
	struct lib_ops ops;
	int fd[OWN_FDS];
	struct shared_process *slot;
	uint32_t space;
	int process;
	uint32_t pidns;
	size_t mapped;
	_Atomic int threads;
	_Atomic int exiting;
};
extern struct attachment attachment;

int stack_map(char **envp);			/* an exit status, after a message */
int stack_join(void);				/* as a new process */
long stack_attach(uint32_t space);		/* callbacks, private page */
void stack_ring(void);
struct thread *stack_thread(struct trap_thread *t);
void stack_gone(void);			/* does not return while the process exits */
/* Of the stack: a host's process to its number there (0: none), and back; files about it */
int stack_number(struct trap_thread *t, int pid);
int stack_pid(struct trap_thread *t, int process);
void pidns_keep(void);				/* pidns.c */
int pidns_is_ahead(void);
int pidns_forked(void);
const char *stack_directory(void);
int stack_has_unix(void);
int stack_owner(void);
/* Others of its functions, with what lib6() does around one */
long stack_process_exit(struct trap_thread *t, int process);
void stack_task_detach(struct trap_thread *t, struct thread *th);
long stack_adopt(struct lib_task *task);
long stack_hold(struct trap_thread *t, void (*fn)(void *arg), void *arg);

/* isolated.c: the same by way of the owner */
long isolated_call(struct trap_thread *t, long nr, const unsigned long *a);
void isolated_interrupt(struct thread *th);
long isolated_open(struct thread *th);
long isolated_thread(struct trap_thread *t, struct thread *new);
void isolated_thread_end(struct trap_thread *t, struct thread *th);
void isolated_exit(struct trap_thread *t);
void isolated_exec(struct trap_thread *t);
int isolated_number(struct trap_thread *t, int pid);
int isolated_pid(struct trap_thread *t, int process);
void isolated_await_burial(struct trap_thread *t, int pid);
long isolated_fork_before(struct trap_thread *t, struct thread *th);
void isolated_fork_parent(struct thread *th);
void isolated_fork_child(struct thread *th);
int isolated_map(void);
long isolated_join(struct thread *th);
void isolated_resume(struct thread *th, uint32_t channel);
uint32_t isolated_channel(const struct thread *th);

/* Around each function of the stack, so that a death there can be mended (twin.c) */
static inline void stack_enter(struct thread *th)
{
	th->inside = 1;
	if (__builtin_expect(!twin_watches, 0))
		twin_start();
}

static inline void stack_leave(struct thread *th)
{
	if (__builtin_expect(th->finished, 0))
		twin_return();
	th->inside = 0;
}

/* ------------------------------------------------------------------ *
 * steer.c: threads that are busy with the stack share a CPU
 */
void steer_look(struct thread *th);
void steer_release(struct thread *th);
void steer_leave_alone(struct thread *th);
int steer_left_alone(void);
long steer_call(struct trap_thread *t, long nr, unsigned long *a);

/* The stack is compiled with SSE; the program's registers are kept for it. */
struct lib_args {
	struct lib_task *task;
	long nr;
	unsigned long a, b, c, d, e, f;
};
long stack_syscall(void *args);

static inline long lib6(struct trap_thread *t, long nr, unsigned long a, unsigned long b,
			unsigned long c, unsigned long d, unsigned long e, unsigned long f)
{
	struct thread *th = *trap_data(t);
	long ret;

	if (__builtin_expect(attachment.channels != NULL, 0)) {
		unsigned long all[6] = { a, b, c, d, e, f };

		return isolated_call(t, nr, all);
	}
	if (__builtin_expect(!th || !th->task, 0)) {
		th = stack_thread(t);
		if (!th)
			return -ENOMEM;
	}
	struct lib_args args = { th->task, nr, a, b, c, d, e, f };

	stack_enter(th);
	ret = trap_with_sse(stack_syscall, &args);
	stack_leave(th);
	if (__builtin_expect(--th->calls <= 0, 0))
		steer_look(th);
	if (__builtin_expect(ret == -EIO, 0))
		stack_gone();
	return ret;
}

#define lib_word(x) ((unsigned long)(x))
#define lib_1(t, nr, a) lib6(t, nr, lib_word(a), 0, 0, 0, 0, 0)
#define lib_2(t, nr, a, b) lib6(t, nr, lib_word(a), lib_word(b), 0, 0, 0, 0)
#define lib_3(t, nr, a, b, c) lib6(t, nr, lib_word(a), lib_word(b), lib_word(c), 0, 0, 0)
#define lib_4(t, nr, a, b, c, d) \
	lib6(t, nr, lib_word(a), lib_word(b), lib_word(c), lib_word(d), 0, 0)
#define lib_5(t, nr, a, b, c, d, e) \
	lib6(t, nr, lib_word(a), lib_word(b), lib_word(c), lib_word(d), lib_word(e), 0)
#define lib_args(t, nr, a) lib6(t, nr, (a)[0], (a)[1], (a)[2], (a)[3], (a)[4], (a)[5])

/* vdso.c */
void vdso_find(char **envp);
uint64_t vdso_clock(void);

/* ------------------------------------------------------------------ *
 * files.c: whose a descriptor is
 */
enum file_kind {
	FILE_HOST,
	FILE_LIB,	/* the stack's; the host has a placeholder at that number */
	FILE_EPOLL,	/* both have an epoll instance there (epoll.c) */
	FILE_HIDDEN,	/* ours */
};

#define FILES_MAX (1 << 20)

extern uint8_t file_kinds[FILES_MAX];

/* A value that is no descriptor is the host's to refuse. */
static inline enum file_kind file_kind(unsigned long fd)
{
	return (unsigned int)fd < FILES_MAX ? file_kinds[(unsigned int)fd] : FILE_HOST;
}

static inline int file_is_lib(unsigned long fd)
{
	enum file_kind kind = file_kind(fd);

	return kind == FILE_LIB || kind == FILE_EPOLL;
}

int files_start(void);
void files_resume(struct trap_thread *t);
long file_settle(struct trap_thread *t, long lib_fd, int cloexec);
long file_move(struct trap_thread *t, long lib_fd, long fd, int cloexec);
void file_set(unsigned int fd, enum file_kind kind);
int file_hide(int fd);			/* to a number nobody uses; or -errno */
long file_hide_own(long fd);
long files_close(struct trap_thread *t, long nr, unsigned long *a);
long files_close_range(struct trap_thread *t, long nr, unsigned long *a);
long files_dup(struct trap_thread *t, long nr, unsigned long *a);
long files_dup2(struct trap_thread *t, long nr, unsigned long *a);
long files_fcntl(struct trap_thread *t, long nr, unsigned long *a);
long files_ioctl(struct trap_thread *t, long nr, unsigned long *a);

/* sockets.c */
long sockets_socket(struct trap_thread *t, long nr, unsigned long *a);
long sockets_pair(struct trap_thread *t, long nr, unsigned long *a);
long sockets_accept(struct trap_thread *t, long nr, unsigned long *a);
long sockets_send(struct trap_thread *t, long nr, unsigned long *a);
long sockets_option(struct trap_thread *t, long nr, unsigned long *a);

/* msghdr of recvmsg(2), as the kernels have it */
struct message {
	void *name;
	int namelen;
	struct iovec *iov;
	size_t iovlen;
	void *control;
	size_t controllen;
	unsigned int flags;
};

/* rights.c: descriptors from one program to another */
long rights_take(struct trap_thread *t, long nr, unsigned long *a);
long rights_send(struct trap_thread *t, long nr, unsigned long *a);
long rights_receive(struct trap_thread *t, long nr, unsigned long *a);

/* transfer.c: between a host file and a socket of the stack */
long transfer_sendfile(struct trap_thread *t, long nr, unsigned long *a);
long transfer_splice(struct trap_thread *t, long nr, unsigned long *a);

/* poll.c: poll, select and theirs */
long poll_poll(struct trap_thread *t, long nr, unsigned long *a);
long poll_select(struct trap_thread *t, long nr, unsigned long *a);
/* A timeout in nanoseconds from now; LIB_NEVER */
uint64_t poll_left(uint64_t deadline);
void poll_timespec(uint64_t ns, struct __kernel_timespec *ts);
/* A pause of ours; a signal may cut it short. */
static inline void host_sleep(long ns)
{
	struct __kernel_timespec ts = { 0, ns };

	host_2(__NR_nanosleep, &ts, 0);
}

/* epoll.c */
long epoll_make(struct trap_thread *t, long nr, unsigned long *a);
long epoll_change(struct trap_thread *t, long nr, unsigned long *a);
long epoll_await(struct trap_thread *t, long nr, unsigned long *a);
void epoll_unknown(unsigned int fd);
void epoll_copy(unsigned int from, unsigned int to);
void epoll_close(unsigned int fd);
void epoll_forked(void);

/* ------------------------------------------------------------------ *
 * poller.c: a thread that watches host files for those who sleep in the stack
 */

/**
 * struct poller_watch - files to watch, and who is to be told
 * @fds, @n: the files; or
 * @epoll: the host's instance that has them, where @n is 0
 * @known: it is among what the poller's own instance watches
 * @th: who sleeps; NULL: nobody
 * @fired: one of them is ready
 */
#define POLLER_SLEEPERS 8
#define POLLER_ALONE_NS 10000000ull
struct poller_watch {
	struct pollfd *fds;
	int n;
	int epoll, known;
	struct thread *_Atomic th[POLLER_SLEEPERS];
	_Atomic int fired;
	int listed;
	struct poller_watch *next;
};

void poller_prepare(void);
long poller_add(struct poller_watch *w, struct thread *th);
/* The calling thread is about to sleep; 0 if there are too many already */
int poller_sleeper(struct poller_watch *w, struct thread *th);
/* It was one of them. When this returns nobody looks at it. */
void poller_awake(struct poller_watch *w, struct thread *th);
/* Its instance has another number now; who sleeps sleeps on. */
void poller_move(struct poller_watch *w, int epoll);
void poller_remove(struct poller_watch *w);
void poller_stop(void);
void poller_resume(void);
void poller_before_fork(void);
void poller_after_fork(int child);

/* path.c: names that are the stack's */
long path_call(struct trap_thread *t, long nr, unsigned long *a);
long path_two(struct trap_thread *t, long nr, unsigned long *a);
void path_look(void);
long path_chdir(struct trap_thread *t, long nr, unsigned long *a);
long path_fchdir(struct trap_thread *t, long nr, unsigned long *a);
long path_getcwd(struct trap_thread *t, long nr, unsigned long *a);
long path_mount(struct trap_thread *t, long nr, unsigned long *a);

/* namespace.c */
extern int namespace_pretends;	/* the host did not make a mount namespace that was asked for */
/* Is the process in a mount namespace of the stack's that is not the first one's? */
int namespace_own_mounts(struct trap_thread *t);
long namespace_unshare(struct trap_thread *t, long nr, unsigned long *a);
long namespace_setns(struct trap_thread *t, long nr, unsigned long *a);
int namespace_process(struct trap_thread *t, int pidfd);	/* its number in the stack; 0: none */
/* Of clone(2)'s flags, with what is the stack's taken away. In the child, with what they were */
long namespace_before_clone(unsigned long *flags);
void namespace_cloned(struct trap_thread *t, unsigned long flags);

/* map.c: mmap(2) of files of the stack */
long map_mmap(struct trap_thread *t, long nr, unsigned long *a);
long map_munmap(struct trap_thread *t, long nr, unsigned long *a);

/* ring.c: what libpcap maps, where the program is isolated */
long ring_option(struct trap_thread *t, long nr, unsigned long *a);
void ring_fill(struct trap_thread *t, const struct pollfd *fds, unsigned int n);
void ring_close(int fd);
int ring_users(void);

/* bpf.c */
long bpf_call(struct trap_thread *t, long nr, unsigned long *a);

/* sandbox.c */
long sandbox_call(struct trap_thread *t, long nr, unsigned long *a);

/* process.c */
long process_clone_before(struct trap_thread *t, struct trap_thread *child,
			  enum trap_clone_kind kind, unsigned long *flags);
void process_clone_parent(struct trap_thread *t, struct trap_thread *child,
			  enum trap_clone_kind kind, long result);
void process_clone_child(struct trap_thread *t, enum trap_clone_kind kind);
void process_thread_exit(struct trap_thread *t);
long process_wait(struct trap_thread *t, long nr, unsigned long *a);
long process_waitid(struct trap_thread *t, long nr, unsigned long *a);
void process_exit(struct trap_thread *t, int status);
long process_state(struct trap_thread *t, int file, char *state, size_t size);
int process_resume(const char *state, char **envp);
void process_main(struct trap_thread *t);

/* credentials.c. An exec of the open @file takes @state along. */
long credentials_call(struct trap_thread *t, long nr, unsigned long *a);
void credentials_start(void);
void credentials_state(int file, unsigned long state[2]);
void credentials_resume(const unsigned long state[2]);
void credentials_changed(struct trap_thread *t);
int credentials_have(int capability);

/* limit.c */
long limit_call(struct trap_thread *t, long nr, unsigned long *a);

/* kill.c */
long kill_kill(struct trap_thread *t, long nr, unsigned long *a);

/* call.c */
void call_start(unsigned char *traps);
long call(struct trap_thread *t, long nr, unsigned long *a);

#pragma GCC visibility pop

#endif
