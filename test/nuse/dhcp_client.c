// SPDX-License-Identifier: GPL-2.0
/*
 * dhcp_client.c - the DHCP client of a stack against a server that misbehaves as told
 *
 * The server is on the other side of the stack's device: it answers ARP for 10.5.0.1,
 * and DHCP by its rules (RFC 2131). Times are seconds, so that a lease's whole life is.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>
#include <libos.h>

#include "../../nuse/dhcp_client.h"
#include "../../nuse/resolv.h"

enum { FRAMES = 16, FRAME_MAX = 1600 };

static struct libos *os;
static struct libos_netdev *dev;
static char directory[] = "/tmp/dhcp_client.XXXXXX";
static int bell;

/* What the stack sent, on its way to the server's thread. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t more = PTHREAD_COND_INITIALIZER;
static struct { uint8_t data[FRAME_MAX]; size_t length; } frames[FRAMES];
static unsigned int head, tail;
static bool over;

/* The server's rules, and what it has seen. */
static atomic_int last_byte = 2;	/* of the address that it gives */
static atomic_uint lease = 3600;
static atomic_bool silent, refuses_once;
static atomic_int discovers, requests, renewals, rebindings;

static int transmit(void *arg, const struct libos_frame *f, int n)
{
	(void)arg;
	pthread_mutex_lock(&lock);
	for (int i = 0; i < n; i++) {
		size_t at = 0;

		if (f[i].len > FRAME_MAX || head - tail == FRAMES)
			continue;
		for (int k = 0; k < f[i].niov; k++) {
			memcpy(frames[head % FRAMES].data + at, f[i].iov[k].iov_base,
			       f[i].iov[k].iov_len);
			at += f[i].iov[k].iov_len;
		}
		frames[head++ % FRAMES].length = at;
	}
	pthread_cond_signal(&more);
	pthread_mutex_unlock(&lock);
	return n;
}

static void deliver(uint8_t *data, size_t length)
{
	struct iovec iov = { data, length };
	struct libos_frame frame = { .len = length, .niov = 1, .iov = &iov };

	libos_netdev_receive(dev, &frame, 1);
}

static const uint8_t server_mac[6] = { 2, 0, 0, 0, 0, 1 };
static const uint8_t server_ip[4] = { 10, 5, 0, 1 };

static void answer_arp(uint8_t *f)
{
	if (f[21] != 1 || memcmp(f + 38, server_ip, 4))
		return;
	memcpy(f, f + 6, 6);
	memcpy(f + 6, server_mac, 6);
	f[21] = 2;
	memcpy(f + 32, f + 22, 10);
	memcpy(f + 22, server_mac, 6);
	memcpy(f + 28, server_ip, 4);
	deliver(f, 42);
}

static const uint8_t *option(const uint8_t *p, const uint8_t *end, uint8_t code)
{
	for (p += 240; p + 1 < end && *p != 255; p += *p ? 2 + p[1] : 1)
		if (*p == code)
			return p + 2;
	return NULL;
}

