// SPDX-License-Identifier: GPL-2.0
/*
 * ring.c - rings of packet sockets (PACKET_RX_RING) of an isolated program, as libpcap reads
 *
 * The kernel's own lie in the stack's memory, which is not to be mapped by such a program
 * (map.c is for the others). So the ring that it maps is a memory file of the host, which
 * takes the placeholder's place at the socket's number; then mmap(2) is the host's as it is. Frames are received into it when
 * poll(2) says that there are any, which is when a program looks at its ring. One copy more
 * than the kernel's; the order, the filter, lengths, times and VLAN tags are the socket's.
 *
 * TPACKET_V1 and V2 only: V3 is refused, as by a kernel before 3.2, and libpcap takes V2.
 * Not filled by select and epoll, not known to copies of the descriptor, not kept in an exec.
 */
#include <linux/if_packet.h>
#include <linux/poll.h>
#include <linux/socket.h>
#include <linux/uio.h>

#include "attached.h"

#define RINGS 16
#define SOCK_RAW 3
#define SOL_SOCKET 1
#define SO_TYPE 3
#define SO_RCVBUFFORCE 33
#define SO_TIMESTAMPNS 35
#define SOL_PACKET 263
#define MSG_TRUNC 0x20
#define MSG_DONTWAIT 0x40
#define MAC_ROOM 16
#define ETHER 14
#define VLAN_KNOWN (TP_STATUS_VLAN_VALID | TP_STATUS_VLAN_TPID_VALID)

_Static_assert(sizeof(struct tpacket_hdr) == sizeof(struct tpacket2_hdr), "one start for both");

struct ring {
	int used;
	int fd;
	struct trap_lock lock;
	char *frames;
	size_t size;
	int version;
	struct tpacket_req req;
	unsigned int head;
	unsigned int start;	/* of a packet in its frame, as the kernel has it */
};

/* What begins a frame; both are as long. */
union header {
	struct tpacket_hdr v1;
	struct tpacket2_hdr v2;
};

struct control {
	size_t len;
	int level, type;
	char data[];
};

static struct trap_lock lock;
static struct ring rings[RINGS];
static _Atomic int users;

static struct ring *find(int fd)
{
	int i;

	for (i = 0; i < RINGS; i++)
		if (rings[i].used && rings[i].fd == fd)
			return &rings[i];
	return NULL;
}

static struct ring *find_free(void)
{
	int i;

	for (i = 0; i < RINGS; i++)
		if (!rings[i].used)
			return &rings[i];
	return NULL;
}

void ring_close(int fd)
{
	struct ring *r;

	if (!users || !(r = find(fd)))
		return;
	trap_lock(&r->lock);
	host_2(__NR_munmap, r->frames, r->size);
	r->used = 0;
	users--;
	trap_unlock(&r->lock);
}

static int is_sane(const struct tpacket_req *q)
{
	return q->tp_block_size && q->tp_block_size % HOST_PAGE == 0 &&
	       q->tp_frame_size > TPACKET2_HDRLEN + MAC_ROOM &&
	       q->tp_frame_size % TPACKET_ALIGNMENT == 0 &&
	       q->tp_frame_size <= q->tp_block_size &&
	       q->tp_block_nr <= (1u << 30) / q->tp_block_size &&
	       q->tp_block_size / q->tp_frame_size * q->tp_block_nr == q->tp_frame_nr;
}

/* A memory file at the number of the socket, and here */
static long map(struct ring *r, int fd)
{
	long memory = host_2(__NR_memfd_create, "packet-ring", 1 /* MFD_CLOEXEC */), p, err;
	long flags = host_2(__NR_fcntl, fd, 1 /* F_GETFD */);

	if (memory < 0)
		return memory;
	err = host_2(__NR_ftruncate, memory, r->size);
	p = err ? err : host_6(__NR_mmap, 0, r->size, 3 /* read, write */, 1 /* shared */,
			       memory, 0);
	if (!host_failed(p)) {
		r->frames = (char *)p;
		err = host_3(__NR_dup3, memory, fd, flags & 1 ? HOST_O_CLOEXEC : 0);
	}
	host_1(__NR_close, memory);
	return host_failed(p) ? p : err < 0 ? err : 0;
}

