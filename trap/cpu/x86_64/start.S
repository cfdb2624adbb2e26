/* SPDX-License-Identifier: GPL-2.0 */
/*
 * start.S - the image's first instructions
 *
 * The stack that the kernel gave becomes the program's; we run on one of our own from
 * the start, so that the program's vector can be written in place.
 */
	.text
	.globl	_start
	.type	_start, @function
_start:
	xorl	%ebp, %ebp
	movq	%rsp, %rdi
	leaq	trap_start_stack(%rip), %rsp
	call	trap_start
	jmp	trap_unmask

	.globl	trap_start_stack
	.hidden	trap_start_stack
	.bss
	.p2align 6
	.skip	65536
trap_start_stack:

	.section .note.GNU-stack, "", @progbits
