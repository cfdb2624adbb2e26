// SPDX-License-Identifier: GPL-2.0
/*
 * netns.c - a network namespace of the host for a test, gone when the test is
 *
 * Nothing in it leads outside. Needs ip(8), of Debian's iproute2.
 */
#define _GNU_SOURCE 1
#include "netns.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Says in TAP that nothing was tested, and why. */
void skip_all(const char *format, ...)
{
	va_list ap;

	printf("1..0 # SKIP ");
	va_start(ap, format);
	vprintf(format, ap);
	va_end(ap);
	printf("\n");
	exit(77);
}

static bool put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool good = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return good;
}

/* A user who is nobody special is root in a user namespace (user_namespaces(7)). */
static bool enter_unprivileged(void)
{
	char map[64];
	uid_t uid = geteuid();
	gid_t gid = getegid();

	if (unshare(CLONE_NEWUSER | CLONE_NEWNET))
		return false;
	snprintf(map, sizeof(map), "0 %u 1", uid);
	if (!put("/proc/self/uid_map", map) || !put("/proc/self/setgroups", "deny"))
		return false;
	snprintf(map, sizeof(map), "0 %u 1", gid);
	return put("/proc/self/gid_map", map);
}

/* Enters a new namespace, or skips the test. IPv6 is off: it would chatter. */
void netns_enter(void)
{
	bool entered = geteuid() ? enter_unprivileged() : !unshare(CLONE_NEWNET);

	if (!entered)
		skip_all("no network namespace: %s", strerror(errno));
	put("/proc/sys/net/ipv6/conf/all/disable_ipv6", "1");
	put("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
	netns_run("ip link set lo up");
}

/*
 * Enters one that has a veth pair, v0 and v1, both up. v1 is the host's: its address is
 * NETNS_HOST. v0 is what a device is made of.
 */
void netns_enter_veth(void)
{
	netns_enter();
	if (!netns_try("ip link add v0 type veth peer name v1 2>/dev/null"))
		skip_all("the host has no veth");
	netns_run("ip link set v0 up && ip link set v1 up && ip addr add " NETNS_HOST
		  "/24 dev v1");
}

/* Enters one in which taps can be made. */
void netns_enter_tap(void)
{
	int fd;

	netns_enter();
	fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		skip_all("/dev/net/tun: %s", strerror(errno));
	close(fd);
}

/* Runs a command that has to succeed. */
void netns_run(const char *format, ...)
{
	char command[256];
	va_list ap;

	va_start(ap, format);
	vsnprintf(command, sizeof(command), format, ap);
	va_end(ap);
	if (system(command)) {
		printf("Bail out! \"%s\" failed\n", command);
		exit(1);
	}
}

bool netns_try(const char *command)
{
	return !system(command);
}
