// SPDX-License-Identifier: GPL-2.0
/*
 * credentials.c - who the program is, in both kernels
 *
 * The stack's task has the program's user and group: sockets have an owner. An ordinary user is
 * root of his stack, so it keeps its capabilities, whoever it becomes. A program that began
 * with capabilities of the host's loses in the stack what it loses there. The host decides; the
 * stack, which fixes up nothing itself (SECBIT_NO_SETUID_FIXUP), is told the outcome.
 *
 * A file's capabilities and set-user-ID are without effect on the host, since the image is what it
 * executes. In the stack they count: ping(8), started by a user who is not root.
 */
#include <linux/capability.h>
#include <linux/prctl.h>
#include <linux/securebits.h>
#include <linux/xattr.h>
#include <asm/stat.h>

#include "attached.h"

#define S_ISUID 04000
#define EVERY ((2ul << CAP_LAST_CAP) - 1)

/* The host's at the start of the first program, 0 if it had none; the file's, till the next exec */
static uint64_t own, granted;

struct sets {
	uint64_t permitted, effective, inheritable;
};

static void unpack(const struct __user_cap_data_struct *data, struct sets *sets)
{
	sets->permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
	sets->effective = data[0].effective | (uint64_t)data[1].effective << 32;
	sets->inheritable = data[0].inheritable | (uint64_t)data[1].inheritable << 32;
}

static long host_sets(struct sets *sets)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2];
	long err = host_2(__NR_capget, &header, data);

	if (!err)
		unpack(data, sets);
	return err;
}

/* What the host never gave is not lost there, unless all is */
static uint64_t left(uint64_t now)
{
	return ((now ? now | ~own : 0) | granted) & EVERY;
}

/* Has the program @capability in the stack? */
int credentials_have(int capability)
{
	struct sets now;

	return !own || (!host_sets(&now) && left(now.effective) >> capability & 1);
}

static void tell_capabilities(struct trap_thread *t)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2];
	struct sets now, in;
	uint64_t permitted;

	if (!own || host_sets(&now) || lib_2(t, __NR_capget, &header, data))
		return;
	unpack(data, &in);
	permitted = left(now.permitted);
	/* An exec gives back, and a user namespace of one's own. Isolated programs get nothing. */
	if (permitted & ~in.permitted && !lib_1(t, LIB_CALL_PERMIT, permitted) &&
	    !lib_2(t, __NR_capget, &header, data))
		unpack(data, &in);
	in.permitted &= permitted;
	in.effective = in.permitted & left(now.effective);
	data[0] = (struct __user_cap_data_struct){ in.effective, in.permitted, in.inheritable };
	data[1] = (struct __user_cap_data_struct){ in.effective >> 32, in.permitted >> 32,
						   in.inheritable >> 32 };
	lib_2(t, __NR_capset, &header, data);
}

static void tell_identity(struct trap_thread *t)
{
	unsigned int real, effective, saved;

	lib_2(t, __NR_prctl, PR_SET_SECUREBITS, 1 << SECURE_NO_SETUID_FIXUP);
	if (!host_3(__NR_getresgid, &real, &effective, &saved))
		lib_3(t, __NR_setresgid, real, effective, saved);
	if (!host_3(__NR_getresuid, &real, &effective, &saved))
		lib_3(t, __NR_setresuid, real, effective, saved);
}

/*
 * The program becomes somebody else. Twin and poller share its memory, so neither may
 * stay who it was: they end first, and come again as what the program is then. (A twin may
 * not: a process that gave up root is not to be traced.)
 */
long credentials_call(struct trap_thread *t, long nr, unsigned long *a)
{
	long ret;

	twin_hold();
	poller_stop();
	ret = host_6(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
	poller_resume();
	twin_release();
	if (ret >= 0 && nr != __NR_setgroups) {
		if (nr != __NR_capset)
			tell_identity(t);
		tell_capabilities(t);
	}
	return ret;
}

/* The host changed them by itself: an exec, a child in a user namespace of its own. */
void credentials_changed(struct trap_thread *t)
{
	if (!own)
		return;
	tell_identity(t);
	tell_capabilities(t);
}

void credentials_start(void)
{
	struct sets sets;

	if (!host_sets(&sets))
		own = sets.permitted;
}

/* ------------------------------------------------------------------ *
 * exec
 */

/* What the program in @file may do by that */
static uint64_t of_file(int file)
{
	struct vfs_ns_cap_data data;
	struct stat st;

	if (!own || host_2(__NR_fstat, file, &st))
		return 0;
	if (st.st_mode & S_ISUID && !st.st_uid)
		return EVERY;
	if (host_4(__NR_fgetxattr, file, XATTR_NAME_CAPS, &data, sizeof(data)) <
	    (long)XATTR_CAPS_SZ_2)
		return 0;
	return data.data[0].permitted | (uint64_t)data.data[1].permitted << 32;
}

void credentials_state(int file, unsigned long state[2])
{
	state[0] = own;
	state[1] = of_file(file);
}

void credentials_resume(const unsigned long state[2])
{
	own = state[0];
	granted = state[1];
}
