// SPDX-License-Identifier: GPL-2.0
/*
 * start.c - from the kernel's exec of the image to the program's first instruction
 *
 * The program's stack is the one that the kernel made: its strings stay where they
 * are, the vector of pointers is written anew. The auxiliary vector is the kernel's,
 * with what describes the program replaced.
 */
#include <linux/mman.h>
#include <linux/auxvec.h>
#include <linux/personality.h>
#include <linux/prctl.h>
#include "thread.h"
#include "exec.h"

#define MAX_AUX 64

struct aux {
	unsigned long type, value;
};

/* What the kernel put on the stack */
struct vector {
	int argc;
	char **argv, **envp;
	struct aux *aux;
};

static struct vector parse_vector(unsigned long *sp)
{
	struct vector v = { .argc = sp[0], .argv = (char **)(sp + 1) };
	char **p = v.argv + v.argc + 1;

	v.envp = p;
	while (*p)
		p++;
	v.aux = (struct aux *)(p + 1);
	return v;
}

static unsigned long aux_value(const struct aux *aux, unsigned long type)
{
	for (; aux->type != AT_NULL; aux++)
		if (aux->type == type)
			return aux->value;
	return 0;
}

static int count(char **list)
{
	int n = 0;

	while (list[n])
		n++;
	return n;
}

/* The program's AUX vector in `to`; returns how many, AT_NULL included */
static int make_aux(struct aux *to, const struct aux *from,
		    const struct trap_program_image *image, const char *name)
{
	int n = 0;

	for (; from->type != AT_NULL && n < MAX_AUX - 1; from++) {
		to[n] = *from;
		switch (from->type) {
		case AT_PHDR:
			to[n].value = image->phdr;
			break;
		case AT_PHENT:
			to[n].value = image->phent;
			break;
		case AT_PHNUM:
			to[n].value = image->phnum;
			break;
		case AT_BASE:
			to[n].value = image->base;
			break;
		case AT_ENTRY:
			to[n].value = image->entry;
			break;
		case AT_EXECFN:
			to[n].value = (unsigned long)name;
			break;
		case AT_SYSINFO_EHDR:
			if (trap_personality.flags & TRAP_STRIP_VDSO)
				continue;
			break;
		}
		n++;
	}
	to[n++] = (struct aux){ AT_NULL, 0 };
	return n;
}

/*
 * A script that a user gave us at the first start: its argv is not on the stack. The
 * strings go below the vector, in one piece, as /proc/self/cmdline shows them.
 */
static unsigned long push_strings(unsigned long sp, char **argv, int n)
{
	size_t size = 0, length;
	char *to;
	int i;

	for (i = 0; i < n; i++)
		size += strlen(argv[i]) + 1;
	sp = (sp - size) & ~15UL;
	to = (char *)sp;
	for (i = 0; i < n; i++) {
		length = strlen(argv[i]) + 1;
		memcpy(to, argv[i], length);
		argv[i] = to;
		to += length;
	}
	return sp;
}

/* Writes argc, argv, envp, aux below `top`; returns the stack pointer */
static unsigned long *push_vector(unsigned long top, char **argv, int argc, char **envp,
				  const struct aux *aux, int naux)
{
	int envc = count(envp);
	size_t words = 1 + argc + 1 + envc + 1 + 2 * naux;
	unsigned long *sp = (unsigned long *)((top - words * 8) & ~15UL), *p = sp;

	*p++ = argc;
	memcpy(p, argv, argc * 8);
	p += argc;
	*p++ = 0;
	memcpy(p, envp, envc * 8);
	p += envc;
	*p++ = 0;
	memcpy(p, aux, naux * sizeof(*aux));
	return sp;
}

