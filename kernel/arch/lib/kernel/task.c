// SPDX-License-Identifier: GPL-2.0
/*
 * task.c - processes and tasks
 *
 * A host process is a kernel process: its own files, mm, signals, pid. A host thread
 * is a task of it; the first to attach is the leader, so that /proc/self is what a
 * program's main thread expects. One more task belongs to no host thread: the worker
 * makes the others, by the kernel's own clone, and when it ends they all do.
 *
 * A task lives in user_loop(): "user mode" is to wait there. Either it stays
 * the scheduler's current task (its thread has just gone home and will call
 * again), or it sleeps, because another carrier needed the CPU meanwhile.
 *
 * Its policy is SCHED_FIFO. A call ends soon or blocks, so there are no shares of the
 * CPU to be fair about, and the fair class costs: an idle CPU's first task starts
 * a timer for the fair server, and a task that blocks may stay queued for a while (6.12), so
 * that others seem to be runnable when nothing is. Kernel threads, which are of the fair
 * class, run when a carrier's calls are over or block.
 *
 * Signals: programs' handlers are the host's business. All signals but SIGKILL
 * are blocked here; a host signal that shall interrupt a sleeping call comes as
 * a notification (TIF_NOTIFY_SIGNAL).
 */
#include <linux/completion.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/pid.h>
#include <linux/resume_user_mode.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sched/stat.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/syscalls.h>

#include "lib.h"

static LIST_HEAD(processes);
LIST_HEAD(lib_tasks);
static LIST_HEAD(free_tasks);	/* never given back: late rings must be harmless */

/* The task's end, in its own context. Its thread, if it is in the gate, goes home. */
static void __noreturn task_exit(struct lib_task *t)
{
	__set_current_state(TASK_RUNNING);
	t->tsk = NULL;
	t->call = false;
	list_del_init(&t->blocked);
	t->ret = -EIO;
	current->thread.lib = NULL;
	lib_finish(&t->waiter, false);
	do_exit(0);
}

/* Signals that are not blocked: one that ends us, or a stop nobody here obeys. */
static void drop_signals(void)
{
	spin_lock_irq(&current->sighand->siglock);
	task_clear_jobctl_pending(current, JOBCTL_PENDING_MASK);
	recalc_sigpending();
	spin_unlock_irq(&current->sighand->siglock);
	if (signal_pending(current) && !fatal_signal_pending(current))
		kernel_dequeue_signal();
}

/* Task work, notifications, signals: what every kernel does on the way out. */
static noinline void exit_work(struct lib_task *t)
{
	unsigned long work;

	while ((work = READ_ONCE(current_thread_info()->flags)) &
	       (_TIF_NOTIFY_RESUME | _TIF_NOTIFY_SIGNAL | _TIF_SIGPENDING |
		_TIF_RESTORE_SIGMASK)) {
		if (work & _TIF_NOTIFY_SIGNAL)
			clear_notify_signal();
		if (work & _TIF_RESTORE_SIGMASK)
			restore_saved_sigmask();
		if (task_work_pending(current))
			task_work_run();
		if (work & _TIF_NOTIFY_RESUME)
			resume_user_mode_work(NULL);
		if (fatal_signal_pending(current))
			task_exit(t);
		if (work & _TIF_SIGPENDING)
			drop_signals();
	}
}

/*
 * A call that a signal or a notification cut short. As signal(7) has it: a handler
 * with SA_RESTART restarts what returns -ERESTARTSYS, and nothing else.
 */
static noinline long restart(struct lib_task *t, long ret)
{
	while (ret >= -ERESTART_RESTARTBLOCK && ret <= -ERESTARTSYS) {
		if (fatal_signal_pending(current))
			return -EINTR;
		if (t->intr && t->raw)
			return ret;
		if (t->intr && ret != -ERESTARTNOINTR &&
		    !(ret == -ERESTARTSYS && t->restart))
			return -EINTR;
		t->intr = false;
		exit_work(t);
		if (ret == -ERESTART_RESTARTBLOCK)
			ret = current->restart_block.fn(&current->restart_block);
		else
			ret = lib_dispatch(t);
	}
	return ret;
}

/* Others need the CPU: sleep until the thread calls again. */
static noinline void user_mode_sleep(struct lib_task *t)
{
	set_current_state(TASK_KILLABLE | TASK_NOLOAD);
	if (!t->call && !t->exit && !fatal_signal_pending(current))
		schedule();
	__set_current_state(TASK_RUNNING);
	if (unlikely(t->exit || fatal_signal_pending(current)))
		task_exit(t);
}

