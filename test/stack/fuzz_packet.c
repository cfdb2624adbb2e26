// SPDX-License-Identifier: GPL-2.0
/*
 * fuzz_packet.c - hostile frames into a device
 *
 * LIBOS_FUZZ_FRAMES frames (default 200,000): random bytes; frames of many protocols,
 * nearly right, some bits flipped; offload headers that lie (segments of no size, a
 * checksum beyond the end, headers longer than the frame); no pieces, empty ones, a
 * great many, and frames of 64 KiB. Sockets of all these protocols listen. After it
 * the stack carries TCP, and every frame given was counted, as received or as an error. LIBOS_FUZZ_SEED repeats a run.
 *
 * timeout: 600
 */
#include "stack.h"

enum { BATCH = 32, FRAME_MAX = 65600, STATIONS = 8 };

static uint64_t random_state, seed;
static bool died;
static unsigned long transmitted;

static uint64_t rnd(uint64_t n)
{
	return stack_random(&random_state) % n;
}

static bool chance(unsigned int percent)
{
	return rnd(100) < percent;
}

static void on_console(void *arg, const char *text, size_t len)
{
	(void)arg;
	if (memmem(text, len, "libos:", 6) || memmem(text, len, "BUG", 3)) {
		died |= !!memmem(text, len, "libos:", 6);
		print_message("# %.*s", (int)len, text);
	}
}

static int take(void *arg, const struct libos_frame *frames, int n)
{
	(void)arg;
	(void)frames;
	transmitted += n;
	return n;
}

/* ------------------------------------------------------------------ *
 * frames
 */

struct packet {
	uint8_t *p;
	size_t len;
};

static void put(struct packet *k, const void *data, size_t len)
{
	memcpy(k->p + k->len, data, len);
	k->len += len;
}

static void put16(struct packet *k, uint16_t v)
{
	uint8_t b[2] = { v >> 8, v };

	put(k, b, 2);
}

static void put32(struct packet *k, uint32_t v)
{
	put16(k, v >> 16);
	put16(k, v);
}

static void put_random(struct packet *k, size_t len)
{
	while (len--)
		k->p[k->len++] = stack_random(&random_state);
}

