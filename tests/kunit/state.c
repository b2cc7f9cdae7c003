// SPDX-License-Identifier: GPL-2.0
/* See state.h. */
#include <linux/file.h>
#include <linux/prandom.h>
#include <linux/unaligned.h>

#include "../../drivers/vgpu/bus/bus.h"
#include "../../drivers/vgpu/display/display.h"
#include "../../drivers/vgpu/migrate/loader.h"
#include "../../drivers/vgpu/migrate/saver.h"
#include "../../drivers/vgpu/work/sched.h"
#include "mock_gpu.h"
#include "state.h"

void state_pause(struct vgpu_vdev *vd)
{
	mutex_lock(&vd->trap_lock);
	vgpu_sched_pause(vd);
	mutex_unlock(&vd->trap_lock);
}

void state_resume(struct vgpu_vdev *vd)
{
	mutex_lock(&vd->trap_lock);
	vgpu_sched_resume(vd);
	mutex_unlock(&vd->trap_lock);
}

static int save(struct vgpu_vdev *vd, struct vgpu_writer *w, void *buf,
		size_t size, u64 now)
{
	int ret;

	vgpu_writer_init(w, buf, size);
	w->now = now;
	mutex_lock(&vd->trap_lock);
	ret = vgpu_function_save(vd, w);
	mutex_unlock(&vd->trap_lock);
	return ret;
}

/** state_save() - save an instance that is paused, as it is at @now */
struct state state_save(struct kunit *test, struct vgpu_vdev *vd, u64 now)
{
	struct state st = { .now = now };
	struct vgpu_writer w;

	KUNIT_ASSERT_EQ(test, save(vd, &w, NULL, 0, now), 0);
	st.len = w.len;
	st.bytes = kunit_kmalloc(test, st.len, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, st.bytes);
	KUNIT_ASSERT_EQ(test, save(vd, &w, st.bytes, st.len, now), 0);
	KUNIT_ASSERT_EQ(test, w.len, st.len);
	return st;
}

/** state_load() - load the first @len bytes into an instance that is paused */
int state_load(struct vgpu_vdev *vd, const struct state *st, size_t len,
	       struct vgpu_reader *r)
{
	int ret;

	vgpu_reader_init(r, st->bytes, len);
	r->now = st->now;
	mutex_lock(&vd->trap_lock);
	ret = vgpu_function_load(vd, r);
	mutex_unlock(&vd->trap_lock);
	return ret;
}

/** state_expect_same() - what would be saved now are the same bytes */
void state_expect_same(struct kunit *test, struct vgpu_vdev *vd,
		       const struct state *want)
{
	struct state now = state_save(test, vd, want->now);

	KUNIT_EXPECT_EQ(test, now.len, want->len);
	if (now.len == want->len)
		KUNIT_EXPECT_MEMEQ(test, now.bytes, want->bytes, now.len);
	kunit_kfree(test, now.bytes);
}

/* Of an instance that runs: what a test writes there as its guest, it has to tell. */
u8 *copy_begin(struct kunit *test, struct vgpu_vdev *vd)
{
	u8 *copy = kvmalloc(vd->inst.vram_size, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, copy);
	KUNIT_ASSERT_EQ(test, vgpu_track_start(vd), 0);
	copy_on(vd, copy);
	return copy;
}

/** copy_on() - what was written since */
void copy_on(struct vgpu_vdev *vd, u8 *copy)
{
	u64 at = 0, size = SZ_1M;

	for (; vgpu_track_take(vd, &at, &size) > 0; at += size, size = SZ_1M)
		vgpu_vram_read(&vd->pd->gpu.desc.vram,
			       vd->inst.vram_offset + at, copy + at, size);
}

/** copy_end() - it stands still: is the copy good */
void copy_end(struct kunit *test, struct vgpu_vdev *vd, u8 *copy)
{
	const u8 *vram = vd->pd->gpu.desc.vram.mem + vd->inst.vram_offset;
	u64 at;

	state_pause(vd);
	copy_on(vd, copy);
	for (at = 0; at < vd->inst.vram_size; at += SZ_4K)
		if (memcmp(vram + at, copy + at, SZ_4K))
			KUNIT_FAIL(test, "%#llx was written and not told", at);
	vgpu_track_stop(vd);
	kvfree(copy);
	state_resume(vd);
}

