// SPDX-License-Identifier: GPL-2.0
/*
 * xdp.c - "xdp:IF[,queue=N]", an interface of the host by AF_XDP (libxdp)
 *
 * Every frame that arrives on receive queue N (default 0) of IF goes to the stack
 * and not to the host's; frames of other queues stay the host's. A card with several
 * queues is made to use one by "ethtool -L IF combined 1". IF becomes promiscuous,
 * since the stack's MAC address is not its own. Needs CAP_NET_ADMIN, CAP_NET_RAW and
 * CAP_BPF in the host's first user namespace.
 *
 * AF_XDP has no offload fields: the stack completes and checks all checksums and
 * cuts all segments. A veth peer hands over frames whose checksums are not finished
 * and segments not cut: turn that off there ("ethtool -K PEER tx off"). Frames from
 * the wire have no such trouble.
 *
 * Memory (umem) is cut into chunks, one frame each. The first half circulates
 * through the fill and receive rings and belongs to receive(); the second half,
 * through the transmit and completion rings, belongs to transmit(). So the two share
 * nothing, and need no lock. dev_receive() copies, so a chunk goes back at once.
 *
 * Without driver support the host copies frames into the umem, and without that
 * runs the program in the generic path (skb mode). Both are tried, best first; the
 * host chooses between zero copy and copying by itself. While copying, a system
 * call makes it send, a limited number of frames each; writable() sees to the rest.
 * The descriptor counts as writable while the driver is still busy with frames, so
 * on a link slower than the stack the service thread spins.
 *
 * While IF is down, and after it was removed, frames are lost. The socket reports
 * neither, so the stack's link stays up.
 */
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <linux/if_xdp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include <xdp/libxdp.h>
#include <xdp/xsk.h>

#include "batch.h"
#include "dev.h"
#include "flow.h"
#include "hostif.h"

enum {
	RX_CHUNKS = 1024,
	TX_CHUNKS = 1024,
	GO_CHUNKS = TX_CHUNKS / 4,	/* free again before the stack goes on */
	CHUNKS = RX_CHUNKS + TX_CHUNKS,
	CHUNK_SMALL = 2048,
	CHUNK_LARGE = 4096,	/* a page, the host's limit */
	XDP_HEADROOM = 256,	/* XDP_PACKET_HEADROOM: the host's, in each chunk */
	LINK_HEADER = 18,	/* Ethernet and a VLAN tag */
	SEND_CALLS = 8,
	BUSY_TRIES = 20,
	BUSY_WAIT_US = 5000,
	SOCKET_BUFFER = 8 << 20,
};

struct xdp {
	struct dev_flow flow;
	struct dev_hostif hostif;
	uint32_t queue;
	int promiscuous_fd;
	uint8_t *area;
	uint32_t chunk;
	struct xsk_umem *umem;
	struct xsk_socket *socket;

	/* receive() */
	struct xsk_ring_prod fill;
	struct xsk_ring_cons rx;
	struct dev_batch batch;

	/* transmit(), or writable() with the baton */
	struct xsk_ring_prod tx;
	struct xsk_ring_cons completion;
	uint64_t free[TX_CHUNKS];
	uint32_t nfree;
};

static int parse(struct xdp *xdp, const char *args)
{
	const char *option = strchr(args, ',');
	size_t len = option ? (size_t)(option - args) : strlen(args);
	char name[IFNAMSIZ] = "";
	unsigned long queue;
	char *end;

	if (len < sizeof(name))
		memcpy(name, args, len);
	if (option) {
		if (strncmp(option, ",queue=", 7) || option[7] < '0' || option[7] > '9')
			goto err_option;
		errno = 0;
		queue = strtoul(option + 7, &end, 10);
		if (*end || errno || queue > UINT16_MAX)
			goto err_option;
		xdp->queue = queue;
	}
	return dev_hostif_find(&xdp->hostif, "xdp", name);

err_option:
	dev_error("xdp: \"%s\" is not understood; the form is xdp:IF[,queue=N]", args);
	return -EINVAL;
}

