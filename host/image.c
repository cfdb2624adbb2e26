// SPDX-License-Identifier: GPL-2.0
/*
 * image.c - load kernel images
 *
 * An image is a shared object without dependencies: a few segments to map and
 * relative relocations to apply. dlopen() would do that once per file and
 * dlmopen() fifteen times; this does it as often as memory lasts, and all stacks
 * share the pages of text and constants. An open file is kept for the next stack
 * of the same release.
 */
#define _GNU_SOURCE
#include "image.h"

#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libos.h>

#include "error.h"
#include "shared.h"

#define PAGE 4096ul
#define DEFAULT_RELEASE "6.12"
/* The largest block of the kernel's page allocator: see vmlinux.lds.S. */
#define ALIGNMENT (4ul << 20)
#define SEGMENTS_MAX 8
#define USED_MAX 64

#ifndef LIBOS_IMAGE_DIR
#define LIBOS_IMAGE_DIR "/usr/local/lib/libos"
#endif

/**
 * struct image_file - an open image file
 * @next: in the list of all
 * @path: where it was found
 * @fd: the file
 * @users: mapped images
 * @entry: lib_init()'s offset
 * @span: bytes from offset zero to the end of the last segment
 * @load: PT_LOAD segments
 * @dynamic: offset of the dynamic section
 * @contents, @size: the whole file, mapped when a symbol is first wanted
 * @arena_size, @nr_used, @used: what of an arena that large the first stack had
 *	touched after its boot
 */
struct image_file {
	struct image_file *next;
	char *path;
	int fd;
	int users;
	size_t entry;
	size_t span;
	Elf64_Phdr load[SEGMENTS_MAX];
	int nr_load;
	size_t dynamic;
	const char *contents;
	size_t size;
	size_t arena_size;
	int nr_used;
	struct { size_t start, len; } used[USED_MAX];
};

static pthread_mutex_t files_lock = PTHREAD_MUTEX_INITIALIZER;
static struct image_file *files;

static size_t page_up(size_t n)
{
	return (n + PAGE - 1) & ~(PAGE - 1);
}

/* Fills in @file from its headers. Returns 0 or -errno. */
static int file_read(struct image_file *file)
{
	Elf64_Phdr phdr[16];
	Elf64_Ehdr ehdr;
	int i;

	if (pread(file->fd, &ehdr, sizeof(ehdr), 0) != sizeof(ehdr) ||
	    memcmp(ehdr.e_ident, ELFMAG, SELFMAG) || ehdr.e_type != ET_DYN ||
	    ehdr.e_machine != EM_X86_64 || ehdr.e_phentsize != sizeof(phdr[0]) ||
	    ehdr.e_phnum > 16 || !ehdr.e_entry)
		goto bad;
	/* They are at the end: what is mapped must all be there. */
	if (ehdr.e_shoff + ehdr.e_shnum * sizeof(Elf64_Shdr) > file->size)
		goto bad;
	if (pread(file->fd, phdr, ehdr.e_phnum * sizeof(phdr[0]), ehdr.e_phoff) !=
	    (ssize_t)(ehdr.e_phnum * sizeof(phdr[0])))
		goto bad;
	for (i = 0; i < ehdr.e_phnum; i++) {
		const Elf64_Phdr *p = &phdr[i];

		if (p->p_type == PT_DYNAMIC)
			file->dynamic = p->p_vaddr;
		if (p->p_type != PT_LOAD)
			continue;
		if (file->nr_load == SEGMENTS_MAX || p->p_offset + p->p_filesz > file->size)
			goto bad;
		file->load[file->nr_load++] = *p;
		file->span = page_up(p->p_vaddr + p->p_memsz);
	}
	file->entry = ehdr.e_entry;
	if (!file->dynamic || !file->nr_load)
		goto bad;
	return 0;
bad:
	libos_error_set("%s is not a kernel image of this library; build it with "
			"make", file->path);
	return -ENOEXEC;
}

static void file_free(struct image_file *file)
{
	if (file->contents)
		munmap((void *)file->contents, file->size);
	if (file->fd >= 0)
		close(file->fd);
	free(file->path);
	free(file);
}

