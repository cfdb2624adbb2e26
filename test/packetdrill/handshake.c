// SPDX-License-Identifier: GPL-2.0
/*
 * handshake.c - connections from both sides, over IPv4, IPv6, and IPv4 with IPv6 sockets
 *
 * The options that are expected are those of the kernel's own packetdrill scripts
 * (tools/testing/selftests/net/packetdrill in 6.12).
 */
#include "driver.h"

/* mss 1460, sackOK, nop, nop, nop, wscale 7 */
static const uint8_t syn[] = { 2, 4, 5, 0xb4, 4, 2, 1, 1, 1, 3, 3, 7 };

/* mss @mss, nop, nop, sackOK, nop, wscale 8 */
static void expect_synack_options(const struct segment *s, int mss)
{
	const uint8_t expected[] = { 2, 4, mss >> 8, mss, 1, 1, 4, 2, 1, 3, 3, 8 };

	assert_int_equal(s->options_len, sizeof(expected));
	assert_memory_equal(s->options, expected, sizeof(expected));
}

static void server(enum driver_mode mode, const char *flags, int mss)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	int listener, fd, value;
	struct segment s;
	struct driver d;
	uint8_t buf[3000];

	driver_begin(&d, mode, flags);
	listener = driver_listen(&d);
	/* A script's events are at its times, not a microsecond off. */
	driver_at(&d, 100 * MS);
	driver_tcp(&d, "S", 0, 0, 0, 32792, syn, sizeof(syn));
	driver_expect_segment(&d, &s, 100 * MS, "S.", 0, 0, 1);
	assert_memory_equal(s.source, d.local, mode == DRIVER_V6 ? 16 : 4);
	expect_synack_options(&s, mss);
	driver_at(&d, 200 * MS);
	driver_tcp(&d, ".", 1, 0, 1, 257, NULL, 0);
	fd = CALL(&d, accept, listener, (struct sockaddr *)&ss, &len);
	assert_true(fd >= 0);
	assert_int_equal(ss.ss_family, driver_domain(&d));

	driver_at(&d, 300 * MS);
	driver_tcp(&d, "P.", 1, 1000, 1, 257, NULL, 0);
	driver_expect(&d, 300 * MS, ".", 1, 0, 1001);
	assert_int_equal(CALL(&d, ioctl, fd, 0x541b /* SIOCINQ */, &value), 0);
	assert_int_equal(value, 1000);
	assert_int_equal(CALL(&d, read, fd, buf, sizeof(buf)), 1000);
	memset(buf, 0, sizeof(buf));
	assert_int_equal(CALL(&d, write, fd, buf, 2000), 2000);
	/*
	 * Segments are handed over uncut, as a tun device with offloads does. To look at
	 * the last packet took the script a microsecond.
	 */
	driver_expect(&d, 300 * MS + 1, "P.", 1, 2000, 1001);
	assert_int_equal(CALL(&d, ioctl, fd, 0x5411 /* SIOCOUTQ */, &value), 0);
	assert_int_equal(value, 2000);
	driver_at(&d, 400 * MS);
	driver_tcp(&d, ".", 1001, 0, 2001, 257, NULL, 0);
	assert_int_equal(CALL(&d, ioctl, fd, 0x5411, &value), 0);
	assert_int_equal(value, 0);
	assert_int_equal(CALL(&d, close, fd), 0);
	driver_expect(&d, 400 * MS, "F.", 2001, 0, 1001);
	assert_int_equal(CALL(&d, close, listener), 0);
	driver_end(&d);
}

static void server_v4(void **state)
{
	(void)state;
	server(DRIVER_V4, NULL, 1460);
}

static void server_v6(void **state)
{
	(void)state;
	server(DRIVER_V6, NULL, 1440);
}

/* So the kernel's tests have the same MSS for both. */
static void server_v6_mtu(void **state)
{
	(void)state;
	server(DRIVER_V6, "mtu=1520", 1460);
}

static void server_mapped(void **state)
{
	(void)state;
	server(DRIVER_MAPPED, NULL, 1460);
}

