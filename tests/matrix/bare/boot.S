/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From the boot loader (Multiboot, 32-bit protected mode, no paging) to C, and
 * from interrupts.
 */
#define MAGIC	0x1badb002
#define FLAGS	0

	.section .multiboot, "a"
	.align 4
	.long MAGIC, FLAGS, -(MAGIC + FLAGS)

	.bss
	.align 16
	.skip 16384
stack:

	.data
	.align 8
gdt:	.quad 0
	.quad 0x00cf9a000000ffff	/* 0x08: code, all of memory */
	.quad 0x00cf92000000ffff	/* 0x10: data */
gdt_pointer:
	.word . - gdt - 1
	.long gdt

	.text
	.global _start
_start:
	cli
	movl $stack, %esp
	lgdt gdt_pointer
	ljmp $0x08, $1f
1:	movw $0x10, %ax
	movw %ax, %ds
	movw %ax, %es
	movw %ax, %ss
	cld
	call main
2:	cli
	hlt
	jmp 2b

	.global irq_entry
irq_entry:
	pusha
	cld
	call irq_handler
	popa
	iret

	.global trap_entry
trap_entry:
	call trap_handler
	jmp 2b
