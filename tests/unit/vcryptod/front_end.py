#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""vcryptod as a front end meets it: a small vhost-user front end of its own, with its
own idea of every layout, against the daemon in another process.

    front_end.py VCRYPTOD

Prints one line a case, and 'N passed, N failed' last.
"""
import array
import mmap
import os
import random
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

import daemon
from cases import Cases
from daemon import WAIT, comes_true

GUEST, USER = 0x40000000, 0x7f0000000000
MEM = 1 << 20
SIZE = 16               # entries of a ring
QUEUES = 2

# vhost-user
GET_FEATURES, SET_FEATURES, SET_OWNER, RESET_OWNER, SET_MEM_TABLE = 1, 2, 3, 4, 5
SET_NUM, SET_ADDR, SET_BASE, GET_BASE, KICK, CALL = 8, 9, 10, 11, 12, 13
GET_PROTO, SET_PROTO, GET_QUEUE_NUM, ENABLE, BACK_CHANNEL = 15, 16, 17, 18, 21
GET_CONFIG, SET_CONFIG, CREATE, CLOSE, SET_STATUS, GET_STATUS = 24, 25, 26, 27, 39, 40
NEED_REPLY = 8
F_PROTOCOL, F_VERSION_1, F_ADMIN_VQ = 1 << 30, 1 << 32, 1 << 41
P_ALL = 1 << 0 | 1 << 3 | 1 << 5 | 1 << 7 | 1 << 9 | 1 << 16
P_STATUS, P_SESSION = 1 << 16, 1 << 7
DRIVER_OK, NEEDS_RESET = 0x0f, 0x40

# administration commands
ADMIN = QUEUES + 1
SAS = 16
LIST_QUERY, LIST_USE, CAP_LIST, CAP_GET, CAP_SET, OBJ_CREATE, OBJ_DESTROY = 0, 1, 7, 8, 9, 10, 13
RESOURCE_CAP, SA_CAP = 0x800, 0x801
OUTBOUND, INBOUND = 0x200, 0x201
EEXIST, EINVAL, ENXIO = 17, 22, 6

# SP 800-38A, F.2.1
KEY = bytes.fromhex('2b7e151628aed2a6abf7158809cf4f3c')
IV = bytes.fromhex('000102030405060708090a0b0c0d0e0f')
PLAIN = bytes.fromhex('6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51')
CIPHER = bytes.fromhex('7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2')
OK, ERR, INVSESS = 0, 1, 4


class Daemon(daemon.Daemon):
    """One with a socket, at path; ready is the line that says so."""

    def __init__(self, program, folder, *args):
        self.path = os.path.join(folder, 'sock')
        super().__init__(program, folder, '--socket', self.path, '--queues', str(QUEUES), *args)
        self.ready = self.line()

    def device(self):
        """The device process; nothing if there is none."""
        return ' '.join(self.device_pids())

    def lives(self):
        """Neither the daemon nor its device process has ended."""
        return self.process.poll() is None and 'it starts again' not in self.said()

    def descriptors(self):
        return sum(len(os.listdir(f'/proc/{pid}/fd'))
                   for pid in (self.process.pid, self.device()))

    def counters(self):
        self.process.send_signal(signal.SIGUSR1)
        words = self.line().split()
        return {k: int(v) for k, v in zip(words[2::2], words[3::2])}


class Memory:
    def __init__(self, size=MEM):
        self.fd = os.memfd_create('guest')
        os.ftruncate(self.fd, size)
        self.map = mmap.mmap(self.fd, size)

    def put(self, at, data):
        self.map[at:at + len(data)] = data

    def get(self, at, size):
        return bytes(self.map[at:at + size])


class FrontEnd:
    admin_q, sas = ADMIN, SAS       # of the daemon, where it has an administration queue

    def __init__(self, path, features=0, protocol=P_ALL):
        """path: of the socket, or a connection."""
        self.sock = path if isinstance(path, socket.socket) else socket.socket(socket.AF_UNIX)
        self.sock.settimeout(WAIT)
        if self.sock is not path:
            self.sock.connect(path)
        self.memory = Memory()
        self.used = {}
        self.kicks, self.calls = {}, {}
        self.features = features | F_PROTOCOL | F_VERSION_1
        self.ask(GET_PROTO)
        self.say(SET_PROTO, struct.pack('<Q', protocol))
        self.say(SET_OWNER)
        self.say(SET_FEATURES, struct.pack('<Q', self.features))

    def send(self, request, payload=b'', fds=(), flags=1):
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', fds))] if fds else []
        data = struct.pack('<III', request, flags, len(payload)) + payload
        self.sock.sendmsg([data], rights)

    def answer(self):
        head = self.read(12)
        request, flags, size = struct.unpack('<III', head)
        assert flags & 7 == 5, f'flags {flags:#x} in an answer'
        return request, self.read(size)

    def read(self, size):
        data = b''
        while len(data) < size:
            part = self.sock.recv(size - len(data))
            if not part:
                raise ConnectionError('closed')
            data += part
        return data

    def ask(self, request, payload=b''):
        self.send(request, payload)
        got, data = self.answer()
        assert got == request
        return data

    def say(self, request, payload=b'', fds=()):
        """With REPLY_ACK: whether it was accepted."""
        self.send(request, payload, fds, 1 | NEED_REPLY)
        return struct.unpack('<Q', self.answer()[1])[0] == 0

    def table(self, more=0):
        """more: bytes of a second region; the library keeps a table that looks the same."""
        table = struct.pack('<II', 1 + (more != 0), 0) + struct.pack('<QQQQ', GUEST, MEM, USER, 0)
        if more:
            table += struct.pack('<QQQQ', 1 << 40, more, 1 << 41, 0)
        assert self.say(SET_MEM_TABLE, table, [self.memory.fd] * (1 + (more != 0)))

    def ring_at(self, q):
        return 0x1000 * (q + 1)

    def set_ring(self, q, base=0):
        at = self.ring_at(q)
        if base == 0:
            self.memory.put(at, bytes(0x1000))
            self.used[q] = 0
        self.calls[q] = os.eventfd(0, os.EFD_NONBLOCK)
        self.kicks[q] = os.eventfd(0)
        state = struct.pack('<II', q, SIZE)
        assert self.say(CALL, struct.pack('<Q', q), [self.calls[q]])
        assert self.say(SET_NUM, state)
        assert self.say(SET_BASE, struct.pack('<II', q, base))
        assert self.say(SET_ADDR, struct.pack('<IIQQQQ', q, 0, USER + at, USER + at + 0x800,
                                              USER + at + 0x400, 0))
        assert self.say(KICK, struct.pack('<Q', q), [self.kicks[q]])

    def enable(self, q, on=1):
        assert self.say(ENABLE, struct.pack('<II', q, on))

    def start(self):
        self.table()
        for q in range(QUEUES + 1):
            self.set_ring(q)
            self.enable(q)

    def add(self, q, readable, room):
        """A chain of one readable and one writable descriptor; the latter's place."""
        at, n = self.ring_at(q), self.used[q]
        head = 2 * n % SIZE
        data = 0x10000 * (q + 1) + 0x2000 * (n % 4)
        self.memory.put(data, readable)
        self.memory.put(data + 0x1000, b'\xee' * room)
        self.memory.put(at + 16 * head, struct.pack('<QIHH', GUEST + data, len(readable), 1,
                                                    head + 1))
        self.memory.put(at + 16 * (head + 1), struct.pack('<QIHH', GUEST + data + 0x1000, room,
                                                          2, 0))
        self.memory.put(at + 0x400 + 4 + 2 * (n % SIZE), struct.pack('<H', head))
        self.memory.put(at + 0x400 + 2, struct.pack('<H', n + 1 & 0xffff))
        os.eventfd_write(self.kicks[q], 1)
        return data + 0x1000

    def used_idx(self, q):
        return struct.unpack('<H', self.memory.get(self.ring_at(q) + 0x802, 2))[0]

    def done(self, q, seconds=WAIT):
        end = time.monotonic() + seconds
        while self.used_idx(q) != (self.used[q] + 1 & 0xffff):
            if time.monotonic() > end:
                return False
            time.sleep(0.001)
        self.used[q] += 1
        return True

    def run(self, q, readable, room):
        at = self.add(q, readable, room)
        assert self.done(q), 'no answer'
        return self.memory.get(at, room)

    def create(self):
        """An AES-128-CBC session by the control queue: status and id."""
        req = struct.pack('<IIII', 2, 3, 0, 0) + struct.pack('<IIII', 3, 16, 1, 0) + bytes(32)
        req += struct.pack('<II', 1, 0) + KEY
        ident, status, _ = struct.unpack('<QII', self.run(QUEUES, req, 16))
        return status, ident

    def request(self, ident):
        req = struct.pack('<IIQII', 0, 3, ident, 1, 0)
        req += struct.pack('<IIII', 16, 32, 32, 0) + bytes(24) + struct.pack('<II', 1, 0)
        return req + IV + PLAIN

    def encrypt(self, q, ident):
        out = self.run(q, self.request(ident), 33)
        return out[32], out[:32]

    def check(self, q, ident):
        status, out = self.encrypt(q, ident)
        assert (status, out) == (OK, CIPHER), f'status {status}, {out.hex()}'

    def admin(self, opcode, data=b'', room=272):
        """An administration command: its status, and what comes behind it."""
        cmd = struct.pack('<HH12xQ', opcode, 0, 0) + data
        out = self.run(self.admin_q, cmd + bytes(-len(cmd) % 8), 8 + room)
        return struct.unpack('<H', out[:2])[0], out[8:]

    def start_admin(self):
        """The administration queue alone, up to where associations can be made."""
        self.table()
        self.set_ring(self.admin_q)
        self.enable(self.admin_q)
        status, ops = self.admin(LIST_QUERY, room=8)
        assert status == 0 and struct.unpack('<Q', ops)[0] & 0x2783 == 0x2783
        assert self.admin(LIST_USE, ops)[0] == 0
        status, caps = self.admin(CAP_LIST)
        assert status == 0 and caps[32 * 8] & 3 == 3
        status, limits = self.admin(CAP_GET, struct.pack('<H6x', RESOURCE_CAP))
        assert status == 0 and struct.unpack('<II', limits[:8]) == (self.sas, self.sas)
        assert self.admin(CAP_SET, struct.pack('<H6x', RESOURCE_CAP) + limits[:8])[0] == 0
        status, caps = self.admin(CAP_GET, struct.pack('<H6x', SA_CAP))
        assert status == 0 and caps[0] == 4, caps[0]
        assert self.admin(CAP_SET, struct.pack('<H6x', SA_CAP) + caps[:8 + 4 * 44])[0] == 0

    def create_sa(self, kind, ident):
        """ESP in transport mode, AES-CBC with HMAC-SHA-1."""
        sa = struct.pack('<BBHII4xQ44xHHI', 2, 1 + kind - OUTBOUND, 0, ident, 0x1000, 0, 0, 0, 0)
        sa += struct.pack('<QHH32s', 3, 16, 0, KEY) + struct.pack('<QHH32s', 2, 20, 0, KEY)
        sa += bytes(32)
        assert len(sa) == 196
        return self.admin(OBJ_CREATE, struct.pack('<HHIQ', kind, 0, ident, 0) + sa)[0]

    def destroy_sa(self, kind, ident):
        return self.admin(OBJ_DESTROY, struct.pack('<HHI', kind, 0, ident))[0]

    def close(self):
        self.sock.close()
        for fd in list(self.kicks.values()) + list(self.calls.values()):
            os.close(fd)
        self.memory.map.close()
        os.close(self.memory.fd)


