// SPDX-License-Identifier: GPL-2.0
/*
 * stack_packet.c - a stack and the host's, joined by AF_PACKET on a veth pair
 *
 * sanitize: no
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "beside_host.h"
#include "netns.h"

/* As the back end takes it: a host that has PACKET_VNET_HDR_SZ (24) */
static bool host_cuts_udp(void)
{
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), size = 12;
	bool does = !setsockopt(fd, SOL_PACKET, 24, &size, sizeof(size));

	close(fd);
	return does;
}

int main(void)
{
	struct beside_host veth = { .spec = "packet:v0", .interface = "v1", .other = "v0" };

	cmocka_set_message_output(CM_OUTPUT_TAP);
	netns_enter_veth();
	veth.cuts_udp = host_cuts_udp();
	return beside_host_main("stack_packet", &veth);
}
