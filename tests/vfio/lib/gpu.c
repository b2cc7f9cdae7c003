// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "vfio.h"

#define POLL_US		200

static const struct gpu_driver * const drivers[] = { &rv100_gpu, &soft_gpu };

const struct gpu_driver *gpu = &rv100_gpu;

/* Before main(), which has tables to make of what the GPU is. */
static void __attribute__((constructor)) choose(void)
{
	const char *name = getenv("GPU");
	unsigned int i;

	if (!name)
		return;
	for (i = 0; i < ARRAY_SIZE(drivers); i++) {
		gpu = drivers[i];
		if (!strcmp(gpu->name, name))
			return;
	}
	fprintf(stderr, "GPU=%s: no such driver\n", name);
	exit(2);
}

bool has_display(void)
{
	return gpu->types->xres;
}

bool has_rom(void)
{
	return gpu->has_rom;
}

bool has_pin(void)
{
	return gpu->irqs[VFIO_PCI_INTX_IRQ_INDEX];
}

bool has_msi(void)
{
	return gpu->irqs[VFIO_PCI_MSI_IRQ_INDEX];
}

bool has_msix(void)
{
	return gpu->irqs[VFIO_PCI_MSIX_IRQ_INDEX];
}

bool has_fifo(void)
{
	return gpu->has_fifo;
}

uint64_t bar_size(const struct vdev *d, unsigned int bar)
{
	uint64_t size = gpu->bars[bar].size;

	return bar == gpu->vram || size == LIKE_VRAM ? d->size : size;
}

void gpu_init(struct vdev *d)
{
	gpu->init(d);
}

void gpu_fill(struct vdev *d, uint64_t at, uint64_t bytes, uint32_t value)
{
	gpu->prepare(d, at, bytes, value);
	gpu->again(d);
}

void gpu_copy(struct vdev *d, uint64_t to, uint64_t from, uint64_t bytes)
{
	gpu->copy(d, to, from, bytes);
}

/* Wait until all that was queued is done. */
void gpu_idle(struct vdev *d)
{
	time_t end = tap_seconds() + tap_patience();

	while (!gpu->is_idle(d)) {
		if (tap_seconds() > end) {
			tap_in_vain();
			tap_fail(__FILE__, __LINE__, "the engine stays busy");
			tap_abort();
		}
		usleep(POLL_US);
	}
}

/* What a fill leaves in an image of the memory. */
void model_fill(void *model, uint64_t at, uint64_t bytes, uint32_t value)
{
	uint32_t *word = (uint32_t *)((uint8_t *)model + at);
	uint64_t i;

	for (i = 0; i < bytes / 4; i++)
		word[i] = value;
}