/* Threads whose calls are blocked; their tasks, in the order they blocked. */
LIST_HEAD(lib_blocked);

/*
 * Others are runnable. If they are tasks whose own threads can come for them, those
 * are rung, and the carrier may go home: it would run them first and wake their
 * threads afterwards, so nothing is lost, and until a woken thread gets its host
 * CPU the caller goes on. (A stream's sender fills the buffer instead of waking
 * the receiver for each piece.) Returns false if a kernel thread is among them.
 */
static noinline bool ring_runnable(void)
{
	unsigned int others = nr_running() - 1;
	struct lib_task *t;

	list_for_each_entry(t, &lib_blocked, blocked) {
		if (!task_is_running(t->tsk) || t == current->thread.lib)
			continue;
		if (!t->rung) {
			t->rung = true;
			lib_ring(&t->waiter);
		}
		if (!--others)
			return true;
	}
	return false;
}

/*
 * May the carrier go home with the task the current one? Its own thread calls
 * next without a switch. Whoever else finished a call for it has nothing left to do; but
 * the service must see the idle loop, which stops the tick, and in virtual time it
 * must not matter who carried.
 */
static inline bool may_leave(const struct lib_task *t)
{
	if (unlikely(READ_ONCE(lib_cpu.pending)))
		return false;
	if (likely(lib_cpu.carrier == &t->waiter))
		return single_task_running() || ring_runnable();
	return single_task_running() && lib_cpu.carrier != &lib_service &&
	       lib_imports.clock_mode == LIB_CLOCK_REAL;
}

/*
 * lib_user_call() - make the call, and further ones until the task may be parked
 *
 * On top of a parked frame (lib_enter_call()) or from user_loop(). While others
 * are runnable the task sleeps instead of keeping the CPU. (To yield would not do:
 * EEVDF picks the caller again, and the others starve.)
 */
void lib_user_call(struct lib_task *t)
{
	for (;;) {
		t->ret = lib_dispatch(t);
		if (unlikely(t->ret >= -ERESTART_RESTARTBLOCK && t->ret <= -ERESTARTSYS))
			t->ret = restart(t, t->ret);
		if (unlikely(READ_ONCE(current_thread_info()->flags) & _TIF_WORK_MASK))
			exit_work(t);
		t->call = false;
		if (unlikely(!list_empty(&t->blocked)))
			list_del_init(&t->blocked);
		lib_finish(&t->waiter, t->rung);
		if (may_leave(t))
			return;
		if (READ_ONCE(lib_cpu.pending)) {
			lib_run_irqs();
			if (may_leave(t))
				return;
		}
		do
			user_mode_sleep(t);
		while (!t->call);
	}
}

/* A task's life: parked, or asleep, until its thread calls. */
static int user_loop(void *arg)
{
	struct lib_task *t = arg;

	current->thread.lib = t;
	t->tsk = current;
	sched_set_fifo_low(current);
	complete(t->started);
	for (;;) {
		while (!t->call) {
			if (unlikely(t->exit || fatal_signal_pending(current)))
				task_exit(t);
			if (may_leave(t))
				lib_park();
			else
				user_mode_sleep(t);
		}
		lib_user_call(t);
	}
	return 0;
}

/* ------------------------------------------------------------------ */

#define TASK_FLAGS (CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM)

static struct lib_task *task_alloc(struct lib_process *p)
{
	struct lib_task *t;

	t = list_first_entry_or_null(&free_tasks, struct lib_task, link);
	if (t) {
		list_del(&t->link);
		memset(t, 0, sizeof(*t));
	} else {
		t = kzalloc(sizeof(*t), GFP_KERNEL);
		if (!t)
			return NULL;
	}
	t->proc = p;
	INIT_LIST_HEAD(&t->blocked);
	return t;
}

/* Those that the kernel sends to a process of its own accord */
static void take_signals(void)
{
	sigset_t blocked;
	int sig;

	sigfillset(&blocked);
	for (sig = 1; sig <= _NSIG; sig++) {
		if (sig != SIGIO && sig != SIGURG && sig < SIGRTMIN)
			continue;
		sigdelset(&blocked, sig);
		allow_signal(sig);
	}
	set_current_blocked(&blocked);
}

