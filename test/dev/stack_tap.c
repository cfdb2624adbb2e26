// SPDX-License-Identifier: GPL-2.0
/*
 * stack_tap.c - a stack and the host's, joined by a tap
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
	/* A tap has one queue, which serves all of the device's. */
	const struct beside_host tap = { .spec = "tap:t0", .interface = "t0", .queues = 4 };

	cmocka_set_message_output(CM_OUTPUT_TAP);
	netns_enter_tap();
	return beside_host_main("stack_tap", &tap);
}
