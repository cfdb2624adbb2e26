// SPDX-License-Identifier: GPL-2.0
/*
 * keeper_process.c - the owner of a shared stack watches the processes that use it
 *
 * release: none
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "owner.h"
#include "patience.h"

enum { NUMBER = 77 };

/* What the kernel is told, in order: a space is dead, a process shall exit */
static struct { uint32_t space; int process; bool exit; } told[8];
static atomic_int tolds, empties;

static void tell(uint32_t space, int process, bool exit)
{
	int n = tolds;

	told[n].space = space;
	told[n].process = process;
	told[n].exit = exit;
	tolds++;
}

/* Which also frees the token */
static int space_dead(uint32_t space, int process)
{
	owner_token.word = 0;
	tell(space, process, false);
	return 0;
}

static int process_exit(int process)
{
	tell(0, process, true);
	return 0;
}

static void was_told(int n, uint32_t space, int process, bool exit)
{
	assert_in_range(n, 0, tolds - 1);
	assert_int_equal(told[n].space, space);
	assert_int_equal(told[n].process, process);
	assert_int_equal(told[n].exit, exit);
}

static void now_empty(void *arg)
{
	empties += arg == told;
}

static int start(void **state)
{
	owner_open(state);
	owner.ops.space_dead = space_dead;
	owner.ops.process_exit = process_exit;
	tolds = empties = 0;
	keeper_on_empty(&owner, now_empty, told);
	return keeper_run(&owner);
}

/* A process that lasts until it is killed */
static pid_t process(void)
{
	pid_t pid = fork();

	if (!pid) {
		alarm(60);
		for (;;)
			pause();
	}
	assert_true(pid > 0);
	return pid;
}

static void end(pid_t pid)
{
	int status;

	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
}

/* What nuse/attach.c does: it is on the stack, and says so. */
static struct shared_process *attach(pid_t pid, int number, bool isolated, uint32_t *space)
{
	struct shared_process *p = shared_claim(owner_shared, space);

	assert_non_null(p);
	p->process = number;
	p->isolated = isolated;
	assert_true(shared_enter(p, p->pid, pid));
	keeper_ring(&owner);
	return p;
}

/* ------------------------------------------------------------------ */

static void deaths_are_noticed(void **state)
{
	pid_t pid[2] = { process(), process() };
	struct shared_process *p[2];
	uint32_t space[2];
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		p[i] = attach(pid[i], NUMBER + i, false, &space[i]);
		assert_true(SOON(p[i]->state == SHARED_WATCHED));
		assert_int_equal(shared_pid(owner_shared, NUMBER + i, 0), pid[i]);
		assert_int_equal(shared_number(owner_shared, pid[i], 0), NUMBER + i);
	}
	assert_int_equal(tolds, 0);
	end(pid[1]);
	assert_true(SOON(p[1]->state == SHARED_FREE));
	assert_int_equal(p[0]->state, SHARED_WATCHED);
	/* Its tasks leave what they were in, and then it ends. */
	assert_int_equal(tolds, 2);
	was_told(0, space[1], NUMBER + 1, false);
	was_told(1, 0, NUMBER + 1, true);
	assert_int_equal(shared_pid(owner_shared, NUMBER + 1, 0), 0);
	assert_int_equal(empties, 0);
	end(pid[0]);
	assert_true(SOON(empties));
	was_told(2, space[0], NUMBER, false);
	was_told(3, 0, NUMBER, true);
	assert_int_equal(empties, 1);
}

/* A parent that comes late with the news of a child that has ended changes nothing. */
static void a_place_is_its_claimers_only(void **state)
{
	pid_t pid[2] = { process(), process() };
	struct shared_process *p, *again;
	uint32_t space;
	int claim;

	(void)state;
	p = shared_claim(owner_shared, &space);
	assert_non_null(p);
	claim = p->pid;
	assert_true(claim < 0);
	assert_true(shared_enter(p, claim, pid[0]));
	assert_false(shared_enter(p, claim, pid[0]));
	keeper_ring(&owner);
	assert_true(SOON(p->state == SHARED_WATCHED));
	end(pid[0]);
	assert_true(SOON(p->state == SHARED_FREE));

	again = shared_claim(owner_shared, &space);
	assert_ptr_equal(again, p);
	assert_false(shared_enter(p, claim, pid[0]));
	assert_int_equal(p->state, SHARED_CLAIMED);
	assert_true(shared_enter(p, p->pid, pid[1]));
	assert_int_equal(p->pid, pid[1]);
	keeper_ring(&owner);
	assert_true(SOON(p->state == SHARED_WATCHED));
	end(pid[1]);
	assert_true(SOON(p->state == SHARED_FREE));
}

/* One that makes its calls through the owner was never in the kernel. */
static void isolated_ones_were_never_inside(void **state)
{
	struct shared_process *p;
	pid_t pid = process();
	uint32_t space;

	(void)state;
	p = attach(pid, NUMBER, true, &space);
	assert_true(SOON(p->state == SHARED_WATCHED));
	end(pid);
	assert_true(SOON(empties));
	assert_int_equal(tolds, 1);
	was_told(0, 0, NUMBER, true);
}

