# SPDX-License-Identifier: BSD-3-Clause
"""What a stored run of the end-to-end part says: shares, cycles, break-even, targets."""
from endtoend import ALGOS, BURST, LIBCRYPTO, SOFTWARE, VDEV
from nulldev import FAR, Key

NAMES = {VDEV: 'the vdev'}
MAIN = SOFTWARE[0]
# {algorithm: {bytes: share of crypto_aesni_mb's throughput that must come through}}, by distance.
SHARE_ALGOS = ('AES-128-CBC', 'AES-128-GCM', 'AES-128-CBC + HMAC-SHA1')
SHARE = {'near': 0.85, 'far': 0.80}
SHARE_FROM, SHARE_SMALL, SMALL = 1024, 0.75, 64
# At this size, the calling core's cycles through the vdev, of computing there.
CYCLES_SIZE, CYCLES_SHARE = 1024, 0.20
BREAK_EVEN_FAR = 64
NO = '✗'


class EndToEndReport:
    """run: a stored run; place: near or far."""

    def __init__(self, run, place):
        self.run = run
        self.place = place
        self.suffix = FAR if place == 'far' else ''
        self.engines = dict(t.split(',', 1) for k, t in run.notes if k == 'engine')
        self.missing = [t.split(',', 2) for k, t in run.notes if k == 'missing']
        self.moved = [t for k, t in run.notes if k == 'moved']

    def values(self, field):
        return list(dict.fromkeys(getattr(k, field) for k in self.run.rows))

    def sizes(self):
        return sorted(self.values('size'))

    def algos(self):
        return [a for a in ALGOS if a in self.values('algo')]

    def devices(self):
        return [d for d in (VDEV,) + SOFTWARE + (LIBCRYPTO,) if d in self.values('device')]

    def stat(self, value, device, algo, size):
        return self.run.rows.get(Key(value + self.suffix, device, algo, size, BURST, value))

    def points(self, value, device, algo):
        p = [(s, self.stat(value, device, algo, s)) for s in self.sizes()]
        return [(s, x) for s, x in p if x is not None]

    def title(self, device, algo):
        """A device with its engine and its number of cores."""
        if device == VDEV:
            return f'vdev to vcryptod ({self.engines.get(algo, "?")}), 2 cores'
        return f'{device}, 1 core'

    def ratio(self, value, algo, size, software):
        a, b = (self.stat(value, d, algo, size) for d in (VDEV, software))
        return None if a is None or b is None else a.med / b.med

    def break_even(self, algo, software):
        """Smallest size from which the vdev costs its caller less than computing there."""
        found = None
        for size in reversed(self.sizes()):
            r = self.ratio('cycles', algo, size, software)
            if r is None or r >= 1:
                break
            found = size
        return found

    def break_even_text(self, algo, software):
        if not self.points('cycles', software, algo):
            return ''
        found = self.break_even(algo, software)
        if found is None:
            return 'none of these'
        return str(found) if found != self.sizes()[0] else f'{found} and all above'

    def describe(self):
        text = ('dpdk-test-crypto-perf, unmodified, burst 32, one worker on core 0. The vdev '
                'speaks to vcryptod, which polls on core 1; the software drivers compute on core '
                '0. Throughput is the closed loop of --ptest throughput; TSC cycles are the calls '
                'of --ptest pmd-cyclecount, enqueue plus dequeue: what the op costs the core that '
                'calls. Engines of vcryptod: ')
        text += ', '.join(f'{a} {e}' for a, e in self.engines.items()) + '.'
        taken = [s.n for k, s in self.run.rows.items() if k.device == VDEV]
        if taken:
            text += f' Medians of {min(taken)} to {max(taken)} runs.'
        text += '\n'
        for device, algo, why in self.missing:
            text += f'\n{device} has no {algo} ({why}).\n'
        if self.moved:
            text += f'\n{self.moved[0]} runs in which the cores moved were set aside.\n'
        return text

    def figure(self, value, device, algo, size, digits):
        s = self.stat(value, device, algo, size)
        return f'{s.med:.{digits}f} ({s.q1:.{digits}f}-{s.q3:.{digits}f})' if s else ''

    def target(self, algo, size):
        if algo not in SHARE_ALGOS or (size < SHARE_FROM and size != SMALL):
            return None
        return SHARE_SMALL if size == SMALL else SHARE[self.place]

    def share_text(self, algo, size, software):
        r, least = self.ratio('gbps', algo, size, software), self.target(algo, size)
        if r is None:
            return ''
        if software != MAIN or least is None:
            return f'{r:.2f}'
        return f'{r:.2f} ✓' if r >= least else f'**{r:.2f}** {NO} (target {least:.2f})'

    def summary(self):
        """[(algorithm and size, share of crypto_aesni_mb)] of what has a target."""
        return [(f'{a}, {s} B, {self.place}', self.share_text(a, s, MAIN))
                for a in SHARE_ALGOS for s in self.sizes()
                if self.target(a, s) and self.ratio('gbps', a, s, MAIN)]

    def cycles_text(self, algo):
        r = self.ratio('cycles', algo, CYCLES_SIZE, MAIN)
        if r is None:
            return ''
        return f'{r:.2f} ✓' if r <= CYCLES_SHARE else f'**{r:.2f}** {NO} (target {CYCLES_SHARE})'

    def tables(self):
        """[(title, head, body)]"""
        out = []
        for algo in self.algos():
            sizes = self.sizes()
            head = ['bytes'] + [str(s) for s in sizes]
            for value, unit, digits in (('gbps', 'Gbit/s', 2), ('cycles', 'TSC cycles per op', 0)):
                body = [[self.title(d, algo)] + [self.figure(value, d, algo, s, digits)
                                                 for s in sizes] for d in self.devices()]
                if value == 'gbps':
                    body += [[f'share of {d}'] + [self.share_text(algo, s, d) for s in sizes]
                             for d in self.devices()[1:]]
                out.append((f'{algo}: {unit}', head, [b for b in body if any(b[1:])]))
        others = self.devices()[1:]
        body = [[a] + [self.break_even_text(a, d) for d in others] + [self.cycles_text(a)]
                for a in self.algos()]
        out.append(('Break-even: bytes from which the op costs its caller less through the vdev. '
                    f'Target far: {BREAK_EVEN_FAR}',
                    ['', *(f'than {d}' for d in others),
                     f'cycles of the calling core at {CYCLES_SIZE} B, of {MAIN}'], body))
        return out
