/* SPDX-License-Identifier: GPL-2.0 */
#ifndef NUSE_OWNER_H
#define NUSE_OWNER_H

struct options;

/*
 * Starts the owner of a fresh stack. Return: a connection to it, which says what
 * CONTROL_ATTACH is answered, as soon as the stack is there; -errno with
 * libos_error()'s sentence set.
 */
int owner_start(struct options *options);

#endif
