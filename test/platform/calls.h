/* SPDX-License-Identifier: GPL-2.0 */
/*
 * calls.h - a call of the C API, written once and made on either kernel
 *
 * CALL(bind, s, A("127.0.0.1", 7001)) makes bind(2) on the host's kernel or
 * libos_bind() on the library's and prints one line: the call as it is written
 * here, its result and the name of its error. What one wants to see beside comes
 * behind, with the show…() functions. So the two runs print the same lines where
 * the two kernels do the same.
 *
 * What may differ is turned into a symbol: descriptors count from the first free
 * one (f0), ephemeral ports from the first met (P1), addresses the kernel makes up
 * are not shown. A line never depends on how fast something went.
 *
 * Host calls are made with syscall(2), since libc looks at some of the pointers
 * itself and would not live through a bad one.
 */
#ifndef CALLS_H
#define CALLS_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

/* The library's stack; NULL: the host's kernel. */
extern struct libos *os;

/* ------------------------------------------------------------------ *
 * The host's calls by the names of the C API
 */

#define SYS6(nr, a, b, c, d, e, f, ...)						\
	syscall(nr, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))
#define SYS(nr, ...) SYS6(nr, __VA_ARGS__, 0, 0, 0, 0, 0, 0)
#define SIGSET 8

#define host_socket(...) SYS(SYS_socket, __VA_ARGS__)
#define host_socketpair(...) SYS(SYS_socketpair, __VA_ARGS__)
#define host_bind(...) SYS(SYS_bind, __VA_ARGS__)
#define host_listen(...) SYS(SYS_listen, __VA_ARGS__)
#define host_accept(...) SYS(SYS_accept, __VA_ARGS__)
#define host_accept4(...) SYS(SYS_accept4, __VA_ARGS__)
#define host_connect(...) SYS(SYS_connect, __VA_ARGS__)
#define host_getsockname(...) SYS(SYS_getsockname, __VA_ARGS__)
#define host_getpeername(...) SYS(SYS_getpeername, __VA_ARGS__)
#define host_getsockopt(...) SYS(SYS_getsockopt, __VA_ARGS__)
#define host_setsockopt(...) SYS(SYS_setsockopt, __VA_ARGS__)
#define host_shutdown(...) SYS(SYS_shutdown, __VA_ARGS__)
#define host_send(fd, buf, len, flags) SYS(SYS_sendto, fd, buf, len, flags, 0, 0)
#define host_recv(fd, buf, len, flags) SYS(SYS_recvfrom, fd, buf, len, flags, 0, 0)
#define host_sendto(...) SYS(SYS_sendto, __VA_ARGS__)
#define host_recvfrom(...) SYS(SYS_recvfrom, __VA_ARGS__)
#define host_sendmsg(...) SYS(SYS_sendmsg, __VA_ARGS__)
#define host_recvmsg(...) SYS(SYS_recvmsg, __VA_ARGS__)
#define host_sendmmsg(...) SYS(SYS_sendmmsg, __VA_ARGS__)
#define host_recvmmsg(...) SYS(SYS_recvmmsg, __VA_ARGS__)
#define host_open_file(...) SYS(SYS_open, __VA_ARGS__)
#define host_read(...) SYS(SYS_read, __VA_ARGS__)
#define host_write(...) SYS(SYS_write, __VA_ARGS__)
#define host_readv(...) SYS(SYS_readv, __VA_ARGS__)
#define host_writev(...) SYS(SYS_writev, __VA_ARGS__)
#define host_pread(...) SYS(SYS_pread64, __VA_ARGS__)
#define host_pwrite(...) SYS(SYS_pwrite64, __VA_ARGS__)
#define host_lseek(...) SYS(SYS_lseek, __VA_ARGS__)
#define host_fstat(...) SYS(SYS_fstat, __VA_ARGS__)
#define host_sendfile(...) SYS(SYS_sendfile, __VA_ARGS__)
#define host_splice(...) SYS(SYS_splice, __VA_ARGS__)
#define host_tee(...) SYS(SYS_tee, __VA_ARGS__)
#define host_pipe2(...) SYS(SYS_pipe2, __VA_ARGS__)
#define host_close_fd(fd) SYS(SYS_close, fd)
#define host_dup(fd) SYS(SYS_dup, fd)
#define host_dup2(...) SYS(SYS_dup2, __VA_ARGS__)
#define host_dup3(...) SYS(SYS_dup3, __VA_ARGS__)
#define host_fcntl(...) SYS(SYS_fcntl, __VA_ARGS__)
#define host_ioctl(...) SYS(SYS_ioctl, __VA_ARGS__)
#define host_poll(...) SYS(SYS_poll, __VA_ARGS__)
#define host_ppoll(...) SYS6(SYS_ppoll, __VA_ARGS__, SIGSET, 0, 0)
#define host_select(...) SYS(SYS_select, __VA_ARGS__)
#define host_epoll_create1(flags) SYS(SYS_epoll_create1, flags)
#define host_epoll_ctl(...) SYS(SYS_epoll_ctl, __VA_ARGS__)
#define host_epoll_wait(...) SYS(SYS_epoll_wait, __VA_ARGS__)
#define host_epoll_pwait(...) SYS6(SYS_epoll_pwait, __VA_ARGS__, SIGSET, 0)
#define host_eventfd(...) SYS(SYS_eventfd2, __VA_ARGS__)
#define host_timerfd_create(...) SYS(SYS_timerfd_create, __VA_ARGS__)
#define host_timerfd_settime(...) SYS(SYS_timerfd_settime, __VA_ARGS__)
#define host_timerfd_gettime(...) SYS(SYS_timerfd_gettime, __VA_ARGS__)
#define host_unshare(flags) SYS(SYS_unshare, flags)
#define host_setns(...) SYS(SYS_setns, __VA_ARGS__)
#define host_nanosleep(...) SYS(SYS_nanosleep, __VA_ARGS__)
/* The one that tells its error by its value: clock_nanosleep(2) */
#define host_clock_nanosleep(...) (SYS(SYS_clock_nanosleep, __VA_ARGS__) ? errno : 0)
#define host_clock_gettime(...) SYS(SYS_clock_gettime, __VA_ARGS__)
#define host_getrandom(...) SYS(SYS_getrandom, __VA_ARGS__)

