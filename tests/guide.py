# SPDX-License-Identifier: GPL-2.0
"""The commands of docs/user-guide.md, for tests that follow a chapter of it."""
import pathlib
import re

GUIDE = pathlib.Path(__file__).parent.parent / 'docs/user-guide.md'


def blocks(chapter, kind):
    """Those of a chapter that are marked so; there must be some."""
    text = GUIDE.read_text().split(f'\n## {chapter}\n')[1].split('\n## ')[0]
    found = re.findall(rf'^```{kind}\n(.*?)^```', text, re.M | re.S)
    assert found, f'{chapter}: nothing is marked {kind}'
    return found
