// SPDX-License-Identifier: GPL-2.0
/*
 * configure.c - addresses, routes, links and sysctls in ip(8)'s words
 *
 * A command is cut into words and read from left to right, once; what it says goes
 * into one netlink request as it is read, so nothing is kept about a command but
 * the request. The order of words is ip(8)'s, also its freedom: options come in any
 * order, `dev` in front of a device's name in a link command is optional.
 *
 * Where ip(8) looks at the namespace's or the system's files (names of tables,
 * protocols, namespaces), this takes numbers; namespaces are descriptors of the
 * stack. Where the kernel has an opinion it is asked: no check here repeats one of
 * the kernel's, whose own sentence (extended acknowledgement) goes to the caller.
 *
 * Functions return 0 or -errno and have set libos_error()'s sentence when they
 * fail; libos_configure() turns that into errno.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>

#include <libos.h>

#include "configure.h"
#include "configure_command.h"
#include "error.h"

enum { SYSCTL_MAX = 4096 };

/*
 * The file of a key of @len characters, by sysctl(8)'s rule: the first separator
 * decides; where it is a dot, dots separate and a slash stands for a dot in a name
 * ("net.ipv4.conf.eth0/5.forwarding"). No component may lead out of /proc/sys.
 * Return: whether it is one.
 */
static bool sysctl_path(char *path, size_t size, const char *key, size_t len)
{
	static const char root[] = "/proc/sys/";
	size_t at = sizeof(root) - 1, first = strcspn(key, "./");
	bool dots = first < len && key[first] == '.';

	if (!len || len >= size - at || strcspn(key, " \t\n") < len)
		return false;
	memcpy(path, root, at);
	for (size_t i = 0; i < len; i++)
		if (dots && (key[i] == '.' || key[i] == '/'))
			path[at++] = key[i] == '.' ? '/' : '.';
		else
			path[at++] = key[i];
	path[at] = '\0';
	return !strstr(path, "//") && !strstr(path, "/../") && !strstr(path, "/./") &&
	       path[at - 1] != '/' && path[at - 1] != '.';
}

static int sysctl_write(struct command *c, const char *path, const char *value,
			size_t len)
{
	struct libos *os = c->nl->os;
	ssize_t done;
	int fd, error;

	fd = libos_open_file(os, path, O_WRONLY | O_CLOEXEC, 0);
	if (fd < 0)
		return command_fail(c, errno, "%s: %s; %s", path, strerror(errno),
				    errno == ENOENT ? "look for it below /proc/sys"
						    : "it cannot be written");
	done = libos_write(os, fd, value, len);
	error = errno;
	libos_close_fd(os, fd);
	if (done < 0)
		return command_fail(c, error,
				    "the kernel refuses the value: %s; see %s",
				    strerror(error), path);
	return 0;
}

/* The only command that is not made of words: a value may hold blanks. */
static int sysctl_set(struct command *c, const char *text)
{
	size_t left = c->len - (text - c->text), key;
	const char *value, *equal;
	char path[256];

	while (left && strchr(" \t", *text))
		text++, left--;
	equal = memchr(text, '=', left);
	if (!equal)
		return command_fail(c, EINVAL, "has no value; sysctl KEY=VALUE");
	value = equal + 1;
	left -= value - text;
	key = equal - text;
	while (key && strchr(" \t", text[key - 1]))
		key--;
	while (left && strchr(" \t", *value))
		value++, left--;
	if (!sysctl_path(path, sizeof(path), text, key))
		return command_fail(c, EINVAL,
				    "\"%.*s\" is no key; net.ipv4.ip_forward is one",
				    (int)key, text);
	return sysctl_write(c, path, value, left);
}

