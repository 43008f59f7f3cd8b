#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Proves that lint.py's rules and tidy.py fire, and that they leave good code alone.

For each rule: bad samples, each of which must give exactly the findings counted, and
good ones, which must give none.  A rule without a bad sample is itself a failure.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile

import lint
import rooms
import tidy

LE = {'lib/wire/le.h': '', 'lib/wire/virtio_crypto.h': '', 'lib/request/request.h': '',
      'lib/virtqueue/virtqueue.h': '', 'lib/vhost_user/vhu.h': '', 'tests/unit/x.h': '',
      'drivers/crypto/vcrypto/transport/transport.h': '', 'app/vcryptod/engine.h': ''}
SPDX = '/* SPDX-License-Identifier: BSD-3-Clause */\n'
BODY = 'int\nf(void)\n{\n' + '\tg();\n' * 48 + '}\n'
LONG = 'int\nf(void)\n{\n' + '\tg();\n' * 40 + '}\n'


def inc(path, *names):
    return {**LE, path: ''.join(f'#include {n}\n' for n in names)}


# rule: [(number of findings, files)]; a number of 0 marks a good sample
SAMPLES = {
    'include': [
        (1, inc('lib/wire/a.h', '"../request/request.h"')),
        (1, inc('lib/virtqueue/a.c', '"../request/request.h"')),
        (1, inc('lib/request/a.c', '"virtqueue.h"')),
        (1, inc('lib/vhost_user/a.c', '<request.h>')),
        (1, inc('lib/vfio_user/a.c', '"vhu.h"')),
        (1, inc('lib/request/a.c', '<rte_mbuf.h>')),
        (1, inc('lib/request/a.c', '"rte_mbuf.h"')),
        (1, inc('lib/request/a.c', '<openssl/evp.h>')),
        (1, inc('lib/request/a.c', '"nowhere.h"')),
        (1, inc('drivers/crypto/vcrypto/a.c', '"engine.h"')),
        (1, inc('app/vcryptod/a.c', '"../../drivers/crypto/vcrypto/transport/transport.h"')),
        (2, inc('app/vcryptod/a.c', '<cryptodev_pmd.h>', '<bus_vdev_driver.h>')),
        (2, inc('examples/a.c', '"virtqueue.h"', '<cryptodev_pmd.h>')),
        (1, inc('drivers/crypto/vcrypto/a.c', '"../../../tests/unit/x.h"')),
        (0, inc('lib/virtqueue/a.c', '"virtqueue.h"', '"../wire/le.h"', '<string.h>')),
        (0, inc('drivers/crypto/vcrypto/a.c', '"transport.h"', '"virtqueue.h"', '"vhu.h"',
                '"wire/virtio_crypto.h"', '<cryptodev_pmd.h>', '<rte_mbuf.h>')),
        (0, inc('app/vcryptod/a.c', '"engine.h"', '"request.h"', '<rte_vhost.h>',
                '<openssl/evp.h>', '<intel-ipsec-mb.h>')),
        (0, inc('examples/a.c', '<rte_cryptodev.h>', '<stdio.h>')),
        (0, inc('tests/unit/a.c', '"x.h"', '"transport.h"', '"engine.h"', '<rte_eal.h>')),
        (0, inc('tests/bench/a.c', '<linux/virtio_crypto.h>')),
        (0, {**LE, 'lib/wire/a.h': '/*\n#include "../request/request.h"\n*/\n'}),
    ],
    'circle': [
        (1, {f'lib/request/{a}.h': f'#include "{b}.h"\n' for a, b in ('ab', 'bc', 'ca')}),
        (1, {'drivers/crypto/vcrypto/data/a.c': '#include "data/b.h"\n',
             'drivers/crypto/vcrypto/data/a.h': '',
             'drivers/crypto/vcrypto/data/b.h': '#include "device/c.h"\n',
             'drivers/crypto/vcrypto/device/c.h': '',
             'drivers/crypto/vcrypto/device/c.c': '#include "data/a.h"\n'}),
        (0, {'lib/request/a.h': '#include "b.h"\n', 'lib/request/b.h': '#include "c.h"\n',
             'lib/request/a.c': '#include "a.h"\n#include "c.h"\n', 'lib/request/c.h': ''}),
    ],
    'header': [
        (1, {'drivers/crypto/vcrypto/a.h': 'int vcrypto_a(void);\n',
             'drivers/crypto/vcrypto/b.c': 'int\nvcrypto_a(void)\n{\n}\n'}),
        (0, {'drivers/crypto/vcrypto/a.h': 'int vcrypto_a(int x,\n\t\tint y);\n'
             'static inline int\nvcrypto_b(void)\n{\n\treturn f(1);\n}\n',
             'drivers/crypto/vcrypto/a.c': 'int\nvcrypto_a(int x, int y)\n{\n}\n'}),
    ],
    'function-p90': [
        (1, {'lib/request/a.c': LONG * 10}),
        (0, {'lib/request/a.c': LONG + 'int\nf(void)\n{\n}\n' * 19, 'tests/a.c': LONG * 10}),
    ],
    'alloc': [
        (3, {'lib/request/a.c': 'p = malloc(3);\nq = calloc (1, 2);\nfree(p);\n'}),
        (1, {'lib/virtqueue/a.h': 'p = aligned_alloc(64, 64);\n'}),
        (0, {'lib/request/a.c': '/* no malloc(3) here */\nvq_nb_free(vq); x = "free(";\n',
             'app/vcryptod/a.c': 'p = malloc(3);\n'}),
    ],
    'fence': [
        (1, {'lib/virtqueue/vq_split.c': '__atomic_thread_fence(__ATOMIC_SEQ_CST);\n'}),
        (4, {'drivers/crypto/vcrypto/a.c': 'rte_smp_wmb();\nrte_mb();\nrte_io_rmb();\n'
             '__sync_synchronize();\n'}),
        (2, {'app/vcryptod/a.c': 'atomic_thread_fence(memory_order_seq_cst);\n'
             'rte_atomic_thread_fence(x);\n'}),
        (2, {'lib/wire/a.h': 'asm volatile("mfence" ::: "memory");\n'
             '__asm__ __volatile__("" ::: "memory");\n'}),
        (1, {'examples/a.c': 'asm volatile("dmb ish\\n"\n\t: "=r"(x));\n'}),
        (0, {'lib/virtqueue/vq_barrier.h': '__atomic_thread_fence(__ATOMIC_SEQ_CST);\n',
             'tests/unit/a.c': '__atomic_thread_fence(__ATOMIC_SEQ_CST);\n',
             'drivers/crypto/vcrypto/a.c': '/* rte_mb() would be wrong */\n'
             'asm("rdtsc" : "=a"(a));\n__atomic_load_n(p, __ATOMIC_ACQUIRE);\n'
             '__asm__ volatile("" : : "r"(key) : "memory");\n'}),
    ],
    'word': [
        (3, {'lib/request/a.c': '/* the packet */\nint tx_len;\nint nb_pkts;\n'}),
        (2, {'drivers/crypto/vcrypto/a.c': 'struct hw *h;\n/* mbuf cookie */\n'}),
        (1, {'app/vcryptod/meson.build': "x = 'rx'\n"}),
        (1, {'app/vcryptod/a.c': 'XMIT(1);\n'}),
        (2, {'lib/request/req_ipsec.c': 'int packet_len;\nint rx_len;\n',
             'app/vcryptod/engine_ipsec_mb.c': 'int packet_len;\n'}),
        (0, {'lib/wire/a.h': '#define VIRTIO_CRYPTO_S_HW_READY 1\n',
             'drivers/crypto/vcrypto/b.c': 'dev->enqueue_burst = (enqueue_pkt_burst_t)f;\n',
             'drivers/crypto/vcrypto/a.c': 'm->pkt_len = rte_pktmbuf_tailroom(m);\n'
             '/* text, hwloc, packed, rxy */\n', 'tests/bench/vnet.c': 'tx(packet);\n',
             'drivers/crypto/vcrypto/data/vcrypto_ipsec_op.c': '/* one packet, many packets */\n'}),
    ],
    'symbol': [
        (1, {'drivers/crypto/vcrypto/a.c': 'int\nvirtio_crypto_start(void)\n{\n}\n'}),
        (2, {'lib/virtqueue/a.c': 'struct vq *virtqueue_all;\nint virtqueue_n = 3;\n'}),
        (1, {'app/vcryptod/a.h': 'int vtpci_read(void);\n'}),
        (1, {'drivers/crypto/vcrypto/a.c': 'void *crypto_virtio_get(int x, int y);\n'}),
        (0, {'lib/wire/a.h': 'struct virtio_crypto_config {\n\tint a;\n};\n'
             'struct virtio_crypto_x;\nWIRE_SIZE(struct virtio_crypto_config, 4);\n',
             'lib/request/a.c': 'enum virtio_crypto_service\nreq_kind(void)\n{\n}\n'
             'static int\nvirtqueue_local(void)\n{\n}\nstatic int virtqueue_x;\n'
             'struct virtio_crypto_config req_config;\n'}),
    ],
    'spdx': [
        (1, {'lib/request/a.c': 'int x;\n'}),
        (1, {'lib/request/meson.build': "project('x')\n"}),
        (1, {'tools/run': '#!/bin/sh\nset -u\n# SPDX-License-Identifier: BSD-3-Clause\n'}),
        (1, {'tools/a.py': '\n\n# SPDX-License-Identifier: BSD-3-Clause\n'}),
        (1, {'a.h': '/* SPDX-License-Identifier: GPL-2.0 */\n'}),
        (0, {'a.c': SPDX, 'b.sh': '#!/bin/sh\n# SPDX-License-Identifier: BSD-3-Clause\n',
             'README.md': '# x\n', 'tests/kat/v.txt': 'Count = 0\n'}),
    ],
    'file-length': [
        (1, {'tests/a.c': '\n' * 801}),
        (0, {'a.c': '\n' * 800, 'doc/a.md': '\n' * 900}),
    ],
    'function-length': [
        (1, {'lib/request/a.c': BODY.replace('}\n', '\tg();\n}\n')}),
        (0, {'lib/request/a.c': BODY, 'tests/a.c': BODY.replace('}\n', '\tg();\n}\n')}),
    ],
    'brace': [
        (1, {'lib/request/a.c': 'int f(void) {\n\treturn 0;\n}\n'}),
        (0, {'lib/request/a.c': BODY + 'struct a __attribute__((packed)) {\n\tint b;\n};\n'
             'static const int c[] = {\n\tX(1)\n};\n'}),
    ],
    'return-type': [
        (2, {'lib/request/a.c': 'static int f(void)\n{\n}\n'
             'struct a *g(int x,\n\t\tint y)\n{\n}\n'}),
        (1, {'lib/request/a.h': 'static inline int f(void)\n{\n}\n'}),
        (0, {'lib/request/a.c': 'static struct a *\nf(int x,\n\t\tint y)\n{\n}\n'
             'static void __attribute__((noreturn))\ng(void)\n{\n}\nint h(void);\n'
             'FOREACH(x)\nint\nf(void)\n{\n}\n'}),
    ],
    'tab': [
        (2, {'lib/request/a.c': 'int\nf(void)\n{\n        g();\n  \th();\n}\n'}),
        (0, {'lib/request/a.c': '/*\n         * x\n */\n#define A \\\n\t{ 1, \\\n\t  2 }\n'
             'int\nf(void)\n{\n\tg(a,\n\t\tb);\n}\n'}),
    ],
    'keyword': [
        (3, {'lib/request/a.c': 'if(a)\nwhile(b)\nx = sizeof (int);\n'}),
        (1, {'tests/a.c': '\tif (a) {\n\t}\n\telse {\n\t}\n'}),
        (0, {'lib/request/a.c': '\tif (a) {\n\t} else if (b) {\n\t}\n\tfor_each(a);\n'
             '\treturn sizeof(a) + notify(b); /* if(a) */\n'}),
    ],
    'line-length': [
        (1, {'a.c': 'x' * 101 + '\n'}),
        (1, {'a.c': '\t' * 12 + 'x' * 5 + '\n'}),
        (1, {'meson.build': 'x' * 101 + '\n'}),
        (1, {'doc/a.md': 'x' * 101 + '\n'}),
        (0, {'a.c': 'x' * 100 + '\n' + '\t' * 12 + 'xxxx\n', 'doc/a.md': 'x' * 100 + '\n',
             'doc/b.md': '| ' + 'x' * 200 + ' |\n', 'doc/bench/a.md': 'x' * 200 + '\n'}),
    ],
    'whitespace': [
        (1, {'a.c': 'int x; \n'}),
        (1, {'doc/a.md': 'text\t\n'}),
        (1, {'a.py': 'x = 1'}),
        (1, {'a.c': 'int x;\r\n'}),
        (0, {'a.c': 'int x;\n\n', 'doc/a.svg': 'x \n', 'tests/kat/a.rsp': 'L = 1 \r\n'}),
    ],
    'marker': [
        (4, {'a.c': '/* TODO */\n// FIXME: x\nXXX\nHACK\n'}),
        (1, {'doc/a.md': 'TODO\n'}),
        (0, {'a.sh': 'mktemp -d "$d/x.XXXXXX"\nAUTODOC=1\n'}),
    ],
    'path': [
        (2, {'a.sh': 'cd /home/somebody\ncat "/root/x"\n'}),
        (1, {'doc/a.md': '/home/me/x\n'}),
        (0, {'a.sh': 'cd "$top"/build/work/x\n../root/x $HOME/x a/home/b ${d}/root/x\n'}),
    ],
    'url': [
        (1, {'tools/a': 'https://example.org/x\n'}),
        (1, {'.ci/run': 'http://example.org\n'}),
        (1, {'tests/guest/a.sh': 'git://example.org\n'}),
        (1, {'meson.build': "# https://example.org\n"}),
        (0, {'doc/a.md': 'https://example.org\n', 'tools/b': 'unix://x\n'}),
    ],
    'issue': [
        (1, {'a.c': '/* as issue 5 says */\n'}),
        (2, {'doc/a.md': 'Issue #12\nfixes #3\n'}),
        (0, {'a.c': '/* an issue with 5 parts; #define; PR 3 */\n', 'doc/a.md': '# 1 Title\n'}),
    ],
    'place': [
        (1, {'CONTRIBUTING.md': '1. Its number: `lib/wire/a.h`.\n'}),
        (1, {'CONTRIBUTING.md': '1. Its test: `tests/unit/`.\n', 'lib/wire/a.h': ''}),
        (1, {'CONTRIBUTING.md': '1. Its row: `lib/wire/a.c:rows`.\n', 'lib/wire/a.c': 'row\n'}),
        (1, {'CONTRIBUTING.md': '1. Its row:\n   somewhere.\n2. `lib/wire/a.c`\n',
             'lib/wire/a.c': ''}),
        (0, {'CONTRIBUTING.md': '1. Its row\n   `lib/wire/a.c:row`, `lib/wire/`.\n\n'
             '`room: imperative`, `meson test -C build/gcc`\n', 'lib/wire/a.c': 'int row;\n'}),
    ],
    'vacuous': [
        (2, {'tests/unit/a.c': 'assert(1);\nassert_true(true);\n'}),
        (0, {'tests/unit/a.c': 'assert(x == 1);\nassert_true(ok);\nstatic_assert(1 > 0);\n'}),
    ],
}

