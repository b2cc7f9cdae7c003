# SPDX-License-Identifier: GPL-2.0
"""guest/opencl/poclbin: what it makes of programs, and what it does not take:
poclbin.py DIR

What it has made is read here as PoCL does (pocl_binary.c). TAP goes to DIR/tests.tap.
"""
import os
import struct
import subprocess
import sys

from common import PATIENCE, Tap, equal
from spirv import FRAGMENT, made

where = sys.argv[1]
os.makedirs(where, exist_ok=True)
tap = Tap(where + '/tests.tap')
HERE = os.path.dirname(os.path.abspath(__file__))
GUEST = HERE + '/../../guest/opencl/'
MANDELBROT = GUEST + 'mandelbrot.comp'
OUTPUT = where + '/output.poclbin'
FIRST = 65536


def poclbin(*arguments, status=0):
    """What it says."""
    if os.path.exists(OUTPUT):
        os.unlink(OUTPUT)
    done = subprocess.run(['python3', GUEST + 'poclbin', *arguments], text=True,
                          capture_output=True, timeout=PATIENCE,
                          stdin=subprocess.DEVNULL)
    said = done.stdout + done.stderr
    assert done.returncode == status, f'{arguments}: {done.returncode}\n{said}'
    assert os.path.exists(OUTPUT) == (status == 0), said
    return said


def refused(path, why, *names):
    """In words, and nothing is left where the program would be."""
    said = poclbin(path, OUTPUT, *names, status=1)
    assert why in said and 'Traceback' not in said, said


def file(name, content):
    path = f'{where}/{name}'
    with open(path, 'wb') as it:
        it.write(content)
    return path


def assembly(name, text):
    return made(f'{where}/{name}', ('spirv-as',), text)


def glsl(name, arguments, body='', head=''):
    return made(f'{where}/{name}', ('glslangValidator', '-V'), f'''#version 460
        #extension GL_EXT_buffer_reference : require
        #extension GL_EXT_shader_16bit_storage : require
        layout(local_size_x = 4, local_size_y = 2) in;
        layout(buffer_reference, std430) buffer U {{ uint at[]; }};
        {head}
        layout(push_constant, std430) uniform Arguments {{ {arguments} }};
        void main() {{ {body} }}''')


class Reader:
    """Of a file, from its beginning."""

    def __init__(self, data):
        self.data = data
        self.at = 0

    def take(self, layout):
        values = struct.unpack_from('<' + layout, self.data, self.at)
        self.at += struct.calcsize('<' + layout)
        return values if len(values) > 1 else values[0]

    def bytes(self, count):
        self.at += count
        return self.data[self.at - count:self.at]

    def string(self):
        return self.bytes(self.take('I')).decode()


def read_kernel(reader):
    """Its name, arguments, size of work-groups, and files."""
    begun = reader.at
    size, of_files, of_arguments = reader.take('QQI')
    name = reader.string()
    count, of_locals = reader.take('II')
    groups = reader.take('3Q')
    equal((of_locals, reader.string(), reader.take('II')), (0, '', (0, 0)))
    begun_arguments = reader.at
    arguments = []
    for _ in range(count):
        reader.take('IIQ')
        pointer, width = reader.take('II')
        arguments.append((reader.string(), width, bool(pointer)))
        equal(reader.string(), '')
    equal(reader.at - begun_arguments, of_arguments)
    begun_files = reader.at
    files = {}
    while reader.at < begun_files + of_files:
        path = reader.string()
        files[path] = reader.bytes(reader.take('I'))
    equal(reader.at - begun, size)
    return name, arguments, groups, files


def kernels():
    """Of what it has made last."""
    with open(OUTPUT, 'rb') as it:
        reader = Reader(it.read())
    equal(reader.bytes(8), b'poclbin\0')
    _, version, count, kind, flags = reader.take('QIIQI')
    equal((version, kind, flags), (11, 4 << 32, 0))
    equal(len(reader.bytes(41).rstrip(b'\0')), 40)
    found = [read_kernel(reader) for _ in range(count)]
    equal(reader.at, len(reader.data))
    return found


def check_kernel(found, number, name, program):
    """It has the whole module, and the number of its entry point."""
    files = found[number][3]
    equal(set(files), {f'/{name}/0-0-0/parallel.img',
                       f'/{name}/0-0-0/kernel_address.txt'})
    image = files[f'/{name}/0-0-0/parallel.img']
    with open(program, 'rb') as it:
        equal(image, it.read() + bytes(8))
    equal(files[f'/{name}/0-0-0/kernel_address.txt'],
          f'kernel address = {FIRST + number}'.encode())


def one_kernel():
    """With all kinds of arguments."""
    path = glsl('one', 'U a; U b; uvec2 c; float d; uint16_t e;')
    poclbin(path, OUTPUT)
    found = kernels()
    [(name, arguments, groups, _)] = found
    equal(name, 'main')
    equal(arguments, [('a', 8, True), ('b', 8, True), ('c', 8, False),
                      ('d', 4, False), ('e', 2, False)])
    equal(groups, (4, 2, 1))
    check_kernel(found, 0, 'main', path)


def source_of_glsl():
    """By glslangValidator; work-groups of any size."""
    poclbin(MANDELBROT, OUTPUT, 'mandelbrot')
    [(name, arguments, groups, _)] = kernels()
    equal((name, groups), ('mandelbrot', (0, 0, 0)))
    equal([argument for argument, _, _ in arguments],
          ['counts', 'width', 'most', 'left', 'top', 'pixel'])