/* A chunk holds the host's headroom and the whole frame. */
static int choose_chunk(struct dev *dev, struct xdp *xdp)
{
	uint32_t mtu = xdp->hostif.mtu;
	uint32_t max = CHUNK_LARGE - XDP_HEADROOM - LINK_HEADER;

	if (dev->config.mtu > mtu)
		mtu = dev->config.mtu;
	if (mtu > max) {
		dev_error("xdp: %s: an MTU of %u is more than AF_XDP takes; \"ip link set %s mtu %u\" or less, for the stack's interface too",
			  xdp->hostif.name, mtu, xdp->hostif.name, max);
		return -EMSGSIZE;
	}
	xdp->chunk = mtu + XDP_HEADROOM + LINK_HEADER <= CHUNK_SMALL ? CHUNK_SMALL : CHUNK_LARGE;
	if (!dev->config.mtu)
		dev->config.mtu = xdp->hostif.mtu;
	return 0;
}

static int hold_promiscuous(struct xdp *xdp)
{
	int err;

	/* Protocol 0: the socket itself receives nothing. */
	xdp->promiscuous_fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (xdp->promiscuous_fd < 0)
		err = -errno;
	else
		err = dev_hostif_promiscuous(&xdp->hostif, xdp->promiscuous_fd);
	if (err)
		dev_error("xdp: %s: no promiscuous mode: %s%s", xdp->hostif.name, strerror(-err),
			  err == -EPERM ? "; run as root" : "");
	return err;
}

/*
 * The libraries write to stderr, which is not ours. Their hooks are the process's:
 * they are put back, and one thread at a time does that.
 */
static pthread_mutex_t quiet_lock = PTHREAD_MUTEX_INITIALIZER;
static libbpf_print_fn_t bpf_print;
static libxdp_print_fn_t xdp_print;

static void quiet_begin(void)
{
	pthread_mutex_lock(&quiet_lock);
	bpf_print = libbpf_set_print(NULL);
	xdp_print = libxdp_set_print(NULL);
}

static void quiet_end(void)
{
	libxdp_set_print(xdp_print);
	libbpf_set_print(bpf_print);
	pthread_mutex_unlock(&quiet_lock);
}

static void remove_socket(struct xdp *xdp)
{
	if (xdp->socket)
		xsk_socket__delete(xdp->socket);
	if (xdp->umem)
		xsk_umem__delete(xdp->umem);
	xdp->socket = NULL;
	xdp->umem = NULL;
}

/* The umem is made anew each time: a failed socket may leave it half used. */
static int make_socket(struct xdp *xdp, uint32_t mode)
{
	struct xsk_umem_config umem_config = {
		.fill_size = RX_CHUNKS,
		.comp_size = TX_CHUNKS,
		.frame_size = xdp->chunk,
	};
	struct xsk_socket_config config = {
		.rx_size = RX_CHUNKS,
		.tx_size = TX_CHUNKS,
		.xdp_flags = mode,
		.bind_flags = XDP_USE_NEED_WAKEUP,
	};
	int err;

	err = xsk_umem__create(&xdp->umem, xdp->area, (uint64_t)CHUNKS * xdp->chunk, &xdp->fill,
			       &xdp->completion, &umem_config);
	if (err) {
		xdp->umem = NULL;
		return err;
	}
	err = xsk_socket__create(&xdp->socket, xdp->hostif.name, xdp->queue, xdp->umem,
				 &xdp->rx, &xdp->tx, &config);
	if (err) {
		xdp->socket = NULL;
		remove_socket(xdp);
	}
	return err;
}

/* The host releases the queue of a closed socket, also of a failed try, later. */
static int make_socket_patient(struct xdp *xdp, uint32_t mode)
{
	int err = make_socket(xdp, mode);

	for (int i = 0; err == -EBUSY && i < BUSY_TRIES; i++) {
		usleep(BUSY_WAIT_US);
		err = make_socket(xdp, mode);
	}
	return err;
}

static int make_socket_best(struct xdp *xdp)
{
	static const uint32_t mode[] = { XDP_FLAGS_DRV_MODE, XDP_FLAGS_SKB_MODE };
	int err = -EINVAL;

	quiet_begin();
	for (size_t i = 0; err && i < sizeof(mode) / sizeof(mode[0]); i++)
		err = make_socket_patient(xdp, mode[i]);
	quiet_end();
	return err;
}

