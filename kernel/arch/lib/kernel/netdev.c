// SPDX-License-Identifier: GPL-2.0
/*
 * netdev.c - network devices whose wire is the host
 *
 * Transmit: frames are described in place (head and fragments as an iovec, the
 * offload fields as virtio's header) and handed over in batches, when the stack
 * says that no more follow. The host takes some or all; what it does not take
 * stays here and the queue stops until it says wake. It may keep what it took
 * (lib_host.netdev_xmit's @held) and copy later from where the data lie.
 *
 * Receive: data are copied once, into a linear buffer if small, else behind a small
 * head into pieces of larger pages, one after the other as a socket's own data lie:
 * a frame is charged to its receiver with what it takes and no more, or receive
 * buffers would be full of rounding. Then through NAPI and GRO in the softirq that
 * ends the interrupt.
 *
 * One CPU: the queues have no lock beyond what the stack itself takes.
 */
#include <linux/etherdevice.h>
#include <linux/ethtool.h>
#include <linux/if_arp.h>
#include <linux/kernel.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/skbuff.h>
#include <net/ip.h>

#include "lib.h"
#include "vnet.h"

#define QUEUES_MAX	16
#define RX_HEAD		128	/* enough for all headers of a segmented frame */
#define RX_LINEAR	1600	/* up to here in one piece */
#define RX_BACKLOG	4096

/**
 * struct tx_queue - frames of one queue not yet taken by the host
 * @n: how many
 * @skbs, @frames, @iov: they, and how they are described
 */
struct tx_queue {
	int n;
	struct sk_buff *skbs[LIB_FRAMES_MAX];
	struct lib_frame frames[LIB_FRAMES_MAX];
	struct lib_iovec iov[LIB_FRAMES_MAX][LIB_FRAME_IOV_MAX];
};

struct lib_netdev {
	struct net_device *dev;
	void *host;
	u32 features;
	struct napi_struct napi;
	struct sk_buff_head rx;
	struct page_frag rx_frag;
	struct rtnl_link_stats64 stats;
	struct tx_queue *tx[QUEUES_MAX];
};

static_assert(sizeof(struct lib_vnet_hdr) == sizeof(struct virtio_net_hdr_v1));
static_assert(LIB_FRAME_IOV_MAX >= MAX_SKB_FRAGS + 1);

/* ------------------------------------------------------------------ *
 * transmit
 */

static void describe(struct lib_netdev *nd, struct tx_queue *q, u16 queue,
		     struct sk_buff *skb)
{
	struct lib_frame *f = &q->frames[q->n];
	struct lib_iovec *iov = q->iov[q->n];
	int i;

	if (lib_vnet_from_skb(skb, (struct virtio_net_hdr *)&f->hdr))
		memset(&f->hdr, 0, sizeof(f->hdr));
	f->hdr.num_buffers = 0;
	f->len = skb->len;
	f->queue = queue;
	f->iov = iov;
	f->cookie = skb;
	f->niov = 0;
	if (skb_headlen(skb))
		iov[f->niov++] = (struct lib_iovec) { skb->data, skb_headlen(skb) };
	for (i = 0; i < skb_shinfo(skb)->nr_frags; i++) {
		skb_frag_t *frag = &skb_shinfo(skb)->frags[i];

		iov[f->niov++] = (struct lib_iovec) {
			skb_frag_address(frag), skb_frag_size(frag)
		};
	}
	q->skbs[q->n++] = skb;
}

/* Hands the queue to the host. Returns whether there is room again. */
static bool flush(struct lib_netdev *nd, struct tx_queue *q)
{
	int i, taken, held = 0;

	if (!q->n)
		return true;
	taken = lib_imports.netdev_xmit(lib_imports.host, nd->host, q->frames,
					q->n, &held);
	lib_cpu.kick |= LIB_KICK_NETDEV;
	taken = clamp(taken, 0, q->n);
	for (i = 0; i < taken; i++) {
		nd->stats.tx_packets++;
		nd->stats.tx_bytes += q->skbs[i]->len;
		if (!held)
			dev_consume_skb_any(q->skbs[i]);
	}
	if (likely(taken == q->n)) {
		q->n = 0;
		return true;
	}
	q->n -= taken;
	for (i = 0; i < q->n; i++) {
		q->skbs[i] = q->skbs[taken + i];
		q->frames[i] = q->frames[taken + i];
		memcpy(q->iov[i], q->iov[taken + i],
		       q->frames[i].niov * sizeof(struct lib_iovec));
		q->frames[i].iov = q->iov[i];
	}
	return false;
}

