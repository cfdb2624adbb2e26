// SPDX-License-Identifier: GPL-2.0
/*
 * calls_raw.c - raw(7), ping sockets, packet(7)
 */
#include "calls.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <sys/ioctl.h>

/* RFC 1071 */
static uint16_t checksum(const void *data, size_t len)
{
	const uint16_t *word = data;
	uint32_t sum = 0;

	for (; len > 1; len -= 2)
		sum += *word++;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

void subject_raw(void)
{
	struct icmphdr echo = { .type = ICMP_ECHO, .un.echo = { htons(77), htons(1) } };
	struct icmp6_hdr echo6 = { .icmp6_type = ICMP6_ECHO_REQUEST };
	struct icmp_filter { uint32_t data; } filter = { ~(1u << ICMP_ECHOREPLY) };
	struct icmp6_filter filter6;
	struct { struct iphdr ip; char data[4]; } own = { .data = "own" };
	unsigned char buf[128] = { 0 };
	socklen_t len;
	int s, r, s6;

	s = FD(socket, AF_INET, SOCK_RAW, IPPROTO_ICMP);
	CALL(setsockopt, s, SOL_RAW, 1 /* ICMP_FILTER */, &filter, sizeof(filter));
	len = sizeof(filter);
	CALL(getsockopt, s, SOL_RAW, 1 /* ICMP_FILTER */, &filter, &len);
	show(" %#x", filter.data);
	echo.checksum = checksum(&echo, sizeof(echo));
	CALL(sendto, s, &echo, sizeof(echo), 0, A("127.0.0.1", 0));
	settle(s, POLLIN);
	CALL(recvfrom, s, buf, sizeof(buf), MSG_DONTWAIT, NAME);
	show_name();
	show(" protocol %d type %d code %d", buf[9], buf[20], buf[21]);
	CALL(recv, s, buf, sizeof(buf), MSG_DONTWAIT);
	CALL(bind, s, A("127.0.0.1", 0));
	CALL(connect, s, A("127.0.0.1", 0));
	CALL(getpeername, s, NAME);
	show_name();
	CALL(listen, s, 1);
	CALL(send, s, &echo, sizeof(echo), MSG_OOB);
	GET(s, SOL_SOCKET, SO_PROTOCOL);
	SET(s, SOL_RAW, 99, 1);
	/* raw(7): IPPROTO_RAW sends with a header of one's own and receives nothing */
	s = FD(socket, AF_INET, SOCK_RAW, IPPROTO_RAW);
	GET(s, IPPROTO_IP, IP_HDRINCL);
	r = FD(socket, AF_INET, SOCK_RAW, 200);
	own.ip = (struct iphdr){ .version = 4, .ihl = 5, .ttl = 9, .protocol = 200,
				 .daddr = htonl(0x7f000001) };
	CALL(sendto, s, &own, sizeof(own), 0, A("127.0.0.1", 0));
	settle(r, POLLIN);
	CALL(recv, r, buf, sizeof(buf), MSG_DONTWAIT);
	show(" ttl %d length %d", buf[8], buf[3]);
	show_data(buf + 20, 3);
	CALL(sendto, s, &own, 10, 0, A("127.0.0.1", 0));
	own.ip.ihl = 15;
	CALL(sendto, s, &own, sizeof(own), 0, A("127.0.0.1", 0));
	CALL(sendto, s, &own, sizeof(own), 0, A("198.51.100.1", 0));
	CALL(sendto, r, "data", 4, 0, A("127.0.0.1", 0));
	settle(r, POLLIN);
	CALL(recv, r, buf, 22, MSG_TRUNC | MSG_DONTWAIT);
	CALL(send, r, "data", 4, 0);
	CALL(shutdown, r, SHUT_RDWR);

	s6 = FD(socket, AF_INET6, SOCK_RAW, IPPROTO_ICMPV6);
	ICMP6_FILTER_SETBLOCKALL(&filter6);
	ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &filter6);
	CALL(setsockopt, s6, IPPROTO_ICMPV6, ICMP6_FILTER, &filter6, sizeof(filter6));
	GET(s6, IPPROTO_IPV6, IPV6_CHECKSUM);
	/* RFC 3542, 3.1: not an option of ICMPv6 */
	SET(s6, IPPROTO_IPV6, IPV6_CHECKSUM, 2);
	CALL(sendto, s6, &echo6, sizeof(echo6), 0, A("::1", 0));
	settle(s6, POLLIN);
	CALL(recvfrom, s6, buf, sizeof(buf), MSG_DONTWAIT, NAME);
	show_name();
	show(" type %d", buf[0]);
	s6 = FD(socket, AF_INET6, SOCK_RAW, 201);
	SET(s6, IPPROTO_IPV6, IPV6_CHECKSUM, 2);
	SET(s6, IPPROTO_IPV6, IPV6_CHECKSUM, 3);
	CALL(sendto, s6, "abcd", 4, 0, A("::1", 0));
	settle(s6, POLLIN);
	CALL(recv, s6, buf, sizeof(buf), MSG_DONTWAIT);
	CALL(sendto, s6, "a", 1, 0, A("::1", 0));
	CALL(bind, s6, A("2001:db8::1", 0));
	CALL(bind, s6, A("::1", 201));
}

