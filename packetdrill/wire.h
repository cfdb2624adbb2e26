/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PACKETDRILL_WIRE_H
#define PACKETDRILL_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct libos;
struct wire;

/* The device tun0 of @os. NULL with errno on failure. */
struct wire *wire_open(struct libos *os);

/* The stack is gone by now, or goes. */
void wire_free(struct wire *wire);

/* A packet arrives at the stack. 0, or -1 with errno. */
int wire_send(struct wire *wire, const void *packet, size_t bytes);

/* What the stack has sent until now, it has sent at this time. */
void wire_collect(struct wire *wire);

/* Whether there is a packet that was collected and not taken yet */
bool wire_pending(struct wire *wire);

/*
 * The oldest of them: at most *@bytes of it; *@bytes becomes its length, *@when the
 * stack's clock when it was sent. Whether there was one.
 */
bool wire_take(struct wire *wire, void *packet, size_t *bytes, uint64_t *when);

#endif
