/* SPDX-License-Identifier: GPL-2.0 */
#ifndef NUSE_CONF_H
#define NUSE_CONF_H

#include <stdio.h>

struct net;

/* Adds what a nuse.conf says. 0, or -errno with libos_error()'s sentence set. */
int conf_read(struct net *net, const char *path);
int conf_parse(struct net *net, FILE *file, const char *path);

#endif
