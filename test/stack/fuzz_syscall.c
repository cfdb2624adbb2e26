// SPDX-License-Identifier: GPL-2.0
/*
 * fuzz_syscall.c - random system calls with hostile arguments
 *
 * LIBOS_FUZZ_CALLS calls (default 1,000,000) in rounds, each round in a stack of its
 * own that has two threads in it. Half of the calls are any number with any
 * arguments; the other half are nearly right calls of the network: sockets of all
 * families, options, ioctls, netlink messages, addresses, control messages. Pointers
 * are to memory that is good, read-only, missing, freed, or ends in the middle; never
 * to other memory of this program, since a kernel writes where it is told to.
 *
 * A call that blocks is interrupted by a watchdog. After each round the stack must
 * carry TCP in a new namespace (the first one may be without its loopback by then) and
 * close; memory may not grow over the rounds.
 *
 * LIBOS_FUZZ_SEED repeats a run: the calls are the same, only how those of the two
 * threads mix is not. LIBOS_FUZZ_TRACE=FILE gets each call written before it is made.
 * The seed and, if the stack dies, the last calls are printed.
 *
 * timeout: 900
 */
#include "stack.h"

#include <linux/if_ether.h>
#include <linux/netlink.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>

enum {
	WORKERS = 2,
	ROUND = 100000,		/* calls a stack */
	LIFE = 1000,		/* calls a thread: it soon loses its rights */
	TIDY = 500,		/* calls between closing all descriptors */
	NR_MAX = 470,
	PAGE = 4096,
	GOOD_PAGES = 32,
	LAST = 6,
	STUCK_S = 30,
	GROWTH_KB = 8192,
};

struct call {
	long nr, arg[6];
};

/**
 * struct worker - one thread's state
 * @good: GOOD_PAGES of memory; behind it a missing page, then a read-only one
 * @freed: an address that was mapped once
 * @count: calls begun; @inside: one has not returned
 * @succeeded, @bad_fd, @unknown: by result
 * @absent: numbers that gave ENOSYS, seldom worth another try
 */
struct worker {
	pthread_t thread;
	struct libos *os;
	uint64_t random;
	unsigned long calls;
	uint8_t *good, *readonly, *freed;
	_Atomic unsigned long count;
	_Atomic bool inside;
	struct call last[LAST];
	unsigned long interrupted, succeeded, bad_fd, unknown;
	bool absent[NR_MAX];
};

static struct worker workers[WORKERS];
static uint64_t seed;
static _Atomic bool died;
static int trace = -1;

/* ------------------------------------------------------------------ *
 * numbers and pointers
 */

static uint64_t rnd(struct worker *w, uint64_t n)
{
	return stack_random(&w->random) % n;
}

static bool chance(struct worker *w, unsigned int percent)
{
	return rnd(w, 100) < percent;
}

#define PICK(w, array) ((array)[rnd(w, STACK_COUNT(array))])

static uint64_t number(struct worker *w)
{
	static const uint64_t odd[] = {
		0, 1, 2, 3, 4, 7, 8, 15, 16, 64, 127, 128, 255, 256, 1023, 4095, 4096, 4097,
		65535, 65536, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000,
		0x7fffffffffffffff, 0x8000000000000000, -1ull, -2ull, -22ull, -100ull, -4096ull,
	};

	switch (rnd(w, 4)) {
	case 0:
		return PICK(w, odd);
	case 1:
		return rnd(w, 64);
	case 2:
		return 1ull << rnd(w, 64);
	default:
		return stack_random(&w->random) >> rnd(w, 64);
	}
}

static uint8_t *good(struct worker *w, size_t len)
{
	return w->good + rnd(w, GOOD_PAGES * PAGE - len);
}

/* Any pointer, to about @len bytes. */
static long pointer(struct worker *w, size_t len)
{
	if (len > 8 * PAGE)
		len = 8 * PAGE;
	switch (rnd(w, 16)) {
	case 0:
		return 0;
	case 1:
		return rnd(w, 4096);
	case 2:
		return (long)w->readonly + rnd(w, PAGE);
	case 3:
		return (long)w->freed + rnd(w, PAGE);
	case 4:
		/* Ends in the middle. */
		return (long)w->good + GOOD_PAGES * PAGE - rnd(w, len + 1);
	case 5:
		return 0x8000000000000000 | rnd(w, 1ull << 50);
	case 6:
		return -(long)rnd(w, 8192);
	default:
		return (long)good(w, len);
	}
}

