/* SPDX-License-Identifier: GPL-2.0 */
/*
 * twin.S - go on as another thread, and come back
 */

	.text

/*
 * long twin_resume(const struct user_regs *regs = rdi): the registers become those, all at
 * once, until somebody calls twin_return().
 */
	.globl	twin_resume
	.hidden	twin_resume
	.type	twin_resume, @function
twin_resume:
	pushq	%rbp
	pushq	%rbx
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	movq	%rsp, twin_sp(%rip)
	/* struct user_regs_struct ends with rip, cs, eflags, rsp, ss: what iretq takes */
	leaq	128(%rdi), %rsp
	movq	0(%rdi), %r15
	movq	8(%rdi), %r14
	movq	16(%rdi), %r13
	movq	24(%rdi), %r12
	movq	32(%rdi), %rbp
	movq	40(%rdi), %rbx
	movq	48(%rdi), %r11
	movq	56(%rdi), %r10
	movq	64(%rdi), %r9
	movq	72(%rdi), %r8
	movq	80(%rdi), %rax
	movq	88(%rdi), %rcx
	movq	96(%rdi), %rdx
	movq	104(%rdi), %rsi
	movq	112(%rdi), %rdi
	iretq
	.size	twin_resume, .-twin_resume

/* void twin_return(void) */
	.globl	twin_return
	.hidden	twin_return
	.type	twin_return, @function
twin_return:
	movq	twin_sp(%rip), %rsp
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbx
	popq	%rbp
	ret
	.size	twin_return, .-twin_return

	.local	twin_sp
	.comm	twin_sp, 8, 8

	.section .note.GNU-stack,"",@progbits
