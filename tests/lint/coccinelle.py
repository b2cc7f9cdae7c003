# SPDX-License-Identifier: GPL-2.0
"""What the kernel's semantic patches say: coccinelle.py PATCHES KNOWN FILE...

PATCHES is a copy of the kernel's scripts/coccinelle. Each is used as the kernel's
scripts/coccicheck does, to report. Prints what is said of the FILEs, and fails if that
is anything, or a patch could not be used. KNOWN is for known.py.
"""
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

from known import Known, at_once, contents

# For these Coccinelle would need OCaml's compiler. The first is sparse's business, too:
# 0 for a NULL; the other is about one driver.
NOT_USED = ('badzero', 'check_bq27xxx_data')


def options(patch):
    with open(patch, encoding='utf-8') as file:
        found = re.search(r'^// *Options:(.*)$', file.read(), re.M)
    return found.group(1).split() if found else []


def look(patch, there):
    done = subprocess.run(
        ['spatch', '-D', 'report', '--no-show-diff', '--very-quiet',
         '--cocci-file', patch, *options(patch), '--dir', there],
        capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    said = [line.replace(there + '/', '') for line in done.stdout.splitlines()]
    if done.returncode:
        said += [f'{patch}: {line}' for line in done.stderr.splitlines()[-3:]]
    return [line for line in said if line.strip()]


def main():
    patches = [path for path in sorted(glob.glob(f'{sys.argv[1]}/**/*.cocci', recursive=True))
               if os.path.basename(path)[:-6] not in NOT_USED]
    known = Known('coccinelle', sys.argv[2])
    files = sys.argv[3:]
    all_patches = contents(*patches)
    keys = {name: contents(name) + all_patches for name in files}
    new = [name for name in files if not known.has(keys[name])]
    said = set()
    # It knows by itself which files of a directory can be meant, and is fast so.
    with tempfile.TemporaryDirectory() as there:
        for name in new:
            os.makedirs(os.path.dirname(os.path.join(there, name)), exist_ok=True)
            shutil.copy(name, os.path.join(there, name))
        for lines in at_once(look, [(patch, there) for patch in patches if new]):
            said.update(lines)
    failed = any(line.startswith(sys.argv[1]) for line in said)
    for name in new:
        if not failed and not any(line.startswith(name + ':') for line in said):
            known.add(keys[name])
    return known.tell(len(files), len(new), said)


sys.exit(main())
