// SPDX-License-Identifier: GPL-2.0
/*
 * stack_callbacks.c - what a kernel asks of stack.c: its log, its last words, copies
 *
 * release: none
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "fake_image.h"

/* How many are left when @n bytes are copied from or to @user of this process */
static size_t copy(void *memory, const void *user, size_t n, int out)
{
	return host.user_copy(host.host, getpid(), memory, (uintptr_t)user, n, out);
}

static void copies_as_far_as_there_is_memory(void **state)
{
	struct libos *os = fake_image_open((struct libos_options){ .clock = LIBOS_CLOCK_VIRTUAL });
	char here[100], *there = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
				      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)state;
	munmap(there + 4096, 4096);
	memset(here, 'h', sizeof(here));
	strcpy(there, "there");
	assert_int_equal(copy(here, there, 6, 0), 0);
	assert_string_equal(here, "there");
	assert_int_equal(copy("out", there, 4, 1), 0);
	assert_string_equal(there, "out");
	/* 30 of 100 bytes are; a page that is not there has none */
	assert_int_equal(copy(here, there + 4096 - 30, 100, 0), 70);
	assert_int_equal(copy(here, there + 4096 - 30, 100, 1), 70);
	assert_int_equal(copy(here, there + 4096, 100, 0), 100);
	munmap(there, 4096);
	libos_close(os);
}

static char said[20000];

static void hear(void *arg, const char *text, size_t len)
{
	assert_ptr_equal(arg, said);
	strncat(said, text, len);
}

static void console_is_the_callers(void **state)
{
	struct libos *os = fake_image_open((struct libos_options){
		.clock = LIBOS_CLOCK_VIRTUAL, .console = hear, .console_arg = said });
	unsigned long trace[] = { 16, 17 };

	(void)state;
	said[0] = '\0';
	host.console(host.host, "line\nnot this", 5);
	/* The first address of an oops is where it was; others are behind calls. */
	host.fatal(host.host, LIB_FATAL_OOPS, "bad", trace, 2);
	assert_string_equal(said, "line\nlibos: kernel oops: bad (Linux 0.0.fake)\n"
			    "libos:   [<0000000000000010>] fn16\n"
			    "libos:   [<0000000000000011>] fn17 called\n");
	assert_true(os->dead);
	said[0] = '\0';
	host.fatal(host.host, LIB_FATAL_HALT, "reboot", trace, 2);
	assert_string_equal(said, "");
	libos_close(os);
}

/* What goes to stderr as @why ends a stack that said @n lines */
static void last_words(enum lib_fatal why, int n)
{
	struct libos *os = fake_image_open((struct libos_options){ .clock = LIBOS_CLOCK_VIRTUAL });
	int saved = dup(STDERR_FILENO), i;
	unsigned long trace = 16;
	FILE *f = tmpfile();
	char line[20];

	for (i = 0; i < n; i++) {
		snprintf(line, sizeof(line), "line %04d\n", i);
		host.console(host.host, line, 10);
	}
	dup2(fileno(f), STDERR_FILENO);
	host.fatal(host.host, why, "why", &trace, 1);
	dup2(saved, STDERR_FILENO);
	close(saved);
	rewind(f);
	said[fread(said, 1, sizeof(said) - 1, f)] = '\0';
	fclose(f);
	libos_close(os);
}

static void last_words_are_kept_for_its_end(void **state)
{
	const char *end = "libos: kernel panic: why (Linux 0.0.fake)\n"
			  "libos:   [<0000000000000010>] fn16 called\n";

	(void)state;
	last_words(LIB_FATAL_PANIC, 2);
	assert_memory_equal(said, "line 0000\nline 0001\nlibos:", 26);
	assert_string_equal(said + 20, end);
	/* 4096 bytes: the last 409 of 1000 lines, and 6 of the one before */
	last_words(LIB_FATAL_PANIC, 1000);
	assert_memory_equal(said, " 0590\nline 0591\n", 16);
	assert_memory_equal(said + 4086, "line 0999\n", 10);
	assert_string_equal(said + 4096, end);
	/* A program that ends its stack does not hear of it. */
	last_words(LIB_FATAL_HALT, 2);
	assert_string_equal(said, "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fake_image_clean, fake_image_clean)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(copies_as_far_as_there_is_memory),
		TEST(console_is_the_callers),
		TEST(last_words_are_kept_for_its_end),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("stack_callbacks", tests, NULL, NULL);
}
