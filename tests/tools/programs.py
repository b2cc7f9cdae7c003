# SPDX-License-Identifier: GPL-2.0
"""Guests' own programs on vgpu-executor, against numpy: programs.py DIR

They are written in GLSL and made into SPIR-V here, some by hand. What is no program,
or asks for what there is not, has to be refused before anything is done. TAP goes to
DIR/tests.tap. DEVICE in the environment: on that, by --device.
"""
import os

import numpy as np

from common import Tap, equal
from native import DEVICE, FILE, Case, execute, random, rng, where
from spirv import FRAGMENT, made

tap = Tap(where + '/tests.tap')
# What Vulkan's own libraries keep until the end is not our leak.
SUPPRESS = where + '/suppressions'
with open(SUPPRESS, 'w', encoding='ascii') as suppressions:
    suppressions.write('leak:libvulkan\nleak:libLLVM\nleak:<unknown module>\n')
os.environ['LSAN_OPTIONS'] = 'print_suppressions=0:suppressions=' + SUPPRESS

HEAD = '''#version 460
#extension GL_EXT_buffer_reference : require
#extension GL_EXT_shader_explicit_arithmetic_types : require
#extension GL_EXT_shader_8bit_storage : require
#extension GL_EXT_shader_16bit_storage : require
layout(local_size_x_id = 0, local_size_y_id = 1, local_size_z_id = 2) in;
'''


def array(name, kind):
    return (f'layout(buffer_reference, std430, buffer_reference_align = 4) '
            f'buffer {name} {{ {kind} at[]; }};\n')


def glsl(name, arrays, arguments, body, head=HEAD):
    text = head + ''.join(array(*a) for a in arrays)
    if arguments:
        text += f'layout(push_constant, std430) uniform Arguments {{ {arguments} }};\n'
    return made(f'{where}/{name}', ('glslangValidator', '-V'),
                text + f'void main() {{ uint i = gl_GlobalInvocationID.x; {body} }}\n')


def assembly(name, text):
    return made(f'{where}/{name}', ('spirv-as',), text, target='spv1.6')


def group(*sizes):
    return '--group', ','.join(map(str, sizes))


def saxpy(nr=4096, size=64):
    program = glsl('saxpy', [('F', 'float')], 'F x; F y; float a; uint n;',
                   'if (i < n) y.at[i] = fma(a, x.at[i], y.at[i]);')
    x, y = random(nr, np.float32), random(nr, np.float32)
    wanted = (np.float64(0.75) * x + y).astype(np.float32)
    wanted[nr - 7:] = y[nr - 7:]
    return Case(program, (nr,), [x, y, 0.75, nr - 7], {1: wanted}, 1e-6,
                group(size))


def numbers(groups, sizes):
    """Each work-item writes who it is."""
    program = glsl('numbers', [('U', 'uint')], 'U out_; uint w; uint h;', '''
        uvec3 g = gl_GlobalInvocationID;
        out_.at[(g.z * h + g.y) * w + i] = i + 1000u * g.y + 1000000u * g.z +
            uint(any(notEqual(g, gl_WorkGroupID * gl_WorkGroupSize +
                                 gl_LocalInvocationID)));''')
    w, h, d = (a * b for a, b in zip(groups, sizes))
    z, y, x = np.indices((d, h, w)).astype(np.uint32)
    return Case(program, (w, h, d), [np.zeros((d, h, w), np.uint32), w, h],
                {0: x + 1000 * y + 1000000 * z}, 0, group(*sizes))


def sums(nr=32):
    """Memory that work-items share, and waiting for each other."""
    program = glsl('sums', [('U', 'uint')], 'U in_; U out_;', '''
        uint me = gl_LocalInvocationIndex;
        part[me] = in_.at[i];
        for (uint step = 32; step > 0; step /= 2) {
            barrier();
            if (me < step)
                part[me] += part[me + step];
        }
        if (me == 0)
            out_.at[gl_WorkGroupID.x] = part[0];''',
                   HEAD + 'shared uint part[64];\n')
    numbers_ = random(nr * 64, np.uint32)
    return Case(program, (nr * 64,), [numbers_, np.zeros(nr, np.uint32)],
                {1: numbers_.reshape(nr, 64).sum(1, dtype=np.uint32)}, 0, group(64))


def counts():
    """All add to one number."""
    program = glsl('counts', [('U', 'uint')], 'U in_; U out_; uint least;',
                   'if (in_.at[i] >= least) atomicAdd(out_.at[0], 1);')
    numbers_ = random(10000, np.uint32)
    least = 2**31
    return Case(program, (10000,), [numbers_, np.array([5], np.uint32), least],
                {1: np.array([5 + np.count_nonzero(numbers_ >= least)], np.uint32)},
                0, group(16))


