// SPDX-License-Identifier: GPL-2.0
/*
 * What a SPIR-V module says of itself: its entry points, the size of their
 * work-groups, their arguments; and whether it asks for more than there is. The
 * module is a guest's: its grammar was looked at (validate.c), its meaning was not.
 */
#include <spirv/unified1/spirv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "module.h"

#define HEADER		5	/* words */
#define MAX_IDS		(1 << 17)

/**
 * struct reader - a walk through a module
 * @m: for what is found
 * @words: the module
 * @nr: how many
 * @nr_ids: ids are less
 * @at: where an id is made; 0 for what is of no interest
 * @spec: number of the specialization constant that an id is, plus 1; or 0
 * @wanted: the entry point, by its place
 * @entries: that were seen
 * @function: that of the entry point that is wanted
 * @local_ids: ids of the size of a work-group, or 0
 * @composite: the one id of that size, or 0, which counts more
 * @block: the type of the push constants, or 0
 * @group: the size that is asked for
 */
struct reader {
	struct module *m;
	const uint32_t *words;
	size_t nr;
	uint32_t nr_ids;
	uint32_t *at;
	uint32_t *spec;
	uint32_t wanted;
	uint32_t entries;
	uint32_t function;
	uint32_t local_ids[3];
	uint32_t composite;
	uint32_t block;
	const uint32_t *group;
};

/* An instruction, its words of which the first is its number and their count. */
struct instruction {
	const uint32_t *words;
	unsigned int op;
	unsigned int nr;
};

/* The first reason counts. Always false, so that callers can return it. */
bool module_refuse(struct module *m, enum refusal why, const char *text)
{
	if (!m->refusal) {
		m->refusal = why;
		snprintf(m->why, sizeof(m->why), "%s", text);
	}
	return false;
}

static bool refuse(struct reader *r, const char *text)
{
	return module_refuse(r->m, REFUSED_PROGRAM, text);
}

/* The instruction at @at. Return: false at the end. */
static bool instruction_at(const uint32_t *words, size_t nr, size_t at,
			   struct instruction *in)
{
	if (at >= nr)
		return false;
	in->words = words + at;
	in->op = words[at] & 0xffff;
	in->nr = words[at] >> 16;
	return in->nr && in->nr <= nr - at;
}

/**
 * module_size() - where a module ends
 * @words: what begins with one
 * @nr: how many there are
 *
 * A module does not say how long it is, and behind it may lie the rest of a longer
 * one that was there before. A word that is 0 begins no instruction: so it ends one.
 *
 * Return: the words of the module.
 */
size_t module_size(const uint32_t *words, size_t nr)
{
	size_t at;

	for (at = HEADER; at < nr && words[at]; at += words[at] >> 16)
		if (!(words[at] >> 16) || words[at] >> 16 > nr - at)
			return nr;
	return at < nr ? at : nr;
}

static bool is_capability(uint32_t what)
{
	static const uint16_t known[] = {
		SpvCapabilityMatrix, SpvCapabilityShader, SpvCapabilityInt8,
		SpvCapabilityInt16, SpvCapabilityInt64, SpvCapabilityFloat16,
		SpvCapabilityFloat64, SpvCapabilityInt64Atomics,
		SpvCapabilityPhysicalStorageBufferAddresses,
		SpvCapabilityStorageBuffer8BitAccess,
		SpvCapabilityStorageBuffer16BitAccess,
		SpvCapabilityVulkanMemoryModel,
		SpvCapabilityVulkanMemoryModelDeviceScope,
	};
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i] == what)
			return true;
	return false;
}

static bool look_capability(struct reader *r, const struct instruction *in)
{
	char text[64];

	if (in->nr >= 2 && is_capability(in->words[1]))
		return true;
	snprintf(text, sizeof(text), "capability %u is not there",
		 in->nr >= 2 ? in->words[1] : 0);
	return refuse(r, text);
}

/* Whether the text that begins at word @at begins with this one; it may be cut off. */
static bool begins_with(const struct instruction *in, unsigned int at,
			const char *start)
{
	return in->nr > at && (in->nr - at) * 4 > strlen(start) &&
	       !memcmp(in->words + at, start, strlen(start));
}

static bool look_import(struct reader *r, const struct instruction *in)
{
	return begins_with(in, 2, "GLSL.std.450") ||
	       begins_with(in, 2, "NonSemantic.") ||
	       refuse(r, "it imports instructions that are not there");
}

static bool look_entry(struct reader *r, const struct instruction *in)
{
	size_t size;

	if (in->nr < 4 || in->words[1] != SpvExecutionModelGLCompute)
		return refuse(r, "an entry point that does not compute");
	if (r->entries++ != r->wanted)
		return true;
	r->function = in->words[2];
	size = (in->nr - 3) * 4;
	if (size > sizeof(r->m->name))
		size = sizeof(r->m->name);
	memcpy(r->m->name, in->words + 3, size);
	return memchr(r->m->name, 0, sizeof(r->m->name)) ||
	       refuse(r, "the name of an entry point is too long");
}