static int descriptor(struct worker *w)
{
	return chance(w, 96) ? (int)rnd(w, 32) : (int)number(w);
}

static size_t length(struct worker *w)
{
	return chance(w, 85) ? rnd(w, 1 << rnd(w, 14)) : number(w);
}

/* Fills memory with numbers and small words, of which structures can be made. */
static void scribble(struct worker *w, void *to, size_t len)
{
	uint8_t *p = to;

	while (len >= 4) {
		uint32_t word = chance(w, 60) ? rnd(w, 16) : number(w);

		memcpy(p, &word, 4);
		p += 4;
		len -= 4;
	}
}

static const char *const paths[] = {
	"/proc/net/tcp", "/proc/net/dev", "/proc/self/net/route", "/proc/self/ns/net",
	"/proc/thread-self/ns/net", "/proc/self/fd/3", "/proc/self/status", "/proc/net/packet",
	"/proc/net/netstat", "/proc/net/unix", "/proc/net/if_inet6", "/proc/net/sctp/assocs",
	"/proc/sys/net/ipv4/ip_forward", "/proc/sys/net/ipv4/tcp_congestion_control",
	"/proc/sys/net/ipv6/conf/all/forwarding", "/proc/sys/net/ipv4/tcp_fastopen_key",
	"/sys/class/net/lo/mtu", "/sys/class/net/lo/statistics/rx_bytes", "/sys/class/net",
	"/dev/null", "/dev/zero", "/dev/full", "/dev/urandom", "/dev/net/tun", "/dev/ppp",
	"/tmp", "/tmp/a", "/tmp/b", "/run/netns", "/", ".", "", "../../..", "/proc/self/mem",
};

static long path(struct worker *w)
{
	char *p = (char *)w->good + GOOD_PAGES * PAGE;
	const char *text = PICK(w, paths);

	if (chance(w, 15))
		return pointer(w, 64);
	/* Before the missing page, as long as it is; or anywhere. */
	p = chance(w, 30) ? p - strlen(text) - 1 : (char *)good(w, 256);
	strcpy(p, text);
	return (long)p;
}

/* ------------------------------------------------------------------ *
 * calls of the network
 */

static long address(struct worker *w, long *len)
{
	static const uint8_t families[] = { 1, 2, 2, 2, 10, 10, 16, 17, 0, 0 };
	static const uint8_t lens[] = { 16, 28, 12, 20, 110, 128, 2, 0 };
	uint8_t *p = good(w, 128);
	uint16_t family = chance(w, 80) ? PICK(w, families) : rnd(w, 46);

	scribble(w, p, 128);
	memcpy(p, &family, 2);
	if (family == 2 || family == 10) {
		p[2] = 0x1b;
		p[3] = rnd(w, 8);
		memset(p + 4, 0, 24);
		if (family == 2 && chance(w, 70))
			memcpy(p + 4, "\x7f\0\0\1", 4);
		else if (chance(w, 70))
			p[23] = 1;
		else
			scribble(w, p + 4, 24);
	} else if (family == 1) {
		snprintf((char *)p + 2, 20, "%s%lu", chance(w, 50) ? "/tmp/s" : "", rnd(w, 8));
		if (chance(w, 50))
			p[2] = 0;
	}
	*len = chance(w, 90) ? PICK(w, lens) : (long)number(w);
	return chance(w, 92) ? (long)p : pointer(w, 128);
}

static void call_socket(struct worker *w, struct call *c)
{
	static const uint8_t families[] = { 1, 2, 2, 2, 10, 10, 10, 16, 16, 17 };
	static const uint16_t protocols[] = {
		0, 0, 0, 1, 2, 4, 6, 17, 33, 41, 46, 47, 50, 51, 58, 89, 103, 115, 132, 136,
		255, 262, 3 << 8, 8 << 8,
	};
	int type = 1 + rnd(w, chance(w, 90) ? 6 : 11);

	if (chance(w, 75))
		type |= SOCK_NONBLOCK;
	if (chance(w, 10))
		type |= SOCK_CLOEXEC;
	c->nr = chance(w, 90) ? SYS_socket : SYS_socketpair;
	c->arg[0] = chance(w, 60) ? PICK(w, families) : rnd(w, 47);
	c->arg[1] = chance(w, 97) ? type : (long)number(w);
	c->arg[2] = c->arg[0] == 16 ? (long)rnd(w, 24) : PICK(w, protocols);
	c->arg[3] = pointer(w, 8);
}

