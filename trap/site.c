// SPDX-License-Identifier: GPL-2.0
/*
 * site.c - trapped `syscall` instructions become jumps
 *
 * A site that trapped SITE_THRESHOLD times is rewritten to jump to a stub within 2 GiB,
 * which does what the trap did and enters trap_entry. Two ways, neither of which
 * touches an instruction behind the `syscall`, as a thread in the kernel returns there:
 *
 * 1. `mov $nr, %eax` (or %rax) just before it: its first five bytes become a jmp
 *    rel32. The `syscall` stays: a thread between the two, or one that jumps there,
 *    traps as before.
 * 2. Padding that nothing executes, after a ret or jmp within reach of a jmp rel8: it gets
 *    the jmp rel32, and the two bytes of the `syscall` a jmp to it. Whoever returns to
 *    them by moving back two bytes (a restarted call) finds the jump.
 *
 * The text is rewritten while other threads may execute it: the bytes lie in one cache
 * line and are written by one store, so that a CPU sees the old or the new ones. (The
 * manuals promise that only with a serializing instruction on the other CPUs; what they
 * execute meanwhile is either way right.) Only private mappings of files that are not
 * writable are touched: no code that a JIT compiler may be writing.
 *
 * The stubs' pages are writable and executable; both at once, as other threads run in
 * them when one is added.
 */
#include <linux/mman.h>
#include "thread.h"
#include "insn.h"

#define SITE_THRESHOLD 3
#define SITES 4096		/* power of two */
#define CHUNKS 64
#define CHUNK_SIZE 16384UL
#define STUB_SIZE 32
#define REACH 0x7ff00000L
#define CACHE_LINE 64
#define MAP_FIXED_NOREPLACE_ 0x100000

enum { SITE_DONE = -1, SITE_NEVER = -2 };

/* Written without the lock by who traps; a lost count does no harm */
static struct {
	unsigned long ret;
	int traps;		/* or SITE_* */
} sites[SITES];

static struct {
	unsigned long start, used;
} chunks[CHUNKS];
static int chunk_count;
static struct trap_lock lock;
static struct trap_thread *owner;	/* of the lock */

static void take(struct trap_thread *t)
{
	trap_lock(&lock);
	owner = t;
}

static void release(void)
{
	owner = NULL;
	trap_unlock(&lock);
}

/* A vfork child is gone, maybe killed in the middle: text may stay writable, no more */
void trap_site_gone(struct trap_thread *child)
{
	if (__atomic_load_n(&owner, __ATOMIC_RELAXED) == child)
		release();
}

/* The child of a fork finds the tables whole */
void trap_site_fork(int before)
{
	if (before)
		take(trap_thread());
	else
		release();
}

/* What /proc/self/maps says of an address */
struct area {
	unsigned long start, end;
	int prot, file;		/* file: a private mapping of one */
};

struct procmap_query {		/* <linux/fs.h> of Linux 6.11 */
	__u64 size, query_flags, query_addr, vma_start, vma_end, vma_flags, vma_page_size,
		vma_offset, inode;
	__u32 dev_major, dev_minor, vma_name_size, build_id_size;
	__u64 vma_name_addr, build_id_addr;
};
#define PROCMAP_QUERY 0xc0686611
_Static_assert(sizeof(struct procmap_query) == 0x68, "the number has the size in it");

/* One line: "start-end rwxp offset dev inode path" */
static int parse_line(const char *line, struct area *a)
{
	const char *p;
	int i;

	a->start = trap_number(line, &p, 16);
	if (*p != '-')
		return -1;
	a->end = trap_number(p + 1, &p, 16);
	a->prot = (p[1] == 'r' ? PROT_READ : 0) | (p[2] == 'w' ? PROT_WRITE : 0) |
		  (p[3] == 'x' ? PROT_EXEC : 0);
	a->file = p[4] == 'p';
	for (p++, i = 0; i < 3 && p; i++) {
		p = strchr(p, ' ');
		p = p ? p + 1 : p;
	}
	if (!p || !trap_number(p, NULL, 10))
		a->file = 0;
	return 0;
}

