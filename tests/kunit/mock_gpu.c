// SPDX-License-Identifier: GPL-2.0
/* A GPU for the suites of the core; see mock_gpu.h. */
#include <linux/device.h>
#include <linux/file.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/uuid.h>

#include "../../drivers/vgpu/bus/bus.h"
#include "../../drivers/vgpu/host/host.h"
#include "mock_gpu.h"

/* The UML kernel has no user space, and so none of these. */
int vfio_virqfd_enable(void *opaque, int (*handler)(void *opaque, void *unused),
		       void (*thread)(void *opaque, void *unused), void *data,
		       struct virqfd **pvirqfd, int fd)
{
	return -EOPNOTSUPP;
}

void vfio_virqfd_disable(struct virqfd **pvirqfd)
{
}

static struct mock_gpu *to_mock(const struct vgpu_gpu *gpu)
{
	return gpu->desc.priv;
}

/* Nobody has anything to do with an engine while the machine sleeps. */
static struct mock_engine *to_engine(struct vgpu_engine *e)
{
	WARN_ON(e->gpu->pd->asleep);
	return &to_mock(e->gpu)->engines[e->id];
}

/* ---- Queues */

static int queue_init(struct vgpu_queue *q)
{
	struct mock_gpu *mock = to_mock(q->inst->gpu);
	struct mock_queue *mq;

	if (mock->init_fails && !--mock->init_fails)
		return -ENOMEM;
	mq = kzalloc(sizeof(*mq), GFP_KERNEL);
	if (!mq)
		return -ENOMEM;
	spin_lock_init(&mq->lock);
	mq->left = -1;
	mq->length = 1;
	q->priv = mq;
	mock->inits++;
	return 0;
}

static void queue_fini(struct vgpu_queue *q)
{
	to_mock(q->inst->gpu)->inits--;
	kfree(q->priv);
	q->priv = NULL;
}

static bool queue_pending(struct vgpu_queue *q)
{
	struct mock_queue *mq = q->priv;

	return READ_ONCE(mq->pieces);
}

/* The engine's lock is held: by whom? */
static void note_holder(struct mock_engine *me)
{
	if (task_nice(current) > MIN_NICE)
		me->by_others++;
}

static void queue_forget(struct vgpu_queue *q)
{
	struct mock_queue *mq = q->priv;
	unsigned long flags;

	note_holder(to_engine(q->engine));
	spin_lock_irqsave(&mq->lock, flags);
	mq->forgotten += mq->pieces;
	mq->pieces = 0;
	mq->left = -1;
	spin_unlock_irqrestore(&mq->lock, flags);
}

static const struct vgpu_queue_ops queue_ops = {
	.init = queue_init,
	.fini = queue_fini,
	.pending = queue_pending,
	.forget = queue_forget,
};

/* ---- Engines */

static int engine_load(struct vgpu_queue *q)
{
	struct mock_engine *me = to_engine(q->engine);

	me->loads++;
	if (me->load_error && me->load_victim == q->inst)
		return me->load_error;
	me->loaded = q;
	return 0;
}

static int engine_start(struct vgpu_queue *q, u64 budget_ns)
{
	struct mock_engine *me = to_engine(q->engine);
	struct mock_queue *mq = q->priv;

	if (WARN_ON(me->running || me->loaded != q))
		return -EIO;
	if (!READ_ONCE(mq->pieces))
		return 0;
	mq->starts++;
	if (mq->left < 0)
		mq->left = mq->length;
	me->stop = false;
	me->running = mq;
	if (me->hang_victim == q->inst) {
		me->hang_victim = NULL;
		me->hang = true;
	}
	return 0;
}

static bool engine_idle(struct vgpu_engine *e)
{
	struct mock_engine *me = to_engine(e);
	struct mock_queue *mq = me->running;

	if (me->hang || atomic_read(&me->hold))
		return false;
	if (!mq)
		return true;
	spin_lock_irq(&mq->lock);
	if (mq->left > 0)
		mq->left--;
	if (!mq->left) {
		mq->left = -1;
		mq->pieces--;
		mq->done++;
		me->running = NULL;
	} else if (me->stop) {
		mq->preempted++;
		me->running = NULL;
	}
	spin_unlock_irq(&mq->lock);
	return !me->running;
}

static int engine_preempt(struct vgpu_queue *q)
{
	to_engine(q->engine)->stop = true;
	return 0;
}

static int engine_unload(struct vgpu_queue *q)
{
	struct mock_engine *me = to_engine(q->engine);

	note_holder(me);
	me->unloads++;
	me->loaded = NULL;
	me->hang |= me->hang_unload;
	me->hang_unload = false;
	return 0;
}

