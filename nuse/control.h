/* SPDX-License-Identifier: GPL-2.0 */
/*
 * control.h - what a command and the owner of a stack say to each other
 *
 * One request a connection, then replies: any number of CONTROL_TEXT and CONTROL_NOTE,
 * and one of the others as the last. Messages of a SOCK_SEQPACKET unix socket, between
 * processes of one user.
 */
#ifndef NUSE_CONTROL_H
#define NUSE_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum control_verb {
	CONTROL_ATTACH,		/* what a program needs to enter the stack */
	CONTROL_ISOLATE,	/* or to have it called: memory file and line, and the bell */
	CONTROL_STATUS,
	CONTROL_STOP,
	CONTROL_DMESG,
};

enum control_kind {
	CONTROL_TEXT,		/* for stdout */
	CONTROL_NOTE,		/* a line for stderr */
	CONTROL_FAILED,		/* a sentence */
	CONTROL_DONE,
	CONTROL_READY,		/* CONTROL_FDS descriptors come with it */
};

enum { CONTROL_FDS = 3, CONTROL_TEXT_MAX = 16384 };

struct control_request {
	uint32_t magic;
	uint32_t verb;
	uint32_t force;
};

struct control_message {
	uint32_t kind;
	char text[CONTROL_TEXT_MAX + 1];
	int fds[CONTROL_FDS];
};

/* These return a descriptor, close-on-exec, or -errno with libos_error()'s sentence. */
int control_listen(const char *path);
int control_accept(int fd, pid_t *pid);
int control_connect(const char *path);

int control_ask(int fd, enum control_verb verb, bool force);
/* Without waiting. -EAGAIN: nothing there. -EPROTO: no request. -EPIPE: the end. */
int control_asked(int fd, struct control_request *request);

/* Nobody may be listening any more: nothing is returned. @fds: NULL or CONTROL_FDS */
void control_reply(int fd, enum control_kind kind, const char *text, const int *fds);
/* Any length, in pieces. */
void control_text(int fd, const char *text, size_t length);

/* Waits. 0, or -EPIPE with the sentence: the owner is gone. */
int control_receive(int fd, struct control_message *message);

/* A message with a descriptor and nothing else: cable.c. */
int control_send_fd(int fd, int sent);
int control_receive_fd(int fd);

#endif
