#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The neighbour that attacks: one row of tools/attack against one socket.

    attacker.py ROW SOCKET SECONDS QUEUES

Prints one line: 'ROW: N', how often the attack was made; N is 0 if it never came to it.
'skip: REASON' if the row cannot be made on this machine.  Each row is a function of the
same name in ROWS; it is called again and again, and may end by the daemon's hanging up.
"""
import array
import fcntl
import mmap
import os
import signal
import socket
import struct
import sys
import threading
import time

import admin_rows
import file_system
import rsa_keys
from neighbour import AES_CBC, AREA, CHAINS, LONG, TDES_CBC, Neighbour, fe

RSA_LIMIT = 4096        # bits; vcryptod's default
GET_FEATURES, SET_ERR, ADD_REGION, REMOVE_REGION = 1, 14, 37, 38     # messages


class Skip(Exception):
    """The row cannot be made here."""


class Row:
    """What a row's function is given."""

    def __init__(self, path, seconds, queues):
        self.path, self.queues, self.seconds = path, queues, seconds
        self.begin()
        self.made = 0

    def begin(self):
        """Again, if what came before was no attack."""
        if not self.__dict__.get('made'):
            self.end = time.monotonic() + self.seconds

    def running(self):
        return time.monotonic() < self.end

    def pause(self, seconds):
        time.sleep(max(0, min(seconds, self.end - time.monotonic())))

    def front_end(self, **kwargs):
        return Neighbour(self.path, self.queues, **kwargs)

    def started(self, **kwargs):
        f = self.front_end(**kwargs)
        try:
            f.start()
        except BaseException:
            f.close()
            raise
        return f


def send_raw(sock, request, payload=b'', flags=1):
    sock.send(struct.pack('<III', request, flags, len(payload)) + payload)


# ---- files and memory ----------------------------------------------------------

def short_memfd(row):
    """A region of 1 MiB over a memfd of 4 KiB, then a ring in it."""
    f = row.front_end(mem=4096, use=0)
    try:
        f.table(size=1 << 20)
        row.made += 1
        for q in range(2):          # the rings lie beyond the file
            f.kicks[q] = os.eventfd(1)
            f.say(fe.SET_NUM, struct.pack('<II', q, 16))
            f.say(fe.SET_ADDR, struct.pack('<IIQQQQ', q, 0, fe.USER + 0x80000,
                                           fe.USER + 0x90000, fe.USER + 0xa0000, 0))
            f.say(fe.KICK, struct.pack('<Q', q), [f.kicks[q]])
            f.say(fe.ENABLE, struct.pack('<II', q, 1))
    finally:
        f.close()


def file_cut(row):
    """The file is cut after it was mapped, while rings run."""
    f = row.started(use=2)
    try:
        ident = f.opened(AES_CBC, bytes(16))
        for i in range(CHAINS):
            f.cipher_chain(0, 3 * i, AES_CBC, ident, 4096, 16)
        f.offer(0, [3 * i for i in range(CHAINS)], 0)
        os.ftruncate(f.memory.fd, 0)
        os.eventfd_write(f.kicks[0], 1)
        row.made += 1
        f.sock.settimeout(1)
        f.ask(fe.GET_PROTO)
    finally:
        f.sock.close()
        for fd in [*f.kicks.values(), *f.calls.values(), f.memory.fd]:
            os.close(fd)


def cannot_be_mapped(row):
    """SET_MEM_TABLE with descriptors of every kind that mmap refuses."""
    pipe = os.pipe()
    pair = socket.socketpair()
    fds = [*pipe, pair[0].fileno(), os.eventfd(0), os.open('/', os.O_RDONLY),
           os.open('/dev/null', os.O_RDWR), os.open(sys.argv[0], os.O_RDONLY),
           os.open('/', os.O_PATH)]
    try:
        f = row.front_end()
        try:
            while row.running():
                for fd in fds:
                    f.table(fd=fd)
                    row.made += 1
        finally:
            f.close()
    finally:
        for fd in [*pipe, *fds[3:]]:
            os.close(fd)
        pair[0].close()
        pair[1].close()


