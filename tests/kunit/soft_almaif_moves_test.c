// SPDX-License-Identifier: GPL-2.0
/*
 * AlmaIF's dispatches, saved and loaded: to another instance, into a copy of memory that
 * is made while they run, and as a driver of before has saved them.
 */
#include "soft_almaif_guest.h"
#include "soft_v1.h"
#include "state.h"

/* Half done, with others copied and in the ring, it goes to another partition. */
static void almaif_moves(struct kunit *test)
{
	struct vgpu_vdev *from = started(test, 1), *to = opened(test, TYPE_4C_S1, 2);
	struct soft_worker *w = worker(test, from);
	struct vgpu_soft_turn turn;
	struct state st;
	unsigned int i;

	program(from, 1, 100);
	for (i = 0; i < 4; i++) {
		submit(from, dispatch(i, SOFT_AQL_USER, 0));
		program(from, i / 2 + 1, 100 + i);
	}
	turn = taken(test, w);
	hand_in(w, &turn, VGPU_SOFT_YIELD, 42);
	taken(test, w);
	submit(from, dispatch(4, 7, 8));
	state_pause(from);
	memcpy(at(to, 0), at(from, 0), SZ_4M);
	st = state_save(test, from, ktime_get_ns());
	state_pause(to);
	state_abuse(test, to, &st);
	state_move(test, from, to);
	state_resume(to);
	soft_worker_put(w);
	w = worker(test, to);
	for (i = 0; i < 5; i++) {
		turn = taken(test, w);
		KUNIT_EXPECT_EQ(test, turn.progress, i ? 0ULL : 42ULL);
		if (i < 4)
			KUNIT_EXPECT_EQ(test, (u32)w->image->data[0],
					i < 3 ? 1U : 2U);
		hand_in(w, &turn, VGPU_SOFT_DONE, 0);
		KUNIT_EXPECT_TRUE(test, completed(to, i, SOFT_AQL_DONE));
	}
	mock_gone(from);
	gone(to, w);
}

/* A dispatch of a program; the worker has to have it, and not one that it has seen. */
static u32 carry_out(struct kunit *test, struct vgpu_vdev *vd,
		     struct soft_worker *w, unsigned int n, u8 what)
{
	struct vgpu_soft_turn turn;

	submit(vd, dispatch(n, SOFT_AQL_USER, 0));
	turn = taken(test, w);
	KUNIT_EXPECT_EQ(test, w->image->data[0], what);
	hand_in(w, &turn, VGPU_SOFT_DONE, 0);
	KUNIT_EXPECT_TRUE(test, completed(vd, n, SOFT_AQL_DONE));
	return turn.image;
}

/*
 * What was saved is loaded into the same instance. Its worker, which has no turn, goes on,
 * and knows images by their generations.
 */
static void almaif_goes_back(struct kunit *test)
{
	struct vgpu_vdev *vd = started(test, 1);
	struct soft_worker *w = worker(test, vd);
	struct vgpu_reader r;
	u32 seen[2], image;
	struct state st;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		program(vd, 1 + i, 100);
		seen[i] = carry_out(test, vd, w, i, 1 + i);
	}
	state_pause(vd);
	st = state_save(test, vd, ktime_get_ns());
	KUNIT_EXPECT_EQ(test, state_load(vd, &st, st.len, &r), 0);
	state_resume(vd);
	for (i = 2; i < 5; i++) {
		if (i > 2)
			program(vd, 1 + i, 100);
		image = carry_out(test, vd, w, i, i > 2 ? 1 + i : 2);
		KUNIT_EXPECT_NE(test, image, seen[0]);
		KUNIT_EXPECT_NE(test, image, seen[1]);
	}
	KUNIT_EXPECT_FALSE(test, READ_ONCE(w->over));
	gone(vd, w);
}

/* What is under way has lost its image, or has one that it does not need. */
static void expect_refused(struct kunit *test, struct vgpu_vdev *from, struct vgpu_vdev *to,
			   struct soft_image *image)
{
	struct soft_almaif *a = queue_of(from)->almaif;
	struct vgpu_reader r;
	struct state st;

