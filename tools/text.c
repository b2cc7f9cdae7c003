// SPDX-License-Identifier: GPL-2.0
/*
 * Text and numbers that come from elsewhere: whoever names a VM decides what
 * is in its name.
 */
#include <ctype.h>
#include <err.h>
#include <limits.h>
#include <string.h>
#include <wchar.h>

#include "text.h"

bool is_uuid(const char *s)
{
	size_t i;

	for (i = 0; i < UUID_LEN - 1; i++) {
		if (i == 8 || i == 13 || i == 18 || i == 23) {
			if (s[i] != '-')
				return false;
		} else if (!isxdigit((unsigned char)s[i])) {
			return false;
		}
	}
	return !s[i];
}

/**
 * parse_number() - a number as the driver writes it
 * @s: digits, with a fraction if @decimals, and maybe a newline
 * @decimals: how many digits of the fraction are wanted, and allowed
 * @val: for the number times 10^@decimals
 *
 * Return: false if it is anything else, or larger than 64 bits.
 */
bool parse_number(const char *s, unsigned int decimals, uint64_t *val)
{
	unsigned int fraction = 0;
	bool point = false;
	uint64_t n = 0;

	if (!isdigit((unsigned char)*s))
		return false;
	for (; *s && *s != '\n'; s++) {
		if (*s == '.' && decimals && !point) {
			point = true;
			continue;
		}
		if (!isdigit((unsigned char)*s) ||
		    (point && ++fraction > decimals) ||
		    __builtin_mul_overflow(n, 10, &n) ||
		    __builtin_add_overflow(n, *s - '0', &n))
			return false;
	}
	for (; fraction < decimals; fraction++)
		if (__builtin_mul_overflow(n, 10, &n))
			return false;
	if (*s == '\n' && s[1])
		return false;
	*val = n;
	return true;
}

/* Says what is wrong with a value of the command line; false, so that it can be returned. */
bool bad_value(const char *what, const char *val)
{
	warnx("%s: '%s'", what, val);
	return false;
}

/* Bytes of the UTF-8 character at @s; 0 if it is none, or a control character. */
static size_t char_len(const unsigned char *s)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint32_t c = *s;
	size_t len, i;

	if (c < 0x80)
		return c >= ' ' && c != 0x7f;
	len = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
	if (c < 0xc0 || c > 0xf7)
		return 0;
	c &= 0x7f >> len;
	for (i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	if (c < least[len] || c < 0xa0 || c > 0x10ffff ||
	    (c >= 0xd800 && c < 0xe000))
		return 0;
	return len;
}

/**
 * copy_text() - take over a text, as far as it fits and can be shown
 * @dst: for the copy: UTF-8 without control characters, which could mean
 *	something to a terminal or to the reader of a file
 * @size: of @dst
 * @src: what was read; the part before a newline counts
 */
void copy_text(char *dst, size_t size, const char *src)
{
	const unsigned char *s = (const unsigned char *)src;
	size_t len;

	for (; *s && *s != '\n' && size > 1; s += len ?: 1) {
		len = char_len(s);
		if (len >= size)
			break;
		if (len)
			memcpy(dst, s, len);
		else
			*dst = '?';
		dst += len ?: 1;
		size -= len ?: 1;
	}
	*dst = 0;
}

void put_json_string(FILE *f, const char *s)
{
	putc('"', f);
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			putc('\\', f);
		putc(*s, f);
	}
	putc('"', f);
}

/* What one character of @src becomes on a terminal: bytes taken, columns. */
static size_t show_char(const char *src, char *out, size_t *len, int *columns,
			mbstate_t *state)
{
	size_t taken;
	wchar_t wc;

	taken = mbrtowc(&wc, src, MB_LEN_MAX, state);
	if (taken == (size_t)-1 || taken == (size_t)-2 || !taken ||
	    wcwidth(wc) < 0) {
		memset(state, 0, sizeof(*state));
		*out = '?';
		*len = 1;
		*columns = 1;
		return taken && taken < (size_t)-2 ? taken : 1;
	}
	memcpy(out, src, taken);
	*len = taken;
	*columns = wcwidth(wc);
	return taken;
}

/**
 * fit_text() - a text in a column of a table
 * @dst: for the text
 * @size: of @dst
 * @src: the text
 * @width: columns that it takes then, whatever its length; 0: as it is
 * @left: to the left in them, else to the right; if it is too long, its
 *	beginning is shown
 *
 * Return: bytes written, without the terminating zero.
 */
size_t fit_text(char *dst, size_t size, const char *src, int width, bool left)
{
	char out[MB_LEN_MAX];
	mbstate_t state = {};
	size_t used = 0, len;
	int at = 0, columns;
	size_t pad;

	while (*src) {
		src += show_char(src, out, &len, &columns, &state);
		if ((width && at + columns > width) || used + len >= size)
			break;
		memcpy(dst + used, out, len);
		used += len;
		at += columns;
	}
	pad = at < width ? width - at : 0;
	if (pad > size - 1 - used)
		pad = size - 1 - used;
	if (left) {
		memset(dst + used, ' ', pad);
	} else {
		memmove(dst + pad, dst, used);
		memset(dst, ' ', pad);
	}
	dst[used + pad] = 0;
	return used + pad;
}
