// SPDX-License-Identifier: GPL-2.0
/*
 * net.c - what --net says is understood, and what it cannot mean is refused with a mend
 *
 * release: none
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <libos.h>

#include "../../nuse/net.h"

static struct net net;

static int parse(const char *spec)
{
	net = (struct net){ .nr_device = 0 };
	return net_parse(&net, spec);
}

static void refused(const char *spec, const char *why)
{
	assert_int_not_equal(parse(spec), 0);
	if (!strstr(libos_error(), why))
		fail_msg("%s: \"%s\" does not say \"%s\"", spec, libos_error(), why);
	assert_null(strchr(libos_error(), '\n'));
}

static void every_kind(void **state)
{
	static const struct {
		const char *spec;
		enum net_kind kind;
		const char *argument;
	} good[] = {
		{ "passt", NET_PASST, "" },
		{ "tap", NET_TAP, "" },
		{ "tap:tap7", NET_TAP, "tap7" },
		{ "packet:eth0", NET_PACKET, "eth0" },
		{ "xdp:eth0", NET_XDP, "eth0" },
		{ "xdp:eth0,queue=2", NET_XDP, "eth0,queue=2" },
		{ "stream:/run/a:b", NET_STREAM, "/run/a:b" },
		{ "pair:cable", NET_PAIR, "cable" },
		{ "pcap:out", NET_PCAP, "out" },
		{ "pcap:in,out", NET_PCAP, "in,out" },
		{ "pcap:,out", NET_PCAP, ",out" },
		{ "none", NET_NONE, "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(parse(good[i].spec), 0);
		assert_int_equal(net.nr_device, 1);
		assert_int_equal(net.device[0].kind, good[i].kind);
		assert_string_equal(net.device[0].argument, good[i].argument);
	}
}

static void every_key(void **state)
{
	static const uint8_t mac[6] = { 2, 0, 0, 0, 0xab, 0xcd };
	const struct net_device *d = &net.device[0];

	(void)state;
	assert_int_equal(parse("tap:t,addr=10.0.0.1/24,addr=fd00::1/64,gw=10.0.0.254,"
			       "gw=fd00::2,mac=02:0:00:00:AB:cd,mtu=9000,dhcp,dhcp6,"
			       "name=wan,dns=9.9.9.9,dns=fd00::53"), 0);
	assert_int_equal(d->nr_address, 2);
	assert_string_equal(d->address[0], "10.0.0.1/24");
	assert_string_equal(d->address[1], "fd00::1/64");
	assert_string_equal(d->gateway[0], "10.0.0.254");
	assert_string_equal(d->gateway[1], "fd00::2");
	assert_memory_equal(d->mac, mac, 6);
	assert_int_equal(d->mtu, 9000);
	assert_true(d->dhcp && d->dhcp6);
	assert_string_equal(d->name, "wan");
	assert_int_equal(d->nr_dns, 2);
	assert_string_equal(d->dns[1], "fd00::53");
}

static void nonsense(void **state)
{
	char longest[400];

	(void)state;
	refused("", "not known");
	refused("ethernet", "take one of passt");
	refused("packet", "write --net packet:IF");
	refused("packet:", "nothing stands behind the colon");
	refused("none:x", "nothing to say behind a colon");
	refused("tap,speed=1", "there are addr=");
	refused("tap,", "not a key");
	refused("tap,addr", "write addr=");
	refused("tap,dhcp=yes", "write just \"dhcp\"");
	refused("tap,addr=10.0.0.1", "addr=10.0.0.1/24");
	refused("tap,addr=10.0.0.1/33", "prefix length");
	refused("tap,addr=fd00::1/129", "prefix length");
	refused("tap,addr=10.0.0.1/-1", "prefix length");
	refused("tap,addr=10.0.0.256/24", "prefix length");
	refused("tap,gw=host", "no address");
	refused("tap,gw=1.1.1.1,gw=1.1.1.2", "second default gateway");
	refused("tap,dns=", "no address");
	refused("tap,mac=02:00:00:00:00", "no MAC address");
	refused("tap,mac=02:00:00:00:00:00:00", "no MAC address");
	refused("tap,mac=02:00:00:00:00:fff", "no MAC address");
	refused("tap,mac=01:00:00:00:00:00", "make its first byte even");
	refused("tap,mtu=67", "68 to 65535");
	refused("tap,mtu=65536", "68 to 65535");
	refused("tap,mtu=+9", "68 to 65535");
	refused("tap,name=", "no interface name");
	refused("tap,name=a/b", "no interface name");
	refused("tap,name=eth%d", "no interface name");
	refused("tap,name=sixteen_letters_", "no interface name");
	refused("pcap:a,b,c", "not a key");
	memset(longest, 'a', sizeof(longest));
	memcpy(longest, "tap:", 4);
	longest[sizeof(longest) - 1] = '\0';
	refused(longest, "shorten it");
}

/* Those without a name get the first free ones, whatever the order. */
static void names(void **state)
{
	(void)state;
	assert_int_equal(parse("tap"), 0);
	assert_int_equal(net_parse(&net, "tap,name=eth0"), 0);
	assert_int_equal(net_parse(&net, "none"), 0);
	assert_int_equal(net_parse(&net, "tap"), 0);
	assert_int_equal(net_finish(&net), 0);
	assert_int_equal(net.nr_device, 3);
	assert_string_equal(net.device[0].name, "eth1");
	assert_string_equal(net.device[1].name, "eth0");
	assert_string_equal(net.device[2].name, "eth2");

	assert_int_equal(parse("tap,name=x"), 0);
	assert_int_equal(net_parse(&net, "tap,name=x"), 0);
	assert_int_not_equal(net_finish(&net), 0);
	assert_non_null(strstr(libos_error(), "another name="));
	assert_int_equal(parse("tap,name=lo"), 0);
	assert_int_not_equal(net_finish(&net), 0);
}

