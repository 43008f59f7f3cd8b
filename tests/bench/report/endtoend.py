# SPDX-License-Identifier: BSD-3-Clause
"""The whole way: DPDK's dpdk-test-crypto-perf over the vdev to vcryptod on the second
core, beside DPDK's software drivers on one core.  Measures; endtoend_report.py shows."""
import collections
import os
import re
import shutil
import statistics
import subprocess
import tempfile
import time

import daemon
import machine
import priority
from nulldev import FAR, Failed, Key, Stat

VDEV = 'vdev to vcryptod'
SOFTWARE = ('crypto_aesni_mb', 'crypto_openssl')
LIBCRYPTO = 'libcrypto (openssl speed)'     # for what no software driver has
LIBCRYPTO_ALGOS = {'AES-256-XTS': 'aes-256-xts'}
SIZES = (16, 64, 256, 1024, 2048, 4096, 8192, 16384)
QUEUE_SIZE = 256        # kept full: so many buffers pass through the caches of the device
BURST = 32
PTESTS = ('throughput', 'pmd-cyclecount')
ENGINES = ('ipsec-mb', 'openssl')     # the first that vcryptod was built with
CIPHER = '--cipher-op encrypt --cipher-iv-sz 16 '
ALGOS = {
    'AES-128-CBC': '--optype cipher-only --cipher-algo aes-cbc --cipher-key-sz 16 ' + CIPHER,
    'AES-256-XTS': '--optype cipher-only --cipher-algo aes-xts --cipher-key-sz 64 ' + CIPHER,
    'AES-128-GCM': '--optype aead --aead-algo aes-gcm --aead-op encrypt --aead-key-sz 16 '
                   '--aead-iv-sz 12 --aead-aad-sz 16 --digest-sz 16',
    'AES-128-CBC + HMAC-SHA1': '--optype cipher-then-auth --cipher-algo aes-cbc '
                               '--cipher-key-sz 16 ' + CIPHER + '--auth-algo sha1-hmac '
                               '--auth-op generate --auth-key-sz 20 --digest-sz 20',
}
TRIES = 4       # to find the cores in one place from begin to end of a run
THROUGHPUT_OPS = 60000
CYCLES_OPS = 12 * QUEUE_SIZE
CYCLES_DELAY_MS = 20        # longer than a full ring of the largest size takes any engine
# What a busy machine may need; only what has failed takes so long.
RUN_SECONDS = 1200


def perf_rows(text, ptest):
    """{size: (figure, dequeue polls in vain)} in dpdk-test-crypto-perf's CSV; the figure
    is Gbit/s, or cycles of enqueue and dequeue."""
    out = {}
    for line in text.split('\n'):
        w = line.replace(' ', '').replace(';', ',').split(',')
        if len(w) < 10 or not w[0].isdigit() or not w[1].isdigit():
            continue
        v = float(w[8]) if ptest == 'throughput' else float(w[8]) + float(w[9])
        out[int(w[1])] = v, int(w[6])
    return out


