// SPDX-License-Identifier: GPL-2.0
/*
 * abi.c - the structure that packetdrill fills in is the one that it reads
 * release: none
 *
 * The order of its members, all of them pointers, is packetdrill.h's of
 * gtests/net/packetdrill.
 */
#include "../stack/stack.h"

#include <dlfcn.h>

#include "../../packetdrill/packetdrill.h"

#define MEMBER(name) { #name, offsetof(struct packetdrill_interface, name) }

static const struct { const char *name; size_t offset; } members[] = {
	MEMBER(userdata), MEMBER(free),
	MEMBER(socket), MEMBER(bind), MEMBER(listen), MEMBER(accept), MEMBER(connect),
	MEMBER(read), MEMBER(readv), MEMBER(recv), MEMBER(recvfrom), MEMBER(recvmsg),
	MEMBER(write), MEMBER(writev), MEMBER(send), MEMBER(sendto), MEMBER(sendmsg),
	MEMBER(fcntl), MEMBER(ioctl), MEMBER(close), MEMBER(shutdown),
	MEMBER(getsockopt), MEMBER(setsockopt), MEMBER(poll),
	MEMBER(netdev_send), MEMBER(netdev_receive), MEMBER(usleep), MEMBER(gettimeofday),
	MEMBER(epoll_create), MEMBER(epoll_ctl), MEMBER(epoll_wait), MEMBER(pipe),
	MEMBER(splice),
};

static void members_are_in_order(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < STACK_COUNT(members); i++)
		if (members[i].offset != i * sizeof(void *))
			fail_msg("%s is at %zu", members[i].name, members[i].offset);
	assert_int_equal(sizeof(struct packetdrill_interface), i * sizeof(void *));
}

/* And none of them is missing; nothing behind it is touched. */
static void all_are_filled_in(void **state)
{
	void *handle = dlopen("build/libos-packetdrill.so", RTLD_NOW | RTLD_LOCAL);
	struct { struct packetdrill_interface ifc; void *guard; } s = { .guard = &s };
	packetdrill_interface_init_fn *init;
	void *pointers[STACK_COUNT(members)];
	unsigned int i;

	(void)state;
	must(handle);
	init = (packetdrill_interface_init_fn *)dlsym(handle, "packetdrill_interface_init");
	must(init);
	init(NULL, &s.ifc);
	memcpy(pointers, &s.ifc, sizeof(pointers));
	for (i = 0; i < STACK_COUNT(members); i++)
		assert_non_null(pointers[i]);
	assert_ptr_equal(s.guard, &s);
	s.ifc.free(s.ifc.userdata);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_are_in_order),
		cmocka_unit_test(all_are_filled_in),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("abi", tests, NULL, NULL);
}
