#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Writes inputs that are whole conversations, for targets that random bytes rarely lead
through a life: each as it should be, and with one thing wrong at every place.

usage: seeds.py TARGET OUT-DIR
Their bytes follow what the target's LLVMFuzzerTestOneInput reads; one that does not any
more is still an input, of less use.  tools/fuzz --merge keeps the few that reach most.
"""
import itertools
import pathlib
import sys

MOST = 2000     # inputs of a target


def front():
    """Calls from the front; answers from the back, one byte for each message."""
    up = bytes([1, 0, 1, 1])                        # queues 0 and 1
    life = bytes([0, 1]) + up + bytes([3, 0])       # negotiate (packed too), DRIVER_OK
    use = bytes([4, 0, 8, 0, 8, 1, 6, 0x0f, 7, 0, 9, 3])
    scripts = [
        life + use,
        bytes([0, 0]) + up + bytes([3, 0, 8, 1, 5, 1, 1, 1, 5, 0]) + life + use,
        life + bytes([7, 0]) + life + bytes([8, 0, 6, 0x4f, 6, 0x8f]),
    ]
    faults = [bytes([f]) for f in range(0xf0, 0xfb)] + [b"\xff"]
    for how in [q | s << 1 | lay << 3 for q in (0, 1) for s in (0, 1, 2) for lay in range(4)]:
        for script in scripts:
            calls = bytes([how]) + script
            yield calls + bytes(90)
            for at in range(70):
                for fault in faults:
                    # What the fault reads next lies before it: lengths, a bit to flip.
                    yield calls + bytes([4, 0x80, 0, 0, 4]) + fault + bytes(at)


def vdpa():
    """Calls from the front; answers from the back, a byte or two for each request."""
    up = bytes([1, 0x10, 1, 0x11, 1, 0x12])             # all three queues
    life = bytes([0, 1]) + up + bytes([3, 0])           # negotiate (packed too), DRIVER_OK
    use = bytes([4, 0, 5, 1, 5, 0, 7, 0, 6, 0x0e, 8, 0])
    scripts = [life + use + life + use, bytes([0, 0]) + up + bytes([3, 0, 4, 2, 7, 0, 5, 0])]
    faults = [bytes([f]) for f in (0xf0, 0xfc, 0xfd, 0xfe, 0xff)]
    for how in (0, 1):
        for script in scripts:
            calls = bytes([how]) + script
            yield calls + bytes(160)
            for at in range(110):
                for fault in faults:
                    # What the fault reads next lies before it: the bytes of the answer.
                    yield calls + bytes([3, 0, 1, 0xff, 0, 7, 0, 0]) + fault + bytes(at)


BEHAVIOURS = [bytes([what, value, *more]) for what, value, more in [
    (0, 0xff, []), (1, 1, []), (2, 0, [1]), (2, 0, [4]), (2, 0, [9]), (3, 0, [1]), (3, 0, [2]),
    (3, 0, [7]), (4, 1, []), (5, 0, [0, 0, 0, 0]), (5, 0, [255, 255, 255, 255]),
    (5, 0, [3, 0, 0, 0]), (6, 0, [5] * 8), (6, 1, [255] * 8), (7, 77, []), (8, 0, [0]),
    (8, 4, [9]), (8, 8, [0]), (9, 0, [0, 1, 0]), (9, 0, [200, 1, 0]), (9, 2, [1, 1, 0]),
    (9, 2, [77, 1, 0])]]


def device():
    """A device, changes of its configuration, then pairs of bytes with what they need."""
    session, drop, work = b"\x02\x05", b"\x04\x00", b"\x09\x00"
    send, take, tick = b"\x05\x00\x07", b"\x07\x00", b"\x0d\x00"
    pumped, fail, gone = b"\x0f\x00", b"\x0e\xf5", b"\x0e\xff"
    stop, start = b"\x01\x00", b"\x00\x01"
    use = send + work + take + take
    back = tick + take + tick + take + tick + take
    parts = [use, send + fail + back + use, send + gone + back, send + stop + start + use,
             session + drop + use, fail + stop + start + session + use]
    for how in range(0, 256, 1):
        if how & 0xc0:
            continue
        head = bytes([how | 0x20, 0])
        for part in parts:
            yield head + session + session + part
            yield head + pumped + session + part + part
        for b in BEHAVIOURS:
            do = b"\x0b\x00" + b
            yield head + session + do + session + use + back + use
            yield head + session + session + pumped + send + do + work + take + back + use
        for at in range(0, 40, 2):
            mess = b"\x0a\x00" + bytes([at % 3, at, 2, 255, 3])
            yield head + session + pumped + send + mess + work + take + back + use


def asym():
    """Calls of one byte with what they need; zeros are honest everywhere."""
    work, take, tick = b"\x0b", b"\x09", b"\x0d"
    rsa = [b"\x00" + bytes([how]) + bytes(nb) for how, nb in ((0, 3), (8, 7))]
    ec = [b"\x00" + bytes([1 | i << 2]) for i in range(5)]
    answers = [b"\x06" + bytes(a) for a in (
        [0], [2], [1], [4, 128] + [7] * 128, [0x10, 20], [0x31, 10, 11], [0x21, 11], [0x40, 1],
        [0x40, 2], [0x40, 77], [0x28, 0, 0xff, 126], [0x30, 0, 1], [0x20, 0], [0x22, 129])]
    ops = [b"\x02" + bytes([which, how, *more]) for which in (0, 64)
           for how in (4, 8, 12, 0x14, 0x18, 0x1c, 0x3c, 0x10, 0)
           for more in ([0], [3], [4], [1, 0])]
    back = take + tick + take + tick + take
    for head in range(32):
        for op in ops:
            for key in rsa[(head >> 4) & 1:][:1] + [ec[head % 5]]:
                for answer in answers[head % 3::3] + answers[1:3]:
                    yield (bytes([head]) + key + op + bytes(8) + answer + op + bytes(8) +
                           work + take + back)
        for number in range(3):
            for change in ([0xc0, 5, 1], [0xf0, 20], [0xe0, 0]):
                yield bytes([head]) + b"\x00\x00" + bytes(number) + bytes(change) + bytes(4) + \
                    ops[2] + bytes(6) + take


def raw():
    """A device, a session, then calls of one byte with what they need."""
    vec = bytes([0, 1, 4])                          # one vector of 64 bytes
    vecs = bytes([2, 1, 4, 2, 130, 3, 3])           # three
    work, take, tick, show = b"\x0b", b"\x07", b"\x0f", b"\x05"
    one = b"\x00" + vec + b"\x00" + bytes([9, 10, 11])
    many = b"\x00" + vecs + bytes([5, 8, 8]) + bytes([9, 10, 11])
    bare = b"\x00" + vec + b"\x00" + bytes([0xed, 0xf4, 0xf9])
    burst = b"\x03\x0b\x00" + (vec + vec + bytes([9, 10, 11])) * 4
    plain = b"\x03\x02\x00" + (vec + bytes([9, 10, 11])) * 3
    takes = b"\x08\x03\x07" + b"\x08\x00\x20" + take
    ops = b"\x39\x39" + b"\x0a"
    everything = one + many + burst + show + work + takes + ops + take + b"\x0a"
    for head in range(64):
        for session in range(0, 256, 4 if head > 7 else 1):
            start = bytes([head, session])
            yield start + b"\x0e" + everything
            if session % 16 == 3 or head < 4:
                yield start + one + bare + plain + show + take + takes + tick + takes
                yield start + b"\x0e" + one + ops + b"\x8f" + bytes([session]) + everything
        for b in BEHAVIOURS:
            yield bytes([head, 1]) + b"\x0e" + one + burst + show + b"\x0c" + b + work + \
                takes + tick + takes + tick + takes + everything
        for at in range(0, 40, 3):
            yield bytes([head, 3]) + b"\x0e" + one + many + show + b"\x0d" + \
                bytes([0, at, 2, 255, 3]) + work + takes + tick + takes


# Two primes of an RSA key that protects nothing, as in fuzz_asym.c.
P = int("f5a0980174511baf7119a4aaa00e5af3ca3c23ab2c90413ed42a44436f5877d1"
        "649c891e5e5de08c17d8b5f1893572067401de0b97f4d3e09837e7813767ab49", 16)
Q = int("e2d37a372b780779a59bb501069789f26222e6dc1d19f7faf9ad7818b3858f66"
        "76f047eeb43bec45977550e148a3c1613d9f0aa2d3510a1da7fe3955b5a67a67", 16)
# NIST's curves: number, bytes of a coordinate, OID, a point (P-256's base point; others
# get coordinates that are none).
CURVES = [(1, 24, "2a8648ce3d030101"), (2, 28, "2b81040021"), (3, 32, "2a8648ce3d030107"),
          (4, 48, "2b81040022"), (5, 66, "2b81040023")]
G256 = bytes.fromhex("6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
                     "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5")


def tlv(tag, content):
    n = len(content)
    head = [n] if n < 128 else [0x81, n] if n < 256 else [0x82, n >> 8, n & 255]
    return bytes([tag, *head]) + content


def integer(v):
    return tlv(2, v.to_bytes(v.bit_length() // 8 + 1, "big"))


def rsa_key(private):
    n, e, d = P * Q, 65537, pow(65537, -1, (P - 1) * (Q - 1))
    numbers = [0, n, e, d, P, Q, d % (P - 1), d % (Q - 1), pow(Q, -1, P)]
    return tlv(0x30, b"".join(map(integer, numbers if private else numbers[1:3])))


def ec_point(width):
    return b"\x04" + (G256 if width == 32 else bytes(2 * width - 1) + b"\x01")


def ec_key(width, oid, with_oid=True, with_point=True):
    body = integer(1) + tlv(4, bytes(width - 1) + b"\x01")
    if with_oid:
        body += tlv(0xa0, tlv(6, bytes.fromhex(oid)))
    if with_point:
        body += tlv(0xa1, tlv(3, b"\x00" + ec_point(width)))
    return tlv(0x30, body)


def der():
    """Which decoder, a curve, then the DER: whole, cut, and with each byte changed."""
    whole = [(0, 0, rsa_key(False)), (1, 0, rsa_key(True))]
    for number, width, oid in CURVES:
        whole += [(2, number, ec_point(width)),
                  (4, number, tlv(0x30, integer(5) + integer((1 << (8 * width)) - 9)))]
        whole += [(3, number, ec_key(width, oid, a, b)) for a in (0, 1) for b in (0, 1)]
    for which, curve, data in whole:
        head = bytes([which, curve])
        yield head + data
        for at in [*range(min(len(data), 24)), len(data) // 2, len(data) - 1]:
            yield head + data[:at]
            yield head + data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]
            yield head + data[:at] + bytes([data[at] ^ 0x80]) + data[at + 1:]


def sym_session(kind, algo, op, key, digest=0, order=0, mode=0, auth=0, auth_key=0):
    """Kinds as in enum req_kind; keys are given by their lengths."""
    return bytes([0, auth_key, kind, algo, op, key, order, mode, auth, digest, 0]) + \
        bytes(range(1, key + auth_key + 1))


def data_request(src, iv, aad=0, piece=0, off=0, tag=0):
    """tag: bytes by which the result is longer."""
    head = bytes([0, piece, 7 | off << 4, src, (src + tag) & 0xff, iv, aad])
    return head + bytes([src ^ i & 0xff for i in range(iv + src + aad)])


CIPHER, CHAIN, HASH, MAC, AEAD = range(5)
# Number, keys, iv, bytes of a block.
CIPHERS = [(2, (16, 24, 32), 0, 16), (3, (16, 24, 32), 16, 16), (4, (16, 24, 32), 16, 1),
           (6, (8,), 8, 8), (8, (24,), 8, 8), (10, (16,), 8, 1), (11, (16,), 16, 1),
           (14, (16,), 16, 1)]
HASHES = [(2, 20), (3, 28), (4, 32), (5, 48), (6, 64)]
# Number, keys, digests.
MACS = [(1, (16, 70), (16, 12)), (2, (20, 64, 70), (20, 12)), (3, (28, 70), (28,)),
        (4, (32, 70), (32, 16)), (5, (48, 126), (48,)), (6, (64, 126), (64,)),
        (26, (16, 24, 32), (16, 12)), (53, (16,), (12, 16)), (27, (16,), (4,))]
# Number, keys, ivs, tags.
AEADS = [(1, (16, 24, 32), (12, 16), (16, 8)), (2, (16, 24, 32), (13, 7), (16, 4)),
         (3, (32,), (12,), (16,))]


def symmetric():
    """A session of each algorithm that a library has (engine_ipsec_mb.c), the bytes of its iv,
    of a block, of its AAD, and by which the result is longer than the source."""
    for algo, keys, iv, block in CIPHERS:
        for key in keys:
            for op in (0, 1):
                yield sym_session(CIPHER, algo, op, key), iv, block, 0, 0
    for algo, digest in HASHES:
        yield sym_session(HASH, algo, 0, 0, digest), 0, 1, 0, 0
    for algo, keys, digests in MACS:
        for key in keys:
            for digest in digests:
                yield sym_session(MAC, algo, 0, key, digest), 0, 1, 0, 0
    for algo, keys, ivs, tags in AEADS:
        for key in keys:
            for iv, tag in ((ivs[0], tags[0]), (ivs[-1], tags[-1])):
                for op in (0, 1):
                    yield sym_session(AEAD, algo, op, key, tag), iv, 1, 16, (1 - op) * tag
    for algo, keys, iv, block in CIPHERS:
        for order in (0, 1):
            for hashed, digest in HASHES[:3]:
                yield sym_session(CHAIN, algo, order, keys[0], digest, order, 0, hashed), \
                    iv, block, 0, 0
            for mac, mac_keys, digests in MACS:
                yield sym_session(CHAIN, algo, order, keys[0], digests[0], order, 1, mac,
                                  mac_keys[0]), iv, block, 0, 0


def model_symmetric():
    """Each engine with each algorithm: requests alone, in pieces, many in one turn."""
    for create, iv, block, aad, tag in symmetric():
        def of(length, aad=aad, **more):
            return data_request(length // block * block, iv, aad, tag=tag, **more)
        alone = b"\x05"
        scripts = [
            alone + of(33) + alone + of(17, piece=5) + alone + of(224, aad=0),
            bytes([0xf0, 5]) + b"".join(of(33 + i * block) for i in range(6)) +
            alone + of(224, piece=9),
            bytes([0xf0, 19]) + of(17, aad=0) * 16,
            alone + of(0) + alone + of(33, aad=31 if aad else 0) + alone + of(33, piece=3, off=5) +
            alone + data_request(33 // block * block, iv ^ 4, aad, tag=tag),
        ]
        for script in scripts:
            for layout in (0, 2):
                for where in (8, 0x18, 0x20):
                    yield bytes([1 | layout | where]) + create + script
        yield bytes([1]) + create + scripts[0]


def model():
    """An engine and features, a key with its parameters, then a request of each kind."""
    yield from model_symmetric()
    keys = [(how, rsa_key(how & 2)) for how in (0, 2, 4, 6, 0x64, 0x66, 0x34, 0x36)]
    keys += [(1 | private << 1 | number << 2, ec_key(width, oid) if private else ec_point(width))
             for number, width, oid in CURVES for private in (0, 1)]
    for engine in (*range(8), 0x21):
        for how, key in keys:
            session = bytes([engine, 8, how]) + len(key).to_bytes(2, "little") + key
            yield session
            for op in range(4):
                for src, dst in ((128, 128), (32, 128), (32, 139), (71, 32), (128, 32), (1, 0)):
                    yield session + bytes([5, 0, 0, 1 | op << 6, src, dst]) + bytes([1]) * 40


def session():
    """Layouts and room, an id, then a message in each layout: whole, and with each of its
    numbers put wrong."""
    sessions = []
    for op_type in (1, 2):
        for direction in (1, 2):
            for mode, order in ((1, 1), (2, 2)):
                lens = [16, 20, 32, 8] if op_type == 2 else [16, 0, 0, 0]
                numbers = [3, lens[0], 1, *lens[1:]]
                sessions.append(b"".join(n.to_bytes(4, "little") for n in numbers) +
                                bytes([op_type, direction, mode, order]))
    asym = [b"".join(n.to_bytes(4, "little") for n in (1, key_type, 64, 0, 0, 0, 1, 2))
            for key_type in (1, 2)]
    keys = bytes(range(1, 200))
    # Layout, its length's bits, what stands before the fields, the fields, up to the keys.
    messages = [(1, 8, bytes(8) + b"\2\0\0\0", s, bytes(16)) for s in sessions]
    messages += [(2, 8, bytes(8), s, bytes(20)) for s in sessions]
    messages += [(3, 24, b"\2" + bytes(7), s, bytes(20)) for s in sessions]
    messages += [(3, 24, b"\4\4" + bytes(6), s, b"") for s in asym]
    for layout, length, before, fields, after in messages:
        for asked in (0, layout, layout % 3 + 1):
            for more in (8 | layout, 24 | layout, 9, 10, 11, 3, 0, 7):
                head = bytes([asked | length, more, 100, 2]) + bytes([1, 2, 3, 4, 5, 6, 7, 8])
                yield head + before + fields + after + keys
                for at in range(0, len(fields), 4 if more != 8 | layout else 1):
                    wrong = fields[:at] + bytes([fields[at] ^ 0x43]) + fields[at + 1:]
                    yield head + before + wrong + after + keys


def changed(data, places):
    """Cut at each of these places, and with the byte there changed."""
    yield data
    for at in places:
        yield data[:at]
        for wrong in (1, 0x80, 0xff):
            yield data[:at] + bytes([data[at] ^ wrong]) + data[at + 1:]


def admin():
    """Which, room and a used length, then a command, a result or a list."""
    objects = b"\x00\x02\0\0\x05\0\0\0" + bytes(8)
    datas = {0: b"", 1: b"\x83\x27" + bytes(14), 7: b"", 8: b"\x01\x08" + bytes(6),
             9: b"\x00\x08" + bytes(6) + bytes(range(1, 9)), 10: objects + bytes(range(1, 41)),
             11: objects, 12: objects + bytes(range(1, 9)), 13: objects[:8]}
    for opcode, data in datas.items():
        for which in (0, 8):
            for wrong in changed(bytes([opcode]) + bytes(23) + data, range(24 + len(data))):
                yield bytes([which]) + b"\x50\x00\x10\x00" + wrong
    for status in (0, 6, 11, 12, 16, 17, 22, 28, 2, 255):
        for which in (2, 10):
            for used in (0, 3, 4, 8, 16, 40):
                yield bytes([which, 24, 0, used, 0, status, 0, 3, 0]) + bytes(range(4, 40))
    for words in (1, 2, 33):
        for room in (0, 8, 16, 255):
            yield bytes([3, room, 1 if room == 255 else 0, 0, 0]) + bytes([3] + [0] * 7) * words


def ipsec_sa(mode, inbound, options, algo, key, auth, auth_key, aligned, ipv6=False):
    tunnel = b"\2\0\0\0" + bytes(range(1, 33)) + b"\1\2\0\0\x40\x2e\0\0" if ipv6 else \
        b"\1\0\0\0" + bytes(range(1, 9)) + b"\x2e\1\x40" + bytes(29)
    if inbound or mode in (2, 4):
        tunnel = bytes(44)
    gap = bytes(4 if aligned else 0)
    life = bytes(range(1, 33)) if options & 0x40 else bytes(32)
    keys = [n.to_bytes(8, "little") + k.to_bytes(4, "little") + bytes(range(1, k + 1)) +
            bytes(32 - k) for n, k in ((algo, key), (auth, auth_key))]
    return bytes([mode, 1 + inbound, 0, 0, 5, 0, 0, 0, 9, 0, 0, 0, 1, 2, 3, 4, options]) + \
        bytes(7) + tunnel + b"\x94\x11\x94\x11" + b"\x40\0\0\0" + gap + keys[0] + gap + \
        keys[1] + gap + life


def ipsec_caps(mode, aligned):
    """This mode and the next one, with all that there is."""
    what = bytes(3) + b"\xff\0\0\0\x7f" + bytes(7) + b"\x59\1" + bytes(6) + \
        b"\x7e\0\0\4\0\2\x20\0" + b"\x0e\0\0\0" + bytes([32, 0, 0, 0, 32, 0, 0, 0]) + \
        bytes(4 * aligned)
    return b"\2" + bytes(7) + bytes([mode]) + what + bytes([mode % 4 + 1]) + what


def ipsec():
    """Which, dialect and direction, room, then the bytes of that kind."""
    sas = [(mode, inbound, options, *algs)
           for mode in (1, 2) for inbound in (0, 1) for options in (0, 0x7f)
           for algs in ((1, 16, 0, 0), (2, 24, 0, 0), (3, 32, 0, 0), (3, 16, 4, 32), (4, 24, 2, 20),
                        (8, 24, 1, 16), (6, 8, 26, 16), (0, 0, 53, 16), (0, 0, 41, 32))]
    sas += [(mode, inbound, options, 0, 0, *auth) for mode in (3, 4) for inbound in (0, 1)
            for options in (0, 0x7d) for auth in ((4, 32), (41, 16), (3, 28))]
    for n, aligned, ipv6 in itertools.product(range(len(sas)), (0, 1), (False, True)):
        mode, inbound = sas[n][:2]
        how = aligned | inbound << 2
        data = ipsec_sa(*sas[n], aligned, ipv6)
        for wrong in changed(data, range(len(data)) if n in (0, 3, 40) else ()):
            yield bytes([5, how, 255, n & 7]) + wrong
        caps = ipsec_caps(mode, aligned)
        yield bytes([4, how, 255, 0]) + caps.ljust(104, b"\0") + data
        for wrong in changed(caps, range(60) if n == 0 else ()):
            yield bytes([3, aligned, 255, 0]) + wrong
    request = b"\0\5" + bytes(6) + b"\5" + bytes(7) + b"\1" + bytes(7) + b"\x64\0\0\0\x98\0\0\0"
    for flags in (0, 0x10):
        for wrong in changed(request, range(len(request))):
            yield bytes([2, flags, 0, 0]) + wrong
    for packet in (b"\x45\0\0\x54" + bytes(16), b"\x60\0\0\0\0\x2c\x11" + bytes(13)):
        for wrong in changed(packet, range(8)):
            for used in (85, 84, 1, 0):
                yield bytes([1, 0, 0, 0, 84, 0, 0, 0, used, 0, 0, 0, used & 7]) + wrong
    for mode, inbound, options, algo, key, auth, auth_key in sas:
        aead = algo if auth == 0 else 0
        yield bytes([0, mode, 0, 1, mode, inbound, 1, 0, 0, 0, 9, options, 1, 2, 3, 4]) + \
            bytes([1, 46, 1, 64, 0, 1, 2, 3, 0, 0, 1, 2, 64, 0, 0, 0, aead, 0 if aead else algo,
                   auth, key, auth_key, options >> 6, options >> 6]) + bytes(range(1, 113))


def ipsec_packet():
    """Direction, mode, algorithm, options, a tunnel's version and DSCP, number, room, then a
    packet."""
    v4 = b"\x45\0\0\x3c\0\1\x40\0\x40\x11\0\0" + bytes(range(1, 9)) + bytes(40)
    v4_options = b"\x47\3\0\x3c\0\1\0\0\x40\6\0\0" + bytes(range(1, 9)) + \
        b"\x94\4\0\0\7\4\1\0" + bytes(32)
    v6 = b"\x60\0\0\0\0\x28\0\x40" + bytes(32) + b"\x3c\0\1\4\0\0\0\0" + \
        b"\x2b\0\x3e\4\1\2\3\4" + b"\x2c" + bytes(7) + b"\6" + bytes(15)
    spi = b"\1\1\1\1\0\0\0\7"
    for mode in range(4):
        for alg in range(8):
            for options in (0, 1, 2, 0x3f):
                for ipv6 in (0, 1):
                    for packet in (v4, v4_options, v6):
                        yield bytes([0, mode, alg, options, ipv6, 9]) + bytes(8) + b"\0\x08" + \
                            packet
            for udp in (0, 2):
                esp = spi + bytes(16) + v4 + b"\1\2\2\4" + bytes(64)
                proto, body = 50, esp
                if mode >= 2:
                    proto, body = 51, b"\4\5\0\0" + spi + bytes(24) + v4 + bytes(20)
                elif udp:
                    proto = 17
                    body = b"\x11\x94\x11\x94" + (8 + len(esp)).to_bytes(2, "big") + \
                        b"\0\0" + esp
                for head in (b"\x45\0" + (20 + len(body)).to_bytes(2, "big") +
                             bytes([0, 1, 0, 0, 64, proto, 0, 0]) + bytes(8),
                             b"\x60\0\0\0" + len(body).to_bytes(2, "big") +
                             bytes([proto, 64]) + bytes(32)):
                    yield bytes([1, mode, alg, udp, 0, 9]) + bytes(8) + b"\0\x08" + head + body


def ipsec_data():
    """Engine, features and memory, an association, its first number, then turns: packets out,
    and in again, whole, changed, cut and twice."""
    v4 = b"\x45\0\0\x3c\0\1\x40\0\x40\x11\0\0" + bytes(range(1, 9)) + bytes(40)
    v6 = b"\x60\0\0\0\0\x28\0\x40" + bytes(32) + b"\x3c\0\1\4\0\0\0\0" + \
        b"\x11\0\1\4\0\0\0\0" + bytes(24)
    header = b"\1\5" + bytes(6) + b"\0" + bytes(7) + b"\1" + bytes(7) + \
        b"\x14\0\0\0\x40\0\0\0"
    for mode, alg, ipv6 in itertools.product(range(4), range(8), (0, 1)):
        packet = v6 if ipv6 else v4
        for options in (0, 1, 2, 0x3f, 0x7f):
            for piece in (0, 7):
                for first in (0, 3):
                    sa = bytes([mode, alg, options, ipv6, 9, 64 * (piece == 0), first])

                    def out(kind, room):
                        return bytes([kind, piece, piece // 2]) + room.to_bytes(2, "little") + \
                            bytes([len(packet) // 2]) + packet

                    def back(kind, which, room=100, more=b""):
                        return bytes([kind, piece, piece]) + room.to_bytes(2, "little") + \
                            bytes([which]) + more
                    turns = b"\3" + out(0, 200) + out(0, 250) + out(0, 130) + out(0x80, 220) + \
                        b"\7" + back(2, 1) + back(2, 0) + back(2, 0) + \
                        back(6, 1, 100, b"\x40\0\1") + back(6, 2, 100, b"\x09\0\xff") + \
                        back(10, 2, 100, b"\x10") + back(0x82, 2) + back(2, 2, 20) + \
                        b"\1" + back(2, 2) + out(3, 64) + header + b"\0"
                    yield bytes([alg % 3 | (piece != 0) << 2 | first << 3]) + sa + turns


def device_life():
    """A device that is set up, sessions, requests; a turn up to each of its pauses, then what
    the front end or the driver does meanwhile, the rest of the turn, and the usual again."""
    def turn(q, pause=7):
        return bytes([11, q | pause << 5])
    control = b"".join(bytes([7, 2, kind << 2]) for kind in range(4)) + turn(2) + b"\x09\x02"
    session = b"\x06\x00" + control
    send = [bytes([7, q | 0x60]) + b"".join(bytes([k << 2 | 1, 0x20]) for k in range(4))
            for q in (0, 1)]
    use = send[0] + turn(0) + b"\x09\x00" + send[1] + turn(1) + b"\x09\x01"
    meanwhile = [bytes([3, q | kind << 2]) + bytes([16, 0, 0, 0])[:n]
                 for kind, n in [*((kind, 0) for kind in range(13)), (13, 2), (14, 2), (15, 4)]
                 for q in (0, 1, 2)]
    meanwhile += [bytes([1, how]) for how in (0, 1, 4, 8, 16, 24)] + [b"\x01\x08\x01\x18"]
    meanwhile += [bytes([5, status]) for status in (1, 4, 14)]
    meanwhile += [bytes([6, 1 | k << 2]) for k in range(4)] + [b"\x06\x00"]
    meanwhile += [bytes([15, how]) for how in (0, 0x20, 0x41, 0x48)]
    meanwhile += [bytes([2, how]) for how in (0x60, 0x61, 0x62, 0x70, 0x0c)]
    meanwhile += [bytes([7, 2, 2, k]) + b"\x0e\x00" + turn(2) for k in range(4)]
    meanwhile += [b"\x0a\x00" + at + b"\x0f" + bytes(range(16)) for at in (
        b"\x20\x00", b"\x60\x01", b"\x00\x80", b"\x02\x84", b"\x00\x88")]
    meanwhile += [send[0], send[1], b"\x00\x01", b"\x00\x08"]
    for head in (0, 1, 2, 3, 5, 9, 0x49, 0x41, 0x4a, 0x46, 0xc1, 0x29, 0x11):
        for n, do in enumerate(meanwhile):
            for q in (0, 1):
                pause = (n + q) % 5
                yield bytes([head]) + session + send[q] + turn(q, pause) + do + turn(q) + \
                    b"\x09" + bytes([q]) + session + use
            yield bytes([head]) + session + send[0] + do + turn(0, 1) + do + use
        yield bytes([head]) + session + use * 3 + turn(0, 0)[:1] + b"\xfc" + use


def vfu_client():
    """A client maps memory, a driver sets queues up and makes a request; at each place something
    is taken away, given, reset or asked.
    """
    page = 4096

    def at(q, what, off, data):
        """A write into ring q: 0 descriptors, 8 avail, 16 used."""
        return bytes([11, 1 | q << 1 | what | 32]) + off.to_bytes(2, "little") + \
            data.ljust(64, b"\0")[:64]

    def desc(place, length, flags, link, packed):
        words = (0, flags | 0x80) if packed else (flags, link)
        return (0x100000 + place).to_bytes(8, "little") + length.to_bytes(4, "little") + \
            b"".join(w.to_bytes(2, "little") for w in words)

    def request(q, packed):
        chain = desc(15 * page, 88, 1, 1, packed) + desc(15 * page + 512, 64, 3, 2, packed) + \
            desc(14 * page + 4000, 200, 3, 3, packed) + desc(13 * page, 16, 2, 0, packed)
        return [at(q, 0, 0, chain), at(q, 8, 0, bytes([0, 0, 1, 0, 0, 0])),
                bytes([7, q, 13, 0])]

    pages = [bytes([1, 1, n]) for n in range(16)]
    meanwhile = [bytes([2, 0]), bytes([2, 0x1c]), bytes([1, 0]), bytes([15, 0]), bytes([13, 0])]
    meanwhile += [bytes([2, 1, n]) for n in (0, 1, 2, 4, 6, 13, 14, 15)]
    meanwhile += [bytes([2, 2, n]) for n in (0x10, 0x34, 0xf0)]
    meanwhile += [bytes([1, 4, more]) for more in (0, 1, 2, 3 | 4, 3 | 8, 3 | 20, 0x23, 0x63)]
    meanwhile += [bytes([5, how]) for how in (0, 1, 2, 6, 10, 14)]
    meanwhile += [bytes([8, how]) + bytes([2, 40, 3, 5]) for how in (0, 1, 2, 12, 16, 64, 192, 48)]
    meanwhile += [bytes([9, how]) for how in (0, 1, 9, 2, 6, 30)] + [bytes([10, 8, 2, 40])]
    meanwhile += [bytes([6, how, 0, 0, 16]) for how in (1, 15, 14, 3, 2, 5)]
    for how in range(8):
        for whole in (True, False):
            head = [bytes([8, 0xc0]), *([bytes([1, 0])] if whole else pages), bytes([0, how])]
            calls = head + [part for q in (0, 2, 1, 3) for part in request(q, how & 1)]
            yield b"".join(calls)
            for do in meanwhile:
                for n in range(len(head) - 1, len(calls) + 1):
                    yield b"".join(calls[:n]) + do + b"".join(calls[n:]) + bytes([13, 0])


def main():
    makers = {"front": front, "vdpa": vdpa, "device": device, "asym": asym, "raw": raw,
              "der": der, "model": model, "session": session, "device_life": device_life,
              "admin": admin, "ipsec": ipsec, "ipsec_data": ipsec_data,
              "ipsec_packet": ipsec_packet, "vfu_client": vfu_client}
    name, out = sys.argv[1], pathlib.Path(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    made = sorted(set(makers[name]())) if name in makers else []
    # Every so many-th, so that they are tried in minutes.
    for i, data in enumerate(made[::1 + len(made) // MOST]):
        (out / f"seed-{i:05}").write_bytes(data)
    return 0


if __name__ == "__main__":
    sys.exit(main())
