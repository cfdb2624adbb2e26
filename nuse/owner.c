// SPDX-License-Identifier: GPL-2.0
/*
 * owner.c - the process that owns a stack
 *
 * It boots the stack, makes its devices, answers commands on the control socket, and
 * ends when nobody needs the stack any more. The command that started it goes on as the
 * program (nuse.c), so the owner is nobody's child and in a session of its own.
 *
 * Life: start() and, where an address is to come, await_network(); then the command at
 * @clients[0] gets what a program needs to enter the stack. A stack without a name ends
 * when nobody is on it (is_used()): no process has a slot in the shared memory, nobody
 * is being handed descriptors, and nobody who was handed some is still on his way; he is
 * given GRACE_MS, since a command can be killed before it enters. The keeper rings when
 * the last process is gone. What such a process has left to be sent (connections that
 * are closed but not acknowledged) is waited for, as a host's kernel would send it.
 *
 * One thread does all this. Others: the keeper and the service thread of the library, a
 * DHCP client a device, the capture.
 */
#define _GNU_SOURCE
#include "owner.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <libos.h>

#include "capture.h"
#include "control.h"
#include "device.h"
#include "error.h"
#include "isolate.h"
#include "keeper.h"
#include "names.h"
#include "options.h"
#include "resolv.h"

enum {
	CLIENTS = 64,
	GRACE_MS = 3000,
	NETWORK_MS = 3000,	/* a program waits no longer for its address */
	TERM_MS = 2000,		/* from SIGTERM to SIGKILL */
	LINGER_MS = 10000,
	LINGER_STEP_MS = 20,
};

#define FOREVER UINT64_MAX

enum client_state {
	CLIENT_ASKING,		/* its request has not come */
	CLIENT_ATTACHING,	/* has what it needs, or will get it */
	CLIENT_STOPPING,	/* waits for the end */
};

struct client {
	int fd;
	pid_t pid;
	enum client_state state;
	bool isolated;
};

/* struct guest - who was handed descriptors and may not have entered yet */
struct guest {
	pid_t pid;
	uint64_t until;
};

/**
 * struct owner - all of it
 * @signals: signalfd
 * @bell: rung by the keeper and by DHCP clients
 * @isolate: makes the calls of isolated programs, from the first one on
 * @implicit: the network was not asked for, so the stack can do without
 * @starting: the command that started us waits
 * @deadline: of the programs that were told to end; FOREVER: none were
 * @killed: they were killed, too
 * @claimed: since when a slot is claimed and not filled in
 */
struct owner {
	struct options *o;
	struct libos *os;
	struct shared *sh;
	struct names_stack stack;
	int signals;
	int bell;
	int listener;
	struct device device[NET_DEVICES];
	int nr_device;
	struct capture *capture;
	struct isolate *isolate;
	struct client client[CLIENTS];
	int nr_client;
	struct guest guest[CLIENTS];
	int nr_guest;
	bool implicit;
	bool starting;
	bool ending;
	uint64_t deadline;
	bool killed;
	uint64_t claimed;
};

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000ull + ts.tv_nsec / 1000000;
}

/* To the command that waits for us, or into the log. */
static void __attribute__((format(printf, 2, 3)))
note(struct owner *w, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (w->starting && w->nr_client)
		control_reply(w->client[0].fd, CONTROL_NOTE, text, NULL);
	else
		dprintf(STDERR_FILENO, "nuse: %s\n", text);
}

#define verbose(w, ...)						\
	do {							\
		if ((w)->o->verbose)				\
			note(w, __VA_ARGS__);			\
	} while (0)

/* ------------------------------------------------------------------ *
 * Who is on the stack
 */

static bool has_entered(struct owner *w, pid_t pid)
{
	int i;

	for (i = 0; i < SHARED_PROCESSES; i++)
		if (w->sh->processes[i].pid == pid)
			return true;
	return false;
}

/* One that the host has forgotten waits for the keeper only. */
static bool is_program(const struct shared_process *p)
{
	return (p->state == SHARED_NEW || p->state == SHARED_WATCHED) &&
	       !(kill(p->pid, 0) && errno == ESRCH);
}

