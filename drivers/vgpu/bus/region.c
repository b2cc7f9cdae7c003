// SPDX-License-Identifier: GPL-2.0
/*
 * Reads and writes of a device's regions: where user space's bytes become
 * accesses to configuration space, registers, VRAM.
 *
 * An access that begins past the end of its region is -EINVAL; one that
 * crosses the end is cut short. User memory is copied with no lock held.
 */
#include <linux/ktime.h>
#include <linux/uaccess.h>

#include "../core.h"
#include "../trace.h"
#include "../display/display.h"
#include "../guard/guard.h"
#include "../work/sched.h"
#include "bus.h"

/* Bytes that are moved at a time. */
#define CHUNK	256

/**
 * vgpu_region_size() - bytes in a region
 * @vd: the instance
 * @index: the region
 *
 * Return: the size; 0 when there is no such region.
 */
u64 vgpu_region_size(struct vgpu_vdev *vd, unsigned int index)
{
	switch (index) {
	case VFIO_PCI_BAR0_REGION_INDEX ... VFIO_PCI_BAR5_REGION_INDEX:
		return vd->cfg.bars->bar[index].size;
	case VFIO_PCI_ROM_REGION_INDEX:
		return vd->cfg.pci->rom ? vd->cfg.pci->rom_size : 0;
	case VFIO_PCI_CONFIG_REGION_INDEX:
		return vgpu_config_size(&vd->cfg);
	case VGPU_REGION_EDID:
		return vd->inst.type->num_heads ? PAGE_SIZE : 0;
	case VGPU_REGION_DISPLAY:
		return vd->display.size;
	default:
		return 0;
	}
}

/* The guest may have switched something on or off. */
static void config_written(struct vgpu_vdev *vd)
{
	vgpu_map_decode(vd);
	vgpu_irq_command(vd);
}

static int access_config(struct vgpu_vdev *vd, u8 *buf, size_t n, u64 pos,
			 bool write)
{
	size_t i;

	mutex_lock(&vd->trap_lock);
	for (i = 0; i < n; i++) {
		if (write)
			vgpu_config_put_byte(&vd->cfg, pos + i, buf[i]);
		else
			buf[i] = vgpu_config_get_byte(&vd->cfg, pos + i);
	}
	if (write)
		config_written(vd);
	vgpu_count(&vd->inst, VGPU_CNT_TRAPS_CONFIG, 1);
	mutex_unlock(&vd->trap_lock);
	return 0;
}

/* What a trace shows of an access: its first register's worth. */
static u32 traced(const u8 *buf, size_t n)
{
	__le32 le = 0;

	memcpy(&le, buf, min(n, sizeof(le)));
	return le32_to_cpu(le);
}

static bool decoded(struct vgpu_vdev *vd, bool io)
{
	return io ? vgpu_config_io_on(&vd->cfg) :
		    vgpu_config_memory_on(&vd->cfg);
}

static int access_registers(struct vgpu_vdev *vd, u8 *buf, size_t n, u64 pos,
			    bool write, bool io)
{
	int ret = 0;

	mutex_lock(&vd->trap_lock);
	if (decoded(vd, io)) {
		vgpu_count(&vd->inst, write ? VGPU_CNT_TRAPS_WRITE :
					      VGPU_CNT_TRAPS_READ,
			   vgpu_regs_access(&vd->inst.regs, pos, buf, n, write));
		trace_vgpu_mmio(vd->inst.id, pos, n, traced(buf, n), write);
	} else {
		ret = -EIO;
	}
	mutex_unlock(&vd->trap_lock);
	return ret;
}

static int access_vram(struct vgpu_vdev *vd, u8 *buf, size_t n, u64 pos,
		       bool write)
{
	const struct vgpu_vram *vram = &vd->pd->gpu.desc.vram;
	int ret = 0;
	u64 at;

	down_read(&vd->map.sem);
	at = vd->inst.vram_offset + pos;
	if (!vd->map.memory_on)
		ret = -EIO;
	else if (write)
		vgpu_vram_write(vram, at, buf, n);
	else
		vgpu_vram_read(vram, at, buf, n);
	if (!ret && write)
		vgpu_vram_written(&vd->inst, pos, n);
	up_read(&vd->map.sem);
	vgpu_count(&vd->inst, VGPU_CNT_TRAPS_VRAM, 1);
	return ret;
}

