// SPDX-License-Identifier: GPL-2.0
/*
 * conf.c - nuse.conf, the old NUSE's description of devices and routes
 *
 *	interface eth0
 *		address 192.168.0.10	# or 192.168.0.10/24, without netmask
 *		netmask 255.255.255.0
 *		macaddr 00:01:01:01:01:02
 *		viftype TAP
 *
 *	route
 *		network 0.0.0.0
 *		netmask 0.0.0.0
 *		gateway 192.168.0.1
 *
 * A block goes on to the next `interface` or `route`; empty lines do not matter. An
 * interface is named as the host's one that is on its other side. New are address6 (a
 * prefix, repeatable), gateway6, mtu, and addresses of IPv6 in a route. A MAC address is
 * hexadecimal, where the old reader took decimal numbers.
 *
 * PIPE was a cable between two stacks by a fifo that both named; here it is a cable by a
 * unix socket of that path, made by whoever comes first (cable.c).
 */
#include "conf.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "error.h"
#include "libos.h"
#include "net.h"

enum block { BLOCK_NONE, BLOCK_INTERFACE, BLOCK_ROUTE };

/**
 * struct conf - a file being read
 * @where: "FILE:LINE" of the line, @start: of the block's first
 * @device, @route: of the block; in @net already
 * @address, @netmask: of the block, to be joined at its end
 * @pipepath: of the interface
 */
struct conf {
	struct net *net;
	const char *path;
	int line;
	char where[NET_ARGUMENT_LEN];
	char start[NET_ARGUMENT_LEN];
	enum block block;
	struct net_device *device;
	struct net_route *route;
	char address[NET_ADDRESS_LEN];
	char netmask[NET_ADDRESS_LEN];
	char pipepath[NET_ARGUMENT_LEN];
};

static int __attribute__((format(printf, 2, 3)))
fail(const char *where, const char *format, ...)
{
	char why[200];
	va_list args;

	va_start(args, format);
	vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	libos_error_set("%s: %s", where, why);
	return -EINVAL;
}

static int copy(struct conf *c, char *to, size_t size, const char *value)
{
	if (strlen(value) >= size)
		return fail(c->where, "\"%.40s…\" is too long", value);
	strcpy(to, value);
	return 0;
}

/* 255.255.255.0 is 24. Return: -1 if it is no netmask. */
static int netmask_length(const char *netmask)
{
	struct in_addr in;
	uint32_t mask;
	int length;

	if (inet_pton(AF_INET, netmask, &in) != 1)
		return -1;
	mask = ntohl(in.s_addr);
	length = __builtin_popcount(mask);
	return mask == (length ? UINT32_MAX << (32 - length) : 0) ? length : -1;
}

/* @address with the length of @netmask, where it has none itself. */
static int join_prefix(struct conf *c, char *prefix, const char *what)
{
	int length;

	if (strchr(c->address, '/')) {
		if (*c->netmask)
			return fail(c->start, "%s %s has a length, so netmask %s is too "
				    "much; leave it out", what, c->address, c->netmask);
		strcpy(prefix, c->address);
		return 0;
	}
	if (!*c->netmask)
		return fail(c->start, "%s %s has no netmask; add \"netmask "
			    "255.255.255.0\" or write %s/24", what, c->address, c->address);
	length = netmask_length(c->netmask);
	if (length < 0 || net_family(c->address) != AF_INET)
		return fail(c->start, "%s %s with netmask %s is no IPv4 prefix; write "
			    "it as ADDRESS/LENGTH", what, c->address, c->netmask);
	if (snprintf(prefix, NET_ADDRESS_LEN, "%s/%d", c->address, length) >=
	    NET_ADDRESS_LEN)
		return fail(c->start, "%s is too long", c->address);
	return 0;
}

static int end_interface(struct conf *c)
{
	struct net_device *d = c->device;
	char prefix[NET_ADDRESS_LEN];
	int err;

	if (d->kind == NET_PAIR) {
		if (!*c->pipepath)
			return fail(c->start, "viftype PIPE has no pipepath; add the "
				    "path of a socket that both ends name");
		snprintf(d->argument, sizeof(d->argument), "%s", c->pipepath);
	} else if (*c->pipepath) {
		return fail(c->start, "pipepath is for viftype PIPE; leave it out");
	}
	if (!*c->address)
		return *c->netmask ? fail(c->start, "netmask without address; add it") : 0;
	err = join_prefix(c, prefix, "address");
	return err ? err : net_key(d, "addr", prefix);
}

static int end_route(struct conf *c)
{
	struct net_route *r = c->route;
	char address[NET_ADDRESS_LEN];
	int family, err;

	if (!*c->address)
		return fail(c->start, "route without network; add \"network 0.0.0.0\" "
			    "for the default one");
	if (!*r->gateway)
		return fail(c->start, "route without gateway; add it");
	err = join_prefix(c, r->prefix, "network");
	if (err)
		return err;
	snprintf(address, sizeof(address), "%.*s", (int)strcspn(r->prefix, "/"), r->prefix);
	family = net_family(address);
	r->family = net_family(r->gateway);
	if (!family || family != r->family)
		return fail(c->start, "network %s and gateway %s are not of one family",
			    r->prefix, r->gateway);
	return 0;
}

static int end_block(struct conf *c)
{
	int err = c->block == BLOCK_INTERFACE ? end_interface(c) :
		  c->block == BLOCK_ROUTE ? end_route(c) : 0;

	c->block = BLOCK_NONE;
	*c->address = *c->netmask = *c->pipepath = '\0';
	return err;
}