class EndToEnd:
    """place: a function that says whether the cores are far apart now; None: do not ask."""

    def __init__(self, build, out, log, place, reps, sizes=SIZES, ops=THROUGHPUT_OPS,
                 polite=False):
        self.build = build
        self.out = out
        self.log = log
        self.place = place
        self.reps = reps
        self.ops = ops
        self._sizes = sizes
        self.popen_args = priority.popen_args(polite)
        self.commands = []
        self.samples = collections.defaultdict(list)    # (run, device, algo, size)
        self.moved = 0                                  # runs that were set aside
        self.missing = {}                               # (device, algo): reason
        self.engines = {a: list(ENGINES) for a in ALGOS}    # still to try, the first is used
        self.daemon = self.engine = None
        self.skipped = self.why_not()

    def why_not(self):
        if os.cpu_count() < 2:
            return 'the device needs a core of its own, and there is one core'
        if not shutil.which('dpdk-test-crypto-perf'):
            return 'dpdk-test-crypto-perf is not installed (package dpdk-dev or dpdk)'
        if not os.path.exists(self.path('app/vcryptod/vcryptod')):
            return 'vcryptod is not built'
        return None

    def path(self, p):
        return os.path.join(self.build, p)

    # ---- the daemon ----

    def start(self, folder, engine):
        """A daemon with that engine and no other; False if it was built without."""
        if self.engine == engine:
            return True
        self.stop()
        self.socket = os.path.join(folder, f'{engine}.sock')
        with open(os.path.join(self.out, 'vcryptod.log'), 'a') as log:
            try:
                self.daemon = daemon.Daemon(self.build, self.socket, engine, 1, log,
                                            self.popen_args)
            except Failed:
                return False
        if daemon.shown(engine, 1) not in self.commands:
            self.commands.append(daemon.shown(engine, 1))
        self.engine = engine
        return True

    def stop(self):
        if self.daemon is not None:
            self.daemon.end()
        self.daemon = self.engine = None

    # ---- one process of dpdk-test-crypto-perf ----

    def eal(self, device):
        """EAL options: main and worker share core 0, the device has core 1."""
        eal = ['--lcores', '0@0,1@0', '--no-pci', '--no-shconf', '--no-huge', '-m', '1024',
               '--no-telemetry']
        if device == VDEV:
            plugin = self.path('drivers/crypto/vcrypto/librte_crypto_vcrypto.so')
            return eal + ['-d', plugin, '--vdev', f'crypto_virtio_user0,path={self.socket},'
                          f'queue_size={QUEUE_SIZE},packed_vq=1,in_order=1']
        return eal + ['--vdev', device + '0']

    def command(self, device, algo, ptest):
        devtype = 'crypto_virtio' if device == VDEV else device
        args = ['--ptest', ptest, '--silent', '--csv-friendly', '--devtype', devtype,
                '--burst-sz', str(BURST), '--desc-nb', str(QUEUE_SIZE),
                '--buffer-sz', ','.join(map(str, self._sizes))] + ALGOS[algo].split()
        if ptest == 'pmd-cyclecount':
            args += ['--total-ops', str(min(CYCLES_OPS, self.ops)), '--pmd-cyclecount-delay-ms',
                     str(CYCLES_DELAY_MS if device == VDEV else 0)]
        else:
            args += ['--total-ops', str(self.ops)]
        cmd = ['dpdk-test-crypto-perf'] + self.eal(device) + ['--'] + args
        shown = re.sub(r'path=[^,]*', 'path=SOCKET', ' '.join(cmd)).replace(self.build + '/', '')
        if shown not in self.commands:
            self.commands.append(shown)
        return cmd

    def run(self, device, algo, ptest):
        """[((run, device, algo, size), value)] of one process."""
        text = self.run_quietly(self.command(device, algo, ptest))
        got = perf_rows(text, ptest)
        if not got:
            raise Failed(self.reason(text))
        if ptest == 'throughput':
            return [(('gbps', device, algo, size), v) for size, (v, _) in got.items()]
        # Where the device was not done in time, waiting would be counted.
        return [(('cycles', device, algo, size), v) for size, (v, in_vain) in got.items()
                if device != VDEV or in_vain == 0]

    def add(self, values, suffix=''):
        for (run, *where), v in values:
            self.samples[(run + suffix, *where)].append(v)

    def run_placed(self, algo, ptest):
        """Through the vdev, with the cores in one place from begin to end."""
        if self.place is None:
            self.add(self.run(VDEV, algo, ptest))
            return
        for _ in range(TRIES):
            far = self.place()
            values = self.run(VDEV, algo, ptest)
            if self.place() == far:
                self.add(values, FAR if far else '')
                return
            self.moved += 1

    def run_quietly(self, cmd):
        """Output of a run in which the main lcore, which only waits, spins at idle
        priority: worker and main share a core."""
        with tempfile.TemporaryFile('w+') as f:
            p = subprocess.Popen(cmd, stdout=f, stderr=subprocess.STDOUT,
                                 stdin=subprocess.DEVNULL, **self.popen_args)
            end = time.monotonic() + RUN_SECONDS
            quiet = False
            while p.poll() is None:
                if not quiet:
                    quiet = self.calm_main(p.pid)
                if time.monotonic() > end:
                    p.kill()
                    p.wait()
                    raise Failed(f'{cmd[0]} did not end within {RUN_SECONDS} s')
                time.sleep(0.01 if not quiet else 0.05)
            f.seek(0)
            text = f.read()
        with open(self.log, 'a') as log:
            print('$', ' '.join(cmd), '\n' + text, file=log)
        return text

    @staticmethod
    def calm_main(pid):
        try:
            for t in os.listdir(f'/proc/{pid}/task'):
                with open(f'/proc/{pid}/task/{t}/comm') as f:
                    if 'worker' in f.read():
                        os.sched_setscheduler(pid, os.SCHED_IDLE, os.sched_param(0))
                        return True
        except OSError:
            pass
        return False

    @staticmethod
    def reason(text):
        """Why a run brought no figures, in the program's own words."""
        for line in text.split('\n'):
            if re.search(r'not supported|unsupported|No crypto devices|capab', line, re.I):
                return re.sub(r'^USER1: ', '', line.strip())
        last = [x for x in text.split('\n') if x.strip()]
        return last[-1].strip() if last else 'it printed nothing'

    # ---- all of it ----

    def measure(self, progress):
        """All devices and algorithms, repetition by repetition."""
        with tempfile.TemporaryDirectory() as folder:
            try:
                for rep in range(self.reps):
                    for algo in ALGOS:
                        progress(f'end to end, {algo}, {rep + 1} of {self.reps}')
                        if (VDEV, algo) not in self.missing:
                            self.measure_vdev(folder, algo, progress)
                        self.stop()     # it polls: the others shall not share the machine
                        for device in SOFTWARE:
                            self.measure_software(device, algo)
                        if algo in LIBCRYPTO_ALGOS:
                            self.measure_libcrypto(algo)
            finally:
                self.stop()
        if all((VDEV, a) in self.missing for a in ALGOS):
            raise Failed(f'nothing came through the vdev: see {self.log}')

    def rows(self):
        """{Key: Stat}.  What one core computes by itself stands beside both distances."""
        out = {}
        for (run, device, algo, size), values in self.samples.items():
            v = sorted(values)
            n = len(v)
            metric = run.split('-')[0]
            stat = Stat(statistics.median(v), v[n // 4], v[3 * n // 4], n)
            for suffix in ('', FAR) if device != VDEV else ('',):
                if self.found(run + suffix, algo):
                    out[Key(run + suffix, device, algo, size, BURST, metric)] = stat
        return out

    def found(self, run, algo):
        return any(k[0] == run and k[1:3] == (VDEV, algo) for k in self.samples)

    def notes(self):
        """What a stored run says beside its figures: [(kind, text)]."""
        out = [('engine', f'{a},{e[0]}') for a, e in self.engines.items() if e]
        out += [('missing', f'{d},{a},{why}') for (d, a), why in self.missing.items()]
        if self.moved:
            out.append(('moved', str(self.moved)))
        return out + [('command', c) for c in self.commands]

    def measure_vdev(self, folder, algo, progress):
        """By the first engine that has the algorithm."""
        why = 'no engine'
        while self.engines[algo]:
            try:
                if not self.start(folder, self.engines[algo][0]):
                    raise Failed('vcryptod did not come up')
                for ptest in PTESTS:
                    self.run_placed(algo, ptest)
                return
            except Failed as e:
                why = str(e)
                self.stop()
                self.engines[algo].pop(0)
        self.missing[VDEV, algo] = why
        progress(f'end to end: no figures for {algo} through the vdev: {why}: see {self.log}')

    def measure_software(self, device, algo):
        if (device, algo) in self.missing:
            return
        for ptest in PTESTS:
            try:
                self.add(self.run(device, algo, ptest))
            except Failed as e:
                self.missing[device, algo] = str(e)
                return

    def measure_libcrypto(self, algo):
        """The library alone on core 0: one call an op, no driver, no new iv."""
        for size in self._sizes:
            cmd = ['taskset', '-c', '0', 'openssl', 'speed', '-mr', '-seconds', '1', '-bytes',
                   str(size), '-evp', LIBCRYPTO_ALGOS[algo]]
            if size == self._sizes[0] and ' '.join(cmd) not in self.commands:
                self.commands.append(' '.join(cmd))
            m = re.search(r'^\+F:\d+:[^:]*:([\d.]+)', machine.output(*cmd), re.M)
            if m is None:
                raise Failed(f'openssl speed printed no figure for {algo}')
            rate = float(m.group(1))
            self.add([(('gbps', LIBCRYPTO, algo, size), rate * 8 / 1e9),
                      (('cycles', LIBCRYPTO, algo, size),
                       machine.tsc_mhz() * 1e6 * size / rate)])
