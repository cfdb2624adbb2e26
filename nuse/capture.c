// SPDX-License-Identifier: GPL-2.0
/*
 * capture.c - a capture file of what passes a stack's devices
 *
 * A thread with a packet socket of the stack that is bound to no device; it sees the
 * initial network namespace, lo included. The file is libpcap's classic one with
 * nanoseconds (pcap-savefile(5)), Ethernet; what has no Ethernet header is left out.
 * A frame on lo is seen twice and written once, when it arrives. Segments that a device
 * cuts are whole, as in tcpdump(8)'s captures. A tag that was taken out of a frame is
 * put back.
 */
#define _GNU_SOURCE
#include "capture.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if_arp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <libos.h>

#include "error.h"

enum {
	SNAPLEN = 262144,
	BUFFER = 64 << 20,
	LINKTYPE_ETHERNET = 1,
	VLAN_LEN = 4,
	MAC_PAIR_LEN = 12,
};

struct file_header {
	uint32_t magic;
	uint16_t major, minor;
	uint32_t zone, accuracy, snaplen, linktype;
};

struct record_header {
	uint32_t seconds, nanoseconds, captured, length;
};

/**
 * struct capture - a running capture
 * @fd: the packet socket, @quit: an eventfd, both the stack's
 * @frame: behind room for a tag
 */
struct capture {
	struct libos *os;
	FILE *file;
	int fd;
	int quit;
	pthread_t thread;
	uint8_t frame[VLAN_LEN + SNAPLEN];
};

FILE *capture_open(const char *path)
{
	static const struct file_header header = {
		.magic = 0xa1b23c4d,
		.major = 2,
		.minor = 4,
		.snaplen = SNAPLEN,
		.linktype = LINKTYPE_ETHERNET,
	};
	FILE *file = fopen(path, "we");

	if (file && fwrite(&header, sizeof(header), 1, file) == 1 && !fflush(file))
		return file;
	libos_error_set("--pcap %s: %s", path, strerror(errno));
	if (file)
		fclose(file);
	return NULL;
}

static bool is_wanted(const struct sockaddr_ll *from)
{
	if (from->sll_hatype == ARPHRD_LOOPBACK)
		return from->sll_pkttype != PACKET_OUTGOING;
	return from->sll_hatype == ARPHRD_ETHER;
}

/* The tag in @aux, if any, behind the addresses. Return: where the frame starts. */
static uint8_t *put_tag(uint8_t *frame, const struct tpacket_auxdata *aux)
{
	uint16_t tag[2] = {
		htons(aux->tp_status & TP_STATUS_VLAN_TPID_VALID ? aux->tp_vlan_tpid :
								  ETH_P_8021Q),
		htons(aux->tp_vlan_tci),
	};

	if (!(aux->tp_status & TP_STATUS_VLAN_VALID))
		return frame;
	memmove(frame - VLAN_LEN, frame, MAC_PAIR_LEN);
	memcpy(frame - VLAN_LEN + MAC_PAIR_LEN, tag, sizeof(tag));
	return frame - VLAN_LEN;
}

static void write_frame(struct capture *c, struct msghdr *msg, size_t length)
{
	struct tpacket_auxdata aux = { 0 };
	struct record_header record;
	struct timespec when = { 0 };
	struct cmsghdr *cmsg;
	uint8_t *start;

	for (cmsg = CMSG_FIRSTHDR(msg); cmsg; cmsg = CMSG_NXTHDR(msg, cmsg)) {
		if (cmsg->cmsg_level == SOL_SOCKET && cmsg->cmsg_type == SO_TIMESTAMPNS)
			memcpy(&when, CMSG_DATA(cmsg), sizeof(when));
		if (cmsg->cmsg_level == SOL_PACKET && cmsg->cmsg_type == PACKET_AUXDATA)
			memcpy(&aux, CMSG_DATA(cmsg), sizeof(aux));
	}
	start = put_tag(c->frame + VLAN_LEN, &aux);
	length += c->frame + VLAN_LEN - start;
	record.seconds = when.tv_sec;
	record.nanoseconds = when.tv_nsec;
	record.length = length;
	record.captured = length < SNAPLEN ? length : SNAPLEN;
	fwrite(&record, sizeof(record), 1, c->file);
	fwrite(start, 1, record.captured, c->file);
}

/* Return: whether there was a frame. */
static bool take_frame(struct capture *c)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct tpacket_auxdata)) +
					      CMSG_SPACE(sizeof(struct timespec))];
	struct iovec iov = { c->frame + VLAN_LEN, SNAPLEN };
	struct sockaddr_ll from = { 0 };
	struct msghdr msg = {
		.msg_name = &from,
		.msg_namelen = sizeof(from),
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	ssize_t length = libos_recvmsg(c->os, c->fd, &msg, MSG_DONTWAIT | MSG_TRUNC);

	if (length >= MAC_PAIR_LEN && is_wanted(&from))
		write_frame(c, &msg, length);
	return length >= 0;
}

static void *capture_main(void *arg)
{
	struct capture *c = arg;
	struct pollfd fds[2] = { { c->fd, POLLIN, 0 }, { c->quit, POLLIN, 0 } };
	int n;

	do {
		n = libos_poll(c->os, fds, 2, -1);
		while (take_frame(c))
			;
		/* Who looks at the file meanwhile sees whole frames only. */
		fflush(c->file);
	} while ((n > 0 && !fds[1].revents) || (n < 0 && errno == EINTR));
	return NULL;
}

static int open_socket(struct capture *c)
{
	int size = BUFFER, on = 1;

	c->fd = libos_socket(c->os, AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL));
	c->quit = libos_eventfd(c->os, 0, EFD_CLOEXEC);
	if (c->fd < 0 || c->quit < 0)
		return -1;
	libos_setsockopt(c->os, c->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	if (libos_setsockopt(c->os, c->fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)))
		return -1;
	return libos_setsockopt(c->os, c->fd, SOL_PACKET, PACKET_AUXDATA, &on, sizeof(on));
}

struct capture *capture_start(struct libos *os, FILE *file)
{
	struct capture *c = malloc(sizeof(*c));

	if (!c) {
		fclose(file);
		libos_error_set("--pcap: no memory");
		return NULL;
	}
	c->os = os;
	c->file = file;
	c->fd = c->quit = -1;
	if (!open_socket(c)) {
		errno = pthread_create(&c->thread, NULL, capture_main, c);
		if (!errno)
			return c;
	}
	libos_error_set("--pcap: cannot capture: %s", strerror(errno));
	fclose(file);
	free(c);
	return NULL;
}

void capture_stop(struct capture *c)
{
	uint64_t one = 1;

	libos_write(c->os, c->quit, &one, sizeof(one));
	pthread_join(c->thread, NULL);
	fclose(c->file);
	free(c);
}
