// SPDX-License-Identifier: GPL-2.0
/*
 * stack_device.c - devices whose other side is the program, and what a stack makes of a back
 * end that is full or goes away
 *
 * sanitize: no
 */
#include "../stack/exchange.h"

/* ------------------------------------------------------------------ *
 * a mirror: whoever sends there gets his frames back, with the addresses exchanged
 */

/**
 * struct mirror - its other side
 * @frames: on their way, from transmit() to kick()
 */
struct mirror {
	struct libos_netdev *dev;
	int n, kicked, closed;
	struct { size_t len; uint8_t data[2048]; } frames[64];
};

static int mirror_transmit(void *arg, const struct libos_frame *frames, int n)
{
	struct mirror *m = arg;
	int i, k;

	for (i = 0; i < n && m->n < 64; i++) {
		uint8_t *to = m->frames[m->n].data;

		must(frames[i].len <= sizeof(m->frames[0].data));
		for (k = 0; k < frames[i].niov; k++) {
			memcpy(to, frames[i].iov[k].iov_base, frames[i].iov[k].iov_len);
			to += frames[i].iov[k].iov_len;
		}
		m->frames[m->n++].len = frames[i].len;
	}
	return i;
}

static void swap(uint8_t *a, uint8_t *b, size_t len)
{
	while (len--) {
		uint8_t c = *a;

		*a++ = *b;
		*b++ = c;
	}
}

/* The place to enter the stack again. */
static void mirror_kick(void *arg)
{
	struct mirror *m = arg;
	int i, n = m->n;

	m->kicked++;
	for (i = 0; i < n; i++) {
		uint8_t *data = m->frames[i].data;
		struct iovec iov = { data, m->frames[i].len };
		struct libos_frame f = { .len = iov.iov_len, .niov = 1, .iov = &iov };

		swap(data, data + 6, 6);
		if (data[12] == 8 && data[13] == 0)
			swap(data + 26, data + 30, 4);
		must(!libos_netdev_receive(m->dev, &f, 1));
	}
	m->n = 0;
}

static void mirror_close(void *arg)
{
	((struct mirror *)arg)->closed++;
}

static const struct libos_netdev_ops mirror_ops = {
	.transmit = mirror_transmit, .kick = mirror_kick, .close = mirror_close,
};

static void mirror_open(struct libos *os, struct mirror *m)
{
	struct libos_netdev_config config = { .name = "eth0" };

	*m = (struct mirror){ 0 };
	m->dev = libos_netdev_create(os, &config, &mirror_ops, m);
	must(m->dev && !libos_configure(os, "sysctl net.ipv6.conf.eth0.disable_ipv6=1;"
					"addr add 10.0.0.1/24 dev eth0; link set eth0 up;"
					"neigh add 10.0.0.2 lladdr 02:00:00:00:00:02 dev eth0"));
}

static struct libos *os;

static int open_stack(void **state)
{
	(void)state;
	os = stack_open_lo(NULL);
	return 0;
}

static int close_stack(void **state)
{
	(void)state;
	return libos_close(os);
}

/* From port 7000 to port 7000, so that what comes back is for the sender. */
static void kick_may_enter_the_stack(void **state)
{
	struct mirror m;
	uint8_t out[1400], in[1500];
	int fd, i;

	(void)state;
	mirror_open(os, &m);
	fd = libos_socket(os, AF_INET, SOCK_DGRAM, 0);
	must(!stack_bind(os, fd, "10.0.0.1", 7000) && !stack_connect(os, fd, "10.0.0.2", 7000));
	for (i = 0; i < 200; i++) {
		stack_fill(i, 0, out, sizeof(out));
		assert_int_equal(libos_send(os, fd, out, sizeof(out), 0), sizeof(out));
		/* There already: it came back within the call. */
		assert_int_equal(libos_recv(os, fd, in, sizeof(in), MSG_DONTWAIT), sizeof(out));
		assert_memory_equal(in, out, sizeof(out));
	}
	assert_true(m.kicked >= 200);
}

static void close_is_called_once(void **state)
{
	struct mirror m;

	(void)state;
	mirror_open(os, &m);
	assert_int_equal(libos_netdev_close(m.dev), 0);
	assert_int_equal(m.closed, 1);
	mirror_open(os, &m);
	assert_int_equal(libos_close(os), 0);
	assert_int_equal(m.closed, 1);
	os = stack_open_lo(NULL);
}

/* ------------------------------------------------------------------ */

static void refused(const struct libos_netdev_config *config, const char *spec, int error,
		    const char *words)
{
	errno = 0;
	assert_null(spec ? libos_netdev_open(os, config, spec) :
		    libos_netdev_create(os, config, &mirror_ops, NULL));
	assert_int_equal(errno, error);
	if (!strstr(libos_error(), words))
		fail_msg("\"%s\" is not in \"%s\"", words, libos_error());
}