NM = [('lib/virtqueue', 'vq_init T 0 4\nvirtqueue_x T 0 4\nlocal t 0 4\nmalloc U\n', 1),
      ('lib/request', 'req_parse T 0 4\nvq_x T 0 4\n', 1),
      ('drivers/crypto/vcrypto', 'vcrypto_probe T 0 4\nvcrypto_logtype B 0 4\n_init T 0\n', 0),
      ('app/vcryptod', 'main T 0 4\nvcryptod_run T 0 4\nengine D 0 4\n', 1)]


class Checks:
    def __init__(self):
        self.n = self.failed = 0

    def __call__(self, ok, what):
        self.n += 1
        if not ok:
            self.failed += 1
            print(f'FAIL: {what}')


def rules(check):
    for name, f in lint.RULES.items():
        samples = SAMPLES.get(name, ())
        check(any(n for n, _ in samples), f'rule {name} has no bad sample')
        check(any(not n for n, _ in samples), f'rule {name} has no good sample')
        for want, files in samples:
            got = list(f(lint.Tree(files)))
            check(len(got) == want, f'{name}: {want} findings wanted in {files}, got {got}')
    check(set(SAMPLES) == set(lint.RULES), 'samples for rules that do not exist')


def nm_rules(check):
    for room, text, want in NM:
        got = list(lint.check_symbols(room, lint.parse_nm(text)))
        check(len(got) == want, f'nm {room}: {want} wanted, got {got}')


