// SPDX-License-Identifier: GPL-2.0
/*
 * sockets.c - calls that make sockets, and calls that a signal comes with
 */
#include <linux/net.h>
#include <linux/socket.h>
#include <linux/signal.h>

#include "attached.h"

#define AF_UNIX 1
#define AF_ALG 38
#define AF_VSOCK 40
#define MSG_NOSIGNAL 0x4000
#define SOCK_CLOEXEC HOST_O_CLOEXEC

/* Families whose names, or whose other ends, are the host's */
static int is_host_family(unsigned int family)
{
	return (family == AF_UNIX && !stack_has_unix()) || family == AF_ALG || family == AF_VSOCK;
}

long sockets_socket(struct trap_thread *t, long nr, unsigned long *a)
{
	if (is_host_family(a[0]))
		return TRAP_HOST;
	return file_settle(t, lib_3(t, nr, a[0], a[1], a[2]), a[1] & SOCK_CLOEXEC);
}

long sockets_pair(struct trap_thread *t, long nr, unsigned long *a)
{
	int lib[2], fd[2], i;
	long err;

	if (is_host_family(a[0]))
		return TRAP_HOST;
	err = lib_4(t, nr, a[0], a[1], a[2], lib);
	if (err)
		return err;
	for (i = 0; i < 2; i++)
		fd[i] = file_settle(t, lib[i], a[1] & SOCK_CLOEXEC);
	if (fd[0] >= 0 && fd[1] >= 0 && !trap_copy((void *)a[3], fd, sizeof(fd)))
		return 0;
	err = fd[0] < 0 ? fd[0] : fd[1] < 0 ? fd[1] : -EFAULT;
	for (i = 0; i < 2; i++) {
		unsigned long one[6] = { fd[i] };

		if (fd[i] >= 0)
			files_close(t, __NR_close, one);
	}
	return err;
}

long sockets_accept(struct trap_thread *t, long nr, unsigned long *a)
{
	unsigned long flags = nr == __NR_accept4 ? a[3] : 0;
	enum file_kind kind = file_kind(a[0]);

	if (kind == FILE_HOST)
		return TRAP_HOST;
	if (kind == FILE_HIDDEN)
		return -EBADF;
	if (flags & LIB_ACCEPT_LATE)
		return -EINVAL;
	return file_settle(t, lib_4(t, __NR_accept4, a[0], a[1], a[2], flags | LIB_ACCEPT_LATE),
			   flags & SOCK_CLOEXEC);
}

static int no_signal(long nr, const unsigned long *a)
{
	switch (nr) {
	case __NR_sendto:
	case __NR_sendmmsg:
		return a[3] & MSG_NOSIGNAL;
	case __NR_sendmsg:
		return a[2] & MSG_NOSIGNAL;
	default:
		return 0;
	}
}

/* The stack's SIGPIPE reaches its task only; the program's is the host's. */
long sockets_send(struct trap_thread *t, long nr, unsigned long *a)
{
	enum file_kind kind = file_kind(a[0]);
	long ret;

	if (kind == FILE_HOST)
		return nr == __NR_sendmsg ? rights_send(t, nr, a) : TRAP_HOST;
	if (kind == FILE_HIDDEN)
		return -EBADF;
	ret = lib_args(t, nr, a);
	if (__builtin_expect(ret == -EPIPE, 0) && !no_signal(nr, a))
		host_3(__NR_tgkill, host_0(__NR_getpid), trap_tid(t), SIGPIPE);
	return ret;
}

/* SCTP's, by which an association becomes a socket of its own, whose number it gives */
#define IPPROTO_SCTP 132
#define SCTP_SOCKOPT_PEELOFF 102
#define SCTP_SOCKOPT_PEELOFF_FLAGS 122

struct peeloff {
	int association;
	int fd;
	unsigned int flags;
};

long sockets_option(struct trap_thread *t, long nr, unsigned long *a)
{
	int with_flags = a[2] == SCTP_SOCKOPT_PEELOFF_FLAGS;
	struct peeloff p = { 0 };
	unsigned int size = with_flags ? sizeof(p) : sizeof(p) - sizeof(p.flags);
	long ret;

	if (!file_is_lib(a[0]) || nr != __NR_getsockopt || a[1] != IPPROTO_SCTP ||
	    (a[2] != SCTP_SOCKOPT_PEELOFF && !with_flags))
		return ring_option(t, nr, a);
	ret = lib_args(t, nr, a);
	if (ret < 0)
		return ret;
	if (trap_copy(&p, (void *)a[3], size))
		return -EFAULT;
	ret = file_settle(t, p.fd, p.flags & SOCK_CLOEXEC);
	if (ret < 0)
		return ret;
	p.fd = ret;
	return trap_copy((void *)a[3], &p, size) ? -EFAULT : ret;
}
