/* SPDX-License-Identifier: GPL-2.0 */
/*
 * fake_image.h - an image of the test's own, in place of host/image.c
 *
 * Its kernel is a fake_stack.h. To be included by one file of a program: the functions
 * are defined here, since a helper would be linked to tests of the real ones, too.
 */
#ifndef FAKE_IMAGE_H
#define FAKE_IMAGE_H

#include <stdio.h>
#include <string.h>

#include "fake_stack.h"
#include "threads.h"

/* What it was handed at its boot, and the steps since fake_image_open() */
static struct lib_host host;
static char cmdline[64], done[200];
/* How many are mapped; what the steps shall return */
static int maps, boot_error, process_error, map_error;
/* Arguments of image_map() */
static size_t map_size, map_extra;

static void did(const char *what)
{
	strcat(strcat(done, what), " ");
}

static int process_create(void)
{
	did("process");
	return process_error ? process_error : 42;
}

static int shut(void)
{
	did("shutdown");
	return 0;
}

static uint64_t event(void)
{
	return LIB_NEVER;
}

static int boot(const struct lib_host *h, struct lib_ops *ops, size_t size)
{
	struct libos fake;

	assert_int_equal(size, sizeof(*ops));
	did("boot");
	host = *h;
	/* It may go away after the call. */
	strcpy(cmdline, h->cmdline);
	if (boot_error)
		return boot_error;
	fake_stack_init(&fake, 0);
	*ops = fake.ops;
	ops->process_create = process_create;
	ops->shutdown = shut;
	ops->event = event;
	return 0;
}

int image_map(struct image *image, const char *release, const char *path, size_t arena_size,
	      size_t extra)
{
	(void)release, (void)path;
	map_size = arena_size;
	map_extra = extra;
	if (map_error)
		return map_error;
	maps++;
	*image = (struct image){ .arena = &host, .arena_size = arena_size, .init = boot };
	return 0;
}

void image_booted(struct image *image)
{
	(void)image;
	did("booted");
}

void image_unmap(struct image *image)
{
	(void)image;
	maps--;
	did("unmap");
}

void image_symbol(const struct image *image, unsigned long addr, bool is_return, char *buf,
		  size_t len)
{
	(void)image;
	snprintf(buf, len, "fn%lu%s", addr, is_return ? " called" : "");
}

int image_fd(const struct image *image)
{
	(void)image;
	return -1;
}

const char *image_path(const struct image *image)
{
	(void)image;
	return "/the/image";
}

static struct libos *fake_image_open(struct libos_options o)
{
	struct libos *os;

	o.size = sizeof(o);
	done[0] = '\0';
	os = libos_open(&o);
	assert_non_null(os);
	return os;
}

static int fake_image_clean(void **state)
{
	(void)state;
	boot_error = process_error = map_error = 0;
	return maps || threads_named("libos");
}

#endif