static void call_option(struct worker *w, struct call *c)
{
	static const uint16_t levels[] = {
		0, 1, 1, 1, 6, 6, 17, 41, 41, 58, 132, 132, 136, 255, 263, 264, 265, 266, 267,
		268, 269, 270, 271, 272, 273, 276, 277, 278, 279, 280, 281, 282, 283, 284, 285,
	};
	uint8_t *value = good(w, 1024);
	static const uint16_t lens[] = { 4, 4, 4, 4, 1, 8, 12, 16, 20, 28, 40, 64, 128, 136, 0 };

	scribble(w, value, 512);
	c->nr = chance(w, 70) ? SYS_setsockopt : SYS_getsockopt;
	c->arg[0] = descriptor(w);
	c->arg[1] = PICK(w, levels);
	c->arg[2] = chance(w, 95) ? rnd(w, 136) : number(w);
	c->arg[3] = chance(w, 88) ? (long)value : pointer(w, 64);
	c->arg[4] = chance(w, 90) ? PICK(w, lens) : (long)number(w);
	if (c->nr == SYS_getsockopt) {
		uint32_t len = c->arg[4];
		uint8_t *p = good(w, 4);

		memcpy(p, &len, 4);
		c->arg[4] = chance(w, 95) ? (long)p : pointer(w, 4);
	}
}

static void call_ioctl(struct worker *w, struct call *c)
{
	static const char *const names[] = { "lo", "eth0", "sit0", "tun0", "v0", "", "v%d" };
	uint8_t *p = good(w, 512);

	scribble(w, p, 256);
	if (chance(w, 60))
		strcpy((char *)p, PICK(w, names));
	c->nr = SYS_ioctl;
	c->arg[0] = descriptor(w);
	switch (rnd(w, 5)) {
	case 0:
		c->arg[1] = 0x5400 + rnd(w, 256);
		break;
	case 1:
		/* tun(4), 'T' */
		c->arg[1] = 0x400454c8 + rnd(w, 32);
		break;
	case 2:
		c->arg[1] = number(w);
		break;
	default:
		c->arg[1] = 0x8900 + rnd(w, 256);
	}
	c->arg[2] = chance(w, 85) ? (long)p : pointer(w, 64);
}

/* A header that is right, attributes that nearly are. */
static size_t netlink(struct worker *w, uint8_t *p)
{
	static const uint16_t flags[] = { 1, 5, 0x301, 0x305, 0x605, 0x405, 0x105, 0xc05, 0xffff };
	struct nlmsghdr h = {
		.nlmsg_type = chance(w, 70) ? 16 + rnd(w, 108) : rnd(w, 0x1000),
		.nlmsg_flags = PICK(w, flags),
		.nlmsg_seq = rnd(w, 4),
	};
	static const uint8_t fixed[] = { 0, 1, 4, 8, 8, 12, 12, 16, 16, 16, 20, 24, 28 };
	static const char *const words[] = {
		"lo", "dummy0", "veth", "dummy", "bridge", "vlan", "netem", "fq", "htb", "u32",
		"bond", "vxlan", "gre", "ip6gre", "vti", "nlmon", "ifb", "cubic", "flower", "cake",
		"ingress", "clsact", "macvlan", "ipvlan", "vrf", "wireguard", "geneve", "team",
	};
	size_t at = sizeof(h), n = PICK(w, fixed), attrs = rnd(w, 8);

	scribble(w, p + at, 64);
	p[at] = chance(w, 50) ? 2 : chance(w, 50) ? 10 : rnd(w, 46);
	for (at += n; attrs--; ) {
		struct nlattr a = { .nla_type = rnd(w, chance(w, 90) ? 64 : 65536) };
		size_t len = chance(w, 60) ? 4 : rnd(w, 64);

		at = NLMSG_ALIGN(at);
		scribble(w, p + at + sizeof(a), 72);
		if (chance(w, 25)) {
			const char *word = PICK(w, words);

			len = strlen(word) + 1;
			strcpy((char *)p + at + sizeof(a), word);
		} else if (chance(w, 20)) {
			/* nested: it swallows what comes */
			a.nla_type |= chance(w, 50) ? NLA_F_NESTED : 0;
			len = rnd(w, 128);
			scribble(w, p + at + sizeof(a), len);
		}
		a.nla_len = chance(w, 95) ? sizeof(a) + len : number(w);
		memcpy(p + at, &a, sizeof(a));
		at += sizeof(a) + len;
	}
	h.nlmsg_len = chance(w, 95) ? at : number(w);
	memcpy(p, &h, sizeof(h));
	return at;
}

