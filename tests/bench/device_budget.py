#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What vcryptod may cost for a request, in instructions, which callgrind counts exactly: a
change that costs more than the slack fails here, one that saves lowers the budget.

    device_budget.py DEVICE_ALONE COMPILER OPTIMIZATION

Ends with 77 where the counts mean nothing: another compiler, or no valgrind."""
import re
import shutil
import subprocess
import sys
import tempfile

COMPILER = ('gcc 12', '2')      # of the counts below, and its level of optimization
SLACK = 0.02
TURNS = 40
BATCH = 64
# Of the null engine, 64 requests in a turn.
BUDGET = {
    ('cbc', 'split'): 582, ('cbc', 'split-io'): 556,
    ('cbc', 'packed'): 612, ('cbc', 'packed-io'): 562,
    ('gcm', 'split-io'): 652, ('gcm', 'packed-io'): 659,
    ('chain', 'split-io'): 600, ('chain', 'packed-io'): 607,
}


def instructions(program, algorithm, layout):
    with tempfile.TemporaryDirectory() as folder:
        text = subprocess.run(
            ['valgrind', '--tool=callgrind', '--toggle-collect=vcryptod_vring_serve',
             f'--callgrind-out-file={folder}/out', program, 'null', algorithm, '1024', layout,
             str(TURNS)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            check=True).stdout
    return int(re.search(r'Collected : (\d+)', text).group(1)) / (TURNS * BATCH)


def main():
    program, compiler, level = sys.argv[1:4]
    if not compiler.startswith(COMPILER[0] + '.') or level != COMPILER[1]:
        print(f'SKIP: the counts are of {COMPILER[0]} -O{COMPILER[1]}, this is {compiler} '
              f'-O{level}')
        return 77
    if not shutil.which('valgrind'):
        print('SKIP: valgrind is not installed')
        return 77
    failed = 0
    for (algorithm, layout), most in BUDGET.items():
        n = instructions(program, algorithm, layout)
        bad = n > most * (1 + SLACK)
        failed += bad
        print(f'{"FAIL" if bad else "PASS"} {algorithm}, {layout}: {n:.0f} instructions a '
              f'request, {most} and {SLACK:.0%} are allowed')
        if n < most * (1 - SLACK):
            print(f'     lower the budget to {n:.0f}')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
