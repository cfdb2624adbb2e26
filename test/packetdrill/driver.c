// SPDX-License-Identifier: GPL-2.0
#include "driver.h"

#include <dlfcn.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/udp.h>
#include <pthread.h>
#include <sys/syscall.h>

enum { SPIN_USECS = 20 };

static const char flag_letters[] = "FSRP.UEW";

/**
 * struct driver_second - the thread for calls that block
 * It is not part of the driver, which may be gone when a test fails.
 * @fn: what it shall do next
 * @result, @error, @ended: what came of the last, and when
 */
struct driver_second {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t cond;
	int tid;
	struct driver *d;
	long (*fn)(struct driver *d);
	bool running, ending;
	long result;
	int error;
	long long ended;
};

/* ------------------------------------------------------------------ *
 * the beginning, the end and time
 */

static void *second_thread(void *arg);

static packetdrill_interface_init_fn *load(struct driver *d)
{
	void *symbol;

	d->handle = dlopen("build/libos-packetdrill.so",
			   RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE | RTLD_DEEPBIND);
	if (!d->handle)
		printf("# %s\n", dlerror());
	must(d->handle);
	symbol = dlsym(d->handle, "packetdrill_interface_init");
	must(symbol);
	return (packetdrill_interface_init_fn *)symbol;
}

void driver_begin(struct driver *d, enum driver_mode mode, const char *flags)
{
	const char *release = getenv("LIBOS_RELEASE");
	char text[1024];

	memset(d, 0, sizeof(*d));
	d->mode = mode;
	d->local_port = 8080;
	d->remote_port = 40000;
	if (mode == DRIVER_V6) {
		inet_pton(AF_INET6, "fd3d:fa7b:d17d:8a5c:41b2::77", d->local);
		inet_pton(AF_INET6, "2001:db8::1", d->remote);
	} else {
		inet_pton(AF_INET, "192.168.43.21", d->local);
		inet_pton(AF_INET, "192.0.2.1", d->remote);
	}
	d->second = calloc(1, sizeof(*d->second));
	must(d->second);
	pthread_mutex_init(&d->second->lock, NULL);
	pthread_cond_init(&d->second->cond, NULL);
	must(!pthread_create(&d->second->thread, NULL, second_thread, d->second));
	snprintf(text, sizeof(text), "release=%s,%s", release ? release : "6.12",
		 flags ? flags : "");
	load(d)(text, &d->ifc);
	d->start = driver_now(d);
}

void driver_end(struct driver *d)
{
	pthread_mutex_lock(&d->second->lock);
	d->second->ending = true;
	pthread_cond_broadcast(&d->second->cond);
	pthread_mutex_unlock(&d->second->lock);
	must(!pthread_join(d->second->thread, NULL));
	free(d->second);
	CALL(d, free);
	dlclose(d->handle);
	free(d->log);
}

long long driver_now(struct driver *d)
{
	struct timeval tv;

	must(!CALL(d, gettimeofday, &tv, NULL));
	return tv.tv_sec * SECOND + tv.tv_usec - d->start;
}

void driver_at(struct driver *d, long long at)
{
	long long left;

	while ((left = at - driver_now(d)) > 0)
		if (left > SPIN_USECS)
			must(!CALL(d, usleep, left - SPIN_USECS));
	must(driver_now(d) == at);
}

/* ------------------------------------------------------------------ *
 * addresses
 */

int driver_domain(struct driver *d)
{
	return d->mode == DRIVER_V4 ? AF_INET : AF_INET6;
}

static socklen_t address(struct driver *d, struct sockaddr_storage *ss, const uint8_t *addr,
			 uint16_t port)
{
	struct sockaddr_in *in = (void *)ss;
	struct sockaddr_in6 *in6 = (void *)ss;

	memset(ss, 0, sizeof(*ss));
	if (d->mode == DRIVER_V4) {
		in->sin_family = AF_INET;
		in->sin_port = htons(port);
		memcpy(&in->sin_addr, addr, 4);
		return sizeof(*in);
	}
	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(port);
	if (d->mode == DRIVER_V6) {
		memcpy(&in6->sin6_addr, addr, 16);
	} else {
		inet_pton(AF_INET6, "::ffff:0.0.0.0", &in6->sin6_addr);
		memcpy(in6->sin6_addr.s6_addr + 12, addr, 4);
	}
	return sizeof(*in6);
}

socklen_t driver_local(struct driver *d, struct sockaddr_storage *ss)
{
	return address(d, ss, d->local, d->local_port);
}

