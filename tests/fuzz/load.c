// SPDX-License-Identifier: GPL-2.0
/*
 * A whole stream by which an instance arrives, in pieces of any size: what is read of it
 * is what a simple reader says that has it in one piece, as docs/migration.md tells it
 * byte by byte. It is refused when the first byte too many is there, and not before;
 * memory is written in the partition and nowhere else, and no more is taken than has
 * arrived.
 */
#include "kernel/core.h"

#include "../../drivers/vgpu/core.h"
#include "../../drivers/vgpu/bus/bus.h"
#include "../../drivers/vgpu/migrate/loader.h"
#include "../../drivers/vgpu/migrate/migrate.h"
#include "../../drivers/vgpu/work/sched.h"

/* Of the instance, more than a block; before and behind it are others. */
#define SIZE		(68 * 1024UL)
#define OFFSET		4096UL
#define ALL		(OFFSET + SIZE + 4096)
#define LONGEST		(256 * 1024UL)
#define OTHERS		0xee

#define BACKEND		"fuzz"
#define TYPE		"FUZZ-1"

/* By bytes, as the documentation has them. */
#define HEADER		88
#define LISTED		4
#define RECORD		16

static void save(struct vgpu_instance *inst, struct vgpu_writer *w)
{
}

static const struct vgpu_section sections[] = {
	{ .id = 1, .version = 1, .name = "first", .save = save },
	{ .id = 2, .version = 1, .name = "not in streams" },
	{ .id = 0x100, .version = 3, .name = "third", .save = save },
};

static const struct vgpu_section *section_list[] = {
	&sections[0], &sections[1], &sections[2], NULL,
};

static u8 stream[LONGEST], memory[ALL], want_memory[ALL];
static size_t len;
static u64 arrived;

static struct vgpu_vdev *vd;

/* What was handed to the sections. */
static const u8 *state;
static size_t state_len;
static bool state_bad;

int vgpu_function_load(struct vgpu_vdev *v, struct vgpu_reader *r)
{
	CHECK(v == vd && v->trap_lock.held && !state);
	state_len = r->left;
	state = calloc(1, state_len + 1);
	CHECK(!state_len || vgpu_get_bytes(r, "all", (void *)state, state_len));
	if (!state_bad)
		return 0;
	vgpu_refuse(r, "fuzz", "on purpose");
	return -EINVAL;
}

/* No card is pulled here. */
bool vgpu_migrate_present(struct vgpu_vdev *v)
{
	return v == vd;
}

static unsigned int loads, failed;
static u64 received;

void vgpu_moved(struct vgpu_vdev *v, enum vgpu_moved what, u64 n)
{
	loads += what == VGPU_MOVED_LOADS;
	failed += what == VGPU_MOVED_LOADS_FAILED;
	received += what == VGPU_MOVED_RECEIVED ? n : 0;
}

void *kzalloc(size_t n, int flags)
{
	return calloc(1, n);
}

void *kvmalloc(size_t n, int flags)
{
	CHECK(n <= SZ_32K || n <= 2 * arrived);
	return malloc(n);
}

/* Memory is written while no reset and no sleep takes it away. */
static bool within_reach;

void vgpu_reach_lock(struct vgpu_pdev *pd)
{
	CHECK(pd == vd->pd && !within_reach);
	within_reach = true;
}

void vgpu_reach_unlock(struct vgpu_pdev *pd)
{
	CHECK(pd == vd->pd && within_reach);
	within_reach = false;
}

void memcpy_toio(void *to, const void *from, size_t n)
{
	CHECK(within_reach);
	memcpy(to, from, n);
}

void memset_io(void *to, int value, size_t n)
{
	CHECK(within_reach);
	memset(to, value, n);
}

void kfree(const void *p)
{
	free((void *)p);
}

void kvfree(const void *p)
{
	free((void *)p);
}

/* ---- What the stream is, read in one piece */

