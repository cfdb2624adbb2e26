// SPDX-License-Identifier: GPL-2.0
/*
 * elf.c - a program and its interpreter into memory, as the kernel's binfmt_elf does it
 */
#include <linux/mman.h>
#include <linux/elf.h>
#include <linux/personality.h>
#include "thread.h"

#define MAP_FIXED_NOREPLACE_ 0x100000
#define PIE_BASE 0x555555554000UL	/* two thirds of the address space */
#define PIE_RANDOM 0xfffffffUL		/* pages */
#define MAX_PHDR 128

static unsigned long page_down(unsigned long n)
{
	return n & ~(HOST_PAGE - 1);
}

struct elf {
	Elf64_Ehdr e;
	Elf64_Phdr p[MAX_PHDR];
};

static long read_exactly(int fd, void *to, size_t n, unsigned long at)
{
	long r = host_4(__NR_pread64, fd, to, n, at);

	return r < 0 ? r : r == (long)n ? 0 : -ENOEXEC;
}

static long read_elf(int fd, struct elf *f)
{
	long r = read_exactly(fd, &f->e, sizeof(f->e), 0);

	if (r)
		return r;
	if (memcmp(f->e.e_ident, ELFMAG, SELFMAG) || f->e.e_ident[EI_CLASS] != ELFCLASS64 ||
	    f->e.e_machine != EM_X86_64 || f->e.e_phentsize != sizeof(Elf64_Phdr) ||
	    (f->e.e_type != ET_EXEC && f->e.e_type != ET_DYN) || !f->e.e_phnum ||
	    f->e.e_phnum > MAX_PHDR)
		return -ENOEXEC;
	return read_exactly(fd, f->p, f->e.e_phnum * sizeof(Elf64_Phdr), f->e.e_phoff);
}

static const Elf64_Phdr *find(const struct elf *f, unsigned int type)
{
	int i;

	for (i = 0; i < f->e.e_phnum; i++)
		if (f->p[i].p_type == type)
			return &f->p[i];
	return NULL;
}

static long interp_path(int fd, const struct elf *f, char *path)
{
	const Elf64_Phdr *p = find(f, PT_INTERP);
	long r;

	path[0] = 0;
	if (!p)
		return 0;
	if (p->p_filesz < 2 || p->p_filesz > 4096)
		return -ENOEXEC;
	r = read_exactly(fd, path, p->p_filesz, p->p_offset);
	if (r)
		return r == -ENOEXEC ? -EIO : r;
	return path[p->p_filesz - 1] ? -ENOEXEC : 0;
}

static int overlaps_image(const struct elf *f)
{
	int i;

	for (i = 0; i < f->e.e_phnum; i++)
		if (f->p[i].p_type == PT_LOAD && f->e.e_type == ET_EXEC &&
		    f->p[i].p_vaddr < IMAGE_BASE + IMAGE_SIZE &&
		    f->p[i].p_vaddr + f->p[i].p_memsz > IMAGE_BASE)
			return 1;
	return 0;
}

/*
 * Whether trap_elf_load() will do. *native: it is an image with a trap of its own, at
 * our address; the filter lets its calls through, so the host can execute it.
 */
long trap_elf_check(int fd, const unsigned char *head, size_t size, int *native)
{
	struct elf f;
	char path[4096];
	long r;

	if (size < sizeof(Elf64_Ehdr) || memcmp(head, ELFMAG, SELFMAG))
		return -ENOEXEC;
	r = read_elf(fd, &f);
	if (r)
		return r;
	*native = overlaps_image(&f);
	r = interp_path(fd, &f, path);
	if (r || !path[0])
		return r;
	r = host_3(__NR_faccessat, HOST_AT_FDCWD, path, HOST_X_OK);
	if (r)
		return r;
	fd = host_4(__NR_openat, HOST_AT_FDCWD, path, HOST_O_CLOEXEC, 0);
	if (fd == -EMFILE)	/* the new life has those that close on exec */
		return 0;
	if (fd < 0)
		return fd;
	r = read_elf(fd, &f) ? -ELIBBAD : 0;
	host_1(__NR_close, fd);
	return r;
}