static long payload(struct worker *w, long *len)
{
	uint8_t *p = good(w, 4 * PAGE);

	if (chance(w, 50)) {
		*len = netlink(w, p);
		return (long)p;
	}
	scribble(w, p, 128);
	*len = length(w);
	return pointer(w, *len);
}

static struct msghdr *message(struct worker *w)
{
	static const uint16_t levels[] = { 0, 1, 6, 17, 41, 132, 265, 282, 276 };
	struct msghdr *m = (void *)((long)good(w, 256) & ~7l);
	struct iovec *iov = (void *)((long)good(w, 256) & ~7l);
	uint8_t *control = (void *)((long)good(w, 512) & ~7l);
	size_t at = 0, i, n = rnd(w, 6);
	long len;

	for (i = 0; i < n; i++) {
		iov[i].iov_base = (void *)payload(w, &len);
		iov[i].iov_len = len;
	}
	for (i = rnd(w, 4); i--; at += CMSG_ALIGN(sizeof(struct cmsghdr) + 16)) {
		struct cmsghdr h = {
			.cmsg_len = chance(w, 90) ? sizeof(h) + rnd(w, 17) : number(w),
			.cmsg_level = PICK(w, levels),
			.cmsg_type = rnd(w, 80),
		};

		scribble(w, control + at + sizeof(h), 16);
		memcpy(control + at, &h, sizeof(h));
	}
	m->msg_name = (void *)address(w, &len);
	m->msg_namelen = len;
	m->msg_iov = chance(w, 95) ? iov : (void *)pointer(w, 64);
	m->msg_iovlen = chance(w, 95) ? n : number(w);
	m->msg_control = chance(w, 90) ? (void *)control : (void *)pointer(w, 64);
	m->msg_controllen = chance(w, 90) ? at : number(w);
	m->msg_flags = rnd(w, 16);
	return m;
}

static void call_message(struct worker *w, struct call *c)
{
	static const int flags[] = { 0x40, 0x40, 0x40, 0x4040, 0x42, 0x2040, 0x8040,
				     0x4000040, 0x20000040, 0x1, 0x0 };

	c->arg[0] = descriptor(w);
	c->arg[3] = chance(w, 95) ? PICK(w, flags) : (long)number(w);
	switch (rnd(w, 6)) {
	case 0:
	case 1:
		c->nr = chance(w, 60) ? SYS_sendto : SYS_recvfrom;
		c->arg[1] = payload(w, &c->arg[2]);
		c->arg[4] = address(w, &c->arg[5]);
		if (c->nr == SYS_recvfrom)
			c->arg[5] = pointer(w, 4);
		else if (chance(w, 60))
			c->arg[4] = c->arg[5] = 0;
		break;
	case 2:
	case 3:
		c->nr = chance(w, 70) ? SYS_sendmsg : SYS_recvmsg;
		c->arg[1] = chance(w, 95) ? (long)message(w) : pointer(w, 64);
		c->arg[2] = c->arg[3];
		break;
	case 4:
		c->nr = chance(w, 50) ? SYS_sendmmsg : SYS_recvmmsg;
		c->arg[1] = chance(w, 90) ? (long)message(w) : pointer(w, 512);
		c->arg[2] = rnd(w, 4);
		c->arg[4] = chance(w, 50) ? 0 : pointer(w, 16);
		break;
	default:
		c->nr = chance(w, 50) ? SYS_write : SYS_read;
		c->arg[1] = payload(w, &c->arg[2]);
	}
}

static void call_address(struct worker *w, struct call *c)
{
	static const int nrs[] = { SYS_bind, SYS_bind, SYS_connect, SYS_connect };

	c->nr = PICK(w, nrs);
	c->arg[0] = descriptor(w);
	c->arg[1] = address(w, &c->arg[2]);
}

