// SPDX-License-Identifier: GPL-2.0
/*
 * dhcp_client.c - gets an IPv4 address from a DHCP server, and keeps it
 *
 * The states of RFC 2131, 4.4. While the stack has no address it speaks through a packet
 * socket of the stack, for IP would not take what comes for an address it has not; from
 * then on through an ordinary one, which is open only while the lease is renewed. All
 * waiting is for a socket and for @quit, an eventfd of the stack.
 *
 * Times are shorter than the RFC's where it is about somebody waiting: the first
 * repetition comes after one second, not four. An address is not probed for by ARP
 * before it is used, which costs seconds; servers do that.
 */
#define _GNU_SOURCE
#include "dhcp_client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include <libos.h>

#include "dhcp.h"
#include "error.h"
#include "resolv.h"

enum {
	FIRST_MS = 1000,
	LONGEST_MS = 64000,
	REQUESTS = 4,
	/* Least time between two tries to renew, RFC 2131, 4.4.5. */
	RENEW_SECONDS = 60,
};

/* How an exchange ended. */
enum result { GOT_ANSWER, GOT_REFUSAL, TIMED_OUT, QUIT };

struct dhcp_client {
	struct libos *os;
	char name[IFNAMSIZ];
	int ifindex;
	int source;
	bool fixed_mtu;
	int metric;
	int bell;
	int quit;
	pthread_t thread;
	uint8_t mac[6];
	uint32_t xid;
	uint64_t began;
	char text[64];
	atomic_bool bound;
};

static uint64_t now_ms(struct dhcp_client *c)
{
	return libos_clock_now(c->os) / 1000000;
}

/* Return: > 0 if @fd (-1: none) is readable, 0 after @ms, -1 to end. */
static int wait_for(struct dhcp_client *c, int fd, int64_t ms)
{
	struct pollfd fds[2] = { { c->quit, POLLIN, 0 }, { fd, POLLIN, 0 } };
	int n;

	if (ms > INT32_MAX)
		ms = INT32_MAX;
	n = libos_poll(c->os, fds, fd < 0 ? 1 : 2, ms < 0 ? 0 : ms);
	if (n < 0 && errno == EINTR)
		return 0;
	return n < 0 || fds[0].revents ? -1 : n;
}

/* ------------------------------------------------------------------ *
 * Without an address
 */

static int raw_open(struct dhcp_client *c)
{
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_IP),
		.sll_ifindex = c->ifindex,
	};
	int fd = libos_socket(c->os, AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0), on = 1;

	if (fd < 0)
		return -1;
	libos_setsockopt(c->os, fd, SOL_PACKET, PACKET_AUXDATA, &on, sizeof(on));
	if (!libos_bind(c->os, fd, (struct sockaddr *)&to, sizeof(to)))
		return fd;
	libos_close_fd(c->os, fd);
	return -1;
}

static void raw_send(struct dhcp_client *c, int fd, const struct dhcp_message *message)
{
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_IP),
		.sll_ifindex = c->ifindex,
		.sll_halen = ETH_ALEN,
	};
	uint8_t packet[DHCP_PACKET_MAX], frame[DHCP_FRAME_MAX];
	size_t length = dhcp_write(packet, message);

	memset(to.sll_addr, 0xff, ETH_ALEN);
	length = dhcp_wrap(frame, packet, length);
	libos_sendto(c->os, fd, frame, length, 0, (struct sockaddr *)&to, sizeof(to));
}

static bool checksums_finished(struct msghdr *msg)
{
	struct tpacket_auxdata aux;
	struct cmsghdr *c;

	for (c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level != SOL_PACKET || c->cmsg_type != PACKET_AUXDATA)
			continue;
		memcpy(&aux, CMSG_DATA(c), sizeof(aux));
		return !(aux.tp_status & TP_STATUS_CSUMNOTREADY);
	}
	return true;
}

