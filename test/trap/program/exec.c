// SPDX-License-Identifier: GPL-2.0
/*
 * exec.c - what execve() and execveat() say and do
 *
 * Works in a directory that exec.sh made. With an argument it is what was executed: shows
 * what came through.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int show(int argc, char **argv)
{
	char line[256] = "";
	FILE *f;
	int i, fd, flags = 0;

	printf("  argc %d:", argc);
	for (i = 0; i < argc; i++)
		printf(" [%s]", argv[i]);
	printf("\n  execfn %s\n", (char *)getauxval(AT_EXECFN));
	i = readlink("/proc/self/exe", line, sizeof(line) - 1);
	line[i > 0 ? i : 0] = 0;
	printf("  exe %s\n", strrchr(line, '/') ? strrchr(line, '/') : line);
	f = fopen("/proc/self/comm", "r");
	printf("  comm %s", fgets(line, sizeof(line), f) ? line : "?\n");
	fclose(f);
	f = fopen("/proc/self/cmdline", "r");
	printf("  cmdline %s\n", fgets(line, sizeof(line), f) ? line : "?");
	fclose(f);
	printf("  environment %s\n", getenv("WHAT") ? getenv("WHAT") : "none");
	for (fd = 3; fd < 100; fd++)
		flags += fcntl(fd, F_GETFD) >= 0;
	printf("  %d descriptors open\n", flags);
	return 0;
}

/* Forks, so that a success does not end the test */
#define TRY(what, call) do { \
	int status; \
	printf("%s:\n", what); \
	fflush(stdout); \
	if (!fork()) { \
		call; \
		printf("  error %s\n", strerror(errno)); \
		fflush(stdout); \
		_exit(0); \
	} \
	wait(&status); \
	if (status) \
		printf("  status %x\n", status); \
} while (0)

int main(int argc, char **argv)
{
	char *args[] = { "zero", "one", "two words", NULL };
	char *environment[] = { "WHAT=given", NULL };
	char *none[] = { NULL }, *huge, name[300];
	char **many;
	int fd, dir, i;
	void *volatile bad = (void *)8;

	if (argc > 1 || !strcmp(argv[0], "zero") || !*argv[0])
		return show(argc, argv);
	setvbuf(stdout, NULL, _IOLBF, 0);
	dir = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	TRY("program", execve("./show", args, environment));
	TRY("empty environment", execve("./show", args, none));
	TRY("null environment", execve("./show", args, NULL));
	TRY("no argv[0]", execve("./show", none, environment));
	TRY("null argv", execve("./show", NULL, environment));
	TRY("link", execve("./link", args, environment));
	TRY("missing", execve("./missing", args, environment));
	TRY("empty name", execve("", args, environment));
	TRY("directory", execve("./directory", args, environment));
	TRY("no permission", execve("./plain", args, environment));
	TRY("below a file", execve("./plain/x", args, environment));
	TRY("text without #!", execve("./text", args, environment));
	TRY("empty file", execve("./empty", args, environment));
	TRY("loop of links", execve("./loop", args, environment));
	TRY("dangling link", execve("./dangling", args, environment));
	TRY("FIFO", execve("./fifo", args, environment));
	TRY("device", execve("/dev/null", args, environment));
	TRY("broken ELF", execve("./broken", args, environment));
	TRY("interpreter missing", execve("./nointerp", args, environment));
	memset(name, 'n', sizeof(name));
	name[sizeof(name) - 1] = 0;
	TRY("long name", execve(name, args, environment));
	huge = malloc(5000);
	memset(huge, '/', 5000);
	huge[4999] = 0;
	TRY("long path", execve(huge, args, environment));
	huge = malloc(200000);
	memset(huge, 'x', 200000);
	huge[199999] = 0;
	args[1] = huge;
	TRY("long argument", execve("./show", args, environment));
	args[1] = "one";
	many = calloc(400000, sizeof(char *));
	for (i = 0; i < 399999; i++)
		many[i] = "a long list of arguments";
	TRY("many arguments", execve("./show", many, environment));
	TRY("bad argv", execve("./show", bad, environment));
	TRY("bad path", execve(bad, args, environment));
	TRY("bad environment", execve("./show", args, bad));
	fd = open("./busy", O_WRONLY);
	TRY("being written", execve("./busy", args, environment));
	close(fd);

	TRY("script", execve("./script", args, environment));
	TRY("script with an argument", execve("./script-arg", args, environment));
	TRY("script with blanks", execve("./script-blank", args, environment));
	TRY("script without argv", execve("./script", none, environment));
	TRY("script of a script", execve("./script-script", args, environment));
	TRY("five scripts", execve("./level5", args, environment));
	TRY("six scripts", execve("./level6", args, environment));
	TRY("script, no interpreter", execve("./script-missing", args, environment));
	TRY("script, empty line", execve("./script-empty", args, environment));
	TRY("script, long line", execve("./script-long", args, environment));
	TRY("script, long argument", execve("./script-longarg", args, environment));
	TRY("script, no newline", execve("./script-cut", args, environment));
	TRY("script, interpreter is a directory", execve("./script-dir", args, environment));

	TRY("execveat", syscall(SYS_execveat, dir, "show", args, environment, 0));
	TRY("execveat script", fcntl(dir, F_SETFD, 0);
	    syscall(SYS_execveat, dir, "script", args, environment, 0));
	TRY("execveat script, closed on exec",
	    syscall(SYS_execveat, dir, "script", args, environment, 0));
	TRY("execveat nofollow", syscall(SYS_execveat, dir, "link", args, environment,
					 AT_SYMLINK_NOFOLLOW));
	TRY("execveat bad flags", syscall(SYS_execveat, dir, "show", args, environment, 1));
	TRY("execveat bad fd", syscall(SYS_execveat, 77, "show", args, environment, 0));
	TRY("execveat no path", syscall(SYS_execveat, dir, "", args, environment, 0));
	fd = open("./show", O_RDONLY | O_CLOEXEC);
	TRY("fexecve", fexecve(fd, args, environment));
	fd = open("./show", O_PATH | O_CLOEXEC);
	TRY("fexecve O_PATH", fexecve(fd, args, environment));
	fd = open("./script", O_RDONLY);
	TRY("fexecve script", fexecve(fd, args, environment));
	fd = open("./script", O_RDONLY | O_CLOEXEC);
	TRY("fexecve script, closed on exec", fexecve(fd, args, environment));
	TRY("/proc/self/exe", execve("/proc/self/exe", args, environment));
	signal(SIGUSR1, SIG_IGN);
	TRY("ignored stays", execl("/bin/sh", "sh", "-c", "kill -USR1 $$; echo '  alive'", NULL));
	return 0;
}
