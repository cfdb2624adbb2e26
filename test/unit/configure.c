// SPDX-License-Identifier: GPL-2.0
/*
 * configure.c - libos_configure() and libos_sysctl_get() do what they say
 *
 * What a command did is looked up by other means than the one under test: the
 * interface ioctls of netdevice(7) and the tables of proc(5). configure_host.c runs it
 * on the host's kernel, where everything is also done a second time with ip(8) itself
 * and the two namespaces are compared.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cmocka.h>

#include <libos.h>

#define PAIR "link add a address 02:00:00:00:00:0a type veth " \
	     "peer name b address 02:00:00:00:00:0b\n"

static struct libos *open_stack(void)
{
	struct libos_options options = {
		.size = sizeof(options),
		.release = getenv("LIBOS_RELEASE"),
	};

	return libos_open(&options);
}

static int start(void **state)
{
	*state = open_stack();
	return *state ? 0 : -1;
}

static int stop(void **state)
{
	return libos_close(*state);
}

static bool on_host(struct libos *os)
{
	return !strcmp(libos_release(os), "host");
}

static void configure(struct libos *os, const char *commands)
{
	if (libos_configure(os, commands))
		fail_msg("%s: %s", strerror(errno), libos_error());
}

static bool kind_missing(struct libos *os, const char *command)
{
	return libos_configure(os, command) && errno == EOPNOTSUPP;
}

/* An interface ioctl on @name. Return: 0 or errno. */
static int ask(struct libos *os, const char *name, unsigned long request,
	       struct ifreq *ifr)
{
	int fd = libos_socket(os, AF_INET, SOCK_DGRAM, 0);
	int error = 0;

	assert_true(fd >= 0);
	memset(ifr, 0, sizeof(*ifr));
	snprintf(ifr->ifr_name, sizeof(ifr->ifr_name), "%s", name);
	if (libos_ioctl(os, fd, request, ifr))
		error = errno;
	libos_close_fd(os, fd);
	return error;
}

static const char *ask_address(struct libos *os, const char *name,
			       unsigned long request)
{
	static char text[INET_ADDRSTRLEN];
	struct sockaddr_in in;
	struct ifreq ifr;
	int error = ask(os, name, request, &ifr);

	if (error)
		return strerror(error);
	memcpy(&in, &ifr.ifr_addr, sizeof(in));
	return inet_ntop(AF_INET, &in.sin_addr, text, sizeof(text));
}

/* A whole file of the stack, for this call. */
static const char *contents(struct libos *os, const char *path)
{
	static char text[65536];
	size_t len = 0;
	ssize_t got;
	int fd = libos_open_file(os, path, O_RDONLY, 0);

	assert_true(fd >= 0);
	while ((got = libos_read(os, fd, text + len, sizeof(text) - 1 - len)) > 0)
		len += got;
	libos_close_fd(os, fd);
	text[len] = '\0';
	return text;
}

/* Whether a line of @path holds each of the up to four @parts. */
static bool has_line(struct libos *os, const char *path, const char *const parts[4])
{
	char *text = strdup(contents(os, path)), *rest = NULL;
	char *line = strtok_r(text, "\n", &rest);
	bool found = false;

	for (; line && !found; line = strtok_r(NULL, "\n", &rest)) {
		found = true;
		for (int i = 0; i < 4 && parts[i]; i++)
			found = found && strstr(line, parts[i]);
	}
	free(text);
	return found;
}
#define HAS_LINE(os, path, ...) \
	has_line(os, path, (const char *const[4]){ __VA_ARGS__ })

