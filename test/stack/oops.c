// SPDX-License-Identifier: GPL-2.0
/*
 * oops.c - when kernel code uses a bad pointer of its own, its stack ends, with names
 *
 * The bug is made by hand: a pointer in the kernel's data, found by its name in the image's
 * symbols, is spoiled. The stack says where it went wrong, its callers get EIO, and
 * neither the process nor its other stack takes notice.
 */
#include "stack.h"

#include <linux/sockios.h>
#include <net/if_arp.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

/* Nothing is ever mapped there (vm.mmap_min_addr). */
#define NOWHERE 0x20ul

static struct libos *os, *other;
static unsigned long base;
static char log_text[65536];
static size_t log_len;

static void on_console(void *arg, const char *text, size_t len)
{
	(void)arg;
	if (log_len + len < sizeof(log_text)) {
		memcpy(log_text + log_len, text, len);
		log_len += len;
		log_text[log_len] = 0;
	}
}

/* Where the image that was mapped first is; the other stack's comes later. */
static unsigned long image_base(void)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	unsigned long start, offset, at = 0;
	char line[512];

	must(maps);
	while (!at && fgets(line, sizeof(line), maps))
		if (strstr(line, "/liblinux-") &&
		    sscanf(line, "%lx-%*x %*s %lx", &start, &offset) == 2 && !offset)
			at = start;
	must(at && !fclose(maps));
	return at;
}

/* A symbol's address, and its size. */
static unsigned long *symbol(const char *name, size_t *size)
{
	unsigned long at = 0;
	char command[512];
	FILE *nm;

	snprintf(command, sizeof(command),
		 "nm -S %s/liblinux-%s.so | awk '$4 == \"%s\" { print $1, $2 }'",
		 getenv("LIBOS_IMAGE_PATH"), getenv("LIBOS_RELEASE"), name);
	nm = popen(command, "re");
	must(nm && fscanf(nm, "%lx %lx", &at, size) == 2);
	must(!pclose(nm));
	return (unsigned long *)(base + at);
}

/* The pointer to @function in the object @name leads nowhere from now on. */
static void spoil(const char *name, const char *function)
{
	unsigned long *object, old;
	size_t size, ignored, i;

	old = (unsigned long)symbol(function, &ignored);
	object = symbol(name, &size);
	for (i = 0; i < size / sizeof(*object); i++) {
		if (object[i] != old)
			continue;
		object[i] = NOWHERE;
		return;
	}
	must(!"a pointer of that name");
}

static void *block(void *arg)
{
	struct timespec ts = { .tv_sec = 1000 };

	(void)arg;
	must(libos_nanosleep(os, &ts, NULL) == -1);
	return (void *)(long)errno;
}

/* In the test itself: cmocka's own handlers of faults come before each function of its. */
static pthread_t open_stacks(void)
{
	struct libos_options o = { .console = on_console };
	pthread_t blocked;

	log_len = 0;
	os = stack_open_lo(&o);
	base = image_base();
	other = stack_open_lo(NULL);
	must(!pthread_create(&blocked, NULL, block, NULL));
	return blocked;
}

/* Every line of the backtrace has a name; @first is in the first, @caller in another. */
static void check_report(const char *first, const char *caller)
{
	const char *line = strstr(log_text, "libos: kernel oops: unable to handle access");
	const char *found = NULL;
	int n = 0;

	assert_non_null(line);
	assert_non_null(strstr(line, "address 0000000000000020"));
	while ((line = strstr(line, "libos:   [<"))) {
		const char *end = strchr(line, '\n'), *name = strstr(line, "] ");

		assert_true(end && name && name < end);
		name += 2;
		if (!n++) {
			assert_memory_equal(name, first, strlen(first));
		} else {
			assert_true(memcmp(name, "0x", 2));
			if (!strncmp(name, caller, strlen(caller)))
				found = name;
		}
		line = end;
	}
	assert_non_null(found);
}

static void check_dead(pthread_t blocked)
{
	void *err;

	assert_int_equal(libos_socket(os, AF_INET, SOCK_STREAM, 0), -1);
	assert_int_equal(errno, EIO);
	assert_int_equal(pthread_join(blocked, &err), 0);
	assert_int_equal((long)err, EIO);
	stack_tcp_echo(other, 7000);
	assert_int_equal(libos_close(os), 0);
	stack_tcp_echo(other, 7000);
	assert_int_equal(libos_close(other), 0);
}