/* The partition itself as far as that is shown, and the picture beyond. */
static int access_display(struct vgpu_vdev *vd, u8 *buf, size_t n, u64 pos)
{
	const struct vgpu_view *view = &vd->map.view;
	size_t direct = 0;

	down_read(&vd->map.sem);
	if (view->direct && pos < view->size) {
		direct = min_t(u64, n, view->size - pos);
		vgpu_vram_read(&vd->pd->gpu.desc.vram,
			       vd->inst.vram_offset + view->offset + pos, buf,
			       direct);
	}
	vgpu_display_read(vd, buf + direct, n - direct, pos + direct);
	up_read(&vd->map.sem);
	return 0;
}

/* Nobody answers: as on a bus. */
static int access_nothing(struct vgpu_vdev *vd, u8 *buf, size_t n, bool write,
			  bool io)
{
	int ret = 0;

	mutex_lock(&vd->trap_lock);
	if (!decoded(vd, io))
		ret = -EIO;
	else if (!write)
		memset(buf, 0xff, n);
	vgpu_count(&vd->inst, write ? VGPU_CNT_TRAPS_WRITE :
				      VGPU_CNT_TRAPS_READ, 1);
	mutex_unlock(&vd->trap_lock);
	return ret;
}

static int access_msix(struct vgpu_vdev *vd, u8 *buf, size_t n, u64 pos,
		       bool write)
{
	int ret = -EIO;

	mutex_lock(&vd->trap_lock);
	if (decoded(vd, false)) {
		vgpu_vectors_access(vd, pos, buf, n, write);
		ret = 0;
	}
	vgpu_count(&vd->inst, write ? VGPU_CNT_TRAPS_WRITE :
				      VGPU_CNT_TRAPS_READ, 1);
	mutex_unlock(&vd->trap_lock);
	return ret;
}

static int access_area(struct vgpu_vdev *vd, const struct vgpu_bar *bar,
		       const struct vgpu_area *area, u8 *buf, size_t n,
		       u64 pos, bool write)
{
	bool io = bar->flags & PCI_BASE_ADDRESS_SPACE_IO;

	if (!area)
		return access_nothing(vd, buf, n, write, io);
	pos -= area->offset;
	switch (area->kind) {
	case VGPU_AREA_MEMORY:
		return access_vram(vd, buf, n, area->target + pos, write);
	case VGPU_AREA_DOORBELL:
	case VGPU_AREA_RING:
		return vgpu_doorbell_access(vd, area, buf, n, pos, write);
	case VGPU_AREA_MSIX:
		return access_msix(vd, buf, n, pos, write);
	default:
		return access_registers(vd, buf, n, area->target + pos, write,
					io);
	}
}

static int access_bar(struct vgpu_vdev *vd, const struct vgpu_bar *bar, u8 *buf,
		      size_t n, u64 pos, bool write)
{
	const struct vgpu_area *area;
	u64 left;
	int ret;

	/* Mostly one area: no bytes are left for a second turn. */
	for (; n; n -= left, buf += left, pos += left) {
		area = vgpu_area_at(bar, pos, &left);
		left = min_t(u64, left, n);
		ret = access_area(vd, bar, area, buf, left, pos, write);
		if (ret)
			return ret;
	}
	return 0;
}

/* Time of an access by the clock, without its waiting for room in a FIFO. */
static u64 trap_clock(struct vgpu_vdev *vd)
{
	return ktime_get_ns() - READ_ONCE(vd->fifo_wait);
}

static int access_region(struct vgpu_vdev *vd, unsigned int index, u8 *buf,
			 size_t n, u64 pos, bool write)
{
	switch (index) {
	case VFIO_PCI_CONFIG_REGION_INDEX:
		return access_config(vd, buf, n, pos, write);
	case VFIO_PCI_ROM_REGION_INDEX:
		if (write)
			return -EINVAL;
		memcpy(buf, vd->cfg.pci->rom + pos, n);
		return 0;
	case VGPU_REGION_EDID:
		return vgpu_edid_region_rw(vd, buf, n, pos, write);
	case VGPU_REGION_DISPLAY:
		return write ? -EINVAL : access_display(vd, buf, n, pos);
	default:
		return access_bar(vd, &vd->cfg.bars->bar[index], buf, n, pos,
				  write);
	}
}

