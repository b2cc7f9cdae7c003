// SPDX-License-Identifier: GPL-2.0
/* Says of each of the card's types how large a mode it has: NAME WIDTH HEIGHT. */
#include <stdio.h>
#include "gpu.h"

int main(void)
{
	const struct type_facts *type = rv100_gpu.types;
	unsigned int i;

	for (i = 0; i < rv100_gpu.nr_types; i++, type++)
		printf("%s %u %u\n", type->name, type->xres, type->yres);
	return 0;
}
