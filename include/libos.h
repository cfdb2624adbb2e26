/* SPDX-License-Identifier: GPL-2.0 */
/*
 * libos.h - Linux's network stack as a library
 *
 * A stack (struct libos) is a whole Linux kernel inside the calling process,
 * with its own sockets, devices, routes, namespaces, /proc and clock. Open as
 * many as memory allows, also of different kernel releases, and call them from
 * any thread.
 *
 * Calls are Linux's own: arguments, flags, structures and errors are those of
 * the manual page of the same name (libos_sendmsg is sendmsg(2)). They return
 * -1 and set errno on failure. File descriptors belong to the stack; they mean
 * nothing to the host's kernel, nor to another stack. A call blocks as its man
 * page says, and EINTR comes when a signal handler ran on the thread meanwhile.
 * errno EIO from every call means that the stack has died: a kernel panic, which
 * the console callback has reported.
 *
 * A thread is attached to a stack by its first call and detached when it ends.
 * A process that has forked must not use the stacks of its parent.
 */
#ifndef LIBOS_H
#define LIBOS_H

#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LIBOS_VERSION_MAJOR 0
#define LIBOS_VERSION_MINOR 1

struct libos;
struct libos_netdev;
struct mmsghdr;

/* ------------------------------------------------------------------ *
 * Stacks
 */

enum libos_clock {
	LIBOS_CLOCK_REAL,	/* the host's monotonic clock */
	LIBOS_CLOCK_VIRTUAL,	/* moved by libos_clock_advance() only */
};

/**
 * struct libos_options - how a stack shall be
 * @size: sizeof(struct libos_options), so that the structure can grow
 * @release: kernel release, "6.12" or "6.1"; NULL: the default
 * @image: path of an image to load instead of searching for @release
 * @memory: limit in bytes; 0: 64 MiB. At least 16 MiB. Taken as it is touched.
 * @clock: see there
 * @wall_ns: wall clock at the start, nanoseconds since 1970. 0: the host's, or
 *	with a virtual clock 2000-01-01.
 * @seed, @seed_len: bytes the stack's randomness starts from; NULL: the host's
 *	entropy, or with a virtual clock a constant
 * @console: takes the kernel's log, whole lines as a rule; called with the stack
 *	locked, so must not call it. NULL: warnings and worse go to stderr only
 *	when the stack dies.
 * @console_arg: its first argument
 * @cmdline: the kernel's command line, e.g. "fb_tunnels=all": fallback devices (tunl0,
 *	sit0, …) in each network namespace, instead of when an ioctl asks for one; or
 *	"modules=ip_vs,rds": what else would begin when a program first asks for it
 * @shared: other processes may enter the stack, as the programs under nuse(1) do. It
 *	has a thread of its own then. Needs LIBOS_CLOCK_REAL.
 */
struct libos_options {
	size_t size;
	const char *release;
	const char *image;
	size_t memory;
	enum libos_clock clock;
	uint64_t wall_ns;
	const void *seed;
	size_t seed_len;
	void (*console)(void *arg, const char *text, size_t len);
	void *console_arg;
	const char *cmdline;
	int shared;
};

/**
 * libos_open() - start a stack
 * @options: NULL for all defaults
 *
 * Takes some milliseconds. Return: the stack, or NULL with errno: ENOENT (no
 * image of that release; libos_error() names where it was looked for), EINVAL,
 * ENOMEM, EPROTO (the image was built for another version of the library).
 */
struct libos *libos_open(const struct libos_options *options);

/**
 * libos_close() - stop a stack and give back all it had
 *
 * Sockets are closed, devices removed. Calls in progress in other threads return
 * EIO; when libos_close() returns no thread may use @os any more.
 * Return: 0.
 */
int libos_close(struct libos *os);

/* The kernel's release, e.g. "6.12.117". */
const char *libos_release(const struct libos *os);

/* Why the last libos_open() or libos_netdev_…() of this thread failed: a sentence. */
const char *libos_error(void);

/* ------------------------------------------------------------------ *
 * Time. Nanoseconds of the stack's CLOCK_MONOTONIC plus a constant.
 */

/* The stack's clock now. */
uint64_t libos_clock_now(struct libos *os);

/* When the stack next needs to run; UINT64_MAX: never by itself. */
uint64_t libos_clock_next(struct libos *os);

