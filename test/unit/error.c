// SPDX-License-Identifier: GPL-2.0
/*
 * error.c - the sentence behind errno: a thread's own, cut, and errno is kept
 *
 * release: none
 */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <wchar.h>

#include <cmocka.h>

#include <libos.h>

#include "error.h"

static void is_formatted_and_stays(void **state)
{
	(void)state;
	libos_error_set("%s has %d of %zu", "it", -3, (size_t)7);
	assert_string_equal(libos_error(), "it has -3 of 7");
	assert_string_equal(libos_error(), "it has -3 of 7");
	libos_error_set("no");
	assert_string_equal(libos_error(), "no");
}

/* What another thread finds before it has failed, and what it says then */
static void *other_thread(void *arg)
{
	char *found = arg;

	strcpy(found, *libos_error() ? "somebody's" : "nothing");
	libos_error_set("theirs");
	strcat(found, libos_error());
	return NULL;
}

static void is_the_threads_own(void **state)
{
	pthread_t thread;
	char found[300];

	(void)state;
	libos_error_set("mine");
	assert_int_equal(pthread_create(&thread, NULL, other_thread, found), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_string_equal(found, "nothingtheirs");
	assert_string_equal(libos_error(), "mine");
}

static void is_cut_at_255_bytes(void **state)
{
	char text[400];
	size_t len;

	(void)state;
	memset(text, 'x', sizeof(text));
	for (len = 254; len <= 257; len++) {
		text[len] = '\0';
		libos_error_set("%s", text);
		assert_int_equal(strlen(libos_error()), len < 255 ? len : 255);
		text[len] = 'x';
	}
	text[sizeof(text) - 1] = '\0';
	libos_error_set("%s", text);
	assert_int_equal(strlen(libos_error()), 255);
}

/* A character that there is none of in the C locale: EILSEQ (printf(3), wcrtomb(3)) */
static void errno_is_kept(void **state)
{
	(void)state;
	errno = EXDEV;
	libos_error_set("%ls", L"\xd800");
	assert_int_equal(errno, EXDEV);
	libos_error_set("%s", strerror(errno));
	assert_int_equal(errno, EXDEV);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_formatted_and_stays),
		cmocka_unit_test(is_the_threads_own),
		cmocka_unit_test(is_cut_at_255_bytes),
		cmocka_unit_test(errno_is_kept),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("error", tests, NULL, NULL);
}
