/* SPDX-License-Identifier: GPL-2.0 */
/*
 * configure_command.h - a command of libos_configure() being read
 *
 * Functions return 0 or -errno, and have then set libos_error()'s sentence.
 */
#ifndef HOST_CONFIGURE_COMMAND_H
#define HOST_CONFIGURE_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netlink.h"

enum { WORDS_MAX = 64, COMMAND_MAX = 1024 };

/**
 * struct command - a command being read
 * @nl: to the stack's rtnetlink
 * @text: the command, for messages
 * @len: its length
 * @space: a copy, cut into words
 * @word, @words: the words
 * @at: the next to be read
 * @family: AF_INET or AF_INET6 after -4 or -6, else AF_UNSPEC
 */
struct command {
	struct netlink *nl;
	const char *text;
	size_t len;
	char space[COMMAND_MAX];
	const char *word[WORDS_MAX];
	int words;
	int at;
	int family;
};

/**
 * struct address - an IPv4 or IPv6 address, or a prefix
 * @family: AF_INET or AF_INET6
 * @len: 4 or 16
 * @prefix: prefix length, @len * 8 where none was given
 */
struct address {
	int family;
	unsigned int len;
	unsigned int prefix;
	uint8_t bytes[16];
};

/* struct link - a device as the kernel knows it; @flags: IFF_… */
struct link {
	unsigned int index;
	unsigned int flags;
};

/* struct choice - a word and what it stands for; a table ends with word NULL */
struct choice {
	const char *word;
	unsigned long value;
};

/* ------------------------------------------------------------------ *
 * Failing
 */

/* Sets the sentence: the command, then why and the mend. Return: -@error. */
int command_fail(const struct command *c, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The next word is not one of @known. Return: -EINVAL. */
int command_unknown(const struct command *c, const char *known);

/* The kernel's answer to the command is @error, a -errno. Return: @error. */
int command_refused(const struct command *c, int error);

/* Hands @req to the kernel and waits for its answer. */
int command_call(struct command *c, struct netlink_request *req);

/* ------------------------------------------------------------------ *
 * Words
 */

/* The next word, or NULL at the end. */
const char *command_peek(const struct command *c);

/* Whether the next word is @word; it is then read. */
bool command_accept(struct command *c, const char *word);

/* The choice named by the next word, which is read; NULL: none of them. */
const struct choice *command_accept_choice(struct command *c,
					   const struct choice *choices);

/* Each reads a word; it fails at the end of the command, or where it is not one. */
int command_take(struct command *c, const char *what, const char **word);
int command_take_number(struct command *c, const char *what, unsigned long min,
			unsigned long max, unsigned long *value);
int command_take_switch(struct command *c, bool *on);
int command_take_mac(struct command *c, uint8_t mac[6]);
int command_take_name(struct command *c, const char **name);

/* A device that must exist; asks the kernel. */
int command_take_link(struct command *c, struct link *link);

/* @family: which must be meant; AF_UNSPEC: any */
int command_take_address(struct command *c, int family, struct address *a);

/* ADDRESS[/PREFIX]; "default" gives len and prefix 0 and @family as it is. */
int command_take_prefix(struct command *c, int family, struct address *a);

/* Whether @word is a number from @min to @max, decimal or 0x…. */
bool number_parse(const char *word, unsigned long min, unsigned long max,
		  unsigned long *value);

void address_put(struct netlink_request *req, uint16_t attr, const struct address *a);

#endif