D = 'drivers/crypto/vcrypto/'


def symbol_rooms(check):
    """Rooms and circles by symbols: each source with what it defines and what it uses."""
    down = {f'{D}vcrypto_dev.c': ({'a'}, {'b', 'c'}), f'{D}data/x.c': ({'b'}, {'c'}),
            f'{D}device/y.c': ({'c'}, {'printf'})}
    check(not list(rooms.check_symbols(down)), 'calls downward are found')
    up = {**down, f'{D}device/y.c': ({'c'}, {'b'})}
    check(len(list(rooms.check_symbols(up))) == 1, 'a call upward is not found')
    aside = {f'{D}transport/pci/x.c': ({'a'}, set()),
             f'{D}transport/vhost_user/y.c': ({'b'}, {'a'})}
    check(len(list(rooms.check_symbols(aside))) == 1, 'a call between transports is not found')
    pair = {f'{D}data/x.c': ({'a'}, {'b'}), f'{D}data/y.c': ({'b'}, {'a'})}
    check(not list(rooms.check_symbols(pair)), 'a pair is taken for a circle')
    ring = {f'{D}data/x.c': ({'a'}, {'b'}), f'{D}data/y.c': ({'b'}, {'c'}),
            f'{D}data/z.c': ({'c'}, {'a'})}
    check(len(list(rooms.check_symbols(ring))) == 1, 'a circle of three is not found')