static netdev_tx_t start_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct lib_netdev *nd = *(struct lib_netdev **)netdev_priv(dev);
	u16 queue = skb_get_queue_mapping(skb);
	struct tx_queue *q = nd->tx[queue];

	skb_tx_timestamp(skb);
	nf_reset_ct(skb);
	describe(nd, q, queue, skb);
	if (netdev_xmit_more() && q->n < LIB_FRAMES_MAX)
		return NETDEV_TX_OK;
	if (!flush(nd, q) || q->n == LIB_FRAMES_MAX)
		netif_stop_subqueue(dev, queue);
	return NETDEV_TX_OK;
}

static void drop_queued(struct lib_netdev *nd)
{
	int i, k;

	for (i = 0; i < nd->dev->num_tx_queues; i++) {
		for (k = 0; k < nd->tx[i]->n; k++)
			dev_kfree_skb_any(nd->tx[i]->skbs[k]);
		nd->tx[i]->n = 0;
	}
}

/* ------------------------------------------------------------------ *
 * receive
 */

static bool rx_add_frags(struct lib_netdev *nd, struct sk_buff *skb, unsigned int len)
{
	struct page_frag *frag = &nd->rx_frag;
	int i;

	for (i = 0; len; i++) {
		unsigned int n;

		if (i == MAX_SKB_FRAGS ||
		    !skb_page_frag_refill(min(len, 32u), frag, GFP_ATOMIC))
			return false;
		n = min(len, frag->size - frag->offset);
		get_page(frag->page);
		skb_add_rx_frag(skb, i, frag->page, frag->offset, n, n);
		frag->offset += n;
		len -= n;
	}
	return true;
}

static struct sk_buff *rx_alloc(struct lib_netdev *nd, unsigned int len)
{
	unsigned int head = len <= RX_LINEAR ? len : RX_HEAD;
	struct sk_buff *skb = netdev_alloc_skb_ip_align(nd->dev, head);

	if (!skb)
		return NULL;
	skb_put(skb, head);
	if (len > head && !rx_add_frags(nd, skb, len - head)) {
		kfree_skb(skb);
		return NULL;
	}
	return skb;
}

static __be16 ip_protocol(const struct sk_buff *skb)
{
	switch (skb->data[0] >> 4) {
	case 4:
		return htons(ETH_P_IP);
	case 6:
		return htons(ETH_P_IPV6);
	default:
		return 0;
	}
}

static void rx_frame(struct lib_netdev *nd, const struct lib_frame *f)
{
	bool ip = nd->features & LIB_NETDEV_POINTOPOINT;
	struct net_device *dev = nd->dev;
	unsigned int off = 0;
	struct sk_buff *skb;
	int i;

	if (f->len < (ip ? 1 : ETH_HLEN) || f->len > 65535 + ETH_HLEN + 8) {
		nd->stats.rx_length_errors++;
		nd->stats.rx_errors++;
		return;
	}
	if (skb_queue_len(&nd->rx) >= RX_BACKLOG || !(dev->flags & IFF_UP)) {
		nd->stats.rx_dropped++;
		return;
	}
	skb = rx_alloc(nd, f->len);
	if (!skb) {
		nd->stats.rx_dropped++;
		return;
	}
	for (i = 0; i < f->niov && off < f->len; i++) {
		unsigned int n = min_t(unsigned long, f->iov[i].len, f->len - off);

		if (skb_store_bits(skb, off, f->iov[i].base, n))
			break;
		off += n;
	}
	if (off < f->len)
		goto bad;
	/* The offload fields count from the link-layer header, which is pulled below. */
	skb_reset_mac_header(skb);
	if (ip) {
		skb->protocol = ip_protocol(skb);
		if (!skb->protocol)
			goto bad;
	}
	if (f->hdr.flags & VIRTIO_NET_HDR_F_DATA_VALID)
		skb->ip_summed = CHECKSUM_UNNECESSARY;
	if (lib_vnet_to_skb(skb, (struct virtio_net_hdr *)&f->hdr))
		goto bad;
	if (!ip)
		skb->protocol = eth_type_trans(skb, dev);
	skb_record_rx_queue(skb, f->queue < dev->num_rx_queues ? f->queue : 0);
	skb_reset_network_header(skb);
	skb_probe_transport_header(skb);
	nd->stats.rx_packets++;
	nd->stats.rx_bytes += f->len;
	__skb_queue_tail(&nd->rx, skb);
	return;
bad:
	nd->stats.rx_frame_errors++;
	nd->stats.rx_errors++;
	kfree_skb(skb);
}

