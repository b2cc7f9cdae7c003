// SPDX-License-Identifier: GPL-2.0
/*
 * What an instance is, as a stream of bytes: writer and reader, and instances of
 * the mock GPU that are saved in mid-life and go on elsewhere.
 */
#include <kunit/test.h>
#include <linux/prandom.h>

#include "../../drivers/vgpu/bus/bus.h"
#include "../../drivers/vgpu/display/display.h"
#include "../../drivers/vgpu/migrate/format.h"
#include "mock_gpu.h"
#include "state.h"

struct numbers {
	u8 a;
	u16 b;
	u32 c;
	u64 d;
	bool e;
};

static const struct vgpu_field fields[] = {
	VGPU_FIELD(numbers, a, 9),
	VGPU_FIELD(numbers, b, U16_MAX),
	VGPU_FIELD(numbers, c, U32_MAX),
	VGPU_FIELD(numbers, d, U64_MAX),
	VGPU_FIELD(numbers, e, 1),
};

/* Byte by byte what the documentation says. */
static void section_numbers(struct kunit *test)
{
	static const u8 want[] = {
		9, 0x34, 0x12, 0x78, 0x56, 0x34, 0x12,
		8, 7, 6, 5, 4, 3, 2, 1, 1, 0xff, 0, 0, 0x80, 'x', 'y',
	};
	const struct numbers n = { 9, 0x1234, 0x12345678, 0x0102030405060708,
				   true };
	struct numbers got = {};
	struct vgpu_writer w;
	struct vgpu_reader r;
	u8 buf[64], two[2];
	u32 val;

	vgpu_writer_init(&w, buf, sizeof(buf));
	vgpu_put_fields(&w, &n, fields, ARRAY_SIZE(fields));
	val = 0x800000ff;
	vgpu_put_u32s(&w, &val, 1);
	vgpu_put_bytes(&w, "xy", 2);
	KUNIT_ASSERT_EQ(test, w.len, sizeof(want));
	KUNIT_EXPECT_MEMEQ(test, buf, want, sizeof(want));

	vgpu_reader_init(&r, buf, w.len);
	KUNIT_EXPECT_TRUE(test, vgpu_get_fields(&r, &got, fields,
						ARRAY_SIZE(fields)));
	KUNIT_EXPECT_EQ(test, got.a, n.a);
	KUNIT_EXPECT_EQ(test, got.b, n.b);
	KUNIT_EXPECT_EQ(test, got.c, n.c);
	KUNIT_EXPECT_EQ(test, got.d, n.d);
	KUNIT_EXPECT_EQ(test, got.e, n.e);
	val = 0;
	KUNIT_EXPECT_TRUE(test, vgpu_get_u32s(&r, "val", &val, 1, U32_MAX));
	KUNIT_EXPECT_EQ(test, val, 0x800000ffU);
	KUNIT_EXPECT_TRUE(test, vgpu_get_bytes(&r, "two", two, 2));
	KUNIT_EXPECT_MEMEQ(test, two, "xy", 2);
	KUNIT_EXPECT_EQ(test, r.left, 0UL);
}

/* The first refusal says what it was; after it all is zero. */
static void section_refusals(struct kunit *test)
{
	u8 bytes[] = { 10, 1, 2, 3 }, to[8];
	struct vgpu_reader r;

	vgpu_reader_init(&r, bytes, sizeof(bytes));
	r.section = "part";
	KUNIT_EXPECT_EQ(test, vgpu_get(&r, "first", 1, 10), 10ULL);
	KUNIT_EXPECT_EQ(test, vgpu_get(&r, "second", 1, 0), 0ULL);
	KUNIT_EXPECT_FALSE(test, vgpu_reader_ok(&r));
	KUNIT_EXPECT_STREQ(test, r.refusal, "part: second: 0x1 is more than 0x0");
	KUNIT_EXPECT_EQ(test, vgpu_get(&r, "third", 1, 255), 0ULL);
	vgpu_refuse(&r, "fourth", "%s", "no");
	KUNIT_EXPECT_STREQ(test, r.refusal, "part: second: 0x1 is more than 0x0");

	vgpu_reader_init(&r, bytes, sizeof(bytes));
	memset(to, 0xa5, sizeof(to));
	KUNIT_EXPECT_FALSE(test, vgpu_get_bytes(&r, "many", to, 5));
	KUNIT_EXPECT_EQ(test, to[4], 0);
	KUNIT_EXPECT_EQ(test, to[5], 0xa5);
	KUNIT_EXPECT_STREQ(test, r.refusal,
			   "stream: many: 5 bytes, of which 4 are there");
}

