// SPDX-License-Identifier: GPL-2.0
/*
 * files.c: descriptors, waits and signals over sockets and other files
 *
 * Prints what it sees, one line a fact, nothing that differs between two runs: files.sh
 * runs it on the host's kernel and on a stack and compares. Run without arguments; with
 * one it is what it executes itself.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "facts.h"

#define MS 1000000

static long ms_since(const struct timespec *then)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - then->tv_sec) * 1000 + (now.tv_nsec - then->tv_nsec) / MS;
}

static void sleep_ms(long ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * MS };

	while (nanosleep(&ts, &ts))
		;
}

/* fd[0] connected to fd[1] by TCP */
static void tcp_pair(int fd[2])
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(to);
	int listener = MUST(socket(AF_INET, SOCK_STREAM, 0));

	MUST(bind(listener, (void *)&to, sizeof(to)));
	MUST(listen(listener, 8));
	MUST(getsockname(listener, (void *)&to, &len));
	fd[0] = MUST(socket(AF_INET, SOCK_STREAM, 0));
	MUST(connect(fd[0], (void *)&to, sizeof(to)));
	fd[1] = MUST(accept(listener, NULL, NULL));
	close(listener);
}

static void udp_pair(int fd[2])
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);
	int i;

	for (i = 0; i < 2; i++) {
		fd[i] = MUST(socket(AF_INET, SOCK_DGRAM, 0));
		at.sin_port = 0;
		MUST(bind(fd[i], (void *)&at, sizeof(at)));
	}
	MUST(getsockname(fd[1], (void *)&at, &len));
	MUST(connect(fd[0], (void *)&at, len));
	MUST(getsockname(fd[0], (void *)&at, &len));
	MUST(connect(fd[1], (void *)&at, len));
}

static void close_pair(int fd[2])
{
	close(fd[0]);
	close(fd[1]);
}

/* Runs in a child after some time */
static pid_t later(long ms, void (*fn)(int arg), int arg)
{
	pid_t pid = fork();

	if (!pid) {
		sleep_ms(ms);
		fn(arg);
		_exit(0);
	}
	return pid;
}

static void send_x(int fd)
{
	send(fd, "x", 1, MSG_NOSIGNAL);
}

/* ------------------------------------------------------------------ *
 * descriptors
 */

static void numbers(void)
{
	int fd[2], a, b, c;

	tcp_pair(fd);
	a = dup(fd[0]);
	say("dup: next free %d", a - fd[1]);
	b = fcntl(fd[0], F_DUPFD, 100);
	say("F_DUPFD: %d", b);
	c = fcntl(fd[0], F_DUPFD_CLOEXEC, 100);
	say("F_DUPFD_CLOEXEC: %d, flags %d %d", c, fcntl(b, F_GETFD), fcntl(c, F_GETFD));
	say("dup2: %s", result(dup2(fd[0], 110)));
	say("dup2 to itself: %s", result(dup2(110, 110)));
	say("dup2 of a closed one: %s", result(dup2(111, 112)));
	say("dup3: %s", result(dup3(fd[0], 113, O_CLOEXEC)));
	say("dup3 to itself: %s", result(dup3(113, 113, 0)));
	say("dup3, wrong flags: %s", result(dup3(113, 114, 1)));
	say("cloexec: %d %d", fcntl(110, F_GETFD), fcntl(113, F_GETFD));
	MUST(fcntl(110, F_SETFD, FD_CLOEXEC));
	say("F_SETFD: %d", fcntl(110, F_GETFD));
	say("a file over a socket: %s", result(dup2(open("/dev/null", O_RDWR), 110)));
	say("is a file: %s", result(write(110, "x", 1)));
	say("a socket over a file: %s", result(dup2(fd[0], 110)));
	close(fd[0]);
	close(a);
	close(b);
	close(c);
	close(113);
	say("one is left: %s", result(send(110, "left", 4, 0)));
	char buf[8] = "";
	say("arrives: %s %s", result(recv(fd[1], buf, 8, 0)), buf);
	close(110);
	say("the end: %s", result(recv(fd[1], buf, 8, 0)));
	say("closed: %s", result(close(110)));
	say("send to a closed one: %s", result(send(110, "x", 1, 0)));
	say("the lowest number again: %d", socket(AF_INET, SOCK_STREAM, 0) == fd[0]);
	close_pair(fd);
}

static void flags(void)
{
	int fd[2], on = 1, n;
	char buf[16];

	tcp_pair(fd);
	say("F_GETFL: %#x", fcntl(fd[0], F_GETFL));
	MUST(fcntl(fd[0], F_SETFL, O_NONBLOCK));
	say("O_NONBLOCK: %#x, %s", fcntl(fd[0], F_GETFL), result(recv(fd[0], buf, 1, 0)));
	n = dup(fd[0]);
	say("shared by a copy: %#x", fcntl(n, F_GETFL));
	close(n);
	on = 0;
	MUST(ioctl(fd[0], FIONBIO, &on));
	say("FIONBIO off: %#x", fcntl(fd[0], F_GETFL));
	say("MSG_DONTWAIT: %s", result(recv(fd[0], buf, 1, MSG_DONTWAIT)));
	MUST(send(fd[1], "12345", 5, 0));
	poll(&(struct pollfd){ fd[0], POLLIN, 0 }, 1, 1000);
	MUST(ioctl(fd[0], FIONREAD, &n));
	say("FIONREAD: %d", n);
	say("MSG_PEEK: %s", result(recv(fd[0], buf, 16, MSG_PEEK)));
	say("recv: %s", result(recv(fd[0], buf, 16, 0)));
	MUST(ioctl(fd[0], FIONREAD, &n));
	say("FIONREAD: %d", n);
	n = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	say("SOCK_NONBLOCK, SOCK_CLOEXEC: %#x %d", fcntl(n, F_GETFL), fcntl(n, F_GETFD));
	ioctl(n, FIONCLEX);
	say("FIONCLEX: %d", fcntl(n, F_GETFD));
	ioctl(n, FIOCLEX);
	say("FIOCLEX: %d", fcntl(n, F_GETFD));
	say("lseek: %s", result(lseek(n, 0, SEEK_SET)));
	say("ftruncate: %s", result(ftruncate(n, 0)));
	say("pread: %s", result(pread(fd[0], buf, 1, 0)));
	say("fsync: %s", result(fsync(n)));
	say("isatty: %s", result(isatty(n) - 1));
	struct stat st;
	say("fstat: %s, a socket: %d", result(fstat(n, &st)), S_ISSOCK(st.st_mode));
	close(n);
	say("wrong family: %s", result(socket(99, SOCK_STREAM, 0)));
	say("wrong type: %s", result(socket(AF_INET, 99, 0)));
	say("bad address: %s", result(connect(fd[0], (void *)8, 16)));
	say("bad buffer: %s", result(send(fd[0], (void *)8, 16, 0)));
	n = epoll_create1(EPOLL_CLOEXEC);
	say("epoll: %#x %d", fcntl(n, F_GETFL), fcntl(n, F_GETFD));
	close(n);
	close_pair(fd);
}

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

