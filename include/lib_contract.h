/* SPDX-License-Identifier: GPL-2.0 */
/*
 * lib_contract.h - where the kernel image and its host meet.
 *
 * The image (liblinux-<release>.so) exports one symbol, lib_init(). Its caller
 * hands over struct lib_host, everything the image needs from outside, and
 * gets back struct lib_ops, everything the image offers. Neither side includes
 * another header of the other.
 *
 * Words used below
 *   stack    one running kernel: an image's data and its arena.
 *   token    the one virtual CPU. Whoever holds it is the carrier and runs
 *            kernel contexts on his host thread. Contended entry waits.
 *   task     the kernel's side of one host thread (struct lib_task).
 *   process  the kernel's side of one host process: a file table, an mm.
 *   space    a host process attached to the stack, as a number. The one that
 *            called lib_init() is 0, the others are numbered by the host.
 *
 * Rules
 *   - Calls of lib_ops take the token themselves; none may be made from within
 *     a callback of lib_host, or from a signal handler, except where said.
 *   - Callbacks of lib_host are made with the token held, unless said; they
 *     must not block and must not call lib_ops.
 *   - Times are nanoseconds of one clock that starts where the caller likes.
 *   - Functions return 0 or a positive result, or a negative errno.
 *   - Memory layout: the image's writable part and the arena are contiguous, at
 *     the same address in every process that shares the stack. Only the page
 *     of `private_page` differs between processes, and nothing but it points
 *     into a process.
 */
#ifndef LIB_CONTRACT_H
#define LIB_CONTRACT_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <stddef.h>
#include <stdint.h>
#endif

/* Raised whenever a structure or a rule below changes. */
#define LIB_CONTRACT_VERSION 7u

/* No event is due, ever. */
#define LIB_NEVER (~0ull)

struct lib_task;   /* the image's, opaque to the host */
struct lib_netdev; /* likewise */

struct lib_iovec {
	void *base;
	unsigned long len;
};

/* struct virtio_net_hdr_v1 (linux/virtio_net.h), in the machine's byte order. */
struct lib_vnet_hdr {
	uint8_t flags;
	uint8_t gso_type;
	uint16_t hdr_len;
	uint16_t gso_size;
	uint16_t csum_start;
	uint16_t csum_offset;
	uint16_t num_buffers;
};

/**
 * struct lib_frame - one link-layer frame, or one large segment to be cut
 * @hdr: offloads: checksum to be filled in or already verified, segment size
 * @len: bytes in all of @iov, from the link-layer header on
 * @queue: the device queue it leaves from or arrived at
 * @niov: pieces in @iov
 * @iov: the pieces
 * @cookie: for transmit, what lib_ops.netdev_sent() wants back; else unused
 */
struct lib_frame {
	struct lib_vnet_hdr hdr;
	uint32_t len;
	uint16_t queue;
	uint16_t niov;
	struct lib_iovec *iov;
	void *cookie;
};

/* Most pieces a transmitted frame has: a head and 17 fragments. */
#define LIB_FRAME_IOV_MAX 18
/* Most frames one call passes. */
#define LIB_FRAMES_MAX 64

enum lib_netdev_feature {
	LIB_NETDEV_CSUM = 1 << 0,   /* host completes checksums */
	LIB_NETDEV_TSO4 = 1 << 1,   /* host cuts TCP over IPv4 */
	LIB_NETDEV_TSO6 = 1 << 2,   /* host cuts TCP over IPv6 */
	LIB_NETDEV_USO = 1 << 3,    /* host cuts UDP (UDP_SEGMENT) */
	LIB_NETDEV_GRO = 1 << 4,    /* merge received frames */
	LIB_NETDEV_LOOSE = 1 << 5,  /* received frames may be shorter than 60 */
	LIB_NETDEV_POINTOPOINT = 1 << 6, /* no link-layer header (tun) */
};

/**
 * struct lib_netdev_config - a network device to create
 * @name: the interface's name, a pattern ("eth%d") or a plain one
 * @mac: its address; all zero for a random one
 * @mtu: in bytes, 68 to 65535; 0 for 1500
 * @features: enum lib_netdev_feature
 * @queues: transmit and receive queues, 1 to 16; 0 for 1
 * @host: handed to lib_host.netdev_xmit()
 */
struct lib_netdev_config {
	const char *name;
	uint8_t mac[6];
	uint32_t mtu;
	uint32_t features;
	uint32_t queues;
	void *host;
};

enum lib_clock_mode {
	LIB_CLOCK_REAL,		/* lib_host.clock() goes on by itself */
	LIB_CLOCK_VIRTUAL,	/* it moves only when the host moves it */
};

