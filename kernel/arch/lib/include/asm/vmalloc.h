/* SPDX-License-Identifier: GPL-2.0 */
/* Keeps x86's out: without an MMU vmalloc() has nothing to ask. */
