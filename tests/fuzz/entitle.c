// SPDX-License-Identifier: GPL-2.0
/*
 * What instances are entitled to: they come, are promised more or less, and go. Beside
 * that stands what each of them has, and what an engine has promised is counted anew
 * each time: it is never more than there is, and a promise that is refused has changed
 * nothing.
 */
#include "kernel/core.h"

#include "../../drivers/vgpu/core.h"
#include "../../drivers/vgpu/host/host.h"
#include "../kunit/place_model.h"

#define ENGINES		6
#define INSTANCES	5
#define VRAM		(1ULL << 30)

/**
 * struct model - an instance, as an operator knows it
 * @there: it is
 * @weight: as set, or by its type
 * @cap: percent of each of its engines
 * @min: percent that is kept for it
 */
struct model {
	bool there;
	u32 weight;
	u32 cap;
	u32 min;
};

static struct vgpu_engine_desc descs[ENGINES];
static struct vgpu_pdev *pd;
static struct vgpu_vdev *vds[INSTANCES];
static struct model models[INSTANCES];
static struct vgpu_type_desc types[INSTANCES];

/* The slices that have room, which parts.c has its own tests for. */
static u32 room;

u32 vgpu_parts_room(const struct vgpu_parts *p, u64 size)
{
	CHECK(p == &pd->parts && size);
	return room;
}

/* What a run list is told is what it goes by. */
void vgpu_sched_entity_init(struct vgpu_sched_entity *se, u32 weight, u32 share)
{
	*se = (struct vgpu_sched_entity){
		.weight = weight, .cap = VGPU_PPM, .share = share,
	};
}

void vgpu_runlist_set(struct vgpu_runlist *rl, struct vgpu_sched_entity *se,
		      u32 weight, u32 cap, u32 min, u64 now)
{
	CHECK(container_of(rl, struct vgpu_sched, rl)->rl_lock.held);
	se->weight = weight;
	se->cap = cap;
	se->min = min;
}

static bool is_on(unsigned int i, const struct vgpu_sched *eng)
{
	const struct vgpu_context *ctx;

	for (ctx = vds[i]->ctx; ctx < vgpu_ctx_end(vds[i]); ctx++)
		if (models[i].there && ctx_sched(ctx) == eng)
			return true;
	return false;
}

/* Percent of an engine that are promised, but to one. */
static u32 promised_to_others(const struct vgpu_sched *eng, unsigned int but)
{
	u32 sum = 0;
	unsigned int i;

	for (i = 0; i < INSTANCES; i++)
		if (i != but && is_on(i, eng))
			sum += models[i].min;
	return sum;
}

static void check_engine(const struct vgpu_sched *eng)
{
	u32 promised = promised_to_others(eng, INSTANCES), placed = 0;
	unsigned int i;

	for (i = 0; i < INSTANCES; i++)
		placed += is_on(i, eng);
	CHECK(promised <= 100 && eng->promised == promised * VGPU_PPM / 100);
	CHECK(eng->placed == placed && !eng->rl_lock.held);
}

static void check_all(void)
{
	const struct vgpu_context *ctx;
	const struct model *m;
	unsigned int i;

	CHECK(!pd->lock.held);
	for (i = 0; i < ENGINES; i++)
		check_engine(&pd->engines[i]);
	for (i = 0; i < INSTANCES; i++) {
		m = &models[i];
		if (!m->there)
			continue;
		for (ctx = vds[i]->ctx; ctx < vgpu_ctx_end(vds[i]); ctx++)
			CHECK(ctx->se.weight == m->weight &&
			      ctx->se.cap == m->cap * (VGPU_PPM / 100) &&
			      ctx->se.min == m->min * (VGPU_PPM / 100));
	}
}

static void make_type(struct vgpu_type_desc *type)
{
	u8 how = input_u8();

	type->classes = 1 << how % 4 % VGPU_NR_CLASSES |
			1 << how / 4 % 4 % VGPU_NR_CLASSES;
	type->slice = how & 0x10 ? VGPU_ANY_SLICE : how / 32 % 2;
	type->weight = how & 0x80 ? input_u16() % VGPU_WEIGHT_MAX : 0;
	type->vram_size = 1 + input_near(VRAM) % VRAM;
}

