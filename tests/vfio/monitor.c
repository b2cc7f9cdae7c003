// SPDX-License-Identifier: GPL-2.0
/* The monitor: as the guest sees it on its wires, as the host plugs it in. */
#include <stdio.h>
#include "display.h"

#define EDID_BLOCK	128
#define DDC_ADDRESS	0x50

#define REG(field)	offsetof(struct vfio_region_gfx_edid, field)

static struct vdev *d;

static void before(void)
{
	d = vdev_new(T8);
}

static uint8_t block_sum(const uint8_t *block)
{
	uint8_t sum = 0;
	unsigned int i;

	for (i = 0; i < EDID_BLOCK; i++)
		sum += block[i];
	return sum;
}

static void read_monitor(uint8_t *buf, unsigned int len)
{
	ASSERT_OK(ddc_read(d, DDC_ADDRESS, 0, buf, len));
}

static uint32_t edid_rd(uint64_t at)
{
	return vdev_rd(d, REGION_EDID, at, 4);
}

static int edid_wr(uint64_t at, uint32_t val)
{
	return vdev_pwrite(d, REGION_EDID, &val, 4, at) == 4 ? 0 : -1;
}

static void default_monitor(void)
{
	static const uint8_t magic[] = { 0, 255, 255, 255, 255, 255, 255, 0 };
	uint8_t edid[EDID_BLOCK], blob[EDID_BLOCK];
	unsigned int type, x, y;

	for (type = 0; type < gpu->nr_types; type++) {
		vdev_cleanup();
		d = vdev_new(&gpu->types[type]);
		EXPECT_EQ(edid_rd(REG(link_state)),
			  VFIO_DEVICE_GFX_LINK_STATE_UP);
		EXPECT_EQ(edid_rd(REG(max_xres)), gpu->types[type].xres);
		EXPECT_EQ(edid_rd(REG(max_yres)), gpu->types[type].yres);
		EXPECT_EQ(edid_rd(REG(edid_size)), EDID_BLOCK);
		EXPECT(edid_rd(REG(edid_max_size)) >= 2 * EDID_BLOCK);

		read_monitor(edid, sizeof(edid));
		EXPECT(!memcmp(edid, magic, sizeof(magic)));
		EXPECT_EQ(block_sum(edid), 0);
		/* The preferred mode is one that the type can show. */
		x = edid[56] | (edid[58] & 0xf0) << 4;
		y = edid[59] | (edid[61] & 0xf0) << 4;
		EXPECT(x && x <= gpu->types[type].xres);
		EXPECT(y && y <= gpu->types[type].yres);
		ASSERT_EQ(vdev_pread(d, REGION_EDID, blob, sizeof(blob),
				     edid_rd(REG(edid_offset))), sizeof(blob));
		EXPECT(!memcmp(edid, blob, sizeof(blob)));
	}
}

/* An EDID of @blocks blocks that no other program would make. */
static void make_edid(uint8_t *edid, unsigned int blocks)
{
	unsigned int i, at;

	read_monitor(edid, EDID_BLOCK);
	for (i = 0; i < blocks; i++) {
		uint8_t *block = edid + i * EDID_BLOCK;

		for (at = i ? 0 : 12; at < EDID_BLOCK; at++)
			block[at] = at * 37 + i * 11;
		block[EDID_BLOCK - 1] = 0;
		block[EDID_BLOCK - 1] = -block_sum(block);
	}
}

static int plug(const uint8_t *edid, unsigned int len)
{
	if (edid_wr(REG(link_state), VFIO_DEVICE_GFX_LINK_STATE_DOWN) ||
	    edid_wr(REG(edid_size), len))
		return -1;
	if (vdev_pwrite(d, REGION_EDID, edid, len,
			edid_rd(REG(edid_offset))) != (ssize_t)len)
		return -1;
	return edid_wr(REG(link_state), VFIO_DEVICE_GFX_LINK_STATE_UP);
}

static void monitor_by_region(void)
{
	uint8_t edid[2 * EDID_BLOCK], got[2 * EDID_BLOCK];
	unsigned int blocks;

	for (blocks = 1; blocks <= 2; blocks++) {
		unsigned int len = blocks * EDID_BLOCK;

		make_edid(edid, blocks);
		ASSERT_OK(plug(edid, len));
		EXPECT_EQ(edid_rd(REG(edid_size)), len);
		read_monitor(got, len);
		EXPECT(!memcmp(edid, got, len));
		/* From the middle, as drivers read a second block. */
		ASSERT_OK(ddc_read(d, DDC_ADDRESS, len / 2, got, 16));
		EXPECT(!memcmp(edid + len / 2, got, 16));
	}
}

