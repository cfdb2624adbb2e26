// SPDX-License-Identifier: GPL-2.0
/*
 * timers.c - what TCP does when time passes: retransmission, delayed ACKs, TIME_WAIT
 *
 * The kernel's timers count jiffies of 4 ms (CONFIG_HZ=250), and scripts begin with one.
 * They fire at the next multiple of 1, 8, 64, … jiffies after the one they are set to, the
 * coarser the longer they are (calc_wheel_index() in kernel/time/timer.c): fires() is
 * that. jiffies begin with -300 s, 10 s before the script.
 */
#include "driver.h"

#define HZ 250
#define JIFFY (SECOND / HZ)

/* When a timer of @delta jiffies fires that is set at @now. */
static long long fires(long long now, long long delta)
{
	long long expires = (now + 10 * SECOND) / JIFFY - 300 * HZ + delta;
	int shift = 0;

	while (delta >= 63ll << shift)
		shift += 3;
	expires = ((expires >> shift) + 1) * (1ll << shift);
	return (expires + 300 * HZ) * JIFFY - 10 * SECOND;
}

static uint8_t data[30000];

/* mss 1000, sackOK, nop, nop, nop, wscale 7 */
static const uint8_t syn[] = { 2, 4, 3, 0xe8, 4, 2, 1, 1, 1, 3, 3, 7 };

static struct tcp_info info(struct driver *d, int fd)
{
	struct tcp_info info;
	socklen_t len = sizeof(info);

	must(!CALL(d, getsockopt, fd, IPPROTO_TCP, TCP_INFO, &info, &len));
	return info;
}

/* Tail loss probes would come before it. */
#define NO_PROBES "sysctl=net.ipv4.tcp_early_retrans=0"

static void retransmission_backs_off(void **state)
{
	long long at = 100 * MS, rto;
	struct driver d;
	int listener, fd, i;

	(void)state;
	driver_begin(&d, DRIVER_V4, NO_PROBES);
	listener = driver_listen(&d);
	fd = driver_accepted(&d, listener);
	driver_at(&d, at);
	assert_int_equal(CALL(&d, write, fd, data, 1000), 1000);
	driver_expect(&d, at, "P.", 1, 1000, 1);
	/* The round trip took 1 us: with the minimum of 200 ms that is 51 jiffies. */
	for (i = 0, rto = 51; i < 5; i++, rto *= 2) {
		print_message("# %d: after %lld us\n", i, fires(at, rto) - at);
		at = fires(at, rto);
		driver_expect(&d, at, "P.", 1, 1000, 1);
	}
	driver_tcp(&d, ".", 1, 0, 1001, 257, NULL, 0);
	driver_at(&d, at + 10 * SECOND);
	assert_int_equal(CALL(&d, close, fd), 0);
	driver_expect(&d, at + 10 * SECOND, "F.", 1001, 0, 1);
	driver_end(&d);
}

/* RFC 8985, 7.2: after two round trips (and 2 ms) the last segment is sent again. */
static void tail_loss_probe(void **state)
{
	long long at = 100 * MS;
	struct driver d;
	int listener, fd;

	(void)state;
	driver_begin(&d, DRIVER_V4, NULL);
	listener = driver_listen(&d);
	driver_tcp(&d, "S", 0, 0, 0, 32792, syn, sizeof(syn));
	driver_expect(&d, 0, "S.", 0, 0, 1);
	driver_at(&d, at);
	driver_tcp(&d, ".", 1, 0, 1, 257, NULL, 0);
	fd = CALL(&d, accept, listener, NULL, NULL);
	assert_int_equal(CALL(&d, write, fd, data, 2000), 2000);
	driver_expect(&d, at, "P.", 1, 2000, 1);
	at = fires(at, 51);
	driver_expect(&d, at, "P.", 1001, 1000, 1);
	driver_tcp(&d, ".", 1, 0, 2001, 257, NULL, 0);
	assert_int_equal(CALL(&d, close, fd), 0);
	driver_expect(&d, at + 1, "F.", 2001, 0, 1);
	driver_end(&d);
}

