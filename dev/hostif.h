/* SPDX-License-Identifier: GPL-2.0 */
/* hostif.h - a network interface of the host */
#ifndef DEV_HOSTIF_H
#define DEV_HOSTIF_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

struct dev_hostif {
	char name[IFNAMSIZ];
	int index;
	uint32_t mtu;
};

int dev_hostif_find(struct dev_hostif *hostif, const char *backend, const char *name);
bool dev_hostif_exists(const struct dev_hostif *hostif);
int dev_hostif_promiscuous(const struct dev_hostif *hostif, int packet_fd);

#endif