socklen_t driver_remote(struct driver *d, struct sockaddr_storage *ss)
{
	return address(d, ss, d->remote, d->remote_port);
}

/* ------------------------------------------------------------------ *
 * packets
 */

static uint32_t sum(const void *data, size_t len, uint32_t sum)
{
	const uint8_t *p = data;
	size_t i;

	for (i = 0; i + 1 < len; i += 2)
		sum += p[i] << 8 | p[i + 1];
	if (len & 1)
		sum += p[len - 1] << 8;
	return sum;
}

static uint16_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

static uint16_t transport_sum(struct driver *d, const uint8_t *from, const uint8_t *to,
			      int protocol, const void *data, size_t len)
{
	size_t n = d->mode == DRIVER_V6 ? 16 : 4;

	return fold(sum(data, len, sum(from, n, sum(to, n, protocol + len))));
}

/* @data has the transport's header, its checksum at @check. */
static void inject(struct driver *d, int protocol, uint8_t *data, size_t len, size_t check)
{
	static uint8_t packet[65536];
	size_t head = d->mode == DRIVER_V6 ? sizeof(struct ip6_hdr) : sizeof(struct iphdr);
	uint16_t c = transport_sum(d, d->remote, d->local, protocol, data, len);

	data[check] = c >> 8;
	data[check + 1] = c;
	memset(packet, 0, head);
	if (d->mode == DRIVER_V6) {
		struct ip6_hdr *ip6 = (void *)packet;

		ip6->ip6_flow = htonl(6 << 28);
		ip6->ip6_plen = htons(len);
		ip6->ip6_nxt = protocol;
		ip6->ip6_hlim = 255;
		memcpy(&ip6->ip6_src, d->remote, 16);
		memcpy(&ip6->ip6_dst, d->local, 16);
	} else {
		struct iphdr *ip = (void *)packet;

		ip->version = 4;
		ip->ihl = 5;
		ip->tot_len = htons(head + len);
		ip->ttl = 255;
		ip->protocol = protocol;
		memcpy(&ip->saddr, d->remote, 4);
		memcpy(&ip->daddr, d->local, 4);
		ip->check = htons(fold(sum(packet, head, 0)));
	}
	memcpy(packet + head, data, len);
	must(!CALL(d, netdev_send, packet, head + len));
}

void driver_tcp(struct driver *d, const char *flags, uint32_t seq, size_t len, uint32_t ack,
		uint16_t window, const void *options, size_t options_len)
{
	static uint8_t data[65536];
	struct tcphdr *tcp = (void *)data;
	size_t head = sizeof(*tcp) + options_len;

	memset(data, 0, head + len);
	tcp->th_sport = htons(d->remote_port);
	tcp->th_dport = htons(d->local_port);
	tcp->th_seq = htonl(seq);
	if (strchr(flags, '.'))
		tcp->th_ack = htonl(ack + d->isn);
	tcp->th_off = head / 4;
	for (; *flags; flags++) {
		must(strchr(flag_letters, *flags));
		tcp->th_flags |= 1 << (strchr(flag_letters, *flags) - flag_letters);
	}
	tcp->th_win = htons(window);
	if (options_len)
		memcpy(tcp + 1, options, options_len);
	inject(d, IPPROTO_TCP, data, head + len, offsetof(struct tcphdr, th_sum));
}

void driver_udp(struct driver *d, const void *payload, size_t len)
{
	uint8_t data[2048];
	struct udphdr udp = {
		.uh_sport = htons(d->remote_port),
		.uh_dport = htons(d->local_port),
		.uh_ulen = htons(sizeof(udp) + len),
	};

	must(len <= sizeof(data) - sizeof(udp));
	memcpy(data, &udp, sizeof(udp));
	memcpy(data + sizeof(udp), payload, len);
	inject(d, IPPROTO_UDP, data, sizeof(udp) + len, offsetof(struct udphdr, uh_sum));
}

static void log_add(struct driver *d, const void *data, size_t len)
{
	d->log = realloc(d->log, d->log_len + len);
	must(d->log);
	memcpy(d->log + d->log_len, data, len);
	d->log_len += len;
}