static void errors_name_the_mend(void **state)
{
	static const struct {
		struct libos_netdev_config config;
		int error;
	} bad[] = {
		{ { .name = "eth0" }, EEXIST },
		{ { .name = "" }, EINVAL },
		{ { .name = "sixteen_letters_" }, EINVAL },
		{ { .name = "a/b" }, EINVAL },
		{ { .mtu = 67 }, EINVAL },
		{ { .mtu = 65536 }, EINVAL },
		{ { .queues = 17 }, EINVAL },
	};
	const struct libos_netdev_ops none = { 0 };
	struct mirror m;
	unsigned int i;
	char spec[32];
	int fd[2];

	(void)state;
	mirror_open(os, &m);
	for (i = 0; i < STACK_COUNT(bad); i++)
		refused(&bad[i].config, NULL, bad[i].error, "check its name, MTU (68 to 65535) "
			"and queues (1 to 16)");
	assert_null(libos_netdev_create(os, NULL, &none, NULL));
	assert_int_equal(errno, EINVAL);
	assert_non_null(strstr(libos_error(), "needs a transmit function"));
	refused(NULL, "nothing", EINVAL, "no network back end in \"nothing\"; write NAME:ARGUMENTS, "
		"with one of ");
	refused(NULL, "radio:a", EINVAL, "tap");
	refused(NULL, "", EINVAL, "pcap");
	refused(NULL, "stream:/nonexistent/socket", ENOENT, "/nonexistent/socket");
	/* The back end opens, and the interface does not. */
	must(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd));
	snprintf(spec, sizeof(spec), "fd:%d", fd[0]);
	refused(&(struct libos_netdev_config){ .name = "eth0" }, spec, EEXIST, "eth0");
	assert_int_equal(fcntl(fd[0], F_GETFD), -1);
	close(fd[1]);
}

/* The names that %d and nothing stand for */
static void names_are_made(void **state)
{
	static const char *const patterns[] = { NULL, "eth%d", "wan%d", "x" };
	static const char *const names[] = { "eth0", "eth1", "wan0", "x" };
	static struct mirror m;
	char path[100], text[20];
	unsigned int i;

	(void)state;
	for (i = 0; i < STACK_COUNT(names); i++) {
		struct libos_netdev_config config = {
			.name = patterns[i], .mtu = 1400 + i, .mac = { 2, 0, 0, 0, 0, i },
		};
		struct libos_netdev *dev = libos_netdev_create(os, &config, &mirror_ops, &m);

		assert_non_null(dev);
		snprintf(path, sizeof(path), "/sys/class/net/%s/ifindex", names[i]);
		assert_true(stack_read_file(os, path, text, sizeof(text)) > 0);
		assert_int_equal(atoi(text), libos_netdev_ifindex(dev));
		snprintf(path, sizeof(path), "/sys/class/net/%s/mtu", names[i]);
		assert_true(stack_read_file(os, path, text, sizeof(text)) > 0);
		assert_int_equal(atoi(text), 1400 + i);
	}
}

/* ------------------------------------------------------------------ *
 * a back end whose other end does not read, or closes
 */

static bool carrier(void)
{
	char text[8];

	must(stack_read_file(os, "/sys/class/net/eth0/carrier", text, sizeof(text)) > 0);
	return text[0] == '1';
}

static struct libos_netdev *stream_open(int fd[2])
{
	struct libos_netdev_config config = { .name = "eth0" };
	struct libos_netdev *dev;
	int small = 4096;
	char spec[32];

	must(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd));
	must(!setsockopt(fd[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)));
	snprintf(spec, sizeof(spec), "fd:%d", fd[0]);
	dev = libos_netdev_open(os, &config, spec);
	must(dev && !libos_configure(os, "sysctl net.ipv6.conf.eth0.disable_ipv6=1;"
				     "addr add 10.0.0.1/24 dev eth0; link set eth0 up;"
				     "neigh add 10.0.0.2 lladdr 02:00:00:00:00:02 dev eth0"));
	return dev;
}

static void read_all(int fd, void *buf, size_t len)
{
	uint8_t *p = buf;
	ssize_t n;

	for (; len; p += n, len -= n) {
		n = read(fd, p, len);
		must(n > 0);
	}
}

/* All that was sent is read in the end, in its order: the stack was told to go on. */
static void a_full_back_end_goes_on(void **state)
{
	enum { DATAGRAMS = 150, SIZE = 1000 };
	struct timeval tv = { .tv_sec = 20 };
	int pair[2], fd, i;

	(void)state;
	stream_open(pair);
	must(!setsockopt(pair[1], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
	fd = libos_socket(os, AF_INET, SOCK_DGRAM, 0);
	must(fd >= 0 && !stack_connect(os, fd, "10.0.0.2", 7000));
	for (i = 0; i < DATAGRAMS; i++) {
		uint8_t data[SIZE] = { i };

		assert_int_equal(libos_send(os, fd, data, sizeof(data), 0), sizeof(data));
	}
	for (i = 0; i < DATAGRAMS; i++) {
		uint8_t frame[2000];
		uint32_t len;

		read_all(pair[1], &len, 4);
		assert_int_equal(ntohl(len), 14 + 20 + 8 + SIZE);
		read_all(pair[1], frame, ntohl(len));
		assert_int_equal(frame[42], i);
	}
	close(pair[1]);
}

static void one_that_goes_away_is_a_link_down(void **state)
{
	struct libos_netdev *dev;
	int pair[2], i;

	(void)state;
	dev = stream_open(pair);
	assert_true(carrier());
	close(pair[1]);
	for (i = 0; i < 100 && carrier(); i++)
		usleep(50000);
	assert_false(carrier());
	assert_int_equal(libos_netdev_close(dev), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_stack, close_stack)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(kick_may_enter_the_stack),
		TEST(close_is_called_once),
		TEST(errors_name_the_mend),
		TEST(names_are_made),
		TEST(a_full_back_end_goes_on),
		TEST(one_that_goes_away_is_a_link_down),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("stack_device", tests, NULL, NULL);
}