def silent_file(row, attributes, use):
    """Memory in a file whose file system does not answer; held until the daemon hangs up."""
    try:
        fs = file_system.Silent(attributes)
    except OSError as error:
        raise Skip(f'FUSE: {error}') from error
    try:
        f = row.front_end()
        try:
            f.sock.settimeout(max(0.1, row.end - time.monotonic()))
            row.made += 1
            if attributes:
                os.fstat(fs.fd)         # the kernel knows the size from now on
            if f.table(fd=fs.fd):
                use(f)
        finally:
            f.close()
    finally:
        fs.close()


def fuse_file(row):
    """A file whose size nobody will ever say."""
    silent_file(row, False, lambda f: None)


def fuse_pages(row):
    """A file whose bytes nobody will ever say, with a ring in it."""
    def ring(f):
        f.set_ring(0)           # the daemon or its kernel reads what never comes
        f.enable(0)
        f.ask(fe.GET_BASE, struct.pack('<II', 0, 0))
    silent_file(row, True, ring)


def slots(row):
    """Memory regions added and removed."""
    f = row.started(use=2)
    region = struct.pack('<QQQQQ', 0, 1 << 40, 1 << 20, 1 << 41, 0)
    try:
        while row.running():
            assert f.say(ADD_REGION, region, [f.memory.fd])
            assert f.say(REMOVE_REGION, region)
            row.made += 1
    finally:
        f.close()


# ---- messages --------------------------------------------------------------------

def header_alone(row):
    """The header of a message without its payload; then a byte now and then."""
    f = row.front_end()
    try:
        f.sock.send(struct.pack('<III', fe.SET_MEM_TABLE, 9, 40))
        row.made += 1
        while row.running():
            row.pause(0.3)
            f.sock.send(b'\0')
    finally:
        f.close()


def answers_unread(row):
    """Hundreds of questions whose answers are not read."""
    f = row.front_end()
    f.sock.setblocking(False)
    try:
        while row.running():
            try:
                for _ in range(1000):
                    send_raw(f.sock, GET_FEATURES)
                    row.made += 1
            except BlockingIOError:
                row.pause(0.05)
    finally:
        f.close()


def channel_full(row):
    """A back channel with no room, O_NONBLOCK cleared, and rings that break."""
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    try:
        while True:
            theirs.send(b'\0')
    except BlockingIOError:
        pass
    f = row.front_end()
    try:
        f.say(fe.BACK_CHANNEL, b'', [theirs.fileno()])
        while row.running():
            break_rings(f, theirs.fileno())
            row.made += 1
    finally:
        f.close()
        ours.close()
        theirs.close()


def refused_messages(row):
    """Messages that are refused, as fast as they go."""
    f = row.front_end()
    try:
        while row.running():
            row.made += 1
            f.say(fe.SET_NUM, struct.pack('<II', 250, 3))
    finally:
        f.close()


def ask_on(f):
    """Sixteen questions at once, and their answers."""
    question = struct.pack('<III', fe.GET_CONFIG, 1, 268) + struct.pack('<III', 0, 256, 0)
    f.sock.sendall((question + bytes(256)) * 16)
    for _ in range(16):
        f.answer()


def messages(row):
    """Good messages without end."""
    f = row.front_end()
    try:
        while row.running():
            ask_on(f)
            row.made += 16
    finally:
        f.close()


# ---- descriptors --------------------------------------------------------------------

def clear_nonblock(row, fds):
    """Clears it again and again; the description is the daemon's too."""
    while row.running() and fds:
        for fd in list(fds):
            try:
                fcntl.fcntl(fd, fcntl.F_SETFL, 0)
            except OSError:
                return
        time.sleep(0)


def with_blocking(row, kick, call):
    """Requests on rings whose eventfds block."""
    fds = []
    f = row.front_end(use=2)
    thread = threading.Thread(target=clear_nonblock, args=(row, fds))
    try:
        assert f.table()
        f.set_ring(f.queues)
        f.enable(f.queues)
        ident = f.opened(AES_CBC, bytes(16))
        for q in range(2):
            fds.append(kick(q))
            fds.append(call(q))
            f.set_ring(q, kick=fds[-2], call=fds[-1])
            f.enable(q)
            f.cipher_chain(q, 0, AES_CBC, ident, 16, 16)
        thread.start()
        first = 0
        while row.running():
            for q in range(2):
                f.offer(q, [0], first, kick=first % 2 == 0)
            first = first + 1 & 0xffff
            row.made += 1
            time.sleep(0.001)
    finally:
        del fds[:]
        if thread.ident:
            thread.join()
        f.close()


