#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The daemon's live figures, as `vcryptod ctl` shows them, while front ends work and clients
misbehave.

    figures.py VCRYPTOD

Each case has a daemon of its own.  Prints one line a case, and 'N passed, N failed' last.
"""
import fcntl
import functools
import json
import os
import pty
import re
import select
import signal
import socket
import stat
import struct
import subprocess
import sys
import termios
import time

import front_end
from front_end import F_ADMIN_VQ, INVSESS, OUTBOUND, SAS, connect, comes_true
from cases import run_daemons

PROGRAM = sys.argv[1] if len(sys.argv) > 1 else 'vcryptod'
CLIENTS = 8         # VCRYPTOD_CTL_CLIENTS
SAMPLE = re.compile(r'([a-zA-Z_:][a-zA-Z0-9_:]*)\{((?:[a-z_]+="(?:[^"\\]|\\.)*",?)*)\} (\S+)')
LABEL = re.compile(r'([a-z_]+)="((?:[^"\\]|\\.)*)"')


def ctl(d, *args, code=0):
    done = subprocess.run([PROGRAM, 'ctl', *args, d.ctl], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          timeout=front_end.WAIT, check=False)
    assert done.returncode == code, (done.returncode, done.stderr)
    return done.stdout if code == 0 else done.stderr


def figures(d):
    return json.loads(ctl(d, '--json', '--interval', '0'))['devices'][0]


def supervisor_fds(d):
    return len(os.listdir(f'/proc/{d.process.pid}/fd'))


# ---- what they say -----------------------------------------------------------

def agree(d):
    """With what a front end did, and with the line of SIGUSR1."""
    f = connect(d)
    f.start()
    status, ident = f.create()
    assert status == 0
    for _ in range(7):
        f.check(0, ident)
    for _ in range(3):
        f.check(1, ident)
    for _ in range(2):
        assert f.encrypt(1, ident + 1)[0] == INVSESS
    # The status is there before the thread has counted its turn.
    assert comes_true(lambda: sum(q['requests'] for q in figures(d)['queues']) == 12)
    x = figures(d)
    assert x['socket'] == d.path and x['ready'] and x['starts'] == 1
    assert x['pid'] == int(d.device()), x['pid']
    assert x['front_end']['connected'] and x['front_end']['connections'] >= 1
    assert x['memory']['guest'] == front_end.MEM
    assert 0 < x['memory']['shared'] <= x['memory']['resident']
    assert x['sessions'] == {'now': 1, 'max': 1024, 'created': 1, 'destroyed': 0, 'refused': 0}
    for queue, good, bad in ((0, 7, 0), (1, 3, 2)):
        q = x['queues'][queue]
        assert q['state'] == 'runs' and q['requests'] == good + bad and q['turns'] == good + bad
        assert q['bytes'] == 32 * good and q['requests_per_s'] is None
        assert q['status']['OK'] == good and q['status']['INVSESS'] == bad
        assert sum(t['requests'] for t in q['latency']) == good + bad
        assert q['latency_sum_ns'] > 0
        algs = {(a['service'], a['algorithm']): a for a in q['algorithms']}
        cbc = algs.pop(('cipher', 'aes-cbc'))
        assert (cbc['requests'], cbc['failed'], cbc['bytes']) == (good, 0, 32 * good)
        assert sum(a['failed'] for a in algs.values()) == bad and len(algs) == (bad != 0)
    c = d.counters()
    assert (c['requests'], c['OK'], c['INVSESS'], c['bytes']) == (12, 10, 2, 320), c
    text = ctl(d, '--interval', '0')
    assert re.search(r'^  sessions 1 of 1024, created 1, refused 0$', text, re.M), text
    assert re.search(r'^  status   OK 10 INVSESS 2$', text, re.M), text
    assert re.search(r'^  cipher    aes-cbc +- +- +10 +0$', text, re.M), text
    f.close()
    assert comes_true(lambda: not figures(d)['front_end']['connected'])
    x = figures(d)
    assert x['sessions']['now'] == 0 and x['sessions']['destroyed'] == 1
    assert x['queues'][0]['requests'] == 7, 'figures end with the process, not the connection'
    assert [q['state'] for q in x['queues']] == ['off', 'off']


def rates(d):
    """Of the time between two readings."""
    f = connect(d)
    f.start()
    ident = f.create()[1]
    view = subprocess.Popen([PROGRAM, 'ctl', '--json', '--interval', '1', d.ctl],
                            stdout=subprocess.PIPE, text=True)
    n = 0
    while view.poll() is None:
        f.check(0, ident)
        n += 1
    q = json.loads(view.stdout.read())['devices'][0]['queues']
    view.stdout.close()
    assert 0 < q[0]['requests_per_s'] <= n / 0.9, (q[0]['requests_per_s'], n)
    assert abs(q[0]['bytes_per_s'] - 32 * q[0]['requests_per_s']) < 32
    assert q[1]['requests_per_s'] == 0
    f.close()


def broken(d):
    """A queue that the driver broke is one that has stopped."""
    f = connect(d)
    f.start()
    f.memory.put(f.ring_at(0) + 0x400 + 2, struct.pack('<H', 0x7000))
    os.eventfd_write(f.kicks[0], 1)
    assert comes_true(lambda: figures(d)['queues'][0]['state'] == 'stopped')
    assert figures(d)['queues'][1]['state'] == 'runs'
    f.close()


def associations(d):
    """Those of IPsec."""
    f = connect(d, features=F_ADMIN_VQ)
    f.start_admin()
    assert f.create_sa(OUTBOUND, 3) == 0 and f.create_sa(OUTBOUND, 4) == 0
    assert f.destroy_sa(OUTBOUND, 3) == 0
    # The command's answer comes before the figure.
    assert comes_true(lambda: figures(d)['security_associations'] == {
        'now': 1, 'max': 2 * SAS, 'created': 2, 'destroyed': 1, 'refused': 0})
    f.close()


def prometheus(d):
    """Each line is one of the exposition format, no series comes twice, histograms add up."""
    f = connect(d)
    f.start()
    ident = f.create()[1]
    for _ in range(5):
        f.check(1, ident)
    assert comes_true(lambda: figures(d)['queues'][1]['requests'] == 5)
    text = ctl(d, '--prometheus')
    assert text.endswith('\n')
    kind, seen = {}, {}
    for line in text.splitlines():
        if line.startswith('# TYPE '):
            _, _, name, what = line.split(' ')
            assert name not in kind and what in ('counter', 'gauge', 'histogram'), line
            kind[name] = what
        elif not line.startswith('# HELP '):
            m = SAMPLE.fullmatch(line)
            assert m, line
            base = re.sub(r'_(bucket|sum|count)$', '', m[1])
            name = base if kind.get(base) == 'histogram' else m[1]
            assert name in kind, f'no type: {line}'
            assert kind[name] != 'counter' or name.endswith('_total'), line
            key = m[1], tuple(sorted(LABEL.findall(m[2])))
            assert key not in seen, f'twice: {line}'
            seen[key] = float(m[3])
    def at(name, **labels):
        labels['device'] = d.path.replace('\\', '\\\\')
        return seen[name, tuple(sorted(labels.items()))]
    assert at('vcryptod_requests_total', queue='1', status='OK') == 5
    assert at('vcryptod_bytes_total', queue='1') == 160
    assert at('vcryptod_sessions') == 1 and at('vcryptod_ready') == 1
    assert at('vcryptod_algorithm_requests_total', queue='1', service='cipher',
              algorithm='aes-cbc') == 5
    buckets = sorted((float(dict(labels)['le']), n) for (name, labels), n in seen.items()
                     if name == 'vcryptod_request_seconds_bucket' and
                     dict(labels)['queue'] == '1')
    counts = [n for _, n in buckets]
    assert counts == sorted(counts) and len(counts) > 20 and counts[-1] == 5
    assert at('vcryptod_request_seconds_count', queue='1') == 5
    assert 0 < at('vcryptod_request_seconds_sum', queue='1') < front_end.WAIT
    f.close()


# ---- processes and clients that do as they like --------------------------------

def killed(d):
    """The next process begins at nothing, and the number of starts tells."""
    f = connect(d)
    f.start()
    ident = f.create()[1]
    f.check(0, ident)
    assert comes_true(lambda: figures(d)['queues'][0]['requests'] == 1)
    os.kill(int(d.device()), signal.SIGKILL)
    assert f.sock.recv(1) == b''
    f.close()
    assert comes_true(lambda: figures(d)['ready'] and figures(d)['starts'] == 2)
    x = figures(d)
    assert x['queues'][0]['requests'] == 0 and x['sessions']['created'] == 0
    assert x['pid'] == int(d.device())


def stopped(d):
    """A device process that does nothing at all holds nobody up."""
    os.kill(int(d.device()), signal.SIGSTOP)
    try:
        x = figures(d)
        assert x['ready'] and x['pid'] == int(d.device())
    finally:
        os.kill(int(d.device()), signal.SIGCONT)


def slow_clients(d):
    """More of them than are served, which never read: others wait for their end, no longer, and
    the daemon does its work meanwhile."""
    before = supervisor_fds(d)
    slow = [socket.socket(socket.AF_UNIX) for _ in range(2 * CLIENTS)]
    for s in slow:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        s.connect(d.ctl)
    assert comes_true(lambda: supervisor_fds(d) == before + CLIENTS)
    d.process.send_signal(signal.SIGUSR1)
    assert 'requests' in d.line()
    assert figures(d)['ready']
    size = 0
    while True:         # cut off: not all was sent
        piece = slow[0].recv(1 << 20)
        if not piece:
            break
        size += len(piece)
    assert 0 < size < 64 + 168 + 127 * 2 * 1200, size
    for s in slow:
        s.close()
    assert comes_true(lambda: supervisor_fds(d) == before)
    assert d.lives()


def hostile_clients(d):
    """They write, hang up at once, or shut one half down."""
    before = supervisor_fds(d)
    for i in range(100):
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(d.ctl)
            if i % 3 == 0:
                try:
                    s.sendall(b'GET / HTTP/1.1\r\n\r\n' * 100)
                except OSError:
                    pass        # it was closed before
            elif i % 3 == 1:
                s.shutdown(socket.SHUT_WR)
    assert figures(d)['ready']
    assert comes_true(lambda: supervisor_fds(d) == before)
    assert d.lives()


def wrong_use(d):
    assert stat.S_IMODE(os.lstat(d.ctl).st_mode) == 0o600
    for args in (['--json', '--top'], ['--interval', '-1'], ['--interval', 'nan'], ['--no'],
                 ['--interval', '0', '--top'], ['another'], ['--interval']):
        error = ctl(d, *args, code=2)
        assert error.startswith('vcryptod: ctl: ') and error.count('\n') == 1, error
    assert ctl(d, '--top', code=1) == f'vcryptod: ctl: {d.ctl}: --top needs a terminal\n'
    there, d.ctl = d.ctl, d.ctl + '.none'
    try:
        error = ctl(d, code=1)
    finally:
        d.ctl = there
    assert error.count('\n') == 1 and 'was it started with --ctl' in error, error
    mine = d.path + '.mine'
    for path, code, why in (('', 2, '--ctl'), (mine, 1, 'choose another path'),
                            (d.ctl, 1, 'choose another path')):
        done = subprocess.run([PROGRAM, '--socket', mine, '--ctl', path], text=True,
                              stderr=subprocess.PIPE, check=False)
        assert done.returncode == code and why in done.stderr, done.stderr
        assert done.stderr.count('\n') == 1, done.stderr


# ---- the screen ----------------------------------------------------------------

class Screen:
    """`vcryptod ctl --top` on a terminal of 80 x 24."""

    def __init__(self, d):
        self.master, self.slave = pty.openpty()
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack('HHHH', 24, 80, 0, 0))
        self.before = termios.tcgetattr(self.slave)
        self.process = subprocess.Popen([PROGRAM, 'ctl', '--top', '--interval', '0.1', d.ctl],
                                        stdin=self.slave, stdout=self.slave,
                                        stderr=subprocess.PIPE, start_new_session=True)
        self.said = ''

    def until(self, text):
        end = time.monotonic() + front_end.WAIT
        while text not in self.said:
            assert time.monotonic() < end, f'never said: {text!r}'
            if select.select([self.master], [], [], 0.1)[0]:
                self.said += os.read(self.master, 65536).decode()

    def end(self):
        """The terminal is as it was."""
        while self.process.poll() is None:
            if select.select([self.master], [], [], 0.1)[0]:
                self.said += os.read(self.master, 65536).decode()
        while select.select([self.master], [], [], 0)[0]:
            self.said += os.read(self.master, 65536).decode()
        error = self.process.stderr.read().decode()
        self.process.stderr.close()
        assert self.process.returncode == 0, error
        assert termios.tcgetattr(self.slave) == self.before
        assert self.said.startswith('\033[?1049h') and self.said.endswith('\033[?1049l')
        os.close(self.master)
        os.close(self.slave)


def screen(d):
    f = connect(d)
    f.start()
    f.check(0, f.create()[1])
    for last in (b'q', b'\x03', signal.SIGTERM):
        s = Screen(d)
        s.until('aes-cbc')
        s.until('1 of 1')
        for drawn in s.said.split('\033[H')[1:]:
            lines = re.sub(r'\033\[[0-9;?]*[A-Za-z]', '', drawn).split('\r\n')
            assert len(lines) <= 24 and all(len(line) <= 80 for line in lines), lines
        if isinstance(last, bytes):
            os.write(s.master, last)
        else:
            s.process.send_signal(last)
        s.end()
    f.close()


CASES = [(agree, []), (rates, []), (broken, []), (associations, ['--sas', str(SAS)]),
         (prometheus, []), (killed, []), (stopped, ['--watchdog', '0']),
         (slow_clients, ['--queues', '127']), (hostile_clients, []), (wrong_use, []),
         (screen, [])]


def start(folder, *args):
    path = os.path.join(folder, 'ctl "\\')
    d = front_end.Daemon(PROGRAM, folder, '--ctl', path, *args)
    d.ctl = path
    return d


def on_ready(case):
    """The device process says it before it tells the supervisor."""
    @functools.wraps(case)
    def run(d):
        assert comes_true(lambda: figures(d)['ready']), 'never ready'
        case(d)
    return run


def ends(d, _case):
    code = d.end()
    assert code == 0, f'exit code {code}'
    assert not os.path.exists(d.ctl)


def main():
    return run_daemons([(on_ready(case), args) for case, args in CASES], start, ends)


if __name__ == '__main__':
    sys.exit(main())
