/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PACKETDRILL_SETUP_H
#define PACKETDRILL_SETUP_H

struct flags;
struct libos;

/*
 * Addresses, routes and sysctls for scripts, tun0 up. 0, or -1: libos_error() says what
 * is wrong.
 */
int setup(struct libos *os, const struct flags *flags);

#endif
