/* SPDX-License-Identifier: GPL-2.0 */
/* wire.h - frames by the RFCs, byte for byte, to compare a back end's with */
#ifndef WIRE_H
#define WIRE_H

#include <stddef.h>
#include <stdint.h>

enum {
	WIRE_ETH = 14,
	WIRE_IP = 20,
	WIRE_UDP = 8,
	WIRE_TCP = 20,
	WIRE_ICMP = 8,
	WIRE_ARP = 28,

	WIRE_FIN = 1,
	WIRE_SYN = 2,
	WIRE_RST = 4,
	WIRE_PSH = 8,
	WIRE_ACK = 16,
};

/* One end of a conversation. */
struct wire_end {
	uint8_t mac[6];
	uint32_t ip;	/* host byte order */
	uint16_t port;
};

uint16_t wire_get16(const uint8_t *p);
uint32_t wire_get32(const uint8_t *p);
uint16_t wire_checksum(const void *data, size_t len, uint32_t start);
uint32_t wire_pseudo(const struct wire_end *from, const struct wire_end *to, uint8_t protocol,
		     size_t len);

size_t wire_arp_request(uint8_t *frame, const struct wire_end *from, uint32_t ip);
size_t wire_ipv4(uint8_t *frame, const struct wire_end *from, const struct wire_end *to,
		 uint8_t protocol, size_t payload);
size_t wire_echo(uint8_t *frame, const struct wire_end *from, const struct wire_end *to,
		 uint16_t id, uint16_t sequence, size_t payload);
size_t wire_udp(uint8_t *frame, const struct wire_end *from, const struct wire_end *to,
		size_t payload);
size_t wire_tcp(uint8_t *frame, const struct wire_end *from, const struct wire_end *to,
		uint32_t seq, uint32_t ack, uint8_t flags, size_t payload);

uint8_t wire_pattern(size_t at);

#endif
