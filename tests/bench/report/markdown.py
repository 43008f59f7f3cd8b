# SPDX-License-Identifier: BSD-3-Clause
"""The report as markdown: doc/bench/results.md."""
import targets
from nulldev import LAYOUTS, MORE_LAYOUTS, THEIRS, THEIR_MAX_SIZE
from targets import ALGO_NAME, COLUMNS, SIZE

NAME = {THEIRS: "DPDK's driver"}


def md_table(head, body):
    lines = ['| ' + ' | '.join(head) + ' |', '|' + '---|' * len(head)]
    lines += ['| ' + ' | '.join(row) + ' |' for row in body]
    return '\n'.join(lines) + '\n'


def shown(stat, unit=1.0, digits=1):
    """median (lower to upper quartile)"""
    if stat is None:
        return ''
    if stat.n <= 1:
        return f'{stat.med / unit:.{digits}f}'
    return f'{stat.med / unit:.{digits}f} ({stat.q1 / unit:.{digits}f}-{stat.q3 / unit:.{digits}f})'


def head(facts, rows):
    text = '# Results\n\nMade by `tools/bench`; how to read it, and what was tried, is in ' \
           '[README.md](README.md).\n\n'
    extra = []
    for key, what in (('round_trip', 'cache line round trip between the cores'),
                      ('round_trip_far', 'the same while they were far apart')):
        if key in rows.meta:
            v = [list(map(float, x.split(','))) for x in rows.meta[key]]
            extra.append((what, f'{min(x[1] for x in v):.0f} to {max(x[2] for x in v):.0f} TSC '
                          f'cycles, median {sorted(x[0] for x in v)[len(v) // 2]:.0f}'))
    if 'tsc_mhz' in rows.meta:
        extra.append(('TSC', rows.meta['tsc_mhz'][0] + ' MHz, core clock / TSC ' +
                      rows.meta['core_clock_per_tsc'][0]))
    return text + md_table(('', ''), [[a, b] for a, b in facts + extra])


def ratios(rows, have_theirs):
    text = "\n## Ratios to DPDK's driver, and the targets\n\n"
    if not have_theirs:
        text += "DPDK's own driver is not installed here, so there are no ratios.\n\n"
    text += ('Ours / theirs = ratio (the ratios that the quartiles allow). Cycles and '
             'instructions: less is better; closed loop: more is. ✗ marks a target that is '
             'not reached.\n\n')
    body = []
    for title, layout, cells in targets.table(rows):
        if not cells:
            body.append([title, 'not measured: no sample found the cores far apart'
                         if 'far' in title else 'not measured', ''])
            continue
        for column, (cell, met) in cells.items():
            body.append([title, f'{COLUMNS[column]} ({layout})',
                         cell + ('' if met is None else ' ✓' if met else ' ✗')])
            title = ''
    met, missed, none = targets.counts(rows)
    return text + md_table(('', 'measure (layout)', 'ours / theirs = ratio'), body) + \
        f'\n{met} targets reached, {missed} not, {none} without a figure.\n'


def by_burst(rows, bursts):
    text = f'\n## By burst, {SIZE} B\n\n![cycles per op by burst](by-burst.svg)\n'
    for algo in ALGO_NAME:
        for run, metric, what, unit in (
                ('inline', 'enq+deq/op', 'TSC cycles per op, inline', 1),
                ('thread', 'enq+deq/op', 'TSC cycles per op, thread', 1),
                ('icount', 'enq+deq/op', 'instructions per op', 1),
                ('tput', 'kops/s', 'million ops per second, closed loop', 1000)):
            body = []
            for d in [THEIRS] + list(LAYOUTS):
                cells = [shown(rows.get(run, d, algo, SIZE, b, metric), unit) for b in bursts]
                if any(cells):
                    body.append([NAME.get(d, d)] + cells)
            if body:
                text += f'\n{ALGO_NAME[algo]}: {what}\n\n' + md_table(
                    ['burst'] + [str(b) for b in bursts], body)
    return text


def by_size(rows, sizes):
    text = '\n## By size, burst 32\n\nThe null device does not touch the data: what grows with ' \
           'the size would be the driver. ' \
           f"DPDK's driver takes no more than {THEIR_MAX_SIZE} bytes.\n\n" \
           '![cycles per op by size](by-size.svg)\n' \
           '![throughput by size](throughput.svg)\n'
    for run, metric, what, unit in (('inline', 'enq+deq/op', 'TSC cycles per op, inline', 1),
                                    ('thread', 'enq+deq/op', 'TSC cycles per op, thread', 1),
                                    ('tput', 'kops/s', 'million ops per second, closed loop',
                                     1000)):
        body = [[NAME.get(d, d)] + [shown(rows.get(run, d, 'aes-cbc', s, 32, metric), unit)
                                    for s in sizes] for d in [THEIRS] + list(LAYOUTS)]
        body = [b for b in body if any(b[1:])]
        text += f'\n{ALGO_NAME["aes-cbc"]}: {what}\n\n' + md_table(
            ['bytes'] + [str(s) for s in sizes], body)
    return text


