// SPDX-License-Identifier: GPL-2.0
/*
 * limits.c - how much memory sockets may have
 *
 * The kernel gives protocols a tenth of a machine's memory, and a connection a
 * hundredth, since the rest is for programs and files. Here nobody else wants it:
 * with those figures a few connections at full speed would be throttled, and
 * receivers would drop what they had room for. Namespaces made later inherit the
 * initial one's.
 */
#include <linux/init.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <net/net_namespace.h>
#include <net/sctp/sctp.h>
#include <net/tcp.h>
#include <net/udp.h>

/* As on a machine of some GB, where the stack is not very small. */
#define RMEM_MAX SZ_4M
#define WMEM_MAX SZ_4M

/* Pages: no thought, thrifty, no more. */
static void __init share(long mem[3])
{
	unsigned long pages = totalram_pages();

	mem[0] = pages / 4;
	mem[1] = pages / 3;
	mem[2] = pages / 2;
}

static int __init limits_init(void)
{
	int most = totalram_pages() * PAGE_SIZE / 8;

	share(sysctl_tcp_mem);
	share(sysctl_udp_mem);
	share(sysctl_sctp_mem);
	init_net.ipv4.sysctl_tcp_rmem[2] = max(init_net.ipv4.sysctl_tcp_rmem[2],
					       min(RMEM_MAX, most));
	init_net.ipv4.sysctl_tcp_wmem[2] = max(init_net.ipv4.sysctl_tcp_wmem[2],
					       min(WMEM_MAX, most));
	return 0;
}
late_initcall(limits_init);