static int access_timed(struct vgpu_vdev *vd, unsigned int index, u8 *buf,
			size_t n, u64 pos, bool write)
{
	u64 begin, end;
	int ret;

	/* What user space does by itself is not the guest's doing. */
	if (index > VFIO_PCI_CONFIG_REGION_INDEX)
		return access_region(vd, index, buf, n, pos, write);

	ret = vgpu_guard_wait(vd, VGPU_GUARD_TRAPS);
	if (ret)
		return ret;
	begin = trap_clock(vd);
	ret = access_region(vd, index, buf, n, pos, write);
	end = trap_clock(vd);

	/* Another thread's waiting may be in between. */
	if (end > begin) {
		vgpu_count(&vd->inst, VGPU_CNT_TRAP_TIME, end - begin);
		atomic64_add(end - begin, &vd->trap_debt);
	}
	return ret;
}

/**
 * vgpu_region_rw() - read or write a region
 * @vd: the instance
 * @buf: user memory
 * @count: bytes
 * @ppos: region and offset, moved on by what was done
 * @write: direction
 *
 * Return: bytes moved, or -EINVAL (no such region or offset, or it cannot be
 * written), -EIO (decode is off, or the GPU is lost), -EFAULT; -EINTR or
 * -ERESTARTNOINTR as vgpu_wait_ends().
 */
ssize_t vgpu_region_rw(struct vgpu_vdev *vd, char __user *buf, size_t count,
		       loff_t *ppos, bool write)
{
	u64 index = VGPU_REGION_INDEX(*ppos);
	u64 pos = *ppos & VGPU_REGION_MASK;
	u64 size = index < VGPU_NR_REGIONS ? vgpu_region_size(vd, index) : 0;
	u8 tmp[CHUNK];
	size_t n, done = 0;
	int ret = 0;

	if (*ppos < 0 || pos >= size)
		return -EINVAL;
	count = min_t(u64, count, size - pos);

	for (; done < count; done += n) {
		n = min_t(size_t, count - done, CHUNK);
		ret = READ_ONCE(vd->pd->lost) ? -EIO : vgpu_wait_ends();
		if (!ret && write && copy_from_user(tmp, buf + done, n))
			ret = -EFAULT;
		if (!ret)
			ret = access_timed(vd, index, tmp, n, pos + done,
					   write);
		if (!ret && !write && copy_to_user(buf + done, tmp, n))
			ret = -EFAULT;
		if (ret)
			break;
	}
	*ppos += done;
	return done ?: ret;
}

static void config_reset(struct vgpu_instance *inst)
{
	vgpu_config_reset(&inst_to_vd(inst)->cfg);
}

static void config_save(struct vgpu_instance *inst, struct vgpu_writer *w)
{
	vgpu_config_save(&inst_to_vd(inst)->cfg, w);
}

static void config_load(struct vgpu_instance *inst, struct vgpu_reader *r)
{
	vgpu_config_load(&inst_to_vd(inst)->cfg, r);
	if (vgpu_reader_ok(r))
		config_written(inst_to_vd(inst));
}

const struct vgpu_section vgpu_config_section = {
	.id = 2,
	.version = 1,
	.name = "configuration space",
	.reset = config_reset,
	.save = config_save,
	.load = config_load,
};

static void regs_reset(struct vgpu_instance *inst)
{
	vgpu_regfile_reset(&inst->regs);
}

static void regs_save(struct vgpu_instance *inst, struct vgpu_writer *w)
{
	vgpu_regfile_save(&inst->regs, w);
}

static void regs_load(struct vgpu_instance *inst, struct vgpu_reader *r)
{
	vgpu_regfile_load(&inst->regs, r);
}

const struct vgpu_section vgpu_regs_section = {
	.id = 7,
	.version = 1,
	.name = "registers",
	.reset = regs_reset,
	.save = regs_save,
	.load = regs_load,
};
