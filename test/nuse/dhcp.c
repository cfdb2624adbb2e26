// SPDX-License-Identifier: GPL-2.0
/*
 * dhcp.c - packets of DHCP: RFC 2131's and 2132's layout, and what must not be believed
 *
 * release: none
 */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../nuse/dhcp.h"

static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 1 };
enum { XID = 0xdeadbeef };

static uint8_t packet[DHCP_PACKET_MAX];
static size_t length;
static struct dhcp_answer answer;

/* An answer as by RFC 2131, figure 1, to 10.1.2.3 with @options behind the cookie. */
static void make(const void *options, size_t size)
{
	static const uint8_t head[] = { 2, 1, 6, 0, 0xde, 0xad, 0xbe, 0xef };
	static const uint8_t yiaddr[] = { 10, 1, 2, 3 }, cookie[] = { 99, 130, 83, 99 };

	memset(packet, 0, sizeof(packet));
	memcpy(packet, head, sizeof(head));
	memcpy(packet + 16, yiaddr, 4);
	memcpy(packet + 28, mac, 6);
	memcpy(packet + 236, cookie, 4);
	memcpy(packet + 240, options, size);
	length = 240 + size;
}

static bool read_answer(void)
{
	/* A copy of its size, so that a read behind it is found. */
	uint8_t *copy = malloc(length);
	bool good;

	memcpy(copy, packet, length);
	good = dhcp_read(copy, length, XID, mac, &answer);
	free(copy);
	return good;
}

#define MAKE(...)							\
	do {								\
		static const uint8_t options_[] = { __VA_ARGS__ };	\
		make(options_, sizeof(options_));			\
	} while (0)

static const uint8_t *option(const uint8_t *p, size_t n, uint8_t code)
{
	size_t at = 240;

	while (at + 1 < n && p[at] != 255) {
		if (p[at] == code)
			return p + at + 1;
		at += p[at] ? 2 + p[at + 1] : 1;
	}
	return NULL;
}

static void discover(void **state)
{
	struct dhcp_message m = { .type = DHCP_DISCOVER, .xid = XID, .secs = 258 };
	static const uint8_t start[] = { 1, 1, 6, 0, 0xde, 0xad, 0xbe, 0xef, 1, 2, 0, 0 };

	(void)state;
	memcpy(m.mac, mac, 6);
	length = dhcp_write(packet, &m);
	assert_true(length >= 300 && length <= DHCP_PACKET_MAX);
	assert_memory_equal(packet, start, sizeof(start));
	assert_memory_equal(packet + 28, mac, 6);
	assert_memory_equal(packet + 236, "\x63\x82\x53\x63", 4);
	assert_memory_equal(option(packet, length, 53), "\1\1", 2);
	assert_null(option(packet, length, 50));
	assert_null(option(packet, length, 54));
	assert_non_null(memchr(option(packet, length, 55) + 1, 6, option(packet, length, 55)[0]));
}

static void request(void **state)
{
	struct dhcp_message m = {
		.type = DHCP_REQUEST,
		.requested = inet_addr("10.1.2.3"),
		.server = inet_addr("10.1.2.1"),
	};

	(void)state;
	length = dhcp_write(packet, &m);
	assert_memory_equal(option(packet, length, 53), "\1\3", 2);
	assert_memory_equal(option(packet, length, 50), "\4\x0a\1\2\3", 5);
	assert_memory_equal(option(packet, length, 54), "\4\x0a\1\2\1", 5);
}