/* IPv4's header checksum (RFC 791); UDP has none (RFC 768: zero). */
static void finish_ip(uint8_t *ip, size_t length)
{
	uint32_t sum = 0;

	ip[2] = length >> 8;
	ip[3] = length;
	ip[10] = ip[11] = 0;
	for (int i = 0; i < 20; i += 2)
		sum += ip[i] << 8 | ip[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	ip[10] = ~sum >> 8;
	ip[11] = ~sum;
}

static void reply(const uint8_t *asked, uint8_t type)
{
	uint8_t f[FRAME_MAX] = { 0 }, *ip = f + 14, *p = f + 42;
	uint32_t seconds = htonl(lease);
	const uint8_t options[] = {
		99, 130, 83, 99, 53, 1, type, 54, 4, 10, 5, 0, 1, 1, 4, 255, 255, 255, 0,
		3, 4, 10, 5, 0, 1, 6, 4, 10, 5, 0, 53, 26, 2, 5, 0x14, 51, 4,
	};

	memcpy(f, asked + 6, 6);
	memcpy(f + 6, server_mac, 6);
	f[12] = 8;
	memcpy(ip, "\x45\0\0\0\0\0\0\0\x40\x11", 10);
	memcpy(ip + 12, server_ip, 4);
	memcpy(ip + 16, (uint8_t[]){ 10, 5, 0, last_byte }, 4);
	memcpy(ip + 20, "\0\x43\0\x44", 4);
	memcpy(p, asked + 42, 236);
	p[0] = 2;
	memcpy(p + 16, ip + 16, 4);
	memcpy(p + 236, options, sizeof(options));
	memcpy(p + 236 + sizeof(options), &seconds, 4);
	p[236 + sizeof(options) + 4] = 255;
	ip[24] = (8 + 300) >> 8;
	ip[25] = (8 + 300) & 255;
	finish_ip(ip, 20 + 8 + 300);
	deliver(f, 42 + 300);
}

static void answer_dhcp(const uint8_t *f, size_t length)
{
	const uint8_t *p = f + 42, *type = option(p, f + length, 53);
	bool renews = memcmp(p + 12, "\0\0\0\0", 4);

	if (!type)
		return;
	if (*type == 1) {
		discovers++;
	} else if (renews) {
		/* 4.3.2: the address in ciaddr, neither of these options */
		if (option(p, f + length, 50) || option(p, f + length, 54))
			return;
		if (memcmp(f + 30, server_ip, 4))
			rebindings++;
		else
			renewals++;
	} else {
		requests++;
		if (!option(p, f + length, 50) || !option(p, f + length, 54))
			return;
	}
	if (silent)
		return;
	if (*type == 3 && refuses_once) {
		refuses_once = false;
		reply(f, 6);
	} else {
		reply(f, *type == 1 ? 2 : 5);
	}
}

static void *server(void *arg)
{
	uint8_t f[FRAME_MAX];
	size_t length;

	(void)arg;
	pthread_mutex_lock(&lock);
	while (!over) {
		if (head == tail) {
			pthread_cond_wait(&more, &lock);
			continue;
		}
		length = frames[tail % FRAMES].length;
		memcpy(f, frames[tail++ % FRAMES].data, length);
		pthread_mutex_unlock(&lock);
		if (length >= 42 && f[12] == 8 && f[13] == 6)
			answer_arp(f);
		else if (length > 282 && f[12] == 8 && !f[13] && f[23] == 17 && f[37] == 67)
			answer_dhcp(f, length);
		pthread_mutex_lock(&lock);
	}
	pthread_mutex_unlock(&lock);
	return NULL;
}

/* Whether the stack has the address 10.5.0.@last: one can bind to it. */
static bool has(int last)
{
	struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(0x0a050000 | last),
	};
	int fd = libos_socket(os, AF_INET, SOCK_DGRAM, 0);
	int err = libos_bind(os, fd, (struct sockaddr *)&sin, sizeof(sin));

	libos_close_fd(os, fd);
	return !err;
}

/* Waits for @condition for some seconds. */
#define soon(condition)							\
	({								\
		int tries_ = 1000;					\
		bool now_;						\
									\
		while (!(now_ = (condition)) && --tries_)		\
			usleep(10000);					\
		assert_true(now_);					\
	})

static struct dhcp_client *client;

static void begin(void)
{
	eventfd_t count;

	eventfd_read(bell, &count);
	discovers = requests = renewals = rebindings = 0;
	silent = refuses_once = false;
	client = dhcp_client_start(os, "eth0", libos_netdev_ifindex(dev), 1, false, 100, bell);
	assert_non_null(client);
}

static void end(int last)
{
	char command[64];

	dhcp_client_stop(client);
	snprintf(command, sizeof(command), "addr del 10.5.0.%d/24 dev eth0", last);
	assert_int_equal(libos_configure(os, command), 0);
}

