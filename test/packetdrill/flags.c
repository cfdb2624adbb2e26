// SPDX-License-Identifier: GPL-2.0
/*
 * flags.c - what --so_flags says, and what is said where it is wrong
 *
 * The interface cannot return an error: the process ends with one sentence.
 */
#include "driver.h"

#include <dlfcn.h>
#include <sys/resource.h>
#include <sys/mman.h>
#include <sys/wait.h>

/* The sentence that @flags get in a process of their own, and its end. */
static int refused(const char *flags, char *text, size_t size)
{
	size_t at = 0;
	int fds[2], status;
	ssize_t n;
	pid_t pid;

	must(!pipe(fds));
	pid = fork();
	must(pid >= 0);
	if (!pid) {
		packetdrill_interface_init_fn *init;
		struct packetdrill_interface ifc;
		void *handle;

		dup2(fds[1], STDERR_FILENO);
		handle = dlopen("build/libos-packetdrill.so", RTLD_NOW | RTLD_LOCAL);
		must(handle);
		init = (packetdrill_interface_init_fn *)dlsym(handle,
							       "packetdrill_interface_init");
		init(flags, &ifc);
		_exit(0);
	}
	close(fds[1]);
	while ((n = read(fds[0], text + at, size - 1 - at)) > 0)
		at += n;
	text[at] = '\0';
	close(fds[0]);
	must(waitpid(pid, &status, 0) == pid);
	return status;
}

static void wrong_flags_end_the_process(void **state)
{
	/* What is wrong, and a part of the sentence */
	static const char *const wrong[][2] = {
		{ "relase=6.1", "flag relase: there is none of that name" },
		{ "release", "flag release: it has no value" },
		{ "release=", "flag release=: it has no value" },
		{ "release=9.99", "no kernel image liblinux-9.99.so" },
		{ "mtu=67", "flag mtu=67: it takes a number from 68 to 65535" },
		{ "mtu=1500x", "flag mtu=1500x" },
		{ "memory=-1", "flag memory=-1" },
		{ "limit=0", "flag limit=0" },
		{ "limit=99999999999999999999", "flag limit=99999999999999999999" },
		{ "defaults=none", "it is packetdrill or kernel" },
		{ "sysctl=net.ipv4.tcp_nothing=1", "net/ipv4/tcp_nothing" },
		{ "sysctl=net.ipv4.tcp_congestion_control=nobody", "refuses the value" },
		{ "sysctl=net.ipv4.tcp_sack", "has no value" },
		{ "local=192.168.0", "192.168.0" },
		{ "remote=somewhere", "somewhere" },
		{ "configure=link set tun7 up", "tun7" },
		{ "image=/dev/null", "/dev/null" },
	};
	char text[1024];
	unsigned int i;

	(void)state;
	for (i = 0; i < STACK_COUNT(wrong); i++) {
		int status = refused(wrong[i][0], text, sizeof(text));

		print_message("# %s", text);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
		assert_int_equal(strncmp(text, "libos-packetdrill: ", 19), 0);
		assert_non_null(strstr(text, wrong[i][1]));
		/* One sentence, one line */
		assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
	}
}

/* NULL is what packetdrill passes without --so_flags. */
static void none_are_needed(void **state)
{
	char text[1024];

	(void)state;
	assert_int_equal(refused(NULL, text, sizeof(text)), 0);
	assert_string_equal(text, "");
	assert_int_equal(refused(",,", text, sizeof(text)), 0);
	assert_string_equal(text, "");
}

static socklen_t congestion(struct driver *d, char *name)
{
	int fd = CALL(d, socket, AF_INET, SOCK_STREAM, 0);
	socklen_t len = 16;

	must(!CALL(d, getsockopt, fd, IPPROTO_TCP, TCP_CONGESTION, name, &len));
	return len;
}

static void sysctls(void **state)
{
	struct driver d;
	char name[16];
	int fd, value;
	socklen_t len = sizeof(value);

	(void)state;
	/* The first is one of the defaults; the last says it better. */
	driver_begin(&d, DRIVER_V4, "sysctl=net.ipv4.tcp_congestion_control=reno");
	congestion(&d, name);
	assert_string_equal(name, "reno");
	fd = CALL(&d, socket, AF_INET, SOCK_STREAM, 0);
	assert_int_equal(CALL(&d, getsockopt, fd, SOL_SOCKET, SO_RCVBUF, &value, &len), 0);
	assert_int_equal(value, 540000);
	driver_end(&d);

	driver_begin(&d, DRIVER_V4, "defaults=kernel,sysctl=net.ipv4.tcp_wmem=4096 20000 30000");
	fd = CALL(&d, socket, AF_INET, SOCK_STREAM, 0);
	assert_int_equal(CALL(&d, getsockopt, fd, SOL_SOCKET, SO_RCVBUF, &value, &len), 0);
	assert_int_equal(value, 131072);
	assert_int_equal(CALL(&d, getsockopt, fd, SOL_SOCKET, SO_SNDBUF, &value, &len), 0);
	assert_int_equal(value, 20000);
	driver_end(&d);
}

