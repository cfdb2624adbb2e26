// SPDX-License-Identifier: GPL-2.0
/*
 * stream.c - the stream back end against the other end of a socketpair
 *
 * The protocol is QEMU's (qemu(1), "-netdev stream"): 4 bytes of length, most
 * significant first, and the frame.
 *
 * release: none
 */
#include <stdarg.h>
#include <setjmp.h>
#include "fake.h"
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static struct fake fake;
static int peer;

static int connect_pair(void **state)
{
	char spec[32];
	int fd[2];

	(void)state;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd))
		return -1;
	peer = fd[1];
	fcntl(peer, F_SETFL, O_NONBLOCK);
	snprintf(spec, sizeof(spec), "fd:%d", fd[0]);
	return fake_open(&fake, spec, 0);
}

static int disconnect_pair(void **state)
{
	(void)state;
	fake_close(&fake);
	if (peer >= 0)
		close(peer);
	return 0;
}

static uint8_t byte_of(uint32_t frame, uint32_t at)
{
	return frame * 7 + at % 253;
}

static void fill(uint8_t *to, uint32_t frame, uint32_t len)
{
	for (uint32_t i = 0; i < len; i++)
		to[i] = byte_of(frame, i);
}

static void put_length(uint8_t *to, uint32_t len)
{
	to[0] = len >> 24;
	to[1] = len >> 16;
	to[2] = len >> 8;
	to[3] = len;
}

static void has_no_offloads(void **state)
{
	(void)state;
	assert_int_equal(fake.dev.config.features & ~LIBOS_NETDEV_GRO, 0);
}

static void sends_length_and_frame(void **state)
{
	uint8_t frame[300], got[400];

	(void)state;
	fill(frame, 0, sizeof(frame));
	for (int pieces = 1; pieces <= FAKE_PIECES; pieces++) {
		assert_int_equal(fake_send(&fake, NULL, frame, sizeof(frame), pieces), 1);
		assert_int_equal(read(peer, got, sizeof(got)), 304);
		assert_memory_equal(got, "\0\0\x01\x2c", 4);	/* 300 */
		assert_memory_equal(got + 4, frame, 300);
	}
}

/* 100 frames at once, one too large in the middle: 99 arrive. */
static void sends_a_batch(void **state)
{
	static uint8_t data[100][100], large[70000], got[20000];
	struct iovec iov[100];
	struct libos_frame frames[100];
	size_t len = 0;
	ssize_t n;

	(void)state;
	for (int i = 0; i < 100; i++) {
		fill(data[i], i, 100);
		iov[i] = (struct iovec){ data[i], 100 };
		frames[i] = (struct libos_frame){ .len = 100, .niov = 1, .iov = &iov[i] };
	}
	iov[50] = (struct iovec){ large, sizeof(large) };
	frames[50].len = sizeof(large);
	assert_int_equal(fake.dev.backend->transmit(&fake.dev, frames, 100), 100);
	while ((n = read(peer, got + len, sizeof(got) - len)) > 0)
		len += n;
	assert_int_equal(len, 99 * 104);
	for (int i = 0, at = 0; i < 100; i++) {
		if (i == 50)
			continue;
		assert_memory_equal(got + at, "\0\0\0\x64", 4);
		assert_memory_equal(got + at + 4, data[i], 100);
		at += 104;
	}
}

/* The largest IP packet, with Ethernet's header, passes both ways. */
static void largest_frame(void **state)
{
	static uint8_t frame[4 + 65535 + 14], got[sizeof(frame)];
	size_t len = sizeof(frame) - 4, have = 0;

	(void)state;
	fill(frame + 4, 3, len);
	put_length(frame, len);
	assert_int_equal(fake_send(&fake, NULL, frame + 4, len, 18), 1);
	for (int i = 0; i < 100 && have < sizeof(got); i++) {
		ssize_t n = read(peer, got + have, sizeof(got) - have);

		have += n > 0 ? n : 0;
	}
	assert_memory_equal(got, frame, sizeof(frame));

	for (size_t at = 0; at < sizeof(frame);) {
		ssize_t n = write(peer, frame + at, sizeof(frame) - at);

		at += n > 0 ? n : 0;
		fake_step(&fake, 0);
	}
	while (fake_step(&fake, 0))
		;
	assert_int_equal(fake.n, 1);
	assert_int_equal(fake.frame[0].len, len);
	assert_memory_equal(fake.frame[0].data, frame + 4, len);
}

