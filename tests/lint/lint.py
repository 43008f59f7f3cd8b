#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The rules of the house that a program can check.

    lint.py [--build DIR] [--nm NM] [ROOT]

Each rule is a function that takes a Tree and yields findings (path, line, text).
It reads files only; the one program it starts is nm, on objects already built.
selftest.py proves that every rule fires: a rule without a bad sample fails there.
"""
import argparse
import os
import re
import subprocess
import sys

import rooms
from rooms import room_of

LINE_MAX = 100          # columns, a tab being 8
FILE_MAX = 800          # lines
FUNCTION_MAX = 50       # lines, outside tests
FUNCTION_P90 = 30       # lines: nine of ten functions of a room, outside tests

CODE = ('.c', '.h')
SCRIPT = ('.py', '.sh', '.gp')
MESON = ('meson.build', 'meson_options.txt')
NO_TEXT = ('.svg', '.png', '.bin', '.pcap', '.gz')      # generated or not ours to shape
SAMPLES = 'tests/lint/'                                 # holds the bad samples
DATA = ('tests/kat/', 'tests/fuzz/')                    # vectors and corpora, as they came

# ---- rooms (rooms.py has their table) ----------------------------------------

PRODUCT = ('lib/', 'drivers/', 'app/')

DPDK = re.compile(r'^(rte_|cryptodev_|ethdev_|bus_|dev_driver)')
DRIVER_SDK = re.compile(r'^(cryptodev_pmd|dev_driver|bus_\w+_driver|\w+_driver)\.h$')
# Headers that a room may not take from outside the project.
FOREIGN = {
    'lib/': re.compile(DPDK.pattern + r'|^(openssl/|intel-ipsec-mb)'),
    'app/': DRIVER_SDK,
    'examples/': DRIVER_SDK,
}

ALLOC = re.compile(r'\b(malloc|calloc|realloc|reallocarray|free|strn?dup|v?asprintf|alloca'
                   r'|posix_memalign|aligned_alloc|mmap|munmap)\s*\(')

FENCE = re.compile(r'\b(__atomic_(?:thread|signal)_fence|__sync_synchronize'
                   r'|atomic_(?:thread|signal)_fence|rte_(?:io_|smp_|cio_)?[rw]?mb'
                   r'|rte_atomic_thread_fence|rte_compiler_barrier|_mm_[lms]fence'
                   r'|__builtin_ia32_[lms]fence)\b')
ASM = re.compile(r'\b(?:asm|__asm__|__asm)\b\s*(?:volatile|__volatile__)?\s*(?:goto\s*)?\(')
ASM_FENCE = re.compile(r'fence|\bdmb\b|\bdsb\b|"memory"|\block\b')
# No instruction, but a pointer: the compiler must keep what was stored there (a wipe).
ASM_KEEP = re.compile(r'\(\s*""\s*:\s*:\s*"r"\s*\(')
FENCE_HOME = 'lib/virtqueue/vq_barrier.h'

WORDS = {'tx', 'rx', 'pkt', 'pkts', 'packet', 'packets', 'xmit', 'hw'}
# Names of the standard and of DPDK's interface that cannot be chosen otherwise.
WORD_EXCEPTIONS = re.compile(
    r'(VIRTIO_CRYPTO_S_)?HW_READY|hw_ready|RTE_CRYPTODEV_FF_HW_ACCELERATED|pkt_len'
    r'|(en|de)queue_pkt_burst_t')
# IPsec's own noun, which files of that service may have (not those of the library ipsec-mb).
WORDS_OF_IPSEC = {'packet', 'packets'}
IPSEC_FILE = re.compile(r'ipsec(?!_mb)')
COOKIE = re.compile(r'\bmbuf[ _]cookie', re.I)

SYMBOL = re.compile(r'^(virtio_crypto_|virtqueue_|vtpci_|crypto_virtio_)')
# What a global symbol of each room may be called.
PREFIX = {
    'lib/virtqueue': ('vq_', 'vqd_'),
    'lib/request': ('req_',),
    'lib/vhost_user': ('vhu_',),
    'lib/vfio_user': ('vfu_',),
    'drivers/crypto/vcrypto': ('vcrypto_', 'vq_', 'vqd_', 'req_', 'vhu_'),
    'app/vcryptod': ('vcryptod_', 'main'),
}

MARKER = re.compile(r'\b(TO' r'DO|FIX' r'ME|XX' r'X|HA' r'CK)\b')
MACHINE_PATH = re.compile(r'(?:^|[^A-Za-z0-9_.\-/}])/(?:work|root|home)/')
URL = re.compile(r'\b(?:https?|ftp|git)://')
ISSUE = re.compile(r'\bissues?\s*#?\d+\b|\b(?:ticket|bug|pr|pull request)\s*#\d+\b'
                   r'|\b(?:see|closes?|fix(?:es)?|resolves?)\s+#\d+\b|\bGH-\d+\b', re.I)
VACUOUS = re.compile(r'\bassert\w*\s*\(\s*(?:true|1)\s*\)')


# ---- the tree ----------------------------------------------------------------

def strip(text, strings):
    """text without comments, and without what is in quotes if strings; same lines."""
    def blank(m):
        s = m.group(0)
        if s[0] == '/':
            return re.sub(r'[^\n]', ' ', s)
        return s[0] + re.sub(r'[^\n]', ' ', s[1:-1]) + s[-1] if strings else s
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'',
                  blank, text, flags=re.S)


class Tree:
    """The project's text files by path; tests hand in a dict of samples."""

    def __init__(self, files):
        self.files = files
        self._bare = {}
        self._by_name = {}
        for p in files:
            self._by_name.setdefault(os.path.basename(p), []).append(p)

    @classmethod
    def load(cls, root):
        files = {}
        for p in list_files(root):
            with open(os.path.join(root, p), 'rb') as f:
                raw = f.read()
            if b'\0' not in raw:
                files[p] = raw.decode('utf-8', 'replace')
        return cls(files)

    def under(self, *dirs, ext=None):
        for p in sorted(self.files):
            if (not dirs or p.startswith(dirs)) and (ext is None or p.endswith(ext)):
                yield p, self.files[p]

    def bare(self, path, strings=True):
        """Code of a C file without comments (and strings)."""
        key = path, strings
        if key not in self._bare:
            self._bare[key] = strip(self.files[path], strings)
        return self._bare[key]

    def resolve(self, path, name):
        """The project's file that an include of name in path means, or None."""
        near = os.path.normpath(os.path.join(os.path.dirname(path), name))
        if near in self.files:
            return near
        if name in self.files:
            return name
        ends = [p for p in self._by_name.get(os.path.basename(name), ())
                if p.endswith('/' + name)]
        return ends[0] if ends else None


