// SPDX-License-Identifier: GPL-2.0
/*
 * wire.c - tun0, whose other side is the script
 *
 * It is the tun device that packetdrill makes on a host, with the same offloads: the other
 * side completes checksums and cuts large TCP segments. Scripts show those uncut, so they
 * are handed on as they are, with the checksum completed.
 *
 * A tun device does not say when a packet was sent. So wire_collect() is called before the
 * clock moves: what is there then was sent at the time that it still is. (A device of the
 * library's own would say it, but does not come up without a link layer: arch/lib's asks
 * for an Ethernet address.)
 */
#define _GNU_SOURCE
#include "wire.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include <libos.h>

enum {
	PACKET_MAX = 65535 + 40,	/* IPv6 counts without its header. */
	/* A script that leaves so many unread does not want them. */
	QUEUE_MAX = 65536,
};

struct packet {
	struct packet *next;
	uint64_t when;
	size_t len;
	uint8_t data[];
};

/**
 * struct wire - a device and what it sent
 * @fd: the tun device, the stack's descriptor
 * @lock: of the rest. Any thread may move the clock.
 * @first, @last: oldest and newest packet
 * @n: how many there are
 * @lost: some were thrown away, and it was said
 * @buf: where they are read to
 */
struct wire {
	struct libos *os;
	int fd;
	pthread_mutex_t lock;
	struct packet *first, **last;
	unsigned int n;
	bool lost;
	uint8_t buf[PACKET_MAX];
};

static uint32_t sum_words(const uint8_t *data, size_t len)
{
	uint32_t sum = 0;
	size_t i;

	for (i = 0; i + 1 < len; i += 2)
		sum += data[i] << 8 | data[i + 1];
	if (len & 1)
		sum += data[len - 1] << 8;
	return sum;
}

/* The field holds the sum of the pseudo header; RFC 1071. */
static void complete_checksum(struct packet *p, size_t start, size_t offset)
{
	uint32_t sum;

	if (start + offset + 2 > p->len)
		return;
	sum = sum_words(p->data + start, p->len - start);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	sum = ~sum & 0xffff;
	/* Zero would be "none" to UDP, and is the same number as this to all. */
	if (!sum)
		sum = 0xffff;
	p->data[start + offset] = sum >> 8;
	p->data[start + offset + 1] = sum;
}

static struct packet *packet_new(const struct virtio_net_hdr *hdr, const void *data,
				 size_t len)
{
	struct packet *p = malloc(sizeof(*p) + len);

	if (!p)
		abort();
	*p = (struct packet){ .len = len };
	memcpy(p->data, data, len);
	if (hdr->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM)
		complete_checksum(p, hdr->csum_start, hdr->csum_offset);
	return p;
}

/* With the lock. */
static struct packet *take(struct wire *wire)
{
	struct packet *p = wire->first;

	if (!p)
		return NULL;
	wire->first = p->next;
	if (!wire->first)
		wire->last = &wire->first;
	wire->n--;
	return p;
}

/* With the lock. */
static void put(struct wire *wire, struct packet *p)
{
	p->when = libos_clock_now(wire->os);
	*wire->last = p;
	wire->last = &p->next;
	if (++wire->n <= QUEUE_MAX)
		return;
	free(take(wire));
	if (!wire->lost)
		fprintf(stderr, "libos-packetdrill: the script does not read %u packets: the "
			"oldest are lost\n", QUEUE_MAX);
	wire->lost = true;
}

void wire_collect(struct wire *wire)
{
	struct virtio_net_hdr hdr;
	struct iovec iov[] = {
		{ &hdr, sizeof(hdr) }, { wire->buf, sizeof(wire->buf) },
	};
	ssize_t n;

	pthread_mutex_lock(&wire->lock);
	while ((n = libos_readv(wire->os, wire->fd, iov, 2)) > (ssize_t)sizeof(hdr))
		put(wire, packet_new(&hdr, wire->buf, n - sizeof(hdr)));
	pthread_mutex_unlock(&wire->lock);
}

struct wire *wire_open(struct libos *os)
{
	unsigned int offload = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN;
	struct wire *wire = calloc(1, sizeof(*wire));
	struct ifreq ifr = {
		.ifr_name = "tun0",
		.ifr_flags = IFF_TUN | IFF_NO_PI | IFF_VNET_HDR,
	};

	if (!wire)
		abort();
	wire->os = os;
	wire->last = &wire->first;
	pthread_mutex_init(&wire->lock, NULL);
	wire->fd = libos_open_file(os, "/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC, 0);
	if (wire->fd < 0 || libos_ioctl(os, wire->fd, TUNSETIFF, &ifr) ||
	    libos_ioctl(os, wire->fd, TUNSETOFFLOAD, (long)offload)) {
		wire_free(wire);
		return NULL;
	}
	return wire;
}

void wire_free(struct wire *wire)
{
	struct packet *p;

	while ((p = take(wire)))
		free(p);
	pthread_mutex_destroy(&wire->lock);
	free(wire);
}

int wire_send(struct wire *wire, const void *packet, size_t bytes)
{
	struct virtio_net_hdr hdr = { 0 };
	struct iovec iov[] = {
		{ &hdr, sizeof(hdr) }, { (void *)packet, bytes },
	};

	return libos_writev(wire->os, wire->fd, iov, 2) < 0 ? -1 : 0;
}

bool wire_pending(struct wire *wire)
{
	bool pending;

	pthread_mutex_lock(&wire->lock);
	pending = wire->first;
	pthread_mutex_unlock(&wire->lock);
	return pending;
}

bool wire_take(struct wire *wire, void *packet, size_t *bytes, uint64_t *when)
{
	struct packet *p;

	pthread_mutex_lock(&wire->lock);
	p = take(wire);
	pthread_mutex_unlock(&wire->lock);
	if (!p)
		return false;
	if (*bytes > p->len)
		*bytes = p->len;
	if (*bytes)
		memcpy(packet, p->data, *bytes);
	*when = p->when;
	free(p);
	return true;
}