def connect(daemon, **kwargs):
    """Tries again while the daemon has not seen the last connection end."""
    end = time.monotonic() + WAIT
    while time.monotonic() < end:
        try:
            return FrontEnd(daemon.path, **kwargs)
        except (ConnectionError, BrokenPipeError):
            time.sleep(0.05)
    raise AssertionError('not let in')


# ---- cases -------------------------------------------------------------------

def says_ready(d):
    assert 'ready' in d.ready and f'{QUEUES} queues' in d.ready and 'engine auto,' in d.ready
    assert 'services cipher hash mac aead akcipher' in d.ready


def data_comes_first(d):
    """The one worker of data queues has the daemon's priority, the three threads that a front end
    can keep busy beside it a lower one: messages, session commands, RSA.
    """
    def nice(path):
        with open(path) as stat:
            return int(stat.read().rsplit(')', 1)[1].split()[16])

    pid = d.device()
    threads = [nice(f'/proc/{pid}/task/{tid}/stat') for tid in os.listdir(f'/proc/{pid}/task')]
    base = nice(f'/proc/{d.process.pid}/stat')
    lower = min(19, base + 5)
    assert sorted(threads) == [base, lower, lower, lower], threads
    assert nice(f'/proc/{pid}/stat') == lower       # the main thread


