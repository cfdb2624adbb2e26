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
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "error.h"
#include "fake_image.h"
#include "patience.h"
#include "threads.h"

enum { MIB = 1 << 20 };

/* ------------------------------------------------------------------ */

static void kernel_is_handed_everything(void **state)
{
	struct libos_options o = { .memory = 17 * MIB, .cmdline = "quiet", .wall_ns = 77 };
	struct libos *os = fake_image_open(o);
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
	struct libos *os = fake_image_open(o);

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

	libos_close(fake_image_open(o));
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
	struct libos *os = fake_image_open((struct libos_options){ .clock = LIBOS_CLOCK_VIRTUAL });
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, fake_image_clean, fake_image_clean)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(kernel_is_handed_everything),
		TEST(virtual_time_begins_in_2000),
		TEST(seeds_count_to_the_last_byte),
		TEST(failures_leave_nothing),
		TEST(devices_close_before_it_ends),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("stack", tests, NULL, NULL);
}
