# SPDX-License-Identifier: BSD-3-Clause
"""The figures that reports are made of: a file of rows for each part of a run, in doc/bench/data.

Figures that depend on how far the two cores are apart are in two files, near and far, which
may be of different times and machines; each file begins with what it was made on and with.
"""
import os

from nulldev import FAR, Key, Rows, Stat

# What a report shows; the rest of what fakepci prints is not kept.
METRICS = {'enq+deq/op', 'kops/s', 'cyc/poll', 'alone/op', 'both/op', 'scale', 'pairs/s',
           'dma/slot', 'all/slot', 'session', 'packet', 'gbps', 'cycles', 'kpackets/s'}
# part: its files
FILES = {'alone': ('alone',), 'two-cores': ('near', 'far'), 'scale': ('scale',),
         'end-to-end': ('end-to-end-near', 'end-to-end-far'),
         'secgw': ('secgw-near', 'secgw-far')}
HEADER = 'run,device,algo,size,burst,metric,median,q1,q3,n'


class Run:
    """One file: rows, and facts as [(what, text)]."""

    def __init__(self, name, facts=(), rows=None, notes=()):
        self.name = name
        self.facts = list(facts)
        self.rows = rows or {}
        self.notes = list(notes)        # [(kind, text)]: commands, and what was missing

    def fact(self, what):
        return dict(self.facts).get(what, '')

    def points(self):
        """How many (figure, device) there are: what a run must have to replace another."""
        return len(self.rows)


def digits(v):
    """Four significant digits, as a plain number."""
    return f'{v:.0f}' if abs(v) >= 1000 else f'{v:.4g}'


def write(run, folder):
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, run.name + '.csv'), 'w') as f:
        for what, text in run.facts:
            f.write(f'#fact,{what},{text}\n')
        for kind, text in run.notes:
            f.write(f'#{kind},{text}\n')
        f.write(HEADER + '\n')
        for k, s in run.rows.items():
            f.write(','.join(map(str, k)) + f',{digits(s.med)},{digits(s.q1)},{digits(s.q3)},'
                    f'{s.n}\n')


def read(name, folder):
    """The stored run of that name, or one without rows."""
    run = Run(name)
    try:
        with open(os.path.join(folder, name + '.csv')) as f:
            lines = f.read().split('\n')
    except FileNotFoundError:
        return run
    for line in lines:
        kind, _, text = line.partition(',')
        if kind == '#fact':
            run.facts.append(tuple(text.split(',', 1)))
        elif kind.startswith('#'):
            run.notes.append((kind[1:], text))
        elif line and line != HEADER:
            w = line.split(',')
            run.rows[Key(w[0], w[1], w[2], int(w[3]), int(w[4]), w[5])] = \
                Stat(float(w[6]), float(w[7]), float(w[8]), int(w[9]))
    return run


def names():
    return [n for files in FILES.values() for n in files]


def read_all(folder):
    return {n: read(n, folder) for n in names()}


def all_rows(runs):
    """One Rows of all stored runs."""
    out = Rows()
    for run in runs.values():
        out.rows.update(run.rows)
    return out


def kept(rows):
    return {k: s for k, s in rows.rows.items() if k.metric in METRICS and k.run != 'icount'}


def split(part, rows, facts, notes):
    """The runs that a part's measured rows make: one, or near and far."""
    rows = kept(rows)
    if len(FILES[part]) == 1:
        return [Run(FILES[part][0], facts, rows, notes)]
    out = []
    for name in FILES[part]:
        is_far = name.endswith('far')
        some = {k: s for k, s in rows.items() if k.run.endswith(FAR) == is_far}
        if some:
            other = 'cores near' if is_far else 'cores far'
            out.append(Run(name, [f for f in facts if f[0] != other], some, notes))
    return out


def keep(run, folder, replace, say):
    """Stores a run unless the stored one has more figures; says what it did."""
    old = read(run.name, folder)
    if run.points() < old.points() and not replace:
        say(f'{run.name}: {run.points()} figures, the stored run has {old.points()} and stays '
            '(--replace stores the new one)')
        return
    write(run, folder)
    say(f'{run.name}: {run.points()} figures stored')
