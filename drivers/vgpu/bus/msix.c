// SPDX-License-Identifier: GPL-2.0
/*
 * The MSI-X table of a function, and its pending bits, as bytes that a guest
 * reads and writes. No device and no lock here.
 *
 * QEMU keeps a table of its own in front of this one: its guests' accesses end
 * there, and by VFIO it says only where each vector goes. Then this is where a
 * vector's state is kept; see vectors.c. Other users of VFIO see a table that
 * works.
 *
 * Source: PCI Local Bus Specification 3.0, section 6.8.2.
 */
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "msix.h"

/* Bits of each byte of an entry that can be changed. */
static const u8 entry_wmask[PCI_MSIX_ENTRY_SIZE] = {
	[PCI_MSIX_ENTRY_LOWER_ADDR] = 0xfc, 0xff, 0xff, 0xff,
	[PCI_MSIX_ENTRY_UPPER_ADDR] = 0xff, 0xff, 0xff, 0xff,
	[PCI_MSIX_ENTRY_DATA] = 0xff, 0xff, 0xff, 0xff,
	[PCI_MSIX_ENTRY_VECTOR_CTRL] = PCI_MSIX_ENTRY_CTRL_MASKBIT,
};

static u8 *control(const struct vgpu_msix *m, unsigned int vector)
{
	return m->table + vector * PCI_MSIX_ENTRY_SIZE +
	       PCI_MSIX_ENTRY_VECTOR_CTRL;
}

/**
 * vgpu_msix_init() - make a table, in its state after reset
 * @m: to be set up
 * @nr: vectors; 0 for none
 *
 * Return: 0 or -ENOMEM.
 */
int vgpu_msix_init(struct vgpu_msix *m, unsigned int nr)
{
	m->nr = 0;
	m->table = NULL;
	m->pending = NULL;
	if (!nr)
		return 0;
	m->table = kcalloc(nr, PCI_MSIX_ENTRY_SIZE, GFP_KERNEL);
	m->pending = bitmap_zalloc(nr, GFP_KERNEL);
	if (!m->table || !m->pending) {
		vgpu_msix_fini(m);
		return -ENOMEM;
	}
	m->nr = nr;
	vgpu_msix_reset(m);
	return 0;
}

/**
 * vgpu_msix_fini() - release memory
 * @m: set up before, or zeroed
 */
void vgpu_msix_fini(struct vgpu_msix *m)
{
	m->nr = 0;
	kfree(m->table);
	m->table = NULL;
	bitmap_free(m->pending);
	m->pending = NULL;
}

/**
 * vgpu_msix_reset() - every vector is masked, none is pending
 * @m: the table
 */
void vgpu_msix_reset(struct vgpu_msix *m)
{
	unsigned int i;

	if (!m->nr)
		return;
	memset(m->table, 0, vgpu_msix_pba(m->nr));
	bitmap_zero(m->pending, m->nr);
	for (i = 0; i < m->nr; i++)
		vgpu_msix_mask(m, i, true);
}

/**
 * vgpu_msix_masked() - must a vector wait
 * @m: the table
 * @vector: below @m->nr
 *
 * Return: true when its mask bit is set.
 */
bool vgpu_msix_masked(const struct vgpu_msix *m, unsigned int vector)
{
	return *control(m, vector) & PCI_MSIX_ENTRY_CTRL_MASKBIT;
}

/**
 * vgpu_msix_mask() - set a vector's mask bit
 * @m: the table
 * @vector: below @m->nr
 * @masked: what to
 */
void vgpu_msix_mask(struct vgpu_msix *m, unsigned int vector, bool masked)
{
	*control(m, vector) = masked ? PCI_MSIX_ENTRY_CTRL_MASKBIT : 0;
}

static u8 pending_byte(const struct vgpu_msix *m, u64 byte)
{
	unsigned int i;
	u8 val = 0;

	for (i = 0; i < 8 && byte * 8 + i < m->nr; i++)
		if (test_bit(byte * 8 + i, m->pending))
			val |= BIT(i);
	return val;
}

/**
 * vgpu_msix_read() - a guest reads
 * @m: the table
 * @offset: from the start of the table; the pending bits follow it
 * @buf: for the bytes
 * @n: how many; zero where there is neither
 */
void vgpu_msix_read(const struct vgpu_msix *m, u64 offset, u8 *buf, size_t n)
{
	u32 pba = vgpu_msix_pba(m->nr);

	for (; n; n--, offset++)
		*buf++ = offset < pba ? m->table[offset] :
			 offset < vgpu_msix_size(m->nr) ?
			 pending_byte(m, offset - pba) : 0;
}

/**
 * vgpu_msix_write() - a guest writes
 * @m: the table
 * @offset: as for vgpu_msix_read()
 * @buf: the bytes
 * @n: how many; bits that cannot be changed are ignored
 */
void vgpu_msix_write(struct vgpu_msix *m, u64 offset, const u8 *buf, size_t n)
{
	u32 end = vgpu_msix_pba(m->nr);
	u8 mask;

	for (; n && offset < end; n--, offset++, buf++) {
		mask = entry_wmask[offset % PCI_MSIX_ENTRY_SIZE];
		m->table[offset] = (m->table[offset] & ~mask) | (*buf & mask);
	}
}

/**
 * vgpu_msix_save() - save a table and its pending bits
 * @m: the table
 * @w: where to
 */
void vgpu_msix_save(const struct vgpu_msix *m, struct vgpu_writer *w)
{
	u32 i;

	vgpu_put_u16(w, m->nr);
	vgpu_put_bytes(w, m->table, vgpu_msix_pba(m->nr));
	for (i = 0; i < DIV_ROUND_UP(m->nr, 8); i++)
		vgpu_put_u8(w, pending_byte(m, i));
}

/**
 * vgpu_msix_load() - load them
 * @m: the table
 * @r: where from
 */
void vgpu_msix_load(struct vgpu_msix *m, struct vgpu_reader *r)
{
	u32 i, bit;
	u8 val;

	if (vgpu_get(r, "vectors", 2, U16_MAX) != m->nr)
		vgpu_refuse(r, "vectors", "not %u", m->nr);
	for (i = 0; i < vgpu_msix_pba(m->nr); i++) {
		val = vgpu_get(r, "table", 1, U8_MAX);
		vgpu_msix_write(m, i, &val, 1);
		if (m->table[i] != val)
			vgpu_refuse(r, "table", "byte %#x is %#x", i, val);
	}
	for (i = 0; i < DIV_ROUND_UP(m->nr, 8); i++) {
		val = vgpu_get(r, "pending", 1,
			       GENMASK(min(m->nr - i * 8, 8U) - 1, 0));
		for (bit = 0; bit < 8 && i * 8 + bit < m->nr; bit++)
			__assign_bit(i * 8 + bit, m->pending, val & BIT(bit));
	}
}
