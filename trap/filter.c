// SPDX-License-Identifier: GPL-2.0
/*
 * filter.c - the seccomp filter that traps
 *
 * A listed call traps unless its `syscall` lies in the image. Others are let through as
 * a function of number and architecture alone, so that the kernel's bitmap of such
 * numbers skips the filter. It can't evaluate arithmetic, so the set is a binary search
 * among the bounds of its ranges. The filter is inherited and can't be changed, so the
 * set is the same in all descendants, and in all of them the image has the same place.
 *
 * int 0x80 and x32 numbers would be a way around: ENOSYS, as on a kernel without them.
 */
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>
#include "thread.h"

#define NUMBERS TRAP_CALLS
#define IP_LOW offsetof(struct seccomp_data, instruction_pointer)
#define IP_HIGH (IP_LOW + 4)
#define X32_BIT 0x40000000

static unsigned char listed[NUMBERS / 8];

void trap_filter_add(const unsigned char *bits)
{
	int i;

	for (i = 0; bits && i < NUMBERS / 8; i++)
		listed[i] |= bits[i];
}

struct program {
	struct sock_filter insn[4096];
	int count;
};

static int emit(struct program *p, int code, unsigned int k, int jt, int jf)
{
	p->insn[p->count] = (struct sock_filter){ code, jt, jf, k };
	return p->count++;
}

#define LOAD(field) \
	emit(p, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field), 0, 0)
#define RETURN(value) emit(p, BPF_RET | BPF_K, value, 0, 0)

/* The interval i of bounds: odd ones are listed; jumps to `trap` are patched later */
static void emit_search(struct program *p, const int *bound, int low, int high)
{
	int middle, at;

	if (low == high) {
		if (low & 1)
			emit(p, BPF_JMP | BPF_JA, 0, 0, 0);
		else
			RETURN(SECCOMP_RET_ALLOW);
		return;
	}
	middle = (low + high + 1) / 2;
	at = emit(p, BPF_JMP | BPF_JGE | BPF_K, bound[middle - 1], 0, 0);
	/* A jump of eight bits does not reach over the left half of a long list */
	emit(p, BPF_JMP | BPF_JA, 0, 0, 0);
	p->insn[at].jt = 0;
	p->insn[at].jf = 1;
	emit_search(p, bound, low, middle - 1);
	p->insn[at + 1].k = p->count - (at + 2);
	emit_search(p, bound, middle, high);
}

static void build(struct program *p)
{
	int bound[NUMBERS], count = 0, nr, was = 0, is, start, i;

	for (nr = 0; nr < NUMBERS; nr++, was = is) {
		is = listed[nr / 8] >> nr % 8 & 1;
		if (is != was)
			bound[count++] = nr;
	}
	if (was)
		bound[count++] = NUMBERS;

	p->count = 0;
	LOAD(arch);
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0);
	RETURN(SECCOMP_RET_ERRNO | ENOSYS);
	LOAD(nr);
	emit(p, BPF_JMP | BPF_JGE | BPF_K, X32_BIT, 0, 1);
	RETURN(SECCOMP_RET_ERRNO | ENOSYS);
	start = p->count;
	emit_search(p, bound, 0, count);
	for (i = start; i < p->count; i++)
		if (p->insn[i].code == (BPF_JMP | BPF_JA) && !p->insn[i].k)
			p->insn[i].k = p->count - (i + 1);
	emit(p, BPF_LD | BPF_W | BPF_ABS, IP_HIGH, 0, 0);
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, IMAGE_BASE >> 32, 1, 0);
	RETURN(SECCOMP_RET_TRAP);
	emit(p, BPF_LD | BPF_W | BPF_ABS, IP_LOW, 0, 0);
	emit(p, BPF_JMP | BPF_JGE | BPF_K, IMAGE_SIZE, 0, 1);
	RETURN(SECCOMP_RET_TRAP);
	RETURN(SECCOMP_RET_ALLOW);
}
_Static_assert((unsigned int)IMAGE_BASE == 0, "the filter compares the low half as a size");

static long install(struct sock_fprog *fprog)
{
	long r = host_3(__NR_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW,
			fprog);

	if (r == -EINVAL)	/* before Linux 4.17 */
		r = host_3(__NR_seccomp, SECCOMP_SET_MODE_FILTER, 0, fprog);
	return r;
}

/* Without CAP_SYS_ADMIN it takes NO_NEW_PRIVS: set-user-ID programs stay who they are */
long trap_filter_install(void)
{
	struct program *p = trap_pages(sizeof(*p));
	struct sock_fprog fprog;
	long r;

	if (!p)
		return -ENOMEM;
	build(p);
	fprog.len = p->count;
	fprog.filter = p->insn;
	r = install(&fprog);
	if (r == -EACCES) {
		r = host_5(__NR_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		if (!r)
			r = install(&fprog);
	}
	trap_pages_free(p, sizeof(*p));
	return r;
}
