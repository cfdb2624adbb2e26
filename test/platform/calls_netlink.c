// SPDX-License-Identifier: GPL-2.0
/*
 * calls_netlink.c - netlink(7): routes, generic, diagnosis; network namespaces
 */
#include "calls.h"

#include <linux/genetlink.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#ifndef SOL_NETLINK
#define SOL_NETLINK 270
#endif

static char space[16384] __attribute__((aligned(8)));
static unsigned int seq;

static struct sockaddr *kernel(void)
{
	static struct sockaddr_nl nl = { .nl_family = AF_NETLINK };

	return (struct sockaddr *)&nl;
}

/* A request with @body and, if @attr, one attribute */
static struct nlmsghdr *request(int type, int flags, const void *body, size_t len,
				int attr, const void *data, size_t data_len)
{
	static char room[256] __attribute__((aligned(4)));
	struct nlmsghdr *h = memset(room, 0, sizeof(room));
	struct nlattr *a;

	h->nlmsg_len = NLMSG_LENGTH(len);
	h->nlmsg_type = type;
	h->nlmsg_flags = NLM_F_REQUEST | flags;
	h->nlmsg_seq = ++seq;
	memcpy(NLMSG_DATA(h), body, len);
	if (attr) {
		a = (struct nlattr *)(room + NLMSG_ALIGN(h->nlmsg_len));
		a->nla_type = attr;
		a->nla_len = NLA_HDRLEN + data_len;
		memcpy(a + 1, data, data_len);
		h->nlmsg_len = NLMSG_ALIGN(h->nlmsg_len) + a->nla_len;
	}
	return h;
}

static const struct nlattr *find(const struct nlmsghdr *h, size_t body, int type)
{
	const char *at = (const char *)NLMSG_DATA(h) + NLMSG_ALIGN(body);
	const char *end = (const char *)h + h->nlmsg_len;
	const struct nlattr *a;

	for (; at + NLA_HDRLEN <= end; at += NLA_ALIGN(a->nla_len)) {
		a = (const struct nlattr *)at;
		if (a->nla_len < NLA_HDRLEN)
			return NULL;
		if ((a->nla_type & NLA_TYPE_MASK) == type)
			return a;
	}
	return NULL;
}

static void show_link(const struct nlmsghdr *h)
{
	const struct ifinfomsg *info = NLMSG_DATA(h);
	const struct nlattr *a = find(h, sizeof(*info), IFLA_IFNAME);
	const struct nlattr *mtu = find(h, sizeof(*info), IFLA_MTU);

	/* What a kernel creates by itself beside it is its configuration's */
	if (info->ifi_index != 1)
		return;
	show(" {link %d type %d flags %#x", info->ifi_index, info->ifi_type,
	     info->ifi_flags);
	if (a)
		show(" '%s'", (const char *)(a + 1));
	if (mtu)
		show(" mtu %d", *(const int *)(mtu + 1));
	show("}");
}

static void show_addr(const struct nlmsghdr *h)
{
	const struct ifaddrmsg *info = NLMSG_DATA(h);
	const struct nlattr *a = find(h, sizeof(*info), IFA_ADDRESS);

	show(" {addr /%d scope %d flags %#x if %d", info->ifa_prefixlen,
	     info->ifa_scope, info->ifa_flags, info->ifa_index);
	if (a)
		show_data(a + 1, a->nla_len - NLA_HDRLEN);
	show("}");
}

static void show_route(const struct nlmsghdr *h)
{
	const struct rtmsg *info = NLMSG_DATA(h);
	const struct nlattr *a = find(h, sizeof(*info), RTA_DST);

	show(" {route /%d table %d proto %d scope %d type %d", info->rtm_dst_len,
	     info->rtm_table, info->rtm_protocol, info->rtm_scope, info->rtm_type);
	if (a)
		show_data(a + 1, a->nla_len - NLA_HDRLEN);
	show("}");
}

static void show_message(const struct nlmsghdr *h)
{
	const struct nlmsgerr *e = NLMSG_DATA(h);

	if (h->nlmsg_type == NLMSG_ERROR) {
		show(" {error %d flags %#x}", e->error, h->nlmsg_flags);
		return;
	}
	switch (h->nlmsg_type) {
	case NLMSG_DONE:
		show(" {done}");
		break;
	case RTM_NEWLINK:
	case RTM_DELLINK:
		show_link(h);
		break;
	case RTM_NEWADDR:
	case RTM_DELADDR:
		show_addr(h);
		break;
	case RTM_NEWROUTE:
		show_route(h);
		break;
	default:
		show(" {type %d}", h->nlmsg_type);
	}
}