/**
 * libos_clock_advance() - move a virtual clock
 * @when: stops there, or earlier after the first time something was due
 *
 * Runs what is due at the time it stops at: timers, and calls of other threads
 * that they end. The calling thread carries it. Return: the new time, or
 * UINT64_MAX with errno EINVAL where the clock is not virtual.
 */
uint64_t libos_clock_advance(struct libos *os, uint64_t when);

/* ------------------------------------------------------------------ *
 * Configuration, without writing netlink by hand
 */

/**
 * libos_configure() - set up addresses, routes, links, sysctls
 * @commands: one or several, separated by newline or ';', in ip(8)'s and
 *	sysctl(8)'s words:
 *	  link set DEV [up|down] [mtu N] [address MAC] [name NAME] [master DEV]
 *	               [netns FD]
 *	  link add NAME type KIND [peer NAME]	(veth, dummy, bridge, vrf N, …)
 *	  link del DEV
 *	  addr add|replace|del ADDRESS/PREFIX dev DEV [nodad] [label NAME] …
 *	  addr flush dev DEV
 *	  route add|replace|append|del PREFIX|default [via ADDRESS] [dev DEV]
 *	               [src ADDRESS] [metric N] [mtu N] [table N] [onlink] …
 *	  rule add|del [from PREFIX] [to PREFIX] [fwmark N] [iif DEV] [table N] …
 *	  neigh add|replace|del ADDRESS lladdr MAC dev DEV
 *	  sysctl KEY=VALUE
 *	-4 or -6 in front chooses the family where the words do not; what follows
 *	a # is a comment.
 *
 * Acts in the network namespace of the calling thread. Stops at the first that
 * fails. Return: 0, or -1 with errno; libos_error() names the command.
 */
int libos_configure(struct libos *os, const char *commands);

/**
 * libos_sysctl_get() - read a sysctl
 * @key: "net.ipv4.tcp_rmem" or "net/ipv4/tcp_rmem"
 * Return: length of @value, which ends with NUL and has no final newline; or -1,
 *	errno ERANGE where @len is too small.
 */
ssize_t libos_sysctl_get(struct libos *os, const char *key, char *value, size_t len);

/* ------------------------------------------------------------------ *
 * Network devices
 */

/* struct virtio_net_hdr_v1 of linux/virtio_net.h, native byte order */
struct libos_vnet_hdr {
	uint8_t flags;
	uint8_t gso_type;
	uint16_t hdr_len;
	uint16_t gso_size;
	uint16_t csum_start;
	uint16_t csum_offset;
	uint16_t num_buffers;
};

/**
 * struct libos_frame - one frame, or one large segment still to be cut
 * @hdr: offload fields
 * @len: bytes in all of @iov, from the link-layer header on
 * @queue: queue of the device
 * @niov, @iov: the pieces
 * @cookie: the library's on transmit
 */
struct libos_frame {
	struct libos_vnet_hdr hdr;
	uint32_t len;
	uint16_t queue;
	uint16_t niov;
	struct iovec *iov;
	void *cookie;
};

enum {
	LIBOS_NETDEV_CSUM = 1 << 0,	/* the other side completes checksums */
	LIBOS_NETDEV_TSO4 = 1 << 1,	/* … cuts TCP over IPv4 */
	LIBOS_NETDEV_TSO6 = 1 << 2,	/* … cuts TCP over IPv6 */
	LIBOS_NETDEV_USO = 1 << 3,	/* … cuts UDP */
	LIBOS_NETDEV_GRO = 1 << 4,	/* merge what is received */
	LIBOS_NETDEV_POINTOPOINT = 1 << 6, /* IP packets, no link-layer header */
};

/**
 * struct libos_netdev_config - a device
 * @name: interface name, or a pattern as "eth%d"; NULL: "eth%d"
 * @mac: all zero for a random one
 * @mtu: 68 to 65535, 0 for 1500
 * @features: LIBOS_NETDEV_…
 * @queues: 0 for 1
 */
struct libos_netdev_config {
	const char *name;
	uint8_t mac[6];
	uint32_t mtu;
	uint32_t features;
	uint32_t queues;
};

/**
 * struct libos_netdev_ops - the caller's side of a device
 * @transmit: takes @n frames; returns how many it took, in order. Called with the
 *	stack locked, on any thread: must not block nor call the stack. If fewer
 *	are taken, the queue stops until libos_netdev_wake(). Frames' memory is
 *	valid during the call only.
 * @kick: called after frames were transmitted, the stack unlocked: the place to
 *	hand them on into another stack. Must not close its device, which waits for
 *	it. May be NULL.
 * @close: the device goes away. May be NULL.
 */
