// SPDX-License-Identifier: GPL-2.0
/*
 * Is it SPIR-V? SPIRV-Tools says so, before any Vulkan driver sees it: what these
 * make of a module that is none is undefined.
 */
#include <spirv-tools/libspirv.h>
#include <spirv/unified1/spirv.h>
#include <stdio.h>

#include "module.h"

static bool validate(struct module *m, spv_context context,
		     spv_validator_options options, const uint32_t *words,
		     size_t nr)
{
	spv_const_binary_t binary = { words, nr };
	spv_diagnostic what = NULL;
	char text[sizeof(m->why)];
	bool ok;

	ok = spvValidateWithOptions(context, options, &binary, &what) ==
	     SPV_SUCCESS;
	if (!ok) {
		snprintf(text, sizeof(text), "not valid: %s",
			 what && what->error ? what->error : "");
		module_refuse(m, REFUSED_PROGRAM, text);
	}
	spvDiagnosticDestroy(what);
	return ok;
}

/**
 * module_validate() - is it a module that may be executed
 * @m: for what is wrong with it
 * @words: what is said to be one
 * @nr: how many
 *
 * Return: false, and m->refusal says why.
 */
bool module_validate(struct module *m, const uint32_t *words, size_t nr)
{
	spv_validator_options options;
	spv_context context;
	bool ok = false;

	m->refusal = REFUSED_NOT;
	/* SPIRV-Tools would also take it the other way round. */
	if (!nr || words[0] != SpvMagicNumber)
		return module_refuse(m, REFUSED_PROGRAM, "not SPIR-V");
	context = spvContextCreate(SPV_ENV_VULKAN_1_3);
	options = spvValidatorOptionsCreate();
	if (context && options) {
		spvValidatorOptionsSetScalarBlockLayout(options, true);
		ok = validate(m, context, options, words, nr);
	} else {
		module_refuse(m, REFUSED_PROGRAM, "no memory");
	}
	spvValidatorOptionsDestroy(options);
	spvContextDestroy(context);
	return ok;
}
