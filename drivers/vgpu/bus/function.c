// SPDX-License-Identifier: GPL-2.0
/*
 * A virtual function as a whole: the list of its parts, and what is done to all of
 * them: reset, close, save, load; see <vgpu/section.h>.
 */
#include <linux/slab.h>

#include "../core.h"
#include "../display/display.h"
#include "../work/sched.h"
#include "bus.h"

/*
 * The order counts. First all is stopped that works by itself; then comes
 * configuration space, by which the others know what the guest has turned on. What
 * is mapped follows the display. The backend's sections rely on the registers.
 */
static const struct vgpu_section * const first[] = {
	&vgpu_vblank_section,
	&vgpu_queues_section,
	&vgpu_config_section,
	&vgpu_display_section,
	&vgpu_map_section,
	&vgpu_doorbells_section,
	&vgpu_irq_section,
	&vgpu_monitor_section,
	&vgpu_regs_section,
};

/* And at last, when nobody can reach it any more. */
static const struct vgpu_section * const last[] = {
	&vgpu_memory_section,
};

/* What makes no sense in a backend's section, or NULL. */
static const char *check(const struct vgpu_section *s)
{
	if (s->id < VGPU_SECTION_BACKEND)
		return "the core's id";
	if (!s->version || !s->name)
		return "no version or no name";
	if (!s->save != !s->load)
		return "it can be saved and not loaded, or the other way round";
	return NULL;
}

static const struct vgpu_section *find(const struct vgpu_section **list,
				       u16 id)
{
	while (*list && (*list)->id != id)
		list++;
	return *list;
}

static const char *append(const struct vgpu_section **list,
			  const struct vgpu_section *s)
{
	const char *wrong = check(s);

	if (!wrong && find(list, s->id))
		wrong = "the same id as another";
	while (*list)
		list++;
	*list = s;
	return wrong;
}

/**
 * vgpu_function_init() - put the list together
 * @pd: the GPU
 *
 * Return: 0, -EINVAL for a section of the backend that makes no sense; the
 * kernel's log says why. -ENOMEM.
 */
int vgpu_function_init(struct vgpu_pdev *pd)
{
	const struct vgpu_gpu_desc *desc = &pd->gpu.desc;
	unsigned int i, nr = ARRAY_SIZE(first) + ARRAY_SIZE(last);
	const char *wrong;

	pd->sections = kcalloc(nr + desc->nr_sections + 1,
			       sizeof(*pd->sections), GFP_KERNEL);
	if (!pd->sections)
		return -ENOMEM;
	memcpy(pd->sections, first, sizeof(first));
	for (i = 0; i < desc->nr_sections; i++) {
		wrong = append(pd->sections, &desc->sections[i]);
		if (wrong) {
			pr_err("vgpu: section: number %u of the backend: %s\n",
			       i, wrong);
			return -EINVAL;
		}
	}
	memcpy(pd->sections + ARRAY_SIZE(first) + desc->nr_sections, last,
	       sizeof(last));
	return 0;
}

/**
 * vgpu_function_fini() - release memory
 * @pd: the GPU
 */
void vgpu_function_fini(struct vgpu_pdev *pd)
{
	kfree(pd->sections);
	pd->sections = NULL;
}

/**
 * vgpu_function_reset() - the function as it is after power-on
 * @vd: the instance; trap lock held
 *
 * Queued work is forgotten and a fault is over, unless there were too many.
 * VRAM keeps its contents, as a card's would, and so does the monitor.
 */
void vgpu_function_reset(struct vgpu_vdev *vd)
{
	const struct vgpu_section **s;

	lockdep_assert_held(&vd->trap_lock);
	for (s = vd->pd->sections; *s; s++)
		if ((*s)->reset)
			(*s)->reset(&vd->inst);
}

/**
 * vgpu_function_close() - nobody has the device open any more
 * @vd: the instance
 *
 * Nothing of it runs when this returns, and nothing is left in it that the next
 * user must not see.
 */
void vgpu_function_close(struct vgpu_vdev *vd)
{
	const struct vgpu_section **s;

	for (s = vd->pd->sections; *s; s++)
		if ((*s)->close)
			(*s)->close(&vd->inst);
	mutex_lock(&vd->trap_lock);
	vd->halted = false;
	vgpu_irq_hold(vd, false);
	mutex_unlock(&vd->trap_lock);
}

/**
 * vgpu_function_halt() - the function stands still from now on
 * @vd: the instance
 *
 * Until vgpu_function_go() nothing of it runs, it does not interrupt, and time does
 * not change it; what it has to do is kept. It answers all the same.
 *
 * Return: 0; or as vgpu_wait_ends(), when it did not come to that: then it goes on.
 */
int vgpu_function_halt(struct vgpu_vdev *vd)
{
	int ret = vgpu_sched_settle(vd);

	if (ret)
		return ret;
	mutex_lock(&vd->trap_lock);
	vd->halted = true;
	vgpu_irq_hold(vd, true);
	vgpu_sched_pause(vd);
	mutex_unlock(&vd->trap_lock);
	vgpu_sched_unsettle(vd);
	return 0;
}

