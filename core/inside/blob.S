/* blob.S: gmr itself as bytes, from the file BLOB: an executable, that reporter.c runs from a file in memory. Each page
 * of it is a page of that file, so that what was read can be given back, madvise(2). */
	.section .rodata.blob, "a", %progbits
	.globl inside_blob, inside_blob_size
	.hidden inside_blob, inside_blob_size
	.type inside_blob, %object
	.type inside_blob_size, %object
	.balign 4096
inside_blob:
	.incbin BLOB
.Lend:
	.size inside_blob, . - inside_blob
	.balign 8
inside_blob_size:
	.quad .Lend - inside_blob
	.size inside_blob_size, 8

	/* Without this the linker would make the stack executable. */
	.section .note.GNU-stack, "", %progbits