static void everything_said(void **state)
{
	(void)state;
	MAKE(53, 1, 5, 1, 4, 255, 255, 255, 0, 3, 8, 10, 1, 2, 1, 10, 1, 2, 2, 0, 0,
	     6, 8, 9, 9, 9, 9, 8, 8, 8, 8, 15, 11, 'e', 'x', 'a', 'm', 'p', 'l', 'e', '.',
	     'o', 'r', 'g', 26, 2, 0x23, 0x28, 51, 4, 0, 0, 0x0e, 0x10, 54, 4, 10, 1, 2, 1,
	     58, 4, 0, 0, 0, 100, 59, 4, 0, 0, 0, 200, 255, 53, 1, 6);
	assert_true(read_answer());
	assert_int_equal(answer.type, DHCP_ACK);
	assert_int_equal(answer.address, inet_addr("10.1.2.3"));
	assert_int_equal(answer.prefix, 24);
	assert_int_equal(answer.router, inet_addr("10.1.2.1"));
	assert_int_equal(answer.server, inet_addr("10.1.2.1"));
	assert_int_equal(answer.nr_dns, 2);
	assert_int_equal(answer.dns[1], inet_addr("8.8.8.8"));
	assert_string_equal(answer.domain, "example.org");
	assert_int_equal(answer.mtu, 9000);
	assert_int_equal(answer.lease, 3600);
	assert_int_equal(answer.renew, 100);
	assert_int_equal(answer.rebind, 200);
}

/* RFC 2131, 4.4.5: T1 is half of the lease, T2 seven eighths. */
static void times_not_said(void **state)
{
	(void)state;
	MAKE(53, 1, 5, 51, 4, 0, 0, 0x03, 0x20, 255);
	assert_true(read_answer());
	assert_int_equal(answer.renew, 400);
	assert_int_equal(answer.rebind, 700);
	assert_int_equal(answer.prefix, 32);
	MAKE(53, 1, 5, 51, 4, 255, 255, 255, 255, 255);
	assert_true(read_answer());
	assert_int_equal(answer.renew, DHCP_FOREVER);
	/* Later than the lease itself, and in the wrong order */
	MAKE(53, 1, 5, 51, 4, 0, 0, 0, 80, 58, 4, 0, 0, 1, 0, 59, 4, 0, 0, 2, 0, 255);
	assert_true(read_answer());
	assert_true(answer.renew <= answer.rebind && answer.rebind <= answer.lease);
}

/* RFC 2132, 9.3: options go on in the fields of file and server name. */
static void overloaded(void **state)
{
	static const uint8_t more[] = { 1, 4, 255, 255, 0, 0, 255 };

	(void)state;
	MAKE(53, 1, 2, 51, 4, 0, 0, 1, 0, 52, 1, 3, 255);
	memcpy(packet + 108, more, sizeof(more));
	packet[44] = 255;
	assert_true(read_answer());
	assert_int_equal(answer.prefix, 16);
}

static void not_for_us(void **state)
{
	(void)state;
	MAKE(53, 1, 5, 51, 4, 0, 0, 1, 0, 255);
	assert_true(read_answer());
	packet[7] ^= 1;		/* another exchange's */
	assert_false(read_answer());
	packet[7] ^= 1;
	packet[33] ^= 1;	/* another client's */
	assert_false(read_answer());
	packet[33] ^= 1;
	packet[0] = 1;		/* a client's */
	assert_false(read_answer());
	packet[0] = 2;
	packet[236] = 0;	/* plain BOOTP */
	assert_false(read_answer());
	packet[236] = 99;
	packet[16] = 127;	/* no host's address */
	assert_false(read_answer());
	packet[16] = 224;
	assert_false(read_answer());
	packet[16] = 10;
	assert_true(read_answer());
	length = 239;
	assert_false(read_answer());
}

