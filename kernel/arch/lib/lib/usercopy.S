/* SPDX-License-Identifier: GPL-2.0 */
/*
 * usercopy.S - copies that may fault on one side
 *
 * Both return the number of bytes not done. The string instructions leave it in
 * rcx when they fault. Up to some hundred bytes, where those take longer to begin than to
 * end, it is memory.S's moves; a fault in one of them falls back to the byte-exact way,
 * from where the registers say. A task whose host process is gone has no memory to copy
 * from or to.
 */
#include <linux/linkage.h>
#include <asm/asm.h>
#include <asm/string.h>

	.text

.macro may_fault insn:vararg
98:	\insn
	_ASM_EXTABLE(98b, .Lcopy_bytes)
.endm

/* unsigned long lib_copy_user(to = rdi, from = rsi, n = rdx) */
	.globl	lib_copy_user
	.type	lib_copy_user, @function
lib_copy_user:
	cmpq	$0, lib_user_end(%rip)
	je	.Lcopy_none
	cmpq	$64, %rdx
	ja	.Lcopy_over_64
.Lcopy_upto_64:
	cmpl	$16, %edx
	jb	.Lcopy_under_16
	cmpl	$32, %edx
	ja	.Lcopy_over_32
	may_fault movdqu (%rsi), %xmm0
	may_fault movdqu -16(%rsi, %rdx), %xmm1
	may_fault movdqu %xmm0, (%rdi)
	may_fault movdqu %xmm1, -16(%rdi, %rdx)
	xorl	%eax, %eax
	ret
.Lcopy_over_32:
	may_fault movdqu (%rsi), %xmm0
	may_fault movdqu 16(%rsi), %xmm1
	may_fault movdqu -32(%rsi, %rdx), %xmm2
	may_fault movdqu -16(%rsi, %rdx), %xmm3
	may_fault movdqu %xmm0, (%rdi)
	may_fault movdqu %xmm1, 16(%rdi)
	may_fault movdqu %xmm2, -32(%rdi, %rdx)
	may_fault movdqu %xmm3, -16(%rdi, %rdx)
	xorl	%eax, %eax
	ret
.Lcopy_under_16:
	cmpl	$8, %edx
	jb	.Lcopy_under_8
	may_fault movq (%rsi), %rax
	may_fault movq -8(%rsi, %rdx), %r8
	may_fault movq %rax, (%rdi)
	may_fault movq %r8, -8(%rdi, %rdx)
	xorl	%eax, %eax
	ret
.Lcopy_under_8:
	cmpl	$4, %edx
	jb	.Lcopy_under_4
	may_fault movl (%rsi), %eax
	may_fault movl -4(%rsi, %rdx), %r8d
	may_fault movl %eax, (%rdi)
	may_fault movl %r8d, -4(%rdi, %rdx)
	xorl	%eax, %eax
	ret
.Lcopy_under_4:
	testl	%edx, %edx
	je	.Lcopy_done
	may_fault movzbl (%rsi), %eax
	cmpl	$1, %edx
	je	.Lcopy_1
	may_fault movzwl -2(%rsi, %rdx), %r8d
	may_fault movw %r8w, -2(%rdi, %rdx)
.Lcopy_1:
	may_fault movb %al, (%rdi)
.Lcopy_done:
	xorl	%eax, %eax
	ret
.Lcopy_over_64:
	cmpq	$LIB_STRING_MIN, %rdx
	ja	.Lcopy_bytes
.Lcopy_64:
	may_fault movdqu (%rsi), %xmm0
	may_fault movdqu 16(%rsi), %xmm1
	may_fault movdqu 32(%rsi), %xmm2
	may_fault movdqu 48(%rsi), %xmm3
	may_fault movdqu %xmm0, (%rdi)
	may_fault movdqu %xmm1, 16(%rdi)
	may_fault movdqu %xmm2, 32(%rdi)
	may_fault movdqu %xmm3, 48(%rdi)
	addq	$64, %rsi
	addq	$64, %rdi
	subq	$64, %rdx
	cmpq	$64, %rdx
	ja	.Lcopy_64
	jmp	.Lcopy_upto_64
.Lcopy_bytes:
	movq	%rdx, %rcx
1:	rep movsb
2:	movq	%rcx, %rax
	ret
.Lcopy_none:
	movq	%rdx, %rax
	ret
	_ASM_EXTABLE(1b, 2b)
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
