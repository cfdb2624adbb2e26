// SPDX-License-Identifier: GPL-2.0
/*
 * stack_tap.c - a stack and the host's, joined by a tap
 *
 * sanitize: no
 */
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cmocka.h>

#include "beside_host.h"
#include "netns.h"

/* Linux 6.2 and newer: TUN_F_USO4, TUN_F_USO6 */
static bool host_cuts_udp(void)
{
	struct ifreq ifr = { .ifr_name = "probe0", .ifr_flags = IFF_TAP | IFF_VNET_HDR };
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	bool does = !ioctl(fd, TUNSETIFF, &ifr) && !ioctl(fd, TUNSETOFFLOAD, TUN_F_CSUM | 0x60);

	close(fd);
	return does;
}

int main(void)
{
	/* A tap has one queue, which serves all of the device's. */
	struct beside_host tap = { .spec = "tap:t0", .interface = "t0", .queues = 4 };

	cmocka_set_message_output(CM_OUTPUT_TAP);
	netns_enter_tap();
	tap.cuts_udp = host_cuts_udp();
	return beside_host_main("stack_tap", &tap);
}