static int begin_interface(struct conf *c, const char *name)
{
	int err;

	if (!*name)
		return fail(c->where, "interface without a name; write \"interface eth0\"");
	c->device = net_add(c->net, NET_PACKET, c->where);
	if (!c->device)
		return -E2BIG;
	err = net_key(c->device, "name", name);
	if (!err)
		err = copy(c, c->device->argument, sizeof(c->device->argument), name);
	c->block = BLOCK_INTERFACE;
	return err;
}

static int begin_route(struct conf *c, const char *rest)
{
	if (*rest)
		return fail(c->where, "\"%s\" behind route; its keys go on lines of "
			    "their own", rest);
	if (c->net->nr_route == NET_ROUTES)
		return fail(c->where, "more than %d routes; add the others with ip(8)",
			    NET_ROUTES);
	c->route = &c->net->route[c->net->nr_route++];
	*c->route = (struct net_route){ 0 };
	c->block = BLOCK_ROUTE;
	return 0;
}

static int take_viftype(struct conf *c, const char *value)
{
	if (!strcmp(value, "RAW"))
		c->device->kind = NET_PACKET;
	else if (!strcmp(value, "TAP"))
		c->device->kind = NET_TAP;
	else if (!strcmp(value, "PIPE"))
		c->device->kind = NET_PAIR;
	else if (!strcmp(value, "NETMAP") || !strcmp(value, "DPDK"))
		return fail(c->where, "viftype %s is not built; AF_XDP does what it did: "
			    "--net xdp:IF, or RAW here", value);
	else if (!strcmp(value, "MACVTAP"))
		return fail(c->where, "viftype MACVTAP is not built; RAW has its own MAC "
			    "address on the interface, too");
	else
		return fail(c->where, "viftype %s is not known; it is RAW, TAP or PIPE",
			    value);
	return 0;
}

static int key_interface(struct conf *c, const char *key, const char *value)
{
	if (!strcmp(key, "address"))
		return copy(c, c->address, sizeof(c->address), value);
	if (!strcmp(key, "netmask"))
		return copy(c, c->netmask, sizeof(c->netmask), value);
	if (!strcmp(key, "pipepath"))
		return copy(c, c->pipepath, sizeof(c->pipepath), value);
	if (!strcmp(key, "viftype"))
		return take_viftype(c, value);
	snprintf(c->device->where, sizeof(c->device->where), "%s", c->where);
	if (!strcmp(key, "macaddr"))
		return net_key(c->device, "mac", value);
	if (!strcmp(key, "address6"))
		return net_key(c->device, "addr", value);
	if (!strcmp(key, "gateway6"))
		return net_family(value) == AF_INET6 ? net_key(c->device, "gw", value) :
		       fail(c->where, "gateway6 %s is no IPv6 address", value);
	if (!strcmp(key, "mtu"))
		return net_key(c->device, "mtu", value);
	return fail(c->where, "\"%s\" is not a key of an interface; it has address, "
		    "netmask, address6, gateway6, macaddr, mtu, viftype, pipepath", key);
}

static int key_route(struct conf *c, const char *key, const char *value)
{
	if (!strcmp(key, "network") || !strcmp(key, "network6"))
		return copy(c, c->address, sizeof(c->address), value);
	if (!strcmp(key, "netmask"))
		return copy(c, c->netmask, sizeof(c->netmask), value);
	if (!strcmp(key, "gateway") || !strcmp(key, "gateway6"))
		return copy(c, c->route->gateway, sizeof(c->route->gateway), value);
	return fail(c->where, "\"%s\" is not a key of a route; it has network, netmask, "
		    "gateway", key);
}

static int take_line(struct conf *c, const char *key, const char *value)
{
	bool interface = !strcmp(key, "interface");
	int err;

	if (interface || !strcmp(key, "route")) {
		err = end_block(c);
		strcpy(c->start, c->where);
		if (err)
			return err;
		return interface ? begin_interface(c, value) : begin_route(c, value);
	}
	if (c->block == BLOCK_NONE)
		return fail(c->where, "\"%s\" stands outside of a block; begin one with "
			    "\"interface NAME\" or \"route\"", key);
	if (!*value)
		return fail(c->where, "%s has no value", key);
	return c->block == BLOCK_INTERFACE ? key_interface(c, key, value) :
					     key_route(c, key, value);
}

int conf_parse(struct net *net, FILE *file, const char *path)
{
	struct conf c = { .net = net, .path = path };
	char text[1024], *rest, *key, *value, *more;
	int err = 0;

	while (!err && fgets(text, sizeof(text), file)) {
		snprintf(c.where, sizeof(c.where), "%s:%d", path, ++c.line);
		if (strlen(text) == sizeof(text) - 1)
			return fail(c.where, "the line is too long");
		text[strcspn(text, "#\n")] = '\0';
		key = strtok_r(text, " \t\r", &rest);
		if (!key)
			continue;
		value = strtok_r(NULL, " \t\r", &rest);
		more = strtok_r(NULL, " \t\r", &rest);
		err = more ? fail(c.where, "\"%s\" is one word too much", more) :
			     take_line(&c, key, value ? value : "");
	}
	if (ferror(file))
		return fail(path, "cannot be read: %s", strerror(errno));
	return err ? err : end_block(&c);
}

int conf_read(struct net *net, const char *path)
{
	FILE *file = fopen(path, "re");
	int err;

	if (!file) {
		libos_error_set("--conf %s: %s", path, strerror(errno));
		return -errno;
	}
	err = conf_parse(net, file, path);
	fclose(file);
	return err;
}
