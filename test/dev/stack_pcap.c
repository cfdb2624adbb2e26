// SPDX-License-Identifier: GPL-2.0
/*
 * stack_pcap.c - what a stack sends is written to a capture, and another one hears it
 *
 * sanitize: no
 */
#include "../stack/stack.h"

#include <pcap/pcap.h>

enum { DATAGRAMS = 500, HEADERS = 14 + 20 + 8 };

static char file[] = "/tmp/stack_pcapXXXXXX";

/* Datagrams of growing length to 10.0.0.2, a millisecond of virtual time apart. */
static void sends_into_a_capture(void **state)
{
	struct libos_options o = { .clock = LIBOS_CLOCK_VIRTUAL };
	struct libos_netdev_config config = { .name = "eth0", .mac = { 2, 0, 0, 0, 0, 1 } };
	struct libos *os = stack_open(&o);
	char spec[64];
	uint8_t buf[1472];
	int fd, i;

	(void)state;
	snprintf(spec, sizeof(spec), "pcap:,%s", file);
	assert_non_null(libos_netdev_open(os, &config, spec));
	assert_int_equal(libos_configure(os, "addr add 10.0.0.1/24 dev eth0; "
					 "sysctl net.ipv6.conf.eth0.disable_ipv6=1; "
					 "link set eth0 up; "
					 "neigh add 10.0.0.2 lladdr 02:00:00:00:00:02 dev eth0"), 0);
	fd = libos_socket(os, AF_INET, SOCK_DGRAM, 0);
	assert_int_equal(stack_connect(os, fd, "10.0.0.2", 7000), 0);
	for (i = 0; i < DATAGRAMS; i++) {
		uint64_t now = libos_clock_advance(os, 0), until = now + 1000000;
		int steps;

		for (steps = 0; steps < 1000 && now < until; steps++)
			now = libos_clock_advance(os, until);
		assert_true(now == until);
		stack_fill(i, 0, buf, sizeof(buf));
		assert_int_equal(libos_send(os, fd, buf, i * 2 + 4, 0), i * 2 + 4);
	}
	assert_int_equal(libos_close(os), 0);
}

/* Read by libpcap: every datagram in order, with its checksum, and at its time. */
static void as_libpcap_reads_it(void **state)
{
	char errbuf[PCAP_ERRBUF_SIZE];
	pcap_t *p = pcap_open_offline_with_tstamp_precision(file, PCAP_TSTAMP_PRECISION_NANO,
							    errbuf);
	struct pcap_pkthdr *h;
	uint64_t last = 0;
	const uint8_t *data;
	int i = 0;

	(void)state;
	assert_non_null(p);
	assert_int_equal(pcap_datalink(p), DLT_EN10MB);
	while (pcap_next_ex(p, &h, &data) == 1) {
		uint64_t at = h->ts.tv_sec * STACK_NSEC + h->ts.tv_usec;
		uint32_t sum, k, len = h->caplen;

		if (len < HEADERS || data[12] != 8 || data[23] != 17)
			continue;
		assert_int_equal(len, HEADERS + i * 2 + 4);
		assert_true(stack_same(i, 0, data + HEADERS, len - HEADERS));
		if (i)
			assert_int_equal(at - last, 1000000);
		last = at;
		/* RFC 768: pseudo header, header, data; all of it sums to 0xffff */
		sum = 17 + len - 34;
		for (k = 26; k < len; k += 2)
			sum += data[k] << 8 | data[k + 1];
		while (sum >> 16)
			sum = (sum & 0xffff) + (sum >> 16);
		assert_int_equal(sum, 0xffff);
		i++;
	}
	assert_int_equal(i, DATAGRAMS);
	pcap_close(p);
}

static void another_stack_hears_it(void **state)
{
	struct libos_netdev_config config = { .name = "eth0", .mac = { 2, 0, 0, 0, 0, 2 } };
	struct libos *os = stack_open(NULL);
	struct timeval tv = { .tv_sec = 10 };
	char spec[64];
	uint8_t buf[2000];
	int fd, i, size = 4 << 20;

	(void)state;
	/* First the socket: frames come as fast as they are read. */
	fd = libos_socket(os, AF_INET, SOCK_DGRAM, 0);
	assert_int_equal(stack_bind(os, fd, "0.0.0.0", 7000), 0);
	libos_setsockopt(os, fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	libos_setsockopt(os, fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	snprintf(spec, sizeof(spec), "pcap:%s,/dev/null", file);
	/* The address is there before the interface: on the loopback. */
	assert_int_equal(libos_configure(os, "link set lo up; addr add 10.0.0.2/32 dev lo; "
					 "sysctl net.ipv4.conf.all.rp_filter=0; "
					 "sysctl net.ipv4.conf.default.rp_filter=0"), 0);
	if (!libos_netdev_open(os, &config, spec)) {
		snprintf(spec, sizeof(spec), "pcap:%s,%s.out", file, file);
		assert_non_null(libos_netdev_open(os, &config, spec));
	}
	assert_int_equal(libos_configure(os, "link set eth0 up"), 0);
	for (i = 0; i < DATAGRAMS; i++) {
		ssize_t n = libos_recv(os, fd, buf, sizeof(buf), 0);

		if (n != i * 2 + 4)
			print_message("# datagram %d: %zd bytes\n", i, n);
		assert_int_equal(n, i * 2 + 4);
		assert_true(stack_same(i, 0, buf, n));
	}
	assert_int_equal(libos_close(os), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sends_into_a_capture),
		cmocka_unit_test(as_libpcap_reads_it),
		cmocka_unit_test(another_stack_hears_it),
	};
	char out[64];
	int failed;

	cmocka_set_message_output(CM_OUTPUT_TAP);
	close(mkstemp(file));
	failed = cmocka_run_group_tests_name("stack_pcap", tests, NULL, NULL);
	snprintf(out, sizeof(out), "%s.out", file);
	unlink(out);
	unlink(file);
	return failed;
}
