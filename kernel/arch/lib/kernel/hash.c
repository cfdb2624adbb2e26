// SPDX-License-Identifier: GPL-2.0
/*
 * hash.c - hash tables that grow by themselves begin small
 *
 * Each network namespace has a dozen; those of ILA and TIPC begin with 2048 and 256 buckets,
 * and where nothing is said it is 64. Most stay empty.
 */
#include <linux/minmax.h>
#include <linux/rhashtable.h>
#include <linux/version.h>

#define FEW		6	/* for these there are 8 buckets */
#define MANY		1024	/* who asks for more knows why */

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 10, 0)
#define REAL __real_rhashtable_init_noprof
#define WRAP __wrap_rhashtable_init_noprof
#else
#define REAL __real_rhashtable_init
#define WRAP __wrap_rhashtable_init
#endif

int REAL(struct rhashtable *table, const struct rhashtable_params *params);
int WRAP(struct rhashtable *table, const struct rhashtable_params *params);

int WRAP(struct rhashtable *table, const struct rhashtable_params *params)
{
	struct rhashtable_params few = *params;

	if (few.nelem_hint <= MANY && few.min_size <= MANY) {
		few.nelem_hint = min_t(u16, few.nelem_hint ?: FEW, FEW);
		few.min_size = min_t(u16, few.min_size, FEW);
	}
	return REAL(table, &few);
}
