// SPDX-License-Identifier: GPL-2.0
/*
 * calls.c - the same calls on the host's kernel and on the library's
 *
 *	calls host|lib [SUBJECT...]
 *
 * prints a line a call, see calls.h; calls.sh compares. The library's release is
 * $LIBOS_RELEASE. A subject runs in a process of its own and ends after a minute at
 * the latest, so one that crashes or hangs costs only its own lines.
 */
#include "calls.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/un.h>
#include <sys/wait.h>

struct libos *os;
int err, optval;
socklen_t optlen;
struct sockaddr_storage name;
socklen_t namelen;
void *bad_low = (void *)1;
void *bad_noncanonical = (void *)0x8000000000000000ul;
void *bad_kernel = (void *)0xffffffff80000000ul;
char *hole, *readonly;

static const struct subject {
	const char *name;
	void (*run)(void);
} subjects[] = {
	{ "socket", subject_socket },
	{ "badfd", subject_badfd },
	{ "fault", subject_fault },
	{ "descriptor", subject_descriptor },
	{ "ioctl", subject_ioctl },
	{ "tcp4", subject_tcp4 },
	{ "tcp6", subject_tcp6 },
	{ "tcp_options", subject_tcp_options },
	{ "tcp_end", subject_tcp_end },
	{ "block", subject_block },
	{ "udp4", subject_udp4 },
	{ "udp6", subject_udp6 },
	{ "udplite", subject_udplite },
	{ "udplite6", subject_udplite6 },
	{ "ip_options", subject_ip_options },
	{ "ip6_options", subject_ip6_options },
	{ "multicast", subject_multicast },
	{ "ancillary", subject_ancillary },
	{ "unix", subject_unix },
	{ "unix_rights", subject_unix_rights },
	{ "poll", subject_poll },
	{ "select", subject_select },
	{ "epoll", subject_epoll },
	{ "event", subject_event },
	{ "vector", subject_vector },
	{ "splice", subject_splice },
	{ "file", subject_file },
	{ "netlink", subject_netlink },
	{ "raw", subject_raw },
	{ "ping", subject_ping },
	{ "packet", subject_packet },
	{ "mptcp", subject_mptcp },
	{ "mptcp6", subject_mptcp6 },
	{ "sctp", subject_sctp },
	{ "sctp6", subject_sctp6 },
	{ "dccp", subject_dccp },
	{ "dccp6", subject_dccp6 },
	{ "netns", subject_netns },
};

/* ------------------------------------------------------------------ *
 * A line
 */

static const struct subject *subject;
static int calls_made;
static bool line_open, went_well, shown_by_expectation;
static bool without_protocol;
static const char *expected;
static int first_fd;
static struct timespec begun;

static void end_line(void)
{
	if (line_open)
		putchar('\n');
	line_open = false;
	fflush(stdout);
}

void call_begin(const char *text)
{
	end_line();
	printf("%s %03d %s = ", subject->name, ++calls_made, text);
	fflush(stdout);
	line_open = true;
	shown_by_expectation = false;
	clock_gettime(CLOCK_MONOTONIC, &begun);
	errno = 0;
}

static void put_error(void)
{
	const char *known = strerrorname_np(err);

	went_well = false;
	printf("-1 %s", known ? known : "unknown errno");
}

long call_end(long ret)
{
	err = errno;
	went_well = true;
	if (ret == -1)
		put_error();
	else
		printf("%ld", ret);
	return ret;
}

int fd_symbol(int fd)
{
	return fd - first_fd;
}

long call_end_fd(long ret)
{
	err = errno;
	went_well = true;
	if (ret == -1)
		put_error();
	else
		printf("f%d", fd_symbol(ret));
	return ret;
}

void call_expect(const char *text)
{
	if (without_protocol && !os)
		expected = text;
}

bool call_is_expected(void)
{
	if (!without_protocol || os || expected)
		return expected;
	fprintf(stderr, "calls.c: %s, call %d has no EXPECT()\n", subject->name,
		calls_made);
	exit(2);
}

long call_expected(void)
{
	const char *text = expected;

	expected = NULL;
	shown_by_expectation = true;
	printf("%s", text);
	err = 0;
	return *text == 'f' ? first_fd + atol(text + 1) : atol(text);
}

void expect_without(int family, int type, int protocol)
{
	int fd = QUIET(socket, family, type, protocol);

	without_protocol = fd < 0;
	if (fd >= 0)
		QUIET(close_fd, fd);
}

/* ------------------------------------------------------------------ *
 * Behind the result
 */

void show(const char *format, ...)
{
	va_list args;

	if (shown_by_expectation)
		return;
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
}

void show_optval(void)
{
	if (went_well)
		show(" %d", optval);
}

void show_data(const void *data, long len)
{
	const unsigned char *byte = data;

	if (len < 0)
		return;
	show(" '");
	for (long i = 0; i < len && i < 64; i++)
		if (byte[i] >= ' ' && byte[i] < 127)
			show("%c", byte[i]);
		else
			show("\\%02x", byte[i]);
	show(len > 64 ? "…'" : "'");
}

