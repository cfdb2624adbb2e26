// SPDX-License-Identifier: GPL-2.0
/*
 * net.c - what --net says: KIND[:ARGUMENT][,KEY[=VALUE]]...
 *
 * An argument ends at the first comma, except where it has commas itself: pcap:IN,OUT
 * and xdp's queue=. What is written here stays text as far as it can: it goes on to
 * libos_configure(), which knows addresses better.
 */
#include "net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"

#define KEYS "addr=, gw=, dns=, mac=, mtu=, name=, dhcp, dhcp6"

_Static_assert(NET_NAME_LEN == IFNAMSIZ, "interface names");

enum argument { ARGUMENT_NONE, ARGUMENT_MAY, ARGUMENT_MUST };

static const struct kind {
	const char *name;
	enum argument argument;
	const char *usage;
} kinds[] = {
	[NET_PASST] = { "passt", ARGUMENT_NONE, "passt" },
	[NET_TAP] = { "tap", ARGUMENT_MAY, "tap:NAME" },
	[NET_PACKET] = { "packet", ARGUMENT_MUST, "packet:IF" },
	[NET_XDP] = { "xdp", ARGUMENT_MUST, "xdp:IF" },
	[NET_STREAM] = { "stream", ARGUMENT_MUST, "stream:PATH" },
	[NET_PAIR] = { "pair", ARGUMENT_MUST, "pair:NAME" },
	[NET_PCAP] = { "pcap", ARGUMENT_MUST, "pcap:FILE" },
	[NET_NONE] = { "none", ARGUMENT_NONE, "none" },
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

const char *net_kind_name(enum net_kind kind)
{
	return kinds[kind].name;
}

int net_family(const char *address)
{
	uint8_t bytes[16];

	if (inet_pton(AF_INET, address, bytes) == 1)
		return AF_INET;
	return inet_pton(AF_INET6, address, bytes) == 1 ? AF_INET6 : 0;
}

/* Whether @text is ADDRESS/LENGTH. */
static bool is_prefix(const char *text)
{
	char address[NET_ADDRESS_LEN], *end;
	const char *slash = strchr(text, '/');
	unsigned long length;
	int family;

	if (!slash || slash - text >= NET_ADDRESS_LEN || slash[1] < '0' || slash[1] > '9')
		return false;
	snprintf(address, sizeof(address), "%.*s", (int)(slash - text), text);
	family = net_family(address);
	length = strtoul(slash + 1, &end, 10);
	return family && !*end && length <= (family == AF_INET ? 32 : 128);
}

static int key_addr(struct net_device *d, const char *value)
{
	if (!is_prefix(value)) {
		libos_error_set("%s: addr=%s is no address with its prefix length; "
				"write it as addr=10.0.0.1/24", d->where, value);
		return -EINVAL;
	}
	if (d->nr_address == NET_ADDRESSES) {
		libos_error_set("%s: more than %d addresses; give the others with ip(8)",
				d->where, NET_ADDRESSES);
		return -E2BIG;
	}
	snprintf(d->address[d->nr_address++], NET_ADDRESS_LEN, "%s", value);
	return 0;
}

static int key_gw(struct net_device *d, const char *value)
{
	int family = net_family(value);
	char *gateway = d->gateway[family == AF_INET6];

	if (!family) {
		libos_error_set("%s: gw=%s is no address; write it as gw=10.0.0.254",
				d->where, value);
		return -EINVAL;
	}
	if (*gateway) {
		libos_error_set("%s: a second default gateway, %s beside %s; keep one",
				d->where, value, gateway);
		return -EEXIST;
	}
	snprintf(gateway, NET_ADDRESS_LEN, "%s", value);
	return 0;
}

static int key_dns(struct net_device *d, const char *value)
{
	if (!net_family(value)) {
		libos_error_set("%s: dns=%s is no address; write it as dns=10.0.0.53",
				d->where, value);
		return -EINVAL;
	}
	if (d->nr_dns == NET_SERVERS) {
		libos_error_set("%s: more than %d name servers; keep the best", d->where,
				NET_SERVERS);
		return -E2BIG;
	}
	snprintf(d->dns[d->nr_dns++], NET_ADDRESS_LEN, "%s", value);
	return 0;
}

/* One or two hexadecimal digits, six times. */
static bool mac_parse(const char *text, uint8_t mac[6])
{
	int i;

	for (i = 0; i < 6; i++) {
		size_t digits = strspn(text, "0123456789abcdefABCDEF");

		if (digits < 1 || digits > 2)
			return false;
		mac[i] = strtoul(text, NULL, 16);
		text += digits;
		if (*text != (i < 5 ? ':' : '\0'))
			return false;
		text++;
	}
	return true;
}

static int key_mac(struct net_device *d, const char *value)
{
	if (!mac_parse(value, d->mac)) {
		libos_error_set("%s: mac=%s is no MAC address; write it as "
				"mac=02:00:00:00:00:01", d->where, value);
		return -EINVAL;
	}
	if (d->mac[0] & 1) {
		libos_error_set("%s: mac=%s is a group's address; make its first byte "
				"even, as in 02:00:00:00:00:01", d->where, value);
		return -EINVAL;
	}
	return 0;
}

static int key_mtu(struct net_device *d, const char *value)
{
	char *end;
	unsigned long mtu = strtoul(value, &end, 10);

	if (*value < '0' || *value > '9' || *end || mtu < 68 || mtu > 65535) {
		libos_error_set("%s: mtu=%s is not one; it is from 68 to 65535", d->where,
				value);
		return -EINVAL;
	}
	d->mtu = mtu;
	return 0;
}

static int key_name(struct net_device *d, const char *value)
{
	if (!*value || strlen(value) >= NET_NAME_LEN || strpbrk(value, "/ :%\t") ||
	    !strcmp(value, ".") || !strcmp(value, "..")) {
		libos_error_set("%s: \"%s\" is no interface name: 1 to %d characters, no "
				"blank, '/', ':' or '%%'", d->where, value,
				NET_NAME_LEN - 1);
		return -EINVAL;
	}
	strcpy(d->name, value);
	return 0;
}

static int key_dhcp(struct net_device *d, const char *value)
{
	(void)value;
	d->dhcp = true;
	return 0;
}

static int key_dhcp6(struct net_device *d, const char *value)
{
	(void)value;
	d->dhcp6 = true;
	return 0;
}

static const struct key {
	const char *name;
	bool has_value;
	int (*set)(struct net_device *d, const char *value);
} keys[] = {
	{ "addr", true, key_addr },
	{ "gw", true, key_gw },
	{ "dns", true, key_dns },
	{ "mac", true, key_mac },
	{ "mtu", true, key_mtu },
	{ "name", true, key_name },
	{ "dhcp", false, key_dhcp },
	{ "dhcp6", false, key_dhcp6 },
};

int net_key(struct net_device *device, const char *key, const char *value)
{
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (strcmp(keys[i].name, key))
			continue;
		if (keys[i].has_value == !!value)
			return keys[i].set(device, value);
		libos_error_set(value ? "%s: %s takes no value; write just \"%s\"" :
				"%s: %s needs a value; write %s=…", device->where, key,
				key);
		return -EINVAL;
	}
	return -ENOENT;
}