/* With the lock. */
static struct image_file *file_open(const char *path, int *err)
{
	struct image_file *file;
	struct stat st, old;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st)) {
		*err = -errno;
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	for (file = files; file; file = file->next)
		if (!fstat(file->fd, &old) && old.st_ino == st.st_ino &&
		    old.st_dev == st.st_dev) {
			close(fd);
			file->users++;
			return file;
		}
	file = calloc(1, sizeof(*file));
	if (!file || !(file->path = strdup(path))) {
		free(file);
		close(fd);
		*err = -ENOMEM;
		return NULL;
	}
	file->fd = fd;
	file->size = st.st_size;
	file->users = 1;
	*err = file_read(file);
	if (*err) {
		file_free(file);
		return NULL;
	}
	file->next = files;
	files = file;
	return file;
}

static void file_put(struct image_file *file)
{
	struct image_file **p;

	pthread_mutex_lock(&files_lock);
	if (--file->users == 0) {
		for (p = &files; *p != file; p = &(*p)->next)
			;
		*p = file->next;
		file_free(file);
	}
	pthread_mutex_unlock(&files_lock);
}

/* The directory this library was loaded from, or the program that it is part of. */
static void own_directory(char *buf, size_t len)
{
	Dl_info info;
	char *slash;
	ssize_t n;

	*buf = 0;
	if (!dladdr((void *)libos_close, &info) || !info.dli_fname)
		return;
	snprintf(buf, len, "%s", info.dli_fname);
	/* A program that was found in PATH goes by its plain name. */
	if (!strchr(buf, '/')) {
		n = readlink("/proc/self/exe", buf, len - 1);
		buf[n > 0 ? n : 0] = 0;
	}
	slash = strrchr(buf, '/');
	if (slash)
		*slash = 0;
}

static struct image_file *file_find(const char *release, const char *path, int *err)
{
	const char *env = getenv("LIBOS_IMAGE_PATH");
	struct image_file *file = NULL;
	char own[4096], name[4200];
	const char *dirs[3];
	int i;

	pthread_mutex_lock(&files_lock);
	if (path) {
		file = file_open(path, err);
		if (!file && *err != -ENOEXEC)
			libos_error_set("cannot open the kernel image %s: %s", path,
					strerror(-*err));
		goto out;
	}
	own_directory(own, sizeof(own));
	dirs[0] = env;
	dirs[1] = own;
	dirs[2] = LIBOS_IMAGE_DIR;
	for (i = 0; i < 3; i++) {
		if (!dirs[i] || !*dirs[i])
			continue;
		snprintf(name, sizeof(name), "%s/liblinux-%s.so", dirs[i], release);
		file = file_open(name, err);
		if (file || *err != -ENOENT)
			goto out;
	}
	libos_error_set("no kernel image liblinux-%s.so in %s%s%s or %s; build it with "
			"make KERNEL=%s or set LIBOS_IMAGE_PATH", release,
			env ? env : "", env ? ", " : "", own, LIBOS_IMAGE_DIR, release);
out:
	pthread_mutex_unlock(&files_lock);
	return file;
}

static int segment_map(const struct image_file *file, char *base,
		       const Elf64_Phdr *p)
{
	int prot = PROT_READ | (p->p_flags & PF_W ? PROT_WRITE : 0) |
		   (p->p_flags & PF_X ? PROT_EXEC : 0);
	size_t skew = p->p_vaddr & (PAGE - 1);
	char *start = base + p->p_vaddr - skew;
	size_t in_file = page_up(skew + p->p_filesz);
	size_t in_memory = page_up(skew + p->p_memsz);
	char *end = base + p->p_vaddr + p->p_filesz;

	/* Nearly all of the data is about to be touched: one call instead of faults. */
	if (p->p_filesz &&
	    mmap(start, in_file, prot, MAP_PRIVATE | MAP_FIXED |
		 (p->p_flags & PF_W ? MAP_POPULATE : 0), file->fd, p->p_offset - skew) == MAP_FAILED)
		return -errno;
	if (in_memory > in_file &&
	    mmap(start + in_file, in_memory - in_file, prot,
		 MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS, -1, 0) == MAP_FAILED)
		return -errno;
	if (p->p_flags & PF_W && p->p_memsz > p->p_filesz)
		memset(end, 0, start + in_file - end);
	return 0;
}

/* System V gABI: an address, then bitmaps of the 63 words that follow. */
static void relocate_relr(char *base, const Elf64_Relr *relr, size_t size)
{
	const Elf64_Relr *end = (const void *)((const char *)relr + size);
	Elf64_Addr *where = NULL;

	for (; relr < end; relr++) {
		uint64_t bits = *relr;
		int i;

		if (!(bits & 1)) {
			where = (Elf64_Addr *)(base + bits);
			*where++ += (Elf64_Addr)base;
			continue;
		}
		for (i = 0; bits >>= 1; i++)
			if (bits & 1)
				where[i] += (Elf64_Addr)base;
		where += 63;
	}
}