/* Heads of records: what is of memory is within the partition, also where it wraps. */
static void section_records(struct kunit *test)
{
	const u64 size = 4 * SZ_1M;
	static const struct {
		struct vgpu_record rec;
		bool good;
	} cases[] = {
		{ { VGPU_RECORD_VRAM, 1, 0 }, true },
		{ { VGPU_RECORD_VRAM, 0, 0 }, false },
		{ { VGPU_RECORD_VRAM, VGPU_STREAM_BLOCK_MAX, 3 * SZ_1M }, true },
		{ { VGPU_RECORD_VRAM, VGPU_STREAM_BLOCK_MAX + 1, 0 }, false },
		{ { VGPU_RECORD_VRAM, 2, size - 1 }, false },
		{ { VGPU_RECORD_VRAM, 1, U64_MAX }, false },
		{ { VGPU_RECORD_ZERO, size, 0 }, true },
		{ { VGPU_RECORD_ZERO, size, 1 }, false },
		{ { VGPU_RECORD_ZERO, U32_MAX, 0 }, false },
		{ { VGPU_RECORD_ZERO, 1, size }, false },
		{ { VGPU_RECORD_ZERO, 0, 0 }, false },
		{ { VGPU_RECORD_STATE, 0, 0 }, true },
		{ { VGPU_RECORD_STATE, VGPU_STREAM_STATE_MAX, 0 }, true },
		{ { VGPU_RECORD_STATE, VGPU_STREAM_STATE_MAX + 1, 0 }, false },
		{ { VGPU_RECORD_STATE, 8, 1 }, false },
		{ { 0, 8, 0 }, false },
		{ { VGPU_RECORD_STATE + 1, 8, 0 }, false },
	};
	u8 bytes[VGPU_STREAM_RECORD];
	struct vgpu_record rec;
	struct vgpu_writer w;
	struct vgpu_reader r;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		vgpu_writer_init(&w, bytes, sizeof(bytes));
		vgpu_put_record(&w, &cases[i].rec);
		vgpu_reader_init(&r, bytes, w.len);
		vgpu_get_record(&r, size, &rec);
		KUNIT_EXPECT_EQ_MSG(test, vgpu_reader_ok(&r), cases[i].good,
				    "case %u", i);
		KUNIT_EXPECT_TRUE(test, !cases[i].good ||
				  !memcmp(&rec, &cases[i].rec, sizeof(rec)));
	}
}

static void expect_refused(struct kunit *test, struct vgpu_vdev *vd,
			   const u8 *bytes, size_t len, const char *why)
{
	const struct state st = { .bytes = (u8 *)bytes, .len = len };
	struct vgpu_reader r;

	KUNIT_EXPECT_EQ(test, state_load(vd, &st, len, &r), -EINVAL);
	KUNIT_EXPECT_STREQ(test, r.refusal, why);
}