/* Why a stack ended by itself. */
enum lib_fatal {
	LIB_FATAL_PANIC,	/* the kernel called panic() */
	LIB_FATAL_OOPS,		/* it used a bad address of its own */
	LIB_FATAL_HALT,		/* a program called reboot() */
	LIB_FATAL_KILLED,	/* a host process died inside the kernel */
};

/* Most spaces of a stack, the first included. */
#define LIB_SPACES_MAX 4096

/**
 * enum lib_call - calls beside Linux's own, for lib_ops.syscall()
 * They act on the process or the task that makes them.
 *
 * @LIB_CALL_FORK: a new process, child of the same parent, with a copy of the
 *	file table and the same namespaces. Argument: struct lib_task **, receives the task
 *	of its only thread. Returns the process's number. The host's fork() follows, and
 *	in the child lib_ops.attach() and adopt(); if it fails, process_exit().
 * @LIB_CALL_THREAD: a further task of the process, in the caller's namespaces, for a thread
 *	that will be the child of the caller's. Argument: as LIB_CALL_FORK's. Returns 0. If
 *	there comes no thread, task_detach().
 * @LIB_CALL_EXEC: another program begins: the process's other tasks end (their
 *	threads did already), descriptors marked close-on-exec are closed.
 * @LIB_CALL_NEXT_FILE: argument: a descriptor number. Returns the first open one from
 *	it on, or -ENOENT.
 * @LIB_CALL_EXPORT: argument: a descriptor. Returns a ticket for the file, which is kept open
 *	until LIB_CALL_IMPORT, by whichever process: -ENFILE where too many are under way.
 * @LIB_CALL_IMPORT: argument: a ticket. Returns a descriptor, close-on-exec.
 * @LIB_CALL_MAP: argument: struct lib_map *. Returns a descriptor, close-on-exec, that is
 *	the mapping: the pages stay where they are until its last copy is closed. -ENODEV
 *	where mmap() of such a file gives no pages, otherwise what it returns.
 * @LIB_CALL_FOREIGN: argument: a number. The calling task works for somebody else from now
 *	on: pointers of its calls are his, and lib_host.user_copy() is given the number.
 *	0: its memory is the caller's own. Does not pass to other tasks.
 * @LIB_CALL_PERMIT: argument: a mask of capabilities(7). The calling task is permitted them
 *	from now on, beside those that it was. Not effective before capset(2).
 */
enum lib_call {
	LIB_CALL_FORK = 0x10000,
	LIB_CALL_THREAD,
	LIB_CALL_EXEC,
	LIB_CALL_NEXT_FILE,
	LIB_CALL_EXPORT,
	LIB_CALL_IMPORT,
	LIB_CALL_FOREIGN,
	LIB_CALL_MAP,
	LIB_CALL_PERMIT,
	LIB_CALL_END,
};

/*
 * In accept4(2)'s flags: the descriptor's number is taken when there is a connection, instead of
 * before it is waited for. For a host that gives out numbers itself, and moves descriptors there.
 */
#define LIB_ACCEPT_LATE 0x40000000

/**
 * struct lib_map - what LIB_CALL_MAP shall map
 * @fd: a file: a packet socket with rings, a BPF map
 * @flags: enum lib_map_flag
 * @offset, @length: in bytes, multiples of 4096
 * @pages: receives the addresses of the pages, @length / 4096. They lie in the arena.
 */
struct lib_map {
	int32_t fd;
	uint32_t flags;
	uint64_t offset;
	uint64_t length;
	void **pages;
};

enum lib_map_flag {
	LIB_MAP_WRITE = 1 << 0,		/* PROT_WRITE */
	LIB_MAP_SHARED = 1 << 1,	/* MAP_SHARED */
};

/**
 * struct lib_regs - machine registers at a fault, x86-64
 * In the order of struct pt_regs; the host fills it from the signal frame and
 * writes it back when lib_ops.fault() returns 1.
 */
struct lib_regs {
	unsigned long r15, r14, r13, r12, bp, bx;
	unsigned long r11, r10, r9, r8, ax, cx, dx, si, di;
	unsigned long orig_ax, ip, cs, flags, sp, ss;
};

/**
 * struct lib_token - the right to be the virtual CPU, as the host may look at it
 * @word: 0 when it is free; else 1 and the holder's space; other values: the stack is dead
 * @waiters: threads that sleep for it, or have looked for it in vain for long
 * @stack: an address on the stack that the holder came with; 0 for a moment after @word
 *	was set, and before it is cleared
 * @cpu: the host CPU that the last holder was on, as the vDSO numbers them
 * @moves: how often that changed
 */
