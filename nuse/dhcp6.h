/* SPDX-License-Identifier: GPL-2.0 */
/*
 * dhcp6.h - messages of DHCP for IPv6, written and read
 */
#ifndef NUSE_DHCP6_H
#define NUSE_DHCP6_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DHCP6_CLIENT_PORT = 546, DHCP6_SERVER_PORT = 547 };

/* RFC 8415, 7.3 */
enum dhcp6_type {
	DHCP6_SOLICIT = 1,
	DHCP6_ADVERTISE = 2,
	DHCP6_REQUEST = 3,
	DHCP6_RENEW = 5,
	DHCP6_REBIND = 6,
	DHCP6_REPLY = 7,
};

#define DHCP6_FOREVER UINT32_MAX

enum { DHCP6_MESSAGE_MAX = 512, DHCP6_DUID_MAX = 130, DHCP6_DNS_MAX = 4 };

/**
 * struct dhcp6_lease - what a server says, and a client repeats
 * @server, @server_length: its identifier
 * @address: if @has_address
 * @valid, @renew, @rebind: seconds; DHCP6_FOREVER. Those not said are RFC 8415's part
 *	of what was.
 */
struct dhcp6_lease {
	enum dhcp6_type type;
	uint8_t server[DHCP6_DUID_MAX];
	uint8_t server_length;
	bool has_address;
	uint8_t address[16];
	uint32_t valid;
	uint32_t renew;
	uint32_t rebind;
	uint8_t dns[DHCP6_DNS_MAX][16];
	int nr_dns;
};

/**
 * dhcp6_write() - what a client with that MAC address says
 * @lease: of whom and what it speaks; server and address are left out where the type
 *	has none (RFC 8415, 18.2)
 * @elapsed: hundredths of a second since the exchange began
 *
 * Return: bytes written to @message of DHCP6_MESSAGE_MAX.
 */
size_t dhcp6_write(uint8_t *message, enum dhcp6_type type, uint32_t xid,
		   const uint8_t mac[6], uint16_t elapsed, const struct dhcp6_lease *lease);

/* Whether @message is an answer to @xid (24 bits) for @mac that can be used. */
bool dhcp6_read(const uint8_t *message, size_t length, uint32_t xid, const uint8_t mac[6],
		struct dhcp6_lease *lease);

#endif
