// SPDX-License-Identifier: GPL-2.0
/* The region by which a VMM sees the monitor, and plugs in another. */
#include <kunit/test.h>

#include "../../drivers/vgpu/display/display.h"
#include "../../drivers/vgpu/display/edid.h"
#include "mock_gpu.h"

#define BLOB		sizeof(struct vfio_region_gfx_edid)
#define AT(_member)	offsetof(struct vfio_region_gfx_edid, _member)

static int put(struct vgpu_vdev *vd, u64 at, u32 val)
{
	return vgpu_edid_region_rw(vd, (u8 *)&val, sizeof(val), at, true);
}

static u32 get(struct vgpu_vdev *vd, u64 at)
{
	u32 val;

	vgpu_edid_region_rw(vd, (u8 *)&val, sizeof(val), at, false);
	return val;
}

/* Read in one piece and byte by byte: registers, the EDID, and zeros behind it. */
static void monitor_read(struct kunit *test)
{
	struct vgpu_vdev *vd = mock_opened(test, MOCK_BOTH, 1);
	size_t i, size = BLOB + VGPU_EDID_MAX + 16;
	u8 *all = kunit_kmalloc(test, size, GFP_KERNEL), byte = 0x5a;

	KUNIT_ASSERT_NOT_NULL(test, all);
	memset(all, 0xa5, size);
	/* A monitor's EDID does not fill its place. */
	vgpu_edid_region_rw(vd, &byte, 1, BLOB + VGPU_EDID_MAX - 1, true);
	vgpu_edid_region_rw(vd, all, size, 0, false);
	KUNIT_EXPECT_EQ(test, all[BLOB + VGPU_EDID_MAX - 1], 0x5a);
	KUNIT_EXPECT_EQ(test, get(vd, AT(edid_offset)), BLOB);
	KUNIT_EXPECT_EQ(test, get(vd, AT(edid_max_size)), VGPU_EDID_MAX);
	KUNIT_EXPECT_EQ(test, get(vd, AT(link_state)),
			VFIO_DEVICE_GFX_LINK_STATE_UP);
	KUNIT_EXPECT_EQ(test, get(vd, AT(max_xres)), 320U);
	KUNIT_EXPECT_TRUE(test, vgpu_edid_valid(all + BLOB,
						get(vd, AT(edid_size))));
	for (i = 0; i < size; i++) {
		vgpu_edid_region_rw(vd, &byte, 1, i, false);
		KUNIT_EXPECT_EQ(test, byte, all[i]);
		if (i >= BLOB + VGPU_EDID_MAX)
			KUNIT_EXPECT_EQ(test, byte, 0);
	}
	mock_gone(vd);
}

/* What is refused changes nothing. */
static void monitor_writes(struct kunit *test)
{
	struct vgpu_vdev *vd = mock_opened(test, MOCK_BOTH, 1);
	u32 size = get(vd, AT(edid_size));
	u8 bytes[2] = { 1, 1 };

	KUNIT_EXPECT_EQ(test, put(vd, AT(edid_size), VGPU_EDID_MAX + 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, put(vd, AT(edid_size), U32_MAX), -EINVAL);
	KUNIT_EXPECT_EQ(test, put(vd, AT(edid_offset), 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, put(vd, AT(link_state), 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, put(vd, AT(edid_size) + 1, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, vgpu_edid_region_rw(vd, bytes, 2, AT(edid_size),
						  true), -EINVAL);
	KUNIT_EXPECT_EQ(test, get(vd, AT(edid_size)), size);
	/* The last byte of the EDID's place, and what would go beyond. */
	KUNIT_EXPECT_EQ(test, vgpu_edid_region_rw(vd, bytes, 1, BLOB +
						  VGPU_EDID_MAX - 1, true), 0);
	KUNIT_EXPECT_EQ(test, vgpu_edid_region_rw(vd, bytes, 2, BLOB +
						  VGPU_EDID_MAX - 1, true),
			-EINVAL);
	/* No EDID is that short: it cannot be plugged in, and the old one stays. */
	KUNIT_EXPECT_EQ(test, put(vd, AT(edid_size), 1), 0);
	KUNIT_EXPECT_EQ(test, put(vd, AT(link_state),
				  VFIO_DEVICE_GFX_LINK_STATE_UP), -EINVAL);
	KUNIT_EXPECT_EQ(test, vd->inst.ddc.edid_len, size);
	KUNIT_EXPECT_EQ(test, put(vd, AT(edid_size), size), 0);
	KUNIT_EXPECT_EQ(test, put(vd, AT(link_state),
				  VFIO_DEVICE_GFX_LINK_STATE_UP), 0);
	mock_gone(vd);
}

static struct kunit_case monitor_cases[] = {
	KUNIT_CASE(monitor_read),
	KUNIT_CASE(monitor_writes),
	{}
};

static struct kunit_suite monitor_suite = {
	.name = "monitor",
	.init = mock_init,
	.exit = mock_exit,
	.test_cases = monitor_cases,
};

kunit_test_suite(monitor_suite);

MODULE_LICENSE("GPL");
