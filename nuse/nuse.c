// SPDX-License-Identifier: GPL-2.0
/*
 * nuse.c - runs programs with a network stack of their own
 *
 *	nuse (this process)         owner (owner.c)
 *	owner_start() ------------> boots a stack, makes its devices
 *	        <------------------ memory, text, bell: three descriptors
 *	exec of nuse-exec, which loads the program and enters the stack
 *
 * So the program is this process: its number, status and signals are its own. With
 * --join the descriptors come from the owner of a stack that is there (names.c).
 *
 * Messages go to stderr with "nuse: " in front. Statuses: options.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libos.h>

#include "control.h"
#include "names.h"
#include "options.h"
#include "owner.h"
#include "program.h"

static int complain(int status)
{
	fprintf(stderr, "nuse: %s\n", libos_error());
	return status;
}

/*
 * Prints what the owner says, until its last message: CONTROL_READY, DONE or FAILED.
 * -1: it is gone; libos_error() says so.
 */
static int listen_to(int connection, struct control_message *message)
{
	for (;;) {
		if (control_receive(connection, message))
			return -1;
		switch (message->kind) {
		case CONTROL_TEXT:
			fputs(message->text, stdout);
			break;
		case CONTROL_NOTE:
			fprintf(stderr, "nuse: %s\n", message->text);
			break;
		case CONTROL_FAILED:
			fprintf(stderr, "nuse: %s\n", message->text);
			return CONTROL_FAILED;
		default:
			return message->kind;
		}
	}
}

static int connect_to(const char *name, enum control_verb verb, bool force)
{
	char control[NAMES_PATH];
	int connection, err;

	err = names_find(name, control);
	if (err)
		return err;
	connection = control_connect(control);
	if (connection < 0)
		return connection;
	err = control_ask(connection, verb, force);
	if (!err)
		return connection;
	close(connection);
	return err;
}

static int run(struct options *o)
{
	static struct control_message message;
	char path[PATH_MAX];
	int connection, kind, err;

	/* First, for it is cheap and often wrong. */
	err = program_find(*o->program, path, sizeof(path));
	if (err)
		return complain(err == -ENOENT ? NUSE_NOT_FOUND : NUSE_CANNOT_EXECUTE);
	connection = !o->join ? owner_start(o) :
		     connect_to(o->join, o->isolate ? CONTROL_ISOLATE : CONTROL_ATTACH, false);
	if (connection < 0)
		return complain(NUSE_FAILED);
	kind = listen_to(connection, &message);
	if (kind == CONTROL_FAILED)
		return NUSE_FAILED;
	if (kind != CONTROL_READY)
		return complain(NUSE_FAILED);
	program_exec(message.fds, o->program);
	return complain(NUSE_FAILED);
}

/* A sub-command about one stack. */
static int ask(const char *name, enum control_verb verb, bool force)
{
	static struct control_message message;
	int connection = connect_to(name, verb, force), kind;

	if (connection < 0)
		return complain(NUSE_FAILED);
	kind = listen_to(connection, &message);
	if (kind < 0)
		return complain(NUSE_FAILED);
	return kind == CONTROL_DONE ? EXIT_SUCCESS : NUSE_FAILED;
}

static void list(void *arg, const char *name, const char *control)
{
	static struct control_message message;
	int connection = control_connect(control);

	(void)arg;
	(void)name;
	if (connection < 0)
		return;		/* it starts or ends just now */
	if (!control_ask(connection, CONTROL_STATUS, false))
		listen_to(connection, &message);
	close(connection);
}

static int help(void)
{
	fputs(options_help, stdout);
	return EXIT_SUCCESS;
}

static int version(void)
{
	printf("nuse %d.%d\n", LIBOS_VERSION_MAJOR, LIBOS_VERSION_MINOR);
	return EXIT_SUCCESS;
}

/*
 * Standard descriptors that are closed must not become ours; the program gets them
 * closed, as it would without us.
 */
static void hold_standard(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	while (fd >= 0 && fd <= STDERR_FILENO);
	close(fd);
}

int main(int argc, char **argv)
{
	static struct options options;

	hold_standard();
	if (options_parse(&options, argc, argv))
		return complain(NUSE_FAILED);
	switch (options.verb) {
	case OPTIONS_RUN:
		return run(&options);
	case OPTIONS_LS:
		return names_each(list, NULL) ? complain(NUSE_FAILED) : EXIT_SUCCESS;
	case OPTIONS_STOP:
		return ask(options.name, CONTROL_STOP, options.force);
	case OPTIONS_DMESG:
		return ask(options.name, CONTROL_DMESG, false);
	case OPTIONS_VERSION:
		return version();
	default:
		return help();
	}
}
