// SPDX-License-Identifier: GPL-2.0
/*
 * Streams that drivers of before have saved, and that those of today have to load: what
 * was in a vGPU is in another afterwards, as its guest sees it.
 *
 * With FREEZE=v1 in the environment it makes them, and what is expected of them, in
 * $OUT/GPU_v1.inc: of this driver. They are in frozen/ for good. When a section gets
 * another version, or a new one is added, those of that version go there beside them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include "move.h"
#include "pattern.h"

/* More than the registers of any GPU. */
#define MAX_REGS	0x1000

/* Of a stream, what is before the list of sections, an entry of that, a record's head. */
#define HEADER		88
#define LISTED		4
#define RECORD		16

/* Kinds of records. */
enum { MEMORY = 1, ZERO, SECTIONS };

/* What was in memory before it was filled, one in each block; and what comes last. */
#define BLOCK		65536
#define MARK		0x1a2b3c4d
#define LAST_FILL	0x5e6f7081

/* A register, or a byte of configuration space, that is not as after a reset. */
struct word {
	uint32_t at;
	uint32_t val;
};

#include "frozen/rv100_v1.inc"
#include "frozen/soft_v1.inc"

/**
 * struct frozen - what a driver of before has saved
 * @gpu: name of its GPU
 * @version: of the sections; for messages
 * @state: of a vGPU of which everything is written to that a guest can write; as
 *	thaw() reads it
 * @regs: its registers
 * @config: its configuration space
 * @work: of one with work that is half done, work that waits, and an interrupt that was
 *	not delivered; likewise
 */
struct frozen {
	const char *gpu;
	const char *version;
	const char *state;
	const struct word *regs;
	size_t nr_regs;
	const struct word *config;
	size_t nr_config;
	const char *work;
};