/** stream_begin() - what VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE does; the file is closed */
struct vgpu_transfer *stream_begin(struct kunit *test, struct vgpu_vdev *vd,
				   enum vfio_device_mig_state state)
{
	struct file *file;

	file = vd->vdev.mig_ops->migration_set_state(&vd->vdev, state);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, file);
	fput(file);
	return vd->migration.transfer;
}

/** stream_fill() - as read() has it: vgpu_saver_fill() until there is something */
int stream_fill(struct vgpu_saver *s)
{
	int ret;

	do {
		ret = vgpu_saver_fill(s);
	} while (ret == -EAGAIN);
	return ret;
}

/** stream_put() - as write() has it. Return: 0, or as vgpu_loader_put() */
int stream_put(struct vgpu_loader *l, const u8 *from, size_t n)
{
	ssize_t ret;

	for (; n; from += ret, n -= ret) {
		ret = vgpu_loader_put(l, from, n);
		if (ret < 0)
			return ret;
	}
	return 0;
}

/* The bytes of a section, with its header; NULL when there is none. */
static u8 *section_of(const struct state *st, u16 id, size_t *len)
{
	size_t at = 0;

	for (; at < st->len; at += *len) {
		*len = VGPU_SECTION_HEADER +
		       get_unaligned_le32(st->bytes + at + 4);
		if (get_unaligned_le16(st->bytes + at) == id)
			return st->bytes + at;
	}
	*len = 0;
	return NULL;
}

static void take_section(struct state *st, u16 id)
{
	size_t len;
	u8 *at = section_of(st, id, &len);

	if (!at)
		return;
	st->len -= len;
	memmove(at, at + len, st->len - (at - st->bytes));
}

/* The monitor, and the size of the picture: a reset leaves them as they are. */
static void take_kept(struct state *st)
{
	take_section(st, vgpu_monitor_section.id);
	take_section(st, vgpu_display_section.id);
}

static void expect_reset(struct kunit *test, struct vgpu_vdev *vd,
			 const struct state *clean)
{
	struct state now = state_save(test, vd, clean->now);

	take_kept(&now);
	KUNIT_EXPECT_TRUE(test, now.len == clean->len &&
			  !memcmp(now.bytes, clean->bytes, now.len));
	kunit_kfree(test, now.bytes);
}

static void expect_config(struct kunit *test, struct vgpu_vdev *a,
			  struct vgpu_vdev *b)
{
	u32 i;

	for (i = 0; i < VGPU_CONFIG_SIZE; i++)
		KUNIT_EXPECT_EQ_MSG(test, vgpu_config_get_byte(&a->cfg, i),
				    vgpu_config_get_byte(&b->cfg, i),
				    "configuration space at %#x", i);
	KUNIT_EXPECT_EQ(test, a->map.memory_on, b->map.memory_on);
	KUNIT_EXPECT_EQ(test, a->irqs.master, b->irqs.master);
	KUNIT_EXPECT_EQ(test, a->irqs.msix_on, b->irqs.msix_on);
}

static void expect_registers(struct kunit *test, struct vgpu_vdev *a,
			     struct vgpu_vdev *b)
{
	u32 i;

	mutex_lock(&a->trap_lock);
	mutex_lock_nested(&b->trap_lock, 1);
	for (i = 0; i < a->inst.regs.map->size; i += 4)
		KUNIT_EXPECT_EQ_MSG(test, vgpu_regs_read(&a->inst.regs, i, 4),
				    vgpu_regs_read(&b->inst.regs, i, 4),
				    "register %#x", i);
	mutex_unlock(&b->trap_lock);
	mutex_unlock(&a->trap_lock);
}

static void expect_vectors(struct kunit *test, struct vgpu_vdev *a,
			   struct vgpu_vdev *b)
{
	u32 size = vgpu_msix_size(a->irqs.msix.nr);
	u8 *of_a = kunit_kzalloc(test, size, GFP_KERNEL);
	u8 *of_b = kunit_kzalloc(test, size, GFP_KERNEL);

