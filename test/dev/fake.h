/* SPDX-License-Identifier: GPL-2.0 */
/*
 * fake.h - a stack's side of dev.h, to test a back end by itself
 *
 * It keeps what it is given and drives one device from one thread, or, with
 * fake_serve(), from a service thread beside the one that sends.
 */
#ifndef FAKE_H
#define FAKE_H

#include <pthread.h>
#include <stdatomic.h>

#include "../../dev/dev.h"

enum {
	FAKE_FRAMES = 4096,
	FAKE_PIECES = 18,
	FAKE_MS = 3000,		/* how long to wait for what must come */
	FAKE_QUIET_MS = 100,	/* how long to wait for what must not */
};

struct fake_frame {
	struct libos_vnet_hdr hdr;
	uint32_t len;
	uint8_t *data;
};

/**
 * struct fake - a stack with one device
 * @lock: the stack's lock: transmit() is called with it, dev_wake() takes it
 * @frame, @n: frames received; those over FAKE_FRAMES are counted in @lost
 * @on_receive: called instead of keeping a frame
 */
struct fake {
	struct dev dev;
	pthread_mutex_t lock;
	pthread_cond_t woken;
	struct fake_frame frame[FAKE_FRAMES];
	int n;
	int lost;
	int batches;
	int wakes;
	bool carrier;
	atomic_bool want_write;
	void (*on_receive)(void *arg, const struct fake_frame *frame);
	void *arg;
	pthread_t service;
	atomic_bool service_ends;
};

int fake_open(struct fake *fake, const char *spec, uint32_t mtu);
void fake_close(struct fake *fake);
const char *fake_error(void);
void fake_forget(struct fake *fake);

int fake_step(struct fake *fake, int timeout_ms);
const struct fake_frame *fake_wait(struct fake *fake, bool (*match)(const struct fake_frame *,
				   const void *arg), const void *arg, int timeout_ms);

int fake_send(struct fake *fake, const struct libos_vnet_hdr *hdr, const void *data, size_t len,
	      int pieces);
void fake_send_blocking(struct fake *fake, const struct libos_frame *frames, int n);
void fake_serve(struct fake *fake);
void fake_serve_end(struct fake *fake);

uint64_t fake_ms(void);

extern uint64_t fake_now, fake_wall;

#endif