static void one_way_out(void **state)
{
	(void)state;
	assert_int_equal(parse("tap,gw=10.0.0.1"), 0);
	assert_int_equal(net_parse(&net, "tap,gw=fd00::1"), 0);
	assert_int_equal(net_finish(&net), 0);

	assert_int_equal(parse("tap:a,gw=10.0.0.1"), 0);
	assert_int_equal(net_parse(&net, "tap:b,gw=10.0.1.1"), 0);
	assert_int_not_equal(net_finish(&net), 0);
	assert_non_null(strstr(libos_error(), "tap:a"));
	assert_non_null(strstr(libos_error(), "tap:b"));

	assert_int_equal(parse("passt"), 0);
	assert_int_equal(net_parse(&net, "tap,gw=10.0.0.1"), 0);
	assert_int_not_equal(net_finish(&net), 0);
}

static void too_many(void **state)
{
	(void)state;
	assert_int_equal(parse("tap"), 0);
	for (int i = 1; i < NET_DEVICES; i++)
		assert_int_equal(net_parse(&net, "tap"), 0);
	assert_int_not_equal(net_parse(&net, "tap"), 0);
	assert_int_equal(net.nr_device, NET_DEVICES);
}

/* Anything at all: an error or not, but no fault (the sanitizers look). */
static void survives_noise(void **state)
{
	static const char *const pieces[] = {
		"tap", "pcap", "xdp", "passt", ":", ",", ",", "=", "addr", "gw", "mac", "mtu",
		"name", "dhcp", "queue=", "10.0.0.1/24", "fd00::1", "/", "02:00:00:00:00:01",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	};
	char spec[1200];

	(void)state;
	srand(1);
	for (int round = 0; round < 100000; round++) {
		int n = rand() % 14;

		*spec = '\0';
		while (n--)
			strcat(spec, pieces[rand() % (sizeof(pieces) / sizeof(pieces[0]))]);
		if (!parse(spec))
			net_finish(&net);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind),
		cmocka_unit_test(every_key),
		cmocka_unit_test(nonsense),
		cmocka_unit_test(names),
		cmocka_unit_test(one_way_out),
		cmocka_unit_test(too_many),
		cmocka_unit_test(survives_noise),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("net", tests, NULL, NULL);
}
