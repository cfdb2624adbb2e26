// SPDX-License-Identifier: GPL-2.0
/*
 * netlink.c - requests are laid out as netlink(7) says, and end with their answer
 *
 * The socket is the test's: it keeps what is sent, and answers with messages written
 * here. Sizes: linux/netlink.h's nlmsghdr has 16 bytes, nlattr 4, both aligned to 4.
 *
 * release: none
 */
#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <libos.h>

#include "netlink.h"

enum { FD = 5 };

/* ------------------------------------------------------------------ *
 * the socket
 */

static struct { int level, name, value; } option[4];
static int domain, type, protocol, options, closed, socket_error;
static uint8_t sent[4096];
static size_t sent_len;
static int sends, send_error;
/* Datagrams to be received, and in place of which -errno or MSG_TRUNC comes */
static struct datagram {
	uint8_t data[4096] __attribute__((aligned(4)));
	size_t len;
	int error, flags;
} datagram[4];
static int datagrams, received;

int libos_socket(struct libos *os, int d, int t, int p)
{
	(void)os;
	domain = d;
	type = t;
	protocol = p;
	errno = socket_error;
	return socket_error ? -1 : FD;
}

int libos_setsockopt(struct libos *os, int fd, int level, int name, const void *value,
		     socklen_t len)
{
	(void)os;
	assert_int_equal(fd, FD);
	assert_int_equal(len, sizeof(int));
	option[options].level = level;
	option[options].name = name;
	memcpy(&option[options++].value, value, len);
	errno = ENOPROTOOPT;
	return -1;
}

ssize_t libos_sendmsg(struct libos *os, int fd, const struct msghdr *msg, int flags)
{
	const struct sockaddr_nl *to = msg->msg_name;
	uint32_t seq;
	int i;

	(void)os;
	assert_int_equal(fd, FD);
	assert_int_equal(flags, 0);
	assert_int_equal(msg->msg_namelen, sizeof(*to));
	assert_int_equal(to->nl_family, AF_NETLINK);
	assert_int_equal(to->nl_pid, 0);
	assert_int_equal(msg->msg_iovlen, 1);
	sends++;
	if (send_error) {
		errno = send_error;
		return -1;
	}
	sent_len = msg->msg_iov->iov_len;
	memcpy(sent, msg->msg_iov->iov_base, sent_len);
	/* Its number goes into the answers. */
	memcpy(&seq, sent + offsetof(struct nlmsghdr, nlmsg_seq), 4);
	for (i = 0; i < datagrams; i++) {
		struct nlmsghdr *m = (void *)datagram[i].data;
		size_t at = 0;

		for (; at < datagram[i].len; at += NLMSG_ALIGN(m->nlmsg_len)) {
			m = (void *)(datagram[i].data + at);
			m->nlmsg_seq = m->nlmsg_seq ? seq + m->nlmsg_seq : seq;
		}
	}
	return sent_len;
}

ssize_t libos_recvmsg(struct libos *os, int fd, struct msghdr *msg, int flags)
{
	struct datagram *d = &datagram[received++];

	(void)os;
	assert_int_equal(fd, FD);
	assert_int_equal(flags, 0);
	assert_in_range(received, 1, datagrams);
	assert_true(msg->msg_iov->iov_len >= d->len);
	memcpy(msg->msg_iov->iov_base, d->data, d->len);
	msg->msg_flags = d->flags;
	errno = d->error;
	return d->error ? -1 : (ssize_t)d->len;
}

int libos_close_fd(struct libos *os, int fd)
{
	(void)os;
	closed = fd;
	return 0;
}

/* ------------------------------------------------------------------ *
 * answers
 */

/* A message at the end of the last datagram; @seq: how far its number is off */
static struct nlmsghdr *answer(uint16_t kind, uint16_t flags, uint32_t seq, const void *body,
			       size_t len)
{
	struct datagram *d = &datagram[datagrams - 1];
	struct nlmsghdr *m = (void *)(d->data + d->len);

	*m = (struct nlmsghdr){ NLMSG_LENGTH(len), kind, flags, seq, 0 };
	memcpy(m + 1, body, len);
	d->len += NLMSG_SPACE(len);
	return m;
}

static void next_datagram(void)
{
	datagrams++;
}

