// SPDX-License-Identifier: GPL-2.0
/* Register tables: validation, look-up, dispatch. */
#include <kunit/test.h>
#include <linux/prandom.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include <vgpu/regs.h>

#define SPACE	0x100

/* What the handlers and the queue saw. */
struct seen {
	u32 reads, writes, queued, started;
	u32 offset, val, mask;
	u32 q_offset, q_val;
	int q_ret;
};

static u32 read_offset(struct vgpu_regfile *rf, u32 offset)
{
	struct seen *seen = rf->priv;

	seen->reads++;
	return 0xabcd0000 | offset;
}

static void write_inverted(struct vgpu_regfile *rf, u32 offset, u32 val,
			   u32 mask)
{
	struct seen *seen = rf->priv;

	seen->writes++;
	seen->offset = offset;
	seen->val = val;
	seen->mask = mask;
	vgpu_reg_set(rf, offset, ~val);
}

static int submit(struct vgpu_regfile *rf, u32 offset, u32 val, bool starts)
{
	struct seen *seen = rf->priv;

	seen->queued++;
	seen->started += starts;
	seen->q_offset = offset;
	seen->q_val = val;
	return seen->q_ret;
}

enum {
	PLAIN = 0x00,
	MASKED = 0x04,
	RO = 0x08,
	W1C = 0x0c,
	WO = 0x10,
	ENGINE = 0x14,
	HANDLED = 0x18,
	ENGINE_HANDLED = 0x1c,
	RO_HANDLED = 0x20,
	ENGINE_WO = 0x24,
	RUN = 0x40,		/* four of them */
	LAST = SPACE - 4,
	UNKNOWN = 0x80,
};

static const struct vgpu_reg rows[] = {
	/* Not in order: nothing may depend on it. */
	{ "LAST", LAST, .wmask = ~0U },
	{ "PLAIN", PLAIN, .reset = 0x11223344, .wmask = ~0U },
	{ "MASKED", MASKED, .reset = 0xf0f0f0f0, .wmask = 0x00ffff0f },
	{ "RO", RO, 0, VGPU_REG_RO, .reset = 0x55aa, .wmask = ~0U },
	{ "W1C", W1C, 0, VGPU_REG_W1C, .reset = 0xffff, .wmask = 0xff0 },
	{ "WO", WO, 0, VGPU_REG_WO, .reset = 0x77, .wmask = ~0U },
	{ "ENGINE", ENGINE, 0, VGPU_REG_ENGINE, .wmask = 0xffffff },
	{ "HANDLED", HANDLED, .read = read_offset, .write = write_inverted },
	{ "ENGINE_HANDLED", ENGINE_HANDLED, 0, VGPU_REG_ENGINE,
	  .write = write_inverted },
	{ "RO_HANDLED", RO_HANDLED, 0, VGPU_REG_RO | VGPU_REG_ENGINE,
	  .read = read_offset, .write = write_inverted },
	{ "ENGINE_WO", ENGINE_WO, 0, VGPU_REG_ENGINE | VGPU_REG_WO,
	  .wmask = ~0U },
	{ "RUN", RUN, 4, .reset = 7, .wmask = ~0U, .read = read_offset,
	  .write = write_inverted },
};

struct fixture {
	struct vgpu_regmap map;
	struct vgpu_regfile rf;
	struct seen seen;
};

static int regs_init(struct kunit *test)
{
	struct fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);
	int ret;

	if (!f)
		return -ENOMEM;
	ret = vgpu_regmap_init(&f->map, rows, ARRAY_SIZE(rows), SPACE);
	if (ret)
		return ret;
	f->rf.priv = &f->seen;
	f->rf.submit = submit;
	test->priv = f;
	return vgpu_regfile_init(&f->rf, &f->map);
}

static void regs_exit(struct kunit *test)
{
	struct fixture *f = test->priv;

	if (!f)
		return;
	vgpu_regfile_fini(&f->rf);
	vgpu_regfile_fini(&f->rf);
	vgpu_regmap_fini(&f->map);
	vgpu_regmap_fini(&f->map);
}

