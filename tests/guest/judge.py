#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What the program show is given, and what its results are worth: by Python's cryptography,
which is OpenSSL, and the other end of tunnels in tests/peers/esp_peer.py.

usage: judge.py make FOLDER
       judge.py check FOLDER RESULTS
make writes the files that show reads, with random keys, and prints the association that it
takes.  check prints a line for each result, "yes" or "no" at its end; exit code 0 if all are
right.
"""
import hashlib
import os
import sys

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa, utils
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "peers"))
import esp_peer  # noqa: E402

RSA_BITS = 2048
ESP_MIN = 28      # bytes of the two headers
SUITE = next(s for s in esp_peer.SUITES if s.name == "gcm")
PLAIN = b"One text, sealed in the guest and opened on the host. " * 20
PREHASHED = utils.Prehashed(hashes.SHA256())


def put(folder, name, data):
    with open(os.path.join(folder, name), "wb") as f:
        f.write(data)


def get(folder, name):
    with open(os.path.join(folder, name), "rb") as f:
        return f.read()


def number(value):
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


def make(folder):
    private = rsa.generate_private_key(65537, RSA_BITS)
    numbers = private.private_numbers()
    digest = hashlib.sha256(PLAIN).digest()
    files = {"plain": PLAIN, "key": os.urandom(16), "iv": os.urandom(12), "digest": digest,
             "n": number(numbers.public_numbers.n), "e": number(numbers.public_numbers.e),
             "d": number(numbers.d),
             "signature": private.sign(digest, padding.PKCS1v15(), PREHASHED),
             "packet": esp_peer.datagram(SUITE.host, SUITE.remote, 42)}
    for name, data in files.items():
        put(folder, name, data)
    put(os.path.dirname(folder), "public", private.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo))
    print(f"esp,tunnel,spi={SUITE.spi_out},src={SUITE.gate},dst={SUITE.peer},"
          f"aead=aes-gcm:{SUITE.key.hex()}:{esp_peer.SALT.hex()}:{SUITE.icv_len}")


def gcm(folder, results):
    opened = AESGCM(get(folder, "key")).decrypt(get(folder, "iv"), get(results, "gcm"), b"")
    return opened == PLAIN


def signature(folder, results):
    public = serialization.load_der_public_key(get(os.path.dirname(folder), "public"))
    public.verify(get(results, "signature"), get(folder, "digest"), padding.PKCS1v15(),
                  PREHASHED)
    return True


def esp(folder, results):
    packet = get(results, "esp")
    if len(packet) < ESP_MIN:
        raise ValueError(f"{len(packet)} bytes")
    seq, opened = SUITE.open(packet[20:])
    return packet[9] == 50 and seq == 1 and opened == get(folder, "packet")


def check(folder, results):
    good = True
    for text, judge in (("AES-128-GCM", gcm), ("RSA-2048 signature", signature),
                        ("ESP packet", esp)):
        try:
            right = judge(folder, results)
        except (InvalidSignature, InvalidTag, OSError, ValueError) as e:
            print(f"{text}: {e!r}", file=sys.stderr)
            right = False
        print(f"{text}:{'yes' if right else 'no'}")
        good &= right
    return good


def main():
    what, folder, *results = sys.argv[1:] if len(sys.argv) > 2 else ("", "")
    if what == "make" and not results:
        make(os.path.abspath(folder))
    elif what == "check" and len(results) == 1:
        sys.exit(not check(os.path.abspath(folder), results[0]))
    else:
        sys.exit("usage: judge.py make FOLDER | check FOLDER RESULTS")


if __name__ == "__main__":
    main()
