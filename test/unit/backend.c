// SPDX-License-Identifier: GPL-2.0
/*
 * backend.c - a device whose other side is a back end of dev/: found, watched, closed
 *
 * There are two back ends here: "pipe", which reads one byte of a descriptor for each
 * frame, and "none", which has none.
 *
 * release: none
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "dev.h"
#include "fake_stack.h"
#include "netdev.h"
#include "patience.h"

static struct libos os;
static struct dev *dev;
static int fd_to_open = -1, open_error, closes, transmitted;
static const struct libos_frame *transmitted_frames;
static char opened_with[32];
static atomic_int receives, writables;
static atomic_bool want_again, said_no;

static int back_open(struct dev *d, const char *args)
{
	strcpy(opened_with, args);
	assert_int_equal(d->fd, -1);
	assert_ptr_equal(d->os, &os);
	if (open_error) {
		dev_error("%s cannot be opened; try %d", args, 7);
		return -open_error;
	}
	d->fd = strcmp(d->backend->name, "none") ? fd_to_open : -1;
	d->priv = &closes;
	if (!d->config.mtu)
		d->config.mtu = 1234;
	dev = d;
	return 0;
}

static int back_transmit(struct dev *d, const struct libos_frame *frames, int n)
{
	assert_ptr_equal(d, dev);
	transmitted_frames = frames;
	transmitted = n;
	return n - 1;
}

static void back_receive(struct dev *d)
{
	char c[4] = { 0 };
	struct iovec iov = { c, 4 };
	struct libos_frame frame = { .len = 4, .niov = 1, .iov = &iov };

	if (read(d->fd, c, 1) == 1)
		dev_receive(d, &frame, 1);
	receives++;
}

static void back_writable(struct dev *d)
{
	bool again = want_again;

	dev_want_write(d, again);
	dev_wake(d);
	dev_carrier(d, true);
	writables++;
	said_no = !again;
}

static void back_close(struct dev *d)
{
	assert_ptr_equal(d->priv, &closes);
	closes++;
}

static const struct dev_backend back_pipe = {
	"pipe", "pipe:WHICH", back_open, back_transmit, back_receive, back_writable, back_close,
}, back_none = {
	"none", "none:", back_open, back_transmit, back_receive, NULL, back_close,
};

/* In place of dev/backends.c */
const struct dev_backend *const dev_backends[] = { &back_pipe, &back_none, NULL };

const struct dev_backend *dev_backend_find(const char *name, size_t len)
{
	for (int i = 0; dev_backends[i]; i++)
		if (strlen(dev_backends[i]->name) == len &&
		    !strncmp(dev_backends[i]->name, name, len))
			return dev_backends[i];
	return NULL;
}

static int ends[2];

static int start(void **state)
{
	(void)state;
	fake_stack_init(&os, 1);
	receives = writables = closes = 0;
	return pipe2(ends, O_NONBLOCK | O_CLOEXEC);
}

static int stop(void **state)
{
	(void)state;
	close(ends[0]);
	close(ends[1]);
	return fake_devices || os.netdevs;
}

static struct libos_netdev *open_at(int fd)
{
	struct libos_netdev *nd;

	fd_to_open = fd;
	nd = libos_netdev_open(&os, NULL, "pipe:x");
	assert_non_null(nd);
	return nd;
}

static void close_it(struct libos_netdev *nd)
{
	struct lib_netdev *kernels = nd->kernel;

	assert_int_equal(libos_netdev_close(nd), 0);
	assert_int_equal(closes, 1);
	fake_netdev_free(kernels);
}

/* ------------------------------------------------------------------ */

static void unknown_ones_are_named(void **state)
{
	static const char *const specs[] = { "nothing:x", "pipe", "", ":x", "pip:x", "pipes:x" };
	char want[200];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(specs) / sizeof(specs[0]); i++) {
		errno = 0;
		assert_null(libos_netdev_open(&os, NULL, specs[i]));
		assert_int_equal(errno, EINVAL);
		snprintf(want, sizeof(want), "no network back end in \"%s\"; write NAME:ARGUMENTS, "
			 "with one of pipe, none", specs[i]);
		assert_string_equal(libos_error(), want);
	}
	open_error = EBUSY;
	assert_null(libos_netdev_open(&os, NULL, "pipe:it:self"));
	open_error = 0;
	assert_int_equal(errno, EBUSY);
	assert_string_equal(opened_with, "it:self");
	assert_string_equal(libos_error(), "it:self cannot be opened; try 7");
	assert_int_equal(closes, 0);
}