/* Whether somebody has a slot. Who died while he filled it in is not counted long. */
static bool is_entered(struct owner *w)
{
	bool claimed = false;
	int i;

	for (i = 0; i < SHARED_PROCESSES; i++) {
		uint32_t state = w->sh->processes[i].state;

		if (state == SHARED_NEW || state == SHARED_WATCHED) {
			w->claimed = FOREVER;
			return true;
		}
		if (state == SHARED_CLAIMED)
			claimed = true;
	}
	if (!claimed)
		w->claimed = FOREVER;
	else if (w->claimed == FOREVER)
		w->claimed = now_ms();
	return claimed && now_ms() - w->claimed < GRACE_MS;
}

/* Forgets those that are in, or late, or gone. Returns whether there were any. */
static bool guests_look(struct owner *w)
{
	uint64_t now = now_ms();
	int i, n = 0, before = w->nr_guest;

	for (i = 0; i < w->nr_guest; i++)
		if (now < w->guest[i].until && !has_entered(w, w->guest[i].pid) &&
		    !(kill(w->guest[i].pid, 0) && errno == ESRCH))
			w->guest[n++] = w->guest[i];
	w->nr_guest = n;
	return n < before;
}

static bool is_used(struct owner *w)
{
	int i;

	guests_look(w);
	for (i = 0; i < w->nr_client; i++)
		if (w->client[i].state == CLIENT_ATTACHING)
			return true;
	return w->nr_guest || is_entered(w);
}

static void signal_programs(struct owner *w, int sig)
{
	int i;

	for (i = 0; i < SHARED_PROCESSES; i++) {
		struct shared_process *p = &w->sh->processes[i];

		if (is_program(p) && p->pid > 0)
			kill(p->pid, sig);
	}
}

static void end_programs(struct owner *w)
{
	w->ending = true;
	if (w->deadline != FOREVER)
		return;
	w->deadline = now_ms() + TERM_MS;
	signal_programs(w, SIGTERM);
}

/* On a thread of the keeper's. */
static void on_empty(void *arg)
{
	eventfd_write(((struct owner *)arg)->bell, 1);
}

/* ------------------------------------------------------------------ *
 * What commands ask
 */

static void client_remove(struct owner *w, int i)
{
	struct client *c = &w->client[i];

	if (c->state == CLIENT_ATTACHING && w->nr_guest < CLIENTS)
		w->guest[w->nr_guest++] = (struct guest){ c->pid, now_ms() + GRACE_MS };
	close(c->fd);
	memmove(c, c + 1, (--w->nr_client - i) * sizeof(*c));
}

static void hand_over(struct owner *w, struct client *c)
{
	int fds[CONTROL_FDS];

	_Static_assert(CONTROL_FDS == (int)KEEPER_FDS, "descriptors");
	keeper_fds(w->os, fds);
	if (!c->isolated) {
		control_reply(c->fd, CONTROL_READY, w->stack.name, fds);
		return;
	}
	if (!w->isolate)
		w->isolate = isolate_start(w->os);
	if (!w->isolate || isolate_admit(w->isolate, fds)) {
		control_reply(c->fd, CONTROL_FAILED, libos_error(), NULL);
		return;
	}
	control_reply(c->fd, CONTROL_READY, w->stack.name, fds);
	close(fds[0]);
	close(fds[1]);
}

static void answer_attach(struct owner *w, struct client *c)
{
	char text[256];

	if (w->ending || w->os->dead) {
		snprintf(text, sizeof(text), w->os->dead ?
			 "the stack %s has died (nuse dmesg %s tells why); nuse stop %s "
			 "removes it" : "the stack %s is about to end; try again",
			 w->stack.name, w->stack.name, w->stack.name);
		control_reply(c->fd, CONTROL_FAILED, text, NULL);
		return;
	}
	c->state = CLIENT_ATTACHING;
	hand_over(w, c);
}

