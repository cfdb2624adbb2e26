// SPDX-License-Identifier: GPL-2.0
/*
 * passt.c - the stream back end against passt(1), as an ordinary user runs it
 *
 * passt gives a guest the network of its own namespace, here one with the address
 * 10.9.0.1 and a default route that leads nowhere. It takes up the guest's side of
 * a socket pair and answers DHCP and ARP; the gateway's address leads to its
 * namespace's loopback.
 *
 * release: none
 */
#include <stdarg.h>
#include <setjmp.h>
#include "fake.h"
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "run_passt.h"
#include "wire.h"

static struct fake fake;

static struct wire_end us = { .mac = { 2, 0, 0, 0, 0, 2 }, .ip = 0x0a090001, .port = 4000 };
static struct wire_end gateway = { .ip = 0x0a0900fe, .port = 7000 };

static int start(void **state)
{
	char spec[32];
	int fd = run_passt("--mtu", "9000");

	(void)state;
	snprintf(spec, sizeof(spec), "fd:%d", fd);
	return fd < 0 ? -1 : fake_open(&fake, spec, 9000);
}

static int stop(void **state)
{
	(void)state;
	fake_close(&fake);
	return run_passt_end();
}

static bool is_udp_from(const struct fake_frame *f, const void *port)
{
	return f->len >= 42 && wire_get16(f->data + 12) == 0x0800 && f->data[23] == 17 &&
	       wire_get16(f->data + 34) == *(const uint16_t *)port;
}

/* The checksum wire_udp() leaves open. */
static void finish_udp(uint8_t *frame, size_t len)
{
	uint16_t sum = wire_checksum(frame + 34, len - 34, 0);

	frame[40] = sum >> 8;
	frame[41] = sum;
}

/* RFC 2132, 9.6: option 53, behind the cookie 99 130 83 99. Return: -1 if none. */
static int message_type(const struct fake_frame *f)
{
	uint32_t at = 42 + 236 + 4;

	assert_memory_equal(f->data + 42 + 236, "\x63\x82\x53\x63", 4);
	while (at + 2 < f->len && f->data[at] != 255) {
		if (f->data[at] == 53)
			return f->data[at + 2];
		at += f->data[at] ? 2 + f->data[at + 1] : 1;
	}
	return -1;
}

/*
 * RFC 2131: DISCOVER from nobody to everybody, answered by an OFFER with the same
 * transaction and, in yiaddr, the address of the namespace.
 */
static void offers_the_address(void **state)
{
	static const uint8_t start_of[] = { 1, 1, 6, 0, 0xde, 0xad, 0xbe, 0xef };
	static const uint8_t options[] = { 99, 130, 83, 99, 53, 1, 1, 255 };
	struct wire_end nobody = us, everybody = { .ip = 0xffffffff, .port = 67 };
	const struct fake_frame *f;
	const uint16_t server = 67;
	uint8_t frame[600];
	size_t len;

	(void)state;
	nobody.ip = 0;
	nobody.port = 68;
	memset(everybody.mac, 0xff, 6);
	len = wire_udp(frame, &nobody, &everybody, 300);
	memset(frame + 42, 0, 300);
	memcpy(frame + 42, start_of, sizeof(start_of));
	memcpy(frame + 42 + 28, us.mac, 6);
	memcpy(frame + 42 + 236, options, sizeof(options));
	finish_udp(frame, len);
	assert_int_equal(fake_send(&fake, NULL, frame, len, 2), 1);
	f = fake_wait(&fake, is_udp_from, &server, FAKE_MS);
	assert_non_null(f);
	assert_int_equal(wire_checksum(f->data + 14, 20, 0), 0);
	assert_int_equal(f->data[42], 2);
	assert_memory_equal(f->data + 46, start_of + 4, 4);
	assert_int_equal(wire_get32(f->data + 42 + 16), us.ip);
	assert_int_equal(message_type(f), 2);
	fake_forget(&fake);
}

static bool is_arp_reply(const struct fake_frame *f, const void *arg)
{
	(void)arg;
	return f->len >= 42 && wire_get32(f->data + 18) == 0x06040002;
}

static void answers_arp(void **state)
{
	const struct fake_frame *f;
	uint8_t frame[64];
	size_t len = wire_arp_request(frame, &us, gateway.ip);

	(void)state;
	assert_int_equal(fake_send(&fake, NULL, frame, len, 1), 1);
	f = fake_wait(&fake, is_arp_reply, NULL, FAKE_MS);
	assert_non_null(f);
	assert_int_equal(wire_get32(f->data + 28), gateway.ip);
	assert_memory_equal(f->data + 32, us.mac, 6);
	memcpy(gateway.mac, f->data + 22, 6);
	fake_forget(&fake);
}

/* A datagram of 8000 bytes to a socket on the loopback, and back. */
static void carries_datagrams(void **state)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(gateway.port) };
	struct timeval timeout = { .tv_sec = FAKE_MS / 1000 };
	socklen_t address_len = sizeof(address);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	uint8_t frame[8100], got[8100];
	const struct fake_frame *f;
	size_t len;

	(void)state;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	len = wire_udp(frame, &us, &gateway, 8000);
	finish_udp(frame, len);
	assert_int_equal(fake_send(&fake, NULL, frame, len, 5), 1);
	assert_int_equal(recvfrom(fd, got, sizeof(got), 0, (struct sockaddr *)&address,
				  &address_len), 8000);
	assert_memory_equal(got, frame + 42, 8000);
	assert_int_equal(sendto(fd, got, 8000, 0, (struct sockaddr *)&address, address_len), 8000);
	f = fake_wait(&fake, is_udp_from, &gateway.port, FAKE_MS);
	assert_non_null(f);
	assert_int_equal(f->len, 42 + 8000);
	assert_memory_equal(f->data + 42, frame + 42, 8000);
	fake_forget(&fake);
	close(fd);
}

static void its_end_is_a_link_down(void **state)
{
	(void)state;
	assert_true(fake.carrier);
	kill(run_passt_pid, SIGTERM);
	for (int i = 0; i < 50 && fake.carrier; i++)
		fake_step(&fake, 20);
	assert_false(fake.carrier);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(offers_the_address),
		cmocka_unit_test(answers_arp),
		cmocka_unit_test(carries_datagrams),
		cmocka_unit_test(its_end_is_a_link_down),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	run_passt_enter();
	return cmocka_run_group_tests_name("passt", tests, start, stop);
}
