// SPDX-License-Identifier: GPL-2.0
/*
 * blocking.c - calls that take time: of the second thread, and of the main one
 *
 * The clock stands while a thread has something to do, so the end of a call is at the
 * microsecond of what ended it, as the thread that made it sees.
 */
#include "driver.h"

#include <linux/sockios.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>

static int listener, fd;
static uint8_t data[400000];

/* Back from the call, the host does not let it run for a while. */
static long do_accept(struct driver *d)
{
	struct timespec delay = { .tv_nsec = 50000000 };
	long ret = CALL(d, accept, listener, NULL, NULL);

	nanosleep(&delay, NULL);
	return ret;
}

static long do_read(struct driver *d)
{
	return CALL(d, read, fd, data, 1000);
}

static long do_write(struct driver *d)
{
	return CALL(d, write, fd, data, sizeof(data));
}

static long do_connect(struct driver *d)
{
	struct sockaddr_storage ss;
	socklen_t len = driver_remote(d, &ss);

	return CALL(d, connect, fd, (struct sockaddr *)&ss, len);
}

static long do_poll(struct driver *d)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return CALL(d, poll, &p, 1, 100);
}

static long do_close(struct driver *d)
{
	return CALL(d, close, fd);
}

static const uint8_t syn[] = { 2, 4, 3, 0xe8, 4, 2, 1, 1, 1, 3, 3, 7 };

static void accept_waits_for_the_ack(void **state)
{
	long long ended;
	struct driver d;

	(void)state;
	driver_begin(&d, DRIVER_V4, NULL);
	listener = driver_listen(&d);
	driver_at(&d, 100 * MS);
	driver_start(&d, do_accept);
	driver_at(&d, 200 * MS);
	driver_tcp(&d, "S", 0, 0, 0, 32792, syn, sizeof(syn));
	driver_expect(&d, 200 * MS, "S.", 0, 0, 1);
	driver_at(&d, 300 * MS);
	assert_false(driver_done(&d));
	driver_tcp(&d, ".", 1, 0, 1, 257, NULL, 0);
	/* The script does not wait, and goes far on. */
	driver_at(&d, 5 * SECOND);
	assert_true(driver_result(&d, &ended) >= 0);
	assert_int_equal(ended, 300 * MS);
	driver_end(&d);
}

static void read_ends_when_data_come(void **state)
{
	long long ended;
	struct driver d;

	(void)state;
	driver_begin(&d, DRIVER_V6, NULL);
	listener = driver_listen(&d);
	fd = driver_accepted(&d, listener);
	driver_start(&d, do_read);
	driver_at(&d, 12345);
	assert_false(driver_done(&d));
	driver_tcp(&d, "P.", 1, 700, 1, 257, NULL, 0);
	assert_int_equal(driver_result(&d, &ended), 700);
	assert_int_equal(ended, 12345);
	driver_expect(&d, 12345, ".", 1, 0, 701);
	/* Twice more: a thread's second call is as its first. */
	driver_start(&d, do_read);
	driver_at(&d, 1 * SECOND);
	assert_false(driver_done(&d));
	driver_tcp(&d, "F.", 701, 0, 1, 257, NULL, 0);
	assert_int_equal(driver_result(&d, &ended), 0);
	assert_int_equal(ended, 1 * SECOND);
	driver_start(&d, do_read);
	assert_int_equal(driver_result(&d, NULL), 0);
	driver_end(&d);
}

static int outq(struct driver *d)
{
	int n;

	must(!CALL(d, ioctl, fd, SIOCOUTQ, &n));
	return n;
}

/* It sends more whenever there is room: its packets follow the ACK that made the room. */
static void write_goes_on_with_each_ack(void **state)
{
	struct timespec moment = { .tv_nsec = 2000000 };
	uint32_t seq = 1, acked = 1;
	long long ended, at = 0;
	int size = 20000, queued, i;
	struct segment s;
	struct driver d;

	(void)state;
	driver_begin(&d, DRIVER_V4, NULL);
	listener = driver_listen(&d);
	fd = driver_accepted(&d, listener);
	assert_int_equal(CALL(&d, setsockopt, fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)),
			 0);
	driver_start(&d, do_write);
	assert_false(driver_done(&d));
	for (i = 0; i < 1000 && seq < 1 + sizeof(data); i++) {
		assert_true(driver_next(&d, &s));
		assert_int_equal(s.seq, seq);
		assert_true(s.at <= at + 1000);
		seq += s.len;
		/* Half of the window at a time */
		if (seq - acked > 5000) {
			at += 10 * MS;
			driver_at(&d, at);
			acked = seq;
			driver_tcp(&d, ".", 1, 0, acked, 2000, NULL, 0);
			/* It has filled the room when the packet is delivered. */
			queued = outq(&d);
			nanosleep(&moment, NULL);
			assert_int_equal(outq(&d), queued);
		}
	}
	assert_int_equal(seq, 1 + sizeof(data));
	assert_int_equal(driver_result(&d, &ended), sizeof(data));
	assert_true(ended <= at);
	driver_end(&d);
}

