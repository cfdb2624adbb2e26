// SPDX-License-Identifier: GPL-2.0
/*
 * exec.c - execve() of a program in our care
 *
 * The host executes the image again, which then loads the program. Once it started
 * no error can be returned, so all that the kernel would refuse is looked for before:
 * the file, its permission, its format, its interpreters. `#!` lines are followed
 * here, too, so that the new argv is on the stack as the kernel puts it.
 *
 * The image's argv, before the program's own:
 *	EXEC_MARK, state of trap/, state of the personality, file name as it was asked for,
 *	path of the ELF file
 * The ELF file is inherited as an open descriptor, so that neither close-on-exec nor a
 * rename in between matters.
 *
 * The image is executed by its path, while that still is the file that runs. After a
 * chroot, or when it was deleted or replaced, it is written to a memfd from the mapping
 * that was made of the whole file at start. No descriptor of ours stays open for it, so
 * nothing has to be hidden from the program.
 */
#include <linux/mman.h>
#include <asm/stat.h>
#include <linux/memfd.h>
#include "thread.h"
#include "exec.h"

#define O_NONBLOCK 04000
#define O_NOCTTY 0400

static char image_path[4096];
static struct stat image_stat;
static const char *image_bytes;
static int image_unlinked;	/* no path leads to it */

static long open_file(struct trap_exec *e, int dirfd, const char *path, int flags)
{
	char link[64];
	long fd;

	if (!*path) {		/* execveat(fd, "", AT_EMPTY_PATH) */
		trap_format(link, sizeof(link), "/proc/self/fd/%d", dirfd);
		fd = host_4(__NR_openat, HOST_AT_FDCWD, link, O_NONBLOCK | O_NOCTTY, 0);
		if (fd == -ENOENT)	/* no /proc: the same open file has to do */
			fd = host_1(__NR_dup, dirfd);
	} else {
		fd = host_4(__NR_openat, dirfd, path,
			    O_NONBLOCK | O_NOCTTY |
				    (flags & HOST_AT_SYMLINK_NOFOLLOW ? HOST_O_NOFOLLOW : 0),
			    0);
	}
	if (fd == -ENXIO)	/* a socket, a FIFO */
		fd = -EACCES;
	e->fd = fd;
	return fd < 0 ? fd : 0;
}

/* Regular, executable, not being written. AT_EXECVE_CHECK is the kernel's own answer. */
static long check_file(struct trap_exec *e, const char *path, int dirfd)
{
	static const char *const none[] = { NULL };
	struct stat st;
	long r;

	r = host_2(__NR_fstat, e->fd, &st);
	if (r)
		return r;
	if ((st.st_mode & HOST_S_IFMT) != HOST_S_IFREG)
		return -EACCES;
	r = host_5(__NR_execveat, e->fd, "", none, none,
		   HOST_AT_EMPTY_PATH | HOST_AT_EXECVE_CHECK);
	if (r != -EINVAL)
		return r;
	r = host_4(__NR_faccessat2, e->fd, "", HOST_X_OK,
		   HOST_AT_EMPTY_PATH | HOST_AT_EACCESS);
	if (r == -ENOSYS)
		r = host_3(__NR_faccessat, *path ? dirfd : e->fd, *path ? path : ".",
			   HOST_X_OK);
	return r;
}

static int is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/*
 * The kernel's load_script(): `line` is cut up in place. Returns the interpreter's
 * name and sets *argument, or NULL: not a script that can run.
 */
static char *parse_script(char *line, size_t size, char **argument)
{
	char *end = line + 2, *name, *stop = line + size;
	int whole = 0;

	while (end < stop && *end && *end != '\n')
		end++;
	whole = end < stop && (*end == '\n' || !*end);
	for (name = line + 2; name < end && is_blank(*name); name++)
		;
	if (name == end)
		return NULL;
	if (!whole) {		/* cut off: fine if only the argument is */
		char *c = name;

		while (c < stop && !is_blank(*c))
			c++;
		if (c == stop)
			return NULL;
		end = stop - 1;
	}
	while (end > name && is_blank(end[-1]))
		end--;
	*end = 0;
	*argument = NULL;
	for (end = name; *end && !is_blank(*end); end++)
		;
	if (*end) {
		*end++ = 0;
		while (is_blank(*end))
			end++;
		if (*end)
			*argument = end;
	}
	return name;
}

