/* SPDX-License-Identifier: GPL-2.0 */
/*
 * facts.h - for programs that tell what they see, one line a fact, nothing that differs
 * between two runs: their script runs them on the host's kernel and on a stack and compares.
 */
#ifndef TEST_FACTS_H
#define TEST_FACTS_H

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline void say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
}

/* A result, or the error's name */
static inline const char *result(long r)
{
	static char text[8][48];
	static int next;
	char *t = text[next++ % 8];

	if (r < 0)
		snprintf(t, sizeof(text[0]), "%s", strerrorname_np(errno));
	else
		snprintf(t, sizeof(text[0]), "%ld", r);
	return t;
}

static inline void must(long r, const char *what)
{
	if (r < 0) {
		say("%s: %s", what, strerror(errno));
		exit(1);
	}
}

#define MUST(call) ({ long r_ = (call); must(r_, #call); r_; })

struct part {
	const char *name;
	void (*run)(void);
};

/* Without an argument: their names; with one: that part */
static inline int run_parts(const struct part *parts, unsigned int n, char **argv)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		if (!argv[1])
			puts(parts[i].name);
		else if (!strcmp(argv[1], parts[i].name))
			parts[i].run();
	return 0;
}

#endif
