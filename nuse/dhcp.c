// SPDX-License-Identifier: GPL-2.0
/*
 * dhcp.c - packets of DHCP for IPv4 (RFC 2131, options by RFC 2132)
 *
 * Nothing read here is trusted: every length is checked, and an answer whose address
 * cannot be a host's is none.
 */
#include "dhcp.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>

/* Offsets in a packet, RFC 2131, 2. */
enum {
	AT_OP = 0, AT_HTYPE = 1, AT_HLEN = 2, AT_XID = 4, AT_SECS = 8, AT_FLAGS = 10,
	AT_CIADDR = 12, AT_YIADDR = 16, AT_CHADDR = 28, AT_SNAME = 44, AT_FILE = 108,
	AT_COOKIE = 236, AT_OPTIONS = 240,
	SNAME_LEN = 64, FILE_LEN = 128,
	LENGTH_MIN = 300,
};

enum {
	OPTION_PAD = 0,
	OPTION_NETMASK = 1,
	OPTION_ROUTER = 3,
	OPTION_DNS = 6,
	OPTION_DOMAIN = 15,
	OPTION_MTU = 26,
	OPTION_REQUESTED = 50,
	OPTION_LEASE = 51,
	OPTION_OVERLOAD = 52,
	OPTION_TYPE = 53,
	OPTION_SERVER = 54,
	OPTION_PARAMETERS = 55,
	OPTION_SIZE_MAX = 57,
	OPTION_RENEW = 58,
	OPTION_REBIND = 59,
	OPTION_END = 255,
};

/* IPv4 and UDP, RFC 791 and 768. */
enum { IP_LEN = 20, UDP_LEN = 8, IP_UDP = 17, TTL = 64 };

static const uint8_t cookie[4] = { 99, 130, 83, 99 };

static uint16_t get16(const uint8_t *at)
{
	return at[0] << 8 | at[1];
}

static uint32_t get32(const uint8_t *at)
{
	return (uint32_t)get16(at) << 16 | get16(at + 2);
}

static void put16(uint8_t *at, uint16_t value)
{
	at[0] = value >> 8;
	at[1] = value;
}

/* ------------------------------------------------------------------ *
 * Writing
 */

static uint8_t *put_option(uint8_t *at, uint8_t code, const void *value, uint8_t length)
{
	*at++ = code;
	*at++ = length;
	memcpy(at, value, length);
	return at + length;
}

size_t dhcp_write(uint8_t *packet, const struct dhcp_message *message)
{
	static const uint8_t parameters[] = {
		OPTION_NETMASK, OPTION_ROUTER, OPTION_DNS, OPTION_DOMAIN, OPTION_MTU,
		OPTION_LEASE, OPTION_RENEW, OPTION_REBIND,
	};
	uint8_t size_max[2], type = message->type, *at = packet + AT_OPTIONS;
	uint32_t xid = htonl(message->xid);

	memset(packet, 0, LENGTH_MIN);
	packet[AT_OP] = 1;
	packet[AT_HTYPE] = 1;
	packet[AT_HLEN] = 6;
	memcpy(packet + AT_XID, &xid, 4);
	put16(packet + AT_SECS, message->secs);
	/* No broadcast flag: a packet socket hears what comes for any address. */
	memcpy(packet + AT_CIADDR, &message->ciaddr, 4);
	memcpy(packet + AT_CHADDR, message->mac, 6);
	memcpy(packet + AT_COOKIE, cookie, sizeof(cookie));
	at = put_option(at, OPTION_TYPE, &type, 1);
	if (message->requested)
		at = put_option(at, OPTION_REQUESTED, &message->requested, 4);
	if (message->server)
		at = put_option(at, OPTION_SERVER, &message->server, 4);
	put16(size_max, DHCP_FRAME_MAX);
	at = put_option(at, OPTION_SIZE_MAX, size_max, 2);
	at = put_option(at, OPTION_PARAMETERS, parameters, sizeof(parameters));
	*at++ = OPTION_END;
	return at - packet < LENGTH_MIN ? LENGTH_MIN : (size_t)(at - packet);
}

