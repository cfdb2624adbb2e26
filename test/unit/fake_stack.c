// SPDX-License-Identifier: GPL-2.0
/*
 * fake_stack.c - a stack without a kernel: it writes down what the host asks of it
 */
#include "fake_stack.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct lib_task fake_task[FAKE_TASKS];
atomic_int fake_tasks, fake_devices;
int fake_attach_error, fake_create_error, fake_create_skip;
struct lib_netdev *fake_last;
void (*fake_on_create)(struct lib_netdev *dev);

static void check(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "the host broke the contract: %s\n", what);
	abort();
}

static int task_attach(int process, struct lib_task **task)
{
	int error = fake_attach_error, n;

	fake_attach_error = 0;
	if (error)
		return error;
	n = fake_tasks++;
	check(n < FAKE_TASKS, "so many tasks");
	fake_task[n].process = process;
	fake_task[n].thread = pthread_self();
	*task = &fake_task[n];
	return 0;
}

static int task_detach(struct lib_task *task)
{
	task->detacher = pthread_self();
	task->detached++;
	return 0;
}

/* The first is 11, so that none is a number of anything else. */
static int netdev_create(const struct lib_netdev_config *config, struct lib_netdev **dev)
{
	int error = fake_create_error;

	if (error && !fake_create_skip) {
		fake_create_error = 0;
		return error;
	}
	fake_create_skip -= fake_create_skip > 0;
	*dev = calloc(1, sizeof(**dev));
	(*dev)->config = *config;
	(*dev)->carrier = -1;
	snprintf((*dev)->name, sizeof((*dev)->name), "%s", config->name);
	fake_last = *dev;
	if (fake_on_create)
		fake_on_create(*dev);
	return 11 + fake_devices++;
}

static int netdev_remove(struct lib_netdev *dev)
{
	check(!dev->removed, "a device is removed once");
	dev->removed = true;
	fake_devices--;
	return 0;
}

static int netdev_receive(struct lib_netdev *dev, const struct lib_frame *frames, int n)
{
	int i;

	check(!dev->removed, "nothing is received after the removal");
	check(n > 0 && n <= LIB_FRAMES_MAX, "a batch of 1 to 64");
	dev->batch[dev->batches++ % FAKE_BATCHES] = n;
	if (dev->error)
		return dev->error;
	check(dev->frames + n <= FAKE_FRAMES, "so many frames");
	for (i = 0; i < n; i++)
		memcpy(&dev->frame[dev->frames++], frames[i].iov[0].base, 4);
	dev->last = frames[n - 1];
	if (dev->on_receive)
		dev->on_receive(dev);
	return 0;
}

static int netdev_sent(struct lib_netdev *dev, void *const *cookies, int n)
{
	check(!dev->removed, "nothing is sent after the removal");
	check(dev->sents + n <= FAKE_FRAMES, "so many frames");
	memcpy(&dev->sent[dev->sents], cookies, n * sizeof(*cookies));
	dev->sents += n;
	if (dev->on_sent)
		dev->on_sent(dev);
	return 0;
}

static int netdev_wake(struct lib_netdev *dev)
{
	check(!dev->removed, "nothing is woken after the removal");
	dev->wakes++;
	return dev->error;
}

static int netdev_carrier(struct lib_netdev *dev, int up)
{
	check(!dev->removed, "no carrier after the removal");
	dev->carrier = up;
	return dev->error;
}

/* With a device's and a task's operations; its process is @process. */
void fake_stack_init(struct libos *os, int process)
{
	memset(os, 0, sizeof(*os));
	pthread_mutex_init(&os->netdevs_lock, NULL);
	os->process = process;
	os->armed = LIB_NEVER;
	os->ops = (struct lib_ops){
		.release = "0.0.fake",
		.task_attach = task_attach,
		.task_detach = task_detach,
		.netdev_create = netdev_create,
		.netdev_remove = netdev_remove,
		.netdev_receive = netdev_receive,
		.netdev_sent = netdev_sent,
		.netdev_wake = netdev_wake,
		.netdev_carrier = netdev_carrier,
	};
}

void fake_forget(void)
{
	memset(fake_task, 0, sizeof(fake_task));
	fake_tasks = 0;
	fake_attach_error = 0;
}

void fake_netdev_free(struct lib_netdev *dev)
{
	check(dev->removed, "a device that is closed was removed");
	free(dev);
}

void fake_batch_fill(struct fake_batch *b, uint32_t first, int n, uint32_t len)
{
	int i;

	for (i = 0; i < n; i++) {
		uint32_t number = first + i;

		memcpy(b->data[i], &number, 4);
		memset(b->data[i] + 4, number, len - 4);
		b->iov[i][0] = (struct lib_iovec){ b->data[i], 6 };
		b->iov[i][1] = (struct lib_iovec){ b->data[i] + 6, len - 6 };
		b->frame[i] = (struct lib_frame){
			.len = len, .niov = 2, .iov = b->iov[i],
			.cookie = (void *)(uintptr_t)number,
		};
	}
}
