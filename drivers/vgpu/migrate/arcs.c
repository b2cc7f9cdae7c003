// SPDX-License-Identifier: GPL-2.0
/*
 * The arcs between the states of VFIO's migration protocol. No instance is touched
 * here; device.c carries out what an arc asks for.
 *
 *	 PRE_COPY <---> PRE_COPY_P2P ---+
 *	    ^                 ^         |
 *	    v                 v         |
 *	 RUNNING <---> RUNNING_P2P      | halt
 *	                  ^             |
 *	             halt | go          |
 *	                  v             v
 *	 RESUMING <---> STOP <---> STOP_COPY
 *
 * VFIO finds the way between any two states along these arcs. A function of ours
 * does no DMA to others, so that with RUNNING_P2P nothing changes; it is there
 * because user space that has several devices to move demands it.
 *
 * ERROR is where a stream that was refused leads. Only a reset of the function leads
 * out of it, and it does so from every state: to RUNNING.
 */
#include <linux/kernel.h>
#include <vgpu/compat.h>

#include "arcs.h"

static const struct {
	u8 from;
	u8 to;
	u8 arc;
} arcs[] = {
	{ VFIO_DEVICE_STATE_RUNNING, VFIO_DEVICE_STATE_RUNNING_P2P,
	  VGPU_ARC_NOTHING },
	{ VFIO_DEVICE_STATE_RUNNING_P2P, VFIO_DEVICE_STATE_RUNNING,
	  VGPU_ARC_NOTHING },
	{ VFIO_DEVICE_STATE_RUNNING_P2P, VFIO_DEVICE_STATE_STOP,
	  VGPU_ARC_HALT },
	{ VFIO_DEVICE_STATE_STOP, VFIO_DEVICE_STATE_RUNNING_P2P,
	  VGPU_ARC_GO },
	{ VFIO_DEVICE_STATE_RUNNING, VFIO_DEVICE_STATE_PRE_COPY,
	  VGPU_ARC_PRECOPY },
	{ VFIO_DEVICE_STATE_RUNNING_P2P, VFIO_DEVICE_STATE_PRE_COPY_P2P,
	  VGPU_ARC_PRECOPY },
	{ VFIO_DEVICE_STATE_PRE_COPY, VFIO_DEVICE_STATE_PRE_COPY_P2P,
	  VGPU_ARC_NOTHING },
	{ VFIO_DEVICE_STATE_PRE_COPY_P2P, VFIO_DEVICE_STATE_PRE_COPY,
	  VGPU_ARC_NOTHING },
	{ VFIO_DEVICE_STATE_PRE_COPY, VFIO_DEVICE_STATE_RUNNING,
	  VGPU_ARC_SAVED },
	{ VFIO_DEVICE_STATE_PRE_COPY_P2P, VFIO_DEVICE_STATE_RUNNING_P2P,
	  VGPU_ARC_SAVED },
	{ VFIO_DEVICE_STATE_PRE_COPY_P2P, VFIO_DEVICE_STATE_STOP_COPY,
	  VGPU_ARC_SAVE_REST },
	{ VFIO_DEVICE_STATE_STOP, VFIO_DEVICE_STATE_STOP_COPY,
	  VGPU_ARC_SAVE },
	{ VFIO_DEVICE_STATE_STOP_COPY, VFIO_DEVICE_STATE_STOP,
	  VGPU_ARC_SAVED },
	{ VFIO_DEVICE_STATE_STOP, VFIO_DEVICE_STATE_RESUMING,
	  VGPU_ARC_LOAD },
	{ VFIO_DEVICE_STATE_RESUMING, VFIO_DEVICE_STATE_STOP,
	  VGPU_ARC_LOADED },
};

/**
 * vgpu_arc() - what is to be done between two states
 * @from: the state before
 * @to: the next
 *
 * Return: %VGPU_ARC_NONE where no arc leads directly.
 */
enum vgpu_arc vgpu_arc(enum vfio_device_mig_state from,
		       enum vfio_device_mig_state to)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(arcs); i++)
		if (arcs[i].from == from && arcs[i].to == to)
			return arcs[i].arc;
	return VGPU_ARC_NONE;
}
