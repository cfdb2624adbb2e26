/* SPDX-License-Identifier: GPL-2.0 */
#ifndef HOST_STACK_H
#define HOST_STACK_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <lib_contract.h>
#include <libos.h>

#include "image.h"

/**
 * struct thread_task - a thread's task in one stack
 * @os, @serial: the stack; NULL when it is closed
 * @task: the kernel's side
 * @inside: the thread is in a call
 * @next: of the thread
 * @os_next, @os_prev: of the stack
 */
struct thread_task {
	struct libos *os;
	uint64_t serial;
	struct lib_task *task;
	atomic_bool inside;
	struct thread_task *next;
	struct thread_task *os_next, **os_prev;
};

/**
 * struct libos - a stack
 * @ops: what its image offers
 * @image: the image, mapped
 * @serial: tells it from one that was at this address before
 * @process: our process in it
 * @clock: how its time goes
 * @now: its time, if virtual
 * @armed: when it next needs to run
 * @asleep, @asleep_arg: with a virtual clock: told by a thread that is going to sleep
 *	until *@word is not @value any more, and with NULL when it is up again; may be NULL
 * @seen: what the service thread saw of that
 * @dead: it ended by itself
 * @next: in the service's list of real-time stacks
 * @netdevs, @netdevs_lock: its devices
 * @kicks: devices that transmitted and have a kick() to be called
 * @threads: attached threads (thread.c)
 * @console, @console_arg: the caller's
 * @keeper: of a stack that other processes share (keeper.c)
 * @log: what it said lately, for when it dies
 */
struct libos {
	struct lib_ops ops;
	struct image image;
	uint64_t serial;
	int process;
	enum libos_clock clock;
	_Atomic uint64_t now;
	_Atomic uint64_t armed;
	void (*asleep)(void *arg, const uint32_t *word, uint32_t value);
	void *asleep_arg;
	uint64_t seen;
	atomic_bool dead;
	struct libos *next;
	struct libos_netdev *netdevs;
	pthread_mutex_t netdevs_lock;
	_Atomic(struct libos_netdev *) kicks;
	struct thread_task *threads;
	void (*console)(void *arg, const char *text, size_t len);
	void *console_arg;
	struct keeper *keeper;
	char log[4096];
	size_t log_len;
};

/* stack.c: lib_host.console() and fatal(), also for the keeper; host is the stack */
void stack_console(void *host, const char *text, size_t len);
void stack_fatal(void *host, enum lib_fatal why, const char *text,
		 const unsigned long *trace, size_t n);

/* clock.c */
uint64_t clock_host_now(void);
uint64_t clock_host_wall(void);
void clock_callbacks(struct lib_host *host, struct libos *os);

/* fault.c: the signal handlers that a bad user pointer needs */
int fault_install(void);
void fault_add(struct libos *os);
void fault_remove(struct libos *os);

/* thread.c: which kernel task a host thread is, in each stack */
struct thread_task *thread_task(struct libos *os);
void thread_forget(struct libos *os);

/* service.c: the one thread a process needs for timers and packets */
int service_add(struct libos *os);
void service_remove(struct libos *os);
void service_arm(struct libos *os, uint64_t when);

struct service_fd;
typedef void service_fn(void *arg, uint32_t events);
struct service_fd *service_fd_add(int fd, uint32_t events, service_fn *fn, void *arg);
void service_fd_events(struct service_fd *sfd, uint32_t events);
void service_fd_remove(struct service_fd *sfd);

/* netdev.c */
int netdev_xmit(void *host, void *dev_host, struct lib_frame *frames, int n,
		int *held);
void netdev_updown(void *host, void *dev_host, int up);
void netdev_kick(void *host);
void netdev_close_all(struct libos *os);

/* errno's edge: a negative errno becomes -1 and errno */
long libos_ret(long ret);

#endif
