// SPDX-License-Identifier: GPL-2.0
/*
 * efault.c - a bad pointer is an error of the call, not the end of the program
 *
 * What Linux gives: EFAULT, or the part that was done before. Each stack is opened
 * inside the test, since cmocka puts handlers of its own around each one.
 */
#include "stack.h"

#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/utsname.h>

enum { PAGE = 4096 };

static struct libos *os;
/* Three pages: good, read-only, missing; and one of a file that ends before it. */
static char *good, *readonly, *missing, *beyond;

static void begin(void)
{
	char name[] = "/tmp/efaultXXXXXX";
	int fd = mkstemp(name);

	os = stack_open_lo(NULL);
	good = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	must(good != MAP_FAILED && fd >= 0 && !unlink(name));
	readonly = good + PAGE;
	missing = good + 2 * PAGE;
	memset(good, 'x', 2 * PAGE);
	must(!mprotect(readonly, PAGE, PROT_READ) && !munmap(missing, PAGE));
	beyond = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	must(beyond != MAP_FAILED && !close(fd));
}

static void end(void)
{
	stack_tcp_echo(os, 7000);
	assert_int_equal(libos_close(os), 0);
	munmap(good, 2 * PAGE);
	munmap(beyond, PAGE);
}

#define assert_efault(call)						\
	do {								\
		errno = 0;						\
		assert_int_equal(call, -1);				\
		assert_int_equal(errno, EFAULT);			\
	} while (0)

#define NON_CANONICAL ((void *)0x8000000000001000)
#define KERNELS ((void *)-4096l)

static void all_kinds_of_bad_pointers(void **state)
{
	void *bad[] = { (void *)1, missing, NON_CANONICAL, KERNELS, beyond, NULL };
	struct sockaddr_in in = { .sin_family = AF_INET };
	unsigned int i;
	int udp, tcp, fd[2];

	(void)state;
	begin();
	bad[1] = missing;
	bad[4] = beyond;
	udp = libos_socket(os, AF_INET, SOCK_DGRAM, 0);
	tcp = libos_socket(os, AF_INET, SOCK_STREAM, 0);
	assert_int_equal(stack_bind(os, udp, "127.0.0.1", 9000), 0);
	assert_int_equal(stack_connect(os, udp, "127.0.0.1", 9000), 0);
	assert_int_equal(libos_pipe2(os, fd, 0), 0);
	for (i = 0; i < STACK_COUNT(bad); i++) {
		socklen_t len = sizeof(in);
		struct iovec iov = { bad[i], 16 };
		struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };

		assert_efault(libos_send(os, udp, bad[i], 16, 0));
		assert_efault(libos_sendmsg(os, udp, &m, 0));
		assert_efault(libos_sendmsg(os, udp, bad[i], 0));
		assert_int_equal(libos_send(os, udp, "datagram", 8, 0), 8);
		assert_efault(libos_recv(os, udp, bad[i], 8, 0));
		assert_efault(libos_bind(os, tcp, bad[i], sizeof(in)));
		assert_efault(libos_connect(os, tcp, bad[i], sizeof(in)));
		assert_efault(libos_getsockname(os, udp, bad[i] ?: (void *)1, &len));
		assert_efault(libos_getsockname(os, udp, (struct sockaddr *)&in, bad[i]));
		assert_efault(libos_setsockopt(os, udp, SOL_SOCKET, SO_RCVBUF, bad[i], 4));
		assert_efault(libos_getsockopt(os, udp, SOL_SOCKET, SO_RCVBUF, bad[i], &len));
		assert_efault(libos_pipe2(os, bad[i], 0));
		assert_efault(libos_write(os, fd[1], bad[i], 10));
		assert_efault(libos_poll(os, bad[i], 2, 0));
		assert_efault(libos_open_file(os, bad[i], O_RDONLY, 0));
		assert_efault(libos_ioctl(os, udp, 0x8912 /* SIOCGIFCONF */, bad[i]));
		assert_efault(libos_syscall(os, 63 /* uname */, bad[i]));
		assert_efault(libos_nanosleep(os, bad[i], NULL));
		assert_efault(libos_getrandom(os, bad[i], 100, 0));
	}
	end();
}