static bool raw_receive(struct dhcp_client *c, int fd, struct dhcp_answer *answer)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
	uint8_t frame[2048];
	struct iovec iov = { frame, sizeof(frame) };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	ssize_t length = libos_recvmsg(c->os, fd, &msg, MSG_DONTWAIT);
	const uint8_t *packet;
	size_t packet_length;

	if (length <= 0)
		return false;
	packet = dhcp_unwrap(frame, length, checksums_finished(&msg), &packet_length);
	return packet && dhcp_read(packet, packet_length, c->xid, c->mac, answer);
}

/* ------------------------------------------------------------------ *
 * With an address
 */

static int udp_open(struct dhcp_client *c)
{
	struct sockaddr_in here = {
		.sin_family = AF_INET,
		.sin_port = htons(DHCP_CLIENT_PORT),
	};
	int fd = libos_socket(c->os, AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), on = 1;

	if (fd < 0)
		return -1;
	libos_setsockopt(c->os, fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on));
	libos_setsockopt(c->os, fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (!libos_setsockopt(c->os, fd, SOL_SOCKET, SO_BINDTODEVICE, c->name,
			      strlen(c->name)) &&
	    !libos_bind(c->os, fd, (struct sockaddr *)&here, sizeof(here)))
		return fd;
	libos_close_fd(c->os, fd);
	return -1;
}

static void udp_send(struct dhcp_client *c, int fd, const struct dhcp_message *message,
		     uint32_t server)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(DHCP_SERVER_PORT),
		.sin_addr.s_addr = server,
	};
	uint8_t packet[DHCP_PACKET_MAX];
	size_t length = dhcp_write(packet, message);

	libos_sendto(c->os, fd, packet, length, 0, (struct sockaddr *)&to, sizeof(to));
}

static bool udp_receive(struct dhcp_client *c, int fd, struct dhcp_answer *answer)
{
	uint8_t packet[2048];
	ssize_t length = libos_recv(c->os, fd, packet, sizeof(packet), MSG_DONTWAIT);

	return length > 0 && dhcp_read(packet, length, c->xid, c->mac, answer);
}

/* ------------------------------------------------------------------ */

static struct dhcp_message message_of(struct dhcp_client *c, enum dhcp_type type)
{
	struct dhcp_message m = { .type = type, .xid = c->xid };
	uint64_t secs = (now_ms(c) - c->began) / 1000;

	m.secs = secs > UINT16_MAX ? UINT16_MAX : secs;
	memcpy(m.mac, c->mac, 6);
	return m;
}

/* Waits for an answer of type @want, or a refusal, for @ms. */
static enum result wait_answer(struct dhcp_client *c, int fd, bool raw, int64_t ms,
			       enum dhcp_type want, struct dhcp_answer *answer)
{
	uint64_t until = now_ms(c) + ms;

	for (;;) {
		int n = wait_for(c, fd, (int64_t)(until - now_ms(c)));

		if (n < 0)
			return QUIT;
		if (!n && now_ms(c) >= until)
			return TIMED_OUT;
		if (!n || !(raw ? raw_receive : udp_receive)(c, fd, answer))
			continue;
		if (answer->type == want)
			return GOT_ANSWER;
		if (answer->type == DHCP_NAK && want == DHCP_ACK)
			return GOT_REFUSAL;
	}
}

static enum result discover(struct dhcp_client *c, int fd, struct dhcp_answer *offer)
{
	enum result result = TIMED_OUT;
	int64_t ms = FIRST_MS;

	while (result == TIMED_OUT) {
		struct dhcp_message m = message_of(c, DHCP_DISCOVER);

		raw_send(c, fd, &m);
		result = wait_answer(c, fd, true, ms, DHCP_OFFER, offer);
		ms = ms * 2 < LONGEST_MS ? ms * 2 : LONGEST_MS;
	}
	return result;
}

static enum result request(struct dhcp_client *c, int fd, const struct dhcp_answer *offer,
			   struct dhcp_answer *ack)
{
	enum result result = TIMED_OUT;
	int i;

