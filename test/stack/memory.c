// SPDX-License-Identifier: GPL-2.0
/*
 * memory.c - a stack that is full says so, and goes on when there is room again
 *
 * 16 MiB, the least. Each way of filling it ends with an error that Linux has for
 * it, in bounded time; when all is given back, TCP is carried as before.
 *
 * timeout: 600
 */
#include "exchange.h"

#include <linux/bpf.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>

enum { MEMORY = 16 << 20, FDS_MAX = 20000, BYTES = 8 << 20, LIMIT_S = 60 };

static struct libos *os;
static int fds[FDS_MAX], n_fds;
static char console[16384];
static size_t console_len;

static void on_console(void *arg, const char *text, size_t len)
{
	(void)arg;
	if (getenv("LIBOS_TEST_LOG"))
		fwrite(text, 1, len, stderr);
	if (console_len + len < sizeof(console)) {
		memcpy(console + console_len, text, len);
		console_len += len;
		console[console_len] = 0;
	}
}

static bool no_room(void)
{
	return errno == ENOMEM || errno == ENOBUFS || errno == EMFILE || errno == ENFILE ||
	       errno == EAGAIN || errno == ENOSPC;
}

static bool keep(int fd)
{
	if (fd < 0) {
		if (!no_room())
			print_message("# after %d: %s\n# %s\n", n_fds, strerror(errno),
				      strstr(console, "libos:") ?: "the stack lives");
		assert_true(no_room());
		return false;
	}
	must(n_fds < FDS_MAX);
	fds[n_fds++] = fd;
	return true;
}

static void give_back(void)
{
	while (n_fds)
		must(!libos_close_fd(os, fds[--n_fds]));
}

static void begin(void)
{
	struct libos_options o = { .memory = MEMORY, .console = on_console };

	console_len = 0;
	console[0] = 0;
	n_fds = 0;
	os = stack_open_lo(&o);
}

/* All is given back: the same again, and then a transfer. */
static void end(uint64_t start)
{
	give_back();
	if (strstr(console, "libos:"))
		print_message("# %s", strstr(console, "libos:"));
	assert_null(strstr(console, "libos:"));
	exchange_tcp(os, os, "127.0.0.1", 7000, BYTES);
	assert_int_equal(libos_close(os), 0);
	assert_true(stack_now() - start < LIMIT_S * STACK_NSEC);
}

/* A line of /proc/meminfo, in bytes */
static uint64_t meminfo(const char *name)
{
	char text[4096];
	int fd = libos_open_file(os, "/proc/meminfo", O_RDONLY, 0);
	ssize_t n = libos_read(os, fd, text, sizeof(text) - 1);
	char *line;

	must(n > 0 && !libos_close_fd(os, fd));
	text[n] = 0;
	line = strstr(text, name);
	must(line);
	return strtoull(line + strlen(name), NULL, 10) << 10;
}

/* The arena comes online as it is wanted: the counters are of all of it, always. */
static void counted(void **state)
{
	enum { ALL = 512 << 20, PAIRS = 64, EACH = 2 << 20 };
	struct libos_options o = { .memory = ALL };
	int size = 2 * EACH, fd[2], i;
	static uint8_t block[65536];
	uint64_t total, before;

	(void)state;
	n_fds = 0;
	os = stack_open_lo(&o);
	total = meminfo("MemTotal:");
	before = meminfo("MemFree:");
	print_message("# %lu of %lu MiB are free\n", before >> 20, total >> 20);
	assert_in_range(total, ALL / 20 * 19, ALL);
	assert_in_range(before, ALL / 10 * 9, total);
	for (i = 0; i < PAIRS; i++) {
		size_t n;

		must(!libos_socketpair(os, AF_UNIX, SOCK_STREAM, 0, fd));
		must(keep(fd[0]) && keep(fd[1]));
		must(!libos_setsockopt(os, fd[0], SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)));
		for (n = 0; n < EACH; n += sizeof(block))
			must(libos_send(os, fd[0], block, sizeof(block), MSG_DONTWAIT) ==
			     sizeof(block));
	}
	assert_int_equal(meminfo("MemTotal:"), total);
	assert_in_range(before - meminfo("MemFree:"), PAIRS * EACH, PAIRS * EACH / 4 * 5);
	give_back();
	usleep(300000);
	assert_in_range(meminfo("MemFree:"), before / 20 * 19, total);
	assert_int_equal(libos_close(os), 0);
}

