#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Do the commands in the documents work as they stand, in a fresh clone?

    commands_check.py [ROOT]

A command stands in a block that is indented by four columns, or between .EX and .EE of a man
page.  A variable in it, or in `code` of a sentence, is set by the document before, or by every
shell.  What explains it stands behind a #.  A file of the project that it names is there.  An
option that it gives to one of the project's scripts is one of that script, and a -D of meson's
one of meson_options.txt.  A program of the project that it calls by its name alone is in a PATH
that the document has set before, and the folder of a socket was made there; a man page is of
what is installed.  And there is one build folder, wherever a document names one, but for builds
against another release of DPDK.
"""
import re
import sys
from pathlib import Path

DOCS = ('README.md', 'CONTRIBUTING.md', 'tests/README.md', 'doc')
BUILD = 'build/gcc'
# Builds for another DPDK, and for another processor.
OTHERS = ('build/dpdk-', 'build/arm64', 'build/s390x')
# Set by every shell.  XDG_RUNTIME_DIR is not: it is there after some logins alone.
SHELL = {'PWD', 'OLDPWD', 'HOME', 'PATH'}
COMMAND = re.compile(r'^ {4,}(?![-|*] )\S')
USED = re.compile(r'\$\{?([A-Za-z_]\w*)')
SET = re.compile(r'(?:^|[\s;(])(?:export )?([A-Za-z_]\w*)=|\b(?:for|read(?: -r)?) ([A-Za-z_]\w*)')
SCRIPT = re.compile(r'^((?:tools|tests)/[\w./-]+)')
OPTION = re.compile(r'(?<!\S)(--[a-z][\w-]*)')
MESON_OPTION = re.compile(r'-D([a-z]\w*)=')
# Options of meson itself.
MESON_OWN = re.compile(r'(b_|c_|buildtype$|optimization$|default_library$|werror$)')
FOLDER = re.compile(r'(?:meson setup|meson compile -C|ninja -C|meson test -C|--build) +'
                    r'(\w[\w./-]*\w)')
# Code in a sentence; double ones hold single ones.
CODE = re.compile(r'``.+?``|`[^`]+`', re.S)
# What begins a command for certain, with words behind two blanks that no # hides.
CALL = re.compile(r'(?:meson|ninja|git|cc|gcc|modprobe|vcryptod|encrypt_file|dpdk-[\w-]+|build/\S+'
                  r'|(?:tools|tests)/[\w./-]+,?)(?=\s)')
LOOSE = re.compile(r'\S {2,}(?=[^\s#&|>\\-])')
# Programs of the project, by name alone.
OWN = re.compile(r'(?:^|[;&|] *)(vcryptod|encrypt_file|minimal|sessionless|sign)(?=\s)')
SOCKET = re.compile(r'--(?:socket|vfio-user|ctl) (/[\w./-]+)/')
FOLDERS = {'/run', '/tmp'}
OTHER_BUILD = re.compile(r'\bbuild/(?:release|debug)\b')

findings = []


def documents(root):
    for name in DOCS:
        path = root / name
        if path.is_dir():
            yield from sorted(path.rglob('*.md'))
            yield from sorted((path / 'man').glob('*.[1-9]'))
        elif path.is_file():
            yield path


def commands(lines):
    """(number, text) of each command of a block, with its continuation lines."""
    number, text = 0, ''
    for n, line in enumerate(lines, 1):
        if not text and not COMMAND.match(line):
            continue
        number, text = (n, line) if not text else (number, f'{text} {line.strip()}')
        if text.endswith('\\'):
            text = text[:-1].rstrip()
            continue
        yield number, text.strip()
        text = ''


def check_script(root, where, text):
    found = SCRIPT.match(text)
    if not found:
        return
    path = root / found.group(1)
    if not path.exists():
        findings.append(f'{where}: no {found.group(1)}')
    if not path.is_file():
        return
    said = path.read_text(errors='replace')
    for shared in re.findall(r'(runner\.sh)', said):
        said += (root / 'tests' / shared).read_text()
    # What comes after a lone -- or in a comment is for another program.
    for option in OPTION.findall(re.split(r'\s(?:--|#)(?:\s|$)', text)[0]):
        if not re.search(re.escape(option) + r'(?![\w-])', said):
            findings.append(f'{where}: {found.group(1)} has no option {option}')


def as_document(page):
    """The lines of a man page: its blocks indented, all else empty."""
    lines, inside = [], False
    for line in page:
        if line in ('.EX', '.EE'):
            inside = line == '.EX'
            line = ''
        for roff, plain in ((r'\-', '-'), (r'\e', '\\'), (r'\(aq', "'")):
            line = line.replace(roff, plain)
        lines.append('    ' + line if inside and line else '')
    return lines


def check_explained(root, where, text):
    """Is what explains the command a comment?"""
    call = CALL.match(text)
    if not call or '/' in call.group() and (root / call.group()).is_dir():
        return
    loose = LOOSE.search(re.split(r'\s#', text)[0])
    if loose:
        findings.append(f'{where}: no # between the command and what explains it: {text}')


def check_places(where, text, places):
    """Programs by their names, and folders of sockets; places has what the document set."""
    places.update(re.findall(r'\bmkdir (?:-p )?(/\S+)', text))
    if re.match(r'PATH=', text):
        places.add('PATH')
    for name in OWN.findall(text) if 'PATH' not in places else ():
        findings.append(f'{where}: {name}, and nothing above has it in PATH')
    for folder in SOCKET.findall(text):
        if folder not in places and re.match(r'\w*/?\S*vcryptod ', text):
            findings.append(f'{where}: {folder}, and nothing above makes it')


def check_code(where, lines, known):
    """Variables of code in sentences; blocks have been read."""
    prose = '\n'.join('' if COMMAND.match(line) else line for line in lines)
    for code in CODE.finditer(prose):
        for name in USED.findall(code.group()):
            if name not in known and code.group() != f'`${name}`':
                n = prose.count('\n', 0, code.start()) + 1
                findings.append(f'{where}:{n}: {code.group()}, and no block sets ${name}')


def check_document(root, path, options):
    where = path.relative_to(root)
    lines = path.read_text().split('\n')
    page = path.suffix != '.md'
    if page:
        lines = as_document(lines)
    known, nr = set(SHELL), 0
    places = FOLDERS | ({'PATH'} if page else set())
    for n, text in commands(lines):
        nr += 1
        # "a && b; c | d": each is a command.
        for part in re.split(r'\s*(?:&&|;|\|)\s+', text):
            check_script(root, f'{where}:{n}', part)
        check_explained(root, f'{where}:{n}', text)
        if 'bench' not in where.parts:    # which shows what was run, with SOCKET and the like
            check_places(f'{where}:{n}', text, places)
        known.update(name for pair in SET.findall(text) for name in pair if name)
        for name in USED.findall(text):
            if name not in known:
                findings.append(f'{where}:{n}: ${name}, and nothing above sets it')
                known.add(name)
        for name in MESON_OPTION.findall(text) if 'meson' in text else ():
            if name not in options and not MESON_OWN.match(name):
                findings.append(f'{where}:{n}: the project has no option -D{name}')
    check_code(where, lines, known)
    for n, line in enumerate(lines, 1):
        found = set(OTHER_BUILD.findall(line)) | {
            folder for folder in FOLDER.findall(line)
            if folder.startswith('build') and not folder.startswith(OTHERS)}
        for folder in sorted(found - {BUILD}):
            findings.append(f'{where}:{n}: the build folder is {BUILD}, not {folder}')
    return nr


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else '.').resolve()
    options = re.findall(r"^option\('(\w+)'", (root / 'meson_options.txt').read_text(), re.M)
    nr = sum(check_document(root, path, set(options)) for path in documents(root))
    for text in findings:
        print(text)
    print(f'commands: {nr} lines of commands, {len(findings)} findings')
    return 1 if findings or not nr else 0


if __name__ == '__main__':
    sys.exit(main())
