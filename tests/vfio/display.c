// SPDX-License-Identifier: GPL-2.0
/* What the host shows of a vGPU: the graphics plane and its region. */
#include <stdlib.h>
#include <sys/mman.h>
#include "display.h"
#include "fault.h"
#include "gpu2d.h"

static const unsigned int depths[] = { 8, 15, 16, 32 };

static struct vdev *d;
static uint8_t *vram;
/* What the guest has loaded; NULL is what stands there after reset. */
static const uint32_t *loaded;
static uint32_t palette[PALETTE_SIZE];

static void use(const struct type_facts *type)
{
	d = vdev_new(type);
	vram = vdev_map_vram(d);
	fill_pattern(vram, d->size, 3);
	gpu_init(d);
}

static void before(void)
{
	unsigned int i;

	for (i = 0; i < PALETTE_SIZE; i++)
		palette[i] = (255 - i) * 0x010203 & 0xffffff;
	loaded = NULL;
	use(T8);
}

static void after(void)
{
	if (vram)
		munmap(vram, d->size);
	vram = NULL;
	vdev_cleanup();
}

static void load_palette(void)
{
	display_palette(d, palette);
	loaded = palette;
}

static void expect_nothing(void)
{
	display_expect_nothing(d);
}

static void expect_plane(const struct mode *m)
{
	display_expect_plane(d, m);
}

static void expect_picture(const struct mode *m)
{
	display_expect_picture(d, m, vram, loaded);
}

static void expect_black(void)
{
	display_expect_black(d);
}

/* A dark picture, in the place of one that was there. */
static void expect_dark(const struct mode *m)
{
	expect_plane(m);
	expect_black();
}

static void show(const struct mode *m)
{
	display_set(d, m);
	expect_plane(m);
	expect_picture(m);
}

static void probe(void)
{
	static const struct {
		uint32_t flags;
		bool ok;
	} cases[] = {
		{ VFIO_GFX_PLANE_TYPE_PROBE | VFIO_GFX_PLANE_TYPE_REGION, true },
		{ VFIO_GFX_PLANE_TYPE_PROBE | VFIO_GFX_PLANE_TYPE_DMABUF,
		  false },
		{ VFIO_GFX_PLANE_TYPE_PROBE | VFIO_GFX_PLANE_TYPE_REGION |
		  VFIO_GFX_PLANE_TYPE_DMABUF, false },
		{ VFIO_GFX_PLANE_TYPE_PROBE, false },
		{ VFIO_GFX_PLANE_TYPE_DMABUF, false },
		{ VFIO_GFX_PLANE_TYPE_REGION, true },
		{ 0, false }, { 1U << 3, false }, { ~0U, false },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct vfio_device_gfx_plane_info plane = {
			.argsz = sizeof(plane), .flags = cases[i].flags,
		};

		if (cases[i].ok)
			EXPECT_OK(vdev_ioctl(d, VFIO_DEVICE_QUERY_GFX_PLANE,
					     &plane));
		else
			EXPECT_ERR(vdev_ioctl(d, VFIO_DEVICE_QUERY_GFX_PLANE,
					      &plane), EINVAL);
	}
}

static void query_errors(void)
{
	struct vfio_device_gfx_plane_info plane = {
		.flags = VFIO_GFX_PLANE_TYPE_REGION, .drm_plane_type = 1,
	};
	unsigned int minsz = offsetof(struct vfio_device_gfx_plane_info,
				      region_index) + 4;

	for (plane.argsz = 0; plane.argsz < minsz; plane.argsz++)
		EXPECT_ERR(vdev_ioctl(d, VFIO_DEVICE_QUERY_GFX_PLANE, &plane),
			   EINVAL);
	EXPECT_OK(vdev_ioctl(d, VFIO_DEVICE_QUERY_GFX_PLANE, &plane));
	EXPECT_ERR(vdev_ioctl(d, VFIO_DEVICE_QUERY_GFX_PLANE, NULL), EFAULT);
	EXPECT_ERR(vdev_ioctl(d, VFIO_DEVICE_GET_GFX_DMABUF, &plane), ENOTTY);
}

