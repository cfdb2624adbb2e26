// SPDX-License-Identifier: GPL-2.0
/*
 * station.c - the host's stack as the peer: what a station on its wire may expect
 *
 * The host is 10.9.0.1 on the other side of the back end, the test is 10.9.0.2.
 * Each function is a test, one exchange with the device that is the group's state.
 */
#include "station.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "netns.h"
#include "wire.h"

enum {
	GSO_TCPV4 = 1,		/* VIRTIO_NET_HDR_GSO_…, virtio 1.2, 5.1.6 */
	GSO_UDP_L4 = 5,
	NEEDS_CSUM = 1,		/* VIRTIO_NET_HDR_F_… */
	SEGMENT = 1460,		/* 1500 - 20 - 20 */
};

static struct wire_end us = {
	.mac = { 0x02, 0, 0, 0, 0, 0x02 }, .ip = 0x0a090002, .port = 4000,
};
static struct wire_end host = { .ip = 0x0a090001, .port = 7000 };

static uint8_t frame[65536 + WIRE_ETH];

static bool is_arp_reply(const struct fake_frame *f, const void *arg)
{
	(void)arg;
	return f->len >= WIRE_ETH + WIRE_ARP && wire_get16(f->data + 12) == 0x0806 &&
	       wire_get16(f->data + 20) == 2;
}

/* Every byte of the reply is in RFC 826, but for the host's MAC address. */
static void ask_arp(struct fake *fake)
{
	static const uint8_t fixed[] = { 0x08, 0x06, 0, 1, 0x08, 0, 6, 4, 0, 2 };
	static const uint8_t host_ip[] = { 10, 9, 0, 1 }, our_ip[] = { 10, 9, 0, 2 };
	size_t len = wire_arp_request(frame, &us, host.ip);
	const struct fake_frame *reply;

	assert_int_equal(fake_send(fake, NULL, frame, len, 3), 1);
	reply = fake_wait(fake, is_arp_reply, NULL, FAKE_MS);
	assert_non_null(reply);
	assert_memory_equal(reply->data, us.mac, 6);
	memcpy(host.mac, reply->data + 6, 6);
	assert_memory_equal(reply->data + 12, fixed, sizeof(fixed));
	assert_memory_equal(reply->data + 22, host.mac, 6);
	assert_memory_equal(reply->data + 28, host_ip, 4);
	assert_memory_equal(reply->data + 32, us.mac, 6);
	assert_memory_equal(reply->data + 38, our_ip, 4);
	fake_forget(fake);
}

void station_answers_arp(void **state)
{
	ask_arp(*state);
}

static bool is_ipv4(const struct fake_frame *f, uint8_t protocol)
{
	return f->len >= WIRE_ETH + WIRE_IP && wire_get16(f->data + 12) == 0x0800 &&
	       f->data[WIRE_ETH] == 0x45 && f->data[WIRE_ETH + 9] == protocol;
}

static bool is_echo_reply(const struct fake_frame *f, const void *arg)
{
	(void)arg;
	return is_ipv4(f, 1) && f->data[34] == 0;
}

/* RFC 792: the reply has the request's identifier, sequence number and data. */
static void check_echo_reply(const struct fake_frame *reply, uint16_t sequence, size_t payload)
{
	assert_int_equal(reply->len, 14 + 20 + 8 + payload);
	assert_memory_equal(reply->data, us.mac, 6);
	assert_memory_equal(reply->data + 6, host.mac, 6);
	assert_int_equal(wire_checksum(reply->data + 14, 20, 0), 0);
	assert_int_equal(wire_get32(reply->data + 26), host.ip);
	assert_int_equal(wire_get32(reply->data + 30), us.ip);
	assert_int_equal(wire_checksum(reply->data + 34, 8 + payload, 0), 0);
	assert_int_equal(wire_get16(reply->data + 38), 0x4242);
	assert_int_equal(wire_get16(reply->data + 40), sequence);
	for (size_t i = 0; i < payload; i++)
		assert_int_equal(reply->data[42 + i], wire_pattern(i));
}