	swap(a->work_image, image);
	st = state_save(test, from, ktime_get_ns());
	swap(a->work_image, image);
	KUNIT_EXPECT_EQ(test, state_load(to, &st, st.len, &r), -EINVAL);
	KUNIT_EXPECT_NOT_NULL(test, strstr(r.refusal, "image"));
	st = state_save(test, from, ktime_get_ns());
	KUNIT_EXPECT_EQ(test, state_load(to, &st, st.len, &r), 0);
}

/* A kernel of the guest's own has its program with it, and no other has one. */
static void almaif_needs_its_program(struct kunit *test)
{
	struct vgpu_vdev *from = started(test, 1), *to = opened(test, TYPE_4C_S1, 2);
	struct soft_queue *sq = queue_of(from);
	struct soft_worker *w = worker(test, from);
	struct soft_image *image = NULL;
	struct vgpu_soft_turn turn;

	program(from, 1, 100);
	state_pause(to);
	submit(from, dispatch(0, SOFT_AQL_USER, 0));
	turn = taken(test, w);
	state_pause(from);
	expect_refused(test, from, to, NULL);
	state_resume(from);
	hand_in(w, &turn, VGPU_SOFT_DONE, 0);
	KUNIT_EXPECT_TRUE(test, completed(from, 0, SOFT_AQL_DONE));

	submit(from, dispatch(1, 7, 8));
	turn = taken(test, w);
	state_pause(from);
	expect_refused(test, from, to, sq->almaif->image);
	state_resume(from);
	hand_in(w, &turn, VGPU_SOFT_DONE, 0);
	KUNIT_EXPECT_TRUE(test, completed(from, 1, SOFT_AQL_DONE));

	/* As a fault takes it away in the midst of a command. */
	spin_lock_irq(&sq->lock);
	swap(sq->almaif->image, image);
	spin_unlock_irq(&sq->lock);
	submit(from, dispatch(2, SOFT_AQL_USER, 0));
	KUNIT_EXPECT_TRUE(test, completed(from, 2, SOFT_AQL_FAILED));
	soft_image_put(image);
	mock_gone(to);
	gone(from, w);
}

static void all_written(struct vgpu_vdev *vd)
{
	vgpu_vram_written(&vd->inst, 0, vd->inst.vram_size);
}

/* What the driver writes for the guest is told to whoever copies its memory. */
static void almaif_is_copied(struct kunit *test)
{
	struct vgpu_vdev *vd = started(test, 1);
	struct soft_worker *w = worker(test, vd);
	struct vgpu_soft_turn turn;
	u8 *copy;

	copy = copy_begin(test, vd);
	submit(vd, dispatch(0, 4, 20));
	turn = taken(test, w);
	all_written(vd);
	copy_on(vd, copy);
	hand_in(w, &turn, VGPU_SOFT_DONE, 0);
	KUNIT_EXPECT_TRUE(test, completed(vd, 0, SOFT_AQL_DONE));
	KUNIT_EXPECT_TRUE(test, mock_await(index_of(vd, SOFT_AQL_READ) == 1));
	copy_end(test, vd, copy);

	/* A process takes over from another. */
	copy = copy_begin(test, vd);
	*(__le32 *)at(vd, SOFT_ALMAIF_RING + SOFT_AQL_READ) = cpu_to_le32(77);
	all_written(vd);
	copy_on(vd, copy);
	command(vd, ALMAIF_RESET);
	command(vd, ALMAIF_CONTINUE);
	KUNIT_EXPECT_EQ(test, index_of(vd, SOFT_AQL_READ), 0U);
	copy_end(test, vd, copy);
	gone(vd, w);
}

/* ---- Of a driver of before */

#define MODE		0x502	/* XRES, YRES, BPP, ENABLE; in BAR 2 */
#define SHOWN		0x41	/* ENABLE: of linear memory */

static void display(struct vgpu_vdev *vd, u32 at, u16 val)
{
	mutex_lock(&vd->trap_lock);
	vgpu_regs_write(&vd->inst.regs, SOFT_REGS_DISPLAY + at, 2, val);
	mutex_unlock(&vd->trap_lock);
}

