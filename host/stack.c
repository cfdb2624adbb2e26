// SPDX-License-Identifier: GPL-2.0
/*
 * stack.c - open and close stacks
 */
#define _GNU_SOURCE
#include "stack.h"

#include <errno.h>
#include <linux/membarrier.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "error.h"
#include "keeper.h"

#define MEMORY_DEFAULT (64ul << 20)
#define MEMORY_MIN (16ul << 20)
/* 2000-01-01: where virtual time begins */
#define WALL_VIRTUAL (946684800ull * 1000000000)

static atomic_ulong serials;

/* ------------------------------------------------------------------ *
 * what the kernel calls
 */

static void on_membarrier(void *host)
{
	(void)host;
	syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
}

/* Of processes that are not ours: there are none, or the keeper has its own. */
static void on_signal(void *host, int process, int sig)
{
	(void)host, (void)process, (void)sig;
}

/* A stack of one host process: its programs know the kernel's numbers, if any. */
static int on_number(void *host, int pid)
{
	(void)host;
	return pid;
}

/* @foreign: a host process */
static size_t on_user_copy(void *host, int foreign, void *memory, unsigned long user, size_t n,
			   int out)
{
	struct iovec here = { memory, n }, there = { (void *)user, n };
	ssize_t done;

	(void)host;
	done = out ? process_vm_writev(foreign, &here, 1, &there, 1, 0) :
		     process_vm_readv(foreign, &here, 1, &there, 1, 0);
	return done > 0 ? n - done : n;
}

/* Keeps the end of the log, whole. */
static void log_keep(struct libos *os, const char *text, size_t len)
{
	if (len > sizeof(os->log)) {
		text += len - sizeof(os->log);
		len = sizeof(os->log);
	}
	if (os->log_len + len > sizeof(os->log)) {
		size_t cut = os->log_len + len - sizeof(os->log);

		memmove(os->log, os->log + cut, os->log_len - cut);
		os->log_len -= cut;
	}
	memcpy(os->log + os->log_len, text, len);
	os->log_len += len;
}

void stack_console(void *host, const char *text, size_t len)
{
	struct libos *os = host;

	if (os->console)
		os->console(os->console_arg, text, len);
	else
		log_keep(os, text, len);
}

static void say(struct libos *os, const char *text)
{
	if (os->console)
		os->console(os->console_arg, text, strlen(text));
	else
		dprintf(STDERR_FILENO, "%s", text);
}

void stack_fatal(void *host, enum lib_fatal why, const char *text,
		 const unsigned long *trace, size_t n)
{
	static const char *const what[] = {
		[LIB_FATAL_PANIC] = "kernel panic",
		[LIB_FATAL_OOPS] = "kernel oops",
		[LIB_FATAL_HALT] = "stack ended",
		[LIB_FATAL_KILLED] = "stack lost",
	};
	struct libos *os = host;
	char line[256], symbol[160];
	size_t i;

	os->dead = true;
	if (why != LIB_FATAL_HALT && !os->console && os->log_len) {
		ssize_t done = write(STDERR_FILENO, os->log, os->log_len);
		(void)done;
	}
	if (why == LIB_FATAL_HALT)
		return;
	snprintf(line, sizeof(line), "libos: %s: %s (Linux %s)\n", what[why], text,
		 os->ops.release ? os->ops.release : "?");
	say(os, line);
	for (i = 0; i < n; i++) {
		/* All but where the fault itself was. */
		image_symbol(&os->image, trace[i], i || why != LIB_FATAL_OOPS, symbol,
			     sizeof(symbol));
		snprintf(line, sizeof(line), "libos:   [<%016lx>] %s\n", trace[i],
			 symbol);
		say(os, line);
	}
}

/* ------------------------------------------------------------------ */

static void seed_fill(struct lib_host *host, const struct libos_options *o)
{
	size_t i;

	memset(host->seed, 0, sizeof(host->seed));
	if (!o->seed && o->clock == LIBOS_CLOCK_REAL) {
		while (getrandom(host->seed, sizeof(host->seed), 0) !=
		       sizeof(host->seed))
			;
		return;
	}
	/* Longer seeds are folded: every byte counts. */
	for (i = 0; i < o->seed_len; i++)
		host->seed[i % sizeof(host->seed)] =
			host->seed[i % sizeof(host->seed)] * 31 +
			((const uint8_t *)o->seed)[i];
}