/* 500 frames of all lengths, cut anywhere on the way: RFC 9293's "no boundaries" */
static void receives_in_any_pieces(void **state)
{
	static uint8_t stream[500 * 1600];
	size_t len = 0, sent = 0;

	(void)state;
	srand(1);
	for (int i = 0; i < 500; i++) {
		uint32_t n = 1 + i * 3;

		put_length(stream + len, n);
		fill(stream + len + 4, i, n);
		len += 4 + n;
	}
	while (sent < len) {
		size_t n = rand() % 2 ? rand() % 8 : rand() % 5000;

		n = n > len - sent ? len - sent : n;
		assert_int_equal(write(peer, stream + sent, n), n);
		sent += n;
		fake_step(&fake, 0);
	}
	while (fake_step(&fake, 0))
		;
	assert_int_equal(fake.n, 500);
	for (int i = 0; i < 500; i++) {
		assert_int_equal(fake.frame[i].len, 1 + i * 3);
		for (uint32_t k = 0; k < fake.frame[i].len; k++)
			assert_int_equal(fake.frame[i].data[k], byte_of(i, k));
	}
}

static void receives_many_in_one_call(void **state)
{
	static uint8_t stream[200 * 64];

	(void)state;
	for (int i = 0; i < 200; i++) {
		put_length(stream + 64 * i, 60);
		fill(stream + 64 * i + 4, i, 60);
	}
	assert_int_equal(write(peer, stream, sizeof(stream)), sizeof(stream));
	fake_step(&fake, 0);
	assert_int_equal(fake.n, 200);
	assert_int_equal(fake.batches, 4);	/* 64 + 64 + 64 + 8 */
}

static void empty_frames_are_passed_over(void **state)
{
	(void)state;
	assert_int_equal(write(peer, "\0\0\0\0\0\0\0\0\0\0\0\x01x\0\0\0\0", 17), 17);
	fake_step(&fake, 0);
	assert_int_equal(fake.n, 1);
	assert_int_equal(fake.frame[0].data[0], 'x');
	assert_true(fake.carrier);
}

/* Takes what the peer has been sent so far, and counts whole frames of 1000 bytes. */
static int drain(uint8_t *hold, size_t *have, uint32_t *next)
{
	ssize_t n = read(peer, hold + *have, 3000);
	int frames = 0;

	*have += n > 0 ? n : 0;
	for (; *have >= 1004; frames++) {
		assert_memory_equal(hold, "\0\0\x03\xe8", 4);
		for (int i = 0; i < 1000; i++)
			assert_int_equal(hold[4 + i], byte_of(*next, i));
		++*next;
		*have -= 1004;
		memmove(hold, hold + 1004, *have);
	}
	return frames;
}

/* A peer that does not read stops the device; nothing is lost or torn. */
static void slow_peer_stops_and_goes_on(void **state)
{
	static uint8_t hold[8000];
	uint8_t frame[1000];
	uint32_t next = 0;
	size_t have = 0;
	int sent = 0;

	(void)state;
	for (int rounds = 0; rounds < 3; rounds++) {
		int wakes = fake.wakes;

		for (;;) {
			fill(frame, sent, sizeof(frame));
			if (!fake_send(&fake, NULL, frame, sizeof(frame), 3))
				break;
			assert_in_range(++sent, 0, 100000);
		}
		assert_true(fake.want_write);
		while (fake.wakes == wakes) {
			assert_true(drain(hold, &have, &next) >= 0);
			fake_step(&fake, 0);
			assert_in_range(next, 0, sent);
		}
		assert_false(fake.want_write);
	}
	for (int i = 0; i < 100000 && next < (uint32_t)sent; i++)
		drain(hold, &have, &next);
	assert_int_equal(next, sent);
	assert_int_equal(have, 0);
}

enum { RACE_FRAMES = 16000 };