def list_files(root):
    try:
        out = subprocess.run(['git', '-C', root, 'ls-files', '-z', '-co', '--exclude-standard'],
                             check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        names = out.stdout.decode().split('\0')
    except (OSError, subprocess.CalledProcessError):
        names = []
    if not any(names):      # a tarball
        for d, dirs, files in os.walk(root):
            dirs[:] = [x for x in dirs if x not in ('.git', 'build', '__pycache__')]
            names += [os.path.relpath(os.path.join(d, f), root) for f in files]
    return [n for n in names if n and os.path.isfile(os.path.join(root, n))
            and not os.path.islink(os.path.join(root, n))]


def line_of(text, pos):
    return text.count('\n', 0, pos) + 1


def hits(text, pattern):
    for m in pattern.finditer(text):
        yield line_of(text, m.start()), m


def is_script(path, text):
    return path.endswith(SCRIPT) or text.startswith('#!')


def is_source(path, text):
    return path.endswith(CODE + MESON) or is_script(path, text)


def is_data(path, text):
    return path.endswith(NO_TEXT) or path.startswith(DATA) and not is_source(path, text)


# ---- rules -------------------------------------------------------------------

RULES = {}


def rule(name):
    def add(f):
        RULES[name] = f
        return f
    return add


INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">]+)[">]', re.M)


