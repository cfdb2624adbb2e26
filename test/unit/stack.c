// SPDX-License-Identifier: GPL-2.0
/*
 * stack.c - what a kernel is handed when it boots, and how its stack ends
 *
 * The image is the test's: a boot comes back here. Options are open.c's subject.
 *
 * release: none
 */
#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "error.h"
#include "fake_stack.h"
#include "patience.h"
#include "threads.h"

enum { MIB = 1 << 20 };

/* ------------------------------------------------------------------ *
 * an image, in place of host/image.c
 */

static struct lib_host host;
static char cmdline[64], done[200];
static int maps, boot_error, process_error, map_error;
static size_t map_size, map_extra;

static void did(const char *what)
{
	strcat(strcat(done, what), " ");
}

static int process_create(void)
{
	did("process");
	return process_error ? process_error : 42;
}

static int shut(void)
{
	did("shutdown");
	return 0;
}

static uint64_t event(void)
{
	return LIB_NEVER;
}

static int boot(const struct lib_host *h, struct lib_ops *ops, size_t size)
{
	struct libos fake;

	assert_int_equal(size, sizeof(*ops));
	did("boot");
	host = *h;
	/* It may go away after the call. */
	strcpy(cmdline, h->cmdline);
	if (boot_error)
		return boot_error;
	fake_stack_init(&fake, 0);
	*ops = fake.ops;
	ops->process_create = process_create;
	ops->shutdown = shut;
	ops->event = event;
	return 0;
}

int image_map(struct image *image, const char *release, const char *path, size_t arena_size,
	      size_t extra)
{
	(void)release, (void)path;
	map_size = arena_size;
	map_extra = extra;
	if (map_error)
		return map_error;
	maps++;
	*image = (struct image){ .arena = &host, .arena_size = arena_size, .init = boot };
	return 0;
}

void image_booted(struct image *image)
{
	(void)image;
	did("booted");
}

void image_unmap(struct image *image)
{
	(void)image;
	maps--;
	did("unmap");
}

void image_symbol(const struct image *image, unsigned long addr, bool is_return, char *buf,
		  size_t len)
{
	(void)image;
	snprintf(buf, len, "fn%lu%s", addr, is_return ? " called" : "");
}

int image_fd(const struct image *image)
{
	(void)image;
	return -1;
}

const char *image_path(const struct image *image)
{
	(void)image;
	return "/the/image";
}

static struct libos *open_stack(struct libos_options o)
{
	struct libos *os;

	o.size = sizeof(o);
	done[0] = '\0';
	os = libos_open(&o);
	assert_non_null(os);
	return os;
}

static int clean(void **state)
{
	(void)state;
	boot_error = process_error = map_error = 0;
	return maps || threads_named("libos");
}

/* ------------------------------------------------------------------ */

static void kernel_is_handed_everything(void **state)
{
	struct libos_options o = { .memory = 17 * MIB, .cmdline = "quiet", .wall_ns = 77 };
	struct libos *os = open_stack(o);
	void *const *fn;

	(void)state;
	assert_int_equal(host.version, LIB_CONTRACT_VERSION);
	assert_int_equal(host.size, sizeof(host));
	assert_ptr_equal(host.host, os);
	assert_ptr_equal(host.arena, &host);
	assert_int_equal(host.arena_size, 17 * MIB);
	assert_int_equal(host.clock_mode, LIB_CLOCK_REAL);
	assert_int_equal(host.wall_ns, 77);
	assert_string_equal(cmdline, "quiet");
	/* Every callback: boot.c of the kernel refuses one that is missing. */
	for (fn = (void *)&host.clock; fn <= (void **)&host.netdev_kick; fn++)
		assert_non_null(*fn);
	assert_int_equal(map_extra, 0);
	assert_int_equal(os->process, 42);
	assert_string_equal(libos_release(os), "0.0.fake");
	assert_int_equal(threads_named("libos"), 1);
	assert_int_equal(libos_close(os), 0);
	assert_string_equal(done, "boot booted process shutdown unmap ");
	os = libos_open(NULL);
	/* 64 MiB: libos.h; the host's wall clock when its monotonic one was zero */
	assert_int_equal(map_size, 64 * MIB);
	assert_in_range(host.wall_ns + host_now(), host_time(CLOCK_REALTIME) - SEC,
			host_time(CLOCK_REALTIME) + SEC);
	assert_string_equal(cmdline, "");
	libos_close(os);
}

