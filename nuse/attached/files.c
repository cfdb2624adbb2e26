// SPDX-License-Identifier: GPL-2.0
/*
 * files.c - one space of descriptor numbers for two kernels
 *
 * The host gives out the numbers. A file of the stack has a placeholder in the host's
 * table, so that its number is taken there, close-on-exec works, a fork copies it and
 * /proc/self/fd shows a socket; and lies at the same number in the stack's table. The
 * stack's file is made first, at whatever number, and settles at the one that the host
 * then has free; if another thread's new file is at that one just now, that moves first.
 * When a number is given up the stack lets go first: from the moment the host has it free
 * somebody else may get it.
 *
 * A few descriptors are ours. They sit at the end of the table; to the program those
 * numbers are closed.
 */
#include <linux/close_range.h>
#include <linux/fcntl.h>
#include <linux/if_tun.h>
#include <linux/kcm.h>
#include <linux/nsfs.h>
#include <linux/resource.h>
#include <linux/stat.h>
#include <linux/socket.h>
#include <linux/sockios.h>
#include <asm/ioctls.h>
#include <asm/socket.h>

#include "attached.h"

#define AF_UNIX 1
#define AF_INET 2
#define AF_KCM 41
#define SOCK_DGRAM 2
#define SOCK_STREAM_CLOEXEC (1 | HOST_O_CLOEXEC)
#define HIDDEN_TOP 4096
#define HIDDEN_ROOM 64

uint8_t file_kinds[FILES_MAX];

void file_set(unsigned int fd, enum file_kind kind)
{
	if (fd < FILES_MAX)
		file_kinds[fd] = kind;
}

/*
 * Near the end of what the program may open by default, and not far up: the host's table
 * is as large as its highest number. Above the soft limit a descriptor lives on.
 */
int file_hide(int fd)
{
	struct rlimit64 limit, raised;
	long top, to;

	if (host_4(__NR_prlimit64, 0, RLIMIT_NOFILE, 0, &limit))
		return -EMFILE;
	top = limit.rlim_max < HIDDEN_TOP ? (long)limit.rlim_max : HIDDEN_TOP;
	raised = limit;
	if ((long)raised.rlim_cur < top) {
		raised.rlim_cur = top;
		host_4(__NR_prlimit64, 0, RLIMIT_NOFILE, &raised, 0);
	}
	to = host_3(__NR_fcntl, fd, F_DUPFD, top > 2 * HIDDEN_ROOM ? top - HIDDEN_ROOM : top / 2);
	if (raised.rlim_cur != limit.rlim_cur)
		host_4(__NR_prlimit64, 0, RLIMIT_NOFILE, &limit, 0);
	if (to < 0)
		return to;
	host_1(__NR_close, fd);
	file_set(to, FILE_HIDDEN);
	return to;
}

/* The same for what another program shall not get; an error goes through, @fd does not stay. */
long file_hide_own(long fd)
{
	long hidden = fd < 0 ? fd : file_hide(fd);

	if (hidden >= 0)
		host_3(__NR_fcntl, hidden, F_SETFD, FD_CLOEXEC);
	else if (fd >= 0)
		host_1(__NR_close, fd);
	return hidden;
}

int files_start(void)
{
	int i;

	attachment.fd[OWN_PLACEHOLDER] = host_3(__NR_socket, AF_UNIX, SOCK_STREAM_CLOEXEC, 0);
	attachment.fd[OWN_PROC] = -1;
	for (i = 0; i < OWN_PROC; i++) {
		int fd = attachment.fd[i] < 0 ? attachment.fd[i] : file_hide(attachment.fd[i]);

		if (fd < 0) {
			trap_print("nuse: no descriptor number is free for the stack (error "
				   "%d); raise the limit on open files\n", -fd);
			return 125;
		}
		attachment.fd[i] = fd;
	}
	return 0;
}

static int is_socket(int fd)
{
	struct { unsigned long dev, ino, nlink; unsigned int mode; char rest[116]; } st;

	return !host_2(__NR_fstat, fd, &st) && (st.mode & S_IFMT) == S_IFSOCK;
}

