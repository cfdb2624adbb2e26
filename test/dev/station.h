/* SPDX-License-Identifier: GPL-2.0 */
/* station.h - the host's stack as the peer: what a station on its wire may expect */
#ifndef STATION_H
#define STATION_H

#include "fake.h"

#define STATION_HOST "10.9.0.1"

void station_answers_arp(struct fake *fake);
void station_answers_echo(struct fake *fake);
void station_answers_many_echos(struct fake *fake, int n);
void station_finishes_udp_checksum(struct fake *fake);
void station_sends_udp_checksum_unfinished(struct fake *fake);
void station_cuts_udp(struct fake *fake);
void station_cuts_tcp(struct fake *fake);

#endif