static int poll(struct napi_struct *napi, int budget)
{
	struct lib_netdev *nd = container_of(napi, struct lib_netdev, napi);
	struct sk_buff *skb;
	int done = 0;

	while (done < budget && (skb = __skb_dequeue(&nd->rx))) {
		if (nd->features & LIB_NETDEV_GRO)
			napi_gro_receive(napi, skb);
		else
			netif_receive_skb(skb);
		done++;
	}
	if (done < budget)
		napi_complete_done(napi, done);
	return done;
}

/* ------------------------------------------------------------------ *
 * the interface
 */

static int open(struct net_device *dev)
{
	struct lib_netdev *nd = *(struct lib_netdev **)netdev_priv(dev);

	napi_enable(&nd->napi);
	netif_tx_start_all_queues(dev);
	lib_imports.netdev_updown(lib_imports.host, nd->host, 1);
	return 0;
}

static int stop(struct net_device *dev)
{
	struct lib_netdev *nd = *(struct lib_netdev **)netdev_priv(dev);

	lib_imports.netdev_updown(lib_imports.host, nd->host, 0);
	netif_tx_stop_all_queues(dev);
	napi_disable(&nd->napi);
	skb_queue_purge(&nd->rx);
	drop_queued(nd);
	return 0;
}

static void get_stats64(struct net_device *dev, struct rtnl_link_stats64 *stats)
{
	struct lib_netdev *nd = *(struct lib_netdev **)netdev_priv(dev);

	*stats = nd->stats;
}

/* A device without a link layer has no address to check. */
static int validate_addr(struct net_device *dev)
{
	return dev->addr_len ? eth_validate_addr(dev) : 0;
}

static const struct net_device_ops netdev_ops = {
	.ndo_open = open,
	.ndo_stop = stop,
	.ndo_start_xmit = start_xmit,
	.ndo_get_stats64 = get_stats64,
	.ndo_set_mac_address = eth_mac_addr,
	.ndo_validate_addr = validate_addr,
	.ndo_features_check = passthru_features_check,
};

static void get_drvinfo(struct net_device *dev, struct ethtool_drvinfo *info)
{
	strscpy(info->driver, "lib", sizeof(info->driver));
	strscpy(info->bus_info, "host", sizeof(info->bus_info));
}

static int get_link_ksettings(struct net_device *dev,
			      struct ethtool_link_ksettings *cmd)
{
	cmd->base.speed = SPEED_UNKNOWN;
	cmd->base.duplex = DUPLEX_FULL;
	cmd->base.port = PORT_OTHER;
	cmd->base.autoneg = AUTONEG_DISABLE;
	return 0;
}

/* Each is for both directions. */
static void get_channels(struct net_device *dev, struct ethtool_channels *channels)
{
	channels->max_combined = dev->num_tx_queues;
	channels->combined_count = dev->real_num_tx_queues;
}

static const struct ethtool_ops ethtool_ops = {
	.get_drvinfo = get_drvinfo,
	.get_channels = get_channels,
	.get_link = ethtool_op_get_link,
	.get_link_ksettings = get_link_ksettings,
	.get_ts_info = ethtool_op_get_ts_info,
};

static netdev_features_t features(u32 lib)
{
	netdev_features_t f = NETIF_F_SG | NETIF_F_HIGHDMA;

	if (lib & LIB_NETDEV_CSUM)
		f |= NETIF_F_HW_CSUM;
	if (lib & LIB_NETDEV_TSO4)
		f |= NETIF_F_TSO | NETIF_F_TSO_ECN;
	if (lib & LIB_NETDEV_TSO6)
		f |= NETIF_F_TSO6;
	if (lib & LIB_NETDEV_USO)
		f |= NETIF_F_GSO_UDP_L4;
	return f;
}

static void setup_raw_ip(struct net_device *dev)
{
	dev->type = ARPHRD_NONE;
	dev->flags = IFF_POINTOPOINT | IFF_NOARP | IFF_MULTICAST;
	dev->mtu = ETH_DATA_LEN;
}

static void release(struct lib_netdev *nd)
{
	int i;

	if (nd->rx_frag.page)
		put_page(nd->rx_frag.page);
	for (i = 0; i < QUEUES_MAX; i++)
		kvfree(nd->tx[i]);
	kfree(nd);
}

