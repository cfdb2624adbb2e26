/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PACKETDRILL_PACE_H
#define PACKETDRILL_PACE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/time.h>

struct libos;
struct pace;

/*
 * The time of @os, which has a virtual clock. The calling thread is the script's main
 * one. @limit: nanoseconds that are waited for something to happen. @before: called before
 * the clock moves.
 */
struct pace *pace_start(struct libos *os, uint64_t limit, void (*before)(void *arg),
			void *arg);

/* No other thread is in a call. The stack is still there. */
void pace_end(struct pace *pace);

/* Around each of the script's system calls. pace_leave() keeps errno. */
void pace_enter(struct pace *pace);
void pace_leave(struct pace *pace);

/* Returns when every call that can go on without time passing has done so. */
void pace_settle(struct pace *pace);

/* Moves the clock by @ns. */
void pace_sleep(struct pace *pace, uint64_t ns);

/*
 * Moves the clock until @done(@arg), but not further than the limit. Whether it came
 * true.
 */
bool pace_wait(struct pace *pace, bool (*done)(void *arg), void *arg);

/*
 * A packet that was sent at @when has been seen: what the script does now is later. An
 * answer in no time would be none to TCP, which takes a round trip of 0 for an unknown one.
 */
void pace_seen(struct pace *pace, uint64_t when);

/* gettimeofday(), and the same of a time that the stack's clock showed. */
void pace_time(struct pace *pace, struct timeval *tv);
long long pace_usecs(struct pace *pace, uint64_t when);

#endif