/* Sends @h and shows all that comes back; for the line, @text tells the request. */
static void ask_as(const char *text, int s, struct nlmsghdr *h)
{
	const struct nlmsghdr *m;
	long n;

	call_begin(text);
	call_end(QUIET(sendto, s, h, h->nlmsg_len, 0, kernel(),
		       sizeof(struct sockaddr_nl)));
	/* The kernel answers within send(2), and goes on with a dump within recv(2) */
	while ((n = QUIET(recv, s, space, sizeof(space), MSG_DONTWAIT)) > 0)
		for (m = (void *)space; NLMSG_OK(m, n); m = NLMSG_NEXT(m, n))
			show_message(m);
}

#define ask(s, ...) ask_as("ask(" #s ", " #__VA_ARGS__ ")", s, request(__VA_ARGS__))

static void routes(void)
{
	struct {
		struct ifaddrmsg a;
	} loop = { { AF_INET, 8, 0, RT_SCOPE_HOST, 1 } };
	struct ifinfomsg lo = { .ifi_index = 1 }, none = { .ifi_index = 999 };
	struct ifinfomsg any = { 0 };
	struct rtgenmsg inet = { AF_INET }, inet6 = { AF_INET6 };
	struct rtmsg to = { .rtm_family = AF_INET, .rtm_dst_len = 32 };
	unsigned char dst[4] = { 127, 0, 0, 5 }, far[4] = { 198, 51, 100, 1 };
	unsigned char addr[4] = { 127, 0, 0, 9 };
	struct sockaddr_nl nl = { .nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK };
	int s, l;

	s = FD(socket, AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	CALL(getsockname, s, NAME);
	show_name();
	CALL(bind, s, (struct sockaddr *)&nl, 4);
	ask(s, RTM_GETLINK, 0, &lo, sizeof(lo), 0, NULL, 0);
	ask(s, RTM_GETLINK, NLM_F_ACK, &lo, sizeof(lo), 0, NULL, 0);
	ask(s, RTM_GETLINK, 0, &none, sizeof(none), 0, NULL, 0);
	ask(s, RTM_GETLINK, 0, &any, sizeof(any), IFLA_IFNAME, "lo", 3);
	ask(s, RTM_GETLINK, 0, &any, sizeof(any), IFLA_IFNAME, "none0", 6);
	ask(s, RTM_GETLINK, NLM_F_DUMP, &inet, sizeof(inet), 0, NULL, 0);
	ask(s, RTM_GETADDR, NLM_F_DUMP, &inet, sizeof(inet), 0, NULL, 0);
	ask(s, RTM_GETADDR, NLM_F_DUMP, &inet6, sizeof(inet6), 0, NULL, 0);
	ask(s, RTM_GETROUTE, NLM_F_DUMP, &inet, sizeof(inet), 0, NULL, 0);
	ask(s, RTM_GETROUTE, 0, &to, sizeof(to), RTA_DST, dst, 4);
	ask(s, RTM_GETROUTE, 0, &to, sizeof(to), RTA_DST, far, 4);
	ask(s, RTM_NEWADDR, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, &loop, sizeof(loop),
	    IFA_LOCAL, addr, 4);
	ask(s, RTM_NEWADDR, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, &loop, sizeof(loop),
	    IFA_LOCAL, addr, 4);
	ask(s, RTM_DELADDR, NLM_F_ACK, &loop, sizeof(loop), IFA_LOCAL, addr, 4);
	ask(s, RTM_DELADDR, NLM_F_ACK, &loop, sizeof(loop), IFA_LOCAL, addr, 4);
	ask(s, RTM_NEWLINK, NLM_F_ACK, &lo, 4, 0, NULL, 0);
	ask(s, RTM_DELLINK, NLM_F_ACK, &lo, sizeof(lo), 0, NULL, 0);
	ask(s, RTM_NEWLINK, NLM_F_ACK, &lo, sizeof(lo), IFLA_MTU, "\0\0\0\200", 4);
	ask(s, 9999, NLM_F_ACK, &lo, sizeof(lo), 0, NULL, 0);
	ask(s, NLMSG_NOOP, NLM_F_ACK, &lo, sizeof(lo), 0, NULL, 0);
	CALL(send, s, "short", 5, 0);
	CALL(recv, s, space, sizeof(space), MSG_DONTWAIT);
	CALL(sendto, s, "x", 1, 0, A("127.0.0.1", 1));
	SET(s, SOL_NETLINK, NETLINK_EXT_ACK, 1);
	SET(s, SOL_NETLINK, NETLINK_CAP_ACK, 1);
	SET(s, SOL_NETLINK, NETLINK_GET_STRICT_CHK, 1);
	GET(s, SOL_NETLINK, NETLINK_GET_STRICT_CHK);
	ask(s, RTM_GETADDR, NLM_F_DUMP, &inet, sizeof(inet), 0, NULL, 0);
	ask(s, RTM_GETADDR, NLM_F_DUMP, &loop, sizeof(loop), 0, NULL, 0);
	ask(s, RTM_DELADDR, NLM_F_ACK, &loop, sizeof(loop), IFA_LOCAL, addr, 4);
	SET(s, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, 0);
	SET(s, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, 9999);
	SET(s, SOL_NETLINK, NETLINK_PKTINFO, 1);
	GET(s, SOL_NETLINK, NETLINK_PKTINFO);
	SET(s, SOL_NETLINK, 99, 1);

	l = FD(socket, AF_NETLINK, SOCK_DGRAM | SOCK_NONBLOCK, NETLINK_ROUTE);
	CALL(bind, l, (struct sockaddr *)&nl, sizeof(nl));
	CALL(getsockname, l, NAME);
	show_name();
	nl.nl_groups = 0;
	nl.nl_pid = 77;
	CALL(bind, s, (struct sockaddr *)&nl, sizeof(nl));
	CALL(recv, l, space, sizeof(space), 0);
	lo.ifi_change = IFF_UP;
	ask(s, RTM_NEWLINK, NLM_F_ACK, &lo, sizeof(lo), 0, NULL, 0);
	call_begin("recv(l, space, sizeof(space), 0)");
	if (QUIET(recv, l, space, sizeof(space), 0) > 0)
		show_message((struct nlmsghdr *)space);
	lo.ifi_flags = IFF_UP;
	ask(s, RTM_NEWLINK, NLM_F_ACK, &lo, sizeof(lo), 0, NULL, 0);
	settle(l, POLLIN);
	CALL(recv, l, space, 20, MSG_PEEK);
	CALL(connect, l, kernel(), sizeof(nl));
	CALL(getpeername, l, NAME);
	show_name();
	CALL(listen, l, 1);
	CALL(accept, l, NULL, NULL);
}

static void generic(void)
{
	struct genlmsghdr get = { .cmd = CTRL_CMD_GETFAMILY, .version = 1 };
	struct genlmsghdr odd = { .cmd = 99, .version = 1 };
	const struct nlattr *a;
	int s;

	s = FD(socket, AF_NETLINK, SOCK_RAW, NETLINK_GENERIC);
	CALL(send, s,
	     request(GENL_ID_CTRL, 0, &get, sizeof(get), CTRL_ATTR_FAMILY_NAME,
		     "nlctrl", 7),
	     32, 0);
	if (QUIET(recv, s, space, sizeof(space), MSG_DONTWAIT) > 0) {
		a = find((void *)space, sizeof(get), CTRL_ATTR_FAMILY_ID);
		show(" id %d", a ? *(const uint16_t *)(a + 1) : -1);
	}
	ask(s, GENL_ID_CTRL, 0, &get, sizeof(get), CTRL_ATTR_FAMILY_NAME, "nonesuch",
	    9);
	ask(s, GENL_ID_CTRL, 0, &get, sizeof(get), 0, NULL, 0);
	ask(s, GENL_ID_CTRL, 0, &odd, sizeof(odd), 0, NULL, 0);
	ask(s, 999, 0, &get, sizeof(get), 0, NULL, 0);
}

static void diagnosis(void)
{
	struct inet_diag_req_v2 tcp = { .sdiag_family = AF_INET,
					.sdiag_protocol = IPPROTO_TCP,
					.idiag_states = 1 << TCP_LISTEN };
	struct inet_diag_req_v2 odd = { .sdiag_family = AF_INET,
					.sdiag_protocol = 250 };
	struct inet_diag_req_v2 none = { .sdiag_family = 99 };
	const struct inet_diag_msg *m;
	int s, l;

	l = QUIET(socket, AF_INET, SOCK_STREAM, 0);
	QUIET(bind, l, A("127.0.0.1", 7001));
	QUIET(listen, l, 9);
	s = FD(socket, AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG);
	CALL(send, s,
	     request(SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, &tcp, sizeof(tcp), 0, NULL, 0),
	     NLMSG_LENGTH(sizeof(tcp)), 0);
	if (QUIET(recv, s, space, sizeof(space), MSG_DONTWAIT) > 0) {
		m = NLMSG_DATA(space);
		show(" type %d state %d port %d backlog %d uid %d",
		     ((struct nlmsghdr *)space)->nlmsg_type, m->idiag_state,
		     ntohs(m->id.idiag_sport), m->idiag_wqueue, m->idiag_uid);
	}
	while (QUIET(recv, s, space, sizeof(space), MSG_DONTWAIT) > 0)
		;
	ask(s, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, &odd, sizeof(odd), 0, NULL, 0);
	ask(s, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, &none, sizeof(none), 0, NULL, 0);
	ask(s, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, &none, 1, 0, NULL, 0);
}

void subject_netlink(void)
{
	routes();
	generic();
	diagnosis();
}

/* ------------------------------------------------------------------ *
 * Namespaces
 */

/* Shows whether @path is the file that is open as @fd. */
static void show_same_file(int fd, const char *path)
{
	struct stat a = { 0 }, b = { 0 };
	int other;

	call_begin(path);
	other = QUIET(open_file, path, O_RDONLY, 0);
	QUIET(fstat, fd, &a);
	QUIET(fstat, other, &b);
	show("f%d: %s", fd_symbol(fd), a.st_ino == b.st_ino ? "same" : "different");
	QUIET(close_fd, other);
}

void subject_netns(void)
{
	struct ifreq ifr = { .ifr_name = "lo" };
	int home, away, s, t, u;
	char buf[8] = { 0 };

	home = FD(open_file, "/proc/self/ns/net", O_RDONLY, 0);
	s = FD(socket, AF_INET, SOCK_STREAM, 0);
	CALL(bind, s, A("127.0.0.1", 7001));
	CALL(listen, s, 4);
	CALL(unshare, 0x40000);
	CALL(unshare, CLONE_NEWNET);
	away = FD(open_file, "/proc/self/ns/net", O_RDONLY, 0);
	t = FD(socket, AF_INET, SOCK_STREAM, 0);
	CALL(ioctl, t, SIOCGIFFLAGS, &ifr);
	show(" up %d", ifr.ifr_flags & IFF_UP);
	CALL(connect, t, A("127.0.0.1", 7001));
	ifr.ifr_flags = IFF_UP;
	CALL(ioctl, t, SIOCSIFFLAGS, &ifr);
	CALL(connect, t, A("127.0.0.1", 7001));
	CALL(bind, t, A("127.0.0.1", 7001));
	/* A socket stays where it was made */
	u = FD(socket, AF_INET, SOCK_STREAM, 0);
	CALL(setns, home, CLONE_NEWNET);
	CALL(connect, u, A("127.0.0.1", 7001));
	t = FD(socket, AF_INET, SOCK_STREAM, 0);
	CALL(connect, t, A("127.0.0.1", 7001));
	CALL(setns, away, 0);
	t = FD(socket, AF_INET, SOCK_STREAM, 0);
	CALL(connect, t, A("127.0.0.1", 7001));
	show_same_file(away, "/proc/thread-self/ns/net");
	show_same_file(away, "/proc/self/ns/net");
	show_same_file(home, "/proc/self/ns/net");
	CALL(setns, home, CLONE_NEWUTS);
	CALL(setns, s, CLONE_NEWNET);
	CALL(setns, -1, CLONE_NEWNET);
	CALL(ioctl, home, 0xb703, 0);
	show(" CLONE_NEWNET is %d", CLONE_NEWNET);
	CALL(read, home, buf, 8);
	CALL(setns, home, 0);
	CALL(close_fd, away);
	t = FD(socket, AF_INET, SOCK_STREAM, 0);
	CALL(connect, t, A("127.0.0.1", 7001));
	FD(open_file, "/proc/self/ns/none", O_RDONLY, 0);
}
