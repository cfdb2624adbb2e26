// SPDX-License-Identifier: GPL-2.0
/*
 * init.c - process 1
 *
 * The kernel wants to execute a first program. There is none: /init is an empty
 * file, and the binary format that takes it runs lib_init_main() in its place.
 * What exec does on the way is wanted: the task gets an mm and the standing of
 * pid 1.
 */
#include <linux/binfmts.h>
#include <linux/capability.h>
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/fs_struct.h>
#include <linux/init.h>
#include <linux/init_syscalls.h>
#include <linux/kdev_t.h>
#include <linux/kernel.h>
#include <linux/major.h>
#include <linux/oom.h>
#include <linux/percpu.h>
#include <linux/resume_user_mode.h>
#include <linux/sched/signal.h>
#include <linux/security.h>
#include <linux/sizes.h>
#include <linux/task_work.h>
#include <linux/workqueue.h>

#include "lib.h"

#define LIB_MAX_FILES (1 << 20)

struct lib_worker lib_init_worker = {
	.requests = LIST_HEAD_INIT(lib_init_worker.requests),
};

void __noreturn lib_init_main(void)
{
	struct rlimit *files = &current->signal->rlim[RLIMIT_NOFILE];
	sigset_t all;

	sigfillset(&all);
	set_current_blocked(&all);
	current->fs->in_exec = 0;
	current->in_execve = 0;
	files->rlim_cur = files->rlim_max = LIB_MAX_FILES;
	lib_init_worker.tsk = current;
	lib_cpu.booted = true;
	lib_worker_run(&lib_init_worker);
	panic("init was killed");
}

static int load_init(struct linux_binprm *bprm);

static struct linux_binfmt init_format = {
	.load_binary = load_init,
};

static int load_init(struct linux_binprm *bprm)
{
	int err;

	if (lib_init_worker.tsk || strcmp(bprm->filename, "/init"))
		return -ENOEXEC;
	err = begin_new_exec(bprm);
	if (err)
		return err;
	set_binfmt(&init_format);
	setup_new_exec(bprm);
	lib_init_main();
}

static const struct {
	const char *path;
	umode_t mode;
	unsigned int major, minor;
} nodes[] __initconst = {
	{ "/dev/null", 0666, MEM_MAJOR, 3 },
	{ "/dev/zero", 0666, MEM_MAJOR, 5 },
	{ "/dev/full", 0666, MEM_MAJOR, 7 },
	{ "/dev/random", 0666, MEM_MAJOR, 8 },
	{ "/dev/urandom", 0666, MEM_MAJOR, 9 },
	{ "/dev/net/tun", 0666, MISC_MAJOR, 200 },
	{ "/dev/ppp", 0600, 108, 0 },
};

static const struct {
	const char *dir, *type;
} mounts[] __initconst = {
	{ "/proc", "proc" },
	{ "/sys", "sysfs" },
	{ "/tmp", "ramfs" },
	{ "/run", "ramfs" },
};

static int __init rootfs_init(void)
{
	struct file *file;
	int i;

	init_mkdir("/dev/net", 0755);
	for (i = 0; i < ARRAY_SIZE(nodes); i++)
		init_mknod(nodes[i].path, S_IFCHR | nodes[i].mode,
			   new_encode_dev(MKDEV(nodes[i].major, nodes[i].minor)));
	for (i = 0; i < ARRAY_SIZE(mounts); i++) {
		init_mkdir(mounts[i].dir, 0755);
		init_mount((char *)mounts[i].type, mounts[i].dir,
			   (char *)mounts[i].type, 0, NULL);
	}
	lib_sysctl_init();
	lib_sysfs_init();
	init_mkdir("/run/netns", 0755);
	init_mkdir("/etc", 0755);

	file = filp_open("/init", O_CREAT | O_WRONLY, 0755);
	if (IS_ERR(file))
		return PTR_ERR(file);
	fput(file);
	/* Else it is still open for writing when it is to be executed. */
	flush_delayed_fput();
	task_work_run();
	insert_binfmt(&init_format);
	return 0;
}
late_initcall(rootfs_init);

/*
 * A full arena gives ENOMEM. To kill a process would free nothing that the host
 * knows of, and the calls of its threads would fail for ever.
 */
static int __init oom_init(void)
{
	oom_killer_disable(HZ);
	return 0;
}
late_initcall(oom_init);

/*
 * The first chunk of per-CPU memory is full by now, and an atomic allocation cannot
 * add one: it would fail, once, with plenty of memory left. This leaves an empty one.
 */
static int __init percpu_init(void)
{
	free_percpu(__alloc_percpu(SZ_16K, 8));
	return 0;
}
late_initcall(percpu_init);

static void nothing(struct work_struct *work)
{
}

/*
 * A pool of workers does not start its first work before it has made a second
 * worker, and waits until there is memory for it. Undoing what failed for want of
 * memory needs workers (a device's removal does): they are made now.
 */
static int __init workers_init(void)
{
	struct workqueue_struct *queues[] = {
		system_wq, system_highpri_wq, system_unbound_wq,
	};
	struct work_struct work;
	int i;

	INIT_WORK_ONSTACK(&work, nothing);
	for (i = 0; i < ARRAY_SIZE(queues); i++) {
		queue_work(queues[i], &work);
		flush_work(&work);
	}
	destroy_work_on_stack(&work);
	return 0;
}
late_initcall(workers_init);
