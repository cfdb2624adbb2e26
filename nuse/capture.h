/* SPDX-License-Identifier: GPL-2.0 */
#ifndef NUSE_CAPTURE_H
#define NUSE_CAPTURE_H

#include <stdio.h>

struct libos;
struct capture;

/* The file at @path, with its header. NULL with libos_error()'s sentence set. */
FILE *capture_open(const char *path);

/* Takes @file over, also on failure. NULL with libos_error()'s sentence set. */
struct capture *capture_start(struct libos *os, FILE *file);

/* What has passed until now is in the file when this returns. */
void capture_stop(struct capture *capture);

#endif