static void explain(const struct xdp *xdp, int err)
{
	const char *mend = "";

	switch (err) {
	case -EPERM:
	case -EACCES:
		mend = "; run as root (CAP_NET_ADMIN, CAP_NET_RAW, CAP_BPF)";
		break;
	case -EBUSY:
	case -EEXIST:
		mend = "; another program holds this queue, or the interface has another XDP program (\"ip link\" shows it)";
		break;
	case -EINVAL:
		mend = "; there may be no such queue, \"ethtool -l\" lists them";
		break;
	case -ENOBUFS:
	case -ENOMEM:
		mend = "; raise the limit on locked memory (\"ulimit -l\")";
		break;
	}
	dev_error("xdp: %s, queue %u: %s%s", xdp->hostif.name, xdp->queue, strerror(-err), mend);
}

/* The fill ring has an entry for every chunk, so there is always room. */
static uint32_t fill_reserve(struct xdp *xdp, uint32_t n)
{
	uint32_t at = 0;

	if (xsk_ring_prod__reserve(&xdp->fill, n, &at) != n)
		abort();
	return at;
}

/* The first half for receiving, the second for sending. */
static void hand_out_chunks(struct xdp *xdp)
{
	uint32_t at = fill_reserve(xdp, RX_CHUNKS);

	for (uint32_t i = 0; i < RX_CHUNKS; i++)
		*xsk_ring_prod__fill_addr(&xdp->fill, at + i) = (uint64_t)i * xdp->chunk;
	xsk_ring_prod__submit(&xdp->fill, RX_CHUNKS);
	for (uint32_t i = 0; i < TX_CHUNKS; i++)
		xdp->free[i] = (uint64_t)(RX_CHUNKS + i) * xdp->chunk;
	xdp->nfree = TX_CHUNKS;
}

static void xdp_close(struct dev *dev)
{
	struct xdp *xdp = dev->priv;

	quiet_begin();
	remove_socket(xdp);
	quiet_end();
	if (xdp->area)
		munmap(xdp->area, (size_t)CHUNKS * xdp->chunk);
	if (xdp->promiscuous_fd >= 0)
		close(xdp->promiscuous_fd);
	free(xdp);
}

