/* SPDX-License-Identifier: GPL-2.0 */
/*
 * configure.h - the verbs of libos_configure(), each in its object's file
 *
 * Each reads the rest of the command and has the kernel do it. 0 or -errno.
 */
#ifndef HOST_CONFIGURE_H
#define HOST_CONFIGURE_H

struct command;

int configure_link_add(struct command *c);
int configure_link_set(struct command *c);
int configure_link_del(struct command *c);

int configure_addr_add(struct command *c);
int configure_addr_replace(struct command *c);
int configure_addr_del(struct command *c);
int configure_addr_flush(struct command *c);

int configure_route_add(struct command *c);
int configure_route_append(struct command *c);
int configure_route_replace(struct command *c);
int configure_route_del(struct command *c);

int configure_rule_add(struct command *c);
int configure_rule_del(struct command *c);

int configure_neigh_add(struct command *c);
int configure_neigh_replace(struct command *c);
int configure_neigh_del(struct command *c);

#endif
