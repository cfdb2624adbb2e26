/* SPDX-License-Identifier: GPL-2.0 */
/*
 * error.h - the sentence behind errno
 */
#ifndef HOST_ERROR_H
#define HOST_ERROR_H

/**
 * libos_error_set() - say why the call that is about to fail fails
 * @format: as printf(3): what failed, why, and the mend; no final newline
 *
 * The sentence is the calling thread's and is cut at 255 bytes. errno is kept.
 */
void libos_error_set(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