struct lib_token {
	uint32_t word;
	uint32_t waiters;
	unsigned long stack;
	uint32_t cpu;
	uint32_t moves;
};

/**
 * struct lib_host - what the caller provides; every member must be there
 * @version: LIB_CONTRACT_VERSION
 * @size: sizeof(struct lib_host)
 * @host: first argument of every callback
 * @arena: memory that follows the image's last page; zero pages
 * @arena_size: its bytes, a multiple of the page size, at least 8 MiB
 * @clock_mode: see there
 * @wall_ns: wall clock minus @clock, nanoseconds since 1970 at clock zero
 * @seed: bytes that seed the kernel's random numbers. With a virtual clock they
 *	are the only source, so that a run can be repeated.
 * @cmdline: kernel command line, or ""
 *
 * @clock: read the clock. Any context, also without the token.
 * @arm: the stack next needs lib_ops.event() at @when (LIB_NEVER: not by
 *	itself). Called by lib_ops.event() and run(), and when an event becomes due
 *	sooner than what was told last. The token orders the calls.
 * @wait: sleep until *@word is not @value any more. Without the token. Returns 0
 *	(also for no reason); -EINTR when a signal handler ran, -ERESTART when
 *	one did that restarts calls (SA_RESTART), -ERESTARTSYS (512) when one will run
 *	and the caller of the system call restarts it by itself: it then gets the kernel's
 *	own result, -ERESTARTSYS to -ERESTART_RESTARTBLOCK. With @timeout_ns not LIB_NEVER
 *	-ETIMEDOUT after that many nanoseconds; a signal need not end it.
 * @wake: wake at most @count sleepers of @wait on @word. Without the token.
 * @membarrier: after this call every thread of every process that shares the
 *	stack has passed a full memory barrier (membarrier(2)).
 * @signal: the kernel has a signal for the host process whose process here is @process:
 *	SIGIO, SIGURG, or what F_SETSIG says. Only of processes that others than the first
 *	space made (there it stays pending, for signalfd).
 * @number: what the kernel calls the process that programs call @pid, where they name one to
 *	it: a namespace by its process, a process that goes into a cgroup. 0: there is none.
 *	With the token; does not block.
 * @user_copy: copy @n bytes between the kernel's @memory and address @user of whom
 *	LIB_CALL_FOREIGN called @foreign: to him with @out, else from him. Returns how many
 *	were not copied, at the end. Not for spaces other than the first.
 * @yield: let other threads have the CPU, if some want it. Without the token.
 * @console: @len bytes of the kernel's log, whole lines as a rule
 * @fatal: the stack is over; @text tells why, @trace holds @n code addresses,
 *	innermost first. All calls return -EIO from now on. Called once.
 * @netdev_xmit: send @n frames of a device. Returns how many it takes, in
 *	order; for the others the queue stops until lib_ops.netdev_wake().
 *	A frame's memory stays valid until its cookie is handed to
 *	lib_ops.netdev_sent(), if the host sets *@held (it takes care of all it
 *	took); otherwise all are over when the call returns.
 * @netdev_updown: the interface was set up (1) or down (0). What is received while it
 *	is down is dropped, so a host that can wait should.
 * @netdev_kick: frames were transmitted since the last call, and the token is
 *	free again; may call lib_ops. Called on the carrier's thread, which may
 *	be any, before the call that transmitted goes on or sleeps.
 */
struct lib_host {
	uint32_t version;
	uint32_t size;
	void *host;

	void *arena;
	uint64_t arena_size;
	uint32_t clock_mode;
	uint32_t reserved;
	uint64_t wall_ns;
	uint8_t seed[32];
	const char *cmdline;

	uint64_t (*clock)(void *host);
	void (*arm)(void *host, uint64_t when);
	int (*wait)(void *host, uint32_t *word, uint32_t value,
		    uint64_t timeout_ns);
	void (*wake)(void *host, uint32_t *word, uint32_t count);
	void (*membarrier)(void *host);
	void (*signal)(void *host, int process, int sig);
	int (*number)(void *host, int pid);
	size_t (*user_copy)(void *host, int foreign, void *memory, unsigned long user,
			    size_t n, int out);
	void (*yield)(void *host);
	void (*console)(void *host, const char *text, size_t len);
	void (*fatal)(void *host, enum lib_fatal why, const char *text,
		      const unsigned long *trace, size_t n);
	int (*netdev_xmit)(void *host, void *dev_host,
			   struct lib_frame *frames, int n, int *held);
	void (*netdev_updown)(void *host, void *dev_host, int up);
	void (*netdev_kick)(void *host);
};

