// SPDX-License-Identifier: GPL-2.0
/*
 * proc_sys.c - /proc/sys/net has a namespace's files, whoever looks first and through which mount
 *
 * They are made at the first look (kernel/arch/lib/kernel/sysctl.c); test/program/sysctl.sh has
 * what comes and goes before and after.
 */
#include "stack.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/syscall.h>

static void has_files(struct libos *os, const char *proc)
{
	static const struct {
		const char *name;
		int value;
	} files[] = {
		{ "net/ipv4/conf/lo/forwarding", 0 },
		{ "net/ipv6/conf/all/hop_limit", 64 },
		{ "net/ipv4/neigh/lo/unres_qlen", 101 },
		{ "net/ipv6/neigh/default/gc_thresh3", 1024 },
	};
	char path[100], text[64];
	size_t i;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "%s/sys/%s", proc, files[i].name);
		must(stack_read_file(os, path, text, sizeof(text)) > 0);
		must(atoi(text) == files[i].value);
	}
}

static void *look(void *os)
{
	has_files(os, "/proc");
	return NULL;
}

static void by_threads_at_once(void **state)
{
	(void)state;
	stack_at_once(look);
}

static void by_a_second_mount(void **state)
{
	struct libos *os = stack_open(NULL);

	(void)state;
	must(!libos_syscall(os, SYS_mkdir, "/tmp/proc", 0755));
	must(!libos_syscall(os, SYS_mount, "none", "/tmp/proc", "proc", 0, NULL));
	has_files(os, "/tmp/proc");
	has_files(os, "/proc");
	assert_int_equal(libos_close(os), 0);
}

static void by_its_directory(void **state)
{
	struct libos *os = stack_open(NULL);
	char buf[4096];
	int fd;

	(void)state;
	fd = libos_open_file(os, "/proc/sys/net", O_RDONLY | O_DIRECTORY, 0);
	must(fd >= 0);
	must(libos_syscall(os, SYS_getdents64, fd, buf, sizeof(buf)) > 10 * 24);
	assert_int_equal(libos_close_fd(os, fd), 0);
	assert_int_equal(libos_close(os), 0);
}

/* Of each namespace, while others have not been looked at, and are closed so. */
static void of_namespaces(void **state)
{
	struct libos *os = stack_open(NULL);
	int i;

	(void)state;
	for (i = 0; i < 20; i++) {
		must(!libos_unshare(os, CLONE_NEWNET));
		if (i % 3 == 0)
			must(!libos_syscall(os, SYS_access, "/proc/sys/net/ipv4/ip_forward", 0));
	}
	assert_int_equal(libos_close(os), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_threads_at_once),
		cmocka_unit_test(by_a_second_mount),
		cmocka_unit_test(by_its_directory),
		cmocka_unit_test(of_namespaces),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("proc_sys", tests, NULL, NULL);
}
