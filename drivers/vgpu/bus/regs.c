// SPDX-License-Identifier: GPL-2.0
/*
 * Register tables: look-up and dispatch of a guest's register accesses.
 *
 * No device is touched here; see <vgpu/regs.h>.
 */
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <asm/byteorder.h>

#include <vgpu/regs.h>
#include <vgpu/section.h>

static unsigned int row_count(const struct vgpu_reg *row)
{
	return row->count ?: 1;
}

static const struct vgpu_reg *row_at(const struct vgpu_regmap *map, u32 offset)
{
	u16 i;

	if (offset >= map->size)
		return NULL;
	i = map->index[offset / 4];
	return i ? &map->rows[i - 1] : NULL;
}

/**
 * vgpu_regmap_init() - check a register table and make it fast to look up
 * @map: to be set up
 * @rows: the table, in any order; must stay
 * @nr_rows: its length
 * @size: bytes of register space, a multiple of 4
 *
 * Return: 0, -EINVAL when a row is misaligned, out of range or overlaps
 * another, -ENOMEM.
 */
int vgpu_regmap_init(struct vgpu_regmap *map, const struct vgpu_reg *rows,
		     unsigned int nr_rows, u32 size)
{
	unsigned int i, n;

	if (!size || size % 4 || nr_rows >= U16_MAX)
		return -EINVAL;
	map->index = kvcalloc(size / 4, sizeof(*map->index), GFP_KERNEL);
	if (!map->index)
		return -ENOMEM;
	map->rows = rows;
	map->nr_rows = nr_rows;
	map->size = size;

	for (i = 0; i < nr_rows; i++) {
		u32 at = rows[i].offset;

		if (at % 4 || at >= size ||
		    row_count(&rows[i]) > (size - at) / 4)
			goto err_table;
		for (n = 0; n < row_count(&rows[i]); n++) {
			if (map->index[at / 4 + n])
				goto err_table;
			map->index[at / 4 + n] = i + 1;
		}
	}
	return 0;

err_table:
	pr_err("vgpu: register table: row %u (%s at %#x) is misaligned, out of range or a duplicate\n",
	       i, rows[i].name, rows[i].offset);
	vgpu_regmap_fini(map);
	return -EINVAL;
}
EXPORT_SYMBOL_GPL(vgpu_regmap_init);

/**
 * vgpu_regmap_fini() - release memory
 * @map: set up before, or zeroed
 */
void vgpu_regmap_fini(struct vgpu_regmap *map)
{
	kvfree(map->index);
	map->index = NULL;
}
EXPORT_SYMBOL_GPL(vgpu_regmap_fini);

/**
 * vgpu_regfile_init() - give an instance its registers, at reset values
 * @rf: to be set up; @rf->inst, @rf->priv and @rf->submit are the caller's
 * @map: the table
 *
 * Return: 0 or -ENOMEM.
 */
int vgpu_regfile_init(struct vgpu_regfile *rf, const struct vgpu_regmap *map)
{
	rf->shadow = kvcalloc(map->size / 4, sizeof(*rf->shadow), GFP_KERNEL);
	if (!rf->shadow)
		return -ENOMEM;
	rf->map = map;
	rf->unknown = 0;
	vgpu_regfile_reset(rf);
	return 0;
}
EXPORT_SYMBOL_GPL(vgpu_regfile_init);

/**
 * vgpu_regfile_fini() - release memory
 * @rf: set up before, or zeroed
 */
void vgpu_regfile_fini(struct vgpu_regfile *rf)
{
	kvfree(rf->shadow);
	rf->shadow = NULL;
}
EXPORT_SYMBOL_GPL(vgpu_regfile_fini);

/**
 * vgpu_regfile_reset() - put every register to its reset value
 * @rf: the register file; handlers are not called
 */
void vgpu_regfile_reset(struct vgpu_regfile *rf)
{
	const struct vgpu_regmap *map = rf->map;
	unsigned int i, n;

	memset(rf->shadow, 0, map->size);
	for (i = 0; i < map->nr_rows; i++)
		for (n = 0; n < row_count(&map->rows[i]); n++)
			rf->shadow[map->rows[i].offset / 4 + n] =
				map->rows[i].reset;
}
EXPORT_SYMBOL_GPL(vgpu_regfile_reset);

/* Is a register part of the state, with a value that a reset does not give it? */
static bool worth_saving(const struct vgpu_regfile *rf, u32 offset)
{
	const struct vgpu_reg *row = row_at(rf->map, offset);

	return row && !(row->flags & VGPU_REG_RO) &&
	       vgpu_reg_get(rf, offset) != row->reset;
}

/**
 * vgpu_regfile_save() - save what differs from the table
 * @rf: the register file
 * @w: where to: the number of registers, then offset and value of each
 */
void vgpu_regfile_save(const struct vgpu_regfile *rf, struct vgpu_writer *w)
{
	u32 offset, n = 0;

	for (offset = 0; offset < rf->map->size; offset += 4)
		n += worth_saving(rf, offset);
	vgpu_put_u32(w, n);
	for (offset = 0; offset < rf->map->size; offset += 4) {
		if (!worth_saving(rf, offset))
			continue;
		vgpu_put_u32(w, offset);
		vgpu_put_u32(w, vgpu_reg_get(rf, offset));
	}
}

/* What a reset of the instance has set beyond the table. */
static void forget_saved(struct vgpu_regfile *rf)
{
	const struct vgpu_reg *row;
	u32 offset;

	for (offset = 0; offset < rf->map->size; offset += 4) {
		row = row_at(rf->map, offset);
		if (row && !(row->flags & VGPU_REG_RO))
			vgpu_reg_set(rf, offset, row->reset);
	}
}