static void call_state(struct worker *w, struct call *c)
{
	static const int nrs[] = {
		SYS_listen, SYS_accept, SYS_accept4, SYS_shutdown, SYS_getsockname,
		SYS_getpeername, SYS_close, SYS_dup, SYS_dup2, SYS_fcntl,
	};

	c->nr = PICK(w, nrs);
	c->arg[0] = descriptor(w);
	c->arg[1] = c->nr == SYS_fcntl || c->nr == SYS_listen || c->nr == SYS_shutdown ?
		    (long)rnd(w, 16) : c->nr == SYS_dup2 ? descriptor(w) : pointer(w, 128);
	c->arg[2] = c->nr == SYS_fcntl ? (long)rnd(w, 4096) : pointer(w, 4);
	c->arg[3] = chance(w, 80) ? SOCK_NONBLOCK : number(w);
}

static void call_wait(struct worker *w, struct call *c)
{
	static const int nrs[] = {
		SYS_poll, SYS_select, SYS_epoll_create1, SYS_epoll_ctl, SYS_epoll_wait,
		SYS_eventfd2, SYS_timerfd_create, SYS_timerfd_settime, SYS_signalfd4, SYS_pipe2,
		SYS_splice, SYS_tee, SYS_sendfile, SYS_vmsplice, SYS_readv, SYS_writev,
	};

	c->nr = PICK(w, nrs);
	c->arg[0] = descriptor(w);
	c->arg[1] = c->nr == SYS_poll ? (long)rnd(w, 16) : pointer(w, 256);
	c->arg[2] = chance(w, 50) ? descriptor(w) : (long)rnd(w, 8192);
	c->arg[3] = c->nr == SYS_epoll_wait ? (long)rnd(w, 3) : pointer(w, 64);
	c->arg[4] = chance(w, 50) ? 0 : (long)rnd(w, 70000);
	c->arg[5] = rnd(w, 16);
	if (c->nr == SYS_poll || c->nr == SYS_select || c->nr == SYS_pipe2)
		c->arg[0] = c->nr == SYS_select ? (long)rnd(w, 64) : pointer(w, 128);
	if (c->nr == SYS_poll)
		c->arg[2] = rnd(w, 3);
	if (c->nr == SYS_splice || c->nr == SYS_epoll_ctl)
		c->arg[1] = c->nr == SYS_splice ? 0 : 1 + (long)rnd(w, 3);
	if (c->nr == SYS_tee || c->nr == SYS_sendfile)
		c->arg[1] = descriptor(w);
}

static void call_file(struct worker *w, struct call *c)
{
	c->nr = chance(w, 90) ? SYS_openat : SYS_open_tree + rnd(w, 16);
	c->arg[0] = chance(w, 70) ? -100 : descriptor(w);
	c->arg[1] = path(w);
	c->arg[2] = chance(w, 70) ? (long)rnd(w, 3) : (long)(number(w) & 0x7fffff);
	c->arg[3] = rnd(w, 01000);
}

static void call_namespace(struct worker *w, struct call *c)
{
	static const int flags[] = {
		CLONE_NEWNET, CLONE_NEWNET, CLONE_NEWUSER, CLONE_NEWUTS, CLONE_FILES, CLONE_FS,
		CLONE_NEWNS, CLONE_NEWIPC, CLONE_NEWPID, CLONE_NEWCGROUP, CLONE_NEWUSER | CLONE_NEWNET,
	};

	/* A namespace has room for a hundred sockets: not too many of them. */
	c->nr = chance(w, 4) ? SYS_unshare : SYS_setns;
	c->arg[0] = c->nr == SYS_unshare ? PICK(w, flags) : descriptor(w);
	c->arg[1] = chance(w, 50) ? 0 : PICK(w, flags);
}

static void call_bpf(struct worker *w, struct call *c)
{
	uint8_t *attr = good(w, 256);
	int i;

	scribble(w, attr, 144);
	for (i = 0; i < 4; i++) {
		long p = (long)good(w, 512);

		scribble(w, (void *)p, 128);
		memcpy(attr + 8 * rnd(w, 16), &p, 8);
	}
	c->nr = SYS_bpf;
	c->arg[0] = rnd(w, 40);
	c->arg[1] = chance(w, 95) ? (long)attr : pointer(w, 128);
	c->arg[2] = chance(w, 90) ? 32 + 8 * rnd(w, 15) : number(w);
}

/* Any call; each argument a number, a pointer, a descriptor, or a path. */
static void call_any(struct worker *w, struct call *c)
{
	int i;

	c->nr = chance(w, 99) ? rnd(w, NR_MAX) : number(w);
	for (i = 0; i < 6; i++) {
		switch (rnd(w, 5)) {
		case 0:
			c->arg[i] = number(w);
			break;
		case 1:
			c->arg[i] = descriptor(w);
			break;
		case 2:
			c->arg[i] = path(w);
			break;
		default:
			c->arg[i] = pointer(w, 64);
		}
	}
}