static void link_is_added_changed_and_deleted(void **state)
{
	struct libos *os = *state;
	struct ifreq ifr;

	configure(os, PAIR "link set a mtu 1400 up; link set dev b name peer0 up");
	assert_int_equal(ask(os, "a", SIOCGIFMTU, &ifr), 0);
	assert_int_equal(ifr.ifr_mtu, 1400);
	assert_int_equal(ask(os, "peer0", SIOCGIFFLAGS, &ifr), 0);
	assert_int_equal(ifr.ifr_flags & IFF_UP, IFF_UP);
	assert_int_equal(ask(os, "peer0", SIOCGIFHWADDR, &ifr), 0);
	assert_memory_equal(ifr.ifr_hwaddr.sa_data, "\x02\0\0\0\0\x0b", 6);
	configure(os, "link set a down address 02:00:00:00:00:1a");
	assert_int_equal(ask(os, "a", SIOCGIFFLAGS, &ifr), 0);
	assert_int_equal(ifr.ifr_flags & IFF_UP, 0);
	assert_int_equal(ask(os, "a", SIOCGIFHWADDR, &ifr), 0);
	assert_memory_equal(ifr.ifr_hwaddr.sa_data, "\x02\0\0\0\0\x1a", 6);
	configure(os, "link del a");
	assert_int_equal(ask(os, "a", SIOCGIFMTU, &ifr), ENODEV);
	assert_int_equal(ask(os, "peer0", SIOCGIFMTU, &ifr), ENODEV);
}

static void link_enters_and_leaves_a_bridge(void **state)
{
	struct libos *os = *state;
	struct ifreq ifr;

	configure(os, PAIR "link add br type bridge; link set a master br");
	assert_int_equal(ask(os, "br", SIOCGIFHWADDR, &ifr), 0);
	/* A bridge takes the lowest address of its ports. */
	assert_memory_equal(ifr.ifr_hwaddr.sa_data, "\x02\0\0\0\0\x0a", 6);
	configure(os, "link set a nomaster");
	configure(os, "link set a master br");
}

static void link_moves_to_another_namespace(void **state)
{
	struct libos *os = *state;
	struct ifreq ifr;
	char command[80];
	int home, away;

	home = libos_open_file(os, "/proc/thread-self/ns/net", O_RDONLY, 0);
	assert_true(home >= 0);
	assert_int_equal(libos_unshare(os, CLONE_NEWNET), 0);
	away = libos_open_file(os, "/proc/thread-self/ns/net", O_RDONLY, 0);
	assert_int_equal(libos_setns(os, home, CLONE_NEWNET), 0);

	snprintf(command, sizeof(command), "link add a type veth peer name b netns %d",
		 away);
	configure(os, command);
	assert_int_equal(ask(os, "a", SIOCGIFMTU, &ifr), 0);
	assert_int_equal(ask(os, "b", SIOCGIFMTU, &ifr), ENODEV);
	snprintf(command, sizeof(command), "link set a netns %d", away);
	configure(os, command);
	assert_int_equal(ask(os, "a", SIOCGIFMTU, &ifr), ENODEV);

	assert_int_equal(libos_setns(os, away, CLONE_NEWNET), 0);
	assert_int_equal(ask(os, "a", SIOCGIFMTU, &ifr), 0);
	assert_int_equal(ask(os, "b", SIOCGIFMTU, &ifr), 0);
	assert_int_equal(libos_setns(os, home, CLONE_NEWNET), 0);
	libos_close_fd(os, home);
	libos_close_fd(os, away);
}

static void addr4_has_its_broadcast_and_goes(void **state)
{
	struct libos *os = *state;
	struct ifreq ifr;

	configure(os, PAIR "addr add 10.1.2.3/20 dev a");
	assert_string_equal(ask_address(os, "a", SIOCGIFADDR), "10.1.2.3");
	assert_string_equal(ask_address(os, "a", SIOCGIFNETMASK), "255.255.240.0");
	/* 10.1.2.3 | ~255.255.240.0 */
	assert_string_equal(ask_address(os, "a", SIOCGIFBRDADDR), "10.1.15.255");
	configure(os, "addr del 10.1.2.3/20 dev a");
	assert_int_equal(ask(os, "a", SIOCGIFADDR, &ifr), EADDRNOTAVAIL);
	/* RFC 3021: two addresses, no broadcast */
	configure(os, "addr add 10.9.0.0/31 dev a");
	assert_string_equal(ask_address(os, "a", SIOCGIFBRDADDR), "0.0.0.0");
}

