/* SPDX-License-Identifier: GPL-2.0 */
/*
 * shared.h - a stack that several host processes use: what they have in common
 *
 * The writable part of the image, the arena and `struct shared` behind it lie in one
 * memory file, at one address in all processes. One of them owns the stack: it booted
 * it, has its devices and keeps its clock (keeper.c). The others are attached (nuse/):
 * they enter the kernel by function call as the owner does, and leave to it what only
 * it can do: a frame to transmit, a timer to be in time for, a death to be noticed. They
 * write down what, here, and ring the bell, an eventfd of the owner.
 *
 * No libc in here: attached processes are somebody else's.
 */
#ifndef HOST_SHARED_H
#define HOST_SHARED_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lib_contract.h>

#define SHARED_MAGIC 0x6b6361747373626cull	/* "lbsstack" */
#define SHARED_VERSION 5u

/* Where shared stacks lie: fits the address layouts of ASan and TSan as well. */
#define SHARED_BASE 0x551000000000ul
#define SHARED_STEP 0x000400000000ul
#define SHARED_BASES 16

#define SHARED_PROCESSES 1024
#define SHARED_DEVICES 16
#define SHARED_RING 256u
#define SHARED_LOG 4096u
#define SHARED_TRACE 32u
#define SHARED_STEERED 64u
#define SHARED_RESTORING (-1)

enum shared_state {
	SHARED_FREE,
	SHARED_CLAIMED,		/* by somebody who fills it in */
	SHARED_NEW,		/* the owner does not watch it yet */
	SHARED_WATCHED,
};

/**
 * struct shared_process - an attached host process; its space is the index plus one
 * @state: enum shared_state
 * @pid: the host's; negative where it is only claimed, another number each time
 * @both: state and pid, to be changed at once
 * @process: the kernel's number, 0 if it has none yet
 * @isolated: it never enters the kernel; the owner makes its calls (nuse/isolate.c)
 * @claims: how often it was claimed
 * @inner: the number that it has in a pid namespace of its own; 0: it is in the owner's
 * @pidns: which that is, the number of its file in /proc
 */
struct shared_process {
	union {
		struct {
			_Atomic uint32_t state;
			_Atomic int32_t pid;
		};
		_Atomic uint64_t both;
	};
	_Atomic int32_t process;
	_Atomic uint32_t isolated;
	_Atomic uint32_t claims;
	_Atomic int32_t inner;
	_Atomic uint32_t pidns;
};

/**
 * struct shared_steered - a thread whose scheduling is not what its program asked for
 * @space: of its process; 0: none. What a process had when it died is free again.
 * @tid: the host's; 0: not yet; SHARED_RESTORING while somebody ends that
 * @policy: it is SCHED_BATCH and was SCHED_OTHER
 * @mask: CPUs it may be on, if @size (bytes) is not 0: it is on one now
 * @until: then that ends, by the owner if the thread does not run, nanoseconds
 */
struct shared_steered {
	_Atomic uint32_t space;
	_Atomic int32_t tid;
	int32_t policy;
	uint32_t size;
	unsigned long mask[16];
	_Atomic uint64_t until;
};

struct shared_slot {
	struct lib_frame frame;
	struct lib_iovec iov[LIB_FRAME_IOV_MAX];
};

/**
 * struct shared_device - frames on their way from the kernel to the owner
 * @used: it exists
 * @up: the interface is up
 * @head: next to be written, under the token
 * @tail: next to be sent, by the owner
 * @full: the kernel stopped, wake it
 * @owner: the owner's
 */
struct shared_device {
	_Atomic uint32_t used;
	_Atomic uint32_t up;
	_Atomic uint32_t head;
	_Atomic uint32_t tail;
	_Atomic uint32_t full;
	void *owner;
	struct shared_slot slots[SHARED_RING];
};

/**
 * struct shared - behind the arena
 * @magic, @version, @size: of this structure
 * @ops: functions of the image, at the same address everywhere
 * @base: ELF address zero
 * @text_size: bytes of the text segment, from @base
 * @data: where the memory file is mapped
 * @data_size: its bytes
 * @directory: files about the stack, as its resolv.conf; "": none
 * @armed: when lib_ops.event() is next needed
 * @sleep_until: when the owner will look by itself
 * @busy: the owner looks at rings and processes already; no need for the bell
 * @owner: its host pid
 * @no_twins: programs are not traced (nuse/attached/twin.c)
 * @unix_stack: AF_UNIX is the stack's
 * @finished: calls that were finished for killed threads
 * @dead: the stack ended while an attached process carried it; lib_host.fatal() was told
 *	@fatal, @why, @trace and @nr_trace
 * @dry_until: till then threads are not to be drawn together: one never waits, nanoseconds
 * @steered, @steering, @home: threads that were drawn together on one CPU (steer.c), that
 *	there may be some, and the CPU plus one
 * @log, @log_head: the kernel's messages from attached processes, a ring; written under
 *	the token
 */
