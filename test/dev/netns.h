/* SPDX-License-Identifier: GPL-2.0 */
/* netns.h - a network namespace of the host for a test, gone when the test is */
#ifndef NETNS_H
#define NETNS_H

#include <stdbool.h>

#define NETNS_HOST "10.9.0.1"

void skip_all(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
void netns_enter(void);
void netns_enter_veth(void);
void netns_enter_tap(void);
void netns_run(const char *format, ...) __attribute__((format(printf, 1, 2)));
bool netns_try(const char *command);

#endif
