#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Holds the driver to its budget of instructions: instructions.py BUILD WORK-FOLDER.

Counts those of enqueue, dequeue and polls and compares them with budget.csv: 2 % more fails,
and so does 2 % less, so that the budget is lowered with the change that saves.  The counts are
exact; no time is looked at.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'report'))
import budget     # noqa: E402
from nulldev import FakePci, Failed     # noqa: E402

SKIPPED = 77


def main():
    build, work = sys.argv[1:]
    made_with, cells = budget.read()
    why = budget.not_comparable(made_with, budget.premise(build))
    if why:
        print(f'SKIP: {why}')
        return SKIPPED
    if (os.cpu_count() or 1) < 2:
        print('SKIP: fakepci needs a second core for its device')
        return SKIPPED
    os.makedirs(work, exist_ok=True)
    counts = budget.count(FakePci(build, work, os.path.join(work, 'log'), polite=True), False)
    return budget.verdict(cells, counts)


if __name__ == '__main__':
    try:
        sys.exit(main())
    except Failed as e:
        sys.exit(f'error: {e}')
