#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A virtio crypto PCI function that breaks rules, for QEMU's vfio-user-pci.

usage: hostile.py SOCKET [no-msix]
It encrypts one block of AES-128-CBC a request, honestly, until a driver's program writes the
number of an act (ACTS) to the byte CHOICE of its configuration space, which has no other
meaning; 0 makes it honest again.  It shares no code with the daemon or the driver, so that
neither is judged by its own reading of the standard: virtio 1.4, 4.1 and 5.9, and QEMU's
docs/interop/vfio-user.rst.  Split rings of 64 entries: one of data, and the control queue.
With no-msix it has no interrupts.
"""
import itertools
import json
import mmap
import os
import socket
import struct
import sys
import threading
import time

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

KEY = bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c")  # of the block in tests/fixtures
CHOICE = 0xf0
SIZE = 64               # entries of a ring
BLOCKS = 3              # honest notifications before an act
COMMON, ISR, DEVICE, NOTIFY = 0x000, 0x800, 0x900, 0x1000
STATUS = 20             # of the common structure
VECTORS = 3
STORM_S = 0.0005        # from one interrupt to the next
FEATURES = 1 << 28 | 1 << 32 | 1 << 33 | 1 << 40
NEEDS_RESET, DRIVER_OK, FEATURES_OK = 0x40, 4, 8
NO_VECTOR = 0xffff

ACTS = ["honest", "id out of range", "id not in flight", "id twice", "index jumps",
        "lengths absurd", "status undefined", "status unwritten", "NEEDS_RESET comes and goes",
        "HW_READY cleared", "registers read ones", "interrupts out of nothing",
        "reset never ends", "configuration changes all the time", "FEATURES_OK does not stick",
        "queue size is 3"]
# These are done to the ring of data, which is silent from then on, until it is reset.
SPOILS = {"id out of range", "id not in flight", "id twice", "index jumps",
          "NEEDS_RESET comes and goes", "HW_READY cleared", "registers read ones"}


class Ring:
    def __init__(self):
        self.size, self.vector, self.enabled = SIZE, NO_VECTOR, 0
        self.areas = [0, 0, 0]  # descriptors, the driver's, the device's
        self.seen = self.used = 0
        self.silent = False     # it has been spoilt


class Memory:
    """The guest's, as DMA_MAP tells it."""

    def __init__(self):
        self.ranges = {}

    def map(self, at, size, fd, offset):
        self.ranges[at] = size, mmap.mmap(fd, size, offset=offset)
        os.close(fd)

    def unmap(self, at, size):
        for start in [s for s in self.ranges if at <= s < at + size]:
            del self.ranges[start]

    def find(self, at, size):
        for start, (length, area) in self.ranges.items():
            if start <= at and at + size <= start + length:
                return area, at - start
        raise ValueError(f"no memory at {at:#x}")

    def read(self, at, size):
        area, offset = self.find(at, size)
        return area[offset:offset + size]

    def write(self, at, data):
        area, offset = self.find(at, len(data))
        area[offset:offset + len(data)] = data


