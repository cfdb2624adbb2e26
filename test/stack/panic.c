// SPDX-License-Identifier: GPL-2.0
/*
 * panic.c - when a kernel panics, its callers get EIO and the process lives on
 *
 * A panic that needs nobody's help: a write to /proc/sysrq-trigger where there is one;
 * else memory that runs out with nobody who may be killed for it (mm/oom_kill.c:
 * "System is deadlocked on memory").
 */
#include "stack.h"

#include <pthread.h>
#include <stdatomic.h>

enum { BLOCKED = 4 };

static struct libos *os;
static char log_text[65536];
static size_t log_len;

static void on_console(void *arg, const char *text, size_t len)
{
	(void)arg;
	if (log_len + len < sizeof(log_text)) {
		memcpy(log_text + log_len, text, len);
		log_len += len;
		log_text[log_len] = 0;
	}
}

static void *block_in_recv(void *arg)
{
	int fd = libos_socket(os, AF_INET, SOCK_DGRAM, 0);
	char c;

	must(fd >= 0 && !stack_bind(os, fd, "127.0.0.1", 7000 + *(int *)arg));
	must(libos_recv(os, fd, &c, 1, 0) == -1);
	return (void *)(long)errno;
}

static void *block_in_poll(void *arg)
{
	struct pollfd p = { .fd = libos_eventfd(os, 0, 0), .events = POLLIN };

	(void)arg;
	must(libos_poll(os, &p, 1, -1) == -1);
	return (void *)(long)errno;
}

static void *block_in_nanosleep(void *arg)
{
	struct timespec ts = { .tv_sec = 1000 };

	(void)arg;
	must(libos_nanosleep(os, &ts, NULL) == -1);
	return (void *)(long)errno;
}

static void *block_in_accept(void *arg)
{
	int fd = stack_listen(os, "127.0.0.1", 7100);

	(void)arg;
	must(libos_accept(os, fd, NULL, NULL) == -1);
	return (void *)(long)errno;
}

/* A file in memory, until nothing is left, with all processes exempt. */
static void run_out_of_memory(void)
{
	static char block[65536];
	int i, fd;

	fd = libos_open_file(os, "/proc/self/oom_score_adj", O_WRONLY, 0);
	must(fd >= 0 && libos_write(os, fd, "-1000", 5) == 5);
	fd = libos_open_file(os, "/tmp/large", O_CREAT | O_WRONLY, 0600);
	must(fd >= 0);
	for (i = 0; i < 1024 && libos_write(os, fd, block, sizeof(block)) > 0; i++)
		;
}

static void panic_now(void)
{
	int fd = libos_open_file(os, "/proc/sysrq-trigger", O_WRONLY, 0);

	if (fd >= 0)
		libos_write(os, fd, "c", 1);
	else
		run_out_of_memory();
}

static void start(pthread_t *threads)
{
	static void *(*const calls[BLOCKED])(void *) = {
		block_in_recv, block_in_poll, block_in_nanosleep, block_in_accept,
	};
	static int number;
	int i;

	for (i = 0; i < BLOCKED; i++)
		must(!pthread_create(&threads[i], NULL, calls[i], &number));
	usleep(200000);
}

static void a_panic_ends_its_stack_only(void **state)
{
	struct libos_options o = { .console = on_console, .memory = 16 << 20 };
	struct libos *other = stack_open_lo(NULL);
	pthread_t threads[BLOCKED];
	void *err;
	int i;

	(void)state;
	os = stack_open_lo(&o);
	stack_tcp_echo(other, 7000);
	start(threads);
	log_len = 0;
	panic_now();
	/* The call that met it, and any other after it */
	assert_int_equal(libos_socket(os, AF_INET, SOCK_STREAM, 0), -1);
	assert_int_equal(errno, EIO);
	for (i = 0; i < BLOCKED; i++) {
		pthread_join(threads[i], &err);
		assert_int_equal((long)err, EIO);
	}
	print_message("# %.*s\n", 60, strstr(log_text, "libos: ") ?: "no report");
	assert_non_null(strstr(log_text, "libos: kernel "));
	assert_non_null(strstr(log_text, "ksys_write"));
	assert_null(strstr(log_text, "libos:   [<0000000000000000>]"));
	/* Each line has a name, also of a call that never returns. */
	assert_null(strstr(log_text, ">] 0x"));
	stack_tcp_echo(other, 7000);
	assert_int_equal(libos_close(os), 0);
	stack_tcp_echo(other, 7000);
	assert_int_equal(libos_close(other), 0);
}

/* libos.h: calls in progress in other threads return EIO. */
static void so_does_closing(void **state)
{
	pthread_t threads[BLOCKED];
	int i, round;
	void *err;

	(void)state;
	for (round = 0; round < 5; round++) {
		os = stack_open_lo(NULL);
		start(threads);
		assert_int_equal(libos_close(os), 0);
		for (i = 0; i < BLOCKED; i++) {
			pthread_join(threads[i], &err);
			assert_int_equal((long)err, EIO);
		}
	}
}

/* A program that calls reboot(2) in it. */
static void a_halt_is_no_panic(void **state)
{
	struct libos_options o = { .console = on_console };

	(void)state;
	os = stack_open_lo(&o);
	log_len = 0;
	log_text[0] = 0;
	libos_syscall(os, 169 /* reboot */, 0xfee1dead, 672274793, 0x4321fedc, 0);
	assert_int_equal(libos_socket(os, AF_INET, SOCK_STREAM, 0), -1);
	assert_int_equal(errno, EIO);
	assert_null(strstr(log_text, "libos: kernel panic"));
	assert_int_equal(libos_close(os), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_panic_ends_its_stack_only),
		cmocka_unit_test(a_halt_is_no_panic),
		cmocka_unit_test(so_does_closing),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("panic", tests, NULL, NULL);
}