	for (i = 0; i < REQUESTS && result == TIMED_OUT; i++) {
		struct dhcp_message m = message_of(c, DHCP_REQUEST);

		m.requested = offer->address;
		m.server = offer->server;
		raw_send(c, fd, &m);
		result = wait_answer(c, fd, true, FIRST_MS << i, DHCP_ACK, ack);
	}
	return result;
}

static void new_exchange(struct dhcp_client *c)
{
	libos_getrandom(c->os, &c->xid, sizeof(c->xid), 0);
	c->began = now_ms(c);
}

/* INIT to BOUND */
static enum result acquire(struct dhcp_client *c, struct dhcp_answer *lease)
{
	enum result result = TIMED_OUT;
	struct dhcp_answer offer;
	int fd;

	while (result == TIMED_OUT || result == GOT_REFUSAL) {
		/* A server that refuses what it has just offered: not at once again. */
		if (result == GOT_REFUSAL && wait_for(c, -1, FIRST_MS) < 0)
			return QUIT;
		fd = raw_open(c);
		if (fd < 0)
			return QUIT;
		new_exchange(c);
		result = discover(c, fd, &offer);
		if (result == GOT_ANSWER)
			result = request(c, fd, &offer, lease);
		libos_close_fd(c->os, fd);
		if (result == GOT_ANSWER && !lease->server)
			lease->server = offer.server;
	}
	return result;
}

/* BOUND, RENEWING, REBINDING. @lease is the newer one after GOT_ANSWER. */
static enum result keep(struct dhcp_client *c, struct dhcp_answer *lease)
{
	uint64_t start = c->began, renew = start + lease->renew * 1000ull;
	uint64_t rebind = start + lease->rebind * 1000ull;
	uint64_t end = start + lease->lease * 1000ull, now, next, limit;
	struct dhcp_answer answer;
	enum result result;
	int fd;

	do {
		now = now_ms(c);
		next = lease->renew == DHCP_FOREVER ? UINT64_MAX : renew;
		if (wait_for(c, -1, next > now + INT32_MAX ? INT32_MAX :
				    (int64_t)(next - now)) < 0)
			return QUIT;
	} while (now_ms(c) < next);
	new_exchange(c);
	while ((now = now_ms(c)) < end) {
		struct dhcp_message m = message_of(c, DHCP_REQUEST);

		limit = now < rebind ? rebind : end;
		next = now + (limit - now) / 2;
		if (next < now + RENEW_SECONDS * 1000)
			next = now + RENEW_SECONDS * 1000;
		if (next > limit)
			next = limit;
		m.ciaddr = lease->address;
		fd = udp_open(c);
		if (fd < 0) {
			/* The port is somebody else's now: later. */
			if (wait_for(c, -1, next - now) < 0)
				return QUIT;
			continue;
		}
		udp_send(c, fd, &m, now < rebind && lease->server ? lease->server :
			 INADDR_BROADCAST);
		result = wait_answer(c, fd, false, next - now, DHCP_ACK, &answer);
		libos_close_fd(c->os, fd);
		if (result == GOT_ANSWER) {
			if (!answer.server)
				answer.server = lease->server;
			*lease = answer;
		}
		if (result != TIMED_OUT)
			return result;
	}
	return TIMED_OUT;
}

/* ------------------------------------------------------------------ *
 * What the stack is told
 */

static const char *text_of(uint32_t address, char text[INET_ADDRSTRLEN])
{
	return inet_ntop(AF_INET, &address, text, INET_ADDRSTRLEN);
}