/* What /proc knows of @pid, in one line. */
static void print_command(FILE *out, pid_t pid)
{
	char path[32], text[256];
	ssize_t i, length = -1;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		length = read(fd, text, sizeof(text));
		close(fd);
	}
	while (length > 0 && !text[length - 1])
		length--;
	for (i = 0; i < length; i++)
		fputc(!text[i] ? ' ' : (unsigned char)text[i] < ' ' ? '?' : text[i], out);
	if (length <= 0)
		fputs("?", out);
}

static void print_status(struct owner *w, FILE *out)
{
	int i;

	fprintf(out, "%s\tLinux %s, owner %d%s\n", w->stack.name, libos_release(w->os),
		(int)getpid(), w->os->dead ? ", dead" : "");
	for (i = 0; i < w->nr_device; i++) {
		const struct net_device *spec = w->device[i].spec;
		const char *address = device_address(&w->device[i]);
		const char *address6 = device_address6(&w->device[i]);

		fprintf(out, "\t%s\t%s%s%s%s%s%s%s%s\n", spec->name,
			net_kind_name(spec->kind), *spec->argument ? ":" : "",
			spec->argument, address ? "  " : "", address ? address : "",
			address6 ? "  " : "", address6 ? address6 : "",
			w->device[i].waits ? "  (the other end is not there)" : "");
	}
	for (i = 0; i < SHARED_PROCESSES; i++) {
		struct shared_process *p = &w->sh->processes[i];

		if (!is_program(p))
			continue;
		fprintf(out, "\t%d\t", p->pid);
		print_command(out, p->pid);
		fputc('\n', out);
	}
}

static void answer_status(struct owner *w, struct client *c)
{
	size_t length;
	char *text;
	FILE *out = open_memstream(&text, &length);

	if (out) {
		print_status(w, out);
		fclose(out);
		control_text(c->fd, text, length);
		free(text);
	}
	control_reply(c->fd, CONTROL_DONE, "", NULL);
}

static void answer_stop(struct owner *w, struct client *c, bool force)
{
	char text[256];
	int i, n = 0, used = 0;

	for (i = 0; i < SHARED_PROCESSES; i++) {
		struct shared_process *p = &w->sh->processes[i];

		if (!is_program(p))
			continue;
		if (n++ < 10)
			used += snprintf(text + used, sizeof(text) - used, " %d", p->pid);
	}
	if (n && !force) {
		char why[512];

		snprintf(why, sizeof(why), "%d program%s on %s (process%s%s); end %s, or "
			 "nuse stop -f %s", n, n > 1 ? "s run" : " runs", w->stack.name,
			 text, n > 10 ? " …" : "", n > 1 ? "them" : "it", w->stack.name);
		control_reply(c->fd, CONTROL_FAILED, why, NULL);
		return;
	}
	c->state = CLIENT_STOPPING;
	end_programs(w);
}

/* Takes the "<6>" off each line. Return: what is left. */
static long strip_levels(char *text, long length)
{
	bool begins = true;
	long from, to = 0;

	for (from = 0; from < length; from++) {
		if (begins && text[from] == '<')
			while (from < length - 1 && text[from] != '>')
				from++;
		else
			text[to++] = text[from];
		begins = text[from] == '\n';
	}
	return to;
}

/* What is said of a stack that cannot be asked any more. */
static void send_log(struct owner *w, struct client *c)
{
	char path[NAMES_PATH + 8], text[4096];
	ssize_t length;
	int fd;

	snprintf(path, sizeof(path), "%s/log", w->stack.directory);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	while ((length = read(fd, text, sizeof(text))) > 0)
		control_text(c->fd, text, length);
	close(fd);
}

/* syslog(2) of the stack: everything in its buffer. */
static void answer_dmesg(struct owner *w, struct client *c)
{
	enum { READ_ALL = 3, SIZE_BUFFER = 10 };
	long size = libos_syscall(w->os, SYS_syslog, SIZE_BUFFER, NULL, 0);
	char *text = malloc(size > 0 ? size : 1);
	long length = text && size > 0 ?
		      libos_syscall(w->os, SYS_syslog, READ_ALL, text, size) : -1;

	if (length >= 0)
		control_text(c->fd, text, strip_levels(text, length));
	else
		send_log(w, c);
	control_reply(c->fd, CONTROL_DONE, "", NULL);
	free(text);
}