void station_answers_echo(void **state)
{
	struct fake *fake = *state;
	static const size_t payload[] = { 0, 56, 1472 };	/* 1472 fills 1500 */

	ask_arp(fake);
	for (size_t i = 0; i < sizeof(payload) / sizeof(payload[0]); i++) {
		size_t len = wire_echo(frame, &us, &host, 0x4242, i, payload[i]);
		const struct fake_frame *reply;

		assert_int_equal(fake_send(fake, NULL, frame, len, 1 + i), 1);
		reply = fake_wait(fake, is_echo_reply, NULL, FAKE_MS);
		assert_non_null(reply);
		check_echo_reply(reply, i, payload[i]);
		fake_forget(fake);
	}
}

/* Requests, 64 a transmit(); the replies come in order. */
void station_answers_many_echos(void **state)
{
	enum { n = 320 };
	struct fake *fake = *state;
	static uint8_t request[64][128];
	struct iovec iov[64];
	struct libos_frame batch[64];
	uint64_t end = fake_ms() + FAKE_MS;
	int sent = 0, got = 0;

	ask_arp(fake);
	while (sent < n) {
		int want = n - sent < 64 ? n - sent : 64;

		for (int i = 0; i < want; i++) {
			size_t len = wire_echo(request[i], &us, &host, 0x4242, sent + i, 56);

			iov[i] = (struct iovec){ request[i], len };
			batch[i] = (struct libos_frame){ .len = len, .niov = 1, .iov = &iov[i] };
		}
		sent += fake->dev.backend->transmit(&fake->dev, batch, want);
		fake_step(fake, 0);
		assert_true(fake_ms() < end);
	}
	while (got < n && fake_ms() < end) {
		fake_step(fake, 20);
		for (got = 0; got < fake->n; got++)
			;
	}
	got = 0;
	for (int i = 0; i < fake->n; i++)
		if (is_echo_reply(&fake->frame[i], NULL))
			check_echo_reply(&fake->frame[i], got++, 56);
	assert_int_equal(got, n);
	fake_forget(fake);
}

static int host_socket(int type)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(host.port) };
	struct timeval timeout = { .tv_sec = FAKE_MS / 1000 };
	int one = 1, fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	inet_pton(AF_INET, NETNS_HOST, &address.sin_addr);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)), 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

/* The checksum field lies at 6 (RFC 768); the host verifies it before it delivers. */
static const struct libos_vnet_hdr udp_hdr = {
	.flags = NEEDS_CSUM, .csum_start = 34, .csum_offset = 6,
};

void station_finishes_udp_checksum(void **state)
{
	struct fake *fake = *state;
	int fd = host_socket(SOCK_DGRAM);
	uint8_t got[2000];
	size_t len;

	ask_arp(fake);
	len = wire_udp(frame, &us, &host, 1000);
	assert_int_equal(fake_send(fake, &udp_hdr, frame, len, 2), 1);
	assert_int_equal(recv(fd, got, sizeof(got), 0), 1000);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(got[i], wire_pattern(i));
	close(fd);
}

static bool is_udp(const struct fake_frame *f, const void *arg)
{
	(void)arg;
	return is_ipv4(f, 17);
}

/* The other direction: the field holds the pseudo header's sum and no more. */
void station_sends_udp_checksum_unfinished(void **state)
{
	struct fake *fake = *state;
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(us.port) };
	const struct fake_frame *f;
	uint8_t data[100] = { 0 };
	int fd = host_socket(SOCK_DGRAM);

	ask_arp(fake);
	to.sin_addr.s_addr = htonl(us.ip);
	assert_int_equal(sendto(fd, data, sizeof(data), 0, (struct sockaddr *)&to, sizeof(to)), 100);
	f = fake_wait(fake, is_udp, NULL, FAKE_MS);
	assert_non_null(f);
	assert_int_equal(f->len, 14 + 20 + 8 + 100);
	assert_int_equal(f->hdr.flags & NEEDS_CSUM, NEEDS_CSUM);
	assert_int_equal(f->hdr.csum_start, 34);
	assert_int_equal(f->hdr.csum_offset, 6);
	assert_int_equal(wire_get16(f->data + 40), wire_pseudo(&host, &us, 17, 108));
	fake_forget(fake);
	close(fd);
}

