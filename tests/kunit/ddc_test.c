// SPDX-License-Identifier: GPL-2.0
/*
 * The monitor's EEPROM, read as a driver does it: an I2C master that moves
 * one wire at a time, as the kernel's i2c-algo-bit does.
 */
#include <kunit/test.h>
#include <linux/prandom.h>
#include <linux/string.h>

#include <vgpu/ddc.h>

#define WRITE_ADDR	0xa0
#define READ_ADDR	0xa1

static int ddc_init(struct kunit *test)
{
	struct vgpu_ddc *ddc = kunit_kzalloc(test, sizeof(*ddc), GFP_KERNEL);
	struct rnd_state rnd;

	if (!ddc)
		return -ENOMEM;
	prandom_seed_state(&rnd, 3);
	prandom_bytes_state(&rnd, ddc->edid, sizeof(ddc->edid));
	ddc->edid_len = 128;
	vgpu_ddc_reset(ddc);
	test->priv = ddc;
	return 0;
}

static bool wires(struct vgpu_ddc *ddc, bool scl, bool sda)
{
	return vgpu_ddc_drive(ddc, scl, sda);
}

/* From any state of the wires: SDA is high before SCL rises. */
static void start(struct vgpu_ddc *ddc)
{
	wires(ddc, ddc->scl, true);
	wires(ddc, true, true);
	wires(ddc, true, false);
	wires(ddc, false, false);
}

static void stop(struct vgpu_ddc *ddc)
{
	wires(ddc, false, false);
	wires(ddc, true, false);
	wires(ddc, true, true);
}

/* One clock with SDA as given; what the wire showed while SCL was high. */
static bool clock_bit(struct vgpu_ddc *ddc, bool sda)
{
	bool level;

	wires(ddc, false, sda);
	level = wires(ddc, true, sda);
	wires(ddc, false, sda);
	return level;
}

static bool send(struct vgpu_ddc *ddc, u8 byte)
{
	int i;

	for (i = 7; i >= 0; i--)
		clock_bit(ddc, byte >> i & 1);
	return !clock_bit(ddc, true);	/* low is acknowledged */
}

static u8 receive(struct vgpu_ddc *ddc, bool more)
{
	u8 byte = 0;
	int i;

	for (i = 0; i < 8; i++)
		byte = byte << 1 | clock_bit(ddc, true);
	clock_bit(ddc, !more);
	return byte;
}

static void seek(struct kunit *test, struct vgpu_ddc *ddc, u8 offset)
{
	start(ddc);
	KUNIT_EXPECT_TRUE(test, send(ddc, WRITE_ADDR));
	KUNIT_EXPECT_TRUE(test, send(ddc, offset));
}

static void read_at(struct kunit *test, struct vgpu_ddc *ddc, u8 offset,
		    u8 *buf, size_t n)
{
	size_t i;

	seek(test, ddc, offset);
	start(ddc);
	KUNIT_EXPECT_TRUE(test, send(ddc, READ_ADDR));
	for (i = 0; i < n; i++)
		buf[i] = receive(ddc, i + 1 < n);
	stop(ddc);
}

static void ddc_reads_all(struct kunit *test)
{
	struct vgpu_ddc *ddc = test->priv;
	u8 buf[VGPU_EDID_MAX];

	read_at(test, ddc, 0, buf, 128);
	KUNIT_EXPECT_MEMEQ(test, buf, ddc->edid, 128);
	ddc->edid_len = 256;
	read_at(test, ddc, 0, buf, 256);
	KUNIT_EXPECT_MEMEQ(test, buf, ddc->edid, 256);
	read_at(test, ddc, 128, buf, 128);
	KUNIT_EXPECT_MEMEQ(test, buf, ddc->edid + 128, 128);
}

static void ddc_any_offset(struct kunit *test)
{
	struct vgpu_ddc *ddc = test->priv;
	unsigned int i;
	u8 byte;

	for (i = 0; i < 256; i++) {
		read_at(test, ddc, i, &byte, 1);
		KUNIT_EXPECT_EQ_MSG(test, byte, i < 128 ? ddc->edid[i] : 0xff,
				    "offset %u", i);
	}
}

