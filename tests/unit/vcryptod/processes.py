#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""vcryptod with several devices: what happens to one device process is no other's concern.

    processes.py VCRYPTOD

Each case has a daemon of its own with two sockets.  Prints one line a case, and
'N passed, N failed' last.
"""
import os
import select
import signal
import stat
import sys
import threading

import daemon
import front_end
from front_end import FrontEnd, connect
from cases import run_daemons

SOCKETS = 2


class Device:
    """What connect needs of a daemon, for one socket of it."""

    def __init__(self, path):
        self.path = path


class Daemon(daemon.Daemon):
    def __init__(self, program, folder, *args):
        self.paths = [os.path.join(folder, f'sock{i}') for i in range(SOCKETS)]
        sockets = [word for path in self.paths for word in ('--socket', path)]
        super().__init__(program, folder, *sockets, '--queues', str(front_end.QUEUES), *args)
        self.lines = [self.line() for _ in self.paths]

    def children(self):
        """The device process of each socket: its arguments say which."""
        out = {}
        for child in map(int, self.device_pids()):
            with open(f'/proc/{child}/cmdline', 'rb') as f:
                option = f.read().split(b'\0')[1].decode()
            out[int(option.split('=')[1].split(',')[0])] = child
        return out

    def front_end(self, index):
        f = connect(Device(self.paths[index]))
        f.start()
        status, ident = f.create()
        assert status == front_end.OK
        f.check(0, ident)
        return f, ident


# ---- cases -------------------------------------------------------------------

def one_process_each(d):
    assert all(': ready: ' in line for line in d.lines)
    children = d.children()
    assert sorted(children) == [0, 1]
    for index, pid in children.items():
        with open(f'/proc/{pid}/comm') as f:
            assert f.read() == 'vcryptod-device\n'
        with open(f'/proc/{pid}/status') as f:
            assert f'\nPPid:\t{d.process.pid}\n' in f.read()
    for path in d.paths:
        assert stat.S_IMODE(os.lstat(path).st_mode) == 0o600
    d.process.send_signal(signal.SIGUSR1)
    lines = [d.line(), d.line()]
    for path in d.paths:
        assert any(f'{path}: requests ' in line for line in lines), lines


def killed(d):
    """One dies with a session and a connection: the other's go on, and it is back."""
    first, _ = d.front_end(0)
    second, ident = d.front_end(1)
    before = d.children()
    os.kill(before[0], signal.SIGKILL)
    assert first.sock.recv(1) == b''
    second.check(0, ident)
    again, _ = d.front_end(0)           # waits in the socket until it is there
    after = d.children()
    assert after[0] != before[0] and after[1] == before[1]
    d.has_said(f'{d.paths[0]}: the device process was killed by SIGKILL')
    second.check(1, ident)
    for f in (first, second, again):
        f.close()


def memory_cut(d):
    """A front end truncates its memory while requests come: its own device alone ends."""
    first, ident = d.front_end(0)
    second, other = d.front_end(1)
    before = d.children()
    os.ftruncate(first.memory.fd, 0)
    os.eventfd_write(first.kicks[0], 1)
    assert first.sock.recv(1) == b''
    second.check(0, other)
    d.has_said(f'{d.paths[0]}: the device process ended with status 3: it starts again')
    again, ident = d.front_end(0)
    again.check(1, ident)
    second.check(1, other)
    assert d.children()[1] == before[1]
    first.memory.map.close()
    first.sock.close()
    for f in (second, again):
        f.close()


def stopped(d):
    """It does not answer the supervisor any more."""
    first, _ = d.front_end(0)
    second, ident = d.front_end(1)
    os.kill(d.children()[0], signal.SIGSTOP)
    assert first.sock.recv(1) == b''
    d.has_said('has not answered for 2 s (--watchdog): killed')
    again, _ = d.front_end(0)
    for f in (first, second, again):
        f.close()


def supervisor_dies(d):
    pidfds = [os.pidfd_open(pid) for pid in d.children().values()]
    first, _ = d.front_end(0)
    d.process.kill()
    assert first.sock.recv(1) == b''
    for fd in pidfds:
        assert select.select([fd], [], [], front_end.WAIT)[0]
        os.close(fd)
    assert all(os.path.exists(path) for path in d.paths)
    first.close()


def ends_while_connecting(d):
    """SIGTERM in the middle of messages and requests: all is taken down in order."""
    over, busy = threading.Event(), threading.Event()

    def come_and_go(path):
        while not over.is_set():
            try:
                f = FrontEnd(path)
                f.start()
                f.add(front_end.QUEUES, bytes(72), 16)  # no answer is waited for
                f.add(0, f.request(0), 33)
                busy.set()
                f.close()
            except (OSError, AssertionError):
                pass

    threads = [threading.Thread(target=come_and_go, args=[path]) for path in d.paths]
    for t in threads:
        t.start()
    try:
        assert busy.wait(front_end.WAIT)
        d.process.terminate()
        assert d.process.wait(front_end.WAIT) == 0, d.process.returncode
        assert not any(os.path.exists(path) for path in d.paths)
    finally:
        over.set()
        for t in threads:
            t.join()


CASES = [(one_process_each, []), (killed, []), (memory_cut, []), (stopped, ['--watchdog', '2']),
         (supervisor_dies, [])] + [(ends_while_connecting, [])] * 6
ENDED = (supervisor_dies, ends_while_connecting)        # by the case


def ends(d, case):
    if case in ENDED:
        return
    assert d.process.poll() is None, 'the daemon has ended'
    code = d.end()
    assert code == 0, f'exit code {code}'
    assert not any(os.path.exists(path) for path in d.paths)


def main():
    return run_daemons(CASES, lambda *args: Daemon(sys.argv[1], *args), ends)


if __name__ == '__main__':
    sys.exit(main())
