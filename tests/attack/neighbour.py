# SPDX-License-Identifier: BSD-3-Clause
"""The front end of an attacker, and of whoever wants to know whether a device serves:
tests/unit/vcryptod/front_end.py's with rings and memory of any size, and many requests.
"""
import os
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'unit',
                                'vcryptod'))
from daemon import comes_true                                               # noqa: E402,F401
import front_end as fe                                                      # noqa: E402

fe.WAIT = 15            # seconds; an attacker has no patience
CHAINS = 60             # requests in flight of a ring
RING = 256              # entries
STRIDE = 0x4000         # bytes of a ring of that size, all parts
LONG = (1 << 19) - 4096  # bytes of a long request: with its result what vcryptod takes
TDES_CBC, AES_CBC = 8, 3
AREA = 0x20000          # data that all requests share, from data_at()


class Neighbour(fe.FrontEnd):
    """A front end with rings of any size, memory of any size, and requests by the dozen."""

    def __init__(self, path, queues, use=None, mem=8 << 20, stride=STRIDE, entries=RING,
                 features=0):
        """queues: data queues of the device; use: of them, those that are started."""
        self.kicks, self.calls, self.used, self.memory = {}, {}, {}, None
        try:
            super().__init__(path, features)
        except BaseException:
            self.close()
            raise
        os.close(self.memory.fd)
        self.memory.map.close()
        self.queues, self.use = queues, queues if use is None else use
        self.admin_q = queues + 1
        self.size, self.stride, self.entries = mem, stride, entries
        self.memory = fe.Memory(mem)

    def table(self, fd=None, size=None):
        table = struct.pack('<IIQQQQ', 1, 0, fe.GUEST, size or self.size, fe.USER, 0)
        return self.say(fe.SET_MEM_TABLE, table, [self.memory.fd if fd is None else fd])

    def rings(self):
        """Control queue first."""
        return [self.queues, *range(self.use)]

    def ring_at(self, q):
        return self.stride * q

    def parts(self, q):
        """Places of descriptors, available and used ring."""
        at = self.ring_at(q)
        avail = at + 16 * self.entries
        return at, avail, avail + (2 * self.entries + 6 + 0xfff & ~0xfff)

    def set_ring(self, q, base=0, kick=None, call=None):
        desc, avail, used = self.parts(q)
        if base == 0:
            self.memory.put(avail, bytes(8))
            self.memory.put(used, bytes(8))
            self.used[q] = 0
        for which in self.calls, self.kicks:
            if q in which:
                os.close(which[q])
        self.calls[q] = os.eventfd(0, os.EFD_NONBLOCK) if call is None else call
        self.kicks[q] = os.eventfd(0) if kick is None else kick
        return (self.say(fe.CALL, struct.pack('<Q', q), [self.calls[q]]) and
                self.say(fe.SET_NUM, struct.pack('<II', q, self.entries)) and
                self.say(fe.SET_BASE, struct.pack('<II', q, base)) and
                self.say(fe.SET_ADDR, struct.pack('<IIQQQQ', q, 0, fe.USER + desc,
                                                  fe.USER + used, fe.USER + avail, 0)) and
                self.say(fe.KICK, struct.pack('<Q', q), [self.kicks[q]]))

    def start(self):
        assert self.table()
        for q in self.rings():
            assert self.set_ring(q)
            self.enable(q)

    def used_idx(self, q):
        return struct.unpack('<H', self.memory.get(self.parts(q)[2] + 2, 2))[0]

    def chain(self, q, slot, parts):
        """Descriptors [slot, ...) of (offset in memory, length, writable)."""
        desc = self.parts(q)[0]
        for i, (at, length, writable) in enumerate(parts):
            more = i + 1 < len(parts)
            self.memory.put(desc + 16 * (slot + i), struct.pack(
                '<QIHH', fe.GUEST + at, length, more | 2 * writable, slot + i + 1 if more else 0))

    def offer(self, q, heads, first, kick=True):
        """Makes chains available, from index first on."""
        avail = self.parts(q)[1]
        for i, head in enumerate(heads):
            self.memory.put(avail + 4 + 2 * ((first + i) % self.entries),
                            struct.pack('<H', head))
        self.memory.put(avail + 2, struct.pack('<H', first + len(heads) & 0xffff))
        if kick:
            os.eventfd_write(self.kicks[q], 1)

    def control(self, body, room=16):
        """A command of the control queue; what the device wrote."""
        return self.run(self.queues, body, room)

    def run(self, q, body, room):
        at, back = self.data_at(), self.data_at() + 0x8000
        self.memory.put(at, body)
        self.memory.put(back, b'\xee' * room)
        self.chain(q, 0, [(at, len(body), 0), (back, room, 1)])
        self.offer(q, [0], self.used[q])
        if not self.done(q, fe.WAIT):
            raise TimeoutError(f'queue {q} does not answer')
        return self.memory.get(back, room)

    def data_at(self):
        """Where the rings end."""
        return self.stride * (self.queues + 2)

    def session(self, algo, key):
        body = struct.pack('<IIII', 2, algo, 0, 0) + struct.pack('<IIII', algo, len(key), 1, 0)
        body += bytes(32) + struct.pack('<II', 1, 0) + key
        ident, status, _ = struct.unpack('<QII', self.control(body))
        return status, ident

    def opened(self, algo, key):
        status, ident = self.session(algo, key)
        assert status == fe.OK, f'session: status {status}'
        return ident

    def destroy(self, ident):
        return self.control(struct.pack('<IIIIQ', 3, 0, 0, 0, ident) + bytes(48), 1)[0]

    def rsa(self, key, kind=2):
        body = struct.pack('<IIII', 0x404, 1, 0, 0)
        body += struct.pack('<IIIII', 1, kind, len(key), 0, 0) + bytes(36) + key
        ident, status, _ = struct.unpack('<QII', self.control(body))
        return status, ident

    def cipher_chain(self, q, slot, algo, ident, length, iv):
        """One request over length bytes that all requests share."""
        head = self.data_at() + 0x10000 + 256 * (slot % 256)
        req = struct.pack('<IIQII', 0, algo, ident, 1, 0)
        req += struct.pack('<IIII', iv, length, length, 0) + bytes(24) + struct.pack('<II', 1, 0)
        self.memory.put(head, req + bytes(iv))
        src = self.data_at() + AREA
        dst = src + (1 << 20)
        self.chain(q, slot, [(head, len(req) + iv, 0), (src, length, 0), (dst, length + 1, 1)])

    def rsa_chain(self, q, slot, ident, opcode, size):
        head = self.data_at() + 0x10000
        req = struct.pack('<IIQII', opcode, 1, ident, 1, 0) + struct.pack('<II', size, size)
        self.memory.put(head, req + bytes(40) + bytes(8) + b'\x5a' * (size - 8))
        self.chain(q, slot, [(head, 72 + size, 0),
                             (self.data_at() + AREA + 4096 * (slot // 2), size + 1, 1)])

    def prove(self):
        """A session and one request on queue 0, whose result is compared."""
        assert self.table()
        for q in (self.queues, 0):
            assert self.set_ring(q)
            self.enable(q)
        ident = self.opened(AES_CBC, fe.KEY)
        self.chain(0, 0, [(self.data_at(), 72 + 48, 0), (self.data_at() + 0x1000, 33, 1)])
        self.memory.put(self.data_at(), self.request(ident))
        self.offer(0, [0], 0)
        assert self.done(0, fe.WAIT), 'no answer'
        out = self.memory.get(self.data_at() + 0x1000, 33)
        assert out == fe.CIPHER + bytes([fe.OK]), 'wrong result'

    def close(self):
        try:
            super().close()
        except (OSError, AttributeError):
            pass
