/* SPDX-License-Identifier: GPL-2.0 */
#ifndef HOST_IMAGE_H
#define HOST_IMAGE_H

#include <stdbool.h>
#include <stddef.h>

#include <lib_contract.h>

struct image_file;

/**
 * struct image - a kernel image mapped for one stack
 * @file: the file it is mapped from
 * @map, @map_size: the whole reservation, to unmap
 * @base: load address: address zero of the ELF file
 * @arena, @arena_size: memory behind the image's data
 * @init: lib_init()
 * @memory: the memory file of a shared one, or -1
 * @data, @data_size: what of it is mapped from there: writable part, arena, @extra
 * @extra: behind the arena of a shared one
 */
struct image {
	struct image_file *file;
	void *map;
	size_t map_size;
	char *base;
	void *arena;
	size_t arena_size;
	lib_init_fn *init;
	int memory;
	char *data;
	size_t data_size;
	void *extra;
};

/**
 * image_map() - map the image of a kernel release, with an arena behind it
 * @release: "6.12", or NULL for the default
 * @path: a file to use instead, or NULL
 * @extra: not zero: in memory that other processes can map, with so many bytes more
 * Return: 0 or -errno; libos_error() tells why.
 */
int image_map(struct image *image, const char *release, const char *path,
	      size_t arena_size, size_t extra);
/* To be told when a stack has booted: the next one will boot faster. */
void image_booted(struct image *image);
void image_unmap(struct image *image);

/**
 * image_symbol() - "name+0x12/0x40" of a code address, or hexadecimal if there is none
 * @is_return: a call ends there. A function that ends with one which never returns is
 *	the one before: the address is behind it, where the next one begins or none does.
 */
void image_symbol(const struct image *image, unsigned long addr, bool is_return, char *buf,
		  size_t len);

int image_fd(const struct image *image);

/* Path of the file, for messages. */
const char *image_path(const struct image *image);

#endif
