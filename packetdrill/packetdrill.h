/* SPDX-License-Identifier: GPL-2.0 */
/*
 * packetdrill.h - what packetdrill expects of a stack in a shared object
 *
 * `packetdrill --so_filename=libos-packetdrill.so --so_flags=FLAGS SCRIPT` loads the
 * object, calls packetdrill_interface_init() once for each script, and free() at its
 * end. The order of the members is packetdrill's. Functions are POSIX's, with the
 * structure's userdata in front: they return -1 and set errno.
 */
#ifndef PACKETDRILL_H
#define PACKETDRILL_H

#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

/**
 * struct packetdrill_interface - a stack under test
 * @free: ends it. No other thread is in a call.
 * @netdev_send: a packet, from its IP header on, arrives at the stack. 0 or -1.
 * @netdev_receive: the next packet that the stack sends. @bytes: room in @packet, and
 *	then its length; @time_usecs: when it was sent, by gettimeofday(). Waits for
 *	it. 0 with no bytes: none will come.
 */
struct packetdrill_interface {
	void *userdata;
	void (*free)(void *userdata);

	int (*socket)(void *userdata, int domain, int type, int protocol);
	int (*bind)(void *userdata, int fd, const struct sockaddr *addr, socklen_t len);
	int (*listen)(void *userdata, int fd, int backlog);
	int (*accept)(void *userdata, int fd, struct sockaddr *addr, socklen_t *len);
	int (*connect)(void *userdata, int fd, const struct sockaddr *addr, socklen_t len);

	ssize_t (*read)(void *userdata, int fd, void *buf, size_t len);
	ssize_t (*readv)(void *userdata, int fd, const struct iovec *iov, int n);
	ssize_t (*recv)(void *userdata, int fd, void *buf, size_t len, int flags);
	ssize_t (*recvfrom)(void *userdata, int fd, void *buf, size_t len, int flags,
			    struct sockaddr *addr, socklen_t *addrlen);
	ssize_t (*recvmsg)(void *userdata, int fd, struct msghdr *msg, int flags);

	ssize_t (*write)(void *userdata, int fd, const void *buf, size_t len);
	ssize_t (*writev)(void *userdata, int fd, const struct iovec *iov, int n);
	ssize_t (*send)(void *userdata, int fd, const void *buf, size_t len, int flags);
	ssize_t (*sendto)(void *userdata, int fd, const void *buf, size_t len, int flags,
			  const struct sockaddr *addr, socklen_t addrlen);
	ssize_t (*sendmsg)(void *userdata, int fd, const struct msghdr *msg, int flags);

	int (*fcntl)(void *userdata, int fd, int cmd, ...);
	int (*ioctl)(void *userdata, int fd, unsigned long request, ...);
	int (*close)(void *userdata, int fd);
	int (*shutdown)(void *userdata, int fd, int how);
	int (*getsockopt)(void *userdata, int fd, int level, int name, void *value,
			  socklen_t *len);
	int (*setsockopt)(void *userdata, int fd, int level, int name, const void *value,
			  socklen_t len);
	int (*poll)(void *userdata, struct pollfd *fds, nfds_t n, int timeout_ms);

	int (*netdev_send)(void *userdata, const void *packet, size_t bytes);
	int (*netdev_receive)(void *userdata, void *packet, size_t *bytes,
			      long long *time_usecs);

	int (*usleep)(void *userdata, useconds_t usecs);
	int (*gettimeofday)(void *userdata, struct timeval *tv, struct timezone *tz);

	int (*epoll_create)(void *userdata, int size);
	int (*epoll_ctl)(void *userdata, int epfd, int op, int fd,
			 struct epoll_event *event);
	int (*epoll_wait)(void *userdata, int epfd, struct epoll_event *events, int n,
			  int timeout_ms);
	int (*pipe)(void *userdata, int fd[2]);
	int (*splice)(void *userdata, int in, loff_t *in_offset, int out,
		      loff_t *out_offset, size_t len, unsigned int flags);
};

/**
 * packetdrill_interface_init() - start a stack
 * @flags: libos-packetdrill(7) has them; NULL for none
 * @ifc: filled in
 *
 * What is wrong is told on stderr in one sentence, and the process ends: there is no
 * other way to report it.
 */
__attribute__((visibility("default")))
void packetdrill_interface_init(const char *flags, struct packetdrill_interface *ifc);
typedef void packetdrill_interface_init_fn(const char *, struct packetdrill_interface *);

#endif