static void prepend(struct trap_exec *e, char *argument)
{
	memmove(&e->prefix[1], &e->prefix[0], e->prefix_count * sizeof(char *));
	e->prefix[0] = argument;
	e->prefix_count++;
}

/* What the kernel calls the file: /dev/fd/N/path where there is no path from here */
static void name_of(char *name, size_t size, int dirfd, const char *path)
{
	if (*path == '/' || dirfd == HOST_AT_FDCWD)
		trap_format(name, size, "%s", path);
	else if (*path)
		trap_format(name, size, "/dev/fd/%d/%s", dirfd, path);
	else
		trap_format(name, size, "/dev/fd/%d", dirfd);
}

static int closes_on_exec(int fd)
{
	return fd >= 0 && (host_3(__NR_fcntl, fd, 1 /* F_GETFD */, 0) & 1);
}

static long resolve(struct trap_exec *e, int dirfd, const char *path, int flags)
{
	char *line, *name, *argument;
	int level;
	long r, n;

	name_of(e->name, sizeof(e->name), dirfd, path);
	for (level = 0; level < EXEC_LEVELS; level++) {
		line = e->lines[level];
		r = open_file(e, dirfd, path, flags);
		if (!r)
			r = check_file(e, path, dirfd);
		if (r)
			return r;
		memset(line, 0, EXEC_LINE);
		n = host_4(__NR_pread64, e->fd, line, EXEC_LINE, 0);
		if (n < 0)
			return n == -EISDIR ? -EACCES : n;
		if (n < 4)
			return -ENOEXEC;
		if (line[0] != '#' || line[1] != '!') {
			trap_format(e->path, sizeof(e->path), "%s", path);
			return trap_elf_check(e->fd, (unsigned char *)line, n, &e->native);
		}
		name = parse_script(line, EXEC_LINE, &argument);
		if (!name)
			return -ENOEXEC;
		/* The interpreter could not open it by that name */
		if (!level && *path != '/' && dirfd != HOST_AT_FDCWD && closes_on_exec(dirfd))
			return -ENOENT;
		if (level)
			trap_format(e->names[level], sizeof(e->names[level]), "%s", path);
		else
			memcpy(e->names[0], e->name, sizeof(e->name));
		/* The former level's interpreter name is this script: it's replaced */
		if (level)
			memmove(&e->prefix[0], &e->prefix[1],
				--e->prefix_count * sizeof(char *));
		prepend(e, e->names[level]);
		if (argument)
			prepend(e, argument);
		prepend(e, name);
		host_1(__NR_close, e->fd);
		e->fd = -1;
		path = name;
		dirfd = HOST_AT_FDCWD;
		flags = 0;
	}
	return -ELOOP;
}

/* On success e->fd is open; path "" is dirfd itself */
long trap_exec_resolve(struct trap_exec *e, int dirfd, const char *path, int flags)
{
	long r;

	e->fd = -1;
	e->native = 0;
	e->prefix_count = 0;
	r = resolve(e, dirfd, path, flags);
	if (r && e->fd >= 0)
		host_1(__NR_close, e->fd);
	return r;
}

static int same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
	       a->st_size == b->st_size && a->st_mtime == b->st_mtime &&
	       a->st_mtime_nsec == b->st_mtime_nsec;
}

