#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Does the documentation promise what driver and daemon have, no more and no less?

    features_check.py [ROOT]

Compares doc/features/vcrypto.ini, the guide's tables of algorithms and device
arguments, those arguments that doc/vdev.md adds, and the algorithms of the published
vectors with the driver's sources: the rows of vcrypto_map.c, the key sizes of req_alg.c,
the flags in vcrypto_caps.c, the arguments of vcrypto_args.h and vcrypto_vdev.c; and
doc/vcryptod.md's tables of options and system calls, and the daemon's help, with its
sources.  Reads text; a source that it does not understand any more is a finding, not a
pass.
"""
import re
import sys
from pathlib import Path

MAP = 'drivers/crypto/vcrypto/device/vcrypto_map.c'
CAPS = 'drivers/crypto/vcrypto/device/vcrypto_caps.c'
ARGS = 'drivers/crypto/vcrypto/device/vcrypto_args.h'
VDEV = 'drivers/crypto/vcrypto/vcrypto_vdev.c'
ALG = 'lib/request/req_alg.c'
INI = 'doc/features/vcrypto.ini'
GUIDE = 'doc/guide.md'
VDEV_DOC = 'doc/vdev.md'
VECTORS = 'tests/kat/vectors'
OPTIONS = 'app/vcryptod/options.c'
HELP = 'app/vcryptod/options_help.c'
CAGE = 'app/vcryptod/cage/cage.c'
CALLS = 'app/vcryptod/cage/cage_calls.c'
DAEMON_DOC = 'doc/vcryptod.md'

# Flag -> row of [Features].
FLAGS = {
    'SYMMETRIC_CRYPTO': 'Symmetric crypto',
    'ASYMMETRIC_CRYPTO': 'Asymmetric crypto',
    'SYM_OPERATION_CHAINING': 'Sym operation chaining',
    'HW_ACCELERATED': 'HW Accelerated',
    'SECURITY': 'Protocol offload',
    'IN_PLACE_SGL': 'In Place SGL',
    'OOP_SGL_IN_SGL_OUT': 'OOP SGL In SGL Out',
    'OOP_SGL_IN_LB_OUT': 'OOP SGL In LB  Out',
    'OOP_LB_IN_SGL_OUT': 'OOP LB  In SGL Out',
    'OOP_LB_IN_LB_OUT': 'OOP LB  In LB  Out',
    'RSA_PRIV_OP_KEY_EXP': 'RSA PRIV OP KEY EXP',
    'RSA_PRIV_OP_KEY_QT': 'RSA PRIV OP KEY QT',
    'DIGEST_ENCRYPTED': 'Digest encrypted',
    'ASYM_SESSIONLESS': 'Asymmetric sessionless',
    'SYM_CPU_CRYPTO': 'CPU crypto',
    'SYM_SESSIONLESS': 'Symmetric sessionless',
    'NON_BYTE_ALIGNED_DATA': 'Non-Byte aligned data',
    'SYM_RAW_DP': 'Sym raw data path API',
    'CIPHER_MULTIPLE_DATA_UNITS': 'Cipher multiple data units',
    'CIPHER_WRAPPED_KEY': 'Cipher wrapped key',
}

# rte_crypto's name -> row of the section, by key size in bits where rows have one;
# None: DPDK has no row.
BY_KEY = {
    'AES_CBC': 'AES CBC', 'AES_CTR': 'AES CTR', 'AES_ECB': 'AES ECB', 'AES_XTS': 'AES XTS',
    'AES_CMAC': 'AES CMAC', 'AES_GCM': 'AES GCM', 'AES_CCM': 'AES CCM',
}
PLAIN = {
    '3DES_CBC': '3DES CBC', '3DES_CTR': '3DES CTR', '3DES_ECB': '3DES ECB',
    'DES_CBC': 'DES CBC', 'SNOW3G_UEA2': 'SNOW3G UEA2', 'KASUMI_F8': 'KASUMI F8',
    'ZUC_EEA3': 'ZUC EEA3', 'AES_F8': None, 'ARC4': None,
    'AES_XCBC_MAC': 'AES XCBC MAC', 'AES_GMAC': 'AES GMAC', 'AES_CBC_MAC': None,
    'SNOW3G_UIA2': 'SNOW3G UIA2', 'KASUMI_F9': 'KASUMI F9', 'ZUC_EIA3': 'ZUC EIA3',
    'SHAKE_128': 'SHAKE_128', 'SHAKE_256': 'SHAKE_256',
    'CHACHA20_POLY1305': 'CHACHA20-POLY1305',
}
SECTION = {'CIPHER': 'Cipher', 'HASH': 'Auth', 'MAC': 'Auth', 'AEAD': 'AEAD'}
# Rows of [Asymmetric] come from the transformations that vcrypto_caps.c fills in.
ASYM = {'RTE_CRYPTO_ASYM_XFORM_RSA': 'RSA', 'RTE_CRYPTO_ASYM_XFORM_ECDSA': 'ECDSA'}

findings = []


def finding(text):
    findings.append(text)


def strip_comments(text):
    return re.sub(r'/\*.*?\*/|//[^\n]*', ' ', text, flags=re.S)


def read_map(text):
    """(kind, rte name, standard's name) of each row, GMAC's long form included."""
    rows = re.findall(r'^\tMAP_(CIPHER|HASH|MAC|AEAD)\((\w+), (\w+)(?:, \w+)?\),$', text, re.M)
    long_rows = re.findall(
        r'\{ RTE_CRYPTO_SYM_XFORM_\w+, RTE_CRYPTO_(?:CIPHER|AUTH|AEAD)_([A-Z]\w+),'
        r'\s*VIRTIO_CRYPTO_SERVICE_(\w+), VIRTIO_CRYPTO_\2_(\w+),', text)
    # A long row says auth of one service through the requests of another.
    rows += [('MAC' if name == 'AES_GMAC' else kind, name, number)
             for name, kind, number in long_rows]
    return rows


def read_algs(text):
    """{(kind, standard's name): (name, key sizes in bits)} of req_alg.c."""
    ranges = {}
    for name, lo, hi, step in re.findall(r'^#define (\w+)\s+\{ (\d+), (\w+), (\d+) \}', text,
                                         re.M):
        if hi.isdigit():
            ranges[name] = list(range(int(lo), int(hi) + 1, int(step) or 1))
    algs = {}
    for kind, number, name, rest in re.findall(
            r'^\t(CIPHER|HASH|MAC|AEAD|AKCIPHER)\((\w+),\s*"([^"]+)"(.*)\),$', text, re.M):
        keys = [k for k in re.split(r',\s*', rest) if k in ranges and k.endswith('_KEY')]
        algs[kind, number] = name, [8 * b for b in ranges[keys[0]]] if keys else []
    return algs


def rows_of(rte, keys):
    """Rows of the .ini that an algorithm stands for."""
    if rte in BY_KEY:
        if rte == 'AES_XTS':        # two keys: the row names the size of one
            keys = [k // 2 for k in keys]
        return {f'{BY_KEY[rte]} ({k})' for k in keys}
    if rte in PLAIN:
        return {PLAIN[rte]} - {None}
    m = re.fullmatch(r'(MD5|SHA\d+|SHA3_\d+)(_HMAC)?', rte)
    if m:
        return {m.group(1) + (' HMAC' if m.group(2) else '')}
    finding(f'{MAP}: features_check.py does not know the row of {rte}')
    return set()


def read_ini(text):
    sections, name = {}, None
    for n, line in enumerate(text.split('\n'), 1):
        line = line.split(';')[0].rstrip()
        head = re.fullmatch(r'\[(\w+)\]', line)
        row = re.fullmatch(r'(\S.*?)\s*= (Y|P)', line)
        if head:
            name = head.group(1)
            sections[name] = set()
        elif row and name:
            if row.group(1) in sections[name]:
                finding(f'{INI}:{n}: "{row.group(1)}" stands there twice')
            sections[name].add(row.group(1))
        elif line:
            finding(f'{INI}:{n}: neither a section nor "name = Y": {line}')
    return sections


def compare(section, have, want):
    for row in sorted(want - have):
        finding(f'{INI}: [{section}] lacks "{row}", which the driver has')
    for row in sorted(have - want):
        finding(f'{INI}: [{section}] has "{row}", which the driver does not have')


def check_ini(sections, rows, algs, caps):
    want = {name: set() for name in ('Features', 'Cipher', 'Auth', 'AEAD', 'Asymmetric')}
    for kind, rte, number in rows:
        key = ('AEAD', number) if (kind, number) not in algs else (kind, number)
        if key not in algs:
            finding(f'{MAP}: {rte}: no row of {ALG} has number {number}')
            continue
        want[SECTION[kind]] |= rows_of(rte, algs[key][1])
    for flag in set(re.findall(r'\bRTE_CRYPTODEV_FF_(\w+)', caps)):
        if flag in FLAGS:
            want['Features'].add(FLAGS[flag])
        else:
            finding(f'{CAPS}: features_check.py does not know the row of {flag}')
    # Served without the device: no row of the map.
    for section, name in (('Cipher', 'CIPHER_NULL'), ('Auth', 'AUTH_NULL')):
        if f'RTE_CRYPTO_{name};' in caps:
            want[section].add('NULL')
    want['Asymmetric'] = {row for name, row in ASYM.items() if name in caps}
    for name, rows_wanted in want.items():
        if name not in sections:
            finding(f'{INI}: no section [{name}]')
        else:
            compare(name, sections[name], rows_wanted)


def check_algorithms(text, rows, algs, caps):
    """The column "this driver" of the table of algorithms."""
    table = re.search(r'^\| algorithm \|[^\n]*\n\|[-| :]+\n((?:\|[^\n]*\n)+)', text, re.M)
    if not table:
        finding(f'{GUIDE}: no table that begins with "| algorithm |"')
        return 0
    mapped = {algs[k, n][0] for k, _, n in rows if (k, n) in algs}
    mapped |= {'aes-gmac'} if any(r == 'AES_GMAC' for _, r, _ in rows) else set()
    mapped |= {row.lower() for name, row in ASYM.items() if name in caps}
    seen = set()
    for line in table.group(1).strip().split('\n'):
        cells = [c.strip() for c in line.strip('|').split('|')]
        for name in re.findall(r'`([^`]+)`', cells[0]):
            seen.add(name)
            if name not in {a[0] for a in algs.values()}:
                finding(f'{GUIDE}: "{name}" is no name of {ALG}')
            elif cells[2].startswith('yes') != (name in mapped):
                finding(f'{GUIDE}: {name}: the table says "{cells[2]}", {MAP} says '
                        f'{"yes" if name in mapped else "no"}')
    for name in sorted({a[0] for a in algs.values()} - seen):
        finding(f'{GUIDE}: the table of algorithms lacks {name}')
    return len(seen)


def check_vectors(texts, rows, algs):
    """Each symmetric algorithm that the driver has stands in the published vectors."""
    tested = {word for text in texts for line in re.findall(r'^alg (.*)$', text, re.M)
              for word in line.split()[1:3]}
    names = {algs[k, n][0] for k, _, n in rows if (k, n) in algs}
    for name in sorted(names - tested):
        finding(f'{VECTORS}: no vector of {name}, which the driver has')


def check_devargs(doc, text, path, source):
    named = set(re.findall(r'^#define (?:VCRYPTO_)?ARG_\w+\s+"(\w+)"', source, re.M))
    if not named:
        finding(f'{path}: no device arguments found')
    for name in sorted(named):
        if f'| `{name}=' not in text:
            finding(f'{doc}: the table of device arguments lacks {name}=')


def same(doc, what, have, want):
    if not want:
        finding(f'{doc}: no {what} found in the sources')
    for name in sorted(have - want):
        finding(f'{doc}: the {what} {name} is not in the sources')
    for name in sorted(want - have):
        finding(f'{doc}: the {what} {name} is missing')


def check_daemon(text, options, shown_by_help, cage, calls):
    """Options, parts of the cage and system calls, as sources, help and document name them."""
    want = set(re.findall(r'^\t\{ "([a-z-]+)", (?:required|no)_argument', options, re.M))
    want -= {'device-process'}      # the daemon's own
    shown = set(re.findall(r'^"  --([a-z-]+)', shown_by_help, re.M))
    same(HELP, 'option', shown, want)
    table = set(re.findall(r'^\| `--([a-z-]+)', text, re.M))
    same(DAEMON_DOC, 'option', table, want - {'help', 'version'})

    parts = set(re.findall(r'^\t\[VCRYPTOD_CAGE_\w+\] = "([a-z-]+)"', cage, re.M))
    section = text.partition('\n## The cage\n')[2].partition('\n## ')[0]
    same(DAEMON_DOC, 'part of the cage', set(re.findall(r'^\| `([a-z-]+)` \|', section, re.M)),
         parts)
    told = re.search(r'--cage LIST(.*?)\(all\)', shown_by_help, re.S)
    named = set(re.findall(r'[a-z-]+', told.group(1))) if told else set()
    same(HELP, 'part of the cage', named & parts, parts)

    rows = section.partition('| system calls |')[2].split('\n')
    have = {name for row in rows if row.startswith('| ')
            for name in re.findall(r'\w+', row.split('|')[1])}
    own = calls.partition('cage_call[] = {')[2].partition('};')[0]
    listed = set(re.findall(r'\{ "(\w+)"', own)) | {'tgkill', 'ioctl'}
    same(DAEMON_DOC, 'system call', have, listed)


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else '.')
    src = {p: strip_comments((root / p).read_text()) for p in (MAP, CAPS, ARGS, VDEV, ALG)}
    guide = (root / GUIDE).read_text()
    rows, algs = read_map(src[MAP]), read_algs(src[ALG])
    if len(rows) < 10 or len(algs) < 10:
        finding(f'{MAP}: {len(rows)} rows, {ALG}: {len(algs)} rows: the tables were not '
                'understood')
    sections = read_ini((root / INI).read_text())
    check_ini(sections, rows, algs, src[CAPS])
    named = check_algorithms(guide, rows, algs, src[CAPS])
    check_vectors([p.read_text() for p in sorted((root / VECTORS).glob('*.kat'))], rows, algs)
    check_devargs(GUIDE, guide, ARGS, src[ARGS])
    check_devargs(VDEV_DOC, (root / VDEV_DOC).read_text(), VDEV, src[VDEV])
    check_daemon((root / DAEMON_DOC).read_text(), *((root / p).read_text() for p in
                 (OPTIONS, HELP, CAGE, CALLS)))
    for text in findings:
        print(text)
    print(f'features: {len(rows)} rows of the driver, {sum(map(len, sections.values()))} rows of '
          f'the .ini, {named} algorithms in the guide, {len(findings)} findings')
    return 1 if findings else 0


if __name__ == '__main__':
    sys.exit(main())