/* After an exec: what the stack has open is what was not closed by it. */
void files_resume(struct trap_thread *t)
{
	long fd = -1;
	int i;

	for (i = 0; i < OWN_FDS; i++)
		if (attachment.fd[i] >= 0)
			file_set(attachment.fd[i], FILE_HIDDEN);
	while ((fd = lib_1(t, LIB_CALL_NEXT_FILE, fd + 1)) >= 0) {
		file_set(fd, is_socket(fd) ? FILE_LIB : FILE_EPOLL);
		if (file_kind(fd) == FILE_EPOLL)
			epoll_unknown(fd);
	}
}

/*
 * Moves the stack's @lib_fd, which no number of the host's stands for, to @fd, which the
 * host has just given to the caller. What the stack has there is a file that another
 * thread has just opened, and is about to move: F_DUPFD does not replace it, and leaves
 * @lib_fd, where that thread may want to go. Only in the child of a fork that came in
 * between nobody moves it.
 */
#define MOVE_YIELDS 16
#define MOVE_TRIES 100

long file_move(struct trap_thread *t, long lib_fd, long fd, int cloexec)
{
	struct __kernel_timespec ms = { .tv_nsec = 1000000 };
	int i;

	for (i = 0; lib_fd != fd; i++) {
		long to = i < MOVE_TRIES ?
			lib_3(t, __NR_fcntl, lib_fd, cloexec ? F_DUPFD_CLOEXEC : F_DUPFD, fd) :
			lib_3(t, __NR_dup3, lib_fd, fd, cloexec ? HOST_O_CLOEXEC : 0);

		lib_1(t, __NR_close, lib_fd);
		if (to < 0)
			return to;
		lib_fd = to;
		if (to == fd)
			break;
		if (i < MOVE_YIELDS)
			host_0(__NR_sched_yield);
		else
			host_2(__NR_nanosleep, &ms, 0);
	}
	return 0;
}

/* The stack has just opened @lib_fd (or failed): gives it a number, returns that. */
long file_settle(struct trap_thread *t, long lib_fd, int cloexec)
{
	long fd, err;

	if (lib_fd < 0)
		return lib_fd;
	fd = host_3(__NR_fcntl, attachment.fd[OWN_PLACEHOLDER],
		    cloexec ? F_DUPFD_CLOEXEC : F_DUPFD, 0);
	if (fd < 0) {
		lib_1(t, __NR_close, lib_fd);
		return fd;
	}
	err = file_move(t, lib_fd, fd, cloexec);
	if (err) {
		host_1(__NR_close, fd);
		return err;
	}
	file_set(fd, FILE_LIB);
	return fd;
}

long files_close(struct trap_thread *t, long nr, unsigned long *a)
{
	enum file_kind kind = file_kind(a[0]);
	long ret, host;

	if (kind == FILE_HOST)
		return TRAP_HOST;
	if (kind == FILE_HIDDEN)
		return -EBADF;
	if (kind == FILE_EPOLL)
		epoll_close(a[0]);
	ring_close(a[0]);
	ret = lib_1(t, nr, a[0]);
	file_set(a[0], FILE_HOST);
	host = host_1(__NR_close, a[0]);
	return kind == FILE_LIB ? ret : host;
}

/* One kind of neighbours at a time. */
long files_close_range(struct trap_thread *t, long nr, unsigned long *a)
{
	unsigned int first = a[0], last = a[1], fd, end;
	int cloexec = a[2] & CLOSE_RANGE_CLOEXEC;
	long err = 0;

	if (first > last || a[2] & ~(CLOSE_RANGE_CLOEXEC | CLOSE_RANGE_UNSHARE))
		return -EINVAL;
	if (a[2] & CLOSE_RANGE_UNSHARE)
		lib_1(t, __NR_unshare, 0x400 /* CLONE_FILES */);
	for (fd = first; fd <= last && !err; fd = end + 1) {
		enum file_kind kind = file_kind(fd);
		unsigned long one[6] = { fd };

		for (end = fd; end < last && end + 1 < FILES_MAX &&
		     kind == FILE_HOST && file_kind(end + 1) == FILE_HOST; end++)
			;
		if (kind == FILE_HOST && end + 1 >= FILES_MAX)
			end = last;
		if (kind == FILE_HOST)
			err = host_3(nr, fd, end, a[2]);
		else if (kind != FILE_HIDDEN && cloexec)
			err = lib_3(t, nr, fd, fd, cloexec) ? : host_3(nr, fd, fd, cloexec);
		else if (kind != FILE_HIDDEN)
			files_close(t, __NR_close, one);
		if (end == UINT32_MAX)
			break;
	}
	return err;
}

