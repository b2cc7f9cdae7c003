/* SPDX-License-Identifier: GPL-2.0 */
/* The PC around the card: ports, serial line, PCI, interrupts. */
#ifndef MACHINE_H
#define MACHINE_H

#include <stdint.h>

static inline void outb(uint16_t port, uint8_t val)
{
	__asm__ volatile("outb %0, %1" : : "a"(val), "Nd"(port));
}

static inline void outl(uint16_t port, uint32_t val)
{
	__asm__ volatile("outl %0, %1" : : "a"(val), "Nd"(port));
}

static inline uint8_t inb(uint16_t port)
{
	uint8_t val;

	__asm__ volatile("inb %1, %0" : "=a"(val) : "Nd"(port));
	return val;
}

static inline uint32_t inl(uint16_t port)
{
	uint32_t val;

	__asm__ volatile("inl %1, %0" : "=a"(val) : "Nd"(port));
	return val;
}

/* Knows %s, %d, %x and nothing else. */
void say(const char *format, ...);
void fail(const char *why) __attribute__((noreturn));

/* A PCI function: bus << 16 | device << 11 | function << 8 */
uint32_t pci_read(uint32_t where, unsigned int reg);
void pci_write(uint32_t where, unsigned int reg, uint32_t val);
int pci_find(uint16_t vendor, uint16_t device, uint32_t *where);
uint32_t pci_size(uint32_t where, unsigned int reg);

/* Calls @handler on each interrupt of a line of the two 8259s. */
void irq_start(unsigned int line, void (*handler)(void));
/* Sleeps until the next interrupt. */
void irq_wait(void);
void irq_stop(void);

/* boot.S, and what it calls */
void irq_entry(void);
void trap_entry(void);
void irq_handler(void);
void trap_handler(void);

#endif
