// SPDX-License-Identifier: GPL-2.0
/*
 * null.c - the smallest personality: `null PROGRAM [ARGS]` passes everything on
 */
#include "trap.h"

static int start(int argc, char **argv, char **envp, struct trap_program *program)
{
	static char path[4096];

	if (argc < 2 || trap_find_program(argv[1], envp, path, sizeof(path))) {
		trap_print("usage: null PROGRAM [ARGS]\n");
		return 127;
	}
	program->path = path;
	program->argv = argv + 1;
	program->envp = envp;
	return 0;
}

const struct trap_personality trap_personality = {
	.name = "null",
	.start = start,
};
