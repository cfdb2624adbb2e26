/* SPDX-License-Identifier: GPL-2.0 */
#ifndef NUSE_ISOLATE_H
#define NUSE_ISOLATE_H

#include <libos.h>

struct isolate;

/* Who makes the calls of isolated programs; NULL with libos_error()'s sentence */
struct isolate *isolate_start(struct libos *os);
/* They get EIO from now on. */
void isolate_stop(struct isolate *isolate);

/*
 * A process may come: @fds receives its memory file and its line, to be handed to it and
 * closed. 0, or -errno with the sentence. Who does not come closes the line.
 */
int isolate_admit(struct isolate *isolate, int fds[2]);

#endif
