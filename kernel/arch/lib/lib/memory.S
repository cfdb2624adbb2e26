/* SPDX-License-Identifier: GPL-2.0 */
/*
 * memory.S - memcpy, memmove, memset
 *
 * Small sizes, which are most, take overlapping moves without a loop, up to some hundred
 * bytes a loop; larger ones the string instructions, which microcode does a cache line at
 * a time (ERMS), after some 25 ns to begin with, FSRM or not (Zen 4, 128 to 512 bytes).
 */
#include <linux/linkage.h>
#include <asm/string.h>

	.text

/* void *memcpy(to = rdi, from = rsi, n = rdx) */
	.globl	memcpy, __memcpy
	.type	memcpy, @function
memcpy:
__memcpy:
	movq	%rdi, %rax
	cmpq	$16, %rdx
	jb	.Lcpy_under_16
	cmpq	$32, %rdx
	ja	.Lcpy_over_32
	movdqu	(%rsi), %xmm0
	movdqu	-16(%rsi, %rdx), %xmm1
	movdqu	%xmm0, (%rdi)
	movdqu	%xmm1, -16(%rdi, %rdx)
	ret
.Lcpy_over_32:
	cmpq	$64, %rdx
	ja	.Lcpy_over_64
	movdqu	(%rsi), %xmm0
	movdqu	16(%rsi), %xmm1
	movdqu	-32(%rsi, %rdx), %xmm2
	movdqu	-16(%rsi, %rdx), %xmm3
	movdqu	%xmm0, (%rdi)
	movdqu	%xmm1, 16(%rdi)
	movdqu	%xmm2, -32(%rdi, %rdx)
	movdqu	%xmm3, -16(%rdi, %rdx)
	ret
.Lcpy_over_64:
	cmpq	$LIB_STRING_MIN, %rdx
	ja	.Lcpy_large
	/* The end is read first: memmove() comes here, too. */
	movdqu	-64(%rsi, %rdx), %xmm4
	movdqu	-48(%rsi, %rdx), %xmm5
	movdqu	-32(%rsi, %rdx), %xmm6
	movdqu	-16(%rsi, %rdx), %xmm7
	leaq	-64(%rdi, %rdx), %rcx
.Lcpy_64:
	movdqu	(%rsi), %xmm0
	movdqu	16(%rsi), %xmm1
	movdqu	32(%rsi), %xmm2
	movdqu	48(%rsi), %xmm3
	movdqu	%xmm0, (%rdi)
	movdqu	%xmm1, 16(%rdi)
	movdqu	%xmm2, 32(%rdi)
	movdqu	%xmm3, 48(%rdi)
	addq	$64, %rsi
	addq	$64, %rdi
	cmpq	%rcx, %rdi
	jb	.Lcpy_64
	movdqu	%xmm4, (%rcx)
	movdqu	%xmm5, 16(%rcx)
	movdqu	%xmm6, 32(%rcx)
	movdqu	%xmm7, 48(%rcx)
	ret
.Lcpy_large:
	movq	%rdx, %rcx
	rep movsb
	ret
.Lcpy_under_16:
	cmpl	$8, %edx
	jae	.Lcpy_8
	cmpl	$4, %edx
	jae	.Lcpy_4
	testl	%edx, %edx
	je	.Lcpy_done
	movzbl	(%rsi), %ecx
	movb	%cl, (%rdi)
	cmpl	$1, %edx
	je	.Lcpy_done
	movzwl	-2(%rsi, %rdx), %ecx
	movw	%cx, -2(%rdi, %rdx)
.Lcpy_done:
	ret
.Lcpy_8:
	movq	(%rsi), %rcx
	movq	-8(%rsi, %rdx), %r8
	movq	%rcx, (%rdi)
	movq	%r8, -8(%rdi, %rdx)
	ret
.Lcpy_4:
	movl	(%rsi), %ecx
	movl	-4(%rsi, %rdx), %r8d
	movl	%ecx, (%rdi)
	movl	%r8d, -4(%rdi, %rdx)
	ret
	.size	memcpy, .-memcpy

