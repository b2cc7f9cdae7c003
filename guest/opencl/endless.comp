// SPDX-License-Identifier: GPL-2.0
// Takes what mandelbrot.comp takes, and does not end.
#version 460
#extension GL_EXT_buffer_reference : require
layout(local_size_x_id = 0, local_size_y_id = 1, local_size_z_id = 2) in;
layout(buffer_reference, std430, buffer_reference_align = 4) volatile buffer Counts {
	uint at[];
};
layout(push_constant, std430) uniform Arguments {
	Counts counts;
	uint width;
	uint most;
	int left;
	int top;
	int pixel;
};

void main()
{
	while (most > 0)
		counts.at[0]++;
}
