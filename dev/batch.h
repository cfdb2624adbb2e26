/* SPDX-License-Identifier: GPL-2.0 */
/*
 * batch.h - received frames on their way to the stack, some at a time
 *
 * Entering the stack costs more than a frame does, so receive() collects. The
 * bytes stay where the back end has read them until dev_batch_flush().
 */
#ifndef DEV_BATCH_H
#define DEV_BATCH_H

#include <stdlib.h>

#include "dev.h"

enum {
	/* libos_netdev_receive() handles that many at once. */
	DEV_BATCH = 64,
	/* Batches a receive() may deliver before others have their turn. */
	DEV_BATCH_ROUNDS = 4,
	/* Pieces of a frame from the stack: a head and MAX_SKB_FRAGS (17). */
	DEV_PIECES = 18,
	/*
	 * The largest frame: the largest IP packet and what stands before it
	 * fit. QEMU's network code has the same limit.
	 */
	DEV_FRAME_MAX = 65536 + 4096,
	/* Frames are packed into a buffer of this size, see dev_batch_room(). */
	DEV_BATCH_BYTES = 256 * 1024,
};

struct dev_batch {
	int n;
	struct libos_frame frame[DEV_BATCH];
	struct iovec iov[DEV_BATCH];
};

/* Is there room for one more frame, @used of DEV_BATCH_BYTES being taken? */
static inline bool dev_batch_room(const struct dev_batch *batch, size_t used, size_t max)
{
	return batch->n < DEV_BATCH && DEV_BATCH_BYTES - used >= max;
}

/* Where the next frame goes: cache lines are not shared. */
static inline size_t dev_batch_next(size_t used, size_t len)
{
	return (used + len + 63) & ~(size_t)63;
}

/**
 * dev_batch_add() - one more frame
 * @batch: has room
 * @hdr: offload fields; NULL: none
 * @data, @len: the frame; stays there until dev_batch_flush()
 */
static inline void dev_batch_add(struct dev_batch *batch, const struct libos_vnet_hdr *hdr,
				 void *data, size_t len)
{
	struct libos_frame *frame = &batch->frame[batch->n];
	struct iovec *iov = &batch->iov[batch->n++];

	iov->iov_base = data;
	iov->iov_len = len;
	*frame = (struct libos_frame){ .len = len, .niov = 1, .iov = iov };
	if (hdr)
		frame->hdr = *hdr;
}

static inline void dev_batch_flush(struct dev *dev, struct dev_batch *batch)
{
	if (batch->n)
		dev_receive(dev, batch->frame, batch->n);
	batch->n = 0;
}

/**
 * dev_pieces_put() - a frame's pieces, to go behind a header of the back end's
 * @iov: room for DEV_PIECES
 *
 * Return: the number of pieces.
 */
static inline int dev_pieces_put(struct iovec *iov, const struct libos_frame *frame)
{
	if (frame->niov > DEV_PIECES)
		abort();
	for (int i = 0; i < frame->niov; i++)
		iov[i] = frame->iov[i];
	return frame->niov;
}

#endif