static void dark_without_a_mode(void)
{
	struct mode m = { .width = 640, .height = 480, .bpp = 32 };

	expect_nothing();
	show(&m);
	reg_wr(d, CRTC_GEN_CNTL, 0);
	expect_dark(&m);
	/* Blanked before it was ever seen. */
	d = vdev_reopen(d);
	vdev_decode(d, PCI_COMMAND_MEMORY);
	display_set(d, &m);
	display_blank(d, true);
	expect_nothing();
	expect_black();
}

/*
 * Whoever has mapped the region sees it go dark, and not what is drawn then;
 * whoever comes sees the same. Shown directly or converted.
 */
static void blank_hides_what_is_drawn(void)
{
	struct mode m = { .width = 640, .height = 480 };
	size_t i, size = 640 * 480 * 4;
	uint32_t *shown = display_map(d, size);

	for (i = 0; i < ARRAY_SIZE(depths); i++) {
		m.bpp = depths[i];
		fill_pattern(vram, d->size, i);
		show(&m);
		display_blank(d, true);
		expect_dark(&m);
		memset(vram, 0x77, size);
		expect_dark(&m);
		EXPECT_EQ(shown[1000], 0);
		display_blank(d, false);
		expect_plane(&m);
		expect_picture(&m);
		EXPECT(shown[1000] != 0);
	}
	munmap(shown, size);
}

/* Each of the ways to switch a monitor off. */
static void blanks_of_all_kinds(void)
{
	static const uint32_t off[] = {
		CRTC_DISPLAY_DIS, CRTC_HSYNC_DIS, CRTC_VSYNC_DIS,
		CRTC_DISPLAY_DIS | CRTC_HSYNC_DIS | CRTC_VSYNC_DIS,
	};
	struct mode m = { .width = 640, .height = 480, .bpp = 32 };
	uint32_t ext, gen;
	unsigned int i;

	show(&m);
	ext = reg_rd(d, CRTC_EXT_CNTL);
	gen = reg_rd(d, CRTC_GEN_CNTL);
	for (i = 0; i < ARRAY_SIZE(off); i++) {
		reg_wr(d, CRTC_EXT_CNTL, ext | off[i]);
		expect_dark(&m);
		reg_wr(d, CRTC_EXT_CNTL, ext);
		expect_plane(&m);
		expect_picture(&m);
	}
	reg_wr(d, CRTC_GEN_CNTL, gen | CRTC_DISP_REQ_EN_B);
	expect_dark(&m);
	reg_wr(d, CRTC_GEN_CNTL, gen);
	expect_plane(&m);
	expect_picture(&m);
}

/* A function that sleeps shows nothing, and wakes with its picture. */
static void dark_in_d3(void)
{
	unsigned int pm = cfg_cap(d, PCI_CAP_ID_PM) + PCI_PM_CTRL;
	struct mode m = { .width = 640, .height = 480, .bpp = 32 };

	show(&m);
	cfg_wr(d, pm, 2, 3);
	expect_dark(&m);
	cfg_wr(d, pm, 2, 0);
	expect_plane(&m);
	expect_picture(&m);
}

/* Without decode the registers cannot be reached; the screen stays on. */
static void seen_without_decode(void)
{
	struct mode m = { .width = 640, .height = 480, .bpp = 16 };

	show(&m);
	cfg_wr(d, PCI_COMMAND, 2, 0);
	expect_plane(&m);
	cfg_wr(d, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	expect_picture(&m);
}

/*
 * Told once, so that nobody keeps the last picture; then there is nothing to
 * tell, and what firmware draws elsewhere may be shown.
 */
static void dark_after_a_reset(void)
{
	struct mode m = { .width = 640, .height = 480 };
	uint32_t *shown = display_map(d, 640 * 480 * 4);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(depths); i++) {
		m.bpp = depths[i];
		show(&m);
		ASSERT_OK(vdev_ioctl(d, VFIO_DEVICE_RESET, NULL));
		EXPECT_EQ(shown[1000], 0);
		expect_dark(&m);
		expect_nothing();
		expect_black();
		vdev_decode(d, PCI_COMMAND_MEMORY);
		expect_nothing();
	}
	munmap(shown, 640 * 480 * 4);
	/* The next user has not seen it. */
	show(&m);
	d = vdev_reopen(d);
	expect_nothing();
	expect_black();
}

