// SPDX-License-Identifier: GPL-2.0
/*
 * The bytes that the state of an instance becomes: numbers of a fixed size,
 * little-endian, one after the other. Neither side goes beyond its buffer, and
 * the reader believes nothing.
 *
 * No device is touched here; see <vgpu/section.h>.
 */
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <asm/byteorder.h>

#include <vgpu/section.h>

/**
 * vgpu_writer_init() - begin to save
 * @w: the writer
 * @buf: for the bytes, or NULL to count them
 * @size: bytes there
 */
void vgpu_writer_init(struct vgpu_writer *w, void *buf, size_t size)
{
	w->buf = buf;
	w->size = buf ? size : 0;
	w->len = 0;
	w->now = ktime_get_ns();
}

/**
 * vgpu_put_bytes() - save bytes as they are
 * @w: the writer
 * @from: the bytes
 * @n: how many
 */
void vgpu_put_bytes(struct vgpu_writer *w, const void *from, size_t n)
{
	if (w->len <= w->size && n <= w->size - w->len)
		memcpy(w->buf + w->len, from, n);
	w->len += n;
}
EXPORT_SYMBOL_GPL(vgpu_put_bytes);

/**
 * vgpu_put() - save a number
 * @w: the writer
 * @size: its bytes, 1 to 8
 * @val: the number
 */
void vgpu_put(struct vgpu_writer *w, unsigned int size, u64 val)
{
	__le64 le = cpu_to_le64(val);

	vgpu_put_bytes(w, &le, size);
}
EXPORT_SYMBOL_GPL(vgpu_put);

/**
 * vgpu_put_u32s() - save an array
 * @w: the writer
 * @from: the numbers
 * @n: how many
 */
void vgpu_put_u32s(struct vgpu_writer *w, const u32 *from, unsigned int n)
{
	while (n--)
		vgpu_put_u32(w, *from++);
}
EXPORT_SYMBOL_GPL(vgpu_put_u32s);

static u64 get_member(const void *at, unsigned int size)
{
	switch (size) {
	case 1:
		return *(const u8 *)at;
	case 2:
		return *(const u16 *)at;
	case 4:
		return *(const u32 *)at;
	default:
		return *(const u64 *)at;
	}
}

static void set_member(void *at, unsigned int size, u64 val)
{
	switch (size) {
	case 1:
		*(u8 *)at = val;
		break;
	case 2:
		*(u16 *)at = val;
		break;
	case 4:
		*(u32 *)at = val;
		break;
	default:
		*(u64 *)at = val;
		break;
	}
}

/**
 * vgpu_put_fields() - save members of a structure
 * @w: the writer
 * @from: the structure
 * @fields: which, in this order
 * @n: how many
 */
void vgpu_put_fields(struct vgpu_writer *w, const void *from,
		     const struct vgpu_field *fields, unsigned int n)
{
	for (; n--; fields++)
		vgpu_put(w, fields->size,
			 get_member(from + fields->offset, fields->size));
}
EXPORT_SYMBOL_GPL(vgpu_put_fields);

/**
 * vgpu_reader_init() - begin to load
 * @r: the reader
 * @buf: the bytes
 * @size: how many
 */
void vgpu_reader_init(struct vgpu_reader *r, const void *buf, size_t size)
{
	memset(r, 0, sizeof(*r));
	r->at = buf;
	r->left = size;
	r->section = "stream";
	r->now = ktime_get_ns();
}

/**
 * vgpu_reader_ok() - may what was read be used
 * @r: the reader
 *
 * Return: false when any of it was refused.
 */
bool vgpu_reader_ok(const struct vgpu_reader *r)
{
	return !*r->refusal;
}
EXPORT_SYMBOL_GPL(vgpu_reader_ok);

/**
 * vgpu_refuse() - a value is not good
 * @r: the reader; only the first refusal is kept
 * @field: which value
 * @fmt: what is wrong with it
 */
void vgpu_refuse(struct vgpu_reader *r, const char *field, const char *fmt, ...)
{
	va_list args;
	int len;

	if (!vgpu_reader_ok(r))
		return;
	len = scnprintf(r->refusal, sizeof(r->refusal), "%s: %s: ", r->section,
			field);
	va_start(args, fmt);
	vscnprintf(r->refusal + len, sizeof(r->refusal) - len, fmt, args);
	va_end(args);
}
EXPORT_SYMBOL_GPL(vgpu_refuse);

/**
 * vgpu_get_bytes() - load bytes as they are
 * @r: the reader
 * @field: what they are
 * @to: where to; zeros when they are refused
 * @n: how many
 *
 * Return: vgpu_reader_ok().
 */
bool vgpu_get_bytes(struct vgpu_reader *r, const char *field, void *to,
		    size_t n)
{
	if (n > r->left)
		vgpu_refuse(r, field, "%zu bytes, of which %zu are there", n,
			    r->left);
	if (!vgpu_reader_ok(r)) {
		memset(to, 0, n);
		return false;
	}
	memcpy(to, r->at, n);
	r->at += n;
	r->left -= n;
	return true;
}
EXPORT_SYMBOL_GPL(vgpu_get_bytes);

/**
 * vgpu_get() - load a number
 * @r: the reader
 * @field: what it is
 * @size: its bytes, 1 to 8
 * @max: the largest that is good
 *
 * Return: the number; 0 when it is refused.
 */
u64 vgpu_get(struct vgpu_reader *r, const char *field, unsigned int size,
	     u64 max)
{
	__le64 le = 0;
	u64 val;

	vgpu_get_bytes(r, field, &le, size);
	val = le64_to_cpu(le);
	if (val <= max)
		return val;
	vgpu_refuse(r, field, "%#llx is more than %#llx", val, max);
	return 0;
}
EXPORT_SYMBOL_GPL(vgpu_get);

/**
 * vgpu_get_u32s() - load an array
 * @r: the reader
 * @field: what it is
 * @to: where to
 * @n: how many numbers
 * @max: the largest that is good
 *
 * Return: vgpu_reader_ok().
 */
bool vgpu_get_u32s(struct vgpu_reader *r, const char *field, u32 *to,
		   unsigned int n, u32 max)
{
	while (n--)
		*to++ = vgpu_get(r, field, sizeof(*to), max);
	return vgpu_reader_ok(r);
}
EXPORT_SYMBOL_GPL(vgpu_get_u32s);

/**
 * vgpu_get_fields() - load members of a structure
 * @r: the reader
 * @to: the structure
 * @fields: which, in this order
 * @n: how many
 *
 * Return: vgpu_reader_ok().
 */
bool vgpu_get_fields(struct vgpu_reader *r, void *to,
		     const struct vgpu_field *fields, unsigned int n)
{
	for (; n--; fields++)
		set_member(to + fields->offset, fields->size,
			   vgpu_get(r, fields->name, fields->size,
				    fields->max));
	return vgpu_reader_ok(r);
}
EXPORT_SYMBOL_GPL(vgpu_get_fields);
