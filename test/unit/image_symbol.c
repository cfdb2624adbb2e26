// SPDX-License-Identifier: GPL-2.0
/*
 * image_symbol.c - addresses of an image have the names that nm(1) says
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "image.h"

static char path[4096];

/* The name between two spaces, and its offset and size, of nm's first line of that function */
static void symbol(const char *name, unsigned long *at, unsigned long *size)
{
	char command[5000];
	FILE *nm;

	snprintf(command, sizeof(command), "nm -S %s | awk '$4 == \"%s\" { print $1, $2; exit }'",
		 path, name);
	nm = popen(command, "re");
	assert_non_null(nm);
	assert_int_equal(fscanf(nm, "%lx %lx", at, size), 2);
	pclose(nm);
}

/* A return address is behind the call, which may be the function's last instruction. */
static void addresses_have_names(void **state)
{
	unsigned long at, size;
	char got[100], want[100];
	struct image image;

	(void)state;
	assert_int_equal(image_map(&image, NULL, path, 16 << 20, 0), 0);
	symbol("tcp_sendmsg", &at, &size);
	at += (unsigned long)image.base;
	image_symbol(&image, at + 1, false, got, sizeof(got));
	snprintf(want, sizeof(want), "tcp_sendmsg+0x1/0x%lx", size);
	assert_string_equal(got, want);
	image_symbol(&image, at, false, got, sizeof(got));
	assert_memory_equal(got, "tcp_sendmsg+0x0/", 16);
	image_symbol(&image, at, true, got, sizeof(got));
	assert_memory_not_equal(got, "tcp_sendmsg", 11);
	image_symbol(&image, at + size, true, got, sizeof(got));
	snprintf(want, sizeof(want), "tcp_sendmsg+0x%lx/0x%lx", size, size);
	assert_string_equal(got, want);
	image_symbol(&image, at + size, false, got, sizeof(got));
	assert_memory_not_equal(got, "tcp_sendmsg", 11);
	image_symbol(&image, 0x18, false, got, sizeof(got));
	assert_string_equal(got, "0x18");
	image_symbol(&image, (unsigned long)image.arena, true, got, sizeof(got));
	assert_memory_equal(got, "0x", 2);
	/* A buffer that is too small */
	image_symbol(&image, at, false, got, 5);
	assert_string_equal(got, "tcp_");
	image_unmap(&image);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_have_names),
	};

	snprintf(path, sizeof(path), "%s/liblinux-%s.so", getenv("LIBOS_IMAGE_PATH"),
		 getenv("LIBOS_RELEASE"));
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("image_symbol", tests, NULL, NULL);
}