/**
 * struct lib_ops - what the image offers
 *
 * @process_create: a kernel process of its own: file table, mm, signals, pid.
 *	Returns its number (> 0), the pid in the initial namespace.
 * @process_exit: end all of a process's tasks, close its files. None of its
 *	threads may be inside a call; those that are return -EIO, as do later
 *	ones. Blocks until done.
 * @task_attach: a kernel task for the calling host thread, in @process; @task
 *	receives it. Blocks shortly. -EAGAIN: the stack has no more room.
 * @task_detach: end the task. The thread, or one that knows it is not in a call.
 * @syscall: system call @nr (x86-64's number) with the Linux ABI's result, in
 *	the thread of @task. Blocks as the call does. -EINTR when a signal
 *	handler ran on the thread meanwhile.
 * @interrupt: make the call @task is blocked in return -EINTR. Any thread.
 * @event: run what is due now: timers, queued work. Any thread. Does not wait:
 *	where another thread carries, that one is told to do it. Returns when to
 *	call again if @arm says nothing sooner.
 * @run: @event, but waits for the token.
 * @netdev_create, @netdev_remove: a network device; blocks shortly.
 * @netdev_receive: @n frames arrived. Data are copied. Returns 0.
 * @netdev_sent: memory of held frames is free again; @cookies as in the frames.
 * @netdev_wake: a stopped transmit queue may go on.
 * @netdev_carrier: the link is up (1) or down (0).
 * @attach: the calling host process joins the stack as @space, or a forked one goes on
 *	as it: @host's callbacks are those of this process (its data are ignored). The
 *	page at @private_page must be this process's own. Returns 0 or -EINVAL.
 * @adopt: @task, made by LIB_CALL_FORK or before an exec, is the calling thread's.
 * @space_dead: the host process @space has ended, and none of its threads is left. The
 *	tasks of its process @process (0: it has none) leave what they were in without
 *	touching memory; process_exit() is then to be called, which waits for that. If it
 *	died inside the kernel the stack is over (LIB_FATAL_KILLED).
 * @hold: calls @fn(@arg) while no thread of any process is inside the kernel, for what must
 *	not meet one there: a SIGKILL. @fn must not call lib_ops. 0, or -EIO.
 * @fault: a signal handler met a fault at @regs (in the image's text) touching
 *	@addr. Returns 1 when @regs is changed to where execution goes on.
 *	Signal context, any token state.
 * @shutdown: every process ends, sockets close, the stack is dead afterwards:
 *	all calls return -EIO and none is inside. The host may then unmap it.
 *
 * @text, @text_size: the image's code
 * @private_page: see struct lib_ops.attach
 * @token: to be read
 */
struct lib_ops {
	uint32_t version;
	uint32_t size;
	const char *release;
	const void *text;
	uint64_t text_size;
	void *private_page;
	const volatile struct lib_token *token;

	int (*process_create)(void);
	int (*process_exit)(int process);
	int (*task_attach)(int process, struct lib_task **task);
	int (*task_detach)(struct lib_task *task);
	long (*syscall)(struct lib_task *task, long nr, long a0, long a1,
			long a2, long a3, long a4, long a5);
	int (*interrupt)(struct lib_task *task);
	uint64_t (*event)(void);
	uint64_t (*run)(void);

	int (*netdev_create)(const struct lib_netdev_config *config,
			     struct lib_netdev **dev);
	int (*netdev_remove)(struct lib_netdev *dev);
	int (*netdev_receive)(struct lib_netdev *dev,
			      const struct lib_frame *frames, int n);
	int (*netdev_sent)(struct lib_netdev *dev, void *const *cookies, int n);
	int (*netdev_wake)(struct lib_netdev *dev);
	int (*netdev_carrier)(struct lib_netdev *dev, int up);

	int (*attach)(const struct lib_host *host, uint32_t space);
	int (*adopt)(struct lib_task *task);
	int (*space_dead)(uint32_t space, int process);
	int (*hold)(void (*fn)(void *arg), void *arg);
	int (*fault)(struct lib_regs *regs, unsigned long addr);
	int (*shutdown)(void);
};

/**
 * lib_init() - boot the stack
 * @host: copied; may go away after the call
 * @ops: filled in
 * @ops_size: sizeof(struct lib_ops) of the caller
 *
 * The calling thread carries the boot. Once per mapped image.
 * Return: 0, -EINVAL (member missing, arena out of place or too small),
 * -EPROTO (another contract version), -EBUSY (called before), -EIO (died).
 */
__attribute__((visibility("default")))
int lib_init(const struct lib_host *host, struct lib_ops *ops, size_t ops_size);
typedef int lib_init_fn(const struct lib_host *, struct lib_ops *, size_t);

#endif
