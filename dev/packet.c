// SPDX-License-Identifier: GPL-2.0
/*
 * packet.c - "packet:IF", an interface of the host by AF_PACKET (packet(7))
 *
 * The stack is one more station on the wire of IF, with a MAC address of its own;
 * IF becomes promiscuous. Needs CAP_NET_RAW in the user namespace of the network
 * namespace.
 *
 * The socket listens in, it takes nothing away: the host's own stack and other
 * packet sockets see every frame too. The host drops what is for the stack's MAC
 * address, but broadcasts and multicasts reach both. What the host itself sends
 * on IF is not seen, and what the stack sends does not come up the host's stack:
 * the two cannot talk to each other over IF. Use a tap or a veth pair for that.
 * xdp.c takes frames away from the host.
 *
 * Frames carry a virtio-net header in both directions. The host strips VLAN tags
 * into the frame's control message; they are put back. Frames go through the
 * host's queueing discipline: PACKET_QDISC_BYPASS would save it, but drops frames
 * when the driver's queue is full instead of letting the socket's send buffer fill,
 * so that nothing would slow the stack down.
 *
 * The link goes down when IF is removed, but not while IF is down: what is sent then
 * is lost. The host reports ENETDOWN in both cases and nothing when IF comes up.
 *
 * A frame is received into two pieces, a short head from a compact array and a long
 * tail that only merged segments touch, so that small frames stay in the cache.
 * Frames merged from other protocols than TCP and UDP have no virtio-net header;
 * the host drops them (recvmsg gives EINVAL). A ring in shared memory was refused:
 * TPACKET_V3 delays frames until a block is full or a timer runs out, and the
 * versions before it have slots of one size.
 */
#define _GNU_SOURCE 1
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "batch.h"
#include "dev.h"
#include "flow.h"
#include "hostif.h"

/* Linux 6.6 has it; the headers to build with may be older. */
#ifndef PACKET_VNET_HDR_SZ
#define PACKET_VNET_HDR_SZ 24
#endif

enum {
	VLAN_LEN = 4,
	MAC_PAIR_LEN = 2 * ETH_ALEN,
	HEAD_LEN = 2048 - VLAN_LEN,
	TAIL_LEN = DEV_FRAME_MAX - HEAD_LEN,
	SOCKET_BUFFER = 4 << 20,
};

/* @vlan: where the first bytes move to when a tag is put back */
struct head {
	uint8_t vlan[VLAN_LEN];
	uint8_t data[HEAD_LEN];
};

struct control {
	_Alignas(struct cmsghdr) char buf[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
};

/**
 * struct packet - state of a device
 * @hdr_len: bytes of the virtio-net header on the socket: 12, or 10 of old
 */
struct packet {
	struct dev_flow flow;
	struct dev_hostif hostif;
	size_t hdr_len;

	/* transmit() */
	struct mmsghdr tx[DEV_BATCH];
	struct iovec tx_iov[DEV_BATCH][1 + DEV_PIECES];

	/* receive() */
	struct mmsghdr rx[DEV_BATCH];
	struct iovec rx_iov[DEV_BATCH][3];
	struct control rx_control[DEV_BATCH];
	struct libos_frame frame[DEV_BATCH];
	struct iovec frame_iov[DEV_BATCH][2];
	struct head head[DEV_BATCH];
	uint8_t tail[DEV_BATCH][TAIL_LEN];
};

static int set_option(int fd, int option, int value)
{
	return setsockopt(fd, SOL_PACKET, option, &value, sizeof(value)) ? -errno : 0;
}

/* More than the limit for everybody takes CAP_NET_ADMIN; less does too. */
static void set_buffer(int fd, int force, int option)
{
	int size = SOCKET_BUFFER;

	if (setsockopt(fd, SOL_SOCKET, force, &size, sizeof(size)))
		setsockopt(fd, SOL_SOCKET, option, &size, sizeof(size));
}

/*
 * A host that knows PACKET_VNET_HDR_SZ (6.6) knows segmentation of UDP in the
 * header too (6.2).
 */
static int set_vnet_hdr(struct dev *dev, struct packet *packet)
{
	dev->config.features = LIBOS_NETDEV_CSUM | LIBOS_NETDEV_TSO4 | LIBOS_NETDEV_TSO6;
	packet->hdr_len = sizeof(struct virtio_net_hdr_v1);
	if (!set_option(dev->fd, PACKET_VNET_HDR_SZ, packet->hdr_len)) {
		dev->config.features |= LIBOS_NETDEV_USO;
		return 0;
	}
	packet->hdr_len = sizeof(struct virtio_net_hdr);
	return set_option(dev->fd, PACKET_VNET_HDR, 1);
}

/* Bound last, so that no frame comes in before the options are set. */
static int set_up(struct dev *dev, struct packet *packet)
{
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = packet->hostif.index,
	};
	int err;