static void parse_tcp(struct driver *d, struct segment *s, const uint8_t *data, size_t len)
{
	const struct tcphdr *tcp = (const void *)data;
	size_t head = tcp->th_off * 4, i;
	char *flag = s->flags;

	must(len >= sizeof(*tcp) && head >= sizeof(*tcp) && head <= len);
	s->source_port = ntohs(tcp->th_sport);
	s->port = ntohs(tcp->th_dport);
	for (i = 0; flag_letters[i]; i++)
		if (tcp->th_flags & 1 << i)
			*flag++ = flag_letters[i];
	if (strchr(s->flags, 'S'))
		d->isn = ntohl(tcp->th_seq);
	s->seq = ntohl(tcp->th_seq) - d->isn;
	s->ack = ntohl(tcp->th_ack);
	s->window = ntohs(tcp->th_win);
	s->options_len = head - sizeof(*tcp);
	memcpy(s->options, tcp + 1, s->options_len);
	s->data = data + head;
	s->len = len - head;
}

static void parse_udp(struct segment *s, const uint8_t *data, size_t len)
{
	const struct udphdr *udp = (const void *)data;

	must(len >= sizeof(*udp) && ntohs(udp->uh_ulen) == len);
	s->source_port = ntohs(udp->uh_sport);
	s->port = ntohs(udp->uh_dport);
	s->data = data + sizeof(*udp);
	s->len = len - sizeof(*udp);
}

bool driver_next(struct driver *d, struct segment *s)
{
	static uint8_t packet[65536];
	const struct ip6_hdr *ip6 = (const void *)packet;
	const struct iphdr *ip = (const void *)packet;
	size_t len = sizeof(packet), head;
	const uint8_t *to;
	long long at;

	memset(s, 0, sizeof(*s));
	must(!CALL(d, netdev_receive, packet, &len, &at));
	if (!len)
		return false;
	s->at = at - d->start;
	log_add(d, &s->at, sizeof(s->at));
	log_add(d, packet, len);
	if (d->mode == DRIVER_V6) {
		must(len >= sizeof(*ip6) && packet[0] >> 4 == 6 &&
		     ntohs(ip6->ip6_plen) + sizeof(*ip6) == len);
		head = sizeof(*ip6);
		s->protocol = ip6->ip6_nxt;
		memcpy(s->source, &ip6->ip6_src, 16);
		to = (const void *)&ip6->ip6_dst;
		must(!memcmp(to, d->remote, 16));
	} else {
		must(len >= sizeof(*ip) && packet[0] == 0x45 && ntohs(ip->tot_len) == len &&
		     !fold(sum(packet, sizeof(*ip), 0)));
		head = sizeof(*ip);
		s->protocol = ip->protocol;
		memcpy(s->source, &ip->saddr, 4);
		to = (const void *)&ip->daddr;
		must(!memcmp(to, d->remote, 4));
	}
	/* A right one makes the sum zero. */
	must(!transport_sum(d, s->source, to, s->protocol, packet + head, len - head));
	if (s->protocol == IPPROTO_TCP)
		parse_tcp(d, s, packet + head, len - head);
	else if (s->protocol == IPPROTO_UDP)
		parse_udp(s, packet + head, len - head);
	return true;
}

/* As packetdrill, which takes pieces for the whole that the script shows. */
static bool next_of_len(struct driver *d, struct segment *s, size_t len)
{
	struct segment more;

	if (!driver_next(d, s))
		return false;
	while (s->len && s->len < len && driver_next(d, &more) &&
	       more.seq == s->seq + s->len) {
		s->len += more.len;
		strcpy(s->flags, more.flags);
	}
	return true;
}

void driver_expect_(struct driver *d, const char *file, int line, long long from, long long to,
		    const char *flags, uint32_t seq, size_t len, uint32_t ack,
		    struct segment *s)
{
	struct segment own;

	if (!s)
		s = &own;
	if (!next_of_len(d, s, len)) {
		printf("# %s:%d: no packet came\n", file, line);
		stack_fail(file, line, "driver_next()");
	}
	if (s->at >= from && s->at <= to && s->protocol == IPPROTO_TCP &&
	    !strcmp(s->flags, flags) && s->seq == seq && s->len == len && s->ack == ack &&
	    s->source_port == d->local_port && s->port == d->remote_port)
		return;
	printf("# expected %.6f to %.6f > %s %u(%zu) ack %u\n", from / 1e6, to / 1e6, flags,
	       seq, len, ack);
	printf("# came     %.6f > %s %u(%zu) ack %u, ports %u to %u\n", s->at / 1e6, s->flags,
	       s->seq, s->len, s->ack, s->source_port, s->port);
	stack_fail(file, line, "another packet was expected");
}