/* By the section's name, and what of it was wrong. */
static void section_headers(struct kunit *test)
{
	struct vgpu_vdev *vd = mock_opened(test, MOCK_BOTH, 1);

#define EXPECT_REFUSED(why, ...) do {					\
	static const u8 bytes[] = { __VA_ARGS__ };			\
									\
	expect_refused(test, vd, bytes, sizeof(bytes), why);		\
} while (0)
	state_pause(vd);
	EXPECT_REFUSED("stream: section: id 0x7777 is not known", 0x77, 0x77,
		       1, 0, 0, 0, 0, 0);
	EXPECT_REFUSED("queues: version: 0x2 is more than 0x1", 1, 0, 2, 0,
		       1, 0, 0, 0, 0);
	EXPECT_REFUSED("queues: version: there is no 0", 1, 0, 0, 0,
		       1, 0, 0, 0, 0);
	EXPECT_REFUSED("queues: size: 0x2 bytes, of which 0x1 are there",
		       1, 0, 1, 0, 2, 0, 0, 0, 0);
	EXPECT_REFUSED("queues: size: 0x1 bytes are left over", 1, 0, 1, 0,
		       2, 0, 0, 0, 0, 0);
	EXPECT_REFUSED("queues: faulted: 1 bytes, of which 0 are there",
		       1, 0, 1, 0, 0, 0, 0, 0);
	EXPECT_REFUSED("queues: faulted: 0x2 is more than 0x1",
		       1, 0, 1, 0, 1, 0, 0, 0, 2);
	EXPECT_REFUSED("stream: section: queues is there twice, or too late",
		       1, 0, 1, 0, 1, 0, 0, 0, 0, 1, 0, 1, 0, 1, 0, 0, 0, 0);
	EXPECT_REFUSED("stream: section: 2 bytes, of which 1 are there", 1);
	EXPECT_REFUSED("registers: value: register 0xffc cannot be 0x1",
		       7, 0, 1, 0, 12, 0, 0, 0, 1, 0, 0, 0, 0xfc, 0xf, 0, 0,
		       1, 0, 0, 0);
#undef EXPECT_REFUSED
	KUNIT_EXPECT_FALSE(test, vd->faulted);
	mock_gone(vd);
}

/* A description whose sections make no sense is refused. */
static void section_descriptions(struct kunit *test)
{
	struct mock_gpu *mock = test->priv;
	struct vgpu_section s[2];
	struct vgpu_gpu_desc *d;

	d = kunit_kzalloc(test, sizeof(*d), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, d);
#define EXPECT_REFUSED(change) do {					\
	mock_describe(mock, d);						\
	s[0] = d->sections[0];						\
	s[1] = d->sections[0];						\
	d->sections = s;						\
	change;								\
	KUNIT_EXPECT_EQ(test, PTR_ERR(vgpu_gpu_register(d)),		\
			(long)-EINVAL);					\
} while (0)
	EXPECT_REFUSED(s[0].id = 1);
	EXPECT_REFUSED(s[0].version = 0);
	EXPECT_REFUSED(s[0].name = NULL);
	EXPECT_REFUSED(s[0].load = NULL);
	EXPECT_REFUSED(d->nr_sections = 2);
#undef EXPECT_REFUSED
}

static bool has_done(struct vgpu_vdev *vd, enum vgpu_engine_class class, u32 n)
{
	struct mock_queue *mq = mock_queue(vd, class);

	return mock_await(READ_ONCE(mq->done) == n);
}

