// SPDX-License-Identifier: GPL-2.0
/*
 * tap.c - the tap back end against the host's stack
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

static int open_tap(void **state)
{
	*state = &fake;
	if (fake_open(&fake, "tap:t0", 0))
		return -1;
	netns_run("ip link set t0 up");
	netns_run("ip addr add " NETNS_HOST "/24 dev t0");
	return 0;
}

static int close_tap(void **state)
{
	(void)state;
	fake_close(&fake);
	return 0;
}

/* 1500 is Ethernet's (RFC 894) and a tap's when nobody says otherwise. */
static void mtu_is_the_taps(void **state)
{
	(void)state;
	assert_int_equal(fake.dev.config.mtu, 1500);
	netns_run("ip tuntap add t1 mode tap && ip link set t1 mtu 9000");
	assert_int_equal(fake_open(&second, "tap:t1", 0), 0);
	assert_int_equal(second.dev.config.mtu, 9000);
	fake_close(&second);
	assert_int_equal(fake_open(&second, "tap:t1", 1280), 0);
	assert_int_equal(second.dev.config.mtu, 1280);
	fake_close(&second);
	netns_run("ip link del t1");
}

static void tap_created_goes_with_the_device(void **state)
{
	(void)state;
	assert_int_equal(fake_open(&second, "tap:t2", 0), 0);
	netns_run("ip link show t2 >/dev/null");
	fake_close(&second);
	assert_false(netns_try("ip link show t2 >/dev/null 2>&1"));
}

static void frames_to_a_tap_that_is_down_are_lost(void **state)
{
	uint8_t frame[60] = { 0 };

	(void)state;
	assert_int_equal(fake_open(&second, "tap:t3", 0), 0);
	assert_int_equal(fake_send(&second, NULL, frame, sizeof(frame), 1), 1);
	fake_close(&second);
}

static void removed_tap_is_a_link_down(void **state)
{
	uint8_t frame[60] = { 0 };

	(void)state;
	netns_run("ip tuntap add t4 mode tap");
	assert_int_equal(fake_open(&second, "tap:t4", 0), 0);
	netns_run("ip link del t4");
	assert_true(fake_step(&second, FAKE_MS));
	assert_false(second.carrier);
	assert_false(fake_step(&second, FAKE_QUIET_MS));
	assert_int_equal(fake_send(&second, NULL, frame, sizeof(frame), 1), 1);
	fake_close(&second);
}

static void errors_name_the_mend(void **state)
{
	(void)state;
	assert_int_equal(fake_open(&second, "tap:t0", 0), -EBUSY);
	assert_non_null(strstr(fake_error(), "another program"));
	assert_int_equal(fake_open(&second, "tap:lo", 0), -EINVAL);
	assert_non_null(strstr(fake_error(), "another name"));
	assert_int_equal(fake_open(&second, "tap:", 0), -EINVAL);
	assert_int_equal(fake_open(&second, "tap:sixteen_letters_", 0), -EINVAL);
	assert_non_null(strstr(fake_error(), "interface name"));
}

/* nobody of Debian; the tap's mode decides where it stops */
static void error_without_permission(void **state)
{
	(void)state;
	if (geteuid() || seteuid(65534))
		skip();
	int err = fake_open(&second, "tap:t9", 0);
	assert_int_equal(seteuid(0), 0);
	assert_true(err == -EACCES || err == -EPERM);
	assert_non_null(strstr(fake_error(), "root"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(station_answers_arp),
		cmocka_unit_test(station_answers_echo),
		cmocka_unit_test(station_answers_many_echos),
		cmocka_unit_test(station_finishes_udp_checksum),
		cmocka_unit_test(station_sends_udp_checksum_unfinished),
		cmocka_unit_test(station_cuts_udp),
		cmocka_unit_test(station_cuts_tcp),
		cmocka_unit_test(mtu_is_the_taps),
		cmocka_unit_test(tap_created_goes_with_the_device),
		cmocka_unit_test(frames_to_a_tap_that_is_down_are_lost),
		cmocka_unit_test(removed_tap_is_a_link_down),
		cmocka_unit_test(errors_name_the_mend),
		cmocka_unit_test(error_without_permission),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	netns_enter_tap();
	return cmocka_run_group_tests_name("tap", tests, open_tap, close_tap);
}
