// SPDX-License-Identifier: GPL-2.0
/*
 * fake.c - a stack's side of dev.h, to test a back end by itself
 */
#include "fake.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static char error[512];

/* What libos_clock_now() and the wall clock say; they stand still. */
uint64_t fake_now, fake_wall;

uint64_t libos_clock_now(struct libos *os)
{
	(void)os;
	return fake_now;
}

int libos_clock_gettime(struct libos *os, clockid_t clock, struct timespec *ts)
{
	(void)os;
	if (clock != CLOCK_REALTIME) {
		errno = EINVAL;
		return -1;
	}
	ts->tv_sec = fake_wall / 1000000000;
	ts->tv_nsec = fake_wall % 1000000000;
	return 0;
}

uint64_t fake_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void check(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "fake: the back end broke the contract: %s\n", what);
	abort();
}

/* Copies as the stack does: the pieces are the back end's again afterwards. */
static struct fake_frame copy(const struct libos_frame *frame)
{
	struct fake_frame to = { .hdr = frame->hdr, .len = frame->len };
	uint32_t at = 0;

	to.data = malloc(frame->len);
	for (int i = 0; i < frame->niov; i++) {
		check(frame->iov[i].iov_len <= frame->len - at, "pieces longer than the frame");
		memcpy(to.data + at, frame->iov[i].iov_base, frame->iov[i].iov_len);
		at += frame->iov[i].iov_len;
	}
	check(at == frame->len, "pieces shorter than the frame");
	return to;
}

void dev_receive(struct dev *dev, const struct libos_frame *frames, int n)
{
	struct fake *fake = dev->host;

	check(n > 0 && n <= 64, "batch of 1 to 64");
	fake->batches++;
	for (int i = 0; i < n; i++) {
		struct fake_frame frame = copy(&frames[i]);

		if (!fake->on_receive && fake->n < FAKE_FRAMES) {
			fake->frame[fake->n++] = frame;
			continue;
		}
		if (fake->on_receive)
			fake->on_receive(fake->arg, &frame);
		else
			fake->lost++;
		free(frame.data);
	}
}

void dev_wake(struct dev *dev)
{
	struct fake *fake = dev->host;

	pthread_mutex_lock(&fake->lock);
	fake->wakes++;
	pthread_cond_signal(&fake->woken);
	pthread_mutex_unlock(&fake->lock);
}

void dev_carrier(struct dev *dev, bool up)
{
	struct fake *fake = dev->host;

	fake->carrier = up;
}

void dev_want_write(struct dev *dev, bool want)
{
	struct fake *fake = dev->host;

	check(atomic_exchange(&fake->want_write, want) != want, "dev_want_write() alternates");
}

void dev_error(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(error, sizeof(error), format, ap);
	va_end(ap);
}

/* What dev_error() said in the last fake_open(). */
const char *fake_error(void)
{
	return error;
}

/**
 * fake_open() - open a device
 * @spec: "tap:tap0"
 * @mtu: of the stack's interface, 0: not said
 *
 * Return: 0 or -errno, as the back end; -EPROTONOSUPPORT if there is no such one.
 */
int fake_open(struct fake *fake, const char *spec, uint32_t mtu)
{
	size_t len = strcspn(spec, ":");

	memset(fake, 0, sizeof(*fake));
	pthread_mutex_init(&fake->lock, NULL);
	pthread_cond_init(&fake->woken, NULL);
	fake->carrier = true;
	fake->dev.host = fake;
	fake->dev.fd = -1;
	fake->dev.config.mtu = mtu;
	fake->dev.backend = dev_backend_find(spec, len);
	error[0] = 0;
	if (!fake->dev.backend)
		return -EPROTONOSUPPORT;
	return fake->dev.backend->open(&fake->dev, spec + len + 1);
}

void fake_close(struct fake *fake)
{
	fake_forget(fake);
	fake->dev.backend->close(&fake->dev);
}

/* Drops the frames received so far. */
void fake_forget(struct fake *fake)
{
	for (int i = 0; i < fake->n; i++)
		free(fake->frame[i].data);
	fake->n = 0;
}

/**
 * fake_step() - wait for the device once, and call what is due
 *
 * Return: true if something was.
 */
int fake_step(struct fake *fake, int timeout_ms)
{
	struct pollfd p = { .fd = fake->dev.fd, .events = POLLIN };

	if (atomic_load(&fake->want_write))
		p.events |= POLLOUT;
	if (poll(&p, 1, timeout_ms) <= 0)
		return false;
	if (p.revents & POLLOUT)
		fake->dev.backend->writable(&fake->dev);
	if (p.revents & ~POLLOUT)
		fake->dev.backend->receive(&fake->dev);
	return true;
}

/**
 * fake_wait() - wait for a frame
 * @match: is it the one?
 *
 * Frames received before count. Return: the frame, until fake_forget(); or NULL.
 */
const struct fake_frame *fake_wait(struct fake *fake, bool (*match)(const struct fake_frame *,
				   const void *arg), const void *arg, int timeout_ms)
{
	uint64_t end = fake_ms() + timeout_ms;
	int seen = 0;

	for (;;) {
		for (; seen < fake->n; seen++)
			if (match(&fake->frame[seen], arg))
				return &fake->frame[seen];
		if (fake_ms() >= end)
			return NULL;
		fake_step(fake, 20);
	}
}

/**
 * fake_send() - send a frame
 * @hdr: NULL: no offloads
 * @pieces: 1 to FAKE_PIECES
 *
 * Return: 1, or 0 if the back end did not take it.
 */
int fake_send(struct fake *fake, const struct libos_vnet_hdr *hdr, const void *data, size_t len,
	      int pieces)
{
	struct iovec iov[FAKE_PIECES];
	struct libos_frame frame = { .len = len, .niov = pieces, .iov = iov };
	size_t at = 0;

	if (hdr)
		frame.hdr = *hdr;
	for (int i = 0; i < pieces; i++) {
		size_t end = len * (i + 1) / pieces;

		iov[i].iov_base = (uint8_t *)data + at;
		iov[i].iov_len = end - at;
		at = end;
	}
	return fake->dev.backend->transmit(&fake->dev, &frame, 1);
}

/* Sends all, waiting for dev_wake() as a stack's queue does. For fake_serve(). */
void fake_send_blocking(struct fake *fake, const struct libos_frame *frames, int n)
{
	pthread_mutex_lock(&fake->lock);
	while (n) {
		int wakes = fake->wakes;
		int taken = fake->dev.backend->transmit(&fake->dev, frames, n);

		check(taken >= 0 && taken <= n, "transmit() takes 0 to n");
		frames += taken;
		n -= taken;
		while (n && fake->wakes == wakes)
			pthread_cond_wait(&fake->woken, &fake->lock);
	}
	pthread_mutex_unlock(&fake->lock);
}

static void *serve(void *arg)
{
	struct fake *fake = arg;

	while (!atomic_load(&fake->service_ends))
		fake_step(fake, 1);
	return NULL;
}

/* Has a service thread drive the device until fake_serve_end(). */
void fake_serve(struct fake *fake)
{
	atomic_store(&fake->service_ends, false);
	check(!pthread_create(&fake->service, NULL, serve, fake), "a thread");
}

void fake_serve_end(struct fake *fake)
{
	atomic_store(&fake->service_ends, true);
	pthread_join(fake->service, NULL);
}
