/* SPDX-License-Identifier: GPL-2.0 */
/*
 * vnet.h - virtio's header of a frame, with segmentation of UDP
 *
 * The kernel's own functions (linux/virtio_net.h) know that from 6.2 on. Before, they refuse
 * it: what UDP_SEGMENT makes would leave without a word of how to cut it, and what arrives
 * so be dropped. For those kernels it is said here, with the checks that later ones make.
 */
#ifndef LIB_VNET_H
#define LIB_VNET_H

#include <linux/udp.h>
#include <linux/version.h>
#include <linux/virtio_net.h>

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)

static inline int lib_vnet_from_skb(const struct sk_buff *skb, struct virtio_net_hdr *hdr)
{
	return virtio_net_hdr_from_skb(skb, hdr, true, false, 0);
}

static inline int lib_vnet_to_skb(struct sk_buff *skb, const struct virtio_net_hdr *hdr)
{
	return virtio_net_hdr_to_skb(skb, hdr, true);
}

#else

#define VIRTIO_NET_HDR_GSO_UDP_L4 5

static inline int lib_vnet_from_skb(const struct sk_buff *skb, struct virtio_net_hdr *hdr)
{
	if (!skb_is_gso(skb) || !(skb_shinfo(skb)->gso_type & SKB_GSO_UDP_L4))
		return virtio_net_hdr_from_skb(skb, hdr, true, false, 0);
	if (skb->ip_summed != CHECKSUM_PARTIAL)
		return -EINVAL;
	*hdr = (struct virtio_net_hdr) {
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.gso_type = VIRTIO_NET_HDR_GSO_UDP_L4,
		.hdr_len = __cpu_to_virtio16(true, skb_headlen(skb)),
		.gso_size = __cpu_to_virtio16(true, skb_shinfo(skb)->gso_size),
		.csum_start = __cpu_to_virtio16(true, skb_checksum_start_offset(skb)),
		.csum_offset = __cpu_to_virtio16(true, skb->csum_offset),
	};
	return 0;
}

static inline int lib_vnet_to_skb(struct sk_buff *skb, const struct virtio_net_hdr *hdr)
{
	unsigned int size = __virtio16_to_cpu(true, hdr->gso_size), head;
	struct virtio_net_hdr whole = *hdr;
	int err;

	if (hdr->gso_type != VIRTIO_NET_HDR_GSO_UDP_L4)
		return virtio_net_hdr_to_skb(skb, hdr, true);
	if (!(hdr->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) || !size || size == GSO_BY_FRAGS)
		return -EINVAL;
	whole.gso_type = VIRTIO_NET_HDR_GSO_NONE;
	err = virtio_net_hdr_to_skb(skb, &whole, true);
	if (err)
		return err;
	head = skb_transport_offset(skb) + sizeof(struct udphdr);
	if (skb->csum_offset != offsetof(struct udphdr, check) ||
	    !pskb_may_pull(skb, head) || skb->len - head > size * UDP_MAX_SEGMENTS)
		return -EINVAL;
	if (skb->len - head > size) {
		skb_shinfo(skb)->gso_size = size;
		skb_shinfo(skb)->gso_type = SKB_GSO_UDP_L4 | SKB_GSO_DODGY;
		skb_shinfo(skb)->gso_segs = 0;
	}
	return 0;
}

#endif
#endif