void driver_silent_until(struct driver *d, long long at)
{
	struct segment s;

	/* What was sent on the way would be the first that is received. */
	driver_at(d, at);
	must(driver_next(d, &s));
	if (s.at < at)
		printf("# %.6f > %s %u(%zu) ack %u\n", s.at / 1e6, s.flags, s.seq, s.len, s.ack);
	must(s.at >= at);
}

/* ------------------------------------------------------------------ *
 * calls that block
 */

static void *second_thread(void *arg)
{
	struct driver_second *s = arg;
	long (*fn)(struct driver *d);
	long long ended;
	long result;
	int error;

	pthread_mutex_lock(&s->lock);
	s->tid = syscall(SYS_gettid);
	for (;;) {
		while (!s->fn && !s->ending)
			pthread_cond_wait(&s->cond, &s->lock);
		if (s->ending)
			break;
		fn = s->fn;
		s->running = true;
		s->fn = NULL;
		pthread_cond_broadcast(&s->cond);
		pthread_mutex_unlock(&s->lock);
		result = fn(s->d);
		error = errno;
		ended = driver_now(s->d);
		pthread_mutex_lock(&s->lock);
		s->result = result;
		s->error = error;
		s->ended = ended;
		s->running = false;
		pthread_cond_broadcast(&s->cond);
	}
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

static bool sleeps(int tid)
{
	char path[64], text[512];
	ssize_t n;
	char *at;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	fd = open(path, O_RDONLY);
	must(fd >= 0);
	n = read(fd, text, sizeof(text) - 1);
	must(n > 0 && !close(fd));
	text[n] = '\0';
	at = strrchr(text, ')');
	must(at);
	return at[2] == 'S';
}

void driver_start(struct driver *d, long (*fn)(struct driver *d))
{
	struct driver_second *s = d->second;
	bool over = false;

	pthread_mutex_lock(&s->lock);
	must(!s->running);
	s->d = d;
	s->fn = fn;
	pthread_cond_broadcast(&s->cond);
	while (s->fn)
		pthread_cond_wait(&s->cond, &s->lock);
	while (!over) {
		pthread_mutex_unlock(&s->lock);
		sched_yield();
		over = sleeps(s->tid);
		pthread_mutex_lock(&s->lock);
		over = over || !s->running;
	}
	pthread_mutex_unlock(&s->lock);
}

bool driver_done(struct driver *d)
{
	bool done;

	pthread_mutex_lock(&d->second->lock);
	done = !d->second->running;
	pthread_mutex_unlock(&d->second->lock);
	return done;
}

long driver_result(struct driver *d, long long *ended)
{
	struct driver_second *s = d->second;
	struct timespec limit;
	long result;

	clock_gettime(CLOCK_REALTIME, &limit);
	limit.tv_sec += 60;
	pthread_mutex_lock(&s->lock);
	while (s->running)
		must(!pthread_cond_timedwait(&s->cond, &s->lock, &limit));
	result = s->result;
	errno = s->error;
	if (ended)
		*ended = s->ended;
	pthread_mutex_unlock(&s->lock);
	return result;
}

/* ------------------------------------------------------------------ */

int driver_listen(struct driver *d)
{
	struct sockaddr_storage ss;
	socklen_t len = driver_local(d, &ss);
	int fd = CALL(d, socket, driver_domain(d), SOCK_STREAM, IPPROTO_TCP), one = 1;

	must(fd >= 0);
	must(!CALL(d, setsockopt, fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)));
	must(!CALL(d, bind, fd, (struct sockaddr *)&ss, len));
	must(!CALL(d, listen, fd, 1));
	return fd;
}

/* mss 1000, sackOK, nop, nop, nop, wscale 7: without timestamps */
static const uint8_t syn_options[] = { 2, 4, 3, 0xe8, 4, 2, 1, 1, 1, 3, 3, 7 };

int driver_accepted(struct driver *d, int listener)
{
	struct sockaddr_storage ss, remote;
	socklen_t len = sizeof(ss), remote_len = driver_remote(d, &remote);
	long long at = driver_now(d);
	int fd;

	driver_tcp(d, "S", 0, 0, 0, 32792, syn_options, sizeof(syn_options));
	driver_expect(d, at, "S.", 0, 0, 1);
	driver_tcp(d, ".", 1, 0, 1, 257, NULL, 0);
	fd = CALL(d, accept, listener, (struct sockaddr *)&ss, &len);
	must(fd >= 0);
	must(len == remote_len && !memcmp(&ss, &remote, len));
	return fd;
}
