/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_LIB_IRQ_H
#define _ASM_LIB_IRQ_H

#define NR_IRQS	8

#endif
