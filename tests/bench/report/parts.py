# SPDX-License-Identifier: BSD-3-Clause
"""The parts of a run in front of the null device: what is measured in each, and how often."""
import os
import re
import subprocess

from nulldev import ALGOS, BURSTS, FAR, LAYOUTS, MIN_SAMPLES, MORE_LAYOUTS, PLAIN_LAYOUTS, \
    SIZE, THEIR_MAX_SIZE, Key, Rows, Stat

SIZES = (16, 64, 256, 1024, 2048, 4096, 16384)
TWO_CORES_BURSTS = (1, 32)      # of the other algorithms
# The host moves the cores as it likes, for seconds or for hours.  So what depends on their
# distance is measured in short passes.  A process is repeated until both distances are complete,
# or one is and the other one was not seen in so many passes.
PASS_REPS = 5
MIN_PASSES, MAX_PASSES = 2, 7
YARDSTICK = ('', 'packed_vq=1,in_order=1', 'packed_vq=1,in_order=1,mrg_rxbuf=0,vectorized=1')


def listed(values):
    return ','.join(map(str, values))


class Shape:
    """How much is measured."""

    def __init__(self, quick, polite, reps=None):
        self.quick = quick
        self.reps = reps or (1 if quick else 11)
        self.bursts = (1, 32) if quick else BURSTS
        self.sizes = (64, 1024) if quick else SIZES
        self.common = ['--reps', str(self.reps), '--ops',
                       '8192' if quick else '50000' if polite else '100000']


def other_sizes(shape, theirs):
    """[(sizes beside the usual one, DPDK's driver takes them)]"""
    some = [s for s in shape.sizes if s != SIZE]
    out = [([s for s in some if s <= THEIR_MAX_SIZE], theirs),
           ([s for s in some if s > THEIR_MAX_SIZE], False)]
    return [x for x in out if x[0]]


def alone(fp, rows, shape, theirs):
    """What one core does by itself."""
    fp.run(rows, LAYOUTS, shape.common + ['--algo', listed(ALGOS), '--burst',
                                          listed(shape.bursts), '--run', 'inline,empty'], theirs)
    for sizes, with_theirs in other_sizes(shape, theirs):
        fp.run(rows, LAYOUTS, shape.common + ['--algo', 'aes-cbc', '--burst', '32', '--size',
                                              listed(sizes), '--run', 'inline'], with_theirs)
    fp.run(rows, MORE_LAYOUTS, shape.common + ['--algo', 'aes-cbc,cbc+sha1', '--burst', '32',
                                               '--run', 'inline'], False)


def two_cores_runs(shape, theirs):
    """[(layouts, arguments, DPDK's driver too)] of the processes that make one pass."""
    common = shape.common + ['--reps', str(min(shape.reps, PASS_REPS))]
    both = common + ['--run', 'thread,tput']
    out = [(LAYOUTS, both + ['--algo', 'aes-cbc', '--burst', listed(shape.bursts)], theirs),
           (PLAIN_LAYOUTS, common + ['--algo', 'aes-cbc', '--burst', listed(shape.bursts),
                                     '--run', 'floor'], False),
           (LAYOUTS, both + ['--algo', listed(ALGOS[1:]), '--burst', listed(TWO_CORES_BURSTS)],
            theirs)]
    out += [(LAYOUTS, both + ['--algo', 'aes-cbc', '--burst', '32', '--size', listed(sizes)],
             with_theirs) for sizes, with_theirs in other_sizes(shape, theirs)]
    return out + [(MORE_LAYOUTS, common + ['--algo', 'aes-cbc,cbc+sha1', '--burst', '32',
                                           '--run', 'thread'], False)]


def two_cores(fp, rows, shape, theirs):
    """What depends on how far the cores are apart, and the floor of the memory system."""
    runs = [(r, Rows()) for r in two_cores_runs(shape, theirs)]
    for n in range(1 if shape.quick else MAX_PASSES):
        for (layouts, args, with_theirs), found in runs:
            if n >= MIN_PASSES and complete(found):
                continue
            new = Rows()
            fp.run(new, layouts, args, with_theirs)
            if n > 0:
                new.commands = []       # the same as before
            found.merge(new)
    for _, found in runs:
        rows.merge(found)


def complete(rows):
    """Is everything there that was found at the other distance?  A distance at which nothing
    was found is not waited for."""
    keys = [k._replace(device='') for k, s in rows.rows.items() if s.n >= MIN_SAMPLES]
    found = [{k._replace(run=base(k.run)) for k in keys if k.run == base(k.run) + suffix}
             for suffix in ('', FAR)]
    return all(not f or f == found[0] | found[1] for f in found)


def base(run):
    return run[:-len(FAR)] if run.endswith(FAR) else run


def scale(fp, rows, shape, theirs):
    """Two queue pairs, sessions, memory; what one packet costs by DPDK's net_virtio_user."""
    fp.run(rows, PLAIN_LAYOUTS, shape.common + ['--algo', 'aes-cbc', '--burst', '32', '--run',
                                                'pairs,sessions,memory'], theirs)
    if not shape.quick:
        yardstick(fp, rows)


def yardstick(fp, rows):
    """Figures of vnet, where it runs."""
    binary = os.path.join(os.path.dirname(fp.binary), 'vnet')
    for vdev in YARDSTICK:
        try:
            p = subprocess.run([binary, '-l', '0,1', '--no-pci', '--no-shconf', '--no-huge', '-m',
                                '512', '--no-telemetry', '--log-level=lib.eal:error',
                                '--force-max-simd-bitwidth=512', '--', vdev], cwd=fp.out,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                               stdin=subprocess.DEVNULL, timeout=120)
        except (OSError, subprocess.TimeoutExpired):
            continue
        with open(fp.log, 'a') as f:
            f.write(p.stdout)
        for run, *v in re.findall(r'^(inline|thread) burst 32 .*median +([\d.]+) .* q1 +([\d.]+) '
                                  r'q3 +([\d.]+)', p.stdout, re.M):
            # Arguments are a row's device: no commas there.
            key = Key(f'vnet-{run}', vdev.replace(',', ' ') or 'split (default)', '', 0, 32,
                      'packet')
            rows.rows[key] = Stat(*map(float, v), 0)


MEASURE = {'alone': alone, 'two-cores': two_cores, 'scale': scale}


def measure(part, fp, shape, theirs):
    rows = Rows()
    MEASURE[part](fp, rows, shape, theirs)
    if not shape.quick:
        # vnet does not say how many samples it took; memory is counted once.
        rows.rows = {k: s for k, s in rows.rows.items()
                     if s.n >= MIN_SAMPLES or k.run == 'memory' or k.run.startswith('vnet')}
    return rows