static s64 engine_scrub(struct vgpu_engine *e, u64 offset, u64 size)
{
	struct mock_engine *me = to_engine(e);

	note_holder(me);
	me->scrubs++;
	size = min_t(u64, size, MOCK_UNIT / 4);
	memset(to_mock(e->gpu)->vram + offset, 0, size);
	return size;
}

static void stop_engine(struct mock_engine *me)
{
	me->hang = false;
	me->running = NULL;
	me->loaded = NULL;
}

static int engine_reset(struct vgpu_engine *e, enum vgpu_reset_scope scope)
{
	struct mock_gpu *mock = to_mock(e->gpu);
	struct mock_engine *me = to_engine(e);
	unsigned int i;

	me->resets[scope]++;
	if (scope < me->reset_helps)
		return -EIO;
	stop_engine(me);
	for (i = 0; scope == VGPU_RESET_DEVICE && i < MOCK_ENGINES; i++) {
		/* Nobody may be on any engine, but for what is stuck there. */
		WARN_ON(mock->engines[i].running && !mock->engines[i].hang);
		stop_engine(&mock->engines[i]);
	}
	return 0;
}

static const struct vgpu_engine_ops engine_ops = {
	.load = engine_load,
	.start = engine_start,
	.idle = engine_idle,
	.preempt = engine_preempt,
	.unload = engine_unload,
	.reset = engine_reset,
	.scrub = engine_scrub,
};

#define ENGINE(_name, _class, _slice) {					\
	.name = _name, .class = VGPU_CLASS_##_class, .slice = _slice,	\
	.ops = &engine_ops, .queue_ops = &queue_ops,			\
}

static const struct vgpu_engine_desc engines[MOCK_ENGINES] = {
	[COPY0] = ENGINE("copy0", COPY, 0),
	[COMPUTE0] = ENGINE("compute0", COMPUTE, 0),
	[COPY1] = ENGINE("copy1", COPY, 1),
	[COMPUTE1] = ENGINE("compute1", COMPUTE, 1),
};

/* ---- The GPU */

#define BOTH	(BIT(VGPU_CLASS_COPY) | BIT(VGPU_CLASS_COMPUTE))

static const struct vgpu_type_desc types[MOCK_TYPES] = {
	[MOCK_BOTH] = { "BOTH", MOCK_UNIT, 320, 200, 1, 100, BOTH,
			VGPU_ANY_SLICE },
	[MOCK_SLICE1] = { "SLICE1", 2 * MOCK_UNIT, 320, 200, 1, 100, BOTH, 1 },
	[MOCK_COMPUTE] = { "COMPUTE", 4 * MOCK_UNIT, 0, 0, 0, 100,
			   BIT(VGPU_CLASS_COMPUTE), VGPU_ANY_SLICE },
	[MOCK_DISPLAY] = { "DISPLAY", MOCK_UNIT, 320, 200, 1, 100, 0, 0 },
};

static int instance_init(struct vgpu_instance *inst)
{
	return 0;
}

static void instance_nothing(struct vgpu_instance *inst)
{
}

/* What takes how long is the test's to say, but for what is under way. */
static void state_save(struct vgpu_instance *inst, struct vgpu_writer *w)
{
	unsigned int class;

	for (class = 0; class < VGPU_NR_CLASSES; class++) {
		struct vgpu_queue *q = vgpu_instance_queue(inst, class);
		struct mock_queue *mq = q ? q->priv : NULL;

		if (!mq)
			continue;
		vgpu_put_u32(w, mq->pieces);
		vgpu_put_u32(w, mq->pieces ? mq->length : 0);
		vgpu_put_u32(w, mq->left + 1);
	}
}

static void state_load(struct vgpu_instance *inst, struct vgpu_reader *r)
{
	unsigned int class;

	for (class = 0; class < VGPU_NR_CLASSES; class++) {
		struct vgpu_queue *q = vgpu_instance_queue(inst, class);
		struct mock_queue *mq = q ? q->priv : NULL;
		u32 pieces, left;
		int length;

		if (!mq)
			continue;
		pieces = vgpu_get(r, "pieces", 4, MOCK_PIECES_MAX);
		length = vgpu_get(r, "length", 4, MOCK_LENGTH_MAX);
		left = vgpu_get(r, "left", 4, length + 1);
		if (left && !pieces)
			vgpu_refuse(r, "left", "%u of no piece", left);
		if (!vgpu_reader_ok(r))
			return;
		mq->pieces = pieces;
		if (pieces)
			mq->length = length;
		mq->left = (int)left - 1;
	}
}

