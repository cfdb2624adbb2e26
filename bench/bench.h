/* SPDX-License-Identifier: GPL-2.0 */
/*
 * bench.h - what the workloads share
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "net.h"

/* Why a figure cannot be had, with errno's or the library's reason; ends the program. */
void fail(const char *what) __attribute__((noreturn));
void fail_if(bool failed, const char *what);

/* Nanoseconds */
static inline uint64_t clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}
#define wall_ns() clock_ns(CLOCK_MONOTONIC)
#define cpu_ns() clock_ns(CLOCK_PROCESS_CPUTIME_ID)

/**
 * struct job - what is to be measured
 * @lib: the library's side, else the host's
 * @link: between near and far
 * @ns: how long, wall time
 */
struct job {
	bool lib;
	enum link link;
	uint64_t ns;
};

/* Each prints its figures in one line; see the table in bench.c. */
void traffic_getppid(const struct job *job);
void traffic_udp(const struct job *job);
void traffic_echo(const struct job *job);
void traffic_rr(const struct job *job);
void traffic_crr(const struct job *job);
void traffic_pairs(const struct job *job);
void traffic_send(const struct job *job);
void traffic_receive(const struct job *job);
void size_open(const struct job *job);
void size_further(const struct job *job);
void size_namespaces(const struct job *job);
void size_stacks(const struct job *job);
void trace_getppid(const struct job *job);

#endif