static void client(enum driver_mode mode, const char *flags, const char *source, int mss)
{
	/* mss, sackOK, TS val … ecr 0, nop, wscale 8 */
	const uint8_t expected[] = { 2, 4, mss >> 8, mss, 4, 2, 8, 10 };
	const uint8_t tail[] = { 0, 0, 0, 0, 1, 3, 3, 8 };
	struct sockaddr_storage ss;
	struct segment s;
	struct driver d;
	socklen_t len;
	int fd, error;

	driver_begin(&d, mode, flags);
	fd = CALL(&d, socket, driver_domain(&d), SOCK_STREAM, IPPROTO_TCP);
	assert_int_equal(CALL(&d, fcntl, fd, F_GETFL), O_RDWR);
	assert_int_equal(CALL(&d, fcntl, fd, F_SETFL, O_RDWR | O_NONBLOCK), 0);
	len = driver_remote(&d, &ss);
	assert_int_equal(CALL(&d, connect, fd, (struct sockaddr *)&ss, len), -1);
	assert_int_equal(errno, EINPROGRESS);
	/* The port is any: the script learns it from the SYN. */
	assert_true(driver_next(&d, &s));
	d.local_port = s.source_port;
	assert_string_equal(s.flags, "S");
	assert_int_equal(s.at, 0);
	assert_int_equal(s.port, d.remote_port);
	inet_pton(mode == DRIVER_V6 ? AF_INET6 : AF_INET, source, d.local);
	assert_memory_equal(s.source, d.local, mode == DRIVER_V6 ? 16 : 4);
	assert_int_equal(s.options_len, 20);
	assert_memory_equal(s.options, expected, sizeof(expected));
	assert_memory_equal(s.options + 12, tail, sizeof(tail));
	driver_at(&d, 10 * MS);
	driver_tcp(&d, "S.", 0, 0, 1, 5792, syn, sizeof(syn));
	driver_expect(&d, 10 * MS, ".", 1, 0, 1);
	len = sizeof(error);
	assert_int_equal(CALL(&d, getsockopt, fd, SOL_SOCKET, SO_ERROR, &error, &len), 0);
	assert_int_equal(error, 0);
	driver_tcp(&d, "R.", 1, 0, 1, 5792, NULL, 0);
	assert_int_equal(CALL(&d, recv, fd, &error, sizeof(error), 0), -1);
	assert_int_equal(errno, ECONNRESET);
	assert_int_equal(CALL(&d, close, fd), 0);
	driver_end(&d);
}

static void client_v4(void **state)
{
	(void)state;
	client(DRIVER_V4, NULL, "192.168.0.1", 1460);
}

static void client_v6(void **state)
{
	(void)state;
	client(DRIVER_V6, "mtu=1520", "fd3d:a0b:17d6::1", 1460);
}

static void client_mapped(void **state)
{
	(void)state;
	client(DRIVER_MAPPED, NULL, "192.168.0.1", 1460);
}

static void client_with_addresses(void **state)
{
	(void)state;
	client(DRIVER_V4, "local=10.1.2.3/24,remote=192.0.2.0/24", "10.1.2.3", 1460);
}

/* The addresses of the kernel's tests: the remote one is in packetdrill's local prefix. */
static void addresses_of_the_kernels_tests(void **state)
{
	int listener, fd;
	struct driver d;

	(void)state;
	driver_begin(&d, DRIVER_V6, NULL);
	inet_pton(AF_INET6, "fd3d:a0b:17d6::1", d.local);
	inet_pton(AF_INET6, "fd3d:fa7b:d17d::1", d.remote);
	listener = driver_listen(&d);
	fd = driver_accepted(&d, listener);
	assert_int_equal(CALL(&d, close, fd), 0);
	driver_expect(&d, 1, "F.", 1, 0, 1);
	driver_end(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(server_v4),
		cmocka_unit_test(server_v6),
		cmocka_unit_test(server_v6_mtu),
		cmocka_unit_test(server_mapped),
		cmocka_unit_test(client_v4),
		cmocka_unit_test(client_v6),
		cmocka_unit_test(client_mapped),
		cmocka_unit_test(client_with_addresses),
		cmocka_unit_test(addresses_of_the_kernels_tests),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("handshake", tests, NULL, NULL);
}
