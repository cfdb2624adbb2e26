/* SPDX-License-Identifier: GPL-2.0 */
#ifndef NUSE_DEVICE_H
#define NUSE_DEVICE_H

#include <stdbool.h>

#include "cable.h"
#include "net.h"
#include "passt.h"

struct libos;
struct libos_netdev;
struct dhcp_client;
struct dhcp6_client;

/**
 * struct device - a device of the stack, the owner's view
 * @number: of the device
 * @tap: the host's name of a tap that was given none
 * @end: our end of a cable, or -1
 * @waits: the cable's other end is not there yet
 */
struct device {
	struct net_device *spec;
	int number;
	struct libos_netdev *nd;
	struct passt passt;
	struct cable cable;
	int end;
	bool waits;
	struct dhcp_client *dhcp;
	struct dhcp6_client *dhcp6;
};

/* These return 0, or -errno with libos_error()'s sentence set. */

/* What takes its time and needs no stack: before that boots. Closed in any case. */
int device_prepare(struct device *device, struct net_device *spec, int number);
/* The interface, with its addresses, up. @bell: see dhcp_client_start() */
int device_open(struct device *device, struct libos *os, int bell);

/* Nobody plugged in yet has come. */
void device_plugged(struct device *device);

/* Before the stack is closed, and after. */
void device_stop(struct device *device);
void device_close(struct device *device);

/* What it has got by DHCP, or NULL: IPv4, IPv6. */
const char *device_address(const struct device *device);
const char *device_address6(const struct device *device);

/* Whether it has asked for one of them, and has not got it. */
bool device_lacks(const struct device *device);

#endif