static bool look_mode(struct reader *r, const struct instruction *in)
{
	if (in->nr < 6 || in->words[1] != r->function)
		return true;
	if (in->op == SpvOpExecutionMode &&
	    in->words[2] == SpvExecutionModeLocalSize)
		memcpy(r->m->local, in->words + 3, sizeof(r->m->local));
	if (in->op == SpvOpExecutionModeId &&
	    in->words[2] == SpvExecutionModeLocalSizeId)
		memcpy(r->local_ids, in->words + 3, sizeof(r->local_ids));
	return true;
}

/* A dispatch is cut into pieces: its whole size is nowhere to be had. */
static bool look_builtin(struct reader *r, uint32_t builtin)
{
	return builtin != SpvBuiltInNumWorkgroups ||
	       refuse(r, "it asks for the number of work-groups");
}

static bool look_decorate(struct reader *r, const struct instruction *in)
{
	uint32_t id = in->nr < 4 ? 0 : in->words[1];

	if (!id || id >= r->nr_ids)
		return true;
	if (in->words[2] == SpvDecorationSpecId && in->words[3] < 3)
		r->spec[id] = in->words[3] + 1;
	if (in->words[2] != SpvDecorationBuiltIn)
		return true;
	if (in->words[3] == SpvBuiltInWorkgroupSize)
		r->composite = id;
	return look_builtin(r, in->words[3]);
}

static bool look_member(struct reader *r, const struct instruction *in)
{
	return in->nr < 5 || in->words[3] != SpvDecorationBuiltIn ||
	       look_builtin(r, in->words[4]);
}

/* What makes an id, of a kind and with so many words at least; or NULL. */
static const uint32_t *made_by(const struct reader *r, uint32_t id,
			       unsigned int op, unsigned int nr)
{
	struct instruction in;

	if (id >= r->nr_ids || !r->at[id] ||
	    !instruction_at(r->words, r->nr, r->at[id], &in) ||
	    in.op != op || in.nr < nr)
		return NULL;
	return in.words;
}

static bool look_variable(struct reader *r, const struct instruction *in)
{
	const uint32_t *pointer;

	if (in->nr < 4)
		return refuse(r, "a variable without a place");
	switch (in->words[3]) {
	case SpvStorageClassInput:
	case SpvStorageClassWorkgroup:
	case SpvStorageClassPrivate:
	case SpvStorageClassFunction:
		return true;
	case SpvStorageClassPushConstant:
		pointer = made_by(r, in->words[1], SpvOpTypePointer, 4);
		if (r->block || !pointer)
			return refuse(r, "it has two blocks of arguments");
		r->block = pointer[3];
		return true;
	default:
		return refuse(r, "memory that is no argument's: a descriptor?");
	}
}

/* Where an id is made, of those that are looked up later. */
static void note(struct reader *r, const struct instruction *in, unsigned int word)
{
	if (in->nr > word && in->words[word] < r->nr_ids)
		r->at[in->words[word]] = in->words - r->words;
}

static bool look(struct reader *r, const struct instruction *in)
{
	switch (in->op) {
	case SpvOpCapability:
		return look_capability(r, in);
	case SpvOpExtInstImport:
		return look_import(r, in);
	case SpvOpEntryPoint:
		return look_entry(r, in);
	case SpvOpExecutionMode:
	case SpvOpExecutionModeId:
		return look_mode(r, in);
	case SpvOpDecorate:
		return look_decorate(r, in);
	case SpvOpMemberDecorate:
		return look_member(r, in);
	case SpvOpVariable:
		return look_variable(r, in);
	case SpvOpTypeInt:
	case SpvOpTypeFloat:
	case SpvOpTypeVector:
	case SpvOpTypeStruct:
	case SpvOpTypePointer:
		note(r, in, 1);
		return true;
	case SpvOpConstant:
	case SpvOpSpecConstant:
	case SpvOpConstantComposite:
	case SpvOpSpecConstantComposite:
		note(r, in, 2);
		return true;
	default:
		return true;
	}
}

static bool walk(struct reader *r)
{
	struct instruction in;
	size_t at;

	for (at = HEADER; instruction_at(r->words, r->nr, at, &in); at += in.nr)
		if (!look(r, &in))
			return false;
	return at == r->nr || refuse(r, "no end of an instruction");
}

/* The number that a constant is; the first three can be chosen: by the group. */
static bool value_of(const struct reader *r, uint32_t id, uint32_t *value)
{
	const uint32_t *fixed = made_by(r, id, SpvOpConstant, 4);
	const uint32_t *chosen = made_by(r, id, SpvOpSpecConstant, 4);

	if (chosen && r->spec[id])
		*value = r->group[r->spec[id] - 1];
	else if (chosen || fixed)
		*value = (chosen ?: fixed)[3];
	return chosen || fixed;
}

