// SPDX-License-Identifier: GPL-2.0
/*
 * packet.c - the AF_PACKET back end against the host's stack, over a veth pair
 *
 * The device is on v0, which has no address; the host answers on v1.
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
#include "wire.h"

static struct fake fake, second;

static int open_packet(void **state)
{
	*state = &fake;
	return fake_open(&fake, "packet:v0", 0);
}

static int close_packet(void **state)
{
	(void)state;
	fake_close(&fake);
	return 0;
}

static void mtu_is_the_interfaces(void **state)
{
	(void)state;
	netns_run("ip link set v0 mtu 1400");
	assert_int_equal(fake_open(&second, "packet:v0", 0), 0);
	assert_int_equal(second.dev.config.mtu, 1400);
	fake_close(&second);
	netns_run("ip link set v0 mtu 1500");
}

static void interface_is_promiscuous_meanwhile(void **state)
{
	(void)state;
	assert_true(netns_try("ip -d link show v0 | grep -q 'promiscuity 1 '"));
	assert_int_equal(fake_open(&second, "packet:v1", 0), 0);
	assert_true(netns_try("ip -d link show v1 | grep -q 'promiscuity 1 '"));
	fake_close(&second);
	assert_true(netns_try("ip -d link show v1 | grep -q 'promiscuity 0 '"));
}

static bool any(const struct fake_frame *f, const void *arg)
{
	(void)f;
	(void)arg;
	return true;
}

static const struct wire_end us = { .mac = { 2, 0, 0, 0, 0, 2 }, .ip = 0x0a090002 };

/*
 * 10.9.0.99 is nobody's: the broadcast goes out and nothing comes in. Nor is seen
 * what others on the host send over the interface, here a second device.
 */
static void outgoing_frames_are_not_seen(void **state)
{
	uint8_t frame[64];
	size_t len = wire_arp_request(frame, &us, 0x0a090063);

	(void)state;
	fake_forget(&fake);
	assert_int_equal(fake_send(&fake, NULL, frame, len, 1), 1);
	assert_null(fake_wait(&fake, any, NULL, FAKE_QUIET_MS));
	assert_int_equal(fake_open(&second, "packet:v0", 0), 0);
	assert_int_equal(fake_send(&second, NULL, frame, len, 1), 1);
	assert_null(fake_wait(&fake, any, NULL, FAKE_QUIET_MS));
	fake_close(&second);
}

static bool is_tagged(const struct fake_frame *f, const void *arg)
{
	(void)arg;
	return f->len > 18 && wire_get16(f->data + 12) == 0x8100;
}

/*
 * Another station on the other end sends a tagged frame, whose tag the host strips
 * on its way in. IEEE 802.1Q: type 0x8100, priority 3, VLAN 5, then what would
 * stand there without a tag. The checksum's offset counts the tag: 14 + 4 + 20.
 */
static void vlan_tag_is_kept(void **state)
{
	static const uint8_t tag[] = { 0x81, 0, 0x60, 5 };
	static const struct libos_vnet_hdr hdr = {
		.flags = 1, .csum_start = 38, .csum_offset = 6,
	};
	struct wire_end to = { .mac = { 2, 0, 0, 0, 0, 3 }, .ip = 0x0a090003 };
	const struct fake_frame *f;
	uint8_t frame[256];
	size_t len = wire_udp(frame, &us, &to, 100) + sizeof(tag);

	(void)state;
	memmove(frame + 16, frame + 12, len - 16);
	memcpy(frame + 12, tag, 4);
	assert_int_equal(fake_open(&second, "packet:v1", 0), 0);
	assert_int_equal(fake_send(&second, &hdr, frame, len, 1), 1);
	f = fake_wait(&fake, is_tagged, NULL, FAKE_MS);
	assert_non_null(f);
	assert_int_equal(f->len, len);
	assert_memory_equal(f->data, frame, len);
	assert_int_equal(f->hdr.flags, 1);
	assert_int_equal(f->hdr.csum_start, 38);
	assert_int_equal(f->hdr.csum_offset, 6);
	fake_forget(&fake);
	fake_close(&second);
}

/* A frame longer than the interface's MTU is lost, those around it are not. */
static void too_large_frame_is_passed_over(void **state)
{
	static uint8_t large[9000];
	uint8_t arp[64];
	size_t len = wire_arp_request(arp, &us, 0x0a090001);
	struct iovec iov[3] = { { large, sizeof(large) }, { arp, len }, { large, sizeof(large) } };
	struct libos_frame frames[3] = {
		{ .len = sizeof(large), .niov = 1, .iov = &iov[0] },
		{ .len = len, .niov = 1, .iov = &iov[1] },
		{ .len = sizeof(large), .niov = 1, .iov = &iov[2] },
	};

	(void)state;
	fake_forget(&fake);
	assert_int_equal(fake.dev.backend->transmit(&fake.dev, frames, 3), 3);
	assert_non_null(fake_wait(&fake, any, NULL, FAKE_MS));
	fake_forget(&fake);
}

