/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _VGPU_REGS_H
#define _VGPU_REGS_H

#include <linux/bits.h>
#include <linux/types.h>

/**
 * DOC: register tables
 *
 * A backend describes the register file that a guest sees as rows of a table.
 * A row covers one 32-bit register, or a run of registers that behave alike.
 * The core turns the table into an index once per GPU (struct vgpu_regmap)
 * and keeps one struct vgpu_regfile per instance, which holds the values as
 * the guest sees them (the shadow). No access that goes through the table
 * touches hardware: writes of registers that drive an engine are handed to the
 * backend's queue, in order (%VGPU_REG_ENGINE).
 *
 * A register without a row is *unknown*: it reads as zero, a write to it is
 * dropped, and both are counted in &vgpu_regfile.unknown.
 *
 * When an instance is saved, so is the shadow, but for rows that are
 * %VGPU_REG_RO: what these hold follows from a reset, or from what a section of
 * the backend has. Values that are loaded are those that a guest could have
 * written; of rows with a @write, any.
 */

struct vgpu_instance;
struct vgpu_reader;
struct vgpu_regfile;
struct vgpu_writer;

/** Guest writes are dropped. A handler may still change the value. */
#define VGPU_REG_RO	BIT(0)
/** Writing 1 to a bit of @wmask clears it; writing 0 leaves it. */
#define VGPU_REG_W1C	BIT(1)
/** A write updates the shadow, then is given to &vgpu_regfile.submit. */
#define VGPU_REG_ENGINE	BIT(2)
/** With VGPU_REG_ENGINE: a write starts work; others only prepare it. */
#define VGPU_REG_STARTS	BIT(3)
/** Reads as zero; the shadow still holds what was written. */
#define VGPU_REG_WO	BIT(4)

/**
 * struct vgpu_reg - one row of a register table
 * @name: the name that the hardware's documentation uses
 * @offset: byte offset in the register BAR, a multiple of 4
 * @count: how many consecutive registers the row covers; 0 means 1
 * @flags: VGPU_REG_*
 * @reset: value after reset
 * @wmask: the bits a guest may change; ignored where @write is set
 * @read: optional; returns what the guest reads. @offset is the register's
 *	own, so that one handler can serve a run
 * @read_bytes: the same, where it matters which bytes of the register are read:
 *	@mask has ones there. The other bytes that it returns do not count
 * @write: optional; replaces the shadow update. @val is the whole register
 *	with the written bytes merged in, @mask has ones where bytes were
 *	written. Stores with vgpu_reg_set(); what %VGPU_REG_ENGINE asks for still
 *	happens after it, with the stored value
 *
 * Handlers run with the instance's trap lock held and may sleep.
 */
struct vgpu_reg {
	const char *name;
	u32 offset;
	u16 count;
	u8 flags;
	u32 reset;
	u32 wmask;
	u32 (*read)(struct vgpu_regfile *rf, u32 offset);
	u32 (*read_bytes)(struct vgpu_regfile *rf, u32 offset, u32 mask);
	void (*write)(struct vgpu_regfile *rf, u32 offset, u32 val, u32 mask);
};

/**
 * struct vgpu_regmap - a register table made ready for look-up
 * @rows: the table
 * @nr_rows: its length
 * @size: bytes in the register BAR; no row reaches past it
 * @index: for each 32-bit register, its row number plus one, or 0
 */
struct vgpu_regmap {
	const struct vgpu_reg *rows;
	unsigned int nr_rows;
	u32 size;
	u16 *index;
};

/**
 * struct vgpu_regfile - the registers of one instance
 * @map: the table
 * @shadow: one value per 32-bit register of @map
 * @inst: the instance
 * @priv: the backend's own state for this instance
 * @submit: takes a write for an engine, which starts work or does not; returns
 *	0, or -errno when it was dropped. The backend's, or NULL
 * @unknown: accesses to registers without a row; read without a lock, too
 *
 * Protected by the instance's trap lock.
 */
struct vgpu_regfile {
	const struct vgpu_regmap *map;
	u32 *shadow;
	struct vgpu_instance *inst;
	void *priv;
	int (*submit)(struct vgpu_regfile *rf, u32 offset, u32 val, bool starts);
	u64 unknown;
};

int vgpu_regmap_init(struct vgpu_regmap *map, const struct vgpu_reg *rows,
		     unsigned int nr_rows, u32 size);
void vgpu_regmap_fini(struct vgpu_regmap *map);

int vgpu_regfile_init(struct vgpu_regfile *rf, const struct vgpu_regmap *map);
void vgpu_regfile_fini(struct vgpu_regfile *rf);
void vgpu_regfile_reset(struct vgpu_regfile *rf);
void vgpu_regfile_save(const struct vgpu_regfile *rf, struct vgpu_writer *w);
void vgpu_regfile_load(struct vgpu_regfile *rf, struct vgpu_reader *r);

u32 vgpu_regs_read(struct vgpu_regfile *rf, u32 offset, unsigned int size);
void vgpu_regs_write(struct vgpu_regfile *rf, u32 offset, unsigned int size,
		     u32 val);
void vgpu_regs_write_masked(struct vgpu_regfile *rf, u32 offset, u32 val,
			    u32 mask);
unsigned int vgpu_regs_access(struct vgpu_regfile *rf, u32 offset, u8 *buf,
			      size_t n, bool write);

/**
 * vgpu_reg_get() - the stored value of a register
 * @rf: the register file
 * @offset: byte offset, a multiple of 4 below the map's size
 *
 * Return: the shadow; no handler is called.
 */
static inline u32 vgpu_reg_get(const struct vgpu_regfile *rf, u32 offset)
{
	return rf->shadow[offset / 4];
}

/**
 * vgpu_reg_set() - store a value as the guest shall see it
 * @rf: the register file
 * @offset: byte offset, a multiple of 4 below the map's size
 * @val: the new value; no handler is called and no mask applied
 */
static inline void vgpu_reg_set(struct vgpu_regfile *rf, u32 offset, u32 val)
{
	rf->shadow[offset / 4] = val;
}

#endif /* _VGPU_REGS_H */
