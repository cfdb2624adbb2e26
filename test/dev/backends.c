// SPDX-License-Identifier: GPL-2.0
/*
 * backends.c - the table of back ends and what libos.h says of it
 *
 * release: none
 */
#include <stdarg.h>
#include <setjmp.h>
#include "fake.h"
#include <cmocka.h>

#include <errno.h>
#include <string.h>

/* The list in include/libos.h, libos_netdev_open() */
static const char *const documented[] = { "tap", "packet", "xdp", "stream", "fd", "pcap" };

static void all_that_are_documented(void **state)
{
	size_t n = sizeof(documented) / sizeof(documented[0]);

	(void)state;
	for (size_t i = 0; i < n; i++) {
		const struct dev_backend *found = dev_backend_find(documented[i],
								   strlen(documented[i]));

		assert_non_null(found);
		assert_string_equal(found->name, documented[i]);
	}
	assert_null(dev_backends[n]);
}

static void every_operation_is_there(void **state)
{
	(void)state;
	for (int i = 0; dev_backends[i]; i++) {
		const struct dev_backend *b = dev_backends[i];

		assert_true(b->open && b->transmit && b->receive && b->writable && b->close);
		assert_memory_equal(b->usage, b->name, strlen(b->name));
		assert_int_equal(b->usage[strlen(b->name)], ':');
	}
}

static void names_match_as_a_whole(void **state)
{
	(void)state;
	assert_null(dev_backend_find("", 0));
	assert_null(dev_backend_find("ta", 2));
	assert_null(dev_backend_find("taps", 4));
	assert_non_null(dev_backend_find("tap:eth0", 3));
	assert_null(dev_backend_find("TAP", 3));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_that_are_documented),
		cmocka_unit_test(every_operation_is_there),
		cmocka_unit_test(names_match_as_a_whole),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("backends", tests, NULL, NULL);
}
