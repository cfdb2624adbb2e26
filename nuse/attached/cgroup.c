// SPDX-License-Identifier: GPL-2.0
/*
 * cgroup.c - control groups
 *
 * What they are to the network (BPF programs, matches of filters, classes of traffic; `ip vrf
 * exec` is made of them) is the stack's, so a group that a program makes is, too. The host's
 * groups, with their limits of memory and CPU time that some programs ask for, are seen
 * where the stack has not such a name, and their controllers' files before the stack's.
 *
 * The stack's hierarchy lies in /run, since `ip netns exec` puts another /sys in its place;
 * programs find it at each of the names that path.c has for it.
 */
#include <linux/fcntl.h>
#include <linux/magic.h>
#include <linux/memfd.h>

#include "attached.h"

#define HERE "/run/cgroup2"
#define PATH_SIZE 4096

/* The host's statfs(2) */
struct file_system {
	long type;
	long rest[14];
};

static int begins(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

static const char *last_part(const char *path)
{
	const char *part = path;

	for (; *path; path++)
		if (*path == '/')
			part = path + 1;
	return part;
}

/* Is @path, as the stack calls it, one of these? */
int cgroup_is(const char *path)
{
	size_t n = strlen(HERE);

	return begins(path, HERE) && (!path[n] || path[n] == '/');
}

/* A file about a group, that is not the list of who is in it */
static int is_controller(const char *path)
{
	const char *part = last_part(path);

	return (begins(part, "cgroup.") && !begins(part, "cgroup.procs") &&
		!begins(part, "cgroup.threads")) || begins(part, "cpu.");
}

static int host_has(const char *path)
{
	return !host_4(__NR_faccessat, HOST_AT_FDCWD, path, 0, 0);
}

/* Does the host have groups of version 2 in the directory of @path? */
static int host_has_parent(const char *path)
{
	size_t n = last_part(path) - path;
	char parent[PATH_SIZE];
	struct file_system fs;

	if (n < 2 || n > sizeof(parent))
		return 0;
	memcpy(parent, path, n - 1);
	parent[n - 1] = 0;
	return !host_2(__NR_statfs, parent, &fs) && fs.type == CGROUP2_SUPER_MAGIC;
}

/* The directories above @path, which the host has */
static void make_parents(struct trap_thread *t, const char *path)
{
	char part[PATH_SIZE];
	size_t n;

	for (n = strlen(HERE) + 1; path[n]; n++) {
		if (path[n] != '/')
			continue;
		memcpy(part, path, n);
		part[n] = 0;
		lib_2(t, __NR_mkdir, part, 0755);
	}
}

/* A call that @args are for, about @path, which the program calls @name. TRAP_HOST: the host's */
long cgroup_call(struct trap_thread *t, long nr, unsigned long *args, const char *path,
		 const char *name)
{
	long ret;

	if (is_controller(path) && host_has(name))
		return TRAP_HOST;
	ret = lib_args(t, nr, args);
	if (ret != -ENOENT)
		return ret;
	if (nr != __NR_mkdir && nr != __NR_mkdirat)
		return TRAP_HOST;
	if (!host_has_parent(name))
		return TRAP_HOST;
	make_parents(t, path);
	return lib_args(t, nr, args);
}

/* /proc/PID/cgroup, in the stack's terms: opened if the process is in a group of the stack's */
long cgroup_open_groups(struct trap_thread *t, const char *path)
{
	static const char outside[] = "0::/\n";
	char text[sizeof(outside)];
	long fd = lib_3(t, __NR_open, path, O_RDONLY, 0);
	long n = fd < 0 ? fd : lib_4(t, __NR_pread64, fd, text, sizeof(text), 0);

	if (n == sizeof(outside) - 1 && !memcmp(text, outside, n)) {
		lib_1(t, __NR_close, fd);
		return TRAP_HOST;
	}
	return fd < 0 ? TRAP_HOST : fd;
}

int cgroup_is_list(const char *path)
{
	return !strcmp(last_part(path), "cgroup.procs");
}

static void write_number(struct trap_thread *t, long fd, int process)
{
	int pid = stack_pid(t, process);
	char line[16];

	trap_format(line, sizeof(line), "%d\n", pid ? pid : process);
	host_3(__NR_write, fd, line, strlen(line));
}

/* Instead of @lib_fd, who is in a group: a file of the host's with the same in its numbers */
long cgroup_read_list(struct trap_thread *t, long lib_fd, int cloexec)
{
	long fd = host_2(__NR_memfd_create, "cgroup.procs", cloexec ? MFD_CLOEXEC : 0), n, i;
	int process = 0;
	char text[512];

	while (fd >= 0 && (n = lib_3(t, __NR_read, lib_fd, text, sizeof(text))) > 0)
		for (i = 0; i < n; i++) {
			if (text[i] >= '0' && text[i] <= '9') {
				process = process * 10 + text[i] - '0';
				continue;
			}
			write_number(t, fd, process);
			process = 0;
		}
	lib_1(t, __NR_close, lib_fd);
	if (fd >= 0)
		host_3(__NR_lseek, fd, 0, 0);
	return fd;
}
