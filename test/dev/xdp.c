// SPDX-License-Identifier: GPL-2.0
/*
 * xdp.c - the AF_XDP back end against the host's stack, over a veth pair
 *
 * The device is on v0, the host answers on v1, with its offloads off, as xdp.c of
 * the back end says.
 *
 * release: none
 */
#include <stdarg.h>
#include <setjmp.h>
#include "fake.h"
#include <cmocka.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "netns.h"
#include "station.h"

static struct fake fake, second;

static int open_xdp(void **state)
{
	*state = &fake;
	if (!fake_open(&fake, "xdp:v0", 0))
		return 0;
	print_message("%s\n", fake_error());
	return -1;
}

static int close_xdp(void **state)
{
	(void)state;
	fake_close(&fake);
	return 0;
}

/* More than the rings hold, so every chunk is used again. */
static void answers_many_echos(void **state)
{
	for (int i = 0; i < 10; i++)
		station_answers_many_echos(state);
}

static void has_no_offloads(void **state)
{
	uint32_t offloads = LIBOS_NETDEV_CSUM | LIBOS_NETDEV_TSO4 | LIBOS_NETDEV_TSO6 |
			    LIBOS_NETDEV_USO;

	(void)state;
	assert_int_equal(fake.dev.config.features & offloads, 0);
	assert_int_equal(fake.dev.config.mtu, 1500);
}

static void frame_larger_than_a_chunk_is_passed_over(void **state)
{
	static uint8_t frame[5000];

	for (int i = 0; i < 3000; i++)
		assert_int_equal(fake_send(&fake, NULL, frame, sizeof(frame), 2), 1);
	station_answers_arp(state);
}

/* Interface down: frames are lost, nothing stops for good. */
static void goes_on_after_the_interface_was_down(void **state)
{
	static uint8_t frame[60];

	netns_run("ip link set v0 down");
	for (int i = 0; i < 3000; i++)
		assert_int_equal(fake_send(&fake, NULL, frame, sizeof(frame), 2), 1);
	netns_run("ip link set v0 up");
	for (int i = 0; i < 20; i++)
		fake_step(&fake, 5);
	station_answers_echo(state);
}

static void program_and_promiscuity_go_with_the_device(void **state)
{
	(void)state;
	netns_run("ip link add w0 type veth peer name w1 && ip link set w0 up && ip link set w1 up");
	for (int i = 0; i < 3; i++) {
		assert_int_equal(fake_open(&second, "xdp:w0,queue=0", 0), 0);
		assert_true(netns_try("ip -d link show w0 | grep -q 'promiscuity 1 '"));
		assert_true(netns_try("ip link show w0 | grep -q xdp"));
		fake_close(&second);
		assert_true(netns_try("ip -d link show w0 | grep -q 'promiscuity 0 '"));
		assert_false(netns_try("ip link show w0 | grep -q xdp"));
	}
	netns_run("ip link del w0");
}

/* A bridge has no XDP of its own: the host's generic path does it. */
static void driver_without_xdp(void **state)
{
	(void)state;
	if (!netns_try("ip link add d0 type bridge 2>/dev/null"))
		skip();
	netns_run("ip link set d0 up");
	assert_int_equal(fake_open(&second, "xdp:d0", 0), 0);
	assert_true(netns_try("ip link show d0 | grep -q xdpgeneric"));
	fake_close(&second);
	netns_run("ip link del d0");
}

/* The socket does not tell; the stack must not stop, nor the service thread spin. */
static void removed_interface_loses_frames(void **state)
{
	uint8_t frame[60] = { 0 };

	(void)state;
	netns_run("ip link add w0 type veth peer name w1 && ip link set w0 up && ip link set w1 up");
	assert_int_equal(fake_open(&second, "xdp:w0", 0), 0);
	netns_run("ip link del w0");
	for (int i = 0; i < 3000; i++)
		assert_int_equal(fake_send(&second, NULL, frame, sizeof(frame), 1), 1);
	for (int i = 0; i < 3; i++)
		fake_step(&second, 1);
	assert_false(fake_step(&second, FAKE_QUIET_MS));
	fake_close(&second);
}

/* 4096 - 256 - 18 = 3822 */
static void mtu_is_limited_to_a_page(void **state)
{
	(void)state;
	netns_run("ip link add w0 mtu 9000 type veth peer name w1 mtu 9000");
	assert_int_equal(fake_open(&second, "xdp:w0", 0), -EMSGSIZE);
	assert_non_null(strstr(fake_error(), "mtu 3822"));
	netns_run("ip link set w0 mtu 3000 && ip link set w1 mtu 3000 && ip link set w0 up && ip link set w1 up");
	assert_int_equal(fake_open(&second, "xdp:w0", 0), 0);
	assert_int_equal(second.dev.config.mtu, 3000);
	fake_close(&second);
	netns_run("ip link del w0");
}

static void errors_name_the_mend(void **state)
{
	static const char *const bad[] = {
		"xdp:v0,", "xdp:v0,queue", "xdp:v0,queue=", "xdp:v0,queue=x", "xdp:v0,queue=1x",
		"xdp:v0,queue=-1", "xdp:v0,queue=99999999999999999999", "xdp:v0,queues=1",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(fake_open(&second, bad[i], 0), -EINVAL);
		assert_non_null(strstr(fake_error(), "xdp:IF[,queue=N]"));
	}
	assert_int_equal(fake_open(&second, "xdp:nosuch0", 0), -ENODEV);
	assert_int_equal(fake_open(&second, "xdp:lo", 0), -EMEDIUMTYPE);
	assert_int_equal(fake_open(&second, "xdp:v0", 0), -EBUSY);
	assert_non_null(strstr(fake_error(), "another program"));
	assert_int_equal(fake_open(&second, "xdp:v0,queue=77", 0), -EINVAL);
	assert_non_null(strstr(fake_error(), "no such queue"));
	if (geteuid() || seteuid(65534))
		return;
	int err = fake_open(&second, "xdp:v0", 0);
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(err, -EPERM);
	assert_non_null(strstr(fake_error(), "root"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(station_answers_arp),
		cmocka_unit_test(station_answers_echo),
		cmocka_unit_test(answers_many_echos),
		cmocka_unit_test(has_no_offloads),
		cmocka_unit_test(frame_larger_than_a_chunk_is_passed_over),
		cmocka_unit_test(goes_on_after_the_interface_was_down),
		cmocka_unit_test(program_and_promiscuity_go_with_the_device),
		cmocka_unit_test(driver_without_xdp),
		cmocka_unit_test(removed_interface_loses_frames),
		cmocka_unit_test(mtu_is_limited_to_a_page),
		cmocka_unit_test(errors_name_the_mend),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	if (geteuid())
		skip_all("AF_XDP needs root: BPF programs are not for user namespaces");
	netns_enter_veth();
	return cmocka_run_group_tests_name("xdp", tests, open_xdp, close_xdp);
}
