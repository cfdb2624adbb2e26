/* SPDX-License-Identifier: GPL-2.0 */
/*
 * patience.h - waiting for other threads, not longer than need be and not for ever
 */
#ifndef PATIENCE_H
#define PATIENCE_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>
#include <unistd.h>

#define SEC 1000000000ull
#define MSEC 1000000ull

static inline uint64_t host_time(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * SEC + ts.tv_nsec;
}

static inline uint64_t host_now(void)
{
	return host_time(CLOCK_MONOTONIC);
}

static inline void moment(void)
{
	usleep(1000);
}

/* Whether @condition came true within 30 seconds; @action is done again and again meanwhile. */
#define UNTIL(condition, action)					\
	({								\
		uint64_t until_end = host_now() + 30 * SEC;		\
		bool until_true;					\
		while (!(until_true = (condition)) && host_now() < until_end) { \
			action;						\
			moment();					\
		}							\
		until_true;						\
	})
#define SOON(condition) UNTIL(condition, (void)0)

#endif