struct libos_netdev_ops {
	int (*transmit)(void *arg, const struct libos_frame *frames, int n);
	void (*kick)(void *arg);
	void (*close)(void *arg);
};

/* A device whose other side is the caller. NULL with errno on failure. */
struct libos_netdev *libos_netdev_create(struct libos *os,
					 const struct libos_netdev_config *config,
					 const struct libos_netdev_ops *ops, void *arg);

/* @n frames arrived (at most 64 a call are handled at once). Any thread. */
int libos_netdev_receive(struct libos_netdev *dev, const struct libos_frame *frames,
			 int n);
int libos_netdev_wake(struct libos_netdev *dev);
int libos_netdev_set_carrier(struct libos_netdev *dev, int up);

/**
 * libos_netdev_open() - a device with one of the library's own back ends
 * @config: name, MAC, MTU; features are the back end's. May be NULL.
 * @spec: what is on its other side:
 *	tap:NAME	a tap of the host, created if missing (tun(4))
 *	packet:IF	an interface of the host, by AF_PACKET (packet(7))
 *	xdp:IF[,queue=N] the same by AF_XDP (libxdp)
 *	stream:PATH	a unix stream socket to connect to, frames with a length of
 *			4 bytes in front (QEMU's -netdev stream, passt)
 *	fd:N		such a socket, connected already; taken over
 *	pcap:[IN],OUT	frames come from capture IN and go to OUT
 *
 * Return: the device; NULL with errno, and libos_error() says why and the mend.
 */
struct libos_netdev *libos_netdev_open(struct libos *os,
				       const struct libos_netdev_config *config,
				       const char *spec);

/**
 * libos_netdev_pair() - a cable in memory between two stacks, or within one
 * No host system call is made for a frame. Return: 0 or -1.
 */
int libos_netdev_pair(struct libos *a, const struct libos_netdev_config *config_a,
		      struct libos *b, const struct libos_netdev_config *config_b,
		      struct libos_netdev *dev[2]);

/* Interface index in the stack, for ioctls and netlink. */
int libos_netdev_ifindex(const struct libos_netdev *dev);

/* Removes the interface. libos_close() does it for those that are left. */
int libos_netdev_close(struct libos_netdev *dev);

/* ------------------------------------------------------------------ *
 * System calls
 */

/* Any system call by number (sys/syscall.h); six arguments, unused ones 0. */
long libos_syscall6(struct libos *os, long nr, long a0, long a1, long a2, long a3,
		    long a4, long a5);
#define LIBOS_SYSCALL_(os, nr, a, b, c, d, e, f, ...)			\
	libos_syscall6(os, nr, (long)(a), (long)(b), (long)(c), (long)(d), \
		       (long)(e), (long)(f))
/* libos_syscall(os, nr, arguments…), as syscall(2) */
#define libos_syscall(os, ...) \
	LIBOS_SYSCALL_(os, __VA_ARGS__, 0, 0, 0, 0, 0, 0, 0)

int libos_socket(struct libos *os, int domain, int type, int protocol);
int libos_socketpair(struct libos *os, int domain, int type, int protocol, int fd[2]);
int libos_bind(struct libos *os, int fd, const struct sockaddr *addr, socklen_t len);
int libos_listen(struct libos *os, int fd, int backlog);
int libos_accept(struct libos *os, int fd, struct sockaddr *addr, socklen_t *len);
int libos_accept4(struct libos *os, int fd, struct sockaddr *addr, socklen_t *len,
		  int flags);
int libos_connect(struct libos *os, int fd, const struct sockaddr *addr, socklen_t len);
int libos_getsockname(struct libos *os, int fd, struct sockaddr *addr, socklen_t *len);
int libos_getpeername(struct libos *os, int fd, struct sockaddr *addr, socklen_t *len);
int libos_getsockopt(struct libos *os, int fd, int level, int name, void *value,
		     socklen_t *len);
int libos_setsockopt(struct libos *os, int fd, int level, int name, const void *value,
		     socklen_t len);
int libos_shutdown(struct libos *os, int fd, int how);
ssize_t libos_send(struct libos *os, int fd, const void *buf, size_t len, int flags);
ssize_t libos_recv(struct libos *os, int fd, void *buf, size_t len, int flags);
ssize_t libos_sendto(struct libos *os, int fd, const void *buf, size_t len, int flags,
		     const struct sockaddr *addr, socklen_t addrlen);
