// SPDX-License-Identifier: GPL-2.0
/*
 * stack_passt.c - a stack whose network is an ordinary user's, by passt(1)
 *
 * passt runs as nobody in a namespace with the address 10.9.0.1; the stack has the
 * same address, and what it sends to the gateway's, 10.9.0.254, reaches the loopback
 * of the namespace, as passt(1) says of --no-map-gw. A connection to the namespace's
 * port 7001 goes to the stack (-t).
 *
 * sanitize: no
 */
#include "../stack/exchange.h"

#include "netns.h"
#include "run_passt.h"

enum { BYTES = 32 << 20 };

/*
 * Each test has its own passt: that of Debian 12 goes round for ever, now and then, at a
 * connection's end (doc/limits.md).
 */

static struct libos *os;

static int open_stack(void **state)
{
	struct libos_netdev_config config = { .name = "eth0" };
	char spec[32];
	int fd = run_passt("-t", "7001");

	(void)state;
	must(fd >= 0);
	os = stack_open_lo(NULL);
	snprintf(spec, sizeof(spec), "fd:%d", fd);
	must(libos_netdev_open(os, &config, spec));
	must(!libos_configure(os, "addr add 10.9.0.1/24 dev eth0; link set eth0 up; "
			      "route add default via 10.9.0.254"));
	return 0;
}

static int close_stack(void **state)
{
	(void)state;
	must(!libos_close(os));
	return run_passt_end();
}

/* The server sees the namespace's own address as its client's. */
static void fetches_from_the_host(void **state)
{
	(void)state;
	exchange_tcp_as(os, NULL, "10.9.0.254", "127.0.0.1", 7000, BYTES);
}

/* passt has to have heard the stack before it can send to it. */
static void say_something(void)
{
	struct sockaddr_storage ss;
	socklen_t len = stack_addr(&ss, "10.9.0.254", 9);
	int fd = libos_socket(os, AF_INET, SOCK_DGRAM, 0);

	must(fd >= 0);
	must(libos_sendto(os, fd, "", 1, 0, (struct sockaddr *)&ss, len) == 1);
	must(!libos_close_fd(os, fd));
	usleep(200000);
}

static void serves_the_host(void **state)
{
	int i;

	(void)state;
	say_something();
	/* passt opens its ports shortly after its start. */
	for (i = 0; i < 50 && !netns_try("ss -Htln 'sport = 7001' | grep -q 7001"); i++)
		usleep(100000);
	exchange_tcp_as(NULL, os, "127.0.0.1", "0.0.0.0", 7001, BYTES);
}

static void asks_by_datagrams(void **state)
{
	struct sockaddr_storage ss;
	socklen_t len = stack_addr(&ss, "127.0.0.1", 7002);
	struct timeval tv = { .tv_sec = 10 };
	uint8_t out[1400], in[1400];
	int server = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), fd, i;

	(void)state;
	assert_int_equal(bind(server, (struct sockaddr *)&ss, len), 0);
	setsockopt(server, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	fd = libos_socket(os, AF_INET, SOCK_DGRAM, 0);
	libos_setsockopt(os, fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	assert_int_equal(stack_connect(os, fd, "10.9.0.254", 7002), 0);
	for (i = 0; i < 20; i++) {
		stack_fill(i, 0, out, sizeof(out));
		assert_int_equal(libos_send(os, fd, out, sizeof(out), 0), sizeof(out));
		len = sizeof(ss);
		assert_int_equal(recvfrom(server, in, sizeof(in), 0, (struct sockaddr *)&ss, &len),
				 sizeof(in));
		assert_memory_equal(in, out, sizeof(in));
		assert_int_equal(sendto(server, in, sizeof(in), 0, (struct sockaddr *)&ss, len),
				 sizeof(in));
		memset(in, 0, sizeof(in));
		assert_int_equal(libos_recv(os, fd, in, sizeof(in), 0), sizeof(in));
		assert_memory_equal(in, out, sizeof(in));
	}
	close(server);
	libos_close_fd(os, fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(fetches_from_the_host, open_stack, close_stack),
		cmocka_unit_test_setup_teardown(serves_the_host, open_stack, close_stack),
		cmocka_unit_test_setup_teardown(asks_by_datagrams, open_stack, close_stack),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	run_passt_enter();
	return cmocka_run_group_tests_name("stack_passt", tests, NULL, NULL);
}