#define FROZEN(_gpu, _version) {					\
	.gpu = #_gpu, .version = #_version,				\
	.state = _gpu##_##_version##_state,				\
	.regs = _gpu##_##_version##_regs,				\
	.nr_regs = ARRAY_SIZE(_gpu##_##_version##_regs),		\
	.config = _gpu##_##_version##_config,				\
	.nr_config = ARRAY_SIZE(_gpu##_##_version##_config),		\
	.work = _gpu##_##_version##_work,				\
}

static const struct frozen frozen[] = {
	FROZEN(rv100, v1),
	FROZEN(soft, v1),
};

static struct vdev *d, *to;

static void before(void)
{
	to = vdev_new(gpu->small);
}

static void each_frozen(void (*test)(const struct frozen *f))
{
	unsigned int i, n = 0;

	for (i = 0; i < ARRAY_SIZE(frozen); i++) {
		if (strcmp(frozen[i].gpu, gpu->name))
			continue;
		tap_note("of version %s", frozen[i].version);
		mig_reset(to);
		test(&frozen[i]);
		n++;
	}
	EXPECT(n);
}

static void put(struct stream *st, const void *from, size_t n)
{
	st->bytes = realloc(st->bytes, st->len + n);
	ASSERT(st->bytes);
	memcpy(st->bytes + st->len, from, n);
	st->len += n;
}

/* Two digits are a byte; "*9;" behind it, nine of them. */
static struct stream thaw(const char *text)
{
	struct stream st = {};

	while (*text) {
		char digits[3] = { text[0], text[1] }, *end;
		uint8_t byte = strtoul(digits, &end, 16);
		unsigned long times = 1;

		ASSERT(end == digits + 2);
		text += 2;
		if (*text == '*') {
			times = strtoul(text + 1, &end, 10);
			ASSERT(*end == ';');
			text = end + 1;
		}
		while (times--)
			put(&st, &byte, 1);
	}
	return st;
}

/* Return: as mig_load(). */
static int load(const char *text)
{
	struct stream st = thaw(text);
	int ret = mig_load(to, &st);

	stream_free(&st);
	return ret;
}

/* Another was here before. */
static void use(struct vdev *of)
{
	uint8_t *vram = vdev_map_vram(of);

	vdev_decode(of, DECODE_ALL);
	/* Before there is a ring in it: what is not one counts as dropped. */
	memset(vram, 0xee, of->size);
	gpu_init(of);
	munmap(vram, of->size);
}

/* ---- All that a guest can write */

/* Little: it stands in a file. */
static void fill_state(uint8_t *vram, uint64_t size)
{
	memset(vram, 0, size);
	fill_pattern(vram, 256, 1);
	fill_pattern(vram + size / 4 * 3 - 128, 256, 2);
	vram[size - 1] = 0x5a;
}

/* In their order: reading moves some indices on. */
static void read_regs(struct vdev *of, uint32_t *regs)
{
	unsigned int i;

	memset(regs, 0, MAX_REGS * 4);
	for (i = 0; i < gpu->regs_size / 4; i++)
		regs[i] = gpu->runs_by_itself(i * 4) ? 0 : reg_rd(of, i * 4);
}

static void read_config(struct vdev *of, uint8_t *config)
{
	ASSERT_EQ(vdev_pread(of, REGION_CONFIG, config, CONFIG_SIZE, 0),
		  CONFIG_SIZE);
}

static void state_is_loaded(const struct frozen *f)
{
	uint8_t *vram = vdev_map_vram(to), *want = malloc(to->size);
	uint8_t config[CONFIG_SIZE];
	uint32_t regs[MAX_REGS];
	unsigned int i;

	ASSERT(want);
	use(to);
	ASSERT_OK(load(f->state));
	read_config(to, config);
	for (i = 0; i < f->nr_config; i++)
		if (!EXPECT_EQ(config[f->config[i].at], f->config[i].val))
			tap_note("configuration space at %#x", f->config[i].at);
	read_regs(to, regs);
	for (i = 0; i < f->nr_regs; i++)
		if (!EXPECT_EQ(regs[f->regs[i].at / 4], f->regs[i].val))
			tap_note("register %#x", f->regs[i].at);
	fill_state(want, to->size);
	EXPECT_EQ(first_difference(vram, want, to->size), to->size);
	EXPECT_OK(mig_set(to, VFIO_DEVICE_STATE_RUNNING, NULL));
	mig_reset(to);
	expect_works(to, 1);
	free(want);
	munmap(vram, to->size);
}

static void state(void)
{
	each_frozen(state_is_loaded);
}

/* ---- Work */

static uint64_t filled(const struct vdev *of)
{
	return of->room / 8192 * 8192;
}

static uint32_t word_at(const uint8_t *vram, uint64_t at)
{
	return *(const volatile uint32_t *)(vram + at);
}

/* The first marks are gone, as they are where a fill has begun, and the last are not. */
static bool is_half_done(const struct vdev *of, const uint8_t *vram)
{
	uint64_t last = (filled(of) - 1) / BLOCK * BLOCK;

	return !word_at(vram, 0) && word_at(vram, last) == MARK;
}

static void expect_done(const struct vdev *of, const uint8_t *vram)
{
	uint64_t at;

	for (at = 0; at < filled(of); at += 4) {
		uint32_t want = at / 4096 == 1 ? LAST_FILL : 0;

		if (!EXPECT_EQ(word_at(vram, at), want))
			break;
	}
}

/* Where an interrupt is to go. */
static int listen(struct vdev *of)
{
	int evt = evt_new();

	if (has_msix())
		ASSERT_OK(irq_message(of, evt));
	else
		ASSERT_OK(irq_eventfd(of, VFIO_PCI_INTX_IRQ_INDEX,
				      VFIO_IRQ_SET_ACTION_TRIGGER, evt));
	return evt;
}

static void work_is_done(const struct frozen *f)
{
	uint8_t *vram = vdev_map_vram(to);
	int evt;

	/* Its driver knows what is where, too. */
	use(to);
	ASSERT_OK(load(f->work));
	EXPECT(is_half_done(to, vram));
	evt = listen(to);
	EXPECT_EQ(evt_take(evt), 0);
	ASSERT_OK(mig_set(to, VFIO_DEVICE_STATE_RUNNING, NULL));
	EXPECT_EQ(evt_wait(evt), 1);
	gpu_idle(to);
	expect_done(to, vram);
	EXPECT_EQ(mdev_attr_u64(to->uuid, "dropped"), 0);
	munmap(vram, to->size);
	close(evt);
}

static void work(void)
{
	each_frozen(work_is_done);
}

/* ---- How they are made */

static void write_all(struct vdev *of)
{
	uint8_t *vram = vdev_map_vram(of);
	unsigned int i;

	vdev_decode(of, DECODE_ALL);
	gpu_init(of);
	for (i = 0; i < gpu->regs_size / 4; i++)
		reg_wr(of, i * 4, 0xa5a5a5a5);
	gpu_idle(of);
	for (i = 0; i < NR_BARS; i++)
		cfg_wr(of, PCI_BASE_ADDRESS_0 + 4 * i, 4, 0xa5a50000);
	cfg_wr(of, PCI_INTERRUPT_LINE, 1, 11);
	fill_state(vram, of->size);
	munmap(vram, of->size);
}

/* Not delivered: of a pin nobody listens, a message is masked. */
static void raise_interrupt(struct vdev *of)
{
	if (has_msix()) {
		close(listen(of));
		vdev_bus_master(of, true);
		ASSERT_OK(irq_set(of, gpu->messages, VFIO_IRQ_SET_DATA_NONE |
				  VFIO_IRQ_SET_ACTION_MASK, gpu->vector, 1,
				  NULL, 0));
	}
	gpu->irq_on(of);
	gpu->irq_raise(of);
}

static bool caught(uint8_t *vram)
{
	uint64_t at;

	ASSERT_OK(mig_set(d, VFIO_DEVICE_STATE_RUNNING, NULL));
	gpu_idle(d);
	for (at = 0; at < filled(d); at += BLOCK)
		*(volatile uint32_t *)(vram + at) = MARK;
	gpu_fill(d, 0, filled(d), 0);
	gpu_fill(d, 4096, 4096, LAST_FILL);
	usleep(rnd_below(3000));
	ASSERT_OK(mig_set(d, VFIO_DEVICE_STATE_STOP, NULL));
	return is_half_done(d, vram);
}

/* Of a record of memory, what is not zero. */
static void put_memory(struct stream *st, uint64_t offset, const uint8_t *p,
		       uint32_t n)
{
	uint32_t at, end, last;

	for (at = 0; at < n; at = end) {
		uint32_t head[2] = { MEMORY };
		uint64_t where = offset + at;

		end = at + 1;
		if (!p[at])
			continue;
		/* Where the next is near, it needs no record of its own. */
		for (last = at; end < n && end - last <= RECORD; end++)
			if (p[end])
				last = end;
		end = last + 1;
		head[1] = end - at;
		put(st, head, sizeof(head));
		put(st, &where, sizeof(where));
		put(st, p + at, end - at);
	}
}

static struct stream trimmed(const struct stream *whole)
{
	size_t at = HEADER + LISTED * whole->bytes[10];
	struct stream st = {};

	put(&st, whole->bytes, at);
	while (at < whole->len) {
		const uint8_t *rec = whole->bytes + at;
		uint32_t kind, length;
		uint64_t offset;

		memcpy(&kind, rec, 4);
		memcpy(&length, rec + 4, 4);
		memcpy(&offset, rec + 8, 8);
		if (kind == MEMORY)
			put_memory(&st, offset, rec + RECORD, length);
		else if (kind == SECTIONS)
			put(&st, rec, RECORD + length);
		at += RECORD + (kind == ZERO ? 0 : length);
	}
	return st;
}

static void print_stream(FILE *f, const char *version, const char *name)
{
	struct stream whole = mig_save(d), st = trimmed(&whole);
	size_t i, n, line = 0;

	fprintf(f, "\nstatic const char %s_%s_%s[] =\n\t\"", gpu->name, version,
		name);
	for (i = 0; i < st.len; i += n) {
		n = 1;
		while (i + n < st.len && st.bytes[i + n] == st.bytes[i])
			n++;
		if (n < 3)
			n = 1;
		line += fprintf(f, "%02x", st.bytes[i]);
		if (n > 1)
			line += fprintf(f, "*%zu;", n);
		if (line >= 64 && i + n < st.len) {
			fprintf(f, "\"\n\t\"");
			line = 0;
		}
	}
	fprintf(f, "\";\n");
	stream_free(&whole);
	stream_free(&st);
}

static void print_words(FILE *f, const char *version, const char *name,
			const uint32_t *now, const uint32_t *fresh,
			unsigned int nr, unsigned int size)
{
	unsigned int i, n = 0;

	fprintf(f, "\nstatic const struct word %s_%s_%s[] = {", gpu->name,
		version, name);
	for (i = 0; i < nr; i++)
		if (now[i] != fresh[i])
			fprintf(f, "%s{ %#x, %#x },", n++ % 3 ? " " : "\n\t",
				i * size, now[i]);
	fprintf(f, "\n};\n");
}

/* What is not as it is in one that is new. */
static void print_differences(FILE *f, const char *version)
{
	uint32_t now[MAX_REGS], fresh[MAX_REGS];
	uint8_t config[2][CONFIG_SIZE];
	unsigned int i;

	vdev_decode(to, DECODE_ALL);
	read_regs(d, now);
	read_regs(to, fresh);
	print_words(f, version, "regs", now, fresh, MAX_REGS, 4);
	mig_reset(to);
	read_config(d, config[0]);
	read_config(to, config[1]);
	for (i = 0; i < CONFIG_SIZE; i++) {
		now[i] = config[0][i];
		fresh[i] = config[1][i];
	}
	print_words(f, version, "config", now, fresh, CONFIG_SIZE, 1);
}

static bool is_freezing(void)
{
	return getenv("FREEZE");
}

static void freeze(void)
{
	const char *version = getenv("FREEZE"), *out = getenv("OUT");
	char path[256];
	uint8_t *vram;
	FILE *f;

	d = vdev_new(gpu->small);
	snprintf(path, sizeof(path), "%s/%s_%s.inc", out ? out : "/tmp", gpu->name,
		 version);
	f = fopen(path, "w");
	ASSERT(f);
	fprintf(f, "/* %s-License-Identifier: GPL-2.0 */\n"
		"/* Made by frozen.c, which says what it is. */\n", "SPDX");
	write_all(d);
	print_stream(f, version, "state");
	print_differences(f, version);
	vram = vdev_map_vram(d);
	mig_reset(d);
	vdev_decode(d, DECODE_ALL);
	memset(vram, 0, d->size);
	gpu_init(d);
	raise_interrupt(d);
	ASSERT(AWAIT(caught(vram)));
	print_stream(f, version, "work");
	munmap(vram, d->size);
	EXPECT(!fclose(f));
}

static const struct tap_test tests[] = {
	TAP_TEST_IF(freeze, is_freezing),
	TAP_TEST(state),
	TAP_TEST(work),
};

int main(void)
{
	static const struct tap_suite suite = {
		.name = "frozen", .tests = tests, .nr = ARRAY_SIZE(tests),
		.before = before, .after = vdev_cleanup,
	};

	return tap_run(&suite);
}
