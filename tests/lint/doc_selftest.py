#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Proves that features_check.py, man_check.py, spec_check.py and commands_check.py fire.

    doc_selftest.py [ROOT]

Each case changes one line of a copy of the files that a check reads and expects the
check to fail with a line that has the given words.
"""
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
MAP = 'drivers/crypto/vcrypto/device/vcrypto_map.c'
CAPS = 'drivers/crypto/vcrypto/device/vcrypto_caps.c'
ARGS = 'drivers/crypto/vcrypto/device/vcrypto_args.h'
INI = 'doc/features/vcrypto.ini'
GUIDE = 'doc/guide.md'
SPEC = 'doc/spec.md'
HASH_VECTORS = 'tests/kat/vectors/hash.kat'
VDEV = 'drivers/crypto/vcrypto/vcrypto_vdev.c'
OPTIONS = 'app/vcryptod/options.c'
HELP = 'app/vcryptod/options_help.c'
DAEMON_DOC = 'doc/vcryptod.md'
DAEMON_PAGE = 'doc/man/vcryptod.8'
DRIVER_PAGE = 'doc/man/vcrypto.7'
EXAMPLE_PAGE = 'doc/man/encrypt_file.1'

# check, file, regular expression, replacement, words of the finding
CASES = (
    ('features', MAP, r'\tMAP_MAC\(AES_CMAC, CMAC_AES\),\n', '',
     r'\[Auth\] has "AES CMAC \(128\)"'),
    ('features', MAP, r'\tMAP_HASH\(MD5, MD5\),\n', '', 'guide.md: md5'),
    ('features', INI, r'\nAES GCM \(192\) +=[^\n]*', '', r'\[AEAD\] lacks "AES GCM \(192\)"'),
    ('features', INI, r'\nIn Place SGL[^\n]*', '', r'\[Features\] lacks "In Place SGL"'),
    ('features', INI, r'\[Asymmetric\]', '[Asymmetric]\nDSA = Y', r'\[Asymmetric\] has "DSA"'),
    ('features', INI, r'\nMD5 +=', '\nMD5 ~', 'neither a section nor'),
    ('features', CAPS, 'RTE_CRYPTODEV_FF_IN_PLACE_SGL', 'RTE_CRYPTODEV_FF_DIGEST_ENCRYPTED',
     r'\[Features\] has "In Place SGL"'),
    ('features', CAPS, 'RTE_CRYPTODEV_FF_IN_PLACE_SGL', 'RTE_CRYPTODEV_FF_NO_SUCH',
     'does not know the row of NO_SUCH'),
    ('features', ARGS, '"ctrl_timeout_ms"', '"ctrl_timeout_s"',
     'guide.md: .*lacks ctrl_timeout_s='),
    ('features', VDEV, '"queue_size"', '"queue_length"', 'vdev.md: .*lacks queue_length='),
    ('features', GUIDE, r'\| `des-ecb` \| no \| no', '| `des-ecb` | no | yes', 'des-ecb'),
    ('features', HASH_VECTORS, r'alg hash sha3-256\n', 'alg hash sha3-384\n',
     'no vector of sha3-256'),
    ('features', OPTIONS, r'"user", required', '"owner", required',
     'vcryptod.md: .*owner is missing'),
    ('features', HELP, r'no-new-privs', 'privileges',
     'options_help.c: .*no-new-privs is missing'),
    ('features', DAEMON_DOC, r'\n\| `dumps` [^\n]*', '', 'cage dumps is missing'),
    ('features', DAEMON_DOC, r'\| brk mmap', '| brk execve', 'execve is not in'),
    ('spec', SPEC, r'\n\| 7 \|[^\n]*', '', 'no row 7'),
    ('spec', SPEC, r'\n(\| H2 \|[^\n]*)', r'\n\1\n\1', 'H2 stands there twice'),
    ('spec', SPEC, r'`vcrypto_init\.c:init_negotiate`', '`vcrypto_init.c:no_such_function`',
     'no_such_function'),
    ('spec', SPEC, r'`vcrypto_init\.c:init_negotiate`', '`no_such_file.c:init_negotiate`',
     'no_such_file.c'),
    ('spec', SPEC, r'`test_pci_caps\.c:list_that_loops`', '`test_pci_caps.c:no_such_test`',
     'no_such_test'),
    ('spec', SPEC, r'`runner\.sh:', '`run:', 'more than one file run'),
    ('spec', 'doc/vdev.md', r'\Z', '`test_vdev.c:no_such_case`\n', 'vdev.md:.*no_such_case'),
    ('spec', SPEC, r'\n\| 20 \|([^|\n]*)\|[^|\n]*\|', r'\n| 20 |\1| |',
     'names no function'),
    ('man', DAEMON_PAGE, r'\n\.BI \\-\\-watchdog[^\n]*', r'\n.B nothing',
     'vcryptod.8: lacks the option watchdog'),
    ('man', HELP, r'"  --user NAME', '"  --owner NAME', 'vcryptod.8: lacks the option owner'),
    ('man', HELP, r'\n"  --watchdog [^\n]*', '', 'vcryptod.8: has the option watchdog'),
    ('man', GUIDE, r'\n\| `ipsec_addr=[^\n]*', '',
     'vcrypto.7: has the device argument ipsec_addr'),
    ('man', 'doc/vdev.md', r'\n\| `server=', r'\n| `servers=',
     'vcrypto.7: lacks the device argument servers'),
    ('man', EXAMPLE_PAGE, r'\\-\\-chunk', r'\\-\\-piece', 'encrypt_file.1: lacks the option chunk'),
    ('man', 'meson.build', r"version: '[^']*'", "version: '0.0.1'", 'not the version'),
    ('man', DRIVER_PAGE, r'\.SH SYNOPSIS', '.SH USAGE', 'vcrypto.7: no section SYNOPSIS'),
    ('commands', 'README.md', r'meson setup build/gcc', 'meson setup build/other',
     'not build/other'),
    ('commands', GUIDE, r'`build/gcc/drivers', '`build/release/drivers', 'not build/release'),
    ('commands', 'doc/vdev.md', r'\n    PLUGIN=[^\n]*', '', r'\$PLUGIN, and nothing above'),
    ('commands', 'README.md', r'-Dtests=false', '-Dtest=false', 'no option -Dtest'),
    ('commands', 'doc/testing.md', r'tools/test --quick', 'tools/test --quickly',
     'tools/test has no option --quickly'),
    ('commands', 'doc/testing.md', r'tools/test --quick', 'tools/test --qui',
     'tools/test has no option --qui'),
    ('commands', 'doc/testing.md', r'tools/soak 10', 'tools/soaks 10', 'no tools/soaks'),
    ('commands', 'CONTRIBUTING.md', r'# packages', 'packages', 'no # between .*packages'),
    ('commands', DAEMON_DOC, r'\n    PATH=[^\n]*', '',
     'vcryptod, and nothing above has it in PATH'),
    ('commands', DAEMON_DOC, r'\n    mkdir -p /run/crypto', '', '/run/crypto, and nothing above'),
    ('commands', GUIDE, r'\$EAL,stateless', '$LAE,stateless', 'no block sets .LAE'),
    ('commands', EXAMPLE_PAGE, r'\nPLUGIN=[^\n]*', '', r'\$PLUGIN, and nothing above'),
    ('commands', DAEMON_PAGE, r'\$HOME', '$XDG_RUNTIME_DIR', r'\$XDG_RUNTIME_DIR, and nothing'),
)
# Only where there is a man(1).
SHOWN = (
    ('man', DRIVER_PAGE, r'\n\.TP\n', r'\n.NO_SUCH_MACRO\n.TP\n', 'man says: .*NO_SUCH_MACRO'),
)


def copy(root, to):
    for folder in ('doc', 'lib', 'drivers', 'app', 'examples', 'tests', 'tools'):
        if (root / folder).is_dir():
            shutil.copytree(root / folder, to / folder, ignore=shutil.ignore_patterns(
                '__pycache__', '*.svg', 'corpus*'))
    for name in ('README.md', 'CONTRIBUTING.md', 'meson.build', 'meson_options.txt'):
        shutil.copy(root / name, to)


def run(check, root):
    p = subprocess.run([sys.executable, HERE / f'{check}_check.py', root],
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return p.returncode, p.stdout


def fires(root, check, path, pattern, new, words):
    """Why the check did not fire; None if it did."""
    old = (root / path).read_text()
    text, n = re.subn(pattern, new, old)
    if n == 0:
        return f'no {pattern!r} in {path} to change'
    (root / path).write_text(text)
    code, said = run(check, root)
    (root / path).write_text(old)
    if code != 1 or not re.search(words, said):
        return f'exit code {code}, and not {words!r} in:\n{said}'
    return None


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else '.').resolve()
    failed = 0
    with tempfile.TemporaryDirectory() as d:
        copy(root, Path(d))
        for case in CASES + (SHOWN if shutil.which('man') else ()):
            why = fires(Path(d), *case)
            print(f'{"FAIL" if why else "PASS"} {case[0]}: {case[4]}')
            if why:
                print('    ' + why.replace('\n', '\n    '))
                failed += 1
    return 1 if failed or not CASES else 0


if __name__ == '__main__':
    sys.exit(main())