/* What stands behind a comma: a key, or more of the argument. */
static int parse_piece(struct net_device *d, char *piece)
{
	char *equal = strchr(piece, '=');
	size_t used = strlen(d->argument);
	int err;

	if (d->kind == NET_XDP && !strncmp(piece, "queue=", 6)) {
		snprintf(d->argument + used, sizeof(d->argument) - used, ",%s", piece);
		return 0;
	}
	if (equal)
		*equal = '\0';
	err = net_key(d, piece, equal ? equal + 1 : NULL);
	if (equal)
		*equal = '=';
	if (err != -ENOENT)
		return err;
	if (d->kind == NET_PCAP && !strchr(d->argument, ',')) {
		snprintf(d->argument + used, sizeof(d->argument) - used, ",%s", piece);
		return 0;
	}
	libos_error_set("%s: \"%s\" is not a key; there are " KEYS, d->where, piece);
	return -EINVAL;
}

static int unknown_kind(const char *spec, const char *name)
{
	char known[160] = "";
	size_t used = 0;

	for (size_t i = 0; i < KINDS; i++)
		used += snprintf(known + used, sizeof(known) - used, "%s%s",
				 i ? ", " : "", kinds[i].usage);
	libos_error_set("--net %.40s: \"%.40s\" is not known; take one of %s", spec, name,
			known);
	return -EINVAL;
}

struct net_device *net_add(struct net *net, enum net_kind kind, const char *where)
{
	struct net_device *d;