/* nop, nop, SACK @from to @to */
static void sack(struct driver *d, uint32_t from, uint32_t to)
{
	uint8_t option[12] = { 1, 1, 5, 10 };

	from = htonl(from + d->isn);
	to = htonl(to + d->isn);
	memcpy(option + 4, &from, 4);
	memcpy(option + 8, &to, 4);
	driver_tcp(d, ".", 1, 0, 1, 257, option, sizeof(option));
}

/* RFC 6675: the third segment that is selectively acknowledged, and no timer. */
static void fast_retransmit(void **state)
{
	struct driver d;
	int listener, fd;

	(void)state;
	driver_begin(&d, DRIVER_V4, "sysctl=net.ipv4.tcp_congestion_control=reno,"
		     "sysctl=net.ipv4.tcp_recovery=0,sysctl=net.ipv4.tcp_tso_win_divisor=100");
	listener = driver_listen(&d);
	driver_tcp(&d, "S", 0, 0, 0, 32792, syn, sizeof(syn));
	driver_expect(&d, 0, "S.", 0, 0, 1);
	driver_at(&d, 100 * MS);
	driver_tcp(&d, ".", 1, 0, 1, 257, NULL, 0);
	fd = CALL(&d, accept, listener, NULL, NULL);
	assert_true(fd >= 0);
	assert_int_equal(CALL(&d, write, fd, data, 10000), 10000);
	/* The initial window is ten segments, RFC 6928. */
	driver_expect(&d, 100 * MS, "P.", 1, 10000, 1);
	driver_at(&d, 200 * MS);
	sack(&d, 1001, 2001);
	sack(&d, 1001, 3001);
	driver_at(&d, 201 * MS);
	sack(&d, 1001, 4001);
	driver_expect(&d, 201 * MS, ".", 1, 1000, 1);
	assert_int_equal(info(&d, fd).tcpi_ca_state, TCP_CA_Recovery);
	/* Half of ten, RFC 5681. */
	assert_int_equal(info(&d, fd).tcpi_snd_ssthresh, 5);
	assert_int_equal(info(&d, fd).tcpi_retrans, 1);
	driver_at(&d, 300 * MS);
	driver_tcp(&d, ".", 1, 0, 10001, 257, NULL, 0);
	assert_int_equal(info(&d, fd).tcpi_ca_state, TCP_CA_Open);
	assert_int_equal(CALL(&d, close, fd), 0);
	driver_expect(&d, 300 * MS, "F.", 10001, 0, 1);
	driver_end(&d);
}

/* tcp_slow_start_slow-start-ack-per-1pkt.pkt of the kernel's own tests */
static void slow_start(void **state)
{
	int listener, fd, size = 200000, i;
	long long at = 200 * MS;
	struct driver d;

	(void)state;
	driver_begin(&d, DRIVER_V4, "sysctl=net.ipv4.tcp_tso_win_divisor=100");
	listener = driver_listen(&d);
	driver_at(&d, 100 * MS);
	driver_tcp(&d, "S", 0, 0, 0, 32792, syn, sizeof(syn));
	driver_expect(&d, 100 * MS, "S.", 0, 0, 1);
	driver_at(&d, at);
	driver_tcp(&d, ".", 1, 0, 1, 257, NULL, 0);
	fd = CALL(&d, accept, listener, NULL, NULL);
	assert_int_equal(CALL(&d, setsockopt, fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)),
			 0);
	assert_int_equal(CALL(&d, write, fd, data, 30000), 30000);
	driver_expect(&d, at, "P.", 1, 10000, 1);
	assert_int_equal(info(&d, fd).tcpi_snd_cwnd, 10);
	at += 105 * MS;
	for (i = 0; i < 10; i++) {
		if (i % 2 == 0)
			driver_at(&d, at);
		driver_tcp(&d, ".", 1, 0, 1001 + i * 1000, 257, NULL, 0);
		driver_expect(&d, at + i % 2, "P.", 10001 + i * 2000, 2000, 1);
		at += i % 2 * 5 * MS;
	}
	assert_int_equal(info(&d, fd).tcpi_snd_cwnd, 20);
	driver_end(&d);
}