/* Only the primary plane shows something, also when no type is given. */
static void other_planes(void)
{
	struct vfio_device_gfx_plane_info plane;
	unsigned int type;

	display_set_mode(d, 640, 480, 32, 0);
	for (type = 0; type < 4; type++) {
		memset(&plane, 0, sizeof(plane));
		plane.argsz = sizeof(plane);
		plane.flags = VFIO_GFX_PLANE_TYPE_REGION;
		plane.drm_plane_type = type;
		ASSERT_OK(vdev_ioctl(d, VFIO_DEVICE_QUERY_GFX_PLANE, &plane));
		EXPECT_EQ(plane.drm_format, type < 2 ? FORMAT_XRGB8888 : 0);
	}
}

static void all_depths(void)
{
	static const unsigned int sizes[][2] = {
		{ 8, 1 }, { 640, 480 }, { 1024, 768 }, { 1280, 1024 },
	};
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(depths); i++) {
		for (j = 0; j < ARRAY_SIZE(sizes); j++) {
			struct mode m = {
				.width = sizes[j][0], .height = sizes[j][1],
				.bpp = depths[i],
			};

			show(&m);
		}
	}
}

/* Scanout that begins somewhere, with lines farther apart than their pixels. */
static void offsets_and_pitches(void)
{
	static const uint32_t offsets[] = { 8, 4096, 0x12340, 0x100000 };
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(depths); i++) {
		for (j = 0; j < ARRAY_SIZE(offsets); j++) {
			struct mode m = {
				.width = 320, .height = 200, .bpp = depths[i],
				.offset = offsets[j],
				.pitch = j % 2 ? 0 : 512,
			};

			show(&m);
		}
	}
}

static void palette_changes(void)
{
	struct mode m = { .width = 320, .height = 200 };
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(depths); i++) {
		m.bpp = depths[i];
		load_palette();
		show(&m);
		for (j = 0; j < PALETTE_SIZE; j++)
			palette[j] ^= 0xff00ff;
		load_palette();
		show(&m);
		/* A single entry, of which every channel is looked at. */
		vdev_wr(d, REGION_REGS, PALETTE_INDEX, 1, 72);
		palette[72] ^= 0x5a5a5a;
		reg_wr(d, PALETTE_DATA, palette[72]);
		expect_plane(&m);
		expect_picture(&m);
	}
	/* Back to grey: each channel is what it was. */
	for (j = 0; j < PALETTE_SIZE; j++)
		palette[j] = j * 0x010101;
	load_palette();
	loaded = NULL;
	for (i = 0; i < ARRAY_SIZE(depths); i++) {
		m.bpp = depths[i];
		show(&m);
	}
}

static void what_the_engine_draws(void)
{
	struct mode m = { .width = 800, .height = 600, .bpp = 32 };
	unsigned int i;

	show(&m);
	for (i = 0; i < 40; i++)
		gpu_rect(d, 0, 3200, 800 - i * 15, 600 - i * 11, i * 0x060504);
	gpu_idle(d);
	expect_plane(&m);
	expect_picture(&m);
}

/* Each line of memory is two on the screen. */
static void doubled_lines(void)
{
	struct mode m = { .width = 640, .height = 200 };
	struct mode twice = { .width = 640, .height = 400 };
	uint32_t *want = malloc(640 * 200 * 4), *got = malloc(640 * 400 * 4);
	unsigned int i, at;

	ASSERT(want && got);
	for (i = 0; i < ARRAY_SIZE(depths); i++) {
		m.bpp = depths[i];
		twice.bpp = depths[i];
		display_expected(&m, vram, loaded, want);
		display_set(d, &twice);
		reg_wr(d, CRTC_GEN_CNTL, reg_rd(d, CRTC_GEN_CNTL) |
					 CRTC_DBL_SCAN_EN);
		expect_plane(&twice);
		ASSERT_EQ(vdev_pread(d, REGION_DISPLAY, got, 640 * 400 * 4, 0),
			  640 * 400 * 4);
		for (at = 0; at < 640 * 400; at++) {
			unsigned int line = at / 640 / 2;

			if (!EXPECT_EQ(got[at] & 0xffffff,
				       want[line * 640 + at % 640]))
				break;
		}
	}
	free(want);
	free(got);
}

