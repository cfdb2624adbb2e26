// SPDX-License-Identifier: GPL-2.0
/*
 * calls_transport.c - MPTCP, SCTP and DCCP
 *
 * A host without SCTP or DCCP is spoken for by EXPECT(), from the RFC or the manual
 * page named beside it, with errno as the kernel's documentation has it.
 */
#include "calls.h"

#include <linux/dccp.h>
#include <linux/sctp.h>
#include <netinet/tcp.h>

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif
#ifndef SOL_MPTCP
#define SOL_MPTCP 284
#endif
#ifndef SOL_SCTP
#define SOL_SCTP 132
#endif
#ifndef SOL_DCCP
#define SOL_DCCP 269
#endif

static void mptcp(int family, const char *lo)
{
	char buf[16] = { 0 };
	int l, c, a, plain;

	l = FD(socket, family, SOCK_STREAM, IPPROTO_MPTCP);
	GET(l, SOL_SOCKET, SO_PROTOCOL);
	CALL(bind, l, A(lo, 7001));
	CALL(listen, l, 4);
	c = FD(socket, family, SOCK_STREAM, IPPROTO_MPTCP);
	CALL(connect, c, A(lo, 7002));
	CALL(connect, c, A(lo, 7001));
	a = FD(accept, l, NAME);
	show_name();
	GET(a, SOL_SOCKET, SO_PROTOCOL);
	GET(a, IPPROTO_TCP, 43 /* TCP_IS_MPTCP */);
	CALL(send, c, "multi", 5, 0);
	settle(a, POLLIN);
	CALL(recv, a, buf, 3, MSG_PEEK);
	show_data(buf, 3);
	CALL(recv, a, buf, 16, 0);
	show_data(buf, 5);
	CALL(recv, a, buf, 16, MSG_DONTWAIT);
	SET(c, IPPROTO_TCP, TCP_NODELAY, 1);
	GET(c, IPPROTO_TCP, TCP_NODELAY);
	SET(c, SOL_SOCKET, SO_KEEPALIVE, 1);
	GET(c, SOL_SOCKET, SO_KEEPALIVE);
	CALL(setsockopt, c, IPPROTO_TCP, TCP_CONGESTION, "reno", 4);
	SET(c, IPPROTO_TCP, TCP_MD5SIG, 1);
	SET(c, SOL_MPTCP, 99, 1);
	CALL(shutdown, c, SHUT_WR);
	settle(a, POLLIN);
	CALL(recv, a, buf, 16, 0);
	CALL(send, a, "back", 4, 0);
	settle(c, POLLIN);
	CALL(recv, c, buf, 16, 0);
	CALL(close_fd, a);
	CALL(recv, c, buf, 16, 0);
	/* RFC 8684, 3.7: a peer without it is served by plain TCP */
	plain = FD(socket, family, SOCK_STREAM, 0);
	CALL(connect, plain, A(lo, 7001));
	a = FD(accept, l, NULL, NULL);
	GET(a, IPPROTO_TCP, 43 /* TCP_IS_MPTCP */);
	CALL(send, plain, "plain", 5, 0);
	settle(a, POLLIN);
	CALL(recv, a, buf, 16, 0);
	GET(plain, IPPROTO_TCP, 43 /* TCP_IS_MPTCP */);
}

void subject_mptcp(void)
{
	mptcp(AF_INET, "127.0.0.1");
}

void subject_mptcp6(void)
{
	mptcp(AF_INET6, "::1");
}

/* Of port 7001 at the loopback's address, as show_name() has it */
static const char *name_of(int family)
{
	return family == AF_INET ? "0 127.0.0.1:7001 len 16" : "0 [::1]:7001 len 28";
}

