// SPDX-License-Identifier: GPL-2.0
/*
 * loaded.c - what a program finds of itself when it starts
 *
 * Built in every way that there is: position-independent or not, static or not, with an
 * executable stack. Only prints what is the same for each run.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <unistd.h>

extern char _start[], _end[], __ehdr_start[];
static __thread int local = 42;
static int constructed;
static char zero[100000];
static int data[5000] = { 1, 2, 3 };

__attribute__((constructor)) static void construct(void)
{
	constructed = 1;
}

static int count_objects(struct dl_phdr_info *info, size_t size, void *n)
{
	(void)info, (void)size;
	++*(int *)n;
	return 0;
}

static void stack_code(void)
{
	unsigned char code[] = { 0xb8, 7, 0, 0, 0, 0xc3 };	/* mov $7, %eax; ret */
	char line[200];
	int executable = 0;
	FILE *f = fopen("/proc/self/maps", "r");

	while (f && fgets(line, sizeof(line), f))
		if (strstr(line, "[stack]"))
			executable = !!strstr(line, "rwxp");
	printf("stack is executable: %d\n", executable);
	if (executable)
		printf("code on it: %d\n", ((int (*)(void))code)());
}

static void process(void)
{
	char text[4096] = "";
	int fd = open("/proc/self/auxv", O_RDONLY);
	unsigned long aux[2], seen = 0;

	while (read(fd, aux, sizeof(aux)) == sizeof(aux) && aux[0])
		if (aux[0] == AT_ENTRY)
			seen = aux[1] == getauxval(AT_ENTRY);
	printf("auxv of /proc is mine: %ld\n", seen);
	close(fd);
	fd = open("/proc/self/environ", O_RDONLY);
	printf("environ %ld\n", (long)read(fd, text, sizeof(text)));
	printf("%s\n", text);
}

int main(int argc, char **argv, char **envp)
{
	ElfW(Ehdr) *header = (void *)__ehdr_start;
	unsigned long at;
	int i, bad = 0, objects = 0;
	char *heap;

	for (i = 0; i < argc; i++)
		printf("argv %s\n", argv[i]);
	for (i = 0; envp[i]; i++)
		printf("env %s\n", envp[i]);
	printf("entry %d, phdr %d, phnum %d, phent %ld\n",
	       getauxval(AT_ENTRY) == (unsigned long)_start,
	       getauxval(AT_PHDR) == (unsigned long)__ehdr_start + header->e_phoff,
	       getauxval(AT_PHNUM) == header->e_phnum, getauxval(AT_PHENT));
	printf("base %d, page %ld, secure %ld, random %d, vdso %d, execfn %s\n",
	       !!getauxval(AT_BASE), getauxval(AT_PAGESZ), getauxval(AT_SECURE),
	       !!getauxval(AT_RANDOM), !!getauxval(AT_SYSINFO_EHDR),
	       strrchr((char *)getauxval(AT_EXECFN), '/'));
	dl_iterate_phdr(count_objects, &objects);
	printf("TLS %d, constructed %d, objects %d\n", local, constructed, objects);
	for (i = 0; i < (int)sizeof(zero); i++)
		bad += zero[i];
	for (i = 3; i < 5000; i++)
		bad += data[i];
	printf("bad bytes %d, %d\n", bad, data[2]);
	at = syscall(SYS_brk, 0);
	if (getauxval(AT_BASE) || header->e_type == ET_EXEC)	/* not for a static-pie */
		printf("brk is behind the program: %d\n", at >= (unsigned long)_end &&
		       at - (unsigned long)_end < 0x10000000000);
	heap = sbrk(10 << 20);
	printf("brk grows: %d\n", heap != (void *)-1);
	heap[(10 << 20) - 1] = 1;
	heap = malloc(100 << 20);
	printf("malloc: %d\n", !!heap);
	at = (unsigned long)__builtin_frame_address(0);
	printf("stack is aligned: %d\n", at % 16 == 0);
	stack_code();
	process();
	return argc;
}