def configuration(d):
    f = connect(d)
    assert struct.unpack('<Q', f.ask(GET_QUEUE_NUM))[0] == QUEUES + 1
    assert struct.unpack('<Q', f.ask(GET_FEATURES))[0] & F_ADMIN_VQ == 0
    assert not f.say(SET_FEATURES, struct.pack('<Q', f.features | F_ADMIN_VQ))
    assert 'sas' not in d.counters()
    data = f.ask(GET_CONFIG, struct.pack('<III', 0, 56, 0) + bytes(56))
    c = struct.unpack('<12IQ', data[12:])
    assert c[0] == 1 and c[1] == QUEUES and c[2] == 0x1f and c[3] & 1 << 3
    data = f.ask(GET_CONFIG, struct.pack('<III', 0, 256, 0) + bytes(256))
    assert len(data) == 268 and data[12 + 56:] == bytes(200)
    assert not f.say(SET_CONFIG, struct.pack('<III', 0, 4, 0) + bytes(4))
    f.close()


def encrypts(d):
    f = connect(d)
    f.start()
    status, ident = f.create()
    assert status == OK
    for i in range(40):
        f.check(i % QUEUES, ident)
    assert f.encrypt(0, ident + 1)[0] == INVSESS
    f.close()


def session_messages(d):
    f = connect(d)
    f.start()
    sym = struct.pack('<6I4B', 3, 16, 0, 0, 0, 0, 1, 1, 0, 0)
    keys = bytes(16) + KEY.ljust(64, b'\0') + bytes(512)
    for message in (bytes(8) + struct.pack('<I', 2) + sym + keys, bytes(8) + sym + bytes(4) + keys):
        assert len(message) == 632
        answer = f.ask(CREATE, message)
        ident = struct.unpack('<q', answer[:8])[0]
        assert ident >= 0 and KEY not in answer
        f.check(0, ident)
        assert f.say(CLOSE, struct.pack('<Q', ident))
        assert not f.say(CLOSE, struct.pack('<Q', ident))
        assert f.encrypt(0, ident)[0] == INVSESS
    bad = bytes(8) + struct.pack('<6I4B', 3, 17, 0, 0, 0, 0, 1, 1, 0, 0) + bytes(4) + keys
    assert struct.unpack('<q', f.ask(CREATE, bad)[:8])[0] == -ERR
    assert not f.say(CREATE, bytes(100))
    f.close()


