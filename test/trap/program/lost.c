// SPDX-License-Identifier: GPL-2.0
/*
 * lost.c - no signal is lost between the last look and the sleep
 *
 * The only one who wakes the thread is its own signal handler, at a random moment shortly
 * before or after it falls asleep in the library. A lost one is a hang.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>
#include "probe.h"

#define ROUNDS 20000

static volatile unsigned int word;

static void handler(int sig)
{
	(void)sig;
	word++;
}

int main(void)
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = SA_RESTART };
	struct itimerval once = { { 0, 0 }, { 0, 0 } };
	unsigned int before, i;

	sigaction(SIGALRM, &action, NULL);
	srand(1);
	for (i = 0; i < ROUNDS; i++) {
		before = word;
		once.it_value.tv_usec = 1 + rand() % 20;
		setitimer(ITIMER_REAL, &once, NULL);
		if (syscall(PROBE_WAIT, &word, before) != before + 1) {
			printf("round %u: woken for nothing\n", i);
			return 1;
		}
	}
	printf("%d rounds\n", ROUNDS);
	return 0;
}