/* One mapping lives through changes between shown directly and converted. */
static void mapping_follows_the_mode(void)
{
	static const struct mode modes[] = {
		{ .width = 640, .height = 480, .bpp = 32 },
		{ .width = 640, .height = 480, .bpp = 16 },
		{ .width = 640, .height = 480, .bpp = 32, .offset = 0x200000 },
		{ .width = 640, .height = 480, .bpp = 32, .pitch = 800 },
		{ .width = 640, .height = 480, .bpp = 32, .offset = 0x1000 },
	};
	const size_t size = 640 * 480 * 4;
	uint32_t *shown = display_map(d, size);
	uint32_t *want = malloc(size);
	unsigned int i, j;

	ASSERT(want);
	for (i = 0; i < 2 * ARRAY_SIZE(modes); i++) {
		const struct mode *m = &modes[i % ARRAY_SIZE(modes)];

		display_set(d, m);
		expect_plane(m);
		display_expected(m, vram, loaded, want);
		for (j = 0; j < size / 4; j++) {
			if (!EXPECT_EQ(shown[j] & 0xffffff, want[j]))
				break;
		}
	}
	free(want);
	munmap(shown, size);
}

static void modes_that_are_too_large(void)
{
	struct mode m = { .width = 1288, .height = 768, .bpp = 16 };
	const struct mode fits = { .width = 1024, .height = 768, .bpp = 32 };

	display_set(d, &m);
	expect_nothing();
	m = (struct mode) { .width = 1280, .height = 1025, .bpp = 16 };
	display_set(d, &m);
	expect_nothing();
	/* The last line fits, and then does not. */
	m = fits;
	m.offset = d->size - mode_stride(&m) * m.height;
	show(&m);
	m.offset += 8;
	display_set(d, &m);
	expect_dark(&fits);
	m.offset = d->size - 8;
	display_set(d, &m);
	expect_dark(&fits);
	m.offset = 0;
	m.pitch = 8 * 1023;
	display_set(d, &m);
	expect_dark(&fits);
}

static void region_is_read_only(void)
{
	size_t size = d->region[REGION_DISPLAY].size;
	uint32_t val = 1;
	void *p;

	EXPECT_ERR(vdev_pwrite(d, REGION_DISPLAY, &val, 4, 0), EINVAL);
	EXPECT_EQ(vdev_pread(d, REGION_DISPLAY, &val, 4, size - 4), 4);
	EXPECT_ERR(vdev_pread(d, REGION_DISPLAY, &val, 4, size), EINVAL);
	errno = 0;
	p = vdev_try_map(d, REGION_DISPLAY, 0, 4096);
	EXPECT(p == MAP_FAILED);
	EXPECT_EQ(errno, EINVAL);
	p = display_map(d, 4096);
	EXPECT_ERR(mprotect(p, 4096, PROT_READ | PROT_WRITE), EACCES);
	munmap(p, 4096);
	errno = 0;
	p = mmap(NULL, size + 4096, PROT_READ, MAP_SHARED, d->fd,
		 d->region[REGION_DISPLAY].offset);
	EXPECT(p == MAP_FAILED);
	EXPECT_EQ(errno, EINVAL);
	/* The last page of it is there. */
	p = display_map(d, size);
	EXPECT(!raises_sigbus((char *)p + size - 4, false));
	munmap(p, size);
}

static const struct tap_test tests[] = {
	TAP_TEST(probe),
	TAP_TEST(query_errors),
	TAP_TEST(dark_without_a_mode),
	TAP_TEST(blank_hides_what_is_drawn),
	TAP_TEST(blanks_of_all_kinds),
	TAP_TEST(dark_in_d3),
	TAP_TEST(seen_without_decode),
	TAP_TEST(dark_after_a_reset),
	TAP_TEST(other_planes),
	TAP_TEST(all_depths),
	TAP_TEST(offsets_and_pitches),
	TAP_TEST(palette_changes),
	TAP_TEST(what_the_engine_draws),
	TAP_TEST(doubled_lines),
	TAP_TEST(mapping_follows_the_mode),
	TAP_TEST(modes_that_are_too_large),
	TAP_TEST(region_is_read_only),
};

int main(void)
{
	static const struct tap_suite suite = {
		.name = "display", .tests = tests, .nr = ARRAY_SIZE(tests),
		.before = before, .after = after,
	};

	return tap_run(&suite);
}