/* Onto engines of which none is fuller than it has to be. */
static void check_place(unsigned int n, const u32 *placed, u8 slice, u32 least)
{
	const struct vgpu_type_desc *type = &types[n];
	u32 share = type->vram_size * VGPU_PPM / VRAM, full = 0, classes = 0;
	const struct vgpu_context *ctx;

	for (ctx = vds[n]->ctx; ctx < vgpu_ctx_end(vds[n]); ctx++) {
		const struct vgpu_engine *e = ctx->q.engine;

		full = max(full, placed[e->id]);
		classes |= 1 << e->desc->class;
		CHECK(e->desc->slice == slice && ctx->vd == vds[n]);
		CHECK(ctx->se.share == (share ? share : 1));
	}
	CHECK(full == least && classes == type->classes);
	CHECK(vds[n]->nr_ctx == __builtin_popcount(classes));
}

static void come(unsigned int n)
{
	u32 placed[ENGINES], least;
	unsigned int i;
	u8 slice = 0;
	int ret;

	make_type(&types[n]);
	memset(vds[n], 0, sizeof(*vds[n]));
	vds[n]->pd = pd;
	vds[n]->inst.type = &types[n];
	vds[n]->inst.vram_size = types[n].vram_size;
	room = input_u8() % 4;
	for (i = 0; i < ENGINES; i++)
		placed[i] = pd->engines[i].placed;
	mutex_lock(&pd->lock);
	ret = vgpu_entitle_place(vds[n], &slice);
	mutex_unlock(&pd->lock);
	least = model_least(descs, ENGINES, placed, types[n].classes,
			    types[n].slice, room);
	CHECK(ret == (least == U32_MAX ? -ENOSPC : 0));
	if (ret)
		return;
	check_place(n, placed, slice, least);
	models[n] = (struct model){
		true, types[n].weight ? types[n].weight : 100, 100, 0,
	};
}

static void go(unsigned int n)
{
	mutex_lock(&pd->lock);
	vgpu_entitle_release(vds[n]);
	mutex_unlock(&pd->lock);
	models[n].there = false;
}

/* What the documentation says of a value that is asked for. */
static int answer(unsigned int n, unsigned int what, u32 val)
{
	const struct model *m = &models[n];
	unsigned int i;

	if (what == VGPU_WEIGHT)
		return val >= 1 && val <= 10000 ? 0 : -EINVAL;
	if (what == VGPU_CAP)
		return val >= 1 && val <= 100 && val >= m->min ? 0 : -EINVAL;
	if (what != VGPU_MIN || val > 100 || val > m->cap)
		return -EINVAL;
	for (i = 0; i < ENGINES; i++)
		if (is_on(n, &pd->engines[i]) &&
		    promised_to_others(&pd->engines[i], n) + val > 100)
			return -ENOSPC;
	return 0;
}

static void ask(unsigned int n)
{
	unsigned int what = input_u8() % 4;
	u32 val = input_near(what == VGPU_WEIGHT ? VGPU_WEIGHT_MAX : 100);
	struct model *m = &models[n];
	int want = answer(n, what, val);

	CHECK(vgpu_entitle(vds[n], what, val) == want);
	CHECK(memchr(pd->refusal, 0, sizeof(pd->refusal)));
	if (want)
		return;
	if (what == VGPU_WEIGHT)
		m->weight = val;
	else if (what == VGPU_CAP)
		m->cap = val;
	else
		m->min = val;
}

static void set_up(void)
{
	unsigned int i;

	if (!pd)
		pd = calloc(1, sizeof(*pd));
	for (i = 0; i < INSTANCES; i++)
		if (!vds[i])
			vds[i] = calloc(1, sizeof(*vds[i]));
	memset(pd, 0, sizeof(*pd));
	memset(models, 0, sizeof(models));
	pd->gpu.desc.engines = descs;
	pd->gpu.desc.nr_engines = ENGINES;
	pd->parts.part[0].size = VRAM;
	for (i = 0; i < ENGINES; i++) {
		u8 how = input_u8();

		descs[i].class = how % VGPU_NR_CLASSES;
		descs[i].slice = how / 8 % 2;
		pd->engines[i].engine.desc = &descs[i];
		pd->engines[i].engine.id = i;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	input_begin(data, size);
	set_up();
	while (input.left) {
		u8 what = input_u8();
		unsigned int n = what / 8 % INSTANCES;

		if (!models[n].there)
			come(n);
		else if (what % 8 == 0)
			go(n);
		else
			ask(n);
		check_all();
	}
	return 0;
}