static void ranges(void)
{
	int fd[2], i;

	tcp_pair(fd);
	for (i = 50; i < 56; i++)
		dup2(i & 1 ? fd[0] : STDERR_FILENO, i);
	say("close_range, cloexec: %s", result(close_range(51, 52, CLOSE_RANGE_CLOEXEC)));
	say("cloexec: %d %d %d %d", fcntl(50, F_GETFD), fcntl(51, F_GETFD), fcntl(52, F_GETFD),
	    fcntl(53, F_GETFD));
	say("close_range: %s", result(close_range(51, 54, 0)));
	say("open: %d %d %d %d %d %d", is_open(50), is_open(51), is_open(52), is_open(53),
	    is_open(54), is_open(55));
	say("wrong order: %s", result(close_range(5, 4, 0)));
	say("wrong flags: %s", result(close_range(5, 6, 64)));
	say("to the end: %s", result(close_range(50, ~0u, 0)));
	say("open: %d %d", is_open(50), is_open(55));
	say("what is below stays: %s", result(send(fd[0], "x", 1, 0)));
	close_pair(fd);
}

/* What /proc/self/fd shows at a number, without the inode */
static void show(int fd)
{
	char path[64], to[256];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	n = readlink(path, to, sizeof(to) - 1);
	if (n < 0) {
		say("%d: %s", fd, result(-1));
		return;
	}
	to[n] = 0;
	if (!strncmp(to, "socket:[", 8))
		strcpy(to, "socket:[N]");
	say("%d: %s", fd, to);
}

static void proc_fd(void)
{
	int fd[2], sockets = 0, closed = 0;
	struct dirent *e;
	DIR *dir;

	tcp_pair(fd);
	dup2(fd[0], 60);
	show(60);
	dir = opendir("/proc/self/fd");
	while ((e = readdir(dir))) {
		sockets += atoi(e->d_name) == 60;
		closed += e->d_name[0] != '.' && fcntl(atoi(e->d_name), F_GETFD) < 0;
	}
	closedir(dir);
	say("listed: %d, and %d that are not open", sockets, closed);
	close(60);
	show(60);
	close_pair(fd);
}

/* ------------------------------------------------------------------ *
 * data
 */

static void vectors(void)
{
	char a[4] = "abc", b[5] = "defg", in[2][8] = { "", "" };
	struct iovec out[2] = { { a, 3 }, { b, 4 } }, to[2] = { { in[0], 5 }, { in[1], 8 } };
	struct mmsghdr many[3] = { 0 };
	struct iovec one[3];
	char text[3][8] = { "", "", "" };
	int fd[2], i;

	tcp_pair(fd);
	say("writev: %s", result(writev(fd[0], out, 2)));
	poll(&(struct pollfd){ fd[1], POLLIN, 0 }, 1, 1000);
	say("readv: %s %.5s %.2s", result(readv(fd[1], to, 2)), in[0], in[1]);
	close_pair(fd);
	udp_pair(fd);
	for (i = 0; i < 3; i++) {
		one[i] = (struct iovec){ (char *[]){ "one", "two", "three" }[i], i == 2 ? 5 : 3 };
		many[i].msg_hdr.msg_iov = &one[i];
		many[i].msg_hdr.msg_iovlen = 1;
	}
	say("sendmmsg: %s", result(sendmmsg(fd[0], many, 3, 0)));
	for (i = 0; i < 3; i++)
		one[i] = (struct iovec){ text[i], 4 };
	say("recvmmsg: %s", result(recvmmsg(fd[1], many, 3, MSG_WAITFORONE, NULL)));
	for (i = 0; i < 3; i++)
		say("%s %u, flags %#x", text[i], many[i].msg_len, many[i].msg_hdr.msg_flags);
	struct timespec ts = { 0, 30 * MS };
	say("recvmmsg, nothing: %s", result(recvmmsg(fd[1], many, 3, MSG_DONTWAIT, &ts)));
	say("an empty datagram: %s", result(send(fd[0], "", 0, 0)));
	say("arrives: %s", result(recv(fd[1], text[0], 8, 0)));
	close_pair(fd);
}

static void files_to_sockets(void)
{
	char buf[5000], name[] = "/tmp/files.XXXXXX";
	int fd[2], file = MUST(mkstemp(name)), i, p[2];
	off_t at = 1000;
	long n;

	unlink(name);
	for (i = 0; i < 5000; i++)
		buf[i] = i * 7;
	MUST(write(file, buf, 5000));
	tcp_pair(fd);
	say("sendfile at an offset: %s", result(sendfile(fd[0], file, &at, 3000)));
	say("offset: %ld, position: %ld", (long)at, (long)lseek(file, 0, SEEK_CUR));
	memset(buf, 0, 3000);
	say("arrives: %s", result(recv(fd[1], buf, 3000, MSG_WAITALL)));
	for (i = 0; i < 3000 && buf[i] == (char)((i + 1000) * 7); i++)
		;
	say("as it was: %d", i);
	lseek(file, 4000, SEEK_SET);
	say("sendfile at the position, beyond the end: %s", result(sendfile(fd[0], file, NULL, 3000)));
	say("position: %ld", (long)lseek(file, 0, SEEK_CUR));
	say("arrives: %s", result(recv(fd[1], buf, 1000, MSG_WAITALL)));
	say("at the end: %s", result(sendfile(fd[0], file, NULL, 3000)));
	say("from a socket: %s", result(sendfile(file, fd[1], NULL, 10)));
	MUST(pipe(p));
	say("from a pipe, to a socket: %s", result(sendfile(fd[0], p[0], NULL, 10)));
	/* A full, non-blocking socket: nothing is lost, nothing twice */
	MUST(fcntl(fd[0], F_SETFL, O_NONBLOCK));
	long sent = 0, got = 0;
	unsigned int sum = 0, want = 0;
	ftruncate(file, 0);
	for (i = 0; i < 4000000; i += 4000) {
		int k;

		for (k = 0; k < 4000; k++)
			want = want * 31 + (unsigned char)(buf[k] = (i / 4000) ^ k);
		pwrite(file, buf, 4000, i);
	}
	at = 0;
	while (got < 4000000) {
		n = sent < 4000000 ? sendfile(fd[0], file, &at, 4000000 - sent) : 0;
		if (n > 0)
			sent += n;
		n = recv(fd[1], buf, sizeof(buf), MSG_DONTWAIT);
		for (i = 0; i < n; i++)
			sum = sum * 31 + (unsigned char)buf[i];
		got += n > 0 ? n : 0;
	}
	say("four megabytes, non-blocking: %d", sum == want && sent == got);
	close(file);
	close_pair(p);
	close_pair(fd);
}

/* ------------------------------------------------------------------ *
 * fork and exec
 */

