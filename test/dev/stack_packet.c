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

#include <cmocka.h>

#include "beside_host.h"
#include "netns.h"

int main(void)
{
	const struct beside_host veth = { .spec = "packet:v0", .interface = "v1", .other = "v0" };

	cmocka_set_message_output(CM_OUTPUT_TAP);
	netns_enter_veth();
	return beside_host_main("stack_packet", &veth);
}
