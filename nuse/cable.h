/* SPDX-License-Identifier: GPL-2.0 */
#ifndef NUSE_CABLE_H
#define NUSE_CABLE_H

#include "names.h"

/**
 * struct cable - one end of a cable between two stacks
 * @listener: where the other end will come; -1: it has
 * @other: what it will get
 */
struct cable {
	char path[NAMES_PATH];
	int listener;
	int other;
};

/*
 * @name: what both ends call it, or a path. @fd: our end, for the stream back end.
 * 0: the other end was there; 1: @cable waits for it; -errno with the sentence.
 */
int cable_plug(struct cable *cable, const char *name, int *fd);

/* @listener is readable. Whether the other end is plugged in now. */
int cable_answer(struct cable *cable);

void cable_unplug(struct cable *cable);

#endif
