// SPDX-License-Identifier: GPL-2.0
/*
 * configure_command.c - reading a command of libos_configure() word by word
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if.h>
#include <linux/rtnetlink.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libos.h>

#include "configure_command.h"
#include "error.h"

int command_fail(const struct command *c, int error, const char *format, ...)
{
	int shown = c->len > 100 ? 100 : c->len;
	char why[256];
	va_list args;

	va_start(args, format);
	vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	libos_error_set("\"%.*s%s\": %s", shown, c->text, c->len > 100 ? "…" : "", why);
	return -error;
}

static const char *mend(int error)
{
	static const struct {
		int error;
		const char *text;
	} mends[] = {
		{ EEXIST, "it is there already: del it first, or use replace" },
		{ ENODEV, "add the link first" },
		{ EPERM, "the task needs CAP_NET_ADMIN in its namespace" },
		{ ENETUNREACH, "give the gateway's network an address, its device up" },
		{ EHOSTUNREACH, "the gateway must be on a connected network" },
		{ ENETDOWN, "set the device up first" },
		{ ESRCH, "there is none like it: compare with what was added" },
		{ ENOENT, "there is none like it: compare with what was added" },
		{ EADDRNOTAVAIL, "the device has no such address" },
		{ EOPNOTSUPP, "the kernel image has it not: see kernel/config" },
		{ EBUSY, "set it down or take it out of its master first" },
		{ EMSGSIZE, "too many options: use several commands" },
		{ EBADF, "netns takes an open descriptor of the stack" },
	};

	for (size_t i = 0; i < sizeof(mends) / sizeof(mends[0]); i++)
		if (mends[i].error == error)
			return mends[i].text;
	return "check the values";
}

int command_refused(const struct command *c, int error)
{
	const char *reason = c->nl->reason;

	return command_fail(c, -error, "%s%s%s; %s", strerror(-error),
			    *reason ? ": " : "", reason, mend(-error));
}

int command_call(struct command *c, struct netlink_request *req)
{
	int error = netlink_call(c->nl, req, NULL, NULL);

	return error ? command_refused(c, error) : 0;
}

const char *command_peek(const struct command *c)
{
	return c->at < c->words ? c->word[c->at] : NULL;
}

bool command_accept(struct command *c, const char *word)
{
	const char *next = command_peek(c);

	if (!next || strcmp(next, word))
		return false;
	c->at++;
	return true;
}

int command_take(struct command *c, const char *what, const char **word)
{
	*word = command_peek(c);
	if (!*word) {
		if (!c->at)
			return command_fail(c, EINVAL, "an empty command");
		return command_fail(c, EINVAL, "ends after \"%s\"; %s must follow",
				    c->word[c->at - 1], what);
	}
	c->at++;
	return 0;
}

int command_unknown(const struct command *c, const char *known)
{
	return command_fail(c, EINVAL, "\"%s\" is not known here; one of: %s",
			    command_peek(c), known);
}

bool number_parse(const char *word, unsigned long min, unsigned long max,
		  unsigned long *value)
{
	char *end;

	if (*word < '0' || *word > '9')
		return false;
	errno = 0;
	*value = strtoul(word, &end, 0);
	return !*end && !errno && *value >= min && *value <= max;
}

int command_take_number(struct command *c, const char *what, unsigned long min,
			unsigned long max, unsigned long *value)
{
	const char *word;
	int error;

	error = command_take(c, "a number", &word);
	if (error)
		return error;
	if (!number_parse(word, min, max, value))
		return command_fail(c, EINVAL,
				    "%s \"%s\" is not a number from %lu to %lu", what,
				    word, min, max);
	return 0;
}

int command_take_switch(struct command *c, bool *on)
{
	const char *word;
	int error;

	error = command_take(c, "on or off", &word);
	if (error)
		return error;
	*on = !strcmp(word, "on");
	if (!*on && strcmp(word, "off"))
		return command_fail(c, EINVAL, "\"%s\" is neither on nor off", word);
	return 0;
}

int command_take_mac(struct command *c, uint8_t mac[6])
{
	const char *word;
	int error, end = 0;

	error = command_take(c, "a MAC address", &word);
	if (error)
		return error;
	if (sscanf(word, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%n", &mac[0], &mac[1],
		   &mac[2], &mac[3], &mac[4], &mac[5], &end) != 6 ||
	    word[end])
		return command_fail(
			c, EINVAL,
			"\"%s\" is no MAC address; write it as 02:00:00:00:00:01",
			word);
	return 0;
}

int command_take_name(struct command *c, const char **name)
{
	int error;

	error = command_take(c, "an interface name", name);
	if (error)
		return error;
	if (!**name || strlen(*name) >= IFNAMSIZ || strchr(*name, '/'))
		return command_fail(
			c, EINVAL,
			"\"%s\" is no interface name; 1 to %d characters without '/'",
			*name, IFNAMSIZ - 1);
	return 0;
}

static int link_reply(const struct nlmsghdr *message, void *arg)
{
	const struct ifinfomsg *info = NLMSG_DATA(message);
	struct link *link = arg;

	link->index = info->ifi_index;
	link->flags = info->ifi_flags;
	return 0;
}

int command_take_link(struct command *c, struct link *link)
{
	struct ifinfomsg any = { 0 };
	struct netlink_request req;
	const char *name;
	int error;

	error = command_take_name(c, &name);
	if (error)
		return error;
	netlink_request_init(&req, RTM_GETLINK, 0, &any, sizeof(any));
	netlink_put_string(&req, IFLA_IFNAME, name);
	error = netlink_call(c->nl, &req, link_reply, link);
	if (error == -ENODEV)
		return command_fail(
			c, ENODEV,
			"there is no device \"%s\" in this namespace; add it first",
			name);
	return error ? command_refused(c, error) : 0;
}

/* Return: whether @text is an address of @family, or of any for AF_UNSPEC. */
static bool to_address(const char *text, int family, struct address *a)
{
	if (family != AF_INET6 && inet_pton(AF_INET, text, a->bytes) == 1) {
		a->family = AF_INET;
		a->len = 4;
	} else if (family != AF_INET && inet_pton(AF_INET6, text, a->bytes) == 1) {
		a->family = AF_INET6;
		a->len = 16;
	} else {
		return false;
	}
	a->prefix = a->len * 8;
	return true;
}

