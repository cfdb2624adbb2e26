// SPDX-License-Identifier: GPL-2.0
/*
 * calls.c - the C API's system calls
 *
 * Each is the kernel's call of the same name, made as a function call on the
 * calling thread's task. What differs from the kernel's interface is what libc
 * does as well: select's time left, epoll's and signal sets' sizes.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/syscall.h>

#include "stack.h"

/* The size of the kernel's signal set. */
#define SIGSET_SIZE 8

long libos_syscall6(struct libos *os, long nr, long a0, long a1, long a2, long a3,
		    long a4, long a5)
{
	struct thread_task *t = thread_task(os);
	long ret;

	if (__builtin_expect(!t, 0))
		return -1;
	atomic_store_explicit(&t->inside, true, memory_order_relaxed);
	ret = os->ops.syscall(t->task, nr, a0, a1, a2, a3, a4, a5);
	atomic_store_explicit(&t->inside, false, memory_order_release);
	if (__builtin_expect((unsigned long)ret > -4096ul, 0))
		return libos_ret(ret);
	return ret;
}

#define CALL(name, ...) libos_syscall(os, SYS_##name, __VA_ARGS__)

int libos_socket(struct libos *os, int domain, int type, int protocol)
{
	return CALL(socket, domain, type, protocol);
}

int libos_socketpair(struct libos *os, int domain, int type, int protocol, int fd[2])
{
	return CALL(socketpair, domain, type, protocol, fd);
}

int libos_bind(struct libos *os, int fd, const struct sockaddr *addr, socklen_t len)
{
	return CALL(bind, fd, addr, len);
}

int libos_listen(struct libos *os, int fd, int backlog)
{
	return CALL(listen, fd, backlog);
}

int libos_accept(struct libos *os, int fd, struct sockaddr *addr, socklen_t *len)
{
	return CALL(accept, fd, addr, len);
}

int libos_accept4(struct libos *os, int fd, struct sockaddr *addr, socklen_t *len,
		  int flags)
{
	return CALL(accept4, fd, addr, len, flags);
}

int libos_connect(struct libos *os, int fd, const struct sockaddr *addr, socklen_t len)
{
	return CALL(connect, fd, addr, len);
}

int libos_getsockname(struct libos *os, int fd, struct sockaddr *addr, socklen_t *len)
{
	return CALL(getsockname, fd, addr, len);
}

int libos_getpeername(struct libos *os, int fd, struct sockaddr *addr, socklen_t *len)
{
	return CALL(getpeername, fd, addr, len);
}

int libos_getsockopt(struct libos *os, int fd, int level, int name, void *value,
		     socklen_t *len)
{
	return CALL(getsockopt, fd, level, name, value, len);
}

int libos_setsockopt(struct libos *os, int fd, int level, int name, const void *value,
		     socklen_t len)
{
	return CALL(setsockopt, fd, level, name, value, len);
}

int libos_shutdown(struct libos *os, int fd, int how)
{
	return CALL(shutdown, fd, how);
}

ssize_t libos_send(struct libos *os, int fd, const void *buf, size_t len, int flags)
{
	return CALL(sendto, fd, buf, len, flags);
}

ssize_t libos_recv(struct libos *os, int fd, void *buf, size_t len, int flags)
{
	return CALL(recvfrom, fd, buf, len, flags);
}

ssize_t libos_sendto(struct libos *os, int fd, const void *buf, size_t len, int flags,
		     const struct sockaddr *addr, socklen_t addrlen)
{
	return CALL(sendto, fd, buf, len, flags, addr, addrlen);
}

ssize_t libos_recvfrom(struct libos *os, int fd, void *buf, size_t len, int flags,
		       struct sockaddr *addr, socklen_t *addrlen)
{
	return CALL(recvfrom, fd, buf, len, flags, addr, addrlen);
}

ssize_t libos_sendmsg(struct libos *os, int fd, const struct msghdr *msg, int flags)
{
	return CALL(sendmsg, fd, msg, flags);
}

ssize_t libos_recvmsg(struct libos *os, int fd, struct msghdr *msg, int flags)
{
	return CALL(recvmsg, fd, msg, flags);
}

int libos_sendmmsg(struct libos *os, int fd, struct mmsghdr *msg, unsigned int n,
		   int flags)
{
	return CALL(sendmmsg, fd, msg, n, flags);
}

int libos_recvmmsg(struct libos *os, int fd, struct mmsghdr *msg, unsigned int n,
		   int flags, struct timespec *timeout)
{
	return CALL(recvmmsg, fd, msg, n, flags, timeout);
}

int libos_open_file(struct libos *os, const char *path, int flags, mode_t mode)
{
	return CALL(openat, AT_FDCWD, path, flags, mode);
}

ssize_t libos_read(struct libos *os, int fd, void *buf, size_t len)
{
	return CALL(read, fd, buf, len);
}

ssize_t libos_write(struct libos *os, int fd, const void *buf, size_t len)
{
	return CALL(write, fd, buf, len);
}

ssize_t libos_readv(struct libos *os, int fd, const struct iovec *iov, int n)
{
	return CALL(readv, fd, iov, n);
}

ssize_t libos_writev(struct libos *os, int fd, const struct iovec *iov, int n)
{
	return CALL(writev, fd, iov, n);
}

ssize_t libos_pread(struct libos *os, int fd, void *buf, size_t len, off_t offset)
{
	return CALL(pread64, fd, buf, len, offset);
}

ssize_t libos_pwrite(struct libos *os, int fd, const void *buf, size_t len,
		     off_t offset)
{
	return CALL(pwrite64, fd, buf, len, offset);
}

