// SPDX-License-Identifier: GPL-2.0
/*
 * calls_unix.c - unix(7): streams, datagrams, packets; descriptors and credentials
 */
#include "calls.h"

#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/un.h>

static void streams(void)
{
	int l, c, a, b;
	char buf[32] = { 0 };

	l = FD(socket, AF_UNIX, SOCK_STREAM, 0);
	CALL(getsockname, l, NAME);
	show_name();
	CALL(listen, l, 4);
	CALL(bind, l, A("127.0.0.1", 7001));
	CALL(bind, l, unix_address("@a"), 200);
	CALL(bind, l, U("@stream"));
	CALL(bind, l, U("@again"));
	CALL(getsockname, l, NAME);
	show_name();
	b = FD(socket, AF_UNIX, SOCK_STREAM, 0);
	CALL(bind, b, U("@stream"));
	c = FD(socket, AF_UNIX, SOCK_STREAM, 0);
	CALL(connect, c, U("@nobody"));
	CALL(connect, c, U("@stream"));
	CALL(connect, c, U("/nonexistent/path"));
	CALL(connect, c, A("127.0.0.1", 7001));
	CALL(listen, l, 4);
	CALL(connect, c, U("@stream"));
	CALL(connect, c, U("@stream"));
	CALL(getpeername, c, NAME);
	show_name();
	CALL(send, c, "early", 5, 0);
	a = FD(accept, l, NAME);
	show_name();
	CALL(getsockname, a, NAME);
	show_name();
	CALL(recv, a, buf, 2, MSG_PEEK);
	CALL(recv, a, buf, 32, 0);
	show_data(buf, 5);
	CALL(send, a, "x", 1, MSG_OOB);
	CALL(recv, c, buf, 1, MSG_OOB | MSG_DONTWAIT);
	CALL(recv, c, buf, 32, MSG_DONTWAIT);
	CALL(sendto, a, "x", 1, 0, U("@stream"));
	CALL(sendto, b, "x", 1, 0, U("@stream"));
	CALL(send, b, "x", 1, MSG_NOSIGNAL);
	CALL(recv, b, buf, 1, MSG_DONTWAIT);
	CALL(shutdown, b, SHUT_WR);
	CALL(shutdown, a, SHUT_WR);
	CALL(recv, c, buf, 1, 0);
	CALL(send, a, "x", 1, MSG_NOSIGNAL);
	CALL(send, c, "left", 4, 0);
	CALL(close_fd, a);
	CALL(send, c, "x", 1, MSG_NOSIGNAL);
	CALL(recv, c, buf, 1, 0);
	CALL(recv, c, buf, 1, 0);
	CALL(close_fd, c);
	CALL(close_fd, l);
	c = FD(socket, AF_UNIX, SOCK_STREAM, 0);
	CALL(connect, c, U("@stream"));
	/* The backlog is full at one more than was asked for */
	l = FD(socket, AF_UNIX, SOCK_STREAM, 0);
	CALL(bind, l, U("@stream"));
	CALL(listen, l, 0);
	CALL(connect, c, U("@stream"));
	c = FD(socket, AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	CALL(connect, c, U("@stream"));
	b = FD(socket, AF_UNIX, SOCK_DGRAM, 0);
	CALL(connect, b, U("@stream"));
	CALL(sendto, b, "x", 1, 0, U("@stream"));
}

static void datagrams(void)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	char buf[32] = { 0 };
	int r, s, t;

	r = FD(socket, AF_UNIX, SOCK_DGRAM, 0);
	s = FD(socket, AF_UNIX, SOCK_DGRAM, 0);
	CALL(bind, r, U("@datagram"));
	CALL(listen, r, 1);
	CALL(sendto, s, "hello", 5, 0, U("@datagram"));
	CALL(recvfrom, r, buf, 3, MSG_TRUNC, NAME);
	show_data(buf, 3);
	show_name();
	/* unix(7): no more than the family binds to an address of its own */
	CALL(bind, s, &(struct sockaddr){ .sa_family = AF_UNIX }, 2);
	CALL(getsockname, s, NAME);
	show_name();
	CALL(sendto, s, "", 0, 0, U("@datagram"));
	CALL(recvfrom, r, buf, 32, 0, NAME);
	show_name();
	CALL(send, s, "x", 1, 0);
	CALL(sendto, s, "x", 1, 0, U("@nobody"));
	CALL(connect, s, U("@datagram"));
	CALL(send, s, "conn", 4, 0);
	CALL(recv, r, buf, 32, MSG_DONTWAIT);
	CALL(recv, r, buf, 32, MSG_DONTWAIT);
	CALL(connect, s, &none, sizeof(none));
	CALL(send, s, "x", 1, 0);
	/* Connected elsewhere, it does not listen to others */
	t = FD(socket, AF_UNIX, SOCK_DGRAM, 0);
	CALL(bind, t, U("@third"));
	CALL(connect, r, U("@third"));
	CALL(sendto, s, "x", 1, 0, U("@datagram"));
	CALL(close_fd, t);
	CALL(send, r, "x", 1, MSG_NOSIGNAL);
	CALL(recv, r, buf, 32, MSG_DONTWAIT);
}