static void connect_is_refused(void **state)
{
	long long ended;
	struct segment s;
	struct driver d;

	(void)state;
	driver_begin(&d, DRIVER_MAPPED, NULL);
	fd = CALL(&d, socket, AF_INET6, SOCK_STREAM, 0);
	driver_start(&d, do_connect);
	assert_true(driver_next(&d, &s));
	assert_string_equal(s.flags, "S");
	d.local_port = s.source_port;
	memcpy(d.local, s.source, 4);
	driver_at(&d, 200 * MS);
	driver_tcp(&d, "R.", 0, 0, 1, 0, NULL, 0);
	assert_int_equal(driver_result(&d, &ended), -1);
	assert_int_equal(errno, ECONNREFUSED);
	assert_int_equal(ended, 200 * MS);
	driver_end(&d);
}

/* The second thread's waits are the script's, too: here it sleeps before it calls. */
static long wait_and_read(struct driver *d)
{
	driver_at(d, 50 * MS);
	return do_read(d);
}

static void the_second_thread_waits(void **state)
{
	struct driver d;
	long long ended;

	(void)state;
	driver_begin(&d, DRIVER_V4, NULL);
	listener = driver_listen(&d);
	fd = driver_accepted(&d, listener);
	driver_tcp(&d, "P.", 1, 10, 1, 257, NULL, 0);
	driver_start(&d, wait_and_read);
	assert_int_equal(driver_result(&d, &ended), 10);
	assert_int_equal(ended, 50 * MS);
	assert_int_equal(driver_now(&d), 50 * MS);
	driver_end(&d);
}

static void timeouts_are_exact(void **state)
{
	struct driver d;
	long long ended;

	(void)state;
	driver_begin(&d, DRIVER_V4, NULL);
	listener = driver_listen(&d);
	fd = driver_accepted(&d, listener);
	driver_at(&d, 7 * MS);
	driver_start(&d, do_poll);
	driver_at(&d, 106999);
	assert_false(driver_done(&d));
	driver_at(&d, 1 * SECOND);
	assert_int_equal(driver_result(&d, &ended), 0);
	assert_int_equal(ended, 107 * MS);
	driver_end(&d);
}

/* Nobody would move the clock, were it not done meanwhile. */
static void the_main_thread_may_block(void **state)
{
	struct timeval second = { .tv_sec = 1 };
	struct linger linger = { 1, 3 };
	struct epoll_event event;
	struct driver d;
	int epfd;

	(void)state;
	driver_begin(&d, DRIVER_V4, NULL);
	listener = driver_listen(&d);
	fd = driver_accepted(&d, listener);
	driver_at(&d, 100 * MS);
	assert_int_equal(do_poll(&d), 0);
	assert_int_equal(driver_now(&d), 200 * MS);
	epfd = CALL(&d, epoll_create, 1);
	assert_int_equal(CALL(&d, epoll_wait, epfd, &event, 1, 250), 0);
	assert_int_equal(driver_now(&d), 450 * MS);
	assert_int_equal(CALL(&d, setsockopt, fd, SOL_SOCKET, SO_RCVTIMEO, &second,
			      sizeof(second)), 0);
	assert_int_equal(do_read(&d), -1);
	assert_int_equal(errno, EAGAIN);
	/* In jiffies, one more at most */
	assert_in_range(driver_now(&d), 1450 * MS, 1450 * MS + 36 * MS);
	/* Data that nobody acknowledges */
	assert_int_equal(CALL(&d, setsockopt, fd, SOL_SOCKET, SO_LINGER, &linger,
			      sizeof(linger)), 0);
	assert_int_equal(CALL(&d, write, fd, data, 100), 100);
	driver_at(&d, 2 * SECOND);
	assert_int_equal(do_close(&d), 0);
	assert_in_range(driver_now(&d), 5 * SECOND, 5 * SECOND + 260 * MS);
	driver_end(&d);
}

/* Reading the clock is all that a script does in its first 250 us. */
static void reading_the_clock_moves_it(void **state)
{
	struct driver d;
	long long first, now, n;

	(void)state;
	driver_begin(&d, DRIVER_V4, NULL);
	first = driver_now(&d);
	for (n = 0; (now = driver_now(&d)) < first + 250; n++)
		assert_true(n < 1000);
	assert_int_equal(now, first + 250);
	/* Who has seen that it is time may look once more. */
	assert_int_equal(driver_now(&d), first + 250);
	assert_int_equal(CALL(&d, usleep, 0), 0);
	assert_int_equal(driver_now(&d), first + 250);
	driver_end(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accept_waits_for_the_ack),
		cmocka_unit_test(read_ends_when_data_come),
		cmocka_unit_test(write_goes_on_with_each_ack),
		cmocka_unit_test(connect_is_refused),
		cmocka_unit_test(the_second_thread_waits),
		cmocka_unit_test(timeouts_are_exact),
		cmocka_unit_test(the_main_thread_may_block),
		cmocka_unit_test(reading_the_clock_moves_it),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("blocking", tests, NULL, NULL);
}
