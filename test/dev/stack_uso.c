// SPDX-License-Identifier: GPL-2.0
/*
 * stack_uso.c - segmentation of UDP (UDP_SEGMENT, UDP_GRO) left to a device, or not
 *
 * A sender hands over 31 datagrams in one call. Where the device's other side cuts them
 * they leave as one frame with virtio's header (virtio 1.2, 5.1.6: VIRTIO_NET_HDR_GSO_UDP_L4),
 * else as 31. The receiver gets the same either way.
 *
 * sanitize: no
 */
#include "../stack/exchange.h"

#include "wire.h"

enum {
	GSO_UDP_L4 = 5,		/* VIRTIO_NET_HDR_… */
	NEEDS_CSUM = 1,
	FRAMES = 64,
	PORT = 7000,
};

/* What a device transmitted. */
static struct {
	struct libos_frame frame;
	struct iovec iov;
	uint8_t data[65536];
} caught[FRAMES];
static int nr_caught;

static bool is_udp(const uint8_t *data)
{
	return (wire_get16(data + 12) == 0x0800 && data[WIRE_ETH + 9] == 17) ||
	       (wire_get16(data + 12) == 0x86dd && data[WIRE_ETH + 6] == 17);
}

static int catch(void *arg, const struct libos_frame *frames, int n)
{
	int i, k;

	(void)arg;
	for (i = 0; i < n; i++) {
		size_t len = 0;

		must(nr_caught < FRAMES && frames[i].len <= sizeof(caught[0].data));
		for (k = 0; k < frames[i].niov; k++) {
			memcpy(caught[nr_caught].data + len, frames[i].iov[k].iov_base,
			       frames[i].iov[k].iov_len);
			len += frames[i].iov[k].iov_len;
		}
		must(len == frames[i].len);
		if (!is_udp(caught[nr_caught].data))
			continue;
		caught[nr_caught].iov = (struct iovec){ caught[nr_caught].data, len };
		caught[nr_caught].frame = frames[i];
		caught[nr_caught].frame.niov = 1;
		caught[nr_caught].frame.iov = &caught[nr_caught].iov;
		nr_caught++;
	}
	return n;
}

/* @last: of its addresses, and of its MAC address */
static struct libos_netdev *device(struct libos *os, uint32_t features, int last)
{
	static const struct libos_netdev_ops ops = { .transmit = catch };
	struct libos_netdev_config config = {
		.name = "eth0", .mac = { 2, 0, 0, 0, 0, last }, .features = features,
	};
	struct libos_netdev *dev = libos_netdev_create(os, &config, &ops, NULL);
	char command[400];

	must(dev);
	snprintf(command, sizeof(command),
		 "sysctl net.ipv6.conf.eth0.dad_transmits=0; link set eth0 up\n"
		 "addr add 10.0.0.%d/24 dev eth0; addr add fd00::%d/64 dev eth0 nodad\n"
		 "neigh add 10.0.0.%d lladdr 02:00:00:00:00:0%d dev eth0\n"
		 "neigh add fd00::%d lladdr 02:00:00:00:00:0%d dev eth0",
		 last, last, 3 - last, 3 - last, 3 - last, 3 - last);
	must(!libos_configure(os, command));
	return dev;
}

static const char *const peer[] = { "10.0.0.2", "fd00::2" };
/* Before the UDP header: Ethernet and IPv4 (RFC 791), Ethernet and IPv6 (RFC 8200) */
static const int before_udp[] = { 14 + 20, 14 + 40 };

/* One's sender, through a device with @features, to nobody: caught. */
static void catch_large(uint32_t features, int family)
{
	struct libos *os = stack_open_lo(NULL);

	device(os, features, 1);
	nr_caught = 0;
	exchange_send_large(os, peer[family], PORT);
	assert_int_equal(libos_close(os), 0);
}

static void leaves_whole(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		const struct libos_vnet_hdr *hdr = &caught[0].frame.hdr;

		catch_large(LIBOS_NETDEV_CSUM | LIBOS_NETDEV_USO, i);
		assert_int_equal(nr_caught, 1);
		assert_int_equal(caught[0].frame.len, before_udp[i] + 8 + EXCHANGE_LARGE);
		assert_int_equal(hdr->gso_type, GSO_UDP_L4);
		assert_int_equal(hdr->gso_size, EXCHANGE_SEGMENT);
		assert_int_equal(hdr->flags, NEEDS_CSUM);
		assert_int_equal(hdr->csum_start, before_udp[i]);
		assert_int_equal(hdr->csum_offset, 6);
		assert_true(hdr->hdr_len >= before_udp[i] + 8);
		assert_true(stack_same(PORT, 0, caught[0].data + before_udp[i] + 8,
				       EXCHANGE_LARGE));
	}
}