/* One frame of 30 datagrams of 1000 bytes (in 18 pieces, as many as there can be). */
void station_cuts_udp(void **state)
{
	struct fake *fake = *state;
	struct libos_vnet_hdr hdr = udp_hdr;
	uint8_t got[2000];
	size_t len;
	int fd;

	if (!(fake->dev.config.features & LIBOS_NETDEV_USO))
		skip();
	fd = host_socket(SOCK_DGRAM);
	ask_arp(fake);
	hdr.gso_type = GSO_UDP_L4;
	hdr.gso_size = 1000;
	hdr.hdr_len = 14 + 20 + 8;
	len = wire_udp(frame, &us, &host, 30000);
	assert_int_equal(fake_send(fake, &hdr, frame, len, FAKE_PIECES), 1);
	for (int n = 0; n < 30; n++) {
		assert_int_equal(recv(fd, got, sizeof(got), 0), 1000);
		for (int i = 0; i < 1000; i++)
			assert_int_equal(got[i], wire_pattern(1000 * n + i));
	}
	close(fd);
}

static bool is_syn_ack(const struct fake_frame *f, const void *arg)
{
	(void)arg;
	return is_ipv4(f, 6) && f->len >= 54 && f->data[47] == (WIRE_SYN | WIRE_ACK);
}

static void send_tcp(struct fake *fake, uint32_t seq, uint32_t ack, uint8_t flags, size_t payload)
{
	struct libos_vnet_hdr hdr = { .flags = NEEDS_CSUM, .csum_start = 34, .csum_offset = 16 };
	size_t len = wire_tcp(frame, &us, &host, seq, ack, flags, payload);

	if (payload > SEGMENT) {
		hdr.gso_type = GSO_TCPV4;
		hdr.gso_size = SEGMENT;
		hdr.hdr_len = 14 + 20 + 20;
	}
	assert_int_equal(fake_send(fake, &hdr, frame, len, 4), 1);
}

/*
 * The host sends its first window, ten segments (RFC 6928) of 536 bytes (no MSS
 * option from us, RFC 9293 3.7.1), as one frame or few.
 */
static void receive_cut(struct fake *fake, uint32_t seq, size_t want)
{
	uint64_t end = fake_ms() + FAKE_MS;
	size_t got = 0, largest = 0;

	for (int i = 0; got < want && fake_ms() < end;) {
		if (i == fake->n) {
			fake_step(fake, 20);
			continue;
		}
		const struct fake_frame *f = &fake->frame[i++];
		size_t len = is_ipv4(f, 6) ? f->len - 54 : 0;

		if (!len || wire_get32(f->data + 38) != seq + got)
			continue;
		for (size_t k = 0; k < len; k++)
			assert_int_equal(f->data[54 + k], wire_pattern(got + k));
		if (len > 536) {
			assert_int_equal(f->hdr.gso_type, GSO_TCPV4);
			assert_int_equal(f->hdr.gso_size, 536);
			assert_int_equal(f->hdr.csum_start, 34);
			assert_int_equal(f->hdr.csum_offset, 16);
		}
		largest = len > largest ? len : largest;
		got += len;
	}
	assert_int_equal(got, want);
	assert_true(largest > 536);
}

/* A connection opened by hand; one large segment each way. */
void station_cuts_tcp(void **state)
{
	struct fake *fake = *state;
	static uint8_t data[20000], got[20000];
	int listener = host_socket(SOCK_STREAM), fd;
	const struct fake_frame *reply;
	uint32_t theirs;

	ask_arp(fake);
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = wire_pattern(i);
	assert_int_equal(listen(listener, 1), 0);
	send_tcp(fake, 999, 0, WIRE_SYN, 0);
	reply = fake_wait(fake, is_syn_ack, NULL, FAKE_MS);
	assert_non_null(reply);
	assert_int_equal(wire_get32(reply->data + 42), 1000);
	theirs = wire_get32(reply->data + 38) + 1;
	send_tcp(fake, 1000, theirs, WIRE_ACK, 0);
	fd = accept(listener, NULL, NULL);
	assert_true(fd >= 0);

	send_tcp(fake, 1000, theirs, WIRE_ACK | WIRE_PSH, sizeof(data));
	assert_int_equal(recv(fd, got, sizeof(got), MSG_WAITALL), sizeof(got));
	assert_memory_equal(got, data, sizeof(data));

	fake_forget(fake);
	assert_int_equal(send(fd, data, 5360, 0), 5360);
	receive_cut(fake, theirs, 5360);
	send_tcp(fake, 21000, theirs + 5360, WIRE_RST | WIRE_ACK, 0);
	fake_forget(fake);
	close(fd);
	close(listener);
}