off_t libos_lseek(struct libos *os, int fd, off_t offset, int whence)
{
	return CALL(lseek, fd, offset, whence);
}

int libos_fstat(struct libos *os, int fd, struct stat *st)
{
	return CALL(fstat, fd, st);
}

ssize_t libos_sendfile(struct libos *os, int out, int in, off_t *offset, size_t n)
{
	return CALL(sendfile, out, in, offset, n);
}

ssize_t libos_splice(struct libos *os, int in, off_t *in_offset, int out,
		     off_t *out_offset, size_t n, unsigned int flags)
{
	return CALL(splice, in, in_offset, out, out_offset, n, flags);
}

ssize_t libos_tee(struct libos *os, int in, int out, size_t n, unsigned int flags)
{
	return CALL(tee, in, out, n, flags);
}

int libos_pipe2(struct libos *os, int fd[2], int flags)
{
	return CALL(pipe2, fd, flags);
}

int libos_close_fd(struct libos *os, int fd)
{
	return CALL(close, fd);
}

int libos_dup(struct libos *os, int fd)
{
	return CALL(dup, fd);
}

int libos_dup2(struct libos *os, int fd, int to)
{
	return CALL(dup2, fd, to);
}

int libos_dup3(struct libos *os, int fd, int to, int flags)
{
	return CALL(dup3, fd, to, flags);
}

int libos_fcntl(struct libos *os, int fd, int cmd, ...)
{
	va_list args;
	long arg;

	va_start(args, cmd);
	arg = va_arg(args, long);
	va_end(args);
	return CALL(fcntl, fd, cmd, arg);
}

int libos_ioctl(struct libos *os, int fd, unsigned long request, ...)
{
	va_list args;
	void *arg;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	return CALL(ioctl, fd, request, arg);
}

int libos_poll(struct libos *os, struct pollfd *fds, nfds_t n, int timeout_ms)
{
	return CALL(poll, fds, n, timeout_ms);
}

int libos_ppoll(struct libos *os, struct pollfd *fds, nfds_t n,
		const struct timespec *timeout, const sigset_t *mask)
{
	/* The kernel writes the time left into its argument. */
	struct timespec left;

	if (timeout)
		left = *timeout;
	return CALL(ppoll, fds, n, timeout ? &left : NULL, mask, SIGSET_SIZE);
}

int libos_select(struct libos *os, int n, fd_set *in, fd_set *out, fd_set *except,
		 struct timeval *timeout)
{
	return CALL(select, n, in, out, except, timeout);
}

int libos_pselect(struct libos *os, int n, fd_set *in, fd_set *out, fd_set *except,
		  const struct timespec *timeout, const sigset_t *mask)
{
	struct { const sigset_t *set; size_t size; } sig = { mask, SIGSET_SIZE };
	struct timespec left;

	if (timeout)
		left = *timeout;
	return CALL(pselect6, n, in, out, except, timeout ? &left : NULL, &sig);
}

int libos_epoll_create1(struct libos *os, int flags)
{
	return CALL(epoll_create1, flags);
}

int libos_epoll_ctl(struct libos *os, int epfd, int op, int fd,
		    struct epoll_event *event)
{
	return CALL(epoll_ctl, epfd, op, fd, event);
}

int libos_epoll_wait(struct libos *os, int epfd, struct epoll_event *events, int n,
		     int timeout_ms)
{
	return CALL(epoll_wait, epfd, events, n, timeout_ms);
}

int libos_epoll_pwait(struct libos *os, int epfd, struct epoll_event *events, int n,
		      int timeout_ms, const sigset_t *mask)
{
	return CALL(epoll_pwait, epfd, events, n, timeout_ms, mask, SIGSET_SIZE);
}

int libos_eventfd(struct libos *os, unsigned int value, int flags)
{
	return CALL(eventfd2, value, flags);
}

int libos_timerfd_create(struct libos *os, int clock, int flags)
{
	return CALL(timerfd_create, clock, flags);
}

int libos_timerfd_settime(struct libos *os, int fd, int flags,
			  const struct itimerspec *value, struct itimerspec *old)
{
	return CALL(timerfd_settime, fd, flags, value, old);
}

int libos_timerfd_gettime(struct libos *os, int fd, struct itimerspec *value)
{
	return CALL(timerfd_gettime, fd, value);
}

int libos_signalfd(struct libos *os, int fd, const sigset_t *mask, int flags)
{
	return CALL(signalfd4, fd, mask, SIGSET_SIZE, flags);
}

int libos_unshare(struct libos *os, int flags)
{
	return CALL(unshare, flags);
}

int libos_setns(struct libos *os, int fd, int type)
{
	return CALL(setns, fd, type);
}

int libos_nanosleep(struct libos *os, const struct timespec *req, struct timespec *rem)
{
	return CALL(nanosleep, req, rem);
}

/* Like the C library's: returns the error. */
int libos_clock_nanosleep(struct libos *os, clockid_t clock, int flags,
			  const struct timespec *req, struct timespec *rem)
{
	int saved = errno, err;

	err = CALL(clock_nanosleep, clock, flags, req, rem) ? errno : 0;
	errno = saved;
	return err;
}

int libos_clock_gettime(struct libos *os, clockid_t clock, struct timespec *ts)
{
	return CALL(clock_gettime, clock, ts);
}

ssize_t libos_getrandom(struct libos *os, void *buf, size_t len, unsigned int flags)
{
	return CALL(getrandom, buf, len, flags);
}