static void is_cut_where_the_device_does_not(void **state)
{
	int i, k, n;

	(void)state;
	for (i = 0; i < 2; i++) {
		int head = before_udp[i] + 8, at = 0;

		catch_large(LIBOS_NETDEV_CSUM, i);
		assert_int_equal(nr_caught, EXCHANGE_DATAGRAMS);
		for (k = 0; k < nr_caught; k++) {
			const struct libos_frame *f = &caught[k].frame;

			n = f->len - head;
			assert_int_equal(n, k < 30 ? EXCHANGE_SEGMENT : 500);
			assert_true(stack_same(PORT, at, caught[k].data + head, n));
			assert_int_equal(f->hdr.gso_type, 0);
			assert_int_equal(f->hdr.flags, NEEDS_CSUM);
			at += n;
		}
		assert_int_equal(at, EXCHANGE_LARGE);
	}
}

/* Feeds what was caught into a stack. Return: in how many pieces its socket gets it. */
static int received(uint32_t features, int family, bool merge)
{
	struct libos *os = stack_open_lo(NULL);
	struct libos_netdev *dev = device(os, features, 2);
	int fd = exchange_udp(os, peer[family], PORT), on = merge, pieces, i;
	struct libos_frame frames[FRAMES];

	must(!libos_setsockopt(os, fd, SOL_UDP, UDP_GRO, &on, sizeof(on)));
	for (i = 0; i < nr_caught; i++)
		frames[i] = caught[i].frame;
	assert_int_equal(libos_netdev_receive(dev, frames, nr_caught), 0);
	pieces = exchange_receive_large(os, fd, PORT, merge);
	assert_int_equal(stack_stats(os, "eth0").rx_packets, nr_caught);
	assert_int_equal(libos_close(os), 0);
	return pieces;
}

/* With or without GRO: it says what may be merged, and this is already. */
static void arrives_whole(void **state)
{
	static const uint32_t features[] = { 0, LIBOS_NETDEV_GRO };
	int i;

	(void)state;
	for (i = 0; i < 4; i++) {
		catch_large(LIBOS_NETDEV_CSUM | LIBOS_NETDEV_USO, i % 2);
		assert_int_equal(received(features[i / 2], i % 2, true), 1);
		assert_int_equal(received(features[i / 2], i % 2, false), EXCHANGE_DATAGRAMS);
	}
}

/* Frames that were cut are one again for a socket that takes it so. */
static void gro_merges_what_arrives_cut(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		catch_large(LIBOS_NETDEV_CSUM, i);
		assert_int_equal(received(LIBOS_NETDEV_GRO, i, true), 1);
		assert_int_equal(received(LIBOS_NETDEV_GRO, i, false), EXCHANGE_DATAGRAMS);
		assert_int_equal(received(0, i, true), EXCHANGE_DATAGRAMS);
	}
}

static void passes_a_pair_whole(void **state)
{
	struct libos_netdev_config config = { .name = "eth0" };
	struct libos *os[2];
	int i;

	(void)state;
	for (i = 0; i < 2; i++)
		os[i] = stack_open_lo(NULL);
	must(!libos_netdev_pair(os[0], &config, os[1], &config, NULL));
	for (i = 0; i < 2; i++)
		must(!libos_configure(os[i], i ? "addr add 10.0.0.2/24 dev eth0; "
				      "addr add fd00::2/64 dev eth0 nodad; link set eth0 up" :
				      "addr add 10.0.0.1/24 dev eth0; "
				      "addr add fd00::1/64 dev eth0 nodad; link set eth0 up"));
	for (i = 0; i < 4; i++) {
		bool merge = i & 2;
		struct stack_stats before, after;

		/* Neighbours know each other from then on. */
		exchange_large(os[0], os[1], peer[i % 2], PORT, merge);
		before = stack_stats(os[1], "eth0");
		assert_int_equal(exchange_large(os[0], os[1], peer[i % 2], PORT, merge),
				 merge ? 1 : EXCHANGE_DATAGRAMS);
		after = stack_stats(os[1], "eth0");
		assert_true(after.rx_packets - before.rx_packets < 10);
	}
	assert_int_equal(libos_close(os[0]) | libos_close(os[1]), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(leaves_whole),
		cmocka_unit_test(is_cut_where_the_device_does_not),
		cmocka_unit_test(arrives_whole),
		cmocka_unit_test(gro_merges_what_arrives_cut),
		cmocka_unit_test(passes_a_pair_whole),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("stack_uso", tests, NULL, NULL);
}