static void *race_send(void *arg)
{
	static uint8_t data[16][1500];
	struct iovec iov[16];
	struct libos_frame frames[16];

	(void)arg;
	for (int sent = 0; sent < RACE_FRAMES; sent += 16) {
		for (int i = 0; i < 16; i++) {
			uint32_t len = 4 + (sent + i) * 13 % 1400;

			fill(data[i], sent + i, len);
			iov[i] = (struct iovec){ data[i], len };
			frames[i] = (struct libos_frame){ .len = len, .niov = 1, .iov = &iov[i] };
		}
		fake_send_blocking(&fake, frames, 16);
	}
	return NULL;
}

/* transmit() beside writable(), the peer's buffer as small as can be. */
static void sending_beside_the_service_thread(void **state)
{
	static uint8_t hold[65536];
	size_t have = 0, at;
	uint32_t next = 0;
	int small = 1;
	pthread_t thread;

	(void)state;
	setsockopt(fake.dev.fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	fake_serve(&fake);
	assert_int_equal(pthread_create(&thread, NULL, race_send, NULL), 0);
	while (next < RACE_FRAMES) {
		struct pollfd p = { .fd = peer, .events = POLLIN };
		ssize_t n;

		assert_int_equal(poll(&p, 1, FAKE_MS), 1);
		n = read(peer, hold + have, sizeof(hold) - have);
		assert_true(n > 0);
		have += n;
		for (at = 0; have - at >= 4; next++) {
			uint32_t len = hold[at + 2] << 8 | hold[at + 3];

			if (have - at - 4 < len)
				break;
			assert_int_equal(len, 4 + next * 13 % 1400);
			assert_int_equal(hold[at + 4], byte_of(next, 0));
			assert_int_equal(hold[at + 3 + len], byte_of(next, len - 1));
			at += 4 + len;
		}
		have -= at;
		memmove(hold, hold + at, have);
	}
	pthread_join(thread, NULL);
	fake_serve_end(&fake);
	assert_int_equal(have, 0);
	assert_true(fake.wakes > 0);
}

static void check_link_is_down(void)
{
	uint8_t frame[60] = { 0 };

	for (int i = 0; i < 20 && fake.carrier; i++)
		fake_step(&fake, 5);
	assert_false(fake.carrier);
	assert_false(fake_step(&fake, FAKE_QUIET_MS));
	assert_int_equal(fake_send(&fake, NULL, frame, sizeof(frame), 1), 1);
}

static void peer_that_closes_is_a_link_down(void **state)
{
	(void)state;
	assert_int_equal(write(peer, "\0\0\0\x01x\0\0\0\x02y", 10), 10);
	close(peer);
	peer = -1;
	check_link_is_down();
	assert_int_equal(fake.n, 1);
}

/* The queue does not stay stopped: what is sent to nobody is lost. */
static void peer_that_closes_while_full(void **state)
{
	uint8_t frame[1000] = { 0 };

	(void)state;
	while (fake_send(&fake, NULL, frame, sizeof(frame), 1))
		;
	close(peer);
	peer = -1;
	check_link_is_down();
	assert_int_equal(fake.wakes, 1);
}

/* No frame is that long: another protocol. The peer sees the connection end. */
static void impossible_length_is_a_link_down(void **state)
{
	static const char *const bad[] = { "\xff\xff\xff\xff", "\x80\0\0\0", "\0\x01\x10\x01", "GET " };
	char c;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(write(peer, "\0\0\0\x01x", 5), 5);
		assert_int_equal(write(peer, bad[i], 4), 4);
		check_link_is_down();
		assert_int_equal(fake.n, 1);
		assert_int_equal(read(peer, &c, 1), 0);
		disconnect_pair(state);
		assert_int_equal(connect_pair(state), 0);
	}
}

/* Whatever arrives: no crash, no endless loop, no frame out of range. */
static void random_bytes(void **state)
{
	uint8_t junk[4096];

	srand(2);
	for (int i = 0; i < 2000; i++) {
		size_t len = rand() % sizeof(junk);

		for (size_t k = 0; k < len; k++)
			junk[k] = rand() % 3 ? 0 : rand();
		if (write(peer, junk, len) < 0)
			assert_false(fake.carrier);
		fake_step(&fake, 0);
		for (int k = 0; k < fake.n; k++)
			assert_in_range(fake.frame[k].len, 1, 65536 + 4096);
		fake_forget(&fake);
		if (!fake.carrier) {
			disconnect_pair(state);
			assert_int_equal(connect_pair(state), 0);
		}
	}
}