static bool read_local(struct reader *r)
{
	const uint32_t *ids = r->local_ids[0] ? r->local_ids : NULL, *composite;
	struct module *m = r->m;
	char text[128];
	unsigned int i;

	composite = made_by(r, r->composite, SpvOpConstantComposite, 6);
	if (!composite)
		composite = made_by(r, r->composite,
				    SpvOpSpecConstantComposite, 6);
	if (composite)
		ids = composite + 3;
	for (i = 0; ids && i < 3; i++)
		if (!value_of(r, ids[i], &m->local[i]))
			return refuse(r, "a size of work-groups that is not plain");
	if (!memcmp(m->local, r->group, sizeof(m->local)))
		return true;
	snprintf(text, sizeof(text), "work-groups of %ux%ux%u, it has %ux%ux%u",
		 r->group[0], r->group[1], r->group[2], m->local[0],
		 m->local[1], m->local[2]);
	return module_refuse(m, REFUSED_VALUE, text);
}

/* Size and kind of a number; 0 bytes if it is none. */
static uint32_t number(const struct reader *r, uint32_t id, char *type)
{
	const uint32_t *t = made_by(r, id, SpvOpTypeInt, 4);
	char plain = t && t[3] ? 'i' : 'u';

	if (!t) {
		t = made_by(r, id, SpvOpTypeFloat, 3);
		plain = 'f';
	}
	if (!t || t[2] > 64)
		return 0;
	*type = t[2] == 32 ? plain : 'x';
	return t[2] / 8;
}

/* Bytes of an argument; 0 for what cannot be one. */
static uint32_t read_type(const struct reader *r, uint32_t id, char *type)
{
	const uint32_t *t = made_by(r, id, SpvOpTypePointer, 4);
	uint32_t size;

	*type = 'p';
	if (t)
		return t[2] == SpvStorageClassPhysicalStorageBuffer ? 8 : 0;
	t = made_by(r, id, SpvOpTypeVector, 4);
	if (!t)
		return number(r, id, type);
	size = number(r, t[2], type);
	*type = 'x';
	return t[3] <= 4 ? size * t[3] : 0;
}

static bool read_offset(const struct reader *r, uint32_t member, uint32_t *offset)
{
	struct instruction in;
	size_t at;

	for (at = HEADER; instruction_at(r->words, r->nr, at, &in); at += in.nr)
		if (in.op == SpvOpMemberDecorate && in.nr >= 5 &&
		    in.words[1] == r->block && in.words[2] == member &&
		    in.words[3] == SpvDecorationOffset) {
			*offset = in.words[4];
			return true;
		}
	return false;
}

static bool read_arg(struct reader *r, uint32_t type)
{
	struct module *m = r->m;
	struct module_arg *arg = &m->args[m->nr_args];
	uint32_t size = read_type(r, type, &arg->type);

	if (!size)
		return refuse(r, "an argument that is no pointer, number or vector of these");
	if (!read_offset(r, m->nr_args, &arg->offset) ||
	    arg->offset > MODULE_ARGS - size ||
	    (arg->type == 'p' && arg->offset % 8))
		return refuse(r, "more arguments than there is room for");
	if (arg->offset + size > m->args_size)
		m->args_size = arg->offset + size;
	m->nr_args++;
	return true;
}

static bool read_args(struct reader *r)
{
	const uint32_t *block = made_by(r, r->block, SpvOpTypeStruct, 2);
	unsigned int i, nr = block ? (block[0] >> 16) - 2 : 0;

	if (!r->block)
		return true;
	if (!block || nr > MAX_ARGS)
		return refuse(r, "more arguments than there is room for");
	for (i = 0; i < nr; i++)
		if (!read_arg(r, block[2 + i]))
			return false;
	return true;
}

static bool read_all(struct reader *r)
{
	if (!walk(r))
		return false;
	if (!r->function)
		return module_refuse(r->m, REFUSED_KERNEL,
				     "it has no such entry point");
	return read_args(r) && read_local(r);
}

/**
 * module_read() - what is to be known of an entry point, and can it be executed
 * @m: for that
 * @words: the module, good by module_validate()
 * @nr: how many
 * @entry: which one, from 0
 * @group: the three sizes of a work-group that are asked for; where the module has
 *	specialization constants 0 to 2 for its own, these are what is asked for
 *
 * Return: false, and m->refusal says why.
 */
bool module_read(struct module *m, const uint32_t *words, size_t nr,
		 uint32_t entry, const uint32_t *group)
{
	struct reader r = {
		.m = m, .words = words, .nr = nr, .wanted = entry,
		.group = group,
	};
	bool ok = false;

	memset(m, 0, sizeof(*m));
	if (nr < HEADER || words[3] > MAX_IDS)
		return refuse(&r, "it is too large");
	r.nr_ids = words[3];
	r.at = calloc(r.nr_ids + 1, sizeof(*r.at));
	r.spec = calloc(r.nr_ids + 1, sizeof(*r.spec));
	if (r.at && r.spec)
		ok = read_all(&r);
	else
		refuse(&r, "no memory");
	free(r.at);
	free(r.spec);
	return ok;
}
