/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _LIB_INTERNAL_H
#define _LIB_INTERNAL_H

#include <linux/completion.h>
#include <linux/list.h>
#include <linux/sizes.h>
#include <linux/types.h>

#include <lib_contract.h>

struct ctl_table;
struct lib_process;
struct lib_task;
struct page;
struct sockaddr;
struct task_struct;

/* ------------------------------------------------------------------ *
 * private.c: the one page that differs between the processes that share
 * a stack. Nothing else of the image may point into a process.
 */
struct lib_private {
	struct lib_host host;
	u32 space;	/* number of this host process among those attached */
	u32 token;	/* lib_cpu.token while it carries */
};
extern struct lib_private lib_private;
#define lib_imports (lib_private.host)

/* ------------------------------------------------------------------ *
 * token.c: the one virtual CPU
 */
enum lib_irq {
	LIB_IRQ_TIMER = 1 << 0,
};

#define LIB_RUNG_MAX 16

/**
 * struct lib_cpu - a virtual CPU
 * @token: 0 free, 1 + the holder's space, LIB_TOKEN_DEAD after the stack's end
 * @waiters: threads that sleep for @token, or starve
 * @stack: of the holder, or 0
 * @holder: host CPU of the carrier, for those who consider spinning
 * @moves: how often that was another one than before; these five are struct lib_token
 * @last: @token when it was last taken
 * @starving: some @waiters looked for it in vain for long
 * @pending: enum lib_irq, set by anyone, taken by the carrier
 * @carrier: the host thread that holds the token, as a waiter
 * @host_sp: the carrier's host stack while it runs a kernel context
 * @nr_rung, @rung: waiters with news, to be woken when the token is free
 * @calls: left by threads that found the token taken (delegate.c)
 * @next_event: when the clock event device wants its interrupt
 * @armed: what the host was told of @next_event
 * @kick: enum lib_kick, what is to be done once the token is free
 * @dead: panic, oops or shutdown; no context runs any more
 * @booted: init serves requests
 * @rdpid: the host CPU has that instruction
 */
struct lib_cpu {
	u32 token;
	u32 waiters;
	unsigned long stack;
	u32 holder;
	u32 moves;
	u32 last;
	bool starving;
	u32 pending;
	struct lib_waiter *carrier;
	unsigned long host_sp;
	unsigned int nr_rung;
	struct lib_waiter *rung[LIB_RUNG_MAX];
	struct lib_task *calls;
	u64 next_event;
	u64 armed;
	u8 kick;
	bool dead;
	bool booted;
	bool rdpid;
};
#define LIB_TOKEN_DEAD 0xdeadu

enum lib_kick {
	LIB_KICK_NETDEV = 1,	/* frames were transmitted since the host was told */
	LIB_KICK_FLOOD = 2,	/* a datagram found its receive buffer full (flood.c) */
};

extern struct lib_cpu lib_cpu;

bool lib_token_get_slow(void);
void lib_token_offer(void);
void lib_token_forget(u32 space);
/**
 * struct lib_spin - of a thread that looks for something again and again
 * @looks: how often it did
 * @start: since when, in cycles
 */
struct lib_spin {
	unsigned int looks;
	u64 start;
};

void lib_spin_pause(struct lib_spin *spin);
bool lib_spin_enough(const struct lib_spin *spin);
bool lib_token_poll(struct lib_spin *spin);
void lib_token_put_slow(void);

/* The host CPU we are on, as the vDSO's getcpu(2) finds it: node << 12 | cpu. */
static inline u32 lib_host_cpu(void)
{
	unsigned long cpu;

	if (likely(lib_cpu.rdpid))
		asm volatile("rdpid %0" : "=r" (cpu));
	else
		/* the limit of segment GDT_ENTRY_CPUNODE */
		asm volatile("lsl %1, %0" : "=r" (cpu) : "r" (0x7bul) : "cc");
	return cpu;
}

/* The host CPU's cycles, or what it counts as such: for how long to spin. */
static inline u64 lib_cycles(void)
{
	u32 low, high;

	asm volatile("rdtsc" : "=a" (low), "=d" (high));
	return (u64)high << 32 | low;
}

/* With the token */
static inline void lib_note_cpu(void)
{
	u32 cpu = lib_host_cpu();

	if (unlikely(cpu != lib_cpu.holder)) {
		lib_cpu.holder = cpu;
		lib_cpu.moves++;
	}
}

static inline bool lib_token_take(void)
{
	u32 old = 0;

	asm volatile("lock; cmpxchgl %2, %1"
		     : "+a" (old), "+m" (lib_cpu.token)
		     : "r" (lib_private.token) : "memory", "cc");
	if (unlikely(old))
		return false;
	lib_cpu.last = lib_private.token;
	lib_cpu.stack = (unsigned long)__builtin_frame_address(0);
	return true;
}

