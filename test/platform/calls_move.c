// SPDX-License-Identifier: GPL-2.0
/*
 * calls_move.c - many buffers or messages at once; data moved without a buffer; files
 */
#include "calls.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

void subject_vector(void)
{
	struct timespec soon = { 0, 20000000 };
	struct iovec one[3], room[3];
	struct mmsghdr out[3], in[4];
	char a[4], b[4], text[4][8];
	int up[2], u, n;

	QUIET(socketpair, AF_UNIX, SOCK_STREAM, 0, up);
	one[0] = (struct iovec){ "ab", 2 };
	one[1] = (struct iovec){ "", 0 };
	one[2] = (struct iovec){ "cde", 3 };
	CALL(writev, up[0], one, 3);
	room[0] = (struct iovec){ a, 1 };
	room[1] = (struct iovec){ b, 4 };
	CALL(readv, up[1], room, 2);
	show_data(a, 1);
	show_data(b, 4);
	CALL(writev, up[0], one, 0);
	CALL(writev, up[0], NULL, 0);
	one[0].iov_len = 0;
	one[2].iov_len = 0;
	CALL(writev, up[0], one, 3);

	u = QUIET(socket, AF_INET, SOCK_DGRAM, 0);
	QUIET(bind, u, A("127.0.0.1", 7001));
	QUIET(connect, u, A("127.0.0.1", 7001));
	CALL(writev, u, one, 3);
	CALL(recv, u, a, 4, MSG_DONTWAIT);
	memset(out, 0, sizeof(out));
	memset(in, 0, sizeof(in));
	out[0].msg_hdr = *message("one", 3);
	out[1].msg_hdr = *message("", 0);
	out[2].msg_hdr = *message("three", 5);
	for (int i = 0; i < 4; i++)
		in[i].msg_hdr = *message(text[i], 4);
	CALL(sendmmsg, u, out, 3, 0);
	show(" %d %d %d", out[0].msg_len, out[1].msg_len, out[2].msg_len);
	settle(u, POLLIN);
	n = CALL(recvmmsg, u, in, 4, MSG_WAITFORONE, NULL);
	for (int i = 0; i < n; i++)
		show(" %d:%#x", in[i].msg_len, in[i].msg_hdr.msg_flags);
	CALL(recvmmsg, u, in, 4, MSG_DONTWAIT, NULL);
	CALL(recvmmsg, u, in, 0, MSG_DONTWAIT, NULL);
	CALL(sendmmsg, u, out, 0, 0);
	CALL(sendmmsg, u, out, 1, 0);
	settle(u, POLLIN);
	/* recvmmsg(2): the time limit is looked at after a datagram */
	CALL(recvmmsg, u, in, 1, 0, &soon);
	soon.tv_nsec = -1;
	CALL(recvmmsg, u, in, 1, 0, &soon);
	/* The first failure ends it; the number before is told */
	out[1].msg_hdr.msg_name = address("::1", 7001);
	out[1].msg_hdr.msg_namelen = 16;
	CALL(sendmmsg, u, out, 3, 0);
	out[0].msg_hdr.msg_name = address("::1", 7001);
	out[0].msg_hdr.msg_namelen = 16;
	CALL(sendmmsg, u, out, 3, 0);
}

#define host_vmsplice(...) SYS(SYS_vmsplice, __VA_ARGS__)
#define libos_vmsplice(os, ...) libos_syscall(os, SYS_vmsplice, __VA_ARGS__)

/* A program's memory into a pipe, and a pipe into its memory */
static void from_memory(void)
{
	static char text[20000];
	struct iovec iov[2] = { { text, 12000 }, { text + 12000, 8000 } };
	struct iovec wrong = { (void *)4096, 10 };
	int p[2];

	memset(text, 'x', sizeof(text));
	QUIET(pipe2, p, O_NONBLOCK);
	CALL(vmsplice, p[1], iov, 2, 0);
	CALL(read, p[0], text, sizeof(text));
	CALL(vmsplice, p[1], &wrong, 1, 0);
	CALL(vmsplice, p[1], iov, 0, 0);
	iov[0].iov_len = 3;
	CALL(vmsplice, p[1], iov, 1, SPLICE_F_GIFT);
	CALL(vmsplice, p[0], iov, 1, 0);
	CALL(vmsplice, p[0], iov, 1, SPLICE_F_NONBLOCK);
	CALL(vmsplice, p[1], iov, 1, 0x100);
	QUIET(close_fd, p[0]);
	QUIET(close_fd, p[1]);
}

