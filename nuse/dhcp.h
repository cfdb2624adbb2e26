/* SPDX-License-Identifier: GPL-2.0 */
/*
 * dhcp.h - packets of DHCP for IPv4, written and read
 */
#ifndef NUSE_DHCP_H
#define NUSE_DHCP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DHCP_SERVER_PORT = 67, DHCP_CLIENT_PORT = 68 };

/* RFC 2132, 9.6 */
enum dhcp_type {
	DHCP_DISCOVER = 1,
	DHCP_OFFER = 2,
	DHCP_REQUEST = 3,
	DHCP_DECLINE = 4,
	DHCP_ACK = 5,
	DHCP_NAK = 6,
	DHCP_RELEASE = 7,
};

#define DHCP_FOREVER UINT32_MAX

enum { DHCP_DNS_MAX = 4, DHCP_PACKET_MAX = 1472, DHCP_FRAME_MAX = 1500 };

/**
 * struct dhcp_message - what a client says; addresses in network byte order
 * @xid: any, the same for an exchange
 * @secs: since it began
 * @mac: the client's
 * @ciaddr: address that it has and uses, or 0
 * @requested, @server: options 50 and 54, or 0
 */
struct dhcp_message {
	enum dhcp_type type;
	uint32_t xid;
	uint16_t secs;
	uint8_t mac[6];
	uint32_t ciaddr;
	uint32_t requested;
	uint32_t server;
};

/**
 * struct dhcp_answer - what a server says; addresses in network byte order
 * @router, @server: 0 if not said
 * @prefix: length of the netmask
 * @mtu: 0 if not said
 * @lease, @renew, @rebind: seconds; DHCP_FOREVER. Those not said are RFC 2131's part
 *	of @lease.
 * @domain: "" if not said, or not a domain's name
 */
struct dhcp_answer {
	enum dhcp_type type;
	uint32_t address;
	uint32_t server;
	uint32_t router;
	unsigned int prefix;
	uint32_t dns[DHCP_DNS_MAX];
	int nr_dns;
	unsigned int mtu;
	uint32_t lease;
	uint32_t renew;
	uint32_t rebind;
	char domain[256];
};

/* Return: bytes written to @packet of DHCP_PACKET_MAX, at least 300 (RFC 1542, 2.1) */
size_t dhcp_write(uint8_t *packet, const struct dhcp_message *message);

/* Whether @packet is an answer to @xid for @mac that can be used. */
bool dhcp_read(const uint8_t *packet, size_t length, uint32_t xid, const uint8_t mac[6],
	       struct dhcp_answer *answer);

/* IP and UDP in front, from nobody to everybody. Return: bytes of @frame. */
size_t dhcp_wrap(uint8_t *frame, const uint8_t *packet, size_t length);

/*
 * The DHCP packet in an IP packet to a client's port, or NULL. @finished: checksums were
 * filled in by the sender.
 */
const uint8_t *dhcp_unwrap(const uint8_t *frame, size_t length, bool finished,
			   size_t *packet_length);

#endif