/* RFC 1071 */
static uint16_t checksum(const uint8_t *p, size_t len, uint32_t sum)
{
	size_t i;

	for (i = 0; i + 1 < len; i += 2)
		sum += p[i] << 8 | p[i + 1];
	if (len & 1)
		sum += p[len - 1] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

static void set16(uint8_t *p, uint16_t v)
{
	p[0] = v >> 8;
	p[1] = v;
}

static const uint8_t protocols[] = {
	1, 2, 4, 6, 6, 6, 17, 17, 33, 41, 46, 47, 50, 51, 58, 89, 103, 115, 132, 132, 136,
};

static void put_ports(struct packet *k)
{
	put16(k, 1024 + rnd(4));
	put16(k, chance(80) ? 7000 + rnd(8) : rnd(65536));
}

static void put_transport(struct packet *k, uint8_t protocol)
{
	static const uint8_t flags[] = { 2, 2, 16, 18, 17, 24, 4, 0, 255, 41 };

	switch (protocol) {
	case 1:
	case 58:
		put16(k, (chance(50) ? 8 : rnd(256)) << 8 | rnd(4));
		put16(k, 0);
		put32(k, rnd(1 << 16));
		put_random(k, rnd(64));
		break;
	case 6:
		put_ports(k);
		put32(k, rnd(1000));
		put32(k, rnd(1000));
		put16(k, (5 + rnd(11)) << 12 | flags[rnd(sizeof(flags))]);
		put16(k, rnd(65536));
		put32(k, 0);
		put_random(k, rnd(80));
		break;
	case 17:
	case 136:
		put_ports(k);
		put16(k, chance(70) ? 8 + 32 : rnd(2000));
		put16(k, 0);
		put_random(k, 32);
		break;
	case 132:
		put_ports(k);
		put32(k, rnd(3));
		put32(k, 0);
		while (chance(60)) {
			put16(k, rnd(16) << 8 | rnd(4));
			put16(k, chance(80) ? 20 : rnd(200));
			put_random(k, 16);
		}
		break;
	case 47:
		put16(k, rnd(16) << 12);
		put16(k, chance(50) ? 0x0800 : chance(50) ? 0x6558 : rnd(65536));
		put_random(k, 40);
		break;
	default:
		put_random(k, 8 + rnd(120));
	}
}

static void put_ipv4(struct packet *k, int depth)
{
	size_t at = k->len, transport;
	uint8_t protocol = protocols[rnd(sizeof(protocols))], options = chance(10) ? rnd(11) : 0;
	uint32_t sum;

	put16(k, (0x45 + options) << 8 | rnd(4));
	put16(k, 0);
	put16(k, rnd(8));
	put16(k, chance(80) ? 0 : chance(70) ? 0x2000 | rnd(32) : rnd(65536));
	put16(k, 64 << 8 | protocol);
	put16(k, 0);
	put32(k, 0x0a000000 + (chance(90) ? 100 + rnd(STATIONS) : rnd(256)));
	put32(k, chance(90) ? 0x0a000001 : chance(50) ? 0xe0000001 : rnd(1ul << 32));
	put_random(k, options * 4);
	transport = k->len;
	if ((protocol == 4 || protocol == 41) && depth < 3)
		put_ipv4(k, depth + 1);
	else
		put_transport(k, protocol);
	set16(k->p + at + 2, chance(95) ? k->len - at : rnd(65536));
	set16(k->p + at + 10, checksum(k->p + at, 20 + options * 4, 0));
	/* Checksums that hold, so that it is not refused at the first look. */
	sum = protocol + k->len - transport;
	for (size_t i = at + 12; i < at + 20; i += 2)
		sum += k->p[i] << 8 | k->p[i + 1];
	if (protocol == 6)
		set16(k->p + transport + 16, checksum(k->p + transport, k->len - transport, sum));
	else if (protocol == 1)
		set16(k->p + transport + 2, checksum(k->p + transport, k->len - transport, 0));
}

static void put_ipv6(struct packet *k)
{
	static const uint8_t station[16] = { 0xfd, [15] = 0x64 }, us[16] = { 0xfd, [15] = 1 };
	static const uint8_t headers[] = { 0, 43, 44, 60, 135, 139, 140 };
	size_t at = k->len;
	uint8_t protocol = protocols[rnd(sizeof(protocols))];
	bool extended = chance(40);

	put32(k, 6u << 28 | rnd(1 << 20));
	put16(k, 0);
	put16(k, (extended ? headers[rnd(sizeof(headers))] : protocol) << 8 | 64);
	put(k, station, 16);
	put(k, us, 16);
	if (extended) {
		put16(k, protocol << 8 | rnd(3));
		put_random(k, 6 + 8 * rnd(3));
	}
	put_transport(k, protocol);
	set16(k->p + at + 4, chance(95) ? k->len - at - 40 : rnd(65536));
}

static void put_arp(struct packet *k)
{
	put16(k, 1);
	put16(k, 0x0800);
	put16(k, 0x0604);
	put16(k, chance(90) ? 1 + rnd(2) : rnd(65536));
	put_random(k, 6);
	put32(k, 0x0a000064 + rnd(STATIONS));
	put_random(k, 6);
	put32(k, 0x0a000001);
}

static void put_ethernet(struct packet *k)
{
	static const uint8_t us[6] = { 2, 0, 0, 0, 0, 1 }, all[6] = { 255, 255, 255, 255, 255, 255 };
	static const uint16_t types[] = { 0x88a8, 0x8100, 0x8847, 0x8863, 0x8864, 0x88cc, 0x8809 };
	unsigned int kind = rnd(10);

	put(k, chance(90) ? us : all, 6);
	put(k, us, 5);
	put_random(k, 1);
	while (chance(8)) {
		put16(k, chance(50) ? 0x8100 : 0x88a8);
		put16(k, rnd(4));
	}
	if (kind < 5) {
		put16(k, 0x0800);
		put_ipv4(k, 0);
	} else if (kind < 7) {
		put16(k, 0x86dd);
		put_ipv6(k);
	} else if (kind < 8) {
		put16(k, 0x0806);
		put_arp(k);
	} else if (kind < 9) {
		put16(k, types[rnd(STACK_COUNT(types))]);
		put_random(k, rnd(200));
	} else {
		put_random(k, rnd(300));
	}
}

static size_t make_frame(uint8_t *p)
{
	struct packet k = { .p = p };
	int flips;

	if (chance(5)) {
		put_random(&k, chance(90) ? rnd(100) : rnd(FRAME_MAX));
		return k.len;
	}
	put_ethernet(&k);
	if (chance(3))
		put_random(&k, rnd(FRAME_MAX - k.len));
	for (flips = chance(30) ? rnd(8) : 0; flips && k.len; flips--)
		p[rnd(k.len)] ^= 1 << rnd(8);
	return chance(10) ? rnd(k.len + 1) : k.len;
}

/* Half of them say nothing; the others hardly ever the truth. */
static void make_header(struct libos_vnet_hdr *h, size_t len)
{
	static const uint8_t types[] = { 0, 1, 3, 4, 5, 0x81, 0x84, 2, 255 };

	memset(h, 0, sizeof(*h));
	if (chance(50))
		return;
	h->flags = chance(80) ? rnd(3) : rnd(256);
	h->gso_type = types[rnd(STACK_COUNT(types))];
	h->hdr_len = chance(60) ? 54 : rnd(65536);
	h->gso_size = chance(30) ? 0 : chance(70) ? 1 + rnd(1500) : rnd(65536);
	h->csum_start = chance(50) ? 34 : chance(50) ? rnd(len + 2) : rnd(65536);
	h->csum_offset = chance(60) ? (chance(50) ? 16 : 6) : rnd(65536);
	h->num_buffers = rnd(3);
}

/* Cuts the frame into pieces; some are empty. */
static int make_pieces(struct iovec *iov, uint8_t *p, size_t len)
{
	int n = 0, most = chance(70) ? 1 : 1 + rnd(17);

	while (n < most - 1 && len) {
		size_t piece = chance(10) ? 0 : rnd(len + 1);

		iov[n++] = (struct iovec){ p, piece };
		p += piece;
		len -= piece;
	}
	if (len || chance(50))
		iov[n++] = (struct iovec){ p, len };
	return n;
}

/* ------------------------------------------------------------------ */

static void listen_everywhere(struct libos *os)
{
	static const int kinds[][2] = {
		{ SOCK_STREAM, 0 }, { SOCK_DGRAM, 0 }, { SOCK_STREAM, 132 }, { SOCK_DCCP, 33 },
		{ SOCK_DGRAM, 136 }, { SOCK_STREAM, 262 },
	};
	unsigned int i, family;

	for (i = 0; i < STACK_COUNT(kinds); i++) {
		for (family = 0; family < 2; family++) {
			int fd = libos_socket(os, family ? AF_INET6 : AF_INET, kinds[i][0],
					      kinds[i][1]), one = 1;

			must(fd >= 0);
			libos_setsockopt(os, fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
			must(!stack_bind(os, fd, family ? "::" : "0.0.0.0", 7000 + i));
			libos_listen(os, fd, 64);
		}
	}
}

static void survives(void **state)
{
	static const struct libos_netdev_ops ops = { .transmit = take };
	struct libos_netdev_config config = {
		.name = "eth0", .mac = { 2, 0, 0, 0, 0, 1 },
		.features = LIBOS_NETDEV_CSUM | LIBOS_NETDEV_TSO4 | LIBOS_NETDEV_TSO6 |
			    LIBOS_NETDEV_GRO,
	};
	struct libos_options o = { .console = on_console };
	struct libos *os = stack_open_lo(&o);
	unsigned long frames = stack_env("LIBOS_FUZZ_FRAMES", 200000), given = 0, refused = 0;
	static uint8_t memory[BATCH][FRAME_MAX];
	struct libos_netdev *dev = libos_netdev_create(os, &config, &ops, NULL);
	struct stack_stats before, after;

	(void)state;
	assert_non_null(dev);
	assert_int_equal(libos_configure(os, "sysctl net.ipv6.conf.eth0.accept_dad=0; "
					 "addr add 10.0.0.1/24 dev eth0; "
					 "addr add fd00::1/64 dev eth0; link set eth0 up"), 0);
	listen_everywhere(os);
	usleep(10000);
	before = stack_stats(os, "eth0");
	while (given < frames) {
		struct libos_frame f[BATCH];
		struct iovec iov[BATCH][18];
		int i, n = 1 + rnd(BATCH);

		for (i = 0; i < n; i++) {
			size_t len = make_frame(memory[i]);

			f[i] = (struct libos_frame){ .len = len, .iov = iov[i] };
			make_header(&f[i].hdr, len);
			f[i].niov = make_pieces(iov[i], memory[i], len);
		}
		given += n;
		if (libos_netdev_receive(dev, f, n)) {
			must(errno != EIO);
			refused += n;
		}
		assert_false(died);
	}
	usleep(300000);
	after = stack_stats(os, "eth0");
	print_message("# %lu frames, %lu refused; %lu received, %lu errors, %lu dropped; "
		      "%lu answers\n", given, refused, after.rx_packets - before.rx_packets,
		      after.rx_errors - before.rx_errors, after.rx_dropped - before.rx_dropped,
		      transmitted);
	assert_true(after.rx_packets - before.rx_packets > given / 4);
	assert_true(transmitted > given / 200);
	/*
	 * What the protocols drop was received before, so it is in two counters; what the
	 * device drops for want of memory is in rx_dropped only. There is memory enough.
	 */
	assert_int_equal(after.rx_packets + after.rx_errors - before.rx_packets -
			 before.rx_errors, given - refused);
	assert_true(after.rx_dropped - before.rx_dropped <= given);
	stack_tcp_echo(os, 6000);
	assert_int_equal(libos_netdev_close(dev), 0);
	stack_tcp_echo(os, 6001);
	assert_int_equal(libos_close(os), 0);
	assert_false(died);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(survives),
	};

	seed = stack_env("LIBOS_FUZZ_SEED", stack_now());
	random_state = seed;
	print_message("# LIBOS_FUZZ_SEED=%lu\n", seed);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("fuzz_packet", tests, NULL, NULL);
}