static void client_answer(struct owner *w, int i)
{
	struct client *c = &w->client[i];
	struct control_request request;
	int err = control_asked(c->fd, &request);

	if (err == -EAGAIN)
		return;
	if (err || c->state != CLIENT_ASKING) {
		client_remove(w, i);
		return;
	}
	switch (request.verb) {
	case CONTROL_ATTACH:
	case CONTROL_ISOLATE:
		c->isolated = request.verb == CONTROL_ISOLATE;
		answer_attach(w, c);
		break;
	case CONTROL_STATUS:
		answer_status(w, c);
		break;
	case CONTROL_STOP:
		answer_stop(w, c, request.force);
		break;
	case CONTROL_DMESG:
		answer_dmesg(w, c);
		break;
	default:
		control_reply(c->fd, CONTROL_FAILED, "the stack was started by another "
			      "version of nuse; use that", NULL);
	}
}

static void client_accept(struct owner *w)
{
	pid_t pid;
	int fd = control_accept(w->listener, &pid);

	if (fd < 0)
		return;
	if (w->nr_client == CLIENTS) {
		control_reply(fd, CONTROL_FAILED, "too many commands at once; try again",
			      NULL);
		close(fd);
		return;
	}
	w->client[w->nr_client++] = (struct client){ .fd = fd, .pid = pid, .state = CLIENT_ASKING };
}

/* ------------------------------------------------------------------ *
 * One step
 */

/* A child that has ended is a passt; the device's link is down by itself. */
static void children_look(struct owner *w)
{
	int i;

	for (i = 0; i < w->nr_device; i++) {
		struct passt *passt = &w->device[i].passt;

		if (passt->pid > 0 && waitpid(passt->pid, NULL, WNOHANG) == passt->pid) {
			passt->pid = 0;
			passt_explain(passt);
			if (!w->starting || w->implicit)
				note(w, "no network: %s", libos_error());
		}
	}
}

