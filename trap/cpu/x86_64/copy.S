/* SPDX-License-Identifier: GPL-2.0 */
/*
 * copy.S - bytes from and to program memory that may not be there
 *
 * A fault at one of the labelled instructions continues at its *_fault label
 * (trap_fixup() in signal.c).
 */
	.text

/* size_t trap_copy(to, from, n): bytes not copied */
	.globl	trap_copy, trap_copy_insn, trap_copy_fault
	.type	trap_copy, @function
	.p2align 4
trap_copy:
	movq	%rdx, %rcx
trap_copy_insn:
	rep movsb
trap_copy_fault:
	movq	%rcx, %rax
	ret

/* long trap_copy_string(to, from, size): length, size if longer, -EFAULT */
	.globl	trap_copy_string, trap_copy_string_insn, trap_copy_string_fault
	.type	trap_copy_string, @function
	.p2align 4
trap_copy_string:
	xorl	%eax, %eax
1:	cmpq	%rdx, %rax
	jae	2f
trap_copy_string_insn:
	movb	(%rsi,%rax), %cl
	movb	%cl, (%rdi,%rax)
	testb	%cl, %cl
	jz	2f
	incq	%rax
	jmp	1b
2:	ret
trap_copy_string_fault:
	movq	$-14, %rax		/* EFAULT */
	ret

/* int trap_load(to, from): one word, 0 or -EFAULT */
	.globl	trap_load, trap_load_insn, trap_load_fault
	.type	trap_load, @function
	.p2align 4
trap_load:
	xorl	%eax, %eax
trap_load_insn:
	movq	(%rsi), %rcx
	movq	%rcx, (%rdi)
	ret
trap_load_fault:
	movl	$-14, %eax		/* EFAULT */
	ret

	.section .note.GNU-stack, "", @progbits
