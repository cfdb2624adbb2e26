// SPDX-License-Identifier: GPL-2.0
/*
 * interface.c - packetdrill's interface: the calls, and the beginning and the end
 *
 * A call is the library's of the same name, with pace.c told of it. What the interface
 * means by netdev_receive() where no packet comes, and by offsets of splice(), is said
 * nowhere but in packetdrill's source (so_testing.c, run_system_call.c).
 */
#define _GNU_SOURCE
#include "packetdrill.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include <libos.h>

#include "flags.h"
#include "pace.h"
#include "setup.h"
#include "wire.h"

/**
 * struct instance - the stack under test, packetdrill's userdata
 */
struct instance {
	struct libos *os;
	struct pace *pace;
	struct wire *wire;
	uint64_t limit_ns;
};

/* @call of the instance @in, and what it returns */
#define CALL(in, call) __extension__({		\
	__typeof__(call) ret_;			\
						\
	pace_enter((in)->pace);			\
	ret_ = (call);				\
	pace_leave((in)->pace);			\
	ret_;					\
})

/* ------------------------------------------------------------------ *
 * sockets
 */

static int call_socket(void *userdata, int domain, int type, int protocol)
{
	struct instance *in = userdata;

	return CALL(in, libos_socket(in->os, domain, type, protocol));
}

static int call_bind(void *userdata, int fd, const struct sockaddr *addr, socklen_t len)
{
	struct instance *in = userdata;

	return CALL(in, libos_bind(in->os, fd, addr, len));
}

static int call_listen(void *userdata, int fd, int backlog)
{
	struct instance *in = userdata;

	return CALL(in, libos_listen(in->os, fd, backlog));
}

static int call_accept(void *userdata, int fd, struct sockaddr *addr, socklen_t *len)
{
	struct instance *in = userdata;

	return CALL(in, libos_accept(in->os, fd, addr, len));
}

static int call_connect(void *userdata, int fd, const struct sockaddr *addr, socklen_t len)
{
	struct instance *in = userdata;

	return CALL(in, libos_connect(in->os, fd, addr, len));
}

static int call_shutdown(void *userdata, int fd, int how)
{
	struct instance *in = userdata;

	return CALL(in, libos_shutdown(in->os, fd, how));
}

static int call_getsockopt(void *userdata, int fd, int level, int name, void *value,
			   socklen_t *len)
{
	struct instance *in = userdata;

	return CALL(in, libos_getsockopt(in->os, fd, level, name, value, len));
}

static int call_setsockopt(void *userdata, int fd, int level, int name, const void *value,
			   socklen_t len)
{
	struct instance *in = userdata;

	return CALL(in, libos_setsockopt(in->os, fd, level, name, value, len));
}

/* ------------------------------------------------------------------ *
 * data
 */

static ssize_t call_read(void *userdata, int fd, void *buf, size_t len)
{
	struct instance *in = userdata;

	return CALL(in, libos_read(in->os, fd, buf, len));
}

static ssize_t call_readv(void *userdata, int fd, const struct iovec *iov, int n)
{
	struct instance *in = userdata;

	return CALL(in, libos_readv(in->os, fd, iov, n));
}

static ssize_t call_recv(void *userdata, int fd, void *buf, size_t len, int flags)
{
	struct instance *in = userdata;

	return CALL(in, libos_recv(in->os, fd, buf, len, flags));
}

static ssize_t call_recvfrom(void *userdata, int fd, void *buf, size_t len, int flags,
			     struct sockaddr *addr, socklen_t *addrlen)
{
	struct instance *in = userdata;

	return CALL(in, libos_recvfrom(in->os, fd, buf, len, flags, addr, addrlen));
}

static ssize_t call_recvmsg(void *userdata, int fd, struct msghdr *msg, int flags)
{
	struct instance *in = userdata;

	return CALL(in, libos_recvmsg(in->os, fd, msg, flags));
}

static ssize_t call_write(void *userdata, int fd, const void *buf, size_t len)
{
	struct instance *in = userdata;

	return CALL(in, libos_write(in->os, fd, buf, len));
}

static ssize_t call_writev(void *userdata, int fd, const struct iovec *iov, int n)
{
	struct instance *in = userdata;

	return CALL(in, libos_writev(in->os, fd, iov, n));
}