static const struct vgpu_section mock_sections[] = {
	{
		.id = VGPU_SECTION_BACKEND,
		.version = 1,
		.name = "mock",
		.save = state_save,
		.load = state_load,
	},
};

static void scanout(struct vgpu_instance *inst, unsigned int head,
		    struct vgpu_scanout *out)
{
}

static void vblank(struct vgpu_instance *inst, unsigned int head)
{
}

static void doorbell(struct vgpu_instance *inst, unsigned int bell)
{
	struct mock_gpu *mock = inst->gpu->desc.priv;

	if (bell == MOCK_BELL || bell == MOCK_RING)
		mock->rings++;
}

/* It is off the engines, and its work is kept. */
static void relocated(struct vgpu_instance *inst, u64 from)
{
	struct vgpu_vdev *vd = inst_to_vd(inst);
	unsigned int i;

	vgpu_assert_trap_context(inst);
	WARN_ON(inst->vram_offset == from);
	for (i = 0; i < vd->nr_ctx; i++)
		WARN_ON(to_engine(vd->ctx[i].q.engine)->loaded == &vd->ctx[i].q);
}

static bool present(struct vgpu_gpu *gpu)
{
	const struct mock_gpu *mock = gpu->desc.priv;

	return !mock->pulled;
}

static const struct vgpu_gpu_ops gpu_ops = {
	.instance_init = instance_init,
	.instance_fini = instance_nothing,
	.scanout = scanout,
	.vblank = vblank,
	.doorbell = doorbell,
	.relocated = relocated,
	.present = present,
};

static const struct vgpu_reg regs[] = {
	{ "SCRATCH", 0, .wmask = ~0U },
};

static const struct vgpu_bar_desc mock_bars[VGPU_NR_BARS] = {
	[0] = VGPU_BAR_VRAM64,
	[2] = { .areas = {
		{ VGPU_AREA_TRAP, 0, SZ_4K, 0 },
		{ VGPU_AREA_DOORBELL, SZ_4K, SZ_4K, MOCK_BELL },
		{ VGPU_AREA_RING, SZ_8K, SZ_4K, MOCK_RING_AT, MOCK_RING },
		{ VGPU_AREA_MSIX, SZ_16K, SZ_4K, 0 },
	} },
};

/**
 * mock_describe() - what mock_gpu_add() registers
 * @mock: the GPU
 * @desc: to be filled in
 */
void mock_describe(struct mock_gpu *mock, struct vgpu_gpu_desc *desc)
{
	memset(desc, 0, sizeof(*desc));
	desc->dev = mock->dev;
	desc->backend = "mock";
	desc->ops = &gpu_ops;
	desc->types = types;
	desc->nr_types = MOCK_TYPES;
	desc->pci.vendor = 0x1234;
	desc->pci.caps[0] = PCI_CAP_ID_PM;
	desc->pci.caps[1] = PCI_CAP_ID_MSIX;
	desc->pci.msix_vectors = MOCK_VECTORS;
	desc->pci.bars = mock_bars;
	desc->vram.virt = (void __iomem *)mock->vram;
	desc->vram.size = MOCK_VRAM;
	desc->regs = regs;
	desc->nr_regs = ARRAY_SIZE(regs);
	desc->regs_size = 4096;
	desc->engines = engines;
	desc->nr_engines = MOCK_ENGINES;
	desc->sections = mock_sections;
	desc->nr_sections = ARRAY_SIZE(mock_sections);
	desc->priv = mock;
}

/**
 * mock_gpu_add() - register a GPU
 * @test: fails when that does
 *
 * Return: the GPU; mock_gpu_remove() takes it away.
 */
struct mock_gpu *mock_gpu_add(struct kunit *test)
{
	struct vgpu_gpu_desc desc;
	struct mock_gpu *mock;

	mock = kunit_kzalloc(test, sizeof(*mock), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, mock);
	mock->vram = kvzalloc(MOCK_VRAM, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, mock->vram);
	mock->dev = root_device_register("mock-gpu");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, mock->dev);
	mock_describe(mock, &desc);
	mock->gpu = vgpu_gpu_register(&desc);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, mock->gpu);
	return mock;
}

/**
 * mock_gpu_remove() - take a GPU away, with the instances that it has
 * @mock: the GPU
 */
void mock_gpu_remove(struct mock_gpu *mock)
{
	vgpu_gpu_unregister(mock->gpu);
	root_device_unregister(mock->dev);
	kvfree(mock->vram);
}

