// SPDX-License-Identifier: GPL-2.0
/*
 * pidns.c - the owner's number of a process in a pid namespace of its own
 *
 * The owner hears of a death by the number that a process has where the owner is, which one in
 * a pid namespace does not know: those that it sees are that namespace's. So whoever makes such
 * a namespace, or enters one, keeps the /proc that it had, open and hidden, and hands it on to
 * children and through exec. "self" in there is the number that the owner knows.
 */
#include <linux/fcntl.h>

#include "attached.h"

#define LINK_SIZE 64
#define O_PATH 010000000

/* The number that the link @name in the /proc of before ends with or names; 0: none */
static unsigned long number(long proc, const char *name)
{
	char text[LINK_SIZE];
	const char *at = text;
	long n = host_4(__NR_readlinkat, proc, name, text, sizeof(text) - 1);

	if (n <= 0)
		return 0;
	text[n] = 0;
	while (*at && (*at < '0' || *at > '9'))
		at++;
	return trap_number(at, NULL, 10);
}

/* Children are about to be in another pid namespace, or may be. */
void pidns_keep(void)
{
	long proc;

	if (attachment.channels || attachment.fd[OWN_PROC] >= 0)
		return;
	proc = host_4(__NR_openat, HOST_AT_FDCWD, "/proc", O_PATH | HOST_O_CLOEXEC, 0);
	if (proc < 0)
		return;
	if (number(proc, "self") != (unsigned long)host_0(__NR_getpid)) {
		host_1(__NR_close, proc);
		return;
	}
	proc = file_hide_own(proc);
	if (proc < 0)
		return;
	attachment.fd[OWN_PROC] = proc;
}

/* Would a child be in another pid namespace than this process? If nobody is there yet there is no link. */
int pidns_is_ahead(void)
{
	long proc = attachment.fd[OWN_PROC];

	return proc >= 0 && number(proc, "self/ns/pid") != number(proc, "self/ns/pid_for_children");
}

/* In the child of a fork: returns the owner's number of it. */
int pidns_forked(void)
{
	int own = host_0(__NR_getpid), outer;

	attachment.slot->inner = 0;
	attachment.pidns = 0;
	if (attachment.fd[OWN_PROC] < 0)
		return own;
	outer = number(attachment.fd[OWN_PROC], "self");
	if (!outer || outer == own)
		return own;
	attachment.pidns = number(attachment.fd[OWN_PROC], "self/ns/pid");
	attachment.slot->pidns = attachment.pidns;
	attachment.slot->inner = own;
	return outer;
}