/**
 * struct verdict - what becomes of a stream
 * @bad: so many bytes have to be there until it is refused; SIZE_MAX for never
 * @whole: all of it is there
 * @state: where its sections begin
 * @state_len: bytes of these
 */
struct verdict {
	size_t bad;
	bool whole;
	size_t state;
	size_t state_len;
};

static u64 number(size_t at, unsigned int size)
{
	u64 n = 0;

	while (size--)
		n = n << 8 | stream[at + size];
	return n;
}

static bool is_name(size_t at, const char *name)
{
	u8 want[32] = {};

	memcpy(want, name, strlen(name));
	return !memcmp(stream + at, want, sizeof(want));
}

static bool header_good(void)
{
	return !memcmp(stream, "vGPUmove", 8) && number(8, 2) == 1 &&
	       number(10, 2) <= 64 && !number(12, 4) && number(16, 8) == SIZE &&
	       is_name(24, BACKEND) && is_name(56, TYPE);
}

static bool listed_good(size_t at)
{
	u64 id = number(at, 2), version = number(at + 2, 2);

	return (id == 1 && version == 1) ||
	       (id == 0x100 && version >= 1 && version <= 3);
}

/* Return: true when more can follow. */
static bool record(struct verdict *v, size_t *at)
{
	u64 kind = number(*at, 4), n = number(*at + 4, 4);
	u64 offset = number(*at + 8, 8);
	size_t data = *at + RECORD, there = len - data, i;
	bool good;

	if (kind == 3)
		good = n <= 64 << 20 && !offset;
	else
		good = (kind == 1 || kind == 2) && n && offset <= SIZE &&
		       n <= SIZE - offset && (kind == 2 || n <= 1 << 20);
	*at = data;
	if (!good) {
		v->bad = data;
		return false;
	}
	if (kind == 2) {
		memset(want_memory + OFFSET + offset, 0, n);
		return true;
	}
	*at += n;
	if (kind == 1) {
		for (i = 0; i < n && i < there; i++)
			want_memory[OFFSET + offset + i] = stream[data + i];
		return *at <= len;
	}
	if (n > there)
		return false;
	v->state = data;
	v->state_len = n;
	v->whole = true;
	if (state_bad)
		v->bad = *at;
	else if (*at < len)
		v->bad = *at + 1;
	return false;
}

static struct verdict judge(void)
{
	struct verdict v = { .bad = SIZE_MAX };
	size_t at = HEADER, end;

	if (len < HEADER)
		return v;
	if (!header_good()) {
		v.bad = HEADER;
		return v;
	}
	for (end = at + number(10, 2) * LISTED; at < end; at += LISTED) {
		if (at + LISTED > len)
			return v;
		if (!listed_good(at)) {
			v.bad = at + LISTED;
			return v;
		}
	}
	while (at + RECORD <= len && record(&v, &at))
		;
	return v;
}

/* ---- What the input makes of one */

static void put_header(void)
{
	static const u8 listed[] = { 1, 0, 1, 0, 0, 1, 3, 0 };
	struct vgpu_writer w;

	vgpu_writer_init(&w, stream, sizeof(stream));
	vgpu_put_header(vd, &w);
	len = HEADER + sizeof(listed);
	CHECK(w.len == len && header_good() && number(10, 2) == 2);
	CHECK(!memcmp(stream + HEADER, listed, sizeof(listed)));
}

static void put_record(u8 what)
{
	struct vgpu_record rec = { .kind = what % 4, .length = 0 };
	struct vgpu_writer w;
	u8 seed = input_u8();
	size_t i, data;

	rec.length = what & 0x10 ? input_near(SIZE) : input_u8();
	if (rec.kind != VGPU_RECORD_STATE || what & 0x20)
		rec.offset = what & 0x40 ? input_near(SIZE) : input_u16();
	if (rec.kind != VGPU_RECORD_STATE && !(what & 0x80) &&
	    rec.offset < SIZE)
		rec.length = min_t(u64, rec.length, SIZE - rec.offset);
	data = rec.kind == VGPU_RECORD_ZERO ? 0 : min_t(u64, rec.length, SIZE);
	if (data + RECORD > LONGEST - len)
		return;
	vgpu_writer_init(&w, stream + len, RECORD);
	vgpu_put_record(&w, &rec);
	CHECK(w.len == RECORD && number(len, 4) == rec.kind &&
	      number(len + 4, 4) == rec.length &&
	      number(len + 8, 8) == rec.offset);
	len += RECORD;
	for (i = 0; i < data; i++)
		stream[len + i] = seed + i * (seed | 1);
	len += data;
}

