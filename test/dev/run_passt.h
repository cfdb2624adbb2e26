/* SPDX-License-Identifier: GPL-2.0 */
/* run_passt.h - passt(1) as an ordinary user runs it, in a namespace of the test's */
#ifndef RUN_PASST_H
#define RUN_PASST_H

#include <sys/types.h>

extern pid_t run_passt_pid;

void run_passt_enter(void);
int run_passt(const char *option, const char *value);
int run_passt_end(void);

#endif