static long create(union lib_payload *arg)
{
	const struct lib_netdev_config *c = &arg->netdev.config;
	bool ip = c->features & LIB_NETDEV_POINTOPOINT;
	unsigned int i, queues = c->queues ?: 1;
	struct net_device *dev;
	struct lib_netdev *nd;
	int err = -ENOMEM;

	nd = kzalloc(sizeof(*nd), GFP_KERNEL);
	if (!nd)
		return -ENOMEM;
	for (i = 0; i < queues; i++) {
		nd->tx[i] = kvzalloc(sizeof(*nd->tx[i]), GFP_KERNEL);
		if (!nd->tx[i])
			goto err_release;
	}
	dev = alloc_netdev_mqs(sizeof(nd), arg->netdev.name, NET_NAME_USER,
			       ip ? setup_raw_ip : ether_setup, queues, queues);
	if (!dev)
		goto err_release;
	*(struct lib_netdev **)netdev_priv(dev) = nd;
	nd->dev = dev;
	nd->host = c->host;
	nd->features = c->features;
	skb_queue_head_init(&nd->rx);
	dev->netdev_ops = &netdev_ops;
	dev->ethtool_ops = &ethtool_ops;
	dev->hw_features = dev->features = features(c->features);
	dev->vlan_features = dev->features;
	dev->min_mtu = 68;
	dev->max_mtu = 65535;
	dev->mtu = c->mtu ?: ETH_DATA_LEN;
	if (!ip) {
		if (is_valid_ether_addr(c->mac))
			eth_hw_addr_set(dev, c->mac);
		else
			eth_hw_addr_random(dev);
	}
	netif_napi_add(dev, &nd->napi, poll);
	err = register_netdev(dev);
	if (err)
		goto err_free;
	arg->netdev.dev = nd;
	return dev->ifindex;

err_free:
	free_netdev(dev);
err_release:
	release(nd);
	return err;
}

int lib_netdev_create(const struct lib_netdev_config *config,
		      struct lib_netdev **nd)
{
	union lib_payload arg = { .netdev.config = *config };
	long ret;

	if (config->queues > QUEUES_MAX)
		return -EINVAL;
	if (config->mtu && (config->mtu < 68 || config->mtu > 65535))
		return -EINVAL;
	if (strscpy(arg.netdev.name, config->name, sizeof(arg.netdev.name)) <= 0)
		return -EINVAL;
	ret = lib_request(&lib_init_worker, create, &arg);
	if (ret > 0)
		*nd = arg.netdev.dev;
	return ret;
}

static long remove(union lib_payload *arg)
{
	struct lib_netdev *nd = arg->pointer;
	struct net_device *dev = nd->dev;

	unregister_netdev(dev);
	free_netdev(dev);
	release(nd);
	return 0;
}

int lib_netdev_remove(struct lib_netdev *nd)
{
	union lib_payload arg = { .pointer = nd };

	return lib_request(&lib_init_worker, remove, &arg);
}

/* ------------------------------------------------------------------ *
 * interrupts from the host
 */

struct irq_args {
	struct lib_netdev *nd;
	const struct lib_frame *frames;
	void *const *cookies;
	int n;
};

static void receive_irq(void *arg)
{
	struct irq_args *a = arg;
	int i;

	for (i = 0; i < a->n; i++)
		rx_frame(a->nd, &a->frames[i]);
	if (!skb_queue_empty(&a->nd->rx))
		napi_schedule(&a->nd->napi);
}

static void sent_irq(void *arg)
{
	struct irq_args *a = arg;
	int i;

	for (i = 0; i < a->n; i++)
		dev_consume_skb_any(a->cookies[i]);
}

static void wake_irq(void *arg)
{
	struct irq_args *a = arg;
	struct net_device *dev = a->nd->dev;
	int i;

	if (!netif_running(dev))
		return;
	for (i = 0; i < dev->num_tx_queues; i++)
		if (flush(a->nd, a->nd->tx[i]))
			netif_wake_subqueue(dev, i);
}

static void carrier_irq(void *arg)
{
	struct irq_args *a = arg;

	if (a->n)
		netif_carrier_on(a->nd->dev);
	else
		netif_carrier_off(a->nd->dev);
}

static int interrupt(void (*fn)(void *arg), struct irq_args *args)
{
	if (!lib_token_get())
		return -EIO;
	lib_irq(fn, args);
	if (unlikely(READ_ONCE(lib_cpu.calls)))
		lib_serve();
	lib_token_put();
	return 0;
}

int lib_netdev_receive(struct lib_netdev *nd, const struct lib_frame *frames, int n)
{
	struct irq_args args = { .nd = nd, .frames = frames, .n = n };

	return interrupt(receive_irq, &args);
}

int lib_netdev_sent(struct lib_netdev *nd, void *const *cookies, int n)
{
	struct irq_args args = { .nd = nd, .cookies = cookies, .n = n };

	return interrupt(sent_irq, &args);
}

int lib_netdev_wake(struct lib_netdev *nd)
{
	struct irq_args args = { .nd = nd };

	return interrupt(wake_irq, &args);
}

int lib_netdev_carrier(struct lib_netdev *nd, int up)
{
	struct irq_args args = { .nd = nd, .n = up };

	return interrupt(carrier_irq, &args);
}