static void regs_reset_values(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct vgpu_regfile *rf = &f->rf;
	u32 i;

	KUNIT_EXPECT_EQ(test, vgpu_regs_read(rf, PLAIN, 4), 0x11223344U);
	KUNIT_EXPECT_EQ(test, vgpu_regs_read(rf, RO, 4), 0x55aaU);
	KUNIT_EXPECT_EQ(test, vgpu_reg_get(rf, RUN + 12), 7U);
	KUNIT_EXPECT_EQ(test, vgpu_reg_get(rf, RUN + 16), 0U);
	for (i = 0; i < SPACE; i += 4)
		vgpu_reg_set(rf, i, 0xdeadbeef);
	vgpu_regfile_reset(rf);
	KUNIT_EXPECT_EQ(test, vgpu_regs_read(rf, PLAIN, 4), 0x11223344U);
	KUNIT_EXPECT_EQ(test, vgpu_regs_read(rf, MASKED, 4), 0xf0f0f0f0U);
	KUNIT_EXPECT_EQ(test, vgpu_reg_get(rf, LAST), 0U);
	for (i = 0; i < 4; i++)
		KUNIT_EXPECT_EQ(test, vgpu_reg_get(rf, RUN + i * 4), 7U);
	KUNIT_EXPECT_EQ(test, vgpu_reg_get(rf, UNKNOWN), 0U);
	KUNIT_EXPECT_EQ(test, f->seen.writes + f->seen.queued, 0U);
}

static void regs_access_rights(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct vgpu_regfile *rf = &f->rf;

	vgpu_regs_write(rf, RO, 4, 0x12345678);
	KUNIT_EXPECT_EQ(test, vgpu_regs_read(rf, RO, 4), 0x55aaU);

	vgpu_regs_write(rf, MASKED, 4, 0x12345678);
	KUNIT_EXPECT_EQ(test, vgpu_regs_read(rf, MASKED, 4), 0xf03456f8U);

	vgpu_regs_write(rf, W1C, 4, 0xffffff);
	KUNIT_EXPECT_EQ(test, vgpu_regs_read(rf, W1C, 4), 0xf00fU);
	vgpu_regfile_reset(rf);
	vgpu_regs_write(rf, W1C, 4, 0x120);
	KUNIT_EXPECT_EQ(test, vgpu_regs_read(rf, W1C, 4), 0xfedfU);
	vgpu_regs_write(rf, W1C, 4, 0);
	KUNIT_EXPECT_EQ(test, vgpu_regs_read(rf, W1C, 4), 0xfedfU);

	vgpu_regs_write(rf, WO, 4, 0x99);
	KUNIT_EXPECT_EQ(test, vgpu_regs_read(rf, WO, 4), 0U);
	KUNIT_EXPECT_EQ(test, vgpu_reg_get(rf, WO), 0x99U);
	KUNIT_EXPECT_EQ(test, rf->unknown, 0ULL);
}

/* Bytes that are not written clear nothing, whatever the rest of @val is. */
static void regs_w1c_bytes(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct vgpu_regfile *rf = &f->rf;

	vgpu_regs_write(rf, W1C, 1, ~0U);
	KUNIT_EXPECT_EQ(test, vgpu_regs_read(rf, W1C, 4), 0xff0fU);
	vgpu_regs_write(rf, W1C + 1, 1, ~0U);
	KUNIT_EXPECT_EQ(test, vgpu_regs_read(rf, W1C, 4), 0xf00fU);
}

