/* SPDX-License-Identifier: GPL-2.0 */
/*
 * net.h - the devices and routes that a stack shall have
 */
#ifndef NUSE_NET_H
#define NUSE_NET_H

#include <stdbool.h>
#include <stdint.h>

enum net_kind {
	NET_PASST,
	NET_TAP,
	NET_PACKET,
	NET_XDP,
	NET_STREAM,
	NET_PAIR,
	NET_PCAP,
	NET_NONE,
};

enum {
	NET_DEVICES = 16,
	NET_ADDRESSES = 8,
	NET_SERVERS = 4,
	NET_ROUTES = 64,
	NET_ADDRESS_LEN = 52,	/* INET6_ADDRSTRLEN and "/128" */
	NET_ARGUMENT_LEN = 256,
	NET_NAME_LEN = 16,	/* IFNAMSIZ */
};

/**
 * struct net_device - a device of the stack
 * @kind, @argument: what is on its other side
 * @where: who asked for it, for messages: the specification, or "FILE:LINE"
 * @name: of the interface
 * @mac: all zero: a random one
 * @mtu: 0: the other side's
 * @address: "10.0.0.1/24", also IPv6
 * @gateway: of IPv4 and of IPv6, or ""
 * @dns: name servers
 * @dhcp, @dhcp6: to be asked for addresses
 */
struct net_device {
	enum net_kind kind;
	char argument[NET_ARGUMENT_LEN];
	char where[NET_ARGUMENT_LEN];
	char name[NET_NAME_LEN];
	uint8_t mac[6];
	uint32_t mtu;
	char address[NET_ADDRESSES][NET_ADDRESS_LEN];
	int nr_address;
	char gateway[2][NET_ADDRESS_LEN];
	char dns[NET_SERVERS][NET_ADDRESS_LEN];
	int nr_dns;
	bool dhcp;
	bool dhcp6;
};

/* struct net_route - @prefix "10.0.0.0/8" or "default"; @family: AF_INET or AF_INET6 */
struct net_route {
	int family;
	char prefix[NET_ADDRESS_LEN];
	char gateway[NET_ADDRESS_LEN];
};

struct net {
	struct net_device device[NET_DEVICES];
	int nr_device;
	struct net_route route[NET_ROUTES];
	int nr_route;
};

/*
 * These return 0, or -errno with libos_error()'s sentence set.
 */

/* Adds what --net says: KIND[:ARGUMENT][,KEY[=VALUE]]... */
int net_parse(struct net *net, const char *spec);

/* The next device, empty but for its kind and @where; NULL: too many. */
struct net_device *net_add(struct net *net, enum net_kind kind, const char *where);

/* One key of a device. @value NULL: it had none. -ENOENT, no sentence: no such key. */
int net_key(struct net_device *device, const char *key, const char *value);

/* Names for those without, and checks what concerns more than one device. */
int net_finish(struct net *net);

const char *net_kind_name(enum net_kind kind);

/* AF_INET or AF_INET6; 0: not an address */
int net_family(const char *address);

#endif