static void signals_look(struct owner *w)
{
	struct signalfd_siginfo info;

	while (read(w->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			children_look(w);
		else
			end_programs(w);
	}
}

static void programs_look(struct owner *w)
{
	if (now_ms() < w->deadline || !is_entered(w))
		return;
	if (w->killed) {
		w->deadline = 0;
		return;
	}
	w->killed = true;
	w->deadline = now_ms() + TERM_MS;
	signal_programs(w, SIGKILL);
}

/* When there is something to do without being rung. */
static uint64_t next_look(struct owner *w)
{
	uint64_t next = w->deadline, now = now_ms();
	int i;

	/* Perhaps the last: is the stack still used? */
	if (guests_look(w))
		return now;
	for (i = 0; i < w->nr_guest; i++)
		if (w->guest[i].until < next)
			next = w->guest[i].until;
	if (w->claimed != FOREVER && now < w->claimed + GRACE_MS &&
	    w->claimed + GRACE_MS < next)
		next = w->claimed + GRACE_MS;
	return next;
}

/* Waits until @until at most, and does what there is to do. */
static void step(struct owner *w, uint64_t until)
{
	struct pollfd fds[3 + NET_DEVICES + CLIENTS];
	uint64_t now = now_ms(), next = next_look(w);
	int i, n = 0, first_client;
	eventfd_t count;

	fds[n++] = (struct pollfd){ w->signals, POLLIN, 0 };
	fds[n++] = (struct pollfd){ w->bell, POLLIN, 0 };
	fds[n++] = (struct pollfd){ w->listener, POLLIN, 0 };
	for (i = 0; i < w->nr_device; i++)
		fds[n++] = (struct pollfd){ w->device[i].cable.listener, POLLIN, 0 };
	first_client = n;
	for (i = 0; i < w->nr_client; i++)
		fds[n++] = (struct pollfd){ w->client[i].fd, POLLIN, 0 };
	if (until < next)
		next = until;
	if (poll(fds, n, next == FOREVER ? -1 : next > now ? (int)(next - now) : 0) < 0)
		return;
	/* From the end: one that goes away moves those behind it. */
	for (i = w->nr_client - 1; i >= 0; i--)
		if (fds[first_client + i].revents)
			client_answer(w, i);
	for (i = 0; i < w->nr_device; i++)
		if (fds[3 + i].revents)
			device_plugged(&w->device[i]);
	if (fds[0].revents)
		signals_look(w);
	if (fds[1].revents)
		eventfd_read(w->bell, &count);
	if (fds[2].revents)
		client_accept(w);
	programs_look(w);
}

/* ------------------------------------------------------------------ *
 * The start
 */

/* For the names of its sockets */
static void make_directories(struct libos *os)
{
	libos_syscall(os, SYS_mkdir, "/tmp", 01777);
	libos_syscall(os, SYS_chmod, "/tmp", 01777);
	libos_syscall(os, SYS_mkdir, "/run", 0755);
	libos_syscall(os, SYS_mkdir, "/var", 0755);
	libos_syscall(os, SYS_symlink, "/run", "/var/run");
}

static int open_stack(struct owner *w)
{
	struct libos_options options = {
		.size = sizeof(options),
		.release = w->o->kernel,
		.memory = w->o->memory,
		.shared = 1,
	};
	uint64_t before = now_ms();

	w->os = libos_open(&options);
	if (!w->os)
		return -errno;
	w->sh = w->os->image.extra;
	w->sh->no_twins = w->o->no_twin;
	if (w->o->unix_stack)
		make_directories(w->os);
	/* As a system's init does, for programs that pin. nuse/attached/path.c has the other place. */
	libos_syscall(w->os, SYS_mkdir, "/run/bpf", 0755);
	libos_syscall(w->os, SYS_mount, "bpf", "/run/bpf", "bpf", 0, "mode=0700");
	libos_syscall(w->os, SYS_mount, "/run/bpf", "/sys/fs/bpf", NULL, MS_BIND, NULL);
	/* nuse/attached/cgroup.c has the reason for its place. */
	libos_syscall(w->os, SYS_mkdir, "/run/cgroup2", 0755);
	libos_syscall(w->os, SYS_mount, "cgroup2", "/run/cgroup2", "cgroup2", 0, NULL);
	/* For netdevsim, whose knobs lie there */
	libos_syscall(w->os, SYS_mount, "debugfs", "/sys/kernel/debug", "debugfs", 0, NULL);
	w->sh->unix_stack = w->o->unix_stack;
	/* For devices that come and go: /dev/tapN */
	libos_syscall(w->os, SYS_mount, "devtmpfs", "/dev", "devtmpfs", 0, NULL);
	keeper_directory(w->os, w->stack.directory);
	keeper_on_empty(w->os, on_empty, w);
	verbose(w, "Linux %s has booted in %d ms; the stack's name is %s",
		libos_release(w->os), (int)(now_ms() - before), w->stack.name);
	return libos_configure(w->os, "link set lo up") ? -errno : 0;
}

/* Those that concern a device that is not there yet are tried again: @last. */
static int set_sysctls(struct owner *w, bool last)
{
	char command[1024];
	int i;

	for (i = 0; i < w->o->nr_sysctl; i++) {
		if (!w->o->sysctl[i])
			continue;
		snprintf(command, sizeof(command), "sysctl %s", w->o->sysctl[i]);
		if (!libos_configure(w->os, command))
			w->o->sysctl[i] = NULL;
		else if (last || errno != ENOENT)
			return -errno;
	}
	return 0;
}

static int set_routes(struct owner *w)
{
	const struct net *net = &w->o->net;
	char command[256];
	int i;

	for (i = 0; i < net->nr_route; i++) {
		snprintf(command, sizeof(command), "route add %s via %s",
			 net->route[i].prefix, net->route[i].gateway);
		if (libos_configure(w->os, command))
			return -errno;
	}
	return 0;
}

static int prepare_devices(struct owner *w)
{
	int err = 0;

	while (!err && w->nr_device < w->o->net.nr_device) {
		err = device_prepare(&w->device[w->nr_device],
				     &w->o->net.device[w->nr_device], w->nr_device);
		w->nr_device++;
	}
	return err;
}

static int open_devices(struct owner *w)
{
	int i, err = set_sysctls(w, false);

	for (i = 0; !err && i < w->nr_device; i++)
		err = device_open(&w->device[i], w->os, w->bell);
	if (!err)
		err = set_routes(w);
	return err ? err : set_sysctls(w, true);
}

static int open_control(struct owner *w)
{
	char path[NAMES_PATH + 16];

	snprintf(path, sizeof(path), "%s/control", w->stack.directory);
	w->listener = control_listen(path);
	return w->listener < 0 ? w->listener : 0;
}

/* A name of its own, or its number. From here on stderr is the log. */
static int open_directory(struct owner *w)
{
	char number[12], path[NAMES_PATH + 8];
	int err, fd;

	snprintf(number, sizeof(number), "%d", (int)getpid());
	err = names_claim(&w->stack, w->o->name ? w->o->name : number);
	if (err)
		return err;
	resolv_start(w->stack.directory);
	snprintf(path, sizeof(path), "%s/log", w->stack.directory);
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0) {
		libos_error_set("%s: %s", path, strerror(errno));
		return -errno;
	}
	dup2(fd, STDERR_FILENO);
	close(fd);
	return 0;
}

