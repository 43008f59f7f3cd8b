#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The other end of ipsec-secgw's tunnels: ESP (RFC 4303) by Python's cryptography.

usage: esp_peer.py config [--offload] ALGORITHM...
       esp_peer.py run OUTER INNER ALGORITHM COUNT
       esp_peer.py vector ALGORITHM SPI LENGTH
       esp_peer.py xfrm host|peer ALGORITHM...
       esp_peer.py pairs ALGORITHM...
config prints ipsec-secgw's configuration, one tunnel for each algorithm, with --offload by
lookaside protocol: its port 0 is OUTER,
where ESP is, and port 1 is INNER.  run sends COUNT packets of all sizes to INNER, takes each
apart that comes out of OUTER, and the other way round; among these are some with a wrong
integrity check value, which must not come out.  One line with the counts; exit code 0 if
each packet that had to come was there, and was right.  vector prints a packet of ESP around
one of LENGTH bytes, with its keys, as a test vector of dpdk-test-crypto-perf.  xfrm prints lines
of "ip -batch" that make Linux one end of the tunnels: host has the interface inner, peer has
outer, and ESP.  pairs prints for each tunnel its name and the addresses at its two ends.
"""
import hashlib
import hmac
import os
import select
import socket
import struct
import sys
import time

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

WAIT_S = 120    # for packets; only what has failed waits so long
BATCH = 16      # packets under way at a time
FORGED = 4      # of these the first so many also with a wrong check value
MAC_PEER, MAC_HOST = b"\x02\0\0\0\0\x01", b"\x02\0\0\0\0\x02"
MAC_GATE = b"\x02\0\0\0\0\x03"  # net_tap is promiscuous
SALT = bytes.fromhex("0a0b0c0d")


def key(name, length):
    """A key that belongs to that name."""
    return hashlib.shake_128(name.encode()).digest(length)


def colons(data):
    return ":".join(f"{b:02x}" for b in data)


class Suite:
    """An algorithm pair of ESP: name, its words in ipsec-secgw, how to seal and open."""

    def __init__(self, number, name, cipher, key_len, auth):
        self.number, self.name, self.cipher, self.auth = number, name, cipher, auth
        self.key = key(name, key_len)
        self.auth_key = key(name + "-auth", {"sha1": 20, "sha256": 32, None: 0}[auth])
        self.icv_len = {"sha1": 12, "sha256": 16, None: 16}[auth]
        self.iv_len = {"cbc": 16, "ctr": 8, "gcm": 8, "null": 0}[cipher]
        self.align = 16 if cipher == "cbc" else 4
        # spi, and addresses of the tunnels and of the hosts behind them
        self.spi_out, self.spi_in = number, 100 + number
        self.gate, self.peer = f"172.16.1.{number}", f"172.16.2.{number}"
        self.host, self.remote = f"192.168.{100 + number}.1", f"192.168.{200 + number}.1"

    def words(self):
        if self.cipher == "gcm":
            return f"aead_algo aes-128-gcm aead_key {colons(self.key + SALT)}"
        salt = SALT if self.cipher == "ctr" else b""
        cipher = "null" if self.cipher == "null" else \
            f"aes-{len(self.key) * 8}-{self.cipher} cipher_key {colons(self.key + salt)}"
        return f"cipher_algo {cipher} auth_algo {self.auth}-hmac " \
            f"auth_key {colons(self.auth_key)}"

    def config(self, offload):
        kind = " type lookaside-protocol-offload port_id 0" if offload else ""
        everything = "sport 0:65535 dport 0:65535"
        return f"""
sp ipv4 out esp protect {self.spi_out} pri 1 dst {self.remote}/32 {everything}
sp ipv4 in esp protect {self.spi_in} pri 1 dst {self.host}/32 {everything}
sa out {self.spi_out} {self.words()} mode ipv4-tunnel src {self.gate} dst {self.peer}{kind}
sa in {self.spi_in} {self.words()} mode ipv4-tunnel src {self.peer} dst {self.gate}{kind}
rt ipv4 dst {self.peer}/32 port 0
rt ipv4 dst {self.host}/32 port 1
"""

    def xfrm_words(self):
        """The algorithms as "ip xfrm state" has them."""
        if self.cipher == "gcm":
            return f"aead rfc4106(gcm(aes)) 0x{(self.key + SALT).hex()} 128"
        enc = {"null": 'ecb(cipher_null) ""', "cbc": f"cbc(aes) 0x{self.key.hex()}",
               "ctr": f"rfc3686(ctr(aes)) 0x{(self.key + SALT).hex()}"}[self.cipher]
        return f"enc {enc} auth-trunc hmac({self.auth}) 0x{self.auth_key.hex()} " \
            f"{self.icv_len * 8}"

    def xfrm_tunnel(self, direction, ends, inside, spi):
        """A state and its policy; ends are those of the tunnel, inside those of the hosts."""
        return f"""\
