// SPDX-License-Identifier: GPL-2.0
/*
 * isolate.c - an isolated program that means harm: the tool of isolate.sh
 *
 *	isolate maps		tells what of the stack is mapped here
 *	isolate SEED		makes calls while it writes nonsense over all channels, until
 *				it is killed; "ready" when it begins
 */
#define _GNU_SOURCE
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int maps(void)
{
	FILE *f = fopen("/proc/self/maps", "r");
	int stack = 0, channels = 0;
	char line[512];

	while (f && fgets(line, sizeof(line), f)) {
		stack += strstr(line, "memfd:libos") || strstr(line, "liblinux-");
		channels += strstr(line, "memfd:nuse-channels") != NULL;
	}
	printf("%d of the stack, %d of channels\n", stack, channels);
	return !f;
}

static void find(unsigned long *begin, unsigned long *end)
{
	FILE *f = fopen("/proc/self/maps", "r");
	char line[512];

	while (f && fgets(line, sizeof(line), f))
		if (strstr(line, "memfd:nuse-channels"))
			sscanf(line, "%lx-%lx", begin, end);
	if (f)
		fclose(f);
}

static void shrink(void)
{
	char path[64], name[128];
	int i;

	for (i = 0; i < 1 << 16; i++) {
		ssize_t n;

		snprintf(path, sizeof(path), "/proc/self/fd/%d", i);
		n = readlink(path, name, sizeof(name) - 1);
		if (n > 0 && (name[n] = 0, strstr(name, "nuse-channels")) && !truncate(path, 0))
			puts("shrunk");
	}
}

static void *calls(void *arg)
{
	for (;;) {
		int fd = socket(AF_INET, SOCK_DGRAM, 0), value;
		socklen_t size = sizeof(value);

		getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &value, &size);
		close(fd);
	}
	return arg;
}

int main(int argc, char **argv)
{
	unsigned long begin = 0, end = 0;
	pthread_t thread;
	int i;

	if (argc != 2)
		return 2;
	if (!strcmp(argv[1], "maps"))
		return maps();
	srandom(atoi(argv[1]));
	close(socket(AF_INET, SOCK_DGRAM, 0));
	find(&begin, &end);
	if (!begin)
		return 1;
	/* To be cut off under the owner */
	shrink();
	for (i = 0; i < 3; i++)
		pthread_create(&thread, NULL, calls, NULL);
	puts("ready");
	fflush(stdout);
	for (;;) {
		unsigned int value = random();
		volatile unsigned int *at;

		/* Small numbers are states, calls and descriptors. */
		if (random() % 4)
			value %= 400;
		/* Most of it in the first channels, which threads have */
		at = (void *)(begin + random() % (random() % 2 ? 1024 : end - begin) / 4 * 4);
		*at = random() % 2 ? value & 3 : value;
	}
}