def call_full(row):
    """Call eventfds with no room, O_NONBLOCK cleared."""
    with_blocking(row, lambda q: os.eventfd(0), lambda q: full_event())


def full_event():
    fd = os.eventfd(0)
    os.eventfd_write(fd, 0xfffffffffffffffe)
    return fd


def kick_blocks(row):
    """Kick eventfds with nothing to read, O_NONBLOCK cleared."""
    with_blocking(row, lambda q: os.eventfd(0), lambda q: os.eventfd(0))


def kick_is_dead_pipe(row):
    """A pipe that has ended, and other descriptors, as kick and call."""
    ends = []
    f = row.front_end()
    try:
        assert f.table()
        while row.running():
            reading, writing = os.pipe()
            os.close(writing)
            ends.append(reading)
            for request in (fe.KICK, fe.CALL, SET_ERR):
                f.say(request, struct.pack('<Q', 0), [reading])
            row.made += 1
            os.close(ends.pop())
    finally:
        f.close()
        for fd in ends:
            os.close(fd)


def tcp_pair():
    """Two ends of a connection of this machine."""
    with socket.socket() as listener:
        listener.bind(('127.0.0.1', 0))
        listener.listen(1)
        one = socket.create_connection(listener.getsockname())
        return one, listener.accept()[0]


def close_lingers(row):
    """A descriptor whose closing waits: a connection with SO_LINGER and data that nobody takes."""
    one, other = tcp_pair()
    try:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 20))
        one.setblocking(False)
        try:
            while True:
                one.send(bytes(1 << 16))
        except BlockingIOError:
            pass
        f = row.front_end()
        try:
            rights = array.array('i', [one.fileno()])
            f.sock.sendmsg([struct.pack('<III', fe.SET_NUM, 9, 8)],
                           [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
            time.sleep(0.05)
            one.close()         # the daemon's is the last: it holds half a message
            f.sock.send(struct.pack('<II', 250, 3))
            row.made += 1
            f.sock.settimeout(max(0.1, row.end - time.monotonic()))
            f.answer()
            f.ask(fe.GET_PROTO)
        finally:
            f.close()
    finally:
        one.close()
        other.close()


def channel_locked(row):
    """A back channel whose socket is locked: somebody sends from memory that never comes."""
    try:
        fs = file_system.Silent(True)
    except OSError as error:
        raise Skip(f'FUSE: {error}') from error
    one, other = tcp_pair()
    memory = mmap.mmap(fs.fd, file_system.SIZE, prot=mmap.PROT_READ)
    thread = threading.Thread(target=send_from, args=(one, memory), daemon=True)
    try:
        thread.start()
        time.sleep(0.05)
        f = row.front_end()
        try:
            f.sock.settimeout(max(0.1, row.end - time.monotonic()))
            row.made += 1
            f.say(fe.BACK_CHANNEL, b'', [one.fileno()])
            while row.running():
                break_rings(f)
                row.pause(0.1)
        finally:
            f.close()
    finally:
        fs.close()
        if thread.ident:
            thread.join()
        memory.close()
        one.close()
        other.close()


def send_from(sock, memory):
    try:
        sock.send(memoryview(memory)[:1 << 16])
    except OSError:
        pass


def connections(row):
    """Connections again and again beside the one that is served."""
    f = row.front_end()
    try:
        while row.running():
            others = []
            for _ in range(50):
                s = socket.socket(socket.AF_UNIX)
                s.setblocking(False)
                try:
                    s.connect(row.path)
                except BlockingIOError:
                    pass
                try:
                    send_raw(s, fe.GET_PROTO)
                    fds = array.array('i', [0] * 8)
                    s.sendmsg([bytes(12)], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)])
                except OSError:
                    pass
                others.append(s)
                row.made += 1
            for s in others:
                s.close()
    finally:
        f.close()