static int worker_main(void *arg)
{
	struct lib_process *p = arg;

	p->worker.tsk = current;
	if (p->worker.signals)
		take_signals();
	complete(&p->started);
	lib_worker_run(&p->worker);
	p->worker.tsk = NULL;
	do_group_exit(0);
}

static int leader_main(void *arg)
{
	struct lib_process *p = arg;
	sigset_t all;

	sigfillset(&all);
	set_current_blocked(&all);
	kernel_sigaction(SIGCHLD, SIG_DFL);
	if (user_mode_thread(worker_main, p, TASK_FLAGS) < 0) {
		complete_all(&p->started);
		do_exit(0);
	}
	return user_loop(p->leader);
}

struct lib_process *lib_process_find(int pid)
{
	struct lib_process *p;

	list_for_each_entry(p, &processes, link)
		if (p->pid == pid)
			return p;
	return NULL;
}

/*
 * lib_process_new() - make a process, whose leader no thread is yet
 *
 * @signals: its worker hands signals to the host
 *
 * In the context of its parent to be or, with CLONE_PARENT, of a sibling: whose files
 * it gets a copy of.
 */
long lib_process_new(u64 flags, bool signals, struct lib_process **new)
{
	struct kernel_clone_args args = {
		.flags = flags,
		.exit_signal = SIGCHLD,
		.fn = leader_main,
	};
	struct lib_process *p = kzalloc(sizeof(*p), GFP_KERNEL);
	int err = -ENOMEM;
	pid_t pid;

	if (!p)
		return -ENOMEM;
	*new = p;
	p->worker.signals = signals;
	INIT_LIST_HEAD(&p->worker.requests);
	init_completion(&p->started);
	p->leader = task_alloc(p);
	if (!p->leader)
		goto err_free;
	p->leader->started = &p->started;
	args.fn_arg = p;
	pid = err = kernel_clone(&args);
	if (pid < 0)
		goto err_task;
	/* for the worker and for the leader */
	wait_for_completion(&p->started);
	wait_for_completion(&p->started);
	if (!p->worker.tsk) {
		kernel_wait(pid, &err);
		err = -EAGAIN;
		goto err_task;
	}
	p->pid = pid;
	list_add(&p->link, &processes);
	return pid;

err_task:
	list_add(&p->leader->link, &free_tasks);
err_free:
	kfree(p);
	return err;
}

/* In init's context. */
static long process_create(union lib_payload *arg)
{
	struct lib_process *p;

	return lib_process_new(0, arg->number, &p);
}

/* In init's context: the worker dies, its group with it; we reap it. */
static void process_kill(struct lib_process *p)
{
	struct lib_task *t, *next;
	int status;

	list_del(&p->link);
	if (p->worker.tsk)
		send_sig(SIGKILL, p->worker.tsk, 1);
	kernel_wait(p->pid, &status);
	if (p->leader)
		list_add(&p->leader->link, &free_tasks);
	/* Threads that live on still hold theirs. */
	list_for_each_entry_safe(t, next, &lib_tasks, link) {
		if (t->proc != p)
			continue;
		t->proc = NULL;
		if (t->dead)
			list_move(&t->link, &free_tasks);
	}
	kfree(p);
}

static long process_exit(union lib_payload *arg)
{
	struct lib_process *p = lib_process_find(arg->number);

	if (!p)
		return -ESRCH;
	process_kill(p);
	return 0;
}

/*
 * lib_tasks_dead() - with the token: there are no threads of @space any more
 *
 * They did not detach: process_exit() was the last that one of them did for all, and until now
 * another might have looked at its task. Those of a process that was killed, process_kill() gives back.
 */
void lib_tasks_dead(u32 space)
{
	struct lib_task *t, *next;

	list_for_each_entry_safe(t, next, &lib_tasks, link) {
		if (t->waiter.space != space)
			continue;
		lib_take_back(t);
		t->dead = true;
		if (!t->proc)
			list_move(&t->link, &free_tasks);
	}
}

/* In init's context, for shutdown. */
void lib_process_exit_all(void)
{
	struct lib_process *p, *next;

	list_for_each_entry_safe(p, next, &processes, link)
		process_kill(p);
}