static int xdp_open(struct dev *dev, const char *args)
{
	int size = SOCKET_BUFFER;
	struct xdp *xdp;
	int err;

	dev->fd = -1;
	xdp = dev->priv = calloc(1, sizeof(*xdp));
	if (!xdp) {
		dev_error("xdp: no memory");
		return -ENOMEM;
	}
	xdp->promiscuous_fd = -1;
	err = parse(xdp, args);
	if (err)
		goto err_close;
	err = choose_chunk(dev, xdp);
	if (err)
		goto err_close;
	err = hold_promiscuous(xdp);
	if (err)
		goto err_close;
	xdp->area = mmap(NULL, (size_t)CHUNKS * xdp->chunk, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (xdp->area == MAP_FAILED) {
		xdp->area = NULL;
		err = -errno;
		dev_error("xdp: no memory");
		goto err_close;
	}
	err = make_socket_best(xdp);
	if (err) {
		explain(xdp, err);
		goto err_close;
	}
	hand_out_chunks(xdp);
	dev->fd = xsk_socket__fd(xdp->socket);
	/* All of the transmit ring at once: else writable() would come in vain. */
	if (setsockopt(dev->fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)))
		setsockopt(dev->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	dev->config.features = LIBOS_NETDEV_GRO;
	return 0;

err_close:
	xdp_close(dev);
	dev->priv = NULL;
	return err;
}

static void reclaim(struct xdp *xdp)
{
	uint32_t at = 0, n = xsk_ring_cons__peek(&xdp->completion, TX_CHUNKS, &at);

	for (uint32_t i = 0; i < n; i++)
		xdp->free[xdp->nfree++] = *xsk_ring_cons__comp_addr(&xdp->completion, at + i);
	xsk_ring_cons__release(&xdp->completion, n);
}

/*
 * Return: 0; -EAGAIN: ask again later; -ENETDOWN: the interface is down or removed and
 * takes nothing. Other errors are about a frame, which is lost.
 */
static int make_host_send(struct dev *dev)
{
	for (int i = 0; i < SEND_CALLS; i++) {
		if (sendto(dev->fd, NULL, 0, MSG_DONTWAIT, NULL, 0) >= 0)
			return 0;
		if (errno == ENETDOWN || errno == ENXIO)
			return -ENETDOWN;
		if (errno != EAGAIN && errno != EBUSY)
			return 0;
	}
	return -EAGAIN;
}

static void put_frame(struct xdp *xdp, struct xdp_desc *desc, const struct libos_frame *frame)
{
	uint8_t *to;

	desc->addr = xdp->free[--xdp->nfree];
	desc->len = frame->len;
	desc->options = 0;
	to = xdp->area + desc->addr;
	for (int i = 0; i < frame->niov; i++) {
		memcpy(to, frame->iov[i].iov_base, frame->iov[i].iov_len);
		to += frame->iov[i].iov_len;
	}
}

/* Chunks are no more than the ring's entries: who has a chunk has an entry. */
static int put_frames(struct xdp *xdp, const struct libos_frame *frames, int n)
{
	uint32_t at, used = 0;
	int i;

	for (i = 0; i < n; i++) {
		if (frames[i].len > xdp->chunk)
			continue;
		if (!xdp->nfree || !xsk_ring_prod__reserve(&xdp->tx, 1, &at))
			break;
		put_frame(xdp, xsk_ring_prod__tx_desc(&xdp->tx, at), &frames[i]);
		used++;
	}
	xsk_ring_prod__submit(&xdp->tx, used);
	return i;
}

static int xdp_transmit(struct dev *dev, const struct libos_frame *frames, int n)
{
	struct xdp *xdp = dev->priv;
	int taken, err = 0;

	if (dev_flow_is_stopped(&xdp->flow))
		return 0;
	reclaim(xdp);
	taken = put_frames(xdp, frames, n);
	if (xsk_ring_prod__needs_wakeup(&xdp->tx))
		err = make_host_send(dev);
	if (err == -ENETDOWN)
		return n;
	if (taken < n || err)
		dev_flow_stop(dev, &xdp->flow);
	return taken;
}

static void xdp_writable(struct dev *dev)
{
	struct xdp *xdp = dev->priv;
	int err;

	if (!dev_flow_is_stopped(&xdp->flow))
		return;
	err = make_host_send(dev);
	reclaim(xdp);
	if (err == -ENETDOWN || (err != -EAGAIN && xdp->nfree >= GO_CHUNKS))
		dev_flow_go(dev, &xdp->flow);
}

/* Return: frames received. */
static uint32_t receive_batch(struct dev *dev, struct xdp *xdp)
{
	uint32_t from = 0, to, n = xsk_ring_cons__peek(&xdp->rx, DEV_BATCH, &from);

	if (!n)
		return 0;
	for (uint32_t i = 0; i < n; i++) {
		const struct xdp_desc *desc = xsk_ring_cons__rx_desc(&xdp->rx, from + i);

		dev_batch_add(&xdp->batch, NULL, xdp->area + desc->addr, desc->len);
	}
	dev_batch_flush(dev, &xdp->batch);

	to = fill_reserve(xdp, n);
	for (uint32_t i = 0; i < n; i++) {
		uint64_t addr = xsk_ring_cons__rx_desc(&xdp->rx, from + i)->addr;

		*xsk_ring_prod__fill_addr(&xdp->fill, to + i) = addr & ~(uint64_t)(xdp->chunk - 1);
	}
	xsk_ring_prod__submit(&xdp->fill, n);
	xsk_ring_cons__release(&xdp->rx, n);
	return n;
}

static void xdp_receive(struct dev *dev)
{
	struct xdp *xdp = dev->priv;

	for (int round = 0; round < DEV_BATCH_ROUNDS; round++)
		if (receive_batch(dev, xdp) < DEV_BATCH)
			break;
	if (xsk_ring_prod__needs_wakeup(&xdp->fill))
		recvfrom(dev->fd, NULL, 0, MSG_DONTWAIT, NULL, NULL);
}

const struct dev_backend dev_xdp = {
	.name = "xdp",
	.usage = "xdp:IF[,queue=N]   an interface of the host, by AF_XDP",
	.open = xdp_open,
	.transmit = xdp_transmit,
	.receive = xdp_receive,
	.writable = xdp_writable,
	.close = xdp_close,
};
