// SPDX-License-Identifier: GPL-2.0
/*
 * fault.c - faults of a program that has a stack go where they went before it had one
 *
 * Each program is a child, since most of them die of it.
 *
 * sanitize: no
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <libos.h>

#include "fault.h"

enum { PLAIN = 10, FULL, WRONG };

static volatile uint8_t *nowhere = (uint8_t *)0x18;
/* Beyond a file's end: SIGBUS (mmap(2)) */
static volatile uint8_t *beyond;

static void plain(int sig)
{
	_exit(sig == SIGSEGV || sig == SIGBUS ? PLAIN : WRONG);
}

static void full(int sig, siginfo_t *info, void *context)
{
	const volatile void *at = sig == SIGBUS ? beyond : nowhere;

	_exit(context && info->si_signo == sig && info->si_addr == at ? FULL : WRONG);
}

static struct libos *open_stack(void)
{
	struct libos_options options = {
		.size = sizeof(options), .release = getenv("LIBOS_RELEASE"),
	};
	struct libos *os = libos_open(&options);

	if (!os)
		_exit(WRONG);
	return os;
}

static void set(int sig, void (*handler)(int), void (*action)(int, siginfo_t *, void *))
{
	struct sigaction sa = { .sa_handler = handler };

	if (action) {
		sa.sa_sigaction = action;
		sa.sa_flags = SA_SIGINFO;
	}
	if (sigaction(sig, &sa, NULL))
		_exit(WRONG);
}

/* How a child ends that has such handlers, then a stack, for a while or still, and faults. */
static int outcome(volatile uint8_t *at, void (*handler)(int),
		   void (*action)(int, siginfo_t *, void *), int closes)
{
	const struct rlimit no_core = { 0, 0 };
	pid_t child = fork();
	struct libos *os;
	int status;

	assert_true(child >= 0);
	if (!child) {
		alarm(30);
		setrlimit(RLIMIT_CORE, &no_core);
		set(SIGSEGV, handler, action);
		set(SIGBUS, handler, action);
		os = open_stack();
		if (closes)
			libos_close(os);
		(void)*at;
		_exit(WRONG);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static void faults_are_passed_on(void **state)
{
	int closes;

	(void)state;
	for (closes = 0; closes < 2; closes++) {
		assert_int_equal(outcome(nowhere, SIG_DFL, NULL, closes), -SIGSEGV);
		assert_int_equal(outcome(beyond, SIG_DFL, NULL, closes), -SIGBUS);
		/* signal(7): one that the instruction raises cannot be ignored */
		assert_int_equal(outcome(nowhere, SIG_IGN, NULL, closes), -SIGSEGV);
		assert_int_equal(outcome(nowhere, plain, NULL, closes), PLAIN);
		assert_int_equal(outcome(beyond, plain, NULL, closes), PLAIN);
		assert_int_equal(outcome(nowhere, NULL, full, closes), FULL);
		assert_int_equal(outcome(beyond, NULL, full, closes), FULL);
	}
}

/* Not seen through by the compiler, which knows what is at no address. */
static bool __attribute__((noipa)) kernels(const struct fault_range *r, uintptr_t ip,
					   uintptr_t sp, uintptr_t addr)
{
	return fault_is_kernels(r, ip, sp, addr);
}

static void the_kernels_are_told_by_where_they_are(void **state)
{
	uintptr_t memory[3] = { 0 };
	struct fault_range r = { .code = 0x2000 };
	uintptr_t sp = (uintptr_t)&memory[1];

	(void)state;
	/* Two pages of code, one of data; then the stack, of two words. */
	r.base = sp - 0x3000;
	r.size = 0x3000 + 16;
	assert_true(kernels(&r, r.base, 0, 0x18));
	assert_true(kernels(&r, r.base + 0x1fff, 0, 0x18));
	assert_false(kernels(&r, r.base + 0x2000, sp, 0x18));
	assert_false(kernels(&r, r.base - 1, sp, 0x18));
	/* A call to 0x18, from its code or from elsewhere */
	memory[1] = r.base + 0x100;
	assert_true(kernels(&r, 0x18, sp, 0x18));
	assert_false(kernels(&r, 0x400018, sp, 0x18));
	memory[1] = r.base + 0x2000;
	assert_false(kernels(&r, 0x18, sp, 0x18));
	/* On a stack that is not the kernel's: not even looked at */
	assert_false(kernels(&r, 0x18, 0x10, 0x18));
	assert_false(kernels(&r, 0x18, r.base + r.size - 8, 0x18));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(faults_are_passed_on),
		cmocka_unit_test(the_kernels_are_told_by_where_they_are),
	};
	FILE *empty = tmpfile();

	cmocka_set_message_output(CM_OUTPUT_TAP);
	beyond = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fileno(empty), 0);
	if (beyond == MAP_FAILED)
		return 1;
	return cmocka_run_group_tests_name("fault", tests, NULL, NULL);
}
