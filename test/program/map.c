// SPDX-License-Identifier: GPL-2.0
/*
 * map.c: what a kernel shares with a program: rings of packet sockets; and what it sends
 * from its pages: MSG_ZEROCOPY
 *
 * Tells facts (facts.h); map.sh runs it. Datagrams go over lo.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/errqueue.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "facts.h"

#define PORT 7500
#define BLOCK 16384
#define BLOCKS 4
#define FRAME 2048
#define FRAMES (BLOCK / FRAME * BLOCKS)
#define SIZE (BLOCK * BLOCKS)
#define HEAD (sizeof(struct iphdr) + sizeof(struct udphdr))

static int to_lo(int fd, int protocol)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET, .sll_protocol = htons(protocol),
				  .sll_ifindex = if_nametoindex("lo") };

	return bind(fd, (void *)&at, sizeof(at));
}

/* A packet socket that hears IP on lo, of that version */
static int packet_socket(int version)
{
	int fd = MUST(socket(AF_PACKET, SOCK_RAW, 0));

	MUST(setsockopt(fd, SOL_PACKET, PACKET_VERSION, &version, sizeof(version)));
	return fd;
}

static int set_ring(int fd, int which, int version, unsigned int blocks)
{
	struct tpacket_req3 req = {
		.tp_block_size = BLOCK, .tp_block_nr = blocks,
		.tp_frame_size = FRAME, .tp_frame_nr = BLOCK / FRAME * blocks,
		.tp_retire_blk_tov = which == PACKET_RX_RING ? 20 : 0,
	};

	return setsockopt(fd, SOL_PACKET, which, &req,
			  version == TPACKET_V3 ? sizeof(req) : sizeof(struct tpacket_req));
}

static char *map(int fd)
{
	char *p = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	MUST(p == MAP_FAILED ? -1 : 0);
	return p;
}