def by_layout(rows):
    body = []
    for d in [THEIRS] + list(LAYOUTS) + list(MORE_LAYOUTS):
        cells = [rows.get(run, d, algo, SIZE, 32, 'enq+deq/op')
                 for algo in ('aes-cbc', 'cbc+sha1') for run in ('inline', 'thread', 'icount')]
        if any(cells):
            body.append([NAME.get(d, d)] + [shown(c) for c in cells])
    return '\n## By layout, 64 B, burst 32\n\n![by layout](by-layout.svg)\n' \
        '![by algorithm](by-algorithm.svg)\n\n' + md_table(
            ['layout'] + [f'{a}: {r}' for a in ('CBC', 'CBC + SHA1')
                          for r in ('inline', 'thread', 'instructions')], body)


def scale(rows):
    text = '\n## Two queue pairs, and sessions\n\n' \
        'Two queue pairs of one device, each with a core and a null device of its own: cycles ' \
        'per op of one alone, of both at once, and how much two do more than one.\n\n'
    body = []
    for d in [THEIRS] + list(LAYOUTS):
        cells = [rows.get('pairs', d, 'aes-cbc', SIZE, 32, m)
                 for m in ('alone/op', 'both/op', 'scale')]
        if any(cells):
            body.append([NAME.get(d, d)] + [shown(c, 1, 2) for c in cells])
    text += md_table(('', 'one alone', 'both at once', 'scale'), body)
    period = rows.meta.get('session_device_period_us', ['?'])[0]
    text += '\nSessions created and destroyed per second: one thread with a device that looks ' \
        'at nothing but its control queue; one and two threads with a device that answers ' \
        f'every {period} µs.\n\n'
    body = []
    for d in [THEIRS] + list(LAYOUTS):
        cells = [rows.get(run, d, 'aes-cbc', SIZE, 1, 'pairs/s')
                 for run in ('sessions', 'sessions-1', 'sessions-2')]
        if any(cells):
            body.append([NAME.get(d, d)] + [shown(c, 1, 0) for c in cells])
    return text + md_table(('pairs per second', 'one thread', 'slow device, one thread',
                            'slow device, two threads'), body)


def memory(rows):
    body = []
    for d in [THEIRS] + list(LAYOUTS):
        cells = [shown(rows.get('memory', d, 'aes-cbc', 0, 0, m), 1, 0)
                 for m in ('dma/slot', 'all/slot', 'session')]
        if any(cells):
            body.append([NAME.get(d, d)] + cells)
    return '\n## Memory\n\nBytes that setting up queue pairs of 1024 descriptors takes, per ' \
        "descriptor, and the driver's private memory per session. The test footprint holds " \
        'the driver to 1664 of DMA memory and 256.\n\n' + md_table(
            ('bytes', 'DMA memory per descriptor', 'all memory per descriptor', 'per session'),
            body)


def floor(rows):
    cells = [[d] + [shown(rows.get(run, d, 'aes-cbc', SIZE, b, 'enq+deq/op'))
                    for run in ('floor', 'floor-far') for b in (1, 32)]
             for d in rows.values('device')]
    cells = [c for c in cells if any(c[1:])]
    if not cells:
        return ''
    return '\n## What the memory system costs at least\n\nNo driver: one core writes 16 bytes of ' \
        'ring and some request lines per op, the other reads them and answers with 8 bytes of ' \
        'ring and a status; the windows and the timing of the thread run. TSC cycles per op on ' \
        'the first core.\n\n' + md_table(
            ('per op', 'burst 1', 'burst 32', 'far apart, burst 1', 'far apart, burst 32'), cells)


def far(rows):
    body = []
    for d in [THEIRS] + list(LAYOUTS):
        cells = [shown(rows.get(run + '-far', d, 'aes-cbc', SIZE, b, m), unit)
                 for run, m, unit in (('thread', 'enq+deq/op', 1), ('tput', 'kops/s', 1000))
                 for b in (1, 32)]
        if any(cells):
            body.append([NAME.get(d, d)] + cells)
    if not body:
        return ''
    return '\n## Cores far apart\n\nThe samples that found them so.\n\n' + md_table(
        ('AES-128-CBC, 64 B', 'thread, burst 1', 'thread, burst 32', 'Mops/s, burst 1',
         'Mops/s, burst 32'), body)


def yardstick(figures):
    if not figures:
        return ''
    return "\n## Yardstick: one packet through DPDK's net_virtio_user\n\nTSC cycles per packet " \
        'sent, burst 32, median (quartiles): `vnet`.\n\n' + md_table(
            ('arguments', 'inline', 'thread'), figures)


def end_to_end(e2e):
    text = '\n## End to end: vdev and vcryptod\n\n'
    if e2e.skipped:
        return text + f'Not measured: {e2e.skipped}.\n'
    text += e2e.describe() + '\n![throughput](end-to-end.svg)\n![cycles](end-to-end-cycles.svg)\n'
    for title, headline, body in e2e.tables():
        text += f'\n{title}\n\n' + md_table(headline, body)
    return text


def commands(rows, e2e):
    lines = rows.commands + ([] if e2e.skipped else e2e.commands)
    return '\n## Commands\n\n`tools/bench` ran:\n\n' + ''.join(f'    {c}\n' for c in lines)


def report(facts, rows, bursts, sizes, have_theirs, vnet, e2e):
    text = head(facts, rows)
    if rows.rows:
        text += ratios(rows, have_theirs) + by_burst(rows, bursts) + by_size(rows, sizes) + \
            by_layout(rows) + scale(rows) + memory(rows) + \
            far(rows) + floor(rows) + yardstick(vnet)
    return text + end_to_end(e2e) + commands(rows, e2e)