static ssize_t call_send(void *userdata, int fd, const void *buf, size_t len, int flags)
{
	struct instance *in = userdata;

	return CALL(in, libos_send(in->os, fd, buf, len, flags));
}

static ssize_t call_sendto(void *userdata, int fd, const void *buf, size_t len, int flags,
			   const struct sockaddr *addr, socklen_t addrlen)
{
	struct instance *in = userdata;

	return CALL(in, libos_sendto(in->os, fd, buf, len, flags, addr, addrlen));
}

static ssize_t call_sendmsg(void *userdata, int fd, const struct msghdr *msg, int flags)
{
	struct instance *in = userdata;

	return CALL(in, libos_sendmsg(in->os, fd, msg, flags));
}

/* ------------------------------------------------------------------ *
 * descriptors
 */

static int call_fcntl(void *userdata, int fd, int cmd, ...)
{
	struct instance *in = userdata;
	va_list args;
	long arg;

	va_start(args, cmd);
	arg = va_arg(args, long);
	va_end(args);
	return CALL(in, libos_fcntl(in->os, fd, cmd, arg));
}

static int call_ioctl(void *userdata, int fd, unsigned long request, ...)
{
	struct instance *in = userdata;
	va_list args;
	void *arg;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	return CALL(in, libos_ioctl(in->os, fd, request, arg));
}

static int call_close(void *userdata, int fd)
{
	struct instance *in = userdata;

	return CALL(in, libos_close_fd(in->os, fd));
}

static int call_poll(void *userdata, struct pollfd *fds, nfds_t n, int timeout_ms)
{
	struct instance *in = userdata;

	return CALL(in, libos_poll(in->os, fds, n, timeout_ms));
}

static int call_epoll_create(void *userdata, int size)
{
	struct instance *in = userdata;

	return CALL(in, libos_syscall(in->os, SYS_epoll_create, size));
}

static int call_epoll_ctl(void *userdata, int epfd, int op, int fd,
			  struct epoll_event *event)
{
	struct instance *in = userdata;

	return CALL(in, libos_epoll_ctl(in->os, epfd, op, fd, event));
}

static int call_epoll_wait(void *userdata, int epfd, struct epoll_event *events, int n,
			   int timeout_ms)
{
	struct instance *in = userdata;

	return CALL(in, libos_epoll_wait(in->os, epfd, events, n, timeout_ms));
}

static int call_pipe(void *userdata, int fd[2])
{
	struct instance *in = userdata;

	return CALL(in, libos_pipe2(in->os, fd, 0));
}

/*
 * Where a script says NULL, packetdrill passes the address of a zero, which Linux refuses
 * for pipes and sockets. The interface has no other kinds of files.
 */
static loff_t *splice_offset(loff_t *offset)
{
	return offset && *offset ? offset : NULL;
}

static int call_splice(void *userdata, int from, loff_t *from_offset, int to,
		       loff_t *to_offset, size_t len, unsigned int flags)
{
	struct instance *in = userdata;

	return CALL(in, libos_splice(in->os, from, splice_offset(from_offset), to,
				     splice_offset(to_offset), len, flags));
}

/* ------------------------------------------------------------------ *
 * packets and time
 */

/* When it returns, calls that the packet ended have sent what they send. */
static int netdev_send(void *userdata, const void *packet, size_t bytes)
{
	struct instance *in = userdata;

	int ret = CALL(in, wire_send(in->wire, packet, bytes));

	pace_settle(in->pace);
	return ret;
}

static void collect(void *arg)
{
	wire_collect(arg);
}

static bool pending(void *arg)
{
	if (!wire_pending(arg))
		wire_collect(arg);
	return wire_pending(arg);
}

/*
 * packetdrill takes -1 for "try again", for ever, and a packet without bytes for a bad
 * one, which ends the script: it names the line.
 */