	err = set_vnet_hdr(dev, packet);
	if (!err)
		err = set_option(dev->fd, PACKET_AUXDATA, 1);
	if (!err)
		err = set_option(dev->fd, PACKET_IGNORE_OUTGOING, 1);
	if (!err)
		err = dev_hostif_promiscuous(&packet->hostif, dev->fd);
	if (err)
		return err;
	set_buffer(dev->fd, SO_RCVBUFFORCE, SO_RCVBUF);
	set_buffer(dev->fd, SO_SNDBUFFORCE, SO_SNDBUF);
	if (bind(dev->fd, (struct sockaddr *)&address, sizeof(address)))
		return -errno;
	return 0;
}

static void prepare_receive(struct packet *packet)
{
	for (int i = 0; i < DEV_BATCH; i++) {
		struct iovec *iov = packet->rx_iov[i];

		iov[0] = (struct iovec){ &packet->frame[i].hdr, packet->hdr_len };
		iov[1] = (struct iovec){ packet->head[i].data, HEAD_LEN };
		iov[2] = (struct iovec){ packet->tail[i], TAIL_LEN };
		packet->rx[i].msg_hdr.msg_iov = iov;
		packet->rx[i].msg_hdr.msg_iovlen = 3;
		packet->rx[i].msg_hdr.msg_control = &packet->rx_control[i];
	}
}

static void packet_close(struct dev *dev)
{
	if (dev->fd >= 0)
		close(dev->fd);
	free(dev->priv);
}

static int packet_open(struct dev *dev, const char *args)
{
	struct packet *packet;
	int err;

	dev->fd = -1;
	packet = dev->priv = calloc(1, sizeof(*packet));
	if (!packet) {
		dev_error("packet: no memory");
		return -ENOMEM;
	}
	err = dev_hostif_find(&packet->hostif, "packet", args);
	if (err)
		goto err_close;
	dev->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (dev->fd < 0) {
		err = -errno;
		dev_error("packet: no packet socket: %s%s", strerror(errno),
			  errno == EPERM ? "; run as root or with CAP_NET_RAW" : "");
		goto err_close;
	}
	err = set_up(dev, packet);
	if (err) {
		dev_error("packet: %s: %s; the host needs Linux 4.20 or newer", args,
			  strerror(-err));
		goto err_close;
	}
	prepare_receive(packet);
	if (!dev->config.mtu)
		dev->config.mtu = packet->hostif.mtu;
	return 0;

err_close:
	packet_close(dev);
	dev->fd = -1;
	dev->priv = NULL;
	return err;
}

static int fill_batch(struct packet *packet, const struct libos_frame *frames, int n)
{
	int i;

	for (i = 0; i < n && i < DEV_BATCH; i++) {
		struct iovec *iov = packet->tx_iov[i];

		iov[0] = (struct iovec){ (void *)&frames[i].hdr, packet->hdr_len };
		packet->tx[i].msg_hdr.msg_iov = iov;
		packet->tx[i].msg_hdr.msg_iovlen = 1 + dev_pieces_put(iov + 1, &frames[i]);
	}
	return i;
}

/*
 * Return: frames taken, fewer than @n if the socket is full. An error other than
 * EAGAIN is the first frame's own (too large), a drop in the host's queueing
 * discipline (ENOBUFS) or an interface that is down: that frame is lost. ENXIO: it
 * may be gone for good; writable() finds out.
 */
static int send_batch(struct dev *dev, struct packet *packet, int n)
{
	int done = 0;

	while (done < n) {
		int sent = sendmmsg(dev->fd, packet->tx + done, n - done, MSG_DONTWAIT);

		if (sent < 0 && errno == EAGAIN)
			break;
		if (sent < 0 && errno == ENXIO)
			dev_flow_stop(dev, &packet->flow);
		done += sent > 0 ? sent : 1;
	}
	return done;
}

static int packet_transmit(struct dev *dev, const struct libos_frame *frames, int n)
{
	struct packet *packet = dev->priv;
	int done = 0;

	if (dev_flow_is_gone(&packet->flow))
		return n;
	if (dev_flow_is_stopped(&packet->flow))
		return 0;
	while (done < n) {
		int want = fill_batch(packet, frames + done, n - done);
		int sent = send_batch(dev, packet, want);

		done += sent;
		if (sent < want) {
			dev_flow_stop(dev, &packet->flow);
			break;
		}
	}
	return done;
}