class Function:
    def __init__(self, memory):
        self.memory = memory
        self.act, self.countdown = "honest", 0
        self.vector_fds = {}
        self.generation = 0
        self.config_space = self.make_config_space()
        self.reset()

    def reset(self):
        self.status, self.selected, self.config_vector = 0, 0, NO_VECTOR
        self.offer_half = self.take_half = 0
        self.taken = [0, 0]
        self.ready, self.gone, self.flicker = 1, False, False
        self.countdown = BLOCKS
        self.rings = [Ring(), Ring()]

    @staticmethod
    def make_config_space():
        space = bytearray(256)
        struct.pack_into("<HHHHBBBB", space, 0, 0x1af4, 0x1054, 0, 0x10, 1, 0, 0, 0xff)
        struct.pack_into("<HH", space, 0x2c, 0x1af4, 0x1100)
        space[0x34], space[0x3d] = 0x40, 1
        at = 0x40
        for kind, offset, length, more in ((1, COMMON, 64, b""), (3, ISR, 4, b""),
                                           (4, DEVICE, 56, b""),
                                           (2, NOTIFY, 8, struct.pack("<I", 4))):
            size = 16 + len(more)
            struct.pack_into("<BBBBBBHII", space, at, 9, at + size, size, kind, 0, 0, 0, offset,
                             length)
            space[at + 16:at + size] = more
            at += size
        if "no-msix" in sys.argv:
            space[at - size + 1] = 0    # the last capability is the last one
        else:
            struct.pack_into("<BBHII", space, at, 0x11, 0, VECTORS - 1, 1, 0x800 | 1)
        return space

    # ---- registers ----

    def device_config(self):
        """A cipher device with AES-CBC and one data queue."""
        return struct.pack("<12IQ", self.ready, 1, 1, 1 << 3, 0, 0, 0, 0, 0, 64, 0, 0, 1 << 20)

    def common(self):
        ring = self.rings[self.selected] if self.selected < 2 else None
        half = FEATURES >> 32 * self.offer_half & 0xffffffff if self.offer_half < 2 else 0
        taken = self.taken[self.take_half] if self.take_half < 2 else 0
        status = self.status | (NEEDS_RESET if self.flicker else 0)
        if self.act == "FEATURES_OK does not stick":
            status &= ~FEATURES_OK
        if self.act == "reset never ends" and status == 0:
            status = DRIVER_OK
        if self.act == "configuration changes all the time":
            self.generation = self.generation + 1 & 0xff
        head = struct.pack("<IIIIHHBBH", self.offer_half, half, self.take_half, taken,
                           self.config_vector, 2, status, self.generation, self.selected)
        if ring is None:
            return head + bytes(64 - len(head))
        size = 3 if self.act == "queue size is 3" else ring.size
        return head + struct.pack("<HHHHQQQHHHH", size, ring.vector, ring.enabled,
                                  self.selected, *ring.areas, 0, 0, 0, 0)

    def read(self, region, offset, size):
        if region == 7:
            return bytes(self.config_space[offset:offset + size])
        if self.gone:
            return b"\xff" * size
        area = b""
        if region == 0 and offset < ISR:
            area = self.common()
            if offset <= STATUS < offset + size:
                self.flicker = False    # NEEDS_RESET shows in one read of the status
        elif region == 0 and offset >= DEVICE:
            area, offset = self.device_config(), offset - DEVICE
        return area[offset:offset + size].ljust(size, b"\0")

    def write(self, region, offset, data):
        if region == 7:
            if offset == CHOICE:
                self.choose(data[0])
            else:
                self.config_space[offset:offset + len(data)] = data
        elif region == 0 and offset >= NOTIFY:
            self.notified((offset - NOTIFY) // 4)
        elif region == 0 and offset < ISR:
            self.write_common(offset, data)

    def choose(self, number):
        self.act = ACTS[number] if number < len(ACTS) else "honest"
        self.countdown = BLOCKS
        self.ready, self.gone = 1, False
        if self.act == "interrupts out of nothing":
            threading.Thread(target=self.storm, daemon=True).start()
        print(f"act {number}: {self.act}", flush=True)

    def storm(self):
        """All vectors, as fast as the guest takes them: beside the messages, as QEMU hands
        on no interrupt while the guest waits for the answer to one."""
        while self.act == "interrupts out of nothing":
            for vector in list(self.vector_fds):
                self.interrupt(vector)
            time.sleep(STORM_S)

    def write_common(self, offset, data):
        value = int.from_bytes(data, "little")
        ring = self.rings[self.selected] if self.selected < 2 else None
        if offset == 0:
            self.offer_half = value
        elif offset == 8:
            self.take_half = value
        elif offset == 12 and self.take_half < 2:
            self.taken[self.take_half] = value
        elif offset == 16:
            self.config_vector = value
        elif offset == STATUS and value == 0:
            self.reset()
        elif offset == STATUS:
            self.status = value
        elif offset == 22:
            self.selected = value
        elif ring is not None and offset == 24:
            ring.size = value
        elif ring is not None and offset == 26:
            ring.vector = value
        elif ring is not None and offset == 28:
            ring.enabled = value
        elif ring is not None and offset == 58:
            self.rings[self.selected] = Ring()
        elif ring is not None and 32 <= offset < 56:
            area = bytearray(struct.pack("<QQQ", *ring.areas))
            area[offset - 32:offset - 32 + len(data)] = data
            ring.areas = list(struct.unpack("<QQQ", area))

    # ---- rings ----

    def interrupt(self, vector):
        if vector in self.vector_fds:
            os.write(self.vector_fds[vector], struct.pack("<Q", 1))

    def put_used(self, ring, head, length, step=1):
        self.memory.write(ring.areas[2] + 4 + 8 * (ring.used % ring.size),
                          struct.pack("<II", head & 0xffffffff, length & 0xffffffff))
        ring.used = ring.used + step & 0xffff
        self.memory.write(ring.areas[2] + 2, struct.pack("<H", ring.used))

    def chain(self, ring, head):
        """What a request has to be read, and the pieces to be written."""
        table, at = ring.areas[0], head
        readable, writable = b"", []
        while True:
            address, size, flags, after = struct.unpack("<QIHH",
                                                        self.memory.read(table + 16 * at, 16))
            if flags & 4:
                table, at = address, 0
                continue
            if flags & 2:
                writable.append((address, size))
            else:
                readable += self.memory.read(address, size)
            if not flags & 1:
                return readable, writable
            at = after

    def answer(self, writable, data):
        for address, size in writable:
            self.memory.write(address, data[:size])
            data = data[size:]

    def serve_control(self, readable, writable):
        room = sum(size for _, size in writable)
        reply = struct.pack("<QII", 1, 0, 0) if room >= 16 else bytes(room)
        self.answer(writable, reply)
        return len(reply)

    def serve_data(self, readable, writable):
        iv_len, src_len = struct.unpack_from("<II", readable, 24)
        iv, src = readable[72:72 + iv_len], readable[72 + iv_len:72 + iv_len + src_len]
        cipher = Cipher(algorithms.AES(KEY), modes.CBC(iv)).encryptor()
        reply = cipher.update(src) + cipher.finalize()
        if self.act == "status undefined":
            reply += b"\x4d"
        elif self.act != "status unwritten":
            reply += b"\0"
        self.answer(writable, reply)
        return 0xfffffff0 if self.act == "lengths absurd" else len(reply)

    def notified(self, number):
        if number > 1 or self.rings[number].silent or not self.status & DRIVER_OK:
            return
        ring = self.rings[number]
        while True:
            there, = struct.unpack("<H", self.memory.read(ring.areas[1] + 2, 2))
            if ring.seen == there:
                break
            head, = struct.unpack("<H", self.memory.read(
                ring.areas[1] + 4 + 2 * (ring.seen % ring.size), 2))
            if number == 0 and self.act in SPOILS and self.countdown <= 0:
                self.spoil(ring, head)
                return
            ring.seen = ring.seen + 1 & 0xffff
            serve = self.serve_data if number == 0 else self.serve_control
            self.put_used(ring, head, serve(*self.chain(ring, head)))
        if number == 0:
            self.countdown -= 1

    def spoil(self, ring, head):
        """The act; what the driver has in flight is not answered any more."""
        ring.silent = True
        if self.act == "id out of range":
            self.put_used(ring, ring.size + 7, 17)
        elif self.act == "id not in flight":
            self.put_used(ring, self.idle_id(ring), 17)
        elif self.act == "id twice":
            self.put_used(ring, head, 17)
            self.put_used(ring, head, 17)
        elif self.act == "index jumps":
            self.put_used(ring, head, 17, 1000)
        elif self.act == "NEEDS_RESET comes and goes":
            self.flicker = True
            self.interrupt(self.config_vector)
        elif self.act == "HW_READY cleared":
            self.ready = 0
            self.generation = self.generation + 1 & 0xff
            self.interrupt(self.config_vector)
        elif self.act == "registers read ones":
            self.gone = True

    def idle_id(self, ring):
        """An id that no request in the ring has: the last one if all are taken."""
        there, = struct.unpack("<H", self.memory.read(ring.areas[1] + 2, 2))
        taken = {struct.unpack("<H", self.memory.read(
            ring.areas[1] + 4 + 2 * (at % ring.size), 2))[0]
            for at in range(ring.seen, ring.seen + (there - ring.seen & 0xffff))}
        return max(set(range(ring.size)) - taken, default=ring.size - 1)


class Server:
    """The messages of one client."""

    def __init__(self, connection):
        self.s = connection
        self.memory = Memory()
        self.function = Function(self.memory)
        self.fds = []

    def take(self, size):
        data = b""
        while len(data) < size:
            more, fds, _, _ = socket.recv_fds(self.s, size - len(data), 16)
            self.fds += fds
            if not more:
                raise EOFError
            data += more
        return data

    def run(self):
        while True:
            number, command, size, flags, _ = struct.unpack("<HHIII", self.take(16))
            body, error = self.take(size - 16), 0
            try:
                reply = self.obey(command, body)
            except (ValueError, OSError) as e:
                print(f"command {command}: {e}", flush=True)
                reply, error = b"", 22
            for fd in self.fds:
                os.close(fd)
            self.fds = []
            if not flags & 0x10:
                self.s.sendall(struct.pack("<HHIII", number, command, 16 + len(reply),
                                           0x21 if error else 1, error) + reply)

    def obey(self, command, body):
        methods = {1: self.version, 2: self.dma_map, 3: self.dma_unmap, 4: self.info,
                   5: self.region_info, 7: self.irq_info, 8: self.set_irqs, 9: self.region_read,
                   10: self.region_write, 13: self.device_reset}
        if command not in methods:
            raise ValueError("is not known")
        return methods[command](body)

    def version(self, body):
        said = {"capabilities": {"max_msg_fds": 8, "max_data_xfer_size": 1048576}}
        return struct.pack("<HH", 0, 0) + json.dumps(said).encode() + b"\0"

    def dma_map(self, body):
        _, _, offset, at, size = struct.unpack("<IIQQQ", body)
        if self.fds:
            self.memory.map(at, size, self.fds.pop(0), offset)
        return b""

    def dma_unmap(self, body):
        _, flags, at, size = struct.unpack_from("<IIQQ", body)
        self.memory.unmap(0 if flags & 2 else at, 1 << 64 if flags & 2 else size)
        return body[:24]

    def info(self, body):
        return struct.pack("<IIII", 16, 3, 9, 5)

    def region_info(self, body):
        region = struct.unpack_from("<III", body)[2]
        size = {0: 0x2000, 1: 0x1000, 7: 0x100}.get(region, 0)
        return struct.pack("<IIIIQQ", 32, 3 if size else 0, region, 0, size, 0)

    def irq_info(self, body):
        kind = struct.unpack_from("<III", body)[2]
        return struct.pack("<IIII", 16, {0: 7, 2: 9}.get(kind, 0), kind,
                           {0: 1, 2: VECTORS}.get(kind, 0))

    def set_irqs(self, body):
        _, flags, kind, start, count = struct.unpack_from("<IIIII", body)
        fds = self.function.vector_fds
        if kind != 2:
            return b""
        for vector in range(start, start + count) if count else list(fds):
            if vector in fds:
                os.close(fds.pop(vector))
            if self.fds and flags & 4:
                fds[vector] = self.fds.pop(0)
        return b""

    def region_read(self, body):
        offset, region, size = struct.unpack_from("<QII", body)
        return body[:16] + self.function.read(region, offset, size)

    def region_write(self, body):
        offset, region, size = struct.unpack_from("<QII", body)
        self.function.write(region, offset, body[16:16 + size])
        return body[:16]

    def device_reset(self, body):
        self.function.reset()
        return b""


def main():
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(sys.argv[1])
    listener.listen(1)
    print("hostile: ready", flush=True)
    for client in itertools.count(1):
        try:
            Server(listener.accept()[0]).run()
        except (EOFError, ConnectionError):
            print(f"hostile: client {client} has gone", flush=True)


if __name__ == "__main__":
    main()