/**
 * vgpu_function_go() - a function that stands still goes on
 * @vd: the instance
 */
void vgpu_function_go(struct vgpu_vdev *vd)
{
	mutex_lock(&vd->trap_lock);
	vd->halted = false;
	vgpu_sched_resume(vd);
	vgpu_irq_hold(vd, false);
	mutex_unlock(&vd->trap_lock);
}

/* The header is written when it is known what follows; an empty one is not. */
static void save_section(struct vgpu_vdev *vd, const struct vgpu_section *s,
			 struct vgpu_writer *w)
{
	struct vgpu_writer header = *w;
	size_t size;

	w->len += VGPU_SECTION_HEADER;
	s->save(&vd->inst, w);
	size = w->len - header.len - VGPU_SECTION_HEADER;
	if (!size) {
		w->len = header.len;
		return;
	}
	vgpu_put_u16(&header, s->id);
	vgpu_put_u16(&header, s->version);
	vgpu_put_u32(&header, size);
}

/* Traps are kept out by the lock, the engines by vgpu_sched_pause(). */
static bool stands_still(struct vgpu_vdev *vd)
{
	lockdep_assert_held(&vd->trap_lock);
	return !WARN_ON_ONCE(!vgpu_sched_paused(vd));
}

/**
 * vgpu_function_save() - save all but the contents of VRAM
 * @vd: the instance, paused by vgpu_sched_pause(); trap lock held
 * @w: where to. When &vgpu_writer.len is more than &vgpu_writer.size afterwards,
 *	it is what would have been needed
 *
 * Return: 0, -EBUSY when it is not paused.
 */
int vgpu_function_save(struct vgpu_vdev *vd, struct vgpu_writer *w)
{
	const struct vgpu_section **s;

	lockdep_assert_held(&vd->trap_lock);
	if (!stands_still(vd))
		return -EBUSY;
	for (s = vd->pd->sections; *s; s++)
		if ((*s)->save)
			save_section(vd, *s, w);
	return 0;
}

/* Sections come in the order of the list: what is read must be further on. */
static const struct vgpu_section *
next_section(struct vgpu_vdev *vd, const struct vgpu_section ***at,
	     struct vgpu_reader *r, u16 id)
{
	const struct vgpu_section *s;

	for (; **at; (*at)++)
		if ((**at)->id == id && (**at)->load)
			return *(*at)++;
	s = find(vd->pd->sections, id);
	if (s)
		vgpu_refuse(r, "section", "%s is there twice, or too late",
			    s->name);
	else
		vgpu_refuse(r, "section", "id %#x is not known", id);
	return NULL;
}

static void load_section(struct vgpu_vdev *vd, const struct vgpu_section *s,
			 struct vgpu_reader *r)
{
	u32 size;

	r->section = s->name;
	r->version = vgpu_get(r, "version", 2, s->version);
	if (vgpu_reader_ok(r) && !r->version)
		vgpu_refuse(r, "version", "there is no 0");
	size = vgpu_get(r, "size", 4, U32_MAX);
	if (size > r->left)
		vgpu_refuse(r, "size", "%#x bytes, of which %#zx are there",
			    size, r->left);
	if (vgpu_reader_ok(r)) {
		size_t behind = r->left - size;

		r->left = size;
		s->load(&vd->inst, r);
		if (r->left)
			vgpu_refuse(r, "size", "%#zx bytes are left over",
				    r->left);
		r->left += behind;
	}
	r->section = "stream";
}

/**
 * vgpu_function_load() - load what vgpu_function_save() has saved
 * @vd: the instance, paused by vgpu_sched_pause(); trap lock held. It is reset:
 *	what is not in the stream is as after that
 * @r: where from
 *
 * It is still paused afterwards.
 *
 * Return: 0; -EINVAL when the stream is refused, see &vgpu_reader.refusal, and
 * then the instance is as after a reset. What that keeps, the monitor and the size
 * of the picture, may be the stream's. -EBUSY when it is not paused.
 */
int vgpu_function_load(struct vgpu_vdev *vd, struct vgpu_reader *r)
{
	const struct vgpu_section **at = vd->pd->sections, *s;

	lockdep_assert_held(&vd->trap_lock);
	if (!stands_still(vd))
		return -EBUSY;
	vgpu_function_reset(vd);
	vgpu_sched_pause(vd);
	while (r->left && vgpu_reader_ok(r)) {
		u16 id = vgpu_get(r, "section", 2, U16_MAX);

		s = next_section(vd, &at, r, id);
		if (s)
			load_section(vd, s, r);
	}
	if (vgpu_reader_ok(r))
		return 0;
	vgpu_function_reset(vd);
	vgpu_sched_pause(vd);
	return -EINVAL;
}
