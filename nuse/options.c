// SPDX-License-Identifier: GPL-2.0
/*
 * options.c - the command line
 *
 * Options end at "--" or at the first word that is none, as env(1)'s do, so the
 * program's own options are its own.
 */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "error.h"
#include "names.h"

#define MEMORY_DEFAULT (512ul << 20)
#define MEMORY_MIN (16ul << 20)
#define MEMORY_MAX (15ul << 30)

const char options_help[] =
	"usage: nuse [OPTION...] [--] PROGRAM [ARGUMENT...]\n"
	"       nuse ls | stop [-f] NAME | dmesg NAME\n"
	"\n"
	"Runs PROGRAM with a network stack of its own: Linux's, in user space.\n"
	"\n"
	"  --name NAME       keep the stack under this name, until nuse stop\n"
	"  --join NAME       use the stack of that name instead of a fresh one\n"
	"  --net WHAT[,KEY…] a device, and what is on its other side; repeatable:\n"
	"      passt           the host's network, without privilege (default)\n"
	"      tap[:NAME]      a tap of the host\n"
	"      packet:IF       an interface of the host, by AF_PACKET\n"
	"      xdp:IF          the same by AF_XDP\n"
	"      stream:PATH     a unix socket (QEMU's -netdev stream)\n"
	"      pair:NAME       a cable to the other stack that says the same\n"
	"      pcap:FILE       capture file that frames go to (pcap:IN,OUT: and come from)\n"
	"      none            nothing: the stack has only lo\n"
	"    keys: addr=10.0.0.1/24 gw=10.0.0.254 dns=10.0.0.53 dhcp dhcp6\n"
	"          mac=02:00:00:00:00:01 mtu=1500 name=eth0\n"
	"  --conf FILE       devices and routes from a nuse.conf\n"
	"  --pcap FILE       capture what passes all devices\n"
	"  --sysctl KEY=VAL  set a sysctl of the stack; repeatable\n"
	"  --kernel RELEASE  Linux release, e.g. 6.1\n"
	"  --memory SIZE     most memory that the stack takes (512M)\n"
	"  --unix stack      AF_UNIX sockets are the stack's, too (host: the host's, as usual)\n"
	"  --isolate         the program shares no memory with the stack: slower, and it can\n"
	"                    damage neither that nor other programs\n"
	"  --no-twin         programs can be traced (gdb, strace); a kill -9 of one that is\n"
	"                    inside the kernel ends the stack\n"
	"  -v                tell what is done\n"
	"  --help, --version\n"
	"\n"
	"  nuse ls           stacks, and what runs on them\n"
	"  nuse stop NAME    end one; -f ends the programs on it as well\n"
	"  nuse dmesg NAME   its kernel's messages\n"
	"\n"
	"The exit status is PROGRAM's; 125: nuse failed, 126: PROGRAM cannot be executed,\n"
	"127: it was not found.\n";

enum {
	OPT_NAME = 256, OPT_JOIN, OPT_NET, OPT_CONF, OPT_PCAP, OPT_SYSCTL, OPT_KERNEL,
	OPT_MEMORY, OPT_NO_TWIN, OPT_UNIX, OPT_ISOLATE, OPT_HELP, OPT_VERSION,
};

static const struct option long_options[] = {
	{ "name", required_argument, NULL, OPT_NAME },
	{ "join", required_argument, NULL, OPT_JOIN },
	{ "net", required_argument, NULL, OPT_NET },
	{ "conf", required_argument, NULL, OPT_CONF },
	{ "pcap", required_argument, NULL, OPT_PCAP },
	{ "sysctl", required_argument, NULL, OPT_SYSCTL },
	{ "kernel", required_argument, NULL, OPT_KERNEL },
	{ "memory", required_argument, NULL, OPT_MEMORY },
	{ "no-twin", no_argument, NULL, OPT_NO_TWIN },
	{ "unix", required_argument, NULL, OPT_UNIX },
	{ "isolate", no_argument, NULL, OPT_ISOLATE },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, OPT_HELP },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ NULL },
};

int options_size(const char *text, size_t *size)
{
	static const char units[] = "KMGT";
	const char *unit;
	char *end;
	unsigned long long n;

	errno = 0;
	n = strtoull(text, &end, 10);
	if (*text < '0' || *text > '9' || errno)
		return -EINVAL;
	if (*end) {
		unit = strchr(units, *end & ~0x20);
		if (!unit || end[1] || n > SIZE_MAX >> (10 * (unit - units + 1)))
			return -EINVAL;
		n <<= 10 * (unit - units + 1);
	}
	*size = n;
	return 0;
}

static int take_memory(struct options *o, const char *text)
{
	if (!options_size(text, &o->memory) && o->memory >= MEMORY_MIN &&
	    o->memory <= MEMORY_MAX)
		return 0;
	libos_error_set("--memory %s: not a size from %luM to %luG; write it as 512M or 1G",
			text, MEMORY_MIN >> 20, MEMORY_MAX >> 30);
	return -EINVAL;
}

