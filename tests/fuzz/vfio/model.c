// SPDX-License-Identifier: GPL-2.0
/*
 * What an answer may be, by what VFIO says: of what was asked there is a part that is so,
 * whatever state the vGPU is in and whatever others do meanwhile.
 */
#include <stddef.h>
#include <sys/mman.h>
#include "fuzz.h"
#include "victims.h"

#define REGION_SHIFT	40
#define PAGE		4096
/* What stands behind a structure, and has to stay. */
#define BEHIND		0xb5

/* The fewest bytes that a request needs. */
static const struct {
	unsigned long request;
	size_t least;
} requests[] = {
	{ VFIO_DEVICE_GET_INFO, offsetof(struct vfio_device_info, cap_offset) },
	{ VFIO_DEVICE_GET_REGION_INFO, sizeof(struct vfio_region_info) },
	{ VFIO_DEVICE_GET_IRQ_INFO, sizeof(struct vfio_irq_info) },
	{ VFIO_DEVICE_SET_IRQS, offsetof(struct vfio_irq_set, data) },
	{ VFIO_DEVICE_QUERY_GFX_PLANE,
	  offsetof(struct vfio_device_gfx_plane_info, region_index) + 4 },
};

static const struct vfio_region_info *region_at(const struct worker *w, uint64_t pos)
{
	static const struct vfio_region_info none;
	uint64_t region = pos >> REGION_SHIFT;

	return region < NR_REGIONS ? &w->d->region[region] : &none;
}

/**
 * expect_within() - a read or write ends with its region
 * @w: who has called
 * @pos: where in the file
 * @write: direction
 * @done: what it has returned
 */
void expect_within(const struct worker *w, uint64_t pos, bool write, ssize_t done)
{
	uint32_t flag = write ? VFIO_REGION_INFO_FLAG_WRITE :
				VFIO_REGION_INFO_FLAG_READ;
	const struct vfio_region_info *info = region_at(w, pos);
	uint64_t at = pos & ((1ULL << REGION_SHIFT) - 1);

	if (done <= 0)
		return;
	if (at >= info->size || (uint64_t)done > info->size - at ||
	    !(info->flags & flag))
		tap_fail(__FILE__, __LINE__, "%zd bytes were %s at %#llx", done,
			 write ? "written" : "read", (unsigned long long)pos);
}

/**
 * expect_mapped() - what was mapped is within a region that can be mapped so
 * @w: who has called
 * @pos: where in the file
 * @len: bytes
 * @prot: of the mapping
 */
void expect_mapped(const struct worker *w, uint64_t pos, size_t len, int prot)
{
	const struct vfio_region_info *info = region_at(w, pos);
	uint64_t at = pos & ((1ULL << REGION_SHIFT) - 1);

	len = (len + PAGE - 1) & ~(size_t)(PAGE - 1);
	if (!(info->flags & VFIO_REGION_INFO_FLAG_MMAP) || at >= info->size ||
	    len > info->size - at ||
	    (prot & PROT_WRITE && !(info->flags & VFIO_REGION_INFO_FLAG_WRITE)))
		tap_fail(__FILE__, __LINE__, "%#zx bytes were mapped at %#llx", len,
			 (unsigned long long)pos);
}

/**
 * answer_begin() - a structure is going to be filled in
 * @w: has it at the start of its page
 * @argsz: bytes that are the structure's
 */
void answer_begin(const struct worker *w, uint32_t argsz)
{
	memset(w->page, BEHIND, PAGE);
	memset(w->page, 0, argsz < PAGE ? argsz : PAGE);
}

static size_t least(unsigned long request)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(requests); i++)
		if (requests[i].request == request)
			return requests[i].least;
	return 0;
}

/* Is there no such thing as was asked about? */
static bool is_none(unsigned long request, const uint32_t *asked)
{
	return (request == VFIO_DEVICE_GET_REGION_INFO && asked[2] >= NR_REGIONS) ||
	       (request == VFIO_DEVICE_GET_IRQ_INFO &&
		asked[2] >= VFIO_PCI_NUM_IRQS);
}

/**
 * expect_answer() - a structure was filled in as far as it goes
 * @w: has it at the start of its page
 * @request: the ioctl
 * @asked: four words of it before
 * @done: the ioctl has succeeded
 */
void expect_answer(const struct worker *w, unsigned long request,
		   const uint32_t *asked, bool done)
{
	size_t i = asked[0] > 16 ? asked[0] : 16;

	if (done && (asked[0] < least(request) || is_none(request, asked)))
		tap_fail(__FILE__, __LINE__,
			 "ioctl %#lx of %u bytes, index or flags %#x, is answered",
			 request, asked[0], asked[2]);
	for (; i < PAGE && w->page[i] == BEHIND; i++)
		;
	if (i < PAGE)
		tap_fail(__FILE__, __LINE__,
			 "ioctl %#lx of %u bytes has changed byte %zu", request,
			 asked[0], i);
	if (done)
		expect_no_secrets(w->page, asked[0] < PAGE ? asked[0] : PAGE, 4,
				  "an ioctl's answer");
}

/**
 * expect_own() - what was read is of this vGPU
 * @p: what was read
 * @n: bytes
 * @where: what it was read from
 */
void expect_own(const void *p, size_t n, const char *where)
{
	if (holds_loot(p, n))
		tap_fail(__FILE__, __LINE__, "memory of another vGPU is in %s", where);
}