static void unplugged(void)
{
	uint8_t edid[EDID_BLOCK], got[EDID_BLOCK];

	read_monitor(edid, sizeof(edid));
	ASSERT_OK(edid_wr(REG(link_state), VFIO_DEVICE_GFX_LINK_STATE_DOWN));
	EXPECT_EQ(edid_rd(REG(link_state)), VFIO_DEVICE_GFX_LINK_STATE_DOWN);
	EXPECT_EQ(ddc_read(d, DDC_ADDRESS, 0, got, 8), -1);
	ASSERT_OK(edid_wr(REG(link_state), VFIO_DEVICE_GFX_LINK_STATE_UP));
	read_monitor(got, sizeof(got));
	EXPECT(!memcmp(edid, got, sizeof(got)));
}

/* A blob that is being written is not yet a monitor. */
static void plugged_by_the_link(void)
{
	uint8_t old[EDID_BLOCK], edid[EDID_BLOCK], got[EDID_BLOCK];

	read_monitor(old, sizeof(old));
	make_edid(edid, 1);
	ASSERT_EQ(vdev_pwrite(d, REGION_EDID, edid, sizeof(edid),
			      edid_rd(REG(edid_offset))), sizeof(edid));
	read_monitor(got, sizeof(got));
	EXPECT(!memcmp(old, got, sizeof(got)));
	ASSERT_OK(edid_wr(REG(link_state), VFIO_DEVICE_GFX_LINK_STATE_UP));
	read_monitor(got, sizeof(got));
	EXPECT(!memcmp(edid, got, sizeof(got)));
}

static void bad_edids(void)
{
	uint8_t edid[EDID_BLOCK], got[8];

	make_edid(edid, 1);
	edid[77] ^= 1;
	EXPECT_ERR(plug(edid, sizeof(edid)), EINVAL);
	EXPECT_EQ(edid_rd(REG(link_state)), VFIO_DEVICE_GFX_LINK_STATE_DOWN);
	EXPECT_EQ(ddc_read(d, DDC_ADDRESS, 0, got, 8), -1);
	edid[77] ^= 1;
	EXPECT_ERR(plug(edid, 127), EINVAL);
	EXPECT_ERR(plug(edid, 0), EINVAL);
	edid[0] ^= 1;
	edid[127] -= 1;
	EXPECT_EQ(block_sum(edid), 0);
	EXPECT_ERR(plug(edid, sizeof(edid)), EINVAL);
	edid[0] ^= 1;
	edid[127] += 1;
	EXPECT_OK(plug(edid, sizeof(edid)));
}

static void edid_region_errors(void)
{
	uint32_t max = edid_rd(REG(edid_max_size));
	uint32_t blob = edid_rd(REG(edid_offset));
	uint8_t byte = 0, buf[8] = { 0 };
	unsigned int i;
	static const unsigned int read_only[] = {
		REG(edid_offset), REG(edid_max_size), REG(max_xres),
		REG(max_yres),
	};

	for (i = 0; i < ARRAY_SIZE(read_only); i++) {
		uint32_t old = edid_rd(read_only[i]);

		EXPECT_ERR(edid_wr(read_only[i], old + 1), EINVAL);
		EXPECT_EQ(edid_rd(read_only[i]), old);
	}
	EXPECT_ERR(edid_wr(REG(edid_size), max + 1), EINVAL);
	EXPECT_ERR(edid_wr(REG(edid_size), ~0U), EINVAL);
	EXPECT_ERR(edid_wr(REG(link_state), 0), EINVAL);
	EXPECT_ERR(edid_wr(REG(link_state), 3), EINVAL);
	/* Part of a register, or more than one. */
	EXPECT_ERR(vdev_pwrite(d, REGION_EDID, &byte, 1, REG(link_state)),
		   EINVAL);
	EXPECT_ERR(vdev_pwrite(d, REGION_EDID, buf, 4, REG(link_state) + 2),
		   EINVAL);
	EXPECT_ERR(vdev_pwrite(d, REGION_EDID, buf, 8, REG(edid_size)),
		   EINVAL);
	/* Behind the blob. */
	EXPECT_ERR(vdev_pwrite(d, REGION_EDID, &byte, 1, blob + max), EINVAL);
	EXPECT_ERR(vdev_pwrite(d, REGION_EDID, buf, 2, blob + max - 1),
		   EINVAL);
	EXPECT_EQ(vdev_pwrite(d, REGION_EDID, &byte, 1, blob + max - 1), 1);
	EXPECT_EQ(edid_rd(REG(link_state)), VFIO_DEVICE_GFX_LINK_STATE_UP);
}

