// SPDX-License-Identifier: GPL-2.0
/*
 * cycles.c - 1,000 stacks opened and closed in one process leave nothing behind
 *
 * Each has carried TCP and has a device, some a namespace with veth, and a second
 * thread, which ends before or after it. After a warm-up memory may grow by GROWTH_KB
 * in all the remaining cycles, half a page each, since malloc's heap breathes (a stack
 * that stayed is 2,800); file descriptors and threads not at all.
 *
 * timeout: 600
 */
#include "stack.h"

#include <dirent.h>
#include <pthread.h>
#include <sched.h>

enum { CYCLES = 1000, WARM_UP = 100, GROWTH_KB = 512 };

struct use {
	long rss_kb, fds, threads, maps;
};

static long count_dir(const char *path)
{
	DIR *dir = opendir(path);
	long n = 0;

	must(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

static void measure(struct use *u)
{
	char line[512];
	FILE *f = fopen("/proc/self/smaps_rollup", "r");

	must(f);
	u->rss_kb = -1;
	while (fgets(line, sizeof(line), f))
		sscanf(line, "Rss: %ld", &u->rss_kb);
	fclose(f);
	f = fopen("/proc/self/maps", "r");
	must(f);
	for (u->maps = 0; fgets(line, sizeof(line), f); u->maps++)
		;
	fclose(f);
	u->fds = count_dir("/proc/self/fd");
	u->threads = count_dir("/proc/self/task");
}

static int take_none(void *arg, const struct libos_frame *frames, int n)
{
	(void)arg;
	(void)frames;
	return n;
}

struct caller {
	pthread_t thread;
	struct libos *os;
	pthread_barrier_t started;
};

static void *call(void *arg)
{
	struct caller *c = arg;
	int fd = libos_socket(c->os, AF_INET, SOCK_DGRAM, 0);

	must(fd >= 0);
	pthread_barrier_wait(&c->started);
	return NULL;
}

static void one_cycle(int i)
{
	static const struct libos_netdev_ops ops = { .transmit = take_none };
	struct libos *os = stack_open_lo(NULL);
	struct caller c = { .os = os };

	stack_tcp_echo(os, 7000);
	must(libos_netdev_create(os, NULL, &ops, NULL));
	must(libos_configure(os, "link set eth0 up") == 0);
	if (i % 4 == 0) {
		must(!libos_unshare(os, CLONE_NEWNET));
		must(!libos_configure(os, "link add v0 type veth peer v1; link set v0 up"));
	}
	pthread_barrier_init(&c.started, NULL, 2);
	must(!pthread_create(&c.thread, NULL, call, &c));
	pthread_barrier_wait(&c.started);
	if (i % 2)
		pthread_join(c.thread, NULL);
	must(!libos_close(os));
	if (!(i % 2))
		pthread_join(c.thread, NULL);
	pthread_barrier_destroy(&c.started);
}

static void nothing_grows(void **state)
{
	int i, cycles = stack_env("LIBOS_TEST_CYCLES", CYCLES);
	struct use before, after;

	(void)state;
	for (i = 0; i < WARM_UP; i++)
		one_cycle(i);
	measure(&before);
	for (i = WARM_UP; i < cycles; i++)
		one_cycle(i);
	measure(&after);
	print_message("# after %d and %d cycles: %ld and %ld KiB, %ld and %ld fds, "
		      "%ld and %ld threads, %ld and %ld mappings\n", WARM_UP, cycles,
		      before.rss_kb, after.rss_kb, before.fds, after.fds, before.threads,
		      after.threads, before.maps, after.maps);
	assert_true(after.rss_kb > 0);
	assert_true(after.rss_kb <= before.rss_kb + GROWTH_KB);
	assert_int_equal(after.fds, before.fds);
	assert_int_equal(after.threads, before.threads);
	assert_true(after.maps <= before.maps + 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_grows),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("cycles", tests, NULL, NULL);
}
