// SPDX-License-Identifier: GPL-2.0
/*
 * race.c - threads meet at sites that are being rewritten
 *
 * A file of 3000 little functions, each with a site of its own, of three forms, mapped as
 * a library's text is. Four threads call them, each in another order.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SITES 3000
#define SIZE 48
#define THREADS 4

static char *text;
static int wrong;
static long expected;

/* mov $110, %eax; syscall; ret */
static const unsigned char mov[] = { 0xb8, 110, 0, 0, 0, 0x0f, 0x05, 0xc3 };
/* mov $110, %rax; syscall; ret */
static const unsigned char movq[] = { 0x48, 0xc7, 0xc0, 110, 0, 0, 0, 0x0f, 0x05, 0xc3 };
/* xor %eax, %eax; mov $110, %al; syscall; cmp $1, %rax; ret; padding */
static const unsigned char pad[] = { 0x31, 0xc0, 0xb0, 110, 0x0f, 0x05, 0x48, 0x83, 0xf8, 1, 0xc3 };
/* xor %eax, %eax; mov $110, %al; mov $110, %r8d; syscall; 0 if r8d is not 110; ret.
 * The mov looks like one to eax but for its first byte. */
static const unsigned char like[] = { 0x31, 0xc0, 0xb0, 110, 0x41, 0xb8, 110, 0, 0, 0, 0x0f,
				      0x05, 0x41, 0x83, 0xf8, 110, 0x74, 2, 0x31, 0xc0, 0xc3 };

static void make(int fd)
{
	unsigned char site[SIZE];
	int i, n, at;

	for (i = 0; i < SITES; i++) {
		memset(site, 0xcc, sizeof(site));
		at = i % 3 ? i / 3 % 7 : 0;	/* offsets: some cross a cache line */
		if (i % 30 == 0) {
			memcpy(site, like, sizeof(like));
		} else if (i % 30 == 15) {	/* no padding, but a function that is called */
			memcpy(site, pad, sizeof(pad));
			memcpy(site + sizeof(pad), mov, sizeof(mov));
		} else if (i % 3 == 0) {
			memcpy(site, pad, n = sizeof(pad));
			memset(site + n, 0x90, 16 - n);
		} else if (i % 3 == 1) {
			memset(site, 0x90, at);
			memcpy(site + at, mov, sizeof(mov));
		} else {
			memset(site, 0x90, at);
			memcpy(site + at, movq, sizeof(movq));
		}
		if (write(fd, site, SIZE) != SIZE)
			exit(1);
	}
}

static long call(long at)
{
	return ((long (*)(void))(text + at))();
}

static void *visit(void *number)
{
	static const int steps[] = { 1, 7, 1009, 2999 };
	int i, round, at;

	for (round = 0; round < 8; round++)
		for (i = 0, at = 0; i < SITES; i++, at = (at + steps[(long)number]) % SITES)
			if (call(at * SIZE) != expected ||
			    (at % 30 == 15 && call(at * SIZE + sizeof(pad)) != expected))
				__atomic_add_fetch(&wrong, 1, __ATOMIC_RELAXED);
	return NULL;
}

int main(void)
{
	char name[] = "/tmp/raceXXXXXX";
	pthread_t threads[THREADS];
	long i, repeat;
	int fd = mkstemp(name);

	unlink(name);
	expected = getppid();
	make(fd);
	for (repeat = 0; repeat < 3; repeat++) {
		text = mmap(NULL, SITES * SIZE, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
		for (i = 0; i < THREADS; i++)
			pthread_create(&threads[i], NULL, visit, (void *)i);
		for (i = 0; i < THREADS; i++)
			pthread_join(threads[i], NULL);
		/* Left mapped: another text comes somewhere else */
	}
	printf("%d wrong\n", wrong);
	return 0;
}
