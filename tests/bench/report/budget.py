# SPDX-License-Identifier: BSD-3-Clause
"""How many instructions a call may take: tests/bench/budget.csv, counted by fakepci.

A row is layout, kind of op, burst and the instructions of one enqueue and one dequeue of
such a burst; or layout, kind of poll, 0 and the instructions of one.  The counts do not depend
on the machine, but on compiler, options and DPDK's headers: the file's first line says which.
"""
import collections
import os
import re

import machine
from nulldev import ALGOS, BURSTS, ESP, ESP_BURSTS, ESP_LAYOUTS, LAYOUTS, MORE_LAYOUTS, SIZE, \
    THEIRS, Key, Rows, Stat

FILE = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), 'budget.csv')
HEADER = 'layout,kind,burst,instructions'
SLACK = 0.02
MORE_KINDS, MORE_BURST = ('aes-cbc', 'cbc+sha1'), 32
# A dequeue that finds nothing: of an idle queue; while the device has an op.
POLLS = {'empty poll': 'empty/call', 'waiting poll': 'waiting/call'}
UPDATE = 'tools/bench --update-budget'

Cell = collections.namedtuple('Cell', 'layout kind burst')


def made_with(build, binary, *versions):
    """What counts of that binary of a build folder depend on, as text; None if they mean
    nothing.  versions: of what is compiled in beside our sources."""
    options = machine.options(build)
    if options.get('b_sanitize', 'none') != 'none' or options.get('b_coverage'):
        return None
    compiler = sorted(set(re.findall(r'\]\s+(\S.*)', machine.output(
        'readelf', '-p', '.comment', binary))))     # such as 'GCC: (Debian 12.2.0-14) 12.2.0'
    return '; '.join([
        ' and '.join(re.sub(r':|\([^)]*\) ', '', c) for c in compiler) or 'unknown compiler',
        *versions, f'optimization {options.get("optimization")}'] +
        [f'{k} {options[k]}' for k in ('b_lto', 'b_pgo', 'c_args')
         if options.get(k) not in (None, False, 'off', [])])


def premise(build):
    """made_with of the driver's plugin."""
    dpdk = [d['version'] for d in machine.introspect(build, 'dependencies')
            if d['name'] == 'libdpdk']
    return made_with(build, os.path.join(build, 'drivers/crypto/vcrypto/librte_crypto_vcrypto.so'),
                     'DPDK ' + '.'.join((dpdk or ['?'])[0].split('.')[:2]))


def not_comparable(counted, here):
    """Why counts of a build made with here cannot be held to a budget; None if they can."""
    if here == counted:
        return None
    return f'the budget is for {counted}; ' + (
        f'this build is made with {here}' if here else
        'this build counts what its sanitizer or its coverage adds')


def count(fp, theirs):
    """{cell: instructions} of this build.  theirs: count DPDK's driver too."""
    rows = Rows()
    quick = ['--run', 'icount', '--reps', '1', '--ops', '4096', '--size', str(SIZE)]
    fp.run(rows, LAYOUTS, quick + ['--algo', ','.join(ALGOS), '--burst',
                                   ','.join(map(str, BURSTS))], theirs, timeout=600)
    fp.run(rows, MORE_LAYOUTS, quick + ['--algo', ','.join(MORE_KINDS), '--burst',
                                        str(MORE_BURST)], False, timeout=600)
    out = bursts(rows)
    for layout in rows.values('device'):
        for poll, metric in POLLS.items():
            found = {s.med for k, s in rows.rows.items()
                     if k.device == layout and k.metric == metric}
            # The dearest one: polls are alike whatever the ops are.
            out[Cell(layout, poll, 0)] = round(max(found))
    # While ops of an association are in flight, a poll looks for their results' lengths: it is
    # not the poll that is meant above.
    esp = Rows()
    fp.run(esp, ESP_LAYOUTS, quick + ['--algo', ','.join(ESP), '--burst',
                                      ','.join(map(str, ESP_BURSTS))], False, timeout=600)
    return {**out, **bursts(esp)}


def bursts(rows):
    """The cells of enqueue and dequeue."""
    return {Cell(k.device, k.algo, k.burst): round(s.med * k.burst)
            for k, s in rows.rows.items() if k.metric == 'enq+deq/op'}


def read(path=FILE):
    """(premise, {cell: instructions})"""
    cells = {}
    with open(path) as f:
        made_with = f.readline().lstrip('# ').rstrip('\n')
        for line in f:
            w = line.rstrip('\n').split(',')
            if line.strip() != HEADER:
                cells[Cell(w[0], w[1], int(w[2]))] = int(w[3])
    return made_with, cells


def write(made_with, cells, path=FILE):
    with open(path, 'w') as f:
        f.write(f'# {made_with}\n{HEADER}\n')
        for c in cells:
            f.write(f'{c.layout},{c.kind},{c.burst},{cells[c]}\n')


def named(cell):
    return f'{cell.layout}, {cell.kind}' + (f', burst {cell.burst}' if cell.burst else '')


def judge(budget, counts, update=UPDATE):
    """One line for each cell that is not within the budget; DPDK's driver has none.
    update: how a budget is changed."""
    out = []
    for cell in dict.fromkeys(list(budget) + list(counts)):
        if cell.layout == THEIRS:
            continue
        if cell not in counts:
            out.append(f'{named(cell)}: in the budget, but was not counted; if it is gone: '
                       f'{update}')
        elif cell not in budget:
            out.append(f'{named(cell)}: {counts[cell]} instructions, and no budget: {update}')
        elif counts[cell] > budget[cell] * (1 + SLACK):
            out.append(f'{named(cell)}: {counts[cell]} instructions, the budget is '
                       f'{budget[cell]}: {change(budget[cell], counts[cell])}; make it cheaper, '
                       f'or say why in the commit, after {update}')
        elif counts[cell] < budget[cell] * (1 - SLACK):
            out.append(f'{named(cell)}: {counts[cell]} instructions, the budget is '
                       f'{budget[cell]}: {change(budget[cell], counts[cell])}; lower it: '
                       f'{update}')
    return out


def verdict(budget, counts, update=UPDATE):
    """Prints what judge finds; a test's exit code."""
    findings = judge(budget, counts, update)
    for line in findings:
        print(line)
    print(f'{len(counts) - len(findings)} passed, {len(findings)} failed, 0 skipped')
    return 1 if findings or not counts else 0


def change(old, new):
    return f'{100.0 * (new - old) / old:+.1f} %'


def add_rows(rows, cells):
    """The counts as rows of a report, per op."""
    for c, n in cells.items():
        if c.kind in POLLS:
            key = Key('icount', c.layout, 'aes-cbc', SIZE, 0, POLLS[c.kind])
        else:
            key = Key('icount', c.layout, c.kind, SIZE, c.burst, 'enq+deq/op')
        v = n / (c.burst or 1)
        rows.rows[key] = Stat(v, v, v, 1)
