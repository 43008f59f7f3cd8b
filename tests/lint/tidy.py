#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""clang-tidy over the product's sources, by the checks of .clang-tidy.

    tidy.py [--jobs N] [--tidy PROGRAM] ROOT BUILD

The commands are those of BUILD/compile_commands.json; a source that is built several times
is checked once.  Prints each finding and a sum.  Exit code 77 (skipped) without clang-tidy.
"""
import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

PRODUCT = ('lib/', 'drivers/', 'app/')
PROGRAMS = ('clang-tidy-14', 'clang-tidy')      # the first one found; 14 is Debian 12's
SOURCE_SECONDS = 300                            # at most, for one source
SKIPPED = 77


def sources(root, build):
    """The product's sources that BUILD compiles, each once, by their paths below ROOT."""
    with open(os.path.join(build, 'compile_commands.json')) as f:
        commands = json.load(f)
    found = set()
    for c in commands:
        path = os.path.realpath(os.path.join(c['directory'], c['file']))
        found.add(os.path.relpath(path, os.path.realpath(root)))
    return sorted(p for p in found if p.startswith(PRODUCT))


def findings(root, build, output):
    """Each finding's own line, with its path below ROOT; notes and lines of source left out.
    A path is relative to the folder that the source is compiled in, or absolute."""
    for m in re.finditer(r'^([^\s:]+)(:\d+:\d+: (?:warning|error): .*)$', output, re.M):
        path = os.path.realpath(os.path.join(build, m.group(1)))
        yield os.path.relpath(path, os.path.realpath(root)) + m.group(2)


def check(tidy, root, build, path):
    """(exit code, findings) of one source."""
    try:
        # gcc's options may be unknown to clang, and are not what is checked here
        p = subprocess.run([tidy, '--quiet', '-p', build, '--extra-arg=-Wno-unknown-warning-option',
                            '--extra-arg=-Wno-ignored-optimization-argument',
                            os.path.join(os.path.realpath(root), path)], cwd=build,
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                           timeout=SOURCE_SECONDS)
    except subprocess.TimeoutExpired:
        return 1, [f'{path}: not checked within {SOURCE_SECONDS} s']
    lines = list(findings(root, build, p.stdout))
    if p.returncode != 0 and not lines:
        lines = [f'{path}: {tidy} failed: ' + (p.stdout + p.stderr).strip()[-400:]]
    return p.returncode, lines


def main():
    ap = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    ap.add_argument('root')
    ap.add_argument('build')
    ap.add_argument('--jobs', type=int, default=os.cpu_count() or 1)
    ap.add_argument('--tidy', help='the program, in place of the one that is installed')
    args = ap.parse_args()
    tidy = args.tidy or next((p for p in PROGRAMS if shutil.which(p)), None)
    if tidy is None:
        print('skipped: clang-tidy is not installed (tools/setup installs it)')
        return SKIPPED
    paths = sources(args.root, args.build)
    if not paths:
        print(f'{args.build}: compiles no source of the product: nothing was checked')
        return 1
    with ThreadPoolExecutor(args.jobs) as pool:
        results = list(pool.map(lambda p: check(tidy, args.root, args.build, p), paths))
    lines = sorted({line for _, found in results for line in found})
    for line in lines:
        print(line)
    print(f'tidy: {len(paths)} sources, {len(lines)} findings')
    return 1 if lines or any(code for code, _ in results) else 0


if __name__ == '__main__':
    sys.exit(main())
