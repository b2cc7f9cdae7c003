/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What does not know of programs: numbers by chance, what no answer may have, what can be
 * touched.
 */
#ifndef _VFIO_FUZZ_CHANCE_H
#define _VFIO_FUZZ_CHANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* program.c */
uint64_t roll(uint64_t *state);
uint64_t edge(uint64_t raw, uint64_t limit);

/* secrets.c */
bool is_poison(uint8_t byte);
void expect_no_secrets(const void *p, size_t n, unsigned int run, const char *where);
void expect_no_secrets_told(const char *text, const char *where);

/* fuzz.c */
uint64_t number_of(const char *name, uint64_t otherwise);

/* maps.c */
bool touches(volatile void *p, bool write);

#endif /* _VFIO_FUZZ_CHANCE_H */