/* Where no network was asked for, passt is it. */
static void choose_network(struct owner *w)
{
	if (w->o->net_given)
		return;
	if (!passt_installed()) {
		verbose(w, "passt is not installed, so there is no network but lo; install "
			"it, or choose one with --net");
		return;
	}
	w->implicit = true;
	net_parse(&w->o->net, "passt");
	net_finish(&w->o->net);
}

static int start(struct owner *w)
{
	FILE *file = NULL;
	int err = open_directory(w);

	if (err)
		return err;
	if (w->o->pcap) {
		file = capture_open(w->o->pcap);
		if (!file)
			return -EIO;
	}
	choose_network(w);
	err = prepare_devices(w);
	if (!err)
		err = open_stack(w);
	if (err) {
		if (file)
			fclose(file);
		return err;
	}
	if (file) {
		w->capture = capture_start(w->os, file);
		if (!w->capture)
			return -EIO;
	}
	err = open_devices(w);
	return err ? err : open_control(w);
}

/* Whether a device still waits for its address; -errno if it waits in vain. */
static int is_waiting(struct owner *w)
{
	int i;

	for (i = 0; i < w->nr_device; i++) {
		struct device *d = &w->device[i];

		if (d->spec->kind == NET_PASST && !d->passt.pid) {
			if (w->implicit)
				continue;
			return -EIO;
		}
		if (device_lacks(d) && !d->waits)
			return 1;
	}
	return 0;
}

static void tell_addresses(struct owner *w)
{
	int i;

	for (i = 0; i < w->nr_device; i++) {
		struct device *d = &w->device[i];
		const char *address = device_address(d), *address6 = device_address6(d);

		if (address)
			verbose(w, "%s: %s", d->spec->name, address);
		if (address6)
			verbose(w, "%s: %s", d->spec->name, address6);
		if (device_lacks(d) && (d->spec->kind != NET_PASST || d->passt.pid))
			note(w, "%s: no answer from a DHCP server yet; it is asked on",
			     d->spec->name);
		if (!d->dhcp && !d->dhcp6)
			verbose(w, "%s: %s%s%s", d->spec->name,
				net_kind_name(d->spec->kind),
				*d->spec->argument ? ":" : "", d->spec->argument);
	}
}

