// SPDX-License-Identifier: GPL-2.0
/*
 * detached.c - threads that nobody joins; with musl they exit without a stack
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#define THREADS 500

static atomic_int ran;

static void *run(void *unused)
{
	getppid();
	ran++;
	return unused;
}

int main(void)
{
	pthread_attr_t attributes;
	pthread_t thread;
	int i;

	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	for (i = 0; i < THREADS; i++)
		while (pthread_create(&thread, &attributes, run, NULL))
			usleep(100);
	while (ran < THREADS)
		usleep(1000);
	usleep(20000);
	printf("%d\n", ran);
	return 0;
}
