// SPDX-License-Identifier: GPL-2.0
/*
 * rights.c - descriptors that one program has of another: in messages of the host's unix sockets
 * (SCM_RIGHTS), by pidfd_getfd(2)
 *
 * A file of the stack travels as a ticket: the stack keeps it open, and the message carries
 * a host socket whose name, an abstract one, is the owner's number and the ticket's. A
 * receiver on the same stack takes the file in exchange, and keeps that socket as its
 * placeholder. One elsewhere has a socket that leads nowhere.
 *
 * Another process's file of the stack has the same number in both kernels: the stack is asked first.
 */
#include <linux/socket.h>
#include <linux/uio.h>

#include "attached.h"

#define AF_UNIX 1
#define SOCK_DGRAM 2
#define SOL_SOCKET 1
#define SCM_RIGHTS 1
#define MSG_CTRUNC 8
#define MSG_CMSG_CLOEXEC 0x40000000
#define CONTROL_MAX 4096
#define FDS_MAX 253		/* SCM_MAX_FD */

struct cmsg {
	size_t len;
	int level, type;
	int fds[];
};

#define CMSG_STEP(len) (((len) + sizeof(size_t) - 1) & -sizeof(size_t))

/* The next message with descriptors in @size bytes at @p, from *@at on; NULL: no more */
static struct cmsg *next_rights(char *p, size_t size, size_t *at, int *count)
{
	while (*at + sizeof(struct cmsg) <= size) {
		struct cmsg *c = (struct cmsg *)(p + *at);

		if (c->len < sizeof(*c) || c->len > size - *at)
			return NULL;
		*at += CMSG_STEP(c->len);
		if (c->level == SOL_SOCKET && c->type == SCM_RIGHTS) {
			*count = (c->len - sizeof(*c)) / sizeof(int);
			return c;
		}
	}
	return NULL;
}

/* ------------------------------------------------------------------ *
 * names of tickets
 */

struct name {
	unsigned short family;
	char path[108];
};

static int name_prefix(char *to, size_t size)
{
	return trap_format(to, size, "libos %d ", stack_owner());
}

/* A socket that stands for the file, or -errno */
static int ticket_make(struct trap_thread *t, int lib_fd)
{
	static _Atomic int made;
	struct name name = { .family = AF_UNIX };
	long ticket = lib_1(t, LIB_CALL_EXPORT, lib_fd);
	int n, fd;

	if (ticket < 0)
		return ticket;
	n = name_prefix(name.path + 1, sizeof(name.path) - 1);
	/* A ticket's number is used again while its receiver may still hold the socket. */
	n += trap_format(name.path + 1 + n, sizeof(name.path) - 1 - n, "%lx %d %d",
			 (unsigned long)ticket, (int)host_0(__NR_getpid), made++);
	fd = host_3(__NR_socket, AF_UNIX, SOCK_DGRAM | HOST_O_CLOEXEC, 0);
	if (fd >= 0 && !host_3(__NR_bind, fd, &name, sizeof(short) + 1 + n))
		return fd;
	if (fd >= 0)
		host_1(__NR_close, fd);
	lib_1(t, __NR_close, lib_1(t, LIB_CALL_IMPORT, ticket));
	return -ENFILE;
}

/* The ticket that @fd stands for, or -1 */
static long ticket_of(int fd)
{
	struct name name = { 0 };
	int size = sizeof(name), n;
	char prefix[64];

	if (host_3(__NR_getsockname, fd, &name, &size) || name.family != AF_UNIX ||
	    name.path[0])
		return -1;
	n = name_prefix(prefix, sizeof(prefix));
	if (strncmp(name.path + 1, prefix, n))
		return -1;
	return trap_number(name.path + 1 + n, NULL, 16);
}

/* ------------------------------------------------------------------ */

static int has_lib_file(char *control, size_t size)
{
	struct cmsg *c;
	size_t at = 0;
	int i, count;

	while ((c = next_rights(control, size, &at, &count)))
		for (i = 0; i < count; i++)
			if (file_is_lib(c->fds[i]))
				return 1;
	return 0;
}

