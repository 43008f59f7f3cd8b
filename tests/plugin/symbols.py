#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What the plugin and the archive define for others to find: nothing.

    symbols.py check INNER PLUGIN ARCHIVE
    symbols.py names INNER OUT.c

INNER is the library that both are made of, before its names are hidden.  check: neither
the plugin nor the archive defines a symbol for others, each has all of INNER's
constructors, through which DPDK learns of the driver, and the strings for
dpdk-pmdinfo.py.  names: writes functions with all names of INNER, for a program that has
them itself.  Starts nm and readelf, on what is already built.
"""
import re
import subprocess
import sys

NAMES_MIN = 100         # INNER has more, or the check looked at nothing
INFO = [b'PMD_INFO_STRING= {"name" : "crypto_virtio", ',
        b'PMD_INFO_STRING= {"name" : "crypto_virtio_user", ']


def output_of(*command):
    return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE).stdout


def defined(path, *options):
    """Names that others find in an object, an archive or (with -D) a shared object."""
    lines = output_of('nm', '--defined-only', '-g', '-P', *options, path).split('\n')
    return sorted(f[0] for f in map(str.split, lines) if len(f) >= 2 and len(f[1]) == 1)


def constructors(path):
    """Functions that run before main.  The sanitizers' own lie in groups, of which the
    linker keeps one: they do not count."""
    n = 0
    for line in output_of('readelf', '--section-headers', '--wide', path).split('\n'):
        m = re.search(r'\s\.init_array(?:\.\d+)?\s+INIT_ARRAY\s+\w+ \w+ (\w+) \w+\s+([A-Z]+)\s',
                      line)
        if m and 'G' not in m.group(2):
            n += int(m.group(1), 16) // 8
    return n


def check(inner, plugin, archive):
    bad = []
    names, begin = defined(inner), constructors(inner)
    if len(names) < NAMES_MIN or begin == 0:
        bad.append(f'{inner}: {len(names)} names and {begin} constructors: not what was expected')
    for path, options in (plugin, ['-D']), (archive, []):
        bad += [f'{path}: defines {name} for others' for name in defined(path, *options)]
        if constructors(path) < begin:
            bad.append(f'{path}: {constructors(path)} constructors, not {begin}')
        with open(path, 'rb') as f:
            content = f.read()
        bad += [f'{path}: lacks {info.decode()}' for info in INFO if info not in content]
    print('\n'.join(bad) if bad else
          f'PASS: neither defines one of {len(names)} names, both have {begin} constructors')
    return 1 if bad else 0


OWN = '''/* Written by symbols.py. */
#include <stdio.h>
#include <stdlib.h>

/* The program's own functions, with the driver's names: the driver must never call one. */
static unsigned int own_calls;
static int own_ready;

static void
own_called(const char *name)
{
	own_calls++;
	if (!own_ready)
		return;
	fprintf(stderr, "the driver called %s of the program\\n", name);
	abort();
}
'''


def write_names(inner, out):
    names = [n for n in defined(inner) if re.fullmatch(r'(vqd?|req|vhu|vcrypto)_\w+', n)]
    with open(out, 'w') as f:
        f.write(OWN)
        for n in names:
            f.write(f'\nvoid {n}(void);\nvoid\n{n}(void)\n{{\n\town_called("{n}");\n}}\n')
        f.write('\n/* Each is the program\'s for the program itself. */\n'
                'static void __attribute__((constructor))\nown_begin(void)\n{\n')
        f.write(''.join(f'\t{n}();\n' for n in names))
        f.write(f'\tif (own_calls != {len(names)} || own_calls < {NAMES_MIN})\n'
                '\t\tabort();\n\town_ready = 1;\n}\n')
    return 0


def main(argv):
    if len(argv) == 5 and argv[1] == 'check':
        return check(*argv[2:])
    if len(argv) == 4 and argv[1] == 'names':
        return write_names(*argv[2:])
    print(__doc__.strip(), file=sys.stderr)
    return 2


if __name__ == '__main__':
    sys.exit(main(sys.argv))
