/* SPDX-License-Identifier: GPL-2.0 */
#ifndef HOST_KEEPER_H
#define HOST_KEEPER_H

#include "shared.h"
#include "stack.h"

struct libos_netdev;

/* What an attached process needs: see nuse/attach.c. */
enum keeper_fd { KEEPER_MEMORY, KEEPER_TEXT, KEEPER_BELL, KEEPER_FDS };

void keeper_callbacks(struct lib_host *host);
int keeper_start(struct libos *os);
int keeper_run(struct libos *os);
void keeper_stop(struct libos *os);
void keeper_free(struct libos *os);
void keeper_fds(struct libos *os, int fds[KEEPER_FDS]);

/* Tells attached processes where files about the stack are: shared.h. */
void keeper_directory(struct libos *os, const char *path);

/* There is something to look at: a new process. */
void keeper_ring(struct libos *os);

/**
 * struct keeper_sleeper - a thread whose calls keeper_interrupt() can end
 * Who is one says so in keeper_self. A call that is interrupted while it is about to sleep
 * may not notice: say it again until the thread is back.
 */
struct keeper_sleeper {
	uint32_t *_Atomic word;
	_Atomic int interrupted;
};
extern __thread struct keeper_sleeper *keeper_self;
/* Its call returns what the kernel returns for a signal: -ERESTARTSYS and its kin, too. */
void keeper_interrupt(struct keeper_sleeper *s);

/* What to call (on the reaper's thread) when the last attached process is gone. */
void keeper_on_empty(struct libos *os, void (*fn)(void *arg), void *arg);

/* netdev.c: a device's ring, its life, and that its other side has room again */
void *keeper_device_new(struct libos *os, struct libos_netdev *nd);
void keeper_device_start(void *device);
void keeper_device_stop(struct libos *os, void *device);
void keeper_device_free(void *device);
void keeper_device_wake(struct libos *os);

#endif
