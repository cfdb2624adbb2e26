// SPDX-License-Identifier: GPL-2.0
/*
 * path.c - names that are the stack's: its /proc/net, /proc/sys/net, /sys/class/net, ...
 *
 * A file below one of these is opened in the stack's own file system, under the name it has
 * there. All others are the host's, also those that lead there by a symbolic link.
 *
 * The program's directory is followed where it matters (@cwd): in one of the stack's, or
 * above one. The host's is the same, if it has such a one. A directory that is open is asked
 * for its name where what is looked for in it may be the stack's.
 *
 * Of control groups either kernel has some (cgroup.c).
 *
 * Network namespaces are the stack's. `ip netns` makes names for them by mounts in
 * /run/netns, which are the stack's, too. For a command in a namespace it mounts another /sys
 * in a mount namespace of its own: /sys/class/net is the stack's, so both are done there,
 * and the host's /sys stays. What else is mounted in that namespace is the host's;
 * where it refuses, since the user is nobody there, it is as if it were done.
 */
#include <linux/fcntl.h>
#include <linux/mount.h>

#include "attached.h"

#define PATH_SIZE 4096
#define S_IFSOCK 0140000

/* From a name to the stack's; the longer one of two that fit comes first. */
static const struct {
	const char *name, *to;
} names[] = {
	{ "/proc/net", "/proc/self/net" },
	{ "/proc/self/net", NULL },
	{ "/proc/thread-self/net", NULL },
	{ "/proc/self/ns/net", NULL },
	{ "/proc/thread-self/ns/net", NULL },
	{ "/proc/sys/net", NULL },
	{ "/sys/class/net", NULL },
	{ "/sys/devices/virtual/net", NULL },
	{ "/sys/class/ieee802154", NULL },
	{ "/sys/bus/netdevsim", NULL },
	{ "/sys/kernel/debug/netdevsim", NULL },
	{ "/sys/kernel/debug/l2tp", NULL },
	{ "/sys/kernel/debug/hsr", NULL },
	{ "/sys/kernel/debug/bonding", NULL },
	{ "/sys/fs/bpf", NULL },
	{ "/sys/fs/cgroup/unified", "/run/cgroup2" },
	{ "/sys/fs/cgroup", "/run/cgroup2" },
	{ "/run/cgroup2", NULL },
	{ "/var/run/cgroup2", "/run/cgroup2" },
	{ "/run/netns", NULL },
	{ "/var/run/netns", "/run/netns" },
	{ "/dev/net/tun", NULL },
	{ "/dev/ppp", NULL },
};

static char cwd[PATH_SIZE];	/* "": somewhere else */

/* /proc/PID/net and /proc/PID/ns/net, of a process of the stack; 1 is its init, as on a machine */
static int process_name(char *path)
{
	const char *rest;
	char copy[PATH_SIZE];
	int pid, process;

	if (strncmp(path, "/proc/", 6) || path[6] < '1' || path[6] > '9')
		return 0;
	pid = trap_number(path + 6, &rest, 10);
	if (strncmp(rest, "/net", 4) && strncmp(rest, "/ns/net", 7))
		return 0;
	process = stack_number(trap_thread(), pid);
	if (!process && pid == 1)
		process = 1;
	if (!process)
		return 0;
	trap_format(copy, sizeof(copy), "/proc/%d%s", process, rest);
	memcpy(path, copy, strlen(copy) + 1);
	return 1;
}

/* /dev/tapN, of a macvtap device; /sys/devices/netdevsimN */
static int is_numbered(const char *path)
{
	static const char *const begins[] = { "/dev/tap", "/sys/devices/netdevsim" };
	unsigned int i;

	for (i = 0; i < sizeof(begins) / sizeof(*begins); i++) {
		size_t n = strlen(begins[i]);

		if (!strncmp(path, begins[i], n) && path[n] >= '0' && path[n] <= '9')
			return 1;
	}
	return 0;
}

/* /proc/net/unix, also of a process: it lists the host's sockets where AF_UNIX is the host's. */
static int is_unix_list(const char *path)
{
	size_t n = strlen(path);

	return n >= 14 && !strncmp(path, "/proc/", 6) && !strcmp(path + n - 9, "/net/unix") &&
	       !stack_has_unix();
}

