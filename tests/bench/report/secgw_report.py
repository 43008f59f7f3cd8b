# SPDX-License-Identifier: BSD-3-Clause
"""What the stored runs of ipsec-secgw say: the tables of doc/bench/secgw.md."""
from markdown import md_table, shown
from nulldev import FAR, Key
from secgw import ALGOS, BURST, DEVICES, METRIC, MODES, SIZES, SOFTWARE, VDEV

# What a reader has to know of the machine; the rest is in the stored file.
FACTS = ('date', 'source', 'processor', 'caches', 'virtual machine', 'kernel', 'page size', 'build',
         'DPDK', 'libraries', 'load before the run')
ROWS = {VDEV: 'vdev to `vcryptod`, 2 cores', SOFTWARE: f'{SOFTWARE}, 1 core'}


def stat(run, place, mode, device, algo, size):
    return run.rows.get(Key(mode + (FAR if place == 'far' else ''), device, algo, size, BURST,
                            METRIC))


def share(ours, theirs):
    return f'{ours.med / theirs.med:.2f}' if ours and theirs else ''


def rows(run, place, algo, mode):
    found = {d: [stat(run, place, mode, d, algo, s) for s in SIZES] for d in DEVICES}
    out = [[f'{mode}: {ROWS[d]}'] + [shown(s, 1000, 2) for s in found[d]] for d in DEVICES]
    return out + [[f'{mode}: share'] + [share(*both) for both in zip(found[VDEV],
                                                                     found[SOFTWARE])]]


def tables(run, place):
    if not run.rows:
        return f'\nCores {place}: not measured, no run found the cores so.\n'
    text = f'\n### Cores {place}\n\n'
    text += md_table(['', ''], [[f, run.fact(f)] for f in FACTS + (f'cores {place}',)
                                if run.fact(f)])
    n = [s.n for k, s in run.rows.items() if k.device == VDEV]
    text += f'\nMillions of packets per second: medians, and quartiles, of {min(n)} to {max(n)} ' \
        'processes.\n'
    moved = [t for k, t in run.notes if k == 'moved']
    if moved:
        text += f'{moved[0]} runs in which the cores moved were set aside.\n'
    if len({k[:4] for k in run.rows if k.device == VDEV}) < len(ALGOS) * len(SIZES) * len(MODES):
        text += 'What is empty was not measured: no run found the cores so.\n'
    for algo in ALGOS:
        body = [r for mode in MODES for r in rows(run, place, algo, mode)]
        text += f'\n{algo}\n\n' + md_table(['inner packet, bytes'] + [str(s) for s in SIZES],
                                           [r for r in body if any(r[1:])])
    return text


def block(stored):
    """What stands between the marks."""
    text = ''.join(tables(run, place) for run, place in zip(stored.secgw, ('near', 'far')))
    commands = dict.fromkeys(t for run in stored.secgw for k, t in run.notes if k == 'command')
    return text + '\nCommands; `-l` behind the last ones is library mode:\n\n' + \
        ''.join(f'    {c}\n' for c in commands)