/* The address counter is a byte: after the last comes the first. */
static void ddc_wraps(struct kunit *test)
{
	struct vgpu_ddc *ddc = test->priv;
	u8 buf[20];

	ddc->edid_len = 256;
	read_at(test, ddc, 250, buf, sizeof(buf));
	KUNIT_EXPECT_MEMEQ(test, buf, ddc->edid + 250, 6);
	KUNIT_EXPECT_MEMEQ(test, buf + 6, ddc->edid, sizeof(buf) - 6);
}

static void ddc_other_address(struct kunit *test)
{
	struct vgpu_ddc *ddc = test->priv;
	unsigned int addr;

	for (addr = 0; addr < 128; addr++) {
		start(ddc);
		KUNIT_EXPECT_EQ_MSG(test, send(ddc, addr << 1), addr == 0x50,
				    "address %#x", addr);
		stop(ddc);
		start(ddc);
		KUNIT_EXPECT_EQ_MSG(test, send(ddc, addr << 1 | 1),
				    addr == 0x50, "address %#x", addr);
		if (addr != 0x50)
			KUNIT_EXPECT_EQ(test, receive(ddc, false), 0xffU);
		/* Leave the bus released, whatever the slave did. */
		receive(ddc, false);
		stop(ddc);
	}
}

static void ddc_no_monitor(struct kunit *test)
{
	struct vgpu_ddc *ddc = test->priv;

	ddc->edid_len = 0;
	start(ddc);
	KUNIT_EXPECT_FALSE(test, send(ddc, WRITE_ADDR));
	stop(ddc);
	start(ddc);
	KUNIT_EXPECT_FALSE(test, send(ddc, READ_ADDR));
	KUNIT_EXPECT_EQ(test, receive(ddc, false), 0xffU);
	stop(ddc);
}

/* Without an offset reading goes on where it was; both kinds of start do. */
static void ddc_current_address(struct kunit *test)
{
	struct vgpu_ddc *ddc = test->priv;
	u8 buf[4];

	read_at(test, ddc, 20, buf, 4);
	start(ddc);
	KUNIT_EXPECT_TRUE(test, send(ddc, READ_ADDR));
	KUNIT_EXPECT_EQ(test, receive(ddc, false), ddc->edid[24]);
	stop(ddc);

	seek(test, ddc, 60);
	stop(ddc);
	start(ddc);
	KUNIT_EXPECT_TRUE(test, send(ddc, READ_ADDR));
	KUNIT_EXPECT_EQ(test, receive(ddc, true), ddc->edid[60]);
	KUNIT_EXPECT_EQ(test, receive(ddc, false), ddc->edid[61]);
	stop(ddc);
}

/* More bytes than the offset: acknowledged, and nothing is changed. */
static void ddc_is_read_only(struct kunit *test)
{
	struct vgpu_ddc *ddc = test->priv;
	u8 before[VGPU_EDID_MAX], byte;

	memcpy(before, ddc->edid, sizeof(before));
	seek(test, ddc, 5);
	KUNIT_EXPECT_TRUE(test, send(ddc, 0x12));
	KUNIT_EXPECT_TRUE(test, send(ddc, 0x34));
	stop(ddc);
	KUNIT_EXPECT_MEMEQ(test, ddc->edid, before, sizeof(before));
	read_at(test, ddc, 5, &byte, 1);
	KUNIT_EXPECT_EQ(test, byte, before[5]);
}

/* A byte that the master does not acknowledge is the last. */
static void ddc_nack_releases(struct kunit *test)
{
	struct vgpu_ddc *ddc = test->priv;

	memset(ddc->edid, 0, sizeof(ddc->edid));
	seek(test, ddc, 0);
	start(ddc);
	KUNIT_EXPECT_TRUE(test, send(ddc, READ_ADDR));
	KUNIT_EXPECT_EQ(test, receive(ddc, true), 0U);
	KUNIT_EXPECT_EQ(test, receive(ddc, false), 0U);
	KUNIT_EXPECT_TRUE(test, wires(ddc, false, true));
	KUNIT_EXPECT_EQ(test, receive(ddc, true), 0xffU);
	stop(ddc);
}

