// SPDX-License-Identifier: GPL-2.0
/*
 * csum.c - x86-64's checksum, and the copying forms in two steps
 */
#include <linux/uaccess.h>
#include <linux/in6.h>
#include <net/checksum.h>

#include <../arch/x86/lib/csum-partial_64.c>

/* RFC 2460, section 8.1: the pseudo header. */
__sum16 csum_ipv6_magic(const struct in6_addr *saddr,
			const struct in6_addr *daddr,
			__u32 len, __u8 proto, __wsum csum)
{
	__u64 sum = (__force __u64)csum;
	int i;

	for (i = 0; i < 4; i++) {
		sum += (__force __u32)saddr->s6_addr32[i];
		sum += (__force __u32)daddr->s6_addr32[i];
	}
	sum += (__force __u32)htonl(len);
	sum += (__force __u32)htonl(proto);
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffffffff) + (sum >> 32);
	return csum_fold((__force __wsum)sum);
}
EXPORT_SYMBOL(csum_ipv6_magic);
