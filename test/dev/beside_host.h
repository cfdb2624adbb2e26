/* SPDX-License-Identifier: GPL-2.0 */
/* beside_host.h - a stack and the host's, joined by a device: tests */
#ifndef BESIDE_HOST_H
#define BESIDE_HOST_H

#include <stdbool.h>

/**
 * struct beside_host - how they are joined
 * @spec: the back end, for libos_netdev_open()
 * @interface: the host's end, which gets the address NETNS_HOST
 * @other: another one of the host's on the way, or NULL
 * @queues: of the stack's device
 * @cuts_udp: the host knows segmentation of UDP there: UDP_SEGMENT, UDP_GRO
 */
struct beside_host {
	const char *spec;
	const char *interface;
	const char *other;
	int queues;
	bool cuts_udp;
};

int beside_host_main(const char *name, const struct beside_host *beside);

#endif
