// SPDX-License-Identifier: GPL-2.0
/*
 * flood.c - who sends datagrams faster than they are read stands back
 *
 * On a CPU of its own the reader would go on meanwhile. Here a sender that never waits takes
 * its turn after each of the reader's calls, and half of what it sends is dropped: reading
 * takes two (poll, recv) where sending takes one. So a sender whose datagram found the
 * receive buffer full gives the token away until nobody has used it for a moment.
 */
#include <linux/skbuff.h>
#include <linux/version.h>

#include "lib.h"

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 11, 0)
void __real_sk_skb_reason_drop(struct sock *sk, struct sk_buff *skb, enum skb_drop_reason why);
void __wrap_sk_skb_reason_drop(struct sock *sk, struct sk_buff *skb, enum skb_drop_reason why);

void __wrap_sk_skb_reason_drop(struct sock *sk, struct sk_buff *skb, enum skb_drop_reason why)
{
	if (unlikely(why == SKB_DROP_REASON_SOCKET_RCVBUFF))
		lib_cpu.kick |= LIB_KICK_FLOOD;
	__real_sk_skb_reason_drop(sk, skb, why);
}
#else
void __real_kfree_skb_reason(struct sk_buff *skb, enum skb_drop_reason why);
void __wrap_kfree_skb_reason(struct sk_buff *skb, enum skb_drop_reason why);

void __wrap_kfree_skb_reason(struct sk_buff *skb, enum skb_drop_reason why)
{
	if (unlikely(why == SKB_DROP_REASON_SOCKET_RCVBUFF))
		lib_cpu.kick |= LIB_KICK_FLOOD;
	__real_kfree_skb_reason(skb, why);
}
#endif