/* The kernel's data are in the caches of another CPU. */
static inline bool lib_is_elsewhere(void)
{
	return lib_host_cpu() != READ_ONCE(lib_cpu.holder);
}

/* Whether the token was free. */
static inline bool lib_token_try(void)
{
	if (!lib_token_take())
		return false;
	lib_note_cpu();
	return true;
}

/* Waits for the token. Returns false when the stack is dead: nothing is held. */
static inline bool lib_token_get(void)
{
	if (unlikely(!lib_token_take()))
		return lib_token_get_slow();
	lib_note_cpu();
	return true;
}

/* Puts the token back, and does what had to wait for that. */
static inline void lib_token_put(void)
{
	if (unlikely(lib_cpu.nr_rung | lib_cpu.kick | lib_cpu.dead) ||
	    unlikely(lib_cpu.next_event < lib_cpu.armed)) {
		lib_token_put_slow();
		return;
	}
	lib_cpu.stack = 0;
	smp_store_release(&lib_cpu.token, 0);
	if (unlikely(READ_ONCE(lib_cpu.waiters)))
		lib_token_offer();
}
void lib_ring(struct lib_waiter *w);
void lib_ring_again(struct lib_waiter *w);

/* ------------------------------------------------------------------ *
 * carrier.c: host threads that carry the CPU, and what they wait for
 */
enum lib_wait {
	LIB_WAIT_RUNNING,	/* the thread is in the gate, awake */
	LIB_WAIT_SLEEPING,	/* it sleeps, or is about to */
	LIB_WAIT_RUNG,		/* somebody has news for it */
};

/**
 * struct lib_waiter - a host thread inside the gate
 * @word: enum lib_wait, a futex
 * @space: the host process whose memory its call may touch
 * @done: its call is finished
 * @in_vain: how often it lingered in vain, lately
 * @refrain: how often it shall not linger
 */
struct lib_waiter {
	u32 word;
	u32 space;
	bool done;
	u8 in_vain;
	u16 refrain;
};

extern struct lib_waiter lib_service;
void lib_irq_carrier(void);
void lib_finish(struct lib_waiter *w, bool rung);
int lib_carry_on(struct lib_waiter *w, struct lib_task *t);
void lib_serve(void);				/* delegate.c */
bool lib_serve_left(void);
int lib_delegate(struct lib_task *t);
void lib_take_back(struct lib_task *t);
void lib_park(void);
void lib_enter(void);		/* switch.S */
void lib_enter_waking(struct task_struct *tsk);	/* switch.S */
void lib_enter_call(struct lib_task *t);	/* switch.S */
void lib_leave(void);		/* switch.S */
void lib_leave_for_good(void) __noreturn;
void lib_on_stack(void (*fn)(void *arg), void *arg, void *top);	/* switch.S */
void lib_irq(void (*fn)(void *arg), void *arg);
int lib_carry(struct lib_waiter *w, struct lib_task *t);
void lib_run_irqs(void);
void lib_linger(struct lib_waiter *w, bool serves);				/* linger.c */
u64 lib_event(void);
u64 lib_run(void);

/* ------------------------------------------------------------------ *
 * task.c: processes and tasks
 */

/**
 * struct lib_task - the kernel's side of one host thread
 * @waiter: where its host thread waits
 * @link: on the list of all tasks, or of free ones
 * @blocked: on the list of those whose thread waits for the end of its call
 * @tsk: the kernel task, NULL once it has ended
 * @started: to be told when it has begun
 * @proc: its process
 * @call: a call is in progress
 * @hooked: it must go on in its own host process only, and sleeps until then
 * @rung: its host thread was told that it is runnable again
 * @intr: its host thread ran a signal handler meanwhile
 * @restart: one that wants calls restarted (SA_RESTART)
 * @raw: the caller of the call decides about that
 * @exit: the task shall end
 * @dead: its host process is gone: anybody carries it, to its exit
 * @foreign: whose memory its calls touch, for lib_host.user_copy(); 0: its thread's
 * @left, @next_call: its call waits for the holder of the token (delegate.c)
 * @in_vain, @refrain: how often nobody came for it, lately; how often it is not to wait
 * @nr, @args, @ret: the call
 */
struct lib_task {
	struct lib_waiter waiter;
	struct list_head link;
	struct list_head blocked;
	struct task_struct *tsk;
	struct completion *started;
	struct lib_process *proc;
	bool call;
	bool hooked;
	bool rung;
	bool intr;
	bool restart;
	bool raw;
	bool exit;
	bool dead;
	bool left;
	u8 in_vain;
	u16 refrain;
	int foreign;
	struct lib_task *next_call;
	long nr;
	long args[6];
	long ret;
};

extern struct list_head lib_tasks;	/* all, also those of no process any more */