/* An acknowledgement; @reason: in a NLMSGERR_ATTR_MSG, behind @echo bytes of the request */
static void answer_error(int error, const char *reason, size_t echo)
{
	uint8_t body[1024] = { 0 };
	struct nlmsgerr *e = (void *)body;
	size_t len = sizeof(*e) + echo;
	uint16_t flags = echo ? 0 : NLM_F_CAPPED;

	e->error = error;
	e->msg.nlmsg_len = NLMSG_HDRLEN + echo;
	memset(body + sizeof(*e), 0xff, echo);
	if (reason) {
		/* Another attribute ahead of it, as NLMSGERR_ATTR_OFFS, 2, is */
		const struct nlattr offset = { 8, 2 },
				    head = { NLA_HDRLEN + strlen(reason) + 1, NLMSGERR_ATTR_MSG };

		memcpy(body + len, &offset, 4);
		memcpy(body + len + 8, &head, 4);
		strcpy((char *)body + len + 12, reason);
		len += 8 + head.nla_len;
		flags |= NLM_F_ACK_TLVS;
	}
	answer(NLMSG_ERROR, flags, 0, body, len);
}

static struct netlink nl;
static struct netlink_request req;

static int open_one(void **state)
{
	(void)state;
	memset(datagram, 0, sizeof(datagram));
	options = sends = send_error = received = 0;
	datagrams = 1;
	assert_int_equal(netlink_open(&nl, NULL, NETLINK_ROUTE), 0);
	netlink_request_init(&req, 16, NLM_F_DUMP, "body", 4);
	return 0;
}

/* ------------------------------------------------------------------ */

static void socket_asks_for_sentences(void **state)
{
	(void)state;
	assert_int_equal(domain, AF_NETLINK);
	assert_int_equal(type, SOCK_RAW | SOCK_CLOEXEC);
	assert_int_equal(protocol, NETLINK_ROUTE);
	/* 270 is SOL_NETLINK (linux/socket.h). That both failed is no failure. */
	assert_int_equal(options, 2);
	assert_int_equal(option[0].level, 270);
	assert_int_equal(option[0].name, NETLINK_CAP_ACK);
	assert_int_equal(option[1].name, NETLINK_EXT_ACK);
	assert_int_equal(option[0].value && option[1].value, 1);
	netlink_close(&nl);
	assert_int_equal(closed, FD);
	socket_error = EPROTONOSUPPORT;
	assert_int_equal(netlink_open(&nl, NULL, NETLINK_ROUTE), -EPROTONOSUPPORT);
	socket_error = 0;
}

/* 20 bytes of header and body, then attributes; what is behind their ends is zero. */
static void attributes_are_aligned_and_nested(void **state)
{
	static const uint8_t want[] =
		"\x07\0\x03\0" "lo\0\0"			/* 7 and one to fill up */
		"\x08\0\x04\0" "\x78\x56\x34\x12"
		"\x1c\0\x12\x80" "in\0\0"		/* 28: its body, two inner ones */
			"\x09\0\x01\0" "veth\0\0\0\0"
			"\x08\0\x02\0" "\x01\0\0\0"
		"\x04\0\x05\0"				/* a flag */
		"\x05\0\x06\0" "x";
	size_t nest;

	(void)state;
	netlink_put_string(&req, 3, "lo");
	netlink_put_u32(&req, 4, 0x12345678);
	nest = netlink_nest(&req, 18 | NLA_F_NESTED, "in", 2);
	netlink_put_string(&req, 1, "veth");
	netlink_put_u32(&req, 2, 1);
	netlink_nest_end(&req, nest);
	netlink_put(&req, 5, NULL, 0);
	netlink_put(&req, 6, "x", 1);
	answer_error(0, NULL, 0);
	assert_int_equal(netlink_call(&nl, &req, NULL, NULL), 0);
	assert_int_equal(sent_len, 20 + sizeof(want) - 1);
	assert_int_equal(((struct nlmsghdr *)sent)->nlmsg_len, sent_len);
	assert_int_equal(((struct nlmsghdr *)sent)->nlmsg_type, 16);
	/* REQUEST 1, ACK 4, DUMP 0x300 */
	assert_int_equal(((struct nlmsghdr *)sent)->nlmsg_flags, 0x305);
	assert_memory_equal(sent + 16, "body", 4);
	assert_memory_equal(sent + 20, want, sizeof(want) - 1);
}

/* 2048 bytes, less 20, less an attribute's 4: 2024 */
static void what_does_not_fit_is_not_sent(void **state)
{
	static const uint8_t data[2048];
	size_t nest;

	(void)state;
	netlink_put(&req, 1, data, 2024);
	answer_error(0, NULL, 0);
	assert_int_equal(netlink_call(&nl, &req, NULL, NULL), 0);
	assert_int_equal(sent_len, 2048);
	open_one(NULL);
	netlink_put(&req, 1, data, 2025);
	/* Though there is room for that */
	netlink_put(&req, 1, data, 0);
	assert_int_equal(netlink_call(&nl, &req, NULL, NULL), -EMSGSIZE);
	open_one(NULL);
	netlink_put(&req, 1, data, 2022);
	nest = netlink_nest(&req, 2, NULL, 0);
	netlink_nest_end(&req, nest);
	assert_int_equal(netlink_call(&nl, &req, NULL, NULL), -EMSGSIZE);
	assert_int_equal(sends, 0);
}