/* Is @path the stack's? Then as the stack calls it. */
static int translate(char *path)
{
	unsigned int i;

	if (is_unix_list(path))
		return 0;
	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		size_t n = strlen(names[i].name);
		char copy[PATH_SIZE];

		if (strncmp(path, names[i].name, n) || (path[n] && path[n] != '/'))
			continue;
		if (names[i].to) {
			trap_format(copy, sizeof(copy), "%s%s", names[i].to, path + n);
			memcpy(path, copy, strlen(copy) + 1);
		}
		return 1;
	}
	return is_numbered(path) || process_name(path);
}

/* Reads a name. Only those with a beginning that occurs above are looked at further. */
static int read_path(char *path, unsigned long from)
{
	char head[8];
	long n;

	if (!from || trap_load((unsigned long *)head, (void *)from)) {
		/* It may end within the first word, at the end of a page. */
		n = from ? trap_copy_string(path, (void *)from, PATH_SIZE) : 0;
		return n > 0 && n < PATH_SIZE && path[0] == '/';
	}
	if (head[0] != '/' || !(head[1] == 'p' || head[1] == 's' || head[1] == 'r' ||
				head[1] == 'v' || head[1] == 'd' || head[1] == 'e'))
		return 0;
	n = trap_copy_string(path, (void *)from, PATH_SIZE);
	return n > 0 && n < PATH_SIZE;
}

/* Is a directory of the stack's below @path? */
static int is_above(const char *path)
{
	size_t n = strlen(path);
	unsigned int i;

	if (!strcmp(path, "/"))
		return 1;
	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strncmp(names[i].name, path, n) && names[i].name[n] == '/')
			return 1;
	return 0;
}

/* The same, and /proc/PID and what is below */
static int is_above_process(const char *path)
{
	return is_above(path) || (!strncmp(path, "/proc/", 6) && path[6] >= '1' && path[6] <= '9');
}

/* Appends @more to @path component by component, as if there were no symbolic links. */
static int append(char *path, const char *more)
{
	size_t n = strlen(path), length;

	if (n == 1)
		n = 0;		/* "/" */
	for (; *more; more += length) {
		length = *more == '/';
		if (length)
			continue;
		while (more[length] && more[length] != '/')
			length++;
		if (length == 1 && more[0] == '.')
			continue;
		if (length == 2 && more[0] == '.' && more[1] == '.') {
			while (n && path[--n] != '/')
				;
			continue;
		}
		if (n + length + 2 > PATH_SIZE)
			return 0;
		path[n++] = '/';
		memcpy(path + n, more, length);
		n += length;
	}
	if (!n)
		path[n++] = '/';
	path[n] = 0;
	return 1;
}

/* Has it a part that all of the stack's names have, at the end as a rule? */
static int may_lead(const char *relative)
{
	for (; *relative; relative++)
		if (!strncmp(relative, "net", 3) || !strncmp(relative, "tun", 3) ||
		    !strncmp(relative, "bpf", 3) || !strncmp(relative, "tap", 3) ||
		    !strncmp(relative, "cgroup", 6))
			return 1;
	return 0;
}

