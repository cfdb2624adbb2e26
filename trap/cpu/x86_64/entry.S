/* SPDX-License-Identifier: GPL-2.0 */
/*
 * entry.S - from the program's `syscall` to trap_call() and back
 *
 * A rewritten site jumps to trap_entry through its stub, a trapped one comes from
 * trap_signal() by sigreturn; either way as the instruction would leave it: rax the
 * number, rcx the return address, r11 free, the rest and the flags the program's.
 *
 * A signal can arrive at any instruction, and the program's handler must see the
 * program's registers on the program's stack. From the first instruction here to the
 * moment where rsp is the program's again, depth is 1, and signals are put off. From
 * there on are windows: [trap_unmask_begin, trap_return_end) and [trap_host_begin,
 * trap_host_end), in which trap_signal() replaces the interrupted context by the one in
 * regs, as of after the call or before it, and delivers at once. So nothing ever
 * returns into a window after program code ran on the thread, and regs and args need no
 * stack of copies.
 */
#include "../../layout.h"

	.text

	.globl	trap_entry
	.type	trap_entry, @function
	.p2align 6
trap_entry:
	movl	$1, %gs:T_DEPTH
	movq	%gs:T_SELF, %r11
	movq	%rsp, T_RSP(%r11)
	movq	T_STACK(%r11), %rsp
	pushfq
	movq	%rcx, T_RIP(%r11)
	movq	%rax, T_RAX(%r11)
	movq	%rdi, T_RDI(%r11)
	movq	%rsi, T_RSI(%r11)
	movq	%rdx, T_RDX(%r11)
	movq	%r10, T_R10(%r11)
	movq	%r8, T_R8(%r11)
	movq	%r9, T_R9(%r11)
	movq	%rbx, T_RBX(%r11)
	movq	%rbp, T_RBP(%r11)
	movq	%r12, T_R12(%r11)
	movq	%r13, T_R13(%r11)
	movq	%r14, T_R14(%r11)
	movq	%r15, T_R15(%r11)
	movq	%rdi, T_ARGS(%r11)
	movq	%rsi, T_ARGS+8(%r11)
	movq	%rdx, T_ARGS+16(%r11)
	movq	%r10, T_ARGS+24(%r11)
	movq	%r8, T_ARGS+32(%r11)
	movq	%r9, T_ARGS+40(%r11)
	popq	%rcx
	movq	%rcx, T_FLAGS(%r11)
	testl	$0x400, %ecx
	jnz	3f
1:	movq	%r11, %rdi
	call	trap_call
	movq	%gs:T_SELF, %r11
	cmpl	$LEAVE_HOST, %eax
	je	leave_host
	ja	trap_unmask
	movq	T_RSP(%r11), %rsp
	jmp	return_begin
3:	cld
	jmp	1b

/*
 * The program's flags, without popf, which takes as long as all the rest: sahf sets
 * all but OF, which an addition does. DF is set only if it was. Uses eax, ecx.
 */
	.macro	restore_flags
	movl	T_FLAGS(%r11), %ecx
	movb	%cl, %ah
	testl	$0x400, %ecx
	jz	90f
	std
90:	shrl	$11, %ecx
	andl	$1, %ecx
	addb	$0x7f, %cl
	sahf
	.endm

	.macro	restore_callee_saved
	movq	T_RBX(%r11), %rbx
	movq	T_RBP(%r11), %rbp
	movq	T_R12(%r11), %r12
	movq	T_R13(%r11), %r13
	movq	T_R14(%r11), %r14
	movq	T_R15(%r11), %r15
	.endm

/* To the program with the signal mask T_MASK; handlers that it lets through run first */
	.globl	trap_unmask, trap_unmask_begin, trap_return_end
	.type	trap_unmask, @function
	.p2align 4
trap_unmask:
	movq	%gs:T_SELF, %r11
	movl	$2, %edi		/* SIG_SETMASK */
	leaq	T_MASK(%r11), %rsi
	xorl	%edx, %edx
	movl	$8, %r10d
	movl	$14, %eax		/* rt_sigprocmask */
	movq	T_RSP(%r11), %rsp
trap_unmask_begin:
	syscall
	movq	%gs:T_SELF, %r11
	cmpl	$0, T_MASKED(%r11)
	jne	still_masked
return_begin:
	cmpl	$0, T_PENDING(%r11)
	jne	return_pending
	restore_flags
	restore_callee_saved
	movq	T_RDI(%r11), %rdi
	movq	T_RSI(%r11), %rsi
	movq	T_RDX(%r11), %rdx
	movq	T_R10(%r11), %r10
	movq	T_R8(%r11), %r8
	movq	T_R9(%r11), %r9
	movq	T_RIP(%r11), %rcx
	movq	T_RAX(%r11), %rax
	movl	$0, T_DEPTH(%r11)
	jmp	*%rcx