static struct sockaddr_in port(void)
{
	return (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(PORT),
				     .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

static int receiver(void)
{
	struct sockaddr_in at = port();
	int fd = MUST(socket(AF_INET, SOCK_DGRAM, 0));

	MUST(bind(fd, (void *)&at, sizeof(at)));
	return fd;
}

/* Datagram @i: some bytes more than the one before, of another letter */
static size_t datagram(char *text, int i)
{
	size_t n = 1 + i * 37;

	memset(text, 'a' + i % 26, n);
	return n;
}

static void send_some(int from, int n)
{
	struct sockaddr_in to = port();
	int fd = MUST(socket(AF_INET, SOCK_DGRAM, 0)), i;
	char text[FRAME];

	for (i = from; i < from + n; i++)
		MUST(sendto(fd, text, datagram(text, i), 0, (void *)&to, sizeof(to)));
	close(fd);
}

static void show(const char *what, const char *packet, unsigned int length, unsigned int there)
{
	unsigned int head = ETH_HLEN + HEAD, i;

	for (i = head; i < there && packet[i] == packet[head]; i++)
		;
	say("%s: %u of %u, %u of '%c'", what, there, length, i - head,
	    there > head ? packet[head] : '-');
}

/* ------------------------------------------------------------------ *
 * receiving
 */

/* All that poll() says are there, @n of them, by frames */
static void read_frames(int fd, char *ring, int version, int n)
{
	static int next;
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char *at = ring + next * FRAME;
	struct tpacket_hdr *h = (void *)at;
	struct tpacket2_hdr *h2 = (void *)at;

	for (; n; n--) {
		MUST(poll(&p, 1, 2000) - 1);
		at = ring + next * FRAME;
		h = (void *)at;
		h2 = (void *)at;
		if (version == TPACKET_V1) {
			say("status %lx, net %u", h->tp_status & 0xff, h->tp_net - h->tp_mac);
			show("v1", at + h->tp_mac, h->tp_len, h->tp_snaplen);
			h->tp_status = TP_STATUS_KERNEL;
		} else {
			say("status %x, net %u", h2->tp_status & 0xff, h2->tp_net - h2->tp_mac);
			show("v2", at + h2->tp_mac, h2->tp_len, h2->tp_snaplen);
			h2->tp_status = TP_STATUS_KERNEL;
		}
		next = (next + 1) % FRAMES;
	}
	MUST(poll(&p, 1, 0));
	say("then %d", p.revents);
}

/* By blocks, which are closed when they are full, or after a while */
static void read_blocks(int fd, char *ring, int n)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	unsigned int i;
	int next = 0;

	while (n > 0 && poll(&p, 1, 2000) > 0) {
		struct tpacket_block_desc *b = (void *)(ring + next * BLOCK);
		struct tpacket3_hdr *h = (void *)((char *)b + b->hdr.bh1.offset_to_first_pkt);

		if (!(b->hdr.bh1.block_status & TP_STATUS_USER))
			continue;
		for (i = 0; i < b->hdr.bh1.num_pkts; i++, n--) {
			show("v3", (char *)h + h->tp_mac, h->tp_len, h->tp_snaplen);
			h = (void *)((char *)h + h->tp_next_offset);
		}
		b->hdr.bh1.block_status = TP_STATUS_KERNEL;
		next = (next + 1) % BLOCKS;
	}
	say("left %d", n);
}

static void receiving(int version)
{
	int sink = receiver(), fd = packet_socket(version);
	char *ring;

	MUST(set_ring(fd, PACKET_RX_RING, version, BLOCKS));
	ring = map(fd);
	MUST(to_lo(fd, ETH_P_IP));
	send_some(0, 20);
	if (version == TPACKET_V3) {
		read_blocks(fd, ring, 20);
	} else {
		read_frames(fd, ring, version, 20);
		/* Round it */
		send_some(20, 20);
		read_frames(fd, ring, version, 20);
		/* What does not fit into a frame is cut */
		send_some(54, 2);
		read_frames(fd, ring, version, 2);
	}
	MUST(munmap(ring, SIZE));
	close(fd);
	close(sink);
}

static void receive_1(void)
{
	receiving(TPACKET_V1);
}

static void receive_2(void)
{
	receiving(TPACKET_V2);
}

static void receive_3(void)
{
	receiving(TPACKET_V3);
}

/* ------------------------------------------------------------------ *
 * sending
 */
static unsigned short checksum(const void *from, size_t n)
{
	const unsigned short *w = from;
	unsigned int sum = 0;

	for (; n; n -= 2)
		sum += *w++;
	sum = (sum & 0xffff) + (sum >> 16);
	return ~(sum + (sum >> 16));
}

/* Datagram @i as a frame */
static size_t frame(char *at, int i)
{
	struct ethhdr *eth = (void *)at;
	struct iphdr *ip = (void *)(eth + 1);
	struct udphdr *udp = (void *)(ip + 1);
	size_t n = datagram((char *)(udp + 1), i);

	*eth = (struct ethhdr){ .h_proto = htons(ETH_P_IP) };
	*ip = (struct iphdr){
		.version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_UDP,
		.tot_len = htons(HEAD + n),
		.saddr = htonl(INADDR_LOOPBACK), .daddr = htonl(INADDR_LOOPBACK),
	};
	ip->check = checksum(ip, sizeof(*ip));
	*udp = (struct udphdr){ .source = htons(1), .dest = htons(PORT),
				.len = htons(sizeof(*udp) + n) };
	return ETH_HLEN + HEAD + n;
}

static unsigned int *status_of(char *at, int version)
{
	return version == TPACKET_V1 ? (void *)&((struct tpacket_hdr *)at)->tp_status :
	       version == TPACKET_V2 ? &((struct tpacket2_hdr *)at)->tp_status :
	       &((struct tpacket3_hdr *)at)->tp_status;
}

static void fill(char *at, int version, int i)
{
	const size_t head = version == TPACKET_V1 ? sizeof(struct tpacket_hdr) :
			    version == TPACKET_V2 ? sizeof(struct tpacket2_hdr) :
			    sizeof(struct tpacket3_hdr);
	size_t n = frame(at + TPACKET_ALIGN(head), i);

	if (version == TPACKET_V1)
		((struct tpacket_hdr *)at)->tp_len = n;
	else if (version == TPACKET_V2)
		((struct tpacket2_hdr *)at)->tp_len = n;
	else
		((struct tpacket3_hdr *)at)->tp_len = n;
	*status_of(at, version) = TP_STATUS_SEND_REQUEST;
}

static void allow(const char *setting)
{
	int fd = MUST(open(setting, O_WRONLY));

	MUST(write(fd, "1", 1));
	close(fd);
}

static void sending(int version)
{
	int sink = receiver(), fd = packet_socket(version), i;
	char *ring, text[FRAME];

	/* From an address of this machine's, though they come from outside of IP */
	allow("/proc/sys/net/ipv4/conf/all/route_localnet");
	allow("/proc/sys/net/ipv4/conf/all/accept_local");
	MUST(set_ring(fd, PACKET_TX_RING, version, BLOCKS));
	ring = map(fd);
	MUST(to_lo(fd, 0));
	for (i = 0; i < 12; i++)
		fill(ring + i * FRAME, version, i);
	say("sent %s", result(send(fd, NULL, 0, 0)));
	for (i = 0; i < 12; i++) {
		long n = MUST(recv(sink, text, sizeof(text), 0));

		say("got %ld of '%c', status %u", n, text[n - 1],
		    *status_of(ring + i * FRAME, version));
	}
	say("nothing more: %s", result(send(fd, NULL, 0, MSG_DONTWAIT)));
	MUST(munmap(ring, SIZE));
	close(fd);
	close(sink);
}

static void send_1(void)
{
	sending(TPACKET_V1);
}

static void send_2(void)
{
	sending(TPACKET_V2);
}

static void send_3(void)
{
	sending(TPACKET_V3);
}

/* ------------------------------------------------------------------ *
 * how long a ring lives
 */
static bool arrives(const char *ring, int i)
{
	const struct tpacket2_hdr *h = (const void *)(ring + i * FRAME);
	int wait;

	send_some(0, 1);
	for (wait = 0; wait < 100 && !(*(volatile unsigned int *)&h->tp_status & TP_STATUS_USER);
	     wait++)
		usleep(10000);
	return h->tp_status & TP_STATUS_USER;
}

static const char *reset(int fd)
{
	return result(set_ring(fd, PACKET_RX_RING, TPACKET_V2, 0));
}

static void life(void)
{
	int sink = receiver(), fd = packet_socket(TPACKET_V2), other, status;
	char *ring, *again;
	pid_t child;

	MUST(set_ring(fd, PACKET_RX_RING, TPACKET_V2, BLOCKS));
	ring = map(fd);
	MUST(to_lo(fd, ETH_P_IP));
	say("mapped: %s", reset(fd));
	say("a frame: %d", arrives(ring, 0));
	again = map(fd);
	say("the same in both: %d", !memcmp(ring, again, FRAME));
	MUST(munmap(again, SIZE));
	say("still mapped: %s", reset(fd));

	child = MUST(fork());
	if (!child) {
		bool there = arrives(ring, 1);

		munmap(ring, SIZE);
		_exit(there);
	}
	MUST(waitpid(child, &status, 0));
	say("in a child: %d; after it: %s", WEXITSTATUS(status), reset(fd));
	child = MUST(fork());
	if (!child) {
		execl("/bin/sleep", "sleep", "0.2", NULL);
		_exit(1);
	}
	say("while another runs: %d", arrives(ring, 2));
	MUST(waitpid(child, &status, 0));

	MUST(munmap(ring, SIZE / 2));
	say("half: %s", reset(fd));
	say("the other half: %d", ring[SIZE / 2] == 0);
	MUST(munmap(ring + SIZE / 2, SIZE / 2));
	say("unmapped: %s", reset(fd));

	MUST(set_ring(fd, PACKET_RX_RING, TPACKET_V2, BLOCKS));
	ring = map(fd);
	other = MUST(dup(fd));
	close(fd);
	say("by its copy: %d, %s", arrives(ring, 0), reset(other));
	close(other);
	say("without a descriptor: %d", arrives(ring, 1));
	MUST(munmap(ring, SIZE));
	close(sink);
}

static sigjmp_buf out;

static void on_fault(int sig)
{
	(void)sig;
	siglongjmp(out, 1);
}

static void places(void)
{
	int sink = receiver(), fd = packet_socket(TPACKET_V2);
	char *ring, *room = mmap(NULL, 2 * SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	say("no ring: %s", result(mmap(NULL, SIZE, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED ? -1 : 0));
	MUST(set_ring(fd, PACKET_RX_RING, TPACKET_V2, BLOCKS));
	say("half: %s", result(mmap(NULL, SIZE / 2, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED ? -1 : 0));
	say("not from its start: %s",
	    result(mmap(NULL, SIZE, PROT_READ, MAP_SHARED, fd, BLOCK) == MAP_FAILED ? -1 : 0));
	say("of a datagram socket: %s",
	    result(mmap(NULL, SIZE, PROT_READ, MAP_SHARED, sink, 0) == MAP_FAILED ? -1 : 0));
	ring = mmap(room + BLOCK, SIZE, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0);
	say("where it is wanted: %d", ring == room + BLOCK);
	MUST(to_lo(fd, ETH_P_IP));
	say("a frame: %d", arrives(ring, 0));
	signal(SIGSEGV, on_fault);
	if (!sigsetjmp(out, 1)) {
		*(volatile char *)ring = 0;
		say("written");
	} else
		say("not to be written");
	MUST(mprotect(ring, SIZE, PROT_READ | PROT_WRITE));
	memset(ring, 0, 4);
	say("now it is");
	/* What else is there goes with it. */
	MUST(munmap(room, 2 * SIZE));
	say("unmapped: %s", reset(fd));
	close(fd);
	close(sink);
}

/* Both rings of a socket are one mapping. */
static void both(void)
{
	int sink = receiver(), fd = packet_socket(TPACKET_V2);
	char *ring;

	MUST(set_ring(fd, PACKET_RX_RING, TPACKET_V2, BLOCKS));
	MUST(set_ring(fd, PACKET_TX_RING, TPACKET_V2, BLOCKS));
	ring = mmap(NULL, 2 * SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	MUST(ring == MAP_FAILED ? -1 : 0);
	MUST(to_lo(fd, ETH_P_IP));
	fill(ring + SIZE, TPACKET_V2, 5);
	say("sent %s", result(send(fd, NULL, 0, 0)));
	read_frames(fd, ring, TPACKET_V2, 1);
	MUST(munmap(ring, 2 * SIZE));
	close(fd);
	close(sink);
}

/* ------------------------------------------------------------------ *
 * without copying
 */
#define LARGE 300000

static void told(int fd)
{
	char control[128];
	struct msghdr m = { .msg_control = control, .msg_controllen = sizeof(control) };
	struct pollfd p = { .fd = fd };
	struct sock_extended_err *e;

	MUST(poll(&p, 1, 2000) - 1);
	MUST(recvmsg(fd, &m, MSG_ERRQUEUE));
	e = (void *)CMSG_DATA(CMSG_FIRSTHDR(&m));
	say("told: error %u, origin %u, code %u, %u to %u", e->ee_errno, e->ee_origin, e->ee_code,
	    e->ee_info, e->ee_data);
}

static void zero(int type)
{
	static char from[LARGE], to[LARGE];
	struct sockaddr_in at = port();
	size_t n = type == SOCK_STREAM ? LARGE : 40000, have, i;
	int listener = MUST(socket(AF_INET, type, 0)), a = MUST(socket(AF_INET, type, 0)), b, one = 1;
	struct iovec iov[3] = { { from, 10 }, { from + 10, 5000 }, { from + 5010, n - 5010 } };
	struct msghdr m = { .msg_iov = iov, .msg_iovlen = 3 };

	for (i = 0; i < LARGE; i++)
		from[i] = i * 31 / 7;
	MUST(bind(listener, (void *)&at, sizeof(at)));
	if (type == SOCK_STREAM)
		MUST(listen(listener, 1));
	MUST(connect(a, (void *)&at, sizeof(at)));
	b = type == SOCK_STREAM ? MUST(accept(listener, NULL, NULL)) : listener;
	say("set: %s", result(setsockopt(a, SOL_SOCKET, SO_ZEROCOPY, &one, sizeof(one))));
	MUST(setsockopt(a, SOL_SOCKET, SO_SNDBUF, (int []){ 1 << 20 }, sizeof(int)));
	MUST(setsockopt(b, SOL_SOCKET, SO_RCVBUF, (int []){ 1 << 20 }, sizeof(int)));
	for (i = 0; i < 3; i++) {
		say("sent %s", result(sendmsg(a, &m, MSG_ZEROCOPY)));
		for (have = 0; have < n; )
			have += MUST(recv(b, to + have, sizeof(to) - have, 0));
		say("the same: %d", !memcmp(from, to, n));
		memset(to, 0, sizeof(to));
		told(a);
	}
	say("no memory of ours: %s", result(send(a, (void *)4096, 10000, MSG_ZEROCOPY)));
	say("and without: %s", result(send(a, from, 100, 0)));
	say("got %s", result(recv(b, to, sizeof(to), 0)));
	close(a);
	close(b);
	close(listener);
}

static void zero_tcp(void)
{
	zero(SOCK_STREAM);
}

static void zero_udp(void)
{
	zero(SOCK_DGRAM);
}

static const struct part parts[] = {
	{ "receive_1", receive_1 }, { "receive_2", receive_2 }, { "receive_3", receive_3 },
	{ "send_1", send_1 }, { "send_2", send_2 }, { "send_3", send_3 },
	{ "life", life }, { "places", places }, { "both", both },
	{ "zero_tcp", zero_tcp }, { "zero_udp", zero_udp },
};

int main(int argc, char **argv)
{
	(void)argc;
	alarm(18);
	return run_parts(parts, sizeof(parts) / sizeof(*parts), argv);
}
