/* SPDX-License-Identifier: GPL-2.0 */
/*
 * usercopy.S - copies that may fault on one side
 *
 * Both return the number of bytes not done. The string instructions leave it in
 * rcx when they fault; before, whole words are moved for small sizes, and a fault
 * there falls back to the byte-exact way from where it happened. A task whose host
 * process is gone has no memory to copy from or to.
 */
#include <linux/linkage.h>
#include <asm/asm.h>

	.text

/* unsigned long lib_copy_user(to = rdi, from = rsi, n = rdx) */
	.globl	lib_copy_user
	.type	lib_copy_user, @function
lib_copy_user:
	cmpq	$0, lib_user_end(%rip)
	je	.Lcopy_none
	cmpq	$64, %rdx
	ja	.Lcopy_bytes
.Lcopy_word:
	cmpl	$8, %edx
	jb	.Lcopy_tail
1:	movq	(%rsi), %rax
2:	movq	%rax, (%rdi)
	addq	$8, %rsi
	addq	$8, %rdi
	subl	$8, %edx
	jmp	.Lcopy_word
.Lcopy_tail:
	testl	$4, %edx
	je	.Lcopy_tail_2
3:	movl	(%rsi), %eax
4:	movl	%eax, (%rdi)
	addq	$4, %rsi
	addq	$4, %rdi
	subl	$4, %edx
.Lcopy_tail_2:
	testl	%edx, %edx
	jne	.Lcopy_bytes
	xorl	%eax, %eax
	ret
.Lcopy_bytes:
	movq	%rdx, %rcx
5:	rep movsb
6:	movq	%rcx, %rax
	ret
.Lcopy_none:
	movq	%rdx, %rax
	ret
	_ASM_EXTABLE(1b, .Lcopy_bytes)
	_ASM_EXTABLE(2b, .Lcopy_bytes)
	_ASM_EXTABLE(3b, .Lcopy_bytes)
	_ASM_EXTABLE(4b, .Lcopy_bytes)
	_ASM_EXTABLE(5b, 6b)
	.size	lib_copy_user, .-lib_copy_user

/* unsigned long lib_clear_user(to = rdi, n = rsi) */
	.globl	lib_clear_user
	.type	lib_clear_user, @function
lib_clear_user:
	movq	%rsi, %rcx
	cmpq	$0, lib_user_end(%rip)
	je	2f
	xorl	%eax, %eax
1:	rep stosb
2:	movq	%rcx, %rax
	ret
	_ASM_EXTABLE(1b, 2b)
	.size	lib_clear_user, .-lib_clear_user

	.section .note.GNU-stack,"",@progbits
