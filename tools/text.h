/* SPDX-License-Identifier: GPL-2.0 */
/* Text and numbers that come from elsewhere. */
#ifndef _TEXT_H
#define _TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define UUID_LEN	37	/* with the terminating zero */

bool is_uuid(const char *s);
bool bad_value(const char *what, const char *val);
bool parse_number(const char *s, unsigned int decimals, uint64_t *val);
void copy_text(char *dst, size_t size, const char *src);
void put_json_string(FILE *f, const char *s);
size_t fit_text(char *dst, size_t size, const char *src, int width, bool left);

#endif /* _TEXT_H */