/* Before Linux 6.11. Lines are cut at the buffer's end, and a long path is no matter. */
static int search_maps(int fd, unsigned long at, struct area *a)
{
	char text[2048 + 1], *line, *end;
	size_t have = 0;
	long n;

	for (;;) {
		n = host_3(__NR_read, fd, text + have, sizeof(text) - 1 - have);
		if (n <= 0)
			return -1;
		have += n;
		text[have] = 0;
		for (line = text; (end = strchr(line, '\n')); line = end + 1) {
			*end = 0;
			if (!parse_line(line, a) && at >= a->start && at < a->end)
				return 0;
		}
		have = text + have - line;
		if (have >= sizeof(text) - 1)
			have = 0;
		memmove(text, line, have);
	}
}

static int find_area(unsigned long at, struct area *a)
{
	struct procmap_query q = { .size = sizeof(q), .query_addr = at };
	long fd = host_4(__NR_openat, HOST_AT_FDCWD, "/proc/self/maps", HOST_O_CLOEXEC, 0);
	long r;

	if (fd < 0)
		return -1;
	r = host_3(__NR_ioctl, fd, PROCMAP_QUERY, &q);
	if (!r) {
		a->start = q.vma_start;
		a->end = q.vma_end;
		a->prot = q.vma_flags & 7;	/* the same bits as PROT_* */
		a->file = q.inode && !(q.vma_flags & 8);
	} else {
		r = search_maps(fd, at, a);
	}
	host_1(__NR_close, fd);
	return r ? -1 : 0;
}

static int reaches(unsigned long from, unsigned long to)
{
	long distance = to - from;

	return distance < REACH && distance > -REACH;
}

static unsigned long next_step(unsigned long step)
{
	return step < 0x1000000 ? (step / 2) & -HOST_PAGE : 0x1000000;
}

/* A new chunk near an area: below it if possible, as heaps and bss grow upwards */
static long chunk_near(const struct area *a)
{
	unsigned long step, at;
	long p;
	int up;

	for (up = 0; up < 2; up++) {
		for (step = 0x10000; step < 0x60000000; step += next_step(step)) {
			if (!up && a->start < step + 0x10000)
				break;
			at = up ? a->end + step : a->start - step;
			p = host_6(__NR_mmap, at & -HOST_PAGE, CHUNK_SIZE,
				   PROT_READ | PROT_WRITE | PROT_EXEC,
				   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE_, -1, 0);
			if (host_failed(p))
				continue;
			if ((unsigned long)p == (at & -HOST_PAGE))
				return p;
			host_2(__NR_munmap, p, CHUNK_SIZE);
		}
	}
	return -ENOMEM;
}

static unsigned char *stub_alloc(unsigned long site, const struct area *a)
{
	long p;
	int i;

	for (i = 0; i < chunk_count; i++)
		if (chunks[i].used + STUB_SIZE <= CHUNK_SIZE &&
		    reaches(site, chunks[i].start + chunks[i].used))
			goto found;
	if (chunk_count == CHUNKS)
		return NULL;
	p = chunk_near(a);
	if (host_failed(p) || !reaches(site, p))
		return NULL;
	chunks[chunk_count].start = p;
	chunks[chunk_count].used = 0;
	__atomic_store_n(&chunk_count, chunk_count + 1, __ATOMIC_RELEASE);
found:
	chunks[i].used += STUB_SIZE;
	return (unsigned char *)(chunks[i].start + chunks[i].used - STUB_SIZE);
}

static unsigned char *put(unsigned char *p, unsigned int code, int code_size,
			  unsigned long value, int size)
{
	memcpy(p, &code, code_size);
	memcpy(p + code_size, &value, size);
	return p + code_size + size;
}

/* nr < 0: eax is set already */
static void stub_write(unsigned char *p, long nr, unsigned long ret)
{
	if (nr >= 0)
		p = put(p, 0xb8, 1, nr, 4);			/* mov $nr, %eax */
	p = put(p, 0xb948, 2, ret, 8);				/* mov $ret, %rcx */
	p = put(p, 0xbb49, 2, (unsigned long)trap_entry, 8);	/* mov $entry, %r11 */
	put(p, 0xe3ff41, 3, 0, 0);				/* jmp *%r11 */
}