static int await_network(struct owner *w)
{
	uint64_t until = now_ms() + NETWORK_MS;
	int waiting;

	while ((waiting = is_waiting(w)) > 0 && now_ms() < until && w->nr_client &&
	       !w->ending)
		step(w, until);
	if (waiting < 0)
		return waiting;
	tell_addresses(w);
	return 0;
}

/* ------------------------------------------------------------------ *
 * The end
 */

/* Connections that nobody holds any more and that have still something to send. */
static bool has_orphans(struct libos *os)
{
	char text[1024], *orphan;
	int fd = libos_open_file(os, "/proc/net/sockstat", O_RDONLY, 0);
	ssize_t length;

	if (fd < 0)
		return false;
	length = libos_read(os, fd, text, sizeof(text) - 1);
	libos_close_fd(os, fd);
	text[length > 0 ? length : 0] = '\0';
	orphan = strstr(text, " orphan ");
	return orphan && atoi(orphan + strlen(" orphan "));
}

static void linger(struct owner *w)
{
	static const struct timespec moment = { 0, LINGER_STEP_MS * 1000000 };
	uint64_t until = now_ms() + LINGER_MS;

	if (!w->nr_device)
		return;
	while (!w->os->dead && now_ms() < until && has_orphans(w->os))
		nanosleep(&moment, NULL);
}

static void finish(struct owner *w)
{
	int i;

	if (w->listener >= 0)
		close(w->listener);
	for (i = 0; i < w->nr_device; i++)
		device_stop(&w->device[i]);
	if (w->capture)
		capture_stop(w->capture);
	isolate_stop(w->isolate);
	libos_close(w->os);
	for (i = 0; i < w->nr_device; i++)
		device_close(&w->device[i]);
	if (w->stack.fd >= 0)
		names_release(&w->stack);
	for (i = 0; i < w->nr_client; i++)
		if (w->client[i].state == CLIENT_STOPPING)
			control_reply(w->client[i].fd, CONTROL_DONE, "", NULL);
}

static int run(struct owner *w)
{
	int err = start(w);

	if (!err)
		err = await_network(w);
	if (err) {
		control_reply(w->client[0].fd, CONTROL_FAILED, libos_error(), NULL);
		return 1;
	}
	/* It was killed while it waited. */
	if (!w->nr_client || w->client[0].state != CLIENT_ATTACHING)
		return 1;
	hand_over(w, &w->client[0]);
	w->starting = false;
	if (chdir("/"))
		note(w, "/: %s", strerror(errno));
	while (w->ending ? w->deadline && is_entered(w) : w->o->name || is_used(w))
		step(w, FOREVER);
	linger(w);
	return 0;
}

/* ------------------------------------------------------------------ */

static int signals_open(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_SETMASK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* No descriptor of whoever started us, but the one to the command. */
static int leave_all(int connection)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	dup3(connection, 3, O_CLOEXEC);
	close_range(4, ~0u, 0);
	return 3;
}

static void become_owner(struct options *options, int connection, pid_t command)
{
	static struct owner w = {
		.stack = { .fd = -1 },
		.listener = -1,
		.starting = true,
		.deadline = FOREVER,
		.claimed = FOREVER,
		.nr_client = 1,
	};
	int status;

	w.o = options;
	w.client[0] = (struct client){ leave_all(connection), command, CLIENT_ATTACHING,
					 options->isolate };
	w.signals = signals_open();
	w.bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	status = run(&w);
	finish(&w);
	_exit(status);
}

int owner_start(struct options *options)
{
	pid_t command = getpid(), pid;
	int pair[2], err;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair)) {
		libos_error_set("no sockets: %s", strerror(errno));
		return -errno;
	}
	/* Twice, so that the program has no child it does not know of. */
	pid = fork();
	if (!pid) {
		setsid();
		pid = fork();
		if (!pid)
			become_owner(options, pair[1], command);
		_exit(pid < 0);
	}
	close(pair[1]);
	if (pid < 0) {
		err = -errno;
		libos_error_set("cannot start the stack's process: %s", strerror(errno));
		close(pair[0]);
		return err;
	}
	waitpid(pid, NULL, 0);
	return pair[0];
}