static void forks(void)
{
	char buf[8] = "";
	int fd[2], status;
	pid_t pid;

	tcp_pair(fd);
	pid = fork();
	if (!pid) {
		close(fd[1]);
		send(fd[0], "child", 5, 0);
		fcntl(fd[0], F_SETFL, O_NONBLOCK);
		_exit(recv(fd[0], buf, 8, 0) < 0 && errno == EAGAIN ? 3 : 4);
	}
	say("from a child: %s %s", result(recv(fd[1], buf, 5, MSG_WAITALL)), buf);
	waitpid(pid, &status, 0);
	say("its status: %d, flags are shared: %#x", WEXITSTATUS(status), fcntl(fd[0], F_GETFL));
	close(fd[0]);
	say("now it is closed: %s", result(recv(fd[1], buf, 8, 0)));
	close(fd[1]);

	tcp_pair(fd);
	pid = fork();
	if (!pid) {
		pause();
		_exit(0);
	}
	close(fd[0]);
	say("a child has it open: %s", result(recv(fd[1], buf, 8, MSG_DONTWAIT)));
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	say("it was killed: %d, %s", WTERMSIG(status), result(recv(fd[1], buf, 8, 0)));
	close(fd[1]);

	/* Both accept on one listener */
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(to);
	int s = socket(AF_INET, SOCK_STREAM, 0), i, c;
	pid_t kids[3];

	bind(s, (void *)&to, sizeof(to));
	listen(s, 8);
	getsockname(s, (void *)&to, &len);
	for (i = 0; i < 3; i++) {
		kids[i] = fork();
		if (!kids[i]) {
			c = accept(s, NULL, NULL);
			send(c, "hello", 5, 0);
			_exit(c < 0);
		}
	}
	close(s);
	for (i = 0; i < 3; i++) {
		c = socket(AF_INET, SOCK_STREAM, 0);
		MUST(connect(c, (void *)&to, sizeof(to)));
		say("accepted by a child: %s", result(recv(c, buf, 5, MSG_WAITALL)));
		close(c);
	}
	for (i = 0; i < 3; i++) {
		waitpid(kids[i], &status, 0);
		say("child: %d", status);
	}
	c = socket(AF_INET, SOCK_STREAM, 0);
	say("nobody listens now: %s", result(connect(c, (void *)&to, sizeof(to))));
	close(c);
}

static char *self;

/* The program that execs() executes: its sockets are at 70 to 73 */
static int executed(void)
{
	struct sockaddr_in name;
	socklen_t len = sizeof(name);
	int i;

	for (i = 70; i < 74; i++) {
		int domain = 0;

		len = sizeof(domain);
		if (is_open(i))
			say("%d: family %s is inet: %d", i,
			    result(getsockopt(i, SOL_SOCKET, SO_DOMAIN, &domain, &len)), domain == AF_INET);
		else
			say("%d: closed", i);
	}
	len = sizeof(name);
	say("its name: %s", result(getsockname(70, (void *)&name, &len)));
	say("sends: %s", result(send(70, "after exec", 10, 0)));
	say("new sockets: %d", socket(AF_INET, SOCK_STREAM, 0) >= 3);
	return 9;
}

static void execs(void)
{
	char buf[16] = "";
	int fd[2], status, ep;
	pid_t pid;

	tcp_pair(fd);
	dup2(fd[0], 70);
	dup3(fd[0], 71, O_CLOEXEC);
	dup2(fd[0], 72);
	fcntl(72, F_SETFD, FD_CLOEXEC);
	dup2(STDERR_FILENO, 73);
	fcntl(73, F_SETFD, FD_CLOEXEC);
	fflush(stdout);
	pid = fork();
	if (!pid) {
		execl(self, self, "executed", NULL);
		_exit(99);
	}
	waitpid(pid, &status, 0);
	say("status: %d", WEXITSTATUS(status));
	say("arrives: %s %s", result(recv(fd[1], buf, 10, MSG_WAITALL)), buf);
	pid = vfork();
	if (!pid) {
		execl("/nonexistent", "x", NULL);
		_exit(errno == ENOENT ? 5 : 6);
	}
	waitpid(pid, &status, 0);
	say("an exec that fails: %d", WEXITSTATUS(status));
	say("sockets are here still: %s", result(send(70, "x", 1, 0)));
	say("system: %d", system("exec 71>&-; exit 4") >> 8);
	close_range(70, 73, 0);
	close_pair(fd);

	/* An epoll instance through exec, by a shell that waits for nothing */
	ep = epoll_create1(0);
	say("epoll through a shell: %d", system("exit 0"));
	close(ep);
}

/* ------------------------------------------------------------------ *
 * waiting
 */

static const char *events(unsigned int e)
{
	static char text[128];

	snprintf(text, sizeof(text), "%s%s%s%s%s%s", e & POLLIN ? "in " : "",
		 e & POLLOUT ? "out " : "", e & POLLERR ? "err " : "", e & POLLHUP ? "hup " : "",
		 e & POLLNVAL ? "nval " : "", e & POLLPRI ? "pri " : "");
	return text;
}

static void polls(void)
{
	int fd[2], p[2], ev = eventfd(0, 0), status;
	struct timespec then, ts;
	pid_t pid;

	tcp_pair(fd);
	MUST(pipe(p));
	struct pollfd all[] = { { fd[1], POLLIN, 0 }, { p[0], POLLIN, 0 }, { ev, POLLIN, 0 },
				{ -1, POLLIN, 0 }, { 999, POLLIN, 0 }, { fd[0], POLLOUT, 0 } };

	say("nothing: %d", poll(all, 4, 0));
	say("a closed one: %d %s", poll(all, 5, -1), events(all[4].revents));
	say("a socket to write to: %d %s", poll(all + 5, 1, -1), events(all[5].revents));
	clock_gettime(CLOCK_MONOTONIC, &then);
	say("timeout: %d, after it: %d", poll(all, 4, 60), ms_since(&then) >= 60);
	ts = (struct timespec){ 0, 60 * MS };
	say("ppoll: %d", ppoll(all, 4, &ts, NULL));

	pid = later(50, send_x, fd[0]);
	say("a socket wakes: %d", poll(all, 4, 5000));
	say("it: %s", events(all[0].revents));
	waitpid(pid, &status, 0);
	recv(fd[1], &status, 1, 0);

	pid = fork();
	if (!pid) {
		sleep_ms(50);
		_exit(write(p[1], "x", 1) != 1);
	}
	say("a pipe wakes: %d", poll(all, 4, 5000));
	say("it: %s", events(all[1].revents));
	waitpid(pid, &status, 0);
	eventfd_write(ev, 1);
	send_x(fd[0]);
	sleep_ms(20);
	say("all: %d", poll(all, 4, 5000));
	shutdown(fd[0], SHUT_RDWR);
	struct pollfd h = { fd[0], POLLIN | POLLOUT | POLLRDHUP, 0 };
	say("hung up: %d", poll(&h, 1, 1000));
	close(p[1]);
	read(p[0], &status, 1);
	say("a pipe without a writer: %d %s", poll(all + 1, 1, 0), events(all[1].revents));
	close(p[0]);
	close(ev);
	close_pair(fd);
}