/* Given up after any number of clocks: the next transfer is a good one. */
static void ddc_interrupted(struct kunit *test)
{
	struct vgpu_ddc *ddc = test->priv;
	int clocks, i, with_stop;
	u8 buf[3];

	for (clocks = 0; clocks < 30; clocks++) {
		for (with_stop = 0; with_stop < 2; with_stop++) {
			seek(test, ddc, 9);
			start(ddc);
			send(ddc, READ_ADDR);
			for (i = 0; i < clocks; i++)
				clock_bit(ddc, i % 9 != 8);
			if (with_stop)
				stop(ddc);
			read_at(test, ddc, 33, buf, sizeof(buf));
			KUNIT_EXPECT_MEMEQ(test, buf, ddc->edid + 33,
					   sizeof(buf));
		}
	}
}

static void ddc_reset(struct kunit *test)
{
	struct vgpu_ddc *ddc = test->priv;
	u8 byte;

	memset(ddc->edid, 0, 64);
	seek(test, ddc, 7);
	start(ddc);
	send(ddc, READ_ADDR);
	KUNIT_EXPECT_FALSE(test, wires(ddc, false, true));
	vgpu_ddc_reset(ddc);
	KUNIT_EXPECT_TRUE(test, wires(ddc, true, true));
	KUNIT_EXPECT_EQ(test, ddc->edid_len, 128U);
	start(ddc);
	KUNIT_EXPECT_TRUE(test, send(ddc, READ_ADDR));
	stop(ddc);
	read_at(test, ddc, 100, &byte, 1);
	KUNIT_EXPECT_EQ(test, byte, ddc->edid[100]);
}

/*
 * Whatever a master does: its own low is low, the slave never moves the data
 * wire while the clock is high (that would be a start or a stop), an idle bus
 * is released, and a proper transfer works afterwards.
 */
static void ddc_random_waveform(struct kunit *test)
{
	struct vgpu_ddc *ddc = test->priv;
	bool scl = true, sda = true, level;
	struct rnd_state rnd;
	u8 buf[16];
	u32 i, dice;

	prandom_seed_state(&rnd, 11);
	ddc->edid_len = 256;
	for (i = 0; i < 200000; i++) {
		bool out = ddc->out, was_high = scl && ddc->scl;

		dice = prandom_u32_state(&rnd);
		/* Mostly clocks, so that bytes get through. */
		if (dice % 4)
			scl = !scl;
		else
			sda = dice & 16;
		level = wires(ddc, scl, sda);
		if (!sda)
			KUNIT_ASSERT_FALSE(test, level);
		if (was_high && scl && !out && !ddc->out)
			KUNIT_ASSERT_FALSE(test, level);
		if (was_high && scl && out)
			KUNIT_ASSERT_TRUE(test, ddc->out);
		if (i % 5000)
			continue;
		read_at(test, ddc, i / 5000, buf, sizeof(buf));
		KUNIT_ASSERT_MEMEQ(test, buf, ddc->edid + i / 5000,
				   sizeof(buf));
		scl = true;
		sda = true;
		KUNIT_ASSERT_TRUE(test, wires(ddc, scl, sda));
	}
}

static struct kunit_case ddc_cases[] = {
	KUNIT_CASE(ddc_reads_all),
	KUNIT_CASE(ddc_any_offset),
	KUNIT_CASE(ddc_wraps),
	KUNIT_CASE(ddc_other_address),
	KUNIT_CASE(ddc_no_monitor),
	KUNIT_CASE(ddc_current_address),
	KUNIT_CASE(ddc_is_read_only),
	KUNIT_CASE(ddc_nack_releases),
	KUNIT_CASE(ddc_interrupted),
	KUNIT_CASE(ddc_reset),
	KUNIT_CASE(ddc_random_waveform),
	{}
};

static struct kunit_suite ddc_suite = {
	.name = "vgpu_ddc",
	.init = ddc_init,
	.test_cases = ddc_cases,
};

kunit_test_suite(ddc_suite);
