// SPDX-License-Identifier: GPL-2.0
/*
 * repeat.c - one script after another in a process, and the same each time
 *
 * packetdrill runs all scripts that it is given in one process: init, free, init. Two runs
 * of a script are the same to the last byte and microsecond, whatever the machine does
 * meanwhile: here it is kept busy.
 */
#include "driver.h"

#include <pthread.h>

enum { RUNS = 8 };

static int fd;
static uint8_t data[60000];

static long do_read(struct driver *d)
{
	return CALL(d, recv, fd, data, 5000, MSG_WAITALL);
}

static long do_write(struct driver *d)
{
	return CALL(d, write, fd, data, sizeof(data));
}

static const uint8_t syn[] = { 2, 4, 3, 0xe8, 4, 2, 8, 10, 0, 0, 0, 100, 0, 0, 0, 0, 1, 3, 3, 7 };

static void note(struct driver *d, long result, long long ended)
{
	d->log = realloc(d->log, d->log_len + 2 * sizeof(long long));
	must(d->log);
	memcpy(d->log + d->log_len, (long long[]){ result, ended }, 2 * sizeof(long long));
	d->log_len += 2 * sizeof(long long);
}

/* Handshake with timestamps, a blocked read in pieces, a blocked write with losses */
static void script(struct driver *d, const char *flags)
{
	long long ended, result;
	int listener, i;
	struct segment s;

	driver_begin(d, DRIVER_V4, flags);
	listener = driver_listen(d);
	driver_at(d, 10 * MS);
	driver_tcp(d, "S", 0, 0, 0, 32792, syn, sizeof(syn));
	must(driver_next(d, &s));
	driver_at(d, 30 * MS);
	driver_tcp(d, ".", 1, 0, 1, 2000, NULL, 0);
	fd = CALL(d, accept, listener, NULL, NULL);
	must(fd >= 0);
	driver_start(d, do_read);
	for (i = 0; i < 5; i++) {
		driver_at(d, (40 + 7 * i) * MS);
		driver_tcp(d, "P.", 1 + 1000 * i, 1000, 1, 2000, NULL, 0);
	}
	result = driver_result(d, &ended);
	note(d, result, ended);
	i = 20000;
	must(!CALL(d, setsockopt, fd, SOL_SOCKET, SO_SNDBUF, &i, sizeof(i)));
	driver_start(d, do_write);
	/* Every third packet is acknowledged; and what is sent again, when it is the third. */
	for (i = 0; i < 1000 && s.seq + s.len < sizeof(data) - 10000; i++) {
		must(driver_next(d, &s));
		if (i % 3 == 2)
			driver_tcp(d, ".", 5001, 0, s.seq + s.len, 2000, NULL, 0);
	}
	must(i < 1000);
	driver_at(d, driver_now(d) + 3 * SECOND);
	driver_tcp(d, "R.", 5001, 0, s.seq + s.len, 2000, NULL, 0);
	result = driver_result(d, &ended);
	note(d, result, ended);
}

static void *busy(void *arg)
{
	_Atomic bool *stop = arg;
	volatile unsigned int n = 0;

	while (!*stop)
		n++;
	return NULL;
}

static void runs_are_identical(void **state)
{
	struct driver first, other;
	_Atomic bool stop = false;
	pthread_t threads[3];
	int i;

	(void)state;
	script(&first, NULL);
	for (i = 0; i < 3; i++)
		must(!pthread_create(&threads[i], NULL, busy, (void *)&stop));
	for (i = 1; i < RUNS; i++) {
		script(&other, NULL);
		assert_int_equal(other.log_len, first.log_len);
		assert_memory_equal(other.log, first.log, first.log_len);
		driver_end(&other);
	}
	stop = true;
	for (i = 0; i < 3; i++)
		must(!pthread_join(threads[i], NULL));
	print_message("# %zu bytes\n", first.log_len);
	driver_end(&first);
}

static void another_seed_is_another_run(void **state)
{
	struct driver a, b;

	(void)state;
	script(&a, "seed=1");
	script(&b, "seed=2");
	assert_true(a.isn != b.isn);
	driver_end(&b);
	driver_end(&a);
}

/* Nothing is left of one for the next: neither its sockets nor its sysctls nor its time. */
static void each_begins_anew(void **state)
{
	struct driver d;
	char name[16];
	long long start = 0;
	int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		socklen_t len = sizeof(name);

		driver_begin(&d, DRIVER_V4, i ? NULL : "sysctl=net.ipv4.tcp_congestion_control=reno");
		if (i)
			assert_int_equal(d.start, start);
		start = d.start;
		fd = driver_listen(&d);
		must(!CALL(&d, getsockopt, fd, IPPROTO_TCP, TCP_CONGESTION, name, &len));
		assert_string_equal(name, i ? "cubic" : "reno");
		driver_accepted(&d, fd);
		driver_at(&d, 10 * SECOND);
		driver_end(&d);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(runs_are_identical),
		cmocka_unit_test(another_seed_is_another_run),
		cmocka_unit_test(each_begins_anew),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("repeat", tests, NULL, NULL);
}
