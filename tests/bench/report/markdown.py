# SPDX-License-Identifier: BSD-3-Clause
"""The report as markdown: doc/bench/results.md."""
import ratios
import targets
from nulldev import BURSTS, FAR, LAYOUTS, MORE_LAYOUTS, PLAIN_LAYOUTS, SIZE, THEIRS, \
    THEIR_MAX_SIZE
from parts import SIZES
from targets import ALGO_NAME, COLUMNS

NAME = {THEIRS: "DPDK's driver"}
MARK = {True: '✓', False: '✗', None: 'no figure'}
ESP_NAME = {'esp-out': 'ESP in a tunnel (rte_security), outbound, in place',
            'esp-out-dst': 'The same, out of place', 'esp-in': 'The same, inbound, in place'}
NEAR_FAR = (('near', ''), ('far', FAR))


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


def head(stored):
    text = '# Results\n\nMade by `tools/bench` of the figures in [data](data); how to read it, ' \
           'and what was tried, is in [README.md](README.md). Parts of it may be of different ' \
           'times and machines:\n\n'
    runs = [r for r in stored.runs.values() if r.rows]
    facts = dict.fromkeys(what for r in runs for what, _ in r.facts)
    text += md_table([''] + [r.name for r in runs],
                     [[what] + [r.fact(what) for r in runs] for what in facts])
    return text + '\nCores are *near* if a cache line goes to the other core and back in at most ' \
        '450 TSC cycles, else *far*; each sample is told apart. Instructions are counted ' \
        f'exactly, and independent of the machine: `tests/bench/budget.csv`, {stored.made_with}.\n'


def where(stored, place):
    """For a title: how far, where."""
    run = stored.runs[place]
    if not run.rows:
        return f'cores {place}: not measured, no sample found the cores so'
    return f'cores {place}: ' + run.fact(f'cores {place}').replace('a cache line goes', 'a line')


def ratio_table(stored):
    rows = stored.rows
    text = "\n## Times as fast as DPDK's driver\n\n" \
        f'AES-128-CBC, {SIZE} B. Closed loop: operations per second, ours / theirs. All else: ' \
        f'theirs / ours, in TSC cycles or instructions per op. **{ratios.LOST}** marks what is ' \
        "slower than DPDK's driver; – was not measured.\n\n"
    body = ratios.table(rows)
    if not body:
        return text + "DPDK's own driver was not installed, so there are no ratios.\n"
    text += md_table(['', 'burst'] + [str(b) for b in BURSTS], body)
    text += ''.join(f'\n{m} is not measured: no sample found the cores so.\n'
                    for m in ratios.absent(rows))
    return text + ''.join(f'\n- {where(stored, place)}' for place, _ in NEAR_FAR) + '\n'


def ratio_targets(stored):
    body = []
    for v in ratios.verdicts(stored.rows):
        body.append([v.title, v.what, MARK[v.reached], '<br>'.join(v.misses)])
    return '\n### Targets of these\n\nBeside a miss: ours / theirs, and what the driverless ' \
        'exchange of rings and statuses, and of one more line for each op, comes to there ' \
        '(the section about the memory system).\n\n' + md_table(
            ('target', '', '', 'misses'), body)


def best_layout(stored):
    text = '\n## Targets of the best layout\n\n' \
        'Ours / theirs = ratio (the ratios that the quartiles allow). Cycles and instructions: ' \
        'less is better; closed loop: more is. Cores near, unless a row says far.\n\n'
    body = []
    for title, layout, cells in targets.table(stored.rows):
        if not cells:
            body.append([title, 'not measured', ''])
            continue
        for column, (cell, met) in cells.items():
            body.append([title, f'{COLUMNS[column]} ({layout})', f'{cell} {MARK[met]}'])
            title = ''
    met, missed, none = targets.counts(stored.rows)
    return text + md_table(('', 'measure (layout)', 'ours / theirs = ratio'), body) + \
        f'\n{met} targets reached, {missed} not, {none} without a figure.\n'