/* What /proc/self/{cmdline,environ,auxv,stat} show, and where brk() begins */
static void describe(const struct trap_program_image *image, char **argv, int argc,
		     char **envp, const struct aux *aux, int naux, unsigned long sp)
{
	struct prctl_mm_map map = { 0 };
	int envc = count(envp);

	map.start_code = image->code_start;
	map.end_code = image->code_end;
	map.start_data = image->data_start;
	map.end_data = image->data_end;
	map.start_brk = image->brk;
	if (!(host_1(__NR_personality, 0xffffffff) & ADDR_NO_RANDOMIZE)) {
		unsigned long pages = 0;

		host_3(__NR_getrandom, &pages, sizeof(pages), 0);
		map.start_brk += pages % 0x2000 * HOST_PAGE;	/* 32 MiB, as the kernel */
	}
	map.brk = map.start_brk;
	map.start_stack = sp;
	map.arg_start = (unsigned long)argv[0];
	map.arg_end = (unsigned long)argv[argc - 1] + strlen(argv[argc - 1]) + 1;
	if (map.arg_end < map.arg_start)	/* a personality's own */
		map.arg_end = map.arg_start + strlen(argv[0]) + 1;
	map.env_start = envc ? (unsigned long)envp[0] : map.arg_end;
	map.env_end = envc ? (unsigned long)envp[envc - 1] + strlen(envp[envc - 1]) + 1 :
			     map.env_start;
	if (map.env_end < map.env_start)
		map.env_end = map.env_start;
	map.auxv = (void *)aux;
	map.auxv_size = naux * sizeof(*aux);
	map.exe_fd = -1;
	/* Without CONFIG_CHECKPOINT_RESTORE they stay the image's; nothing else suffers */
	host_5(__NR_prctl, PR_SET_MM, PR_SET_MM_MAP, &map, sizeof(map), 0);
}

/* What was executed by its descriptor alone has the file's name */
static void set_name(const char *name)
{
	const char *slash, *end;

	if (!strncmp(name, "/dev/fd/", 8)) {
		trap_number(name + 8, &end, 10);
		if (!*end)
			name = trap_exe_path();
	}
	slash = strrchr(name, '/');

	host_2(__NR_prctl, PR_SET_NAME, slash ? slash + 1 : name);
}

static _Noreturn void fail(int status, const char *path, const char *what, long error)
{
	trap_print("%s: %s: %s (error %ld)\n", trap_personality.name, path, what, -error);
	for (;;)
		host_1(__NR_exit_group, status);
}

static const char *reason(long error)
{
	switch (error) {
	case -ENOENT:
		return "not found, or its interpreter is not";
	case -EACCES:
		return "no permission to execute it";
	case -ENOEXEC:
		return "not an x86-64 program, and not a script with a #! line";
	case -ELOOP:
		return "too many scripts or links one after the other";
	default:
		return "can't be executed";
	}
}

struct start {
	struct vector v;
	int fd;
	const char *name, *path;	/* AT_EXECFN; of the ELF file */
	char **argv, **envp;
	int argc;
	int pushed;			/* argv's strings are not in place */
};

/* A former life executed the image */
static void start_again(struct start *s)
{
	struct trap_thread *t = trap_thread();
	const char *state = s->v.argv[1];
	long memfd;
	unsigned long ignored;
	int status;

	s->fd = trap_number(state, &state, 10);
	state++;
	memfd = *state == '-' ? -1 : (long)trap_number(state, NULL, 10);
	state = strchr(state, ' ') + 1;
	ignored = trap_number(state, &state, 16);
	t->blocked = trap_number(state + 1, NULL, 16);
	trap_exec_start((char *)aux_value(s->v.aux, AT_EXECFN), memfd);
	trap_signal_start(ignored);
	trap_call_start();
	s->name = s->v.argv[3];
	s->path = s->v.argv[4];
	s->argv = s->v.argv + EXEC_ARGS;
	s->argc = s->v.argc - EXEC_ARGS;
	s->envp = s->v.envp;
	if (trap_personality.resume) {
		status = trap_personality.resume(s->v.argv[2], s->envp);
		if (status)
			host_1(__NR_exit_group, status);
	}
}

