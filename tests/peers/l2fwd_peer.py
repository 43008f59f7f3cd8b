#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The neighbour on both sides of dpdk-l2fwd-crypto, by Python's cryptography.

usage: l2fwd_peer.py options WAY
       l2fwd_peer.py run FIRST SECOND WAY COUNT
options prints the program's own options for WAY.  run sends COUNT frames of IPv4 to FIRST, with
payloads of all lengths, and takes those apart that come out of SECOND; then the other way
round.  The ways that open get sealed frames.  No tag is forged: the program never looks at the
status of an op, and forwards what could not be opened.  One line with the count; exit code 0 if
each frame was there and was right.
"""
import hmac
import select
import socket
import sys
import time

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from esp_peer import MAC_HOST, MAC_PEER, WAIT_S, Wire, colons, datagram, key

BATCH = 16          # frames under way at a time
HEADER = 20         # bytes of IPv4 that the program leaves alone
IV, NONCE, AAD = key("iv", 16), key("nonce", 12), key("aad", 16)
CIPHER_KEY, AUTH_KEY = key("cipher", 16), key("auth", 20)


def words(chain, cipher=None, auth=None, aead=None, tag_len=0):
    """The program's options: operation and algorithm of each, keys, ivs."""
    line = ["--chain", chain]
    if cipher:
        line += ["--cipher_algo", "aes-cbc", "--cipher_op", cipher,
                 "--cipher_key", colons(CIPHER_KEY), "--cipher_iv", colons(IV)]
    if auth:
        line += ["--auth_algo", auth[1], "--auth_op", auth[0], "--auth_key", colons(AUTH_KEY)]
    if aead:
        line += ["--aead_algo", "aes-gcm", "--aead_op", aead, "--aead_key", colons(CIPHER_KEY),
                 "--aead_iv", colons(NONCE), "--aad", colons(AAD)]
    if tag_len:
        line += ["--digest_size", str(tag_len)]
    return " ".join(line)


def cbc():
    return Cipher(algorithms.AES(CIPHER_KEY), modes.CBC(IV))


def padded(data):
    return data + bytes(-len(data) % 16)


def cbc_open(data):
    opener = cbc().decryptor()
    return opener.update(data) + opener.finalize()


def cbc_seal(data):
    sealer = cbc().encryptor()
    return sealer.update(padded(data)) + sealer.finalize()


def mac(data, name):
    return hmac.new(AUTH_KEY, data, name).digest()


def mac_open(data, name, length):
    if mac(data[:-length], name) != data[-length:]:
        raise ValueError("digest")
    return data[:-length]


def gcm():
    return AESGCM(CIPHER_KEY)


# For each way: the options, whether the program opens, what makes its input of a payload, and
# what makes of its output that payload, perhaps with zeros behind it.
WAYS = {
    "cbc": (words("CIPHER_ONLY", cipher="ENCRYPT"), False, bytes, cbc_open),
    "cbc-open": (words("CIPHER_ONLY", cipher="DECRYPT"), True, cbc_seal, bytes),
    "cbc-sha1": (words("CIPHER_HASH", "ENCRYPT", ("GENERATE", "sha1-hmac"), tag_len=20), False,
                 bytes, lambda data: cbc_open(mac_open(data, "sha1", 20))),
    "cbc-sha1-open": (words("HASH_CIPHER", "DECRYPT", ("VERIFY", "sha1-hmac"), tag_len=20), True,
                      lambda data: (lambda sealed: sealed + mac(sealed, "sha1"))(cbc_seal(data)),
                      bytes),
    "sha256": (words("HASH_ONLY", auth=("GENERATE", "sha2-256-hmac"), tag_len=32), False, bytes,
               lambda data: mac_open(data, "sha256", 32)),
    "gcm": (words("AEAD", aead="ENCRYPT", tag_len=16), False, bytes,
            lambda data: gcm().decrypt(NONCE, data, AAD)),
    # the program leaves the tag where it was
    "gcm-open": (words("AEAD", aead="DECRYPT", tag_len=16), True,
                 lambda data: gcm().encrypt(NONCE, data, AAD), lambda data: data[:-16]),
}


class Side(Wire):
    """Frames with all that is behind the IPv4 packet: padding, a digest."""

    def receive(self, deadline):
        while select.select([self.s], [], [], max(0, deadline - time.monotonic()))[0]:
            frame, where = self.s.recvfrom(2048)
            if where[2] != socket.PACKET_OUTGOING and frame[12:14] == b"\x08\0":
                return frame[14:]
        return None


def one_way(way, source, target, count):
    _, opens, prepare, take = WAYS[way]
    for first in range(0, count, BATCH):
        sent = [datagram("10.0.0.1", "10.0.0.2", n)
                for n in range(first, min(first + BATCH, count))]
        for datum in sent:
            source.send(datum[:HEADER] + prepare(datum[HEADER:]))
        expect(target, sent, take, opens)
    if target.receive(time.monotonic() + 0.2) is not None:
        raise ValueError("a frame came that was not sent")


def expect(target, wanted, take, opens):
    """Each of wanted comes, and nothing else."""
    deadline = time.monotonic() + WAIT_S
    while wanted:
        frame = target.receive(deadline)
        if frame is None:
            raise ValueError(f"{len(wanted)} frames did not come within {WAIT_S} s")
        got = frame[:HEADER] + take(frame[HEADER:])
        found = [one for one in wanted if got[:len(one)] == one]
        if not found or got[len(found[0]):].strip(b"\0"):
            raise ValueError(f"a frame of {len(frame)} bytes is none that was sent")
        if not opens and frame[HEADER:] == found[0][HEADER:]:
            raise ValueError("a frame came as it was sent")
        wanted.remove(found[0])


def main():
    if sys.argv[1] == "options":
        print(WAYS[sys.argv[2]][0])
        return
    _, _, first, second, way, count = sys.argv
    first, second = Side(first, MAC_PEER), Side(second, MAC_HOST)
    try:
        one_way(way, first, second, int(count))
        one_way(way, second, first, int(count))
    except Exception as wrong:  # of any kind, of the library too
        sys.exit(f"{way}: {wrong!r}")
    print(f"{way}: {count} frames each way")


if __name__ == "__main__":
    main()
