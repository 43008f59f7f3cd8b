# SPDX-License-Identifier: BSD-3-Clause
"""ipsec-secgw, DPDK's example as it is, which seals packets on one core: over the vdev, whose
vcryptod has the other core, beside DPDK's software driver.  Sees that what leaves is right, and
measures; secgw_report.py shows.

There is no generator: the protected port is net_pcap, which repeats packets out of memory as
often as it is asked; behind the other one is nothing.  The pool has so few mbufs that the queue
pair is never full: so nothing is dropped, and what is counted is a closed loop."""
import collections
import glob
import json
import os
import shutil
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time

import daemon
import machine
import priority
from daemon import END_S, end
from nulldev import FAR, Failed, Key, Stat

TOP = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../..'))
SOURCE = 'build/setup/dpdk-source/examples/ipsec-secgw'
VDEV = 'vdev to vcryptod'
SOFTWARE = 'crypto_aesni_mb'
DEVICES = (VDEV, SOFTWARE)
# Name in the report: esp_peer.py's name of the tunnel.
ALGOS = {'AES-128-GCM': 'gcm', 'AES-128-CBC + HMAC-SHA1': 'cbc-sha1',
         'AES-256-CBC + HMAC-SHA256': 'cbc256-sha256'}
MODES = {'legacy': [], 'library': ['-l']}   # the example's own ESP, and librte_ipsec
SIZES = (64, 512, 1420)     # of inner packets, bytes
BURST = 32                  # the example's own
REPEATED = 256              # packets that net_pcap repeats; each holds an mbuf
QUEUE_SIZE = 256
DAEMON = 'ipsec-mb', 2       # engine and queues of vcryptod
POOL = REPEATED + QUEUE_SIZE    # the rest of it is under way
WARM_S, WINDOW_S, WINDOWS = 0.3, 0.05, 20
TRIES = 4       # to find the cores in one place from begin to end of a run
# What a busy machine may need; only what has failed takes so long.
START_S, ARRIVE_S = 60, 60
FIRST, BEFORE_ALL = 10, 20      # priorities: who polls, and who asks for its counters
METRIC = 'kpackets/s'
ETHERNET = 14                   # bytes in front of a packet
PCAP_FILE, PCAP_RECORD = struct.Struct('<IHHiIII'), struct.Struct('<IIII')


def esp_peer():
    """tests/peers/esp_peer.py, which knows tunnels and ESP; None without what it needs."""
    sys.path.insert(0, os.path.join(TOP, 'tests', 'peers'))
    try:
        import esp_peer as found
    except ImportError:
        return None
    finally:
        sys.path.pop(0)
    return found