static void make_stream(void)
{
	u8 what;

	put_header();
	while (input.left) {
		what = input_u8();
		switch (what & 0xf) {
		case 12:
			stream[input_u16() % len] = input_u8();
			break;
		case 13:
			stream[input_u8() % len] ^= 1 << what / 32;
			break;
		case 14:
			len -= input_u8() % len;
			break;
		case 15:
			if (len < LONGEST)
				stream[len++] = input_u8();
			break;
		default:
			put_record(what);
			break;
		}
	}
}

/* ---- Both */

/* Pieces by chance: mostly few bytes. */
static size_t piece(u32 *chance)
{
	*chance = *chance * 1664525 + 1013904223;
	return 1 + (*chance >> 16) % (*chance >> 31 ? 100 : 40000);
}

/* As write() has it, and further, until what is to be zero is. */
static int put(struct vgpu_loader *l, const u8 *from, size_t n)
{
	ssize_t ret;

	do {
		ret = vgpu_loader_put(l, from, n);
		CHECK(ret <= (ssize_t)n);
		if (ret < 0)
			return ret;
		from += ret;
		n -= ret;
	} while (n || l->phase == VGPU_LOADER_ZERO);
	return 0;
}

static void load(u32 chance)
{
	struct vgpu_loader *l = vgpu_loader_new(vd);
	struct verdict v = judge();
	size_t at, n;
	int ret = 0;

	for (at = 0; at < len && !ret; at += n) {
		n = min(piece(&chance), len - at);
		arrived = at + n;
		ret = put(l, stream + at, n);
		CHECK(ret == (at + n >= v.bad ? -EINVAL : 0));
		CHECK(vgpu_reader_ok(&l->r) == !ret);
	}
	if (!ret)
		CHECK(vgpu_loader_end(l) == (v.whole ? 0 : -EINVAL));
	CHECK(!memcmp(memory, want_memory, ALL));
	CHECK(!!state == v.whole);
	if (state)
		CHECK(state_len == v.state_len &&
		      !memcmp(state, stream + v.state, state_len));
	vgpu_loader_free(l);
	CHECK(loads == (!ret && v.whole) && loads + failed == 1);
	CHECK(ret ? received >= v.bad && received <= at : received == len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct vgpu_pdev pd;
	static struct vgpu_type_desc type = { .name = TYPE };
	/* That there are pages says that the memory is the host's, not a card's. */
	static struct page *pages[1];
	u32 chance;
	u8 how;

	input_begin(data, size);
	if (!vd)
		vd = calloc(1, sizeof(*vd));
	pd.gpu.desc.backend = BACKEND;
	how = input_u8();
	state_bad = how % 8 == 7;
	pd.gpu.desc.vram = how & 8 ? (struct vgpu_vram){ .virt = memory } :
			   (struct vgpu_vram){ .pages = pages, .mem = memory };
	pd.sections = section_list;
	vd->pd = &pd;
	vd->inst.type = &type;
	vd->inst.vram_offset = OFFSET;
	vd->inst.vram_size = SIZE;
	memset(memory, OTHERS, sizeof(memory));
	memset(want_memory, OTHERS, sizeof(want_memory));
	loads = 0;
	failed = 0;
	received = 0;
	arrived = 0;
	chance = input_u8() * 0x01010101U;
	make_stream();
	load(chance);
	free((void *)state);
	state = NULL;
	return 0;
}