THREE = '''
    OpCapability Shader
    OpMemoryModel Logical GLSL450
    OpEntryPoint GLCompute %f1 "one"
    OpEntryPoint GLCompute %f2 "two"
    OpEntryPoint GLCompute %f3 "three"
    OpExecutionMode %f1 LocalSize 1 1 1
    OpExecutionMode %f2 LocalSize 2 3 4
    OpExecutionMode %f3 LocalSize 8 1 1
    %void = OpTypeVoid
    %fn = OpTypeFunction %void
    ''' + ''.join(f'''
    %f{n} = OpFunction %void None %fn
    %l{n} = OpLabel
    OpReturn
    OpFunctionEnd''' for n in (1, 2, 3))


def several_kernels():
    """Names are given in turn; the rest have their own."""
    path = assembly('three', THREE)
    for names, wanted in (((), ['one', 'two', 'three']),
                          (('a', 'b'), ['a', 'b', 'three']),
                          (('a', 'b', 'c'), ['a', 'b', 'c'])):
        poclbin(path, OUTPUT, *names)
        found = kernels()
        equal([name for name, *_ in found], wanted)
        equal([groups for _, _, groups, _ in found],
              [(1, 1, 1), (2, 3, 4), (8, 1, 1)])
        for number, name in enumerate(wanted):
            check_kernel(found, number, name, path)
    refused(path, 'there are 3 entry points', 'a', 'b', 'c', 'd')


def no_kernel():
    refused(assembly('library', '''
        OpCapability Shader
        OpCapability Linkage
        OpMemoryModel Logical GLSL450'''), 'there are 0 entry points')


def other_languages():
    source = file('kernel.cl', b'kernel void k(global int *a) { a[0] = 1; }\n')
    refused(source, 'that is not SPIR-V')
    os.rename(source, where + '/opencl.comp')
    refused(where + '/opencl.comp', 'glslangValidator does not take')
    refused(assembly('fragment', FRAGMENT), 'main is no compute shader')
    # As clang makes it of OpenCL C.
    refused(assembly('opencl', '''
        OpCapability Kernel
        OpCapability Addresses
        OpMemoryModel Physical64 OpenCL
        OpEntryPoint Kernel %main "adds"
        %void = OpTypeVoid
        %fn = OpTypeFunction %void
        %main = OpFunction %void None %fn
        %label = OpLabel
        OpReturn
        OpFunctionEnd'''), 'adds is no compute shader')


TWO_BLOCKS = '''
    OpCapability Shader
    OpMemoryModel Logical GLSL450
    OpEntryPoint GLCompute %f1 "one" %a1 %a2
    OpExecutionMode %f1 LocalSize 1 1 1
    OpDecorate %block Block
    OpMemberDecorate %block 0 Offset 0
    %void = OpTypeVoid
    %fn = OpTypeFunction %void
    %uint = OpTypeInt 32 0
    %block = OpTypeStruct %uint
    %to_block = OpTypePointer PushConstant %block
    %a1 = OpVariable %to_block PushConstant
    %a2 = OpVariable %to_block PushConstant
    %f1 = OpFunction %void None %fn
    %l1 = OpLabel
    OpReturn
    OpFunctionEnd'''


def bad_arguments():
    for name, arguments in (('array', 'U a; uint many[3];'),
                            ('matrix', 'U a; mat4 m;')):
        refused(glsl(name, arguments), 'no pointer, number or vector')
    refused(glsl('gap', 'uint a; U b;'), 'gaps between arguments')
    refused(assembly('blocks', TWO_BLOCKS), 'two blocks of arguments')


def survives(content):
    """It is taken or not: whether it is valid SPIR-V is for the executor to say."""
    path = file('bad.spv', content)
    done = subprocess.run(['python3', GUEST + 'poclbin', path, OUTPUT], text=True,
                          capture_output=True, timeout=PATIENCE, check=False)
    assert 'Traceback' not in done.stderr, done.stderr


def bad_files():
    """None, nothing, no SPIR-V, and the first part of a program, of any length."""
    refused(where + '/none.spv', 'No such file')
    refused(where, 'Is a directory')
    for content in (b'', b'\x03', b'SPIR-V, honestly', bytes(64)):
        refused(file('bad.spv', content), 'that is not SPIR-V')
    with open(glsl('whole', 'U a; uint n;'), 'rb') as it:
        whole = it.read()
    refused(file('bad.spv', whole[:-2]), 'that is not SPIR-V')
    refused(file('bad.spv', whole[:20]), 'there are 0 entry points')
    for at in range(20, len(whole), 16):
        survives(whole[:at])
        survives(whole[:at] + b'\xff\xff\xff\xff' + whole[at + 4:])


def bad_calls():
    for arguments in (), (MANDELBROT,), ('--help',):
        assert 'Usage: poclbin' in poclbin(*arguments, status=1)
    said = poclbin(MANDELBROT, where + '/none/output', status=1)
    assert 'No such file' in said and 'Traceback' not in said, said


for name, test in (
        ('a program with one kernel', one_kernel),
        ('a program in GLSL', source_of_glsl),
        ('a program with several kernels', several_kernels),
        ('a program with none', no_kernel),
        ('programs in other languages', other_languages),
        ('arguments that cannot be', bad_arguments),
        ('files that are no programs', bad_files),
        ('calls that are none', bad_calls)):
    tap.test('poclbin: ' + name, test)
tap.finish()
