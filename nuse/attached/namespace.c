// SPDX-License-Identifier: GPL-2.0
/*
 * namespace.c - unshare(2), setns(2), and clone(2) into namespaces
 *
 * Network namespaces are the stack's, of mount namespaces either kernel has its own: a program
 * that makes one makes both. Who enters the host's by a file of some process enters the
 * stack's of that process, too. All others are the host's.
 */
#include <linux/capability.h>
#include <linux/nsfs.h>
#include <linux/sched.h>

#include "attached.h"

#define LINK_SIZE 64

int namespace_pretends;

int namespace_own_mounts(struct trap_thread *t)
{
	char own[LINK_SIZE] = "", first[LINK_SIZE] = "";

	lib_3(t, __NR_readlink, "/proc/self/ns/mnt", own, sizeof(own) - 1);
	lib_3(t, __NR_readlink, "/proc/1/ns/mnt", first, sizeof(first) - 1);
	return !same(own, first);
}

/* What of unshare(2)'s and clone(2)'s flags the stack does, too, and what only the stack */
#define STACK_FLAGS (CLONE_NEWNET | CLONE_NEWNS)
#define ITS_OWN CLONE_NEWNET

long namespace_unshare(struct trap_thread *t, long nr, unsigned long *a)
{
	unsigned long host = a[0] & ~ITS_OWN, lib = a[0] & STACK_FLAGS;
	unsigned long args[6] = { host & ~CLONE_NEWPID };
	long ret;

	if (host & CLONE_NEWPID)
		pidns_keep();
	/* Then it may have the others, too. The twin that comes after it is not to begin a pid namespace. */
	if (host & CLONE_NEWUSER) {
		ret = credentials_call(t, nr, args);
		if (ret)
			return ret;
		host &= CLONE_NEWPID;
	}
	if (lib) {
		ret = lib_1(t, nr, lib);
		if (ret)
			return ret;
	}
	if (!host)
		return 0;
	ret = host_1(nr, host);
	if (ret == -EPERM && host == CLONE_NEWNS) {
		namespace_pretends = 1;
		return 0;
	}
	return ret;
}

long namespace_before_clone(unsigned long *flags)
{
	if (*flags & ITS_OWN && !(*flags & CLONE_NEWUSER) && !credentials_have(CAP_SYS_ADMIN))
		return -EPERM;
	*flags &= ~(unsigned long)ITS_OWN;
	return 0;
}

void namespace_cloned(struct trap_thread *t, unsigned long flags)
{
	long err = 0;

	if (flags & CLONE_NEWUSER)
		credentials_changed(t);
	if (flags & STACK_FLAGS)
		err = lib_1(t, __NR_unshare, flags & STACK_FLAGS);
	if (err) {
		trap_print("nuse: a child ends, since the stack makes no namespace for it "
			   "(error %ld)\n", -err);
		host_1(__NR_exit_group, 125);
	}
}

/* Enters the stack's namespace @name of its process @process. */
static long enter(struct trap_thread *t, int process, const char *name)
{
	char path[LINK_SIZE];
	long fd, ret;

	trap_format(path, sizeof(path), "/proc/%d/ns/%s", process, name);
	fd = lib_3(t, __NR_open, path, HOST_O_RDONLY, 0);
	if (fd < 0)
		return fd;
	ret = lib_2(t, __NR_setns, fd, 0);
	lib_1(t, __NR_close, fd);
	return ret;
}

/* Is the stack's process @process in the mount namespace of the host's that @link names? */
static int is_in(struct trap_thread *t, int process, const char *link)
{
	char path[LINK_SIZE], its[LINK_SIZE] = "";
	int pid = process > 0 ? stack_pid(t, process) : 0;

	if (!pid)
		return 0;
	trap_format(path, sizeof(path), "/proc/%d/ns/mnt", pid);
	host_3(__NR_readlink, path, its, sizeof(its) - 1);
	return same(its, link);
}

/* The one of the stack's processes that is where this thread is on the host, or 0 */
static int find_neighbour(struct trap_thread *t)
{
	char link[LINK_SIZE] = "", buf[2048];
	long dir, n, i;
	int self = stack_number(t, host_0(__NR_getpid)), found = 0;

	host_3(__NR_readlink, "/proc/thread-self/ns/mnt", link, sizeof(link) - 1);
	dir = lib_3(t, __NR_open, "/proc", HOST_O_RDONLY, 0);
	if (dir < 0)
		return 0;
	while (!found && (n = lib_3(t, __NR_getdents64, dir, buf, sizeof(buf))) > 0) {
		for (i = 0; i < n && !found; i += ((struct dirent64 *)(buf + i))->len) {
			int process = trap_number(((struct dirent64 *)(buf + i))->name, NULL, 10);

			if (process != self && is_in(t, process, link))
				found = process;
		}
	}
	lib_1(t, __NR_close, dir);
	return found;
}

int namespace_process(struct trap_thread *t, int pidfd)
{
	char path[LINK_SIZE], text[512];
	int info, i;
	long n;

	trap_format(path, sizeof(path), "/proc/self/fdinfo/%d", pidfd);
	info = host_4(__NR_openat, HOST_AT_FDCWD, path, HOST_O_RDONLY | HOST_O_CLOEXEC, 0);
	if (info < 0)
		return 0;
	n = host_3(__NR_read, info, text, sizeof(text) - 1);
	host_1(__NR_close, info);
	text[n > 0 ? n : 0] = 0;
	for (i = 0; text[i] && strncmp(text + i, "\nPid:\t", 6); i++)
		;
	return text[i] ? stack_number(t, trap_number(text + i + 6, NULL, 10)) : 0;
}

/* Of the process that the pidfd @fd is of */
static long enter_network(struct trap_thread *t, int fd)
{
	int process = namespace_process(t, fd);

	return process > 0 ? enter(t, process, "net") : -EINVAL;
}

long namespace_setns(struct trap_thread *t, long nr, unsigned long *a)
{
	unsigned long args[6] = { a[0], a[1] }, types;
	int process;
	long ret;

	if (file_kind(a[0]) == FILE_HIDDEN)
		return -EBADF;
	if (file_is_lib(a[0]))
		return lib_args(t, nr, a);
	ret = host_3(__NR_ioctl, a[0], NS_GET_NSTYPE, 0);
	types = ret > 0 ? (unsigned long)ret : a[1];
	if (ret <= 0 && types & CLONE_NEWNET) {		/* a pidfd */
		ret = enter_network(t, a[0]);
		args[1] = a[1] & ~CLONE_NEWNET;
		if (ret || !args[1])
			return ret;
	}
	if (types & CLONE_NEWPID)
		pidns_keep();
	/* The host asks for a process that shares neither memory nor directory with another. */
	ret = types & (CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWTIME) ?
		credentials_call(t, nr, args) : host_2(nr, args[0], args[1]);
	if (ret || !(types & CLONE_NEWNS))
		return ret;
	process = find_neighbour(t);
	/* The stack asks for a directory of one's own, too. */
	if (process && !lib_1(t, __NR_unshare, CLONE_FS))
		enter(t, process, "mnt");
	path_look();
	return 0;
}