/* 946684800 s: date -ud 2000-01-01 +%s */
static void virtual_time_begins_in_2000(void **state)
{
	struct libos_options o = { .clock = LIBOS_CLOCK_VIRTUAL };
	struct libos *os = open_stack(o);

	(void)state;
	assert_int_equal(host.clock_mode, LIB_CLOCK_VIRTUAL);
	assert_int_equal(host.wall_ns, 946684800 * SEC);
	assert_int_equal(threads_named("libos"), 0);
	assert_int_equal(libos_close(os), 0);
}

/* The seed that a stack with such options gets */
static void seed(uint8_t got[32], enum libos_clock clock, const void *bytes, size_t len)
{
	struct libos_options o = { .clock = clock, .seed = bytes, .seed_len = len };

	libos_close(open_stack(o));
	memcpy(got, host.seed, 32);
}

static void seeds_count_to_the_last_byte(void **state)
{
	uint8_t bytes[70], one[32], other[32], zero[32] = { 0 };
	int i;

	(void)state;
	for (i = 0; i < 70; i++)
		bytes[i] = i + 1;
	seed(one, LIBOS_CLOCK_VIRTUAL, NULL, 0);
	assert_memory_equal(one, zero, 32);
	seed(one, LIBOS_CLOCK_VIRTUAL, bytes, 32);
	assert_memory_equal(one, bytes, 32);
	/* A given one is used with the real clock, too. */
	seed(one, LIBOS_CLOCK_REAL, bytes, 70);
	seed(other, LIBOS_CLOCK_VIRTUAL, bytes, 70);
	assert_memory_equal(one, other, 32);
	for (i = 0; i < 70; i++) {
		bytes[i] ^= 0x80;
		seed(other, LIBOS_CLOCK_VIRTUAL, bytes, 70);
		assert_memory_not_equal(one, other, 32);
		bytes[i] ^= 0x80;
	}
	seed(one, LIBOS_CLOCK_REAL, NULL, 0);
	seed(other, LIBOS_CLOCK_REAL, NULL, 0);
	assert_memory_not_equal(one, other, 32);
}

/* ------------------------------------------------------------------ */

static void refused(int error, const char *words, const char *steps)
{
	done[0] = '\0';
	errno = 0;
	libos_error_set("nothing");
	assert_null(libos_open(NULL));
	assert_int_equal(errno, error);
	assert_string_equal(libos_error(), words);
	assert_string_equal(done, steps);
	assert_int_equal(maps, 0);
	assert_int_equal(threads_named("libos"), 0);
}

static void failures_leave_nothing(void **state)
{
	struct rlimit old, few;
	int next = dup(0);

	(void)state;
	close(next);
	map_error = -ENOENT;
	refused(ENOENT, "nothing", "");
	map_error = 0;
	boot_error = -EPROTO;
	refused(EPROTO, "/the/image was built for another version of the library; build both "
		"from one tree", "boot unmap ");
	boot_error = -EIO;
	refused(EIO, "/the/image does not boot: Input/output error", "boot unmap ");
	boot_error = 0;
	process_error = -ENOMEM;
	refused(ENOMEM, "the stack cannot make a process: Cannot allocate memory",
		"boot booted process unmap ");
	process_error = 0;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	few = (struct rlimit){ next, old.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	done[0] = '\0';
	assert_null(libos_open(NULL));
	assert_int_equal(errno, EMFILE);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	assert_string_equal(done, "boot booted process unmap ");
}

static int take_none(void *arg, const struct libos_frame *frames, int n)
{
	(void)arg, (void)frames, (void)n;
	return 0;
}

static void side_closed(void *arg)
{
	did(arg);
}

static void devices_close_before_it_ends(void **state)
{
	struct libos *os = open_stack((struct libos_options){ .clock = LIBOS_CLOCK_VIRTUAL });
	const struct libos_netdev_ops ops = { .transmit = take_none, .close = side_closed };
	struct lib_netdev *kernels[2];
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		assert_non_null(libos_netdev_create(os, NULL, &ops, "device"));
		kernels[i] = fake_last;
	}
	assert_int_equal(fake_devices, 2);
	libos_close(os);
	assert_string_equal(done, "boot booted process device device shutdown unmap ");
	assert_int_equal(fake_devices, 0);
	for (i = 0; i < 2; i++)
		fake_netdev_free(kernels[i]);
	assert_int_equal(libos_close(NULL), 0);
}

/* ------------------------------------------------------------------ *
 * callbacks
 */

