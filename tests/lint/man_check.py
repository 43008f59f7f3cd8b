#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Do the man pages have what the programs have, no more and no less?

    man_check.py [ROOT]

vcryptod.8 has each option that the daemon's --help prints, encrypt_file.1 each of that
program's, and vcrypto.7 each device argument that the tables of doc/guide.md and
doc/vdev.md name; each has the version of meson.build.  man(1) shows them without a
warning; where there is no man(1), a line says so.
"""
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

MAN = 'doc/man'
DAEMON = f'{MAN}/vcryptod.8'
DRIVER = f'{MAN}/vcrypto.7'
EXAMPLE = f'{MAN}/encrypt_file.1'
DAEMON_SOURCES = 'app/vcryptod'
EXAMPLE_SOURCE = 'examples/encrypt_file.c'
TABLES = ('doc/guide.md', 'doc/vdev.md')
SECTIONS = ('NAME', 'SYNOPSIS', 'DESCRIPTION', 'SEE ALSO')
MAN_SECONDS = 60        # one page takes a fraction of a second

findings = []


def finding(text):
    findings.append(text)


def bare(text):
    """A page without what only changes the typeface; escapes as they are read."""
    text = re.sub(r'\\f(?:.|\[\w*\])', '', text)
    text = re.sub(r'^\.[BIR]{1,2} (.*)$', lambda m: m.group(1).replace('"', ''), text, flags=re.M)
    return text.replace(r'\-', '-').replace(r'\~', ' ')


def tagged(text, sections):
    """What the paragraphs with a tag in these sections are about: the lines behind .TP."""
    parts = re.split(r'^\.SH (.*)$', text, flags=re.M)
    return [line for name, part in zip(parts[1::2], parts[2::2]) if name in sections
            for line in re.findall(r'^\.TP\n(.*)$', bare(part), re.M)]


def same(page, what, have, want, where):
    if not want:
        finding(f'{page}: no {what} found in {where}: man_check.py does not understand it')
    for name in sorted(want - have):
        finding(f'{page}: lacks the {what} {name}, which {where} has: add a paragraph ".TP"')
    for name in sorted(have - want):
        finding(f'{page}: has the {what} {name}, which {where} does not have')


def options_of(page):
    return {name for line in tagged(page, ('OPTIONS',))
            for name in re.findall(r'(?<![\w-])--([a-z][a-z-]*)', line)}


def check_daemon(root):
    """The help is one string: its lines stand in a source as they are printed."""
    want = {name for source in sorted((root / DAEMON_SOURCES).rglob('*.c'))
            for name in re.findall(r'^\s*"  (?:-\w, )?--([a-z][a-z-]*)', source.read_text(), re.M)}
    same(DAEMON, 'option', options_of((root / DAEMON).read_text()),
         want, 'the output of vcryptod --help')


def check_example(root):
    source = (root / EXAMPLE_SOURCE).read_text()
    want = set(re.findall(r'^\t\{ "([a-z-]+)", (?:required|no)_argument', source, re.M))
    want |= set(re.findall(r'strcmp\([^,]*, "--([a-z-]+)"\)', source))
    same(EXAMPLE, 'option', options_of((root / EXAMPLE).read_text()), want, EXAMPLE_SOURCE)


def check_driver(root):
    have = {m.group(1) for line in tagged((root / DRIVER).read_text(), ('DEVICE ARGUMENTS',))
            if (m := re.match(r'(\w+)=', line))}
    want = set()
    for path in TABLES:
        table = re.search(r'^\| argument \|[^\n]*\n\|[-| ]+\n((?:\|[^\n]*\n)+)',
                          (root / path).read_text(), re.M)
        if not table:
            finding(f'{path}: no table that begins with "| argument |"')
            continue
        want |= set(re.findall(r'^\| `(\w+)=', table.group(1), re.M))
    same(DRIVER, 'device argument', have, want, ' and '.join(TABLES))


def check_form(root, path):
    """Title, version, and the sections that every page has."""
    text = path.read_text()
    name = path.relative_to(root)
    version = re.search(r"version: '([^']+)'", (root / 'meson.build').read_text())
    title = f'.TH {path.stem.upper()} {path.suffix[1:]} '
    if title not in text:
        finding(f'{name}: no line that begins with "{title}"')
    if not version or f'"vcrypto {version.group(1)}"' not in text:
        finding(f'{name}: its .TH line has not the version of meson.build')
    for section in SECTIONS:
        if not re.search(rf'^\.SH "?{section}"?$', text, re.M):
            finding(f'{name}: no section {section}')


def check_shown(root, path):
    env = {**os.environ, 'LC_ALL': 'C.UTF-8', 'MANWIDTH': '80', 'MANPAGER': 'cat'}
    shown = subprocess.run(['man', '--warnings', '-l', str(path)], env=env, text=True,
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=MAN_SECONDS)
    if shown.returncode != 0 or shown.stdout.count('\n') < 20:
        finding(f'{path.relative_to(root)}: man does not show it')
    for line in shown.stderr.splitlines():
        finding(f'{path.relative_to(root)}: man says: {line}')


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else '.').resolve()
    pages = sorted(p for p in (root / MAN).iterdir() if re.fullmatch(r'\.\d', p.suffix))
    check_daemon(root)
    check_driver(root)
    check_example(root)
    for path in pages:
        check_form(root, path)
    if shutil.which('man'):
        for path in pages:
            check_shown(root, path)
    else:
        print('not checked: warnings of man(1), which this machine does not have (package man-db)')
    for text in findings:
        print(text)
    print(f'man: {len(pages)} pages, {len(findings)} findings')
    return 1 if findings or not pages else 0


if __name__ == '__main__':
    sys.exit(main())
