// SPDX-License-Identifier: GPL-2.0
/*
 * exe.c - /proc/self/exe is the program, not the image
 *
 * The kernel's link names the image. ld.so ($ORIGIN), Java, Node, busybox and Go read
 * it to find themselves. The calls that look at it by that name are answered here.
 * Moving the link itself (PR_SET_MM_EXE_FILE) takes a privilege, and a copy of the
 * image into anonymous memory at each exec; other processes see the image.
 */
#include "thread.h"

static char exe_path[4096];
static int resolved;

/* Through fd, to what the path leads without links */
static void resolve(int fd)
{
	static char target[4096];
	char link[64];
	long n;

	trap_format(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = host_3(__NR_readlink, link, target, sizeof(target) - 1);
	if (n > 0)
		trap_format(exe_path, sizeof(exe_path), "%s", target);
}

/* A whole path is resolved when somebody asks, which is rare */
void trap_exe_set(int fd, const char *path)
{
	trap_format(exe_path, sizeof(exe_path), "%s", path);
	resolved = path[0] != '/' || !strncmp(path, "/dev/", 5) || !strncmp(path, "/proc/", 6);
	if (resolved)
		resolve(fd);
}

const char *trap_exe_path(void)
{
	long fd;

	if (!resolved) {
		fd = host_4(__NR_openat, HOST_AT_FDCWD, exe_path,
			    HOST_O_PATH | HOST_O_CLOEXEC, 0);
		if (fd >= 0) {
			resolve(fd);
			host_1(__NR_close, fd);
		}
		resolved = 1;
	}
	return exe_path;
}

int trap_exe_is(struct trap_thread *t, const char *path)
{
	const char *end;
	unsigned long pid;

	(void)t;
	if (strncmp(path, "/proc/", 6) || !exe_path[0])
		return 0;
	path += 6;
	if (!strcmp(path, "self/exe") || !strcmp(path, "thread-self/exe"))
		return 1;
	pid = trap_number(path, &end, 10);
	return end > path && !strcmp(end, "/exe") &&
	       pid == (unsigned long)host_0(__NR_getpid);
}

static long answer_link(char *to, long size)
{
	const char *path = trap_exe_path();
	long length = strlen(path);

	if (size <= 0)
		return -EINVAL;
	if (length > size)
		length = size;
	return trap_copy(to, path, length) ? -EFAULT : length;
}

/* readlink, readlinkat, open, openat */
long trap_exe_call(struct trap_thread *t, long nr)
{
	int at = nr == __NR_readlinkat || nr == __NR_openat;
	const char *user = (const char *)t->args[at];
	unsigned long head;
	char path[40];

	/* Nearly no path is one of these: one load tells */
	if (!trap_load(&head, user) && memcmp(&head, "/proc/", 6))
		return TRAP_HOST;
	if (trap_copy_string(path, user, sizeof(path)) >= (long)sizeof(path))
		return TRAP_HOST;
	if (path[0] != '/' || !trap_exe_is(t, path))
		return TRAP_HOST;
	if (nr == __NR_readlink || nr == __NR_readlinkat)
		return answer_link((char *)t->args[at + 1], (int)t->args[at + 2]);
	if (t->args[at + 1] & HOST_O_NOFOLLOW)
		return TRAP_HOST;	/* the link itself */
	return host_4(__NR_openat, HOST_AT_FDCWD, trap_exe_path(), t->args[at + 1],
		      t->args[at + 2]);
}