static void addr6_nodad_is_usable_at_once(void **state)
{
	struct libos *os = *state;

	configure(os, PAIR "link set a up; link set b up\n"
			   "addr add 2001:db8::1/64 dev a nodad\n"
			   "addr add 2001:db8::2/64 dev b");
	/* proc(5), if_inet6: address, index, prefix, scope, flags: 80 permanent, and
	 * 40 tentative where duplicates are still looked for.
	 */
	assert_true(HAS_LINE(os, "/proc/self/net/if_inet6",
			     "20010db8000000000000000000000001", " 40 00 82 ", "a"));
	assert_false(HAS_LINE(os, "/proc/self/net/if_inet6",
			      "20010db8000000000000000000000002", " 40 00 80 ", "b"));
}

static void addr_flush_takes_all(void **state)
{
	struct libos *os = *state;
	struct ifreq ifr;

	configure(os, PAIR "link set a up; link set b up; addr add 10.0.0.1/24 dev a\n"
			   "addr add 10.0.0.2/24 dev a; addr add 10.3.0.1/16 dev a\n"
			   "addr add fd00::1/64 dev a nodad; addr add 10.4.0.1/16 dev b\n"
			   "addr flush dev a\n");
	assert_int_equal(ask(os, "a", SIOCGIFADDR, &ifr), EADDRNOTAVAIL);
	assert_false(HAS_LINE(os, "/proc/self/net/if_inet6", " a"));
	assert_string_equal(ask_address(os, "b", SIOCGIFADDR), "10.4.0.1");
}

static void route_is_added_and_deleted(void **state)
{
	static const char path[] = "/proc/self/net/route";
	struct libos *os = *state;

	configure(os, PAIR "link set a up; link set b up; addr add 10.0.0.1/24 dev a\n"
			   "route add default via 10.0.0.254 metric 7\n"
			   "route add 10.5.0.0/16 dev a\n");
	/* proc(5): device, destination, gateway, flags (UP 1, GATEWAY 2), … metric;
	 * addresses as the machine reads them from memory
	 */
	assert_true(HAS_LINE(os, path, "a\t00000000\tFE00000A\t0003", "\t7\t00000000"));
	assert_true(HAS_LINE(os, path, "a\t0000050A\t00000000\t0001"));
	configure(os, "route del default; route del 10.5.0.0/16");
	assert_false(HAS_LINE(os, path, "a\t00000000"));
	assert_false(HAS_LINE(os, path, "a\t0000050A"));
}

static void route6_is_added_and_deleted(void **state)
{
	static const char path[] = "/proc/self/net/ipv6_route";
	struct libos *os = *state;

	configure(os, PAIR "link set a up; link set b up\n"
			   "addr add 2001:db8::1/64 dev a nodad\n"
			   "route add default via 2001:db8::9\n"
			   "-6 route add default dev b metric 2000\n");
	assert_true(HAS_LINE(os, path, "00000000000000000000000000000000 00 ",
			     "20010db8000000000000000000000009", " a"));
	/* 2000 is 7d0 */
	assert_true(HAS_LINE(os, path, "00000000000000000000000000000000 00 ",
			     "000007d0", " b"));
	configure(os, "route del ::/0 via 2001:db8::9; -6 route del default dev b");
	assert_false(HAS_LINE(os, path, "20010db8000000000000000000000009"));
	assert_false(HAS_LINE(os, path, "000007d0", " b"));
}

static void neigh_is_added_and_deleted(void **state)
{
	static const char path[] = "/proc/self/net/arp";
	struct libos *os = *state;

	configure(os, PAIR "link set a up; link set b up; addr add 10.0.0.1/24 dev a\n"
			   "neigh add 10.0.0.7 lladdr 02:00:00:00:00:77 dev a");
	/* proc(5): flags 2 complete and 4 permanent */
	assert_true(HAS_LINE(os, path, "10.0.0.7 ", "0x6", "02:00:00:00:00:77", " a"));
	configure(os, "neigh del 10.0.0.7 dev a");
	assert_false(HAS_LINE(os, path, "10.0.0.7 "));
}