static long make(struct trap_thread *t, int fd, const struct tpacket_req *req)
{
	unsigned int length = sizeof(int);
	struct ring *r;
	int one = 1, size, reserve = 0, type = 0, version = 0;
	long err;

	if (!is_sane(req))
		return -EINVAL;
	/* Also tells whether it is a packet socket */
	err = lib_5(t, __NR_getsockopt, fd, SOL_PACKET, PACKET_RESERVE, &reserve, &length);
	if (!err)
		err = lib_5(t, __NR_getsockopt, fd, SOL_SOCKET, SO_TYPE, &type, &length);
	if (!err)
		err = lib_5(t, __NR_getsockopt, fd, SOL_PACKET, PACKET_VERSION, &version, &length);
	if (err)
		return err;
	size = req->tp_block_size * req->tp_block_nr;
	trap_lock(&lock);
	r = find(fd) ? NULL : find_free();
	err = r ? 0 : -EBUSY;
	if (!err) {
		r->req = *req;
		r->version = version;
		r->start = reserve + (type == SOCK_RAW ?
			TPACKET_ALIGN(TPACKET2_HDRLEN + MAC_ROOM) - ETHER :
			TPACKET_ALIGN(TPACKET2_HDRLEN) + MAC_ROOM);
		r->size = (size_t)size;
		r->head = 0;
		err = map(r, fd);
	}
	if (!err) {
		r->fd = fd;
		r->used = 1;
		users++;
	}
	trap_unlock(&lock);
	if (err)
		return err;
	lib_5(t, __NR_setsockopt, fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	lib_5(t, __NR_setsockopt, fd, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof(one));
	return lib_5(t, __NR_setsockopt, fd, SOL_PACKET, PACKET_AUXDATA, &one, sizeof(one));
}

/* setsockopt(2), getsockopt(2) */
long ring_option(struct trap_thread *t, long nr, unsigned long *a)
{
	enum file_kind kind = file_kind(a[0]);
	struct tpacket_req req;
	int value = 0;

	if (kind == FILE_HOST)
		return TRAP_HOST;
	if (kind == FILE_HIDDEN)
		return -EBADF;
	if ((int)a[1] != SOL_PACKET || !attachment.channels)
		return lib_args(t, nr, a);
	switch (a[2]) {
	case PACKET_VERSION:
	case PACKET_HDRLEN:
		if ((nr == __NR_setsockopt) == (a[2] == PACKET_VERSION) &&
		    !trap_copy(&value, (void *)a[3], sizeof(value)) && value == TPACKET_V3)
			return -EINVAL;
		if (nr == __NR_setsockopt && a[2] == PACKET_VERSION && users && find(a[0]))
			return -EBUSY;
		break;
	case PACKET_RX_RING:
		if (nr != __NR_setsockopt)
			break;
		if (a[4] < sizeof(req))
			return -EINVAL;
		if (trap_copy(&req, (void *)a[3], sizeof(req)))
			return -EFAULT;
		if (req.tp_block_nr)
			return make(t, a[0], &req);
		ring_close(a[0]);
		return 0;
	case PACKET_TX_RING:
		return -ENOPROTOOPT;
	}
	return lib_args(t, nr, a);
}

static char *frame(const struct ring *r)
{
	unsigned int each = r->req.tp_block_size / r->req.tp_frame_size;

	return r->frames + (size_t)(r->head / each) * r->req.tp_block_size +
	       (size_t)(r->head % each) * r->req.tp_frame_size;
}

/* The last word gives the frame to the program. */
static void describe(union header *h, int version, const struct tpacket_auxdata *aux,
		     unsigned int length, unsigned int there, unsigned int mac,
		     unsigned int seconds, unsigned int ns)
{
	if (version == TPACKET_V1) {
		h->v1.tp_len = length;
		h->v1.tp_snaplen = there;
		h->v1.tp_mac = mac;
		h->v1.tp_net = mac + aux->tp_net;
		h->v1.tp_sec = seconds;
		h->v1.tp_usec = ns / 1000;
		__atomic_store_n(&h->v1.tp_status, (aux->tp_status & ~VLAN_KNOWN) | TP_STATUS_USER,
				 __ATOMIC_RELEASE);
		return;
	}
	h->v2.tp_len = length;
	h->v2.tp_snaplen = there;
	h->v2.tp_mac = mac;
	h->v2.tp_net = mac + aux->tp_net;
	h->v2.tp_sec = seconds;
	h->v2.tp_nsec = ns;
	h->v2.tp_vlan_tci = aux->tp_vlan_tci;
	h->v2.tp_vlan_tpid = aux->tp_vlan_tpid;
	__atomic_store_n(&h->v2.tp_status, aux->tp_status | TP_STATUS_USER, __ATOMIC_RELEASE);
}

/* One packet into the next frame; 0: there is none, or no room */
static int receive(struct trap_thread *t, struct ring *r)
{
	const unsigned int fixed = TPACKET_ALIGN(sizeof(union header));
	union header *h = (void *)frame(r);
	unsigned int mac = r->start;
	union {
		char bytes[128];
		struct control first;
	} control;
	struct iovec iov = { (char *)h + mac, r->req.tp_frame_size - mac };
	struct message m = { (char *)h + fixed, sizeof(struct sockaddr_ll), &iov, 1,
			     &control, sizeof(control), 0 };
	struct tpacket_auxdata aux = { 0 };
	struct { long sec, nsec; } when = { 0, 0 };
	struct control *c = &control.first;
	long n;

	if (mac >= r->req.tp_frame_size || h->v2.tp_status & TP_STATUS_USER)
		return 0;
	n = lib_3(t, __NR_recvmsg, r->fd, &m, MSG_DONTWAIT | MSG_TRUNC);
	if (n < 0)
		return 0;
	while ((char *)c + sizeof(*c) <= control.bytes + m.controllen && c->len >= sizeof(*c)) {
		if (c->level == SOL_PACKET && c->type == PACKET_AUXDATA)
			memcpy(&aux, c->data, sizeof(aux));
		if (c->level == SOL_SOCKET && c->type == SO_TIMESTAMPNS)
			memcpy(&when, c->data, sizeof(when));
		c = (struct control *)((char *)c + ((c->len + 7) & -8ul));
	}
	describe(h, r->version, &aux, aux.tp_len ? aux.tp_len : (unsigned int)n,
		 (size_t)n < iov.iov_len ? (size_t)n : iov.iov_len, mac, when.sec, when.nsec);
	r->head = (r->head + 1) % r->req.tp_frame_nr;
	return 1;
}

/* poll(2) has answered: what is ready goes into its ring. */
void ring_fill(struct trap_thread *t, const struct pollfd *fds, unsigned int n)
{
	unsigned int i;

	for (i = 0; users && i < n; i++) {
		struct ring *r = fds[i].fd >= 0 && fds[i].revents & POLLIN ? find(fds[i].fd) : NULL;

		if (!r)
			continue;
		trap_lock(&r->lock);
		while (r->used && r->fd == fds[i].fd && receive(t, r))
			;
		trap_unlock(&r->lock);
	}
}

int ring_users(void)
{
	return users;
}
