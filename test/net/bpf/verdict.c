// SPDX-License-Identifier: GPL-2.0
/*
 * verdict.c - for XDP and tc: what happens to a datagram is in a map, by its UDP port
 *
 * The maps are `verdicts`, which user space fills, and `seen`, which counts by verdict. All
 * other packets pass. One decision for both hooks, and for IPv4 and IPv6; each then acts
 * by its own helpers. A reply is the datagram with its ends exchanged, to which the UDP
 * checksum is blind. What is forwarded goes where the routes say, past the IP stack.
 */
#include <stddef.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/pkt_cls.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define FAMILY_4 2
#define FAMILY_6 10

enum verdict { PASS, DROP, REPLY, FORWARD, VERDICTS };

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, __u32);
} verdicts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, VERDICTS);
	__type(key, __u32);
	__type(value, __u32);
} seen SEC(".maps");

/* What redirects by a device's number as key, for XDP */
struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP_HASH);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, __u32);
} ports SEC(".maps");

/* Initialised data are a map of their own, too. */
volatile const __u32 all_ports_but = 7000;

struct packet {
	int version;		/* which of @ip and @ip6 it is */
	struct ethhdr *eth;
	struct iphdr *ip;
	struct ipv6hdr *ip6;
	struct udphdr *udp;
};

static __always_inline int parse(struct packet *p, void *data, void *end)
{
	*p = (struct packet){ .version = 6, .eth = data };
	if (data + sizeof(*p->eth) + sizeof(*p->ip) + sizeof(*p->udp) > end)
		return 0;
	if (p->eth->h_proto == bpf_htons(ETH_P_IP)) {
		p->ip = (void *)(p->eth + 1);
		if (p->ip->ihl != 5 || p->ip->protocol != IPPROTO_UDP)
			return 0;
		p->udp = (void *)(p->ip + 1);
		p->version = 4;
		return 1;
	}
	p->ip6 = (void *)(p->eth + 1);
	p->udp = (void *)(p->ip6 + 1);
	return p->eth->h_proto == bpf_htons(ETH_P_IPV6) && (void *)(p->udp + 1) <= end &&
	       p->ip6->nexthdr == IPPROTO_UDP;
}

static __always_inline enum verdict decide(const struct packet *p)
{
	__u32 port = bpf_ntohs(p->udp->dest);
	__u32 *verdict = port == all_ports_but ? NULL : bpf_map_lookup_elem(&verdicts, &port);

	return verdict ? *verdict : PASS;
}

static __always_inline void count(__u32 verdict)
{
	__u32 *n = bpf_map_lookup_elem(&seen, &verdict);

	if (n)
		__sync_fetch_and_add(n, 1);
}

#define EXCHANGE(a, b) do { __typeof__(a) c = a; a = b; b = c; } while (0)

static __always_inline void turn_round(struct packet *p)
{
	struct ethhdr eth = *p->eth;

	__builtin_memcpy(p->eth->h_dest, eth.h_source, ETH_ALEN);
	__builtin_memcpy(p->eth->h_source, eth.h_dest, ETH_ALEN);
	if (p->version == 4)
		EXCHANGE(p->ip->saddr, p->ip->daddr);
	else
		EXCHANGE(p->ip6->saddr, p->ip6->daddr);
	EXCHANGE(p->udp->source, p->udp->dest);
}

/* One hop less; the device that the packet leaves by, 0 if there is no way. */
static __always_inline __u32 route(struct packet *p, void *ctx, __u32 device)
{
	struct bpf_fib_lookup f = { .ifindex = device, .l4_protocol = IPPROTO_UDP };

	if (p->version == 4) {
		f.family = FAMILY_4;
		f.ipv4_src = p->ip->saddr;
		f.ipv4_dst = p->ip->daddr;
		f.tot_len = bpf_ntohs(p->ip->tot_len);
	} else {
		f.family = FAMILY_6;
		__builtin_memcpy(f.ipv6_src, &p->ip6->saddr, sizeof(f.ipv6_src));
		__builtin_memcpy(f.ipv6_dst, &p->ip6->daddr, sizeof(f.ipv6_dst));
		f.tot_len = bpf_ntohs(p->ip6->payload_len);
	}
	if (bpf_fib_lookup(ctx, &f, sizeof(f), 0) != BPF_FIB_LKUP_RET_SUCCESS)
		return 0;
	if (p->version == 4) {
		/* The checksum of RFC 1141: the TTL is the upper byte of its word. */
		__u32 sum = p->ip->check + bpf_htons(0x100);

		p->ip->check = sum + (sum >= 0xffff);
		p->ip->ttl--;
	} else {
		p->ip6->hop_limit--;
	}
	__builtin_memcpy(p->eth->h_dest, f.dmac, ETH_ALEN);
	__builtin_memcpy(p->eth->h_source, f.smac, ETH_ALEN);
	return f.ifindex;
}

SEC("xdp")
int xdp_verdict(struct xdp_md *x)
{
	struct packet p;
	enum verdict verdict;
	__u32 device;

	if (!parse(&p, (void *)(long)x->data, (void *)(long)x->data_end))
		return XDP_PASS;
	verdict = decide(&p);
	count(verdict);
	switch (verdict) {
	case DROP:
		return XDP_DROP;
	case REPLY:
		turn_round(&p);
		return XDP_TX;
	case FORWARD:
		device = route(&p, x, x->ingress_ifindex);
		return device ? bpf_redirect_map(&ports, device, 0) : XDP_ABORTED;
	default:
		return XDP_PASS;
	}
}

SEC("tc")
int tc_verdict(struct __sk_buff *skb)
{
	struct packet p;
	enum verdict verdict;
	__u32 device;

	if (bpf_skb_pull_data(skb, 0) || !parse(&p, (void *)(long)skb->data,
						(void *)(long)skb->data_end))
		return TC_ACT_OK;
	verdict = decide(&p);
	count(verdict);
	switch (verdict) {
	case DROP:
		return TC_ACT_SHOT;
	case REPLY:
		turn_round(&p);
		return bpf_redirect(skb->ifindex, 0);
	case FORWARD:
		device = route(&p, skb, skb->ifindex);
		return device ? bpf_redirect(device, 0) : TC_ACT_SHOT;
	default:
		return TC_ACT_OK;
	}
}

/* For the other end of the cable: veth takes what XDP transmits only where XDP is. */
SEC("xdp.frags")
int xdp_pass(struct xdp_md *x)
{
	(void)x;
	return XDP_PASS;
}

char terms[] SEC("license") = "GPL";