def check_include(tree, path, quote, name):
    room = room_of(path)
    target = tree.resolve(path, name)
    if target is None:
        for prefix, ban in FOREIGN.items():
            if path.startswith(prefix) and ban.search(name):
                return f'{prefix} must not include {name}'
        return f'"{name}" is no file of the project (use <> for others)' if quote == '"' else None
    to = room_of(target)
    if room == 'tests' or rooms.may_use(room, to):
        return None
    if to == 'tests':
        return f'includes {target}: nothing includes tests'
    return f'{room} must not include {target}'


@rule('include')
def includes(tree):
    """The rooms form a DAG; lib/ has no DPDK, examples and the daemon no driver SDK."""
    for path, _ in tree.under(ext=CODE):
        text = tree.bare(path, strings=False)
        for line, m in hits(text, INCLUDE):
            bad = check_include(tree, path, m.group(1), m.group(2))
            if bad:
                yield path, line, bad


@rule('circle')
def include_circles(tree):
    """Files that include each other's headers in a circle cannot be read in any order.  In
    the driver a .c file and its header count as one file."""
    for house in rooms.HOUSES:
        unit = rooms.unit if house == rooms.DRIVER else str
        graph = {}
        for path, _ in tree.under(house + '/', ext=CODE):
            to = graph.setdefault(unit(path), set())
            for _, m in hits(tree.bare(path, strings=False), INCLUDE):
                target = tree.resolve(path, m.group(2))
                if target is not None and rooms.house_of(target) == house:
                    to.add(unit(target))
        for u in graph:
            graph[u].discard(u)
        for where, text in rooms.check_circles(graph, 'include'):
            yield where, 0, text


PROTOTYPE = re.compile(r'^(?!static\b|typedef\b|extern\b|#)[A-Za-z_][\w \t*]*?\b(\w+)\([^;{}]*\);',
                       re.M)


@rule('header')
def headers(tree):
    """What the driver's headers declare is defined in the file of the same name."""
    for path, _ in tree.under(rooms.DRIVER + '/', ext='.h'):
        source = rooms.unit(path) + '.c'
        text = tree.bare(source) if source in tree.files else ''
        for line, m in hits(tree.bare(path), PROTOTYPE):
            if not re.search(r'^%s\(' % re.escape(m.group(1)), text, re.M):
                yield path, line, f'{m.group(1)}() is not defined in {source}'


@rule('alloc')
def allocation(tree):
    """lib/ allocates nothing."""
    for path, _ in tree.under('lib/', ext=CODE):
        for line, m in hits(tree.bare(path), ALLOC):
            yield path, line, f'{m.group(1)}() in lib/: memory is handed in'


@rule('fence')
def fences(tree):
    """All fences are in vq_barrier.h; tests may have their own."""
    for path, _ in tree.under(ext=CODE):
        if path == FENCE_HOME or path.startswith('tests/'):
            continue
        for line, m in hits(tree.bare(path), FENCE):
            yield path, line, f'{m.group(1)} outside {FENCE_HOME}'
        text = tree.bare(path, strings=False)
        for line, m in hits(text, ASM):
            end = text.find(';\n', m.end())
            body = text[m.start():end if end > 0 else len(text)]
            if ASM_FENCE.search(body) and not ASM_KEEP.search(body):
                yield path, line, f'assembler fence outside {FENCE_HOME}'


