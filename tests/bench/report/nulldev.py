# SPDX-License-Identifier: BSD-3-Clause
"""Runs fakepci and reads its rows."""
import collections
import os
import subprocess

import priority

Stat = collections.namedtuple('Stat', 'med q1 q3 n')
Key = collections.namedtuple('Key', 'run device algo size burst metric')

THEIRS = 'dpdk'
BURSTS = (1, 2, 4, 8, 16, 32, 64)
ALGOS = ('aes-cbc', 'cbc+sha1', 'aes-gcm', 'sha256-hmac')
ESP = ('esp-out', 'esp-out-dst', 'esp-in')     # ops of security associations
ESP_BURSTS = (1, 8, 32)
SIZE = 64           # bytes, of all that does not look at sizes
FAR = '-far'        # ends the name of a run whose cores were far apart
# Layouts of ours by label: what the fake device offers beside the defaults.
PLAIN_LAYOUTS = {
    'split': 'mt',
    'split in-order': 'mt,in-order',
    'packed': 'mt,packed',
    'packed in-order': 'mt,packed,in-order',
}
LAYOUTS = {**PLAIN_LAYOUTS,
           **{f'{k} event-idx': f'{v},event-idx' for k, v in PLAIN_LAYOUTS.items()}}
ESP_LAYOUTS = {k: f'{v},ipsec' for k, v in PLAIN_LAYOUTS.items()}
MORE_LAYOUTS = {
    'split direct': 'no-indirect',
    'packed direct': 'packed,no-indirect',
    'packed in-order singly': 'packed,in-order,batch=1',
    'split order-platform': 'order-platform',
}
# The shared object of DPDK's own driver, and of ours, as --drv NAME@PART tells them apart.
THEIR_DRIVER = 'crypto_virtio@librte_crypto_virtio'
THEIR_MAX_SIZE = 2176       # bytes; it loses a request's memory for each longer one
OUR_DRIVER = 'crypto_virtio@vcrypto'


MIN_SAMPLES = 3     # a median of one or two is none


class Failed(Exception):
    """A run that did not end well."""


class Rows:
    """Rows by Key, and what the runs said about themselves."""

    def __init__(self):
        self.rows = {}
        self.meta = {}
        self.commands = []

    def read(self, path):
        """A file that fakepci wrote."""
        with open(path) as f:
            for line in f:
                line = line.rstrip('\n')
                if line.startswith('#'):
                    key, _, value = line[1:].partition(',')
                    self.meta.setdefault(key, []).append(value)
                elif not line.startswith('run,'):
                    w = line.split(',')
                    key = Key(w[0], w[1], w[2], int(w[3]), int(w[4]), w[5])
                    self.rows[key] = Stat(float(w[6]), float(w[8]), float(w[9]), int(w[11]))

    def get(self, run, device, algo, size, burst, metric):
        return self.rows.get(Key(run, device, algo, size, burst, metric))

    def merge(self, other):
        """Takes over the points that have more devices there, or more samples.  A point keeps
        to one process for all devices, so that its ratios are of one run."""
        mine, theirs = self.points(), other.points()
        for point, keys in theirs.items():
            if point not in mine or other.weight(keys) > self.weight(mine[point]):
                for k in mine.get(point, ()):
                    del self.rows[k]
                self.rows.update({k: other.rows[k] for k in keys})
        for key, v in other.meta.items():
            self.meta.setdefault(key, []).extend(v)
        self.commands += other.commands

    def points(self):
        """{key without its device: [keys]}"""
        out = {}
        for k in self.rows:
            out.setdefault(k._replace(device=''), []).append(k)
        return out

    def weight(self, keys):
        """More devices count first, then the fewest samples that one of them has."""
        usable = [self.rows[k].n for k in keys if self.rows[k].n >= MIN_SAMPLES]
        return len(usable), min(usable, default=0)

    def values(self, field):
        """The different values of a key's field, in order of appearance."""
        return list(dict.fromkeys(getattr(k, field) for k in self.rows))


def drivers(layouts, theirs):
    out = []
    if theirs:
        out += ['--drv', f'{THEIR_DRIVER},label={THEIRS}']
    for label, options in layouts.items():
        out += ['--drv', f'{OUR_DRIVER},label={label},{options}']
    return out


class FakePci:
    """One build's fakepci with one plugin of ours."""

    def __init__(self, build, out, log, polite=False):
        self.binary = os.path.join(build, 'tests/bench/fakepci/fakepci')
        self.plugin = os.path.join(build, 'drivers/crypto/vcrypto/librte_crypto_vcrypto.so')
        self.out = out
        self.log = log
        self.polite = polite        # no higher priority than others
        self.nb_runs = 0

    def eal(self):
        return ['-l', '0,1', '--no-pci', '--no-shconf', '--no-huge', '-m', '512', '--iova-mode=va',
                '--no-telemetry', '--log-level=lib.eal:error',
                '--log-level=lib.cryptodev:error', '-d', self.plugin]

    def run(self, rows, layouts, args, theirs=True, timeout=1800):
        """One process; its rows are added to rows."""
        self.nb_runs += 1
        csv = os.path.join(self.out, f'fakepci-{self.nb_runs}.csv')
        cmd = [self.binary] + self.eal() + ['--'] + drivers(layouts, theirs) + args
        shown = ['fakepci'] + cmd[1:]
        rows.commands.append(' '.join(
            f"'{c}'" if ' ' in c else os.path.basename(c) if c == self.plugin else c
            for c in shown))
        with open(self.log, 'a') as log:
            print('$', ' '.join(cmd), file=log, flush=True)
            try:
                rc = subprocess.run(cmd + ['--csv', csv], stdout=log,
                                    stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                                    timeout=timeout,
                                    **priority.popen_args(self.polite)).returncode
            except subprocess.TimeoutExpired:
                raise Failed(f'fakepci did not end within {timeout} s')
        if rc != 0:
            raise Failed(f'fakepci ended with {rc}: see {self.log}')
        rows.read(csv)

    def place(self, rows):
        """Where the cores are, into the rows' meta."""
        self.run(rows, {'split': 'mt'}, ['--run', 'place', '--algo', 'aes-cbc', '--reps', '3',
                                         '--ops', '4096'], False, 60)

    def has_theirs(self):
        """Is DPDK's own driver there?  fakepci lists the drivers it found otherwise."""
        p = subprocess.run([self.binary] + self.eal() + ['--', '--drv', THEIR_DRIVER, '--run',
                            'none', '--algo', 'aes-cbc', '--reps', '1', '--ops', '4096'],
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                           stdin=subprocess.DEVNULL, timeout=60)
        return p.returncode == 0