def surplus_descriptors(row):
    """Eight descriptors with each message, wanted or not."""
    f = row.front_end()
    try:
        while row.running():
            for request in (fe.GET_QUEUE_NUM, fe.GET_PROTO, fe.GET_STATUS):
                f.send(request, b'', [0] * 8)
                f.answer()
                row.made += 1
    finally:
        f.close()


# ---- rings ---------------------------------------------------------------------------

def huge_rings(row):
    """Rings of 32768, as many as there are, set up again and again."""
    f = row.front_end(mem=64 << 20, stride=1 << 20, entries=32768)
    try:
        while row.running():
            f.start()
            row.made += len(f.rings())
            for q in f.rings():
                f.ask(fe.GET_BASE, struct.pack('<II', q, 0))
    finally:
        f.close()


def all_queues(row):
    """Every queue, each with its descriptors, and requests on all of them."""
    f = row.started()
    try:
        ident = f.opened(AES_CBC, bytes(16))
        refill(row, f, fill(f, 3, lambda q, head: f.cipher_chain(q, head, AES_CBC, ident, 16,
                                                                 16)))
    finally:
        f.close()


def break_rings(f, blocking=None):
    """Starts everything by the device status, and breaks each ring.  blocking: a descriptor
    whose O_NONBLOCK is cleared before each.
    """
    f.say(fe.SET_STATUS, struct.pack('<Q', 0))
    f.say(fe.SET_STATUS, struct.pack('<Q', fe.DRIVER_OK))
    f.start()
    for q in f.rings():
        if blocking is not None:
            fcntl.fcntl(blocking, fcntl.F_SETFL, 0)
        f.memory.put(f.ring_at(q), struct.pack('<QIHH', 0, 16, 2, 0))
        f.offer(q, [0], 0)


def broken_rings(row):
    """Rings that break the rules, started again at once."""
    f = row.front_end()
    try:
        while row.running():
            break_rings(f)
            row.made += len(f.rings())
    finally:
        f.close()


# ---- work ----------------------------------------------------------------------------

def fill(f, slots, make, keep=None):
    """The same chains on every data queue."""
    heads = [slots * i for i in range(CHAINS)]
    for q in range(f.use):
        for head in heads:
            make(q, head)
        f.offer(q, heads, f.used.get(q, 0))
    return heads


def refill(row, f, heads, status_at=None):
    """Keeps the queues full until the end.  status_at: a byte that says that work was done."""
    shown = {q: len(heads) for q in range(f.use)}
    while row.running():
        for q in range(f.use):
            done = f.used_idx(q) - (shown[q] - len(heads)) & 0xffff
            if done:
                f.offer(q, [heads[(shown[q] + i) % len(heads)] for i in range(done)], shown[q])
                shown[q] = shown[q] + done & 0xffff
                row.made += done
        if status_at is not None and row.made > 1:
            status = f.memory.get(status_at, 1)[0]
            assert status == fe.OK, f'status {status}'
        row.pause(0.01)


def fill_tdes(row, f):
    ident = f.opened(TDES_CBC, bytes(range(24)))
    heads = fill(f, 3, lambda q, head: f.cipher_chain(q, head, TDES_CBC, ident, LONG, 8))
    row.made += 1
    return heads


def tdes(row):
    """Every queue full of requests of 1 MB of 3DES."""
    f = row.started()
    try:
        refill(row, f, fill_tdes(row, f), f.data_at() + AREA + (1 << 20) + LONG)
    finally:
        f.close()


def work_and_messages(row):
    """Both threads of a device process at work: the same, and messages without end."""
    f = row.started()
    try:
        fill_tdes(row, f)
        while row.running():
            ask_on(f)
            row.made += 16
    finally:
        f.close()


def hang_up_full(row):
    """The same, and the front end hangs up at once."""
    f = row.started()
    try:
        fill_tdes(row, f)
        row.pause(0.02)
    finally:
        f.close()


def reset_full(row):
    """The same, with a reset by the device status in place of the hang-up."""
    f = row.front_end()
    try:
        while row.running():
            f.say(fe.SET_STATUS, struct.pack('<Q', fe.DRIVER_OK))
            f.start()
            fill_tdes(row, f)
            f.say(fe.SET_STATUS, struct.pack('<Q', 0))
    finally:
        f.close()