def burst_table(rows, run, metric, what, unit, algo):
    body = []
    for d in [THEIRS] + list(LAYOUTS):
        stats = [rows.get(run, d, algo, SIZE, b, metric) for b in BURSTS]
        if any(stats):
            body.append([NAME.get(d, d)] + [shown(s, unit) for s in stats])
    if not body:
        return ''
    # Only the bursts that this algorithm was measured with.
    used = [i for i, b in enumerate(BURSTS) if any(r[i + 1] for r in body)]
    return f'\n{(ALGO_NAME | ESP_NAME)[algo]}: {what}\n\n' + md_table(
        ['burst'] + [str(BURSTS[i]) for i in used],
        [[r[0]] + [r[i + 1] for i in used] for r in body])


def by_burst(stored):
    text = f'\n## By burst, {SIZE} B\n\n![million ops per second by burst](by-burst.svg)\n' \
        '![TSC cycles per op by burst](cycles-by-burst.svg)\n'
    for algo in ALGO_NAME:
        text += burst_table(stored.rows, 'inline', 'enq+deq/op', 'TSC cycles per op, inline', 1,
                            algo)
        for place, suffix in NEAR_FAR:
            text += burst_table(stored.rows, 'thread' + suffix, 'enq+deq/op',
                                f'TSC cycles per op, thread, cores {place}', 1, algo)
            text += burst_table(stored.rows, 'tput' + suffix, 'kops/s',
                                f'million ops per second, closed loop, cores {place}', 1000, algo)
        text += burst_table(stored.rows, 'icount', 'enq+deq/op', 'instructions per op', 1, algo)
    for algo in ESP_NAME:
        text += burst_table(stored.rows, 'icount', 'enq+deq/op', 'instructions per op', 1, algo)
    return text


def by_size(stored):
    rows = stored.rows
    text = '\n## By size, burst 32\n\nThe null device does not touch the data: what grows with ' \
           'the size would be the driver. Instructions are the same for every size. ' \
           f"DPDK's driver takes no more than {THEIR_MAX_SIZE} bytes.\n\n" \
           '![TSC cycles per op by size](by-size.svg)\n' \
           '![throughput by size](throughput.svg)\n'
    runs = [('inline', 'enq+deq/op', 'TSC cycles per op, inline', 1)]
    for place, suffix in NEAR_FAR:
        runs += [('thread' + suffix, 'enq+deq/op', f'TSC cycles per op, thread, cores {place}', 1),
                 ('tput' + suffix, 'kops/s',
                  f'million ops per second, closed loop, cores {place}', 1000)]
    for run, metric, what, unit in runs:
        body = [[NAME.get(d, d)] + [shown(rows.get(run, d, 'aes-cbc', s, 32, metric), unit)
                                    for s in SIZES] for d in [THEIRS] + list(LAYOUTS)]
        body = [b for b in body if any(b[1:])]
        if body:
            text += f'\n{ALGO_NAME["aes-cbc"]}: {what}\n\n' + md_table(
                ['bytes'] + [str(s) for s in SIZES], body)
    return text


def by_layout(stored):
    body = []
    runs = ('inline', 'thread', 'thread-far', 'icount')
    for d in [THEIRS] + list(LAYOUTS) + list(MORE_LAYOUTS):
        cells = [stored.rows.get(run, d, algo, SIZE, 32, 'enq+deq/op')
                 for algo in ('aes-cbc', 'cbc+sha1') for run in runs]
        if any(cells):
            body.append([NAME.get(d, d)] + [shown(c) for c in cells])
    return '\n## By layout, 64 B, burst 32\n\nTSC cycles per op, and instructions.\n\n' \
        '![by layout](by-layout.svg)\n![by algorithm](by-algorithm.svg)\n\n' + md_table(
            ['layout'] + [f'{a}: {r}' for a in ('CBC', 'CBC + SHA1')
                          for r in ('inline', 'thread, near', 'thread, far', 'instructions')],
            body)


