// SPDX-License-Identifier: GPL-2.0
/*
 * resolv.c - the stack's resolv.conf
 *
 * Each device can know name servers, from its options and from DHCP; the file lists
 * all, those of the first device first. resolv.conf(5) reads no more than three. It is
 * replaced by renaming, so that no reader sees half of one.
 */
#include "resolv.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { ADDRESS_LEN = 64 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const char *where;
static struct source {
	char server[RESOLV_SERVERS][ADDRESS_LEN];
	int n;
	char domain[256];
} sources[RESOLV_SOURCES];

void resolv_start(const char *directory)
{
	where = directory;
}

static int print_all(FILE *file)
{
	const char *domain = "";
	int i, k, servers = 0;

	for (i = 0; i < RESOLV_SOURCES; i++) {
		if (!*domain)
			domain = sources[i].domain;
		for (k = 0; k < sources[i].n; k++, servers++)
			fprintf(file, "nameserver %s\n", sources[i].server[k]);
	}
	if (*domain)
		fprintf(file, "search %s\n", domain);
	return servers;
}

/* With the lock. */
static void write_all(void)
{
	char path[256], new[256];
	int servers;
	FILE *file;

	snprintf(path, sizeof(path), "%s/resolv.conf", where);
	snprintf(new, sizeof(new), "%s/resolv.new", where);
	file = fopen(new, "we");
	if (!file)
		return;
	servers = print_all(file);
	fclose(file);
	if (!servers) {
		unlink(new);
		unlink(path);
	} else if (rename(new, path)) {
		unlink(new);
	}
}

void resolv_set(int source, const char *const *servers, int n, const char *domain)
{
	struct source *s = &sources[source];
	int i;

	pthread_mutex_lock(&lock);
	s->n = n < RESOLV_SERVERS ? n : RESOLV_SERVERS;
	for (i = 0; i < s->n; i++)
		snprintf(s->server[i], sizeof(s->server[i]), "%s", servers[i]);
	snprintf(s->domain, sizeof(s->domain), "%s", domain);
	write_all();
	pthread_mutex_unlock(&lock);
}
