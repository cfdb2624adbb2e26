/* SPDX-License-Identifier: GPL-2.0 */
/*
 * names.h - the directory of each running stack, and by it the stack's name
 *
 * Functions that can fail return -errno with libos_error()'s sentence set.
 */
#ifndef NUSE_NAMES_H
#define NUSE_NAMES_H

#include <stdbool.h>

/* Of a path below a stack's directory; fits sockaddr_un.sun_path. */
enum { NAMES_MAX = 32, NAMES_PATH = 108 };

/**
 * struct names_stack - a stack's directory, the owner's view
 * @fd: the directory, locked as long as the owner lives
 */
struct names_stack {
	char name[NAMES_MAX + 1];
	char directory[NAMES_PATH];
	int fd;
};

/* Whether @name can be one that a user gives. */
int names_check(const char *name);

/* The directory of all, made if need be. */
int names_root(char path[NAMES_PATH]);

int names_claim(struct names_stack *stack, const char *name);
void names_release(struct names_stack *stack);

/* Where the control socket of a running stack is. -ENOENT if there is none. */
int names_find(const char *name, char control[NAMES_PATH]);

/* For each stack that runs, sorted. */
int names_each(void (*fn)(void *arg, const char *name, const char *control), void *arg);

#endif
