// SPDX-License-Identifier: GPL-2.0
/*
 * dhcp6.c - messages of DHCPv6: RFC 8415's layout, and what must not be believed
 *
 * release: none
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../nuse/dhcp6.h"

static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 1 };
enum { XID = 0xabcdef };

/* A Reply with all that matters, RFC 8415, 8 and 21. */
static const uint8_t reply[] = {
	7, 0xab, 0xcd, 0xef,
	0, 1, 0, 10, 0, 3, 0, 1, 2, 0, 0, 0, 0, 1,		/* client: DUID-LL */
	0, 2, 0, 4, 9, 9, 9, 9,					/* server */
	0, 3, 0, 40, 0, 0, 0, 1, 0, 0, 0, 100, 0, 0, 0, 200,	/* IA_NA, T1, T2 */
	0, 5, 0, 24, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7,
	0, 0, 0, 250, 0, 0, 1, 44,				/* preferred, valid: 300 */
	0, 23, 0, 16, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x53,
};
enum { AT_CLIENT = 8, AT_T1 = 34, AT_T2 = 38, AT_ADDRESS = 46, AT_VALID = 66 };

static struct dhcp6_lease lease;

static bool read_copy(const uint8_t *message, size_t length)
{
	uint8_t *copy = malloc(length ? length : 1);
	bool good;

	memcpy(copy, message, length);
	good = dhcp6_read(copy, length, XID, mac, &lease);
	free(copy);
	return good;
}

static void everything_said(void **state)
{
	(void)state;
	assert_true(read_copy(reply, sizeof(reply)));
	assert_int_equal(lease.type, DHCP6_REPLY);
	assert_true(lease.has_address);
	assert_memory_equal(lease.address, reply + AT_ADDRESS, 16);
	assert_int_equal(lease.valid, 300);
	assert_int_equal(lease.renew, 100);
	assert_int_equal(lease.rebind, 200);
	assert_int_equal(lease.nr_dns, 1);
	assert_int_equal(lease.dns[0][15], 0x53);
	assert_int_equal(lease.server_length, 4);
}

static void times_left_to_us(void **state)
{
	uint8_t m[sizeof(reply)];

	(void)state;
	memcpy(m, reply, sizeof(m));
	memset(m + AT_T1, 0, 8);
	assert_true(read_copy(m, sizeof(m)));
	assert_int_equal(lease.renew, 150);
	assert_int_equal(lease.rebind, 240);
	memset(m + AT_VALID, 0xff, 4);
	assert_true(read_copy(m, sizeof(m)));
	assert_int_equal(lease.renew, DHCP6_FOREVER);
}

static void not_to_be_used(void **state)
{
	static const uint8_t refusal[] = { 0, 13, 0, 2, 0, 1 };
	uint8_t m[sizeof(reply) + sizeof(refusal)];

	(void)state;
	memcpy(m, reply, sizeof(reply));
	m[3] ^= 1;
	assert_false(read_copy(m, sizeof(reply)));	/* another exchange's */
	m[3] ^= 1;
	m[AT_CLIENT + 9] ^= 1;
	assert_false(read_copy(m, sizeof(reply)));	/* another client's */
	m[AT_CLIENT + 9] ^= 1;
	m[0] = 1;
	assert_false(read_copy(m, sizeof(reply)));	/* a client's */
	m[0] = 7;
	memcpy(m + sizeof(reply), refusal, sizeof(refusal));
	assert_false(read_copy(m, sizeof(m)));		/* UnspecFail, 21.13 */
	m[AT_ADDRESS] = 0xff;
	assert_true(read_copy(m, sizeof(reply)));
	assert_false(lease.has_address);		/* a group's */
	for (size_t i = 0; i < sizeof(reply); i++)
		if (read_copy(reply, i))
			assert_true(i == 26 || i == 70);	/* between two options */
}

/* 18.2: what each type must have, and what not. */
static void says_what_it_must(void **state)
{
	uint8_t m[DHCP6_MESSAGE_MAX];
	size_t solicit, request, rebind;

	(void)state;
	assert_true(read_copy(reply, sizeof(reply)));
	solicit = dhcp6_write(m, DHCP6_SOLICIT, XID, mac, 258, &lease);
	assert_memory_equal(m, "\1\xab\xcd\xef\0\1\0\x0a\0\3\0\1\2\0\0\0\0\1\0\x08\0\2\1\2", 24);
	request = dhcp6_write(m, DHCP6_REQUEST, XID, mac, 0, &lease);
	assert_memory_equal(m + 18, "\0\2\0\4\x09\x09\x09\x09", 8);
	assert_int_equal(request, solicit + 8 + 28);
	rebind = dhcp6_write(m, DHCP6_REBIND, XID, mac, 0, &lease);
	assert_int_equal(rebind, solicit + 28);
	assert_memory_equal(m + rebind - 24, lease.address, 16);
}

static void survives_noise(void **state)
{
	uint8_t m[sizeof(reply)];

	(void)state;
	srand(1);
	for (int round = 0; round < 200000; round++) {
		memcpy(m, reply, sizeof(m));
		for (int i = rand() % 6; i >= 0; i--)
			m[18 + rand() % (sizeof(m) - 18)] = rand();
		if (read_copy(m, sizeof(m) - rand() % 4) && lease.has_address)
			assert_true(lease.valid && lease.renew <= lease.rebind &&
				    lease.rebind <= lease.valid);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_said),
		cmocka_unit_test(times_left_to_us),
		cmocka_unit_test(not_to_be_used),
		cmocka_unit_test(says_what_it_must),
		cmocka_unit_test(survives_noise),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("dhcp6", tests, NULL, NULL);
}