static void regs_byte_merges(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct vgpu_regfile *rf = &f->rf;
	u32 i;

	for (i = 0; i < 4; i++)
		KUNIT_EXPECT_EQ(test, vgpu_regs_read(rf, PLAIN + i, 1),
				0x44U - i * 0x11);
	KUNIT_EXPECT_EQ(test, vgpu_regs_read(rf, PLAIN, 2), 0x3344U);
	KUNIT_EXPECT_EQ(test, vgpu_regs_read(rf, PLAIN + 2, 2), 0x1122U);

	vgpu_regs_write(rf, PLAIN + 1, 1, 0xffffffaa);
	KUNIT_EXPECT_EQ(test, vgpu_reg_get(rf, PLAIN), 0x1122aa44U);
	vgpu_regs_write(rf, PLAIN + 3, 1, 0x99);
	KUNIT_EXPECT_EQ(test, vgpu_reg_get(rf, PLAIN), 0x9922aa44U);
	vgpu_regs_write(rf, PLAIN + 2, 2, 0xffff1234);
	KUNIT_EXPECT_EQ(test, vgpu_reg_get(rf, PLAIN), 0x1234aa44U);
	vgpu_regs_write(rf, PLAIN, 2, 0x5678);
	KUNIT_EXPECT_EQ(test, vgpu_reg_get(rf, PLAIN), 0x12345678U);
	KUNIT_EXPECT_EQ(test, vgpu_reg_get(rf, MASKED), 0xf0f0f0f0U);

	/* A write handler sees all of the register, and which bytes. */
	vgpu_reg_set(rf, HANDLED, 0xa1b2c3d4);
	vgpu_regs_write(rf, HANDLED + 2, 1, 0x77);
	KUNIT_EXPECT_EQ(test, f->seen.offset, (u32)HANDLED);
	KUNIT_EXPECT_EQ(test, f->seen.val, 0xa177c3d4U);
	KUNIT_EXPECT_EQ(test, f->seen.mask, 0x00ff0000U);
	KUNIT_EXPECT_EQ(test, vgpu_reg_get(rf, HANDLED), ~0xa177c3d4U);
	/* A read handler gives all, the guest gets its bytes. */
	KUNIT_EXPECT_EQ(test, vgpu_regs_read(rf, HANDLED + 2, 2), 0xabcdU);
	KUNIT_EXPECT_EQ(test, vgpu_regs_read(rf, HANDLED + 3, 1), 0xabU);
}

/* The index/data pair writes through here: bytes at their own places. */
static void regs_write_masked(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct vgpu_regfile *rf = &f->rf;

	vgpu_regs_write_masked(rf, PLAIN, 0xaabbccdd, 0xff0000ff);
	KUNIT_EXPECT_EQ(test, vgpu_reg_get(rf, PLAIN), 0xaa2233ddU);
	vgpu_regs_write_masked(rf, MASKED, ~0U, 0xffff0000);
	KUNIT_EXPECT_EQ(test, vgpu_reg_get(rf, MASKED), 0xf0fff0f0U);
	vgpu_regs_write_masked(rf, UNKNOWN, 1, ~0U);
	KUNIT_EXPECT_EQ(test, rf->unknown, 1ULL);
}

static void regs_run_rows(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct vgpu_regfile *rf = &f->rf;
	u32 at;

	for (at = RUN; at < RUN + 16; at += 4) {
		KUNIT_EXPECT_EQ(test, vgpu_regs_read(rf, at, 4),
				0xabcd0000 | at);
		vgpu_regs_write(rf, at, 4, at);
		KUNIT_EXPECT_EQ(test, f->seen.offset, at);
		KUNIT_EXPECT_EQ(test, vgpu_reg_get(rf, at), ~at);
	}
	KUNIT_EXPECT_EQ(test, vgpu_regs_read(rf, RUN + 13, 1), 0U);
	KUNIT_EXPECT_EQ(test, vgpu_regs_read(rf, RUN + 12, 1), RUN + 12U);
	KUNIT_EXPECT_EQ(test, rf->unknown, 0ULL);
	vgpu_regs_read(rf, RUN + 16, 4);
	vgpu_regs_read(rf, RUN - 4, 4);
	KUNIT_EXPECT_EQ(test, rf->unknown, 2ULL);
}

