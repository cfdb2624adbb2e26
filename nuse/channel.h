/* SPDX-License-Identifier: GPL-2.0 */
/*
 * channel.h - how a program that shares no memory with its stack has it called
 *
 * An isolated process (nuse --isolate) has a memory file in common with the owner, and a
 * line, a SOCK_SEQPACKET socket. In the file each of its threads has a channel: a
 * call's number and arguments go there, a thread of the owner makes the call, reaching
 * over for what pointers point to, and the result comes back. Both sides look for a
 * moment before they sleep. On the line goes what does not belong to a call.
 *
 * The owner believes nothing that it reads here. No libc: programs are somebody else's.
 */
#ifndef NUSE_CHANNEL_H
#define NUSE_CHANNEL_H

#include <stdatomic.h>
#include <stdint.h>

#define CHANNEL_MAGIC 0x6c656e6e61686373ull	/* "schannel" */
#define CHANNELS 1024

/* Who has the channel, and whether the other one sleeps on the word */
enum channel_state {
	CHANNEL_DONE,		/* the program; zero: nothing was asked yet */
	CHANNEL_DONE_SLEEP,	/* the owner's thread sleeps */
	CHANNEL_ASKED,
	CHANNEL_ASKED_SLEEP,	/* the program's thread sleeps */
};

/* For this long, in looks, before it sleeps */
#define CHANNEL_LOOKS 2000

/**
 * struct channel - of one thread
 * @state: enum channel_state, a futex
 * @used: it has a thread, or none that could clear this: the owner does after an exec
 * @sequence: counts its calls
 * @nr, @args, @ret: one of Linux's, of enum lib_call, or of enum channel_call
 */
struct channel {
	_Alignas(128) _Atomic uint32_t state;
	_Atomic uint32_t used;
	_Atomic uint32_t sequence;
	int64_t nr;
	uint64_t args[6];
	int64_t ret;
};

/**
 * struct channels - the memory file
 * @owner: the owner's pid
 * @directory, @unix_stack: as struct shared's
 */
struct channels {
	uint64_t magic;
	int32_t owner;
	char directory[128];
	uint32_t unix_stack;
	struct channel of[CHANNELS];
};

/**
 * enum channel_call - calls that the owner answers itself
 * @CHANNEL_FORK: as LIB_CALL_FORK. The child's line and memory file come on the line.
 * @CHANNEL_THREAD: a channel's number: as LIB_CALL_THREAD, for that channel
 * @CHANNEL_EXEC: as LIB_CALL_EXEC; the other channels end
 * @CHANNEL_EXIT: the process is about to end
 * @CHANNEL_END: so is the thread
 * @CHANNEL_NUMBER: a host's process; returns the kernel's number of it, or 0
 * @CHANNEL_PID: the reverse
 * @CHANNEL_BURIED: a host's process that is dead: returns when the stack knows
 */
enum channel_call {
	CHANNEL_FORK = 0x20000,
	CHANNEL_THREAD,
	CHANNEL_EXEC,
	CHANNEL_EXIT,
	CHANNEL_END,
	CHANNEL_NUMBER,
	CHANNEL_PID,
	CHANNEL_BURIED,
};

/**
 * enum line_verb - messages to the owner
 * @LINE_HELLO: whose line this is, by the sender's credentials; answered by the same
 * @LINE_OPEN: a thread that has no task yet begins to use @channel
 * @LINE_INTERRUPT: the call @sequence of @channel shall return, for a signal
 */
enum line_verb { LINE_HELLO, LINE_OPEN, LINE_INTERRUPT };

struct line_message {
	uint32_t verb;
	uint32_t channel;
	uint32_t sequence;
};

#endif
