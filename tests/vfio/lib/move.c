// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include "move.h"
#include "pattern.h"

int feature(struct vdev *d, uint32_t flags, void *data, size_t size)
{
	struct vfio_device_feature *f = malloc(sizeof(*f) + size);
	int ret, err;

	ASSERT(f);
	f->argsz = sizeof(*f) + size;
	f->flags = flags;
	memcpy(f->data, data, size);
	ret = vdev_ioctl(d, VFIO_DEVICE_FEATURE, f);
	err = errno;
	memcpy(data, f->data, size);
	free(f);
	errno = err;
	return ret;
}

/* Not before Linux 6.2. */
bool mig_has_precopy(struct vdev *d)
{
	struct vfio_device_feature_migration mig = {};

	ASSERT_OK(feature(d, VFIO_DEVICE_FEATURE_GET |
			     VFIO_DEVICE_FEATURE_MIGRATION, &mig, sizeof(mig)));
	return mig.flags & VFIO_MIGRATION_PRE_COPY;
}

/* For &struct tap_test.applies. */
bool can_precopy(void)
{
	bool can = mig_has_precopy(vdev_new(gpu->small));

	vdev_cleanup();
	return can;
}

/**
 * mig_set() - change the state
 * @d: the vGPU
 * @state: VFIO_DEVICE_STATE_*
 * @fd: for the stream's file, -1 when there is none; NULL: there must be none
 *
 * Return: 0, or -1 with errno.
 */
int mig_set(struct vdev *d, uint32_t state, int *fd)
{
	struct vfio_device_feature_mig_state s = { .device_state = state };
	int ret, err;

	ret = feature(d, VFIO_DEVICE_FEATURE_SET |
			 VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE, &s, sizeof(s));
	err = errno;
	if (ret)
		s.data_fd = -1;
	if (fd)
		*fd = s.data_fd;
	else
		EXPECT_EQ(s.data_fd, -1);
	errno = err;
	return ret;
}

uint32_t mig_state(struct vdev *d)
{
	struct vfio_device_feature_mig_state s = {};

	ASSERT_OK(feature(d, VFIO_DEVICE_FEATURE_GET |
			     VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE, &s,
			  sizeof(s)));
	return s.device_state;
}

static int begin(struct vdev *d, uint32_t state)
{
	int fd;

	ASSERT_OK(mig_set(d, state, &fd));
	ASSERT(fd >= 0);
	return fd;
}

/* Return: a file to read from. */
int mig_save_begin(struct vdev *d)
{
	return begin(d, VFIO_DEVICE_STATE_STOP_COPY);
}

/* Return: a file to read from, while it runs. */
int mig_precopy_begin(struct vdev *d)
{
	return begin(d, VFIO_DEVICE_STATE_PRE_COPY);
}

/* Return: a file to write to. */
int mig_load_begin(struct vdev *d)
{
	return begin(d, VFIO_DEVICE_STATE_RESUMING);
}

/* All of it, so many bytes at a time. */
struct stream stream_read(int fd, size_t piece)
{
	struct stream st = {};
	size_t room = 0;
	ssize_t n;

	do {
		if (room - st.len < piece) {
			room = 2 * room + piece;
			st.bytes = realloc(st.bytes, room);
			ASSERT(st.bytes);
		}
		n = read(fd, st.bytes + st.len, piece);
		ASSERT_OK(n);
		st.len += n;
	} while (n);
	return st;
}

/**
 * stream_some() - read some more of a stream
 * @fd: its file
 * @st: what was read so far
 * @piece: bytes, at most
 *
 * Return: bytes, or as read().
 */
ssize_t stream_some(int fd, struct stream *st, size_t piece)
{
	ssize_t n;

	st->bytes = realloc(st->bytes, st->len + piece);
	ASSERT(st->bytes);
	n = read(fd, st->bytes + st->len, piece);
	if (n > 0)
		st->len += n;
	return n;
}

/* All that there is now. Return: 0 at the end of the stream, or errno. */
int stream_more(int fd, struct stream *st)
{
	ssize_t n;

	do {
		n = stream_some(fd, st, MIB);
	} while (n > 0);
	return n ? errno : 0;
}

/* The vGPU is left in STOP_COPY. */
struct stream mig_save(struct vdev *d)
{
	int fd = mig_save_begin(d);
	struct stream st = stream_read(fd, MIB);

	close(fd);
	return st;
}

/* So many bytes at a time. Return: 0, or -1 with errno. */
int mig_write(int fd, const struct stream *st, size_t piece)
{
	size_t done;
	ssize_t n;

	for (done = 0; done < st->len; done += n) {
		if (piece > st->len - done)
			piece = st->len - done;
		n = write(fd, st->bytes + done, piece);
		if (n < 0)
			return -1;
	}
	return 0;
}

/* From RUNNING to STOP. Return: 0, or -1 with errno. */
int mig_load(struct vdev *d, const struct stream *st)
{
	int fd = mig_load_begin(d), ret, err;

	ret = mig_write(fd, st, MIB);
	if (!ret)
		ret = mig_set(d, VFIO_DEVICE_STATE_STOP, NULL);
	err = errno;
	close(fd);
	errno = err;
	return ret;
}

struct stream stream_copy(const struct stream *st)
{
	struct stream copy = { malloc(st->len), st->len };

	ASSERT(copy.bytes);
	memcpy(copy.bytes, st->bytes, st->len);
	return copy;
}

void stream_free(struct stream *st)
{
	free(st->bytes);
	*st = (struct stream) {};
}

void mig_reset(struct vdev *of)
{
	ASSERT_OK(vdev_ioctl(of, VFIO_DEVICE_RESET, NULL));
	EXPECT_EQ(mig_state(of), VFIO_DEVICE_STATE_RUNNING);
}

/* Does a vGPU do what it is asked for. */
void expect_works(struct vdev *of, uint32_t value)
{
	uint32_t *vram;

	vdev_decode(of, DECODE_ALL);
	vram = vdev_map_vram(of);
	gpu_init(of);
	gpu_fill(of, 4096, 4096, value);
	gpu_idle(of);
	EXPECT_EQ(vram[1024], value);
	EXPECT_EQ(vram[2047], value);
	munmap(vram, of->size);
}

/* Of memory the most is zero, and some is not; the last byte is not. */
void sparse_pattern(struct vdev *of)
{
	uint8_t *vram = vdev_map_vram(of);
	uint64_t at;

	for (at = 0; at < of->size; at += 3 * 65536)
		fill_pattern(vram + at, 8192, at);
	vram[of->size - 1] = 0x5a;
	munmap(vram, of->size);
}

void expect_same_vram(struct vdev *a, struct vdev *b)
{
	uint32_t *of_a = vdev_map_vram(a), *of_b = vdev_map_vram(b);

	EXPECT_EQ(first_difference(of_a, of_b, a->size), a->size);
	munmap(of_a, a->size);
	munmap(of_b, b->size);
}
