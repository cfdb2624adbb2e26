// SPDX-License-Identifier: GPL-2.0
/*
 * program.c - the program to be run, and nuse-exec, which runs it on a stack
 */
#define _GNU_SOURCE
#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control.h"
#include "error.h"

#ifndef NUSE_EXEC_DIR
#define NUSE_EXEC_DIR "/usr/local/libexec/libos"
#endif

/* What execvp(3) searches where PATH is not set. */
#define DEFAULT_PATH "/bin:/usr/bin"

/* -ENOENT also where a directory on the way cannot be looked into. */
static int check(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return errno == EACCES ? -ENOENT : -errno;
	if (!S_ISREG(st.st_mode))
		return -EACCES;
	return faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) ? -errno : 0;
}

static int search(const char *name, char *path, size_t size)
{
	const char *dirs = getenv("PATH"), *end;
	int err = -ENOENT, now;

	for (dirs = dirs ? dirs : DEFAULT_PATH; dirs; dirs = *end ? end + 1 : NULL) {
		end = strchrnul(dirs, ':');
		if ((size_t)snprintf(path, size, "%.*s%s%s", (int)(end - dirs), dirs,
				     end > dirs ? "/" : "./", name) >= size)
			continue;
		now = check(path);
		if (!now)
			return 0;
		if (now == -EACCES)
			err = now;
	}
	return err;
}

int program_find(const char *name, char *path, size_t size)
{
	int err;

	if (strchr(name, '/')) {
		snprintf(path, size, "%s", name);
		err = strlen(name) >= size ? -ENAMETOOLONG : check(path);
	} else {
		err = *name ? search(name, path, size) : -ENOENT;
	}
	if (err == -ENOENT || err == -ENOTDIR) {
		libos_error_set("%s: not found; %s", name, strchr(name, '/') ?
				"look at its path" : "install it, or give its path");
		return -ENOENT;
	}
	if (err)
		libos_error_set("%s: cannot be executed: %s; it must be a file with the "
				"permission to (chmod +x)", name, strerror(-err));
	return err;
}

static int find_exec(char *path, size_t size)
{
	ssize_t length = readlink("/proc/self/exe", path, size - sizeof("nuse-exec"));
	char *slash;

	if (length > 0) {
		path[length] = '\0';
		slash = strrchr(path, '/');
		strcpy(slash ? slash + 1 : path, "nuse-exec");
		if (!access(path, X_OK))
			return 0;
	}
	snprintf(path, size, "%s", NUSE_EXEC_DIR "/nuse-exec");
	if (!access(path, X_OK))
		return 0;
	libos_error_set("nuse-exec is neither beside nuse nor in " NUSE_EXEC_DIR
			"; install both (make install)");
	return -ENOENT;
}

/* For the next program, out of the way of the standard ones. */
static int hand_on(int fd, char text[12])
{
	int to = fcntl(fd, F_DUPFD, 3);

	if (to < 0) {
		libos_error_set("no descriptor for the stack: %s", strerror(errno));
		return -errno;
	}
	snprintf(text, 12, "%d", to);
	return 0;
}

int program_exec(const int *fds, char **argv)
{
	char numbers[CONTROL_FDS][12], exec[PATH_MAX];
	int i, err, argc = 0, n = 0;
	char **args;

	while (argv[argc])
		argc++;
	args = calloc(argc + CONTROL_FDS + 2, sizeof(*args));
	if (!args) {
		libos_error_set("no memory");
		return -ENOMEM;
	}
	args[n++] = "nuse-exec";
	for (i = 0; i < CONTROL_FDS; i++) {
		err = hand_on(fds[i], numbers[i]);
		if (err)
			goto out;
		args[n++] = numbers[i];
	}
	for (i = 0; i < argc; i++)
		args[n++] = argv[i];
	err = find_exec(exec, sizeof(exec));
	if (!err) {
		execv(exec, args);
		err = -errno;
		libos_error_set("%s: %s", exec, strerror(errno));
	}
out:
	free(args);
	return err;
}
