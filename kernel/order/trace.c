// SPDX-License-Identifier: GPL-2.0
/*
 * trace.c - which instructions of a kernel image a program runs
 *
 * usage: trace IMAGE PROGRAM [ARGUMENT...]
 *
 * Steps through PROGRAM's first thread from each odd SIGSTOP that it gives itself to the next
 * even one. Prints, for each such part, the offsets in IMAGE of what runs there and ran in none
 * before, in order; an empty line ends a part. Minutes for ten million steps.
 */
#define _GNU_SOURCE
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAPPINGS 8
#define TEXT_MAX (64ul << 20)

struct mapping {
	unsigned long start, end, offset;
};

static struct mapping maps[MAPPINGS];
static int nr_maps;
static bool seen[TEXT_MAX];

/* The executable mappings of @image in @pid: a stack has one. */
static void maps_read(pid_t pid, const char *image)
{
	char path[64], line[4400], prot[8], name[4200];
	struct mapping m;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	f = fopen(path, "r");
	nr_maps = 0;
	while (f && nr_maps < MAPPINGS && fgets(line, sizeof(line), f))
		if (sscanf(line, "%lx-%lx %7s %lx %*s %*s %4199s", &m.start, &m.end, prot,
			   &m.offset, name) == 5 && prot[2] == 'x' && !strcmp(name, image))
			maps[nr_maps++] = m;
	if (f)
		fclose(f);
}

static bool look(unsigned long ip)
{
	int i;

	for (i = 0; i < nr_maps; i++) {
		unsigned long at = ip - maps[i].start + maps[i].offset;

		if (ip < maps[i].start || ip >= maps[i].end || at >= TEXT_MAX)
			continue;
		if (!seen[at])
			printf("%016lx\n", at);
		seen[at] = true;
		return true;
	}
	return false;
}

int main(int argc, char **argv)
{
	unsigned long ip, last = 0;
	bool stepping = false;
	pid_t pid;
	int status;

	if (argc < 3) {
		fprintf(stderr, "usage: trace IMAGE PROGRAM [ARGUMENT...]\n");
		return 2;
	}
	pid = fork();
	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		execv(argv[2], argv + 2);
		_exit(127);
	}
	while (waitpid(pid, &status, 0) == pid && WIFSTOPPED(status)) {
		int sig = WSTOPSIG(status);

		if (sig == SIGSTOP) {
			if (stepping)
				putchar('\n');
			stepping = !stepping;
			maps_read(pid, argv[1]);
		} else if (sig == SIGTRAP && stepping) {
			ip = ptrace(PTRACE_PEEKUSER, pid, offsetof(struct user, regs.rip), NULL);
			/* A jump out of all that is known: perhaps the image was mapped. */
			if (!look(ip) && ip >> 24 != last >> 24) {
				maps_read(pid, argv[1]);
				look(ip);
			}
			last = ip;
		}
		if (sig == SIGSTOP || sig == SIGTRAP)
			sig = 0;
		if (ptrace(stepping ? PTRACE_SINGLESTEP : PTRACE_CONT, pid, NULL, sig))
			break;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
