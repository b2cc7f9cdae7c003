// SPDX-License-Identifier: GPL-2.0
// The Mandelbrot set, by whole numbers: mandelbrot.c has the same for the CPU.
#version 460
#extension GL_EXT_buffer_reference : require
layout(local_size_x_id = 0, local_size_y_id = 1, local_size_z_id = 2) in;
layout(buffer_reference, std430, buffer_reference_align = 4) buffer Counts {
	uint at[];
};
layout(push_constant, std430) uniform Arguments {
	Counts counts;
	uint width;
	uint most;
	int left;	// all in 1/4096
	int top;
	int pixel;
};

void main()
{
	uint column = gl_GlobalInvocationID.x, row = gl_GlobalInvocationID.y;
	int x = left + int(column) * pixel, y = top + int(row) * pixel;
	int a = 0, b = 0;
	uint n = 0;

	while (n < most && (a * a >> 12) + (b * b >> 12) <= 4 << 12) {
		int next = (a * a >> 12) - (b * b >> 12) + x;

		b = (a * b >> 11) + y;
		a = next;
		n++;
	}
	counts.at[row * width + column] = n;
}
