#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Every path that the documents give to an installed file is where meson installs it.

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
WANT = ['lib/x86_64-linux-gnu/librte_crypto_vcrypto.so',
        'lib/x86_64-linux-gnu/librte_crypto_vcrypto.a', 'bin/vcryptod']
PATH = re.compile(re.escape(HOME) + r'[\w./-]*\w')


def main(meson, build, root):
    text = subprocess.run([meson, 'introspect', '--installed', build], check=True,
                          stdout=subprocess.PIPE).stdout
    installed = set(json.loads(text).values())
    if not any(path.startswith(HOME + 'lib/x86_64-linux-gnu/') for path in installed):
        print(f'SKIP: this folder does not install into {HOME} as Debian does')
        return 77
    bad = [f'{path} is not installed' for path in WANT if HOME + path not in installed]
    nb = 0
    for doc in sorted(glob.glob(os.path.join(root, '*.md')) +
                      glob.glob(os.path.join(root, 'doc', '*.md'))):
        with open(doc, encoding='utf-8') as f:
            paths = PATH.findall(f.read())
        nb += len(paths)
        bad += [f'{doc}: {path} is not installed' for path in paths if path not in installed]
    if nb < len(WANT):
        bad.append('the documents name no installed file')
    print('\n'.join(bad) if bad else f'PASS: {nb} paths in the documents')
    return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