static void sysctl_is_written_and_read(void **state)
{
	struct libos *os = *state;
	char value[80], small[4];

	configure(os, "sysctl net.ipv4.ip_default_ttl=77");
	assert_int_equal(libos_sysctl_get(os, "net/ipv4/ip_default_ttl", value, 80), 2);
	assert_string_equal(value, "77");
	configure(os, "sysctl net/ipv4/ip_local_port_range = 20000 \t 20100 ; link set lo up");
	assert_int_equal(libos_sysctl_get(os, "net.ipv4.ip_local_port_range", value, 80),
			 11);
	assert_string_equal(value, "20000\t20100");
	configure(os, PAIR "link set a name eth0.5; sysctl net.ipv4.conf.eth0/5.rp_filter=2");
	assert_int_equal(libos_sysctl_get(os, "net/ipv4/conf/eth0.5/rp_filter", value, 80),
			 1);
	assert_string_equal(value, "2");

	assert_int_equal(libos_sysctl_get(os, "net.ipv4.none", value, 80), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(libos_sysctl_get(os, "net.ipv4.ip_local_port_range", small, 4), -1);
	assert_int_equal(errno, ERANGE);
	assert_int_equal(libos_sysctl_get(os, "net/../../etc/passwd", value, 80), -1);
	assert_int_equal(errno, EINVAL);
}

/* Comments, blank commands and blanks of every kind are no commands. */
static void blanks_and_comments_are_skipped(void **state)
{
	struct libos *os = *state;

	configure(os, "");
	configure(os, " ;; \n\t; # link del lo; nonsense\n\n;");
	configure(os, "  link \t set  lo   up  ");
	assert_int_equal(libos_configure(os, "link set lo up; x; link set lo down"), -1);
	assert_int_equal(errno, EINVAL);
	assert_string_equal(ask_address(os, "lo", SIOCGIFADDR), "127.0.0.1");
}

/* What is wrong, errno, and what the sentence must name beside the command. */
static const struct {
	const char *command;
	int error;
	const char *named;
} wrong[] = {
	{ "nonsense", EINVAL, "nonsense\" is not known; one of: link addr" },
	{ "link", EINVAL, "ends after \"link\"" },
	{ "link frob lo", EINVAL, "no verb \"frob\"; it has: add set del" },
	{ "link set", EINVAL, "an interface name must follow" },
	{ "link set lo", EINVAL, "changes nothing" },
	{ "link set none up", ENODEV, "no device \"none\"" },
	{ "link set lo sideways", EINVAL, "\"sideways\" is not known here" },
	{ "link set lo mtu", EINVAL, "a number must follow" },
	{ "link set lo mtu many", EINVAL, "mtu \"many\" is not a number" },
	{ "link set lo mtu -1", EINVAL, "mtu \"-1\" is not a number" },
	{ "link set lo mtu 99999999999", EINVAL, "not a number from 0 to" },
	{ "link set lo address 02:00:00:00:00", EINVAL, "is no MAC address" },
	{ "link set lo address 02:00:00:00:00:01:02", EINVAL, "is no MAC address" },
	{ "link set lo address zz:00:00:00:00:01", EINVAL, "is no MAC address" },
	{ "link set lo name sixteencharacter", EINVAL, "1 to 15 characters" },
	{ "link set lo name a/b", EINVAL, "is no interface name" },
	{ "link set lo netns 999", EBADF, "an open descriptor" },
	{ "link set lo arp perhaps", EINVAL, "neither on nor off" },
	{ "link add", EINVAL, "has no name" },
	{ "link add x", EINVAL, "has no kind" },
	{ "link add type veth", EINVAL, "has no name" },
	{ "link add x type", EINVAL, "a kind must follow" },
	{ "link add x y type veth", EINVAL, "\"y\" is not known here" },
	{ "link add x type nosuchkind", EOPNOTSUPP, "Unknown device type" },
	{ "link add x type bridge frob 1", EINVAL, "a bridge has no option \"frob\"" },
	{ "link add x type ifb frob 1", EINVAL, "no option of a ifb is known" },
	{ "link add x type macvlan mode odd", EINVAL, "one of: private vepa bridge" },
	{ "link add x type vxlan id 70000000000", EINVAL, "id \"70000000000\"" },
	{ "link add x type vxlan remote nowhere", EINVAL, "is no IP address" },
	{ "link add x type gre remote ::1", EINVAL, "is no IPv4 address" },
	{ "link add x type veth peer", EINVAL, "an interface name must follow" },
	{ "link del none", ENODEV, "no device \"none\"" },
	{ "link del lo", EOPNOTSUPP, "not supported" },
	{ "addr add", EINVAL, "a prefix must follow" },
	{ "addr add 10.0.0.1/24", EINVAL, "has no device" },
	{ "addr add 10.0.0.1/33 dev lo", EINVAL, "prefix length \"33\"" },
	{ "addr add 10.0.0.1/ dev lo", EINVAL, "prefix length \"\"" },
	{ "addr add 10.0.0/24 dev lo", EINVAL, "\"10.0.0\" is no IP address" },
	{ "addr add fe80::1/129 dev lo", EINVAL, "from 0 to 128" },
	{ "addr add default dev lo", EINVAL, "default is not an address" },
	{ "addr add 10.0.0.1/24 dev none", ENODEV, "no device \"none\"" },
	{ "addr add 10.0.0.1/24 dev lo frob", EINVAL, "\"frob\" is not known here" },
	{ "addr add 10.0.0.1/24 peer ::1 dev lo", EINVAL, "is no IPv4 address" },
	{ "addr del 10.0.0.1/24 dev lo", EADDRNOTAVAIL, "no such address" },
	{ "addr flush dev lo please", EINVAL, "the command ends here" },
	{ "-6 addr add 10.0.0.1/24 dev lo", EINVAL, "is no IPv6 address" },
	{ "route add", EINVAL, "a prefix must follow" },
	{ "route add default via ::1 dev lo src 10.0.0.1", EINVAL, "is no IPv6 address" },
	{ "route add 10.0.0.0/8 via 10.0.0.1", ENETUNREACH, "an address" },
	{ "route add 10.0.0.0/8 dev lo metric", EINVAL, "a number must follow" },
	{ "route add 10.0.0.0/8 dev lo table 0", EINVAL, "table \"0\"" },
	{ "route add 10.0.0.0/8 dev lo scope wide", EINVAL, "scope is" },
	{ "route add 10.0.0.1/8 dev lo", EINVAL, "Invalid" },
	{ "route del 10.0.0.0/8", ESRCH, "none like it" },
	{ "neigh add 10.0.0.1 lladdr 02:00:00:00:00:01", EINVAL, "has no device" },
	{ "neigh add nobody dev lo", EINVAL, "is no IP address" },
	{ "neigh add 10.0.0.1 dev lo nud odd", EINVAL, "nud is" },
	{ "rule add from 10.0.0.0/8", EINVAL, "which table" },
	{ "rule add from 10.0.0.0/8 to ::1 table 5", EINVAL, "is no IPv4 address" },
	{ "sysctl net.ipv4.ip_forward", EINVAL, "has no value" },
	{ "sysctl =1", EINVAL, "is no key" },
	{ "sysctl net.ipv4.none=1", ENOENT, "below /proc/sys" },
	{ "sysctl net.ipv4.ip_default_ttl=999", EINVAL, "refuses the value" },
	{ "sysctl net/../net/ipv4/ip_forward=1", EINVAL, "is no key" },
	{ "sysctl net ipv4=1", EINVAL, "is no key" },
	{ "sysctl net..ipv4=1", EINVAL, "is no key" },
};

static void errors_name_command_reason_and_mend(void **state)
{
	struct libos *os = *state;

	configure(os, "link set lo up");
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		errno = 0;
		assert_int_equal(libos_configure(os, wrong[i].command), -1);
		if (errno != wrong[i].error)
			fail_msg("%s: errno %d, %s", wrong[i].command, errno, libos_error());
		if (!strstr(libos_error(), wrong[i].named))
			fail_msg("\"%s\" not in: %s", wrong[i].named, libos_error());
		if (!strstr(libos_error(), wrong[i].command))
			fail_msg("command \"%s\" not in: %s", wrong[i].command,
				 libos_error());
	}
}