static u16 display_is(struct vgpu_vdev *vd, u32 at)
{
	u16 val;

	mutex_lock(&vd->trap_lock);
	val = vgpu_regs_read(&vd->inst.regs, SOFT_REGS_DISPLAY + at, 2);
	mutex_unlock(&vd->trap_lock);
	return val;
}

static const u16 mode[] = { 320, 200, 32, SHOWN };

/*
 * A screen is on. A dispatch is half done; one waits whose program is another, then one
 * that is refused; another one is only in the ring.
 */
static struct soft_worker *at_work(struct kunit *test, struct vgpu_vdev *vd)
{
	struct soft_worker *w = worker(test, vd);
	struct soft_aql_packet bad = dispatch(2, 4, 8);
	struct vgpu_soft_turn turn;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(mode); i++)
		display(vd, MODE + 2 * i, mode[i]);
	for (i = 0; i < 2; i++) {
		program(vd, 0x31 + i, 100);
		submit(vd, dispatch(i, SOFT_AQL_USER, 0));
	}
	turn = taken(test, w);
	hand_in(w, &turn, VGPU_SOFT_YIELD, 42);
	taken(test, w);
	bad.args = cpu_to_le64(U64_MAX);
	submit(vd, bad);
	submit(vd, dispatch(3, 7, 16));
	state_pause(vd);
	return w;
}

/* soft_v1.h is what was saved of at_work() once. */
static void almaif_of_version_1(struct kunit *test)
{
	struct vgpu_vdev *from = started_type(test, TYPE_8Q, 1);
	struct vgpu_vdev *to = opened(test, TYPE_8Q, 2);
	const struct state v1 = {
		.bytes = (u8 *)soft_v1,		/* is only read */
		.len = sizeof(soft_v1),
		.now = ktime_get_ns(),
	};
	struct soft_worker *w = at_work(test, from);
	struct vgpu_soft_turn turn;
	struct vgpu_reader r;
	unsigned int i;

	memcpy(soft_vram(&to->inst, 0), soft_vram(&from->inst, 0), SZ_8M);
	gone(from, w);
	state_pause(to);
	KUNIT_EXPECT_EQ(test, state_load(to, &v1, v1.len, &r), 0);
	state_resume(to);
	for (i = 0; i < ARRAY_SIZE(mode); i++)
		KUNIT_EXPECT_EQ(test, display_is(to, MODE + 2 * i), mode[i]);
	w = worker(test, to);
	for (i = 0; i < 2; i++) {
		turn = taken(test, w);
		KUNIT_EXPECT_EQ(test, turn.progress, i ? 0ULL : 42ULL);
		KUNIT_EXPECT_EQ(test, (u32)w->image->data[0], 0x31 + i);
		hand_in(w, &turn, VGPU_SOFT_DONE, 0);
		KUNIT_EXPECT_TRUE(test, completed(to, i, SOFT_AQL_DONE));
	}
	turn = taken(test, w);
	KUNIT_EXPECT_EQ(test, completion(to, 2), (u32)SOFT_AQL_FAILED);
	KUNIT_EXPECT_EQ(test, turn.kernel, 7U);
	hand_in(w, &turn, VGPU_SOFT_DONE, 0);
	KUNIT_EXPECT_TRUE(test, completed(to, 3, SOFT_AQL_DONE));
	gone(to, w);
}

static struct kunit_case almaif_moves_cases[] = {
	KUNIT_CASE(almaif_is_copied),
	KUNIT_CASE(almaif_of_version_1),
	KUNIT_CASE(almaif_goes_back),
	KUNIT_CASE(almaif_needs_its_program),
	KUNIT_CASE_SLOW(almaif_moves),
	{}
};

static struct kunit_suite almaif_moves_suite = {
	.name = "soft_almaif_moves",
	.init = setup,
	.exit = teardown,
	.test_cases = almaif_moves_cases,
};

kunit_test_suite(almaif_moves_suite);