static int options_check(const struct libos_options *in, struct libos_options *o)
{
	memset(o, 0, sizeof(*o));
	if (in) {
		if (!in->size || in->size > sizeof(*o)) {
			libos_error_set("libos_options.size is %zu, not sizeof(struct "
					"libos_options); set it", in->size);
			return -EINVAL;
		}
		memcpy(o, in, in->size);
	}
	if (!o->memory)
		o->memory = MEMORY_DEFAULT;
	if (o->memory < MEMORY_MIN) {
		libos_error_set("a stack of %zu bytes is too small; give it at least "
				"%lu MiB", o->memory, MEMORY_MIN >> 20);
		return -EINVAL;
	}
	if (o->shared && o->clock != LIBOS_CLOCK_REAL) {
		libos_error_set("a shared stack has the real clock; set "
				"libos_options.clock to LIBOS_CLOCK_REAL");
		return -EINVAL;
	}
	if (o->clock > LIBOS_CLOCK_VIRTUAL) {
		libos_error_set("unknown clock mode %d", o->clock);
		return -EINVAL;
	}
	return 0;
}

static int boot(struct libos *os, const struct libos_options *o)
{
	struct lib_host host = {
		.version = LIB_CONTRACT_VERSION,
		.size = sizeof(host),
		.host = os,
		.arena = os->image.arena,
		.arena_size = os->image.arena_size,
		.clock_mode = o->clock == LIBOS_CLOCK_REAL ? LIB_CLOCK_REAL :
							    LIB_CLOCK_VIRTUAL,
		.membarrier = on_membarrier,
		.signal = on_signal,
		.number = on_number,
		.user_copy = on_user_copy,
		.console = stack_console,
		.fatal = stack_fatal,
		.netdev_xmit = netdev_xmit,
		.netdev_updown = netdev_updown,
		.netdev_kick = netdev_kick,
	};
	int err;

	clock_callbacks(&host, os);
	if (os->keeper)
		keeper_callbacks(&host);
	host.wall_ns = o->wall_ns ? o->wall_ns :
		       o->clock == LIBOS_CLOCK_REAL ? clock_host_wall() :
						      WALL_VIRTUAL;
	seed_fill(&host, o);
	host.cmdline = o->cmdline ? o->cmdline : "";
	err = os->image.init(&host, &os->ops, sizeof(os->ops));
	if (err == -EPROTO)
		libos_error_set("%s was built for another version of the library; "
				"build both from one tree", image_path(&os->image));
	else if (err)
		libos_error_set("%s does not boot: %s", image_path(&os->image),
				strerror(-err));
	return err;
}

struct libos *libos_open(const struct libos_options *options)
{
	struct libos_options o;
	struct libos *os;
	int err;

	err = options_check(options, &o);
	if (err)
		goto err;
	err = -ENOMEM;
	os = calloc(1, sizeof(*os));
	if (!os)
		goto err;
	os->serial = ++serials;
	os->clock = o.clock;
	os->console = o.console;
	os->console_arg = o.console_arg;
	os->armed = LIB_NEVER;
	pthread_mutex_init(&os->netdevs_lock, NULL);
	err = image_map(&os->image, o.release, o.image, o.memory,
			o.shared ? sizeof(struct shared) : 0);
	if (err)
		goto err_free;
	if (o.shared) {
		err = keeper_start(os);
		if (err)
			goto err_unmap;
	}
	err = fault_install();
	if (err)
		goto err_unmap;
	syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0);
	fault_add(os);
	err = boot(os, &o);
	if (err)
		goto err_fault;
	image_booted(&os->image);
	os->process = os->ops.process_create();
	if (os->process < 0) {
		err = os->process;
		libos_error_set("the stack cannot make a process: %s", strerror(-err));
		goto err_fault;
	}
	if (os->clock == LIBOS_CLOCK_REAL) {
		err = os->keeper ? keeper_run(os) : service_add(os);
		if (err)
			goto err_fault;
	}
	return os;

err_fault:
	fault_remove(os);
err_unmap:
	if (os->keeper)
		keeper_free(os);
	image_unmap(&os->image);
err_free:
	pthread_mutex_destroy(&os->netdevs_lock);
	free(os);
err:
	errno = -err;
	return NULL;
}

int libos_close(struct libos *os)
{
	if (!os)
		return 0;
	netdev_close_all(os);
	if (os->keeper)
		keeper_stop(os);
	os->ops.shutdown();
	thread_forget(os);
	if (os->keeper)
		keeper_free(os);
	else if (os->clock == LIBOS_CLOCK_REAL)
		service_remove(os);
	fault_remove(os);
	image_unmap(&os->image);
	pthread_mutex_destroy(&os->netdevs_lock);
	free(os);
	return 0;
}

const char *libos_release(const struct libos *os)
{
	return os->ops.release;
}

long libos_ret(long ret)
{
	if (ret >= 0 || ret < -4095)
		return ret;
	errno = -ret;
	return -1;
}