def status_gates(d):
    f = connect(d)
    f.say(SET_STATUS, struct.pack('<Q', 0x0b))
    f.start()
    at = f.add(0, f.request(0), 33)
    assert not f.done(0, 0.3), 'consumed before DRIVER_OK'
    f.say(SET_STATUS, struct.pack('<Q', DRIVER_OK))
    assert f.done(0) and f.memory.get(at + 32, 1)[0] == INVSESS
    status, ident = f.create()
    f.check(0, ident)
    f.say(SET_STATUS, struct.pack('<Q', 0))
    assert d.counters()['sessions'] == 0
    f.say(SET_STATUS, struct.pack('<Q', 0x0b))
    for q in range(QUEUES + 1):
        f.set_ring(q)
    f.say(SET_STATUS, struct.pack('<Q', DRIVER_OK))
    assert f.encrypt(0, ident)[0] == INVSESS
    f.close()


def memory_changes(d):
    """The table may come again while rings run, for other memory too."""
    f = connect(d)
    f.start()
    _, ident = f.create()
    for i in range(10):
        f.check(0, ident)
        old, f.memory = f.memory, Memory()
        f.memory.put(0, old.get(0, MEM))
        f.table(4096 * (i + 1))
        old.map.close()
        os.close(old.fd)
    f.check(1, ident)
    f.close()


