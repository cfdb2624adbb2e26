// SPDX-License-Identifier: GPL-2.0
/*
 * owner.c - a stack without a kernel that other processes share: this one owns it
 */
#include "owner.h"

#include <stdlib.h>
#include <string.h>

#include "threads.h"

struct libos owner;
struct shared *owner_shared;
struct lib_host owner_host;
struct lib_token owner_token;

static uint64_t event(void)
{
	return LIB_NEVER;
}

int owner_open(void **state)
{
	(void)state;
	memset(&owner_host, 0, sizeof(owner_host));
	memset(&owner_token, 0, sizeof(owner_token));
	fake_stack_init(&owner, 1);
	owner.ops.event = event;
	owner.ops.token = &owner_token;
	owner.image.extra = owner_shared = calloc(1, sizeof(*owner_shared));
	owner_host.host = &owner;
	keeper_callbacks(&owner_host);
	return keeper_start(&owner);
}

int owner_open_and_run(void **state)
{
	return owner_open(state) || keeper_run(&owner);
}

int owner_close(void **state)
{
	(void)state;
	netdev_close_all(&owner);
	keeper_stop(&owner);
	keeper_free(&owner);
	free(owner_shared);
	return threads_named("libos") || fake_devices;
}