static void selects(void)
{
	int fd[2], p[2], status, n;
	struct timeval tv = { 0, 60000 };
	fd_set in, out, except;
	char buf[4];

	tcp_pair(fd);
	MUST(pipe(p));
#define SETS() ({ FD_ZERO(&in); FD_ZERO(&out); FD_ZERO(&except); FD_SET(fd[1], &in); \
		  FD_SET(p[0], &in); FD_SET(fd[1], &except); \
		  (fd[1] > p[0] ? fd[1] : p[0]) + 1; })
	n = SETS();
	n = select(n, &in, &out, &except, &tv);
	say("timeout: %d, left: %d", n, tv.tv_sec || tv.tv_usec);
	later(50, send_x, fd[0]);
	n = SETS();
	tv.tv_sec = 5;
	n = select(n, &in, &out, &except, &tv);
	say("a socket wakes: %d %d %d, left: %d", n, FD_ISSET(fd[1], &in) != 0, FD_ISSET(p[0], &in) != 0,
	    tv.tv_sec >= 4);
	wait(&status);
	recv(fd[1], buf, 1, 0);
	MUST(write(p[1], "x", 1));
	n = SETS();
	n = select(n, &in, &out, &except, NULL);
	say("a pipe: %d %d %d", n, FD_ISSET(fd[1], &in) != 0, FD_ISSET(p[0], &in) != 0);
	send(fd[0], "!", 1, MSG_OOB);
	sleep_ms(20);
	n = SETS();
	n = select(n, NULL, NULL, &except, NULL);
	say("urgent: %d %d", n, FD_ISSET(fd[1], &except) != 0);
	say("at the mark: %d", sockatmark(fd[1]));
	say("it: %s", result(recv(fd[1], buf, 1, MSG_OOB)));
	struct timespec ts = { 0, 30 * MS };
	FD_ZERO(&in);
	FD_SET(fd[1], &in);
	n = pselect(fd[1] + 1, &in, NULL, NULL, &ts, NULL);
	say("pselect: %d", n);
	close(p[1]);
	FD_ZERO(&out);
	FD_SET(fd[0], &out);
	FD_SET(p[1], &out);
	say("a closed one: %s", result(select(p[1] > fd[0] ? p[1] + 1 : fd[0] + 1, NULL, &out, NULL, NULL)));
	close(p[0]);
	close_pair(fd);
}

static int wait_one(int ep, int ms)
{
	struct epoll_event e[8];
	int n = epoll_wait(ep, e, 8, ms), i;
	unsigned long sum = 0;

	for (i = 0; i < n; i++)
		sum |= 1ul << e[i].data.u32;
	return n < 0 ? n : (int)sum;
}

static void add(int ep, int fd, unsigned int what, int data)
{
	struct epoll_event e = { .events = what, .data.u32 = data };

	MUST(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e));
}

static void epolls(void)
{
	int fd[2], ev = eventfd(0, EFD_NONBLOCK), ep = epoll_create1(0), outer, status;
	struct epoll_event e = { .events = EPOLLIN };
	char buf[8];
	uint64_t v;

	tcp_pair(fd);
	add(ep, fd[1], EPOLLIN, 1);
	add(ep, ev, EPOLLIN, 2);
	say("nothing: %d", wait_one(ep, 20));
	say("twice: %s", result(epoll_ctl(ep, EPOLL_CTL_ADD, fd[1], &e)));
	say("twice, a host's: %s", result(epoll_ctl(ep, EPOLL_CTL_ADD, ev, &e)));
	say("not there: %s", result(epoll_ctl(ep, EPOLL_CTL_MOD, fd[0], &e)));
	say("closed: %s", result(epoll_ctl(ep, EPOLL_CTL_ADD, 999, &e)));
	say("itself: %s", result(epoll_ctl(ep, EPOLL_CTL_ADD, ep, &e)));
	say("not an epoll: %s", result(epoll_ctl(fd[0], EPOLL_CTL_ADD, fd[1], &e)));
	later(40, send_x, fd[0]);
	say("a socket wakes: %d", wait_one(ep, 5000));
	wait(&status);
	say("level: %d", wait_one(ep, 0));
	recv(fd[1], buf, 8, 0);
	say("read: %d", wait_one(ep, 0));
	if (!fork()) {
		sleep_ms(40);
		eventfd_write(ev, 1);
		_exit(0);
	}
	say("an eventfd wakes: %d", wait_one(ep, 5000));
	wait(&status);
	send_x(fd[0]);
	sleep_ms(20);
	say("both: %d", wait_one(ep, 0));
	read(ev, &v, 8);
	recv(fd[1], buf, 8, 0);
	say("neither: %d", wait_one(ep, 0));

	e = (struct epoll_event){ .events = EPOLLIN | EPOLLET, .data.u32 = 1 };
	MUST(epoll_ctl(ep, EPOLL_CTL_MOD, fd[1], &e));
	send_x(fd[0]);
	sleep_ms(20);
	say("edge: %d", wait_one(ep, 100));
	say("not again: %d", wait_one(ep, 20));
	send_x(fd[0]);
	sleep_ms(20);
	say("another edge: %d", wait_one(ep, 100));
	e.events = EPOLLIN | EPOLLONESHOT;
	MUST(epoll_ctl(ep, EPOLL_CTL_MOD, fd[1], &e));
	say("oneshot: %d", wait_one(ep, 100));
	say("not again: %d", wait_one(ep, 20));
	MUST(epoll_ctl(ep, EPOLL_CTL_MOD, fd[1], &e));
	say("armed again: %d", wait_one(ep, 100));
	e = (struct epoll_event){ .events = EPOLLIN | EPOLLET, .data.u32 = 2 };
	MUST(epoll_ctl(ep, EPOLL_CTL_MOD, ev, &e));
	eventfd_write(ev, 1);
	say("edge, a host's: %d", wait_one(ep, 100));
	say("not again: %d", wait_one(ep, 20));

	outer = epoll_create1(0);
	add(outer, ep, EPOLLIN, 3);
	say("nested, nothing: %d", wait_one(outer, 20));
	e = (struct epoll_event){ .events = EPOLLIN, .data.u32 = 1 };
	MUST(epoll_ctl(ep, EPOLL_CTL_MOD, fd[1], &e));
	say("nested, a socket: %d", wait_one(outer, 1000));
	MUST(epoll_ctl(ep, EPOLL_CTL_DEL, fd[1], NULL));
	say("nested, removed: %d", wait_one(outer, 20));
	e = (struct epoll_event){ .events = EPOLLIN, .data.u32 = 2 };
	MUST(epoll_ctl(ep, EPOLL_CTL_MOD, ev, &e));
	say("nested, a host's: %d", wait_one(outer, 1000));
	struct pollfd p = { ep, POLLIN, 0 };
	say("poll of an epoll: %d", poll(&p, 1, 1000));
	read(ev, &v, 8);
	say("poll of an epoll, nothing: %d", poll(&p, 1, 20));
	add(ep, fd[1], EPOLLIN, 1);
	say("poll of an epoll, a socket: %d", poll(&p, 1, 1000));
	close(fd[1]);
	say("a closed one is gone: %d", wait_one(ep, 20));
	say("no room: %s", result(epoll_wait(ep, &e, 0, 0)));
	close(outer);
	close(ep);
	close(ev);
	close(fd[0]);
}

