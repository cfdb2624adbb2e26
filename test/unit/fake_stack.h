/* SPDX-License-Identifier: GPL-2.0 */
/*
 * fake_stack.h - a stack without a kernel: it writes down what the host asks of it
 *
 * Its tasks and devices are these structures instead of the image's. What else a test
 * needs of struct lib_ops it sets itself.
 */
#ifndef FAKE_STACK_H
#define FAKE_STACK_H

#include <pthread.h>
#include <stdatomic.h>

#include "stack.h"

enum { FAKE_TASKS = 64, FAKE_FRAMES = 65536, FAKE_BATCHES = 1024 };

/**
 * struct lib_task - a task that was attached
 * @process: in which process
 * @thread: by whom
 * @detached: how often it was ended, the last time by @detacher
 */
struct lib_task {
	int process;
	pthread_t thread;
	atomic_int detached;
	pthread_t detacher;
};

/* All there were since the program began or fake_forget(); @fake_attach_error: the next's */
extern struct lib_task fake_task[FAKE_TASKS];
extern atomic_int fake_tasks;
extern int fake_attach_error;

/**
 * struct lib_netdev - a device that was created
 * @config, @name: as told
 * @frame, @frames: received, in order: each one's first 4 bytes, as a number
 * @last: the last one
 * @batch, @batches: how many came at once, also of those that were refused
 * @sent, @sents: cookies handed back
 * @wakes: how often the queue was woken
 * @carrier: what it was last set to; -1: not
 * @removed: it was removed
 * @on_receive, @on_sent: called as a batch was received, or handed back; may be NULL
 * @error: what the calls return, if not 0
 */
struct lib_netdev {
	struct lib_netdev_config config;
	char name[32];
	uint32_t frame[FAKE_FRAMES];
	int frames;
	struct lib_frame last;
	int batch[FAKE_BATCHES];
	int batches;
	void *sent[FAKE_FRAMES];
	int sents;
	int wakes;
	int carrier;
	bool removed;
	void (*on_receive)(struct lib_netdev *dev);
	void (*on_sent)(struct lib_netdev *dev);
	int error;
};

/* What creating the next device returns, if not 0, or the one after @fake_create_skip others */
extern int fake_create_error, fake_create_skip;
/* Devices that are there, and the one that was created last */
extern atomic_int fake_devices;
extern struct lib_netdev *fake_last;
/* What happens to a device before its creation returns; may be NULL */
extern void (*fake_on_create)(struct lib_netdev *dev);

void fake_stack_init(struct libos *os, int process);
void fake_forget(void);
/* Releases a device that was removed: what was written down about it stays till then. */
void fake_netdev_free(struct lib_netdev *dev);

/**
 * struct fake_batch - frames for a device to transmit, as the kernel hands them over
 * @data: theirs; each begins with its number
 * Their cookies are the numbers, too, as pointers.
 */
struct fake_batch {
	struct lib_frame frame[LIB_FRAMES_MAX];
	struct lib_iovec iov[LIB_FRAMES_MAX][2];
	uint8_t data[LIB_FRAMES_MAX][1024];
};

/* @n frames of @len bytes, 8 to 1024, in two pieces, numbered from @first on; not 0 */
void fake_batch_fill(struct fake_batch *b, uint32_t first, int n, uint32_t len);

#endif
