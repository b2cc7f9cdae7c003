# SPDX-License-Identifier: GPL-2.0
"""SPIR-V for tests, made of GLSL or of its own assembly."""
import subprocess

from common import PATIENCE

# A program that does not compute.
FRAGMENT = '''
    OpCapability Shader
    OpMemoryModel Logical GLSL450
    OpEntryPoint Fragment %main "main"
    OpExecutionMode %main OriginUpperLeft
    %void = OpTypeVoid
    %fn = OpTypeFunction %void
    %main = OpFunction %void None %fn
    %label = OpLabel
    OpReturn
    OpFunctionEnd'''


def made(path, command, text, target='vulkan1.3'):
    """A file, PATH.spv, of a text."""
    source = f'{path}.{"spvasm" if command[0] == "spirv-as" else "comp"}'
    with open(source, 'w', encoding='ascii') as file:
        file.write(text)
    done = subprocess.run([*command, '--target-env', target, '-o', path + '.spv', source],
                          capture_output=True, timeout=PATIENCE,
                          stdin=subprocess.DEVNULL)
    assert not done.returncode, done.stdout + done.stderr
    return path + '.spv'
