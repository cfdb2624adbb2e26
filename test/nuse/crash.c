// SPDX-License-Identifier: GPL-2.0
/*
 * crash.c - the stack dies under its programs: the tool of crash.sh
 *
 *	crash wait	sleeps in a call; says what that, and one after it, come back with
 *	crash now	makes the kernel panic; the same
 *	crash wild F O	spoils the pointer to the function at F in the object at O, offsets in the
 *			image, and has the kernel call it; the same
 *	crash busy	is in a call most of the time
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <unistd.h>

static void say(const char *what, long ret)
{
	printf("%s: %s\n", what, ret < 0 ? strerror(errno) : "done");
	fflush(stdout);
}

/* From a directory of the stack's: its /proc has more than names that are routed there. */
static long panic_now(void)
{
	int dir = open("/proc/net", O_RDONLY | O_DIRECTORY);
	int fd = openat(dir, "../../sysrq-trigger", O_WRONLY);

	return fd < 0 ? fd : write(fd, "c", 1);
}

/* Where the stack's code is mapped here. */
static unsigned long image_base(void)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	unsigned long start, offset;
	char line[512];

	while (maps && fgets(line, sizeof(line), maps))
		if (strstr(line, "/liblinux-") &&
		    sscanf(line, "%lx-%*x %*s %lx", &start, &offset) == 2 && !offset)
			return start;
	return 0;
}

/* net/ipv4/tcp_ipv4.c: the pointer is among the first of them. */
static long call_nowhere(const char *function, const char *object)
{
	unsigned long base = image_base(), *p = (void *)(base + strtoul(object, NULL, 16));
	unsigned long old = base + strtoul(function, NULL, 16);
	int fd = socket(AF_INET, SOCK_STREAM, 0), value, i;

	if (!base || ioctl(fd, SIOCOUTQ, &value))
		return -1;
	for (i = 0; i < 32; i++)
		if (p[i] == old)
			p[i] = 0x18;
	return ioctl(fd, SIOCOUTQ, &value);
}

static long wait_for_datagram(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	char buf[8];

	puts("ready");
	fflush(stdout);
	return recv(fd, buf, sizeof(buf), 0);
}

static int busy(void)
{
	int fd = open("/proc/net/dev", O_RDONLY);
	char text[4096];

	puts("ready");
	fflush(stdout);
	while (pread(fd, text, sizeof(text), 0) > 0)
		;
	return 1;
}

int main(int argc, char **argv)
{
	int now = argc == 2 && !strcmp(argv[1], "now");

	if (argc == 2 && !strcmp(argv[1], "busy"))
		return busy();
	if (argc == 4 && !strcmp(argv[1], "wild"))
		say("call", call_nowhere(argv[2], argv[3]));
	else
		say("call", now ? panic_now() : wait_for_datagram());
	say("next", socket(AF_INET, SOCK_DGRAM, 0));
	return 0;
}
