#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Are the functions and tests that doc/spec.md names in the tree?

    spec_check.py [ROOT]

Every clause has a row of its own: | number | clause | function | test |.  A reference
is `file:name`, the file by as much of its path as is needed.  In C the name is a
function, macro or table at file scope, in Python a function, in a shell script (a
suite's `run` is one) the text of a case.  A row without a function or without a test
must say why, in the words of WAIVERS; what is "untested" is counted and named.  The
other documents may use references too.
"""
import re
import sys
from pathlib import Path

SPEC = 'doc/spec.md'
DOCS = (SPEC, 'doc/trust.md', 'doc/design.md', 'doc/testing.md', 'doc/guide.md', 'doc/vdev.md',
        'doc/vcryptod.md', 'doc/bench/README.md', 'README.md')
# 21 and 38 were given to no clause.
WANTED = [str(n) for n in range(1, 81) if n not in (21, 38)] + [f'H{n}' for n in range(1, 13)]
WAIVERS = ('not negotiated', 'not offered', 'not used', 'nothing to do')
UNTESTED = 'untested'
SUFFIXES = ('.c', '.h', '.py', '.sh')
REFERENCE = re.compile(r'`([\w./-]+\.(?:c|h|py|sh)|(?:[\w.-]+/)*run):([^`]+)`')
PATH = re.compile(r'`((?:lib|drivers|app|examples|tests|tools|doc)/[\w./-]+)`')

findings = []


def finding(text):
    findings.append(text)


def index(root):
    """{file name: [paths]} of the product and its tests."""
    files = {}
    for top in ('lib', 'drivers', 'app', 'examples', 'tests'):
        for p in sorted((root / top).rglob('*')):
            if p.is_file() and (p.suffix in SUFFIXES or p.name == 'run'):
                files.setdefault(p.name, []).append(p)
    return files


def defines(path, name):
    text = path.read_text(errors='replace')
    word = re.escape(name)
    if path.suffix in ('.c', '.h'):
        return re.search(rf'^(?:#define\s+)?{word}\b[ \t]*[\(\[ \t]'           # function, macro
                         rf'|^\S[^;\n()]*\b{word}\b(?:\[[^\n]*)?\s*(?:=|\{{)',  # table, struct
                         text, re.M) is not None
    if path.suffix == '.py':
        return re.search(rf'^\s*def {word}\(', text, re.M) is not None
    return name in text


def find(files, name):
    return [p for p in files.get(name.split('/')[-1], ()) if f'/{p}'.endswith(f'/{name}')]


def check_reference(where, files, name, what):
    paths = find(files, name)
    if len(paths) != 1:
        finding(f'{where}: {"no" if not paths else "more than one"} file {name}')
    elif not defines(paths[0], what):
        finding(f'{where}: no "{what}" in {name}')


def is_test(files, name):
    return any('tests' in p.parts for p in find(files, name))


def check_row(where, number, cells, files, untested):
    if len(cells) != 4:
        finding(f'{where}: row {number} has {len(cells)} cells, not 4')
        return
    functions, tests = REFERENCE.findall(cells[2]), REFERENCE.findall(cells[3])
    waived = any(w in cells[2] for w in WAIVERS)
    if not functions and not waived:
        finding(f'{where}: {number} names no function and does not say "{WAIVERS[0]}"')
    for name, what in functions:
        if is_test(files, name):
            finding(f'{where}: {number}: {name}:{what} is a test, not a function')
    for name, what in tests:
        if find(files, name) and not is_test(files, name):
            finding(f'{where}: {number}: {name}:{what} is not a test')
    if UNTESTED in cells[3]:
        untested.append(number)
    elif not tests and not waived:
        finding(f'{where}: {number} names no test and does not say "{UNTESTED}"')


def check_spec(text, files):
    seen, untested = set(), []
    for n, line in enumerate(text.split('\n'), 1):
        m = re.match(r'\| (H?\d+) \|', line)
        if not m:
            continue
        number, where = m.group(1), f'{SPEC}:{n}'
        if number in seen:
            finding(f'{where}: {number} stands there twice')
        seen.add(number)
        if number not in WANTED:
            finding(f'{where}: there is no clause {number}')
        cells = [c.strip() for c in re.sub(r'\\\|', '/', line).strip().strip('|').split('|')]
        check_row(where, number, cells, files, untested)
    for number in WANTED:
        if number not in seen:
            finding(f'{SPEC}: no row {number}')
    return len(seen), untested


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else '.')
    files = index(root)
    rows, untested = check_spec((root / SPEC).read_text(), files)
    refs = 0
    for doc in DOCS:
        if not (root / doc).is_file():
            continue
        for n, line in enumerate((root / doc).read_text().split('\n'), 1):
            for name, what in REFERENCE.findall(line):
                check_reference(f'{doc}:{n}', files, name, what)
                refs += 1
            for path in PATH.findall(line):
                if not list(root.glob(path.rstrip('.'))) and not path.startswith('tools/'):
                    finding(f'{doc}:{n}: no {path}')
    for text in findings:
        print(text)
    if untested:
        print(f'warning: {SPEC}: untested: {" ".join(untested)}')
    print(f'spec: {rows} clauses, {refs} references, {len(untested)} untested, '
          f'{len(findings)} findings')
    return 1 if findings else 0


if __name__ == '__main__':
    sys.exit(main())