/* ------------------------------------------------------------------ *
 * what is not called
 */

/*
 * A call that ends the stack or its process because it is what it is for. All
 * signals but SIGKILL are blocked in a stack's tasks; what unblocks them is out too.
 */
static bool ends_the_stack(const struct call *c)
{
	switch (c->nr) {
	case SYS_reboot:		/* halts the stack */
	case SYS_seccomp:		/* kills the caller for its next call */
		return true;
	case SYS_kill:			/* SIGKILL to oneself, or to all */
	case SYS_tkill:
	case SYS_rt_sigqueueinfo:
	case 424:			/* pidfd_send_signal */
		return c->arg[1] != 0;
	case SYS_tgkill:
	case SYS_rt_tgsigqueueinfo:
		return c->arg[2] != 0;
	case SYS_timer_create:		/* sigev_signo may be SIGKILL */
	case SYS_mq_notify:
		return c->arg[1] != 0;
	case SYS_prctl:			/* PR_SET_PDEATHSIG, PR_SET_SECCOMP */
		return (int)c->arg[0] == 1 || (int)c->arg[0] == 22;
	case SYS_fcntl:			/* F_SETSIG to SIGKILL */
		return (int)c->arg[1] == 10 && (int)c->arg[2] == 9;
	case SYS_setrlimit:		/* RLIMIT_CPU kills, RLIMIT_NOFILE stops all others */
		return true;
	case SYS_prlimit64:
		return c->arg[2] != 0;
	case SYS_rt_sigprocmask:	/* unblocks signals, then any timer's is the end */
		return c->arg[1] != 0;
	case SYS_rt_sigsuspend:
		return true;
	case SYS_ppoll:
		return c->arg[3] != 0;
	case SYS_pselect6:
		return c->arg[5] != 0;
	case SYS_epoll_pwait:
	case 441:			/* epoll_pwait2 */
		return c->arg[4] != 0;
	default:
		return false;
	}
}

static void make_call(struct worker *w, struct call *c)
{
	static void (*const calls[])(struct worker *, struct call *) = {
		call_socket, call_socket, call_socket, call_option, call_option, call_option,
		call_message, call_message, call_message, call_message, call_address,
		call_address, call_state, call_state, call_ioctl, call_wait, call_file,
		call_bpf, call_namespace,
	};

	do {
		memset(c, 0, sizeof(*c));
		if (chance(w, 55))
			PICK(w, calls)(w, c);
		else
			call_any(w, c);
	} while (ends_the_stack(c) ||
		 (c->nr >= 0 && c->nr < NR_MAX && w->absent[c->nr] && chance(w, 95)));
}

/* ------------------------------------------------------------------ *
 * threads
 */

static void print_call(const struct worker *w, const struct call *c)
{
	int n = w - workers;

	print_message("#   thread %d: %ld(%#lx, %#lx, %#lx, %#lx, %#lx, %#lx)\n", n, c->nr,
		      c->arg[0], c->arg[1], c->arg[2], c->arg[3], c->arg[4], c->arg[5]);
}

static void print_last_calls(void)
{
	unsigned long k;
	int i;

	for (i = 0; i < WORKERS; i++) {
		unsigned long count = workers[i].count;

		print_message("# thread %d, %s call %lu:\n", i,
			      workers[i].inside ? "inside" : "after", count);
		for (k = count < LAST ? 0 : count - LAST; k < count; k++)
			print_call(&workers[i], &workers[i].last[k % LAST]);
	}
	fflush(stdout);
}

static void on_console(void *arg, const char *text, size_t len)
{
	static _Atomic int lines;

	(void)arg;
	if (memmem(text, len, "libos:", 6)) {
		if (!atomic_exchange(&died, true))
			print_last_calls();
		print_message("# %.*s", (int)len, text);
	} else if ((memmem(text, len, "BUG", 3) || memmem(text, len, "WARNING", 7)) &&
		   lines++ < 20) {
		print_message("# %.*s", (int)len, text);
	}
}

/* Where the images are, to make a symbol of an address. */
static void print_images(void)
{
	FILE *f = fopen("/proc/self/maps", "r");
	char line[512];

	while (f && fgets(line, sizeof(line), f))
		if (strstr(line, "r-xp") && strstr(line, "liblinux"))
			printf("#   %s", line);
}

