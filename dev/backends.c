// SPDX-License-Identifier: GPL-2.0
/*
 * backends.c - the table of packet back ends
 */
#include <string.h>

#include "dev.h"

extern const struct dev_backend dev_tap, dev_packet, dev_xdp, dev_stream, dev_fd, dev_pcap;

const struct dev_backend *const dev_backends[] = {
	&dev_tap,
	&dev_packet,
	&dev_xdp,
	&dev_stream,
	&dev_fd,
	&dev_pcap,
	NULL,
};

/**
 * dev_backend_find() - the back end of a name
 * @name, @len: what stands before the colon; need not end with a zero byte
 *
 * Return: NULL if there is none.
 */
const struct dev_backend *dev_backend_find(const char *name, size_t len)
{
	for (int i = 0; dev_backends[i]; i++) {
		const char *known = dev_backends[i]->name;

		if (strlen(known) == len && !memcmp(known, name, len))
			return dev_backends[i];
	}
	return NULL;
}