/* @to, of whatever kind, has become a copy of @from in the host. */
static long copied(struct trap_thread *t, unsigned int from, unsigned int to, int cloexec)
{
	enum file_kind kind = file_kind(from), old = file_kind(to);

	if (old == FILE_EPOLL)
		epoll_close(to);
	ring_close(to);
	if (kind == FILE_LIB || kind == FILE_EPOLL) {
		if (old != FILE_HOST)
			lib_1(t, __NR_close, to);
		file_move(t, lib_3(t, __NR_fcntl, from, cloexec ? F_DUPFD_CLOEXEC : F_DUPFD, to),
			  to, cloexec);
	} else if (old != FILE_HOST)
		lib_1(t, __NR_close, to);
	file_set(to, kind);
	if (kind == FILE_EPOLL)
		epoll_copy(from, to);
	return to;
}

long files_dup(struct trap_thread *t, long nr, unsigned long *a)
{
	long fd;

	if (file_kind(a[0]) == FILE_HOST)
		return TRAP_HOST;
	if (file_kind(a[0]) == FILE_HIDDEN)
		return -EBADF;
	fd = host_1(nr, a[0]);
	return fd < 0 ? fd : copied(t, a[0], fd, 0);
}

long files_dup2(struct trap_thread *t, long nr, unsigned long *a)
{
	unsigned int from = a[0], to = a[1];
	long fd;

	if (file_kind(from) == FILE_HOST && file_kind(to) == FILE_HOST)
		return TRAP_HOST;
	if (file_kind(from) == FILE_HIDDEN || file_kind(to) == FILE_HIDDEN)
		return -EBADF;
	fd = host_3(nr, from, to, a[2]);
	if (fd < 0 || from == to)
		return fd;
	return copied(t, from, to, nr == __NR_dup3 && a[2] & HOST_O_CLOEXEC);
}

/* Whose signal it shall be: in the stack processes have other numbers. */
static int process_number(struct trap_thread *t, int pid)
{
	int process = pid > 0 ? stack_number(t, pid) : 0;

	return process ? process : pid;
}

static long host_number(struct trap_thread *t, long process)
{
	int pid = process > 0 ? stack_pid(t, process) : 0;

	return pid ? pid : process;
}

/* F_GETOWN_EX (also what glibc makes of F_GETOWN), F_SETOWN_EX */
static long owner_ex(struct trap_thread *t, int fd, unsigned long op, void *at)
{
	struct f_owner_ex owner;
	long ret;

	if (op == F_SETOWN_EX) {
		if (trap_copy(&owner, at, sizeof(owner)))
			return -EFAULT;
		if (owner.type == F_OWNER_PID)
			owner.pid = process_number(t, owner.pid);
		return lib_3(t, __NR_fcntl, fd, op, &owner);
	}
	ret = lib_3(t, __NR_fcntl, fd, op, &owner);
	if (ret)
		return ret;
	if (owner.type == F_OWNER_PID)
		owner.pid = host_number(t, owner.pid);
	return trap_copy(at, &owner, sizeof(owner)) ? -EFAULT : 0;
}

/* FIOSETOWN and its kind, as F_SETOWN */
static long owner_ioctl(struct trap_thread *t, long nr, unsigned long *a)
{
	int pid;
	long ret;

	if (a[1] == FIOSETOWN || a[1] == SIOCSPGRP) {
		if (trap_copy(&pid, (void *)a[2], sizeof(pid)))
			return -EFAULT;
		pid = process_number(t, pid);
		return lib_3(t, nr, a[0], a[1], &pid);
	}
	ret = lib_3(t, nr, a[0], a[1], &pid);
	if (ret)
		return ret;
	pid = host_number(t, pid);
	return trap_copy((void *)a[2], &pid, sizeof(pid)) ? -EFAULT : 0;
}

