// SPDX-License-Identifier: GPL-2.0
/*
 * cable.c - a cable between two stacks
 *
 * The first stack that names it makes a pair of connected stream sockets, keeps one and
 * waits at a unix socket for somebody to take the other. So there is nothing in between
 * when both are there, and the first's device exists before the second. Who is first is
 * decided with the directory locked.
 */
#define _GNU_SOURCE
#include "cable.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "control.h"
#include "error.h"

enum { ANSWER_SECONDS = 5, LOCK_TRIES = 1000 };

static int find_path(struct cable *cable, const char *name)
{
	char root[NAMES_PATH], here[PATH_MAX] = "";
	int err, length;

	if (strchr(name, '/')) {
		/* The owner will be in another directory. */
		if (*name != '/' && !getcwd(here, sizeof(here)))
			return -errno;
		length = snprintf(cable->path, sizeof(cable->path), "%s%s%s", here,
				  *here ? "/" : "", name);
	} else {
		err = names_check(name);
		if (!err)
			err = names_root(root);
		if (err)
			return err;
		length = snprintf(cable->path, sizeof(cable->path), "%s/%s.cable", root,
				  name);
	}
	if (length < (int)sizeof(cable->path))
		return 0;
	libos_error_set("pair:%s: too long for a socket's path", name);
	return -ENAMETOOLONG;
}

static int lock_directory(const char *path)
{
	static const struct timespec moment = { 0, 2000000 };
	const char *slash = strrchr(path, '/');
	char directory[NAMES_PATH];
	int fd, i;

	snprintf(directory, sizeof(directory), "%.*s", (int)(slash - path) + 1, path);
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		libos_error_set("pair: %s: %s", directory, strerror(errno));
		return -errno;
	}
	for (i = 0; flock(fd, LOCK_EX | LOCK_NB); i++) {
		if (i == LOCK_TRIES) {
			libos_error_set("pair: %s is locked by another program", directory);
			close(fd);
			return -EBUSY;
		}
		nanosleep(&moment, NULL);
	}
	return fd;
}

/* Return: our end, or -errno. -ECONNREFUSED, -ENOENT: nobody waits there. */
static int take_end(struct cable *cable)
{
	struct timeval limit = { .tv_sec = ANSWER_SECONDS };
	int fd = control_connect(cable->path), end;

	if (fd < 0)
		return fd;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	end = control_receive_fd(fd);
	close(fd);
	if (end < 0)
		libos_error_set("pair: %s: who listens there is no stack, or hangs",
				cable->path);
	return end;
}

/* What was left there by somebody who is gone; nothing but a socket. */
static int clear(const char *path)
{
	struct stat st;

	if (lstat(path, &st))
		return 0;
	if (S_ISSOCK(st.st_mode) && !unlink(path))
		return 0;
	libos_error_set("pair: %s is in the way; name another path, or remove it", path);
	return -EEXIST;
}

static int wait_for_other(struct cable *cable, int *fd)
{
	int pair[2], err = clear(cable->path);

	if (err)
		return err;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair)) {
		libos_error_set("pair: no sockets: %s", strerror(errno));
		return -errno;
	}
	cable->listener = control_listen(cable->path);
	if (cable->listener < 0) {
		err = cable->listener;
		close(pair[0]);
		close(pair[1]);
		return err;
	}
	*fd = pair[0];
	cable->other = pair[1];
	return 1;
}

int cable_plug(struct cable *cable, const char *name, int *fd)
{
	int err, locked;

	cable->listener = cable->other = -1;
	err = find_path(cable, name);
	if (err)
		return err;
	locked = lock_directory(cable->path);
	if (locked < 0)
		return locked;
	err = take_end(cable);
	if (err >= 0)
		*fd = err;
	err = err >= 0 ? 0 : err == -ENOENT || err == -ECONNREFUSED ?
	      wait_for_other(cable, fd) : err;
	close(locked);
	return err;
}

int cable_answer(struct cable *cable)
{
	int fd = control_accept(cable->listener, NULL), err;

	if (fd < 0)
		return 0;
	err = control_send_fd(fd, cable->other);
	close(fd);
	if (err)
		return 0;
	cable_unplug(cable);
	return 1;
}

void cable_unplug(struct cable *cable)
{
	if (cable->listener >= 0) {
		close(cable->listener);
		unlink(cable->path);
	}
	if (cable->other >= 0)
		close(cable->other);
	cable->listener = cable->other = -1;
}