static void bad_options(void **state)
{
	(void)state;
	MAKE(53, 1, 5, 51, 4, 0, 0, 1, 0, 1, 200, 255);
	assert_false(read_answer());		/* longer than the packet */
	MAKE(53, 1, 5, 51, 4, 0, 0, 1, 0, 1);
	assert_false(read_answer());		/* no length */
	MAKE(53, 1, 5, 255);
	assert_false(read_answer());		/* no lease */
	MAKE(51, 4, 0, 0, 1, 0, 255);
	assert_false(read_answer());		/* no type */
	MAKE(53, 1, 5, 51, 4, 0, 0, 1, 0, 1, 4, 255, 0, 255, 0, 26, 2, 0, 60, 15, 5, 'a', '\n',
	     'b', ' ', 'c', 3, 4, 0, 0, 0, 0, 255);
	assert_true(read_answer());
	assert_int_equal(answer.prefix, 32);	/* a netmask with holes */
	assert_int_equal(answer.mtu, 0);
	assert_string_equal(answer.domain, "");	/* would be lines of resolv.conf */
	assert_int_equal(answer.router, 0);
	MAKE(53, 1, 6, 255);
	assert_true(read_answer());
	assert_int_equal(answer.type, DHCP_NAK);
}

/* Turns what a client sends into what a server would. */
static void turn(uint8_t *frame)
{
	frame[21] = 67;
	frame[23] = 68;
}

static void wrapped(void **state)
{
	uint8_t frame[DHCP_FRAME_MAX];
	struct dhcp_message m = { .type = DHCP_DISCOVER };
	const uint8_t *inner;
	size_t n, inner_length;
	uint32_t sum = 0;

	(void)state;
	length = dhcp_write(packet, &m);
	n = dhcp_wrap(frame, packet, length);
	assert_int_equal(n, length + 28);
	for (int i = 0; i < 20; i += 2)
		sum += frame[i] << 8 | frame[i + 1];
	assert_int_equal((sum & 0xffff) + (sum >> 16), 0xffff);
	assert_memory_equal(frame + 12, "\0\0\0\0\xff\xff\xff\xff\0\x44\0\x43", 12);
	assert_null(dhcp_unwrap(frame, n, true, &inner_length));
	/* The sum does not change: the ports change places. */
	turn(frame);
	inner = dhcp_unwrap(frame, n, true, &inner_length);
	assert_ptr_equal(inner, frame + 28);
	assert_int_equal(inner_length, length);
	frame[100] ^= 1;
	assert_null(dhcp_unwrap(frame, n, true, &inner_length));
	assert_non_null(dhcp_unwrap(frame, n, false, &inner_length));
	frame[100] ^= 1;
	frame[26] = frame[27] = 0;	/* no checksum, RFC 768 */
	assert_non_null(dhcp_unwrap(frame, n, true, &inner_length));
	assert_null(dhcp_unwrap(frame, n - 1, true, &inner_length));
	frame[8]--;			/* the header's */
	assert_null(dhcp_unwrap(frame, n, true, &inner_length));
}

static void survives_noise(void **state)
{
	(void)state;
	srand(1);
	for (int round = 0; round < 200000; round++) {
		uint8_t *noise;
		size_t n;

		MAKE(53, 1, 5, 51, 4, 0, 0, 1, 0, 52, 1, 3, 6, 4, 1, 1, 1, 1, 15, 2, 'a', 'b', 255);
		for (int i = rand() % 8; i >= 0; i--)
			packet[rand() % 2 ? 240 + rand() % 30 : rand() % 240] = rand();
		length -= rand() % 10;
		if (read_answer() && answer.type != DHCP_NAK)
			assert_true(answer.prefix >= 1 && answer.prefix <= 32 && answer.lease &&
				    answer.renew <= answer.rebind);
		noise = malloc(64);
		for (int i = 0; i < 64; i++)
			noise[i] = rand();
		noise[0] = 0x40 | (rand() & 15);
		dhcp_unwrap(noise, rand() % 65, false, &n);
		free(noise);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(discover),
		cmocka_unit_test(request),
		cmocka_unit_test(everything_said),
		cmocka_unit_test(times_not_said),
		cmocka_unit_test(overloaded),
		cmocka_unit_test(not_for_us),
		cmocka_unit_test(bad_options),
		cmocka_unit_test(wrapped),
		cmocka_unit_test(survives_noise),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("dhcp", tests, NULL, NULL);
}