/* A port the program chose is itself; one the kernel chose is the n-th of those. */
static const char *port_text(int port)
{
	static int met[64], n;
	static char text[16];
	int i = 0;

	if (port < 32768) {
		snprintf(text, sizeof(text), "%d", port);
		return text;
	}
	while (i < n && met[i] != port)
		i++;
	if (i == n && n < 64)
		met[n++] = port;
	snprintf(text, sizeof(text), "P%d", i + 1);
	return text;
}

static void show_unix(const struct sockaddr_un *un, socklen_t len)
{
	int n = (int)len - (int)offsetof(struct sockaddr_un, sun_path);

	if (n <= 0)
		show(" unix unnamed");
	else if (un->sun_path[0])
		show(" unix %.*s", n, un->sun_path);
	else if (n == 6 && strspn(un->sun_path + 1, "0123456789abcdef") >= 5)
		show(" unix @AUTOBIND");
	else
		show(" unix @%.*s", n - 1, un->sun_path + 1);
}

void show_name(void)
{
	const struct sockaddr_in6 *in6 = (const void *)&name;
	const struct sockaddr_in *in = (const void *)&name;
	char text[INET6_ADDRSTRLEN];

	if (!went_well)
		return;
	if (!namelen)
		show(" len 0");
	else if (name.ss_family == AF_INET)
		show(" %s:%s len %d", inet_ntop(AF_INET, &in->sin_addr, text, sizeof(text)),
		     port_text(ntohs(in->sin_port)), namelen);
	else if (name.ss_family == AF_INET6)
		show(" [%s]:%s len %d",
		     inet_ntop(AF_INET6, &in6->sin6_addr, text, sizeof(text)),
		     port_text(ntohs(in6->sin6_port)), namelen);
	else if (name.ss_family == AF_UNIX)
		show_unix((const void *)&name, namelen);
	else
		show(" family %d len %d", name.ss_family, namelen);
}

void show_events(short events)
{
	static const struct {
		short bit;
		const char *text;
	} bits[] = {
		{ POLLIN, "IN" }, { POLLPRI, "PRI" }, { POLLOUT, "OUT" },
		{ POLLRDHUP, "RDHUP" }, { POLLERR, "ERR" }, { POLLHUP, "HUP" },
		{ POLLNVAL, "NVAL" }, { POLLRDNORM, "RDNORM" },
		{ POLLRDBAND, "RDBAND" }, { POLLWRNORM, "WRNORM" },
		{ POLLWRBAND, "WRBAND" },
	};

	show(events ? "" : " none");
	for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++)
		if (events & bits[i].bit)
			show(" %s", bits[i].text);
}

void show_waited(int ms)
{
	struct timespec now;
	long us;

	clock_gettime(CLOCK_MONOTONIC, &now);
	us = (now.tv_sec - begun.tv_sec) * 1000000 + (now.tv_nsec - begun.tv_nsec) / 1000;
	show(us >= ms * 1000L ? " waited" : " did not wait");
}

/* ------------------------------------------------------------------ *
 * Arguments
 */

enum { SLOTS = 8 };

struct sockaddr *address(const char *text, int port)
{
	static union {
		struct sockaddr sa;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} slots[SLOTS], *a;
	static unsigned int next;

	a = &slots[next++ % SLOTS];
	memset(a, 0, sizeof(*a));
	if (inet_pton(AF_INET, text, &a->in.sin_addr) == 1) {
		a->in.sin_family = AF_INET;
		a->in.sin_port = htons(port);
	} else if (inet_pton(AF_INET6, text, &a->in6.sin6_addr) == 1) {
		a->in6.sin6_family = AF_INET6;
		a->in6.sin6_port = htons(port);
	}
	return &a->sa;
}

socklen_t address_len(const char *text)
{
	return strchr(text, ':') ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
}

struct sockaddr *unix_address(const char *path)
{
	static struct sockaddr_un slots[SLOTS], *a;
	static unsigned int next;

	a = &slots[next++ % SLOTS];
	memset(a, 0, sizeof(*a));
	a->sun_family = AF_UNIX;
	memcpy(a->sun_path, path, strlen(path));
	if (*path == '@')
		a->sun_path[0] = '\0';
	return (struct sockaddr *)a;
}

socklen_t unix_address_len(const char *path)
{
	return offsetof(struct sockaddr_un, sun_path) + strlen(path) + (*path != '@');
}

int *an_int(int value)
{
	static unsigned int next;
	static int slots[SLOTS];
	int *at = &slots[next++ % SLOTS];

	*at = value;
	return at;
}

struct msghdr *message(void *buf, size_t len)
{
	static struct msghdr slots[SLOTS];
	static struct iovec iovs[SLOTS];
	static unsigned int next;
	unsigned int i = next++ % SLOTS;

