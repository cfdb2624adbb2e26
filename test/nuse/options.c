// SPDX-License-Identifier: GPL-2.0
/*
 * options.c - the command line: what is nuse's and what the program's, and refusals
 *
 * release: none
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <libos.h>

#include "../../nuse/options.h"

enum { WORDS = 32 };

static struct options options;
static char line[512];
static char *argv[WORDS];

/* @text: words with single blanks between */
static int parse(const char *text)
{
	int argc = 0;
	char *rest;

	strcpy(line, text);
	for (char *word = strtok_r(line, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
		argv[argc++] = word;
	argv[argc] = NULL;
	return options_parse(&options, argc, argv);
}

static void refused(const char *text, const char *why)
{
	assert_int_not_equal(parse(text), 0);
	if (!strstr(libos_error(), why))
		fail_msg("%s: \"%s\" does not say \"%s\"", text, libos_error(), why);
}

static void the_programs_own_options(void **state)
{
	(void)state;
	assert_int_equal(parse("nuse -v --net none -- ls -l --net x"), 0);
	assert_true(options.verbose && options.net_given);
	assert_string_equal(options.program[0], "ls");
	assert_string_equal(options.program[1], "-l");
	assert_string_equal(options.program[2], "--net");
	assert_int_equal(parse("nuse wget -v --help"), 0);
	assert_int_equal(options.verb, OPTIONS_RUN);
	assert_false(options.verbose);
	assert_string_equal(options.program[1], "-v");
	assert_int_equal(options.memory, 512ul << 20);
	assert_false(options.net_given);
	/* A program of that name is run by -- in front. */
	assert_int_equal(parse("nuse -- ls"), 0);
	assert_int_equal(options.verb, OPTIONS_RUN);
}

static void every_option(void **state)
{
	(void)state;
	assert_int_equal(parse("nuse --name r1 --net=tap:a,dhcp --net none --pcap f "
			       "--sysctl a.b=1 --sysctl c=d=e --kernel 6.1 --memory 1G "
			       "--no-twin p"), 0);
	assert_string_equal(options.name, "r1");
	assert_int_equal(options.net.nr_device, 1);
	assert_string_equal(options.pcap, "f");
	assert_int_equal(options.nr_sysctl, 2);
	assert_true(options.no_twin);
	assert_string_equal(options.sysctl[1], "c=d=e");
	assert_string_equal(options.kernel, "6.1");
	assert_int_equal(options.memory, 1ul << 30);
	assert_int_equal(parse("nuse --join r1 -v -- ip addr"), 0);
	assert_string_equal(options.join, "r1");
}

static void sub_commands(void **state)
{
	(void)state;
	assert_int_equal(parse("nuse ls"), 0);
	assert_int_equal(options.verb, OPTIONS_LS);
	assert_int_equal(parse("nuse stop r1"), 0);
	assert_int_equal(options.verb, OPTIONS_STOP);
	assert_false(options.force);
	assert_int_equal(parse("nuse stop -f r1"), 0);
	assert_true(options.force);
	assert_string_equal(options.name, "r1");
	assert_int_equal(parse("nuse dmesg 1234"), 0);
	assert_int_equal(options.verb, OPTIONS_DMESG);
	assert_int_equal(parse("nuse --help"), 0);
	assert_int_equal(options.verb, OPTIONS_HELP);
	assert_int_equal(parse("nuse --version"), 0);
	assert_int_equal(options.verb, OPTIONS_VERSION);
	refused("nuse stop", "which stack");
	refused("nuse stop a b", "too much");
	refused("nuse dmesg -f a", "not an option");
	refused("nuse ls x", "too much");
}

static void refusals(void **state)
{
	(void)state;
	refused("nuse", "no program");
	refused("nuse -v --", "no program");
	refused("nuse --colour x", "--colour is not an option");
	refused("nuse -x p", "-x is not an option");
	refused("nuse --name", "missing");
	refused("nuse --name a/b p", "cannot be a stack's name");
	refused("nuse --name 12 p", "not a number");
	refused("nuse --name .. p", "cannot be");
	refused("nuse --name -v p", "cannot be");
	refused("nuse --name aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa p", "cannot be");
	refused("nuse --join a --net none p", "leave out");
	refused("nuse --join a --name b p", "leave out");
	refused("nuse --join a --memory 1G p", "leave out");
	refused("nuse --unix both p", "write host or stack");
	refused("nuse --join a --unix stack p", "leave out");
	refused("nuse --memory 1 p", "write it as 512M");
	refused("nuse --memory 20G p", "15G");
	refused("nuse --memory -1 p", "write it as");
	refused("nuse --memory 1GB p", "write it as");
	refused("nuse --sysctl a p", "KEY=VALUE");
	refused("nuse --sysctl =1 p", "KEY=VALUE");
	refused("nuse --net nonsense p", "take one of");
	refused("nuse --conf /nonexistent/nuse.conf p", "/nonexistent/nuse.conf");
}

static void sizes(void **state)
{
	size_t size;

	(void)state;
	assert_int_equal(options_size("65536", &size), 0);
	assert_int_equal(size, 65536);
	assert_int_equal(options_size("64k", &size), 0);
	assert_int_equal(size, 65536);
	assert_int_equal(options_size("3M", &size), 0);
	assert_int_equal(size, 3 << 20);
	assert_int_equal(options_size("2T", &size), 0);
	assert_int_equal(size, 2ul << 40);
	assert_int_not_equal(options_size("", &size), 0);
	assert_int_not_equal(options_size("G", &size), 0);
	assert_int_not_equal(options_size("1X", &size), 0);
	assert_int_not_equal(options_size("99999999999999999999", &size), 0);
	assert_int_not_equal(options_size("99999999999T", &size), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_programs_own_options),
		cmocka_unit_test(every_option),
		cmocka_unit_test(sub_commands),
		cmocka_unit_test(refusals),
		cmocka_unit_test(sizes),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