/* Of RFC 6458, its socket interface; "one" is one-to-one style, 4, "many" 3 */
static void sctp(int family, const char *lo)
{
	struct sctp_event_subscribe events = { .sctp_data_io_event = 1 };
	struct sctp_initmsg init = { .sinit_num_ostreams = 4 };
	struct sctp_status status;
	socklen_t len;
	char buf[64] = { 0 };
	int l, c, a, m, n;

	expect_without(family, SOCK_STREAM, IPPROTO_SCTP);
	EXPECT("f0"); /* # expect: RFC 6458, 4.1.1: one-to-one style */
	l = FD(socket, family, SOCK_STREAM, IPPROTO_SCTP);
	EXPECT("0 132"); /* # expect: socket(7), SO_PROTOCOL; IANA's number */
	GET(l, SOL_SOCKET, SO_PROTOCOL);
	EXPECT("0"); /* # expect: RFC 6458, 8.1.3 */
	CALL(setsockopt, l, SOL_SCTP, SCTP_INITMSG, &init, sizeof(init));
	EXPECT("0"); /* # expect: RFC 6458, 8.1.5 */
	SET(l, SOL_SCTP, SCTP_NODELAY, 1);
	EXPECT("0 1"); /* # expect: as was set */
	GET(l, SOL_SCTP, SCTP_NODELAY);
	EXPECT("-1 ENOPROTOOPT"); /* # expect: setsockopt(2) */
	SET(l, SOL_SCTP, 9999, 1);
	EXPECT("0"); /* # expect: RFC 6458, 4.1.2 */
	CALL(bind, l, A(lo, 7001));
	EXPECT("-1 EINVAL"); /* # expect: bind(2), bound already */
	CALL(bind, l, A(lo, 7003));
	EXPECT("0"); /* # expect: RFC 6458, 4.1.3 */
	CALL(listen, l, 4);
	EXPECT("f1"); /* # expect: RFC 6458, 4.1.1 */
	c = FD(socket, family, SOCK_STREAM, IPPROTO_SCTP);
	EXPECT("-1 ECONNREFUSED"); /* # expect: connect(2); RFC 4960, 8.4: ABORT */
	CALL(connect, c, A(lo, 7002));
	EXPECT("-1 ENOTCONN"); /* # expect: getpeername(2) */
	CALL(getpeername, c, NAME);
	EXPECT("0"); /* # expect: RFC 6458, 4.1.5 */
	CALL(connect, c, A(lo, 7001));
	EXPECT("-1 EISCONN"); /* # expect: connect(2) */
	CALL(connect, c, A(lo, 7001));
	EXPECT("f2"); /* # expect: RFC 6458, 4.1.4 */
	a = FD(accept, l, NULL, NULL);
	EXPECT(name_of(family)); /* # expect: RFC 6458, 7.4 */
	CALL(getpeername, c, NAME);
	show_name();
	len = sizeof(status);
	EXPECT("0 state 4"); /* # expect: RFC 6458, 8.2.1: SCTP_ESTABLISHED, sctp.h */
	CALL(getsockopt, c, SOL_SCTP, SCTP_STATUS, &status, &len);
	show(" state %d", status.sstat_state);
	EXPECT("5"); /* # expect: send(2): all of it */
	CALL(send, c, "hello", 5, 0);
	EXPECT("3"); /* # expect: send(2): all of it */
	CALL(send, c, "two", 3, 0);
	settle(a, POLLIN);
	EXPECT("2 'he'"); /* # expect: RFC 6458, 3.1.4: the rest is kept, MSG_EOR not set */
	CALL(recv, a, buf, 2, 0);
	show_data(buf, 2);
	EXPECT("3 'llo'"); /* # expect: the same; messages are not joined */
	CALL(recv, a, buf, 64, 0);
	show_data(buf, 3);
	settle(a, POLLIN);
	EXPECT("3 'two'"); /* # expect: RFC 4960, 1.5.2: boundaries are kept */
	CALL(recv, a, buf, 64, 0);
	show_data(buf, 3);
	EXPECT("-1 EAGAIN"); /* # expect: recv(2) */
	CALL(recv, a, buf, 64, MSG_DONTWAIT);
	EXPECT("0"); /* # expect: RFC 6458, 4.1.7: SHUT_WR starts SHUTDOWN */
	CALL(shutdown, c, SHUT_WR);
	settle(a, POLLIN);
	EXPECT("0"); /* # expect: RFC 6458, 4.1.8: end of file */
	CALL(recv, a, buf, 64, 0);
	EXPECT("-1 EPIPE"); /* # expect: send(2): the association is shut down */
	CALL(send, c, "x", 1, MSG_NOSIGNAL);
	EXPECT("0"); /* # expect: close(2) */
	CALL(close_fd, a);

	EXPECT("f2"); /* # expect: RFC 6458, 3.1.1: one-to-many style */
	m = FD(socket, family, SOCK_SEQPACKET, IPPROTO_SCTP);
	EXPECT("f3"); /* # expect: the same */
	n = FD(socket, family, SOCK_SEQPACKET, IPPROTO_SCTP);
	EXPECT("0"); /* # expect: RFC 6458, 3.1.2 */
	CALL(bind, m, A(lo, 7010));
	EXPECT("0"); /* # expect: RFC 6458, 3.1.3 */
	CALL(listen, m, 1);
	EXPECT("-1 EOPNOTSUPP"); /* # expect: RFC 6458, 3.1.3: no accept in this style */
	CALL(accept, m, NULL, NULL);
	EXPECT("0"); /* # expect: RFC 6458, 6.2.1 */
	CALL(setsockopt, m, SOL_SCTP, SCTP_EVENTS, &events, 1);
	EXPECT("4"); /* # expect: RFC 6458, 3.1.4: sets up the association */
	CALL(sendto, n, "many", 4, 0, A(lo, 7010));
	settle(m, POLLIN);
	EXPECT("4 'many'"); /* # expect: RFC 6458, 3.1.4 */
	CALL(recv, m, buf, 64, 0);
	show_data(buf, 4);
	EXPECT("-1 EINVAL"); /* # expect: bind(2): bound already, by its first message */
	CALL(bind, n, A(lo, 7010));
	EXPECT("-1 EPROTONOSUPPORT"); /* # expect: socket(2), as UDP's type with TCP */
	FD(socket, family, SOCK_DGRAM, IPPROTO_SCTP);
}