static void configures(void **state)
{
	char path[64], text[128] = "", mtu[16];
	eventfd_t count;
	FILE *file;

	(void)state;
	lease = 3600;
	last_byte = 2;
	begin();
	soon(!eventfd_read(bell, &count));
	assert_string_equal(dhcp_client_address(client), "10.5.0.2/24 via 10.5.0.1");
	assert_true(has(2));
	assert_int_equal(discovers, 1);
	assert_int_equal(requests, 1);
	/* The route is there already: one of the same place and metric cannot be added. */
	assert_int_not_equal(libos_configure(os, "route add default via 10.5.0.1 metric 100"), 0);
	assert_int_equal(libos_configure(os, "route add default via 10.5.0.1 metric 101"), 0);
	assert_true(libos_sysctl_get(os, "net.ipv6.conf.eth0.mtu", mtu, sizeof(mtu)) > 0);
	assert_string_equal(mtu, "1300");
	snprintf(path, sizeof(path), "%s/resolv.conf", directory);
	file = fopen(path, "r");
	assert_non_null(file);
	assert_true(fread(text, 1, sizeof(text) - 1, file) > 0);
	fclose(file);
	assert_string_equal(text, "nameserver 10.5.0.53\n");
	end(2);
}

/* RFC 2131, 4.4.5: at half of the lease, from the server that gave it. */
static void renews(void **state)
{
	(void)state;
	lease = 4;	/* T1 is 2, T2 is 3 */
	last_byte = 3;
	begin();
	soon(renewals >= 2 && rebindings == 0);
	assert_true(has(3));
	assert_int_equal(discovers, 1);
	end(3);
}

/* Then from any; without an answer the address is given up, and another one asked for. */
static void rebinds_and_starts_again(void **state)
{
	(void)state;
	lease = 4;	/* T1 is 2, T2 is 3 */
	last_byte = 4;
	begin();
	soon(has(4));
	silent = true;
	soon(rebindings);
	assert_true(has(4));
	soon(!has(4));
	assert_null(dhcp_client_address(client));
	last_byte = 5;
	lease = 3600;
	silent = false;
	soon(has(5));
	assert_true(renewals >= 1);
	end(5);
}

static void moves_to_another_address(void **state)
{
	(void)state;
	lease = 4;	/* T1 is 2, T2 is 3 */
	last_byte = 6;
	begin();
	soon(has(6));
	last_byte = 7;
	soon(has(7));
	soon(!has(6));
	end(7);
}

static void starts_again_when_refused(void **state)
{
	(void)state;
	lease = 3600;
	last_byte = 8;
	begin();
	refuses_once = true;
	soon(has(8));
	assert_true(discovers >= 1);
	end(8);
}

static void asks_again(void **state)
{
	(void)state;
	last_byte = 9;
	silent = true;
	begin();
	silent = true;
	soon(discovers >= 2);
	silent = false;
	soon(has(9));
	end(9);
}

static void stops_while_it_waits(void **state)
{
	(void)state;
	begin();
	silent = true;
	dhcp_client_stop(client);
}

static pthread_t thread;

static int start(void **state)
{
	struct libos_options options = {
		.size = sizeof(options),
		.release = getenv("LIBOS_RELEASE"),
	};
	struct libos_netdev_config config = { .name = "eth0" };
	static const struct libos_netdev_ops ops = { .transmit = transmit };

	(void)state;
	bell = eventfd(0, EFD_NONBLOCK);
	os = libos_open(&options);
	if (!os || !mkdtemp(directory))
		return -1;
	resolv_start(directory);
	dev = libos_netdev_create(os, &config, &ops, NULL);
	if (!dev || libos_configure(os, "link set eth0 up"))
		return -1;
	return pthread_create(&thread, NULL, server, NULL);
}

static int stop(void **state)
{
	char path[64];

	(void)state;
	pthread_mutex_lock(&lock);
	over = true;
	pthread_cond_signal(&more);
	pthread_mutex_unlock(&lock);
	pthread_join(thread, NULL);
	snprintf(path, sizeof(path), "%s/resolv.conf", directory);
	unlink(path);
	rmdir(directory);
	return libos_close(os);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(configures),
		cmocka_unit_test(renews),
		cmocka_unit_test(rebinds_and_starts_again),
		cmocka_unit_test(moves_to_another_address),
		cmocka_unit_test(starts_again_when_refused),
		cmocka_unit_test(asks_again),
		cmocka_unit_test(stops_while_it_waits),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("dhcp_client", tests, start, stop);
}
