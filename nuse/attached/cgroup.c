// SPDX-License-Identifier: GPL-2.0
/*
 * cgroup.c - control groups that are the stack's: for BPF programs, and so for `ip vrf exec`
 *
 * To run a command in a VRF, ip makes a group in cgroup2, attaches a BPF program to it that
 * binds sockets to the device, and moves itself there. The program and the sockets are the
 * stack's, so that the group must be. A group that is to be made is made in the stack, at the
 * path that it would have on the host, in a cgroup2 of the stack's that is mounted when the
 * first is asked for. What the host has below its own is the host's, and limits a process as
 * ever; but if a program is attached to it (cgroup_open()) it is made in the stack as well, and
 * who joins it then joins that one. Thus a program under nuse makes no groups of the host's.
 *
 * /proc/PID/cgroup is the stack's where the process is in such a group.
 */
#include <linux/fcntl.h>

#include "attached.h"

#define CGROUP2_SUPER_MAGIC 0x63677270
#define MODE 0755
#define PATH_SIZE 4096

static const char host_root[] = "/sys/fs/cgroup", stack_root[] = "/run/cgroup2";
static const char hybrid[] = "/unified";

static int is_below(const char *path, const char *directory)
{
	size_t n = strlen(directory);

	return !strncmp(path, directory, n) && (!path[n] || path[n] == '/');
}

struct statfs {
	long type;
	char rest[112];
};

static int host_has_cgroup2(void)
{
	struct statfs fs;

	return !host_2(__NR_statfs, host_root, &fs) && fs.type == CGROUP2_SUPER_MAGIC;
}

/* What of @path counts from the cgroup2 that the host has, or would have; or NULL */
static const char *below_root(const char *path)
{
	static const char *const names[] = { "/run/cgroup2", "/var/run/cgroup2" };	/* ip's own */
	unsigned int i;

	if (is_below(path, host_root)) {
		path += strlen(host_root);
		if (host_has_cgroup2())
			return path;
		return is_below(path, hybrid) ? path + strlen(hybrid) : NULL;
	}
	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (is_below(path, names[i]))
			return path + strlen(names[i]);
	return NULL;
}

/* In each mount namespace of the stack's anew: `ip netns exec` makes one. */
static void mount_root(struct trap_thread *t)
{
	struct statfs fs;

	if (!lib_2(t, __NR_statfs, stack_root, &fs) && fs.type == CGROUP2_SUPER_MAGIC)
		return;
	lib_2(t, __NR_mkdir, "/run", MODE);
	lib_2(t, __NR_mkdir, stack_root, MODE);
	lib_5(t, __NR_mount, "none", stack_root, "cgroup2", 0, 0);
}

/* Those above it, which are the host's as a rule */
static void make_parents(struct trap_thread *t, char *own)
{
	char *at;

	for (at = own + strlen(stack_root) + 1; *at; at++) {
		if (*at != '/')
			continue;
		*at = 0;
		lib_2(t, __NR_mkdir, own, MODE);
		*at = '/';
	}
}

/* /proc/PID/cgroup: the stack's says more than that it is in the root? */
static int process_name(struct trap_thread *t, char *path)
{
	static const char top[] = "0::/\n";
	char own[64], text[sizeof(top)];
	const char *rest = path + 10;
	long fd, n;
	int pid = strncmp(path, "/proc/self/", 11) ? (int)trap_number(path + 6, &rest, 10) :
						     (int)host_0(__NR_getpid);
	int process = strcmp(rest, "/cgroup") ? 0 : stack_number(t, pid);

	if (!process)
		return 0;
	trap_format(own, sizeof(own), "/proc/%d/cgroup", process);
	fd = lib_2(t, __NR_open, own, 0);
	if (fd < 0)
		return 0;
	n = lib_3(t, __NR_read, fd, text, sizeof(text));
	lib_1(t, __NR_close, fd);
	if (n <= 0 || (n == sizeof(top) - 1 && !memcmp(text, top, n)))
		return 0;
	memcpy(path, own, strlen(own) + 1);
	return 1;
}

/* A line of @text is @line, or goes on with a slash */
static int has_beginning(const char *text, const char *line)
{
	size_t n = strlen(line);

	while (strncmp(text, line, n) || (text[n] && text[n] != '\n' && text[n] != '/')) {
		while (*text && *text != '\n')
			text++;
		if (!*text++)
			return 0;
	}
	return 1;
}

/* Is the process in the host's group @below, or in one below that? */
static int is_in(const char *below)
{
	char text[PATH_SIZE], line[PATH_SIZE];
	long n, fd = host_4(__NR_openat, HOST_AT_FDCWD, "/proc/self/cgroup", 0, 0);

	if (fd < 0)
		return 0;
	n = host_3(__NR_read, fd, text, sizeof(text) - 1);
	host_1(__NR_close, fd);
	text[n > 0 ? n : 0] = 0;
	trap_format(line, sizeof(line), "0::%s", below);
	return has_beginning(text, line);
}

/*
 * Of a group that both have, or a file in it: @path, which is @below the root. Those that the
 * process is in on the host, and so all above it, are the host's; but their cgroup.procs,
 * where a move would change nothing there, is the way out of another group of the stack's. All
 * others the stack has on purpose.
 */
static int is_ours(const char *path, const char *below)
{
	char group[PATH_SIZE], directory[PATH_SIZE];
	size_t n = strlen(below);

	memcpy(group, below, n + 1);
	trap_format(directory, sizeof(directory), "%s/.", path);
	if (host_4(__NR_faccessat, HOST_AT_FDCWD, directory, 0, 0)) {
		while (n && group[n] != '/')
			n--;
		if (!strcmp(group + n, "/cgroup.procs"))
			return 1;
		group[n] = 0;
	}
	return !is_in(group);
}

/* Any of the host's may have one of the stack's below it. */
int cgroup_is_above(const char *path)
{
	return below_root(path) != NULL;
}

int cgroup_name(char *path)
{
	struct trap_thread *t = trap_thread();
	char own[PATH_SIZE];
	const char *below;

	if (is_below(path, "/proc"))
		return process_name(t, path);
	below = below_root(path);
	if (!below || strlen(below) + sizeof(stack_root) > sizeof(own))
		return 0;
	trap_format(own, sizeof(own), "%s%s", stack_root, below);
	mount_root(t);
	if (!is_below(path, host_root) || host_4(__NR_faccessat, HOST_AT_FDCWD, path, 0, 0))
		make_parents(t, own);
	else if (lib_2(t, __NR_access, own, 0) || !is_ours(path, below))
		return 0;
	memcpy(path, own, strlen(own) + 1);
	return 1;
}

int cgroup_open(struct trap_thread *t, int fd)
{
	char link[64], path[PATH_SIZE], own[PATH_SIZE];
	const char *below;
	long n;

	trap_format(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = host_4(__NR_readlinkat, HOST_AT_FDCWD, link, path, sizeof(path) - 1);
	path[n > 0 ? n : 0] = 0;
	below = below_root(path);
	if (!below || strlen(below) + sizeof(stack_root) > sizeof(own))
		return -EBADF;
	trap_format(own, sizeof(own), "%s%s/", stack_root, below);
	mount_root(t);
	make_parents(t, own);
	return lib_2(t, __NR_open, own, HOST_O_CLOEXEC);
}