static void twice_is_an_error(void **state)
{
	struct libos *os = *state;

	configure(os, PAIR "link set a up; link set b up; addr add 10.0.0.1/24 dev a\n"
			   "addr add fd00::1/64 dev a nodad; route add 10.5.0.0/16 dev a\n"
			   "neigh add 10.0.0.7 lladdr 02:00:00:00:00:77 dev a\n"
			   "rule add from 10.0.0.0/8 table 7 pref 100\n");
	static const char *const again[] = {
		"link add a type veth peer name c", "addr add 10.0.0.1/24 dev a",
		"addr add fd00::1/64 dev a nodad", "route add 10.5.0.0/16 dev a",
		"neigh add 10.0.0.7 lladdr 02:00:00:00:00:77 dev a",
		"rule add from 10.0.0.0/8 table 7 pref 100",
	};
	for (size_t i = 0; i < sizeof(again) / sizeof(again[0]); i++) {
		assert_int_equal(libos_configure(os, again[i]), -1);
		if (errno != EEXIST)
			fail_msg("%s: errno %d, %s", again[i], errno, libos_error());
	}
	configure(os, "route replace 10.5.0.0/16 dev b; addr replace 10.0.0.1/24 dev a\n"
		      "neigh replace 10.0.0.7 lladdr 02:00:00:00:00:78 dev a");
}