/* The directory @fd of the host's */
static int read_directory(char *path, int fd)
{
	char link[64];
	long n;

	trap_format(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = host_4(__NR_readlinkat, HOST_AT_FDCWD, link, path, PATH_SIZE - 1);
	if (n <= 0)
		return 0;
	path[n] = 0;
	return path[0] == '/' && is_above_process(path);
}

/* The name at @from, for one that counts from the directory @dir */
static int read_name(char *path, unsigned long from, long dir)
{
	char relative[PATH_SIZE];
	long n;

	if (read_path(path, from))
		return 1;
	if (!from || (dir == HOST_AT_FDCWD ? !cwd[0] : file_kind(dir) != FILE_HOST))
		return 0;
	n = trap_copy_string(relative, (void *)from, PATH_SIZE);
	if (n <= 0 || n >= PATH_SIZE || !relative[0] || relative[0] == '/')
		return 0;
	if (dir == HOST_AT_FDCWD)
		memcpy(path, cwd, strlen(cwd) + 1);
	else if (!may_lead(relative) || !read_directory(path, dir))
		return 0;
	return append(path, relative);
}

/* Where the host says that the program is */
void path_look(void)
{
	char path[PATH_SIZE], copy[PATH_SIZE];
	long n = host_2(__NR_getcwd, path, sizeof(path));

	cwd[0] = 0;
	if (n <= 0 || path[0] != '/')
		return;
	memcpy(copy, path, n);
	if (is_above_process(path) || translate(copy))
		memcpy(cwd, path, n);
}

static long enter(struct trap_thread *t, const char *path, char *translated)
{
	long ret = lib_1(t, __NR_chdir, translated);

	if (ret)
		return ret;
	memcpy(cwd, path, strlen(path) + 1);
	host_1(__NR_chdir, path);
	return 0;
}

/* chdir(2) */
long path_chdir(struct trap_thread *t, long nr, unsigned long *a)
{
	char path[PATH_SIZE], clean[PATH_SIZE] = "/";
	long ret;
	int known = read_name(path, a[0], HOST_AT_FDCWD) && append(clean, path);

	if (known) {
		memcpy(path, clean, strlen(clean) + 1);
		if (translate(path))
			return enter(t, clean, path);
	}
	ret = host_1(nr, known ? (unsigned long)clean : a[0]);
	if (!ret)
		path_look();
	return ret;
}

/* fchdir(2) */
long path_fchdir(struct trap_thread *t, long nr, unsigned long *a)
{
	char path[PATH_SIZE], link[64];
	long ret;

	if (file_kind(a[0]) == FILE_HIDDEN)
		return -EBADF;
	if (!file_is_lib(a[0])) {
		ret = host_1(nr, a[0]);
		if (!ret)
			path_look();
		return ret;
	}
	trap_format(link, sizeof(link), "/proc/self/fd/%d", (int)a[0]);
	ret = lib_3(t, __NR_readlink, link, path, sizeof(path) - 1);
	if (ret < 0)
		return ret;
	path[ret] = 0;
	return path[0] == '/' ? enter(t, path, path) : -ENOTDIR;
}

/* getcwd(2) */
long path_getcwd(struct trap_thread *t, long nr, unsigned long *a)
{
	char copy[PATH_SIZE];
	size_t n = strlen(cwd) + 1;

	(void)t;
	(void)nr;
	memcpy(copy, cwd, n);
	if (n == 1 || !translate(copy))
		return TRAP_HOST;
	if (a[1] < n)
		return -ERANGE;
	return trap_copy((void *)a[0], cwd, n) ? -EFAULT : (long)n;
}

/* Name servers are those of the stack's network. */
static long open_resolv(long nr, const unsigned long *a, const char *path)
{
	char own[256];
	int at = nr == __NR_openat;

	if (strcmp(path, "/etc/resolv.conf") || !stack_directory()[0])
		return TRAP_HOST;
	trap_format(own, sizeof(own), "%s/resolv.conf", stack_directory());
	if (host_4(__NR_faccessat, HOST_AT_FDCWD, own, 4, 0))
		return TRAP_HOST;
	return host_4(__NR_openat, HOST_AT_FDCWD, own, a[at + 1], a[at + 2]);
}

/* Where a call has its directory (-1: none), and its name */
static int arguments(long nr, int *dir)
{
	*dir = -1;
	switch (nr) {
	case __NR_openat:
	case __NR_openat2:
	case __NR_newfstatat:
	case __NR_statx:
	case __NR_faccessat:
	case __NR_faccessat2:
	case __NR_readlinkat:
	case __NR_mkdirat:
	case __NR_unlinkat:
	case __NR_fchmodat:
	case __NR_fchownat:
		*dir = 0;
		return 1;
	case __NR_symlinkat:
		*dir = 1;
		return 2;
	case __NR_symlink:
		return 1;
	default:
		return 0;
	}
}

/* Does it open a file, and how? */
static int open_flags(long nr, const unsigned long *a, unsigned long *flags)
{
	*flags = 0;
	if (nr == __NR_open)
		*flags = a[1];
	else if (nr == __NR_openat)
		*flags = a[2];
	else if (nr != __NR_openat2)
		return 0;
	else if (trap_load(flags, (void *)a[2]))
		*flags = 0;
	return 1;
}

static int opens(long nr, const unsigned long *a, int *cloexec)
{
	unsigned long flags;

	if (!open_flags(nr, a, &flags))
		return 0;
	*cloexec = !!(flags & HOST_O_CLOEXEC);
	return 1;
}

/* Of a socket that the stack has under that name: where AF_UNIX is its own */
static int is_socket_name(struct trap_thread *t, long nr, char *path, unsigned long from, int dir)
{
	struct { unsigned long dev, ino, nlink; unsigned int mode; char rest[116]; } st;
	char name[PATH_SIZE];
	long n;

	if (!stack_has_unix() || dir != HOST_AT_FDCWD || nr == __NR_open || nr == __NR_openat ||
	    nr == __NR_openat2)
		return 0;
	n = trap_copy_string(name, (void *)from, PATH_SIZE);
	if (n <= 0 || n >= PATH_SIZE || name[0] != '/' || lib_2(t, __NR_lstat, name, &st) ||
	    (st.mode & HOST_S_IFMT) != S_IFSOCK)
		return 0;
	memcpy(path, name, n + 1);
	return 1;
}

/*
 * /proc/self/fd/N, fdinfo/N: of a file of the stack's it is the stack that knows. What the
 * host shows is the placeholder.
 */
static int is_own_file(const char *path)
{
	const char *number, *end;
	unsigned long fd;

	if (!strncmp(path, "/proc/self/fd/", 14))
		number = path + 14;
	else if (!strncmp(path, "/proc/self/fdinfo/", 18))
		number = path + 18;
	else
		return 0;
	fd = trap_number(number, &end, 10);
	return end > number && !*end && file_is_lib(fd);
}

/* Does the call read a link, or ask for what is behind it? */
static int asks_for_link(long nr, const unsigned long *a)
{
	switch (nr) {
	case __NR_readlink:
	case __NR_readlinkat:
	case __NR_stat:
		return 1;
	case __NR_newfstatat:
		return !(a[3] & AT_SYMLINK_NOFOLLOW);
	case __NR_statx:
		return !(a[2] & AT_SYMLINK_NOFOLLOW);
	default:
		return 0;
	}
}

/*
 * A link /proc/PID/fd/N that the host shows as a socket may be any file of the stack's. lsof
 * and fuser go by the number that stat(2) says, others by the link.
 */
static long ask_for_file(struct trap_thread *t, long nr, const unsigned long *a,
			 const char *path, int name, int dir)
{
	unsigned long args[6];
	char own[64], host[8];
	const char *rest;
	int process;
	long ret;

	if (!asks_for_link(nr, a) || strncmp(path, "/proc/", 6) || path[6] < '1' || path[6] > '9')
		return TRAP_HOST;
	process = trap_number(path + 6, &rest, 10);
	if (strncmp(rest, "/fd/", 4) || strlen(rest) > 20)
		return TRAP_HOST;
	process = stack_number(t, process);
	if (!process || host_3(__NR_readlink, path, host, sizeof(host)) != sizeof(host) ||
	    memcmp(host, "socket:[", sizeof(host)))
		return TRAP_HOST;
	trap_format(own, sizeof(own), "/proc/%d%s", process, rest);
	memcpy(args, a, sizeof(args));
	args[name] = (unsigned long)own;
	if (dir >= 0)
		args[dir] = HOST_AT_FDCWD;
	ret = lib_args(t, nr, args);
	return ret < 0 ? TRAP_HOST : ret;
}

/* /proc/PID/cgroup: opened in the stack, if the process is in one of its groups */
static long open_groups(struct trap_thread *t, const char *path, int cloexec)
{
	static const char *const own[] = { "/proc/self/cgroup", "/proc/thread-self/cgroup" };
	char copy[PATH_SIZE];
	const char *rest;
	long ret;
	int process;

	if (same(path, own[0]) || same(path, own[1])) {
		ret = cgroup_open_groups(t, path);
	} else {
		if (strncmp(path, "/proc/", 6) || path[6] < '1' || path[6] > '9')
			return TRAP_HOST;
		process = trap_number(path + 6, &rest, 10);
		if (!same(rest, "/cgroup") || !(process = stack_number(t, process)))
			return TRAP_HOST;
		trap_format(copy, sizeof(copy), "/proc/%d%s", process, rest);
		ret = cgroup_open_groups(t, copy);
	}
	return ret == TRAP_HOST ? ret : file_settle(t, ret, cloexec);
}

/* Nothing is below a descriptor of ours, nor can it be asked for itself (AT_EMPTY_PATH). */
static int is_hidden(long dir, unsigned long name)
{
	char first;

	return file_kind(dir) == FILE_HIDDEN &&
	       (!name || (!trap_copy(&first, (void *)name, 1) && first != '/'));
}

long path_call(struct trap_thread *t, long nr, unsigned long *a)
{
	unsigned long args[6];
	char path[PATH_SIZE], host[PATH_SIZE];
	int dir, name = arguments(nr, &dir), cloexec = 0, ours;
	unsigned long flags;
	long ret;

	if (dir >= 0 && is_hidden(a[dir], a[name]))
		return -EBADF;
	memcpy(args, a, sizeof(args));
	ours = read_name(path, a[name], dir < 0 ? HOST_AT_FDCWD : (int)a[dir]);
	if (ours)
		memcpy(host, path, strlen(path) + 1);
	if ((ours && (translate(path) || is_own_file(path))) || is_socket_name(t, nr, path, a[name], dir < 0 ? HOST_AT_FDCWD :
							    (int)a[dir])) {
		args[name] = (unsigned long)path;
		if (dir >= 0)
			args[dir] = HOST_AT_FDCWD;
	} else if (dir >= 0 && file_is_lib(a[dir]) && !ours) {
		;	/* below a directory of the stack's, or the file itself */
	} else if (ours && (nr == __NR_open || nr == __NR_openat)) {
		opens(nr, a, &cloexec);
		ret = open_groups(t, path, cloexec);
		return ret == TRAP_HOST ? open_resolv(nr, a, path) : ret;
	} else {
		return ours ? ask_for_file(t, nr, a, path, name, dir) : TRAP_HOST;
	}
	if (ours && cgroup_is(path)) {
		ret = cgroup_call(t, nr, args, path, host);
		if (ret == TRAP_HOST)
			return TRAP_HOST;
		if (ret >= 0 && cgroup_is_list(path) && open_flags(nr, a, &flags) &&
		    (flags & O_ACCMODE) == O_RDONLY)
			return cgroup_read_list(t, ret, flags & HOST_O_CLOEXEC);
	} else {
		ret = lib_args(t, nr, args);
	}
	return opens(nr, a, &cloexec) ? file_settle(t, ret, cloexec) : ret;
}

/* rename(2), link(2) and theirs: of the stack's are both names, or none */
long path_two(struct trap_thread *t, long nr, unsigned long *a)
{
	int at = nr != __NR_rename && nr != __NR_link, name[2] = { at, at ? 3 : 1 }, i, ours = 0;
	char path[2][PATH_SIZE];
	unsigned long args[6];

	memcpy(args, a, sizeof(args));
	for (i = 0; i < 2; i++) {
		if (!read_name(path[i], a[name[i]], at ? (int)a[name[i] - 1] : HOST_AT_FDCWD) ||
		    !translate(path[i]))
			continue;
		args[name[i]] = (unsigned long)path[i];
		if (at)
			args[name[i] - 1] = HOST_AT_FDCWD;
		ours++;
	}
	if (!ours)
		return TRAP_HOST;
	return ours == 2 ? lib_args(t, nr, args) : -EXDEV;
}

/*
 * What /proc/mounts shows is the host's, with its file systems for BPF and debugging below
 * /sys; so tc looks for one there, and does not mount it.
 */
static long mount_sys(struct trap_thread *t, unsigned long *args)
{
	long ret = lib_args(t, __NR_mount, args);

	if (!ret) {
		lib_5(t, __NR_mount, "/run/bpf", "/sys/fs/bpf", 0, MS_BIND, 0);
		lib_5(t, __NR_mount, "debugfs", "/sys/kernel/debug", "debugfs", 0, 0);
	}
	return ret;
}

/* mount(2), umount2(2) */
long path_mount(struct trap_thread *t, long nr, unsigned long *a)
{
	char source[PATH_SIZE], target[PATH_SIZE];
	int to = nr == __NR_mount, source_ours = 0;
	unsigned long args[6];

	memcpy(args, a, sizeof(args));
	if (to && read_path(source, a[0]) && translate(source)) {
		args[0] = (unsigned long)source;
		source_ours = 1;
	}
	if (trap_copy_string(target, (void *)a[to], sizeof(target)) <= 0)
		return TRAP_HOST;
	if (same(target, "/sys") && namespace_own_mounts(t))
		return to ? mount_sys(t, args) : lib_args(t, nr, args);
	if (same(target, "/") && namespace_own_mounts(t))
		lib_args(t, nr, args);	/* propagation */
	if (target[0] == '/' && translate(target)) {
		if (same(target, "/run/cgroup2"))
			return 0;	/* there from the start */
		args[to] = (unsigned long)target;
		return lib_args(t, nr, args);
	}
	if (source_ours)
		return -EXDEV;
	return namespace_pretends ? 0 : TRAP_HOST;
}
