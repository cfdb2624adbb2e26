/* SPDX-License-Identifier: GPL-2.0 */
/*
 * driver.h - a small packetdrill, its scripts written in C
 *
 * It uses libos-packetdrill.so as packetdrill does: the same dlopen(), usleep() until
 * 20 us before an event and then gettimeofday() again and again, one more thread for
 * calls that block, which is left alone when it sleeps. Sequence numbers are relative: the
 * script's begin with 0, and so do those of the stack as it sees them.
 */
#ifndef TEST_PACKETDRILL_DRIVER_H
#define TEST_PACKETDRILL_DRIVER_H

#include "../stack/stack.h"

#include <netinet/tcp.h>

#include "../../packetdrill/packetdrill.h"

#define MS 1000ll
#define SECOND (1000 * MS)
#define CALL(d, name, ...) ((d)->ifc.name((d)->ifc.userdata, ##__VA_ARGS__))

/* packetdrill's --ip_version: mapped is IPv4 with IPv6 sockets. */
enum driver_mode { DRIVER_V4, DRIVER_V6, DRIVER_MAPPED };

/**
 * struct driver - a script that runs
 * @start: when it began, by the stack's gettimeofday(), as all its times
 * @local, @remote: addresses in network order
 * @local_port, @remote_port: ports of the next connection
 * @isn: the stack's first sequence number, once it is seen
 * @log, @log_len: every packet sent by the stack, with its time
 * @second: the other thread
 */
struct driver {
	struct packetdrill_interface ifc;
	void *handle;
	enum driver_mode mode;
	long long start;
	uint8_t local[16], remote[16];
	uint16_t local_port, remote_port;
	uint32_t isn;
	uint8_t *log;
	size_t log_len;
	struct driver_second *second;
};

/**
 * struct segment - a packet that the stack sent
 * @at: time of the script
 * @source: address
 * @flags: as scripts write them, "S." and so on, in the order FSRP.EW
 * @options, @options_len: TCP's
 * @data, @len: payload; valid until the next one
 */
struct segment {
	long long at;
	uint8_t source[16];
	uint8_t protocol;
	uint16_t source_port, port;
	char flags[9];
	uint32_t seq, ack;
	uint16_t window;
	uint8_t options[40];
	int options_len;
	const uint8_t *data;
	size_t len;
};

/*
 * @flags: beside the release that is tested; NULL: none. The script's time is 0 when it
 * returns.
 */
void driver_begin(struct driver *d, enum driver_mode mode, const char *flags);
void driver_end(struct driver *d);

long long driver_now(struct driver *d);

/* Until @at, as packetdrill waits. */
void driver_at(struct driver *d, long long at);

/* The address of the stack's side or of the script's. */
socklen_t driver_local(struct driver *d, struct sockaddr_storage *ss);
socklen_t driver_remote(struct driver *d, struct sockaddr_storage *ss);
int driver_domain(struct driver *d);

/* Packets to the stack. */
void driver_tcp(struct driver *d, const char *flags, uint32_t seq, size_t len, uint32_t ack,
		uint16_t window, const void *options, size_t options_len);
void driver_udp(struct driver *d, const void *data, size_t len);

/* The next one from the stack. Whether there was one; checksums are right. */
bool driver_next(struct driver *d, struct segment *s);

/*
 * The next one, which must be this, between @from and @to. Where it is shorter, the
 * following ones belong to it.
 */
void driver_expect_(struct driver *d, const char *where, int line, long long from,
		    long long to, const char *flags, uint32_t seq, size_t len, uint32_t ack,
		    struct segment *s);
#define driver_expect(d, at, ...) \
	driver_expect_(d, __FILE__, __LINE__, at, at, __VA_ARGS__, NULL)
#define driver_expect_range(d, from, to, ...) \
	driver_expect_(d, __FILE__, __LINE__, from, to, __VA_ARGS__, NULL)
#define driver_expect_segment(d, s, at, ...) \
	driver_expect_(d, __FILE__, __LINE__, at, at, __VA_ARGS__, s)

/* The stack sends nothing before @at. */
void driver_silent_until(struct driver *d, long long at);

/*
 * Have @fn run by the other thread; returns when it sleeps or is done. driver_result() gets
 * what it returned, with errno; @ended is when, by the stack's clock.
 */
void driver_start(struct driver *d, long (*fn)(struct driver *d));
bool driver_done(struct driver *d);
long driver_result(struct driver *d, long long *ended);

/* A listening socket at the local address, and a connection that it accepts. */
int driver_listen(struct driver *d);
int driver_accepted(struct driver *d, int listener);

#endif
