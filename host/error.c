// SPDX-License-Identifier: GPL-2.0
/*
 * error.c - the sentence behind errno, one a thread
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include <libos.h>

#include "error.h"

static _Thread_local char sentence[256];

void libos_error_set(const char *format, ...)
{
	int saved = errno;
	va_list args;

	va_start(args, format);
	vsnprintf(sentence, sizeof(sentence), format, args);
	va_end(args);
	errno = saved;
}

const char *libos_error(void)
{
	return sentence;
}
