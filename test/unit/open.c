// SPDX-License-Identifier: GPL-2.0
/*
 * open.c - libos_open() finds an image and takes it, or says what is wrong with what
 */
#include <errno.h>
#include <dirent.h>
#include <elf.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <libos.h>

static char good[4096], dir[] = "/tmp/libos-open-XXXXXX";

static struct libos_options options(void)
{
	return (struct libos_options){
		.size = sizeof(struct libos_options), .release = getenv("LIBOS_RELEASE"),
	};
}

static int descriptors(void)
{
	DIR *fds = opendir("/proc/self/fd");
	int n = 0;

	assert_non_null(fds);
	while (readdir(fds))
		n++;
	closedir(fds);
	return n;
}

/* It fails so, says so, and leaves nothing. */
static void refused(const struct libos_options *o, int error, const char *words)
{
	int before = descriptors();

	errno = 0;
	assert_null(libos_open(o));
	assert_int_equal(errno, error);
	if (!strstr(libos_error(), words))
		fail_msg("\"%s\" is not in \"%s\"", words, libos_error());
	assert_int_equal(descriptors(), before);
}

static void opens(const struct libos_options *o)
{
	struct libos *os = libos_open(o);

	if (!os)
		fail_msg("%s", libos_error());
	assert_memory_equal(libos_release(os), getenv("LIBOS_RELEASE"),
			    strlen(getenv("LIBOS_RELEASE")));
	assert_int_equal(libos_close(os), 0);
}

static void options_must_make_sense(void **state)
{
	struct libos_options o = options();

	(void)state;
	o.size = 0;
	refused(&o, EINVAL, "libos_options.size is 0, not sizeof(struct libos_options)");
	o.size = sizeof(o) + 1;
	refused(&o, EINVAL, "libos_options.size");
	o = options();
	o.memory = (16 << 20) - 1;
	refused(&o, EINVAL, "give it at least 16 MiB");
	o = options();
	o.clock = 2;
	refused(&o, EINVAL, "unknown clock mode 2");
	o = options();
	o.clock = LIBOS_CLOCK_VIRTUAL;
	o.shared = 1;
	refused(&o, EINVAL, "LIBOS_CLOCK_REAL");
}

/* A program that was built when the structure was smaller */
static void an_older_program_opens(void **state)
{
	struct libos_options o = options();

	(void)state;
	o.size = offsetof(struct libos_options, memory);
	o.memory = 1;
	opens(&o);
}

static void a_release_that_is_not_there(void **state)
{
	struct libos_options o = options();
	char words[5000];

	(void)state;
	o.release = "0.99";
	snprintf(words, sizeof(words), "no kernel image liblinux-0.99.so in %s, ",
		 getenv("LIBOS_IMAGE_PATH"));
	refused(&o, ENOENT, words);
	refused(&o, ENOENT, "make KERNEL=0.99 or set LIBOS_IMAGE_PATH");
}

static void an_image_by_its_path(void **state)
{
	struct libos_options o = options();

	(void)state;
	o.image = good;
	o.release = "0.99";
	opens(&o);
	o.image = "/nonexistent/image.so";
	refused(&o, ENOENT, "cannot open the kernel image /nonexistent/image.so: No such file");
	o.image = dir;
	refused(&o, ENOEXEC, "is not a kernel image");
}

/* A copy of the image's first @len bytes, with @change made at its beginning. */
static const char *copy(size_t len, void (*change)(Elf64_Ehdr *ehdr, Elf64_Phdr *phdr))
{
	static char path[100], data[32 << 20];
	int in = open(good, O_RDONLY | O_CLOEXEC), out;
	ssize_t n;

	assert_true(in >= 0);
	n = read(in, data, sizeof(data));
	close(in);
	assert_in_range(n, 1 << 20, sizeof(data) - 1);
	if (len > (size_t)n)
		len = n;
	if (change)
		change((void *)data, (void *)(data + ((Elf64_Ehdr *)data)->e_phoff));
	snprintf(path, sizeof(path), "%s/copy.so", dir);
	out = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(out >= 0);
	assert_int_equal(write(out, data, len), len);
	close(out);
	return path;
}

static void not_elf(Elf64_Ehdr *ehdr, Elf64_Phdr *phdr)
{
	(void)phdr;
	ehdr->e_ident[1] = 'e';
}

static void a_program(Elf64_Ehdr *ehdr, Elf64_Phdr *phdr)
{
	(void)phdr;
	ehdr->e_type = ET_EXEC;
}

static void of_another_machine(Elf64_Ehdr *ehdr, Elf64_Phdr *phdr)
{
	(void)phdr;
	ehdr->e_machine = EM_AARCH64;
}

static void many_segments(Elf64_Ehdr *ehdr, Elf64_Phdr *phdr)
{
	(void)phdr;
	ehdr->e_phnum = 17;
}

static void no_segments(Elf64_Ehdr *ehdr, Elf64_Phdr *phdr)
{
	int i;

	for (i = 0; i < ehdr->e_phnum; i++)
		if (phdr[i].p_type == PT_LOAD)
			phdr[i].p_type = PT_NOTE;
}

static void no_dynamic_section(Elf64_Ehdr *ehdr, Elf64_Phdr *phdr)
{
	int i;

	for (i = 0; i < ehdr->e_phnum; i++)
		if (phdr[i].p_type == PT_DYNAMIC)
			phdr[i].p_type = PT_NOTE;
}

static void damaged_images_are_refused(void **state)
{
	static void (*const changes[])(Elf64_Ehdr *, Elf64_Phdr *) = {
		not_elf, a_program, of_another_machine, many_segments, no_segments,
		no_dynamic_section,
	};
	static const size_t lengths[] = { 0, 10, 64, 100, 1 << 20 };
	struct libos_options o = options();
	size_t i;

	(void)state;
	o.image = copy(SIZE_MAX, NULL);
	opens(&o);
	for (i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		o.image = copy(SIZE_MAX, changes[i]);
		refused(&o, ENOEXEC, "is not a kernel image of this library; build it");
	}
	/* Cut short: a part of it that is mapped would not be there. */
	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		o.image = copy(lengths[i], NULL);
		refused(&o, ENOEXEC, "is not a kernel image of this library; build it");
	}
}

static void other_libraries_are_refused(void **state)
{
	struct libos_options o = options();

	(void)state;
	o.image = "/lib/x86_64-linux-gnu/libc.so.6";
	refused(&o, ENOEXEC, "libc.so.6 needs a dynamic linker");
}

static int find_image(void **state)
{
	(void)state;
	snprintf(good, sizeof(good), "%s/liblinux-%s.so", getenv("LIBOS_IMAGE_PATH"),
		 getenv("LIBOS_RELEASE"));
	return mkdtemp(dir) ? 0 : -1;
}

static int remove_copies(void **state)
{
	char path[100];

	(void)state;
	snprintf(path, sizeof(path), "%s/copy.so", dir);
	unlink(path);
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_must_make_sense),
		cmocka_unit_test(an_older_program_opens),
		cmocka_unit_test(a_release_that_is_not_there),
		cmocka_unit_test(an_image_by_its_path),
		cmocka_unit_test(damaged_images_are_refused),
		cmocka_unit_test(other_libraries_are_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("open", tests, find_image, remove_copies);
}