/* Could a guest have brought the register to that value? */
static bool possible(const struct vgpu_reg *row, u32 val)
{
	return row && !(row->flags & VGPU_REG_RO) &&
	       (row->write || !((val ^ row->reset) & ~row->wmask));
}

/**
 * vgpu_regfile_load() - load what was saved
 * @rf: the register file, reset; handlers are not called
 * @r: where from
 */
void vgpu_regfile_load(struct vgpu_regfile *rf, struct vgpu_reader *r)
{
	u32 n = vgpu_get(r, "count", 4, rf->map->size / 4);
	u32 offset, val, next = 0;

	forget_saved(rf);
	for (; n && vgpu_reader_ok(r); n--, next = offset + 4) {
		offset = vgpu_get(r, "offset", 4, rf->map->size - 4);
		val = vgpu_get(r, "value", 4, U32_MAX);
		if (offset % 4 || offset < next)
			vgpu_refuse(r, "offset", "%#x is out of order", offset);
		else if (!possible(row_at(rf->map, offset), val))
			vgpu_refuse(r, "value", "register %#x cannot be %#x",
				    offset, val);
		else
			vgpu_reg_set(rf, offset, val);
	}
}

static u32 byte_mask(u32 offset, unsigned int size)
{
	return (size == 4 ? ~0U : BIT(size * 8) - 1) << offset % 4 * 8;
}

/**
 * vgpu_regs_read() - a guest reads
 * @rf: the register file
 * @offset: byte offset, a multiple of @size
 * @size: 1, 2 or 4
 *
 * Return: the value, in the low @size bytes; 0 for an unknown register.
 */
u32 vgpu_regs_read(struct vgpu_regfile *rf, u32 offset, unsigned int size)
{
	const struct vgpu_reg *row = row_at(rf->map, offset);
	u32 reg = round_down(offset, 4);
	u32 val;

	if (!row) {
		rf->unknown++;
		return 0;
	}
	if (row->flags & VGPU_REG_WO)
		val = 0;
	else if (row->read)
		val = row->read(rf, reg);
	else if (row->read_bytes)
		val = row->read_bytes(rf, reg, byte_mask(offset, size));
	else
		val = vgpu_reg_get(rf, reg);
	return (val & byte_mask(offset, size)) >> offset % 4 * 8;
}
EXPORT_SYMBOL_GPL(vgpu_regs_read);

/**
 * vgpu_regs_write_masked() - a guest writes some bytes of a register
 * @rf: the register file
 * @offset: byte offset, a multiple of 4
 * @val: the bytes, each at its place
 * @mask: ones where bytes are written
 */
void vgpu_regs_write_masked(struct vgpu_regfile *rf, u32 offset, u32 val,
			    u32 mask)
{
	const struct vgpu_reg *row = row_at(rf->map, offset);
	u32 old;

	if (!row) {
		rf->unknown++;
		return;
	}
	if (row->flags & VGPU_REG_RO)
		return;

	old = vgpu_reg_get(rf, offset);
	if (row->write)
		row->write(rf, offset, (old & ~mask) | (val & mask), mask);
	else if (row->flags & VGPU_REG_W1C)
		vgpu_reg_set(rf, offset, old & ~(val & mask & row->wmask));
	else
		vgpu_reg_set(rf, offset, (old & ~(mask & row->wmask)) |
					 (val & mask & row->wmask));

	if (row->flags & VGPU_REG_ENGINE && rf->submit)
		rf->submit(rf, offset, vgpu_reg_get(rf, offset),
			   row->flags & VGPU_REG_STARTS);
}
EXPORT_SYMBOL_GPL(vgpu_regs_write_masked);

/**
 * vgpu_regs_write() - a guest writes
 * @rf: the register file
 * @offset: byte offset, a multiple of @size
 * @size: 1, 2 or 4
 * @val: the value, in the low @size bytes
 */
void vgpu_regs_write(struct vgpu_regfile *rf, u32 offset, unsigned int size,
		     u32 val)
{
	vgpu_regs_write_masked(rf, round_down(offset, 4),
			       val << offset % 4 * 8, byte_mask(offset, size));
}
EXPORT_SYMBOL_GPL(vgpu_regs_write);

/* The widest access that is aligned at @offset and fits in @n bytes. */
static unsigned int piece(u32 offset, size_t n)
{
	if (!(offset & 3) && n >= 4)
		return 4;
	if (!(offset & 1) && n >= 2)
		return 2;
	return 1;
}

/**
 * vgpu_regs_access() - a guest moves bytes at any alignment
 * @rf: the register file
 * @offset: byte offset
 * @buf: @n bytes, little endian
 * @n: how many; what has no natural alignment, or crosses registers, is carried
 *	out upwards in the largest pieces that have
 * @write: direction
 *
 * Return: how many pieces it took.
 */
unsigned int vgpu_regs_access(struct vgpu_regfile *rf, u32 offset, u8 *buf,
			      size_t n, bool write)
{
	unsigned int size, pieces = 0;
	__le32 le = 0;

	for (; n; n -= size, buf += size, offset += size) {
		size = piece(offset, n);
		if (write) {
			memcpy(&le, buf, size);
			vgpu_regs_write(rf, offset, size, le32_to_cpu(le));
		} else {
			le = cpu_to_le32(vgpu_regs_read(rf, offset, size));
			memcpy(buf, &le, size);
		}
		pieces++;
	}
	return pieces;
}
