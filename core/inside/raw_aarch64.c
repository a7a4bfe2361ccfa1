/* raw_aarch64.c: see raw.h. syscall(2): the number in x8, arguments in x0 to x5. clone(2)'s are flags, stack,
 * parent_tid, tls, child_tid. */
#if defined(__aarch64__) && !defined(__ILP32__)

#include "core/inside/raw.h"

const bool raw_is_known = true;

__asm__(".pushsection .text\n"
	".globl raw_call\n.hidden raw_call\n.type raw_call, %function\n"
	"raw_call:\n"
	"	.cfi_startproc\n"
	"	hint #34\n" /* bti c */
	"	mov x8, x0\n"
	"	mov x0, x1\n"
	"	mov x1, x2\n"
	"	mov x2, x3\n"
	"	mov x3, x4\n"
	"	mov x4, x5\n"
	"	mov x5, x6\n"
	"	svc #0\n"
	"	ret\n"
	"	.cfi_endproc\n"
	".size raw_call, . - raw_call\n"
	/* The child finds what it is to call on its stack. */
	".globl raw_clone\n.hidden raw_clone\n.type raw_clone, %function\n"
	"raw_clone:\n"
	"	.cfi_startproc\n"
	"	hint #34\n"
	"	and x1, x1, #-16\n"
	"	stp x2, x3, [x1, #-16]!\n"
	"	mov x2, xzr\n"
	"	mov x3, xzr\n"
	"	mov x4, xzr\n"
	"	mov x8, #220\n"
	"	svc #0\n"
	"	cbz x0, 1f\n"
	"	ret\n"
	"	.cfi_undefined x30\n"
	"1:	mov x29, xzr\n"
	"	mov x30, xzr\n"
	"	ldp x1, x0, [sp], #16\n"
	"	blr x1\n"
	"	mov x8, #94\n" /* exit_group */
	"	svc #0\n"
	"	brk #1\n"
	"	.cfi_endproc\n"
	".size raw_clone, . - raw_clone\n"
	".popsection\n");

#else
typedef int raw_aarch64_is_not_meant;
#endif