/* memfd: of the image, if that is how it was started, else -1 */
void trap_exec_start(const char *execfn, int memfd)
{
	long fd = memfd, n = 0, p;

	/* A former life gave the whole path. /proc costs a process much at its first look. */
	if (execfn[0] == '/' || memfd >= 0)
		trap_format(image_path, sizeof(image_path), "%s", execfn);
	else
		n = host_3(__NR_readlink, "/proc/self/exe", image_path,
			   sizeof(image_path) - 1);
	if (n < 0)
		trap_format(image_path, sizeof(image_path), "%s", execfn);
	image_unlinked = memfd >= 0 || image_path[0] != '/';
	if (fd < 0)
		fd = host_4(__NR_openat, HOST_AT_FDCWD, image_path, HOST_O_CLOEXEC, 0);
	if (fd < 0)
		fd = host_4(__NR_openat, HOST_AT_FDCWD, "/proc/self/exe", HOST_O_CLOEXEC, 0);
	if (fd < 0 || host_2(__NR_fstat, fd, &image_stat))
		trap_panic("the image's file can't be opened: %ld", fd);
	p = host_6(__NR_mmap, 0, image_stat.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (host_failed(p))
		trap_panic("the image's file can't be mapped: %ld", p);
	image_bytes = (const char *)p;
	host_1(__NR_close, fd);
}

static int path_is_good(void)
{
	struct stat st;

	return !image_unlinked && !host_2(__NR_stat, image_path, &st) &&
	       same_file(&st, &image_stat);
}

/* The image in a new memfd, which the new life closes; or -errno */
static long image_memfd(void)
{
	size_t done = 0;
	long fd, n;

	fd = host_2(__NR_memfd_create, "trap", 0x10 /* MFD_EXEC */);
	if (fd == -EINVAL)	/* before Linux 6.3 */
		fd = host_2(__NR_memfd_create, "trap", 0);
	if (fd < 0)
		return fd;
	while (done < (size_t)image_stat.st_size) {
		n = host_3(__NR_write, fd, image_bytes + done, image_stat.st_size - done);
		if (n <= 0) {
			host_1(__NR_close, fd);
			return n ? n : -EIO;
		}
		done += n;
	}
	return fd;
}

struct scratch {
	struct trap_exec exec;
	char path[4096];
	char state[96];
	char personality_state[16384];
	size_t size, limit;		/* limit: of argv */
	char *argv[];
};

static long count_arguments(char **argv)
{
	char *argument;
	long n;

	for (n = 0; argv; n++) {
		if (trap_copy(&argument, argv + n, sizeof(argument)))
			return -EFAULT;
		if (!argument)
			break;
		if (n > 0x7ffffff)
			return -E2BIG;
	}
	return n;
}

static struct scratch *scratch_make(struct trap_thread *t, char **argv, long *count)
{
	struct scratch *s;
	size_t size;

	*count = count_arguments(argv);
	if (*count < 0)
		return NULL;
	size = sizeof(*s) + (*count + 3 * EXEC_LEVELS + 8) * sizeof(char *);
	s = trap_pages(size);
	if (!s) {
		*count = -ENOMEM;
		return NULL;
	}
	s->size = size;
	s->limit = *count;
	t->scratch = s;
	t->scratch_size = size;
	return s;
}

static void scratch_free(struct trap_thread *t)
{
	if (t->scratch)
		trap_pages_free(t->scratch, t->scratch_size);
	t->scratch = NULL;
}

static long exec_image(struct trap_thread *t, struct scratch *s, char **argv, long count,
		       char **envp)
{
	struct trap_exec *e = &s->exec;
	int n = 0, i;
	long memfd = -1, r;

	if (!path_is_good()) {
		memfd = image_memfd();
		if (memfd < 0)
			return memfd;
	}
	trap_format(s->state, sizeof(s->state), "%d %d %lx %lx", e->fd, (int)memfd,
		    trap_signal_ignored(t), t->blocked);
	s->argv[n++] = EXEC_MARK;
	s->argv[n++] = s->state;
	s->argv[n++] = s->personality_state;
	s->argv[n++] = e->name;
	s->argv[n++] = *e->path ? e->path : e->name;
	for (i = 0; i < e->prefix_count; i++)
		s->argv[n++] = e->prefix[i];
	i = e->prefix_count && count;	/* the script's argv[0] is replaced */
	if (!count && !e->prefix_count)
		s->argv[n++] = "";
	if (trap_copy(&s->argv[n], argv + i, (count - i) * sizeof(char *)))
		r = -EFAULT;
	else if (memfd >= 0)
		r = trap_wait(__NR_execveat, memfd, (long)"", (long)s->argv, (long)envp,
			      HOST_AT_EMPTY_PATH, 0);
	else
		r = trap_wait(__NR_execve, (long)image_path, (long)s->argv, (long)envp,
			      0, 0, 0);
	if (memfd >= 0)
		host_1(__NR_close, memfd);
	/* A signal that was put off would be forgotten: its handler first */
	return r == -EINTR ? TRAP_RESTARTNOINTR : r;
}

long trap_exec_call(struct trap_thread *t, long nr)
{
	int at = nr == __NR_execveat, dirfd = at ? (int)t->args[0] : HOST_AT_FDCWD;
	char *path = (char *)t->args[at];
	char **argv = (char **)t->args[at + 1], **envp = (char **)t->args[at + 2];
	int flags = at ? (int)t->args[4] : 0;
	struct scratch *s;
	long r, count;

	if (flags & ~(HOST_AT_EMPTY_PATH | HOST_AT_SYMLINK_NOFOLLOW))
		return TRAP_HOST;	/* AT_EXECVE_CHECK, or EINVAL */
	s = scratch_make(t, argv, &count);
	if (!s)
		return count;
	r = trap_copy_string(s->path, path, sizeof(s->path));
	if (r < 0)
		goto out;
	if (r == sizeof(s->path)) {
		r = -ENAMETOOLONG;
		goto out;
	}
	if (!r && !(flags & HOST_AT_EMPTY_PATH)) {
		r = -ENOENT;
		goto out;
	}
	path = trap_exe_is(t, s->path) ? (char *)trap_exe_path() : s->path;
	r = trap_exec_resolve(&s->exec, dirfd, path, flags);
	if (r)
		goto out;
	if (path != s->path)
		memcpy(s->exec.name, s->path, sizeof(s->path));
	if (s->exec.native) {
		host_1(__NR_close, s->exec.fd);
		scratch_free(t);
		return TRAP_HOST;
	}
	if (trap_personality.exec_state)
		r = trap_personality.exec_state(t, s->exec.fd, s->personality_state,
						sizeof(s->personality_state));
	if (!r) {
		r = exec_image(t, s, argv, count, envp);
		if (trap_personality.exec_failed)
			trap_personality.exec_failed(t, r);
	}
	host_1(__NR_close, s->exec.fd);
out:
	scratch_free(t);
	return r;
}

long trap_find_program(const char *name, char **envp, char *path, size_t size)
{
	const char *list = "/usr/local/bin:/bin:/usr/bin", *end;
	long r, denied = 0;

	if (strchr(name, '/')) {
		if (trap_format(path, size, "%s", name) >= (int)size)
			return -ENAMETOOLONG;
		return 0;
	}
	for (; *envp; envp++)
		if (!strncmp(*envp, "PATH=", 5))
			list = *envp + 5;
	for (;; list = end + 1) {
		end = strchr(list, ':');
		if (!end)
			end = list + strlen(list);
		if ((size_t)(end - list) + strlen(name) + 2 <= size && *name) {
			struct stat st;

			memcpy(path, list, end - list);
			trap_format(path + (end - list), size - (end - list), "%s%s",
				    end == list ? "./" : "/", name);
			r = host_3(__NR_faccessat, HOST_AT_FDCWD, path, HOST_X_OK);
			if (!r && !host_2(__NR_stat, path, &st) &&
			    (st.st_mode & HOST_S_IFMT) == HOST_S_IFREG)
				return 0;
			if (r == -EACCES || !r)
				denied = -EACCES;
		}
		if (!*end)
			return denied ? denied : -ENOENT;
	}
}
