// SPDX-License-Identifier: GPL-2.0
/*
 * dhcp6.c - messages of DHCP for IPv6 (RFC 8415; name servers by RFC 3646)
 *
 * The client is identified by its MAC address (DUID-LL, 11.4), and has one address
 * (IA_NA, 21.4). Nothing read here is trusted: every length is checked.
 */
#include "dhcp6.h"

#include <string.h>

enum {
	OPTION_CLIENT = 1,
	OPTION_SERVER = 2,
	OPTION_IA_NA = 3,
	OPTION_IA_ADDRESS = 5,
	OPTION_REQUEST = 6,
	OPTION_ELAPSED = 8,
	OPTION_STATUS = 13,
	OPTION_DNS = 23,
};

/* Bytes in front of the options of a message, an IA_NA, an address. */
enum { HEADER = 4, IA_HEADER = 12, ADDRESS_HEADER = 24, OPTION_HEADER = 4, DUID_LEN = 10 };

#define IAID 1u

static uint16_t get16(const uint8_t *at)
{
	return at[0] << 8 | at[1];
}

static uint32_t get32(const uint8_t *at)
{
	return (uint32_t)get16(at) << 16 | get16(at + 2);
}

static uint8_t *put16(uint8_t *at, uint16_t value)
{
	at[0] = value >> 8;
	at[1] = value;
	return at + 2;
}

static uint8_t *put32(uint8_t *at, uint32_t value)
{
	return put16(put16(at, value >> 16), value);
}

static uint8_t *put_option(uint8_t *at, uint16_t code, const void *value, uint16_t length)
{
	at = put16(put16(at, code), length);
	memcpy(at, value, length);
	return at + length;
}

/* Type 3, hardware type 1 (Ethernet). */
static void make_duid(uint8_t duid[DUID_LEN], const uint8_t mac[6])
{
	put16(put16(duid, 3), 1);
	memcpy(duid + 4, mac, 6);
}

static uint8_t *put_ia(uint8_t *at, const uint8_t *address)
{
	at = put16(put16(at, OPTION_IA_NA),
		   IA_HEADER + (address ? OPTION_HEADER + ADDRESS_HEADER : 0));
	at = put32(put32(put32(at, IAID), 0), 0);
	if (!address)
		return at;
	at = put16(put16(at, OPTION_IA_ADDRESS), ADDRESS_HEADER);
	memcpy(at, address, 16);
	return put32(put32(at + 16, 0), 0);
}

size_t dhcp6_write(uint8_t *message, enum dhcp6_type type, uint32_t xid,
		   const uint8_t mac[6], uint16_t elapsed, const struct dhcp6_lease *lease)
{
	bool names_server = type == DHCP6_REQUEST || type == DHCP6_RENEW;
	uint8_t duid[DUID_LEN], text[2], *at = put32(message, xid & 0xffffff);

	message[0] = type;
	make_duid(duid, mac);
	at = put_option(at, OPTION_CLIENT, duid, sizeof(duid));
	if (names_server)
		at = put_option(at, OPTION_SERVER, lease->server, lease->server_length);
	put16(text, elapsed);
	at = put_option(at, OPTION_ELAPSED, text, 2);
	put16(text, OPTION_DNS);
	at = put_option(at, OPTION_REQUEST, text, 2);
	at = put_ia(at, type != DHCP6_SOLICIT ? lease->address : NULL);
	return at - message;
}

/* ------------------------------------------------------------------ */

/**
 * next_option() - the option at *@at, which is moved behind it
 * Return: its value, or NULL at the end or where it is cut; *@at is @end then only if
 * that was the end.
 */
static const uint8_t *next_option(const uint8_t **at, const uint8_t *end, uint16_t *code,
				  uint16_t *length)
{
	const uint8_t *value = *at + OPTION_HEADER;

	if (end - *at < OPTION_HEADER || end - value < get16(*at + 2))
		return NULL;
	*code = get16(*at);
	*length = get16(*at + 2);
	*at = value + *length;
	return value;
}

/* An IA_NA's options: the first address that is valid for a time. */
static bool read_ia(struct dhcp6_lease *l, const uint8_t *ia, uint16_t size)
{
	const uint8_t *at = ia + IA_HEADER, *end = ia + size, *value;
	uint16_t code, length;

	if (size < IA_HEADER || get32(ia) != IAID)
		return size >= IA_HEADER;
	while ((value = next_option(&at, end, &code, &length))) {
		if (code != OPTION_IA_ADDRESS || length < ADDRESS_HEADER || l->has_address)
			continue;
		l->valid = get32(value + 20);
		/* Not a host's: multicast, unspecified and loopback, link-local. */
		if (!l->valid || value[0] == 0xff || !get16(value) ||
		    (value[0] == 0xfe && (value[1] & 0xc0) == 0x80))
			continue;
		memcpy(l->address, value, 16);
		l->has_address = true;
		l->renew = get32(ia + 4);
		l->rebind = get32(ia + 8);
	}
	return at == end;
}

static void read_servers(struct dhcp6_lease *l, const uint8_t *value, uint16_t length)
{
	for (; length >= 16 && l->nr_dns < DHCP6_DNS_MAX; value += 16, length -= 16)
		memcpy(l->dns[l->nr_dns++], value, 16);
}

/* RFC 8415, 21.4: where a server leaves it to the client, half and four fifths. */
static void finish_times(struct dhcp6_lease *l)
{
	bool forever = l->valid == DHCP6_FOREVER;

	if (!l->rebind || l->rebind > l->valid)
		l->rebind = forever ? DHCP6_FOREVER : (uint64_t)l->valid * 4 / 5;
	if (!l->renew || l->renew > l->rebind)
		l->renew = forever ? DHCP6_FOREVER : l->valid / 2;
	if (l->renew > l->rebind)
		l->renew = l->rebind;
}

bool dhcp6_read(const uint8_t *message, size_t size, uint32_t xid, const uint8_t mac[6],
		struct dhcp6_lease *l)
{
	const uint8_t *at = message + HEADER, *end = message + size, *value;
	uint8_t duid[DUID_LEN];
	uint16_t code, length;
	bool ours = false, fine = true;

	*l = (struct dhcp6_lease){ 0 };
	if (size < HEADER || (get32(message) & 0xffffff) != (xid & 0xffffff))
		return false;
	l->type = message[0];
	if (l->type != DHCP6_ADVERTISE && l->type != DHCP6_REPLY)
		return false;
	make_duid(duid, mac);
	while ((value = next_option(&at, end, &code, &length))) {
		if (code == OPTION_CLIENT)
			ours = length == DUID_LEN && !memcmp(value, duid, DUID_LEN);
		else if (code == OPTION_SERVER && length <= DHCP6_DUID_MAX)
			memcpy(l->server, value, l->server_length = length);
		else if (code == OPTION_IA_NA)
			fine = fine && read_ia(l, value, length);
		else if (code == OPTION_DNS)
			read_servers(l, value, length);
		else if (code == OPTION_STATUS && length >= 2 && get16(value))
			fine = false;
	}
	if (at != end || !fine || !ours || !l->server_length)
		return false;
	if (l->has_address)
		finish_times(l);
	return true;
}