	iovs[i] = (struct iovec){ buf, len };
	slots[i] = (struct msghdr){ .msg_iov = &iovs[i], .msg_iovlen = 1 };
	return &slots[i];
}

/* ------------------------------------------------------------------ *
 * Around calls
 */

void settle(int fd, short events)
{
	struct pollfd pfd = { fd, events, 0 };

	QUIET(poll, &pfd, 1, 5000);
}

static struct {
	pthread_t thread;
	int ms;
	void (*act)(int arg);
	int arg;
} late;

static void *late_thread(void *arg)
{
	(void)arg;
	usleep(late.ms * 1000);
	late.act(late.arg);
	return NULL;
}

void later(int ms, void (*act)(int arg), int arg)
{
	late.ms = ms;
	late.act = act;
	late.arg = arg;
	if (pthread_create(&late.thread, NULL, late_thread, NULL))
		abort();
}

void later_done(void)
{
	pthread_join(late.thread, NULL);
}

void tcp_pair(int family, int pair[2])
{
	const char *lo = family == AF_INET ? "127.0.0.1" : "::1";
	int listener = QUIET(socket, family, SOCK_STREAM, 0);

	QUIET(setsockopt, listener, SOL_SOCKET, SO_REUSEADDR, an_int(1), sizeof(int));
	QUIET(bind, listener, A(lo, 7999));
	QUIET(listen, listener, 1);
	pair[0] = QUIET(socket, family, SOCK_STREAM, 0);
	QUIET(connect, pair[0], A(lo, 7999));
	pair[1] = QUIET(accept, listener, NULL, NULL);
	QUIET(close_fd, listener);
}

/* ------------------------------------------------------------------ *
 * Running
 */

static void make_bad_memory(void)
{
	char *page = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED)
		abort();
	hole = page + 4096;
	mprotect(hole, 4096, PROT_NONE);
	readonly = page + 2 * 4096;
	mprotect(readonly, 4096, PROT_READ);
}

static bool start_lib(void)
{
#ifndef CALLS_HOST_ONLY
	struct libos_options options = {
		.size = sizeof(options),
		.release = getenv("LIBOS_RELEASE"),
	};

	os = libos_open(&options);
	if (!os)
		fprintf(stderr, "libos_open: %s: %s\n", strerror(errno), libos_error());
	return os;
#else
	fprintf(stderr, "built without the library (CALLS_HOST_ONLY)\n");
	return false;
#endif
}

static bool start_host(void)
{
	closefrom(3);
	if (!unshare(CLONE_NEWNET))
		return true;
	fprintf(stderr, "unshare: %s: run as root, or under unshare -r -n\n",
		strerror(errno));
	return false;
}

static void raise_loopback(void)
{
	struct ifreq ifr = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = QUIET(socket, AF_INET, SOCK_DGRAM, 0);

	QUIET(ioctl, fd, SIOCSIFFLAGS, &ifr);
	QUIET(close_fd, fd);
}

static void run(const struct subject *s, bool lib)
{
	signal(SIGPIPE, SIG_IGN);
	if (!(lib ? start_lib() : start_host()))
		_exit(77);
	subject = s;
	make_bad_memory();
	raise_loopback();
	first_fd = QUIET(socket, AF_UNIX, SOCK_STREAM, 0);
	QUIET(close_fd, first_fd);
	s->run();
	end_line();
	_exit(0);
}

/* Waits for @pid, for a minute. Return: its wait status, or -1 when killed. */
static int wait_minute(pid_t pid)
{
	int status;

	for (int i = 0; i < 6000; i++) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return status;
		usleep(10000);
	}
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	return -1;
}

/* Return: exit status of the subject, 1 if it did not end by itself. */
static int run_apart(const struct subject *s, bool lib)
{
	pid_t pid;
	int status;

	fflush(stdout);
	pid = fork();
	if (!pid)
		run(s, lib);
	status = wait_minute(pid);
	if (status == -1)
		printf("\n%s hangs\n", s->name);
	else if (WIFSIGNALED(status))
		printf("\n%s dies of SIG%s\n", s->name, sigabbrev_np(WTERMSIG(status)));
	else
		return WEXITSTATUS(status);
	return 1;
}

static bool is_wanted(const struct subject *s, char **names)
{
	if (!*names)
		return true;
	for (; *names; names++)
		if (!strcmp(*names, s->name))
			return true;
	return false;
}

int main(int argc, char **argv)
{
	bool lib = argc > 1 && !strcmp(argv[1], "lib");
	int worst = 0, status;

	if (argc < 2 || (!lib && strcmp(argv[1], "host"))) {
		fprintf(stderr, "usage: calls host|lib [SUBJECT...]\n");
		return 2;
	}
	for (size_t i = 0; i < sizeof(subjects) / sizeof(subjects[0]); i++) {
		if (!is_wanted(&subjects[i], argv + 2))
			continue;
		status = run_apart(&subjects[i], lib);
		if (status == 77)
			return 77;
		if (status > worst)
			worst = status;
	}
	return worst;
}