static void packets(void)
{
	struct msghdr *m;
	char buf[32] = { 0 };
	int p[2], l, c;

	CALL(socketpair, AF_UNIX, SOCK_SEQPACKET, 0, p);
	CALL(send, p[0], "one", 3, 0);
	CALL(send, p[0], "two", 3, MSG_EOR);
	m = message(buf, 2);
	CALL(recvmsg, p[1], m, 0);
	show(" flags %#x", m->msg_flags);
	m = message(buf, 32);
	CALL(recvmsg, p[1], m, 0);
	show(" flags %#x", m->msg_flags);
	CALL(send, p[0], "", 0, 0);
	CALL(recv, p[1], buf, 32, MSG_DONTWAIT);
	CALL(sendto, p[0], "x", 1, 0, U("@any"));
	CALL(close_fd, p[1]);
	CALL(send, p[0], "x", 1, MSG_NOSIGNAL);
	CALL(recv, p[0], buf, 32, 0);
	CALL(close_fd, p[0]);
	l = FD(socket, AF_UNIX, SOCK_SEQPACKET, 0);
	CALL(bind, l, U("@packet"));
	CALL(listen, l, 1);
	c = FD(socket, AF_UNIX, SOCK_STREAM, 0);
	CALL(connect, c, U("@packet"));
	CALL(socketpair, AF_UNIX, SOCK_DGRAM, 0, p);
	CALL(send, p[0], "d", 1, 0);
	CALL(ioctl, p[1], FIONREAD, &c);
	show(" %d", c);
	CALL(recv, p[1], buf, 32, 0);
	CALL(close_fd, p[1]);
	CALL(send, p[0], "d", 1, 0);
}

void subject_unix(void)
{
	streams();
	datagrams();
	packets();
}

static char control[256] __attribute__((aligned(8)));
static char body[16];

static struct msghdr *passing(int type, const void *data, size_t len)
{
	struct msghdr *msg = message("x", 1);
	struct cmsghdr *c;

	msg->msg_control = memset(control, 0, sizeof(control));
	msg->msg_controllen = CMSG_SPACE(len);
	c = CMSG_FIRSTHDR(msg);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(len);
	memcpy(CMSG_DATA(c), data, len);
	return msg;
}

static struct msghdr *taking(size_t room)
{
	struct msghdr *msg = message(body, sizeof(body));

	msg->msg_control = control;
	msg->msg_controllen = room;
	return msg;
}

/* Return: the first descriptor in @msg, -1 if there is none. */
static int show_passed(struct msghdr *msg)
{
	struct cmsghdr *c;
	int *fds, n, first = -1;

	show(" flags %#x", msg->msg_flags);
	for (c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_type != SCM_RIGHTS) {
			show(" {type %d}", c->cmsg_type);
			continue;
		}
		fds = (int *)CMSG_DATA(c);
		n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (int i = 0; i < n; i++)
			show(" f%d", fd_symbol(fds[i]));
		first = fds[0];
	}
	return first;
}