def base_is_kept(d):
    f = connect(d)
    f.start()
    _, ident = f.create()
    for i in range(5):
        f.check(0, ident)
        base = struct.unpack('<II', f.ask(GET_BASE, struct.pack('<II', 0, 0)))
        assert base == (0, i + 1)
        f.set_ring(0, base[1])
    f.enable(0, 0)
    at = f.add(0, f.request(ident), 33)
    assert not f.done(0, 0.3), 'consumed while disabled'
    f.enable(0, 1)
    assert f.done(0) and f.memory.get(at, 32) == CIPHER
    f.close()


def broken_ring(d):
    f = connect(d)
    ours, theirs = socket.socketpair()
    f.say(BACK_CHANNEL, b'', [theirs.fileno()])
    theirs.close()
    f.say(SET_STATUS, struct.pack('<Q', DRIVER_OK))
    f.start()
    _, ident = f.create()
    f.memory.put(f.ring_at(1), struct.pack('<QIHH', 0, 16, 2, 0))
    f.memory.put(f.ring_at(1) + 0x404, struct.pack('<H', 0))
    f.memory.put(f.ring_at(1) + 0x402, struct.pack('<H', 1))
    os.eventfd_write(f.kicks[1], 1)
    ours.settimeout(WAIT)
    assert struct.unpack('<III', ours.recv(12)) == (2, 1, 0)
    assert struct.unpack('<Q', f.ask(GET_STATUS))[0] == DRIVER_OK | NEEDS_RESET
    f.check(0, ident)       # the other queue goes on
    assert d.counters()['stopped'] == 1
    f.say(SET_STATUS, struct.pack('<Q', 0))
    assert struct.unpack('<Q', f.ask(GET_STATUS))[0] == 0
    ours.close()
    f.close()


def one_front_end(d):
    first = connect(d)
    first.start()
    _, ident = first.create()
    for _ in range(5):
        try:
            FrontEnd(d.path)
            raise AssertionError('a second front end was let in')
        except (ConnectionError, BrokenPipeError):
            pass
    us = os.getpid()
    assert comes_true(lambda: f'a front end (pid {us}) was sent away: another one (pid {us}) is '
                              'connected' in d.said()), d.said()
    first.check(0, ident)
    first.close()
    second = connect(d)
    second.start()
    assert second.encrypt(0, ident)[0] == INVSESS
    second.close()


def comes_and_goes(program, folder):
    """A line when features are agreed to, and one at the end; what says nothing has the latter."""
    d = Daemon(program, folder)
    s = socket.socket(socket.AF_UNIX)
    s.connect(d.path)
    s.close()
    us = f'{d.path}: the front end (pid {os.getpid()}) is gone after 0.'
    assert comes_true(lambda: 'it agreed to no features, queues in use 0' in d.said())
    f = connect(d)
    f.start()
    came = f'{d.path}: a front end (pid {os.getpid()}) is connected by vhost-user: data queues ' \
           f'offered {QUEUES}, features version-1 config status back-channel session-messages\n'
    assert comes_true(lambda: came in d.said()), d.said()
    f.say(SET_FEATURES, struct.pack('<Q', f.features))
    f.close()
    assert comes_true(lambda: f'it had agreed to features, queues in use {QUEUES + 1}\n'
                      in d.said()), d.said()
    assert d.said().count('is connected by') == 1 and d.said().count(us) == 2, d.said()
    assert d.end() == 0