ssize_t libos_recvfrom(struct libos *os, int fd, void *buf, size_t len, int flags,
		       struct sockaddr *addr, socklen_t *addrlen);
ssize_t libos_sendmsg(struct libos *os, int fd, const struct msghdr *msg, int flags);
ssize_t libos_recvmsg(struct libos *os, int fd, struct msghdr *msg, int flags);
int libos_sendmmsg(struct libos *os, int fd, struct mmsghdr *msg, unsigned int n,
		   int flags);
int libos_recvmmsg(struct libos *os, int fd, struct mmsghdr *msg, unsigned int n,
		   int flags, struct timespec *timeout);

int libos_open_file(struct libos *os, const char *path, int flags, mode_t mode);
ssize_t libos_read(struct libos *os, int fd, void *buf, size_t len);
ssize_t libos_write(struct libos *os, int fd, const void *buf, size_t len);
ssize_t libos_readv(struct libos *os, int fd, const struct iovec *iov, int n);
ssize_t libos_writev(struct libos *os, int fd, const struct iovec *iov, int n);
ssize_t libos_pread(struct libos *os, int fd, void *buf, size_t len, off_t offset);
ssize_t libos_pwrite(struct libos *os, int fd, const void *buf, size_t len,
		     off_t offset);
off_t libos_lseek(struct libos *os, int fd, off_t offset, int whence);
int libos_fstat(struct libos *os, int fd, struct stat *st);
ssize_t libos_sendfile(struct libos *os, int out, int in, off_t *offset, size_t n);
ssize_t libos_splice(struct libos *os, int in, off_t *in_offset, int out,
		     off_t *out_offset, size_t n, unsigned int flags);
ssize_t libos_tee(struct libos *os, int in, int out, size_t n, unsigned int flags);
int libos_pipe2(struct libos *os, int fd[2], int flags);
int libos_close_fd(struct libos *os, int fd);
int libos_dup(struct libos *os, int fd);
int libos_dup2(struct libos *os, int fd, int to);
int libos_dup3(struct libos *os, int fd, int to, int flags);
int libos_fcntl(struct libos *os, int fd, int cmd, ...);
int libos_ioctl(struct libos *os, int fd, unsigned long request, ...);

int libos_poll(struct libos *os, struct pollfd *fds, nfds_t n, int timeout_ms);
int libos_ppoll(struct libos *os, struct pollfd *fds, nfds_t n,
		const struct timespec *timeout, const sigset_t *mask);
int libos_select(struct libos *os, int n, fd_set *in, fd_set *out, fd_set *except,
		 struct timeval *timeout);
int libos_pselect(struct libos *os, int n, fd_set *in, fd_set *out, fd_set *except,
		  const struct timespec *timeout, const sigset_t *mask);
int libos_epoll_create1(struct libos *os, int flags);
int libos_epoll_ctl(struct libos *os, int epfd, int op, int fd,
		    struct epoll_event *event);
int libos_epoll_wait(struct libos *os, int epfd, struct epoll_event *events, int n,
		     int timeout_ms);
int libos_epoll_pwait(struct libos *os, int epfd, struct epoll_event *events, int n,
		      int timeout_ms, const sigset_t *mask);
int libos_eventfd(struct libos *os, unsigned int value, int flags);
int libos_timerfd_create(struct libos *os, int clock, int flags);
int libos_timerfd_settime(struct libos *os, int fd, int flags,
			  const struct itimerspec *value, struct itimerspec *old);
int libos_timerfd_gettime(struct libos *os, int fd, struct itimerspec *value);
int libos_signalfd(struct libos *os, int fd, const sigset_t *mask, int flags);

int libos_unshare(struct libos *os, int flags);
int libos_setns(struct libos *os, int fd, int type);
int libos_nanosleep(struct libos *os, const struct timespec *req, struct timespec *rem);
/* As the C library's: returns the error, 0 if none, and leaves errno alone. */
int libos_clock_nanosleep(struct libos *os, clockid_t clock, int flags,
			  const struct timespec *req, struct timespec *rem);
int libos_clock_gettime(struct libos *os, clockid_t clock, struct timespec *ts);
ssize_t libos_getrandom(struct libos *os, void *buf, size_t len, unsigned int flags);

#ifdef __cplusplus
}
#endif
#endif