static int relocate(const struct image_file *file, char *base)
{
	const Elf64_Dyn *dyn = (const void *)(base + file->dynamic);
	const Elf64_Rela *rela = NULL;
	const Elf64_Relr *relr = NULL;
	size_t rela_size = 0, relr_size = 0, i;

	for (; dyn->d_tag != DT_NULL; dyn++) {
		switch (dyn->d_tag) {
		case DT_RELA:
			rela = (const void *)(base + dyn->d_un.d_ptr);
			break;
		case DT_RELASZ:
			rela_size = dyn->d_un.d_val;
			break;
		case DT_RELR:
			relr = (const void *)(base + dyn->d_un.d_ptr);
			break;
		case DT_RELRSZ:
			relr_size = dyn->d_un.d_val;
			break;
		case DT_NEEDED:
		case DT_TEXTREL:
			libos_error_set("%s needs a dynamic linker; it was not linked "
					"by this project", file->path);
			return -ENOEXEC;
		}
	}
	if (relr)
		relocate_relr(base, relr, relr_size);
	for (i = 0; rela && i < rela_size / sizeof(*rela); i++) {
		if (ELF64_R_TYPE(rela[i].r_info) != R_X86_64_RELATIVE) {
			libos_error_set("%s has a relocation of type %lu, which an image "
					"must not have", file->path,
					(unsigned long)ELF64_R_TYPE(rela[i].r_info));
			return -ENOEXEC;
		}
		*(Elf64_Addr *)(base + rela[i].r_offset) =
			(Elf64_Addr)base + rela[i].r_addend;
	}
	return 0;
}

/*
 * A boot touches the same pages of its arena every time. The first one of a file
 * takes a page fault for each; those after it get them in a few calls.
 */
static void arena_prefault(const struct image *image)
{
	const struct image_file *file = image->file;
	int i;

	if (file->arena_size != image->arena_size)
		return;
	for (i = 0; i < file->nr_used; i++)
		madvise((char *)image->arena + file->used[i].start, file->used[i].len,
			MADV_POPULATE_WRITE);
}

void image_booted(struct image *image)
{
	struct image_file *file = image->file;
	size_t pages = image->arena_size / PAGE, i;
	unsigned char *present;
	int n = 0;

	if (file->arena_size == image->arena_size)
		return;
	present = malloc(pages);
	if (!present || mincore(image->arena, image->arena_size, present)) {
		free(present);
		return;
	}
	pthread_mutex_lock(&files_lock);
	file->nr_used = 0;
	for (i = 0; i < pages && n < USED_MAX; i++) {
		if (!(present[i] & 1))
			continue;
		file->used[n].start = i * PAGE;
		while (i < pages && present[i] & 1)
			i++;
		file->used[n].len = i * PAGE - file->used[n].start;
		n++;
	}
	file->arena_size = image->arena_size;
	file->nr_used = n;
	pthread_mutex_unlock(&files_lock);
	free(present);
}

