/* SPDX-License-Identifier: GPL-2.0 */
/*
 * sse.S - call something that was compiled with SSE
 *
 * Instructions of SSE leave the upper parts of wider registers alone, so the sixteen
 * xmm registers are all there is to save: 2.5 ns. Code that has AVX in it must not be
 * called this way.
 */
	.text
	.globl	trap_with_sse
	.type	trap_with_sse, @function
	.p2align 4
trap_with_sse:
	pushq	%rbp
	movq	%rsp, %rbp
	subq	$272, %rsp
	andq	$-16, %rsp
	.irp	x, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	movaps	%xmm\x, 16*\x(%rsp)
	.endr
	stmxcsr	256(%rsp)
	movl	$0x1f80, 260(%rsp)	/* the default: nothing raises */
	ldmxcsr	260(%rsp)
	movq	%rdi, %rax
	movq	%rsi, %rdi
	call	*%rax
	.irp	x, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	movaps	16*\x(%rsp), %xmm\x
	.endr
	ldmxcsr	256(%rsp)
	leave
	ret

	.section .note.GNU-stack, "", @progbits