/*
 * What the host may not send yet fills the send buffer: transmit() stops, and goes on
 * when half of it (some 4 MiB, 0.4 s at 12.5 MB/s) is out.
 */
static void full_send_buffer_stops_and_goes_on(void **state)
{
	static uint8_t frame[1514];
	uint64_t end;
	int sent = 0;

	(void)state;
	if (!netns_try("tc qdisc add dev v0 root tbf rate 100mbit burst 16k limit 100mb 2>/dev/null"))
		skip();
	memset(frame, 0xff, 6);
	memcpy(frame + 6, us.mac, 6);
	while (sent < 50000 && fake_send(&fake, NULL, frame, sizeof(frame), 1))
		sent++;
	assert_in_range(sent, 100, 49999);
	assert_true(fake.want_write);
	end = fake_ms() + FAKE_MS;
	while (!fake.wakes && fake_ms() < end)
		fake_step(&fake, 20);
	assert_int_equal(fake.wakes, 1);
	assert_false(fake.want_write);
	assert_int_equal(fake_send(&fake, NULL, frame, sizeof(frame), 1), 1);
	netns_run("tc qdisc del dev v0 root");
}

static void removed_interface_is_a_link_down(void **state)
{
	uint8_t frame[60] = { 0 };

	(void)state;
	netns_run("ip link add w0 type veth peer name w1 && ip link set w0 up && ip link set w1 up");
	assert_int_equal(fake_open(&second, "packet:w0", 0), 0);
	netns_run("ip link del w0");
	for (int i = 0; i < 10 && second.carrier; i++)
		fake_step(&second, FAKE_QUIET_MS);
	assert_false(second.carrier);
	assert_false(fake_step(&second, FAKE_QUIET_MS));
	assert_int_equal(fake_send(&second, NULL, frame, sizeof(frame), 1), 1);
	fake_close(&second);
}

/* Down for a while is no end; removed then, the next frame sent brings it up. */
static void interface_removed_while_down(void **state)
{
	uint8_t frame[60] = { 0 };

	(void)state;
	netns_run("ip link add w0 type veth peer name w1 && ip link set w0 up && ip link set w1 up");
	assert_int_equal(fake_open(&second, "packet:w0", 0), 0);
	netns_run("ip link set w0 down");
	for (int i = 0; i < 5; i++)
		fake_step(&second, 10);
	assert_int_equal(fake_send(&second, NULL, frame, sizeof(frame), 1), 1);
	assert_true(second.carrier);
	assert_false(fake_step(&second, FAKE_QUIET_MS));
	netns_run("ip link del w0");
	assert_int_equal(fake_send(&second, NULL, frame, sizeof(frame), 1), 1);
	assert_true(fake_step(&second, FAKE_MS));
	assert_false(second.carrier);
	assert_int_equal(fake_send(&second, NULL, frame, sizeof(frame), 1), 1);
	assert_false(fake_step(&second, FAKE_QUIET_MS));
	fake_close(&second);
}

static void errors_name_the_mend(void **state)
{
	(void)state;
	assert_int_equal(fake_open(&second, "packet:nosuch0", 0), -ENODEV);
	assert_non_null(strstr(fake_error(), "ip link"));
	assert_int_equal(fake_open(&second, "packet:", 0), -EINVAL);
	assert_int_equal(fake_open(&second, "packet:lo", 0), -EMEDIUMTYPE);
	assert_non_null(strstr(fake_error(), "not Ethernet"));
	if (geteuid() || seteuid(65534))
		return;
	int err = fake_open(&second, "packet:v0", 0);
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(err, -EPERM);
	assert_non_null(strstr(fake_error(), "CAP_NET_RAW"));
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
		cmocka_unit_test(mtu_is_the_interfaces),
		cmocka_unit_test(interface_is_promiscuous_meanwhile),
		cmocka_unit_test(outgoing_frames_are_not_seen),
		cmocka_unit_test(vlan_tag_is_kept),
		cmocka_unit_test(too_large_frame_is_passed_over),
		cmocka_unit_test(full_send_buffer_stops_and_goes_on),
		cmocka_unit_test(removed_interface_is_a_link_down),
		cmocka_unit_test(interface_removed_while_down),
		cmocka_unit_test(errors_name_the_mend),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	netns_enter_veth();
	return cmocka_run_group_tests_name("packet", tests, open_packet, close_packet);
}
