/* SPDX-License-Identifier: GPL-2.0 */
#ifndef NUSE_PROGRAM_H
#define NUSE_PROGRAM_H

#include <stddef.h>

/*
 * Where execvp(3) would find @name. 0; -ENOENT, or -EACCES where it is there and cannot
 * be executed, with libos_error()'s sentence set.
 */
int program_find(const char *name, char *path, size_t size);

/*
 * Goes on as @argv on the stack that @fds lead to. Returns only on failure: -errno with
 * the sentence.
 */
int program_exec(const int *fds, char **argv);

#endif