static void *waits_1s(void *ep)
{
	struct timespec start;
	int got;

	clock_gettime(CLOCK_MONOTONIC, &start);
	got = wait_one((intptr_t)ep, 1000);
	return (void *)(intptr_t)(got ? got : -(ms_since(&start) / 500));
}

/* Threads wait already when a set gets its first file of the other kind */
static void added_later(void)
{
	static const char *const first[] = { "nothing", "a pipe", "a socket" };
	int i, k;

	for (i = 0; i < 6; i++) {
		int fd[2], p[2], ep = epoll_create1(0), files[2], ready = i >= 3;
		pthread_t thread[3];
		void *got[3];

		tcp_pair(fd);
		MUST(pipe(p));
		files[0] = i % 3 == 1 ? p[0] : fd[0];
		files[1] = i % 3 == 1 ? fd[0] : p[0];
		if (i % 3)
			add(ep, files[0], EPOLLIN, 1);
		for (k = 0; k < 3; k++)
			pthread_create(&thread[k], NULL, waits_1s, (void *)(intptr_t)ep);
		sleep_ms(200);
		if (ready) {
			if (files[1] == p[0])
				write(p[1], "x", 1);
			else
				send_x(fd[1]);
			sleep_ms(20);
		}
		add(ep, files[1], EPOLLIN, 2);
		for (k = 0; k < 3; k++)
			pthread_join(thread[k], &got[k]);
		say("%s first, %s: %ld %ld %ld", first[i % 3], ready ? "ready" : "not ready",
		    (long)got[0], (long)got[1], (long)got[2]);
		close(ep);
		close_pair(p);
		close_pair(fd);
	}
}

/* One connection wakes one of two exclusive waiters */
static void exclusive(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int s = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), c, i, status, p[2], woken = 0;
	socklen_t len = sizeof(to);
	char b;

	bind(s, (void *)&to, sizeof(to));
	listen(s, 8);
	getsockname(s, (void *)&to, &len);
	MUST(pipe(p));
	for (i = 0; i < 2; i++)
		if (!fork()) {
			int ep = epoll_create1(0);

			add(ep, s, EPOLLIN | EPOLLEXCLUSIVE, 1);
			if (wait_one(ep, 400) == 2 && accept(s, NULL, NULL) >= 0)
				write(p[1], "x", 1);
			_exit(0);
		}
	sleep_ms(100);
	c = socket(AF_INET, SOCK_STREAM, 0);
	MUST(connect(c, (void *)&to, sizeof(to)));
	wait(&status);
	wait(&status);
	close(p[1]);
	while (read(p[0], &b, 1) == 1)
		woken++;
	say("exclusive: %d accepted", woken);
	close(p[0]);
	close(s);
	close(c);
}

/* signalfd, timerfd, eventfd and a socket in one set */
static void special(void)
{
	int fd[2], ep = epoll_create1(0), sig, timer, all = 0, seen = 0, status;
	struct itimerspec in = { .it_value = { 0, 30 * MS } };
	struct signalfd_siginfo info;
	sigset_t set, old;
	uint64_t v;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, &old);
	sig = signalfd(-1, &set, 0);
	timer = timerfd_create(CLOCK_MONOTONIC, 0);
	timerfd_settime(timer, 0, &in, NULL);
	tcp_pair(fd);
	add(ep, sig, EPOLLIN, 1);
	add(ep, timer, EPOLLIN, 2);
	add(ep, fd[1], EPOLLIN, 3);
	later(60, send_x, fd[0]);
	if (!fork()) {
		sleep_ms(90);
		kill(getppid(), SIGUSR1);
		_exit(0);
	}
	while (all != 14) {
		int got = wait_one(ep, 5000);

		if (got <= 0)
			break;
		all |= got;
		if (got & 2)
			seen = read(sig, &info, sizeof(info)) == sizeof(info) ? (int)info.ssi_signo : -1;
		if (got & 4)
			read(timer, &v, 8);
		if (got & 8)
			recv(fd[1], &v, 1, 0);
	}
	say("events: %d, signal: %d", all, seen == SIGUSR1);
	while (wait(&status) > 0)
		;
	sigprocmask(SIG_SETMASK, &old, NULL);
	close(sig);
	close(timer);
	close(ep);
	close_pair(fd);
}

/* What came, but not where it was the time limit that ended the sleep */
static void *thread_wait(void *arg)
{
	struct timespec from, to;
	long got;

	clock_gettime(CLOCK_MONOTONIC, &from);
	got = wait_one(*(int *)arg, 5000);
	clock_gettime(CLOCK_MONOTONIC, &to);
	return (void *)(to.tv_sec - from.tv_sec < 4 ? got : -1);
}

/* One of an instance's two numbers goes while a thread sleeps on the other. */
static void copy_closed(void)
{
	int fd[2], ev = eventfd(0, 0), ep[2], i;
	pthread_t t;
	uint64_t v;
	void *r;

	udp_pair(fd);
	for (i = 0; i < 2; i++) {
		ep[0] = epoll_create1(0);
		add(ep[0], fd[1], EPOLLIN, 1);
		add(ep[0], ev, EPOLLIN, 2);
		ep[1] = dup(ep[0]);
		MUST(wait_one(ep[0], 1));
		pthread_create(&t, NULL, thread_wait, &ep[!i]);
		sleep_ms(50);
		close(ep[i]);
		sleep_ms(20);
		v = 1;
		write(ev, &v, sizeof(v));
		pthread_join(t, &r);
		say("number %d of two closed: %ld", i, (long)r);
		read(ev, &v, sizeof(v));
		close(ep[!i]);
	}
	close(ev);
	close_pair(fd);
}