long files_fcntl(struct trap_thread *t, long nr, unsigned long *a)
{
	enum file_kind kind = file_kind(a[0]);
	long ret;

	if (kind == FILE_HOST)
		return TRAP_HOST;
	if (kind == FILE_HIDDEN)
		return -EBADF;
	switch (a[1]) {
	case F_DUPFD:
	case F_DUPFD_CLOEXEC:
		ret = host_3(nr, a[0], a[1], a[2]);
		return ret < 0 ? ret : copied(t, a[0], ret, a[1] == F_DUPFD_CLOEXEC);
	case F_SETFD:
		ret = host_3(nr, a[0], a[1], a[2]);
		if (ret)
			return ret;
		break;
	case F_SETOWN:
		return lib_3(t, nr, a[0], a[1], (long)process_number(t, a[2]));
	case F_GETOWN:
		return host_number(t, lib_args(t, nr, a));
	case F_SETOWN_EX:
	case F_GETOWN_EX:
		return owner_ex(t, a[0], a[1], (void *)a[2]);
	}
	return lib_args(t, nr, a);
}

/*
 * Sockets of any family answer for devices, and glibc's if_nametoindex() asks one of
 * AF_UNIX: the devices are the stack's.
 */
static long device_ioctl(struct trap_thread *t, long nr, unsigned long *a)
{
	int domain = 0, size = sizeof(domain);
	long fd, ret;

	if (host_5(__NR_getsockopt, a[0], SOL_SOCKET, SO_DOMAIN, &domain, &size) ||
	    domain != AF_UNIX)
		return TRAP_HOST;
	fd = lib_3(t, __NR_socket, AF_INET, SOCK_DGRAM, 0);
	if (fd < 0)
		return fd;
	ret = lib_3(t, nr, fd, a[1], a[2]);
	lib_1(t, __NR_close, fd);
	return ret;
}

/* Requests whose result is a descriptor, close-on-exec: of a namespace */
static int opens_file(unsigned int request)
{
	return request == NS_GET_USERNS || request == NS_GET_PARENT || request == SIOCGSKNS ||
	       request == TUNGETDEVNETNS;
}

/* SIOCKCMCLONE, which gives the number of a new socket in its argument: is @fd one of that kind? */
static int is_kcm(struct trap_thread *t, unsigned long fd)
{
	int domain = 0, size = sizeof(domain);

	return !lib_5(t, __NR_getsockopt, fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) &&
	       domain == AF_KCM;
}

static long kcm_clone(struct trap_thread *t, long nr, unsigned long *a)
{
	struct kcm_clone clone;
	long ret = lib_3(t, nr, a[0], a[1], &clone);

	if (ret)
		return ret;
	ret = file_settle(t, clone.fd, 0);
	if (ret < 0)
		return ret;
	clone.fd = ret;
	return trap_copy((void *)a[2], &clone, sizeof(clone)) ? -EFAULT : 0;
}

long files_ioctl(struct trap_thread *t, long nr, unsigned long *a)
{
	enum file_kind kind = file_kind(a[0]);
	long ret;

	if (kind == FILE_HOST && a[1] >= SIOCADDRT && a[1] < SIOCPROTOPRIVATE)
		return device_ioctl(t, nr, a);
	if (kind == FILE_HOST)
		return TRAP_HOST;
	if (kind == FILE_HIDDEN)
		return -EBADF;
	if (a[1] == FIOCLEX || a[1] == FIONCLEX)
		host_3(nr, a[0], a[1], a[2]);
	if (a[1] == FIOSETOWN || a[1] == SIOCSPGRP || a[1] == FIOGETOWN || a[1] == SIOCGPGRP)
		return owner_ioctl(t, nr, a);
	if (a[1] == SIOCKCMCLONE && is_kcm(t, a[0]))
		return kcm_clone(t, nr, a);
	ret = lib_args(t, nr, a);
	return opens_file(a[1]) ? file_settle(t, ret, 1) : ret;
}