/* A signal found the thread in a stub: then rather at the `syscall` that it stands for */
int trap_site_leave(struct sigcontext *c)
{
	const unsigned char *stub;
	int i, n = __atomic_load_n(&chunk_count, __ATOMIC_ACQUIRE), nr;

	for (i = 0; i < n; i++)
		if (c->rip - chunks[i].start < CHUNK_SIZE)
			break;
	if (i == n)
		return 0;
	stub = (const unsigned char *)(c->rip & -(unsigned long)STUB_SIZE);
	if (*stub == 0xb8) {
		memcpy(&nr, stub + 1, 4);
		c->rax = nr;
		stub += 5;
	}
	memcpy(&c->rip, stub + 2, 8);
	c->rip -= 2;
	return 1;
}

/* Can n bytes be written by one store that stays in a cache line? */
static int one_store(unsigned long at, int n)
{
	return at / CACHE_LINE == (at + n - 1) / CACHE_LINE;
}

static void store(unsigned long at, const unsigned char *bytes, int n)
{
	unsigned long line_end = (at | (CACHE_LINE - 1)) + 1;
	unsigned long word_at = at + 8 <= line_end ? at : line_end - 8, word;

	memcpy(&word, (void *)word_at, 8);
	memcpy((char *)&word + (at - word_at), bytes, n);
	__atomic_store_n((unsigned long *)word_at, word, __ATOMIC_SEQ_CST);
}

static void jump(unsigned char *bytes, unsigned long from, unsigned long to)
{
	int distance = to - (from + 5);

	bytes[0] = 0xe9;
	memcpy(bytes + 1, &distance, 4);
}

/* Make [at, at + n) writable for a moment; -1: refused */
static int open_text(const struct area *a, unsigned long at, unsigned long n, int open)
{
	unsigned long from = at & -HOST_PAGE, to = (at + n + HOST_PAGE - 1) & -HOST_PAGE;

	return host_3(__NR_mprotect, from, to - from, a->prot | (open ? PROT_WRITE : 0)) ?
		       -1 : 0;
}

/* Where the `mov $nr` before a site begins, 0: there is none that can be replaced */
static unsigned long find_mov(const struct area *a, unsigned long site, long nr)
{
	const unsigned char *p = (const unsigned char *)site;
	unsigned int n = nr;

	if (site < a->start + 8)
		return 0;
	if (p[-7] == 0x48 && p[-6] == 0xc7 && p[-5] == 0xc0 && !memcmp(p - 4, &n, 4))
		return site - 7;
	/* With a REX.B before it, it is the end of a mov to r8d */
	if (p[-5] == 0xb8 && !memcmp(p - 4, &n, 4) && (p[-6] & 0xf1) != 0x41)
		return site - 5;
	return 0;
}

/* Padding of five bytes at least up to an address of 16, after an end of execution */
static unsigned long find_padding(const struct area *a, unsigned long ret)
{
	const unsigned char *p = (const unsigned char *)ret, *q, *end, *stop;
	struct insn insn;

	end = p + 126 + 32 < (unsigned char *)a->end ? p + 126 + 32 : (unsigned char *)a->end;
	for (; p < (unsigned char *)ret + 120; p += insn.length) {
		if (insn_decode(p, end, &insn))
			return 0;
		if (!insn.ends)
			continue;
		q = p + insn.length;
		stop = (unsigned char *)(((unsigned long)q + 5 + 15) & ~15UL);
		if (q > (unsigned char *)ret + 127 || stop > end ||
		    !one_store((unsigned long)q, 5))
			continue;
		while (q < stop) {
			struct insn pad;

			if (insn_decode(q, end, &pad) || !pad.nop)
				break;
			q += pad.length;
		}
		if (q == stop)
			return (unsigned long)p + insn.length;
	}
	return 0;
}