def turned_upward(check, tmp):
    """The same with objects of a compiler: one call is turned upward, and it is found."""
    sources = {'vcrypto_dev.c': 'int low(void); int top(void); int top(void) { return low(); }',
               'device/low.c': 'int low(void); int low(void) { return 0; }'}
    build = os.path.join(tmp, 'build2')
    folder = os.path.join(build, D, 'x.so.p')
    os.makedirs(folder)

    def findings():
        for name, text in sources.items():
            path = os.path.join(tmp, 'b.c')
            with open(path, 'w') as f:
                f.write(text)
            subprocess.run(['cc', '-c', path, '-o',
                            os.path.join(folder, name.replace('/', '_') + '.o')], check=True)
        found = rooms.built_symbols(build, 'nm', [D + name for name in sources])
        check(len(found) == 2, f'objects are not found: {found}')
        return list(rooms.check_symbols(found))
    check(not findings(), 'calls downward are found in objects')
    sources['device/low.c'] = 'int low(void); int top(void); int low(void) { return top(); }'
    check(len(findings()) == 1, 'a call that was turned upward is not found in objects')


def real_objects(check, tmp):
    """The same with a compiler's object, through nm; False if there is no compiler."""
    cc = next((c for c in ('cc', 'gcc', 'clang') if shutil.which(c)), None)
    if cc is None or shutil.which('nm') is None:
        return False
    d = os.path.join(tmp, 'build', 'lib', 'request', 'x.p')
    os.makedirs(d)
    src = os.path.join(tmp, 'a.c')
    with open(src, 'w') as f:
        f.write('int virtqueue_x; int req_y; static int z; int g(void);\n'
                'int g(void) { return z; }\n')
    subprocess.run([cc, '-c', src, '-o', os.path.join(d, 'a.o')], check=True)
    n, found = lint.objects(os.path.join(tmp, 'build'), 'nm')
    check(n == 1 and len(found) == 2, f'objects: {n}, {found}')
    return True