	if (net->nr_device == NET_DEVICES) {
		libos_error_set("%s: more than %d devices; add bridges or VLANs inside",
				where, NET_DEVICES);
		return NULL;
	}
	d = &net->device[net->nr_device++];
	*d = (struct net_device){ .kind = kind };
	snprintf(d->where, sizeof(d->where), "%s", where);
	return d;
}

static int parse_pieces(struct net *net, char *text, const char *where)
{
	char *rest = NULL, *head = strsep(&text, ","), *colon = strchr(head, ':');
	struct net_device *d;
	size_t kind;
	int err = 0;

	if (colon)
		*colon = '\0';
	for (kind = 0; kind < KINDS; kind++)
		if (!strcmp(kinds[kind].name, head))
			break;
	if (kind == KINDS)
		return unknown_kind(where + strlen("--net "), head);
	if (colon ? kinds[kind].argument == ARGUMENT_NONE :
		    kinds[kind].argument == ARGUMENT_MUST) {
		libos_error_set("%s: %s; write --net %s", where, colon ?
				"there is nothing to say behind a colon" :
				"what is on the other side is missing",
				kinds[kind].usage);
		return -EINVAL;
	}
	if (colon && !colon[1] && kind != NET_PCAP) {
		libos_error_set("%s: nothing stands behind the colon; write --net %s",
				where, kinds[kind].usage);
		return -EINVAL;
	}
	d = net_add(net, kind, where);
	if (!d)
		return -E2BIG;
	if (colon)
		snprintf(d->argument, sizeof(d->argument), "%s", colon + 1);
	while (!err && (rest = strsep(&text, ",")))
		err = parse_piece(d, rest);
	return err;
}

int net_parse(struct net *net, const char *spec)
{
	char where[NET_ARGUMENT_LEN];
	char *text;
	int err;

	if (strlen(spec) >= sizeof(where) - sizeof("--net ")) {
		libos_error_set("--net %.40s…: longer than %zu characters; shorten it",
				spec, sizeof(where) - sizeof("--net "));
		return -E2BIG;
	}
	snprintf(where, sizeof(where), "--net %s", spec);
	text = strdup(spec);
	if (!text) {
		libos_error_set("no memory");
		return -ENOMEM;
	}
	err = parse_pieces(net, text, where);
	free(text);
	return err;
}

static bool name_taken(const struct net *net, const char *name,
		       const struct net_device *but)
{
	for (int i = 0; i < net->nr_device; i++)
		if (&net->device[i] != but && !strcmp(net->device[i].name, name))
			return true;
	return !strcmp(name, "lo");
}

static int finish_name(struct net *net, struct net_device *d)
{
	int i;

	if (*d->name && name_taken(net, d->name, d)) {
		libos_error_set("%s: another interface is named %s; give one of them "
				"another name=", d->where, d->name);
		return -EEXIST;
	}
	for (i = 0; !*d->name; i++) {
		snprintf(d->name, sizeof(d->name), "eth%d", i);
		if (name_taken(net, d->name, d))
			*d->name = '\0';
	}
	return 0;
}

/* What a device says of the default route of a family, or NULL. */
static const char *default_of(const struct net_device *d, int v6)
{
	if (*d->gateway[v6])
		return d->gateway[v6];
	return d->kind == NET_PASST ? "passt" : NULL;
}

static int check_default(const struct net *net, int v6)
{
	const struct net_device *first = NULL;

	for (int i = 0; i < net->nr_device; i++) {
		const struct net_device *d = &net->device[i];

		if (!default_of(d, v6))
			continue;
		if (first) {
			libos_error_set("%s and %s are both the default way out for IPv%d "
					"(%s, %s); keep one, and give the other its "
					"routes with ip(8)", first->where, d->where,
					v6 ? 6 : 4, default_of(first, v6),
					default_of(d, v6));
			return -EEXIST;
		}
		first = d;
	}
	return 0;
}

int net_finish(struct net *net)
{
	int i, n = 0, err = 0;

	/* "none" is nothing but the wish that there be no default. */
	for (i = 0; i < net->nr_device; i++)
		if (net->device[i].kind != NET_NONE)
			net->device[n++] = net->device[i];
	net->nr_device = n;
	for (i = 0; !err && i < n; i++)
		err = finish_name(net, &net->device[i]);
	for (i = 0; !err && i < 2; i++)
		err = check_default(net, i);
	return err;
}
