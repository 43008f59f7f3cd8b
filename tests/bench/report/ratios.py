# SPDX-License-Identifier: BSD-3-Clause
"""How many times as fast as DPDK's driver ours is, cell by cell, and the targets of these."""
import collections

from nulldev import BURSTS, LAYOUTS, PLAIN_LAYOUTS, SIZE, THEIRS

ALGO = 'aes-cbc'
# What is compared: title, run, metric, is more better.
Measure = collections.namedtuple('Measure', 'title run metric more unit')
MEASURES = (
    Measure('closed loop, near', 'tput', 'kops/s', True, 1000),
    Measure('closed loop, far', 'tput-far', 'kops/s', True, 1000),
    Measure('thread, near', 'thread', 'enq+deq/op', False, 1),
    Measure('thread, far', 'thread-far', 'enq+deq/op', False, 1),
    Measure('inline', 'inline', 'enq+deq/op', False, 1),
    Measure('instructions', 'icount', 'enq+deq/op', False, 1),
)
TWO_CORES = MEASURES[:4]
# The floor of the memory system beside a miss: what every exchange moves, and what one moves
# whose device reads a line of each request.
FLOORS = ('rings + packed status', 'rings + 1 line + packed status')
LOST = '✗'

SPLIT = ('split', 'split event-idx')
IN_ORDER = ('split in-order', 'split in-order event-idx')
PACKED = tuple(x for x in LAYOUTS if x.startswith('packed'))
# (title, where, layouts, bursts, at least so many times DPDK's driver)
TARGETS = (
    ('never below', 'near', tuple(LAYOUTS), BURSTS, 1.0),
    ('never below', 'far', tuple(LAYOUTS), BURSTS, 1.0),
    ('bursts of 1, split in-order', 'far', IN_ORDER, (1,), 1.35),
    ('bursts of 1, packed', 'far', PACKED, (1,), 1.4),
    ('bursts of 2', 'far', tuple(LAYOUTS), (2,), 1.35),
    ('bursts of 4', 'far', tuple(x for x in LAYOUTS if x not in IN_ORDER), (4,), 1.5),
    ('bursts of 4, split in-order', 'far', IN_ORDER, (4,), 2.0),
    ('bursts of 32, packed', 'far', PACKED, (32,), 1.8),
)
# Instructions per op at bursts of 32, to a tenth, and of an empty poll.
INSTRUCTIONS = {'split': 110.6, 'split in-order': 91.6, 'packed': 125.2, 'packed in-order': 123.0}
EMPTY = 20

Cell = collections.namedtuple('Cell', 'measure layout burst ratio')
# One line of the table of targets: reached is None where a figure is missing.
Verdict = collections.namedtuple('Verdict', 'title what reached misses')


def stat(rows, measure, device, burst):
    return rows.get(measure.run, device, ALGO, SIZE, burst, measure.metric)


def ratio(rows, measure, layout, burst):
    """Above 1: ours is faster.  None without both figures."""
    ours, theirs = (stat(rows, measure, d, burst) for d in (layout, THEIRS))
    if ours is None or theirs is None:
        return None
    return ours.med / theirs.med if measure.more else theirs.med / ours.med


def cell_text(value):
    if value is None:
        return '–'
    return f'**{value:.2f} {LOST}**' if value < 1 else f'{value:.2f}'


def table(rows):
    """Rows of the one table: measure, layout, a ratio for each burst."""
    out = []
    for m in MEASURES:
        title = m.title
        for layout in LAYOUTS:
            cells = [ratio(rows, m, layout, b) for b in BURSTS]
            if any(c is not None for c in cells):
                out.append([title, layout] + [cell_text(c) for c in cells])
                title = ''
    return out


def absent(rows):
    """Measures of two cores without any ratio."""
    return [m.title for m in TWO_CORES
            if not any(ratio(rows, m, x, b) for x in LAYOUTS for b in BURSTS)]


def losing(rows, measures=TWO_CORES):
    return [Cell(m, x, b, ratio(rows, m, x, b)) for m in measures for x in LAYOUTS
            for b in BURSTS if (ratio(rows, m, x, b) or 1) < 1]