static int array_map(unsigned int entries, unsigned int value_size)
{
	union bpf_attr attr = { .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4 };

	attr.value_size = value_size;
	attr.max_entries = entries;
	return libos_syscall(os, SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr));
}

static void element(int map, int cmd, unsigned int key, void *value)
{
	union bpf_attr attr = { .map_fd = map };

	attr.key = (uintptr_t)&key;
	attr.value = (uintptr_t)value;
	must(!libos_syscall(os, SYS_bpf, cmd, &attr, sizeof(attr)));
}

/* In one piece, which is of blocks that came online one by one; up to 64 MiB */
static void large_table(void **state)
{
	enum { MIB = 1 << 20, EACH = 64, FULL = MIB / EACH };
	static const unsigned int sizes[] = { 5, 8, 17, 33, 63 };
	struct libos_options o = { .memory = 512 << 20 };
	uint8_t value[EACH];
	unsigned int i, round;
	uint64_t before;
	int fd, second;

	(void)state;
	os = stack_open_lo(&o);
	before = meminfo("MemFree:");
	for (round = 0; round < 2; round++) {
		for (i = 0; i < STACK_COUNT(sizes); i++) {
			unsigned int entries = sizes[i] * FULL;

			fd = array_map(entries, EACH);
			must(fd >= 0);
			memset(value, 0xa5, sizeof(value));
			element(fd, BPF_MAP_LOOKUP_ELEM, entries - 1, value);
			assert_int_equal(value[0], 0);
			assert_int_equal(value[EACH - 1], 0);
			memset(value, 0x5a, sizeof(value));
			element(fd, BPF_MAP_UPDATE_ELEM, entries - 1, value);
			element(fd, BPF_MAP_UPDATE_ELEM, 0, value);
			second = array_map(entries, EACH);
			must(second >= 0);
			element(second, BPF_MAP_LOOKUP_ELEM, entries - 1, value);
			assert_int_equal(value[0], 0);
			must(!libos_close_fd(os, fd) && !libos_close_fd(os, second));
		}
	}
	/* Programs' maps are freed a grace period later, in the background. */
	usleep(300000);
	assert_in_range(meminfo("MemFree:"), before / 20 * 19, before);
	fd = array_map(65 * FULL, EACH);
	assert_int_equal(fd, -1);
	assert_int_equal(errno, ENOMEM);
	exchange_tcp(os, os, "127.0.0.1", 7000, BYTES);
	assert_int_equal(libos_close(os), 0);
}

static void full_of_sockets(void **state)
{
	static const int kinds[][2] = {
		{ AF_INET, SOCK_STREAM }, { AF_INET6, SOCK_DGRAM }, { AF_UNIX, SOCK_STREAM },
		{ AF_NETLINK, SOCK_RAW },
	};
	uint64_t start = stack_now();
	unsigned int i;

	(void)state;
	begin();
	for (i = 0; i < STACK_COUNT(kinds); i++) {
		while (keep(libos_socket(os, kinds[i][0], kinds[i][1], 0)))
			;
		print_message("# %d sockets, then %s\n", n_fds, strerror(errno));
		assert_true(n_fds > 100);
		give_back();
		/* Sockets are freed a grace period later, in the background. */
		usleep(300000);
	}
	end(start);
}

