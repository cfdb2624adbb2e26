// SPDX-License-Identifier: GPL-2.0
/*
 * conf.c - nuse.conf, the old keys and the new ones; errors say the line
 *
 * release: none
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>
#include <libos.h>

#include "../../nuse/conf.h"
#include "../../nuse/net.h"

static struct net net;

static int parse(const char *text)
{
	FILE *file = fmemopen((void *)text, strlen(text), "r");
	int err;

	net = (struct net){ .nr_device = 0 };
	err = conf_parse(&net, file, "nuse.conf");
	fclose(file);
	return err;
}

static void refused(const char *text, const char *where, const char *why)
{
	assert_int_not_equal(parse(text), 0);
	if (strncmp(libos_error(), where, strlen(where)) || !strstr(libos_error(), why))
		fail_msg("\"%s\" does not say \"%s\" and \"%s\"", libos_error(), where, why);
}

/* As the old one's documentation has it. */
static void old_keys(void **state)
{
	static const uint8_t mac[6] = { 0, 1, 1, 1, 1, 2 };

	(void)state;
	assert_int_equal(parse("interface eth0\n"
			       "\taddress 192.168.0.10\n"
			       "\tnetmask 255.255.255.0\n"
			       "\tmacaddr 00:01:01:01:01:02\n"
			       "\tviftype RAW\n"
			       "\n"
			       "route\n"
			       "\tnetwork 0.0.0.0\n"
			       "\tnetmask 0.0.0.0\n"
			       "\tgateway 192.168.0.1\n"
			       "\n"
			       "interface tap0\n"
			       "  viftype TAP   # a comment\n"
			       "interface p0\r\n"
			       "  viftype PIPE\n"
			       "  pipepath /tmp/p\n"), 0);
	assert_int_equal(net.nr_device, 3);
	assert_int_equal(net.device[0].kind, NET_PACKET);
	assert_string_equal(net.device[0].name, "eth0");
	assert_string_equal(net.device[0].argument, "eth0");
	assert_int_equal(net.device[0].nr_address, 1);
	assert_string_equal(net.device[0].address[0], "192.168.0.10/24");
	assert_memory_equal(net.device[0].mac, mac, 6);
	assert_int_equal(net.device[1].kind, NET_TAP);
	assert_string_equal(net.device[1].argument, "tap0");
	assert_int_equal(net.device[1].nr_address, 0);
	assert_int_equal(net.device[2].kind, NET_PAIR);
	assert_string_equal(net.device[2].argument, "/tmp/p");
	assert_int_equal(net.nr_route, 1);
	assert_int_equal(net.route[0].family, AF_INET);
	assert_string_equal(net.route[0].prefix, "0.0.0.0/0");
	assert_string_equal(net.route[0].gateway, "192.168.0.1");
}

static void new_keys(void **state)
{
	static const uint8_t mac[6] = { 2, 0xab, 0, 0, 0, 0xf };

	(void)state;
	assert_int_equal(parse("interface eth0\n"
			       "address 10.0.0.1/8\n"
			       "address6 fd00::1/64\n"
			       "address6 fd01::1/64\n"
			       "gateway6 fd00::ff\n"
			       "macaddr 02:ab:00:00:00:0f\n"
			       "mtu 9000\n"
			       "route\n"
			       "network fd02::/48\n"
			       "gateway fd00::2\n"), 0);
	assert_int_equal(net.device[0].nr_address, 3);
	assert_string_equal(net.device[0].address[0], "fd00::1/64");
	assert_string_equal(net.device[0].address[2], "10.0.0.1/8");
	assert_string_equal(net.device[0].gateway[1], "fd00::ff");
	assert_memory_equal(net.device[0].mac, mac, 6);
	assert_int_equal(net.device[0].mtu, 9000);
	assert_int_equal(net.route[0].family, AF_INET6);
	assert_string_equal(net.route[0].prefix, "fd02::/48");
}

static void says_where(void **state)
{
	(void)state;
	refused("address 1.1.1.1\n", "nuse.conf:1:", "outside of a block");
	refused("interface\n", "nuse.conf:1:", "without a name");
	refused("interface eth0\n\naddres 1.1.1.1\n", "nuse.conf:3:", "it has address");
	refused("interface eth0\naddress\n", "nuse.conf:2:", "no value");
	refused("interface eth0\naddress 1.1.1.1 24\n", "nuse.conf:2:", "one word too much");
	refused("interface eth0\naddress 1.1.1.1\n\n", "nuse.conf:1:", "no netmask");
	refused("\ninterface eth0\naddress 1.1.1.1\nnetmask 255.0.255.0\n", "nuse.conf:2:",
		"no IPv4 prefix");
	refused("interface e\naddress 1.1.1.1/8\nnetmask 255.0.0.0\n", "nuse.conf:1:",
		"leave it out");
	refused("interface e\nnetmask 255.0.0.0\n", "nuse.conf:1:", "without address");
	refused("interface e\naddress x\nnetmask 255.0.0.0\n", "nuse.conf:1:", "prefix");
	refused("interface e\nmacaddr 0g:00:00:00:00:00\n", "nuse.conf:2:", "MAC");
	refused("interface e\nviftype TUN\n", "nuse.conf:2:", "RAW, TAP or PIPE");
	refused("interface e\nviftype DPDK\n", "nuse.conf:2:", "xdp:IF");
	refused("interface e\nviftype NETMAP\n", "nuse.conf:2:", "xdp:IF");
	refused("interface e\nviftype MACVTAP\n", "nuse.conf:2:", "RAW");
	refused("interface e\nviftype PIPE\n", "nuse.conf:1:", "no pipepath");
	refused("interface e\npipepath /x\n", "nuse.conf:1:", "for viftype PIPE");
	refused("route x\n", "nuse.conf:1:", "lines of their own");
	refused("route\ngateway 1.1.1.1\n", "nuse.conf:1:", "without network");
	refused("route\nnetwork 1.0.0.0/8\n", "nuse.conf:1:", "without gateway");
	refused("route\nnetwork 1.0.0.0/8\ngateway fd00::1\n", "nuse.conf:1:", "one family");
	refused("route\nnetwork 1.0.0.0\ngateway 1.1.1.1\n", "nuse.conf:1:", "no netmask");
	refused("route\nmetric 1\n", "nuse.conf:2:", "it has network");
}

/* Anything at all: an error or not, but no fault (the sanitizers look). */
static void survives_noise(void **state)
{
	static const char *const words[] = {
		"interface", "route", "address", "netmask", "macaddr", "viftype", "PIPE",
		"10.0.0.1", "255.0.0.0", "/", "fd00::/64", "\n", "\n", "\t", "#", "gateway",
		"network", "pipepath", "0", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	};
	char text[600];

	(void)state;
	srand(1);
	for (int round = 0; round < 20000; round++) {
		size_t used = 0;

		while (used < 400) {
			const char *word = words[rand() % (sizeof(words) / sizeof(words[0]))];

			used += snprintf(text + used, sizeof(text) - used, "%s%s", word,
					 rand() % 4 ? " " : "");
		}
		parse(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(old_keys),
		cmocka_unit_test(new_keys),
		cmocka_unit_test(says_where),
		cmocka_unit_test(survives_noise),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("conf", tests, NULL, NULL);
}