static void configuration_goes_both_ways(void **state)
{
	const struct libos_netdev_config config = { .name = "lan0", .queues = 2 };
	struct libos_netdev *nd = libos_netdev_open(&os, &config, "none:");
	const struct lib_netdev *kernels = nd->kernel;

	(void)state;
	assert_string_equal(dev->config.name, "lan0");
	assert_int_equal(dev->config.queues, 2);
	assert_string_equal(kernels->name, "lan0");
	assert_int_equal(kernels->config.queues, 2);
	assert_int_equal(kernels->config.mtu, 1234);
	/* Nothing is watched, and nothing can go wrong about that. */
	netdev_updown(&os, nd, 1);
	dev_want_write(dev, true);
	close_it(nd);
}

static void frames_go_both_ways(void **state)
{
	struct libos_netdev *nd = open_at(ends[0]);
	struct lib_netdev *kernels = nd->kernel;
	struct fake_batch b;
	int held = 0;

	(void)state;
	fake_batch_fill(&b, 1, 5, 60);
	assert_int_equal(netdev_xmit(&os, kernels->config.host, b.frame, 5, &held), 4);
	assert_int_equal(transmitted, 5);
	assert_int_equal(transmitted_frames[4].len, 60);
	assert_int_equal(held, 0);
	netdev_updown(&os, nd, 1);
	assert_int_equal(write(ends[1], "A", 1), 1);
	assert_true(SOON(receives));
	assert_int_equal(kernels->frames, 1);
	assert_int_equal(kernels->frame[0], 'A');
	close_it(nd);
}

/* What comes while it is down would be dropped, so it is left where it is. */
static void is_read_only_while_it_is_up(void **state)
{
	struct libos_netdev *nd = open_at(ends[0]);

	(void)state;
	assert_int_equal(write(ends[1], "A", 1), 1);
	usleep(20000);
	assert_int_equal(receives, 0);
	netdev_updown(&os, nd, 1);
	assert_true(SOON(receives == 1));
	netdev_updown(&os, nd, 0);
	assert_int_equal(write(ends[1], "B", 1), 1);
	usleep(20000);
	assert_int_equal(receives, 1);
	/* That it wants to write does not change that. */
	dev_want_write(dev, true);
	usleep(20000);
	assert_int_equal(receives, 1);
	netdev_updown(&os, nd, 1);
	assert_true(SOON(receives == 2));
	close_it(nd);
	assert_int_equal(write(ends[1], "C", 1), 1);
	usleep(20000);
	assert_int_equal(receives, 2);
}

static void come_up(struct lib_netdev *d)
{
	netdev_updown(&os, d->config.host, 1);
}

/* As where a rule of the stack sets new interfaces up */
static void may_be_up_before_it_is_open(void **state)
{
	struct libos_netdev *nd;

	(void)state;
	assert_int_equal(write(ends[1], "A", 1), 1);
	fake_on_create = come_up;
	nd = open_at(ends[0]);
	fake_on_create = NULL;
	assert_true(SOON(receives == 1));
	close_it(nd);
}

static void is_told_of_room_when_it_asked(void **state)
{
	struct libos_netdev *nd = open_at(ends[1]);
	struct lib_netdev *kernels = nd->kernel;
	int before;

	(void)state;
	netdev_updown(&os, nd, 1);
	usleep(20000);
	assert_int_equal(writables, 0);
	want_again = true;
	dev_want_write(dev, true);
	assert_true(SOON(writables >= 3));
	assert_int_equal(kernels->carrier, 1);
	/* It says that it wants no more, and is not called any more. */
	want_again = false;
	assert_true(SOON(said_no));
	before = writables;
	usleep(20000);
	assert_int_equal(writables, before);
	assert_int_equal(kernels->wakes, before);
	close_it(nd);
	assert_int_equal(receives, 0);
}

/* ------------------------------------------------------------------ */

static void failures_leave_nothing(void **state)
{
	int plain = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	(void)state;
	fd_to_open = ends[0];
	fake_create_error = -EEXIST;
	errno = 0;
	assert_null(libos_netdev_open(&os, NULL, "pipe:x"));
	assert_int_equal(errno, EEXIST);
	assert_int_equal(closes, 1);
	/* epoll_ctl(2): EPERM, a file that cannot be watched */
	fd_to_open = plain;
	errno = 0;
	assert_null(libos_netdev_open(&os, NULL, "pipe:y"));
	assert_int_equal(errno, EPERM);
	assert_string_equal(libos_error(), "cannot watch pipe:y: Operation not permitted");
	assert_int_equal(closes, 2);
	fake_netdev_free(fake_last);
	close(plain);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(unknown_ones_are_named),
		TEST(configuration_goes_both_ways),
		TEST(frames_go_both_ways),
		TEST(is_read_only_while_it_is_up),
		TEST(may_be_up_before_it_is_open),
		TEST(is_told_of_room_when_it_asked),
		TEST(failures_leave_nothing),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("backend", tests, NULL, NULL);
}