static void start_first(struct start *s)
{
	static struct trap_exec exec;
	struct trap_program program = { 0 };
	int i, argc, status;
	long r;

	trap_exec_start((char *)aux_value(s->v.aux, AT_EXECFN), -1);
	trap_signal_start(0);
	status = trap_personality.start(s->v.argc, s->v.argv, s->v.envp, &program);
	if (status)
		for (;;)
			host_1(__NR_exit_group, status);
	r = trap_exec_resolve(&exec, HOST_AT_FDCWD, program.path, 0);
	if (r)
		fail(r == -ENOENT ? 127 : 126, program.path, reason(r), r);
	s->fd = exec.fd;
	s->name = exec.name;
	s->path = exec.path;
	s->envp = program.envp;
	s->argv = program.argv;
	s->argc = argc = count(program.argv);
	if (exec.prefix_count) {
		s->argv = trap_pages((argc + exec.prefix_count + 1) * sizeof(char *));
		for (i = 0; i < exec.prefix_count; i++)
			s->argv[i] = exec.prefix[i];
		for (i = !!argc; i < argc; i++)
			s->argv[s->argc = exec.prefix_count + i - 1] = program.argv[i];
		s->argc = exec.prefix_count + (argc ? argc - 1 : 0);
		s->pushed = 1;
	}
	trap_call_start();
	r = trap_filter_install();
	if (r)
		fail(125, "seccomp", "the kernel refuses a system call filter", r);
}

/* From _start, on a stack of ours; leaves by trap_unmask to the program */
void trap_start(unsigned long *sp)
{
	static struct aux aux[MAX_AUX];
	static struct trap_program_image image;
	static char name[4096];
	struct trap_thread *t = trap_thread_alloc();
	struct start s = { .v = parse_vector(sp) };
	unsigned long top;
	char **argv, **envp;
	int naux;
	long r;

	if (!t)
		fail(125, "memory", "none", -ENOMEM);
	trap_thread_set(t);
	t->depth = 1;
	if (s.v.argc > EXEC_ARGS && !strcmp(s.v.argv[0], EXEC_MARK))
		start_again(&s);
	else
		start_first(&s);
	trap_exe_set(s.fd, s.path);
	r = trap_elf_load(s.fd, &image);
	if (r)
		fail(r == -ENOENT ? 127 : 126, s.path, "can't be loaded", r);
	if (image.stack_exec)
		host_3(__NR_mprotect, (unsigned long)sp & -HOST_PAGE, HOST_PAGE,
		       PROT_READ | PROT_WRITE | PROT_EXEC | PROT_GROWSDOWN);

	/* The new vector may lie over the old one, which the lists are part of */
	argv = trap_pages((s.argc + 1) * sizeof(char *));
	memcpy(argv, s.argv, s.argc * sizeof(char *));
	envp = trap_pages((count(s.envp) + 1) * sizeof(char *));
	memcpy(envp, s.envp, count(s.envp) * sizeof(char *));
	trap_format(name, sizeof(name), "%s", s.name);
	naux = make_aux(aux, s.v.aux, &image, name);
	top = (unsigned long)sp;
	if (s.pushed)
		top = push_strings(top, argv, s.argc);
	sp = push_vector(top, argv, s.argc, envp, aux, naux);
	describe(&image, argv, s.argc, envp, aux, naux, (unsigned long)sp);
	trap_pages_free(argv, (s.argc + 1) * sizeof(char *));
	trap_pages_free(envp, (count(envp) + 1) * sizeof(char *));
	set_name(name);

	memset(&t->regs, 0, sizeof(t->regs));
	t->regs.rsp = (unsigned long)sp;
	t->regs.rip = image.start;
	if (trap_personality.thread_main)
		trap_personality.thread_main(t);
	/* The mask as it was, but for ours */
	t->mask = trap_host_mask(t, SIG_BLOCK, ~SIG_OURS);
}