TIDY_BAD = 'unsigned long f(int a, int b);\nunsigned long\nf(int a, int b)\n{\n' \
           '\treturn (unsigned long)(a * b) + a * b;\n}\n'
TIDY_GOOD = TIDY_BAD.replace('(a * b) + a * b', 'a')


def tidy_fires(check, tmp):
    """tidy.py on a tree of one source; False if there is no clang-tidy."""
    here = os.path.dirname(os.path.abspath(__file__))
    root = os.path.join(tmp, 'tidy')
    os.makedirs(os.path.join(root, 'lib'))
    build = os.path.join(root, 'build')
    os.mkdir(build)

    def run(text, env=None):
        with open(os.path.join(root, 'lib', 'a.c'), 'w') as f:
            f.write(text)
        with open(os.path.join(build, 'compile_commands.json'), 'w') as f:
            json.dump([{'directory': build, 'file': '../lib/a.c',
                        'command': 'cc -c ../lib/a.c'}] if text else [], f)
        return subprocess.run([sys.executable, os.path.join(here, 'tidy.py'), root, build],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=env)
    r = run(TIDY_GOOD, {'PATH': os.path.join(root, 'nothing')})
    check(r.returncode == tidy.SKIPPED and 'skipped: ' in r.stdout, f'not skipped: {r.stdout}')
    if not any(shutil.which(p) for p in tidy.PROGRAMS):
        return False
    shutil.copy(os.path.join(here, '..', '..', '.clang-tidy'), root)
    r = run(TIDY_GOOD)
    check(r.returncode == 0 and '1 sources, 0 findings' in r.stdout, f'tidy: {r.stdout}')
    r = run(TIDY_BAD)
    check(r.returncode == 1 and 'lib/a.c:5:' in r.stdout, f'tidy finds nothing: {r.stdout}')
    r = run('int f(void;\n')
    check(r.returncode == 1, f'tidy passes what does not compile: {r.stdout}')
    r = run('')
    check(r.returncode == 1, f'tidy passes a build of nothing: {r.stdout}')
    return True