def never_enabled(d):
    """As QEMU's crypto back end: rings are never enabled, the driver's features unknown."""
    f = connect(d)
    f.say(SET_FEATURES, struct.pack('<Q', F_PROTOCOL))
    f.say(SET_STATUS, struct.pack('<Q', 8))
    f.table()
    sym = struct.pack('<6I4B', 3, 16, 0, 0, 0, 0, 1, 1, 0, 0)
    message = bytes(8) + sym + bytes(20) + KEY.ljust(64, b'\0') + bytes(512)
    ident = struct.unpack('<q', f.ask(CREATE, message)[:8])[0]
    for _ in range(3):      # set up again without a stop in between
        f.set_ring(0)
        f.check(0, ident)
    f.close()


def bad_rings(d):
    f = connect(d)
    f.table()
    for index in (QUEUES + 1, 255):
        assert not f.say(SET_NUM, struct.pack('<II', index, SIZE))
        assert not f.say(KICK, struct.pack('<Q', index), [f.memory.fd])
    f.set_ring(0)
    # More entries than the memory that holds them.
    f.say(SET_NUM, struct.pack('<II', 0, 32768))
    f.say(SET_ADDR, struct.pack('<IIQQQQ', 0, 0, USER + MEM - 4096, USER, USER, 0))
    f.say(KICK, struct.pack('<Q', 0), [f.kicks[0]])
    f.enable(0)
    f.close()