static int netdev_receive(void *userdata, void *packet, size_t *bytes,
			  long long *time_usecs)
{
	struct instance *in = userdata;
	uint64_t when;

	if (!pace_wait(in->pace, pending, in->wire)) {
		fprintf(stderr, "libos-packetdrill: the stack has sent no packet in %llu s\n",
			(unsigned long long)(in->limit_ns / 1000000000));
		*bytes = 0;
		return 0;
	}
	wire_take(in->wire, packet, bytes, &when);
	*time_usecs = pace_usecs(in->pace, when);
	pace_seen(in->pace, when);
	return 0;
}

static int call_usleep(void *userdata, useconds_t usecs)
{
	struct instance *in = userdata;

	pace_sleep(in->pace, usecs * 1000ull);
	return 0;
}

static int call_gettimeofday(void *userdata, struct timeval *tv, struct timezone *tz)
{
	struct instance *in = userdata;

	if (tv)
		pace_time(in->pace, tv);
	if (tz)
		memset(tz, 0, sizeof(*tz));
	return 0;
}

/* ------------------------------------------------------------------ *
 * the beginning and the end
 */

static void __attribute__((noreturn)) fail(const char *why)
{
	fprintf(stderr, "libos-packetdrill: %s\n", why);
	exit(EXIT_FAILURE);
}

static void call_free(void *userdata)
{
	struct instance *in = userdata;

	pace_end(in->pace);
	libos_close(in->os);
	wire_free(in->wire);
	free(in);
}

static struct libos *open_stack(const struct flags *flags)
{
	struct libos_options options = {
		.size = sizeof(options),
		.release = flags->release,
		.image = flags->image,
		.memory = flags->memory,
		.clock = LIBOS_CLOCK_VIRTUAL,
		.seed = flags->seed,
		.seed_len = flags->seed ? strlen(flags->seed) : 0,
		/* No devices that no script asks for */
		.cmdline = "fb_tunnels=none",
	};

	return libos_open(&options);
}

/*
 * The script begins 10 s after the boot, and at the beginning of a jiffy, as packetdrill
 * itself would have it. A clock that shows zero is "never" to TCP, in more than one place.
 */
static void warm_up(struct instance *in)
{
	struct timespec ts;
	uint64_t when;

	libos_clock_gettime(in->os, CLOCK_MONOTONIC, &ts);
	pace_sleep(in->pace, 10000000000ull - ts.tv_sec * 1000000000ull - ts.tv_nsec);
	wire_collect(in->wire);
	while (wire_take(in->wire, NULL, &(size_t){ 0 }, &when))
		;
}

void packetdrill_interface_init(const char *text, struct packetdrill_interface *ifc)
{
	struct instance *in = calloc(1, sizeof(*in));
	struct flags flags;
	char *error;

	if (!in)
		abort();
	error = flags_read(&flags, text);
	if (error)
		fail(error);
	in->os = open_stack(&flags);
	if (!in->os)
		fail(libos_error());
	in->wire = wire_open(in->os);
	if (!in->wire)
		fail("the stack under test does not give a tun device");
	if (setup(in->os, &flags))
		fail(libos_error());
	in->limit_ns = flags.limit_ns;
	in->pace = pace_start(in->os, flags.limit_ns, collect, in->wire);
	flags_free(&flags);
	warm_up(in);

	*ifc = (struct packetdrill_interface){
		.userdata = in,
		.free = call_free,
		.socket = call_socket,
		.bind = call_bind,
		.listen = call_listen,
		.accept = call_accept,
		.connect = call_connect,
		.read = call_read,
		.readv = call_readv,
		.recv = call_recv,
		.recvfrom = call_recvfrom,
		.recvmsg = call_recvmsg,
		.write = call_write,
		.writev = call_writev,
		.send = call_send,
		.sendto = call_sendto,
		.sendmsg = call_sendmsg,
		.fcntl = call_fcntl,
		.ioctl = call_ioctl,
		.close = call_close,
		.shutdown = call_shutdown,
		.getsockopt = call_getsockopt,
		.setsockopt = call_setsockopt,
		.poll = call_poll,
		.netdev_send = netdev_send,
		.netdev_receive = netdev_receive,
		.usleep = call_usleep,
		.gettimeofday = call_gettimeofday,
		.epoll_create = call_epoll_create,
		.epoll_ctl = call_epoll_ctl,
		.epoll_wait = call_epoll_wait,
		.pipe = call_pipe,
		.splice = call_splice,
	};
}
