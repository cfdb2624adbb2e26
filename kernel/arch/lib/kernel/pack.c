// SPDX-License-Identifier: GPL-2.0
/*
 * pack.c - a table of sysctls as its difference to the one it was copied from
 *
 * A namespace copies its subsystems' tables, and in each entry points where its own values
 * are: always by the same distance, or to the same place. Some become read-only. So four of the
 * eight words of an entry may differ, and a byte says how.
 */
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/sysctl.h>

#include "lib.h"

static_assert(offsetof(struct ctl_table, mode) / 8 == offsetof(struct ctl_table, maxlen) / 8);

#define WORDS 4
static const u8 words[WORDS] = {
	offsetof(struct ctl_table, data),
	offsetof(struct ctl_table, maxlen),	/* and the mode */
	offsetof(struct ctl_table, extra1),
	offsetof(struct ctl_table, extra2),
};

/* What has become of a word, two bits each */
enum how {
	SAME,
	MOVED,		/* by as much as the last that was WRITTEN in an entry before */
	AGAIN,		/* it is what that became */
	WRITTEN,	/* it follows */
};

struct last {
	u64 distance, value;
};

/* Its @i'th */
static u64 *word(const struct ctl_table *entry, int i)
{
	return (u64 *)((char *)entry + words[i]);
}

/*
 * lib_pack() - @n entries of @table, a copy of @from, to @to
 * Returns how many bytes it takes, 0 if there is not @room or something else differs.
 */
size_t lib_pack(const struct ctl_table *table, const struct ctl_table *from, size_t n,
		u8 *to, size_t room)
{
	struct last last[WORDS] = { };
	struct ctl_table same;
	size_t size = 0;

	for (; n; n--, table++, from++) {
		u8 *how = to + size++;
		int i;

		if (size + WORDS * sizeof(u64) > room)
			return 0;
		*how = 0;
		memcpy(&same, table, sizeof(same));
		for (i = 0; i < WORDS; i++) {
			u64 was = *word(from, i), is = *word(table, i);

			*word(&same, i) = was;
			if (is == was)
				continue;
			if (is - was == last[i].distance) {
				*how |= MOVED << 2 * i;
			} else if (is == last[i].value) {
				*how |= AGAIN << 2 * i;
			} else {
				*how |= WRITTEN << 2 * i;
				memcpy(to + size, &is, sizeof(is));
				size += sizeof(is);
				last[i] = (struct last){ is - was, is };
			}
		}
		if (memcmp(&same, from, sizeof(same)))
			return 0;
	}
	return size;
}

/* lib_unpack() - the @n entries of @table again */
void lib_unpack(struct ctl_table *table, const struct ctl_table *from, size_t n, const u8 *packed)
{
	struct last last[WORDS] = { };

	memcpy(table, from, n * sizeof(*table));
	for (; n; n--, table++) {
		u8 how = *packed++;
		int i;

		for (i = 0; i < WORDS; i++) {
			u64 *at = word(table, i), is;

			switch (how >> 2 * i & 3) {
			case MOVED:
				*at += last[i].distance;
				break;
			case AGAIN:
				*at = last[i].value;
				break;
			case WRITTEN:
				memcpy(&is, packed, sizeof(is));
				packed += sizeof(is);
				last[i] = (struct last){ is - *at, is };
				*at = is;
			}
		}
	}
}
