// SPDX-License-Identifier: GPL-2.0
/*
 * dhcp6_client.c - gets an IPv6 address from a DHCPv6 server, and keeps it
 *
 * The exchanges of RFC 8415, 18.2: Solicit and Advertise, Request and Reply; then Renew
 * with the same server, Rebind with any, and from the start when the address is no
 * longer valid. The first server that has an address is taken. All through a socket of
 * the stack, from its link-local address, which is there a second after the link.
 */
#define _GNU_SOURCE
#include "dhcp6_client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>

#include <libos.h>

#include "dhcp6.h"
#include "error.h"
#include "resolv.h"

/* RFC 8415, 7.6, shortened to begin with: somebody waits. */
enum { FIRST_MS = 300, LONGEST_MS = 120000, REQUESTS = 6 };

struct dhcp6_client {
	struct libos *os;
	char name[IFNAMSIZ];
	int ifindex;
	int source;
	int bell;
	int quit;
	int fd;
	pthread_t thread;
	uint8_t mac[6];
	uint32_t xid;
	uint64_t began;
	char text[64];
	atomic_bool bound;
};

enum result { GOT_ANSWER, TIMED_OUT, QUIT };

static uint64_t now_ms(struct dhcp6_client *c)
{
	return libos_clock_now(c->os) / 1000000;
}

static int wait_for(struct dhcp6_client *c, uint64_t until)
{
	struct pollfd fds[2] = { { c->quit, POLLIN, 0 }, { c->fd, POLLIN, 0 } };
	uint64_t now = now_ms(c), ms = until > now ? until - now : 0;
	int n = libos_poll(c->os, fds, 2, ms > INT32_MAX ? INT32_MAX : (int)ms);

	if (n < 0 && errno == EINTR)
		return 0;
	return n < 0 || fds[0].revents ? -1 : n;
}

static void say(struct dhcp6_client *c, enum dhcp6_type type,
		const struct dhcp6_lease *lease)
{
	struct sockaddr_in6 to = {
		.sin6_family = AF_INET6,
		.sin6_port = htons(DHCP6_SERVER_PORT),
		.sin6_scope_id = c->ifindex,
	};
	uint64_t elapsed = (now_ms(c) - c->began) / 10;
	uint8_t message[DHCP6_MESSAGE_MAX];
	size_t length = dhcp6_write(message, type, c->xid, c->mac,
				    elapsed > UINT16_MAX ? UINT16_MAX : elapsed, lease);

	inet_pton(AF_INET6, "ff02::1:2", &to.sin6_addr);
	libos_sendto(c->os, c->fd, message, length, 0, (struct sockaddr *)&to, sizeof(to));
}

/* Waits until @until for an answer of type @want that has an address. */
static enum result hear(struct dhcp6_client *c, enum dhcp6_type want, uint64_t until,
			struct dhcp6_lease *lease)
{
	uint8_t message[2048];
	ssize_t length;
	int n;

	for (;;) {
		n = wait_for(c, until);
		if (n < 0)
			return QUIT;
		if (!n && now_ms(c) >= until)
			return TIMED_OUT;
		length = libos_recv(c->os, c->fd, message, sizeof(message), MSG_DONTWAIT);
		if (length > 0 && dhcp6_read(message, length, c->xid, c->mac, lease) &&
		    lease->type == want && lease->has_address)
			return GOT_ANSWER;
	}
}

/* Says it again and again, until @end or @times times. @lease: in and out */
static enum result exchange(struct dhcp6_client *c, enum dhcp6_type type,
			    enum dhcp6_type want, struct dhcp6_lease *lease, uint64_t end,
			    int times)
{
	struct dhcp6_lease answer;
	enum result result = TIMED_OUT;
	uint64_t ms = FIRST_MS, until;

	libos_getrandom(c->os, &c->xid, sizeof(c->xid), 0);
	c->began = now_ms(c);
	while (result == TIMED_OUT && times-- && now_ms(c) < end) {
		say(c, type, lease);
		until = now_ms(c) + ms;
		result = hear(c, want, until < end ? until : end, &answer);
		ms = ms * 2 < LONGEST_MS ? ms * 2 : LONGEST_MS;
	}
	if (result == GOT_ANSWER)
		*lease = answer;
	return result;
}

static enum result acquire(struct dhcp6_client *c, struct dhcp6_lease *lease)
{
	enum result result;

	do {
		result = exchange(c, DHCP6_SOLICIT, DHCP6_ADVERTISE, lease, UINT64_MAX, -1);
		if (result == GOT_ANSWER)
			result = exchange(c, DHCP6_REQUEST, DHCP6_REPLY, lease, UINT64_MAX,
					  REQUESTS);
	} while (result == TIMED_OUT);
	return result;
}

static uint64_t after(uint64_t start, uint32_t seconds)
{
	return seconds == DHCP6_FOREVER ? UINT64_MAX : start + seconds * 1000ull;
}

