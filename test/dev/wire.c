// SPDX-License-Identifier: GPL-2.0
/*
 * wire.c - frames by the RFCs, byte for byte, to compare a back end's with
 */
#include "wire.h"

#include <string.h>

static void put16(uint8_t *p, uint16_t value)
{
	p[0] = value >> 8;
	p[1] = value;
}

static void put32(uint8_t *p, uint32_t value)
{
	put16(p, value >> 16);
	put16(p + 2, value);
}

uint16_t wire_get16(const uint8_t *p)
{
	return p[0] << 8 | p[1];
}

uint32_t wire_get32(const uint8_t *p)
{
	return (uint32_t)wire_get16(p) << 16 | wire_get16(p + 2);
}

/* What payloads are filled with; 251 is prime, so segments differ. */
uint8_t wire_pattern(size_t at)
{
	return at % 251;
}

static void fill(uint8_t *to, size_t len)
{
	for (size_t i = 0; i < len; i++)
		to[i] = wire_pattern(i);
}

/* RFC 1071; @start: a sum to go on from. Over what contains its own checksum: 0. */
uint16_t wire_checksum(const void *data, size_t len, uint32_t start)
{
	const uint8_t *p = data;
	uint64_t sum = start;

	for (size_t i = 0; i < len; i++)
		sum += i % 2 ? p[i] : p[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

/* The sum of the pseudo header (RFC 9293 3.1, RFC 768), not complemented. */
uint32_t wire_pseudo(const struct wire_end *from, const struct wire_end *to, uint8_t protocol,
		     size_t len)
{
	uint32_t sum = (from->ip >> 16) + (from->ip & 0xffff) + (to->ip >> 16) +
		       (to->ip & 0xffff) + protocol + len;

	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

/* RFC 826 */
size_t wire_arp_request(uint8_t *frame, const struct wire_end *from, uint32_t ip)
{
	static const uint8_t fixed[] = { 0x08, 0x06, 0, 1, 0x08, 0, 6, 4, 0, 1 };

	memset(frame, 0, WIRE_ETH + WIRE_ARP);
	memset(frame, 0xff, 6);
	memcpy(frame + 6, from->mac, 6);
	memcpy(frame + 12, fixed, sizeof(fixed));
	memcpy(frame + 22, from->mac, 6);
	put32(frame + 28, from->ip);
	put32(frame + 38, ip);
	return WIRE_ETH + WIRE_ARP;
}

/* RFC 791; the caller puts @payload bytes behind. Return: where. */
size_t wire_ipv4(uint8_t *frame, const struct wire_end *from, const struct wire_end *to,
		 uint8_t protocol, size_t payload)
{
	uint8_t *ip = frame + WIRE_ETH;

	memcpy(frame, to->mac, 6);
	memcpy(frame + 6, from->mac, 6);
	put16(frame + 12, 0x0800);
	memset(ip, 0, WIRE_IP);
	ip[0] = 0x45;
	put16(ip + 2, WIRE_IP + payload);
	ip[8] = 64;
	ip[9] = protocol;
	put32(ip + 12, from->ip);
	put32(ip + 16, to->ip);
	put16(ip + 10, wire_checksum(ip, WIRE_IP, 0));
	return WIRE_ETH + WIRE_IP;
}

/* RFC 792 */
size_t wire_echo(uint8_t *frame, const struct wire_end *from, const struct wire_end *to,
		 uint16_t id, uint16_t sequence, size_t payload)
{
	size_t at = wire_ipv4(frame, from, to, 1, WIRE_ICMP + payload);
	uint8_t *icmp = frame + at;

	memset(icmp, 0, WIRE_ICMP);
	icmp[0] = 8;
	put16(icmp + 4, id);
	put16(icmp + 6, sequence);
	fill(icmp + WIRE_ICMP, payload);
	put16(icmp + 2, wire_checksum(icmp, WIRE_ICMP + payload, 0));
	return at + WIRE_ICMP + payload;
}

/* RFC 768, the checksum unfinished: only the pseudo header's sum is in it. */
size_t wire_udp(uint8_t *frame, const struct wire_end *from, const struct wire_end *to,
		size_t payload)
{
	size_t at = wire_ipv4(frame, from, to, 17, WIRE_UDP + payload);
	uint8_t *udp = frame + at;

	put16(udp, from->port);
	put16(udp + 2, to->port);
	put16(udp + 4, WIRE_UDP + payload);
	put16(udp + 6, wire_pseudo(from, to, 17, WIRE_UDP + payload));
	fill(udp + WIRE_UDP, payload);
	return at + WIRE_UDP + payload;
}

/* RFC 9293, the checksum unfinished as above; no options. */
size_t wire_tcp(uint8_t *frame, const struct wire_end *from, const struct wire_end *to,
		uint32_t seq, uint32_t ack, uint8_t flags, size_t payload)
{
	size_t at = wire_ipv4(frame, from, to, 6, WIRE_TCP + payload);
	uint8_t *tcp = frame + at;

	memset(tcp, 0, WIRE_TCP);
	put16(tcp, from->port);
	put16(tcp + 2, to->port);
	put32(tcp + 4, seq);
	put32(tcp + 8, ack);
	tcp[12] = WIRE_TCP / 4 << 4;
	tcp[13] = flags;
	put16(tcp + 14, 65535);
	put16(tcp + 16, wire_pseudo(from, to, 6, WIRE_TCP + payload));
	fill(tcp + WIRE_TCP, payload);
	return at + WIRE_TCP + payload;
}
