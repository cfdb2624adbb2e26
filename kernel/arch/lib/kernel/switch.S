/* SPDX-License-Identifier: GPL-2.0 */
/*
 * switch.S - moving between stacks
 *
 * A context that does not run has its callee-saved registers on its stack and
 * the stack pointer in thread.sp. The carrier's host stack is kept the same way
 * in lib_cpu.host_sp. So there are three moves and one frame layout:
 *
 *   __switch_to	kernel context -> kernel context (the scheduler)
 *   lib_enter		host stack -> the context that is current
 *   lib_enter_waking	the same, after waking a task
 *   lib_leave		current context -> host stack
 *
 * The vector state is not saved: a move is a function call, and neither the
 * ABI nor the kernel keeps anything there across one.
 */
#include <linux/linkage.h>
#include <asm/asm-offsets.h>

.macro push_saved
	pushq	%rbp
	pushq	%rbx
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
.endm

.macro pop_saved
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbx
	popq	%rbp
.endm

	.text

/* struct task_struct *__switch_to(prev = rdi, next = rsi) */
	.globl	__switch_to
	.type	__switch_to, @function
__switch_to:
	push_saved
	movq	%rsp, TASK_SP(%rdi)
	movq	TASK_SP(%rsi), %rsp
	movq	%rsi, lib_current(%rip)
	movq	%rdi, %rax
	pop_saved
	ret
	.size	__switch_to, .-__switch_to

/* void lib_enter(void) */
	.globl	lib_enter
	.type	lib_enter, @function
lib_enter:
	push_saved
	movq	%rsp, lib_cpu+CPU_HOST_SP(%rip)
	movq	lib_current(%rip), %rax
	movq	TASK_SP(%rax), %rsp
	pop_saved
	ret
	.size	lib_enter, .-lib_enter

/*
 * void lib_enter_waking(struct task_struct *tsk = rdi): wakes @tsk and enters. An oops
 * in waking it goes home like any other, since the way there is laid first.
 */
	.globl	lib_enter_waking
	.type	lib_enter_waking, @function
lib_enter_waking:
	push_saved
	movq	%rsp, lib_cpu+CPU_HOST_SP(%rip)
	subq	$8, %rsp
	call	wake_up_process
	movq	lib_current(%rip), %rax
	movq	TASK_SP(%rax), %rsp
	pop_saved
	ret
	.size	lib_enter_waking, .-lib_enter_waking

/*
 * void lib_enter_call(struct lib_task *t = rdi)
 *
 * lib_enter() for the commonest case: the current context is @t's, parked in user
 * mode. Its call is made on top of the parked frame instead of by resuming it, so
 * that calls and returns stay paired and the CPU predicts them. lib_user_call()
 * returns when the context may be left parked as it was, whoever carries it then.
 */
	.globl	lib_enter_call
	.type	lib_enter_call, @function
lib_enter_call:
	push_saved
	movq	%rsp, lib_cpu+CPU_HOST_SP(%rip)
	movq	lib_current(%rip), %rbx
	movq	TASK_SP(%rbx), %rbp
	movq	%rbp, %rsp
	andq	$-16, %rsp
	call	lib_user_call
	movq	%rbp, TASK_SP(%rbx)
	movq	lib_cpu+CPU_HOST_SP(%rip), %rsp
	pop_saved
	ret
	.size	lib_enter_call, .-lib_enter_call

/* void lib_leave(void) */
	.globl	lib_leave
	.type	lib_leave, @function
lib_leave:
	push_saved
	movq	lib_current(%rip), %rax
	movq	%rsp, TASK_SP(%rax)
	movq	lib_cpu+CPU_HOST_SP(%rip), %rsp
	pop_saved
	ret
	.size	lib_leave, .-lib_leave

/* void lib_leave_for_good(void): the current context is never entered again */
	.globl	lib_leave_for_good
	.type	lib_leave_for_good, @function
lib_leave_for_good:
	movq	lib_cpu+CPU_HOST_SP(%rip), %rsp
	pop_saved
	ret
	.size	lib_leave_for_good, .-lib_leave_for_good

/*
 * Where a new task begins: copy_thread() left fn in r12, its argument in r13
 * and a stack aligned as behind a call.
 */
	.globl	lib_task_start
	.type	lib_task_start, @function
lib_task_start:
	movq	%rax, %rdi
	call	schedule_tail
	movq	%r13, %rdi
	call	*%r12
	ud2
	.size	lib_task_start, .-lib_task_start

/*
 * void lib_on_stack(fn = rdi, arg = rsi, top = rdx)
 *
 * From a host stack; what it leaves there is what lib_leave_for_good() wants.
 */
	.globl	lib_on_stack
	.type	lib_on_stack, @function
lib_on_stack:
	push_saved
	movq	%rsp, lib_cpu+CPU_HOST_SP(%rip)
	movq	%rdx, %rsp
	movq	%rdi, %rax
	movq	%rsi, %rdi
	call	*%rax
	movq	lib_cpu+CPU_HOST_SP(%rip), %rsp
	pop_saved
	ret
	.size	lib_on_stack, .-lib_on_stack

/* The boot context: copy of the frame is made by lib_init() */
	.globl	lib_boot_start
	.type	lib_boot_start, @function
lib_boot_start:
	call	start_kernel
	ud2
	.size	lib_boot_start, .-lib_boot_start

	.section .note.GNU-stack,"",@progbits
