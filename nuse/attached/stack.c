// SPDX-License-Identifier: GPL-2.0
/*
 * stack.c - map the stack into this process, and be its host here
 *
 * Text comes from the image file, data and arena from the owner's memory file, both at
 * the addresses where the owner has them; the private page between the two is ours. From
 * then on the stack's functions can be called. What they ask of a host is here: sleep
 * and wake on shared words, a clock, and for all that only the owner can do a
 * ring of its bell (host/shared.h).
 */
#include <linux/futex.h>
#include <linux/membarrier.h>
#include <linux/mman.h>

#include "attached.h"

#define MAP_FIXED_NOREPLACE_ 0x100000
#define NSEC 1000000000ull

struct attachment attachment;

/* ------------------------------------------------------------------ *
 * callbacks
 */

void stack_ring(void)
{
	uint64_t one = 1;

	if (!atomic_exchange(&attachment.sh->busy, 1))
		host_3(__NR_write, attachment.fd[OWN_BELL], &one, sizeof(one));
}

static uint64_t on_clock(void *host)
{
	(void)host;
	return vdso_clock();
}

static void on_arm(void *host, uint64_t when)
{
	(void)host;
	if (shared_arm(attachment.sh, when))
		stack_ring();
}

/*
 * With a timeout the wait is for the token, which nothing may interrupt: a handler that
 * waits for the call to leave would make this a busy loop.
 */
static int on_wait(void *host, uint32_t *word, uint32_t value, uint64_t timeout)
{
	struct trap_thread *t = trap_thread();
	struct thread *th = *trap_data(t);
	struct __kernel_timespec ts;
	long err;

	(void)host;
	/* A twin has no use for what it would wait for. */
	if (th && th->finished)
		twin_return();
	if (timeout != LIB_NEVER) {
		poll_timespec(timeout, &ts);
		err = host_6(__NR_futex, word, FUTEX_WAIT, value, &ts, 0, 0);
		return err == -EAGAIN ? 0 : err;
	}
	if (th) {
		th->waited = 1;
		th->wait_word = word;
		if (th->kicked)
			return -EINTR;
	}
	err = trap_wait(__NR_futex, (unsigned long)word, FUTEX_WAIT, value, 0, 0, 0);
	if (err == -EINTR && trap_signal_pending(t))
		return TRAP_RESTARTSYS;
	if (th && th->kicked)
		return -EINTR;
	return 0;
}

static void on_wake(void *host, uint32_t *word, uint32_t count)
{
	(void)host;
	host_6(__NR_futex, word, FUTEX_WAKE, count > INT32_MAX ? INT32_MAX : count, 0, 0, 0);
}

static void on_signal(void *host, int process, int sig)
{
	int pid = shared_pid(attachment.sh, process, attachment.pidns);

	(void)host;
	if (pid)
		host_2(__NR_kill, pid, sig);
}

static int on_number(void *host, int pid)
{
	(void)host;
	return shared_named(attachment.sh, pid, attachment.pidns);
}

/* The owner's */
static size_t on_user_copy(void *host, int foreign, void *memory, unsigned long user, size_t n,
			   int out)
{
	(void)host;
	(void)foreign;
	(void)memory;
	(void)user;
	(void)out;
	return n;
}

static void on_yield(void *host)
{
	struct thread *th = *trap_data(trap_thread());

	(void)host;
	/* For news; not for the token, which is taken then */
	if (th && !attachment.ops.token->word)
		th->waited = 1;
	host_0(__NR_sched_yield);
}

static void on_membarrier(void *host)
{
	(void)host;
	host_3(__NR_membarrier, MEMBARRIER_CMD_GLOBAL_EXPEDITED, 0, 0);
}

static void on_console(void *host, const char *text, size_t len)
{
	(void)host;
	shared_log(attachment.sh, text, len);
}

/* The owner has the symbols. */
static void on_fatal(void *host, enum lib_fatal why, const char *text,
		     const unsigned long *trace, size_t n)
{
	struct shared *sh = attachment.sh;

	(void)host;
	sh->nr_trace = n < SHARED_TRACE ? n : SHARED_TRACE;
	memcpy(sh->trace, trace, sh->nr_trace * sizeof(*trace));
	trap_format(sh->why, sizeof(sh->why), "%s", text);
	sh->fatal = why;
	sh->dead = 1;
	if (why != LIB_FATAL_HALT)
		trap_print("nuse: the stack has died: %s; nuse dmesg tells more\n", text);
	stack_ring();
}