static void regs_unknown(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct vgpu_regfile *rf = &f->rf;

	vgpu_reg_set(rf, UNKNOWN, 0x1234);
	KUNIT_EXPECT_EQ(test, vgpu_regs_read(rf, UNKNOWN, 4), 0U);
	KUNIT_EXPECT_EQ(test, vgpu_regs_read(rf, UNKNOWN + 1, 1), 0U);
	vgpu_regs_write(rf, UNKNOWN + 2, 2, 0xffff);
	KUNIT_EXPECT_EQ(test, rf->unknown, 3ULL);
	KUNIT_EXPECT_EQ(test, vgpu_reg_get(rf, UNKNOWN), 0x1234U);
	/* Past the end of the table there is nothing either. */
	KUNIT_EXPECT_EQ(test, vgpu_regs_read(rf, SPACE, 4), 0U);
	KUNIT_EXPECT_EQ(test, vgpu_regs_read(rf, 0xfffffffc, 4), 0U);
	vgpu_regs_write(rf, SPACE, 4, 1);
	vgpu_regs_write(rf, 0x7ffffffc, 4, 1);
	KUNIT_EXPECT_EQ(test, rf->unknown, 7ULL);
	vgpu_regs_write(rf, LAST, 4, 5);
	KUNIT_EXPECT_EQ(test, vgpu_regs_read(rf, LAST, 4), 5U);
	KUNIT_EXPECT_EQ(test, rf->unknown, 7ULL);
	KUNIT_EXPECT_EQ(test, f->seen.queued, 0U);
}

static void regs_queueing(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct vgpu_regfile *rf = &f->rf;
	struct seen *seen = &f->seen;

	vgpu_regs_write(rf, PLAIN, 4, 1);
	vgpu_regs_write(rf, HANDLED, 4, 1);
	vgpu_regs_read(rf, ENGINE, 4);
	KUNIT_EXPECT_EQ(test, seen->queued, 0U);

	/* The stored value goes out: masked, merged. */
	vgpu_regs_write(rf, ENGINE, 4, 0x12345678);
	KUNIT_EXPECT_EQ(test, seen->queued, 1U);
	KUNIT_EXPECT_EQ(test, seen->q_offset, (u32)ENGINE);
	KUNIT_EXPECT_EQ(test, seen->q_val, 0x345678U);
	vgpu_regs_write(rf, ENGINE + 1, 1, 0xee);
	KUNIT_EXPECT_EQ(test, seen->queued, 2U);
	KUNIT_EXPECT_EQ(test, seen->q_offset, (u32)ENGINE);
	KUNIT_EXPECT_EQ(test, seen->q_val, 0x34ee78U);

	/* After the handler, with what it stored. */
	vgpu_regs_write(rf, ENGINE_HANDLED, 4, 0xf);
	KUNIT_EXPECT_EQ(test, seen->queued, 3U);
	KUNIT_EXPECT_EQ(test, seen->q_offset, (u32)ENGINE_HANDLED);
	KUNIT_EXPECT_EQ(test, seen->q_val, ~0xfU);
	vgpu_regs_write(rf, ENGINE_WO, 4, 0x42);
	KUNIT_EXPECT_EQ(test, seen->q_val, 0x42U);
	KUNIT_EXPECT_EQ(test, vgpu_regs_read(rf, ENGINE_WO, 4), 0U);

	/* Read-only wins over everything. */
	seen->writes = 0;
	vgpu_regs_write(rf, RO_HANDLED, 4, 1);
	KUNIT_EXPECT_EQ(test, seen->queued, 4U);
	KUNIT_EXPECT_EQ(test, seen->writes, 0U);
	KUNIT_EXPECT_EQ(test, vgpu_regs_read(rf, RO_HANDLED, 4),
			0xabcd0000U | RO_HANDLED);

	/* A queue that refuses, or none, does no harm. */
	seen->q_ret = -EIO;
	vgpu_regs_write(rf, ENGINE, 4, 1);
	rf->submit = NULL;
	vgpu_regs_write(rf, ENGINE, 4, 2);
	KUNIT_EXPECT_EQ(test, vgpu_reg_get(rf, ENGINE), 2U);
	KUNIT_EXPECT_EQ(test, seen->queued, 5U);
}