/* A quick ACK for the first segments; then 40 ms (TCP_DELACK_MIN). */
static void delayed_ack(void **state)
{
	int listener, fd, off = 0;
	struct driver d;
	uint8_t buf[100];

	(void)state;
	driver_begin(&d, DRIVER_V4, NULL);
	listener = driver_listen(&d);
	fd = driver_accepted(&d, listener);
	driver_at(&d, 100 * MS);
	driver_tcp(&d, "P.", 1, 100, 1, 257, NULL, 0);
	driver_expect(&d, 100 * MS, ".", 1, 0, 101);
	assert_int_equal(CALL(&d, setsockopt, fd, IPPROTO_TCP, TCP_QUICKACK, &off, sizeof(off)),
			 0);
	driver_at(&d, 200 * MS);
	driver_tcp(&d, "P.", 101, 100, 1, 257, NULL, 0);
	assert_int_equal(CALL(&d, recv, fd, buf, sizeof(buf), 0), 100);
	driver_expect_range(&d, 240 * MS, 240 * MS + JIFFY, ".", 1, 0, 201);
	driver_end(&d);
}

/* Both sides close; 60 s long (TCP_TIMEWAIT_LEN) the stack knows the connection. */
static void time_wait(void **state)
{
	int listener, fd;
	struct driver d;

	(void)state;
	driver_begin(&d, DRIVER_V4, NULL);
	listener = driver_listen(&d);
	fd = driver_accepted(&d, listener);
	assert_int_equal(CALL(&d, close, listener), 0);
	driver_at(&d, 1 * SECOND);
	assert_int_equal(CALL(&d, close, fd), 0);
	driver_expect(&d, 1 * SECOND, "F.", 1, 0, 1);
	driver_at(&d, 1100 * MS);
	driver_tcp(&d, ".", 1, 0, 2, 257, NULL, 0);
	driver_tcp(&d, "F.", 1, 0, 2, 257, NULL, 0);
	driver_expect(&d, 1100 * MS, ".", 2, 0, 2);
	driver_at(&d, 60 * SECOND);
	driver_tcp(&d, "F.", 1, 0, 2, 257, NULL, 0);
	driver_expect(&d, 60 * SECOND, ".", 2, 0, 2);
	/* That began it anew: 15000 jiffies, rounded up to 512. */
	driver_at(&d, 119 * SECOND);
	driver_tcp(&d, "F.", 1, 0, 2, 257, NULL, 0);
	driver_expect(&d, 119 * SECOND, ".", 2, 0, 2);
	driver_at(&d, 182 * SECOND);
	driver_tcp(&d, "F.", 1, 0, 2, 257, NULL, 0);
	driver_expect(&d, 182 * SECOND, "R", 2, 0, 0);
	driver_end(&d);
}