@rule('word')
def words(tree):
    """The standard's words, not those of network drivers."""
    for path, text in tree.under(*PRODUCT):
        if not (path.endswith(CODE + MESON + ('.md', '.map', '.ini')) or is_script(path, text)):
            continue
        banned = WORDS - WORDS_OF_IPSEC if IPSEC_FILE.search(os.path.basename(path)) else WORDS
        for line, m in hits(text, re.compile(r'[A-Za-z_][A-Za-z0-9_]*')):
            token = m.group(0)
            bad = banned.intersection(re.split(r'[_\d]+', token.lower()))
            if bad and not WORD_EXCEPTIONS.fullmatch(token):
                yield path, line, f'"{token}": the word {bad.pop()} is banned here'
        for line, m in hits(text, COOKIE):
            yield path, line, f'"{m.group(0)}" is banned here'


DEFINED = re.compile(r'^(?!static\b|typedef\b|#|extern\b)(?:[A-Za-z_][\w \t*]*[ \t*]|)'
                     r'(\w+)[ \t]*(\(|\[|=|;)', re.M)


def external_names(text):
    """Names that code without comments declares or defines at file scope, not static."""
    lines = text.split('\n')
    for line, m in hits(text, DEFINED):
        before = lines[line - 2] if line >= 2 else ''
        if m.group(2) == '(' and m.start() == m.start(1) and 'static' in before:
            continue
        if m.group(2) != '(' and re.match(r'\s*(struct|union|enum)\s+\w+\s*;', m.group(0)):
            continue
        yield line, m.group(1)


@rule('symbol')
def symbols(tree):
    """No global name with the prefixes of DPDK's own driver (types may have them)."""
    for path, _ in tree.under(*PRODUCT, 'examples/', ext=CODE):
        for line, name in external_names(tree.bare(path)):
            if SYMBOL.match(name):
                yield path, line, f'global symbol {name} has a prefix of another driver'


@rule('spdx')
def spdx(tree):
    """The licence is on line 1, or on line 2 after a #! line."""
    for path, text in tree.under():
        if not is_source(path, text):
            continue
        head = text.split('\n', 2)
        want = head[1] if text.startswith('#!') and len(head) > 1 else head[0]
        if 'SPDX-License-Identifier: BSD-3-Clause' not in want:
            yield path, 1, 'no SPDX-License-Identifier: BSD-3-Clause'


@rule('file-length')
def file_length(tree):
    """A longer file wants a better cut."""
    for path, text in tree.under():
        n = text.count('\n')
        if is_source(path, text) and n > FILE_MAX:
            yield path, n, f'{n} lines; at most {FILE_MAX}'


def functions(text):
    """(first line, length) of each function body of a C file, in lines, braces included."""
    start = None
    for i, line in enumerate(text.split('\n'), 1):
        if line.rstrip() == '{':
            start = i
        elif start is not None and line.startswith('}'):
            yield start, i - start + 1
            start = None


@rule('function-length')
def function_length(tree):
    """A function fits on a screen; tests may have longer ones."""
    for path, text in tree.under(ext=CODE):
        for line, n in functions(text):
            if n > FUNCTION_MAX and not path.startswith('tests/'):
                yield path, line, f'function of {n} lines; at most {FUNCTION_MAX}'