/* While it is paused nothing of it runs, whoever kicks; then all of it does. */
static void section_pause(struct kunit *test)
{
	struct vgpu_vdev *vd = mock_opened(test, MOCK_BOTH, 1);
	struct vgpu_vdev *other = mock_opened(test, MOCK_BOTH, 2);
	struct vgpu_vdev *third = mock_opened(test, MOCK_BOTH, 3);
	struct mock_queue *mq = mock_queue(vd, VGPU_CLASS_COPY);
	struct mock_gpu *mock = test->priv;
	u32 unloads;

	KUNIT_ASSERT_PTR_EQ(test, vd->ctx[0].q.engine, third->ctx[0].q.engine);
	mq->length = 1000000000;
	mock_submit(vd, VGPU_CLASS_COPY, 3);
	KUNIT_ASSERT_TRUE(test, mock_await(READ_ONCE(mq->starts)));
	unloads = mock->engines[COPY0].unloads;
	state_pause(vd);
	KUNIT_EXPECT_GT(test, mq->left, 0);
	KUNIT_EXPECT_EQ(test, mock->engines[COPY0].unloads, unloads + 1);
	KUNIT_EXPECT_NULL(test, mock->engines[COPY0].loaded);
	mq->length = 1;
	mq->left = 1;
	mock_submit(vd, VGPU_CLASS_COPY, 1);
	mock_submit(vd, VGPU_CLASS_COMPUTE, 2);
	/* Others go on, on the same engine and beside it. */
	mock_submit(third, VGPU_CLASS_COPY, 2);
	mock_submit(third, VGPU_CLASS_COMPUTE, 2);
	mock_submit(other, VGPU_CLASS_COPY, 2);
	KUNIT_EXPECT_TRUE(test, has_done(third, VGPU_CLASS_COPY, 2));
	KUNIT_EXPECT_TRUE(test, has_done(third, VGPU_CLASS_COMPUTE, 2));
	KUNIT_EXPECT_TRUE(test, has_done(other, VGPU_CLASS_COPY, 2));
	KUNIT_EXPECT_EQ(test, mq->done, 0U);
	KUNIT_EXPECT_EQ(test, mq->pieces, 4U);
	KUNIT_EXPECT_EQ(test, mock_queue(vd, VGPU_CLASS_COMPUTE)->done, 0U);
	state_resume(vd);
	KUNIT_EXPECT_TRUE(test, has_done(vd, VGPU_CLASS_COPY, 4));
	KUNIT_EXPECT_TRUE(test, has_done(vd, VGPU_CLASS_COMPUTE, 2));
	KUNIT_EXPECT_EQ(test, mq->forgotten, 0U);
	/* A reset lets go of it, and so does closing. */
	state_pause(vd);
	mock_reset(vd);
	mock_submit(vd, VGPU_CLASS_COPY, 1);
	KUNIT_EXPECT_TRUE(test, has_done(vd, VGPU_CLASS_COPY, 5));
	state_pause(vd);
	mock_gone(vd);
	mock_gone(other);
	mock_gone(third);
}

static void trap_monitor(struct vgpu_vdev *vd, struct rnd_state *rnd)
{
	u32 r = prandom_u32_state(rnd), down = VFIO_DEVICE_GFX_LINK_STATE_DOWN;
	unsigned int i;
	u8 byte = r;

	if (!vd->inst.type->num_heads)
		return;
	mutex_lock(&vd->trap_lock);
	if (r / 256 % 2)
		vgpu_edid_region_prefer(vd, 320, 200);
	for (i = 0; i < 30; i++) {
		r = prandom_u32_state(rnd);
		vgpu_ddc_drive(&vd->inst.ddc, r % 2, r / 2 % 2);
	}
	mutex_unlock(&vd->trap_lock);
	if (r / 512 % 4 == 0)
		vgpu_edid_region_rw(vd, (u8 *)&down, 4,
				    offsetof(struct vfio_region_gfx_edid,
					     link_state), true);
	vgpu_edid_region_rw(vd, &byte, 1, sizeof(struct vfio_region_gfx_edid) +
			    r / 1024 % VGPU_EDID_MAX, true);
}

static void trap_doorbell(struct vgpu_vdev *vd, struct rnd_state *rnd)
{
	u32 r = prandom_u32_state(rnd);

	vgpu_doorbell_access(vd, vd->doorbells[MOCK_BELL].area, (u8 *)&r, 4,
			     r / 16 % 64, true);
}

static void trap(struct vgpu_vdev *vd, struct rnd_state *rnd)
{
	u32 r = prandom_u32_state(rnd);
	u8 byte = r;

	switch (r / 256 % 10) {
	case 0:
		mock_config_put(vd, r / 4096 % VGPU_CONFIG_SIZE, r);
		break;
	case 1:
		mock_config_put(vd, PCI_COMMAND, PCI_COMMAND_MEMORY |
					     PCI_COMMAND_MASTER);
		break;
	case 2:
		mock_config_put(vd,
				vd->cfg.cap[PCI_CAP_ID_MSIX] + PCI_MSIX_FLAGS,
				PCI_MSIX_FLAGS_ENABLE);
		break;
	case 3:
		trap_monitor(vd, rnd);
		break;
	case 4:
		trap_doorbell(vd, rnd);
		break;
	case 5:
		vgpu_irq_raise(&vd->inst, r / 4096 % (MOCK_VECTORS + 1));
		break;
	case 6:
		mutex_lock(&vd->trap_lock);
		vgpu_irq_set(&vd->inst, r / 4096 % 2);
		vd->display.width = r / 8192 % 2 ? 320 : 0;
		vd->display.height = 200;
		mutex_unlock(&vd->trap_lock);
		break;
	case 7:
		vgpu_vectors_access(vd, r / 4096 % vgpu_msix_size(MOCK_VECTORS),
				    &byte, 1, true);
		break;
	default:
		mutex_lock(&vd->trap_lock);
		vgpu_regs_write(&vd->inst.regs, r / 4096 % 4 * 4, 4, r);
		mutex_unlock(&vd->trap_lock);
	}
}