/* An operator chooses the monitor by sysfs, before a guest is started. */
static void monitor_by_sysfs(void)
{
	static const char * const bad[] = {
		"1288x1024", "1280x1025", "0x0", "640", "640x", "x480", "axb",
		"99999999999x1", "-640x480", "4294968320x768", "1024x768 x",
		"1024x768\nx", "1024x768x8",
	};
	uint8_t edid[EDID_BLOCK];
	char path[128], text[ATTR_LEN];
	unsigned int i;

	snprintf(path, sizeof(path), "/sys/bus/mdev/devices/%s/vgpu/resolution",
		 d->uuid);
	ASSERT_OK(file_write(path, "800x600\n"));
	mdev_attr(d->uuid, "resolution", text);
	EXPECT_STR(text, "800x600");
	read_monitor(edid, sizeof(edid));
	EXPECT_EQ(block_sum(edid), 0);
	EXPECT_EQ(edid[56] | (edid[58] & 0xf0) << 4, 800);
	EXPECT_EQ(edid[59] | (edid[61] & 0xf0) << 4, 600);
	EXPECT_EQ(edid_rd(REG(link_state)), VFIO_DEVICE_GFX_LINK_STATE_UP);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		if (!EXPECT_ERR(file_write(path, bad[i]), EINVAL))
			tap_note("\"%s\"", bad[i]);
	}
	mdev_attr(d->uuid, "resolution", text);
	EXPECT_STR(text, "800x600");
	ASSERT_OK(file_write(path, "1280x1024"));
	read_monitor(edid, sizeof(edid));
	EXPECT_EQ(edid[56] | (edid[58] & 0xf0) << 4, 1280);
}

/* What one user has plugged in or out is not there for the next. */
static void next_user_has_own_monitor(void)
{
	uint8_t edid[2 * EDID_BLOCK], blob[2 * EDID_BLOCK], got[EDID_BLOCK];
	char path[128];
	unsigned int i;

	snprintf(path, sizeof(path), "/sys/bus/mdev/devices/%s/vgpu/resolution",
		 d->uuid);
	ASSERT_OK(file_write(path, "800x600"));
	make_edid(edid, 2);
	ASSERT_OK(plug(edid, sizeof(edid)));
	ASSERT_OK(edid_wr(REG(link_state), VFIO_DEVICE_GFX_LINK_STATE_DOWN));

	d = vdev_reopen(d);
	vdev_decode(d, PCI_COMMAND_MEMORY);
	EXPECT_EQ(edid_rd(REG(link_state)), VFIO_DEVICE_GFX_LINK_STATE_UP);
	EXPECT_EQ(edid_rd(REG(edid_size)), EDID_BLOCK);
	read_monitor(got, sizeof(got));
	EXPECT_EQ(got[56] | (got[58] & 0xf0) << 4, 800);
	ASSERT_EQ(vdev_pread(d, REGION_EDID, blob, sizeof(blob),
			     edid_rd(REG(edid_offset))), sizeof(blob));
	EXPECT(!memcmp(blob, got, sizeof(got)));
	for (i = EDID_BLOCK; i < sizeof(blob); i++)
		EXPECT_EQ(blob[i], 0);
}

/* The wires float high; nobody else answers. */
static void empty_bus(void)
{
	unsigned int address;
	uint8_t byte;

	for (address = 0; address < 128; address++)
		EXPECT_EQ(ddc_read(d, address, 0, &byte, 1),
			  address == DDC_ADDRESS ? 0 : -1);
	reg_wr(d, GPIO_VGA_DDC, 0);
	EXPECT_EQ(reg_rd(d, GPIO_VGA_DDC) & (DDC_DATA_IN | DDC_CLK_IN),
		  DDC_DATA_IN | DDC_CLK_IN);
	reg_wr(d, GPIO_VGA_DDC, DDC_DATA_EN | DDC_CLK_EN);
	EXPECT_EQ(reg_rd(d, GPIO_VGA_DDC) & (DDC_DATA_IN | DDC_CLK_IN), 0);
}

static const struct tap_test tests[] = {
	TAP_TEST(default_monitor),
	TAP_TEST(monitor_by_region),
	TAP_TEST(unplugged),
	TAP_TEST(plugged_by_the_link),
	TAP_TEST(bad_edids),
	TAP_TEST(edid_region_errors),
	TAP_TEST(monitor_by_sysfs),
	TAP_TEST(next_user_has_own_monitor),
	TAP_TEST(empty_bus),
};

int main(void)
{
	static const struct tap_suite suite = {
		.name = "monitor", .tests = tests, .nr = ARRAY_SIZE(tests),
		.before = before, .after = vdev_cleanup,
	};

	return tap_run(&suite);
}