/* Reads of every length at every offset: the bytes of the registers there. */
static void regs_read_any_alignment(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct vgpu_regfile *rf = &f->rf;
	u8 want[16], got[16];
	u32 at, n, i;

	for (i = 0; i < 16; i++)
		want[i] = vgpu_regs_read(rf, PLAIN + i, 1);
	for (at = 0; at < 16; at++) {
		for (n = 1; at + n <= 16; n++) {
			memset(got, 0xee, sizeof(got));
			vgpu_regs_access(rf, at, got, n, false);
			KUNIT_EXPECT_MEMEQ_MSG(test, got, want + at, n,
					       "%u bytes at %u", n, at);
			if (n < sizeof(got))
				KUNIT_EXPECT_EQ(test, got[n], 0xee);
		}
	}
}

/* What crosses registers becomes aligned pieces, upwards, none too large. */
static void regs_write_any_alignment(struct kunit *test)
{
	static const struct {
		u32 offset, n, pieces, masked, ro, w1c;
	} cases[] = {
		/* Bytes 0x11, 0x22, ... over MASKED, RO and W1C. */
		{ MASKED, 4, 1, 0xf03322f1, 0x55aa, 0xffff },
		{ MASKED + 1, 2, 2, 0xf02211f0, 0x55aa, 0xffff },
		{ MASKED + 2, 4, 2, 0xf011f0f0, 0x55aa, 0xffff },
		{ MASKED + 3, 2, 2, 0xf0f0f0f0, 0x55aa, 0xffff },
		{ RO + 1, 4, 3, 0xf0f0f0f0, 0x55aa, 0xffbf },
		{ RO + 3, 3, 2, 0xf0f0f0f0, 0x55aa, 0xfcdf },
		{ MASKED, 12, 3, 0xf03322f1, 0x55aa, 0xf56f },
		{ MASKED + 3, 7, 3, 0xf0f0f0f0, 0x55aa, 0xf89f },
	};
	struct fixture *f = test->priv;
	struct vgpu_regfile *rf = &f->rf;
	unsigned int i, b;
	u8 bytes[12];

	for (b = 0; b < sizeof(bytes); b++)
		bytes[b] = 0x11 * (b + 1);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		vgpu_regfile_reset(rf);
		KUNIT_EXPECT_EQ_MSG(test, vgpu_regs_access(rf, cases[i].offset,
							   bytes, cases[i].n,
							   true),
				    cases[i].pieces, "case %u", i);
		KUNIT_EXPECT_EQ_MSG(test, vgpu_reg_get(rf, MASKED),
				    cases[i].masked, "case %u", i);
		KUNIT_EXPECT_EQ_MSG(test, vgpu_reg_get(rf, RO), cases[i].ro,
				    "case %u", i);
		KUNIT_EXPECT_EQ_MSG(test, vgpu_reg_get(rf, W1C), cases[i].w1c,
				    "case %u", i);
	}
}

/* An engine register is queued once for each piece, with all that it holds. */
static void regs_engine_in_pieces(struct kunit *test)
{
	u8 bytes[] = { 1, 2, 3, 4, 5 };
	struct fixture *f = test->priv;

	KUNIT_EXPECT_EQ(test, vgpu_regs_access(&f->rf, ENGINE + 1, bytes, 3,
					       true), 2U);
	KUNIT_EXPECT_EQ(test, f->seen.queued, 2U);
	KUNIT_EXPECT_EQ(test, f->seen.q_offset, (u32)ENGINE);
	KUNIT_EXPECT_EQ(test, f->seen.q_val, 0x020100U);
	/* Past the last register: counted, and nothing else. */
	KUNIT_EXPECT_EQ(test, vgpu_regs_access(&f->rf, SPACE - 2, bytes, 4,
					       true), 2U);
	KUNIT_EXPECT_EQ(test, vgpu_reg_get(&f->rf, LAST), 0x02010000U);
	KUNIT_EXPECT_EQ(test, f->rf.unknown, 1ULL);
}

