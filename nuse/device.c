// SPDX-License-Identifier: GPL-2.0
/*
 * device.c - makes the devices that net.h describes
 *
 * Addresses given by hand are used at once, without looking for duplicates (nodad): the
 * program is about to start.
 */
#define _GNU_SOURCE
#include "device.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <libos.h>

#include "dhcp6_client.h"
#include "dhcp_client.h"
#include "error.h"
#include "resolv.h"

/* Default routes by DHCP, the first device's first. */
enum { METRIC = 100 };

static bool asks(const struct device *device)
{
	const struct net_device *spec = device->spec;

	return spec->dhcp || (spec->kind == NET_PASST && !spec->nr_address);
}

/* Says who asked for it in front of the sentence. */
static int failed(const struct net_device *spec, int err)
{
	char why[256];

	snprintf(why, sizeof(why), "%s", libos_error());
	libos_error_set("%s: %s", spec->where, why);
	return err ? err : -EIO;
}

/* A name that the host has no interface of. */
static void name_tap(struct net_device *spec)
{
	int i;

	for (i = 0; !*spec->argument; i++) {
		snprintf(spec->argument, sizeof(spec->argument), "nuse%d", i);
		if (if_nametoindex(spec->argument))
			*spec->argument = '\0';
	}
}

int device_prepare(struct device *device, struct net_device *spec, int number)
{
	int ret;

	*device = (struct device){
		.spec = spec,
		.number = number,
		.passt = { .socket = -1, .errors = -1 },
		.cable = { .listener = -1, .other = -1 },
		.end = -1,
	};
	switch (spec->kind) {
	case NET_PASST:
		return passt_start(&device->passt, spec);
	case NET_PAIR:
		ret = cable_plug(&device->cable, spec->argument, &device->end);
		device->waits = ret > 0;
		return ret < 0 ? failed(spec, ret) : 0;
	case NET_TAP:
		name_tap(spec);
		return 0;
	default:
		return 0;
	}
}

/* libos_netdev_open()'s specification. Descriptors in it are taken over. */
static void back_end(struct device *device, char *text, size_t size)
{
	const struct net_device *spec = device->spec;

	switch (spec->kind) {
	case NET_PASST:
		snprintf(text, size, "fd:%d", device->passt.socket);
		device->passt.socket = -1;
		break;
	case NET_PAIR:
		snprintf(text, size, "fd:%d", device->end);
		device->end = -1;
		break;
	case NET_PCAP:
		/* One file: to be written. */
		snprintf(text, size, "pcap:%s%s", strchr(spec->argument, ',') ? "" : ",",
			 spec->argument);
		break;
	default:
		snprintf(text, size, "%s:%s", net_kind_name(spec->kind), spec->argument);
	}
}

static int add_addresses(struct libos *os, const struct net_device *spec)
{
	char command[256];
	int i, err = 0;

	for (i = 0; !err && i < spec->nr_address; i++) {
		snprintf(command, sizeof(command), "addr add %s dev %s%s", spec->address[i],
			 spec->name, strchr(spec->address[i], ':') ? " nodad" : "");
		err = libos_configure(os, command);
	}
	return err;
}

static int add_gateways(struct libos *os, const struct net_device *spec)
{
	char command[256];
	int i, err = 0;

	for (i = 0; !err && i < 2; i++) {
		if (!*spec->gateway[i])
			continue;
		snprintf(command, sizeof(command), "route add default via %s dev %s",
			 spec->gateway[i], spec->name);
		err = libos_configure(os, command);
	}
	return err;
}

/*
 * There are only two on this cable, and routers answer at once: no duplicates, no wait
 * before the first solicitation (RFC 4861, 6.3.7 has it for many hosts started at once).
 */
static void hurry(struct libos *os, const char *name)
{
	char commands[256];

	snprintf(commands, sizeof(commands),
		 "sysctl net/ipv6/conf/%s/accept_dad=0\n"
		 "sysctl net/ipv6/conf/%s/router_solicitation_delay=0", name, name);
	libos_configure(os, commands);
}

static int configure(struct device *device, struct libos *os)
{
	const struct net_device *spec = device->spec;
	char command[64];

	if (spec->kind == NET_PASST)
		hurry(os, spec->name);
	if (add_addresses(os, spec))
		return failed(spec, -errno);
	snprintf(command, sizeof(command), "link set %s up", spec->name);
	if (libos_configure(os, command) || add_gateways(os, spec))
		return failed(spec, -errno);
	return 0;
}

static void set_servers(struct device *device)
{
	const struct net_device *spec = device->spec;
	const char *servers[NET_SERVERS];
	int i;

	for (i = 0; i < spec->nr_dns; i++)
		servers[i] = spec->dns[i];
	if (i)
		resolv_set(device->number, servers, i, "");
}

static int ask_servers(struct device *device, struct libos *os, int bell)
{
	const struct net_device *spec = device->spec;
	int ifindex = libos_netdev_ifindex(device->nd);

	if (asks(device)) {
		device->dhcp = dhcp_client_start(os, spec->name, ifindex,
						 NET_DEVICES + device->number, spec->mtu,
						 METRIC + device->number, bell);
		if (!device->dhcp)
			return -errno;
	}
	if (spec->dhcp6) {
		device->dhcp6 = dhcp6_client_start(os, spec->name, ifindex,
						   2 * NET_DEVICES + device->number, bell);
		if (!device->dhcp6)
			return -errno;
	}
	return 0;
}

int device_open(struct device *device, struct libos *os, int bell)
{
	const struct net_device *spec = device->spec;
	struct libos_netdev_config config = { .name = spec->name, .mtu = spec->mtu };
	char text[NET_ARGUMENT_LEN + 16];
	int err;

	memcpy(config.mac, spec->mac, sizeof(config.mac));
	back_end(device, text, sizeof(text));
	device->nd = libos_netdev_open(os, &config, text);
	if (!device->nd)
		return failed(spec, -errno);
	if (device->waits)
		libos_netdev_set_carrier(device->nd, 0);
	err = configure(device, os);
	if (err)
		return err;
	set_servers(device);
	return ask_servers(device, os, bell);
}

void device_plugged(struct device *device)
{
	if (!cable_answer(&device->cable))
		return;
	device->waits = false;
	libos_netdev_set_carrier(device->nd, 1);
}

const char *device_address(const struct device *device)
{
	return device->dhcp ? dhcp_client_address(device->dhcp) : NULL;
}

const char *device_address6(const struct device *device)
{
	return device->dhcp6 ? dhcp6_client_address(device->dhcp6) : NULL;
}

bool device_lacks(const struct device *device)
{
	return (device->dhcp && !device_address(device)) ||
	       (device->dhcp6 && !device_address6(device));
}

void device_stop(struct device *device)
{
	if (device->dhcp6)
		dhcp6_client_stop(device->dhcp6);
	device->dhcp6 = NULL;
	if (device->dhcp)
		dhcp_client_stop(device->dhcp);
	device->dhcp = NULL;
}

void device_close(struct device *device)
{
	if (device->end >= 0)
		close(device->end);
	device->end = -1;
	cable_unplug(&device->cable);
	passt_stop(&device->passt);
}