static void read_only_memory(void **state)
{
	int fd;

	(void)state;
	begin();
	fd = libos_open_file(os, "/dev/zero", O_RDWR, 0);
	assert_true(fd >= 0);
	assert_efault(libos_read(os, fd, readonly, 16));
	assert_efault(libos_syscall(os, 63 /* uname */, readonly));
	assert_int_equal(libos_write(os, fd, readonly, 16), 16);
	assert_efault(libos_getrandom(os, readonly, 16, 0));
	assert_int_equal(readonly[0], 'x');
	end();
}

/* Linux gives what there was: 100 bytes of 200 through a stream, none of a datagram. */
static void memory_that_ends_in_the_middle(void **state)
{
	char *edge, in[200];
	int fd[2], i;

	(void)state;
	begin();
	edge = missing - 100;
	assert_int_equal(libos_socketpair(os, AF_UNIX, SOCK_DGRAM, 0, fd), 0);
	assert_efault(libos_send(os, fd[0], edge, 200, 0));
	assert_int_equal(libos_send(os, fd[0], edge, 100, 0), 100);
	assert_int_equal(libos_recv(os, fd[1], in, sizeof(in), 0), 100);
	libos_close_fd(os, fd[0]);
	libos_close_fd(os, fd[1]);
	assert_int_equal(libos_pipe2(os, fd, 0), 0);
	/* A pipe fills a page at a time: what could be copied of it, or nothing. */
	i = libos_write(os, fd[1], edge, 200);
	assert_true(i == 100 || (i == -1 && errno == EFAULT));
	stack_tcp_pair(os, "127.0.0.1", 7001, fd);
	for (i = 0; i < 100; i++)
		assert_efault(libos_send(os, fd[0], missing - 0, 200, 0));
	assert_int_equal(libos_send(os, fd[0], edge, 100, 0), 100);
	assert_int_equal(libos_recv(os, fd[1], in, sizeof(in), 0), 100);
	/* A read into memory that ends: nothing is lost of what did not fit. */
	assert_int_equal(libos_send(os, fd[0], in, 200, 0), 200);
	assert_int_equal(mprotect(readonly, PAGE, PROT_READ | PROT_WRITE), 0);
	i = libos_recv(os, fd[1], edge, 200, 0);
	assert_true(i == 100 || (i == -1 && errno == EFAULT));
	assert_int_equal(libos_recv(os, fd[1], in, 200, MSG_DONTWAIT), i < 0 ? 200 : 100);
	end();
}

/* /proc gives what fits, to the byte: copies of each size, with room for each part of it. */
static void each_size_ends_at_the_byte(void **state)
{
	enum { SIZE = 700 };
	char whole[SIZE], in[SIZE];
	int size, room, fd;

	(void)state;
	begin();
	assert_int_equal(mprotect(readonly, PAGE, PROT_READ | PROT_WRITE), 0);
	fd = libos_open_file(os, "/proc/net/snmp", O_RDONLY, 0);
	assert_int_equal(libos_pread(os, fd, whole, SIZE, 0), SIZE);
	for (size = 1; size <= SIZE; size++) {
		memset(in, 0, SIZE);
		assert_int_equal(libos_pread(os, fd, in, size, 0), size);
		assert_memory_equal(in, whole, size);
		assert_true(size == SIZE || !in[size]);
		for (room = 1; room < size; room += size > 140 ? 13 : 1) {
			memset(missing - room - 1, 'x', room + 1);
			assert_int_equal(libos_pread(os, fd, missing - room, size, 0), room);
			assert_memory_equal(missing - room, whole, room);
			assert_int_equal(missing[-room - 1], 'x');
		}
	}
	end();
}

/* A string is read a word at a time: beyond its NUL nothing may be needed. */
static void path_before_a_missing_page(void **state)
{
	static const char *const paths[] = {
		"/", "/p", "/proc", "/proc/net/dev", "/dev/null", "/dev/zero", "/tmp/12345678",
		"/tmp/a", "/tmp/ab", "/tmp/abc", "/tmp/abcd", "/tmp/abcde", "/tmp/abcdef",
	};
	unsigned int i;

	(void)state;
	begin();
	assert_int_equal(mprotect(readonly, PAGE, PROT_READ | PROT_WRITE), 0);
	for (i = 0; i < STACK_COUNT(paths); i++) {
		size_t len = strlen(paths[i]);
		char *p = missing - len - 1;
		int fd, want;

		memcpy(p, paths[i], len + 1);
		want = libos_open_file(os, paths[i], O_RDONLY, 0);
		if (want >= 0)
			libos_close_fd(os, want);
		fd = libos_open_file(os, p, O_RDONLY, 0);
		assert_int_equal(fd >= 0, want >= 0);
		assert_true(fd >= 0 || errno == ENOENT);
		if (fd >= 0)
			libos_close_fd(os, fd);
		/* Without the NUL the string goes on over the edge. */
		p = missing - len;
		memcpy(p, paths[i], len);
		assert_efault(libos_open_file(os, p, O_RDONLY, 0));
	}
	end();
}