static void expect_table(struct kunit *test, const struct vgpu_reg *table,
			 unsigned int n, u32 size, int want)
{
	struct vgpu_regmap map = {};

	KUNIT_EXPECT_EQ(test, vgpu_regmap_init(&map, table, n, size), want);
	if (want)
		KUNIT_EXPECT_NULL(test, map.index);
	vgpu_regmap_fini(&map);
}

static void regs_table_validation(struct kunit *test)
{
	static const struct vgpu_reg good[] = {
		{ "A", 0, 2 }, { "B", 8 }, { "C", 12, 1 },
	};
	static const struct vgpu_reg twice[] = { { "A", 4 }, { "B", 4 } };
	static const struct vgpu_reg into_run[] = { { "A", 0, 3 }, { "B", 8 } };
	static const struct vgpu_reg run_into[] = { { "B", 8 }, { "A", 0, 3 } };
	static const struct vgpu_reg odd[] = { { "A", 0 }, { "B", 6 } };
	static const struct vgpu_reg past[] = { { "A", 16 } };
	static const struct vgpu_reg far[] = { { "A", 0xfffffffc } };
	static const struct vgpu_reg runs_out[] = { { "A", 8, 3 } };
	static const struct vgpu_reg wraps[] = { { "A", 4, U16_MAX } };

	expect_table(test, good, ARRAY_SIZE(good), 16, 0);
	expect_table(test, good, 0, 16, 0);
	expect_table(test, twice, 2, 16, -EINVAL);
	expect_table(test, into_run, 2, 16, -EINVAL);
	expect_table(test, run_into, 2, 16, -EINVAL);
	expect_table(test, odd, 2, 16, -EINVAL);
	expect_table(test, past, 1, 16, -EINVAL);
	expect_table(test, past, 1, 20, 0);
	expect_table(test, far, 1, 16, -EINVAL);
	expect_table(test, runs_out, 1, 16, -EINVAL);
	expect_table(test, runs_out, 1, 20, 0);
	expect_table(test, wraps, 1, 16, -EINVAL);
	expect_table(test, good, 1, 0, -EINVAL);
	expect_table(test, good, 1, 18, -EINVAL);
	expect_table(test, good, U16_MAX, 16, -EINVAL);
}

/* The model holds bytes, each with the rights of its place. */
struct model_reg {
	u8 val[4];
	u8 wmask[4];
	u16 flags;
	bool known;
};

static void model_write(struct model_reg *m, unsigned int at, unsigned int size,
			u32 val)
{
	if (m->flags & VGPU_REG_RO)
		return;
	for (; size--; at++, val >>= 8) {
		u8 bits = val & m->wmask[at];

		if (m->flags & VGPU_REG_W1C)
			m->val[at] &= ~bits;
		else
			m->val[at] = (m->val[at] & ~m->wmask[at]) | bits;
	}
}

static u32 model_read(const struct model_reg *m, unsigned int at,
		      unsigned int size)
{
	u32 val = 0;

	if (!m->known || m->flags & VGPU_REG_WO)
		return 0;
	while (size--)
		val = val << 8 | m->val[at + size];
	return val;
}

static unsigned int random_table(struct rnd_state *rnd, struct vgpu_reg *table,
				 struct model_reg *model)
{
	static const u16 kinds[] = { 0, 0, VGPU_REG_RO, VGPU_REG_W1C,
				     VGPU_REG_WO, VGPU_REG_ENGINE };
	unsigned int i, n = 0, b;

