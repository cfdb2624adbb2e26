// SPDX-License-Identifier: GPL-2.0
/*
 * control.c - the control socket of a stack
 *
 * Its directory is its user's alone (names.c); that the other end is the same user is
 * checked nevertheless, since the path may have been handed on.
 */
#define _GNU_SOURCE
#include "control.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "error.h"

#define MAGIC 0x6e757365u	/* "nuse" */

/* A command that does not read must not stop the owner for long. */
enum { SEND_SECONDS = 2, BACKLOG = 64 };

static int make_socket(struct sockaddr_un *address, const char *path)
{
	int fd;

	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (strlen(path) >= sizeof(address->sun_path)) {
		libos_error_set("%s: too long for a socket's path, %zu bytes at most", path,
				sizeof(address->sun_path) - 1);
		return -ENAMETOOLONG;
	}
	strcpy(address->sun_path, path);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd >= 0)
		return fd;
	libos_error_set("no socket: %s", strerror(errno));
	return -errno;
}

int control_listen(const char *path)
{
	struct sockaddr_un address;
	int fd = make_socket(&address, path), err;

	if (fd < 0)
		return fd;
	if (!bind(fd, (struct sockaddr *)&address, sizeof(address)) && !listen(fd, BACKLOG))
		return fd;
	err = -errno;
	libos_error_set("cannot listen at %s: %s", path, strerror(errno));
	close(fd);
	return err;
}

static int check_peer(int fd, pid_t *pid)
{
	struct ucred peer;
	socklen_t length = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length))
		return -errno;
	if (pid)
		*pid = peer.pid;
	return peer.uid == geteuid() ? 0 : -EPERM;
}

int control_accept(int fd, pid_t *pid)
{
	struct timeval limit = { .tv_sec = SEND_SECONDS };
	int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC), err;

	if (client < 0)
		return -errno;
	err = check_peer(client, pid);
	if (err) {
		close(client);
		return err;
	}
	setsockopt(client, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	return client;
}

int control_connect(const char *path)
{
	struct sockaddr_un address;
	int fd = make_socket(&address, path), err;

	if (fd < 0)
		return fd;
	err = connect(fd, (struct sockaddr *)&address, sizeof(address)) ? -errno :
	      check_peer(fd, NULL);
	if (!err)
		return fd;
	libos_error_set("%s: %s", path, err == -EPERM ? "it is another user's" :
			strerror(-err));
	close(fd);
	return err;
}

int control_ask(int fd, enum control_verb verb, bool force)
{
	struct control_request request = { MAGIC, verb, force };

	if (send(fd, &request, sizeof(request), MSG_NOSIGNAL) == sizeof(request))
		return 0;
	libos_error_set("the stack does not listen: %s", strerror(errno));
	return -errno;
}

int control_asked(int fd, struct control_request *request)
{
	ssize_t length = recv(fd, request, sizeof(*request), MSG_DONTWAIT | MSG_TRUNC);

	if (length < 0)
		return errno == EINTR ? -EAGAIN : -errno;
	if (!length)
		return -EPIPE;
	return length == sizeof(*request) && request->magic == MAGIC ? 0 : -EPROTO;
}

static void attach_fds(struct msghdr *msg, const int *fds, int n)
{
	struct cmsghdr *c = msg->msg_control;

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(n * sizeof(*fds));
	memcpy(CMSG_DATA(c), fds, n * sizeof(*fds));
	msg->msg_controllen = CMSG_SPACE(n * sizeof(*fds));
}

static void send_reply(int fd, uint32_t kind, const char *text, size_t length,
		       const int *fds)
{
	_Alignas(struct cmsghdr)
		char control[CMSG_SPACE(CONTROL_FDS * sizeof(int))] = { 0 };
	struct iovec iov[2] = { { &kind, sizeof(kind) }, { (void *)text, length } };
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2 };

	if (fds) {
		msg.msg_control = control;
		attach_fds(&msg, fds, CONTROL_FDS);
	}
	sendmsg(fd, &msg, MSG_NOSIGNAL);
}

void control_reply(int fd, enum control_kind kind, const char *text, const int *fds)
{
	send_reply(fd, kind, text, strnlen(text, CONTROL_TEXT_MAX), fds);
}

void control_text(int fd, const char *text, size_t length)
{
	size_t piece;

	for (; length; text += piece, length -= piece) {
		piece = length < CONTROL_TEXT_MAX ? length : CONTROL_TEXT_MAX;
		send_reply(fd, CONTROL_TEXT, text, piece, NULL);
	}
}

/* The descriptors of @msg, at most @n; those that lack are -1. */
static void detach_fds(struct msghdr *msg, int *fds, int n)
{
	struct cmsghdr *c;
	size_t length;

	for (int i = 0; i < n; i++)
		fds[i] = -1;
	for (c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		length = c->cmsg_len - CMSG_LEN(0);
		memcpy(fds, CMSG_DATA(c), length < n * sizeof(*fds) ? length :
		       n * sizeof(*fds));
	}
}

int control_receive(int fd, struct control_message *message)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(CONTROL_FDS * sizeof(int))];
	struct iovec iov[2] = {
		{ &message->kind, sizeof(message->kind) },
		{ message->text, CONTROL_TEXT_MAX },
	};
	struct msghdr msg = {
		.msg_iov = iov,
		.msg_iovlen = 2,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	ssize_t length;

	do
		length = recvmsg(fd, &msg, MSG_CMSG_CLOEXEC);
	while (length < 0 && errno == EINTR);
	if (length < (ssize_t)sizeof(message->kind)) {
		libos_error_set("the owner of the stack has ended without an answer");
		return -EPIPE;
	}
	message->text[length - sizeof(message->kind)] = '\0';
	detach_fds(&msg, message->fds, CONTROL_FDS);
	return 0;
}

int control_send_fd(int fd, int sent)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec iov = { "", 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control };

	attach_fds(&msg, &sent, 1);
	return sendmsg(fd, &msg, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

int control_receive_fd(int fd)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
	char byte;
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	int received;

	if (recvmsg(fd, &msg, MSG_CMSG_CLOEXEC) <= 0)
		return errno ? -errno : -EPIPE;
	detach_fds(&msg, &received, 1);
	return received < 0 ? -EPROTO : received;
}