struct shared {
	uint64_t magic;
	uint32_t version;
	uint32_t size;
	struct lib_ops ops;
	uint64_t base;
	uint64_t text_size;
	uint64_t data;
	uint64_t data_size;
	char directory[128];
	_Atomic uint64_t armed;
	_Atomic uint64_t sleep_until;
	_Atomic uint32_t busy;
	int32_t owner;
	_Atomic uint32_t no_twins;
	_Atomic uint32_t unix_stack;
	_Atomic uint32_t finished;
	_Atomic uint32_t dead;
	uint32_t fatal;
	char why[256];
	uint32_t nr_trace;
	unsigned long trace[SHARED_TRACE];
	_Atomic uint64_t dry_until;
	_Atomic uint32_t steering;
	_Atomic uint32_t home;
	struct shared_steered steered[SHARED_STEERED];
	_Atomic uint64_t log_head;
	char log[SHARED_LOG];
	struct shared_process processes[SHARED_PROCESSES];
	struct shared_device devices[SHARED_DEVICES];
};

static inline struct shared_process *shared_claim(struct shared *sh, uint32_t *space)
{
	uint32_t i;

	for (i = 0; i < SHARED_PROCESSES; i++) {
		uint32_t free = SHARED_FREE;

		if (atomic_compare_exchange_strong(&sh->processes[i].state, &free,
						   SHARED_CLAIMED)) {
			sh->processes[i].pid = -1 - (int)(sh->processes[i].claims++ & INT32_MAX >> 1);
			sh->processes[i].process = 0;
			sh->processes[i].isolated = 0;
			sh->processes[i].inner = 0;
			*space = i + 1;
			return &sh->processes[i];
		}
	}
	return NULL;
}

/*
 * A place for another process; NULL: there is no room. Who has ended keeps his until the owner, which
 * may be late on a busy machine, has seen it: so it is tried for a second, with @sleep, of so many
 * nanoseconds, between.
 */
static inline struct shared_process *shared_await_place(struct shared *sh, uint32_t *space,
							void (*sleep)(long ns))
{
	struct shared_process *p = shared_claim(sh, space);
	int tries;

	for (tries = 0; !p && tries < 1000; tries++) {
		sleep(1000000);
		p = shared_claim(sh, space);
	}
	return p;
}

/*
 * It is there, as @pid. A child and its parent both say so, since either may be killed before.
 * Whoever comes second may find that it has died, and that the place is another one's: so
 * both tell which @claim they mean. Returns whether this was the first.
 */
static inline bool shared_enter(struct shared_process *p, int claim, int pid)
{
	uint64_t claimed = SHARED_CLAIMED | (uint64_t)claim << 32;

	return atomic_compare_exchange_strong(&p->both, &claimed,
					      SHARED_NEW | (uint64_t)pid << 32);
}

/*
 * What a process in the pid namespace @pidns, 0: the owner's, calls @p; 0: it does not see it.
 * One in a namespace inside of @pidns is not found.
 */
static inline int shared_seen(const struct shared_process *p, uint32_t pidns)
{
	if (p->state < SHARED_NEW)
		return 0;
	if (!pidns)
		return p->pid;
	return p->inner && p->pidns == pidns ? p->inner : 0;
}

/* The host's pid, in @pidns, of the kernel's process @process; 0: it is gone, or not seen */
static inline int shared_pid(const struct shared *sh, int process, uint32_t pidns)
{
	int i;

	for (i = 0; i < SHARED_PROCESSES; i++)
		if (sh->processes[i].state >= SHARED_NEW &&
		    sh->processes[i].process == process)
			return shared_seen(&sh->processes[i], pidns);
	return 0;
}

/* The reverse: the kernel's number of the host's process @pid; 0: it is not on the stack */
static inline int shared_number(const struct shared *sh, int pid, uint32_t pidns)
{
	int i;

	for (i = 0; i < SHARED_PROCESSES; i++)
		if (pid && shared_seen(&sh->processes[i], pidns) == pid &&
		    sh->processes[i].process)
			return sh->processes[i].process;
	return 0;
}

/* The same for a pid that a program names: 1 is the kernel's init, as on a machine. */
static inline int shared_named(const struct shared *sh, int pid, uint32_t pidns)
{
	int process = shared_number(sh, pid, pidns);

	return process || pid != 1 ? process : 1;
}

/* It is restored, or dead. */
static inline void shared_unsteer(struct shared_steered *s)
{
	s->tid = 0;
	s->space = 0;
}

/* Tells when event() is needed. Returns whether the bell must ring. */
static inline bool shared_arm(struct shared *sh, uint64_t when)
{
	sh->armed = when;
	return when < sh->sleep_until;
}

/* lib_host.netdev_xmit(): what fits; its memory stays the kernel's until it is sent. */
static inline int shared_xmit(struct shared_device *d, struct lib_frame *frames, int n,
			      int *held)
{
	uint32_t head = d->head, room = SHARED_RING - (head - d->tail);
	int i, k;

	*held = 1;
	if ((uint32_t)n > room) {
		d->full = 1;
		n = room;
	}
	for (i = 0; i < n; i++) {
		struct shared_slot *s = &d->slots[(head + i) % SHARED_RING];

		s->frame = frames[i];
		s->frame.iov = s->iov;
		for (k = 0; k < frames[i].niov; k++)
			s->iov[k] = frames[i].iov[k];
	}
	atomic_store_explicit(&d->head, head + n, memory_order_release);
	return n;
}

/* With the token, so one writer at a time. */
static inline void shared_log(struct shared *sh, const char *text, size_t len)
{
	uint64_t head = sh->log_head;
	size_t i;

	for (i = 0; i < len; i++)
		sh->log[(head + i) % SHARED_LOG] = text[i];
	sh->log_head = head + len;
}

#endif