int lib_process_create(void);
int lib_process_exit(int process);
void lib_process_exit_all(void);
void lib_tasks_dead(u32 space);
int lib_task_attach(int process, struct lib_task **task);
int lib_task_detach(struct lib_task *task);
extern struct list_head lib_blocked;
void lib_user_call(struct lib_task *t);
long lib_syscall(struct lib_task *task, long nr, long a0, long a1, long a2,
		 long a3, long a4, long a5);
int lib_interrupt(struct lib_task *task);

/* request.c: work in a process context, for callers that have no task */
union lib_payload {
	int number;
	void *pointer;
	struct {
		struct lib_netdev_config config;
		char name[16];
		struct lib_netdev *dev;
	} netdev;
};

/**
 * struct lib_worker - a task that does what is requested
 * @tsk: it
 * @requests: what
 * @signals: it takes its process's signals, too, and hands them to the host
 */
struct lib_worker {
	struct task_struct *tsk;
	struct list_head requests;
	bool signals;
};

void lib_worker_run(struct lib_worker *worker);
long lib_request(struct lib_worker *worker, long (*fn)(union lib_payload *arg),
		 union lib_payload *arg);
void lib_request_space_dead(u32 space);
extern struct lib_worker lib_init_worker;
void lib_init_main(void) __noreturn;
void lib_request_ring_all(void);
void lib_ring_all(void);

/**
 * struct lib_process - the kernel's side of a host process
 * @link: in the list of all
 * @worker: makes its tasks
 * @started: the worker and each task report here
 * @leader: its first task, until a thread has attached as it
 * @pid: its number
 */
struct lib_process {
	struct list_head link;
	struct lib_worker worker;
	struct completion started;
	struct lib_task *leader;
	pid_t pid;
};

int lib_task_new(struct lib_process *p, struct lib_task **new);
long lib_process_new(u64 flags, bool signals, struct lib_process **new);
struct lib_process *lib_process_find(int pid);

/* ------------------------------------------------------------------ *
 * space.c: host processes that share the stack
 */
long lib_call(unsigned long nr, unsigned long arg);
long lib_map(const struct lib_map __user *arg);			/* map.c */
void lib_user_memory(const struct lib_task *t);			/* foreign.c */
int lib_adopt(struct lib_task *task);
int lib_space_dead(u32 space, int process);
int lib_hold(void (*fn)(void *arg), void *arg);

/* ------------------------------------------------------------------ *
 * the rest, a file each
 */
long lib_dispatch(struct lib_task *t);				/* syscall.c */
long lib_accept_late(int fd, struct sockaddr __user *addr, int __user *len, int flags);	/* accept.c */
bool lib_fallback_ioctl(unsigned int cmd, const void __user *arg);	/* fallback.c */
bool lib_module_socket(int family, int protocol);			/* module.c */
void lib_clock_init(void);					/* time.c */
void lib_timer_irq(void);
#define LIB_MEMORY_BLOCK	SZ_4M	/* comes online in one piece; memory.c */
void lib_memory_init(void);
void lib_memory_look(struct page *page);
void lib_memory_want(size_t size);
void lib_sysfs_init(void);			/* sysfs.c */
void lib_sysctl_init(void);			/* sysctl.c */
size_t lib_pack(const struct ctl_table *table, const struct ctl_table *from, size_t n,
		u8 *to, size_t room);	/* pack.c */
void lib_unpack(struct ctl_table *table, const struct ctl_table *from, size_t n, const u8 *packed);
void lib_bridge_sysctl(const char *path, struct ctl_table *table, size_t n);	/* bridge.c */
void lib_fresh_init(unsigned long pages);				/* fresh.c */
void lib_entropy_init(void);					/* entropy.c */
void lib_die(enum lib_fatal why, const char *text) __noreturn;	/* dead.c */
void lib_killed(u32 space);
void lib_oops(struct lib_regs *regs, unsigned long addr);
int lib_shutdown(void);
int lib_fault(struct lib_regs *regs, unsigned long addr);	/* fault.c */
size_t lib_backtrace(struct task_struct *tsk, unsigned long sp,
		     unsigned long *trace, size_t n);			/* dead.c */
#define LIB_IRQ_STACK_WORDS (THREAD_SIZE / sizeof(long))
extern unsigned long lib_irq_stack[];

int lib_netdev_create(const struct lib_netdev_config *config,	/* netdev.c */
		      struct lib_netdev **dev);
int lib_netdev_remove(struct lib_netdev *dev);
int lib_netdev_receive(struct lib_netdev *dev, const struct lib_frame *frames,
		       int n);
int lib_netdev_sent(struct lib_netdev *dev, void *const *cookies, int n);
int lib_netdev_wake(struct lib_netdev *dev);
int lib_netdev_carrier(struct lib_netdev *dev, int up);

#endif
