#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Holds vcryptod to its budget of instructions: device_budget.py BUILD DEVICE_ALONE.

Counts those of a turn of the device without an engine's work, by callgrind, and compares them
with the budget below as instructions.py does the driver's: 2 % more fails, and so does 2 % less.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'report'))
import budget     # noqa: E402
from budget import Cell     # noqa: E402

SKIPPED = 77
TURNS = 40
# A request of a turn of 64, and how this was built.
MADE_WITH = 'GCC 12.2.0; optimization 2'
BUDGET = {
    Cell('split', 'cbc', 64): 582, Cell('split-io', 'cbc', 64): 556,
    Cell('packed', 'cbc', 64): 612, Cell('packed-io', 'cbc', 64): 562,
    Cell('split-io', 'gcm', 64): 652, Cell('packed-io', 'gcm', 64): 659,
    Cell('split-io', 'chain', 64): 600, Cell('packed-io', 'chain', 64): 607,
}


def instructions(program, cell):
    with tempfile.TemporaryDirectory() as folder:
        text = subprocess.run(
            ['valgrind', '--tool=callgrind', '--toggle-collect=vcryptod_vring_serve',
             f'--callgrind-out-file={folder}/out', program, 'null', cell.kind, '1024',
             cell.layout, str(TURNS)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, check=True).stdout
    requests = re.search(r'of (\d+) requests', text).group(1)
    return round(int(re.search(r'Collected : (\d+)', text).group(1)) / int(requests))


def main():
    build, program = sys.argv[1:]
    why = budget.not_comparable(MADE_WITH, budget.made_with(build, program))
    if not why and not shutil.which('valgrind'):
        why = 'valgrind is not installed'
    if why:
        print(f'SKIP: {why}')
        return SKIPPED
    counts = {cell: instructions(program, cell) for cell in BUDGET}
    for cell, n in counts.items():
        print(f'{budget.named(cell)}: {n} instructions a request, the budget is {BUDGET[cell]}')
    return budget.verdict(BUDGET, counts, 'another figure in tests/bench/device_budget.py')


if __name__ == '__main__':
    sys.exit(main())
