// SPDX-License-Identifier: GPL-2.0
/*
 * transfer.c - sendfile and splice between a host file and a socket of the stack
 *
 * The two kernels share no pages; a buffer goes between them. The offset moves by what the
 * socket took, so that a non-blocking one loses nothing.
 */
#include "attached.h"

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

/* From the stack's @in to the host's @out: what was read must be written. */
static long receive_file(struct trap_thread *t, int out, int in, size_t count)
{
	char *buf = buffer(t);
	size_t n = count < BUFFER_SIZE ? count : BUFFER_SIZE;
	long got, put, done;

	if (!buf)
		return -ENOMEM;
	got = lib_3(t, __NR_read, in, buf, n);
	for (done = 0; done < got; done += put) {
		put = host_3(__NR_write, out, buf + done, got - done);
		if (put < 0)
			return done ? done : put;
	}
	return got;
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

/*
 * splice, tee, vmsplice: one end is a pipe, which is the host's where the program made
 * it. From a pipe to a socket nothing could be put back if the socket is full, so
 * programs are told that the file does not support it, and copy by themselves.
 */
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
	if (nr == __NR_splice && in != FILE_HOST && !a[1] && !a[3])
		return receive_file(t, a[2], a[0], a[4]);
	return -EINVAL;
}
