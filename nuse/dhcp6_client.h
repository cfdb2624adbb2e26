/* SPDX-License-Identifier: GPL-2.0 */
#ifndef NUSE_DHCP6_CLIENT_H
#define NUSE_DHCP6_CLIENT_H

struct libos;
struct dhcp6_client;

/* As dhcp_client.h's, for an IPv6 address; routes come by router advertisements. */
struct dhcp6_client *dhcp6_client_start(struct libos *os, const char *name, int ifindex,
					int source, int bell);
const char *dhcp6_client_address(const struct dhcp6_client *client);
void dhcp6_client_stop(struct dhcp6_client *client);

#endif
