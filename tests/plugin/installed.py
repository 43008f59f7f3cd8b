#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""meson installs all that is wanted, and each path of it that the documents give is right.

    installed.py MESON BUILD ROOT

Skipped (77) in a build folder that installs elsewhere than Debian's meson by default.
"""
import glob
import json
import os
import re
import subprocess
import sys

HOME = '/usr/local/'
LIBDIR = 'lib/x86_64-linux-gnu'
TWICE = {'devices.ini'} # installed with the documents and with the daemon
PATHS_MIN = 3           # that the documents give, or the check looked at nothing
PATH = re.compile(re.escape(HOME) + r'[\w./-]*\w')


def is_installed(want, shape, paths):
    """paths may have a folder in place of the files in it, and of a file that is installed twice
    one place alone."""
    twice = os.path.basename(want) in TWICE
    return any(shape(want, LIBDIR).fullmatch(path) or want.startswith(path + '/') or
               (twice and os.path.basename(path) == os.path.basename(want)) for path in paths)


def main(meson, build, root):
    text = subprocess.run([meson, 'introspect', '--installed', build], check=True,
                          stdout=subprocess.PIPE).stdout
    installed = set(json.loads(text).values())
    if not any(path.startswith(HOME + LIBDIR + '/') for path in installed):
        print(f'SKIP: this folder does not install into {HOME} as Debian does')
        return 77
    sys.path.insert(0, os.path.join(root, 'tests', 'packaging'))
    from wanted import WANT, shape
    below = [path[len(HOME):] for path in installed if path.startswith(HOME)]
    bad = [f'{want} is not installed' for want in WANT if not is_installed(want, shape, below)]
    nb = 0
    for doc in sorted(glob.glob(os.path.join(root, '*.md')) +
                      glob.glob(os.path.join(root, 'doc', '*.md'))):
        with open(doc, encoding='utf-8') as f:
            paths = PATH.findall(f.read())
        nb += len(paths)
        bad += [f'{doc}: {path} is not installed' for path in paths if path not in installed]
    if nb < PATHS_MIN:
        bad.append(f'the documents name {nb} installed files: less than there are')
    print('\n'.join(bad) if bad else f'PASS: {nb} paths in the documents')
    return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