static const struct tpacket_auxdata *auxdata(struct msghdr *msg)
{
	struct cmsghdr *c;

	for (c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c))
		if (c->cmsg_level == SOL_PACKET && c->cmsg_type == PACKET_AUXDATA)
			return (const void *)CMSG_DATA(c);
	return NULL;
}

/*
 * The tag stands behind the two MAC addresses (IEEE 802.1Q), which move into the
 * room before the frame. The header's offsets count from the frame's start.
 */
static void put_vlan(struct libos_frame *frame, struct head *head,
		     const struct tpacket_auxdata *aux)
{
	uint16_t tag[2] = {
		htons(aux->tp_status & TP_STATUS_VLAN_TPID_VALID ? aux->tp_vlan_tpid : ETH_P_8021Q),
		htons(aux->tp_vlan_tci),
	};

	memmove(head->vlan, head->data, MAC_PAIR_LEN);
	memcpy(head->vlan + MAC_PAIR_LEN, tag, sizeof(tag));
	frame->iov[0].iov_base = head->vlan;
	frame->iov[0].iov_len += VLAN_LEN;
	frame->len += VLAN_LEN;
	if (frame->hdr.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM)
		frame->hdr.csum_start += VLAN_LEN;
	if (frame->hdr.gso_type != VIRTIO_NET_HDR_GSO_NONE)
		frame->hdr.hdr_len += VLAN_LEN;
}

/* Makes frame @to of message @from. Return: false if it is none. */
static bool make_frame(struct packet *packet, int to, int from)
{
	const struct tpacket_auxdata *aux = auxdata(&packet->rx[from].msg_hdr);
	struct libos_frame *frame = &packet->frame[to];
	size_t len = packet->rx[from].msg_len;
	struct iovec *iov = packet->frame_iov[to];

	if (packet->rx[from].msg_hdr.msg_flags & MSG_TRUNC || len < packet->hdr_len + ETH_HLEN)
		return false;
	len -= packet->hdr_len;
	frame->hdr = packet->frame[from].hdr;
	frame->len = len;
	frame->iov = iov;
	frame->niov = len > HEAD_LEN ? 2 : 1;
	iov[0] = (struct iovec){ packet->head[from].data, len > HEAD_LEN ? HEAD_LEN : len };
	iov[1] = (struct iovec){ packet->tail[from], len - iov[0].iov_len };
	if (aux && aux->tp_status & TP_STATUS_VLAN_VALID)
		put_vlan(frame, &packet->head[from], aux);
	return true;
}

/* Return: frames received, or -errno. */
static int receive_batch(struct dev *dev, struct packet *packet)
{
	int got, n = 0;

	for (int i = 0; i < DEV_BATCH; i++)
		packet->rx[i].msg_hdr.msg_controllen = sizeof(packet->rx_control[i]);
	got = recvmmsg(dev->fd, packet->rx, DEV_BATCH, MSG_DONTWAIT, NULL);
	if (got < 0)
		return -errno;
	for (int i = 0; i < got; i++)
		n += make_frame(packet, n, i);
	if (n)
		dev_receive(dev, packet->frame, n);
	return got;
}

static void packet_receive(struct dev *dev)
{
	struct packet *packet = dev->priv;
	int got;

	if (dev_flow_is_gone(&packet->flow))
		return;
	for (int round = 0; round < DEV_BATCH_ROUNDS; round++) {
		got = receive_batch(dev, packet);
		/* ENETDOWN: down for a while, or removed. EINVAL: see above. */
		if (got == -ENETDOWN && !dev_hostif_exists(&packet->hostif)) {
			dev_flow_end(dev, &packet->flow);
			return;
		}
		if (got == -EAGAIN || (got >= 0 && got < DEV_BATCH))
			return;
	}
}

static void packet_writable(struct dev *dev)
{
	struct packet *packet = dev->priv;

	if (!dev_flow_is_stopped(&packet->flow))
		return;
	if (dev_hostif_exists(&packet->hostif))
		dev_flow_go(dev, &packet->flow);
	else
		dev_flow_end(dev, &packet->flow);
}

const struct dev_backend dev_packet = {
	.name = "packet",
	.usage = "packet:IF          an interface of the host, by AF_PACKET",
	.open = packet_open,
	.transmit = packet_transmit,
	.receive = packet_receive,
	.writable = packet_writable,
	.close = packet_close,
};
