#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Without the driver nothing is installed that belongs to it.

    driverless.py MESON SOURCE BUILD

Configures SOURCE with -Ddriver=false in a folder below BUILD, and compares what meson would
install there with WANT of wanted.py less what is the driver's.
"""
import json
import os
import re
import subprocess
import sys
import tempfile

from wanted import WANT

DRIVERS = re.compile(r'vcrypto\.(so|a|7)$|pkgconfig/|encrypt_file|/examples/')
SECONDS = 100       # to configure, which takes seconds on an idle machine


def installed(meson, source, folder):
    """What meson would install, below the prefix; folders are named as such."""
    env = {k: v for k, v in os.environ.items() if k not in ('CC', 'CFLAGS', 'LDFLAGS')}
    subprocess.run([meson, 'setup', folder, source, '-Ddriver=false', '-Dtests=false',
                    '--prefix=/p'], check=True, stdout=subprocess.PIPE, timeout=SECONDS, env=env)
    text = subprocess.run([meson, 'introspect', '--installed', folder], check=True,
                          stdout=subprocess.PIPE, timeout=SECONDS).stdout
    return {path[len('/p/'):] for path in json.loads(text).values()}


def main(meson, source, build):
    with tempfile.TemporaryDirectory(dir=build) as folder:
        have = installed(meson, source, folder)
    bad = [f'{path} belongs to the driver' for path in sorted(have) if DRIVERS.search(path)]
    wanted = [path for path in WANT if not DRIVERS.search(path)]
    if len(wanted) == len(WANT):
        bad.append('WANT has nothing of the driver')
    # meson names a folder that is installed as a whole, and one place of a file that has two
    names = {os.path.basename(path) for path in have}
    bad += [f'{path} is missing' for path in wanted if os.path.basename(path) not in names and
            not any(path.startswith(p + '/') for p in have)]
    print('\n'.join(bad) if bad else f'PASS: {len(wanted)} files, none of the driver')
    return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