def turns():
    """More than software that guards against endless loops may like."""
    program = glsl('turns', [('U', 'uint')], 'U u; uint n;', '''
        uint x = i;
        for (uint k = 0; k < n; k++)
            x = x * 1664525u + 1013904223u;
        u.at[i] = x;''')
    x = np.arange(64, dtype=np.uint32)
    for _ in range(200000):
        x = x * np.uint32(1664525) + np.uint32(1013904223)
    return Case(program, (64,), [np.zeros(64, np.uint32), 200000], {0: x}, 0, group(64))


KINDS = {
    'int8_t': np.int8, 'uint16_t': np.uint16, 'int64_t': np.int64,
    'float16_t': np.float16, 'double': np.float64,
}


def kind(name):
    program = glsl('kind_' + name, [('A', name)], 'A a; A b;',
                   f'precise {name} v = a.at[i] * a.at[i] + {name}(3); b.at[i] = v;')
    a = random(256, KINDS[name])
    if KINDS[name] == np.float16:
        a = rng.integers(-9, 9, 256).astype(np.float16)
    return Case(program, (256,), [a, np.zeros_like(a)],
                {1: (a * a + KINDS[name](3)).astype(KINDS[name])}, 0, group(32))


def test_right():
    for size in 1, 32, 1024:
        tap.test(f'saxpy in groups of {size} is right', saxpy(4096, size).right)
    tap.test('saxpy: the same when it yields', saxpy().yields, 4096 // 64)
    for groups, sizes in (((5, 1, 1), (3, 1, 1)), ((7, 5, 1), (4, 2, 1)),
                          ((5, 4, 3), (3, 2, 5)), ((1, 1, 9), (1, 1, 1)),
                          ((1, 60, 2), (2, 1, 1))):
        case = numbers(groups, sizes)
        tap.test(f'{groups} groups of {sizes}: each once', case.right)
        tap.test(f'{groups} groups of {sizes}: the same when it yields',
                 case.yields, int(np.prod(groups)))
    tap.test('sums of work-groups are right', sums().right)
    tap.test('sums of work-groups: the same when it yields', sums().yields, 32)
    tap.test('a count by all is right', counts().right)
    tap.test('a count by all: the same when it yields', counts().yields, 625)
    tap.test('a loop of many turns is right', turns().right)
    for name in KINDS:
        tap.test(f'{name} is right', kind(name).right)


def arguments():
    """What is refused of them, and which pointers are good."""
    case = saxpy()
    before, args = case.place()
    for i in 0, 1:
        for bad in len(before), 2**63, 2**64 - 4:
            case.refused(args[:i] + [bad] + args[i + 1:], i, 'partition')
    for n in range(4):
        case.refused(args[:n], None, 'too few')
    before, _ = case.place()
    after, _ = execute(before, case.kernel, (64,), [0, args[1], 0.5, 0], *case.options)
    np.testing.assert_array_equal(after, before)
    for bad in args + [1], args[:2] + ['x', 1]:
        execute(before, case.kernel, (64,), bad, *case.options, status=2)


def two_entries():
    """Which is meant is said by its place."""
    def function(n):
        return f'''
        %f{n} = OpFunction %void None %fn
        %l{n} = OpLabel
        %m{n} = OpAccessChain %to_pointer %args %zero
        %p{n} = OpLoad %pointer %m{n}
        %e{n} = OpAccessChain %to_uint %p{n} %zero
        OpStore %e{n} %c{n} Aligned 4
        OpReturn
        OpFunctionEnd'''
    path = assembly('entries', '''
        OpCapability Shader
        OpCapability PhysicalStorageBufferAddresses
        OpMemoryModel PhysicalStorageBuffer64 GLSL450
        OpEntryPoint GLCompute %f1 "one" %args
        OpEntryPoint GLCompute %f2 "two" %args
        OpExecutionMode %f1 LocalSize 1 1 1
        OpExecutionMode %f2 LocalSize 2 1 1
        OpDecorate %block Block
        OpMemberDecorate %block 0 Offset 0
        OpDecorate %data Block
        OpMemberDecorate %data 0 Offset 0
        %void = OpTypeVoid
        %fn = OpTypeFunction %void
        %uint = OpTypeInt 32 0
        %zero = OpConstant %uint 0
        %c1 = OpConstant %uint 111
        %c2 = OpConstant %uint 222
        %data = OpTypeStruct %uint
        %pointer = OpTypePointer PhysicalStorageBuffer %data
        %to_uint = OpTypePointer PhysicalStorageBuffer %uint
        %block = OpTypeStruct %pointer
        %to_block = OpTypePointer PushConstant %block
        %to_pointer = OpTypePointer PushConstant %pointer
        %args = OpVariable %to_block PushConstant
        ''' + function(1) + function(2))
    empty = np.zeros(4096, np.uint8)
    for entry, wanted in (0, 111), (1, 222):
        after, _ = execute(empty, path, (2,), [256], *group(entry + 1), '--entry',
                           str(entry))
        equal(int(after.view(np.uint32)[64]), wanted)
    _, said = execute(empty, path, (1,), [256], '--entry', '2', status=3)
    assert 'no such entry point' in said, said
    _, said = execute(empty, path, (1,), [256], '--entry', '1', status=3)
    assert 'work-groups of 1x1x1, it has 2x1x1' in said, said


def refused(path, why, *options, grid=(64,), args=()):
    data = np.zeros(4096, np.uint8)
    after, said = execute(data, path, grid, args, *options, status=3)
    assert why in said, said
    np.testing.assert_array_equal(after, data)


def test_what_there_is_not():
    plain = HEAD.replace('local_size_x_id = 0, local_size_y_id = 1, '
                         'local_size_z_id = 2', 'local_size_x = 64')
    tap.test('a descriptor is refused', lambda: refused(glsl(
        'descriptor', [], '', 'at[i] = i;', plain +
        'layout(binding = 0, std430) buffer B { uint at[]; };\n'),
        'descriptor', *group(64)))
    tap.test('the number of work-groups is refused', lambda: refused(glsl(
        'groups', [('U', 'uint')], 'U u;', 'u.at[0] = gl_NumWorkGroups.x;'),
        'number of work-groups', args=[256]))
    tap.test('an image is refused', lambda: refused(glsl(
        'image', [], '', 'imageStore(im, ivec2(0), vec4(i));', plain +
        'layout(binding = 0, rgba8) writeonly uniform image2D im;\n'),
        'descriptor', *group(64)))
    tap.test('subgroups are refused', lambda: refused(glsl(
        'subgroups', [('U', 'uint')], 'U u;', 'u.at[i] = subgroupAdd(i);', HEAD +
        '#extension GL_KHR_shader_subgroup_arithmetic : require\n'),
        'capability', args=[256]))
    tap.test('an array of arguments is refused', lambda: refused(glsl(
        'array', [('U', 'uint')], 'U u; uint many[3];', 'u.at[i] = many[2];'),
        'no pointer, number'))
    tap.test('a pointer within an argument is refused', lambda: refused(glsl(
        'nested', [('U', 'uint')], 'S s;', 's.u.at[i] = i;', HEAD +
        'layout(buffer_reference) buffer U_;\nstruct S { uvec2 a; U_ u; };\n'
        'layout(buffer_reference, std430) buffer U_ { uint at[]; };\n'),
        'no pointer, number'))
    tap.test('another size of work-groups is refused', lambda: refused(glsl(
        'fixed', [('U', 'uint')], 'U u;', 'u.at[i] = i;', plain),
        'it has 64x1x1', *group(32)))
    tap.test('a fragment shader is refused', lambda: refused(
        assembly('fragment', FRAGMENT), 'does not compute'))


def shapes():
    path = numbers((1, 1, 1), (4, 1, 1)).kernel
    for grid in (3,), (6,), (0,), (4 * 65536,), (2**32 - 4,):
        refused(path, 'work-groups', *group(4), grid=grid, args=[256, 1, 1])


def garbage():
    """Nothing, not SPIR-V, and the first part of a program, of any length."""
    path, good = where + '/garbage.spv', saxpy().kernel
    words = np.fromfile(good, np.uint32)
    for data in (np.zeros(0, np.uint32), np.zeros(64, np.uint32), random(1, np.uint32),
                 random(1000, np.uint32), words[:1], words.byteswap(),
                 *(words[:n] for n in range(2, len(words), len(words) // 24))):
        data.tofile(path)
        refused(path, 'refused', grid=(0,))


def flips():
    """Words that are wrong: it is valid then or not, and we survive either."""
    path = where + '/flips.spv'
    words = np.fromfile(numbers((1, 1, 1), (4, 1, 1)).kernel, np.uint32)
    for at in rng.choice(len(words), 60, replace=False):
        bad = words.copy()
        bad[at] ^= rng.choice(np.array([1, 2**7, 2**16, 2**31, 2**32 - 1], np.uint32))
        bad.tofile(path)
        refused(path, 'refused', grid=(0,))


def remains():
    """A word that is 0 ends a program, whatever lies behind it."""
    case = saxpy()
    path, words = where + '/remains.spv', np.fromfile(case.kernel, np.uint32)
    np.concatenate([words, np.zeros(1, np.uint32), words[20:]]).tofile(path)
    case.kernel = path
    case.right()
    np.concatenate([words, words[20:]]).tofile(path)
    refused(path, 'not valid')


test_right()
tap.test('arguments', arguments)
tap.test('several entry points', two_entries)
tap.test('shapes', shapes)
# What is refused before a device is asked is so whatever that is.
if not DEVICE:
    test_what_there_is_not()
    tap.test('what is no program', garbage)
    tap.test('a program with a wrong word', flips)
    tap.test('a program with the remains of another', remains)
os.unlink(FILE)
tap.finish()
