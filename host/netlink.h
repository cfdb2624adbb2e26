/* SPDX-License-Identifier: GPL-2.0 */
/*
 * netlink.h - requests to a stack's kernel over netlink(7)
 *
 * A struct netlink is one socket, used by one thread at a time. A request is
 * written into a struct netlink_request from front to back and then handed to
 * netlink_call(). Functions that can fail return 0 or -errno.
 */
#ifndef HOST_NETLINK_H
#define HOST_NETLINK_H

#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct libos;

/**
 * struct netlink - a netlink socket of a stack
 * @os: the stack
 * @fd: its descriptor in the stack
 * @seq: of the last request
 * @reason: what the kernel said about the last failure, or ""
 */
struct netlink {
	struct libos *os;
	int fd;
	uint32_t seq;
	char reason[128];
};

/**
 * struct netlink_request - a message being written
 * @header: the message, at most sizeof(@space) long
 * @full: something did not fit; netlink_call() then says -EMSGSIZE
 */
struct netlink_request {
	union {
		struct nlmsghdr header;
		char space[2048];
	};
	bool full;
};

/* In the network namespace of the calling thread. @protocol: NETLINK_… */
int netlink_open(struct netlink *nl, struct libos *os, int protocol);
void netlink_close(struct netlink *nl);

/* @flags: NLM_F_… beside NLM_F_REQUEST; @body: e.g. a struct ifinfomsg, copied */
void netlink_request_init(struct netlink_request *req, uint16_t type, uint16_t flags,
			  const void *body, size_t len);
void netlink_put(struct netlink_request *req, uint16_t attr, const void *data,
		 size_t len);
void netlink_put_u32(struct netlink_request *req, uint16_t attr, uint32_t value);
void netlink_put_string(struct netlink_request *req, uint16_t attr, const char *text);

/* What is put between the two is inside @attr, @len bytes of @body ahead of it. */
size_t netlink_nest(struct netlink_request *req, uint16_t attr, const void *body,
		    size_t len);
void netlink_nest_end(struct netlink_request *req, size_t nest);

/**
 * netlink_call() - send a request and wait for its end
 * @reply: called with each message ahead of the acknowledgement, or of the end
 *	of a dump; may be NULL. After it has returned other than 0 it is not called
 *	again, and that value is the call's.
 * @arg: its second argument
 *
 * Blocks until the kernel has answered. Return: 0, @reply's value, or the -errno
 * of the answer, with @nl->reason set.
 */
int netlink_call(struct netlink *nl, struct netlink_request *req,
		 int (*reply)(const struct nlmsghdr *message, void *arg), void *arg);

#endif
