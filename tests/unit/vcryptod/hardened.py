#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The daemon's binary is hardened: hardened.py BINARY [fortify].

Reads the ELF file, not the build's options: position independent, relocations read-only and
bound at start, no executable stack, stack protector, and fortified calls where they are asked
for.  Exit 77 where the library that reads ELF files is missing.
"""
import sys

try:
    from elftools.elf.dynamic import DynamicSection
    from elftools.elf.elffile import ELFFile
except ImportError:
    print('python3-pyelftools is not installed')
    sys.exit(77)

DF_BIND_NOW, DF_1_NOW, DF_1_PIE, PF_X = 0x8, 0x1, 0x08000000, 0x1


def tags(elf):
    """The values of the dynamic section by name."""
    return {t.entry.d_tag: t.entry.d_val for s in elf.iter_sections()
            if isinstance(s, DynamicSection) for t in s.iter_tags()}


def imports(elf):
    """Names of the symbols that other objects define."""
    table = elf.get_section_by_name('.dynsym')
    return {s.name for s in table.iter_symbols() if s['st_shndx'] == 'SHN_UNDEF'}


def missing(elf, fortify):
    """What the binary lacks, a line each."""
    dyn, names = tags(elf), imports(elf)
    segments = {s['p_type']: s for s in elf.iter_segments()}
    flags, flags_1 = dyn.get('DT_FLAGS', 0), dyn.get('DT_FLAGS_1', 0)
    stack = segments.get('PT_GNU_STACK')
    checks = {
        'position independent (ET_DYN, DF_1_PIE)':
            elf['e_type'] == 'ET_DYN' and flags_1 & DF_1_PIE != 0,
        'bound at start (BIND_NOW)':
            'DT_BIND_NOW' in dyn or flags & DF_BIND_NOW != 0 or flags_1 & DF_1_NOW != 0,
        'relocations read-only (PT_GNU_RELRO)': 'PT_GNU_RELRO' in segments,
        'stack not executable': stack is not None and stack['p_flags'] & PF_X == 0,
        'stack protector': '__stack_chk_fail' in names,
    }
    if fortify:
        checks['fortified calls'] = any(n.endswith('_chk') and n != '__stack_chk_fail'
                                        for n in names)
    return [what for what, ok in checks.items() if not ok]


def main():
    with open(sys.argv[1], 'rb') as f:
        lacks = missing(ELFFile(f), 'fortify' in sys.argv[2:])
    for what in lacks:
        print(f'{sys.argv[1]} is not {what}')
    return 1 if lacks else 0


if __name__ == '__main__':
    sys.exit(main())