void subject_ping(void)
{
	struct icmphdr echo = { .type = ICMP_ECHO, .un.echo.sequence = htons(5) };
	struct icmp6_hdr echo6 = { .icmp6_type = ICMP6_ECHO_REQUEST };
	struct icmphdr reply;
	int s, f;

	FD(socket, AF_INET, SOCK_DGRAM, IPPROTO_ICMP);
	f = FD(open_file, "/proc/sys/net/ipv4/ping_group_range", O_RDWR, 0);
	CALL(write, f, "0 0", 3);
	CALL(close_fd, f);
	s = FD(socket, AF_INET, SOCK_DGRAM, IPPROTO_ICMP);
	CALL(sendto, s, &echo, sizeof(echo), 0, A("127.0.0.1", 0));
	settle(s, POLLIN);
	CALL(recvfrom, s, &reply, sizeof(reply), MSG_DONTWAIT, NAME);
	show_name();
	show(" type %d sequence %d", reply.type, ntohs(reply.un.echo.sequence));
	CALL(bind, s, A("127.0.0.1", 77));
	CALL(close_fd, s);
	s = FD(socket, AF_INET, SOCK_DGRAM, IPPROTO_ICMP);
	CALL(bind, s, A("127.0.0.1", 77));
	CALL(getsockname, s, NAME);
	show_name();
	f = FD(socket, AF_INET, SOCK_DGRAM, IPPROTO_ICMP);
	CALL(bind, f, A("127.0.0.1", 77));
	CALL(close_fd, f);
	CALL(connect, s, A("127.0.0.1", 0));
	CALL(send, s, &echo, 4, 0);
	echo.type = ICMP_TIMESTAMP;
	CALL(send, s, &echo, sizeof(echo), 0);
	echo.type = ICMP_ECHO;
	CALL(send, s, &echo, sizeof(echo), 0);
	settle(s, POLLIN);
	/* The identifier is the socket's own number */
	CALL(recv, s, &reply, sizeof(reply), MSG_DONTWAIT);
	if (!err)
		show(" id %d", ntohs(reply.un.echo.id));
	CALL(listen, s, 1);
	s = FD(socket, AF_INET6, SOCK_DGRAM, IPPROTO_ICMPV6);
	CALL(sendto, s, &echo6, sizeof(echo6), 0, A("::1", 0));
	settle(s, POLLIN);
	CALL(recv, s, &echo6, sizeof(echo6), MSG_DONTWAIT);
	show(" type %d", echo6.icmp6_type);
	CALL(sendto, s, &echo, sizeof(echo), 0, A("127.0.0.1", 0));
	FD(socket, AF_INET, SOCK_DGRAM, IPPROTO_ICMPV6);
}

