#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Holds the driver to its footprint: footprint.py BUILD WORK-FOLDER.

Memory that queue set-up takes per descriptor, and per session, in bytes, for every ring
layout.  Counted by fakepci; no time is looked at.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'report'))
from nulldev import FakePci, Failed, LAYOUTS, Rows     # noqa: E402

# Of a slot 1152 bytes are its long table, by default of 72 entries, which linear requests do
# not touch.
LIMITS = {'dma/slot': 512 + 1152, 'session': 256}


def main():
    build, work = sys.argv[1:]
    os.makedirs(work, exist_ok=True)
    rows = Rows()
    fp = FakePci(build, work, os.path.join(work, 'log'), polite=True)
    fp.run(rows, LAYOUTS, ['--run', 'memory', '--algo', 'aes-cbc'], theirs=False, timeout=600)
    passed = failed = 0
    for layout in LAYOUTS:
        for metric, limit in LIMITS.items():
            s = rows.get('memory', layout, 'aes-cbc', 0, 0, metric)
            ok = s is not None and 0 < s.med <= limit
            passed += ok
            failed += not ok
            print(f'{layout}: {metric} {s.med if s else "?"} bytes, at most {limit}'
                  + ('' if ok else ': FAIL'))
    print(f'{passed} passed, {failed} failed, 0 skipped')
    return 1 if failed else 0


if __name__ == '__main__':
    try:
        sys.exit(main())
    except Failed as e:
        sys.exit(f'error: {e}')
