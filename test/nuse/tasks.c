// SPDX-License-Identifier: GPL-2.0
/*
 * tasks.c - how long is a list of a stack's?
 *
 *	tasks PID OFFSET
 *
 * PID is a program of it, OFFSET where in the image its head lies (nm). Prints the number of
 * entries.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST = 1000000 };

static uint64_t image_of(const char *pid)
{
	char line[512], path[64];
	uint64_t start = 0;
	FILE *maps;

	snprintf(path, sizeof(path), "/proc/%s/maps", pid);
	maps = fopen(path, "r");
	while (maps && !start && fgets(line, sizeof(line), maps))
		if (strstr(line, "/liblinux-"))
			start = strtoull(line, NULL, 16);
	if (maps)
		fclose(maps);
	return start;
}

int main(int argc, char **argv)
{
	uint64_t image, head, at;
	char path[64];
	int fd, n = 0;

	if (argc != 3) {
		fprintf(stderr, "usage: tasks PID OFFSET\n");
		return 2;
	}
	image = image_of(argv[1]);
	snprintf(path, sizeof(path), "/proc/%s/mem", argv[1]);
	fd = open(path, O_RDONLY);
	if (!image || fd < 0) {
		fprintf(stderr, "tasks: %s has no stack that can be read\n", argv[1]);
		return 1;
	}
	head = at = image + strtoull(argv[2], NULL, 16);
	while (pread(fd, &at, sizeof(at), at) == sizeof(at) && at != head && n < MOST)
		n++;
	printf("%d\n", n);
	return at != head;
}