/* void *memmove(to = rdi, from = rsi, n = rdx) */
	.globl	memmove, __memmove
	.type	memmove, @function
memmove:
__memmove:
	movq	%rdi, %rax
	subq	%rsi, %rax
	cmpq	%rdx, %rax		/* unsigned: to below from is huge */
	jae	memcpy			/* which goes forward */
	movq	%rdi, %rax
	movq	%rdx, %rcx
	leaq	-1(%rsi, %rdx), %rsi
	leaq	-1(%rdi, %rdx), %rdi
	cmpq	$8, %rcx
	jb	.Lmove_bytes
	subq	$7, %rsi
	subq	$7, %rdi
.Lmove_words:
	movq	(%rsi), %r8
	movq	%r8, (%rdi)
	subq	$8, %rsi
	subq	$8, %rdi
	subq	$8, %rcx
	cmpq	$8, %rcx
	jae	.Lmove_words
	addq	$7, %rsi
	addq	$7, %rdi
.Lmove_bytes:
	testq	%rcx, %rcx
	je	.Lmove_done
	movb	(%rsi), %r8b
	movb	%r8b, (%rdi)
	decq	%rsi
	decq	%rdi
	decq	%rcx
	jmp	.Lmove_bytes
.Lmove_done:
	ret
	.size	memmove, .-memmove

/* void *memset(to = rdi, c = esi, n = rdx) */
	.globl	memset, __memset
	.type	memset, @function
memset:
__memset:
	movq	%rdi, %r9
	movzbl	%sil, %eax
	movabsq	$0x0101010101010101, %rcx
	imulq	%rcx, %rax
	cmpq	$LIB_STRING_MIN, %rdx
	ja	.Lset_large
	cmpq	$16, %rdx
	jb	.Lset_under_16
	movq	%rax, %xmm0
	punpcklqdq %xmm0, %xmm0
	cmpq	$64, %rdx
	ja	.Lset_over_64
	movdqu	%xmm0, (%rdi)
	movdqu	%xmm0, -16(%rdi, %rdx)
	cmpq	$32, %rdx
	jbe	.Lset_done
	movdqu	%xmm0, 16(%rdi)
	movdqu	%xmm0, -32(%rdi, %rdx)
.Lset_done:
	movq	%r9, %rax
	ret
.Lset_over_64:
	leaq	-64(%rdi, %rdx), %rcx
.Lset_64:
	movdqu	%xmm0, (%rdi)
	movdqu	%xmm0, 16(%rdi)
	movdqu	%xmm0, 32(%rdi)
	movdqu	%xmm0, 48(%rdi)
	addq	$64, %rdi
	cmpq	%rcx, %rdi
	jb	.Lset_64
	movdqu	%xmm0, (%rcx)
	movdqu	%xmm0, 16(%rcx)
	movdqu	%xmm0, 32(%rcx)
	movdqu	%xmm0, 48(%rcx)
	jmp	.Lset_done
.Lset_under_16:
	cmpl	$8, %edx
	jb	.Lset_under_8
	movq	%rax, (%rdi)
	movq	%rax, -8(%rdi, %rdx)
	jmp	.Lset_done
.Lset_under_8:
	cmpl	$4, %edx
	jb	.Lset_under_4
	movl	%eax, (%rdi)
	movl	%eax, -4(%rdi, %rdx)
	jmp	.Lset_done
.Lset_under_4:
	testl	%edx, %edx
	je	.Lset_done
	movb	%al, (%rdi)
	cmpl	$1, %edx
	je	.Lset_done
	movw	%ax, -2(%rdi, %rdx)
	jmp	.Lset_done
.Lset_large:
	movq	%rdx, %rcx
	rep stosb
	movq	%r9, %rax
	ret
	.size	memset, .-memset

	.section .note.GNU-stack,"",@progbits