/* ------------------------------------------------------------------ *
 * Making a call
 */

/* Makes a call without a line of its own. */
#ifndef CALLS_HOST_ONLY
#include <libos.h>
#define QUIET(name, ...) \
	(os ? (long)libos_##name(os, __VA_ARGS__) : (long)host_##name(__VA_ARGS__))
#else
#define QUIET(name, ...) ((long)host_##name(__VA_ARGS__))
#endif

#define CALL_AS(text, name, ...)						\
	(call_begin(text),							\
	 call_is_expected() ? call_expected() : call_end(QUIET(name, __VA_ARGS__)))

/* Makes a call and prints its line. Its value is the call's, errno is `err`. */
#define CALL(name, ...) CALL_AS(#name "(" #__VA_ARGS__ ")", name, __VA_ARGS__)

/* The same for one that returns a descriptor. */
#define FD(name, ...)								\
	(call_begin(#name "(" #__VA_ARGS__ ")"),				\
	 call_is_expected() ? call_expected() : call_end_fd(QUIET(name, __VA_ARGS__)))

/* setsockopt and getsockopt of an int */
#define SET(s, level, name, value)						\
	CALL_AS("setsockopt(" #s ", " #level ", " #name ", " #value ")",	\
		setsockopt, s, level, name, an_int(value), sizeof(int))
#define GET(s, level, name)							\
	(optlen = sizeof(int), optval = -1,					\
	 CALL_AS("getsockopt(" #s ", " #level ", " #name ")", getsockopt, s, level,	\
		 name, &optval, &optlen),					\
	 show_optval())

extern int err;		/* errno of the last call */
extern int optval;	/* GET()'s */
extern socklen_t optlen;

void call_begin(const char *text);
long call_end(long ret);
long call_end_fd(long ret);

/*
 * On a host without the protocol, what the calls give is what is written here, with
 * where it is said:
 *
 *	EXPECT("0");	// # expect: RFC 6458, 3.1.3
 *	CALL(listen, s, 4);
 *
 * The text is the line behind " = ", with what show…() would add. Where the
 * protocol is there, EXPECT() does nothing and the call decides.
 */
#define EXPECT(text) call_expect(text)
void call_expect(const char *text);
bool call_is_expected(void);
long call_expected(void);

/* From now on, EXPECT() speaks for the host unless it can make such a socket. */
void expect_without(int family, int type, int protocol);

/* ------------------------------------------------------------------ *
 * Arguments
 */

/* A socket address by its text, IPv4 or IPv6, and its length; valid for some calls. */
struct sockaddr *address(const char *text, int port);
socklen_t address_len(const char *text);
#define A(text, port) address(text, port), address_len(text)

/* A unix one; a first '@' stands for the NUL of the abstract ones. */
struct sockaddr *unix_address(const char *path);
socklen_t unix_address_len(const char *path);
#define U(path) unix_address(path), unix_address_len(path)

/* Where an address comes back. */
extern struct sockaddr_storage name;
extern socklen_t namelen;
#define NAME (namelen = sizeof(name), (struct sockaddr *)&name), &namelen

/* A pointer to @value, for some calls. */
int *an_int(int value);

/* Memory that is not there: behind NULL, behind the last byte before `hole`, not an
 * address, the kernel's; and a page that cannot be written.
 */
#define LOW bad_low
#define NOWHERE bad_noncanonical
#define KERNEL bad_kernel
extern void *bad_low, *bad_noncanonical, *bad_kernel;
extern char *hole;
extern char *readonly;

/* A message of one piece, for some calls. */
struct msghdr *message(void *buf, size_t len);

/* ------------------------------------------------------------------ *
 * What is shown behind a call
 */

void show(const char *format, ...) __attribute__((format(printf, 1, 2)));
void show_optval(void);
void show_data(const void *data, long len);	/* quoted; nothing if len < 0 */
void show_name(void);				/* of NAME, if the call went well */
void show_events(short events);			/* POLL… */
void show_waited(int ms);	/* "waited" if at least this long since call_begin() */

/* The number that stands for descriptor @fd. */
int fd_symbol(int fd);

/* ------------------------------------------------------------------ *
 * Around calls
 */

/* Waits until @fd is ready for @events (at most 5 s): for what comes by packets. */
void settle(int fd, short events);

/* Does @act(@arg) on another thread after @ms; one at a time. later_done() joins it. */
void later(int ms, void (*act)(int arg), int arg);
void later_done(void);

/* A connected pair over loopback of @family, SOCK_STREAM, through port 7999. */
void tcp_pair(int family, int pair[2]);

/* ------------------------------------------------------------------ *
 * Subjects, each on a stack or in a namespace of its own
 */

void subject_socket(void);
void subject_badfd(void);
void subject_fault(void);
void subject_descriptor(void);
void subject_ioctl(void);
void subject_tcp4(void);
void subject_tcp6(void);
void subject_tcp_options(void);
void subject_tcp_end(void);
void subject_block(void);
void subject_udp4(void);
void subject_udp6(void);
void subject_udplite(void);
void subject_udplite6(void);
void subject_ip_options(void);
void subject_ip6_options(void);
void subject_multicast(void);
void subject_ancillary(void);
void subject_unix(void);
void subject_unix_rights(void);
void subject_poll(void);
void subject_select(void);
void subject_epoll(void);
void subject_event(void);
void subject_vector(void);
void subject_splice(void);
void subject_file(void);
void subject_netlink(void);
void subject_raw(void);
void subject_ping(void);
void subject_packet(void);
void subject_mptcp(void);
void subject_mptcp6(void);
void subject_sctp(void);
void subject_sctp6(void);
void subject_dccp(void);
void subject_dccp6(void);
void subject_netns(void);

#endif
