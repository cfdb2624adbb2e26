// SPDX-License-Identifier: GPL-2.0
/*
 * jump.c - siglongjmp() out of a handler that interrupted a sleeping call
 *
 * Thousands of times: whatever a call leaves behind then, it would run out.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include <poll.h>

static sigjmp_buf back;
static volatile int jumps;

static void handler(int sig)
{
	(void)sig;
	jumps++;
	siglongjmp(back, 1);
}

int main(void)
{
	struct itimerval tick = { { 0, 300 }, { 0, 300 } }, none = { { 0, 0 }, { 0, 0 } };
	struct pollfd in;
	int pair[2];
	char c;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
		return 1;
	in = (struct pollfd){ pair[0], POLLIN, 0 };
	signal(SIGALRM, handler);
	setitimer(ITIMER_REAL, &tick, NULL);
	sigsetjmp(back, 1);
	if (jumps < 2000)
		read(pair[0], &c, 1);
	else if (jumps < 4000)
		poll(&in, 1, -1);
	else if (jumps < 6000)
		for (;;)
			getppid();
	else if (jumps < 8000)
		pause();
	setitimer(ITIMER_REAL, &none, NULL);
	if (write(pair[1], "x", 1) != 1 || read(pair[0], &c, 1) != 1)
		return 1;
	printf("%d jumps or more, then %c\n", 8000, c);
	return 0;
}