/* Every word of a command longer than any message fits or is refused, none is cut. */
static void long_commands_are_refused(void **state)
{
	struct libos *os = *state;
	char text[4000];

	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(libos_configure(os, text), -1);
	assert_int_equal(errno, E2BIG);
	strcpy(text, "link set lo");
	for (int i = 0; i < 100; i++)
		strcat(text, " up");
	assert_int_equal(libos_configure(os, text), -1);
	assert_int_equal(errno, E2BIG);
}

/* Each kind of link can be added; one that the kernel has not is told. */
static void kinds_are_added(void **state)
{
	static const char *const kinds[] = {
		"link add x type dummy", "link add x type ifb",
		"link add x type bridge stp_state 1 forward_delay 200",
		"link add x type vrf 10", "link add x type vrf table 1000",
		"link add link a name x type vlan id 5", "link add x link a type vlan 5",
		"link add x link a type macvlan mode bridge",
		"link add x link a type ipvlan mode l3",
		"link add x type vxlan id 42 remote 10.0.0.9 local 10.0.0.1 dev a dstport 4789",
		"link add x type vxlan id 43 remote fd00::9 local fd00::1 dstport 4789",
		"link add x type geneve id 42 remote 10.0.0.9",
		"link add x type gre remote 10.0.0.9 local 10.0.0.1 ttl 64 key 5",
		"link add x type gretap remote 10.0.0.9 local 10.0.0.1",
		"link add x type ipip remote 10.0.0.9 local 10.0.0.1",
		"link add x type sit remote 10.0.0.9 local 10.0.0.1 ttl 64",
		"link add x type ip6tnl remote fd00::9 local fd00::1",
		"link add x type ip6gre remote fd00::9 local fd00::1",
		"link add x type bond mode active-backup miimon 100",
		"link add x type wireguard",
	};
	struct libos *os = *state;
	struct ifreq ifr;

	configure(os, PAIR "link set a up; link set b up");
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (kind_missing(os, kinds[i])) {
			print_message("# skipped, the kernel has it not: %s\n", kinds[i]);
			continue;
		}
		if (ask(os, "x", SIOCGIFMTU, &ifr))
			fail_msg("%s: %s", kinds[i], libos_error());
		configure(os, "link del x");
	}
}

/* ------------------------------------------------------------------ *
 * Against ip(8), on the host
 */

