// SPDX-License-Identifier: GPL-2.0
/*
 * threads.c - several threads make threads at once
 *
 * Each new one takes what a former one had, and must be the only one that does: else two
 * run with the same registers, thus on one stack.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>

#define MAKERS 4
#define ROUNDS 1500
#define AT_ONCE 4

static _Atomic int ran[MAKERS][ROUNDS][AT_ONCE];

static void *run(void *counter)
{
	++*(_Atomic int *)counter;
	return NULL;
}

static void *make(void *maker)
{
	_Atomic int (*mine)[AT_ONCE] = ran[(long)maker];
	pthread_t thread[AT_ONCE];
	int i, k;

	for (i = 0; i < ROUNDS; i++) {
		for (k = 0; k < AT_ONCE; k++)
			if (pthread_create(&thread[k], NULL, run, (void *)&mine[i][k]))
				return NULL;
		for (k = 0; k < AT_ONCE; k++)
			pthread_join(thread[k], NULL);
	}
	return NULL;
}

int main(void)
{
	pthread_t thread[MAKERS];
	int wrong = 0, i, k, n;
	long m;

	for (m = 0; m < MAKERS; m++)
		pthread_create(&thread[m], NULL, make, (void *)m);
	for (m = 0; m < MAKERS; m++)
		pthread_join(thread[m], NULL);
	for (n = 0; n < MAKERS; n++)
		for (i = 0; i < ROUNDS; i++)
			for (k = 0; k < AT_ONCE; k++)
				wrong += ran[n][i][k] != 1;
	printf("%d of %d did not run once\n", wrong, MAKERS * ROUNDS * AT_ONCE);
	return wrong != 0;
}
