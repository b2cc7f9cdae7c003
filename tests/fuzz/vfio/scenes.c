// SPDX-License-Identifier: GPL-2.0
/*
 * The vGPUs that programs have, one or several, among the others, and what is looked at
 * after a round: of each that it works and that nothing is left in it (after.c), of all
 * that nothing has come from one to another (others.c).
 */
#include "after.h"
#include "computing.h"
#include "tenant.h"
#include "victims.h"

/* Those that programs have. */
struct vdev *vgpus[MAX_VGPUS];
unsigned int nr_vgpus;
/* How long all looks have taken, ns. */
uint64_t look_ns;
/* The kernel's, of which was told. */
static unsigned int complaints;

/* The smallest that has all that there is: engines and a display. */
static const struct type_facts *richest(void)
{
	const struct type_facts *type = gpu->types;
	unsigned int i;

	for (i = 0; i < gpu->nr_types + gpu->nr_others; i++, type++)
		if (type->xres && type->name[strlen(type->name) - 1] != 'B')
			return type;
	return gpu->small;
}

/* The guards would only slow programs down. */
void guards_off(void)
{
	gpu_set("guard_resets_limit", "0");
	gpu_set("guard_irqs_limit", "0");
	gpu_set("guard_traps_limit", "0");
	gpu_set("guard_faults_limit", "0");
}

/*
 * What programs have set holds up who comes after them: with a cap of 1, and its traps
 * charged, a vGPU pays for minutes.
 */
static void settings_as_before(const struct vdev *vgpu)
{
	settings_restore();
	guards_off();
	mdev_set(vgpu->uuid, "min", "0");
	mdev_set(vgpu->uuid, "cap", "100");
	mdev_set(vgpu->uuid, "weight", "100");
}

/* So many for programs, and the others. */
void vgpus_begin(unsigned int nr)
{
	complaints = kernel_complaints();
	computing_begin();
	others_begin();
	for (nr_vgpus = 0; nr_vgpus < nr; nr_vgpus++)
		vgpus[nr_vgpus] = after_begin(vdev_new(richest()), nr_vgpus);
	others_fill(vgpus[nr - 1]);
}

/* Whose marks programs of a vGPU write: where there is but one, nobody's. */
int mark_of(unsigned int nth)
{
	return nr_vgpus > 1 ? (int)nth : MARK_NOBODY;
}

/*
 * Where one could get what is another's, that is somewhere; and engines go from one to the
 * other as often as they may.
 */
void mark_all(bool all)
{
	unsigned int i;

	if (nr_vgpus < 2)
		return;
	gpu_set("slice_us", "500");
	for (i = 0; i < nr_vgpus; i++) {
		marks_begin(mark_of(i));
		others_mark(vgpus[i], all);
	}
	marks_begin(MARK_NOBODY);
}

/* Of each complaint once. */
static void ask_kernel(void)
{
	unsigned int now = kernel_complaints();

	if (now > complaints) {
		tap_fail(__FILE__, __LINE__, "the kernel complains: see its log");
		kernel_may_complain_again();
	}
	complaints = now;
}

/* Nothing that programs have done is left in it, and it works. */
static void expect_usable(struct scene *s, unsigned int turn)
{
	if (s->nr)
		after_look(s, turn);
	vgpus[s->nth] = s->d;
	works_after_reset(s->d);
}

/* Nothing of it has come to others, nor anything from them to it. */
void expect_alone(struct scene *s, bool all)
{
	marks_begin(mark_of(s->nth));
	others_look(s->d, all);
	others_kept_out(s->d, all || nr_vgpus > 1);
	marks_begin(MARK_NOBODY);
}

/*
 * Nothing of what was done has gone further than to the vGPU itself, and nothing is left
 * of it there: @turn says what of what is left is looked at, and of memory it is a part,
 * or @all. There is a scene for each vGPU.
 */
void expect_whole(struct scene *scenes, unsigned int turn, bool all)
{
	uint64_t begin = tap_ns();
	unsigned int i;

	for (i = 0; i < nr_vgpus; i++)
		settings_as_before(vgpus[i]);
	for (i = 0; i < nr_vgpus; i++)
		expect_usable(&scenes[i], turn);
	for (i = 0; i < nr_vgpus; i++)
		expect_alone(&scenes[i], all);
	computing_look();
	ask_kernel();
	look_ns += tap_ns() - begin;
}

void scenes_begin(struct scene *scenes)
{
	unsigned int i;

	for (i = 0; i < nr_vgpus; i++)
		scenes[i] = (struct scene) { .d = vgpus[i], .nth = i };
}

/* A worker at one of them. */
void scene_add(struct scene *s, struct worker *w)
{
	worker_begin(w, s->d);
	s->workers[s->nr++] = w;
}