void subject_sctp(void)
{
	sctp(AF_INET, "127.0.0.1");
}

void subject_sctp6(void)
{
	sctp(AF_INET6, "::1");
}

/* Of Documentation/networking/dccp.rst and RFC 4340 */
static void dccp(int family, const char *lo)
{
	char buf[64] = { 0 };
	int l, c, a;

	expect_without(family, SOCK_DCCP, IPPROTO_DCCP);
	EXPECT("f0"); /* # expect: dccp.rst */
	l = FD(socket, family, SOCK_DCCP, IPPROTO_DCCP);
	EXPECT("0 6"); /* # expect: SOCK_DCCP, socket.h */
	GET(l, SOL_SOCKET, SO_TYPE);
	EXPECT("0 33"); /* # expect: IANA's number */
	GET(l, SOL_SOCKET, SO_PROTOCOL);
	EXPECT("0"); /* # expect: dccp.rst, DCCP_SOCKOPT_SERVICE */
	SET(l, SOL_DCCP, DCCP_SOCKOPT_SERVICE, htonl(42));
	EXPECT("0"); /* # expect: bind(2) */
	CALL(bind, l, A(lo, 7001));
	EXPECT("0"); /* # expect: listen(2) */
	CALL(listen, l, 4);
	EXPECT("f1"); /* # expect: dccp.rst */
	c = FD(socket, family, SOCK_DCCP, IPPROTO_DCCP);
	EXPECT("-1 EPIPE"); /* # expect: as TCP before connect(2), see subject tcp4 */
	CALL(send, c, "x", 1, MSG_DONTWAIT);
	EXPECT("0"); /* # expect: dccp.rst: both ends must agree on the service code */
	SET(c, SOL_DCCP, DCCP_SOCKOPT_SERVICE, htonl(42));
	EXPECT("-1 ECONNREFUSED"); /* # expect: RFC 4340, 8.1.3: Connection Refused */
	CALL(connect, c, A(lo, 7002));
	EXPECT("0"); /* # expect: RFC 4340, 8.1 */
	CALL(connect, c, A(lo, 7001));
	EXPECT("f2"); /* # expect: accept(2) */
	a = FD(accept, l, NULL, NULL);
	EXPECT(name_of(family)); /* # expect: getpeername(2) */
	CALL(getpeername, c, NAME);
	show_name();
	EXPECT("5"); /* # expect: send(2) */
	CALL(send, c, "hello", 5, 0);
	settle(a, POLLIN);
	EXPECT("2 'he'"); /* # expect: recv(2): a datagram's rest is dropped */
	CALL(recv, a, buf, 2, 0);
	show_data(buf, 2);
	EXPECT("-1 EAGAIN"); /* # expect: the same */
	CALL(recv, a, buf, 64, MSG_DONTWAIT);
	EXPECT("-1 EMSGSIZE"); /* # expect: dccp.rst, DCCP_SOCKOPT_GET_CUR_MPS */
	CALL(send, c, hole - 4096, 70000, 0);
	EXPECT("0"); /* # expect: close(2) */
	CALL(close_fd, a);
	settle(c, POLLIN);
	EXPECT("0"); /* # expect: RFC 4340, 8.3: end of the connection */
	CALL(recv, c, buf, 64, 0);
}

void subject_dccp(void)
{
	dccp(AF_INET, "127.0.0.1");
}

void subject_dccp6(void)
{
	dccp(AF_INET6, "::1");
}