/* As programs' own threads often do: all signals blocked, SIGSEGV too. */
static void *call_with_signals_blocked(void *arg)
{
	sigset_t all;
	int i, good = 0;

	(void)arg;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, NULL);
	for (i = 0; i < 100; i++)
		good += libos_syscall(os, 63 /* uname */, i % 2 ? missing : readonly) == -1 &&
			errno == EFAULT;
	return (void *)(long)good;
}

static void in_a_thread_that_blocks_all_signals(void **state)
{
	pthread_t thread;
	void *good_calls;

	(void)state;
	begin();
	assert_int_equal(pthread_create(&thread, NULL, call_with_signals_blocked, NULL), 0);
	assert_int_equal(pthread_join(thread, &good_calls), 0);
	assert_int_equal((long)good_calls, 100);
	end();
}

/* The call that meets it is finished by whoever carries: also the library's thread. */
static void *sleep_with_bad_pointer(void *arg)
{
	struct timespec ts = { .tv_nsec = 2000000 };
	int i, good = 0, fd = *(int *)arg;
	struct pollfd *p = (void *)(readonly + 8);

	for (i = 0; i < 200; i++) {
		p = (void *)(readonly + 8);
		good += libos_poll(os, p, 1, 1) == -1 && errno == EFAULT;
		libos_nanosleep(os, &ts, (void *)1);
	}
	(void)fd;
	return (void *)(long)good;
}

static void met_after_it_slept(void **state)
{
	pthread_t threads[4];
	void *good_calls;
	int i, fd;

	(void)state;
	begin();
	fd = libos_eventfd(os, 0, 0);
	/* A pollfd that can be read and not be written: EFAULT at the end of the wait. */
	assert_int_equal(mprotect(readonly, PAGE, PROT_READ | PROT_WRITE), 0);
	*(struct pollfd *)(readonly + 8) = (struct pollfd){ .fd = fd, .events = POLLIN };
	assert_int_equal(mprotect(readonly, PAGE, PROT_READ), 0);
	for (i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, sleep_with_bad_pointer, &fd), 0);
	for (i = 0; i < 4; i++) {
		pthread_join(threads[i], &good_calls);
		assert_int_equal((long)good_calls, 200);
	}
	end();
}

/* ------------------------------------------------------------------ */

static volatile int own_faults;
static char *own_page;

static void own_handler(int sig, siginfo_t *info, void *context)
{
	(void)context;
	if (sig == SIGSEGV && info->si_addr == own_page) {
		own_faults++;
		mprotect(own_page, PAGE, PROT_READ | PROT_WRITE);
	} else {
		_exit(3);
	}
}

/* A collector of garbage, say: it was there first, and goes on to get its faults. */
static void the_programs_own_faults_reach_its_handler(void **state)
{
	struct sigaction sa = { .sa_sigaction = own_handler, .sa_flags = SA_SIGINFO }, old;
	int i;

	(void)state;
	sigaction(SIGSEGV, &sa, &old);
	begin();
	own_page = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (i = 1; i <= 10; i++) {
		assert_efault(libos_syscall(os, 63 /* uname */, missing));
		mprotect(own_page, PAGE, PROT_NONE);
		*(volatile char *)own_page = 1;
		assert_int_equal(own_faults, i);
	}
	end();
	/* And without a stack. */
	mprotect(own_page, PAGE, PROT_NONE);
	*(volatile char *)own_page = 1;
	assert_int_equal(own_faults, 11);
	munmap(own_page, PAGE);
	sigaction(SIGSEGV, &old, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_kinds_of_bad_pointers),
		cmocka_unit_test(read_only_memory),
		cmocka_unit_test(memory_that_ends_in_the_middle),
		cmocka_unit_test(each_size_ends_at_the_byte),
		cmocka_unit_test(path_before_a_missing_page),
		cmocka_unit_test(met_after_it_slept),
		cmocka_unit_test(the_programs_own_faults_reach_its_handler),
		cmocka_unit_test(in_a_thread_that_blocks_all_signals),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("efault", tests, NULL, NULL);
}
