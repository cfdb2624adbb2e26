/* SPDX-License-Identifier: GPL-2.0 */
/*
 * resolv.h - the stack's resolv.conf, shown to its programs as /etc/resolv.conf
 */
#ifndef NUSE_RESOLV_H
#define NUSE_RESOLV_H

/* Before the others; @directory must stay. */
void resolv_start(const char *directory);

/*
 * What source number @source (below RESOLV_SOURCES) knows of name servers now; any
 * thread. @domain: to search, or "". The file exists while there is a server.
 */
void resolv_set(int source, const char *const *servers, int n, const char *domain);

enum { RESOLV_SOURCES = 64, RESOLV_SERVERS = 4 };

#endif