static long cpu_ms(int who)
{
	struct rusage r;

	getrusage(who, &r);
	return (r.ru_utime.tv_sec + r.ru_stime.tv_sec) * 1000 +
	       (r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1000;
}

/* Half a second of waiting each way costs next to nothing. */
static void idle(void)
{
	int fd[2], p[2], ep = epoll_create1(0);
	struct pollfd both[2];
	long before;
	char b;

	tcp_pair(fd);
	MUST(pipe(p));
	both[0] = (struct pollfd){ fd[1], POLLIN, 0 };
	both[1] = (struct pollfd){ p[0], POLLIN, 0 };
	add(ep, fd[1], EPOLLIN, 1);
	add(ep, p[0], EPOLLIN, 2);
	before = cpu_ms(RUSAGE_SELF);
	poll(both, 2, 500);
	wait_one(ep, 500);
	poll(both, 1, 500);
	later(500, send_x, fd[0]);
	recv(fd[1], &b, 1, 0);
	wait(NULL);
	say("two seconds of waiting: %d", cpu_ms(RUSAGE_SELF) - before <= 30);
	close(ep);
	close_pair(p);
	close_pair(fd);
}

/* Threads: one waits, another sends */
static void *thread_recv(void *arg)
{
	char b[4];

	return (void *)recv(*(int *)arg, b, 4, 0);
}

static void threads(void)
{
	pthread_t t[4];
	int fd[2], i;
	void *r;
	long sum = 0;

	udp_pair(fd);
	for (i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, thread_recv, &fd[1]);
	sleep_ms(30);
	for (i = 0; i < 4; i++)
		send(fd[0], "ab", 2, 0);
	for (i = 0; i < 4; i++) {
		pthread_join(t[i], &r);
		sum += (long)r;
	}
	say("four threads received: %ld", sum);
	close_pair(fd);
}

/* ------------------------------------------------------------------ *
 * signals
 */

static volatile int handled, handler_fd = -1, handler_sent;

static void handler(int sig)
{
	(void)sig;
	handled++;
	if (handler_fd >= 0)
		handler_sent = send(handler_fd, "h", 1, 0);
}

static void interrupt(int arg)
{
	(void)arg;
	kill(getppid(), SIGUSR1);
}

static void catch(int sig, int flags)
{
	struct sigaction sa = { .sa_handler = handler, .sa_flags = flags };

	sigaction(sig, &sa, NULL);
	handled = 0;
}

static void interrupts(void)
{
	struct sockaddr_in any = { .sin_family = AF_INET };
	int fd[2], ep = epoll_create1(0), s = socket(AF_INET, SOCK_STREAM, 0);
	struct pollfd p;
	sigset_t none, usr1;
	fd_set in;
	char b[4];
	int n;

	tcp_pair(fd);
	bind(s, (void *)&any, sizeof(any));
	listen(s, 1);
	add(ep, fd[1], EPOLLIN, 1);
	p = (struct pollfd){ fd[1], POLLIN, 0 };
	catch(SIGUSR1, 0);
#define INTERRUPTED(what, call) ({ later(40, interrupt, 0); n = call; \
		say(what ": %s, handled %d", result(n), handled); wait(NULL); handled = 0; })
	INTERRUPTED("recv", recv(fd[1], b, 1, 0));
	INTERRUPTED("accept", accept(s, NULL, NULL));
	INTERRUPTED("poll", poll(&p, 1, -1));
	INTERRUPTED("epoll_wait", wait_one(ep, -1));
	FD_ZERO(&in);
	FD_SET(fd[1], &in);
	INTERRUPTED("select", select(fd[1] + 1, &in, NULL, NULL, NULL));
	catch(SIGUSR1, SA_RESTART);
	INTERRUPTED("poll, SA_RESTART", poll(&p, 1, -1));
	INTERRUPTED("epoll_wait, SA_RESTART", wait_one(ep, -1));
	later(40, interrupt, 0);
	later(90, send_x, fd[0]);
	n = recv(fd[1], b, 1, 0);
	say("recv, SA_RESTART: %s, handled %d", result(n), handled);
	while (wait(NULL) > 0)
		;
	/* A time limit makes it not restartable. */
	struct timeval tv = { 5, 0 };
	setsockopt(fd[1], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	handled = 0;
	INTERRUPTED("recv, SO_RCVTIMEO, SA_RESTART", recv(fd[1], b, 1, 0));
	tv = (struct timeval){ 0, 50000 };
	setsockopt(fd[1], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	say("SO_RCVTIMEO: %s", result(recv(fd[1], b, 1, 0)));

	/* Blocked until ppoll lets it through */
	sigemptyset(&none);
	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	sigprocmask(SIG_BLOCK, &usr1, NULL);
	kill(getpid(), SIGUSR1);
	handled = 0;
	say("blocked: handled %d", handled);
	n = ppoll(&p, 1, NULL, &none);
	say("ppoll: %s, handled %d", result(n), handled);
	kill(getpid(), SIGUSR1);
	struct epoll_event e;
	n = epoll_pwait(ep, &e, 1, -1, &none);
	say("epoll_pwait: %s, handled %d", result(n), handled);
	sigprocmask(SIG_UNBLOCK, &usr1, NULL);

	/* A handler that makes calls */
	handler_fd = fd[0];
	tv = (struct timeval){ 0, 0 };
	setsockopt(fd[1], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	later(40, interrupt, 0);
	n = recv(fd[1], b, 1, 0);
	say("a handler sends what is waited for: %s %c", result(n), b[0]);
	wait(NULL);
	handler_fd = -1;
	close(s);
	close(ep);
	close_pair(fd);
}

static void pipes(void)
{
	struct linger l = { 1, 0 };
	char b[4];
	int fd[2];

	signal(SIGPIPE, handler);
	handled = 0;
	tcp_pair(fd);
	shutdown(fd[0], SHUT_WR);
	say("write: %s, SIGPIPE %d", result(write(fd[0], "x", 1)), handled);
	say("MSG_NOSIGNAL: %s, SIGPIPE %d", result(send(fd[0], "x", 1, MSG_NOSIGNAL)), handled);
	signal(SIGPIPE, SIG_IGN);
	say("ignored: %s", result(write(fd[0], "x", 1)));
	close_pair(fd);
	signal(SIGPIPE, SIG_DFL);
	if (!fork()) {
		tcp_pair(fd);
		shutdown(fd[0], SHUT_WR);
		write(fd[0], "x", 1);
		_exit(0);
	}
	int status;
	wait(&status);
	say("default: killed by %d", WIFSIGNALED(status) ? WTERMSIG(status) : 0);
	tcp_pair(fd);
	setsockopt(fd[0], SOL_SOCKET, SO_LINGER, &l, sizeof(l));
	close(fd[0]);
	say("reset: %s", result(recv(fd[1], b, 1, 0)));
	signal(SIGPIPE, SIG_IGN);
	say("after that: %s", result(send(fd[1], "x", 1, 0)));
	close(fd[1]);
	signal(SIGPIPE, SIG_DFL);
}

static void asynchronous(void)
{
	int fd[2], i;
	char b;

	tcp_pair(fd);
	catch(SIGURG, 0);
	say("F_SETOWN: %s", result(fcntl(fd[1], F_SETOWN, getpid())));
	say("F_GETOWN: %d", fcntl(fd[1], F_GETOWN) == getpid());
	send(fd[0], "!", 1, MSG_OOB);
	for (i = 0; i < 20 && !handled; i++)
		sleep_ms(10);
	say("SIGURG: %d", handled > 0);
	recv(fd[1], &b, 1, MSG_OOB);
	catch(SIGIO, 0);
	MUST(fcntl(fd[1], F_SETFL, O_ASYNC | O_NONBLOCK));
	send(fd[0], "x", 1, 0);
	for (i = 0; i < 20 && !handled; i++)
		sleep_ms(10);
	say("SIGIO: %d", handled > 0);
	close_pair(fd);
}

/* A socket in a message over a unix socket */
static void rights(void)
{
	char control[CMSG_SPACE(sizeof(int))] = "", b = 'r', buf[8] = "";
	struct iovec iov = { &b, 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
			    .msg_controllen = sizeof(control) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	int fd[2], u[2], status, got;

	tcp_pair(fd);
	MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, u));
	if (!fork()) {
		close_pair(fd);
		if (recvmsg(u[1], &m, MSG_CMSG_CLOEXEC) != 1)
			_exit(1);
		c = CMSG_FIRSTHDR(&m);
		memcpy(&got, CMSG_DATA(c), sizeof(got));
		_exit(send(got, "passed", 6, 0) == 6 ? fcntl(got, F_GETFD) : 2);
	}
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd[0], sizeof(int));
	say("sendmsg: %s", result(sendmsg(u[0], &m, 0)));
	close(fd[0]);
	wait(&status);
	say("the other process: %d", WEXITSTATUS(status));
	say("arrives: %s %s", result(recv(fd[1], buf, 6, MSG_DONTWAIT)), buf);
	close_pair(u);
	close(fd[1]);
}