void subject_unix_rights(void)
{
	struct ucred me = { getpid(), geteuid(), getegid() };
	int p[2], q[2], t, fds[300], got;
	struct msghdr *m;
	char buf[8] = { 0 };

	CALL(socketpair, AF_UNIX, SOCK_STREAM, 0, p);
	CALL(pipe2, q, O_NONBLOCK);
	show(" f%d f%d", fd_symbol(q[0]), fd_symbol(q[1]));
	CALL(sendmsg, p[0], passing(SCM_RIGHTS, &q[1], 4), 0);
	CALL(close_fd, q[1]);
	/* In flight, it is open still */
	CALL(read, q[0], buf, 1);
	m = taking(sizeof(control));
	CALL(recvmsg, p[1], m, MSG_CMSG_CLOEXEC);
	got = show_passed(m);
	CALL(fcntl, got, F_GETFD, 0);
	CALL(write, got, "via", 3);
	CALL(read, q[0], buf, 8);
	CALL(close_fd, got);
	CALL(read, q[0], buf, 1);
	t = FD(socket, AF_INET, SOCK_STREAM, 0);
	fds[0] = t;
	fds[1] = q[0];
	CALL(sendmsg, p[0], passing(SCM_RIGHTS, fds, 8), 0);
	m = taking(CMSG_LEN(4));
	CALL(recvmsg, p[1], m, 0);
	got = show_passed(m);
	GET(got, SOL_SOCKET, SO_TYPE);
	CALL(sendmsg, p[0], passing(SCM_RIGHTS, fds, 4), 0);
	m = taking(0);
	CALL(recvmsg, p[1], m, 0);
	show_passed(m);
	CALL(sendmsg, p[0], passing(SCM_RIGHTS, fds, 4), 0);
	/* read(2) drops what it has no place for */
	CALL(read, p[1], buf, 8);
	fds[0] = -1;
	CALL(sendmsg, p[0], passing(SCM_RIGHTS, fds, 4), 0);
	fds[0] = 1 << 30;
	CALL(sendmsg, p[0], passing(SCM_RIGHTS, fds, 4), 0);
	CALL(sendmsg, t, passing(SCM_RIGHTS, &t, 4), 0);
	/* SCM_MAX_FD is 253 */
	for (int i = 0; i < 254; i++)
		fds[i] = t;
	{
		static char room[2048] __attribute__((aligned(8)));
		struct cmsghdr *c = (void *)room;

		m = message("x", 1);
		m->msg_control = room;
		m->msg_controllen = CMSG_SPACE(254 * 4);
		*c = (struct cmsghdr){ CMSG_LEN(254 * 4), SOL_SOCKET, SCM_RIGHTS };
		memcpy(CMSG_DATA(c), fds, 254 * 4);
		CALL(sendmsg, p[0], m, 0);
	}
	/* A socket sent through itself, and closed: the kernel's collector's work */
	CALL(sendmsg, p[0], passing(SCM_RIGHTS, p, 8), 0);
	CALL(close_fd, p[0]);
	CALL(close_fd, p[1]);

	CALL(socketpair, AF_UNIX, SOCK_DGRAM, 0, p);
	GET(p[1], SOL_SOCKET, SO_PASSCRED);
	SET(p[1], SOL_SOCKET, SO_PASSCRED, 1);
	CALL(send, p[0], "x", 1, 0);
	m = taking(sizeof(control));
	CALL(recvmsg, p[1], m, 0);
	show_passed(m);
	CALL(sendmsg, p[0], passing(SCM_CREDENTIALS, &me, 4), 0);
	CALL(sendmsg, p[0], passing(77, &me, 4), 0);
	SET(p[1], SOL_SOCKET, SO_PASSSEC, 1);
	SET(p[1], SOL_SOCKET, SO_PEEK_OFF, 0);
	optlen = sizeof(me);
	CALL(getsockopt, p[0], SOL_SOCKET, SO_PEERCRED, &me, &optlen);
	show(" len %d uid %d gid %d", optlen, me.uid, me.gid);
	optlen = 4;
	CALL(getsockopt, p[0], SOL_SOCKET, SO_PEERCRED, &me, &optlen);
	show(" len %d", optlen);
	optlen = 0;
	CALL(getsockopt, p[0], SOL_SOCKET, SO_PEERGROUPS, NULL, &optlen);
	/* unix(7): reading from an offset without moving it on for good */
	CALL(socketpair, AF_UNIX, SOCK_STREAM, 0, q);
	CALL(send, q[0], "abcdef", 6, 0);
	SET(q[1], SOL_SOCKET, SO_PEEK_OFF, 2);
	CALL(recv, q[1], buf, 2, MSG_PEEK);
	show_data(buf, 2);
	CALL(recv, q[1], buf, 2, MSG_PEEK);
	show_data(buf, 2);
	CALL(recv, q[1], buf, 8, 0);
	show_data(buf, 6);
}
