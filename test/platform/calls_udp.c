// SPDX-License-Identifier: GPL-2.0
/*
 * calls_udp.c - UDP and UDP-Lite, options of IP, multicast, ancillary data
 */
#include "calls.h"

#include <linux/errqueue.h>
#include <linux/icmp.h>
#include <linux/if_packet.h>
#include <linux/mroute.h>
#include <linux/net_tstamp.h>
#include <linux/udp.h>
#include <stdio.h>
#include <sys/ioctl.h>

#ifndef UDPLITE_SEND_CSCOV
#define UDPLITE_SEND_CSCOV 10
#define UDPLITE_RECV_CSCOV 11
#endif

static void datagrams(int family, const char *lo, const char *any)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	static char big[70000];
	char buf[64] = { 0 };
	int s, r, t;

	s = FD(socket, family, SOCK_DGRAM, 0);
	CALL(getsockname, s, NAME);
	show_name();
	CALL(getpeername, s, NAME);
	CALL(send, s, "x", 1, 0);
	CALL(listen, s, 1);
	CALL(accept, s, NULL, NULL);
	CALL(shutdown, s, SHUT_RD);
	CALL(recv, s, buf, 64, MSG_DONTWAIT);
	r = FD(socket, family, SOCK_DGRAM, 0);
	CALL(bind, r, A(lo, 7001));
	CALL(bind, r, A(lo, 7002));
	CALL(sendto, s, "first", 5, 0, A(lo, 7001));
	settle(r, POLLIN);
	CALL(recvfrom, r, buf, 64, MSG_PEEK, NAME);
	show_name();
	CALL(recvfrom, r, buf, 3, MSG_TRUNC, NAME);
	show_data(buf, 3);
	CALL(recv, r, buf, 64, MSG_DONTWAIT);
	CALL(getsockname, s, NAME);
	show_name();
	CALL(sendto, s, "", 0, 0, A(lo, 7001));
	settle(r, POLLIN);
	CALL(recv, r, buf, 64, 0);
	CALL(sendto, s, "abcdef", 6, 0, A(lo, 7001));
	settle(r, POLLIN);
	CALL(recv, r, buf, 2, 0);
	show_data(buf, 2);
	CALL(recv, r, buf, 64, MSG_DONTWAIT);
	CALL(recv, r, buf, 64, MSG_OOB | MSG_DONTWAIT);
	CALL(sendto, s, "x", 1, MSG_OOB, A(lo, 7001));
	CALL(sendto, s, big, 65507, 0, A(lo, 7001));
	CALL(sendto, s, big, 65508, 0, A(lo, 7001));
	CALL(sendto, s, big, 65528, 0, A(lo, 7001));
	CALL(sendto, s, big, 70000, 0, A(lo, 7001));
	settle(r, POLLIN);
	CALL(recv, r, big, sizeof(big), MSG_DONTWAIT);
	CALL(recv, r, big, sizeof(big), MSG_DONTWAIT);
	CALL(sendto, s, "x", 1, 0, A(lo, 0));
	CALL(sendto, s, "x", 1, 0, address(lo, 7001), 4);
	CALL(sendto, s, "x", 1, 0, U("@x"));
	CALL(sendto, s, "x", 1, 0, A(family == AF_INET ? "198.51.100.1" : "2001:db8::1", 9));
	CALL(sendto, s, "x", 1, MSG_DONTROUTE, A(lo, 7001));
	settle(r, POLLIN);
	CALL(recv, r, buf, 64, MSG_DONTWAIT);
	CALL(sendto, s, "a", 1, MSG_MORE, A(lo, 7001));
	CALL(recv, r, buf, 64, MSG_DONTWAIT);
	CALL(sendto, s, "b", 1, 0, A(lo, 7001));
	settle(r, POLLIN);
	CALL(recv, r, buf, 64, 0);
	show_data(buf, 2);
	SET(s, IPPROTO_UDP, UDP_CORK, 1);
	CALL(sendto, s, "c", 1, 0, A(lo, 7001));
	CALL(sendto, s, "d", 1, 0, A(lo, 7001));
	SET(s, IPPROTO_UDP, UDP_CORK, 0);
	settle(r, POLLIN);
	CALL(recv, r, buf, 64, 0);
	show_data(buf, 2);
	CALL(connect, s, A(lo, 7001));
	CALL(getpeername, s, NAME);
	show_name();
	CALL(send, s, "to", 2, 0);
	CALL(sendto, s, "elsewhere", 9, 0, A(lo, 7003));
	CALL(connect, s, A(lo, 7003));
	CALL(send, s, "refused", 7, 0);
	settle(s, POLLERR);
	/* Told by the next call, once; what that was to send is not sent */
	CALL(send, s, "refused", 7, 0);
	GET(s, SOL_SOCKET, SO_ERROR);
	CALL(recv, s, buf, 64, MSG_DONTWAIT);
	CALL(connect, s, &none, sizeof(none));
	CALL(getpeername, s, NAME);
	CALL(getsockname, s, NAME);
	show_name();
	/* A connected socket takes from its peer only */
	t = FD(socket, family, SOCK_DGRAM, 0);
	CALL(bind, t, A(lo, 7004));
	CALL(connect, t, A(lo, 7005));
	CALL(sendto, s, "stranger", 8, 0, A(lo, 7004));
	CALL(recv, t, buf, 64, MSG_DONTWAIT);
	CALL(shutdown, t, SHUT_WR);
	CALL(send, t, "x", 1, MSG_NOSIGNAL);
	CALL(shutdown, t, SHUT_RD);
	CALL(recv, t, buf, 64, 0);
	CALL(close_fd, t);
	t = FD(socket, family, SOCK_DGRAM, 0);
	CALL(bind, t, A(lo, 7001));
	CALL(bind, t, A(any, 7001));
	SET(t, SOL_SOCKET, SO_REUSEADDR, 1);
	SET(r, SOL_SOCKET, SO_REUSEADDR, 1);
	CALL(bind, t, A(lo, 7001));
	CALL(recv, r, buf, 64, MSG_DONTWAIT);
	/* Two on a port: the later one gets it */
	CALL(sendto, s, "who", 3, 0, A(lo, 7001));
	settle(t, POLLIN);
	CALL(recv, t, buf, 64, MSG_DONTWAIT);
	CALL(recv, r, buf, 64, MSG_DONTWAIT);
	SET(s, IPPROTO_UDP, UDP_SEGMENT, 4);
	GET(s, IPPROTO_UDP, UDP_SEGMENT);
	CALL(sendto, s, "12345678ab", 10, 0, A(lo, 7001));
	settle(t, POLLIN);
	CALL(recv, t, buf, 64, MSG_DONTWAIT);
	show_data(buf, 4);
	CALL(recv, t, buf, 64, MSG_DONTWAIT);
	CALL(recv, t, buf, 64, MSG_DONTWAIT);
	show_data(buf, 2);
	SET(s, IPPROTO_UDP, UDP_SEGMENT, 70000);
	SET(s, IPPROTO_UDP, UDP_GRO, 1);
	GET(s, IPPROTO_UDP, UDP_GRO);
	SET(s, IPPROTO_UDP, UDP_ENCAP, 77);
	SET(s, IPPROTO_UDP, 999, 1);
	GET(s, IPPROTO_UDP, UDP_CORK);
	SET(s, IPPROTO_TCP, 1, 1);
}

