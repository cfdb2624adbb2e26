// SPDX-License-Identifier: GPL-2.0
/*
 * host_shim.c - the host's kernel behind a few calls of the C API
 *
 * A unit test of code that only makes libos_…() calls links this in place of the
 * library and then runs on the host's kernel, each "stack" a fresh network
 * namespace of the calling thread; libos_release() tells the two apart. Only what
 * such code calls is here: a missing one is a link error. Needs root, or
 * `unshare -r`.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <libos.h>

/* struct libos - @home: the namespace to go back to */
struct libos {
	int home;
};

struct libos *libos_open(const struct libos_options *options)
{
	struct libos *os = malloc(sizeof(*os));

	(void)options;
	os->home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	if (os->home >= 0 && !unshare(CLONE_NEWNET))
		return os;
	close(os->home);
	free(os);
	return NULL;
}

int libos_close(struct libos *os)
{
	int ret = setns(os->home, CLONE_NEWNET);

	close(os->home);
	free(os);
	return ret;
}

const char *libos_release(const struct libos *os)
{
	(void)os;
	return "host";
}

int libos_socket(struct libos *os, int domain, int type, int protocol)
{
	(void)os;
	return socket(domain, type, protocol);
}

int libos_setsockopt(struct libos *os, int fd, int level, int name, const void *value,
		     socklen_t len)
{
	(void)os;
	return setsockopt(fd, level, name, value, len);
}

ssize_t libos_sendmsg(struct libos *os, int fd, const struct msghdr *msg, int flags)
{
	(void)os;
	return sendmsg(fd, msg, flags);
}

ssize_t libos_recvmsg(struct libos *os, int fd, struct msghdr *msg, int flags)
{
	(void)os;
	return recvmsg(fd, msg, flags);
}

int libos_open_file(struct libos *os, const char *path, int flags, mode_t mode)
{
	(void)os;
	return open(path, flags, mode);
}

ssize_t libos_read(struct libos *os, int fd, void *buf, size_t len)
{
	(void)os;
	return read(fd, buf, len);
}

ssize_t libos_write(struct libos *os, int fd, const void *buf, size_t len)
{
	(void)os;
	return write(fd, buf, len);
}

int libos_close_fd(struct libos *os, int fd)
{
	(void)os;
	return close(fd);
}

int libos_ioctl(struct libos *os, int fd, unsigned long request, ...)
{
	va_list args;
	void *arg;

	(void)os;
	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	return ioctl(fd, request, arg);
}

int libos_unshare(struct libos *os, int flags)
{
	(void)os;
	return unshare(flags);
}

int libos_setns(struct libos *os, int fd, int type)
{
	(void)os;
	return setns(fd, type);
}