static int take_sysctl(struct options *o, const char *text)
{
	const char *equal = strchr(text, '=');

	if (!equal || equal == text) {
		libos_error_set("--sysctl %s: no value; write KEY=VALUE, as in "
				"net.ipv4.ip_forward=1", text);
		return -EINVAL;
	}
	if (o->nr_sysctl == OPTIONS_SYSCTLS) {
		libos_error_set("--sysctl %s: more than %d; set the others with sysctl(8)",
				text, OPTIONS_SYSCTLS);
		return -E2BIG;
	}
	o->sysctl[o->nr_sysctl++] = text;
	return 0;
}

static int take_name(const char **to, const char *name)
{
	*to = name;
	return names_check(name);
}

static int take_unix(struct options *o, const char *whose)
{
	o->unix_stack = !strcmp(whose, "stack");
	if (o->unix_stack || !strcmp(whose, "host"))
		return 0;
	libos_error_set("--unix %s: not known; write host or stack", whose);
	return -EINVAL;
}

static int take(struct options *o, int opt)
{
	switch (opt) {
	case OPT_NAME:
		return take_name(&o->name, optarg);
	case OPT_JOIN:
		o->join = optarg;
		return 0;
	case OPT_NET:
		o->net_given = true;
		return net_parse(&o->net, optarg);
	case OPT_CONF:
		o->net_given = true;
		return conf_read(&o->net, optarg);
	case OPT_PCAP:
		o->pcap = optarg;
		return 0;
	case OPT_SYSCTL:
		return take_sysctl(o, optarg);
	case OPT_KERNEL:
		o->kernel = optarg;
		return 0;
	case OPT_MEMORY:
		return take_memory(o, optarg);
	case OPT_NO_TWIN:
		o->no_twin = true;
		return 0;
	case OPT_UNIX:
		return take_unix(o, optarg);
	case OPT_ISOLATE:
		o->isolate = true;
		return 0;
	case 'v':
		o->verbose = true;
		return 0;
	case OPT_HELP:
		o->verb = OPTIONS_HELP;
		return 0;
	default:
		o->verb = OPTIONS_VERSION;
		return 0;
	}
}

/* @word: what getopt(3) stopped at */
static int bad_option(int opt, const char *word)
{
	if (opt == ':')
		libos_error_set("%s: what it shall be is missing; nuse --help shows how",
				word);
	else
		libos_error_set("%s is not an option; nuse --help lists them, and the "
				"program's own go behind it", word);
	return -EINVAL;
}

static int parse_run(struct options *o, int argc, char **argv)
{
	int opt, err = 0;

	opterr = 0;
	optind = 0;
	while (!err && (opt = getopt_long(argc, argv, "+:v", long_options, NULL)) != -1) {
		if (opt == '?' || opt == ':')
			return bad_option(opt, argv[optind - 1]);
		err = take(o, opt);
		if (o->verb != OPTIONS_RUN)
			return err;
	}
	if (err)
		return err;
	o->program = argv + optind;
	if (!*o->program) {
		libos_error_set("no program to run; nuse [OPTION...] -- PROGRAM, or "
				"nuse --help");
		return -EINVAL;
	}
	if (o->join && (o->name || o->net_given || o->pcap || o->nr_sysctl || o->kernel ||
			o->memory || o->unix_stack)) {
		libos_error_set("--join %s: the stack is there already and cannot be made "
				"otherwise; leave out all options but --isolate and -v", o->join);
		return -EINVAL;
	}
	if (!o->memory)
		o->memory = MEMORY_DEFAULT;
	return net_finish(&o->net);
}

/* nuse VERB [-f] NAME */
static int parse_verb(struct options *o, int argc, char **argv)
{
	bool names_one = o->verb != OPTIONS_LS;
	int i;

	for (i = 2; i < argc; i++) {
		if (!strcmp(argv[i], "-f") && o->verb == OPTIONS_STOP)
			o->force = true;
		else if (argv[i][0] == '-')
			return bad_option('?', argv[i]);
		else if (names_one && !o->name)
			o->name = argv[i];
		else {
			libos_error_set("nuse %s: \"%s\" is too much; one thing at a time",
					argv[1], argv[i]);
			return -EINVAL;
		}
	}
	if (names_one && !o->name) {
		libos_error_set("nuse %s: which stack? nuse ls lists them", argv[1]);
		return -EINVAL;
	}
	return 0;
}

int options_parse(struct options *o, int argc, char **argv)
{
	static const struct {
		const char *word;
		enum options_verb verb;
	} verbs[] = {
		{ "ls", OPTIONS_LS },
		{ "stop", OPTIONS_STOP },
		{ "dmesg", OPTIONS_DMESG },
	};

	*o = (struct options){ .verb = OPTIONS_RUN };
	for (size_t i = 0; argc > 1 && i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (!strcmp(argv[1], verbs[i].word)) {
			o->verb = verbs[i].verb;
			return parse_verb(o, argc, argv);
		}
	}
	return parse_run(o, argc, argv);
}
