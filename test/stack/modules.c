// SPDX-License-Identifier: GPL-2.0
/*
 * modules.c - what a machine loads as a module begins when it is asked for, or from the boot on
 *
 * kernel/arch/lib/kernel/module.c; test/program/module.sh has each at work.
 */
#include "stack.h"

#include <sys/syscall.h>

/* RDS listens where it is: TCP port 16385, of any address of IPv6's */
static int listens(struct libos *os)
{
	char text[8192];

	must(stack_read_file(os, "/proc/net/tcp6", text, sizeof(text)) > 0);
	return strstr(text, ":4001 00000000000000000000000000000000:0000 0A") != NULL;
}

static void *ask(void *os)
{
	long fd = libos_syscall(os, SYS_socket, AF_RDS, SOCK_SEQPACKET, 0);

	must(fd >= 0);
	must(!libos_close_fd(os, fd));
	return NULL;
}

static void by_threads_at_once(void **state)
{
	(void)state;
	stack_at_once(ask);
}

static void not_before(void **state)
{
	struct libos *os = stack_open(NULL);

	(void)state;
	assert_false(listens(os));
	ask(os);
	assert_true(listens(os));
	assert_int_equal(libos_close(os), 0);
}

static void from_the_boot_on(void **state)
{
	struct libos_options options = { .cmdline = "modules=ip_vs,rds" };
	struct libos *os = stack_open(&options);
	char text[8192];

	(void)state;
	assert_true(listens(os));
	must(stack_read_file(os, "/proc/net/ip_vs", text, sizeof(text)) > 0);
	assert_non_null(strstr(text, "IP Virtual Server"));
	ask(os);
	assert_int_equal(libos_close(os), 0);
}

static void another_family_stays_unknown(void **state)
{
	struct libos *os = stack_open(NULL);

	(void)state;
	assert_int_equal(libos_syscall(os, SYS_socket, AF_X25, SOCK_SEQPACKET, 0), -1);
	assert_int_equal(errno, EAFNOSUPPORT);
	assert_false(listens(os));
	assert_int_equal(libos_close(os), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(not_before),
		cmocka_unit_test(by_threads_at_once),
		cmocka_unit_test(from_the_boot_on),
		cmocka_unit_test(another_family_stays_unknown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("modules", tests, NULL, NULL);
}