def floor_text(rows, measure, burst):
    """What the driverless exchange takes under the same conditions."""
    run = measure.run.replace('tput', 'floor-loop').replace('thread', 'floor')
    metric = measure.metric
    found = [rows.get(run, f, ALGO, SIZE, burst, metric) for f in FLOORS]
    theirs = stat(rows, measure, THEIRS, burst)
    if None in found or theirs is None:
        return 'no floor measured'
    v = [s.med / measure.unit for s in found]
    best = [s.med / theirs.med if measure.more else theirs.med / s.med for s in found]
    unit = 'Mops/s' if measure.more else 'cycles'
    return f'floor {v[0]:.1f} / {v[1]:.1f} {unit}: ratio {best[0]:.2f} / {best[1]:.2f}'


def miss_text(rows, cell, target):
    ours, theirs = (stat(rows, cell.measure, d, cell.burst).med / cell.measure.unit
                    for d in (cell.layout, THEIRS))
    return f'{cell.layout}, burst {cell.burst}: {cell.ratio:.2f} of {target:g} ' \
        f'({ours:.1f} / {theirs:.1f}; {floor_text(rows, cell.measure, cell.burst)})'


def reached(misses, known, total):
    """None: no figure misses the target, but some are not there."""
    if misses:
        return False
    return True if known == total else None


def judged(rows, measure, target):
    title, _, layouts, bursts, least = target
    cells = [Cell(measure, x, b, ratio(rows, measure, x, b)) for x in layouts for b in bursts]
    known = [c for c in cells if c.ratio is not None]
    misses = [miss_text(rows, c, least) for c in known if c.ratio < least]
    what = f'at least {least:g}: {len(known) - len(misses)} of {len(cells)} cells' + \
        ('' if len(known) == len(cells) else f', {len(cells) - len(known)} without a figure')
    return Verdict(f'{measure.title}: {title}', what,
                   reached(misses, len(known), len(cells)), misses)


def in_order_not_below(rows, measure):
    """In-order layouts are at least as fast as the same ring without it."""
    misses, known, total = [], 0, 0
    for layout in PLAIN_LAYOUTS:
        if not layout.endswith('in-order'):
            continue
        plain = layout.replace(' in-order', '')
        for burst in BURSTS:
            a, b = (stat(rows, measure, x, burst) for x in (layout, plain))
            total += 1
            if a is None or b is None:
                continue
            known += 1
            r = a.med / b.med if measure.more else b.med / a.med
            # Quartiles that overlap are no difference.
            apart = a.q3 < b.q1 if measure.more else a.q1 > b.q3
            if r < 1 and apart:
                misses.append(f'{layout}, burst {burst}: {r:.2f} of {plain} '
                              f'({a.med / measure.unit:.1f} / {b.med / measure.unit:.1f})')
    return Verdict(f'{measure.title}: in-order not below the same ring without it',
                   f'{known - len(misses)} of {total} cells', reached(misses, known, total),
                   misses)


def counted(rows, title, what, burst, metric, most):
    """most: {layout: instructions}"""
    found = {x: rows.get('icount', x, ALGO, SIZE, burst, metric) for x in most}
    known = {x: s.med for x, s in found.items() if s is not None}
    misses = [f'{x}: {round(v, 1):g} of {most[x]:g}' for x, v in known.items() if v > most[x] + 0.1]
    return Verdict(title, what, reached(misses, len(known), len(most)), misses)


def instructions(rows):
    return [counted(rows, 'instructions per op, burst 32', ', '.join(
                f'{k} {v:g}' for k, v in INSTRUCTIONS.items()), 32, 'enq+deq/op', INSTRUCTIONS),
            counted(rows, 'instructions of an empty poll', f'at most {EMPTY}', 0, 'empty/call',
                    dict.fromkeys(LAYOUTS, EMPTY))]


def verdicts(rows):
    out = []
    for measure in TWO_CORES:
        where = measure.title.split(', ')[1]
        out += [judged(rows, measure, t) for t in TARGETS if t[1] == where]
        out.append(in_order_not_below(rows, measure))
    return out + instructions(rows)
