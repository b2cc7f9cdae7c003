// SPDX-License-Identifier: GPL-2.0
/*
 * Images: what instruction memory held when a guest said that it is to be used.
 * The guest may write the next one at once, so it is a copy; whoever carries
 * something out with it has a reference.
 */
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "soft_almaif.h"

/* To a whole word, for it is much to look at. */
static u32 without_zeros(const void *from, u32 size)
{
	const u64 *words = from;

	size /= sizeof(*words);
	while (size && !READ_ONCE(words[size - 1]))
		size--;
	return size * sizeof(*words);
}

/**
 * soft_image_make() - copy instruction memory
 * @from: where it is; may change at any time
 * @size: bytes, a multiple of 8
 *
 * The memory is charged to whoever asks. May sleep.
 *
 * Return: the image, of generation 0, or NULL.
 */
struct soft_image *soft_image_make(const void *from, u32 size)
{
	struct soft_image *image;

	might_sleep();
	size = without_zeros(from, size);
	image = kvmalloc(struct_size(image, data, size), GFP_KERNEL_ACCOUNT);
	if (!image)
		return NULL;
	kref_init(&image->ref);
	image->generation = 0;
	image->size = size;
	memcpy(image->data, from, size);
	return image;
}

/**
 * soft_image_get() - one more who needs an image
 * @image: the image, or NULL
 *
 * Return: @image.
 */
struct soft_image *soft_image_get(struct soft_image *image)
{
	if (image)
		kref_get(&image->ref);
	return image;
}

static void free_image(struct kref *ref)
{
	kvfree(container_of(ref, struct soft_image, ref));
}

/**
 * soft_image_put() - one less
 * @image: the image, or NULL. May sleep
 */
void soft_image_put(struct soft_image *image)
{
	might_sleep();
	if (image)
		kref_put(&image->ref, free_image);
}

/**
 * soft_image_is() - is instruction memory as it was
 * @image: the image, or NULL
 * @from: instruction memory
 * @size: its bytes
 *
 * Return: true when there is no need for another image.
 */
bool soft_image_is(const struct soft_image *image, const void *from, u32 size)
{
	return image && without_zeros(from, size) == image->size &&
	       !memcmp(image->data, from, image->size);
}
