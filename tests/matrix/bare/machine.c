// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>

#include "machine.h"

#define SERIAL		0x3f8
#define SERIAL_LSR	(SERIAL + 5)
#define LSR_EMPTY	0x20
#define PCI_ADDRESS	0xcf8
#define PCI_DATA	0xcfc
#define PCI_BUSES	32
#define PIC1		0x20
#define PIC2		0xa0
#define PIC_EOI		0x20
#define VECTOR		0x20	/* of interrupt line 0 */

struct gate {
	uint16_t low, selector, flags, high;
};

static struct gate idt[256];
static void (*irq_function)(void);
static unsigned int irq_line;

static void put(char c)
{
	while (!(inb(SERIAL_LSR) & LSR_EMPTY))
		;
	outb(SERIAL, c);
}

static void put_number(uint32_t val, unsigned int base)
{
	char digits[12];
	int n = 0;

	do {
		digits[n++] = "0123456789abcdef"[val % base];
		val /= base;
	} while (val);
	while (n)
		put(digits[--n]);
}

void say(const char *format, ...)
{
	const char *text;
	va_list args;

	va_start(args, format);
	for (; *format; format++) {
		if (*format != '%') {
			put(*format);
			continue;
		}
		switch (*++format) {
		case 's':
			for (text = va_arg(args, const char *); *text; text++)
				put(*text);
			break;
		case 'd':
			put_number(va_arg(args, uint32_t), 10);
			break;
		case 'x':
			put_number(va_arg(args, uint32_t), 16);
			break;
		}
	}
	va_end(args);
	put('\n');
}

void fail(const char *why)
{
	say("BARE FAILED: %s", why);
	for (;;)
		__asm__ volatile("cli; hlt");
}

uint32_t pci_read(uint32_t where, unsigned int reg)
{
	outl(PCI_ADDRESS, 0x80000000 | where | (reg & ~3));
	return inl(PCI_DATA) >> (reg & 3) * 8;
}

void pci_write(uint32_t where, unsigned int reg, uint32_t val)
{
	outl(PCI_ADDRESS, 0x80000000 | where | reg);
	outl(PCI_DATA, val);
}

int pci_find(uint16_t vendor, uint16_t device, uint32_t *where)
{
	uint32_t at, id;

	for (at = 0; at < PCI_BUSES << 16; at += 1 << 11) {
		id = pci_read(at, 0);
		if (id == ((uint32_t)device << 16 | vendor)) {
			*where = at;
			return 1;
		}
	}
	return 0;
}

/* What the address bits of a base address register leave out. */
uint32_t pci_size(uint32_t where, unsigned int reg)
{
	uint32_t old = pci_read(where, reg);
	uint32_t mask;

	pci_write(where, reg, reg == 0x30 ? ~1u : ~0u);
	mask = pci_read(where, reg);
	pci_write(where, reg, old);
	if (reg == 0x30)
		mask &= ~0x7ffu;
	else
		mask &= mask & 1 ? ~3u : ~15u;
	return -mask;
}

static void gate(unsigned int vector, void (*entry)(void))
{
	uint32_t to = (uint32_t)entry;

	idt[vector] = (struct gate) { to, 0x08, 0x8e00, to >> 16 };
}

void irq_handler(void)
{
	irq_function();
	if (irq_line >= 8)
		outb(PIC2, PIC_EOI);
	outb(PIC1, PIC_EOI);
}

void trap_handler(void)
{
	fail("an exception, or an interrupt of nobody");
}

void irq_start(unsigned int line, void (*handler)(void))
{
	struct {
		uint16_t limit;
		uint32_t base;
	} __attribute__((packed)) pointer = { sizeof(idt) - 1, (uint32_t)idt };
	unsigned int i;

	irq_function = handler;
	irq_line = line;
	for (i = 0; i < 256; i++)
		gate(i, trap_entry);
	gate(VECTOR + line, irq_entry);
	__asm__ volatile("lidt %0" : : "m"(pointer));

	/* Both 8259s: start, vectors, who is where, 8086 mode, masks */
	outb(PIC1, 0x11);
	outb(PIC2, 0x11);
	outb(PIC1 + 1, VECTOR);
	outb(PIC2 + 1, VECTOR + 8);
	outb(PIC1 + 1, 4);
	outb(PIC2 + 1, 2);
	outb(PIC1 + 1, 1);
	outb(PIC2 + 1, 1);
	outb(PIC1 + 1, ~(line < 8 ? 1 << line : 4));
	outb(PIC2 + 1, ~(line < 8 ? 0 : 1 << (line - 8)));
}

void irq_wait(void)
{
	__asm__ volatile("sti; hlt; cli" : : : "memory");
}

void irq_stop(void)
{
	outb(PIC1 + 1, 0xff);
	outb(PIC2 + 1, 0xff);
}