xfrm state add src {ends[0]} dst {ends[1]} proto esp spi {spi} mode tunnel replay-window 32 {
    self.xfrm_words()}
xfrm policy add src {inside[0]}/32 dst {inside[1]}/32 dir {direction} tmpl src {ends[0]} dst {
    ends[1]} proto esp mode tunnel
"""

    def xfrm_peer(self):
        out = self.xfrm_tunnel("out", (self.peer, self.gate), (self.remote, self.host),
                               self.spi_in)
        into = self.xfrm_tunnel("in", (self.gate, self.peer), (self.host, self.remote),
                                self.spi_out)
        return f"""\
address add {self.peer}/32 dev outer
address add {self.remote}/32 dev lo
neigh add {self.gate} lladdr {MAC_GATE.hex(":")} dev outer
route add {self.gate} dev outer
route add {self.host} dev outer src {self.remote}
{out}{into}"""

    def xfrm_host(self):
        return f"""\
address add {self.host}/32 dev inner
neigh add {self.remote} lladdr {MAC_GATE.hex(":")} dev inner
route add {self.remote} dev inner src {self.host}
"""

    def stream(self, iv):
        """Encryption and decryption of what is not authenticated by itself."""
        if self.cipher == "cbc":
            return Cipher(algorithms.AES(self.key), modes.CBC(iv))
        block = SALT + iv + struct.pack(">I", 1)
        return Cipher(algorithms.AES(self.key), modes.CTR(block))

    def seal(self, seq, packet):
        header = struct.pack(">II", self.spi_in, seq)
        pad = -(len(packet) + 2) % self.align
        plain = packet + bytes(range(1, pad + 1)) + bytes([pad, 4])
        iv = os.urandom(self.iv_len)
        if self.cipher == "gcm":
            return header + iv + AESGCM(self.key).encrypt(SALT + iv, plain, header)
        if self.cipher != "null":
            e = self.stream(iv).encryptor()
            plain = e.update(plain) + e.finalize()
        return header + iv + plain + self.mac(header + iv + plain)

    def mac(self, data):
        return hmac.new(self.auth_key, data, self.auth).digest()[:self.icv_len]

    def open(self, esp):
        """(sequence number, packet), or an exception."""
        spi, seq = struct.unpack(">II", esp[:8])
        if spi != self.spi_out:
            raise ValueError(f"spi {spi}")
        iv, rest = esp[8:8 + self.iv_len], esp[8 + self.iv_len:]
        if self.cipher == "gcm":
            plain = AESGCM(self.key).decrypt(SALT + iv, rest, esp[:8])
        else:
            plain, icv = rest[:-self.icv_len], rest[-self.icv_len:]
            if self.mac(esp[:-self.icv_len]) != icv:
                raise ValueError("integrity check value")
            if self.cipher != "null":
                d = self.stream(iv).decryptor()
                plain = d.update(plain) + d.finalize()
        pad, following = plain[-2:]
        if following != 4 or plain[-2 - pad:-2] != bytes(range(1, pad + 1)):
            raise ValueError("trailer")
        return seq, plain[:-2 - pad]


SUITES = [
    Suite(5, "cbc-sha1", "cbc", 16, "sha1"),
    Suite(6, "gcm", "gcm", 16, None),
    Suite(7, "cbc256-sha256", "cbc", 32, "sha256"),
    Suite(8, "ctr-sha1", "ctr", 16, "sha1"),
    Suite(9, "null-sha1", "null", 0, "sha1"),
]


def checksum(data):
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def ipv4(src, dst, protocol, payload, ident=0):
    head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), ident, 0, 64, protocol, 0,
                       socket.inet_aton(src), socket.inet_aton(dst))
    return head[:10] + struct.pack(">H", checksum(head)) + head[12:] + payload


def datagram(src, dst, number):
    """Each length from 0 on; what is in it depends on its number."""
    data = hashlib.shake_128(str(number).encode()).digest((number * 13) % 1300)
    udp = struct.pack(">HHHH", 1024 + number, 53, 8 + len(data), 0) + data
    return ipv4(src, dst, 17, udp, number)


class Wire:
    """One of the gateway's interfaces, from the outside."""

    def __init__(self, name, mac):
        self.s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self.s.bind((name, 0))
        self.mac = mac

    def send(self, packet):
        self.s.send(MAC_GATE + self.mac + b"\x08\0" + packet)

    def receive(self, deadline):
        """The next IPv4 packet from the gateway; None when it is late."""
        while select.select([self.s], [], [], max(0, deadline - time.monotonic()))[0]:
            frame, where = self.s.recvfrom(2048)
            if where[2] != socket.PACKET_OUTGOING and frame[12:14] == b"\x08\0":
                return frame[14:14 + struct.unpack(">H", frame[16:18])[0]]
        return None


def without_ttl(packet):
    """The gateway may count it down."""
    return packet[:8] + packet[9:10] + packet[12:]