/* Whoever waits for the token is told first, by a thread that does not wait for it. */
static void a_dead_holder_of_the_token_is_told_of_at_once(void **state)
{
	struct shared_process *p;
	pid_t pid = process();
	uint32_t space;

	(void)state;
	p = attach(pid, NUMBER, false, &space);
	assert_true(SOON(p->state == SHARED_WATCHED));
	owner_token.word = 1 + space;
	end(pid);
	assert_true(SOON(empties));
	assert_int_equal(tolds, 3);
	was_told(0, space, 0, false);
	was_told(1, space, NUMBER, false);
	was_told(2, 0, NUMBER, true);
}

static void one_may_be_dead_before_it_is_watched(void **state)
{
	pid_t pid = process();
	uint32_t space;

	(void)state;
	end(pid);
	/* It had no process in the kernel yet. */
	attach(pid, 0, false, &space);
	assert_true(SOON(empties));
	assert_int_equal(tolds, 1);
	was_told(0, space, 0, false);
}

static void signals_go_to_the_hosts_process(void **state)
{
	pid_t pid = process();
	uint32_t space;
	int status;

	(void)state;
	attach(pid, NUMBER, false, &space);
	owner_host.signal(&owner, NUMBER + 1, SIGUSR1);
	owner_host.signal(&owner, NUMBER, SIGIO);
	/* signal(7): SIGIO terminates, as SIGUSR1 does */
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGIO);
	assert_true(SOON(empties));
}

/* ------------------------------------------------------------------ *
 * steering
 */

static void steer(struct shared_steered *s, uint32_t space, pid_t pid, const cpu_set_t *mask,
		  uint64_t until)
{
	s->space = space;
	s->policy = 1;
	s->size = sizeof(s->mask);
	memcpy(s->mask, mask, sizeof(s->mask));
	s->until = until;
	s->tid = pid;
	owner_shared->home = 1;
	owner_shared->steering = 1;
	keeper_ring(&owner);
}

static void steered_threads_are_let_go(void **state)
{
	struct shared_steered *s = &owner_shared->steered[3];
	struct sched_param none = { 0 };
	cpu_set_t all, one, now;
	pid_t pid = process();
	uint64_t until;
	int cpu = 0;

	(void)state;
	assert_int_equal(sched_getaffinity(pid, sizeof(all), &all), 0);
	while (!CPU_ISSET(cpu, &all))
		cpu++;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	assert_int_equal(sched_setaffinity(pid, sizeof(one), &one), 0);
	assert_int_equal(sched_setscheduler(pid, SCHED_BATCH, &none), 0);
	until = host_now() + 60 * MSEC;
	steer(s, 5, pid, &all, until);
	assert_true(SOON(sched_getscheduler(pid) == SCHED_OTHER));
	assert_true(host_now() >= until);
	assert_int_equal(sched_getaffinity(pid, sizeof(now), &now), 0);
	assert_true(CPU_EQUAL(&now, &all));
	assert_true(SOON(!owner_shared->steering && !owner_shared->home));
	assert_int_equal(s->tid, 0);
	assert_int_equal(s->space, 0);
	end(pid);
}

static void the_deads_places_are_free_again(void **state)
{
	struct shared_process *p;
	pid_t pid = process();
	uint32_t space;
	cpu_set_t all;
	int i;

	(void)state;
	CPU_ZERO(&all);
	p = attach(pid, NUMBER, false, &space);
	assert_true(SOON(p->state == SHARED_WATCHED));
	for (i = 0; i < 3; i++)
		steer(&owner_shared->steered[i], space + i % 2, pid, &all, LIB_NEVER);
	end(pid);
	assert_true(SOON(empties));
	/* The second one is another process's. */
	for (i = 0; i < 3; i++)
		assert_int_equal(owner_shared->steered[i].space, i % 2 ? space + 1 : 0);
	owner_shared->steered[1].space = 0;
}

/* ------------------------------------------------------------------ *
 * an end in another process
 */

static char said[8192];
static atomic_int sayings;

static void hear(void *arg, const char *text, size_t len)
{
	(void)arg;
	strncat(said, text, len);
	sayings++;
}

/* The log is a ring of 4096 bytes: 500 lines of 10 are cut at the front. */
static void an_end_elsewhere_is_told_here(void **state)
{
	char line[11];
	int i;

	(void)state;
	owner.console = hear;
	for (i = 0; i < 500; i++) {
		snprintf(line, sizeof(line), "line %04d\n", i);
		shared_log(owner_shared, line, 10);
	}
	strcpy(owner_shared->why, "for a reason");
	owner_shared->fatal = LIB_FATAL_PANIC;
	owner_shared->dead = 1;
	keeper_ring(&owner);
	assert_true(SOON(sayings == 2));
	/* 5000 - 4096 = 904: line 90 without its first 4 bytes */
	assert_memory_equal(said, " 0090\nline 0091\n", 16);
	assert_string_equal(said + 4096, "libos: kernel panic: for a reason (Linux 0.0.fake)\n");
	assert_true(owner.dead);
	keeper_ring(&owner);
	usleep(20000);
	assert_int_equal(sayings, 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, owner_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(deaths_are_noticed),
		TEST(a_place_is_its_claimers_only),
		TEST(isolated_ones_were_never_inside),
		TEST(a_dead_holder_of_the_token_is_told_of_at_once),
		TEST(one_may_be_dead_before_it_is_watched),
		TEST(signals_go_to_the_hosts_process),
		TEST(steered_threads_are_let_go),
		TEST(the_deads_places_are_free_again),
		TEST(an_end_elsewhere_is_told_here),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("keeper_process", tests, NULL, NULL);
}