/* Each of four threads finds its own mark on what it opens and copies. */
static void *opens(void *arg)
{
	int mark = 0, seen, wrong = 0, i, k;
	socklen_t size = sizeof(seen);

	for (i = 0; i < 2000; i++) {
		int fd[2] = { MUST(socket(AF_INET, SOCK_DGRAM, 0)) };

		mark = (intptr_t)arg * 10000 + i;
		setsockopt(fd[0], SOL_SOCKET, SO_RCVLOWAT, &mark, sizeof(mark));
		fd[1] = MUST(dup(fd[0]));
		for (k = 0; k < 2; k++) {
			wrong += getsockopt(fd[k], SOL_SOCKET, SO_RCVLOWAT, &seen, &size) || seen != mark;
			wrong += close(fd[k]) != 0;
		}
	}
	return (void *)(intptr_t)wrong;
}

static void at_once(void)
{
	pthread_t thread[4];
	void *wrong;
	int i;

	for (i = 0; i < 4; i++)
		pthread_create(&thread[i], NULL, opens, (void *)(intptr_t)(i + 1));
	for (i = 0; i < 4; i++) {
		pthread_join(thread[i], &wrong);
		say("thread %d: %d wrong", i, (int)(intptr_t)wrong);
	}
}

static void *accepts(void *arg)
{
	return (void *)(intptr_t)accept((intptr_t)arg, NULL, NULL);
}

/* Whoever waits in accept(2) has no number that others get. */
static void accepting(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int listener = MUST(socket(AF_INET, SOCK_STREAM, 0)), fd[8], in = MUST(dup(0)), i;
	socklen_t len = sizeof(to);
	pthread_t thread[8];
	struct timespec then;
	void *taken;
	char b;

	MUST(bind(listener, (void *)&to, sizeof(to)));
	MUST(listen(listener, 8));
	MUST(getsockname(listener, (void *)&to, &len));
	for (i = 0; i < 8; i++)
		pthread_create(&thread[i], NULL, accepts, (void *)(intptr_t)listener);
	sleep_ms(300);
	clock_gettime(CLOCK_MONOTONIC, &then);
	for (i = 0; i < 8; i++)
		fd[i] = MUST(socket(AF_INET, SOCK_STREAM, 0));
	say("sockets beside accept: at once %d", ms_since(&then) < 300);
	say("a socket as standard input: %s", result(dup2(fd[0], 0)));
	say("is that: %s", result(connect(0, (void *)&to, sizeof(to))));
	MUST(dup2(in, 0));
	close(in);
	for (i = 1; i < 8; i++)
		MUST(connect(fd[i], (void *)&to, sizeof(to)));
	for (i = 0; i < 8; i++)
		say("sent: %s", result(send(fd[i], "x", 1, 0)));
	for (i = 0; i < 8; i++) {
		pthread_join(thread[i], &taken);
		say("accepted: %s", result(recv((intptr_t)taken, &b, 1, 0)));
		close((intptr_t)taken);
		close(fd[i]);
	}
	close(listener);
}

static void say_scheduling(const char *when, int pid)
{
	cpu_set_t mine, all;

	sched_getaffinity(pid, sizeof(mine), &mine);
	sched_getaffinity(getppid(), sizeof(all), &all);
	say("%s: policy %d, as many CPUs as its parent: %d", when, sched_getscheduler(pid),
	    CPU_EQUAL(&mine, &all));
}

static void *pings(void *arg)
{
	int fd = (intptr_t)arg, i;
	char b;

	for (i = 0; i < 20000; i++)
		if (recv(fd, &b, 1, 0) != 1 || send(fd, "x", 1, 0) != 1)
			break;
	return NULL;
}

/* Where busy threads run is nobody's business but the program's. */
static void scheduling(void)
{
	struct sched_param none = { 0 };
	pthread_t thread;
	cpu_set_t one;
	int fd[2], i;
	char b;

	say_scheduling("at first", 0);
	tcp_pair(fd);
	pthread_create(&thread, NULL, pings, (void *)(intptr_t)fd[1]);
	for (i = 0; i < 20000; i++) {
		send(fd[0], "x", 1, 0);
		recv(fd[0], &b, 1, 0);
	}
	pthread_join(thread, NULL);
	if (!fork()) {
		say_scheduling("a busy thread's child", 0);
		_exit(0);
	}
	wait(NULL);
	for (i = 0; i < 20000; i++) {
		send(fd[0], "x", 1, 0);
		recv(fd[1], &b, 1, 0);
	}
	say_scheduling("a busy thread", 0);
	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	MUST(sched_setaffinity(0, sizeof(one), &one));
	MUST(sched_setscheduler(0, SCHED_IDLE, &none));
	for (i = 0; i < 20000; i++) {
		send(fd[0], "x", 1, 0);
		recv(fd[1], &b, 1, 0);
	}
	sched_getaffinity(0, sizeof(one), &one);
	say("its own: policy %d, %d CPUs", sched_getscheduler(0), CPU_COUNT(&one));
	close_pair(fd);
}

static void splices(void)
{
	char out[4096], in[4096];
	long sent = 0, moved = 0, got = 0, n;
	unsigned int want = 0, sum = 0;
	int fd[2], p[2], i;

	tcp_pair(fd);
	MUST(pipe2(p, O_NONBLOCK));
	MUST(write(p[1], "splice", 6));
	say("to a socket: %s", result(splice(p[0], NULL, fd[0], NULL, 100, 0)));
	say("arrives: %s", result(recv(fd[1], in, 100, 0)));
	say("as it was: %.6s", in);
	say("from an empty pipe: %s", result(splice(p[0], NULL, fd[0], NULL, 100, 0)));
	say("with an offset: %s", result(splice(p[0], &(loff_t){ 1 }, fd[0], NULL, 1, 0)));
	MUST(fcntl(fd[1], F_SETFL, O_NONBLOCK));
	say("from a socket, nothing: %s", result(splice(fd[1], NULL, p[1], NULL, 100, SPLICE_F_NONBLOCK)));
	send(fd[0], "back", 4, 0);
	say("from a socket: %s", result(splice(fd[1], NULL, p[1], NULL, 100, 0)));
	say("arrives: %s", result(read(p[0], in, 100)));
	say("no pipe: %s", result(splice(fd[0], NULL, fd[1], NULL, 1, 0)));
	/* A full, non-blocking socket: nothing is lost, nothing twice */
	MUST(fcntl(fd[0], F_SETFL, O_NONBLOCK));
	while (sent < 3000000 || got < sent) {
		for (i = 0; i < 4096; i++)
			out[i] = (sent + i) * 7 + (sent + i) / 4096;
		n = sent < 3000000 ? write(p[1], out, 4096) : 0;
		for (i = 0; i < n; i++)
			want = want * 31 + (unsigned char)out[i];
		sent += n > 0 ? n : 0;
		n = splice(p[0], NULL, fd[0], NULL, 10000, SPLICE_F_NONBLOCK);
		moved += n > 0 ? n : 0;
		n = moved - got > 1500000 || sent >= 3000000 ? recv(fd[1], in, sizeof(in), MSG_DONTWAIT) : 0;
		if (n <= 0 && errno == EAGAIN)
			n = recv(fd[1], in, sizeof(in), MSG_DONTWAIT);
		for (i = 0; i < n; i++)
			sum = sum * 31 + (unsigned char)in[i];
		got += n > 0 ? n : 0;
	}
	say("three megabytes, non-blocking: %d", sent == got && moved == got && sum == want);
	close(fd[1]);
	close_pair(p);
	close(fd[0]);
}