void subject_udp4(void)
{
	int s;

	datagrams(AF_INET, "127.0.0.1", "0.0.0.0");
	s = FD(socket, AF_INET, SOCK_DGRAM, 0);
	CALL(sendto, s, "x", 1, 0, A("255.255.255.255", 7001));
	CALL(sendto, s, "x", 1, 0, A("127.255.255.255", 7001));
	CALL(bind, s, A("127.0.0.77", 0));
	CALL(sendto, s, "x", 1, 0, A("0.0.0.0", 7001));
	CALL(connect, s, A("255.255.255.255", 7001));
	SET(s, SOL_SOCKET, SO_BROADCAST, 1);
	CALL(connect, s, A("255.255.255.255", 7001));
	CALL(sendto, s, "x", 1, 0, A("::1", 7001));
}

void subject_udp6(void)
{
	char buf[16] = { 0 };
	int s, r;

	datagrams(AF_INET6, "::1", "::");
	/* To IPv4 through the mapped addresses */
	s = FD(socket, AF_INET6, SOCK_DGRAM, 0);
	r = FD(socket, AF_INET, SOCK_DGRAM, 0);
	CALL(bind, r, A("127.0.0.1", 7040));
	CALL(sendto, s, "mapped", 6, 0, A("::ffff:127.0.0.1", 7040));
	settle(r, POLLIN);
	CALL(recvfrom, r, buf, 16, 0, NAME);
	show_name();
	CALL(sendto, s, "plain", 5, 0, A("127.0.0.1", 7040));
	SET(s, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	CALL(sendto, s, "mapped", 6, 0, A("::ffff:127.0.0.1", 7040));
	CALL(sendto, s, "x", 1, 0, A("fe80::1", 7040));
	CALL(sendto, s, "x", 1, 0, A("ff02::1", 7040));
}

static void udplite(int family, const char *lo)
{
	char buf[16] = { 0 };
	int s, r;

	s = FD(socket, family, SOCK_DGRAM, IPPROTO_UDPLITE);
	r = FD(socket, family, SOCK_DGRAM, IPPROTO_UDPLITE);
	GET(s, SOL_SOCKET, SO_PROTOCOL);
	CALL(bind, r, A(lo, 7001));
	CALL(sendto, s, "whole", 5, 0, A(lo, 7001));
	settle(r, POLLIN);
	CALL(recvfrom, r, buf, 16, 0, NAME);
	show_name();
	/* RFC 3828: coverage of the 8 octets of the header at least, or 0 for all */
	GET(s, IPPROTO_UDPLITE, UDPLITE_SEND_CSCOV);
	SET(s, IPPROTO_UDPLITE, UDPLITE_SEND_CSCOV, 3);
	GET(s, IPPROTO_UDPLITE, UDPLITE_SEND_CSCOV);
	SET(s, IPPROTO_UDPLITE, UDPLITE_SEND_CSCOV, 10);
	GET(s, IPPROTO_UDPLITE, UDPLITE_SEND_CSCOV);
	SET(r, IPPROTO_UDPLITE, UDPLITE_RECV_CSCOV, 10);
	CALL(sendto, s, "partly", 6, 0, A(lo, 7001));
	settle(r, POLLIN);
	CALL(recv, r, buf, 16, MSG_DONTWAIT);
	/* Covered less than the receiver asks for: dropped */
	SET(r, IPPROTO_UDPLITE, UDPLITE_RECV_CSCOV, 12);
	CALL(sendto, s, "partly", 6, 0, A(lo, 7001));
	CALL(recv, r, buf, 16, MSG_DONTWAIT);
	CALL(close_fd, r);
	r = FD(socket, family, SOCK_DGRAM, 0);
	CALL(bind, r, A(lo, 7001));
	/* Ports of UDP and UDP-Lite are apart */
	CALL(connect, s, A(lo, 7001));
	CALL(send, s, "x", 1, 0);
	settle(s, POLLERR);
	CALL(recv, s, buf, 16, MSG_DONTWAIT);
	CALL(recv, r, buf, 16, MSG_DONTWAIT);
	SET(s, IPPROTO_UDPLITE, 999, 1);
}

void subject_udplite(void)
{
	udplite(AF_INET, "127.0.0.1");
}

void subject_udplite6(void)
{
	udplite(AF_INET6, "::1");
}

/* ------------------------------------------------------------------ *
 * Options of IP
 */

void subject_ip_options(void)
{
	struct in_addr source = { htonl(0x7f000002) };
	char options[40] = { 0 };
	socklen_t len;
	int s, t;

	s = FD(socket, AF_INET, SOCK_DGRAM, 0);
	GET(s, IPPROTO_IP, IP_TTL);
	SET(s, IPPROTO_IP, IP_TTL, 5);
	GET(s, IPPROTO_IP, IP_TTL);
	SET(s, IPPROTO_IP, IP_TTL, 0);
	SET(s, IPPROTO_IP, IP_TTL, 256);
	SET(s, IPPROTO_IP, IP_TTL, -1);
	GET(s, IPPROTO_IP, IP_TTL);
	GET(s, IPPROTO_IP, IP_TOS);
	SET(s, IPPROTO_IP, IP_TOS, 0x10);
	GET(s, IPPROTO_IP, IP_TOS);
	GET(s, SOL_SOCKET, SO_PRIORITY);
	SET(s, IPPROTO_IP, IP_TOS, 0xff);
	GET(s, IPPROTO_IP, IP_TOS);
	CALL(setsockopt, s, IPPROTO_IP, IP_TOS, "\x08", 1);
	len = 1;
	CALL(getsockopt, s, IPPROTO_IP, IP_TOS, options, &len);
	show(" %d len %d", options[0], len);
	SET(s, IPPROTO_IP, IP_PKTINFO, 1);
	GET(s, IPPROTO_IP, IP_PKTINFO);
	SET(s, IPPROTO_IP, IP_RECVERR, 1);
	GET(s, IPPROTO_IP, IP_RECVERR);
	SET(s, IPPROTO_IP, IP_RECVTTL, 1);
	GET(s, IPPROTO_IP, IP_RECVTTL);
	SET(s, IPPROTO_IP, IP_RECVTOS, 1);
	GET(s, IPPROTO_IP, IP_RECVTOS);
	SET(s, IPPROTO_IP, IP_RECVORIGDSTADDR, 1);
	GET(s, IPPROTO_IP, IP_RECVORIGDSTADDR);
	SET(s, IPPROTO_IP, IP_FREEBIND, 1);
	GET(s, IPPROTO_IP, IP_FREEBIND);
	CALL(bind, s, A("192.0.2.1", 7001));
	CALL(getsockname, s, NAME);
	show_name();
	SET(s, IPPROTO_IP, IP_TRANSPARENT, 1);
	GET(s, IPPROTO_IP, IP_TRANSPARENT);
	GET(s, IPPROTO_IP, IP_MTU_DISCOVER);
	SET(s, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO);
	GET(s, IPPROTO_IP, IP_MTU_DISCOVER);
	SET(s, IPPROTO_IP, IP_MTU_DISCOVER, 99);
	GET(s, IPPROTO_IP, IP_MTU);
	t = FD(socket, AF_INET, SOCK_DGRAM, 0);
	CALL(connect, t, A("127.0.0.1", 7001));
	GET(t, IPPROTO_IP, IP_MTU);
	SET(t, IPPROTO_IP, IP_MTU, 1000);
	GET(s, IPPROTO_IP, IP_MULTICAST_TTL);
	SET(s, IPPROTO_IP, IP_MULTICAST_TTL, 256);
	SET(s, IPPROTO_IP, IP_MULTICAST_TTL, 3);
	GET(s, IPPROTO_IP, IP_MULTICAST_TTL);
	GET(s, IPPROTO_IP, IP_MULTICAST_LOOP);
	SET(s, IPPROTO_IP, IP_MULTICAST_LOOP, 0);
	GET(s, IPPROTO_IP, IP_MULTICAST_LOOP);
	GET(s, IPPROTO_IP, IP_MULTICAST_ALL);
	CALL(setsockopt, s, IPPROTO_IP, IP_MULTICAST_IF, &source, sizeof(source));
	SET(s, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
	GET(s, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT);
	SET(s, IPPROTO_IP, IP_MINTTL, 2);
	GET(s, IPPROTO_IP, IP_MINTTL);
	SET(s, IPPROTO_IP, IP_MINTTL, 256);
	SET(s, IPPROTO_IP, IP_NODEFRAG, 1);
	SET(s, IPPROTO_IP, IP_CHECKSUM, 1);
	GET(s, IPPROTO_IP, IP_CHECKSUM);
	SET(s, IPPROTO_IP, IP_UNICAST_IF, htonl(1));
	GET(s, IPPROTO_IP, IP_UNICAST_IF);
	SET(s, IPPROTO_IP, IP_HDRINCL, 1);
	SET(s, IPPROTO_IP, IP_ROUTER_ALERT, 1);
	SET(s, IPPROTO_IP, 48, 1);
	GET(s, IPPROTO_IP, 48);
	len = sizeof(options);
	CALL(getsockopt, s, IPPROTO_IP, IP_OPTIONS, options, &len);
	show(" len %d", len);
	/* RFC 791: no-operation three times and the end of the list */
	CALL(setsockopt, s, IPPROTO_IP, IP_OPTIONS, "\1\1\1\0", 4);
	len = sizeof(options);
	CALL(getsockopt, s, IPPROTO_IP, IP_OPTIONS, options, &len);
	show(" len %d", len);
	CALL(setsockopt, s, IPPROTO_IP, IP_OPTIONS, options, 44);
	CALL(setsockopt, s, IPPROTO_IP, IP_OPTIONS, "\x83\x09\x04\0\0\0\0\0\0", 9);
	CALL(setsockopt, s, IPPROTO_IP, IP_TTL, options, 0);
	len = 0;
	CALL(getsockopt, s, IPPROTO_IP, IP_TTL, options, &len);
	/* More hops than are left: a datagram to oneself needs none */
	SET(t, IPPROTO_IP, IP_TTL, 1);
	CALL(bind, t, A("127.0.0.1", 7001));
	CALL(send, t, "x", 1, 0);
}

void subject_ip6_options(void)
{
	struct in6_pktinfo info = { .ipi6_ifindex = 1 };
	char room[64];
	socklen_t len;
	int s, t;

	s = FD(socket, AF_INET6, SOCK_DGRAM, 0);
	GET(s, IPPROTO_IPV6, IPV6_V6ONLY);
	SET(s, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	GET(s, IPPROTO_IPV6, IPV6_V6ONLY);
	GET(s, IPPROTO_IPV6, IPV6_UNICAST_HOPS);
	SET(s, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 7);
	GET(s, IPPROTO_IPV6, IPV6_UNICAST_HOPS);
	SET(s, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 256);
	SET(s, IPPROTO_IPV6, IPV6_UNICAST_HOPS, -1);
	SET(s, IPPROTO_IPV6, IPV6_UNICAST_HOPS, -2);
	GET(s, IPPROTO_IPV6, IPV6_MULTICAST_HOPS);
	SET(s, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, 4);
	GET(s, IPPROTO_IPV6, IPV6_MULTICAST_HOPS);
	GET(s, IPPROTO_IPV6, IPV6_MULTICAST_LOOP);
	SET(s, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 2);
	SET(s, IPPROTO_IPV6, IPV6_MULTICAST_IF, 1);
	GET(s, IPPROTO_IPV6, IPV6_MULTICAST_IF);
	SET(s, IPPROTO_IPV6, IPV6_MULTICAST_IF, 99);
	GET(s, IPPROTO_IPV6, IPV6_TCLASS);
	SET(s, IPPROTO_IPV6, IPV6_TCLASS, 0x28);
	GET(s, IPPROTO_IPV6, IPV6_TCLASS);
	SET(s, IPPROTO_IPV6, IPV6_TCLASS, 256);
	SET(s, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
	GET(s, IPPROTO_IPV6, IPV6_RECVPKTINFO);
	SET(s, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1);
	GET(s, IPPROTO_IPV6, IPV6_RECVHOPLIMIT);
	SET(s, IPPROTO_IPV6, IPV6_RECVTCLASS, 1);
	GET(s, IPPROTO_IPV6, IPV6_RECVTCLASS);
	SET(s, IPPROTO_IPV6, IPV6_RECVERR, 1);
	GET(s, IPPROTO_IPV6, IPV6_RECVERR);
	SET(s, IPPROTO_IPV6, IPV6_FREEBIND, 1);
	CALL(bind, s, A("2001:db8::1", 7001));
	GET(s, IPPROTO_IPV6, IPV6_MTU);
	GET(s, IPPROTO_IPV6, IPV6_MTU_DISCOVER);
	SET(s, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE);
	GET(s, IPPROTO_IPV6, IPV6_MTU_DISCOVER);
	SET(s, IPPROTO_IPV6, IPV6_DONTFRAG, 1);
	GET(s, IPPROTO_IPV6, IPV6_DONTFRAG);
	SET(s, IPPROTO_IPV6, IPV6_MTU, 1000);
	SET(s, IPPROTO_IPV6, IPV6_MTU, 1300);
	SET(s, IPPROTO_IPV6, IPV6_AUTOFLOWLABEL, 1);
	GET(s, IPPROTO_IPV6, IPV6_AUTOFLOWLABEL);
	GET(s, IPPROTO_IPV6, IPV6_ADDR_PREFERENCES);
	SET(s, IPPROTO_IPV6, IPV6_ADDR_PREFERENCES, 2);
	GET(s, IPPROTO_IPV6, IPV6_ADDR_PREFERENCES);
	CALL(setsockopt, s, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof(info));
	CALL(setsockopt, s, IPPROTO_IPV6, IPV6_PKTINFO, &info, 4);
	len = sizeof(room);
	CALL(getsockopt, s, IPPROTO_IPV6, IPV6_PKTINFO, room, &len);
	show(" len %d", len);
	CALL(setsockopt, s, IPPROTO_IPV6, IPV6_RTHDR, "\0\0\0\0\0\0\0\0", 8);
	CALL(setsockopt, s, IPPROTO_IPV6, IPV6_HOPOPTS, "\0\0\1\4\0\0\0\0", 8);
	len = sizeof(room);
	CALL(getsockopt, s, IPPROTO_IPV6, IPV6_HOPOPTS, room, &len);
	show(" len %d", len);
	SET(s, IPPROTO_IPV6, IPV6_CHECKSUM, 2);
	SET(s, IPPROTO_IPV6, 250, 1);
	GET(s, IPPROTO_IPV6, 250);
	SET(s, IPPROTO_IP, IP_TTL, 9);
	GET(s, IPPROTO_IP, IP_TTL);
	t = FD(socket, AF_INET6, SOCK_DGRAM, 0);
	CALL(connect, t, A("::1", 7001));
	GET(t, IPPROTO_IPV6, IPV6_MTU);
	SET(t, IPPROTO_IPV6, IPV6_ADDRFORM, AF_INET);
	t = FD(socket, AF_INET6, SOCK_DGRAM, 0);
	CALL(connect, t, A("::ffff:127.0.0.1", 7001));
	SET(t, IPPROTO_IPV6, IPV6_ADDRFORM, AF_INET);
	GET(t, SOL_SOCKET, SO_DOMAIN);
	CALL(getpeername, t, NAME);
	show_name();
}

void subject_multicast(void)
{
	struct ip_mreqn join = { .imr_ifindex = 1 };
	struct ip_mreq_source source;
	struct ipv6_mreq join6 = { .ipv6mr_interface = 1 };
	struct group_req group = { .gr_interface = 1 };
	char buf[16] = { 0 };
	int r, s, r6, s6;

	join.imr_multiaddr.s_addr = htonl(0xe0010203);
	r = FD(socket, AF_INET, SOCK_DGRAM, 0);
	s = FD(socket, AF_INET, SOCK_DGRAM, 0);
	CALL(bind, r, A("224.1.2.3", 7001));
	CALL(setsockopt, r, IPPROTO_IP, IP_ADD_MEMBERSHIP, &join, sizeof(join));
	CALL(setsockopt, r, IPPROTO_IP, IP_ADD_MEMBERSHIP, &join, sizeof(join));
	CALL(setsockopt, r, IPPROTO_IP, IP_ADD_MEMBERSHIP, &join, 4);
	CALL(sendto, s, "unrouted", 8, 0, A("224.1.2.3", 7001));
	CALL(setsockopt, s, IPPROTO_IP, IP_MULTICAST_IF, &join, sizeof(join));
	CALL(sendto, s, "group", 5, 0, A("224.1.2.3", 7001));
	settle(r, POLLIN);
	CALL(recvfrom, r, buf, 16, MSG_DONTWAIT, NAME);
	show_data(buf, 5);
	SET(s, IPPROTO_IP, IP_MULTICAST_LOOP, 0);
	CALL(sendto, s, "unheard", 7, 0, A("224.1.2.3", 7001));
	CALL(recv, r, buf, 16, MSG_DONTWAIT);
	SET(s, IPPROTO_IP, IP_MULTICAST_LOOP, 1);
	CALL(setsockopt, r, IPPROTO_IP, IP_DROP_MEMBERSHIP, &join, sizeof(join));
	CALL(setsockopt, r, IPPROTO_IP, IP_DROP_MEMBERSHIP, &join, sizeof(join));
	CALL(sendto, s, "left", 4, 0, A("224.1.2.3", 7001));
	CALL(recv, r, buf, 16, MSG_DONTWAIT);
	source.imr_multiaddr = join.imr_multiaddr;
	source.imr_interface.s_addr = htonl(0x7f000001);
	source.imr_sourceaddr.s_addr = htonl(0x7f000009);
	CALL(setsockopt, r, IPPROTO_IP, IP_ADD_SOURCE_MEMBERSHIP, &source, sizeof(source));
	CALL(setsockopt, r, IPPROTO_IP, IP_BLOCK_SOURCE, &source, sizeof(source));
	CALL(sendto, s, "other", 5, 0, A("224.1.2.3", 7001));
	CALL(recv, r, buf, 16, MSG_DONTWAIT);
	CALL(setsockopt, r, IPPROTO_IP, IP_DROP_SOURCE_MEMBERSHIP, &source,
	     sizeof(source));
	join.imr_multiaddr.s_addr = htonl(0x7f000001);
	CALL(setsockopt, r, IPPROTO_IP, IP_ADD_MEMBERSHIP, &join, sizeof(join));
	join.imr_multiaddr.s_addr = htonl(0xe0010204);
	join.imr_ifindex = 99;
	CALL(setsockopt, r, IPPROTO_IP, IP_ADD_MEMBERSHIP, &join, sizeof(join));
	memcpy(&group.gr_group, address("224.1.2.9", 0), sizeof(struct sockaddr_in));
	CALL(setsockopt, r, IPPROTO_IP, MCAST_JOIN_GROUP, &group, sizeof(group));
	CALL(setsockopt, r, IPPROTO_IP, MCAST_LEAVE_GROUP, &group, sizeof(group));
	SET(s, IPPROTO_IP, MRT_INIT, 1);

	r6 = FD(socket, AF_INET6, SOCK_DGRAM, 0);
	s6 = FD(socket, AF_INET6, SOCK_DGRAM, 0);
	memcpy(&join6.ipv6mr_multiaddr,
	       &((struct sockaddr_in6 *)address("ff01::1234", 0))->sin6_addr, 16);
	CALL(bind, r6, A("::", 7002));
	CALL(setsockopt, r6, IPPROTO_IPV6, IPV6_JOIN_GROUP, &join6, sizeof(join6));
	CALL(setsockopt, r6, IPPROTO_IPV6, IPV6_JOIN_GROUP, &join6, sizeof(join6));
	SET(s6, IPPROTO_IPV6, IPV6_MULTICAST_IF, 1);
	/* Loopback has no route to groups of IPv6 */
	CALL(sendto, s6, "group", 5, 0, A("ff01::1234", 7002));
	CALL(setsockopt, r6, IPPROTO_IPV6, IPV6_LEAVE_GROUP, &join6, sizeof(join6));
	CALL(setsockopt, r6, IPPROTO_IPV6, IPV6_LEAVE_GROUP, &join6, sizeof(join6));
	join6.ipv6mr_interface = 99;
	CALL(setsockopt, r6, IPPROTO_IPV6, IPV6_JOIN_GROUP, &join6, sizeof(join6));
	join6 = (struct ipv6_mreq){ .ipv6mr_interface = 1 };
	CALL(setsockopt, r6, IPPROTO_IPV6, IPV6_JOIN_GROUP, &join6, sizeof(join6));
}

/* ------------------------------------------------------------------ *
 * Ancillary data: all control messages of a datagram, in the kernel's order
 */

static void show_error(const struct sock_extended_err *e)
{
	struct sockaddr_storage *offender = (void *)SO_EE_OFFENDER(e);

	show(" errno %d origin %d type %d code %d info %d", e->ee_errno, e->ee_origin,
	     e->ee_type, e->ee_code, e->ee_info);
	name = *offender;
	namelen = name.ss_family == AF_INET ? sizeof(struct sockaddr_in)
					    : sizeof(struct sockaddr_in6);
	show_name();
}

static void show_control(struct msghdr *msg)
{
	struct cmsghdr *c;

	show(" flags %#x", msg->msg_flags);
	for (c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		const struct in_pktinfo *info = (void *)CMSG_DATA(c);
		const struct in6_pktinfo *info6 = (void *)CMSG_DATA(c);

		show(" {%d.%d len %d", c->cmsg_level, c->cmsg_type, (int)c->cmsg_len);
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO)
			show(" if %d dst %#x", info->ipi_ifindex,
			     ntohl(info->ipi_addr.s_addr));
		else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO)
			show(" if %d", info6->ipi6_ifindex);
		else if ((c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR) ||
			 (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR))
			show_error((void *)CMSG_DATA(c));
		else if (c->cmsg_len == CMSG_LEN(1))
			show(" %d", *CMSG_DATA(c));
		else if (c->cmsg_len == CMSG_LEN(4))
			show(" %d", *(int *)CMSG_DATA(c));
		show("}");
	}
}

static char control[512] __attribute__((aligned(8)));
static char body[64];

static struct msghdr *reception(size_t room)
{
	struct msghdr *msg = message(body, sizeof(body));

	msg->msg_control = control;
	msg->msg_controllen = room;
	return msg;
}

/* A message of "x" with one control message */
static struct msghdr *sending(int level, int type, const void *data, size_t len)
{
	struct msghdr *msg = message("x", 1);
	struct cmsghdr *c;

	msg->msg_control = memset(control, 0, sizeof(control));
	msg->msg_controllen = CMSG_SPACE(len);
	c = CMSG_FIRSTHDR(msg);
	c->cmsg_level = level;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(len);
	memcpy(CMSG_DATA(c), data, len);
	return msg;
}

static void ancillary4(void)
{
	struct in_pktinfo from = { .ipi_spec_dst.s_addr = htonl(0x7f000007) };
	struct msghdr *m;
	int r, s, ttl = 33, e;

	r = FD(socket, AF_INET, SOCK_DGRAM, 0);
	s = FD(socket, AF_INET, SOCK_DGRAM, 0);
	CALL(bind, r, A("0.0.0.0", 7001));
	SET(r, IPPROTO_IP, IP_PKTINFO, 1);
	SET(r, IPPROTO_IP, IP_RECVTTL, 1);
	SET(r, IPPROTO_IP, IP_RECVTOS, 1);
	SET(r, IPPROTO_IP, IP_RECVORIGDSTADDR, 1);
	SET(s, IPPROTO_IP, IP_TOS, 0x20);
	CALL(connect, s, A("127.0.0.3", 7001));
	CALL(send, s, "x", 1, 0);
	settle(r, POLLIN);
	m = reception(sizeof(control));
	CALL(recvmsg, r, m, 0);
	show_control(m);
	m = sending(IPPROTO_IP, IP_TTL, &ttl, sizeof(ttl));
	CALL(sendmsg, s, m, 0);
	settle(r, POLLIN);
	m = reception(40);
	CALL(recvmsg, r, m, 0);
	show_control(m);
	m = sending(IPPROTO_IP, IP_PKTINFO, &from, sizeof(from));
	CALL(sendmsg, s, m, 0);
	settle(r, POLLIN);
	m = reception(0);
	m->msg_name = &name;
	m->msg_namelen = sizeof(name);
	CALL(recvmsg, r, m, 0);
	namelen = m->msg_namelen;
	show_name();
	show_control(m);
	ttl = 300;
	CALL(sendmsg, s, sending(IPPROTO_IP, IP_TTL, &ttl, sizeof(ttl)), 0);
	CALL(sendmsg, s, sending(IPPROTO_IP, IP_TTL, &ttl, 2), 0);
	CALL(sendmsg, s, sending(IPPROTO_IP, 99, &ttl, 4), 0);
	CALL(sendmsg, s, sending(SOL_SOCKET, 99, &ttl, 4), 0);
	m = sending(IPPROTO_IP, IP_TTL, &ttl, sizeof(ttl));
	CMSG_FIRSTHDR(m)->cmsg_len = 100;
	CALL(sendmsg, s, m, 0);
	CMSG_FIRSTHDR(m)->cmsg_len = 3;
	CALL(sendmsg, s, m, 0);

	e = FD(socket, AF_INET, SOCK_DGRAM, 0);
	SET(e, IPPROTO_IP, IP_RECVERR, 1);
	CALL(sendto, e, "lost", 4, 0, A("127.0.0.1", 7009));
	settle(e, POLLERR);
	m = reception(sizeof(control));
	m->msg_name = &name;
	m->msg_namelen = sizeof(name);
	CALL(recvmsg, e, m, MSG_ERRQUEUE);
	show_data(body, 4);
	show_control(m);
	CALL(recvmsg, e, m, MSG_ERRQUEUE);
	GET(e, SOL_SOCKET, SO_ERROR);
}

static void ancillary6(void)
{
	struct msghdr *m;
	int r, s, hops = 21;

	r = FD(socket, AF_INET6, SOCK_DGRAM, 0);
	s = FD(socket, AF_INET6, SOCK_DGRAM, 0);
	CALL(bind, r, A("::", 7002));
	SET(r, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
	SET(r, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1);
	SET(r, IPPROTO_IPV6, IPV6_RECVTCLASS, 1);
	CALL(connect, s, A("::1", 7002));
	CALL(sendmsg, s, sending(IPPROTO_IPV6, IPV6_HOPLIMIT, &hops, 4), 0);
	settle(r, POLLIN);
	m = reception(sizeof(control));
	CALL(recvmsg, r, m, 0);
	show_control(m);
	hops = 256;
	CALL(sendmsg, s, sending(IPPROTO_IPV6, IPV6_HOPLIMIT, &hops, 4), 0);
	CALL(sendmsg, s, sending(IPPROTO_IPV6, 250, &hops, 4), 0);
	SET(s, IPPROTO_IPV6, IPV6_RECVERR, 1);
	CALL(connect, s, A("::1", 7009));
	CALL(send, s, "lost", 4, 0);
	settle(s, POLLERR);
	m = reception(sizeof(control));
	CALL(recvmsg, s, m, MSG_ERRQUEUE);
	show_control(m);
}

static void ancillary_tcp(void)
{
	struct msghdr *m;
	int pair[2];

	tcp_pair(AF_INET, pair);
	SET(pair[1], SOL_SOCKET, SO_TIMESTAMPNS, 1);
	SET(pair[1], IPPROTO_TCP, 36 /* TCP_INQ */, 1);
	CALL(send, pair[0], "0123456789", 10, 0);
	settle(pair[1], POLLIN);
	m = message(body, 4);
	m->msg_control = control;
	m->msg_controllen = sizeof(control);
	CALL(recvmsg, pair[1], m, 0);
	show(" control %d", m->msg_controllen > 0);
	SET(pair[0], SOL_SOCKET, SO_TIMESTAMPING, SOF_TIMESTAMPING_TX_SOFTWARE |
						  SOF_TIMESTAMPING_SOFTWARE);
	SET(pair[0], SOL_SOCKET, SO_TIMESTAMPING, 1 << 30);
	CALL(send, pair[0], "zero", 4, MSG_ZEROCOPY);
}

void subject_ancillary(void)
{
	ancillary4();
	ancillary6();
	ancillary_tcp();
}