def polls(stored):
    body = []
    for d in [THEIRS] + list(LAYOUTS) + list(MORE_LAYOUTS):
        cells = [stored.rows.get('empty', d, 'aes-cbc', SIZE, 32, 'cyc/poll'),
                 stored.rows.get('icount', d, 'aes-cbc', SIZE, 0, 'empty/call'),
                 stored.rows.get('icount', d, 'aes-cbc', SIZE, 0, 'waiting/call')]
        if any(cells):
            body.append([NAME.get(d, d)] + [shown(c, 1, n) for c, n in zip(cells, (1, 0, 0))])
    return '\n## A dequeue that finds nothing\n\n' + md_table(
        ('', 'TSC cycles, idle queue', 'instructions, idle queue',
         'instructions, while the device has an op'), body)


def scale(stored):
    rows = stored.rows
    text = '\n## Two queue pairs, and sessions\n\n' \
        'Two queue pairs of one device, each with a core and a null device of its own: cycles ' \
        'per op of one alone, of both at once, and how much two do more than one.\n\n'
    body = []
    for d in [THEIRS] + list(PLAIN_LAYOUTS):
        cells = [rows.get('pairs', d, 'aes-cbc', SIZE, 32, m)
                 for m in ('alone/op', 'both/op', 'scale')]
        if any(cells):
            body.append([NAME.get(d, d)] + [shown(c, 1, 2) for c in cells])
    text += md_table(('', 'one alone', 'both at once', 'scale'), body)
    period = dict(stored.runs['scale'].notes).get('session_device_period_us', '?')
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


def memory(stored):
    rows = stored.rows
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


def floor(stored):
    text = '\n## What the memory system costs at least\n\nNo driver: one core writes 16 bytes ' \
        'of ring and some request lines per op, the other reads them and answers with 8 bytes ' \
        'of ring and a status. Windows and timing are those of the thread run (TSC cycles per ' \
        'op on the first core), and of the closed loop (million ops per second).\n'
    for place, suffix in NEAR_FAR:
        for run, metric, what, unit in (('floor', 'enq+deq/op', 'TSC cycles per op', 1),
                                        ('floor-loop', 'kops/s', 'million ops per second', 1000)):
            body = []
            for d in stored.rows.values('device'):
                stats = [stored.rows.get(run + suffix, d, 'aes-cbc', SIZE, b, metric)
                         for b in BURSTS]
                if any(stats):
                    body.append([d] + [shown(s, unit) for s in stats])
            if body:
                text += f'\n{what}, cores {place}\n\n' + md_table(
                    ['burst'] + [str(b) for b in BURSTS], body)
    return text


def yardstick(stored):
    body = []
    for d in stored.rows.values('device'):
        cells = [stored.rows.get(run, d, '', 0, 32, 'packet')
                 for run in ('vnet-inline', 'vnet-thread')]
        if any(cells):
            body.append([d] + [f'{c.med:.1f} ({c.q1:.1f}-{c.q3:.1f})' if c else '' for c in cells])
    if not body:
        return ''
    return "\n## Yardstick: one packet through DPDK's net_virtio_user\n\nTSC cycles per packet " \
        'sent, burst 32, median (quartiles): `vnet`.\n\n' + md_table(
            ('arguments', 'inline', 'thread'), body)


def end_to_end(stored):
    text = '\n## End to end: vdev and vcryptod\n'
    measured = [e for e in stored.end_to_end if e.run.rows]
    if not measured:
        return text + '\nNot measured.\n'
    text += '\n![throughput](end-to-end.svg)\n![cycles](end-to-end-cycles.svg)\n'
    for e2e in stored.end_to_end:
        text += f'\n### Cores {e2e.place}\n\n'
        if not e2e.run.rows:
            text += 'Not measured: no repetition found the cores so.\n'
            continue
        text += e2e.describe()
        for title, headline, body in e2e.tables():
            text += f'\n{title}\n\n' + md_table(headline, body)
    return text


def commands(stored):
    lines = dict.fromkeys(t for r in stored.runs.values() for k, t in r.notes if k == 'command')
    return '\n## Commands\n\n`tools/bench` ran:\n\n' + ''.join(f'    {c}\n' for c in lines)


def report(stored):
    return head(stored) + ratio_table(stored) + ratio_targets(stored) + best_layout(stored) + \
        by_burst(stored) + by_size(stored) + by_layout(stored) + polls(stored) + \
        scale(stored) + memory(stored) + floor(stored) + yardstick(stored) + \
        end_to_end(stored) + commands(stored)