/* The C library asks a unix socket. */
static void devices(void)
{
	char name[IF_NAMESIZE] = "";

	say("lo is device %u", if_nametoindex("lo"));
	say("device 1 is %s", if_indextoname(1, name) ? name : strerror(errno));
	say("no such device: %s", if_nametoindex("none") ? "found" : strerror(errno));
}

/* What nobody opened is closed to every call. */
static void closed(void)
{
	int fd, max = sysconf(_SC_OPEN_MAX), open_to[6] = { 0 };
	struct statx stx;
	struct stat st;

	for (fd = 3; fd < max; fd++) {
		open_to[0] += !fstat(fd, &st);
		open_to[1] += !fstatat(fd, "", &st, AT_EMPTY_PATH);
		open_to[2] += !statx(fd, "", AT_EMPTY_PATH, STATX_TYPE, &stx);
		open_to[3] += fcntl(fd, F_GETFD) >= 0;
		open_to[4] += openat(fd, "x", O_RDONLY) >= 0 || errno != EBADF;
		open_to[5] += !fstatat(fd, "/", &st, 0);
	}
	say("open: %d %d %d %d %d", open_to[0], open_to[1], open_to[2], open_to[3], open_to[4]);
	say("an absolute name: %d", open_to[5] == max - 3);
}

/* In /proc/net/tcp: who has opened the socket that listens at @port */
static int owner_of(int port)
{
	int uid = -1, at, of;
	char line[256];
	FILE *f = fopen("/proc/net/tcp", "r");

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%*d: %*8x:%4x %*8x:%*4x %*x %*x:%*x %*x:%*x %*x %d", &at, &of) == 2 &&
		    at == port)
			uid = of;
	if (f)
		fclose(f);
	return uid;
}

static int listen_shared(int port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = MUST(socket(AF_INET, SOCK_STREAM, 0)), one = 1;

	MUST(setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one)));
	return bind(fd, (void *)&at, sizeof(at)) || listen(fd, 1) ? -1 : fd;
}

/* A port is shared by sockets of one user; who that is changes. */
static void users(void)
{
	int fd = listen_shared(7400), is_root = !geteuid();

	say("root's: %d", !is_root || !owner_of(7400));
	say("another of the same: %d", listen_shared(7400) >= 0);
	if (is_root) {
		MUST(setresgid(65534, 65534, 65534));
		MUST(setresuid(65534, 65534, 0));
	}
	errno = EADDRINUSE;
	say("of another user: %s", result(is_root ? listen_shared(7400) : -1));
	MUST(listen_shared(7401));
	say("nobody's: %d", !is_root || owner_of(7401) == 65534);
	if (is_root)
		MUST(seteuid(0));
	say("root's again: %d", listen_shared(7400) >= 0);
	close(fd);
}

static void *sleeps(void *arg)
{
	pause();
	return arg;
}

/* Who is told of an end by a pidfd can wait for it at once. */
static void ended(void)
{
	int i, fd, status = 0, missed = 0, wrong = 0;
	siginfo_t info;
	pthread_t id;
	pid_t pid;

	for (i = 0; i < 200; i++) {
		pid = MUST(fork());
		if (!pid) {
			MUST(socket(AF_INET, SOCK_DGRAM, 0));
			pthread_create(&id, NULL, sleeps, NULL);
			_exit(3);
		}
		fd = MUST(syscall(SYS_pidfd_open, pid, 0));
		poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, -1);
		if (i % 2) {
			memset(&info, 0, sizeof(info));
			MUST(waitid(i % 4 == 1 ? P_PID : P_PIDFD, i % 4 == 1 ? pid : fd, &info,
				    WEXITED | WNOHANG));
			missed += info.si_pid != pid;
			wrong += info.si_status != 3;
		} else {
			missed += waitpid(pid, &status, WNOHANG) != pid;
			wrong += WEXITSTATUS(status) != 3;
		}
		close(fd);
	}
	say("missed: %d, wrong: %d", missed, wrong);
}

/* It has those children that it made. */
static void children(void)
{
	char name[64], line[64] = "";
	int status;
	FILE *f;

	close(MUST(socket(AF_INET, SOCK_DGRAM, 0)));
	snprintf(name, sizeof(name), "/proc/self/task/%d/children", getpid());
	f = fopen(name, "r");
	say("%s", f && fgets(line, sizeof(line), f) ? "children" : "no children");
	if (f)
		fclose(f);
	say("wait for any: %s", result(waitpid(-1, &status, __WALL | WNOHANG)));
	if (!MUST(fork()))
		_exit(0);
	say("for one: %d", waitpid(-1, &status, __WALL) > 0);
	say("for any: %s", result(waitpid(-1, &status, __WALL)));
}

static const struct part parts[] = {
	{ "numbers", numbers }, { "flags", flags }, { "ranges", ranges }, { "proc_fd", proc_fd },
	{ "vectors", vectors }, { "files_to_sockets", files_to_sockets }, { "forks", forks },
	{ "execs", execs }, { "polls", polls }, { "selects", selects }, { "epolls", epolls },
	{ "added_later", added_later }, { "exclusive", exclusive }, { "special", special },
	{ "copy_closed", copy_closed }, { "idle", idle },
	{ "threads", threads }, { "interrupts", interrupts }, { "pipes", pipes },
	{ "asynchronous", asynchronous }, { "rights", rights }, { "at_once", at_once },
	{ "accepting", accepting },
	{ "devices", devices }, { "scheduling", scheduling },
	{ "splices", splices }, { "closed", closed }, { "users", users },
	{ "ended", ended }, { "children", children },
};

int main(int argc, char **argv)
{
	self = argv[0];
	if (argc > 1 && !strcmp(argv[1], "executed"))
		return executed();
	alarm(30);
	return run_parts(parts, sizeof(parts) / sizeof(*parts), argv);
}