	KUNIT_ASSERT_TRUE(test, of_a && of_b);
	vgpu_vectors_access(a, 0, of_a, size, false);
	vgpu_vectors_access(b, 0, of_b, size, false);
	KUNIT_EXPECT_MEMEQ(test, of_a, of_b, size);
	kunit_kfree(test, of_a);
	kunit_kfree(test, of_b);
}

/**
 * state_move() - what one instance is, another becomes
 * @test: the test
 * @from: paused; still so afterwards
 * @to: of the same type, elsewhere; paused afterwards
 *
 * A guest sees no difference, and the other is saved as the same bytes.
 */
void state_move(struct kunit *test, struct vgpu_vdev *from,
		struct vgpu_vdev *to)
{
	struct state st = state_save(test, from, ktime_get_ns());
	struct vgpu_reader r;

	KUNIT_ASSERT_NE(test, from->inst.vram_offset, to->inst.vram_offset);
	state_pause(to);
	KUNIT_EXPECT_EQ_MSG(test, state_load(to, &st, st.len, &r), 0, "%s",
			    r.refusal);
	state_expect_same(test, to, &st);
	expect_config(test, from, to);
	expect_registers(test, from, to);
	expect_vectors(test, from, to);
	KUNIT_EXPECT_EQ(test, from->faulted, to->faulted);
	kunit_kfree(test, st.bytes);
}

/* Does a section end there? What is cut off there is whole. */
static bool is_boundary(const struct state *st, size_t len)
{
	size_t at = 0;

	while (at < len)
		at += VGPU_SECTION_HEADER +
		      get_unaligned_le32(st->bytes + at + 4);
	return at == len;
}

/* Refused, and then as after a reset; or as good as any other state. */
static void expect_sane(struct kunit *test, struct vgpu_vdev *vd,
			const struct state *bad, const struct state *clean)
{
	struct vgpu_reader r;
	struct state again;

	if (state_load(vd, bad, bad->len, &r)) {
		KUNIT_EXPECT_GT(test, strlen(r.refusal), 10);
		expect_reset(test, vd, clean);
		return;
	}
	KUNIT_EXPECT_STREQ(test, r.refusal, "");
	again = state_save(test, vd, bad->now);
	KUNIT_EXPECT_EQ_MSG(test, state_load(vd, &again, again.len, &r), 0,
			    "%s", r.refusal);
	state_expect_same(test, vd, &again);
	kunit_kfree(test, again.bytes);
}

/**
 * state_abuse() - load a stream cut off anywhere, and with any byte changed
 * @test: the test
 * @vd: the instance, paused
 * @good: a stream that it takes; it is loaded at the end
 */
void state_abuse(struct kunit *test, struct vgpu_vdev *vd,
		 const struct state *good)
{
	struct state clean, bad = *good;
	struct vgpu_reader r;
	struct rnd_state rnd;
	size_t i;

	mock_reset(vd);
	state_pause(vd);
	clean = state_save(test, vd, good->now);
	take_kept(&clean);
	for (i = 0; i < good->len; i++) {
		int ret = state_load(vd, good, i, &r);

		KUNIT_EXPECT_EQ_MSG(test, !ret, is_boundary(good, i),
				    "cut to %zu bytes: %s", i, r.refusal);
	}
	prandom_seed_state(&rnd, 5);
	for (i = 0; i < good->len; i++) {
		u8 was = bad.bytes[i];

		bad.bytes[i] = was ^ 0xff;
		expect_sane(test, vd, &bad, &clean);
		bad.bytes[i] = was ^ BIT(prandom_u32_state(&rnd) % 8);
		expect_sane(test, vd, &bad, &clean);
		bad.bytes[i] = was;
	}
	KUNIT_EXPECT_EQ_MSG(test, state_load(vd, good, good->len, &r), 0, "%s",
			    r.refusal);
	state_expect_same(test, vd, good);
	kunit_kfree(test, clean.bytes);
}
