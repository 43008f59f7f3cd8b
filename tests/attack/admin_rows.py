# SPDX-License-Identifier: BSD-3-Clause
"""Rows of attacker.py on the administration queue, for a daemon with --sas SAS."""
import os
import random
import struct

from neighbour import AREA, CHAINS, TDES_CBC, Neighbour, fe

SAS = 256               # of each direction
ALMOST = 1 << 17        # bytes: a turn of a data queue has two of these requests
PACKET, ROOM = 1400, 1600        # bytes of a packet, and for what it becomes
KINDS = (fe.OUTBOUND, fe.INBOUND)


def opened(row):
    f = Neighbour(row.path, row.queues, features=fe.F_ADMIN_VQ)
    f.sas = SAS
    try:
        f.start_admin()
    except BaseException:
        f.close()
        raise
    return f


def associations(row):
    """Associations up to the limit, and all of them destroyed."""
    f = opened(row)
    try:
        while row.running():
            made = []
            for kind in KINDS:
                for ident in range(SAS):
                    if not row.running():
                        break
                    status = f.create_sa(kind, ident)
                    assert status == 0, f'status {status}'
                    made.append((kind, ident))
            for kind, ident in made:
                assert f.destroy_sa(kind, ident) == 0
            row.made += len(made)
    finally:
        f.close()


def associations_full(row):
    """The same while every data queue is full of work, whose turns a destroy waits for."""
    f = opened(row)
    try:
        for q in f.rings():
            assert f.set_ring(q)
            f.enable(q)
        ident = f.opened(TDES_CBC, bytes(range(24)))
        shown = {q: 0 for q in range(f.use)}
        heads = [3 * i for i in range(CHAINS)]
        for q in range(f.use):
            for head in heads:
                f.cipher_chain(q, head, TDES_CBC, ident, ALMOST, 8)
        while row.running():
            for q in range(f.use):
                if f.used_idx(q) == shown[q]:
                    f.offer(q, heads, shown[q])
                    shown[q] = shown[q] + CHAINS & 0xffff
            for kind in KINDS:
                assert f.create_sa(kind, 0) == 0
                assert f.destroy_sa(kind, 0) == 0
                row.made += 1
    finally:
        f.close()


def packets_of(f, ident):
    """Packets of one outbound association on every data queue; their heads."""
    at = f.data_at() + AREA
    ip = bytes.fromhex('4500') + struct.pack('>H', PACKET) + bytes.fromhex('0000000040110000')
    body = struct.pack('<IIQIIII', 0x500, 0, ident, 1, 0, PACKET, ROOM) + ip.ljust(PACKET, b'\x5a')
    f.memory.put(at, body)
    f.memory.put(at + 0x1000 + ROOM, b'\xee')
    for q in range(f.use):
        for i in range(CHAINS):
            f.chain(q, 2 * i, [(at, len(body), 0), (at + 0x1000 * (i + 1), ROOM + 1, 1)])
    return [2 * i for i in range(CHAINS)]


def associations_in_use(row):
    """The association of packets that fill all data queues is destroyed and made again."""
    f = opened(row)
    try:
        for q in f.rings():
            assert f.set_ring(q)
            f.enable(q)
        heads = packets_of(f, 0)
        shown = {q: 0 for q in range(f.use)}
        seen = set()
        while row.running():
            assert f.create_sa(fe.OUTBOUND, 0) == 0
            for q in range(f.use):
                if f.used_idx(q) == shown[q]:
                    f.offer(q, heads, shown[q])
                    shown[q] = shown[q] + CHAINS & 0xffff
            assert f.destroy_sa(fe.OUTBOUND, 0) == 0
            seen.add(f.memory.get(f.data_at() + AREA + 0x1000 + ROOM, 1)[0])
            row.made += fe.OK in seen       # else nothing was in use
    finally:
        f.close()


def command_of_noise(rng, f):
    """A command with some of its bytes wrong, of any length."""
    opcode = rng.choice([fe.LIST_QUERY, fe.LIST_USE, fe.CAP_LIST, fe.CAP_GET, fe.CAP_SET,
                         fe.OBJ_CREATE, fe.OBJ_DESTROY, 11, 12, rng.randrange(1 << 16)])
    body = struct.pack('<HH12xQ', opcode, rng.choice([0, 0, 0, 1]), rng.choice([0, 0, 0, 1]))
    body += struct.pack('<HHI', rng.choice([0x200, 0x201, 0x800, 0x801, 0]), 0,
                        rng.choice([0, 1, SAS, 0xffffffff]))
    body += bytes(8) + bytes(rng.choice([0, 0, 1, 2, 16, 255]) for _ in range(196))
    return body[:rng.choice([1, 8, 24, 32, 40, 100, len(body)])] + os.urandom(rng.choice([0, 64]))


def admin_noise(row):
    """A queue full of commands that are nearly right, and chains that lie elsewhere in part."""
    rng = random.Random(7)
    f = opened(row)
    try:
        q, at = f.admin_q, f.data_at()
        shown = f.used[q]
        while row.running():
            heads = [2 * i for i in range(CHAINS)]
            for i, head in enumerate(heads):
                body = command_of_noise(rng, f)
                place = at + 0x400 * i
                f.memory.put(place, body)
                room = rng.choice([1, 8, 16, 200, 280])
                if rng.randrange(20) == 0:      # its command is no memory of ours
                    place = f.size + 0x1000
                f.chain(q, head, [(place, len(body), 0), (at + 0x20000 + 0x200 * i, room, 1)])
            f.offer(q, heads, shown)
            shown = shown + CHAINS & 0xffff
            while f.used_idx(q) != shown and row.running():
                row.pause(0.001)
            row.made += CHAINS
    finally:
        f.close()


ROWS = [associations, associations_full, associations_in_use, admin_noise]