/* Until one buffer after the other is full; each socket's own limit comes first. */
static void full_of_buffers(void **state)
{
	static uint8_t block[60000];
	uint64_t start = stack_now(), bytes = 0;
	int fd[2], size = 4 << 20, i;
	ssize_t n;

	(void)state;
	begin();
	for (i = 0; i < 200; i++) {
		if (libos_socketpair(os, AF_UNIX, SOCK_STREAM, 0, fd)) {
			assert_true(no_room());
			break;
		}
		must(keep(fd[0]) && keep(fd[1]));
		libos_setsockopt(os, fd[0], SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
		do {
			n = libos_send(os, fd[0], block, sizeof(block), MSG_DONTWAIT);
			bytes += n > 0 ? n : 0;
		} while (n > 0);
		assert_true(no_room());
	}
	print_message("# %lu KiB in %d pairs, then %s\n", bytes >> 10, n_fds / 2, strerror(errno));
	assert_true(bytes > MEMORY / 8);
	end(start);
}

static void full_of_tcp(void **state)
{
	static uint8_t block[60000];
	uint64_t start = stack_now(), bytes = 0;
	int listener, i;
	ssize_t n;

	(void)state;
	begin();
	listener = stack_listen(os, "127.0.0.1", 7001);
	for (i = 0; i < 100; i++) {
		int from = libos_socket(os, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), to;

		if (!keep(from))
			break;
		stack_connect(os, from, "127.0.0.1", 7001);
		must(!libos_fcntl(os, listener, F_SETFL, O_NONBLOCK));
		to = libos_accept(os, listener, NULL, NULL);
		if (!keep(to))
			break;
		do {
			n = libos_send(os, from, block, sizeof(block), MSG_DONTWAIT);
			bytes += n > 0 ? n : 0;
		} while (n > 0);
		assert_true(no_room());
	}
	print_message("# %lu KiB in %d sockets, then %s\n", bytes >> 10, n_fds, strerror(errno));
	assert_true(bytes > MEMORY / 16);
	libos_close_fd(os, listener);
	end(start);
}

static void full_of_namespaces(void **state)
{
	uint64_t start = stack_now();
	int first;

	(void)state;
	begin();
	first = libos_open_file(os, "/proc/thread-self/ns/net", O_RDONLY, 0);
	must(first >= 0);
	while (!libos_unshare(os, CLONE_NEWNET))
		if (!keep(libos_open_file(os, "/proc/thread-self/ns/net", O_RDONLY, 0)))
			break;
	print_message("# %d namespaces, then %s\n", n_fds, strerror(errno));
	assert_true(no_room());
	assert_true(n_fds > 2);
	give_back();
	assert_int_equal(libos_setns(os, first, CLONE_NEWNET), 0);
	libos_close_fd(os, first);
	/* They go in the background. */
	usleep(500000);
	end(start);
}

static void full_of_devices(void **state)
{
	uint64_t start = stack_now();
	char command[64];
	int i;

	(void)state;
	begin();
	for (i = 0; i < 2000; i++) {
		snprintf(command, sizeof(command), "link add d%d type dummy", i);
		if (libos_configure(os, command))
			break;
	}
	print_message("# %d devices, then %s\n", i, strerror(errno));
	assert_true(i == 2000 || no_room());
	assert_true(i > 20);
	while (i--) {
		snprintf(command, sizeof(command), "link del d%d", i);
		must(!libos_configure(os, command));
	}
	end(start);
}

/* What ENOSPC or ENOMEM should be. The file's pages are nobody's that may be killed. */
static void full_of_files(void **state)
{
	static uint8_t block[65536];
	uint64_t start = stack_now(), bytes = 0;
	ssize_t n = 0;
	int fd, i;

	(void)state;
	begin();
	fd = libos_open_file(os, "/tmp/large", O_CREAT | O_WRONLY, 0600);
	must(fd >= 0);
	for (i = 0; i < 1024; i++) {
		n = libos_write(os, fd, block, sizeof(block));
		if (n <= 0)
			break;
		bytes += n;
	}
	print_message("# %lu KiB, then %s\n", bytes >> 10, strerror(errno));
	assert_true(n < 0 && no_room());
	must(!libos_syscall(os, 77 /* ftruncate */, fd, 0));
	must(!libos_close_fd(os, fd));
	end(start);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counted),
		cmocka_unit_test(large_table),
		cmocka_unit_test(full_of_sockets),
		cmocka_unit_test(full_of_buffers),
		cmocka_unit_test(full_of_tcp),
		cmocka_unit_test(full_of_namespaces),
		cmocka_unit_test(full_of_devices),
		cmocka_unit_test(full_of_files),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
