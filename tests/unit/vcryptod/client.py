#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""vcryptod's PCI function as a vfio-user client meets it: a small client and driver of its own,
with its own idea of every layout, against the daemon in another process, which has a vhost-user
socket beside it.

    client.py VCRYPTOD

Prints one line a case, and 'N passed, N failed' last.
"""
import array
import os
import random
import shutil
import signal
import socket
import struct
import sys
import tempfile
import time

from cases import Cases
from front_end import (ADMIN, CIPHER, DRIVER_OK, F_ADMIN_VQ, F_VERSION_1, GUEST, MEM, OK, OUTBOUND,
                       QUEUES, SAS, SIZE, WAIT, Daemon, FrontEnd, Memory, comes_true)

VERSION, DMA_MAP, DMA_UNMAP, GET_INFO, REGION_INFO = 1, 2, 3, 4, 5
IRQ_INFO, SET_IRQS, READ, WRITE, RESET = 7, 8, 9, 10, 13
BAR, CONFIG = 0, 7
F_ACCESS_PLATFORM, F_RING_RESET = 1 << 33, 1 << 40
RINGS = QUEUES + 2


class Client(FrontEnd):
    """The driver's part, rings and requests, is the front end's."""

    def __init__(self, path, features=0):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(WAIT)
        self.sock.connect(path)
        self.memory = Memory()
        self.used, self.kicks, self.calls = {}, {}, {}
        self.features = features | F_VERSION_1 | F_ACCESS_PLATFORM
        self.id = 0
        reply = self.tell(VERSION, struct.pack('<HH', 0, 0) + b'{"capabilities":{}}\0')
        assert reply[:4] == bytes(4) and reply[-1] == 0

    def tell(self, command, payload=b'', fds=(), want=0):
        """The payload of the reply, which must have this error."""
        self.id = self.id + 1 & 0xffff
        head = struct.pack('<HHIII', self.id, command, 16 + len(payload), 0, 0)
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', fds))] if fds else []
        self.sock.sendmsg([head + payload], rights)
        ident, what, size, flags, error = struct.unpack('<HHIII', self.read(16))
        assert (ident, what, flags & 15) == (self.id, command, 1)
        reply = self.read(size - 16)
        assert error == want and bool(flags & 32) == (want != 0), f'{command}: error {error}'
        return reply

    def get(self, offset, width, region=BAR):
        data = self.tell(READ, struct.pack('<QII', offset, region, width))
        return int.from_bytes(data[16:], 'little')

    def put(self, offset, width, value, region=BAR):
        self.tell(WRITE, struct.pack('<QII', offset, region, width) +
                  value.to_bytes(width, 'little'))

    def find_structures(self):
        """Offsets in the BAR of common, notify, isr and device; turns MSI-X on."""
        self.at = {}
        cap = self.get(0x34, 1, CONFIG)
        while cap:
            kind, after = self.get(cap, 1, CONFIG), self.get(cap + 1, 1, CONFIG)
            if kind == 9:
                self.at[self.get(cap + 3, 1, CONFIG)] = self.get(cap + 8, 4, CONFIG)
                if self.get(cap + 3, 1, CONFIG) == 2:
                    self.step = self.get(cap + 16, 4, CONFIG)
            elif kind == 0x11:
                self.put(cap + 2, 2, 0x8000, CONFIG)
            cap = after
        assert set(self.at) >= {1, 2, 3, 4}

    def common(self, offset, width, value):
        self.put(self.at[1] + offset, width, value)

    def table(self, more=0):
        self.tell(DMA_MAP, struct.pack('<IIQQQ', 32, 3, 0, GUEST, MEM), [self.memory.fd])

    def negotiate(self):
        self.find_structures()
        self.common(20, 1, 0)
        self.common(20, 1, 3)
        for half in (0, 1):
            self.common(8, 4, half)
            self.common(12, 4, self.features >> 32 * half & 0xffffffff)
        self.common(20, 1, 11)
        assert self.get(self.at[1] + 20, 1) == 11, 'FEATURES_OK does not stay'

    def set_ring(self, q, base=0):
        at = self.ring_at(q)
        self.memory.put(at, bytes(0x1000))
        self.used[q] = 0
        if q not in self.calls:
            self.calls[q], self.kicks[q] = os.eventfd(0, os.EFD_NONBLOCK), os.eventfd(0)
            self.tell(SET_IRQS, struct.pack('<IIIII', 20, 0x24, 2, q, 1), [self.calls[q]])
        self.common(22, 2, q)
        self.common(24, 2, SIZE)
        self.common(26, 2, q)
        for offset, address in ((32, at), (40, at + 0x400), (48, at + 0x800)):
            self.common(offset, 4, GUEST + address)
            self.common(offset + 4, 4, 0)
        self.common(28, 2, 1)

    def enable(self, q, on=1):
        self.common(20, 1, DRIVER_OK)

    def start(self):
        self.negotiate()
        for q in range(QUEUES + 1):
            self.set_ring(q)
        self.enable(0)
        assert self.get(self.at[1] + 20, 1) == DRIVER_OK

    def add(self, q, readable, room):
        place = super().add(q, readable, room)
        self.put(self.at[2] + self.step * q, 2, q)
        return place

    def told(self, q):
        """Interrupts of a queue since this was asked last."""
        try:
            return os.eventfd_read(self.calls[q])
        except BlockingIOError:
            return 0


def connect(daemon, **kwargs):
    """Tries again while the daemon has not seen the last connection end."""
    end = time.monotonic() + WAIT
    while time.monotonic() < end:
        try:
            return Client(daemon.function, **kwargs)
        except (ConnectionError, BrokenPipeError):
            time.sleep(0.01)
    raise AssertionError('no connection')


def serve(c):
    """A session, and a request on each data queue, which tells of its end."""
    status, ident = c.create()
    assert status == OK
    for q in range(QUEUES):
        c.check(q, ident)
        assert comes_true(lambda: c.told(q) > 0), 'no interrupt'


def says_ready(d):
    assert f'{d.path}: ready: ' in d.ready and 'vfio-user' not in d.ready
    assert f'{d.function}: ready: ' in d.second and 'a PCI function by vfio-user' in d.second


def function(d):
    c = connect(d)
    assert c.get(0, 4, CONFIG) == 0x10541af4
    info = c.tell(GET_INFO, struct.pack('<IIII', 16, 0, 0, 0))
    assert struct.unpack('<IIII', info) == (16, 3, 9, 5)
    info = c.tell(REGION_INFO, struct.pack('<IIIIQQ', 32, 0, CONFIG, 0, 0, 0))
    assert struct.unpack('<IIIIQQ', info)[4] == 256
    info = c.tell(IRQ_INFO, struct.pack('<IIII', 16, 0, 2, 0))
    assert struct.unpack('<IIII', info)[3] == RINGS + 1
    c.find_structures()
    device = c.at[4]
    assert c.get(device, 4) & 1 and c.get(device + 4, 4) == QUEUES
    assert c.get(c.at[1] + 18, 2) == QUEUES + 1     # the administration queue is not counted
    assert c.get(c.at[1] + 60, 4) == ADMIN | 1 << 16
    c.tell(40, want=95)
    c.close()


def encrypts(d):
    c = connect(d)
    c.table()
    c.start()
    serve(c)
    # The same again, after each kind of reset.
    c.common(20, 1, 0)
    c.start()
    serve(c)
    c.tell(RESET)
    c.start()
    serve(c)
    c.tell(DMA_UNMAP, struct.pack('<IIQQ', 24, 2, 0, 0))
    assert c.get(c.at[1] + 20, 1) & 0x40, 'NEEDS_RESET is missing'
    c.common(20, 1, 0)
    c.table()
    c.start()
    serve(c)
    c.close()


def resets_a_queue(d):
    c = connect(d, features=F_RING_RESET)
    c.table()
    c.start()
    serve(c)
    c.common(22, 2, 0)
    c.common(58, 2, 1)
    assert c.get(c.at[1] + 28, 2) == 0
    c.set_ring(0)
    serve(c)
    c.close()


def offers_ipsec(d):
    """By commands of the standard, on the queue that the registers name."""
    c = connect(d, features=F_ADMIN_VQ)
    c.negotiate()
    c.start_admin()
    assert c.create_sa(OUTBOUND, 1) == 0 and c.destroy_sa(OUTBOUND, 1) == 0
    c.close()


def both_at_once(d):
    """The vhost-user device beside it is another one."""
    front, c = FrontEnd(d.path), connect(d)
    front.start()
    c.table()
    c.start()
    serve(c)
    front.check(0, front.create()[1])
    d.process.send_signal(signal.SIGUSR1)
    lines = sorted((d.line(), d.line()), key=lambda line: d.path + ':' not in line)
    assert 'requests 1 ' in lines[0], lines
    assert f'{d.function}: requests ' in lines[1], lines
    front.close()
    c.close()


def descriptors_do_not_leak(d):
    def one():
        c = connect(d)
        c.table()
        c.start()
        serve(c)
        c.close()

    one()
    before = d.count()
    for _ in range(10):
        one()
    assert comes_true(lambda: d.count() <= before), f'{before}, then {d.count()}'


def noise(d):
    """Random bytes, alone and behind VERSION."""
    rng = random.Random(15)
    for i in range(60):
        c = connect(d)
        try:
            for _ in range(20):
                body = rng.randbytes(rng.randrange(64))
                head = struct.pack('<HHIII', 1, rng.randrange(18), 16 + len(body), 0, 0)
                c.sock.sendall(head + body if i % 2 else rng.randbytes(48))
        except OSError:
            pass
        c.sock.close()
    encrypts(d)


def starts_again(d):
    """Last: its device process is killed."""
    c = connect(d)
    c.table()
    c.start()
    serve(c)
    os.kill(d.device_of(d.function), signal.SIGKILL)
    assert comes_true(lambda: c.sock.recv(1) == b'')
    c.close()
    assert f'{d.function}: ready: ' in d.line()
    encrypts(d)


CASES = [says_ready, function, encrypts, resets_a_queue, offers_ipsec, both_at_once,
         descriptors_do_not_leak, noise, starts_again]


class TwoDevices(Daemon):
    """One of each kind."""

    def __init__(self, program, folder):
        self.function = os.path.join(folder, 'function')
        super().__init__(program, folder, '--vfio-user', self.function, '--sas', str(SAS))
        self.second = self.line()

    def pids(self):
        return [int(pid) for pid in self.device().split()]

    def device_of(self, path):
        index = 0 if path == self.path else 1
        for pid in self.pids():
            with open(f'/proc/{pid}/cmdline') as line:
                if f'--device-process={index},' in line.read():
                    return pid
        raise AssertionError('no device process')

    def count(self):
        return len(os.listdir(f'/proc/{self.device_of(self.function)}/fd'))


def main():
    folder = tempfile.mkdtemp(prefix='vcryptod')
    daemon = TwoDevices(sys.argv[1], folder)

    def survives(case):
        case(daemon)
        assert daemon.process.poll() is None, 'the daemon has ended'

    done = Cases()
    for case in CASES:
        done.run(case.__name__, survives, case)
    code = daemon.end()
    if code != 0 or os.path.exists(daemon.function):
        done.fail(f'exit code {code}, or its socket is left')
    shutil.rmtree(folder)
    return done.sum_up()


if __name__ == '__main__':
    sys.exit(main())
