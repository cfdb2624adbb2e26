// SPDX-License-Identifier: GPL-2.0
/*
 * run_passt.c - passt(1) as an ordinary user runs it, in a namespace of the test's
 *
 * The namespace has the address NETNS_HOST and a default route that leads nowhere; so has
 * passt's guest.
 */
#include "run_passt.h"

#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netns.h"

enum { NOBODY = 65534 };

pid_t run_passt_pid;
static bool from_root;	/* and not of a user namespace only */

/* Enters the namespace, or skips the test. */
void run_passt_enter(void)
{
	if (!netns_try("command -v passt >/dev/null"))
		skip_all("passt is not installed");
	from_root = !geteuid();
	netns_enter_veth();
	netns_run("ip route add default via 10.9.0.254 dev v1");
}

static void become_passt(int fd, const char *option, const char *value)
{
	int null = open("/dev/null", O_RDWR);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(fd, 3);
	fcntl(3, F_SETFD, 0);
	dup2(null, 0);
	dup2(null, 1);
	dup2(null, 2);
	if (from_root && (setgroups(0, NULL) || setgid(NOBODY) || setuid(NOBODY)))
		_exit(126);
	execlp("passt", "passt", "--foreground", "--quiet", "--ipv4-only", "--fd", "3",
	       option, value, NULL);
	_exit(127);
}

/* Return: the guest's end of its socket, or -1. */
int run_passt(const char *option, const char *value)
{
	int fd[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd))
		return -1;
	run_passt_pid = fork();
	if (!run_passt_pid)
		become_passt(fd[1], option, value);
	close(fd[1]);
	return run_passt_pid < 0 ? -1 : fd[0];
}

/* Return: 0 or -1. */
int run_passt_end(void)
{
	kill(run_passt_pid, SIGKILL);
	return waitpid(run_passt_pid, NULL, 0) == run_passt_pid ? 0 : -1;
}
