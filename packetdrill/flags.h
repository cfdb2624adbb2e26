/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PACKETDRILL_FLAGS_H
#define PACKETDRILL_FLAGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FLAGS_LIST_MAX = 64 };

/**
 * struct flags_list - a flag that may be given several times
 * @n: how many
 * @text: in the order given
 */
struct flags_list {
	int n;
	const char *text[FLAGS_LIST_MAX];
};

/**
 * struct flags - what --so_flags says, or else the defaults
 * @release, @image: as in struct libos_options
 * @seed: of the stack's randomness; NULL: the library's constant
 * @memory: bytes
 * @mtu: of tun0
 * @limit_ns: how long to wait for what does not come
 * @plain: sysctls as the kernel has them
 * @local, @remote: addresses and prefixes; none: those of packetdrill
 * @sysctl: KEY=VALUE
 * @configure: commands of libos_configure()
 * @text: what all of these point into
 */
struct flags {
	const char *release, *image, *seed, *mtu;
	size_t memory;
	uint64_t limit_ns;
	bool plain;
	struct flags_list local, remote, sysctl, configure;
	char *text;
};

/*
 * Reads @text, which may be NULL. Returns NULL, or the sentence that says what is wrong
 * with it: the caller's to free.
 */
char *flags_read(struct flags *flags, const char *text);

void flags_free(struct flags *flags);

#endif
