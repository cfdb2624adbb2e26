/* SPDX-License-Identifier: GPL-2.0 */
#ifndef NUSE_DHCP_CLIENT_H
#define NUSE_DHCP_CLIENT_H

#include <stdbool.h>

struct libos;
struct dhcp_client;

/**
 * dhcp_client_start() - a thread that gets and keeps an IPv4 address
 * @name: of the interface, which is up
 * @ifindex: its number
 * @source: its number with resolv_set()
 * @fixed_mtu: the server's is not wanted
 * @metric: of the default route
 * @bell: an eventfd of the host that is rung when the address is there
 *
 * Return: NULL with libos_error()'s sentence set.
 */
struct dhcp_client *dhcp_client_start(struct libos *os, const char *name, int ifindex,
				      int source, bool fixed_mtu, int metric, int bell);

/* Whether it has an address now, for messages "10.0.0.2/24 via 10.0.0.1", or NULL. */
const char *dhcp_client_address(const struct dhcp_client *client);

/* Ends the thread; the address stays. */
void dhcp_client_stop(struct dhcp_client *client);

#endif