void subject_packet(void)
{
	struct sockaddr_ll lo = { .sll_family = AF_PACKET, .sll_ifindex = 1,
				  .sll_protocol = htons(ETH_P_IP) };
	struct sock_filter nothing[] = { { 0x06, 0, 0, 0 } };
	struct sock_filter bad[] = { { 0xffff, 0, 0, 0 } };
	struct sock_fprog prog = { 1, nothing }, bad_prog = { 1, bad };
	struct packet_mreq promisc = { .mr_ifindex = 1, .mr_type = PACKET_MR_PROMISC };
	struct tpacket_req ring = { 4096, 1, 2048, 2 };
	struct tpacket_stats stats;
	unsigned char buf[256] = { 0 };
	socklen_t len;
	int s, u;

	FD(socket, AF_PACKET, SOCK_STREAM, 0);
	s = FD(socket, AF_PACKET, SOCK_RAW, 0);
	u = FD(socket, AF_INET, SOCK_DGRAM, 0);
	CALL(getsockname, s, NAME);
	show_name();
	CALL(bind, s, (struct sockaddr *)&lo, 4);
	CALL(bind, s, (struct sockaddr *)&lo, sizeof(lo));
	CALL(getsockname, s, NAME);
	show_name();
	lo.sll_ifindex = 99;
	CALL(bind, s, (struct sockaddr *)&lo, sizeof(lo));
	lo.sll_ifindex = 1;
	CALL(sendto, u, "seen", 4, 0, A("127.0.0.1", 7009));
	settle(s, POLLIN);
	/* Once on its way out, once on its way in; then the answer to it */
	CALL(recvfrom, s, buf, sizeof(buf), MSG_DONTWAIT, NAME);
	show(" kind %d", ((struct sockaddr_ll *)&name)->sll_pkttype);
	show_data(buf + 42, 4);
	CALL(recvfrom, s, buf, sizeof(buf), MSG_DONTWAIT, NAME);
	show(" kind %d", ((struct sockaddr_ll *)&name)->sll_pkttype);
	CALL(recvfrom, s, buf, 10, MSG_DONTWAIT | MSG_TRUNC, NAME);
	CALL(setsockopt, s, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog));
	while (QUIET(recv, s, buf, sizeof(buf), MSG_DONTWAIT) > 0)
		;
	CALL(sendto, u, "hidden", 6, 0, A("127.0.0.1", 7009));
	CALL(recv, s, buf, sizeof(buf), MSG_DONTWAIT);
	CALL(setsockopt, s, SOL_SOCKET, SO_ATTACH_FILTER, &bad_prog, sizeof(bad_prog));
	SET(s, SOL_SOCKET, SO_DETACH_FILTER, 0);
	SET(s, SOL_SOCKET, SO_DETACH_FILTER, 0);
	CALL(setsockopt, s, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &promisc, sizeof(promisc));
	CALL(setsockopt, s, SOL_PACKET, PACKET_DROP_MEMBERSHIP, &promisc, sizeof(promisc));
	CALL(setsockopt, s, SOL_PACKET, PACKET_DROP_MEMBERSHIP, &promisc, sizeof(promisc));
	len = sizeof(stats);
	CALL(getsockopt, s, SOL_PACKET, PACKET_STATISTICS, &stats, &len);
	show(" len %d drops %d", len, stats.tp_drops);
	SET(s, SOL_PACKET, PACKET_VERSION, TPACKET_V2);
	GET(s, SOL_PACKET, PACKET_VERSION);
	SET(s, SOL_PACKET, PACKET_VERSION, 9);
	CALL(setsockopt, s, SOL_PACKET, PACKET_RX_RING, &ring, sizeof(ring));
	SET(s, SOL_PACKET, PACKET_VERSION, TPACKET_V1);
	ring.tp_block_size = 100;
	CALL(setsockopt, s, SOL_PACKET, PACKET_RX_RING, &ring, sizeof(ring));
	SET(s, SOL_PACKET, PACKET_FANOUT, 5);
	SET(s, SOL_PACKET, PACKET_FANOUT, 6);
	SET(s, SOL_PACKET, 999, 1);
	CALL(connect, s, (struct sockaddr *)&lo, sizeof(lo));
	CALL(listen, s, 1);
	CALL(send, s, "short", 5, 0);
	s = FD(socket, AF_PACKET, SOCK_DGRAM, htons(0x88b5));
	memset(lo.sll_addr, 0, 8);
	lo.sll_protocol = htons(0x88b5);
	lo.sll_halen = 6;
	CALL(sendto, s, "frame", 5, 0, (struct sockaddr *)&lo, sizeof(lo));
	settle(s, POLLIN);
	CALL(recvfrom, s, buf, sizeof(buf), MSG_DONTWAIT, NAME);
	show_data(buf, 5);
	CALL(send, s, "frame", 5, 0);
	lo.sll_ifindex = 99;
	CALL(sendto, s, "frame", 5, 0, (struct sockaddr *)&lo, sizeof(lo));
}