def short_file(d):
    """A region longer than its file would kill whoever touches it."""
    f = connect(d)
    f.memory = Memory(MEM // 2)
    f.say(SET_MEM_TABLE, struct.pack('<II', 1, 0) + struct.pack('<QQQQ', GUEST, MEM, USER, 0),
          [f.memory.fd])
    f.calls[0], f.kicks[0] = os.eventfd(0), os.eventfd(0)
    f.say(CALL, struct.pack('<Q', 0), [f.calls[0]])
    f.say(SET_NUM, struct.pack('<II', 0, SIZE))
    f.say(SET_ADDR, struct.pack('<IIQQQQ', 0, 0, USER, USER + 0x800, USER + 0x400, 0))
    f.say(KICK, struct.pack('<Q', 0), [f.kicks[0]])
    f.enable(0)
    assert comes_true(lambda: 'longer than its file' in d.said())     # by way of the supervisor
    f.close()


def noise(d):
    """Messages of every number, with any payload, lengths that lie, and descriptors."""
    rng = random.Random(5)
    for _ in range(200):
        try:
            s = socket.socket(socket.AF_UNIX)
            s.connect(d.path)
            s.settimeout(0.02)
            for _ in range(rng.randrange(12)):
                size = rng.choice([0, 1, 8, 12, 16, 40, 100, 632, 632, 700])
                payload = bytes(rng.choice([0, 0, 0, 1, 2, rng.randrange(256)])
                                for _ in range(size))
                said = size if rng.randrange(8) else rng.choice([0, 8, 1 << 31, 0xffffffff])
                fds = [0] * rng.choice([0, 0, 0, 1, 2, 8])
                request = rng.randrange(45)
                rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', fds))]
                s.sendmsg([struct.pack('<III', request, rng.choice([1, 9]), said) + payload],
                          rights if fds else [])
                try:
                    s.recv(4096)
                except socket.timeout:
                    pass
        except OSError:
            pass
        finally:
            s.close()
    encrypts(d)


def descriptors_do_not_leak(d):
    connect(d).close()
    f = connect(d)          # is let in once that one is gone
    before = d.descriptors()
    f.close()
    for _ in range(10):
        f = connect(d)
        f.start()
        for _ in range(5):
            f.send(GET_QUEUE_NUM, b'', [0, 0, 0])
            f.answer()
        f.close()
    f = connect(d)
    assert comes_true(lambda: d.descriptors() <= before)
    f.close()


def sleeps(d):
    """Nothing to do, and so no CPU time before long: less than a tenth of a second in one."""
    f = connect(d)
    f.start()
    _, ident = f.create()
    stat = f'/proc/{d.device()}/stat'
    ticks = lambda: sum(int(x) for x in open(stat).read().split()[13:15])

    def idle_second():
        before = ticks()
        time.sleep(1)
        return ticks() - before < os.sysconf('SC_CLK_TCK') // 10

    assert comes_true(idle_second)
    f.check(0, ident)
    f.close()


CASES = [says_ready, data_comes_first, configuration, encrypts, session_messages, status_gates,
         memory_changes, base_is_kept, broken_ring, one_front_end, never_enabled, bad_rings,
         short_file, noise, descriptors_do_not_leak, sleeps]


# ---- with --sas: the administration queue ------------------------------------

def offers_ipsec(d):
    assert 'services cipher hash mac aead akcipher ipsec,' in d.ready
    assert f'{SAS} security associations of each direction' in d.ready
    f = connect(d, features=F_ADMIN_VQ)
    assert struct.unpack('<Q', f.ask(GET_QUEUE_NUM))[0] == QUEUES + 2
    assert struct.unpack('<Q', f.ask(GET_FEATURES))[0] & F_ADMIN_VQ
    data = f.ask(GET_CONFIG, struct.pack('<III', 0, 56, 0) + bytes(56))
    assert struct.unpack('<12IQ', data[12:])[2] == 0x3f
    f.close()


def admin_alone(d):
    f = connect(d, features=F_ADMIN_VQ)
    f.say(SET_STATUS, struct.pack('<Q', DRIVER_OK))
    f.start_admin()
    before = d.counters()
    assert before['queues'] == 1 and before['sas'] == 0
    for kind in (OUTBOUND, INBOUND):
        for ident in range(SAS):
            assert f.create_sa(kind, ident) == 0
    assert d.counters()['sas'] == 2 * SAS
    assert f.create_sa(OUTBOUND, 0) == EEXIST
    assert f.create_sa(OUTBOUND, SAS) == EINVAL
    assert f.destroy_sa(INBOUND, 3) == 0 and f.destroy_sa(INBOUND, 3) == ENXIO
    assert d.counters()['sas'] == 2 * SAS - 1
    # A reset ends all of them, and what the driver has said before.
    f.say(SET_STATUS, struct.pack('<Q', 0))
    after = d.counters()
    assert after['sas'] == 0 and after['queues'] == 0
    assert after['sas_created'] - before['sas_created'] == 2 * SAS
    assert after['sas_destroyed'] - before['sas_destroyed'] == 2 * SAS
    assert after['sas_refused'] > before['sas_refused']
    f.set_ring(ADMIN)
    f.say(SET_STATUS, struct.pack('<Q', DRIVER_OK))
    assert f.destroy_sa(INBOUND, 4) == EINVAL
    f.close()


def ends_with_the_connection(d):
    f = connect(d, features=F_ADMIN_VQ)
    f.start_admin()
    assert f.create_sa(OUTBOUND, 7) == 0
    assert d.counters()['sas'] == 1
    f.close()
    f = connect(d, features=F_ADMIN_VQ)
    assert d.counters()['sas'] == 0
    f.start_admin()
    assert f.create_sa(OUTBOUND, 7) == 0
    f.close()


def each_for_itself(d):
    """Control and administration queue start and stop without each other."""
    f = connect(d, features=F_ADMIN_VQ)
    f.start()
    status, ident = f.create()
    assert status == OK and d.counters()['queues'] == QUEUES + 1
    f.set_ring(ADMIN)
    f.enable(ADMIN)
    assert f.admin(LIST_QUERY)[0] == 0
    f.ask(GET_BASE, struct.pack('<II', QUEUES, 0))
    assert f.admin(LIST_QUERY)[0] == 0
    f.check(0, ident)
    base = struct.unpack('<II', f.ask(GET_BASE, struct.pack('<II', ADMIN, 0)))
    assert base == (ADMIN, 2)
    f.set_ring(QUEUES)
    assert f.create()[0] == OK
    f.set_ring(ADMIN, base[1])
    assert f.admin(LIST_QUERY)[0] == 0
    f.close()


def not_without_the_feature(d):
    f = connect(d)
    f.start()
    for message in (SET_NUM, SET_BASE, ENABLE):
        assert not f.say(message, struct.pack('<II', ADMIN, 1))
    assert not f.say(KICK, struct.pack('<Q', ADMIN), [f.kicks[0]])
    assert not f.say(CALL, struct.pack('<Q', ADMIN), [f.calls[0]])
    assert comes_true(lambda: 'ADMIN_VQ was not agreed to' in d.said())
    assert not f.say(SET_NUM, struct.pack('<II', ADMIN + 1, SIZE))
    assert f.create()[0] == OK and d.counters()['queues'] == QUEUES + 1
    f.close()


def set_up_before_features(d):
    """As QEMU does it: descriptors for each of GET_QUEUE_NUM, then features without the bit."""
    f = connect(d)
    f.say(RESET_OWNER)
    assert f.say(CALL, struct.pack('<Q', 1 << 8 | ADMIN))
    f.say(SET_FEATURES, struct.pack('<Q', f.features))
    f.start()
    status, ident = f.create()
    f.check(1, ident)
    f.close()


SAS_CASES = [offers_ipsec, admin_alone, ends_with_the_connection, each_for_itself,
             not_without_the_feature, set_up_before_features, encrypts, never_enabled, bad_rings,
             noise, descriptors_do_not_leak, sleeps]


def sas_refused(program, folder):
    for option, words in ((['--sas', '0'], b'not 1 to 1048576'),
                          (['--sas', '1048577'], b'not 1 to 1048576'),
                          (['--ipsec-window', '0'], b'not 1 to 1048576'),
                          (['--sas', '4', '--services', 'cipher'], b'no MAC and no AEAD')):
        run = subprocess.run([program, '--socket', os.path.join(folder, 'sock'), *option],
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=WAIT)
        assert run.returncode in (1, 2) and words in run.stderr, (option, run.stderr)


def paths(program, folder):
    """Sockets that are in the way, and the end."""
    path = os.path.join(folder, 'sock')
    stale = socket.socket(socket.AF_UNIX)
    stale.bind(path)
    stale.close()
    d = Daemon(program, folder, '--cpu', '0')
    assert 'ready' in d.ready
    connect(d).close()
    second = subprocess.run([program, '--socket', path], stderr=subprocess.PIPE, timeout=WAIT)
    assert second.returncode == 1 and b'another process listens' in second.stderr
    assert os.path.exists(path)
    assert d.end() == 0
    assert not os.path.exists(path)
    with open(path, 'w') as file:
        file.write('precious')
    second = subprocess.run([program, '--socket', path], stderr=subprocess.PIPE, timeout=WAIT)
    assert second.returncode == 1 and b'not a socket' in second.stderr
    assert open(path).read() == 'precious'
    os.unlink(path)


def survives(case, d):
    case(d)
    assert d.lives(), 'the daemon has ended'


def run_cases(done, program, folder, cases, *args):
    """On a daemon with these options."""
    d = Daemon(program, folder, *args)
    for case in cases:
        name = ' '.join([case.__name__, *args])
        if not done.run(name, survives, case, d) and not d.lives():
            print(d.said())
            d.end()
            d = Daemon(program, folder, *args)
    code = d.end()
    if code != 0:
        done.fail(f'exit code {code}')


def main():
    program = sys.argv[1]
    folder = tempfile.mkdtemp(prefix='vcryptod')
    done = Cases()
    run_cases(done, program, folder, CASES)
    run_cases(done, program, folder, SAS_CASES, '--sas', str(SAS))
    for case in (paths, sas_refused, comes_and_goes):
        done.run(case.__name__, case, program, folder)
    shutil.rmtree(folder)
    return done.sum_up()


if __name__ == '__main__':
    sys.exit(main())
