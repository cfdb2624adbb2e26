// SPDX-License-Identifier: GPL-2.0
/*
 * memory.c - pages and locks
 */
#include <linux/mman.h>
#include <linux/futex.h>
#include "trap.h"

void *trap_pages(size_t bytes)
{
	long p = host_6(__NR_mmap, 0, bytes, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return host_failed(p) ? NULL : (void *)p;
}

void trap_pages_free(void *pages, size_t bytes)
{
	host_2(__NR_munmap, pages, bytes);
}

/* 0 free, 1 taken, 2 taken and somebody sleeps */
void trap_lock(struct trap_lock *lock)
{
	unsigned int was = 0;

	if (__atomic_compare_exchange_n(&lock->word, &was, 1, 0, __ATOMIC_ACQUIRE,
					__ATOMIC_RELAXED))
		return;
	while (__atomic_exchange_n(&lock->word, 2, __ATOMIC_ACQUIRE))
		host_4(__NR_futex, &lock->word, FUTEX_WAIT_PRIVATE, 2, 0);
}

void trap_unlock(struct trap_lock *lock)
{
	if (__atomic_exchange_n(&lock->word, 0, __ATOMIC_RELEASE) == 2)
		host_3(__NR_futex, &lock->word, FUTEX_WAKE_PRIVATE, 1);
}
