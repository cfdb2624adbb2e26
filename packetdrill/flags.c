// SPDX-License-Identifier: GPL-2.0
/*
 * flags.c - the words of --so_flags: KEY=VALUE,KEY=VALUE,…
 *
 * A backslash takes away the meaning of the character behind it: sysctls with commas in
 * their values need that.
 */
#define _GNU_SOURCE
#include "flags.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NSEC 1000000000ull

static char *sentence(const char *format, ...)
{
	char *text;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		abort();
	va_end(args);
	return text;
}

/*
 * The item at *@at, with its backslashes gone, in place; *@at is behind it then, and NULL
 * after the last.
 */
static char *next_item(char **at)
{
	char *item = *at, *from = item, *to = item;

	while (*from && *from != ',') {
		if (*from == '\\' && from[1])
			from++;
		*to++ = *from++;
	}
	*at = *from ? from + 1 : NULL;
	*to = '\0';
	return item;
}

static char *take_number(const char *key, const char *value, unsigned long min,
			 unsigned long max, unsigned long *number)
{
	char *end;

	errno = 0;
	*number = strtoul(value, &end, 10);
	if (*value < '0' || *value > '9' || *end || errno || *number < min || *number > max)
		return sentence("flag %s=%s: it takes a number from %lu to %lu", key, value,
				min, max);
	return NULL;
}

static char *take_list(struct flags_list *list, const char *key, const char *value)
{
	if (list->n == FLAGS_LIST_MAX)
		return sentence("flag %s=%s: there are more than %d of them", key, value,
				FLAGS_LIST_MAX);
	list->text[list->n++] = value;
	return NULL;
}

static char *take_defaults(struct flags *f, const char *value)
{
	f->plain = !strcmp(value, "kernel");
	if (!f->plain && strcmp(value, "packetdrill"))
		return sentence("flag defaults=%s: it is packetdrill or kernel", value);
	return NULL;
}

static char *take_memory(struct flags *f, const char *value)
{
	unsigned long n;
	char *error = take_number("memory", value, 16, 65536, &n);

	if (!error)
		f->memory = n << 20;
	return error;
}

static char *take_mtu(struct flags *f, const char *value)
{
	unsigned long n;
	char *error = take_number("mtu", value, 68, 65535, &n);

	if (!error)
		f->mtu = value;
	return error;
}

static char *take_limit(struct flags *f, const char *value)
{
	unsigned long n;
	char *error = take_number("limit", value, 1, 1000000000, &n);

	if (!error)
		f->limit_ns = n * NSEC;
	return error;
}

static char *take(struct flags *f, const char *key, const char *value)
{
	if (!strcmp(key, "release"))
		f->release = value;
	else if (!strcmp(key, "image"))
		f->image = value;
	else if (!strcmp(key, "seed"))
		f->seed = value;
	else if (!strcmp(key, "memory"))
		return take_memory(f, value);
	else if (!strcmp(key, "mtu"))
		return take_mtu(f, value);
	else if (!strcmp(key, "limit"))
		return take_limit(f, value);
	else if (!strcmp(key, "defaults"))
		return take_defaults(f, value);
	else if (!strcmp(key, "local"))
		return take_list(&f->local, key, value);
	else if (!strcmp(key, "remote"))
		return take_list(&f->remote, key, value);
	else if (!strcmp(key, "sysctl"))
		return take_list(&f->sysctl, key, value);
	else if (!strcmp(key, "configure"))
		return take_list(&f->configure, key, value);
	else
		return sentence("flag %s: there is none of that name, but release, image, "
				"seed, memory, mtu, limit, defaults, local, remote, sysctl "
				"and configure", key);
	return NULL;
}

char *flags_read(struct flags *flags, const char *text)
{
	char *at, *item, *value, *error = NULL;

	*flags = (struct flags){
		.memory = 128ul << 20,
		.mtu = "1500",
		.limit_ns = 10800 * NSEC,
	};
	flags->text = strdup(text ? text : "");
	if (!flags->text)
		abort();
	at = flags->text;
	while (at && !error) {
		item = next_item(&at);
		if (!*item)
			continue;
		value = strchr(item, '=');
		if (!value || !value[1]) {
			error = sentence("flag %s: it has no value; KEY=VALUE,KEY=VALUE",
					 item);
			break;
		}
		*value++ = '\0';
		error = take(flags, item, value);
	}
	if (error)
		flags_free(flags);
	return error;
}

void flags_free(struct flags *flags)
{
	free(flags->text);
	flags->text = NULL;
}
