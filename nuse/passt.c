// SPDX-License-Identifier: GPL-2.0
/*
 * passt.c - passt(1), which gives a stack the host's network without privilege
 *
 * It gets one end of a socket pair and ends when the other one, which only the owner
 * of the stack has, is closed: however the owner ends. Started by root it becomes
 * nobody by itself. No port of the host leads to the stack.
 */
#define _GNU_SOURCE
#include "passt.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "error.h"
#include "net.h"
#include "program.h"

/* Said at every start that has no syslog, or by root. */
static const char *const noise[] = { "Failed to send", "Don't run as root" };

bool passt_installed(void)
{
	char path[PATH_MAX];

	return !program_find("passt", path, sizeof(path));
}

/* Between fork() and exec: no locks, no memory. */
static void become(const char *path, char **argv, int socket, int errors)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (dup2(errors, STDERR_FILENO) < 0 || dup2(socket, 3) < 0 ||
	    (socket == 3 && fcntl(3, F_SETFD, 0)))
		_exit(127);
	close_range(4, ~0u, 0);
	execv(path, argv);
	dprintf(STDERR_FILENO, "cannot be executed: %s\n", strerror(errno));
	_exit(127);
}

int passt_start(struct passt *passt, const struct net_device *device)
{
	char *argv[] = { "passt", "--foreground", "--quiet", "--fd", "3", NULL, NULL,
			 NULL };
	int pair[2] = { -1, -1 }, errors[2] = { -1, -1 }, err;
	char path[PATH_MAX], mtu[12];

	*passt = (struct passt){ .socket = -1, .errors = -1 };
	if (program_find("passt", path, sizeof(path))) {
		libos_error_set("%s: passt is not installed; install it (Debian: apt "
				"install passt), or take tap, packet, none", device->where);
		return -ENOENT;
	}
	if (device->mtu) {
		snprintf(mtu, sizeof(mtu), "%u", device->mtu);
		argv[5] = "--mtu";
		argv[6] = mtu;
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) ||
	    pipe2(errors, O_CLOEXEC | O_NONBLOCK))
		goto err;
	passt->pid = fork();
	if (!passt->pid)
		become(path, argv, pair[1], errors[1]);
	if (passt->pid < 0)
		goto err;
	close(pair[1]);
	close(errors[1]);
	passt->socket = pair[0];
	passt->errors = errors[0];
	return 0;
err:
	err = -errno;
	libos_error_set("%s: cannot start passt: %s", device->where, strerror(errno));
	passt->pid = 0;
	for (int i = 0; i < 2; i++) {
		close(pair[i]);
		close(errors[i]);
	}
	return err;
}

static bool is_noise(const char *line)
{
	for (size_t i = 0; i < sizeof(noise) / sizeof(noise[0]); i++)
		if (!strncmp(line, noise[i], strlen(noise[i])))
			return true;
	return false;
}

void passt_explain(struct passt *passt)
{
	char text[2048], why[160] = "";
	ssize_t length = read(passt->errors, text, sizeof(text) - 1);
	char *rest, *line;
	size_t used = 0;

	text[length > 0 ? length : 0] = '\0';
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		if (!is_noise(line) && used < sizeof(why))
			used += snprintf(why + used, sizeof(why) - used, "%s%s",
					 used ? ", " : "", line);
	libos_error_set("passt has ended%s%s; mend that, or take another --net (none: no "
			"network)", *why ? ": " : "", why);
}

void passt_stop(struct passt *passt)
{
	if (passt->socket >= 0)
		close(passt->socket);
	if (passt->errors >= 0)
		close(passt->errors);
	if (passt->pid > 0) {
		kill(passt->pid, SIGTERM);
		waitpid(passt->pid, NULL, 0);
	}
	*passt = (struct passt){ .socket = -1, .errors = -1 };
}