static int on_xmit(void *host, void *dev, struct lib_frame *frames, int n, int *held)
{
	(void)host;
	return shared_xmit(dev, frames, n, held);
}

static void on_updown(void *host, void *dev, int up)
{
	(void)host;
	((struct shared_device *)dev)->up = up;
	stack_ring();
}

static void on_kick(void *host)
{
	(void)host;
	stack_ring();
}

/* ------------------------------------------------------------------ */

static int refuse(const char *what, long error)
{
	trap_print("nuse: %s (error %ld)\n", what, -error);
	return 125;
}

static long map_at(uint64_t address, size_t size, int prot, int flags, int fd)
{
	long p = host_6(__NR_mmap, address, size, prot, flags | MAP_FIXED_NOREPLACE_, fd, 0);

	if (!host_failed(p) && p != (long)address) {
		host_2(__NR_munmap, p, size);
		return -EEXIST;
	}
	return p;
}

/* struct shared is the end of the memory file; the rest is where it says. */
static long find_shared(uint64_t *data, uint64_t *size)
{
	struct shared *sh;
	long end = host_3(__NR_lseek, attachment.fd[OWN_MEMORY], 0, 2 /* SEEK_END */);
	size_t length = page_up(sizeof(*sh));
	long p;

	if (end < (long)length)
		return end < 0 ? end : -EINVAL;
	p = host_6(__NR_mmap, 0, HOST_PAGE, PROT_READ, MAP_SHARED,
		   attachment.fd[OWN_MEMORY], end - length);
	if (host_failed(p))
		return p;
	sh = (void *)p;
	if (sh->magic != SHARED_MAGIC || sh->version != SHARED_VERSION ||
	    sh->size != sizeof(*sh))
		return -EPROTO;
	*data = sh->data;
	*size = sh->data_size;
	host_2(__NR_munmap, p, HOST_PAGE);
	return 0;
}