static struct fake second;

static void connects_to_a_path(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char directory[] = "/tmp/stream-XXXXXX", spec[128], frame[60] = { 0 };
	int listener, fd;

	(void)state;
	assert_non_null(mkdtemp(directory));
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/s", directory);
	snprintf(spec, sizeof(spec), "stream:%s", address.sun_path);

	assert_int_equal(fake_open(&second, spec, 0), -ENOENT);
	assert_non_null(strstr(fake_error(), "start the program"));

	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(fake_open(&second, spec, 0), -ECONNREFUSED);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(fake_open(&second, spec, 0), 0);
	fd = accept(listener, NULL, NULL);
	assert_true(fd >= 0);
	assert_int_equal(fake_send(&second, NULL, frame, sizeof(frame), 1), 1);
	assert_int_equal(read(fd, frame, 4), 4);
	assert_memory_equal(frame, "\0\0\0\x3c", 4);
	fake_close(&second);
	close(fd);
	close(listener);
	unlink(address.sun_path);
	rmdir(directory);
}

static void errors_name_the_mend(void **state)
{
	char spec[256] = "stream:/";
	int fd[2];

	(void)state;
	memset(spec + 8, 'x', 108);
	assert_int_equal(fake_open(&second, spec, 0), -EINVAL);
	assert_int_equal(fake_open(&second, "stream:", 0), -EINVAL);
	assert_int_equal(fake_open(&second, "fd:", 0), -EINVAL);
	assert_int_equal(fake_open(&second, "fd:x", 0), -EINVAL);
	assert_int_equal(fake_open(&second, "fd:-1", 0), -EINVAL);
	assert_int_equal(fake_open(&second, "fd:4294967296", 0), -EINVAL);
	assert_int_equal(fake_open(&second, "fd:9999", 0), -EBADF);
	assert_non_null(strstr(fake_error(), "9999 is not a connected stream socket"));
	assert_int_equal(pipe(fd), 0);
	snprintf(spec, sizeof(spec), "fd:%d", fd[0]);
	assert_int_equal(fake_open(&second, spec, 0), -ENOTSOCK);
	close(fd[0]);
	close(fd[1]);
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, fd), 0);
	snprintf(spec, sizeof(spec), "fd:%d", fd[0]);
	assert_int_equal(fake_open(&second, spec, 0), -EPROTOTYPE);
	close(fd[0]);
	close(fd[1]);
	fd[0] = socket(AF_UNIX, SOCK_STREAM, 0);
	snprintf(spec, sizeof(spec), "fd:%d", fd[0]);
	assert_int_equal(fake_open(&second, spec, 0), -ENOTCONN);
	close(fd[0]);
}

#define PAIR_TEST(f) cmocka_unit_test_setup_teardown(f, connect_pair, disconnect_pair)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PAIR_TEST(has_no_offloads),
		PAIR_TEST(sends_length_and_frame),
		PAIR_TEST(sends_a_batch),
		PAIR_TEST(largest_frame),
		PAIR_TEST(receives_in_any_pieces),
		PAIR_TEST(receives_many_in_one_call),
		PAIR_TEST(empty_frames_are_passed_over),
		PAIR_TEST(slow_peer_stops_and_goes_on),
		PAIR_TEST(sending_beside_the_service_thread),
		PAIR_TEST(peer_that_closes_is_a_link_down),
		PAIR_TEST(peer_that_closes_while_full),
		PAIR_TEST(impossible_length_is_a_link_down),
		PAIR_TEST(random_bytes),
		cmocka_unit_test(connects_to_a_path),
		cmocka_unit_test(errors_name_the_mend),
	};

	signal(SIGPIPE, SIG_IGN);	/* of the peer's writes; the back end raises none */
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("stream", tests, NULL, NULL);
}
