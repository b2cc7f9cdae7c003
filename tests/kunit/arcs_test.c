// SPDX-License-Identifier: GPL-2.0
/* The arcs between VFIO's states: each that there is, and no other. */
#include <kunit/test.h>

#include "../../drivers/vgpu/migrate/arcs.h"

#define NR_STATES	(VFIO_DEVICE_STATE_PRE_COPY_P2P + 1)

static void arcs_between_states(struct kunit *test)
{
	static const u8 want[NR_STATES][NR_STATES] = {
		[VFIO_DEVICE_STATE_RUNNING][VFIO_DEVICE_STATE_RUNNING_P2P] =
			VGPU_ARC_NOTHING,
		[VFIO_DEVICE_STATE_RUNNING_P2P][VFIO_DEVICE_STATE_RUNNING] =
			VGPU_ARC_NOTHING,
		[VFIO_DEVICE_STATE_RUNNING_P2P][VFIO_DEVICE_STATE_STOP] =
			VGPU_ARC_HALT,
		[VFIO_DEVICE_STATE_STOP][VFIO_DEVICE_STATE_RUNNING_P2P] =
			VGPU_ARC_GO,
		[VFIO_DEVICE_STATE_RUNNING][VFIO_DEVICE_STATE_PRE_COPY] =
			VGPU_ARC_PRECOPY,
		[VFIO_DEVICE_STATE_RUNNING_P2P][VFIO_DEVICE_STATE_PRE_COPY_P2P] =
			VGPU_ARC_PRECOPY,
		[VFIO_DEVICE_STATE_PRE_COPY][VFIO_DEVICE_STATE_PRE_COPY_P2P] =
			VGPU_ARC_NOTHING,
		[VFIO_DEVICE_STATE_PRE_COPY_P2P][VFIO_DEVICE_STATE_PRE_COPY] =
			VGPU_ARC_NOTHING,
		[VFIO_DEVICE_STATE_PRE_COPY][VFIO_DEVICE_STATE_RUNNING] =
			VGPU_ARC_SAVED,
		[VFIO_DEVICE_STATE_PRE_COPY_P2P][VFIO_DEVICE_STATE_RUNNING_P2P] =
			VGPU_ARC_SAVED,
		[VFIO_DEVICE_STATE_PRE_COPY_P2P][VFIO_DEVICE_STATE_STOP_COPY] =
			VGPU_ARC_SAVE_REST,
		[VFIO_DEVICE_STATE_STOP][VFIO_DEVICE_STATE_STOP_COPY] =
			VGPU_ARC_SAVE,
		[VFIO_DEVICE_STATE_STOP_COPY][VFIO_DEVICE_STATE_STOP] =
			VGPU_ARC_SAVED,
		[VFIO_DEVICE_STATE_STOP][VFIO_DEVICE_STATE_RESUMING] =
			VGPU_ARC_LOAD,
		[VFIO_DEVICE_STATE_RESUMING][VFIO_DEVICE_STATE_STOP] =
			VGPU_ARC_LOADED,
	};
	unsigned int from, to;

	for (from = 0; from < NR_STATES; from++)
		for (to = 0; to < NR_STATES; to++)
			KUNIT_EXPECT_EQ_MSG(test, vgpu_arc(from, to),
					    want[from][to], "%u to %u", from,
					    to);
}

static struct kunit_case arcs_cases[] = {
	KUNIT_CASE(arcs_between_states),
	{}
};

static struct kunit_suite arcs_suite = {
	.name = "arcs",
	.test_cases = arcs_cases,
};

kunit_test_suite(arcs_suite);
