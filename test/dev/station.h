/* SPDX-License-Identifier: GPL-2.0 */
/* station.h - the host's stack as the peer: what a station on its wire may expect, tests */
#ifndef STATION_H
#define STATION_H

#include "fake.h"

void station_answers_arp(void **state);
void station_answers_echo(void **state);
void station_answers_many_echos(void **state);
void station_finishes_udp_checksum(void **state);
void station_sends_udp_checksum_unfinished(void **state);
void station_cuts_udp(void **state);
void station_cuts_tcp(void **state);

#endif
