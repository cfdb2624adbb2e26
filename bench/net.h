/* SPDX-License-Identifier: GPL-2.0 */
/*
 * net.h - a network stack to be measured: the host's or the library's
 *
 * Workloads are written once, against struct net. NET(net, call, arguments…) is the
 * host's system call or the libos_…() of the same name, chosen at run time by a
 * branch that is always predicted.
 */
#ifndef BENCH_NET_H
#define BENCH_NET_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <libos.h>

/**
 * struct net - one side of a link
 * @os: the library's stack; NULL: the host's kernel
 * @ns: the host's network namespace, a file descriptor; -1 with @os
 * @addr: its address on the link
 */
struct net {
	struct libos *os;
	int ns;
	in_addr_t addr;
};

#define NET(net, call, ...) ((net)->os ? libos_##call((net)->os, __VA_ARGS__) \
				       : call(__VA_ARGS__))

static inline int net_close(const struct net *net, int fd)
{
	return net->os ? libos_close_fd(net->os, fd) : close(fd);
}

static inline long net_getppid(const struct net *net)
{
	return net->os ? libos_syscall(net->os, SYS_getppid) : syscall(SYS_getppid);
}

/* Kinds of links between the side that connects, near, and the one that accepts. */
enum link {
	LINK_LO,	/* one stack: far is near */
	LINK_CABLE,	/* two: libos_netdev_pair(), or a veth pair of the host */
	LINK_TAP,	/* the library's and, by a tap, the host's; or a veth pair */
};

/* Sets both sides up; @lib: near is the library's. Ends the program on failure. */
void net_link(enum link link, bool lib, struct net *near, struct net *far);

/* The calling thread works on @net from here on. */
void net_enter(const struct net *net);

/* A fresh stack: of the library, or a network namespace, entered. */
void net_host(struct net *net);
void net_lib(struct net *net, const struct libos_options *options);

/* In the network namespace of the calling thread */
void net_up(const struct net *net, const char *dev);
void net_address(const struct net *net, const char *dev, in_addr_t addr);
/* A veth pair; @ns: where @peer goes, or -1. */
void net_veth(const struct net *net, const char *name, const char *peer, int ns);

/*
 * A TCP socket as all are: cubic, buffers of one size, no delay. Sockets that a
 * listener of this kind accepts are the same.
 */
int net_tcp(const struct net *net);

/* A listener of @far's, where to is then; and a connection to there. */
int net_listen(const struct net *far, struct sockaddr_in *to);
int net_connect(const struct net *near, const struct sockaddr_in *to);

#endif