def rings_stopped_full(row):
    """The same, with each ring stopped by GET_VRING_BASE."""
    f = row.front_end()
    try:
        while row.running():
            f.start()
            fill_tdes(row, f)
            for q in f.rings():
                f.ask(fe.GET_BASE, struct.pack('<II', q, 0))
    finally:
        f.close()


def rsa_absurd(row):
    """RSA of 8192 bits and of the limit, with parts out of all proportion."""
    keys = [(bits, *key) for bits in (8192, RSA_LIMIT) for key in rsa_keys.absurd_keys(bits)]
    row.begin()
    f = row.started()
    try:
        taken = []
        for bits, kind, key in keys:
            status, ident = f.rsa(key, kind)
            row.made += 1
            if status == fe.OK:
                taken.append((ident, 0x401 if kind == 2 else 0x400, bits // 8))
        if not taken:
            row.pause(0.05)
            return
        work = [taken[i % len(taken)] for i in range(CHAINS)]
        refill(row, f, fill(f, 2, lambda q, head: f.rsa_chain(q, head, *work[head // 2])))
    finally:
        f.close()


def rsa_limit(row):
    """Honest RSA of the longest key that is allowed, many operations on all queues."""
    key = rsa_keys.honest_key(RSA_LIMIT)
    row.begin()
    f = row.started()
    try:
        status, ident = f.rsa(key)
        assert status == fe.OK, f'status {status}'
        row.made += 1
        heads = fill(f, 2, lambda q, head: f.rsa_chain(q, head, ident, 0x401, RSA_LIMIT // 8))
        refill(row, f, heads, f.data_at() + AREA + RSA_LIMIT // 8)
    finally:
        f.close()


def rsa_sessions(row):
    """Sessions of keys that take long to check, good and bad, made and destroyed."""
    keys = [key for bits in (8192, RSA_LIMIT) for key in rsa_keys.absurd_keys(bits)]
    keys += [(2, rsa_keys.honest_key(RSA_LIMIT))] * len(keys)
    row.begin()
    f = row.started()
    try:
        while row.running():
            for kind, key in keys:
                status, ident = f.rsa(key, kind)
                if status == fe.OK:
                    f.control(struct.pack('<IIIIQ', 0x405, 1, 0, 0, ident) + bytes(48), 1)
                row.made += 1
    finally:
        f.close()


def sessions(row):
    """Sessions up to the limit, and all of them destroyed."""
    f = row.started()
    try:
        while row.running():
            made = []
            while row.running():
                status, ident = f.session(AES_CBC, bytes(16))
                if status != fe.OK:
                    break
                made.append(ident)
            for ident in made:
                f.destroy(ident)
            row.made += len(made)
    finally:
        f.close()


def starts(row):
    """A device that is started, used once and left."""
    f = row.front_end()
    try:
        f.prove()
        row.made += 1
    finally:
        f.close()


ROWS = [starts, short_memfd, file_cut, cannot_be_mapped, fuse_file, fuse_pages, slots,
        header_alone, answers_unread, channel_full, refused_messages, messages, call_full,
        kick_blocks, kick_is_dead_pipe, close_lingers, channel_locked, connections,
        surplus_descriptors, huge_rings, all_queues, broken_rings, tdes, work_and_messages,
        hang_up_full, reset_full, rings_stopped_full, rsa_absurd, rsa_limit, rsa_sessions,
        sessions, *admin_rows.ROWS]


def main():
    name, path, seconds, queues = sys.argv[1:]
    function = {r.__name__: r for r in ROWS}[name]
    row = Row(path, float(seconds), int(queues))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))     # by way of each finally
    trouble = {}
    while row.running():
        try:
            function(row)
        except Skip as reason:
            print(f'skip: {reason}')
            return 0
        except (OSError, AssertionError, ConnectionError, EOFError) as error:
            text = f'{type(error).__name__} {error}'
            trouble[text] = trouble.get(text, 0) + 1
            row.pause(0.02)
    print(f'{name}: {row.made}')
    for text, n in sorted(trouble.items(), key=lambda x: -x[1])[:5]:
        print(f'    {n} times: {text}')
    return 0


if __name__ == '__main__':
    sys.exit(main())
