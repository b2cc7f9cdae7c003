// SPDX-License-Identifier: GPL-2.0
/* Integer arithmetic of the pictures: hashes, noise, colours. */
#include "scene.h"

uint32_t hash2(uint32_t x, uint32_t y)
{
	uint32_t h = x * 0x9e3779b1u ^ (y + 0x7f4a7c15u) * 0x85ebca77u;

	h ^= h >> 15;
	h *= 0xc2b2ae3du;
	h ^= h >> 13;
	h *= 0x27d4eb2fu;
	return h ^ h >> 16;
}

/* A sine of parabolas: good enough for ripples. */
int isin(int phase)
{
	int p = phase & 511;
	int v = p * (512 - p) / 256;

	return phase & 512 ? -v : v;
}

static int smooth(int t)
{
	return t * t * (768 - 2 * t) >> 16;
}

static int lerp(int a, int b, int t)
{
	return a + ((b - a) * t >> 8);
}

int noise1(int x, int period, uint32_t seed)
{
	int cell = x / period;
	int t = smooth((x % period) * 256 / period);

	return lerp(hash2(cell, seed) & 255, hash2(cell + 1, seed) & 255, t);
}

int noise2(int x, int y, int px, int py, uint32_t seed)
{
	int cell = y / py;
	int t = smooth((y % py) * 256 / py);

	return lerp(noise1(x, px, seed + cell * 131),
		    noise1(x, px, seed + (cell + 1) * 131), t);
}

int isqrt(int value)
{
	int root = 0;
	int bit = 1 << 14;

	for (; bit; bit >>= 1)
		if ((root | bit) * (root | bit) <= value)
			root |= bit;
	return root;
}

uint32_t mix(uint32_t a, uint32_t b, int share)
{
	uint32_t result = 0;
	int shift;

	if (share < 0)
		share = 0;
	if (share > 256)
		share = 256;
	for (shift = 0; shift < 24; shift += 8) {
		int ca = a >> shift & 255;
		int cb = b >> shift & 255;

		result |= (uint32_t)lerp(ca, cb, share) << shift;
	}
	return result;
}

uint32_t tint(uint32_t colour)
{
	return mix(colour, 0x0a1638, 104);
}

uint32_t gradient(const struct colour_stop *stops, int at, int x, int y)
{
	static const uint8_t bayer[4][4] = {
		{ 0, 8, 2, 10 }, { 12, 4, 14, 6 }, { 3, 11, 1, 9 }, { 15, 7, 13, 5 },
	};
	int dither = bayer[y & 3][x & 3] * 16;
	uint32_t result = 0;
	int shift, share;

	while (stops[1].at < 1024 && at >= stops[1].at)
		stops++;
	share = (at - stops[0].at) * 1024 / (stops[1].at - stops[0].at);
	if (share > 1024)
		share = 1024;
	for (shift = 0; shift < 24; shift += 8) {
		int a = stops[0].colour >> shift & 255;
		int b = stops[1].colour >> shift & 255;
		int v = (a * 256 + ((b - a) * share >> 2) + dither) >> 8;

		result |= (uint32_t)(v > 255 ? 255 : v) << shift;
	}
	return result;
}