	for (i = 0; i < SPACE / 4; i++) {
		struct vgpu_reg *row = &table[n];

		if (prandom_u32_state(rnd) % 4 == 0)
			continue;
		memset(row, 0, sizeof(*row));
		row->offset = i * 4;
		row->flags = kinds[prandom_u32_state(rnd) % ARRAY_SIZE(kinds)];
		row->reset = prandom_u32_state(rnd);
		row->wmask = prandom_u32_state(rnd);
		model[i].known = true;
		model[i].flags = row->flags;
		for (b = 0; b < 4; b++) {
			model[i].val[b] = row->reset >> b * 8;
			model[i].wmask[b] = row->wmask >> b * 8;
		}
		n++;
	}
	return n;
}

static void random_accesses(struct kunit *test, struct rnd_state *rnd,
			    struct vgpu_regfile *rf, struct model_reg *model)
{
	u64 unknown = 0, queued = 0;
	struct seen *seen = rf->priv;
	int i;

	for (i = 0; i < 5000; i++) {
		unsigned int size = 1 << prandom_u32_state(rnd) % 3;
		u32 at = prandom_u32_state(rnd) % SPACE & -size;
		struct model_reg *m = &model[at / 4];
		u32 val = prandom_u32_state(rnd);

		unknown += !m->known;
		if (i % 2) {
			KUNIT_ASSERT_EQ_MSG(test, vgpu_regs_read(rf, at, size),
					    model_read(m, at % 4, size),
					    "%u bytes at %#x", size, at);
			continue;
		}
		vgpu_regs_write(rf, at, size, val);
		model_write(m, at % 4, size, val);
		if (m->flags & VGPU_REG_ENGINE) {
			queued++;
			KUNIT_ASSERT_EQ(test, seen->q_offset, at & ~3U);
			KUNIT_ASSERT_EQ(test, seen->q_val, model_read(m, 0, 4));
		}
		KUNIT_ASSERT_EQ(test, (u64)seen->queued, queued);
		KUNIT_ASSERT_EQ(test, rf->unknown, unknown);
	}
}

static void regs_random(struct kunit *test)
{
	struct vgpu_reg *table = kunit_kcalloc(test, SPACE / 4, sizeof(*table),
					       GFP_KERNEL);
	struct model_reg *model = kunit_kcalloc(test, SPACE / 4, sizeof(*model),
						GFP_KERNEL);
	struct vgpu_regfile rf = { .submit = submit };
	struct rnd_state rnd;
	struct seen seen;
	struct vgpu_regmap map;
	unsigned int n;
	u32 seed;

	KUNIT_ASSERT_NOT_NULL(test, table);
	KUNIT_ASSERT_NOT_NULL(test, model);
	for (seed = 1; seed <= 20; seed++) {
		prandom_seed_state(&rnd, seed);
		memset(&seen, 0, sizeof(seen));
		memset(model, 0, SPACE / 4 * sizeof(*model));
		n = random_table(&rnd, table, model);
		KUNIT_ASSERT_EQ(test, vgpu_regmap_init(&map, table, n, SPACE), 0);
		rf.priv = &seen;
		KUNIT_ASSERT_EQ(test, vgpu_regfile_init(&rf, &map), 0);
		random_accesses(test, &rnd, &rf, model);
		vgpu_regfile_fini(&rf);
		vgpu_regmap_fini(&map);
	}
}

static struct kunit_case regs_cases[] = {
	KUNIT_CASE(regs_reset_values),
	KUNIT_CASE(regs_access_rights),
	KUNIT_CASE(regs_w1c_bytes),
	KUNIT_CASE(regs_byte_merges),
	KUNIT_CASE(regs_write_masked),
	KUNIT_CASE(regs_run_rows),
	KUNIT_CASE(regs_unknown),
	KUNIT_CASE(regs_queueing),
	KUNIT_CASE(regs_read_any_alignment),
	KUNIT_CASE(regs_write_any_alignment),
	KUNIT_CASE(regs_engine_in_pieces),
	KUNIT_CASE(regs_table_validation),
	KUNIT_CASE(regs_random),
	{}
};

static struct kunit_suite regs_suite = {
	.name = "vgpu_regs",
	.init = regs_init,
	.exit = regs_exit,
	.test_cases = regs_cases,
};

kunit_test_suite(regs_suite);