def whole_program(check, tmp):
    """Exit codes: 1 with a finding, 1 with nothing to look at, 0 when clean."""
    me = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'lint.py')

    def run(d):
        return subprocess.run([sys.executable, me, d], stdout=subprocess.PIPE, text=True)
    root = os.path.join(tmp, 'tree')
    os.mkdir(root)
    check(run(root).returncode == 1, 'an empty tree passes')
    path = os.path.join(root, 'a.c')
    with open(path, 'w') as f:
        f.write(SPDX + 'int x; \n')
    r = run(root)
    check(r.returncode == 1 and 'a.c:2: [whitespace]' in r.stdout, f'not found: {r.stdout}')
    with open(path, 'w') as f:
        f.write(SPDX + 'int x;\n')
    r = run(root)
    check(r.returncode == 0 and ' 0 findings' in r.stdout, f'a clean tree fails: {r.stdout}')


def main():
    check = Checks()
    rules(check)
    nm_rules(check)
    symbol_rooms(check)
    with tempfile.TemporaryDirectory() as tmp:
        compiled = real_objects(check, tmp)
        if compiled:
            turned_upward(check, tmp)
        tidied = tidy_fires(check, tmp)
        whole_program(check, tmp)
    skipped = (not compiled) + (not tidied)
    print(f'{check.n - check.failed} passed, {check.failed} failed, {skipped} skipped')
    return 1 if check.failed else 0


if __name__ == '__main__':
    sys.exit(main())