void subject_splice(void)
{
	int p[2], q[2], pair[2], n;
	loff_t offset = 0;
	char buf[64] = { 0 };

	tcp_pair(AF_INET, pair);
	QUIET(fcntl, pair[0], F_SETFL, O_NONBLOCK);
	QUIET(fcntl, pair[1], F_SETFL, O_NONBLOCK);
	QUIET(pipe2, p, O_NONBLOCK);
	QUIET(pipe2, q, O_NONBLOCK);
	QUIET(write, p[1], "from pipe", 9);
	CALL(tee, p[0], q[1], 4, 0);
	CALL(read, q[0], buf, 64);
	show_data(buf, 4);
	CALL(splice, p[0], NULL, pair[0], NULL, 64, 0);
	settle(pair[1], POLLIN);
	CALL(ioctl, pair[1], FIONREAD, &n);
	show(" %d", n);
	CALL(splice, pair[1], NULL, q[1], NULL, 5, SPLICE_F_MOVE);
	CALL(read, q[0], buf, 64);
	show_data(buf, 5);
	CALL(splice, pair[1], NULL, q[1], NULL, 64, SPLICE_F_NONBLOCK);
	CALL(splice, pair[1], NULL, q[1], NULL, 64, SPLICE_F_NONBLOCK);
	CALL(splice, p[0], NULL, pair[0], NULL, 64, SPLICE_F_NONBLOCK);
	CALL(splice, q[0], NULL, p[1], NULL, 64, 0);
	CALL(splice, pair[0], NULL, pair[1], NULL, 64, 0);
	CALL(splice, p[0], &offset, pair[0], NULL, 64, 0);
	CALL(splice, p[0], NULL, pair[0], &offset, 64, 0);
	CALL(splice, p[0], NULL, pair[0], NULL, 64, 0x100);
	CALL(splice, p[1], NULL, pair[0], NULL, 64, 0);
	CALL(splice, p[0], NULL, p[1], NULL, 64, 0);
	CALL(splice, p[0], NULL, pair[0], NULL, 0, 0);
	CALL(tee, p[0], pair[0], 4, 0);
	CALL(tee, q[0], p[1], 4, SPLICE_F_NONBLOCK);
	CALL(sendfile, pair[0], pair[1], NULL, 10);
	CALL(sendfile, pair[0], p[0], NULL, 10);
	QUIET(shutdown, pair[1], SHUT_WR);
	settle(pair[0], POLLIN);
	CALL(splice, pair[0], NULL, q[1], NULL, 64, 0);
	QUIET(close_fd, p[1]);
	CALL(read, p[0], buf, 64);
	CALL(splice, p[0], NULL, pair[0], NULL, 64, 0);
	QUIET(close_fd, q[0]);
	CALL(splice, pair[0], NULL, q[1], NULL, 64, 0);
	from_memory();
}

/* In the host's /tmp, or at that place in the stack's own files */
static const char path[] = "/tmp/libos-calls-file";

void subject_file(void)
{
	int f, g, pair[2];
	struct stat st;
	off_t offset = 2;
	char buf[128] = { 0 };
	long n;

	if (!os)
		unlink(path);
	f = FD(open_file, path, O_RDWR | O_CREAT | O_EXCL, 0600);
	FD(open_file, path, O_RDWR | O_CREAT | O_EXCL, 0600);
	CALL(write, f, "0123456789", 10);
	CALL(lseek, f, 0, SEEK_CUR);
	CALL(pread, f, buf, 4, 3);
	show_data(buf, 4);
	CALL(pwrite, f, "X", 1, 20);
	CALL(fstat, f, &st);
	show(" mode %o size %d", st.st_mode, (int)st.st_size);
	CALL(lseek, f, -5, SEEK_SET);
	CALL(lseek, f, 4, SEEK_SET);
	CALL(read, f, buf, 3);
	show_data(buf, 3);
	CALL(lseek, f, 0, SEEK_END);
	CALL(read, f, buf, 3);
	tcp_pair(AF_INET, pair);
	CALL(sendfile, pair[0], f, &offset, 5);
	show(" offset %d", (int)offset);
	settle(pair[1], POLLIN);
	CALL(recv, pair[1], buf, 64, 0);
	show_data(buf, 5);
	CALL(sendfile, pair[0], f, NULL, 5);
	offset = -1;
	CALL(sendfile, pair[0], f, &offset, 5);
	offset = 100;
	CALL(sendfile, pair[0], f, &offset, 5);
	CALL(sendfile, f, f, NULL, 5);
	g = FD(open_file, path, O_RDONLY | O_CLOEXEC, 0);
	CALL(write, g, "x", 1);
	CALL(fcntl, g, F_GETFD, 0);
	FD(open_file, "/tmp/libos-calls-none", O_RDONLY, 0);
	FD(open_file, "/tmp", O_WRONLY, 0);
	g = FD(open_file, "/proc/sys/net/ipv4/ip_default_ttl", O_RDWR, 0);
	n = CALL(read, g, buf, 64);
	show_data(buf, n);
	CALL(pwrite, g, "99", 2, 0);
	n = CALL(pread, g, buf, 64, 0);
	show_data(buf, n);
	CALL(pwrite, g, "999", 3, 0);
	CALL(pwrite, g, "x", 1, 0);
	FD(open_file, "/proc/sys/net/none", O_RDONLY, 0);
	g = FD(open_file, "/proc/net/dev", O_RDONLY, 0);
	n = CALL(read, g, buf, 67);
	show_data(buf, n);
	g = FD(open_file, "/proc/net/udp", O_RDONLY, 0);
	n = CALL(read, g, buf, 60);
	show_data(buf, n);
	/* The header, 128 columns wide, and nothing behind */
	CALL(lseek, g, 128, SEEK_SET);
	CALL(read, g, buf, 64);
	if (!os)
		unlink(path);
}
