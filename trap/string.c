// SPDX-License-Identifier: GPL-2.0
/*
 * string.c - the few functions of <string.h> that are needed, and formatting
 */
#include "trap.h"

void *memcpy(void *to, const void *from, size_t n)
{
	void *result = to;

	__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(n) : : "memory");
	return result;
}

void *memmove(void *to, const void *from, size_t n)
{
	char *t = to;
	const char *f = from;

	if (t <= f || t >= f + n)
		return memcpy(to, from, n);
	while (n--)
		__asm__ volatile("movb (%1), %%al; movb %%al, (%0)"
				 : : "r"(t + n), "r"(f + n) : "al", "memory");
	return to;
}

void *memset(void *to, int byte, size_t n)
{
	void *result = to;

	__asm__ volatile("rep stosb" : "+D"(to), "+c"(n) : "a"(byte) : "memory");
	return result;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const unsigned char *x = a, *y = b;

	for (; n; n--, x++, y++)
		if (*x != *y)
			return *x - *y;
	return 0;
}

size_t strlen(const char *s)
{
	const char *end = s;

	while (*end)
		end++;
	return end - s;
}

int strcmp(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return (unsigned char)*a - (unsigned char)*b;
}

int strncmp(const char *a, const char *b, size_t n)
{
	for (; n; n--, a++, b++)
		if (!*a || *a != *b)
			return (unsigned char)*a - (unsigned char)*b;
	return 0;
}

char *strchr(const char *s, int c)
{
	for (; *s != (char)c; s++)
		if (!*s)
			return NULL;
	return (char *)s;
}

char *strrchr(const char *s, int c)
{
	const char *last = NULL;

	for (;; s++) {
		if (*s == (char)c)
			last = s;
		if (!*s)
			return (char *)last;
	}
}

unsigned long trap_number(const char *s, const char **end, int base)
{
	unsigned long n = 0;
	int digit;

	for (;; s++) {
		if (*s >= '0' && *s <= '9')
			digit = *s - '0';
		else if (*s >= 'a' && *s <= 'f')
			digit = *s - 'a' + 10;
		else
			break;
		if (digit >= base)
			break;
		n = n * base + digit;
	}
	if (end)
		*end = s;
	return n;
}

struct out {
	char *to;
	size_t size, length;
};

static void put(struct out *out, char c)
{
	if (out->length + 1 < out->size)
		out->to[out->length] = c;
	out->length++;
}

static void put_number(struct out *out, unsigned long n, unsigned int base)
{
	char digits[24];
	int i = 0;

	do
		digits[i++] = "0123456789abcdef"[n % base];
	while (n /= base);
	while (i)
		put(out, digits[--i]);
}

static int format(char *to, size_t size, const char *f, va_list args)
{
	struct out out = { to, size, 0 };
	int is_long;
	const char *s;
	long n;

	for (; *f; f++) {
		if (*f != '%') {
			put(&out, *f);
			continue;
		}
		is_long = *++f == 'l';
		f += is_long;
		switch (*f) {
		case 's':
			for (s = va_arg(args, const char *); *s; s++)
				put(&out, *s);
			break;
		case 'c':
			put(&out, va_arg(args, int));
			break;
		case 'd':
			n = is_long ? va_arg(args, long) : va_arg(args, int);
			if (n < 0)
				put(&out, '-');
			put_number(&out, n < 0 ? -(unsigned long)n : (unsigned long)n, 10);
			break;
		case 'u':
		case 'x':
			put_number(&out,
				   is_long ? va_arg(args, unsigned long) :
					     va_arg(args, unsigned int),
				   *f == 'u' ? 10 : 16);
			break;
		default:
			put(&out, *f);
		}
	}
	if (size)
		to[out.length < size ? out.length : size - 1] = 0;
	return out.length;
}

int trap_format(char *to, size_t size, const char *f, ...)
{
	va_list args;
	int length;

	va_start(args, f);
	length = format(to, size, f, args);
	va_end(args);
	return length;
}

static void print(const char *f, va_list args)
{
	char line[512];
	size_t length = format(line, sizeof(line), f, args);

	host_3(__NR_write, 2, line, length < sizeof(line) ? length : sizeof(line) - 1);
}

void trap_print(const char *f, ...)
{
	va_list args;

	va_start(args, f);
	print(f, args);
	va_end(args);
}

void trap_panic(const char *f, ...)
{
	unsigned long action[4] = { 0 }, none = 0;
	va_list args;

	trap_print("%s: internal error: ", trap_personality.name);
	va_start(args, f);
	print(f, args);
	va_end(args);
	trap_print("\n");
	host_4(__NR_rt_sigaction, 6, action, 0, 8);	/* SIGABRT, its default */
	host_4(__NR_rt_sigprocmask, 2, &none, 0, 8);
	host_2(__NR_tkill, host_0(__NR_gettid), 6);
	for (;;)
		host_1(__NR_exit_group, 134);
}
