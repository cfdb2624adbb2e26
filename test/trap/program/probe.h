/* SPDX-License-Identifier: GPL-2.0 */
/*
 * probe.h - calls that personality/probe.c answers, for programs and personality
 */
#ifndef PROBE_H
#define PROBE_H

#define PROBE_CONSTANT	1000
#define PROBE_COUNT	1001
#define PROBE_WAIT	1002
#define PROBE_HOOKS	1003
#define PROBE_FAULT	1004
#define PROBE_SSE	1005

enum probe_hook {
	PROBE_BEFORE, PROBE_PARENT, PROBE_CHILD, PROBE_THREAD_EXIT, PROBE_EXEC,
	PROBE_HOOK_COUNT,
};

#endif