static void work(struct vgpu_vdev *vd, struct rnd_state *rnd)
{
	unsigned int i;

	for (i = 0; i < vd->nr_ctx; i++) {
		enum vgpu_engine_class class = vd->ctx[i].q.engine->desc->class;

		mock_queue(vd, class)->length = prandom_u32_state(rnd) % 50;
		mock_submit(vd, class, prandom_u32_state(rnd) % 20);
	}
}

/* Work that had not been done is, and no more than that. */
static void expect_goes_on(struct kunit *test, struct vgpu_vdev *vd)
{
	unsigned int i;
	u32 want[VGPU_NR_CLASSES];

	for (i = 0; i < vd->nr_ctx; i++) {
		struct mock_queue *mq = vd->ctx[i].q.priv;

		want[i] = mq->done + mq->pieces;
	}
	state_resume(vd);
	for (i = 0; i < vd->nr_ctx; i++) {
		struct mock_queue *mq = vd->ctx[i].q.priv;

		KUNIT_EXPECT_TRUE(test, mock_await(!READ_ONCE(mq->pieces)));
		KUNIT_EXPECT_EQ(test, mq->done, want[i]);
	}
}

#define ROUNDS	32

/* Random lives of every type; each goes on elsewhere, and in its place. */
static void section_round_trips(struct kunit *test)
{
	struct rnd_state rnd;
	unsigned int i, step;

	prandom_seed_state(&rnd, 3);
	for (i = 0; i < ROUNDS; i++) {
		struct vgpu_vdev *from = mock_opened(test, i % MOCK_TYPES, 1);
		struct vgpu_vdev *to = mock_opened(test, i % MOCK_TYPES, 2);

		for (step = 0; step < 200; step++)
			trap(from, &rnd);
		for (step = 0; step < 50; step++)
			trap(to, &rnd);
		work(from, &rnd);
		work(to, &rnd);
		from->faulted = i % 8 == 7;
		state_pause(from);
		state_move(test, from, to);
		if (!from->faulted) {
			expect_goes_on(test, from);
			expect_goes_on(test, to);
		}
		mock_gone(from);
		mock_gone(to);
	}
}

/* Streams from anybody; with a display and without. */
static void section_hostile(struct kunit *test)
{
	static const u8 types[] = { MOCK_BOTH, MOCK_COMPUTE };
	struct rnd_state rnd;
	unsigned int i, step;

	prandom_seed_state(&rnd, 11);
	for (i = 0; i < ARRAY_SIZE(types); i++) {
		struct vgpu_vdev *vd = mock_opened(test, types[i], 1);
		struct state st;

		for (step = 0; step < 200; step++)
			trap(vd, &rnd);
		work(vd, &rnd);
		state_pause(vd);
		st = state_save(test, vd, ktime_get_ns());
		state_abuse(test, vd, &st);
		mock_gone(vd);
	}
}

static struct kunit_case section_cases[] = {
	KUNIT_CASE(section_numbers),
	KUNIT_CASE(section_refusals),
	KUNIT_CASE(section_records),
	KUNIT_CASE(section_headers),
	KUNIT_CASE(section_descriptions),
	KUNIT_CASE(section_pause),
	KUNIT_CASE_SLOW(section_round_trips),
	KUNIT_CASE_SLOW(section_hostile),
	{}
};

static struct kunit_suite section_suite = {
	.name = "section",
	.init = mock_init,
	.exit = mock_exit,
	.test_cases = section_cases,
};

kunit_test_suite(section_suite);

MODULE_LICENSE("GPL");