static const char *family_name(int family)
{
	return family == AF_INET ? "IPv4" : family == AF_INET6 ? "IPv6" : "IP";
}

int command_take_address(struct command *c, int family, struct address *a)
{
	const char *word;
	int error;

	error = command_take(c, "an address", &word);
	if (error)
		return error;
	if (!to_address(word, family, a))
		return command_fail(c, EINVAL, "\"%s\" is no %s address", word,
				    family_name(family));
	return 0;
}

int command_take_prefix(struct command *c, int family, struct address *a)
{
	char text[INET6_ADDRSTRLEN];
	unsigned long prefix;
	const char *word, *slash;
	int error;

	error = command_take(c, "a prefix", &word);
	if (error)
		return error;
	if (!strcmp(word, "default")) {
		*a = (struct address){ .family = family };
		return 0;
	}
	slash = strchrnul(word, '/');
	snprintf(text, sizeof(text), "%.*s", (int)(slash - word), word);
	if (!to_address(text, family, a))
		return command_fail(c, EINVAL,
				    "\"%s\" is no %s address; ADDRESS/PREFIX is", text,
				    family_name(family));
	if (!*slash)
		return 0;
	if (!number_parse(slash + 1, 0, a->len * 8, &prefix))
		return command_fail(c, EINVAL,
				    "prefix length \"%s\" is not a number from 0 to %u",
				    slash + 1, a->len * 8);
	a->prefix = prefix;
	return 0;
}

void address_put(struct netlink_request *req, uint16_t attr, const struct address *a)
{
	netlink_put(req, attr, a->bytes, a->len);
}

const struct choice *command_accept_choice(struct command *c,
					   const struct choice *choices)
{
	for (; choices->word; choices++)
		if (command_accept(c, choices->word))
			return choices;
	return NULL;
}