def write_pcap(path, frames):
    with open(path, 'wb') as f:
        f.write(PCAP_FILE.pack(0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for frame in frames:
            f.write(PCAP_RECORD.pack(0, 0, len(frame), len(frame)) + frame)


def read_pcap(path):
    with open(path, 'rb') as f:
        data = f.read()
    frames, at = [], PCAP_FILE.size
    while at + PCAP_RECORD.size <= len(data):
        length = PCAP_RECORD.unpack_from(data, at)[2]
        at += PCAP_RECORD.size
        if at + length <= len(data):    # it may be about to be written
            frames.append(data[at:at + length])
        at += length
    return frames


class Counters:
    """The program's telemetry socket."""

    def __init__(self, path):
        self.s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.s.settimeout(END_S)
        self.s.connect(path)
        self.s.recv(16384)

    def ask(self, what):
        self.s.send(what.encode())
        return json.loads(self.s.recv(16384))[what.split(',')[0]]

    def sent(self):
        return self.ask('/ethdev/stats,0')['opackets']

    def all(self):
        """(received at the protected port, sent at the other, the crypto device's)"""
        crypto = self.ask('/cryptodev/stats,0')
        received = self.ask('/ethdev/stats,1')
        out = self.ask('/ethdev/stats,0')
        errors = {k: v for d in (crypto, received, out) for k, v in d.items()
                  if k in ('enqueue_err_count', 'dequeue_err_count', 'ierrors', 'oerrors',
                           'imissed') and v}
        if errors:
            raise Failed(f'ipsec-secgw has counted errors: {errors}')
        return received['ipackets'], out['opackets'], crypto

    def close(self):
        self.s.close()


def tasks(pid):
    return [int(t) for t in os.listdir(f'/proc/{pid}/task')]


def descendants(pid):
    found = []
    for task in tasks(pid):
        with open(f'/proc/{pid}/task/{task}/children') as f:
            for child in map(int, f.read().split()):
                found += [child] + descendants(child)
    return found


def fifo(level, *ids):
    """That priority in real time; 0: none."""
    for one in ids:
        os.sched_setscheduler(one, os.SCHED_FIFO if level else os.SCHED_OTHER,
                              os.sched_param(level))


class Gateway:
    """One process of ipsec-secgw.  out: what is behind the port with ESP, for EAL."""

    def __init__(self, secgw, device, mode, out, packets):
        self.secgw = secgw
        self.daemon = self.popen = self.counters = None
        self.log = os.path.join(secgw.work, 'ipsec-secgw.log')
        prefix = f'secgw-{os.getpid()}'
        base = '/var/run' if os.geteuid() == 0 else os.environ.get('XDG_RUNTIME_DIR', '/tmp')
        self.runtime = os.path.join(base, 'dpdk', prefix)
        cmd = [secgw.example] + secgw.eal(device, prefix, out, packets) + ['--'] + \
            secgw.arguments(mode)
        env = dict(os.environ, LD_PRELOAD=secgw.ports)
        try:
            if device == VDEV:
                self.daemon = daemon.Daemon(secgw.build, secgw.socket, *DAEMON,
                                            secgw.daemon_log, secgw.popen_args)
            with open(self.log, 'w') as log:
                self.popen = subprocess.Popen(cmd, stdout=log, stderr=subprocess.STDOUT, env=env,
                                              stdin=subprocess.DEVNULL, **secgw.popen_args)
            self.wait_for('entering main loop')
            self.counters = Counters(os.path.join(self.runtime, 'dpdk_telemetry.v2'))
        except BaseException:
            self.end()
            raise

    def said(self):
        with open(self.log, errors='replace') as f:
            return f.read()

    def wait_for(self, text):
        for _ in range(START_S * 20):
            if text in self.said():
                return
            if self.popen.poll() is not None:
                break
            time.sleep(0.05)
        last = [x for x in self.said().split('\n') if 'Cause' in x or 'rror' in x] or ['nothing']
        raise Failed(f'ipsec-secgw did not start: {last[-1].strip()}: see {self.log}')

    def priorities(self, first, before_all):
        """Nothing takes a core away from who polls but what reads the counters."""
        pid = self.popen.pid
        fifo(before_all, 0, *(t for t in tasks(pid) if t != pid))
        fifo(first, pid)
        if self.daemon:
            fifo(first, *(t for p in descendants(self.daemon.popen.pid) for t in tasks(p)))

    def rate(self):
        """Packets per second that are sent: the median of short windows, so that those in which
        somebody took a core away do not count."""
        if self.secgw.polite:
            return self.windows()
        try:
            self.priorities(FIRST, BEFORE_ALL)
            return self.windows()
        finally:
            self.priorities(0, 0)

    def windows(self):
        time.sleep(WARM_S)
        rates, before = [], None
        for _ in range(self.secgw.nb_windows + 1):
            now = time.monotonic(), self.counters.sent()
            if before:
                rates.append((now[1] - before[1]) / (now[0] - before[0]))
            before = now
            time.sleep(WINDOW_S)
        # Counters are read one after the other while they go on: what is compared was read
        # in the order that makes the comparison true.
        received, sent, _ = self.counters.all()
        _, sent_later, crypto_later = self.counters.all()
        if received > sent_later + POOL:
            raise Failed(f'ipsec-secgw drops packets: {received} received, {sent_later} sent')
        if crypto_later['dequeued_count'] < sent:
            raise Failed('packets left ipsec-secgw that the crypto device did not compute')
        return statistics.median(rates)

    def end(self):
        """False if one of the two did not end with 0."""
        ok = True
        if self.counters:
            self.counters.close()
        if self.popen:
            ok = end(self.popen)
            shutil.rmtree(self.runtime, ignore_errors=True)
        if self.daemon:
            self.daemon.end()
        return ok


class Secgw:
    """work: a folder; ipsec-secgw is in it, or compiled into it.  place: as of EndToEnd."""

    def __init__(self, build, work, place=None, reps=5, quick=False, polite=False):
        self.build = build
        self.work = work
        self.example = os.path.join(work, 'ipsec-secgw')
        self.place = place
        self.reps = reps
        self.sizes = SIZES[:1] if quick else SIZES
        self.nb_windows = 2 if quick else WINDOWS
        self.polite = polite or quick or os.geteuid() != 0
        self.popen_args = priority.popen_args(self.polite)
        self.ports = os.path.join(build, 'tests/bench/secgw_ports.so')
        self.samples = collections.defaultdict(list)    # (run, device, algo, size)
        self.moved = 0
        self.commands = []
        self.peer = esp_peer()
        os.makedirs(work, exist_ok=True)
        self.config = os.path.join(work, 'secgw.cfg')

    def why_not(self):
        if os.cpu_count() < 2:
            return 'the device needs a core of its own, and there is one core'
        if self.peer is None:
            return 'no python3-cryptography (tools/setup installs it)'
        for path in (self.ports, os.path.join(self.build, 'app/vcryptod/vcryptod')):
            if not os.path.exists(path):
                return f'{os.path.basename(path)} is not built'
        if not os.path.exists(self.example) and \
                not os.path.exists(os.path.join(TOP, SOURCE, 'ipsec-secgw.c')):
            return "DPDK's source is not unpacked (tools/setup --dpdk-source)"
        return None

    def compile(self):
        """The example, as it is."""
        source = os.path.join(TOP, SOURCE)
        flags, libs = (machine.output('pkg-config', what, 'libdpdk').split()
                       for what in ('--cflags', '--libs'))
        cmd = [*os.environ.get('CC', 'cc').split(), '-O2', '-w', '-DALLOW_EXPERIMENTAL_API', *flags,
               '-I' + os.path.join(source, '..', 'common'), *glob.glob(source + '/*.c'), '-o',
               self.example, *libs]
        with open(os.path.join(self.work, 'compile.log'), 'w') as log:
            if subprocess.run(cmd, stdout=log, stderr=subprocess.STDOUT,
                              stdin=subprocess.DEVNULL).returncode != 0:
                raise Failed(f'ipsec-secgw does not compile: see {log.name}')

    # ---- what the program is given ----

    def eal(self, device, prefix, out, packets):
        eal = ['-l', '0', '--no-pci', '--no-huge', '-m', '512', '--file-prefix', prefix]
        if device == VDEV:
            plugin = os.path.join(self.build,
                                  'drivers/crypto/vcrypto/librte_crypto_vcrypto.so')
            eal += ['-d', plugin, '--vdev', f'crypto_virtio_user0,path={self.socket},'
                    f'queues=2,queue_size={QUEUE_SIZE},packed_vq=1,in_order=1,'
                    f'ctrl_timeout_ms={START_S * 1000}']
        else:
            eal += ['--vdev', device + '0']
        return eal + ['--vdev', out, '--vdev', 'net_pcap1,rx_pcap=' + packets]

    def arguments(self, mode):
        return ['-P', '-p', '0x3', '-u', '0x1', '--config', '(0,0,0),(1,0,0)', '-f', self.config,
                '-s', str(POOL), '--desc-nb', str(QUEUE_SIZE)] + MODES[mode]

    def note_command(self, device, algo):
        """Commands as one would type them; they differ by algorithm in the configuration."""
        shown = ['ipsec-secgw'] + self.eal(device, 'secgw', 'net_null0,no-rx=1',
                                           'PACKETS,infinite_rx=1') + ['--'] + \
            self.arguments('legacy')
        text = ' '.join(f"'{w}'" if '(' in w else w for w in shown)
        for path, name in ((self.socket, 'SOCKET'), (self.config, 'CONFIG'),
                           (self.build + '/', '')):
            text = text.replace(path, name)
        if text not in self.commands:
            self.commands.append(text)

    def write_config(self, suites):
        with open(self.config, 'w') as f:
            for suite in suites:
                f.write(suite.config(False))
            for port, mac in ((0, self.peer.MAC_PEER), (1, self.peer.MAC_HOST)):
                f.write(f'neigh port {port} {self.peer.colons(mac)}\n')

    def inner(self, suite, size, number):
        """An IPv4 packet of size bytes for that tunnel."""
        udp = struct.pack('>HHHH', 1024 + number, 53, size - 20, 0)
        return self.peer.ipv4(suite.host, suite.remote, 17, udp + os.urandom(size - 28), number)

    def write_packets(self, packets):
        head = self.peer.MAC_GATE + self.peer.MAC_HOST + b'\x08\0'
        path = os.path.join(self.work, 'in.pcap')
        write_pcap(path, [head + p for p in packets])
        return path

    def running(self):
        """What a run of several processes needs: a folder for the socket, whose path has to
        be short, and the daemon's log."""
        return Running(self)

    # ---- is it right? ----

    def verify(self):
        """Each packet of all tunnels, once, by both devices in both modes: sealed, with its
        tunnel's SPI and length, and what it opens to is what went in.  One line for each."""
        suites = self.peer.suites_of(ALGOS.values())
        self.write_config(suites)
        inner = [self.inner(suite, size, n) for suite in suites
                 for n, size in enumerate((29, *SIZES) * 20)]     # no more than POOL
        packets = self.write_packets(inner)
        with self.running():
            for device in DEVICES:
                for mode in MODES:
                    self.verify_one(device, mode, packets, suites, inner)
                    yield f'{device}, {mode} mode: {len(inner)} packets are sealed as they ' \
                        'should be'

    def verify_one(self, device, mode, packets, suites, inner):
        left = os.path.join(self.work, 'out.pcap')
        if os.path.exists(left):
            os.unlink(left)
        gateway = Gateway(self, device, mode, 'net_pcap0,tx_pcap=' + left, packets)
        try:
            end_at = time.monotonic() + ARRIVE_S
            while gateway.counters.all()[1] < len(inner) and time.monotonic() < end_at:
                time.sleep(0.05)
            received, sent, crypto = gateway.counters.all()
        finally:
            ended = gateway.end()
        if not received == sent == crypto['enqueued_count'] == crypto['dequeued_count'] == \
                len(inner):
            raise Failed(f'{device}, {mode} mode: of {len(inner)} packets {received} were '
                         f'received, {sent} sent; the crypto device: {crypto}')
        if not ended:
            raise Failed(f'{device}, {mode} mode: ipsec-secgw did not end with 0')
        self.compare(read_pcap(left), suites, inner)

    def compare(self, frames, suites, inner):
        """Fails unless the frames are these packets, each one sealed."""
        by_spi = {s.spi_out: s for s in suites}
        wanted = collections.Counter(self.peer.without_ttl(p) for p in inner)
        for frame in frames:
            outer = frame[ETHERNET:]
            spi = struct.unpack_from('>I', outer, 20)[0]
            suite = by_spi.get(spi)
            if outer[9] != 50 or suite is None or len(outer) != int.from_bytes(outer[2:4], 'big'):
                raise Failed('what leaves ipsec-secgw is no ESP of a tunnel')
            try:
                plain = suite.open(outer[20:])[1]
            except (ValueError, self.peer.InvalidTag) as e:
                raise Failed(f'a packet that left ipsec-secgw does not open: {e!r}')
            pad = -(len(plain) + 2) % suite.align
            length = 20 + 8 + suite.iv_len + len(plain) + pad + 2 + suite.icv_len
            if len(outer) != length:
                raise Failed(f'a packet of {len(outer)} bytes left ipsec-secgw, not {length}')
            wanted[self.peer.without_ttl(plain)] -= 1
        if any(wanted.values()):
            raise Failed('what left ipsec-secgw opens to other packets than went in')

    # ---- how fast is it? ----

    def measure(self, progress):
        for line in self.verify():
            progress(line)
        with self.running():
            for rep in range(self.reps):
                for algo in ALGOS:
                    progress(f'ipsec-secgw, {algo}, {rep + 1} of {self.reps}')
                    self.measure_algo(algo, rep)

    def measure_algo(self, algo, rep):
        suite, = self.peer.suites_of([ALGOS[algo]])
        self.write_config([suite])
        for size in self.sizes:
            packets = self.write_packets([self.inner(suite, size, n) for n in range(REPEATED)])
            for mode in MODES:
                for device in DEVICES if rep % 2 == 0 else reversed(DEVICES):
                    self.note_command(device, algo)
                    self.add(device, algo, size, mode, packets)

    def add(self, device, algo, size, mode, packets):
        for _ in range(TRIES):
            far = self.place() if self.place and device == VDEV else False
            rate = self.run(device, mode, packets)
            if not self.place or device != VDEV or self.place() == far:
                self.samples[mode + (FAR if far else ''), device, algo, size].append(rate)
                return
            self.moved += 1

    def run(self, device, mode, packets):
        gateway = Gateway(self, device, mode, 'net_null0,no-rx=1', packets + ',infinite_rx=1')
        try:
            return gateway.rate()
        finally:
            gateway.end()

    def rows(self):
        """{Key: Stat}.  What one core computes by itself stands beside both distances."""
        out = {}
        for (run, device, algo, size), values in self.samples.items():
            v = sorted(x / 1000 for x in values)
            stat = Stat(statistics.median(v), v[len(v) // 4], v[3 * len(v) // 4], len(v))
            for suffix in ('', FAR) if device != VDEV else ('',):
                if (run + suffix, VDEV, algo, size) in self.samples:
                    out[Key(run + suffix, device, algo, size, BURST, METRIC)] = stat
        return out

    def notes(self):
        moved = [('moved', str(self.moved))] if self.moved else []
        return moved + [('command', c) for c in [daemon.shown(*DAEMON)] + self.commands]


class Running:
    def __init__(self, secgw):
        self.secgw = secgw

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.secgw.socket = os.path.join(self.folder.name, 'vc.sock')
        self.secgw.daemon_log = open(os.path.join(self.secgw.work, 'vcryptod.log'), 'a')

    def __exit__(self, *_):
        self.secgw.daemon_log.close()
        self.folder.cleanup()


def main():
    """secgw.py BUILD FOLDER, with ipsec-secgw in it: sees that what leaves is right; nothing is
    timed."""
    build, work = sys.argv[1:]
    secgw = Secgw(build, work, polite=True)
    why_not = secgw.why_not()
    if why_not:
        print(f'skipped: {why_not}')
        return 77
    for line in secgw.verify():
        print(line, flush=True)
    return 0


if __name__ == '__main__':
    try:
        sys.exit(main())
    except Failed as e:
        sys.exit(f'secgw: {e}')
