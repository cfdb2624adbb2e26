/* SPDX-License-Identifier: GPL-2.0 */
#ifndef NUSE_PASST_H
#define NUSE_PASST_H

#include <stdbool.h>
#include <sys/types.h>

struct net_device;

/**
 * struct passt - a running passt(1)
 * @pid: 0: none
 * @socket: our end, to be taken over by a device; -1: taken
 * @errors: what it says on stderr
 */
struct passt {
	pid_t pid;
	int socket;
	int errors;
};

bool passt_installed(void);

/* 0, or -errno with libos_error()'s sentence set. */
int passt_start(struct passt *passt, const struct net_device *device);

/* It has ended by itself: sets libos_error()'s sentence, by what it said. */
void passt_explain(struct passt *passt);

/* Ends it, if it has not ended. */
void passt_stop(struct passt *passt);

#endif