trap_return_end:

/* A handler waits: have the kernel deliver it as the mask opens */
return_pending:
	movq	T_STACK(%r11), %rsp
	movq	%r11, %rdi
	call	trap_requeue
	jmp	trap_unmask

/* The mask of trap_mask() let nothing through after all */
still_masked:
	movq	T_STACK(%r11), %rsp
	movq	%r11, %rdi
	call	trap_mask_end
	jmp	trap_unmask

/* The call is the host's: with the program's registers, and nothing of ours held */
	.globl	trap_host_begin, trap_host_after, trap_host_end
	.p2align 4
leave_host:
	movq	T_RSP(%r11), %rsp
trap_host_begin:
	cmpl	$0, T_PENDING(%r11)
	jne	host_pending
	restore_flags
	restore_callee_saved
	movq	T_ARGS(%r11), %rdi
	movq	T_ARGS+8(%r11), %rsi
	movq	T_ARGS+16(%r11), %rdx
	movq	T_ARGS+24(%r11), %r10
	movq	T_ARGS+32(%r11), %r8
	movq	T_ARGS+40(%r11), %r9
	movq	T_NR(%r11), %rax
	movl	$0, T_DEPTH(%r11)
	syscall
trap_host_after:
	movq	%gs:T_RDI, %rdi
	movq	%gs:T_RSI, %rsi
	movq	%gs:T_RDX, %rdx
	movq	%gs:T_R10, %r10
	movq	%gs:T_R8, %r8
	movq	%gs:T_R9, %r9
	jmp	*%gs:T_RIP
trap_host_end:

/* Handler first, then the call once more from its start */
host_pending:
	subq	$2, T_RIP(%r11)
	jmp	return_pending

/*
 * The handler that the kernel knows for all signals: handler = trap_signal(sig, info,
 * uc). The program's gets exactly the kernel's frame, its restorer included.
 */
	.globl	trap_signal_entry
	.type	trap_signal_entry, @function
	.p2align 4
trap_signal_entry:
	pushq	%rdi
	pushq	%rsi
	pushq	%rdx
	call	trap_signal
	popq	%rdx
	popq	%rsi
	popq	%rdi
	testq	%rax, %rax
	jz	1f
	movq	%rax, %r11
	xorl	%eax, %eax
	jmp	*%r11
1:	addq	$8, %rsp
	.globl	trap_restorer
trap_restorer:
	movl	$15, %eax		/* rt_sigreturn */
	syscall
	ud2

/* trap_wait(nr, a, b, c, d, e, f): trap_signal() moves what it finds in the window */
	.globl	trap_wait, trap_wait_begin, trap_wait_after, trap_wait_eintr
	.type	trap_wait, @function
	.p2align 4
trap_wait:
	movq	%rdi, %rax
	movq	%rsi, %rdi
	movq	%rdx, %rsi
	movq	%rcx, %rdx
	movq	%r8, %r10
	movq	%r9, %r8
	movq	8(%rsp), %r9
trap_wait_begin:
	cmpl	$0, %gs:T_PENDING
	jne	trap_wait_eintr
	syscall
trap_wait_after:
	ret
trap_wait_eintr:
	movq	$-4, %rax
	ret

/*
 * long trap_clone(nr, args, child): a child with its own block starts there, on its
 * library stack; without, it returns 0 here.
 */
	.globl	trap_clone
	.type	trap_clone, @function
trap_clone:
	pushq	%rbx
	movq	%rdx, %rbx
	movq	%rdi, %rax
	movq	%rsi, %r11
	movq	(%r11), %rdi
	movq	8(%r11), %rsi
	movq	16(%r11), %rdx
	movq	24(%r11), %r10
	movq	32(%r11), %r8
	movq	40(%r11), %r9
	syscall
	testq	%rax, %rax
	jnz	1f
	testq	%rbx, %rbx
	jnz	2f
1:	popq	%rbx
	ret
2:	movl	$0x1001, %edi		/* ARCH_SET_GS */
	movq	%rbx, %rsi
	movl	$158, %eax		/* arch_prctl */
	syscall
	movq	T_STACK(%rbx), %rsp
	movq	%rbx, %rdi
	call	trap_child
	jmp	trap_unmask

/*
 * trap_thread_end(t, status): the block is another thread's the moment it is free, so
 * nothing but registers is used from then on. All signals are blocked.
 */
	.globl	trap_thread_end
	.type	trap_thread_end, @function
trap_thread_end:
	movq	%rdi, %rdx
	movl	%esi, %edi
	movl	$60, %eax		/* exit */
	movl	$0, T_BUSY(%rdx)
	syscall
	ud2

	.section .note.GNU-stack, "", @progbits
