// SPDX-License-Identifier: GPL-2.0
/*
 * wire_rfc.c - the frames the other tests send are those of the RFCs
 *
 * release: none
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "wire.h"

/* RFC 1071, section 3: 0001 f203 f4f5 f6f7 add up to ddf2 */
static void checksum_of_rfc_1071(void **state)
{
	static const uint8_t data[] = { 0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7 };

	(void)state;
	assert_int_equal(wire_checksum(data, 8, 0), 0xffff - 0xddf2);
}

/* An odd last byte counts as the high one: ddf2 + 8000 = 15df2, 5df3 folded. */
static void checksum_of_an_odd_length(void **state)
{
	static const uint8_t data[] = { 0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7, 0x80 };

	(void)state;
	assert_int_equal(wire_checksum(data, 9, 0), 0xffff - 0x5df3);
}

/* 0a09 + 0002 + 0a09 + 0001 + 17 + 8 = 142e, by hand */
static void pseudo_header(void **state)
{
	const struct wire_end a = { .ip = 0x0a090002 }, b = { .ip = 0x0a090001 };

	(void)state;
	assert_int_equal(wire_pseudo(&a, &b, 17, 8), 0x142e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(checksum_of_rfc_1071),
		cmocka_unit_test(checksum_of_an_odd_length),
		cmocka_unit_test(pseudo_header),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("wire", tests, NULL, NULL);
}
