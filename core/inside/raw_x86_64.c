/* raw_x86_64.c: see raw.h. syscall(2): the number in rax, arguments in rdi, rsi, rdx, r10, r8, r9; rcx and r11 are
 * lost. */
#if defined(__x86_64__) && !defined(__ILP32__)

#include "core/inside/raw.h"

const bool raw_is_known = true;

__asm__(".pushsection .text\n"
	".globl raw_call\n.hidden raw_call\n.type raw_call, @function\n"
	"raw_call:\n"
	"	.cfi_startproc\n"
	"	endbr64\n"
	"	mov %rdi, %rax\n"
	"	mov %rsi, %rdi\n"
	"	mov %rdx, %rsi\n"
	"	mov %rcx, %rdx\n"
	"	mov %r8, %r10\n"
	"	mov %r9, %r8\n"
	"	mov 8(%rsp), %r9\n"
	"	syscall\n"
	"	ret\n"
	"	.cfi_endproc\n"
	".size raw_call, . - raw_call\n"
	/* The child finds what it is to call on its stack. */
	".globl raw_clone\n.hidden raw_clone\n.type raw_clone, @function\n"
	"raw_clone:\n"
	"	.cfi_startproc\n"
	"	endbr64\n"
	"	and $-16, %rsi\n"
	"	sub $16, %rsi\n"
	"	mov %rdx, (%rsi)\n"
	"	mov %rcx, 8(%rsi)\n"
	"	xor %edx, %edx\n"
	"	xor %r10d, %r10d\n"
	"	xor %r8d, %r8d\n"
	"	mov $56, %eax\n"
	"	syscall\n"
	"	test %rax, %rax\n"
	"	jz 1f\n"
	"	ret\n"
	"	.cfi_undefined %rip\n"
	"1:	xor %ebp, %ebp\n"
	"	pop %rax\n"
	"	pop %rdi\n"
	"	call *%rax\n"
	"	mov %eax, %edi\n"
	"	mov $231, %eax\n" /* exit_group */
	"	syscall\n"
	"	ud2\n"
	"	.cfi_endproc\n"
	".size raw_clone, . - raw_clone\n"
	".popsection\n");

#else
typedef int raw_x86_64_is_not_meant;
#endif
