#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What `meson install` lays down is what is wanted, and works.

    installed.py MESON BUILD PREFIX LIBDIR [CC ON_VCRYPTOD SOURCE]

Installs the build folder below a folder of its own and compares the list with wanted.py; looks
for what the documents link to.  With CC it builds SOURCE, a program that encrypts a file, by
the installed pkg-config files, with DPDK's shared libraries and with its archives, and runs it
and the installed one against the installed daemon.  OpenSSL is the judge of what it writes.
"""
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from wanted import WANT, shape

DOCS = 'share/doc/vcrypto'
# Documents link to these, which belong to the source alone.
SOURCE_ONLY = re.compile(r'(?:\.\./)*(?:LICENSE|CONTRIBUTING\.md|tests/.*)$')
LINK = re.compile(r'\]\(([^)#\s]+)(?:#[^)]*)?\)')
KEY = IV = '00112233445566778899aabbccddeeff'
RUN_SECONDS = 150       # of a program that takes seconds; the daemon may be slow to start
BUILD_SECONDS = 150     # the linker reads 150 MB of archives

failed = 0


def verdict(ok, what, why=''):
    global failed
    print(f'{"PASS" if ok else "FAIL"} {what}{": " if why else ""}{why}', flush=True)
    failed += not ok


def run(*command, seconds=RUN_SECONDS, **more):
    return subprocess.run([str(c) for c in command], stdout=subprocess.PIPE, text=True,
                          stderr=subprocess.STDOUT, timeout=seconds, **more)


def install(meson, build, to):
    done = run(meson, 'install', '-C', build, '--destdir', to, '--no-rebuild', '--quiet')
    verdict(done.returncode == 0, 'meson install', done.stdout if done.returncode else '')


def check_list(base, libdir):
    """Each file is wanted, each that is wanted is there; man pages may be compressed."""
    have = {str(p.relative_to(base)) for p in base.rglob('*') if not p.is_dir()}
    have = {re.sub(r'^(share/man/.*)\.gz$', r'\1', p) for p in have}
    seen = set()
    for want in WANT:
        wanted = shape(want, libdir)
        found = {p for p in have if wanted.fullmatch(p)}
        if not found:
            verdict(False, 'installed files', f'{want} is missing')
        seen |= found
    for path in sorted(have - seen):
        verdict(False, 'installed files', f'{path} is not in WANT of wanted.py')
    verdict(len(seen) >= len(WANT), f'{len(seen)} files are installed')


def check_links(docs):
    pages = sorted(docs.rglob('*.md'))
    nb = 0
    for page in pages:
        for link in LINK.findall(page.read_text()):
            if '://' in link or SOURCE_ONLY.match(link):
                continue
            nb += 1
            if not (page.parent / link).exists():
                verdict(False, 'links', f'{page.relative_to(docs)} links to {link}')
    verdict(nb > 20, f'{nb} links of {len(pages)} documents have their files')


def relocate(base, libdir, to):
    """The installed pkg-config files, with the prefix that they have below DESTDIR."""
    to.mkdir()
    for pc in (base / libdir / 'pkgconfig').glob('*.pc'):
        text = re.sub(r'^prefix=.*', f'prefix={base}', pc.read_text(), flags=re.M)
        (to / pc.name).write_text(text)


def build_program(cc, source, to, pc, static):
    """None, or why not."""
    env = {**os.environ, 'PKG_CONFIG_PATH': f'{pc}:{os.environ.get("PKG_CONFIG_PATH", "")}'}
    flags = run('pkg-config', *static, '--cflags', '--libs', 'vcrypto', env=env)
    if flags.returncode:
        return flags.stdout
    done = run(*cc.split(), '-O1', '-DALLOW_EXPERIMENTAL_API', source, '-o', to,
               *flags.stdout.split(), seconds=BUILD_SECONDS)
    return done.stdout if done.returncode else None


def links_dpdk(cc, work):
    """Why a program cannot have DPDK's archives on this machine, whoever asks; or None."""
    (work / 'empty.c').write_text('int main(void) { return 0; }\n')
    flags = run('pkg-config', '--static', '--cflags', '--libs', 'libdpdk')
    if flags.returncode:
        return flags.stdout
    done = run(*cc.split(), work / 'empty.c', '-o', work / 'empty', *flags.stdout.split(),
               seconds=BUILD_SECONDS)
    return done.stdout.strip().split('\n')[0] if done.returncode else None


def check_run(what, on_vcryptod, daemon, plugin, program, work):
    """The program and OpenSSL make the same of a file."""
    plain, out, judge = work / 'plain', work / 'out', work / 'judge'
    plain.write_bytes(os.urandom(100000 // 16 * 16))
    out.unlink(missing_ok=True)
    ran = run(on_vcryptod, daemon, plugin, '', '', program, '--', '--cipher', 'aes-cbc', '--key',
              KEY, '--iv', IV, plain, out)
    run('openssl', 'enc', '-aes-128-cbc', '-nopad', '-K', KEY, '-iv', IV, '-in', plain, '-out',
        judge)
    same = ran.returncode == 0 and out.read_bytes() == judge.read_bytes() != plain.read_bytes()
    verdict(same, what, '' if same else '\n' + ran.stdout)


def check_programs(base, libdir, cc, on_vcryptod, source, work):
    daemon, plugin = base / 'bin/vcryptod', base / libdir / 'librte_crypto_vcrypto.so'
    check_run('the installed program loads the installed plugin', on_vcryptod, daemon, plugin,
              base / 'bin/encrypt_file', work)
    relocate(base, libdir, work / 'pc')
    for what, static in (("DPDK's shared libraries", []), ("DPDK's archives", ['--static'])):
        what = f'a program contains the driver, by vcrypto.pc, with {what}'
        if static and (why := links_dpdk(cc, work)):
            print(f'SKIP {what}: DPDK alone does not link so here: {why}')
            continue
        why = build_program(cc, source, work / 'program', work / 'pc', static)
        if why:
            verdict(False, what, why)
            continue
        if static:
            shared = run('ldd', work / 'program').stdout
            verdict('librte_' not in shared, 'no library of DPDK is left to load')
        check_run(what, on_vcryptod, daemon, '', work / 'program', work)


def main(meson, build, prefix, libdir, *program):
    # not in a folder that everybody can write: EAL takes no plugin from there
    with tempfile.TemporaryDirectory(dir=build) as work:
        work = Path(work)
        install(meson, build, work / 'root')
        base = work / 'root' / prefix.lstrip('/')
        check_list(base, libdir)
        check_links(base / DOCS)
        if program:
            check_programs(base, libdir, *program, work)
        else:
            print('SKIP programs of an installed driver: this build has a sanitizer or coverage')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
