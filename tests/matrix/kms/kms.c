// SPDX-License-Identifier: GPL-2.0
/*
 * In a guest with the kernel's own radeon driver: shows a picture, and a pointer
 * that the card is to show. Does what each line of its input says and answers
 * with a line, "ok" or what failed:
 *
 *	move X Y	the pointer is there, and seen
 *	hide		there is no pointer
 *	off, on		DPMS
 *
 * The first line of output says the mode.
 */
#include <drm/drm.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "picture.h"

#define MAX	32

static int card;
static uint32_t crtc, connector, dpms, pointer_buffer;
static struct drm_mode_modeinfo mode;

static int call(const char *what, unsigned long request, void *arg)
{
	if (!ioctl(card, request, arg))
		return 0;
	printf("%s: %s\n", what, strerror(errno));
	return -1;
}

static void must(const char *what, unsigned long request, void *arg)
{
	if (call(what, request, arg))
		exit(1);
}

/* A buffer of 32 bits a pixel, painted; its handle. */
static uint32_t buffer(unsigned int width, unsigned int height,
		       uint32_t (*pixel)(unsigned int x, unsigned int y),
		       uint32_t *pitch)
{
	struct drm_mode_create_dumb create = {
		.width = width, .height = height, .bpp = 32,
	};
	struct drm_mode_map_dumb map = { 0 };
	unsigned int x, y;
	uint32_t *to;

	must("create", DRM_IOCTL_MODE_CREATE_DUMB, &create);
	map.handle = create.handle;
	must("map", DRM_IOCTL_MODE_MAP_DUMB, &map);
	to = mmap(NULL, create.size, PROT_READ | PROT_WRITE, MAP_SHARED, card,
		  map.offset);
	if (to == MAP_FAILED) {
		perror("mmap");
		exit(1);
	}
	for (y = 0; y < height; y++)
		for (x = 0; x < width; x++)
			to[y * (create.pitch / 4) + x] = pixel(x, y);
	*pitch = create.pitch;
	return create.handle;
}

static uint32_t dpms_of(const uint32_t *props, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		struct drm_mode_get_property p = { .prop_id = props[i] };

		must("property", DRM_IOCTL_MODE_GETPROPERTY, &p);
		if (!strcmp(p.name, "DPMS"))
			return props[i];
	}
	return 0;
}

/* Is a monitor there? Then its preferred mode is taken. */
static int try_connector(uint32_t id)
{
	struct drm_mode_modeinfo modes[64];
	uint32_t props[MAX], encoders[MAX];
	uint64_t values[MAX];
	struct drm_mode_get_connector c = { .connector_id = id };

	must("connector", DRM_IOCTL_MODE_GETCONNECTOR, &c);
	if (c.connection != 1 || !c.count_modes || c.count_modes > 64 ||
	    c.count_props > MAX || c.count_encoders > MAX)
		return 0;
	c.modes_ptr = (uintptr_t)modes;
	c.props_ptr = (uintptr_t)props;
	c.prop_values_ptr = (uintptr_t)values;
	c.encoders_ptr = (uintptr_t)encoders;
	must("connector", DRM_IOCTL_MODE_GETCONNECTOR, &c);
	connector = id;
	mode = modes[0];
	dpms = dpms_of(props, c.count_props);
	return 1;
}

static void find_monitor(void)
{
	uint32_t crtcs[MAX], connectors[MAX], encoders[MAX], fbs[MAX];
	struct drm_mode_card_res res = {
		.crtc_id_ptr = (uintptr_t)crtcs,
		.connector_id_ptr = (uintptr_t)connectors,
		.encoder_id_ptr = (uintptr_t)encoders,
		.fb_id_ptr = (uintptr_t)fbs,
		.count_crtcs = MAX, .count_connectors = MAX,
		.count_encoders = MAX, .count_fbs = MAX,
	};
	unsigned int i;

	must("resources", DRM_IOCTL_MODE_GETRESOURCES, &res);
	crtc = crtcs[0];
	for (i = 0; i < res.count_connectors; i++)
		if (try_connector(connectors[i]))
			return;
	printf("no monitor\n");
	exit(1);
}

static void show_picture(void)
{
	struct drm_mode_fb_cmd fb = {
		.width = mode.hdisplay, .height = mode.vdisplay,
		.bpp = 32, .depth = 24,
	};
	struct drm_mode_crtc set = {
		.crtc_id = crtc, .mode = mode, .mode_valid = 1,
		.set_connectors_ptr = (uintptr_t)&connector,
		.count_connectors = 1,
	};

	fb.handle = buffer(fb.width, fb.height, pattern, &fb.pitch);
	must("framebuffer", DRM_IOCTL_MODE_ADDFB, &fb);
	set.fb_id = fb.fb_id;
	must("mode", DRM_IOCTL_MODE_SETCRTC, &set);
}

static int set_pointer(uint32_t handle)
{
	struct drm_mode_cursor c = {
		.flags = DRM_MODE_CURSOR_BO, .crtc_id = crtc,
		.width = CURSOR_SIZE, .height = CURSOR_SIZE, .handle = handle,
	};

	return call("pointer", DRM_IOCTL_MODE_CURSOR, &c);
}

static int move_pointer(int x, int y)
{
	struct drm_mode_cursor c = {
		.flags = DRM_MODE_CURSOR_MOVE, .crtc_id = crtc, .x = x, .y = y,
	};

	return call("move", DRM_IOCTL_MODE_CURSOR, &c);
}

static int set_dpms(uint64_t value)
{
	struct drm_mode_connector_set_property set = {
		.value = value, .prop_id = dpms, .connector_id = connector,
	};

	return call("dpms", DRM_IOCTL_MODE_SETPROPERTY, &set);
}

static int obey(const char *line)
{
	int x, y;

	if (sscanf(line, "move %d %d", &x, &y) == 2)
		return set_pointer(pointer_buffer) || move_pointer(x, y);
	if (!strcmp(line, "hide\n"))
		return set_pointer(0);
	if (!strcmp(line, "off\n"))
		return set_dpms(DRM_MODE_DPMS_OFF);
	if (!strcmp(line, "on\n"))
		return set_dpms(DRM_MODE_DPMS_ON);
	printf("what? %s", line);
	return -1;
}

int main(void)
{
	uint32_t pitch;
	char line[80];

	setlinebuf(stdout);
	card = open("/dev/dri/card0", O_RDWR);
	if (card < 0) {
		perror("/dev/dri/card0");
		return 1;
	}
	find_monitor();
	show_picture();
	pointer_buffer = buffer(CURSOR_SIZE, CURSOR_SIZE, pointer, &pitch);
	printf("%ux%u\n", mode.hdisplay, mode.vdisplay);
	while (fgets(line, sizeof(line), stdin))
		if (!obey(line))
			printf("ok\n");
	return 0;
}