static char *shell(const char *command)
{
	/* An object a line, in an order of their own: tables are hashed. */
	static const char *const view =
		"(ip -j -d addr; ip -j -d route show table all; ip -j -6 route show table all;"
		"ip -j neigh; ip -j neigh show proxy; ip -j rule; ip -j -6 rule) |"
		"tr '{' '\\n' | sed 's/[],}]*$//' | sort";
	char *text = calloc(1, 1 << 20);
	FILE *f = popen(command ? command : view, "r");
	size_t len = fread(text, 1, (1 << 20) - 1, f);

	text[len] = '\0';
	assert_int_equal(pclose(f), 0);
	return text;
}

/* In each, what ip(8) calls differently stands in <ours|ip's>. */
static const char *const scripts[] = {
	"addr add 10.0.0.1/24< | brd + >dev a",
	"addr add 10.0.0.1 dev a",
	"addr add 10.0.0.1/24 brd 10.0.0.99 dev a label a:1",
	"addr add 10.0.0.1 peer 10.7.0.1/24 dev a",
	"addr add 127.5.0.1/8 dev lo",
	"addr add 2001:db8::1/64 dev a nodad noprefixroute",
	"addr add fe80::5/64 dev a nodad",
	"addr add 10.0.0.1/24< | brd + >dev a;addr del 10.0.0.1/24 dev a",
	"addr add 10.0.0.1/24< | brd + >dev a;addr add 10.0.0.2/24< | brd + >dev a;"
	"addr flush dev a",
	"route add 10.8.0.0/16 dev a",
	"route add 10.8.0.0/16 via 10.1.0.9",
	"route add 10.8.0.0/16 via 10.1.0.9 dev a metric 50 mtu 1400 src 10.1.0.1",
	"route add 10.8.0.0/16 via 10.44.0.9 dev a onlink proto 17",
	"route add default via 10.1.0.9 table 300;route add blackhole 10.9.0.0/16",
	"route add default dev a scope link;route append default via 10.1.0.9",
	"route replace 10.8.0.0/16 dev a;route replace 10.8.0.0/16 dev b",
	"route add unreachable 2001:db8:9::/48;route add prohibit 10.10.0.0/16",
	"route add local 10.20.0.0/16 dev lo",
	"route add throw 10.9.0.0/16 table 7;rule add from 10.0.0.0/8 table 7 pref 9",
	"rule add to 10.0.0.0/8 iif a fwmark 0x10 lookup main;rule add to 10.0.0.0/8 table 9;"
	"rule del to 10.0.0.0/8 table 9",
	"<|-6 >rule add from 2001:db8::/32 table 400",
	"route add default via 2001:db8:1::9;-6 route add default dev b metric 7",
	"route add 2001:db8:5::/48 dev a;route del 2001:db8:5::/48",
	"neigh add 10.1.0.7 lladdr 02:00:00:00:00:77 dev a",
	"neigh add 2001:db8:1::7 lladdr 02:00:00:00:00:77 dev a nud noarp",
	"neigh add proxy 10.1.0.8 dev a",
	"link set dev a mtu 1300 txqueuelen 55 arp off multicast off promisc on",
	"link add x mtu 1300 address 02:00:00:00:00:55 type ifb",
	"link add x address 02:00:00:00:00:55 type bridge stp_state 1 mcast_snooping 0;"
	"link set dev a master x",
	"link add x address 02:00:00:00:00:55 type vxlan id 9 remote 10.1.0.3 local 10.1.0.1 "
	"dev a dstport 4789 ttl 3",
	"link add x address 02:00:00:00:00:55 type vxlan id 9 group ff05::100 dev a "
	"dstport 4789",
	"link add link a name x address 02:00:00:00:00:55 type macvlan mode bridge",
	"link add x address 02:00:00:00:00:55 mtu 1200 type veth "
	"peer name y address 02:00:00:00:00:56 mtu 1300",
};

