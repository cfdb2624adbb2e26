// SPDX-License-Identifier: GPL-2.0
/*
 * setup.c - the stack under test, as scripts expect to find it
 *
 * packetdrill does not tell an object under test which addresses it uses. Unless
 * --local_ip says one, it takes a random one of a fixed prefix at each run: so the whole
 * prefix is local, by a route of type local. (For IPv6, bind() asks for an address and not
 * for a route, unless net.ipv6.ip_nonlocal_bind is set.) All the rest is behind tun0. A
 * socket that is not bound needs one address to send from; packetdrill learns it.
 *
 * The kernel's self-tests use other IPv6 addresses, the remote one of which is in
 * packetdrill's own local prefix: it is taken out.
 *
 * Scripts begin with a shell script that sets sysctls. It does so on the host, where the
 * stack under test is not; so its values are the defaults here.
 */
#define _GNU_SOURCE
#include "setup.h"

#include <stdio.h>
#include <stdlib.h>

#include <libos.h>

#include "flags.h"

/* What scripts' defaults.sh sets, where it is not the kernel's default anyway */
static const char *const sysctls[] = {
	"net.ipv4.tcp_rmem=4096 540000 15728640",
	"net.ipv4.tcp_wmem=4096 262144 4194304",
	"net.ipv4.tcp_syn_retries=5",
	"net.ipv4.tcp_synack_retries=5",
	"net.ipv4.tcp_frto=2",
	"net.ipv4.tcp_congestion_control=cubic",
	"net.ipv4.tcp_slow_start_after_idle=0",
	"net.ipv4.tcp_early_retrans=4",
	"net.ipv4.tcp_recovery=1",
	"net.ipv4.tcp_ecn=0",
	"net.ipv4.tcp_notsent_lowat=4294967295",
	"net.ipv4.tcp_fastopen=0x70403",
	"net.ipv4.tcp_fastopen_key=a1a1a1a1-b2b2b2b2-c3c3c3c3-d4d4d4d4",
	"net.core.default_qdisc=pfifo",
	NULL,
};

/* Before tun0 is up: nothing goes out that the script did not cause. */
static const char quiet[] =
	"sysctl net.ipv6.conf.tun0.addr_gen_mode=1\n"
	"sysctl net.ipv6.conf.tun0.accept_ra=0\n"
	"sysctl net.ipv6.conf.tun0.router_solicitations=0\n";

static const char local_4[] =
	"addr add 192.168.0.1/32 dev tun0\n"
	"route add local 192.168.0.0/16 dev lo table local\n";

static const char local_6[] =
	"sysctl net.ipv6.ip_nonlocal_bind=1\n"
	"addr add fd3d:a0b:17d6::1/128 dev tun0 nodad\n"
	"route add local fd3d:a0b:17d6::/48 dev lo table local\n"
	"route add local fd3d:fa7b:d17d::/48 dev lo table local\n"
	"route add fd3d:fa7b:d17d::1/128 dev tun0 table local\n";

static const char remote[] =
	"route add default dev tun0\n"
	"-6 route add default dev tun0\n";

static int configure(struct libos *os, const char *format, const char *value)
{
	char *command;
	int ret;

	if (asprintf(&command, format, value) < 0)
		abort();
	ret = libos_configure(os, command);
	free(command);
	return ret;
}

static int configure_list(struct libos *os, const char *format,
			  const struct flags_list *list)
{
	int i;

	for (i = 0; i < list->n; i++)
		if (configure(os, format, list->text[i]))
			return -1;
	return 0;
}

static int set_sysctls(struct libos *os, const struct flags *flags)
{
	int i;

	for (i = 0; !flags->plain && sysctls[i]; i++)
		if (configure(os, "sysctl %s", sysctls[i]))
			return -1;
	return configure_list(os, "sysctl %s", &flags->sysctl);
}

int setup(struct libos *os, const struct flags *flags)
{
	/* The queue of tun0 is made when it comes up, the sysctl for that before. */
	if (libos_configure(os, quiet) || set_sysctls(os, flags) ||
	    configure(os, "link set tun0 mtu %s", flags->mtu) ||
	    libos_configure(os, "link set lo up\nlink set tun0 up"))
		return -1;
	if (flags->local.n ? configure_list(os, "addr add %s dev tun0 nodad", &flags->local)
			   : libos_configure(os, local_4) || libos_configure(os, local_6))
		return -1;
	if (flags->remote.n ? configure_list(os, "route add %s dev tun0", &flags->remote)
			    : libos_configure(os, remote))
		return -1;
	return configure_list(os, "%s", &flags->configure);
}
