/* SPDX-License-Identifier: GPL-2.0 */
/*
 * exec.h - how a former life of the process speaks to the image
 */
#ifndef TRAP_EXEC_H
#define TRAP_EXEC_H

#define EXEC_MARK "\001trap exec"	/* argv[0]; exec.c has the others */
#define EXEC_ARGS 5

#endif