/* A task of @p, by the kernel's clone: in the namespaces of whoever calls this. */
int lib_task_new(struct lib_process *p, struct lib_task **new)
{
	DECLARE_COMPLETION_ONSTACK(started);
	struct lib_task *t = task_alloc(p);
	pid_t pid;

	if (!t)
		return -ENOMEM;
	t->started = &started;
	pid = user_mode_thread(user_loop, t, TASK_FLAGS);
	if (pid < 0) {
		list_add(&t->link, &free_tasks);
		return pid;
	}
	wait_for_completion(&started);
	list_add(&t->link, &lib_tasks);
	*new = t;
	return 0;
}

/* In the worker's context. */
static long task_attach(union lib_payload *arg)
{
	struct lib_process *p = arg->pointer;
	struct lib_task *t = p->leader;
	int err;

	if (t) {
		p->leader = NULL;
		list_add(&t->link, &lib_tasks);
	} else {
		err = lib_task_new(p, &t);
		if (err)
			return err;
	}
	arg->pointer = t;
	return 0;
}

int lib_process_create(void)
{
	union lib_payload arg = { .number = lib_private.space };

	return lib_request(&lib_init_worker, process_create, &arg);
}

int lib_process_exit(int process)
{
	union lib_payload arg = { .number = process };

	return lib_request(&lib_init_worker, process_exit, &arg);
}

static struct lib_worker *process_worker(int process)
{
	struct lib_process *p;

	if (!lib_token_get())
		return ERR_PTR(-EIO);
	p = lib_process_find(process);
	lib_token_put();
	if (!p || !p->worker.tsk)
		return ERR_PTR(-ESRCH);
	return &p->worker;
}

int lib_task_attach(int process, struct lib_task **task)
{
	struct lib_worker *worker = process_worker(process);
	union lib_payload arg = { };
	int err;

	if (IS_ERR(worker))
		return PTR_ERR(worker);
	arg.pointer = container_of(worker, struct lib_process, worker);
	err = lib_request(worker, task_attach, &arg);
	if (err)
		return err;
	*task = arg.pointer;
	(*task)->waiter.space = lib_private.space;
	return 0;
}

int lib_task_detach(struct lib_task *t)
{
	int err = 0;

	if (!lib_token_get())
		return -EIO;
	if (t->tsk) {
		t->exit = true;
		t->waiter.done = false;
		t->waiter.word = LIB_WAIT_RUNNING;
		lib_cpu.carrier = &t->waiter;
		lib_enter_waking(t->tsk);
		err = lib_carry(&t->waiter, t);
		if (!lib_token_get())
			return -EIO;
	}
	list_move(&t->link, &free_tasks);
	lib_token_put();
	return err;
}

/* The gate: see carrier.c. */
long lib_syscall(struct lib_task *t, long nr, long a0, long a1, long a2,
		 long a3, long a4, long a5)
{
	int err;

	t->nr = nr;
	t->args[0] = a0;
	t->args[1] = a1;
	t->args[2] = a2;
	t->args[3] = a3;
	t->args[4] = a4;
	t->args[5] = a5;
	t->waiter.word = LIB_WAIT_RUNNING;
	t->waiter.done = false;
	if (unlikely(lib_is_elsewhere()) || unlikely(!lib_token_take())) {
		err = lib_delegate(t);
		if (err <= 0) {
			if (!err)
				err = lib_carry_on(&t->waiter, t);
			return err ?: t->ret;
		}
	}
	t->intr = false;
	t->raw = false;
	t->call = true;
	lib_cpu.carrier = &t->waiter;
	if (likely(current == t->tsk)) {
		lib_enter_call(t);
	} else if (likely(t->tsk)) {
		lib_enter_waking(t->tsk);
	} else {
		t->ret = -EIO;
		t->waiter.done = true;
	}
	err = lib_carry(&t->waiter, t);
	return likely(!err) ? t->ret : err;
}

static void notify(void *tsk)
{
	set_notify_signal(tsk);
}

int lib_interrupt(struct lib_task *t)
{
	if (!lib_token_get())
		return -EIO;
	if (t->tsk && t->call) {
		t->intr = true;
		t->restart = false;
		t->raw = false;
		lib_irq(notify, t->tsk);
	}
	lib_token_put();
	return 0;
}

/* The stack is dead, or one of its processes: whoever sleeps in the gate shall look. */
void lib_ring_all(void)
{
	struct lib_task *t;

	list_for_each_entry(t, &lib_tasks, link)
		lib_ring_again(&t->waiter);
	lib_request_ring_all();
}
