// SPDX-License-Identifier: GPL-2.0
/*
 * The registers of a soft GPU's functions: one table for all, of which a type's
 * areas show what it has (soft_pci.c).
 */
#include <linux/ratelimit.h>
#include <vgpu/compat.h>

#include "soft.h"

/* ---- The control page of the queues */

static struct soft_queue *queue_at(struct vgpu_regfile *rf, u32 offset)
{
	struct soft_instance *si = rf->priv;

	return si->queue[offset < SOFT_QUEUE_COMPUTE ? VGPU_CLASS_COPY :
						       VGPU_CLASS_COMPUTE];
}

static void enable_write(struct vgpu_regfile *rf, u32 offset, u32 val, u32 mask)
{
	struct soft_queue *sq = queue_at(rf, offset);
	u32 block = offset - SOFT_RING_ENABLE;
	u64 at = (u64)vgpu_reg_get(rf, block + SOFT_RING_HI) << 32 |
		 vgpu_reg_get(rf, block + SOFT_RING_LO);
	u32 slots = vgpu_reg_get(rf, block + SOFT_RING_SLOTS);

	vgpu_assert_trap_context(rf->inst);
	if (!sq || soft_queue_is_almaif(sq))
		return;
	soft_queue_disable(sq);
	if (!(val & 1) || !vgpu_queue_accepts(sq->q)) {
		val = 0;
	} else if (soft_queue_enable(sq, at, slots)) {
		dev_notice_ratelimited(rf->inst->dev,
				       "ring: %u packets at %#llx are not within the partition of %llu bytes, or no power of two from %u to %u, or not aligned\n",
				       slots, at, rf->inst->vram_size,
				       VGPU_RING_MIN, VGPU_RING_MAX);
		val = 0;
	}
	vgpu_reg_set(rf, offset, val & 1);
}

/* The ring may have gone since it was enabled: a fault takes it away. */
static u32 enable_read(struct vgpu_regfile *rf, u32 offset)
{
	struct soft_queue *sq = queue_at(rf, offset);

	return sq && soft_queue_status(sq) & SOFT_STATUS_ENABLED;
}

static u32 status_read(struct vgpu_regfile *rf, u32 offset)
{
	struct soft_queue *sq = queue_at(rf, offset);

	return sq ? soft_queue_status(sq) : 0;
}

static u32 verdict_read(struct vgpu_regfile *rf, u32 offset)
{
	struct soft_queue *sq = queue_at(rf, offset);

	return sq ? READ_ONCE(sq->verdict) : 0;
}

/* ---- The control page of AlmaIF */

static struct soft_queue *compute_queue(struct vgpu_regfile *rf)
{
	struct soft_instance *si = rf->priv;

	return si->queue[VGPU_CLASS_COMPUTE];
}

static u32 almaif_status_read(struct vgpu_regfile *rf, u32 offset)
{
	struct soft_queue *sq = compute_queue(rf);

	return sq && sq->almaif ? soft_almaif_status(sq) : 0;
}

static void almaif_command_write(struct vgpu_regfile *rf, u32 offset, u32 val,
				 u32 mask)
{
	struct soft_queue *sq = compute_queue(rf);

	vgpu_reg_set(rf, offset, val);
	if (sq && sq->almaif)
		soft_almaif_command(sq, val);
}

const struct vgpu_reg soft_regs[] = {
	{ "ID", SOFT_ID, 0, VGPU_REG_RO, SOFT_ID_VALUE },
	{ "VERSION", SOFT_VERSION, 0, VGPU_REG_RO, SOFT_VERSION_VALUE },
	{ "VRAM_LO", SOFT_VRAM_LO, 0, VGPU_REG_RO },
	{ "VRAM_HI", SOFT_VRAM_HI, 0, VGPU_REG_RO },
	{ "QUEUES", SOFT_QUEUES, 0, VGPU_REG_RO },
	{ "COPY_RING_LO", SOFT_QUEUE_COPY + SOFT_RING_LO, .wmask = ~0U },
	{ "COPY_RING_HI", SOFT_QUEUE_COPY + SOFT_RING_HI, .wmask = ~0U },
	{ "COPY_RING_SLOTS", SOFT_QUEUE_COPY + SOFT_RING_SLOTS,
	  .wmask = ~0U },
	{ "COPY_RING_ENABLE", SOFT_QUEUE_COPY + SOFT_RING_ENABLE,
	  .read = enable_read, .write = enable_write },
	{ "COPY_RING_STATUS", SOFT_QUEUE_COPY + SOFT_RING_STATUS, 0,
	  VGPU_REG_RO, .read = status_read },
	{ "COPY_RING_VERDICT", SOFT_QUEUE_COPY + SOFT_RING_VERDICT, 0,
	  VGPU_REG_RO, .read = verdict_read },
	{ "COMPUTE_RING_LO", SOFT_QUEUE_COMPUTE + SOFT_RING_LO, .wmask = ~0U },
	{ "COMPUTE_RING_HI", SOFT_QUEUE_COMPUTE + SOFT_RING_HI, .wmask = ~0U },
	{ "COMPUTE_RING_SLOTS", SOFT_QUEUE_COMPUTE + SOFT_RING_SLOTS,
	  .wmask = ~0U },
	{ "COMPUTE_RING_ENABLE", SOFT_QUEUE_COMPUTE + SOFT_RING_ENABLE,
	  .read = enable_read, .write = enable_write },
	{ "COMPUTE_RING_STATUS", SOFT_QUEUE_COMPUTE + SOFT_RING_STATUS, 0,
	  VGPU_REG_RO, .read = status_read },
	{ "COMPUTE_RING_VERDICT", SOFT_QUEUE_COMPUTE + SOFT_RING_VERDICT, 0,
	  VGPU_REG_RO, .read = verdict_read },
	{ "EDID", SOFT_EDID, SOFT_EDID_SIZE / 4, VGPU_REG_RO,
	  .read = soft_edid_read },
	{ "VGA", SOFT_VGA, SOFT_VGA_SIZE / 4,
	  .read_bytes = soft_vga_read, .write = soft_vga_write },
	{ "DISPI", SOFT_DISPI, SOFT_DISPI_SIZE / 4,
	  .read = soft_dispi_read, .write = soft_dispi_write },
	{ "QEXT_SIZE", SOFT_QEXT, 0, VGPU_REG_RO, SOFT_QEXT_SIZE },
	{ "QEXT_ENDIAN", SOFT_QEXT + 4,
	  .read = soft_endian_read, .write = soft_endian_write },
	{ "ALMAIF_STATUS", SOFT_REGS_ALMAIF + ALMAIF_STATUS, 0, VGPU_REG_RO,
	  .read = almaif_status_read },
	{ "ALMAIF_COUNTERS", SOFT_REGS_ALMAIF + ALMAIF_COUNTERS, 5,
	  VGPU_REG_RO },
	{ "ALMAIF_COMMAND", SOFT_REGS_ALMAIF + ALMAIF_COMMAND,
	  .write = almaif_command_write },
	{ "ALMAIF_INFO", SOFT_REGS_ALMAIF + ALMAIF_INFO, ALMAIF_INFO_REGS,
	  VGPU_REG_RO },
};

const unsigned int soft_nr_regs = ARRAY_SIZE(soft_regs);