/* One half of @script: the words for us, or for ip(8) as lines of `ip …`. */
static void render(const char *script, bool ip, char *out)
{
	out += sprintf(out, "%s", ip ? "ip " : "");
	for (; *script; script++) {
		if (*script == '<' && ip)
			script = strchr(script, '|');
		else if (*script == '|' && !ip)
			script = strchr(script, '>');
		else if (*script == ';')
			out += sprintf(out, ip ? " && ip " : ";");
		else if (!strchr("<|>", *script))
			*out++ = *script;
	}
	*out = '\0';
}

/* The kernel tells of a carrier a little later than it gives it. */
static void wait_running(struct libos *os, const char *name)
{
	struct ifreq ifr = { .ifr_flags = 0 };

	while (!(ifr.ifr_flags & IFF_RUNNING))
		assert_int_equal(ask(os, name, SIOCGIFFLAGS, &ifr), 0);
}

/* An address without DAD is taken into use by the kernel's worker, a little later. */
static void wait_usable6(struct libos *os, const char *hex)
{
	while (!HAS_LINE(os, "/proc/self/net/ipv6_route", hex, " 80 ", " a"))
		usleep(1000);
}

static char *outcome(const char *script, bool ip)
{
	static const char setup[] =
		PAIR "link set lo up; link set a up; link set b up\n"
		"addr add 10.1.0.1/16 dev a; addr add 2001:db8:1::1/64 dev a nodad\n";
	char command[1000], *text;
	struct libos *os = open_stack();

	assert_non_null(os);
	configure(os, "sysctl net.ipv6.conf.default.addr_gen_mode=1");
	configure(os, setup);
	wait_running(os, "a");
	wait_running(os, "b");
	wait_usable6(os, "20010db8000100000000000000000001");
	render(script, ip, command);
	if (ip)
		free(shell(command));
	else
		configure(os, command);
	/* The same for what the script added: there is nothing to wait for by name */
	usleep(50000);
	text = shell(NULL);
	libos_close(os);
	return text;
}

/* What two namespaces never share: times and random identifiers. */
static void mask(char *text)
{
	static const char *const keys[] = { "\"valid_life_time\":", "\"age\":", "\"used\":",
		"_timer\":", "\"bridge_id\":", "\"root_id\":", "\"gc_timer\":", "\"link_netnsid\":",
		"\"tcn_timer\":", "_age\":" };

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		for (char *at = text; (at = strstr(at, keys[i]));)
			for (at += strlen(keys[i]); *at && !strchr(",}", *at); at++)
				*at = '_';
}

static void same_as_ip(void **state)
{
	int different = 0;

	if (!on_host(*state))
		skip();
	for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
		char *ours = outcome(scripts[i], false), *ips = outcome(scripts[i], true);
		size_t at = 0;

		mask(ours);
		mask(ips);
		while (ours[at] && ours[at] == ips[at])
			at++;
		if (ours[at] != ips[at]) {
			at = at > 60 ? at - 60 : 0;
			print_message("# %s\n#  ours: %.160s\n#  ip's: %.160s\n",
				      scripts[i], ours + at, ips + at);
			different++;
		}
		free(ours);
		free(ips);
	}
	assert_int_equal(different, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(link_is_added_changed_and_deleted),
		TEST(link_enters_and_leaves_a_bridge),
		TEST(link_moves_to_another_namespace),
		TEST(addr4_has_its_broadcast_and_goes),
		TEST(addr6_nodad_is_usable_at_once),
		TEST(addr_flush_takes_all),
		TEST(route_is_added_and_deleted),
		TEST(route6_is_added_and_deleted),
		TEST(neigh_is_added_and_deleted),
		TEST(sysctl_is_written_and_read),
		TEST(blanks_and_comments_are_skipped),
		TEST(errors_name_command_reason_and_mend),
		TEST(twice_is_an_error),
		TEST(long_commands_are_refused),
		TEST(kinds_are_added),
		TEST(same_as_ip),
	};

	struct libos *os = open_stack();

	if (!os) {
		printf("no stack: %s; on the host it takes root, or unshare -r\n",
		       strerror(errno));
		return errno == EPERM ? 77 : 1;
	}
	libos_close(os);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("configure", tests, NULL, NULL);
}
