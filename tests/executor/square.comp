// SPDX-License-Identifier: GPL-2.0
// Squares of numbers, in place.
#version 460
#extension GL_EXT_buffer_reference : require
layout(local_size_x_id = 0, local_size_y_id = 1, local_size_z_id = 2) in;
layout(buffer_reference, std430, buffer_reference_align = 4) buffer Numbers {
	uint at[];
};
layout(push_constant, std430) uniform Arguments {
	Numbers numbers;
};

void main()
{
	uint i = gl_GlobalInvocationID.x;

	numbers.at[i] *= numbers.at[i];
}