static int reserve(struct image *image)
{
	image->map = mmap(NULL, image->map_size, PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (image->map == MAP_FAILED)
		return -errno;
	image->base = (char *)(((uintptr_t)image->map + ALIGNMENT - 1) &
			       ~(ALIGNMENT - 1));
	return 0;
}

/* Where other processes will find it free, too. */
static int reserve_shared(struct image *image)
{
	int i;

	if (image->map_size > SHARED_STEP)
		return -ENOMEM;
	for (i = 0; i < SHARED_BASES; i++) {
		image->map = mmap((void *)(SHARED_BASE + i * SHARED_STEP), image->map_size,
				  PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS |
				  MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
		if (image->map != MAP_FAILED) {
			image->base = image->map;
			return 0;
		}
	}
	return -errno;
}

/* The writable part of a shared image, and all that follows, are one memory file. */
static int data_map_shared(struct image *image, const Elf64_Phdr *p, size_t extra)
{
	image->data = image->base + p->p_vaddr;
	image->data_size = (char *)image->arena + image->arena_size - image->data + extra;
	image->memory = memfd_create("libos", MFD_CLOEXEC);
	if (image->memory < 0 || ftruncate(image->memory, image->data_size) ||
	    mmap(image->data, image->data_size, PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_FIXED, image->memory, 0) == MAP_FAILED)
		return -errno;
	image->extra = (char *)image->arena + image->arena_size;
	if (pread(image->file->fd, image->data, p->p_filesz, p->p_offset) !=
	    (ssize_t)p->p_filesz)
		return -EIO;
	return 0;
}

/* Where those are given unasked, as Debian's kernel does, a stack would take twice the memory. */
static void no_huge_pages(const struct image *image, const char *data)
{
	madvise((void *)data, (char *)image->arena + image->arena_size - data, MADV_NOHUGEPAGE);
}

int image_map(struct image *image, const char *release, const char *path,
	      size_t arena_size, size_t extra)
{
	struct image_file *file;
	int err, i;

	memset(image, 0, sizeof(*image));
	image->memory = -1;
	extra = page_up(extra);
	file = file_find(release ? release : DEFAULT_RELEASE, path, &err);
	if (!file)
		return err;
	arena_size = page_up(arena_size);
	image->map_size = file->span + arena_size + ALIGNMENT + extra;
	err = extra ? reserve_shared(image) : reserve(image);
	if (err) {
		libos_error_set("no address space for %zu MiB of memory: %s",
				arena_size >> 20, strerror(-err));
		file_put(file);
		return err;
	}
	image->file = file;
	image->arena = image->base + file->span;
	image->arena_size = arena_size;
	for (i = 0; i < file->nr_load; i++) {
		if (extra && i == file->nr_load - 1)
			err = data_map_shared(image, &file->load[i], extra);
		else
			err = segment_map(file, image->base, &file->load[i]);
		if (err)
			goto err;
	}
	if (!extra && mmap(image->arena, arena_size, PROT_READ | PROT_WRITE, MAP_PRIVATE |
		 MAP_FIXED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0) == MAP_FAILED) {
		err = -errno;
		goto err;
	}
	no_huge_pages(image, image->base + file->load[file->nr_load - 1].p_vaddr);
	err = relocate(file, image->base);
	if (err)
		goto err;
	arena_prefault(image);
	image->init = (lib_init_fn *)(image->base + file->entry);
	return 0;
err:
	if (err != -ENOEXEC)
		libos_error_set("cannot map %s: %s", file->path, strerror(-err));
	image_unmap(image);
	return err;
}

void image_unmap(struct image *image)
{
	if (!image->file)
		return;
	munmap(image->map, image->map_size);
	if (image->memory >= 0)
		close(image->memory);
	file_put(image->file);
	image->file = NULL;
}

int image_fd(const struct image *image)
{
	return image->file->fd;
}

const char *image_path(const struct image *image)
{
	return image->file->path;
}

/* ------------------------------------------------------------------ *
 * symbols, for backtraces
 */

static bool file_contents(struct image_file *file)
{
	void *p;

	pthread_mutex_lock(&files_lock);
	if (!file->contents) {
		p = mmap(NULL, file->size, PROT_READ, MAP_PRIVATE, file->fd, 0);
		if (p != MAP_FAILED)
			file->contents = p;
	}
	pthread_mutex_unlock(&files_lock);
	return file->contents;
}

static const Elf64_Sym *symbol_find(struct image_file *file, size_t offset,
				    const char **name)
{
	const Elf64_Ehdr *ehdr = (const void *)file->contents;
	const Elf64_Shdr *shdr = (const void *)(file->contents + ehdr->e_shoff);
	int i;

	for (i = 0; i < ehdr->e_shnum; i++) {
		const Elf64_Sym *sym = (const void *)(file->contents + shdr[i].sh_offset);
		size_t k, n = shdr[i].sh_size / sizeof(*sym);

		if (shdr[i].sh_type != SHT_SYMTAB)
			continue;
		for (k = 0; k < n; k++) {
			if (ELF64_ST_TYPE(sym[k].st_info) != STT_FUNC ||
			    offset < sym[k].st_value ||
			    offset >= sym[k].st_value + sym[k].st_size)
				continue;
			*name = file->contents + shdr[shdr[i].sh_link].sh_offset +
				sym[k].st_name;
			return &sym[k];
		}
	}
	return NULL;
}

void image_symbol(const struct image *image, unsigned long addr, bool is_return, char *buf,
		  size_t len)
{
	size_t offset = addr - (uintptr_t)image->base;
	size_t inside = offset - is_return;
	const Elf64_Sym *sym;
	const char *name;

	sym = inside < image->file->span && file_contents(image->file) ?
	      symbol_find(image->file, inside, &name) : NULL;
	if (sym)
		snprintf(buf, len, "%s+0x%zx/0x%zx", name,
			 (size_t)(offset - sym->st_value), (size_t)sym->st_size);
	else
		snprintf(buf, len, "0x%lx", addr);
}
