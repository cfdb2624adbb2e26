// SPDX-License-Identifier: GPL-2.0
/*
 * transfer.c - sendfile and splice between a host file and a socket of the stack
 *
 * The two kernels share no pages; a buffer goes between them. The offset moves by what the
 * socket took, so that a non-blocking one loses nothing.
 */
#include <linux/fcntl.h>

#include "attached.h"

#define FIONREAD 0x541b
#define MSG_MORE 0x8000
#define SPLICE_F_MOVE 1
#define SPLICE_F_NONBLOCK 2
#define SPLICE_F_MORE 4
#define SPLICE_F_GIFT 8
#define SEEK_SET 0
#define SEEK_CUR 1

static char *buffer(struct trap_thread *t)
{
	struct thread *th = stack_thread(t);

	if (th && !th->buffer)
		th->buffer = trap_pages(BUFFER_SIZE);
	return th ? th->buffer : NULL;
}

/* From the host's @in at @offset to the stack's @out. */
static long send_file(struct trap_thread *t, int out, int in, long *offset, size_t count)
{
	char *buf = buffer(t);
	long done = 0;

	if (!buf)
		return -ENOMEM;
	while (count) {
		size_t n = count < BUFFER_SIZE ? count : BUFFER_SIZE;
		long got = host_4(__NR_pread64, in, buf, n, *offset), put;

		if (got <= 0)
			return done ? done : got;
		put = lib_3(t, __NR_write, out, buf, got);
		if (put < 0)
			return done ? done : put;
		*offset += put;
		done += put;
		count -= put;
		if (put < got)
			break;
	}
	return done;
}

/* How much a pipe surely takes, at most @count. (SPLICE_F_NONBLOCK is about pipes only.) */
static long pipe_room(int out, size_t count, int wait)
{
	struct pollfd room = { .fd = out, .events = POLLOUT };
	long size = host_2(__NR_fcntl, out, F_GETPIPE_SZ), ready;
	int used = 0;

	if (size < 0)
		return -EINVAL;
	ready = trap_wait(__NR_poll, (unsigned long)&room, 1, wait ? -1ul : 0, 0, 0, 0);
	if (ready < 0)
		return ready == -EINTR ? TRAP_RESTARTSYS : ready;
	if (!ready)
		return -EAGAIN;
	/* What is in it may fill its pages badly, but POLLOUT is worth one. */
	if (room.revents & POLLOUT && (host_3(__NR_ioctl, out, FIONREAD, &used) || used))
		size = HOST_PAGE;
	return count < (size_t)size ? (long)count : size;
}

/* From the stack's @in to a pipe: what was read must be written. */
static long receive_pipe(struct trap_thread *t, int out, int in, size_t count, unsigned int flags)
{
	char *buf = buffer(t);
	long n, got, put, done;

	if (!buf)
		return -ENOMEM;
	n = pipe_room(out, count < BUFFER_SIZE ? count : BUFFER_SIZE,
		      !(flags & SPLICE_F_NONBLOCK));
	if (n <= 0)
		return n;
	got = lib_3(t, __NR_read, in, buf, n);
	for (done = 0; done < got; done += put) {
		put = host_3(__NR_write, out, buf + done, got - done);
		if (put < 0)
			return done ? done : put;
	}
	return got;
}

/*
 * From a pipe to the stack's @out. What that does not take must stay in the pipe, so a copy
 * of what is there is sent, and as much taken out.
 */
static long send_pipe(struct trap_thread *t, int out, int in, size_t count, unsigned int flags)
{
	char *buf = buffer(t);
	long n, put;
	int copy[2];

	if (!buf)
		return -ENOMEM;
	n = host_2(__NR_pipe2, copy, HOST_O_CLOEXEC);
	if (n)
		return n;
	n = trap_wait(__NR_tee, in, copy[1], count < BUFFER_SIZE ? count : BUFFER_SIZE,
		      flags & SPLICE_F_NONBLOCK, 0, 0);
	if (n > 0)
		n = host_3(__NR_read, copy[0], buf, n);
	host_1(__NR_close, copy[0]);
	host_1(__NR_close, copy[1]);
	if (n <= 0)
		return n == -EINTR ? TRAP_RESTARTSYS : n;
	unsigned long args[6] = { out, (unsigned long)buf, n,
				  flags & SPLICE_F_MORE ? MSG_MORE : 0 };

	put = sockets_send(t, __NR_sendto, args);
	return put > 0 ? host_3(__NR_read, in, buf, put) : put;
}

long transfer_sendfile(struct trap_thread *t, long nr, unsigned long *a)
{
	enum file_kind out = file_kind(a[0]), in = file_kind(a[1]);
	long offset, ret;

	if (out == FILE_HIDDEN || in == FILE_HIDDEN)
		return -EBADF;
	if (out == FILE_HOST && in == FILE_HOST)
		return TRAP_HOST;
	if (out != FILE_HOST && in != FILE_HOST)
		return lib_args(t, nr, a);
	if (in != FILE_HOST)
		return -EINVAL;		/* sockets cannot be mapped */
	if (a[2])
		ret = trap_copy(&offset, (void *)a[2], sizeof(offset)) ? -EFAULT : 0;
	else
		ret = offset = host_3(__NR_lseek, a[1], 0, SEEK_CUR);
	if (ret < 0)
		return ret == -ESPIPE ? -EINVAL : ret;
	ret = send_file(t, a[0], a[1], &offset, a[3]);
	if (ret <= 0)
		return ret;
	if (a[2])
		return trap_copy((void *)a[2], &offset, sizeof(offset)) ? -EFAULT : ret;
	host_3(__NR_lseek, a[1], offset, SEEK_SET);
	return ret;
}

/* splice, tee, vmsplice: one end is a pipe, which is the host's where the program made it. */
long transfer_splice(struct trap_thread *t, long nr, unsigned long *a)
{
	enum file_kind in = file_kind(a[0]);
	enum file_kind out = file_kind(nr == __NR_splice ? a[2] : nr == __NR_tee ? a[1] : a[0]);

	if (out == FILE_HIDDEN || in == FILE_HIDDEN)
		return -EBADF;
	if (out == FILE_HOST && in == FILE_HOST)
		return TRAP_HOST;
	if (out != FILE_HOST && in != FILE_HOST)
		return lib_args(t, nr, a);
	if (nr != __NR_splice)
		return -EINVAL;
	if (a[1] || a[3])
		return -ESPIPE;
	if (a[5] & ~(unsigned long)(SPLICE_F_MOVE | SPLICE_F_NONBLOCK | SPLICE_F_MORE |
				    SPLICE_F_GIFT))
		return -EINVAL;
	if (!a[4])
		return 0;
	return in != FILE_HOST ? receive_pipe(t, a[2], a[0], a[4], a[5]) :
				 send_pipe(t, a[2], a[0], a[4], a[5]);
}