static void on_crash(int sig, siginfo_t *info, void *context)
{
	const greg_t *g = ((const ucontext_t *)context)->uc_mcontext.gregs;

	printf("# signal %d at %p, pc %#llx, sp %#llx, seed %lu\n", sig, info->si_addr,
	       g[REG_RIP], g[REG_RSP], seed);
	fflush(stdout);
	print_images();
	print_last_calls();
	signal(sig, SIG_DFL);
	raise(sig);
}

static void on_interrupt(int sig)
{
	(void)sig;
}

static void map_memory(struct worker *w)
{
	size_t size = (GOOD_PAGES + 3) * PAGE;

	w->good = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	must(w->good != MAP_FAILED);
	must(!mprotect(w->good + GOOD_PAGES * PAGE, PAGE, PROT_NONE));
	w->readonly = w->good + (GOOD_PAGES + 1) * PAGE;
	must(!mprotect(w->readonly, PAGE, PROT_READ));
	/* Reserved, so that nobody else gets it. */
	w->freed = w->good + (GOOD_PAGES + 2) * PAGE;
	must(!mprotect(w->freed, PAGE, PROT_NONE));
}

/* All descriptors anew: sockets of the usual kinds. */
static void tidy(struct worker *w)
{
	static const struct {
		int family, type, protocol;
	} kinds[] = {
		{ AF_INET, SOCK_STREAM, 0 }, { AF_INET, SOCK_DGRAM, 0 }, { AF_INET, SOCK_RAW, 1 },
		{ AF_INET6, SOCK_STREAM, 0 }, { AF_INET6, SOCK_DGRAM, 0 },
		{ AF_INET6, SOCK_RAW, 58 }, { AF_UNIX, SOCK_STREAM, 0 },
		{ AF_UNIX, SOCK_DGRAM, 0 }, { AF_PACKET, SOCK_RAW, 0x300 },
		{ AF_NETLINK, SOCK_RAW, 0 }, { AF_NETLINK, SOCK_RAW, 12 },
		{ AF_NETLINK, SOCK_RAW, 16 }, { AF_INET, SOCK_STREAM, 132 },
		{ AF_INET6, SOCK_SEQPACKET, 132 }, { AF_INET, SOCK_DCCP, 33 },
		{ AF_INET, SOCK_STREAM, 262 }, { AF_INET, SOCK_DGRAM, 136 },
		{ AF_NETLINK, SOCK_RAW, 4 }, { AF_NETLINK, SOCK_RAW, 6 },
	};
	unsigned int i;

	libos_syscall(w->os, 436 /* close_range */, 0, ~0u, 0);
	for (i = 0; i < STACK_COUNT(kinds); i++)
		libos_socket(w->os, kinds[i].family, kinds[i].type | SOCK_NONBLOCK,
			     kinds[i].protocol);
}

static void *worker_main(void *arg)
{
	struct worker *w = arg;
	unsigned long i;
	struct call c;
	long ret;

	for (i = 0; i < LIFE && w->calls && !died; i++, w->calls--) {
		if (i % TIDY == 0)
			tidy(w);
		make_call(w, &c);
		w->last[w->count % LAST] = c;
		if (trace >= 0)
			dprintf(trace, "%d: %ld %#lx %#lx %#lx %#lx %#lx %#lx\n",
				(int)(w - workers), c.nr, c.arg[0], c.arg[1], c.arg[2], c.arg[3],
				c.arg[4], c.arg[5]);
		w->count++;
		w->inside = true;
		ret = libos_syscall6(w->os, c.nr, c.arg[0], c.arg[1], c.arg[2], c.arg[3],
				     c.arg[4], c.arg[5]);
		w->inside = false;
		w->succeeded += ret != -1;
		w->bad_fd += ret == -1 && errno == EBADF;
		if (ret == -1 && errno == ENOSYS) {
			w->unknown++;
			if (c.nr >= 0 && c.nr < NR_MAX)
				w->absent[c.nr] = true;
		}
	}
	return NULL;
}