/* One's complement sum, RFC 1071. @sum: of what was before, of even length */
static uint32_t add_up(const uint8_t *data, size_t length, uint32_t sum)
{
	for (; length > 1; data += 2, length -= 2)
		sum += get16(data);
	if (length)
		sum += data[0] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

/* Of the pseudo header and what follows it. @ip: with its header */
static uint16_t udp_sum(const uint8_t *ip, const uint8_t *udp, size_t length)
{
	return add_up(udp, length, add_up(ip + 12, 8, IP_UDP + length));
}

size_t dhcp_wrap(uint8_t *frame, const uint8_t *packet, size_t length)
{
	uint8_t *udp = frame + IP_LEN;
	uint16_t sum;

	memset(frame, 0, IP_LEN + UDP_LEN);
	frame[0] = 0x45;
	put16(frame + 2, IP_LEN + UDP_LEN + length);
	frame[8] = TTL;
	frame[9] = IP_UDP;
	memset(frame + 16, 0xff, 4);
	put16(frame + 10, ~add_up(frame, IP_LEN, 0));
	put16(udp, DHCP_CLIENT_PORT);
	put16(udp + 2, DHCP_SERVER_PORT);
	put16(udp + 4, UDP_LEN + length);
	memcpy(udp + UDP_LEN, packet, length);
	sum = ~udp_sum(frame, udp, UDP_LEN + length);
	put16(udp + 6, sum ? sum : 0xffff);
	return IP_LEN + UDP_LEN + length;
}

/* ------------------------------------------------------------------ *
 * Reading
 */

const uint8_t *dhcp_unwrap(const uint8_t *frame, size_t length, bool finished,
			   size_t *packet_length)
{
	size_t header, total, udp_length;
	const uint8_t *udp;

	if (length < IP_LEN || frame[0] >> 4 != 4)
		return NULL;
	header = (frame[0] & 15) * 4;
	total = get16(frame + 2);
	if (header < IP_LEN || total > length || total < header + UDP_LEN)
		return NULL;
	/* Not a fragment; the first one has no more than a part, either. */
	if (frame[9] != IP_UDP || get16(frame + 6) & 0x3fff ||
	    add_up(frame, header, 0) != 0xffff)
		return NULL;
	udp = frame + header;
	udp_length = get16(udp + 4);
	if (udp_length < UDP_LEN || udp_length > total - header ||
	    get16(udp) != DHCP_SERVER_PORT || get16(udp + 2) != DHCP_CLIENT_PORT)
		return NULL;
	if (finished && get16(udp + 6) && udp_sum(frame, udp, udp_length) != 0xffff)
		return NULL;
	*packet_length = udp_length - UDP_LEN;
	return udp + UDP_LEN;
}

/* A domain's name and nothing else: it goes into resolv.conf. */
static void read_domain(char *domain, const uint8_t *value, size_t length)
{
	size_t i;

	while (length && !value[length - 1])
		length--;
	for (i = 0; i < length; i++)
		if (!isalnum(value[i]) && !strchr("-._", value[i]))
			return;
	memcpy(domain, value, length);
	domain[length] = '\0';
}

/* -1: not a netmask */
static int mask_length(uint32_t mask)
{
	int length = __builtin_popcount(mask);
	uint32_t rest = length ? UINT32_MAX << (32 - length) : 0;

	return mask == rest ? length : -1;
}

static void read_option(struct dhcp_answer *a, uint8_t code, const uint8_t *value,
			size_t length)
{
	int mask;
	size_t i;

	switch (code) {
	case OPTION_TYPE:
		if (length == 1)
			a->type = value[0];
		break;
	case OPTION_NETMASK:
		mask = length == 4 ? mask_length(get32(value)) : -1;
		if (mask > 0)
			a->prefix = mask;
		break;
	case OPTION_ROUTER:
		if (length >= 4)
			memcpy(&a->router, value, 4);
		break;
	case OPTION_SERVER:
		if (length == 4)
			memcpy(&a->server, value, 4);
		break;
	case OPTION_DNS:
		for (i = 0; i + 4 <= length && a->nr_dns < DHCP_DNS_MAX; i += 4)
			memcpy(&a->dns[a->nr_dns++], value + i, 4);
		break;
	case OPTION_DOMAIN:
		read_domain(a->domain, value, length);
		break;
	case OPTION_MTU:
		/* RFC 2132, 5.1: at least 68; and IPv6's least is 1280, below is a fault */
		if (length == 2 && get16(value) >= 576)
			a->mtu = get16(value);
		break;
	case OPTION_LEASE:
		if (length == 4)
			a->lease = get32(value);
		break;
	case OPTION_RENEW:
		if (length == 4)
			a->renew = get32(value);
		break;
	case OPTION_REBIND:
		if (length == 4)
			a->rebind = get32(value);
		break;
	}
}

/* @overload: receives option 52 */
static bool read_options(struct dhcp_answer *a, const uint8_t *at, size_t length,
			 uint8_t *overload)
{
	const uint8_t *end = at + length;

	while (at < end && *at != OPTION_END) {
		if (*at == OPTION_PAD) {
			at++;
			continue;
		}
		if (end - at < 2 || end - at - 2 < at[1])
			return false;
		if (*at == OPTION_OVERLOAD && at[1] == 1)
			*overload = at[2];
		read_option(a, at[0], at + 2, at[1]);
		at += 2 + at[1];
	}
	return true;
}

/* Without the class A, B, C rules: a netmask is always said, or the link is a point. */
static bool is_host(uint32_t address)
{
	uint32_t a = ntohl(address);

	return a >> 24 && a >> 24 != 127 && a >> 24 < 224;
}

/* RFC 2131, 4.4.5: half and seven eighths. What contradicts itself is not followed. */
static void finish_times(struct dhcp_answer *a)
{
	bool forever = a->lease == DHCP_FOREVER;

	if (!a->rebind || a->rebind > a->lease)
		a->rebind = forever ? DHCP_FOREVER : (uint64_t)a->lease * 7 / 8;
	if (!a->renew || a->renew > a->rebind)
		a->renew = forever ? DHCP_FOREVER : a->lease / 2;
	if (a->renew > a->rebind)
		a->renew = a->rebind;
}

bool dhcp_read(const uint8_t *packet, size_t length, uint32_t xid, const uint8_t mac[6],
	       struct dhcp_answer *a)
{
	uint8_t overload = 0, ignored;

	*a = (struct dhcp_answer){ .prefix = 32 };
	if (length < AT_OPTIONS || packet[AT_OP] != 2 || packet[AT_HTYPE] != 1 ||
	    packet[AT_HLEN] != 6 || get32(packet + AT_XID) != xid ||
	    memcmp(packet + AT_CHADDR, mac, 6) ||
	    memcmp(packet + AT_COOKIE, cookie, sizeof(cookie)))
		return false;
	if (!read_options(a, packet + AT_OPTIONS, length - AT_OPTIONS, &overload))
		return false;
	if (overload & 1 && !read_options(a, packet + AT_FILE, FILE_LEN, &ignored))
		return false;
	if (overload & 2 && !read_options(a, packet + AT_SNAME, SNAME_LEN, &ignored))
		return false;
	memcpy(&a->address, packet + AT_YIADDR, 4);
	if (a->type == DHCP_NAK)
		return true;
	if (a->type != DHCP_OFFER && a->type != DHCP_ACK)
		return false;
	if (!a->lease)
		return false;
	if (a->router && !is_host(a->router))
		a->router = 0;
	finish_times(a);
	return is_host(a->address);
}
