/* SPDX-License-Identifier: GPL-2.0 */
/*
 * options.h - what the command line asks for
 *
 * Parsers return 0, or -errno with libos_error()'s sentence set.
 */
#ifndef NUSE_OPTIONS_H
#define NUSE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "net.h"

/* Statuses of our own, as env(1) and nohup(1) have them. */
enum {
	NUSE_FAILED = 125,
	NUSE_CANNOT_EXECUTE = 126,
	NUSE_NOT_FOUND = 127,
};

enum options_verb {
	OPTIONS_RUN,
	OPTIONS_LS,
	OPTIONS_STOP,
	OPTIONS_DMESG,
	OPTIONS_HELP,
	OPTIONS_VERSION,
};

enum { OPTIONS_SYSCTLS = 64 };

/**
 * struct options - a command line
 * @verb: what to do
 * @name: of the stack to be made, or that a sub-command is about; NULL: none
 * @join: of the stack to run on; NULL: a fresh one
 * @kernel: release, NULL for the default
 * @memory: bytes
 * @pcap: file to capture all devices to, or NULL
 * @sysctl: "KEY=VALUE"s
 * @net: devices and routes
 * @net_given: --net or --conf was there
 * @isolate: the program does not map the stack (isolate.c)
 * @unix_stack: AF_UNIX sockets are the stack's, not the host's
 * @no_twin: programs have no twins (nuse/attached/twin.c)
 * @verbose, @force: -v, -f
 * @program: it and its arguments, ends with NULL
 */
struct options {
	enum options_verb verb;
	const char *name;
	const char *join;
	const char *kernel;
	size_t memory;
	const char *pcap;
	const char *sysctl[OPTIONS_SYSCTLS];
	int nr_sysctl;
	struct net net;
	bool net_given;
	bool isolate;
	bool unix_stack;
	bool no_twin;
	bool verbose;
	bool force;
	char **program;
};

int options_parse(struct options *options, int argc, char **argv);
extern const char options_help[];

/* "1G", "64M", "65536K", bytes. 0 or -EINVAL. */
int options_size(const char *text, size_t *size);

#endif
