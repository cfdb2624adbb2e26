// SPDX-License-Identifier: GPL-2.0
/*
 * names.c - the directory of each running stack, and by it the stack's name
 *
 * $XDG_RUNTIME_DIR/nuse/NAME or /tmp/nuse-UID/NAME holds the stack's control socket,
 * resolv.conf and log. The owner has the directory locked (flock(2)), which ends with
 * it however it ends: a directory that can be locked is a dead stack's, and whoever
 * meets it removes it. A number in a file was refused: it may be another process's by
 * now. A stack that was given no name has its owner's process number.
 */
#define _GNU_SOURCE
#include "names.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "error.h"

#define CONTROL "control"

/* The root's, so that NAME, "/" and the longest file fit behind it. */
enum { ROOT_MAX = NAMES_PATH - NAMES_MAX - 2 - 12 };

int names_check(const char *name)
{
	size_t i, length = strlen(name), digits = strspn(name, "0123456789");

	for (i = 0; i < length; i++)
		if (!isalnum((unsigned char)name[i]) && !strchr("._-", name[i]))
			break;
	if (i == length && length >= 1 && length <= NAMES_MAX && digits < length &&
	    isalnum((unsigned char)name[0]))
		return 0;
	libos_error_set("\"%.40s\" cannot be a stack's name: 1 to %d letters, digits, '.', "
			"'_', '-', and not a number", name, NAMES_MAX);
	return -EINVAL;
}

static bool is_own_directory(const char *path, struct stat *st)
{
	return !lstat(path, st) && S_ISDIR(st->st_mode) && st->st_uid == geteuid();
}

int names_root(char path[NAMES_PATH])
{
	const char *run = getenv("XDG_RUNTIME_DIR");
	struct stat st;

	if (run && *run == '/' && strlen(run) + sizeof("/nuse") <= ROOT_MAX &&
	    is_own_directory(run, &st))
		snprintf(path, NAMES_PATH, "%s/nuse", run);
	else
		snprintf(path, NAMES_PATH, "/tmp/nuse-%u", (unsigned int)geteuid());
	if (mkdir(path, 0700) && errno != EEXIST) {
		libos_error_set("cannot make the directory %s: %s", path, strerror(errno));
		return -errno;
	}
	if (is_own_directory(path, &st) && !(st.st_mode & 077))
		return 0;
	libos_error_set("%s is not a directory of yours alone, so others could be behind "
			"it; remove it, or set XDG_RUNTIME_DIR", path);
	return -EPERM;
}

/* The stack's directory opened and locked, or -errno. -EAGAIN: its owner lives. */
static int lock(const char *directory)
{
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), err;
	struct stat here, there;

	if (fd < 0)
		return -errno;
	if (flock(fd, LOCK_EX | LOCK_NB)) {
		err = errno == EWOULDBLOCK ? -EAGAIN : -errno;
		close(fd);
		return err;
	}
	/* Somebody may have removed it in between, and made it again. */
	if (fstat(fd, &here) || stat(directory, &there) || here.st_ino != there.st_ino) {
		close(fd);
		return -ENOENT;
	}
	return fd;
}

static void empty(int fd)
{
	int copy = dup(fd);
	DIR *dir = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *entry;

	if (!dir) {
		close(copy);
		return;
	}
	rewinddir(dir);
	while ((entry = readdir(dir)))
		unlinkat(fd, entry->d_name, 0);
	closedir(dir);
}

int names_claim(struct names_stack *stack, const char *name)
{
	static const struct timespec moment = { 0, 2000000 };
	char root[NAMES_PATH];
	int err, tries;

	err = names_root(root);
	if (err)
		return err;
	snprintf(stack->name, sizeof(stack->name), "%s", name);
	if ((size_t)snprintf(stack->directory, sizeof(stack->directory), "%s/%s", root,
			     stack->name) >= sizeof(stack->directory))
		return -ENAMETOOLONG;
	/* Others lock it for a moment, to see whether anybody lives there. */
	for (tries = 0; tries < 20; tries++) {
		if (tries)
			nanosleep(&moment, NULL);
		if (mkdir(stack->directory, 0700) && errno != EEXIST) {
			libos_error_set("cannot make the directory %s: %s",
					stack->directory, strerror(errno));
			return -errno;
		}
		stack->fd = lock(stack->directory);
		if (stack->fd >= 0) {
			empty(stack->fd);
			return 0;
		}
	}
	libos_error_set("a stack named %s runs already; nuse --join %s runs a program on "
			"it, nuse stop %s ends it", name, name, name);
	return -EEXIST;
}

static void discard(const char *directory, int fd)
{
	empty(fd);
	rmdir(directory);
	close(fd);
}

void names_release(struct names_stack *stack)
{
	discard(stack->directory, stack->fd);
	stack->fd = -1;
}

/* Whether its owner lives; a directory without one is removed. */
static bool lives(const char *directory)
{
	int fd = lock(directory);

	if (fd >= 0)
		discard(directory, fd);
	return fd == -EAGAIN;
}

int names_find(const char *name, char control[NAMES_PATH])
{
	char directory[NAMES_PATH - sizeof("/" CONTROL)];
	int err;

	err = names_root(control);
	if (err)
		return err;
	if (!strchr(name, '/') && *name != '.' && strlen(name) <= NAMES_MAX &&
	    (size_t)snprintf(directory, sizeof(directory), "%s/%s", control, name) <
	    sizeof(directory) && lives(directory)) {
		snprintf(control, NAMES_PATH, "%s/" CONTROL, directory);
		return 0;
	}
	libos_error_set("no stack named %.40s runs; nuse ls lists those that do", name);
	return -ENOENT;
}

static int is_stack(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && strlen(entry->d_name) <= NAMES_MAX &&
	       (entry->d_type == DT_DIR || entry->d_type == DT_UNKNOWN);
}

int names_each(void (*fn)(void *arg, const char *name, const char *control), void *arg)
{
	char directory[2 * NAMES_PATH], control[NAMES_PATH], root[NAMES_PATH];
	struct dirent **entries;
	int i, n, err;

	err = names_root(root);
	if (err)
		return err;
	n = scandir(root, &entries, is_stack, versionsort);
	for (i = 0; i < n; i++) {
		snprintf(directory, sizeof(directory), "%s/%.*s", root, NAMES_MAX,
			 entries[i]->d_name);
		if (lives(directory)) {
			snprintf(control, sizeof(control), "%.*s/" CONTROL,
				 NAMES_PATH - (int)sizeof("/" CONTROL), directory);
			fn(arg, entries[i]->d_name, control);
		}
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	return 0;
}