static void errors_have_the_kernels_reason(void **state)
{
	char many[200];

	(void)state;
	answer_error(-EEXIST, "File is there", 0);
	assert_int_equal(netlink_call(&nl, &req, NULL, NULL), -EEXIST);
	assert_string_equal(nl.reason, "File is there");
	/* Behind the request's echo, where the kernel does not leave that out */
	open_one(NULL);
	answer_error(-EINVAL, "Bad attribute", 24);
	assert_int_equal(netlink_call(&nl, &req, NULL, NULL), -EINVAL);
	assert_string_equal(nl.reason, "Bad attribute");
	/* None: that of the last one is not its. */
	received = datagram[0].len = 0;
	answer_error(-EPERM, NULL, 0);
	assert_int_equal(netlink_call(&nl, &req, NULL, NULL), -EPERM);
	assert_string_equal(nl.reason, "");
	open_one(NULL);
	memset(many, 'm', sizeof(many) - 1);
	many[sizeof(many) - 1] = '\0';
	answer_error(-EPERM, many, 0);
	assert_int_equal(netlink_call(&nl, &req, NULL, NULL), -EPERM);
	assert_int_equal(strlen(nl.reason), sizeof(nl.reason) - 1);
}

/* ------------------------------------------------------------------ */

static int kinds[8], replies, stop_at;

static int reply(const struct nlmsghdr *message, void *arg)
{
	assert_ptr_equal(arg, &replies);
	kinds[replies++] = message->nlmsg_type;
	return replies == stop_at ? 77 : 0;
}

/* Messages 20, 21 and 22 in two datagrams, and one of an older request; it ends as @error. */
static int dump(int error, int stop)
{
	open_one(NULL);
	answer(20, NLM_F_MULTI, 0, "abcde", 5);
	answer(21, NLM_F_MULTI, 0, "", 0);
	next_datagram();
	answer(29, NLM_F_MULTI, -1, "old", 3);
	answer(NLMSG_DONE, NLM_F_MULTI, -1, &(int){ -EIO }, 4);
	answer(22, NLM_F_MULTI, 0, "x", 1);
	next_datagram();
	answer(NLMSG_DONE, NLM_F_MULTI, 0, &error, 4);
	replies = 0;
	stop_at = stop;
	return netlink_call(&nl, &req, reply, &replies);
}

static void dumps_have_several_messages(void **state)
{
	(void)state;
	assert_int_equal(dump(0, 0), 0);
	assert_int_equal(replies, 3);
	assert_int_equal(kinds[0], 20);
	assert_int_equal(kinds[1], 21);
	assert_int_equal(kinds[2], 22);
	assert_int_equal(received, 3);
	assert_int_equal(dump(-EINTR, 0), -EINTR);
}

/* Also then the rest is taken off the socket, and an error is worth more. */
static void reply_ends_a_call(void **state)
{
	(void)state;
	assert_int_equal(dump(0, 2), 77);
	assert_int_equal(replies, 2);
	assert_int_equal(received, 3);
	assert_int_equal(dump(-EBUSY, 1), -EBUSY);
	assert_int_equal(replies, 1);
}

static void socket_errors_are_the_calls(void **state)
{
	(void)state;
	send_error = ECONNREFUSED;
	assert_int_equal(netlink_call(&nl, &req, NULL, NULL), -ECONNREFUSED);
	assert_int_equal(received, 0);
	send_error = 0;
	/* Interrupted: again. */
	datagram[0].error = EINTR;
	next_datagram();
	answer_error(0, NULL, 0);
	assert_int_equal(netlink_call(&nl, &req, NULL, NULL), 0);
	assert_int_equal(received, 2);
	open_one(NULL);
	datagram[0].error = ENOBUFS;
	assert_int_equal(netlink_call(&nl, &req, NULL, NULL), -ENOBUFS);
	open_one(NULL);
	datagram[0].flags = MSG_TRUNC;
	answer_error(0, NULL, 0);
	assert_int_equal(netlink_call(&nl, &req, NULL, NULL), -EMSGSIZE);
}

#define TEST(name) cmocka_unit_test_setup(name, open_one)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(socket_asks_for_sentences),
		TEST(attributes_are_aligned_and_nested),
		TEST(what_does_not_fit_is_not_sent),
		TEST(errors_have_the_kernels_reason),
		TEST(dumps_have_several_messages),
		TEST(reply_ends_a_call),
		TEST(socket_errors_are_the_calls),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("netlink", tests, NULL, NULL);
}