@rule('function-p90')
def function_p90(tree):
    """Nine of ten functions are short; of a room with few, or of tests, nothing is asked."""
    lengths = {}
    for path, text in tree.under(ext='.c'):
        lengths.setdefault(room_of(path), []).extend(n for _, n in functions(text))
    for room, v in sorted(lengths.items()):
        p90 = sorted(v)[len(v) * 9 // 10] if len(v) >= 10 else 0
        if p90 > FUNCTION_P90 and room != 'tests':
            yield room, 0, f'90th percentile of function length is {p90} lines; ' \
                           f'at most {FUNCTION_P90}'


BRACE = re.compile(r'^[A-Za-z_][^;={}#]*\)[ \t]*\{', re.M)


@rule('brace')
def braces(tree):
    """A function's brace has a line of its own: function-length depends on it."""
    for path, _ in tree.under(ext='.c'):
        for line, m in hits(tree.bare(path), BRACE):
            if not re.match(r'(struct|union|enum|typedef)\b', m.group(0)):
                yield path, line, 'the opening brace of a function stands on a line of its own'


RETURN_TYPE = re.compile(r'^([A-Za-z_][\w \t*]*?[ \t*](?:__attribute__\(.*\)\)[\w \t*]*)?)'
                         r'(\w+)\([^;{}#]*\)\s*\n\{', re.M)


@rule('return-type')
def return_types(tree):
    """A function's return type has a line of its own, so that ^name( finds the definition."""
    for path, _ in tree.under(ext=CODE):
        for line, m in hits(tree.bare(path), RETURN_TYPE):
            if '\n' not in m.group(1) and m.group(2) != '__attribute__':
                yield path, line, f'{m.group(2)}() begins a line; its return type stands above'


INDENT = re.compile(r'^(?:\t* +\t|\t* {8,})[ \t]*\S', re.M)


@rule('tab')
def tabs(tree):
    """C is indented by tabs; fewer than eight spaces after them align."""
    for path, _ in tree.under(ext=CODE):
        for line, _ in hits(tree.bare(path), INDENT):
            yield path, line, 'indented by spaces; a tab is 8 columns'


KEYWORD = re.compile(r'\b(?:if|for|while|switch|return)\(|\bsizeof \(|\}[ \t]*\n[ \t]*else\b')


@rule('keyword')
def keywords(tree):
    """A space after if, for, while, switch, return, none after sizeof; else after its }."""
    for path, _ in tree.under(ext=CODE):
        for line, m in hits(tree.bare(path), KEYWORD):
            yield path, line, f'"{" ".join(m.group(0).split())}": not the style of DPDK'


# Documents as programs write them, or as they came.
WRITTEN = ('doc/bench/', 'tests/kat/')


@rule('line-length')
def line_length(tree):
    """100 columns, a tab being 8; in documents, tables and what a program wrote may be longer."""
    for path, text in tree.under():
        prose = path.endswith('.md') and not path.startswith(WRITTEN)
        if not prose and not is_source(path, text):
            continue
        for i, line in enumerate(text.split('\n'), 1):
            n = len(line.expandtabs(8))
            if n > LINE_MAX and not (prose and line.startswith('|')):
                yield path, i, f'{n} columns; at most {LINE_MAX}'


@rule('whitespace')
def whitespace(tree):
    """No white space at line ends, a newline at the end."""
    for path, text in tree.under():
        if is_data(path, text):
            continue
        for i, line in enumerate(text.split('\n'), 1):
            if line != line.rstrip():
                yield path, i, 'white space at the end of the line'
        if text and not text.endswith('\n'):
            yield path, text.count('\n') + 1, 'no newline at the end of the file'


def plain(tree, pattern, message, select=lambda path, text: True):
    for path, text in tree.under():
        if path.startswith(SAMPLES) or is_data(path, text) or not select(path, text):
            continue
        for line, m in hits(text, pattern):
            yield path, line, message.format(m.group(0).strip())


@rule('marker')
def markers(tree):
    """Nothing is left for later."""
    return plain(tree, MARKER, '"{}": finish it, or say why it is so')


@rule('path')
def paths(tree):
    """No path of the machine that it was written on."""
    return plain(tree, MACHINE_PATH, 'absolute path of a machine: "{}"')


@rule('url')
def urls(tree):
    """No host names in what is run."""
    return plain(tree, URL, 'an address in a script: "{}"', lambda path, text:
                 path.startswith(('tools/', '.ci/')) or path.endswith(MESON)
                 or is_script(path, text))


@rule('issue')
def issues(tree):
    """The project speaks of itself, not of its tracker."""
    return plain(tree, ISSUE, '"{}": say the reason, not a number')


GUIDE_TO_PLACES = 'CONTRIBUTING.md'
ITEM = re.compile(r'^\d+\. (?:.*\n(?:   .*\n)*)', re.M)
PLACE = re.compile(r'`([\w.-]+(?:/[\w.-]*)+)(?::([^`\s]+))?`')


def missing_place(tree, path, name):
    """Why path, or name in it, is no place in the tree; None if it is one."""
    if path.endswith('/'):
        return None if any(tree.under(path)) else f'no folder {path}'
    if path not in tree.files:
        return f'no file {path}'
    if name and not re.search(r'\b%s\b' % re.escape(name), tree.files[path]):
        return f'no {name} in {path}'
    return None


@rule('place')
def places(tree):
    """Each step of a numbered list in CONTRIBUTING names files, and they exist."""
    text = tree.files.get(GUIDE_TO_PLACES, '')
    for line, m in hits(text, PLACE):
        bad = missing_place(tree, m.group(1), m.group(2))
        if bad:
            yield GUIDE_TO_PLACES, line, bad
    for line, m in hits(text, ITEM):
        if not PLACE.search(m.group(0)):
            yield GUIDE_TO_PLACES, line, 'a step that names no place'


@rule('vacuous')
def vacuous(tree):
    """A check that cannot fail is none."""
    return plain(tree, VACUOUS, '"{}" cannot fail', lambda path, text: path.endswith(CODE))


# ---- objects -----------------------------------------------------------------

def check_symbols(room, names):
    """Findings for the global symbols of one built object of a room."""
    for n in names:
        if SYMBOL.match(n):
            yield f'global symbol {n} has a prefix of another driver'
        elif room in PREFIX and not n.startswith(PREFIX[room]) and not n.startswith('_'):
            yield f'global symbol {n} lacks the prefix of {room}'


def parse_nm(text):
    """Defined global symbols in the output of nm -g --defined-only -P."""
    for line in text.split('\n'):
        f = line.split()
        if len(f) >= 2 and len(f[1]) == 1 and f[1].isupper() and f[1] != 'U':
            yield f[0]


def built_objects(build):
    for room in PREFIX:
        for d, _, files in os.walk(os.path.join(build, room)):
            for f in files:
                if f.endswith(('.o', '.so')):
                    yield room, os.path.join(d, f)


def objects(build, nm):
    """(number of objects looked at, findings)"""
    found, n = [], 0
    for room, path in built_objects(build):
        p = subprocess.run([nm, '-g', '--defined-only', '-P', path], stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, text=True)
        if p.returncode != 0:       # being written, or for another machine
            continue
        n += 1
        rel = os.path.relpath(path, build)
        found += [(rel, 0, t) for t in check_symbols(room, parse_nm(p.stdout))]
    return n, found


# ---- report ------------------------------------------------------------------

def main():
    ap = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    ap.add_argument('root', nargs='?', default='.')
    ap.add_argument('--build', help='build folder whose objects are checked with nm')
    ap.add_argument('--nm', default='nm')
    ap.add_argument('--list', action='store_true', help='name the rules and stop')
    args = ap.parse_args()
    if args.list:
        for name, f in RULES.items():
            print(f'{name:16} {(f.__doc__ or "").strip()}')
        return 0
    tree = Tree.load(args.root)
    if not tree.files:
        print(f'{args.root}: no files: nothing was checked')
        return 1
    n = 0
    for name, f in RULES.items():
        for path, line, text in f(tree):
            print(f'{path}:{line}: [{name}] {text}')
            n += 1
    nb_obj = 0
    if args.build:
        nb_obj, found = objects(args.build, args.nm)
        found += [(path, 0, text) for path, text in
                  rooms.check_symbols(rooms.built_symbols(args.build, args.nm, tree.files))]
        for path, _, text in found:
            print(f'{path}: [object] {text}')
        n += len(found)
    print(f'lint: {len(tree.files)} files, {nb_obj} objects, {len(RULES)} rules, {n} findings')
    return 1 if n else 0


if __name__ == '__main__':
    sys.exit(main())