static enum result keep(struct dhcp6_client *c, struct dhcp6_lease *lease)
{
	uint64_t start = c->began, renew = after(start, lease->renew);
	uint64_t end = after(start, lease->valid);
	enum result result = TIMED_OUT;

	/* What comes meanwhile was not asked for. */
	while (now_ms(c) < renew)
		if (hear(c, 0, renew, &(struct dhcp6_lease){ 0 }) == QUIT)
			return QUIT;
	result = exchange(c, DHCP6_RENEW, DHCP6_REPLY, lease,
			  after(start, lease->rebind), -1);
	if (result == TIMED_OUT)
		result = exchange(c, DHCP6_REBIND, DHCP6_REPLY, lease, end, -1);
	return result;
}

static void configure(struct dhcp6_client *c, const struct dhcp6_lease *lease)
{
	char address[INET6_ADDRSTRLEN], dns[DHCP6_DNS_MAX][INET6_ADDRSTRLEN];
	const char *servers[DHCP6_DNS_MAX];
	char command[128];
	int i;

	inet_ntop(AF_INET6, lease->address, address, sizeof(address));
	snprintf(command, sizeof(command), "addr replace %s/128 dev %s nodad", address,
		 c->name);
	libos_configure(c->os, command);
	for (i = 0; i < lease->nr_dns; i++)
		servers[i] = inet_ntop(AF_INET6, lease->dns[i], dns[i], sizeof(dns[i]));
	resolv_set(c->source, servers, lease->nr_dns, "");
	snprintf(c->text, sizeof(c->text), "%s/128", address);
}

static void forget(struct dhcp6_client *c, const struct dhcp6_lease *lease)
{
	char address[INET6_ADDRSTRLEN], command[128];

	inet_ntop(AF_INET6, lease->address, address, sizeof(address));
	snprintf(command, sizeof(command), "addr del %s/128 dev %s", address, c->name);
	libos_configure(c->os, command);
	resolv_set(c->source, NULL, 0, "");
}

static void *client_main(void *arg)
{
	struct dhcp6_client *c = arg;
	struct dhcp6_lease lease = { 0 }, old;
	enum result result;

	while (acquire(c, &lease) == GOT_ANSWER) {
		do {
			configure(c, &lease);
			if (!atomic_exchange(&c->bound, true))
				eventfd_write(c->bell, 1);
			old = lease;
			result = keep(c, &lease);
			if (result == GOT_ANSWER && memcmp(old.address, lease.address, 16))
				forget(c, &old);
		} while (result == GOT_ANSWER);
		if (result == QUIT)
			break;
		atomic_store(&c->bound, false);
		forget(c, &old);
	}
	return NULL;
}

static int open_socket(struct dhcp6_client *c)
{
	struct sockaddr_in6 here = {
		.sin6_family = AF_INET6,
		.sin6_port = htons(DHCP6_CLIENT_PORT),
	};
	struct ifreq ifr = { 0 };
	int on = 1;

	c->fd = libos_socket(c->os, AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0)
		return -1;
	memcpy(ifr.ifr_name, c->name, sizeof(c->name));
	if (libos_ioctl(c->os, c->fd, SIOCGIFHWADDR, &ifr))
		return -1;
	memcpy(c->mac, ifr.ifr_hwaddr.sa_data, sizeof(c->mac));
	libos_setsockopt(c->os, c->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (libos_setsockopt(c->os, c->fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) ||
	    libos_setsockopt(c->os, c->fd, SOL_SOCKET, SO_BINDTODEVICE, c->name,
			     strlen(c->name)))
		return -1;
	return libos_bind(c->os, c->fd, (struct sockaddr *)&here, sizeof(here));
}

static void client_free(struct dhcp6_client *c)
{
	if (c->fd >= 0)
		libos_close_fd(c->os, c->fd);
	if (c->quit >= 0)
		libos_close_fd(c->os, c->quit);
	free(c);
}

struct dhcp6_client *dhcp6_client_start(struct libos *os, const char *name, int ifindex,
					int source, int bell)
{
	struct dhcp6_client *c = calloc(1, sizeof(*c));

	if (!c) {
		libos_error_set("%s: dhcp6: no memory", name);
		return NULL;
	}
	c->os = os;
	snprintf(c->name, sizeof(c->name), "%s", name);
	c->ifindex = ifindex;
	c->source = source;
	c->bell = bell;
	c->quit = libos_eventfd(os, 0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (!open_socket(c) && c->quit >= 0) {
		errno = pthread_create(&c->thread, NULL, client_main, c);
		if (!errno)
			return c;
	}
	libos_error_set("%s: cannot start the DHCPv6 client: %s", name, strerror(errno));
	client_free(c);
	return NULL;
}

const char *dhcp6_client_address(const struct dhcp6_client *c)
{
	return atomic_load(&c->bound) ? c->text : NULL;
}

void dhcp6_client_stop(struct dhcp6_client *c)
{
	uint64_t one = 1;

	libos_write(c->os, c->quit, &one, sizeof(one));
	pthread_join(c->thread, NULL);
	client_free(c);
}
