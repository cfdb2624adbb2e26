// SPDX-License-Identifier: GPL-2.0
/*
 * many.c - many stacks in one process, of one release or of both
 */
#include "exchange.h"

#include <sys/stat.h>

enum { STACKS = 100 };

static long count_threads(void)
{
	char line[256];
	FILE *f = fopen("/proc/self/status", "r");
	long n = 0;

	must(f);
	while (fgets(line, sizeof(line), f))
		sscanf(line, "Threads: %ld", &n);
	fclose(f);
	return n;
}

/* Its loopback carries a datagram of its own to itself: no other's arrives. */
static void echo(struct libos *os, int number)
{
	int fd = libos_socket(os, AF_INET, SOCK_DGRAM, 0), in = -1;

	must(fd >= 0 && !stack_bind(os, fd, "127.0.0.1", 7000));
	must(!stack_connect(os, fd, "127.0.0.1", 7000));
	must(libos_send(os, fd, &number, sizeof(number), 0) == sizeof(number));
	must(libos_recv(os, fd, &in, sizeof(in), 0) == sizeof(in));
	assert_int_equal(in, number);
	must(libos_recv(os, fd, &in, sizeof(in), MSG_DONTWAIT) == -1 && errno == EAGAIN);
	must(!libos_close_fd(os, fd));
}

static void a_hundred_at_once(void **state)
{
	static struct libos *os[STACKS];
	struct libos_options o = { .memory = 16 << 20 };
	int i, round;

	(void)state;
	for (i = 0; i < STACKS; i++)
		os[i] = stack_open_lo(&o);
	/* One service thread for all. */
	assert_true(count_threads() <= 2);
	for (round = 0; round < 3; round++)
		for (i = 0; i < STACKS; i++)
			echo(os[i], round * STACKS + i);
	/* In an order of its own. */
	for (i = 0; i < STACKS; i++)
		assert_int_equal(libos_close(os[i * 37 % STACKS]), 0);
}

static bool image_exists(const char *release)
{
	const char *dir = getenv("LIBOS_IMAGE_PATH");
	struct stat st;
	char path[4096];

	snprintf(path, sizeof(path), "%s/liblinux-%s.so", dir ? dir : "build", release);
	return !stat(path, &st);
}

static void two_releases_meet(void **state)
{
	static const char *const release[] = { "6.12", "6.1" };
	struct libos_netdev_config config = { .name = "eth0" };
	struct libos *os[2];
	int i;

	(void)state;
	if (!image_exists(release[0]) || !image_exists(release[1])) {
		print_message("# one of the images is not built\n");
		skip();
	}
	for (i = 0; i < 2; i++) {
		struct libos_options o = { .release = release[i] };

		os[i] = stack_open_lo(&o);
		assert_memory_equal(libos_release(os[i]), release[i], strlen(release[i]));
	}
	assert_string_not_equal(libos_release(os[0]), libos_release(os[1]));
	assert_int_equal(libos_netdev_pair(os[0], &config, os[1], &config, NULL), 0);
	assert_int_equal(libos_configure(os[0], "addr add 10.0.0.1/24 dev eth0; "
					 "link set eth0 up"), 0);
	assert_int_equal(libos_configure(os[1], "addr add 10.0.0.2/24 dev eth0; "
					 "link set eth0 up"), 0);
	assert_true(exchange_ping(os[0], "10.0.0.2", 1000));
	exchange_tcp(os[0], os[1], "10.0.0.2", 7000, 64 << 20);
	exchange_tcp(os[1], os[0], "10.0.0.1", 7000, 64 << 20);
	assert_int_equal(libos_close(os[0]), 0);
	assert_int_equal(libos_close(os[1]), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_hundred_at_once),
		cmocka_unit_test(two_releases_meet),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("many", tests, NULL, NULL);
}
