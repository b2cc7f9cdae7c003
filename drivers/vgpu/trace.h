/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tracepoints. Instances and engines are named by their numbers, times are the
 * trace's own. Nothing here costs anything while tracing is off.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM vgpu

#if !defined(_VGPU_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _VGPU_TRACE_H

#include <linux/tracepoint.h>

/* An engine's context changes hands; prev is -1 when it held nobody's. */
TRACE_EVENT(vgpu_sched_switch,
	TP_PROTO(unsigned int engine, int prev, int next),
	TP_ARGS(engine, prev, next),
	TP_STRUCT__entry(
		__field(unsigned int, engine)
		__field(int, prev)
		__field(int, next)
	),
	TP_fast_assign(
		__entry->engine = engine;
		__entry->prev = prev;
		__entry->next = next;
	),
	TP_printk("engine=%u prev=%d next=%d", __entry->engine, __entry->prev,
		  __entry->next)
);

/*
 * A slice ended, for which the instance had waited with no limit in its way. The
 * end is by CLOCK_MONOTONIC: the event comes when the thread gets to it.
 */
TRACE_EVENT(vgpu_sched_slice,
	TP_PROTO(unsigned int engine, u32 instance, u32 slice, u64 waited,
		 u64 ran, u64 end, bool left),
	TP_ARGS(engine, instance, slice, waited, ran, end, left),
	TP_STRUCT__entry(
		__field(unsigned int, engine)
		__field(u32, instance)
		__field(u32, slice)
		__field(u64, waited)
		__field(u64, ran)
		__field(u64, end)
		__field(bool, left)
	),
	TP_fast_assign(
		__entry->engine = engine;
		__entry->instance = instance;
		__entry->slice = slice;
		__entry->waited = waited;
		__entry->ran = ran;
		__entry->end = end;
		__entry->left = left;
	),
	TP_printk("engine=%u instance=%u slice=%u waited=%llu ran=%llu end=%llu left=%d",
		  __entry->engine, __entry->instance, __entry->slice,
		  __entry->waited, __entry->ran, __entry->end, __entry->left)
);

/* A trapped register access. */
TRACE_EVENT(vgpu_mmio,
	TP_PROTO(u32 instance, u32 offset, u32 size, u32 val, bool write),
	TP_ARGS(instance, offset, size, val, write),
	TP_STRUCT__entry(
		__field(u32, instance)
		__field(u32, offset)
		__field(u32, size)
		__field(u32, val)
		__field(bool, write)
	),
	TP_fast_assign(
		__entry->instance = instance;
		__entry->offset = offset;
		__entry->size = size;
		__entry->val = val;
		__entry->write = write;
	),
	TP_printk("instance=%u %s offset=%#x size=%u val=%#x",
		  __entry->instance, __entry->write ? "write" : "read",
		  __entry->offset, __entry->size, __entry->val)
);

/* An engine register write was queued. */
TRACE_EVENT(vgpu_submit,
	TP_PROTO(u32 instance, u32 offset, u32 val),
	TP_ARGS(instance, offset, val),
	TP_STRUCT__entry(
		__field(u32, instance)
		__field(u32, offset)
		__field(u32, val)
	),
	TP_fast_assign(
		__entry->instance = instance;
		__entry->offset = offset;
		__entry->val = val;
	),
	TP_printk("instance=%u offset=%#x val=%#x", __entry->instance,
		  __entry->offset, __entry->val)
);

/* An engine did not come idle under an instance. */
TRACE_EVENT(vgpu_fault,
	TP_PROTO(unsigned int engine, u32 instance),
	TP_ARGS(engine, instance),
	TP_STRUCT__entry(
		__field(unsigned int, engine)
		__field(u32, instance)
	),
	TP_fast_assign(
		__entry->engine = engine;
		__entry->instance = instance;
	),
	TP_printk("engine=%u instance=%u", __entry->engine, __entry->instance)
);

/* An engine was reset. */
TRACE_EVENT(vgpu_reset,
	TP_PROTO(unsigned int engine, int result),
	TP_ARGS(engine, result),
	TP_STRUCT__entry(
		__field(unsigned int, engine)
		__field(int, result)
	),
	TP_fast_assign(
		__entry->engine = engine;
		__entry->result = result;
	),
	TP_printk("engine=%u result=%d", __entry->engine, __entry->result)
);

#endif /* _VGPU_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