static void uuid_of(unsigned int number, guid_t *uuid)
{
	*uuid = GUID_INIT(0x7e55e7a0, 0, 0x4000, 0x80, 0, 0, 0, 0, 0,
			  number >> 8, number);
}

/**
 * mock_create_on() - what a write to "create" does
 * @gpu: any GPU
 * @type: which type
 * @number: makes its UUID
 *
 * Return: the instance, or NULL when it was refused.
 */
struct vgpu_vdev *mock_create_on(struct vgpu_gpu *gpu, unsigned int type,
				 unsigned int number)
{
	struct vgpu_pdev *pd = gpu->pd;
	struct vgpu_vdev *vd;
	struct device *dev;
	char name[UUID_STRING_LEN + 1];
	guid_t uuid;

	uuid_of(number, &uuid);
	if (mdev_device_create(&pd->types[type].mtype, &uuid))
		return NULL;
	snprintf(name, sizeof(name), "%pUl", &uuid);
	dev = bus_find_device_by_name(&mdev_bus_type, NULL, name);
	if (!dev)
		return NULL;
	vd = dev_get_drvdata(dev);
	put_device(dev);
	return vd;
}

struct vgpu_vdev *mock_create(struct mock_gpu *mock, unsigned int type,
			      unsigned int number)
{
	return mock_create_on(mock->gpu, type, number);
}

/**
 * mock_destroy() - what a write to "remove" does
 * @vd: the instance, closed
 */
void mock_destroy(struct vgpu_vdev *vd)
{
	mdev_device_remove(to_mdev_device(vd->inst.dev));
}

int mock_open(struct vgpu_vdev *vd)
{
	return vgpu_vfio_ops.open_device(&vd->vdev);
}

void mock_close(struct vgpu_vdev *vd)
{
	vgpu_vfio_ops.close_device(&vd->vdev);
	flush_delayed_fput();
}

/** mock_init() - before each test of a suite: a GPU, in @test->priv */
int mock_init(struct kunit *test)
{
	test->priv = mock_gpu_add(test);
	return 0;
}

/** mock_exit() - after it */
void mock_exit(struct kunit *test)
{
	if (test->priv)
		mock_gpu_remove(test->priv);
}

/** mock_pd() - the core's part of mock_init()'s GPU */
struct vgpu_pdev *mock_pd(struct kunit *test)
{
	struct mock_gpu *mock = test->priv;

	return mock->gpu->pd;
}

/** mock_opened() - an instance of mock_init()'s GPU, open */
struct vgpu_vdev *mock_opened(struct kunit *test, unsigned int type,
			      unsigned int number)
{
	struct vgpu_vdev *vd = mock_create(test->priv, type, number);

	KUNIT_ASSERT_NOT_NULL(test, vd);
	KUNIT_ASSERT_EQ(test, mock_open(vd), 0);
	return vd;
}

/** mock_gone() - it is closed and removed */
void mock_gone(struct vgpu_vdev *vd)
{
	mock_close(vd);
	mock_destroy(vd);
}

/** mock_reset() - what VFIO_DEVICE_RESET does */
void mock_reset(struct vgpu_vdev *vd)
{
	mutex_lock(&vd->trap_lock);
	vgpu_function_reset(vd);
	mutex_unlock(&vd->trap_lock);
}

/** mock_config_put() - what a write to configuration space does */
void mock_config_put(struct vgpu_vdev *vd, u32 at, u16 val)
{
	mutex_lock(&vd->trap_lock);
	vgpu_config_put_byte(&vd->cfg, at, val);
	vgpu_config_put_byte(&vd->cfg, at + 1, val >> 8);
	vgpu_map_decode(vd);
	vgpu_irq_command(vd);
	mutex_unlock(&vd->trap_lock);
}

struct mock_queue *mock_queue(struct vgpu_vdev *vd, enum vgpu_engine_class class)
{
	return vgpu_instance_queue(&vd->inst, class)->priv;
}

/** mock_submit() - bring work, from any context */
void mock_submit(struct vgpu_vdev *vd, enum vgpu_engine_class class, u32 pieces)
{
	struct vgpu_queue *q = vgpu_instance_queue(&vd->inst, class);
	struct mock_queue *mq = q->priv;
	unsigned long flags;

	spin_lock_irqsave(&mq->lock, flags);
	mq->pieces += pieces;
	spin_unlock_irqrestore(&mq->lock, flags);
	vgpu_queue_kick(q);
}
