// SPDX-License-Identifier: GPL-2.0
/*
 * execsignal.c - a signal that comes while a process execs is not forgotten
 *
 * Its handler, or after the exec its default action, ends the process; if neither does,
 * what was executed sleeps for long.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS 300

static void handler(int sig)
{
	(void)sig;
	_exit(5);
}

int main(void)
{
	char *argv[] = { "sleep", "5", NULL };
	int i, pid, status, handled = 0, killed = 0;
	struct timespec t = { 0, 0 };

	srand(1);
	signal(SIGUSR1, handler);
	for (i = 0; i < ROUNDS; i++) {
		pid = fork();
		if (!pid) {
			execv("/bin/sleep", argv);
			_exit(1);
		}
		t.tv_nsec = 50000 + rand() % 600000;
		nanosleep(&t, NULL);
		kill(pid, SIGUSR1);
		waitpid(pid, &status, 0);
		handled += WIFEXITED(status) && WEXITSTATUS(status) == 5;
		killed += WIFSIGNALED(status) && WTERMSIG(status) == SIGUSR1;
	}
	printf("%d of %d ended\n", handled + killed, ROUNDS);
	return 0;
}
