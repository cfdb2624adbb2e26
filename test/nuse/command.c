// SPDX-License-Identifier: GPL-2.0
/*
 * command.c - command.sh's nuse-exec: takes a place on the stack, then is the program
 *
 * nuse-exec MEMORY TEXT BELL FILE ARGUMENT...: what the owner sees of a program, without
 * the program's calls going anywhere. Prints nothing; 124: the stack is not as it should
 * be.
 *
 * sanitize: no
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shared.h"

static struct shared *map(int memory)
{
	size_t size = (sizeof(struct shared) + 4095) & ~4095ul;
	struct stat st;
	void *p;

	if (fstat(memory, &st) || (size_t)st.st_size < size)
		return NULL;
	p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, memory, st.st_size - size);
	return p == MAP_FAILED ? NULL : p;
}

int main(int argc, char **argv)
{
	struct shared_process *process;
	uint64_t one = 1;
	struct shared *sh;
	uint32_t space;
	int i;

	if (argc < 5)
		return 124;
	sh = map(atoi(argv[1]));
	if (!sh || sh->magic != SHARED_MAGIC || sh->version != SHARED_VERSION)
		return 124;
	if (fcntl(atoi(argv[2]), F_GETFD) || fcntl(atoi(argv[3]), F_GETFD))
		return 124;
	setenv("FAKE_DIRECTORY", sh->directory, 1);
	process = shared_claim(sh, &space);
	process->pid = getpid();
	process->state = SHARED_NEW;
	if (write(atoi(argv[3]), &one, sizeof(one)) != sizeof(one))
		return 124;
	for (i = 1; i <= 3; i++)
		close(atoi(argv[i]));
	execvp(argv[4], argv + 4);
	return 126;
}