/* A comma that does not separate: of three ports two are reserved. */
static void a_comma_in_a_value(void **state)
{
	struct sockaddr_in any = { .sin_family = AF_INET };
	socklen_t len = sizeof(any);
	struct driver d;
	int fd;

	(void)state;
	driver_begin(&d, DRIVER_V4, "sysctl=net.ipv4.ip_local_port_range=4000 4002,"
		     "sysctl=net.ipv4.ip_local_reserved_ports=4000\\,4002");
	fd = CALL(&d, socket, AF_INET, SOCK_STREAM, 0);
	assert_int_equal(CALL(&d, bind, fd, (struct sockaddr *)&any, len), 0);
	/* The one that is left */
	any.sin_port = htons(4001);
	fd = CALL(&d, socket, AF_INET, SOCK_STREAM, 0);
	assert_int_equal(CALL(&d, bind, fd, (struct sockaddr *)&any, len), -1);
	assert_int_equal(errno, EADDRINUSE);
	driver_end(&d);
}

/* What the one has and the other has not: TCP_AO_REPAIR, 42, is new in 6.7. */
static void release(void **state)
{
	static const struct { const char *release; bool has; } releases[] = {
		{ "6.1", false }, { "6.12", true },
	};
	const char *tested = getenv("LIBOS_RELEASE");
	struct driver d;
	unsigned int i;

	(void)state;
	for (i = 0; i < STACK_COUNT(releases); i++) {
		char flags[64];
		int fd, value = 1;

		if (tested && strcmp(tested, releases[i].release))
			continue;
		snprintf(flags, sizeof(flags), "release=%s", releases[i].release);
		driver_begin(&d, DRIVER_V4, flags);
		fd = CALL(&d, socket, AF_INET, SOCK_STREAM, 0);
		assert_int_equal(CALL(&d, getsockopt, fd, IPPROTO_TCP, 42, &value,
				      &(socklen_t){ sizeof(value) }), -1);
		assert_int_equal(errno == ENOPROTOOPT, !releases[i].has);
		driver_end(&d);
	}
}

/*
 * A packet that nobody sends: the script shall end, and not wait for ever; but not before
 * keepalive's two hours.
 */
static void nothing_comes(void **state)
{
	struct timespec begin, end;
	struct segment s;
	struct driver d;

	(void)state;
	driver_begin(&d, DRIVER_V4, "limit=100");
	assert_false(driver_next(&d, &s));
	assert_in_range(driver_now(&d), 1, 100 * SECOND);
	driver_end(&d);
	driver_begin(&d, DRIVER_V4, NULL);
	driver_listen(&d);
	clock_gettime(CLOCK_MONOTONIC, &begin);
	assert_false(driver_next(&d, &s));
	clock_gettime(CLOCK_MONOTONIC, &end);
	assert_in_range(driver_now(&d), 7200 * SECOND, 10801 * SECOND);
	print_message("# %lld s took %ld ms\n", driver_now(&d) / SECOND,
		      (end.tv_sec - begin.tv_sec) * 1000 + (end.tv_nsec - begin.tv_nsec) / 1000000);
	driver_end(&d);
}

/* The script and the stack agree on addresses by flags, also on those that are not local. */
static void local_addresses(void **state)
{
	struct sockaddr_storage ss;
	struct driver d;
	socklen_t len;
	int fd;

	(void)state;
	driver_begin(&d, DRIVER_V6, "local=2001:db8:1::1/64,remote=2001:db8::/64");
	inet_pton(AF_INET6, "2001:db8:1::1", d.local);
	fd = driver_accepted(&d, driver_listen(&d));
	assert_true(fd >= 0);
	inet_pton(AF_INET6, "2001:db8:1::2", d.local);
	len = driver_local(&d, &ss);
	fd = CALL(&d, socket, AF_INET6, SOCK_STREAM, 0);
	assert_int_equal(CALL(&d, bind, fd, (struct sockaddr *)&ss, len), -1);
	assert_int_equal(errno, EADDRNOTAVAIL);
	driver_end(&d);
}

static void configure(void **state)
{
	struct driver d;
	struct segment s;

	(void)state;
	driver_begin(&d, DRIVER_V4, "configure=route add 192.0.2.0/24 dev tun0 mtu 1000,"
		     "sysctl=net.ipv4.tcp_syn_retries=1");
	driver_listen(&d);
	driver_tcp(&d, "S", 0, 0, 0, 1000, NULL, 0);
	driver_expect_segment(&d, &s, 0, "S.", 0, 0, 1);
	/* The route's MTU less 40 */
	assert_int_equal(s.options[2] << 8 | s.options[3], 960);
	driver_end(&d);
}

/* As packetdrill does before it begins. Root may lock; for others there is a limit. */
static void with_locked_memory(void **state)
{
	struct driver d;
	int fd;

	(void)state;
	if (mlockall(MCL_CURRENT | MCL_FUTURE)) {
		print_message("# mlockall: %s\n", strerror(errno));
		assert_true(geteuid() != 0);
	}
	driver_begin(&d, DRIVER_V4, NULL);
	fd = driver_accepted(&d, driver_listen(&d));
	assert_true(fd >= 0);
	driver_end(&d);
	munlockall();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrong_flags_end_the_process),
		cmocka_unit_test(none_are_needed),
		cmocka_unit_test(sysctls),
		cmocka_unit_test(a_comma_in_a_value),
		cmocka_unit_test(release),
		cmocka_unit_test(nothing_comes),
		cmocka_unit_test(local_addresses),
		cmocka_unit_test(configure),
		cmocka_unit_test(with_locked_memory),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("flags", tests, NULL, NULL);
}
