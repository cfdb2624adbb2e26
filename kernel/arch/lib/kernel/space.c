// SPDX-License-Identifier: GPL-2.0
/*
 * space.c - host processes that share the stack: fork, exec, death
 *
 * A fork is two: the kernel's, in the parent's task, which copies the file table and
 * makes a process; and the host's, whose child goes on as that process. An exec keeps
 * process and task and takes away the rest. A death is noticed by the host, which has
 * somebody else carry the dead process's tasks to their exit: they leave what they
 * were in, as after any SIGKILL, but without touching memory that is not there.
 */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/uaccess.h>
#include <linux/version.h>
#include <linux/xarray.h>

#include "lib.h"

static long call_fork(struct lib_task __user *__user *to)
{
	struct lib_process *p;
	struct lib_task *t;
	long pid = lib_process_new(CLONE_PARENT, true, &p);

	if (pid < 0)
		return pid;
	t = p->leader;
	p->leader = NULL;
	list_add(&t->link, &lib_tasks);
	/* If that fails the caller cannot have it; process_exit() ends it. */
	return put_user((struct lib_task __user *)t, to) ? -EFAULT : pid;
}

static long call_thread(struct lib_task *self, struct lib_task __user *__user *to)
{
	struct lib_task *t;
	int err = lib_task_new(self->proc, &t);

	if (err)
		return err;
	t->waiter.space = self->waiter.space;
	return put_user((struct lib_task __user *)t, to);
}

/* The task shall end, and nothing of its host thread is left. */
static void abandon(struct lib_task *t)
{
	t->dead = true;
	t->exit = true;
	t->intr = true;
	t->restart = false;
	lib_take_back(t);
	if (!t->tsk)
		return;
	if (t->call && !t->hooked)
		set_notify_signal(t->tsk);
	else
		wake_up_process(t->tsk);
}

static long call_exec(struct lib_task *self)
{
	struct lib_task *t;

	list_for_each_entry(t, &lib_tasks, link)
		if (t->proc == self->proc && t != self)
			abandon(t);
	do_close_on_exec(current->files);
	return 0;
}

static long call_next_file(unsigned long from)
{
	struct files_struct *files = current->files;
	struct fdtable *fdt;
	long ret = -ENOENT;

	spin_lock(&files->file_lock);
	fdt = files_fdtable(files);
	if (from < fdt->max_fds) {
		unsigned long fd = find_next_bit(fdt->open_fds, fdt->max_fds, from);

		if (fd < fdt->max_fds)
			ret = fd;
	}
	spin_unlock(&files->file_lock);
	return ret;
}

/*
 * Files on their way from one process to another, in a message of the host's. There may be as
 * many as messages that the host keeps for a receiver, and those whose receiver has gone.
 */
static DEFINE_XARRAY_ALLOC(exported);
#define EXPORTED_MAX 65535

static long call_export(unsigned int fd)
{
	struct file *file = fget(fd);
	u32 ticket;
	int err;

	if (!file)
		return -EBADF;
	err = xa_alloc(&exported, &ticket, file, XA_LIMIT(0, EXPORTED_MAX), GFP_KERNEL);
	if (!err)
		return ticket;
	fput(file);
	return err == -EBUSY ? -ENFILE : err;
}

static long call_import(unsigned long ticket)
{
	struct file *file;
	int fd = get_unused_fd_flags(O_CLOEXEC);

	if (fd < 0)
		return fd;
	file = xa_erase(&exported, ticket);
	if (!file) {
		put_unused_fd(fd);
		return -ENOENT;
	}
	fd_install(fd, file);
	return fd;
}

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
#define CAPABILITIES(mask)	{ { lower_32_bits(mask), upper_32_bits(mask) } }
#else
#define CAPABILITIES(mask)	{ mask }
#endif

static long call_permit(u64 mask)
{
	kernel_cap_t more = CAPABILITIES(mask);
	struct cred *new;

	more = cap_intersect(more, current_cred()->cap_bset);
	if (cap_issubset(more, current_cred()->cap_permitted))
		return 0;
	new = prepare_creds();
	if (!new)
		return -ENOMEM;
	new->cap_permitted = cap_combine(new->cap_permitted, more);
	return commit_creds(new);
}

/* What Linux has no call for: enum lib_call. */
long lib_call(unsigned long nr, unsigned long arg)
{
	switch (nr) {
	case LIB_CALL_FORK:
		return call_fork((struct lib_task __user *__user *)arg);
	case LIB_CALL_THREAD:
		return call_thread(current->thread.lib, (struct lib_task __user *__user *)arg);
	case LIB_CALL_EXEC:
		return call_exec(current->thread.lib);
	case LIB_CALL_NEXT_FILE:
		return call_next_file(arg);
	case LIB_CALL_EXPORT:
		return call_export(arg);
	case LIB_CALL_IMPORT:
		return call_import(arg);
	case LIB_CALL_MAP:
		return lib_map((const struct lib_map __user *)arg);
	case LIB_CALL_PERMIT:
		return call_permit(arg);
	case LIB_CALL_FOREIGN:
		current->thread.lib->foreign = arg;
		lib_user_memory(current->thread.lib);
		return 0;
	default:
		return -ENOSYS;
	}
}

/* It makes no call, so nobody looks. */
int lib_adopt(struct lib_task *t)
{
	WRITE_ONCE(t->waiter.space, lib_private.space);
	return 0;
}

/* With the token: what its threads may have left undone after they put it back. */
static void ring_everybody(void)
{
	lib_cpu.kick |= LIB_KICK_NETDEV;
	lib_cpu.armed = LIB_NEVER;
	lib_ring_all();
}

static void abandon_process(void *arg)
{
	int process = *(int *)arg;
	struct lib_task *t;

	list_for_each_entry(t, &lib_tasks, link)
		if (t->proc && t->proc->pid == process)
			abandon(t);
}

int lib_space_dead(u32 space, int process)
{
	if (READ_ONCE(lib_cpu.token) == 1 + space) {
		lib_killed(space);
		return -EIO;
	}
	lib_token_forget(space);
	/* Its last act may have been to free the token, and to wake nobody. */
	lib_imports.wake(lib_imports.host, &lib_cpu.token, INT_MAX);
	if (!lib_token_get())
		return -EIO;
	lib_tasks_dead(space);
	ring_everybody();
	lib_request_space_dead(space);
	/* There, so that an oops in waking them finds the way back. */
	if (process)
		lib_on_stack(abandon_process, &process, lib_irq_stack + LIB_IRQ_STACK_WORDS);
	lib_token_put();
	return 0;
}

int lib_hold(void (*fn)(void *arg), void *arg)
{
	if (!lib_token_get())
		return -EIO;
	fn(arg);
	lib_token_put();
	return 0;
}
