#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Copies lib/virtqueue and plants a bug: a used id is no longer checked to be in flight.

usage: plant.py LIB OUT-DIR
Ends with 1 if there is nothing (or more than one thing) to take out.
"""
import pathlib
import re
import shutil
import sys

CHECK = re.compile(r"if \(VQ_UNLIKELY\(\*token == NULL\)\)")


def main():
    lib, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    shutil.copytree(lib / "wire", out.parent / "wire", dirs_exist_ok=True)
    planted = 0
    for source in sorted((lib / "virtqueue").glob("*.[ch]")):
        text = source.read_text()
        text, n = CHECK.subn("if (0)", text)
        planted += n
        (out / source.name).write_text(text)
    return 0 if planted == 2 else f"plant.py: {planted} checks taken out instead of 2"


if __name__ == "__main__":
    sys.exit(main())