long rights_send(struct trap_thread *t, long nr, unsigned long *a)
{
	char control[CONTROL_MAX] __attribute__((aligned(8)));
	int made[FDS_MAX], nr_made = 0, i, count;
	struct message msg;
	struct cmsg *c;
	size_t at = 0;
	long ret = 0;

	if (trap_copy(&msg, (void *)a[1], sizeof(msg)) || !msg.control ||
	    msg.controllen > sizeof(control) ||
	    trap_copy(control, msg.control, msg.controllen) ||
	    !has_lib_file(control, msg.controllen))
		return TRAP_HOST;
	while (ret >= 0 && (c = next_rights(control, msg.controllen, &at, &count))) {
		for (i = 0; ret >= 0 && i < count && nr_made < FDS_MAX; i++) {
			if (!file_is_lib(c->fds[i]))
				continue;
			ret = ticket_make(t, c->fds[i]);
			if (ret >= 0)
				made[nr_made++] = c->fds[i] = ret;
		}
	}
	if (ret >= 0) {
		msg.control = control;
		ret = trap_wait(nr, a[0], (unsigned long)&msg, a[2], 0, 0, 0);
	}
	for (i = 0; i < nr_made; i++) {
		if (ret < 0)
			lib_1(t, __NR_close, lib_1(t, LIB_CALL_IMPORT, ticket_of(made[i])));
		host_1(__NR_close, made[i]);
	}
	return ret == -EINTR && trap_signal_pending(t) ? TRAP_RESTARTSYS : ret;
}

/* The host has put @fd into our table: is it one of the stack's? */
static void take(struct trap_thread *t, int fd, int cloexec)
{
	long ticket = ticket_of(fd), lib;

	if (ticket < 0)
		return;
	lib = lib_1(t, LIB_CALL_IMPORT, ticket);
	if (lib < 0)
		return;
	if (lib != fd)
		file_move(t, lib, fd, cloexec);
	else if (!cloexec)
		lib_3(t, __NR_fcntl, fd, 2 /* F_SETFD */, 0);
	file_set(fd, FILE_LIB);
}

/* A message of the stack's, whose files are the stack's: they get numbers. */
static long receive_lib(struct trap_thread *t, long nr, unsigned long *a)
{
	char control[CONTROL_MAX] __attribute__((aligned(8)));
	struct message msg;
	struct cmsg *c;
	size_t at = 0;
	int i, count;
	long ret = lib_args(t, nr, a);

	if (ret < 0 || trap_copy(&msg, (void *)a[1], sizeof(msg)) || !msg.control ||
	    !msg.controllen || msg.controllen > sizeof(control) ||
	    trap_copy(control, msg.control, msg.controllen))
		return ret;
	while ((c = next_rights(control, msg.controllen, &at, &count)))
		for (i = 0; i < count; i++)
			c->fds[i] = file_settle(t, c->fds[i], a[2] & MSG_CMSG_CLOEXEC);
	trap_copy(msg.control, control, msg.controllen);
	return ret;
}

long rights_receive(struct trap_thread *t, long nr, unsigned long *a)
{
	char control[CONTROL_MAX] __attribute__((aligned(8)));
	struct message msg;
	struct cmsg *c;
	size_t at = 0;
	int i, count;
	long ret;

	switch (file_kind(a[0])) {
	case FILE_HOST:
		break;
	case FILE_HIDDEN:
		return -EBADF;
	default:
		return stack_has_unix() ? receive_lib(t, nr, a) : lib_args(t, nr, a);
	}
	if (trap_copy(&msg, (void *)a[1], sizeof(msg)) || !msg.control || !msg.controllen)
		return TRAP_HOST;
	ret = trap_wait(nr, a[0], a[1], a[2], 0, 0, 0);
	if (ret == -EINTR && trap_signal_pending(t))
		return TRAP_RESTARTSYS;
	if (ret < 0 || trap_copy(&msg, (void *)a[1], sizeof(msg)) ||
	    msg.controllen > sizeof(control) ||
	    trap_copy(control, msg.control, msg.controllen))
		return ret;
	while ((c = next_rights(control, msg.controllen, &at, &count)))
		for (i = 0; i < count; i++)
			take(t, c->fds[i], a[2] & MSG_CMSG_CLOEXEC);
	return ret;
}

/* pidfd_getfd(2) */
long rights_take(struct trap_thread *t, long nr, unsigned long *a)
{
	int process = namespace_process(t, a[0]);
	long pidfd, fd;

	pidfd = process > 0 ? lib_2(t, __NR_pidfd_open, process, 0) : -ESRCH;
	if (pidfd < 0)
		return TRAP_HOST;
	fd = lib_3(t, nr, pidfd, a[1], a[2]);
	lib_1(t, __NR_close, pidfd);
	return fd == -EBADF ? TRAP_HOST : file_settle(t, fd, 1);
}
