#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What management software reads of the daemon before it starts it for QEMU.

    back_end.py JSON VCRYPTOD

The file names a back end, by the fields that QEMU's vhost-user.json has; the program says the same
type.
"""
import json
import os
import re
import subprocess
import sys


def main(path, program):
    assert re.fullmatch(r'\d\d-.+\.json', os.path.basename(path)), 'the name has no order'
    with open(path, encoding='utf-8') as f:
        said = json.load(f)
    assert set(said) == {'description', 'type', 'binary'}, said
    assert all(isinstance(text, str) and text for text in said.values()), said
    assert said['binary'].startswith('/') and said['binary'].endswith('/vcryptod'), said
    out = subprocess.run([program, '--print-capabilities'], stdout=subprocess.PIPE, check=True,
                         timeout=60).stdout
    assert json.loads(out) == {'type': said['type']}, out
    print('PASS')
    return 0


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
