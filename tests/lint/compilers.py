# SPDX-License-Identifier: GPL-2.0
"""What other compilers say of the modules: compilers.py clang|analyzer SOURCES KNOWN

SOURCES is where kbuild has built them: the command of each file is beside its object, and
is given again, with clang's warnings (-Wall -Wextra) or gcc's analyser (-fanalyzer) in
place of code. Prints what is said of our files, and fails if that is anything. What the
kernel's own headers do is not looked at. KNOWN is for known.py.
"""
import glob
import hashlib
import os
import re
import shlex
import subprocess
import sys

from known import Known, at_once, contents

HEADERS = glob.glob('/usr/src/linux-headers-*-amd64')[0]
COMMON = glob.glob('/usr/src/linux-headers-*-common')[0]
# Of the kernel's flags those that change what the language is.
LANGUAGE = ('-I', '-D', '-std', '-nostdinc', '-fshort-wchar', '-funsigned-char',
            '-fno-common', '-fno-strict-aliasing', '-m64', '-mcmodel=', '-fcf-protection')
# What the kernel's style is: W=1 does not want these either.
NOT_WANTED = ('sign-compare', 'unused-parameter', 'missing-field-initializers',
              'initializer-overrides', 'pointer-sign', 'address-of-packed-member',
              'frame-address', 'duplicate-decl-specifier', 'ignored-attributes')


def commands(sources):
    """Each file, the words by which kbuild compiles it, and what of ours it includes."""
    for path in sorted(glob.glob(f'{sources}/**/.*.o.cmd', recursive=True)):
        with open(path, encoding='utf-8') as file:
            command = file.readline().split(':=', 1)[1]
            rest = file.read()
        # This tree may have another update of the same kernel.
        command = re.sub(r'/usr/src/linux-headers-[^/ ]*-common', COMMON, command)
        words = shlex.split(command)
        if words[-1].endswith('.c') and not words[-1].endswith('.mod.c'):
            ours = [os.path.normpath(name) for name in re.findall(r'[^\s$()]+\.h', rest)
                    if name.startswith(sources)]
            yield words[-1], words[:-1], ours


def clang(words):
    kept = []
    words = iter(words[1:])
    for word in words:
        if word == '-include':
            kept += [word, next(words)]
        elif word.startswith(LANGUAGE):
            kept.append(word)
    return ['clang', '-fsyntax-only', *kept, '-Wall', '-Wextra',
            *(f'-Wno-{name}' for name in NOT_WANTED)]


def analyzer(words):
    words = [word for word in words if not word.startswith('-Wp,')]
    words[words.index('-o') + 1] = '/dev/null'
    return [*words, '-fanalyzer']


def look(how, sources, path, words):
    done = subprocess.run([*how(words), path], cwd=HEADERS, capture_output=True,
                          text=True, stdin=subprocess.DEVNULL)
    said = [line for line in done.stderr.splitlines()
            if re.match(rf'{re.escape(sources)}/\S+ (?:warning|error):', line)]
    if done.returncode and not said:
        said = done.stderr.splitlines()[-3:]
    return [line.replace(sources + '/', '') for line in said]


def main():
    how = {'clang': clang, 'analyzer': analyzer}[sys.argv[1]]
    sources = sys.argv[2]
    known = Known(sys.argv[1], sys.argv[3])
    files, new, said = 0, {}, set()
    for path, words, ours in commands(sources):
        files += 1
        key = ' '.join(how(words)) + contents(path, *ours)
        key = hashlib.sha256(key.encode()).hexdigest()
        if not known.has(key):
            new[key] = (how, sources, path, words)
    for key, lines in zip(new, at_once(look, new.values())):
        said.update(lines)
        if not lines:
            known.add(key)
    return known.tell(files, len(new), said)


sys.exit(main())