/* Starts thread after thread, until the round's calls are made. */
static void *worker_generations(void *arg)
{
	struct worker *w = arg;

	while (w->calls && !died) {
		pthread_t thread;
		uint64_t since = stack_now();
		unsigned long seen = 0;

		must(!pthread_create(&thread, NULL, worker_main, w));
		/* The watchdog: whoever is in the same call as 2 ms ago is interrupted. */
		for (;;) {
			struct timespec until;
			unsigned long now = w->count;

			clock_gettime(CLOCK_REALTIME, &until);
			until.tv_nsec += 2000000;
			until.tv_sec += until.tv_nsec / 1000000000;
			until.tv_nsec %= 1000000000;
			if (!pthread_timedjoin_np(thread, NULL, &until))
				break;
			if (now != seen) {
				seen = now;
				since = stack_now();
			} else if (w->inside) {
				w->interrupted++;
				pthread_kill(thread, SIGUSR1);
			}
			if (stack_now() - since > STUCK_S * STACK_NSEC) {
				print_message("# a call does not end:\n");
				print_last_calls();
				must(!"a call does not end");
			}
		}
	}
	return NULL;
}

static long rss_kb(void)
{
	char line[256];
	FILE *f = fopen("/proc/self/smaps_rollup", "r");
	long kb = -1;

	must(f);
	while (fgets(line, sizeof(line), f))
		sscanf(line, "Rss: %ld", &kb);
	fclose(f);
	return kb;
}

static void one_round(uint64_t number, unsigned long calls)
{
	struct libos_options o = { .console = on_console, .memory = 128 << 20 };
	struct libos *os = stack_open_lo(&o);
	unsigned long interrupted = 0, succeeded = 0, bad_fd = 0, unknown = 0;
	int i;

	for (i = 0; i < WORKERS; i++) {
		struct worker *w = &workers[i];

		w->os = os;
		w->random = stack_mix(seed + number * WORKERS + i + 1);
		w->calls = calls / WORKERS;
		w->count = w->interrupted = w->succeeded = w->bad_fd = w->unknown = 0;
		memset(w->absent, 0, sizeof(w->absent));
		scribble(w, w->good, GOOD_PAGES * PAGE);
		must(!pthread_create(&w->thread, NULL, worker_generations, w));
	}
	for (i = 0; i < WORKERS; i++) {
		pthread_join(workers[i].thread, NULL);
		interrupted += workers[i].interrupted;
		succeeded += workers[i].succeeded;
		bad_fd += workers[i].bad_fd;
		unknown += workers[i].unknown;
	}
	assert_false(died);
	libos_syscall(os, 436 /* close_range */, 0, ~0u, 0);
	assert_int_equal(libos_unshare(os, CLONE_NEWNET), 0);
	assert_int_equal(libos_configure(os, "link set lo up"), 0);
	stack_tcp_echo(os, 7000);
	assert_false(died);
	assert_int_equal(libos_close(os), 0);
	print_message("# round %lu: %lu succeeded, %lu EBADF, %lu ENOSYS, %lu interrupted, %ld KiB\n",
		      number, succeeded, bad_fd, unknown, interrupted, rss_kb());
	/* A fuzzer that only ever fails at the door tests the door. */
	assert_true(succeeded > calls / 20);
}

static void survives(void **state)
{
	unsigned long calls = stack_env("LIBOS_FUZZ_CALLS", 1000000), round = 0;
	unsigned long first = stack_env("LIBOS_FUZZ_ROUND", 0);
	long before = 0;

	(void)state;
	while (calls) {
		unsigned long n = calls < ROUND ? calls : ROUND;

		one_round(first + round, n);
		calls -= n;
		if (round++ == 2)
			before = rss_kb();
	}
	if (before)
		assert_true(rss_kb() < before + GROWTH_KB);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(survives),
	};
	struct sigaction crash = { .sa_sigaction = on_crash, .sa_flags = SA_SIGINFO };
	struct sigaction interrupt = { .sa_handler = on_interrupt };
	int i;

	seed = stack_env("LIBOS_FUZZ_SEED", stack_now());
	print_message("# LIBOS_FUZZ_SEED=%lu\n", seed);
	if (getenv("LIBOS_FUZZ_TRACE"))
		trace = open(getenv("LIBOS_FUZZ_TRACE"), O_CREAT | O_TRUNC | O_WRONLY, 0666);
	sigaction(SIGSEGV, &crash, NULL);
	sigaction(SIGABRT, &crash, NULL);
	sigaction(SIGUSR1, &interrupt, NULL);
	for (i = 0; i < WORKERS; i++)
		map_memory(&workers[i]);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("fuzz_syscall", tests, NULL, NULL);
}