static int prot_of(const Elf64_Phdr *p)
{
	return (p->p_flags & PF_R ? PROT_READ : 0) | (p->p_flags & PF_W ? PROT_WRITE : 0) |
	       (p->p_flags & PF_X ? PROT_EXEC : 0);
}

struct span {
	unsigned long start, end, align;
};

static struct span span_of(const struct elf *f)
{
	struct span s = { ~0UL, 0, HOST_PAGE };
	int i;

	for (i = 0; i < f->e.e_phnum; i++) {
		const Elf64_Phdr *p = &f->p[i];

		if (p->p_type != PT_LOAD)
			continue;
		if (page_down(p->p_vaddr) < s.start)
			s.start = page_down(p->p_vaddr);
		if (page_up(p->p_vaddr + p->p_memsz) > s.end)
			s.end = page_up(p->p_vaddr + p->p_memsz);
		if (p->p_align > s.align && !(p->p_align & (p->p_align - 1)))
			s.align = p->p_align;
	}
	return s;
}

static long map_segment(int fd, const Elf64_Phdr *p, unsigned long bias)
{
	unsigned long from = page_down(p->p_vaddr + bias), file_end, bss_end;
	int prot = prot_of(p);
	long r = 0;

	file_end = p->p_vaddr + bias + p->p_filesz;
	bss_end = page_up(p->p_vaddr + bias + p->p_memsz);
	if (p->p_filesz)
		r = host_6(__NR_mmap, from, page_up(file_end) - from, prot,
			   MAP_PRIVATE | MAP_FIXED, fd, page_down(p->p_offset));
	if (host_failed(r))
		return r;
	if (!p->p_filesz)
		file_end = from;
	if (p->p_memsz > p->p_filesz) {
		if (bss_end > page_up(file_end))
			r = host_6(__NR_mmap, page_up(file_end), bss_end - page_up(file_end),
				   prot, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
		if (host_failed(r))
			return r;
		if ((prot & PROT_WRITE) && file_end < page_up(file_end))
			memset((void *)file_end, 0, page_up(file_end) - file_end);
	}
	return 0;
}

static unsigned long random_pages(void)
{
	unsigned long n = 0;

	host_3(__NR_getrandom, &n, sizeof(n), 0);
	return n & PIE_RANDOM;
}

/* Where a position-independent file goes; the whole span is reserved. Or -errno. */
static long reserve(const struct elf *f, const struct span *s, int interpreter)
{
	unsigned long size = s->end - s->start, at;
	long p = -ENOMEM;
	int tries;

	if (f->e.e_type == ET_EXEC) {
		/* As the kernel: what is there already is a reason to fail */
		p = host_6(__NR_mmap, s->start, size, PROT_NONE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE |
				   MAP_FIXED_NOREPLACE_, -1, 0);
		if (!host_failed(p) && (unsigned long)p != s->start)
			p = -EEXIST;
		return p;
	}
	for (tries = 0; !interpreter && tries < 64 && host_failed(p); tries++) {
		at = PIE_BASE;
		if (!(host_1(__NR_personality, 0xffffffff) & ADDR_NO_RANDOMIZE))
			at += random_pages() * HOST_PAGE;
		at = (at + s->align - 1) & ~(s->align - 1);
		p = host_6(__NR_mmap, at, size, PROT_NONE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE |
				   MAP_FIXED_NOREPLACE_, -1, 0);
		if (!host_failed(p) && (unsigned long)p != at) {	/* an old kernel */
			host_2(__NR_munmap, p, size);
			p = -EEXIST;
		}
	}
	if (!host_failed(p))
		return p;
	/* An interpreter: where the kernel likes, with room to align */
	p = host_6(__NR_mmap, 0, size + s->align - HOST_PAGE, PROT_NONE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (host_failed(p))
		return p;
	at = ((unsigned long)p + s->align - 1) & ~(s->align - 1);
	if (at > (unsigned long)p)
		host_2(__NR_munmap, p, at - p);
	if (p + size + s->align - HOST_PAGE > at + size)
		host_2(__NR_munmap, at + size, p + s->align - HOST_PAGE - at);
	return at;
}

/* Returns the bias */
static long map_file(int fd, const struct elf *f, int interpreter, unsigned long *bias)
{
	struct span s = span_of(f);
	unsigned long end = 0;
	long at, r;
	int i;

	if (s.start >= s.end)
		return -ENOEXEC;
	at = reserve(f, &s, interpreter);
	if (host_failed(at))
		return at;
	*bias = at - s.start;
	for (i = 0; i < f->e.e_phnum; i++) {
		const Elf64_Phdr *p = &f->p[i];

		if (p->p_type != PT_LOAD || !p->p_memsz)
			continue;
		/* What the file has no segment for is not mapped */
		if (end && page_down(p->p_vaddr) > end)
			host_2(__NR_munmap, end + *bias, page_down(p->p_vaddr) - end);
		r = map_segment(fd, p, *bias);
		if (r)
			return r;
		if (page_up(p->p_vaddr + p->p_memsz) > end)
			end = page_up(p->p_vaddr + p->p_memsz);
	}
	return 0;
}

static void note_areas(const struct elf *f, unsigned long bias,
		       struct trap_program_image *image)
{
	unsigned long end;
	int i;

	image->code_start = image->data_start = ~0UL;
	for (i = 0; i < f->e.e_phnum; i++) {
		const Elf64_Phdr *p = &f->p[i];

		if (p->p_type != PT_LOAD)
			continue;
		end = p->p_vaddr + bias + p->p_filesz;
		if (p->p_flags & PF_X) {
			if (p->p_vaddr + bias < image->code_start)
				image->code_start = p->p_vaddr + bias;
			if (end > image->code_end)
				image->code_end = end;
		}
		if (p->p_flags & PF_W) {
			image->data_start = p->p_vaddr + bias;
			image->data_end = end;
		}
		if (page_up(p->p_vaddr + bias + p->p_memsz) > image->brk)
			image->brk = page_up(p->p_vaddr + bias + p->p_memsz);
		if (f->e.e_phoff >= p->p_offset && f->e.e_phoff < p->p_offset + p->p_filesz)
			image->phdr = f->e.e_phoff - p->p_offset + p->p_vaddr + bias;
	}
	if (image->data_start == ~0UL)
		image->data_start = image->data_end = image->code_end;
	if (image->code_start == ~0UL)
		image->code_start = image->code_end = image->data_start;
}

/* Closes fd: the program may have none left for its interpreter */
long trap_elf_load(int fd, struct trap_program_image *image)
{
	static struct elf f, interp;
	static char path[4096];
	const Elf64_Phdr *stack;
	unsigned long bias;
	long r = read_elf(fd, &f);

	if (!r)
		r = interp_path(fd, &f, path);
	if (r)
		return r;
	/* A static-pie is its own interpreter, but for its address */
	r = map_file(fd, &f, 0, &bias);
	host_1(__NR_close, fd);
	if (r)
		return r;
	memset(image, 0, sizeof(*image));
	note_areas(&f, bias, image);
	image->phent = f.e.e_phentsize;
	image->phnum = f.e.e_phnum;
	image->entry = image->start = f.e.e_entry + bias;
	stack = find(&f, PT_GNU_STACK);
	image->stack_exec = stack && (stack->p_flags & PF_X);
	if (!path[0])
		return 0;
	fd = host_4(__NR_openat, HOST_AT_FDCWD, path, HOST_O_CLOEXEC, 0);
	if (fd < 0)
		return fd;
	r = read_elf(fd, &interp);
	if (!r)
		r = map_file(fd, &interp, interp.e.e_type == ET_DYN, &bias);
	host_1(__NR_close, fd);
	if (r)
		return r;
	image->start = interp.e.e_entry + bias;
	image->base = bias;
	return 0;
}