/* fs/proc/cmdline.c puts out what it points to. */
static void a_bad_pointer_in_a_system_call(void **state)
{
	pthread_t blocked = open_stacks();
	size_t size;
	char text[16];
	int fd;

	(void)state;
	fd = libos_open_file(os, "/proc/cmdline", O_RDONLY, 0);
	assert_true(fd >= 0);
	*symbol("saved_command_line", &size) = NOWHERE;
	assert_int_equal(libos_read(os, fd, text, sizeof(text)), -1);
	assert_int_equal(errno, EIO);
	check_report("strlen+0x", "cmdline_proc_show+0x");
	check_dead(blocked);
}

/* net/ipv4/af_inet.c asks the protocol for what it does not know itself. */
static void a_call_to_nowhere(void **state)
{
	pthread_t blocked = open_stacks();
	int fd, n;

	(void)state;
	fd = libos_socket(os, AF_INET, SOCK_STREAM, 0);
	assert_int_equal(libos_ioctl(os, fd, SIOCOUTQ, &n), 0);
	spoil("tcp_prot", "tcp_ioctl");
	assert_int_equal(libos_ioctl(os, fd, SIOCOUTQ, &n), -1);
	assert_int_equal(errno, EIO);
	check_report("0x20", "sock_do_ioctl+0x");
	check_dead(blocked);
}

static int lose(void *arg, const struct libos_frame *frames, int n)
{
	(void)arg;
	(void)frames;
	return n;
}

/* No system call: a frame comes, and goes up in a softirq, on the interrupts' stack. */
static void in_an_interrupt(void **state)
{
	static uint8_t frame[60] = {
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1, 0x08, 0x06,
	};
	const struct libos_netdev_ops ops = { .transmit = lose };
	struct iovec iov = { frame, sizeof(frame) };
	struct libos_frame f = { .len = sizeof(frame), .niov = 1, .iov = &iov };
	struct libos_netdev_config config = { .name = "eth0" };
	struct libos_netdev *dev;
	pthread_t blocked = open_stacks();

	(void)state;
	dev = libos_netdev_create(os, &config, &ops, NULL);
	must(dev && !libos_configure(os, "link set eth0 up"));
	assert_int_equal(libos_netdev_receive(dev, &f, 1), 0);
	spoil("arp_packet_type", "arp_rcv");
	libos_netdev_receive(dev, &f, 1);
	check_report("0x20", "__netif_receive_skb");
	assert_int_equal(libos_netdev_receive(dev, &f, 1), -1);
	assert_int_equal(errno, EIO);
	check_dead(blocked);
}

static uint8_t *unmapped;
static int repairs;

static void repair(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	if (info->si_addr != unmapped || mprotect(unmapped, 4096, PROT_READ))
		_exit(3);
	repairs++;
}

static int touch(void *arg, const struct libos_frame *frames, int n)
{
	(void)arg;
	(void)frames;
	must(*(volatile uint8_t *)unmapped == 0);
	return n;
}

/* It runs on the kernel's stack, too, but is none of its business. */
static void a_callback_faults_for_its_program(void **state)
{
	const struct sigaction action = { .sa_sigaction = repair, .sa_flags = SA_SIGINFO };
	const struct libos_netdev_ops ops = { .transmit = touch };
	struct libos_netdev_config config = { .name = "eth0" };
	struct sigaction before;
	int fd;

	(void)state;
	unmapped = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	must(unmapped != MAP_FAILED && !sigaction(SIGSEGV, &action, &before));
	os = stack_open_lo(NULL);
	must(libos_netdev_create(os, &config, &ops, NULL));
	must(!libos_configure(os, "addr add 10.0.0.1/24 dev eth0; link set eth0 up"));
	/* Who has 10.0.0.2? */
	fd = libos_socket(os, AF_INET, SOCK_DGRAM, 0);
	assert_true(fd >= 0 && !stack_connect(os, fd, "10.0.0.2", 7));
	assert_int_equal(libos_send(os, fd, "", 1, 0), 1);
	assert_int_equal(repairs, 1);
	stack_tcp_echo(os, 7000);
	assert_int_equal(libos_close(os), 0);
	must(!sigaction(SIGSEGV, &before, NULL) && !munmap(unmapped, 4096));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bad_pointer_in_a_system_call),
		cmocka_unit_test(a_call_to_nowhere),
		cmocka_unit_test(in_an_interrupt),
		cmocka_unit_test(a_callback_faults_for_its_program),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	must(getenv("LIBOS_IMAGE_PATH") && getenv("LIBOS_RELEASE"));
	return cmocka_run_group_tests_name("oops", tests, NULL, NULL);
}
