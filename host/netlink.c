// SPDX-License-Identifier: GPL-2.0
/*
 * netlink.c - requests to a stack's kernel over netlink(7)
 *
 * Every request asks for an acknowledgement, also one that has a reply: so a
 * request ends with exactly one NLMSG_ERROR or, a dump, with one NLMSG_DONE.
 * The acknowledgement is capped (without the request's echo) and extended (with
 * the kernel's sentence), see NETLINK_CAP_ACK and NETLINK_EXT_ACK in netlink(7).
 */
#include <errno.h>
#include <string.h>

#include <libos.h>

#include "netlink.h"

#ifndef SOL_NETLINK
#define SOL_NETLINK 270
#endif

int netlink_open(struct netlink *nl, struct libos *os, int protocol)
{
	int on = 1;

	*nl = (struct netlink){ .os = os };
	nl->fd = libos_socket(os, AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
	if (nl->fd < 0)
		return -errno;
	/* A kernel without them answers without a sentence: not a failure. */
	libos_setsockopt(os, nl->fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	libos_setsockopt(os, nl->fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	return 0;
}

void netlink_close(struct netlink *nl)
{
	libos_close_fd(nl->os, nl->fd);
}

/* Room for @len bytes at the end, zeroed and padded; NULL if there is none. */
static void *extend(struct netlink_request *req, size_t len)
{
	size_t at = NLMSG_ALIGN(req->header.nlmsg_len);

	if (req->full || len > sizeof(req->space) - at) {
		req->full = true;
		return NULL;
	}
	req->header.nlmsg_len = at + len;
	return req->space + at;
}

static void append(struct netlink_request *req, const void *data, size_t len)
{
	void *to = extend(req, len);

	if (to && len)
		memcpy(to, data, len);
}

void netlink_request_init(struct netlink_request *req, uint16_t type, uint16_t flags,
			  const void *body, size_t len)
{
	memset(req, 0, sizeof(*req));
	req->header.nlmsg_len = NLMSG_HDRLEN;
	req->header.nlmsg_type = type;
	req->header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	append(req, body, len);
}

void netlink_put(struct netlink_request *req, uint16_t attr, const void *data,
		 size_t len)
{
	struct nlattr head = { .nla_len = NLA_HDRLEN + len, .nla_type = attr };

	append(req, &head, sizeof(head));
	append(req, data, len);
}

void netlink_put_u32(struct netlink_request *req, uint16_t attr, uint32_t value)
{
	netlink_put(req, attr, &value, sizeof(value));
}

void netlink_put_string(struct netlink_request *req, uint16_t attr, const char *text)
{
	netlink_put(req, attr, text, strlen(text) + 1);
}

size_t netlink_nest(struct netlink_request *req, uint16_t attr, const void *body,
		    size_t len)
{
	size_t nest = NLMSG_ALIGN(req->header.nlmsg_len);

	netlink_put(req, attr, body, len);
	return nest;
}

void netlink_nest_end(struct netlink_request *req, size_t nest)
{
	struct nlattr *head = (struct nlattr *)(req->space + nest);

	if (!req->full)
		head->nla_len = req->header.nlmsg_len - nest;
}

/* The kernel's sentence in an acknowledgement, into @nl->reason. */
static void take_reason(struct netlink *nl, const struct nlmsghdr *message)
{
	const char *end = (const char *)message + message->nlmsg_len;
	const struct nlmsgerr *answer = NLMSG_DATA(message);
	const char *at = (const char *)(answer + 1);
	const struct nlattr *attr;

	if (!(message->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	if (!(message->nlmsg_flags & NLM_F_CAPPED))
		at += NLMSG_ALIGN(answer->msg.nlmsg_len) - NLMSG_HDRLEN;
	for (; end - at >= NLA_HDRLEN; at += NLA_ALIGN(attr->nla_len)) {
		attr = (const struct nlattr *)at;
		if (attr->nla_len < NLA_HDRLEN || attr->nla_len > end - at)
			return;
		if ((attr->nla_type & NLA_TYPE_MASK) == NLMSGERR_ATTR_MSG) {
			size_t len = attr->nla_len - NLA_HDRLEN;

			if (len >= sizeof(nl->reason))
				len = sizeof(nl->reason) - 1;
			memcpy(nl->reason, at + NLA_HDRLEN, len);
			nl->reason[len] = '\0';
		}
	}
}

static int send_request(struct netlink *nl, struct netlink_request *req)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	struct iovec iov = { req->space, req->header.nlmsg_len };
	struct msghdr msg = {
		.msg_name = &kernel,
		.msg_namelen = sizeof(kernel),
		.msg_iov = &iov,
		.msg_iovlen = 1,
	};

	if (req->full)
		return -EMSGSIZE;
	req->header.nlmsg_seq = ++nl->seq;
	if (libos_sendmsg(nl->os, nl->fd, &msg, 0) < 0)
		return -errno;
	return 0;
}

/* One datagram of whole messages. Return: its length or -errno. */
static ssize_t receive(struct netlink *nl, void *space, size_t len)
{
	struct iovec iov = { space, len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t got;

	do {
		got = libos_recvmsg(nl->os, nl->fd, &msg, 0);
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		return -errno;
	return msg.msg_flags & MSG_TRUNC ? -EMSGSIZE : got;
}

/* Return: whether @message ends the request, with the outcome in *@result. */
static bool ends(struct netlink *nl, const struct nlmsghdr *message, int *result)
{
	const struct nlmsgerr *answer = NLMSG_DATA(message);

	if (message->nlmsg_type == NLMSG_DONE) {
		*result = *(const int *)NLMSG_DATA(message);
		return true;
	}
	if (message->nlmsg_type != NLMSG_ERROR)
		return false;
	*result = answer->error;
	if (*result)
		take_reason(nl, message);
	return true;
}

int netlink_call(struct netlink *nl, struct netlink_request *req,
		 int (*reply)(const struct nlmsghdr *message, void *arg), void *arg)
{
	/* The kernel writes dumps in pieces of up to 32 KiB, if given the room. */
	char space[8192] __attribute__((aligned(NLMSG_ALIGNTO)));
	const struct nlmsghdr *message;
	int stop = 0, result;
	ssize_t left;

	nl->reason[0] = '\0';
	result = send_request(nl, req);
	if (result)
		return result;
	for (;;) {
		left = receive(nl, space, sizeof(space));
		if (left < 0)
			return left;
		message = (const struct nlmsghdr *)space;
		for (; NLMSG_OK(message, left); message = NLMSG_NEXT(message, left)) {
			if (message->nlmsg_seq != nl->seq)
				continue;
			if (ends(nl, message, &result))
				return result ? result : stop;
			if (reply && !stop)
				stop = reply(message, arg);
		}
	}
}