/* Probes of an idle connection: an hour is nothing. */
static void keepalive(void **state)
{
	static const struct { int name, value; } options[] = {
		{ TCP_KEEPIDLE, 3600 }, { TCP_KEEPINTVL, 10 }, { TCP_KEEPCNT, 2 },
	};
	int listener, fd, one = 1, error;
	socklen_t len = sizeof(error);
	struct segment s;
	struct driver d;
	unsigned int i;

	(void)state;
	driver_begin(&d, DRIVER_V4, NULL);
	listener = driver_listen(&d);
	fd = driver_accepted(&d, listener);
	for (i = 0; i < STACK_COUNT(options); i++)
		assert_int_equal(CALL(&d, setsockopt, fd, IPPROTO_TCP, options[i].name,
				      &options[i].value, sizeof(int)), 0);
	assert_int_equal(CALL(&d, setsockopt, fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one)),
			 0);
	/* 900000 jiffies: rounded up to 32768, which is 131 s. */
	driver_expect_(&d, __FILE__, __LINE__, 3600 * SECOND, 3732 * SECOND, ".", 0, 0, 1, &s);
	driver_expect_(&d, __FILE__, __LINE__, s.at + 10 * SECOND, s.at + 10300 * MS, ".", 0, 0,
		       1, &s);
	driver_expect_(&d, __FILE__, __LINE__, s.at + 10 * SECOND, s.at + 10300 * MS, "R.", 1, 0,
		       1, &s);
	assert_int_equal(CALL(&d, getsockopt, fd, SOL_SOCKET, SO_ERROR, &error, &len), 0);
	assert_int_equal(error, ETIMEDOUT);
	driver_end(&d);
}

/* A script may look at a packet long after it was sent. */
static void packets_have_the_time_of_sending(void **state)
{
	struct driver d;
	int listener, fd;

	(void)state;
	driver_begin(&d, DRIVER_V4, NULL);
	listener = driver_listen(&d);
	fd = driver_accepted(&d, listener);
	driver_at(&d, 100 * MS);
	assert_int_equal(CALL(&d, write, fd, data, 1000), 1000);
	driver_at(&d, 150 * MS);
	driver_tcp(&d, "P.", 1, 1000, 1001, 257, NULL, 0);
	driver_at(&d, 160 * MS);
	assert_int_equal(CALL(&d, close, fd), 0);
	driver_at(&d, 5 * SECOND);
	driver_expect(&d, 100 * MS, "P.", 1, 1000, 1);
	driver_expect(&d, 150 * MS, ".", 1001, 0, 1001);
	/* Data that were not read */
	driver_expect(&d, 160 * MS, "R.", 1001, 0, 1001);
	driver_end(&d);
}

/* Times in messages are those of gettimeofday(). */
static void timestamps_are_of_the_same_clock(void **state)
{
	union { struct cmsghdr head; char room[64]; } control;
	char buf[100];
	struct iovec iov = { buf, sizeof(buf) };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};
	struct sockaddr_storage ss;
	struct timeval tv;
	struct driver d;
	socklen_t len;
	int fd, one = 1;

	(void)state;
	driver_begin(&d, DRIVER_V4, NULL);
	fd = CALL(&d, socket, AF_INET, SOCK_DGRAM, 0);
	len = driver_local(&d, &ss);
	assert_int_equal(CALL(&d, bind, fd, (struct sockaddr *)&ss, len), 0);
	assert_int_equal(CALL(&d, setsockopt, fd, SOL_SOCKET, SO_TIMESTAMP, &one, sizeof(one)),
			 0);
	driver_at(&d, 123456);
	driver_udp(&d, "x", 1);
	driver_at(&d, 200 * MS);
	assert_int_equal(CALL(&d, recvmsg, fd, &msg, 0), 1);
	assert_int_equal(control.head.cmsg_type, SCM_TIMESTAMP);
	memcpy(&tv, CMSG_DATA(&control.head), sizeof(tv));
	assert_int_equal(tv.tv_sec * SECOND + tv.tv_usec - d.start, 123456);
	driver_end(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(retransmission_backs_off),
		cmocka_unit_test(tail_loss_probe),
		cmocka_unit_test(fast_retransmit),
		cmocka_unit_test(slow_start),
		cmocka_unit_test(delayed_ack),
		cmocka_unit_test(time_wait),
		cmocka_unit_test(keepalive),
		cmocka_unit_test(packets_have_the_time_of_sending),
		cmocka_unit_test(timestamps_are_of_the_same_clock),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("timers", tests, NULL, NULL);
}