def expect(wire, wanted, take):
    """All of wanted come, and nothing else; take makes of a packet what is wanted."""
    deadline = time.monotonic() + WAIT_S
    wanted = [without_ttl(p) for p in wanted]
    while wanted:
        packet = wire.receive(deadline)
        if packet is None:
            raise ValueError(f"{len(wanted)} packets did not come within {WAIT_S} s")
        got = without_ttl(take(packet))
        if got not in wanted:
            raise ValueError(f"a packet of {len(packet)} bytes is none that was sent")
        wanted.remove(got)


def outbound(suite, outer, inner, count):
    last = 0

    def take(packet):
        nonlocal last
        if packet[9] != 50 or packet[12:20] != socket.inet_aton(suite.gate) + \
                socket.inet_aton(suite.peer):
            raise ValueError("what leaves is no ESP of the tunnel")
        seq, plain = suite.open(packet[20:])
        if seq <= last:
            raise ValueError(f"sequence number {seq} after {last}")
        last = seq
        return plain

    for first in range(0, count, BATCH):
        sent = [datagram(suite.host, suite.remote, n)
                for n in range(first, min(first + BATCH, count))]
        for packet in sent:
            inner.send(packet)
        expect(outer, sent, take)


def inbound(suite, outer, inner, count):
    seq = forged = 0
    for first in range(0, count, BATCH):
        sent = [datagram(suite.remote, suite.host, n)
                for n in range(first, min(first + BATCH, count))]
        for number, packet in enumerate(sent):
            seq += 1
            esp = suite.seal(seq, packet)
            if number < FORGED:
                wrong = esp[:-1] + bytes([esp[-1] ^ 1])
                outer.send(ipv4(suite.peer, suite.gate, 50, wrong))
                forged += 1
            outer.send(ipv4(suite.peer, suite.gate, 50, esp))
        # a forged one that came out would be one too many
        expect(inner, sent, lambda packet: packet)
    return forged


def vector(suite, spi, length):
    """Keys, and the packet that the program is to open: all of it is its ciphertext."""
    suite.spi_in = spi
    udp = struct.pack(">HHHH", 1024, 53, length - 20, 0) + bytes(length - 28)
    esp = ipv4(suite.peer, suite.gate, 50,
               suite.seal(1, ipv4(suite.remote, suite.host, 17, udp)))
    fields = {"plaintext": bytes(len(esp)), "ciphertext": esp, "cipher_key": suite.key,
              "cipher_iv": bytes(suite.iv_len), "auth_key": suite.auth_key,
              "digest": bytes(suite.icv_len)}
    for name, data in fields.items():
        print(f"{name} =\n" + ", ".join(f"0x{b:02x}" for b in data) + "\n")
    print("[esp]")


def xfrm(end, suites):
    """Each line ends where its command does: "ip -batch" takes one a line."""
    name, mac = ("outer", MAC_PEER) if end == "peer" else ("inner", MAC_HOST)
    print(f"link set lo up\nlink set {name} address {mac.hex(':')} multicast off "
          f"addrgenmode none\nlink set {name} up")
    for suite in suites:
        print(suite.xfrm_peer() if end == "peer" else suite.xfrm_host(), end="")


def suites_of(names):
    """In the order of the list; a name that it does not have ends the program."""
    unknown = set(names) - {s.name for s in SUITES}
    if unknown:
        sys.exit(f"esp_peer: there is no {', '.join(sorted(unknown))}")
    return [s for s in SUITES if s.name in names]


def main():
    if sys.argv[1] == "xfrm":
        xfrm(sys.argv[2], suites_of(sys.argv[3:]))
        return
    if sys.argv[1] == "pairs":
        for suite in suites_of(sys.argv[2:]):
            print(suite.name, suite.host, suite.remote)
        return
    if sys.argv[1] == "vector":
        vector(next(s for s in SUITES if s.name == sys.argv[2]), *map(int, sys.argv[3:]))
        return
    if sys.argv[1] == "config":
        offload = "--offload" in sys.argv[2:]
        for suite in suites_of([n for n in sys.argv[2:] if n != "--offload"]):
            print(suite.config(offload))
        print(f"neigh port 0 {colons(MAC_PEER)}\nneigh port 1 {colons(MAC_HOST)}")
        return
    _, _, outer, inner, name, count = sys.argv
    suite = next(s for s in SUITES if s.name == name)
    outer, inner = Wire(outer, MAC_PEER), Wire(inner, MAC_HOST)
    try:
        outbound(suite, outer, inner, int(count))
        forged = inbound(suite, outer, inner, int(count))
        # nothing that was refused comes after all
        if inner.receive(time.monotonic() + 0.2) is not None:
            raise ValueError("a packet came that was not sent")
    except (ValueError, InvalidTag) as wrong:
        sys.exit(f"{name}: {wrong!r}")
    print(f"{name}: {count} packets sealed, {count} opened, {forged} forged ones refused")


if __name__ == "__main__":
    main()
