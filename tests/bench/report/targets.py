# SPDX-License-Identifier: BSD-3-Clause
"""The targets, as ratios to DPDK's driver in the same run, and how far we are."""
from nulldev import FAR, LAYOUTS, SIZE, THEIRS

ALGO_NAME = {'aes-cbc': 'AES-128-CBC', 'cbc+sha1': 'AES-128-CBC + HMAC-SHA1',
             'aes-gcm': 'AES-128-GCM', 'sha256-hmac': 'HMAC-SHA256'}

# (title, algorithm, burst, layout or None for the best, suffix of the run,
#  {column: target}); instructions are a number per op, all else a ratio.
ROWS = [
    ('AES-128-CBC, 64 B, burst 32, best layout', 'aes-cbc', 32, None, '',
     {'inline': 0.45, 'thread': 0.50, 'icount': 110, 'tput': 2.0}),
    ('the same, split ring', 'aes-cbc', 32, 'split', '',
     {'inline': 0.55, 'thread': 0.60, 'icount': 140, 'tput': 1.7}),
    ('AES-128-CBC + HMAC-SHA1, best layout', 'cbc+sha1', 32, None, '',
     {'inline': 0.45, 'thread': 0.50, 'icount': 130, 'tput': 2.0}),
    ('AES-128-CBC, burst 1, best layout', 'aes-cbc', 1, None, '',
     {'inline': 0.45, 'thread': 0.60, 'icount': 220, 'tput': 1.7}),
    ('AES-128-CBC, cores far apart, best layout', 'aes-cbc', 32, None, FAR,
     {'thread': 0.50, 'tput': 2.0}),
    ('empty dequeue, best layout', 'aes-cbc', 32, None, '',
     {'empty': 0.60, 'empty-icount': 20}),
]
METRIC = {'inline': 'enq+deq/op', 'thread': 'enq+deq/op', 'icount': 'enq+deq/op',
          'tput': 'kops/s', 'empty': 'cyc/poll', 'empty-icount': 'empty/call'}
COLUMNS = {'inline': 'inline, cycles/op', 'thread': 'thread, cycles/op',
           'icount': 'instructions/op', 'tput': 'closed loop, Mops/s',
           'empty': 'empty, cycles', 'empty-icount': 'empty, instructions'}


def stat(rows, column, device, algo, burst, suffix=''):
    run = {'empty-icount': 'icount'}.get(column, column)
    if column == 'empty-icount':
        burst = 0
    return rows.get(run + suffix, device, algo, SIZE, burst, METRIC[column])


def best_layout(rows, algo, burst, columns, suffix=''):
    """The layout of ours that is best over the columns that were measured, or None."""
    found = {(c, x): stat(rows, c, x, algo, burst, suffix) for c in columns for x in LAYOUTS}
    usable = [c for c in columns if any(found[c, x] for x in LAYOUTS)]

    def score(layout):
        total = 1.0
        for c in usable:
            med = found[c, layout].med
            total *= 1 / med if c == 'tput' else med
        return total
    whole = [x for x in LAYOUTS if usable and all(found[c, x] for c in usable)]
    return min(whole, key=score) if whole else None


def cell(ours, theirs, column, target):
    """(text, met) of one cell: figures, ratio with its spread, target."""
    unit = 1000 if column == 'tput' else 1
    text = f'{ours.med / unit:.1f}'
    if theirs is not None:
        ratio = ours.med / theirs.med
        low, high = ours.q1 / theirs.q3, ours.q3 / theirs.q1
        text += f' / {theirs.med / unit:.1f} = **{ratio:.2f}** ({low:.2f}-{high:.2f})'
    if column in ('icount', 'empty-icount'):
        return f'{text}, target {target}', ours.med <= target
    if theirs is None:
        return text, None
    met = ratio >= target if column == 'tput' else ratio <= target
    return f'{text}, target {target:.2f}{" x" if column == "tput" else ""}', met


def table(rows):
    """[(title, layout, {column: (text, met)})]; rows without figures have no columns."""
    out = []
    for title, algo, burst, layout, suffix, want in ROWS:
        layout = layout or best_layout(rows, algo, burst, want, suffix)
        cells = {}
        for column, target in want.items():
            ours = layout and stat(rows, column, layout, algo, burst, suffix)
            theirs = stat(rows, column, THEIRS, algo, burst, suffix)
            if ours:
                cells[column] = cell(ours, theirs, column, target)
        out.append((title, layout, cells))
    return out


def counts(rows):
    """(targets met, not met, without a figure)"""
    met = missed = none = 0
    for (_, _, cells), row in zip(table(rows), ROWS):
        for column in row[5]:
            ok = cells.get(column, ('', None))[1]
            met += ok is True
            missed += ok is False
            none += ok is None
    return met, missed, none
