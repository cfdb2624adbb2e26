// SPDX-License-Identifier: GPL-2.0
/*
 * sys_module.c - /sys/module has what is built in, whoever looks first and however
 *
 * It is filled at the first look (kernel/arch/lib/kernel/sysfs.c): by name, by several threads
 * at once, as a directory, or by a second mount.
 */
#include "stack.h"

#include <dirent.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/syscall.h>

#define PARAMETER "/sys/module/tcp_cubic/parameters/beta"

static void has_parameter(struct libos *os, const char *path)
{
	char text[64];

	must(stack_read_file(os, path, text, sizeof(text)) > 0);
	must(atoi(text) == 717);
}

static void *look(void *os)
{
	has_parameter(os, PARAMETER);
	return NULL;
}

/* How many names the directory has, beside . and .. */
static int entries(struct libos *os, const char *path)
{
	char buf[4096];
	int n = 0, fd = libos_open_file(os, path, O_RDONLY | O_DIRECTORY, 0);
	long got, at;

	must(fd >= 0);
	while ((got = libos_syscall(os, SYS_getdents64, fd, buf, sizeof(buf))) > 0)
		for (at = 0; at < got; at += *(unsigned short *)(buf + at + 16))
			n += buf[at + 19] != '.';
	libos_close_fd(os, fd);
	return n;
}

static void by_name(void **state)
{
	struct libos *os = stack_open(NULL);

	(void)state;
	has_parameter(os, PARAMETER);
	assert_int_equal(libos_close(os), 0);
}

static void by_threads_at_once(void **state)
{
	(void)state;
	stack_at_once(look);
}

static void as_a_directory(void **state)
{
	struct libos *os = stack_open(NULL);

	(void)state;
	assert_true(entries(os, "/sys/module") > 20);
	assert_true(entries(os, "/sys/module/tcp_cubic/parameters") > 3);
	assert_int_equal(libos_close(os), 0);
}

static void by_a_second_mount(void **state)
{
	struct libos *os = stack_open(NULL);

	(void)state;
	must(!libos_unshare(os, CLONE_NEWNET));
	must(!libos_syscall(os, SYS_mkdir, "/tmp/sys", 0755));
	must(!libos_syscall(os, SYS_mount, "none", "/tmp/sys", "sysfs", 0, NULL));
	has_parameter(os, "/tmp/sys/module/tcp_cubic/parameters/beta");
	has_parameter(os, PARAMETER);
	assert_int_equal(libos_close(os), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_name),
		cmocka_unit_test(by_threads_at_once),
		cmocka_unit_test(as_a_directory),
		cmocka_unit_test(by_a_second_mount),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("sys_module", tests, NULL, NULL);
}