int stack_map(char **envp)
{
	uint64_t data, size;
	struct shared *sh;
	long err;

	vdso_find(envp);
	err = isolated_map();
	if (err)
		return err > 0 ? 0 : refuse("the way to the stack cannot be mapped", err);
	err = find_shared(&data, &size);
	if (err == -EPROTO)
		return refuse("the stack was made by another version of nuse; stop it", err);
	if (err)
		return refuse("the stack's memory cannot be mapped", err);
	err = map_at(data, size, PROT_READ | PROT_WRITE, MAP_SHARED,
		     attachment.fd[OWN_MEMORY]);
	if (host_failed(err))
		return refuse("the stack's addresses are taken in this process", err);
	sh = attachment.sh = (void *)(data + size - page_up(sizeof(*sh)));
	err = map_at(sh->base, sh->text_size, PROT_READ | PROT_EXEC, MAP_PRIVATE,
		     attachment.fd[OWN_TEXT]);
	if (!host_failed(err))
		err = map_at((uint64_t)sh->ops.private_page, HOST_PAGE,
			     PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	if (host_failed(err))
		return refuse("the stack's code cannot be mapped", err);
	attachment.ops = sh->ops;
	attachment.mapped = size + sh->text_size + HOST_PAGE;
	return 0;
}

/* ------------------------------------------------------------------ *
 * functions of the stack, called
 */

long stack_syscall(void *p)
{
	const struct lib_args *args = p;

	return attachment.ops.syscall(args->task, args->nr, args->a, args->b, args->c,
				      args->d, args->e, args->f);
}

/* Not inside, unless the thread is known: who is killed here is lost (twin.c). */
static long gate(struct thread *th, long (*fn)(void *arg), void *arg)
{
	long ret;

	if (!th)
		return trap_with_sse(fn, arg);
	stack_enter(th);
	ret = trap_with_sse(fn, arg);
	stack_leave(th);
	return ret;
}

static long do_process_create(void *arg)
{
	(void)arg;
	return attachment.ops.process_create();
}

static long do_process_exit(void *process)
{
	return attachment.ops.process_exit((long)process);
}

static long do_task_attach(void *task)
{
	return attachment.ops.task_attach(attachment.process, task);
}

static long do_task_detach(void *task)
{
	return attachment.ops.task_detach(task);
}

static long do_adopt(void *task)
{
	return attachment.ops.adopt(task);
}

struct hold {
	void (*fn)(void *arg);
	void *arg;
};

static long do_hold(void *p)
{
	const struct hold *hold = p;

	return attachment.ops.hold(hold->fn, hold->arg);
}

/*
 * A call found no process. If that is because another thread is about to end the
 * program, this one waits for it: natively its call would not have returned either.
 */
void stack_gone(void)
{
	while (attachment.exiting)
		host_0(__NR_pause);
}

long stack_process_exit(struct trap_thread *t, int process)
{
	if (attachment.channels) {
		isolated_exit(t);
		return 0;
	}
	return gate(*trap_data(t), do_process_exit, (void *)(long)process);
}

void stack_task_detach(struct trap_thread *t, struct thread *th)
{
	if (attachment.channels)
		isolated_thread_end(t, th);
	else
		gate(*trap_data(t), do_task_detach, th->task);
}

long stack_adopt(struct lib_task *task)
{
	return gate(NULL, do_adopt, task);
}

long stack_hold(struct trap_thread *t, void (*fn)(void *arg), void *arg)
{
	struct hold hold = { fn, arg };

	/* Nobody can kill it with the token in its hands. */
	if (attachment.channels) {
		fn(arg);
		return 0;
	}
	return gate(*trap_data(t), do_hold, &hold);
}

static long do_attach(void *host)
{
	return attachment.ops.attach(host, attachment.space);
}

/* As @space; also again after a fork, whose private page is the parent's. */
long stack_attach(uint32_t space)
{
	static const struct lib_host host = {
		.version = LIB_CONTRACT_VERSION,
		.size = sizeof(host),
		.clock_mode = LIB_CLOCK_REAL,
		.clock = on_clock,
		.arm = on_arm,
		.wait = on_wait,
		.wake = on_wake,
		.membarrier = on_membarrier,
		.signal = on_signal,
		.number = on_number,
		.user_copy = on_user_copy,
		.yield = on_yield,
		.console = on_console,
		.fatal = on_fatal,
		.netdev_xmit = on_xmit,
		.netdev_updown = on_updown,
		.netdev_kick = on_kick,
	};

	host_3(__NR_membarrier, MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED, 0, 0);
	attachment.space = space;
	attachment.slot = &attachment.sh->processes[space - 1];
	return gate(NULL, do_attach, (void *)&host);
}

/* A process that the stack has not seen before. */
int stack_join(void)
{
	struct thread *th = trap_pages(HOST_PAGE);
	uint32_t space;
	struct shared_process *slot;
	long err;

	if (!th)
		return refuse("no memory", -ENOMEM);
	*trap_data(trap_thread()) = th;
	if (attachment.channels) {
		err = isolated_join(th);
		return err ? refuse("the stack has ended", err) : 0;
	}
	slot = shared_await_place(attachment.sh, &space, host_sleep);
	if (!slot)
		return refuse("the stack has no room for another process", -EAGAIN);
	slot->pid = host_0(__NR_getpid);
	err = stack_attach(space);
	if (!err)
		err = attachment.process = gate(th, do_process_create, NULL);
	if (err < 0) {
		slot->state = SHARED_FREE;
		return refuse(err == -EIO ? "the stack has ended" :
			      "the stack makes no process", err);
	}
	slot->process = attachment.process;
	slot->state = SHARED_NEW;
	stack_ring();
	return 0;
}

/* The calling thread's first call. */
struct thread *stack_thread(struct trap_thread *t)
{
	struct thread *th = *trap_data(t);

	if (!th) {
		th = trap_pages(HOST_PAGE);
		if (!th)
			return NULL;
		*trap_data(t) = th;
	}
	if (!th->task && (attachment.channels ? isolated_open(th) :
			  gate(th, do_task_attach, &th->task)))
		return NULL;
	return th;
}

/* ------------------------------------------------------------------ */

int stack_number(struct trap_thread *t, int pid)
{
	return attachment.channels ? isolated_number(t, pid) :
				     shared_number(attachment.sh, pid, attachment.pidns);
}

int stack_pid(struct trap_thread *t, int process)
{
	return attachment.channels ? isolated_pid(t, process) :
				     shared_pid(attachment.sh, process, attachment.pidns);
}

const char *stack_directory(void)
{
	return attachment.channels ? attachment.channels->directory : attachment.sh->directory;
}

int stack_owner(void)
{
	return attachment.channels ? attachment.channels->owner : attachment.sh->owner;
}

/* Are AF_UNIX sockets the stack's? */
int stack_has_unix(void)
{
	return attachment.channels ? attachment.channels->unix_stack : attachment.sh->unix_stack;
}
