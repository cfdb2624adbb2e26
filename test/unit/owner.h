/* SPDX-License-Identifier: GPL-2.0 */
/*
 * owner.h - a stack without a kernel that other processes share: this one owns it
 */
#ifndef OWNER_H
#define OWNER_H

#include "fake_stack.h"
#include "keeper.h"

/* The stack, what it shares, the callbacks its kernel would have, its token */
extern struct libos owner;
extern struct shared *owner_shared;
extern struct lib_host owner_host;
extern struct lib_token owner_token;

/* cmocka's setup and teardown; only the second one starts the keeper's threads. */
int owner_open(void **state);
int owner_open_and_run(void **state);
int owner_close(void **state);

#endif
