// SPDX-License-Identifier: GPL-2.0
/* Packets of an AlmaIF ring, with arguments and context in the guest's memory. */
#include "fuzz.h"
#include "kernel/kernel.h"
#include "../kunit/soft_aql_model.h"

#define MEM	1024

static struct soft_aql_packet packet_by_fields(void)
{
	struct soft_aql_packet p;
	uint8_t what = input_u8();
	unsigned int i;

	memset(&p, 0, sizeof(p));
	p.header = cpu_to_le16(what % 8 ? 0x104 : input_u16());
	p.dims = cpu_to_le16(what / 8 % 5);
	for (i = 0; i < 3; i++) {
		p.group[i] = cpu_to_le16(input_near(1024));
		p.grid[i] = cpu_to_le32(input_near(1U << 31));
	}
	p.kernel = cpu_to_le64(what & 0x80 ? SOFT_AQL_USER + input_u8() :
				       input_near(65535));
	p.args = cpu_to_le64(input_near(MEM));
	p.context = cpu_to_le64(input_near(MEM - sizeof(struct soft_aql_context)));
	p.meta = cpu_to_le64(input_near(MEM - sizeof(struct soft_aql_meta)));
	return p;
}

/* What was checked comes out of a stream as it went in. */
static void check_round_trip(const struct soft_dispatch *d)
{
	uint8_t stream[512];
	struct soft_dispatch again;
	struct vgpu_writer w;
	struct vgpu_reader r;

	vgpu_writer_init(&w, stream, sizeof(stream));
	soft_aql_save(d, &w);
	CHECK(w.len <= sizeof(stream));
	vgpu_reader_init(&r, stream, w.len);
	soft_aql_load(&again, MEM, &r);
	CHECK(vgpu_reader_ok(&r) && !r.left);
	CHECK(!memcmp(&again, d, sizeof(again)));
}

static void check_dispatch(const struct soft_dispatch *d,
			   const struct soft_aql_packet *p, const uint8_t *mem)
{
	uint64_t args = le64_to_cpu(p->args);

	CHECK(d->args_size <= SOFT_AQL_ARGS && d->args_size <= MEM - args);
	CHECK(!memcmp(d->args, mem + args, d->args_size));
	CHECK(soft_aql_groups(d) >= 1 && soft_aql_groups(d) <= 1ULL << 32);
	check_round_trip(d);
}

/* A dispatch as a stream brings it: what is taken could have come in a packet. */
static void load(const uint8_t *data, size_t size)
{
	struct soft_dispatch d;
	struct vgpu_reader r;

	vgpu_reader_init(&r, data, size);
	soft_aql_load(&d, MEM, &r);
	if (!vgpu_reader_ok(&r))
		return;
	CHECK(d.dims >= 1 && d.dims <= 3 && d.args_size <= SOFT_AQL_ARGS);
	CHECK(soft_aql_meta_is_good(d.meta, MEM));
	CHECK(soft_aql_groups(&d) >= 1);
	check_round_trip(&d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum soft_aql_verdict verdict;
	struct soft_aql_packet p;
	struct soft_dispatch d;
	uint8_t *mem, how;

	input_begin(data, size);
	how = input_u8();
	if (how % 4 == 0) {
		load(input.at, input.left);
		return 0;
	}
	if (how % 4 == 1)
		input_bytes(&p, sizeof(p));
	else
		p = packet_by_fields();
	mem = malloc(MEM);
	CHECK(mem);
	/* The context is where it is looked for more often than not. */
	input_bytes(mem + MEM - sizeof(struct soft_aql_context),
		    sizeof(struct soft_aql_context));
	if (how & 0x80)
		p.context = cpu_to_le64(MEM - sizeof(struct soft_aql_context));
	input_bytes(mem, MEM - sizeof(struct soft_aql_context));
	verdict = soft_aql_parse(&p, mem, MEM, &d);
	CHECK((verdict == SOFT_AQL_RUN) == model_runs(&p, mem, MEM));
	CHECK(soft_aql_field(verdict));
	CHECK(soft_aql_meta_is_good(d.meta, MEM));
	if (verdict == SOFT_AQL_RUN)
		check_dispatch(&d, &p, mem);
	free(mem);
	return 0;
}