static void configure(struct dhcp_client *c, const struct dhcp_answer *lease)
{
	char address[INET_ADDRSTRLEN], router[INET_ADDRSTRLEN];
	char dns[DHCP_DNS_MAX][INET_ADDRSTRLEN];
	const char *servers[DHCP_DNS_MAX];
	char commands[256];
	int i;

	text_of(lease->address, address);
	text_of(lease->router, router);
	snprintf(commands, sizeof(commands), "addr replace %s/%u dev %s", address,
		 lease->prefix, c->name);
	libos_configure(c->os, commands);
	if (lease->mtu && !c->fixed_mtu) {
		snprintf(commands, sizeof(commands), "link set %s mtu %u", c->name,
			 lease->mtu);
		libos_configure(c->os, commands);
	}
	if (lease->router) {
		/* onlink: with a prefix of 32 no router is on the link otherwise. */
		snprintf(commands, sizeof(commands),
			 "route replace default via %s dev %s metric %d%s", router, c->name,
			 c->metric, lease->prefix == 32 ? " onlink" : "");
		libos_configure(c->os, commands);
	}
	for (i = 0; i < lease->nr_dns; i++)
		servers[i] = text_of(lease->dns[i], dns[i]);
	resolv_set(c->source, servers, lease->nr_dns, lease->domain);
	snprintf(c->text, sizeof(c->text), "%s/%u%s%s", address, lease->prefix,
		 lease->router ? " via " : "", lease->router ? router : "");
}

/* Its routes go with it. */
static void forget(struct dhcp_client *c, const struct dhcp_answer *lease)
{
	char address[INET_ADDRSTRLEN], command[128];

	snprintf(command, sizeof(command), "addr del %s/%u dev %s",
		 text_of(lease->address, address), lease->prefix, c->name);
	libos_configure(c->os, command);
	resolv_set(c->source, NULL, 0, "");
}

static void *client_main(void *arg)
{
	struct dhcp_client *c = arg;
	struct dhcp_answer lease, old;
	enum result result;

	while (acquire(c, &lease) == GOT_ANSWER) {
		do {
			configure(c, &lease);
			if (!atomic_exchange(&c->bound, true))
				eventfd_write(c->bell, 1);
			old = lease;
			result = keep(c, &lease);
			if (result == GOT_ANSWER && (lease.address != old.address ||
						     lease.prefix != old.prefix))
				forget(c, &old);
		} while (result == GOT_ANSWER);
		if (result == QUIT)
			break;
		atomic_store(&c->bound, false);
		forget(c, &old);
	}
	return NULL;
}

static int read_mac(struct dhcp_client *c)
{
	struct ifreq ifr = { 0 };
	int fd = libos_socket(c->os, AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), err;

	if (fd < 0)
		return -1;
	memcpy(ifr.ifr_name, c->name, sizeof(c->name));
	err = libos_ioctl(c->os, fd, SIOCGIFHWADDR, &ifr);
	libos_close_fd(c->os, fd);
	memcpy(c->mac, ifr.ifr_hwaddr.sa_data, sizeof(c->mac));
	return err;
}

struct dhcp_client *dhcp_client_start(struct libos *os, const char *name, int ifindex,
				      int source, bool fixed_mtu, int metric, int bell)
{
	struct dhcp_client *c = calloc(1, sizeof(*c));

	if (!c) {
		libos_error_set("%s: dhcp: no memory", name);
		return NULL;
	}
	c->os = os;
	snprintf(c->name, sizeof(c->name), "%s", name);
	c->ifindex = ifindex;
	c->source = source;
	c->fixed_mtu = fixed_mtu;
	c->metric = metric;
	c->bell = bell;
	c->quit = libos_eventfd(os, 0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (c->quit >= 0 && !read_mac(c)) {
		errno = pthread_create(&c->thread, NULL, client_main, c);
		if (!errno)
			return c;
	}
	libos_error_set("%s: cannot start the DHCP client: %s", name, strerror(errno));
	if (c->quit >= 0)
		libos_close_fd(os, c->quit);
	free(c);
	return NULL;
}

const char *dhcp_client_address(const struct dhcp_client *c)
{
	return atomic_load(&c->bound) ? c->text : NULL;
}

void dhcp_client_stop(struct dhcp_client *c)
{
	uint64_t one = 1;

	libos_write(c->os, c->quit, &one, sizeof(one));
	pthread_join(c->thread, NULL);
	libos_close_fd(c->os, c->quit);
	free(c);
}