/* Return: bytes read of @path up to @len, or -errno. */
static ssize_t read_whole(struct libos *os, const char *path, char *text, size_t len)
{
	size_t done = 0;
	ssize_t got;
	int fd;

	fd = libos_open_file(os, path, O_RDONLY | O_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	do {
		got = libos_read(os, fd, text + done, len - done);
		if (got < 0)
			got = -errno;
		else
			done += got;
	} while (got == -EINTR || (got > 0 && done < len));
	libos_close_fd(os, fd);
	return got < 0 ? got : (ssize_t)done;
}

/*
 * @value gets a NUL behind it. What has not the room fails with ERANGE, since half
 * a number is none.
 */
ssize_t libos_sysctl_get(struct libos *os, const char *key, char *value, size_t len)
{
	char path[256], text[SYSCTL_MAX];
	ssize_t got;

	if (!sysctl_path(path, sizeof(path), key, strlen(key))) {
		libos_error_set("\"%.100s\" is no key; net.ipv4.ip_forward is one",
				key);
		errno = EINVAL;
		return -1;
	}
	got = read_whole(os, path, text, sizeof(text));
	if (got > 0 && text[got - 1] == '\n')
		got--;
	if (got >= 0 && (size_t)got >= len)
		got = -ERANGE;
	if (got < 0) {
		errno = -got;
		libos_error_set("%s: %s; %s", path, strerror(errno),
				errno == ERANGE ? "give more room"
						: "look for it below /proc/sys");
		return -1;
	}
	memcpy(value, text, got);
	value[got] = '\0';
	return got;
}

static const struct verb {
	const char *object;
	const char *word;
	int (*run)(struct command *c);
} verbs[] = {
	{ "link", "add", configure_link_add },
	{ "link", "set", configure_link_set },
	{ "link", "del", configure_link_del },
	{ "addr", "add", configure_addr_add },
	{ "addr", "replace", configure_addr_replace },
	{ "addr", "del", configure_addr_del },
	{ "addr", "flush", configure_addr_flush },
	{ "route", "add", configure_route_add },
	{ "route", "append", configure_route_append },
	{ "route", "replace", configure_route_replace },
	{ "route", "del", configure_route_del },
	{ "rule", "add", configure_rule_add },
	{ "rule", "del", configure_rule_del },
	{ "neigh", "add", configure_neigh_add },
	{ "neigh", "replace", configure_neigh_replace },
	{ "neigh", "del", configure_neigh_del },
};

#define OBJECTS "link addr route rule neigh sysctl"

/* Cuts the command into its words. */
static int split(struct command *c)
{
	char *rest = NULL, *word;

	if (c->len >= sizeof(c->space))
		return command_fail(c, E2BIG, "is over %zu characters",
				    sizeof(c->space) - 1);
	memcpy(c->space, c->text, c->len);
	c->space[c->len] = '\0';
	word = strtok_r(c->space, " \t\r", &rest);
	for (; word; word = strtok_r(NULL, " \t\r", &rest)) {
		if (c->words == WORDS_MAX)
			return command_fail(c, E2BIG, "has over %d words", WORDS_MAX);
		c->word[c->words++] = word;
	}
	return 0;
}

static int run_verb(struct command *c, const char *object)
{
	char known[80] = "";
	bool is_object = false;
	const char *word;
	size_t used = 0;
	int error;

	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (strcmp(verbs[i].object, object))
			continue;
		if (command_accept(c, verbs[i].word))
			return verbs[i].run(c);
		is_object = true;
		used += snprintf(known + used, sizeof(known) - used, " %s",
				 verbs[i].word);
	}
	if (!is_object)
		return command_fail(c, EINVAL, "\"%s\" is not known; one of: " OBJECTS,
				    object);
	error = command_take(c, "a verb", &word);
	if (error)
		return error;
	return command_fail(c, EINVAL, "%s has no verb \"%s\"; it has:%s", object, word,
			    known);
}

static int run(struct command *c)
{
	const char *object;
	int error;

	error = split(c);
	if (error)
		return error;
	if (command_accept(c, "-6"))
		c->family = AF_INET6;
	else if (command_accept(c, "-4"))
		c->family = AF_INET;
	if (command_accept(c, "sysctl"))
		return sysctl_set(c, strstr(c->text, "sysctl") + strlen("sysctl"));
	error = command_take(c, "one of: " OBJECTS, &object);
	return error ? error : run_verb(c, object);
}

static int run_all(struct netlink *nl, const char *text)
{
	size_t len;
	int error = 0;

	for (; !error; text += len) {
		text += strspn(text, " \t\r\n;");
		if (!*text)
			break;
		len = strcspn(text, *text == '#' ? "\n" : "\n;");
		if (*text != '#') {
			struct command c = { .nl = nl, .text = text, .len = len };

			error = run(&c);
		}
	}
	return error;
}

int libos_configure(struct libos *os, const char *commands)
{
	struct netlink nl;
	int error;

	error = netlink_open(&nl, os, NETLINK_ROUTE);
	if (error) {
		libos_error_set("no netlink socket: %s", strerror(-error));
	} else {
		error = run_all(&nl, commands);
		netlink_close(&nl);
	}
	if (!error)
		return 0;
	errno = -error;
	return -1;
}