static int rewrite_mov(const struct area *a, unsigned long mov, unsigned long ret, long nr)
{
	unsigned char bytes[5], *stub;

	stub = stub_alloc(mov, a);
	if (!stub || open_text(a, mov, 5, 1))
		return -1;
	stub_write(stub, nr, ret);
	jump(bytes, mov, (unsigned long)stub);
	if (one_store(mov, 5))
		store(mov, bytes, 5);
	else
		memcpy((void *)mov, bytes, 5);
	open_text(a, mov, 5, 0);
	return 0;
}

static int rewrite_padding(const struct area *a, unsigned long pad, unsigned long ret)
{
	unsigned char bytes[5], *stub;

	stub = stub_alloc(pad, a);
	if (!stub || open_text(a, ret - 2, pad + 5 - (ret - 2), 1))
		return -1;
	stub_write(stub, -1, ret);
	jump(bytes, pad, (unsigned long)stub);
	store(pad, bytes, 5);
	bytes[0] = 0xeb;
	bytes[1] = pad - ret;
	store(ret - 2, bytes, 2);
	open_text(a, ret - 2, pad + 5 - (ret - 2), 0);
	return 0;
}

static int rewrite(unsigned long ret, long nr)
{
	unsigned long site = ret - 2, at;
	struct area a;

	if (find_area(site, &a) || !a.file || (a.prot & PROT_WRITE) || !(a.prot & PROT_READ) ||
	    memcmp((void *)site, "\x0f\x05", 2))
		return SITE_NEVER;
	at = find_mov(&a, site, nr);
	if (at && one_store(at, 5) && !rewrite_mov(&a, at, ret, nr))
		return SITE_DONE;
	at = one_store(site, 2) ? find_padding(&a, ret) : 0;
	if (at && !rewrite_padding(&a, at, ret))
		return SITE_DONE;
	return SITE_NEVER;
}

/*
 * A thread of musl that nobody joins unmaps its own stack and then exits, with no stack
 * that a signal could be delivered on: `syscall; xor %rdi, %rdi; mov $60, %eax;
 * syscall`. So that exit must not trap, not even once. It lies near the clone, and is
 * looked for when the first thread is made, as long as nobody else can be executing it.
 */
void trap_site_first_thread(struct trap_thread *t)
{
	static const unsigned char code[] = { 0x0f, 0x05, 0x48, 0x31, 0xff, 0xb8, __NR_exit,
					      0, 0, 0, 0x0f, 0x05 };
	static int done;
	unsigned long clone = t->regs.rip, p, end;
	struct area a;

	if (done || t->vfork)
		return;
	done = 1;
	if (find_area(clone, &a) || !a.file || (a.prot & PROT_WRITE) || !(a.prot & PROT_READ))
		return;
	p = clone - 16384 > a.start ? clone - 16384 : a.start;
	end = clone + 16384 < a.end ? clone + 16384 : a.end;
	for (; p + sizeof(code) <= end; p++) {
		if (*(unsigned char *)p != code[0] || memcmp((void *)p, code, sizeof(code)))
			continue;
		take(t);
		rewrite_mov(&a, p + 5, p + sizeof(code), __NR_exit);
		release();
		return;
	}
}

/*
 * A call trapped at ret (`syscall` is just before it) `traps` times more. A site that
 * was done and traps again was jumped to behind its mov, or is other code that was
 * mapped there since: it stays as it is.
 */
void trap_site_trapped(struct trap_thread *t, unsigned long ret, long nr, int traps)
{
	unsigned long i = ret * 0x9e3779b97f4a7c15UL >> 52;
	int tries;

	for (tries = 0; tries < 16; tries++, i = (i + 1) % SITES)
		if (!sites[i].ret || sites[i].ret == ret)
			break;
	if (tries == 16 || sites[i].traps < 0)
		return;
	sites[i].ret = ret;
	sites[i].traps += traps;
	if (sites[i].traps < SITE_THRESHOLD)
		return;
	take(t);
	if (sites[i].traps >= 0)
		sites[i].traps = rewrite(ret, nr);
	release();
	if (t->frame)
		trap_frame_note(t, ret, nr);
}