/* How many are left when @n bytes are copied from or to @user of this process */
static size_t copy(void *memory, const void *user, size_t n, int out)
{
	return host.user_copy(host.host, getpid(), memory, (uintptr_t)user, n, out);
}

static void copies_as_far_as_there_is_memory(void **state)
{
	struct libos *os = open_stack((struct libos_options){ .clock = LIBOS_CLOCK_VIRTUAL });
	char here[100], *there = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
				      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)state;
	munmap(there + 4096, 4096);
	memset(here, 'h', sizeof(here));
	strcpy(there, "there");
	assert_int_equal(copy(here, there, 6, 0), 0);
	assert_string_equal(here, "there");
	assert_int_equal(copy("out", there, 4, 1), 0);
	assert_string_equal(there, "out");
	/* 30 of 100 bytes are; a page that is not there has none */
	assert_int_equal(copy(here, there + 4096 - 30, 100, 0), 70);
	assert_int_equal(copy(here, there + 4096 - 30, 100, 1), 70);
	assert_int_equal(copy(here, there + 4096, 100, 0), 100);
	munmap(there, 4096);
	libos_close(os);
}

static char said[20000];

static void hear(void *arg, const char *text, size_t len)
{
	assert_ptr_equal(arg, said);
	strncat(said, text, len);
}

static void console_is_the_callers(void **state)
{
	struct libos *os = open_stack((struct libos_options){
		.clock = LIBOS_CLOCK_VIRTUAL, .console = hear, .console_arg = said });
	unsigned long trace[] = { 16, 17 };

	(void)state;
	said[0] = '\0';
	host.console(host.host, "line\nnot this", 5);
	/* The first address of an oops is where it was; others are behind calls. */
	host.fatal(host.host, LIB_FATAL_OOPS, "bad", trace, 2);
	assert_string_equal(said, "line\nlibos: kernel oops: bad (Linux 0.0.fake)\n"
			    "libos:   [<0000000000000010>] fn16\n"
			    "libos:   [<0000000000000011>] fn17 called\n");
	assert_true(os->dead);
	said[0] = '\0';
	host.fatal(host.host, LIB_FATAL_HALT, "reboot", trace, 2);
	assert_string_equal(said, "");
	libos_close(os);
}

/* What goes to stderr as @why ends a stack that said @n lines */
static void last_words(enum lib_fatal why, int n)
{
	struct libos *os = open_stack((struct libos_options){ .clock = LIBOS_CLOCK_VIRTUAL });
	int saved = dup(STDERR_FILENO), i;
	unsigned long trace = 16;
	FILE *f = tmpfile();
	char line[20];

	for (i = 0; i < n; i++) {
		snprintf(line, sizeof(line), "line %04d\n", i);
		host.console(host.host, line, 10);
	}
	dup2(fileno(f), STDERR_FILENO);
	host.fatal(host.host, why, "why", &trace, 1);
	dup2(saved, STDERR_FILENO);
	close(saved);
	rewind(f);
	said[fread(said, 1, sizeof(said) - 1, f)] = '\0';
	fclose(f);
	libos_close(os);
}

static void last_words_are_kept_for_its_end(void **state)
{
	const char *end = "libos: kernel panic: why (Linux 0.0.fake)\n"
			  "libos:   [<0000000000000010>] fn16 called\n";

	(void)state;
	last_words(LIB_FATAL_PANIC, 2);
	assert_memory_equal(said, "line 0000\nline 0001\nlibos:", 26);
	assert_string_equal(said + 20, end);
	/* 4096 bytes: the last 409 of 1000 lines, and 6 of the one before */
	last_words(LIB_FATAL_PANIC, 1000);
	assert_memory_equal(said, " 0590\nline 0591\n", 16);
	assert_memory_equal(said + 4086, "line 0999\n", 10);
	assert_string_equal(said + 4096, end);
	/* A program that ends its stack does not hear of it. */
	last_words(LIB_FATAL_HALT, 2);
	assert_string_equal(said, "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, clean, clean)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(kernel_is_handed_everything),
		TEST(virtual_time_begins_in_2000),
		TEST(seeds_count_to_the_last_byte),
		TEST(failures_leave_nothing),
		TEST(devices_close_before_it_ends),
		TEST(copies_as_far_as_there_is_memory),
		TEST(console_is_the_callers),
		TEST(last_words_are_kept_for_its_end),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("stack", tests, NULL, NULL);
}
