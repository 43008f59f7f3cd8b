#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Runs one of the examples on vcryptod, and computes what it prints once more.

usage: answers.py EXAMPLE PROGRAM ON_VCRYPTOD VCRYPTOD PLUGIN VDEV_OPTIONS

The judge is Python's cryptography, OpenSSL; it takes nothing from the program but the texts
that the example's source has, too.  It must refuse each result with one bit changed.  Exit
code 77, which meson takes for skipped, without that library.
"""
import hashlib
import os
import re
import subprocess
import sys
import tempfile

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, utils
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
except ImportError:
    print("SKIP: no python3-cryptography (tools/setup installs it)")
    sys.exit(77)

MESSAGE = b"the quick brown fox jumps over the lazy dog\0"
KEYS = [b"a key of 16 byte", b"this is one of 24 bytes.", b"and this, the longest, is of 32."]
POINT = (0x60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6,
         0x7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299)
EAL = ["--no-huge", "-m", "64", "--no-pci", "--no-telemetry", "--no-shconf"]


def results(said):
    """What the program printed in hexadecimal: by rte_hexdump, or as a line of 64 digits."""
    found = []
    for line in said.splitlines():
        head = re.match(r"(\w+) at \[\w+\], len=(\d+)$", line)
        row = re.match(r"[0-9A-F]{8}: ((?:[0-9A-F]{2} ?)+)", line)
        whole = re.match(r"\w+ ([0-9a-f]{64})$", line)
        if head:
            found.append(b"")
        elif row and found:
            found[-1] += bytes.fromhex(row.group(1))
        elif whole:
            found.append(bytes.fromhex(whole.group(1)))
    return found


def minimal(found):
    sealed = AESGCM(KEYS[0]).encrypt(b"used by once", MESSAGE, b"a header")
    return found == [sealed, hashlib.sha256(MESSAGE).digest()]


def sessionless(found):
    def ctr(key):
        cipher = Cipher(algorithms.AES(key), modes.CTR(b"counter begins: ")).encryptor()
        return cipher.update(MESSAGE) + cipher.finalize()
    return found == [ctr(key) for key in KEYS]


def sign(found):
    if len(found) != 2:
        return False
    key = ec.EllipticCurvePublicNumbers(*POINT, ec.SECP256R1()).public_key()
    r, s = (int.from_bytes(number, "big") for number in found)
    try:
        key.verify(utils.encode_dss_signature(r, s), b"sample", ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def changed(found):
    """Each result with one bit changed, in its first and in its last byte."""
    for i, data in enumerate(found):
        for at in (0, len(data) - 1):
            other = data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]
            yield found[:i] + [other] + found[i + 1:]


def on_vcryptod(program, way, arguments=()):
    """What the program says on the device; way is the rest of the command line."""
    script, vcryptod, plugin, options = way
    run = subprocess.run([script, vcryptod, plugin, "", options, program, "--", *arguments],
                         stdout=subprocess.PIPE, text=True, check=False)
    print(run.stdout)
    if run.returncode != 0:
        sys.exit(f"FAIL: the program ended with {run.returncode}")
    return run.stdout


def alone(program, *arguments):
    return subprocess.run([program, *arguments], capture_output=True, text=True, check=False)


def must(holds, text):
    if not holds:
        sys.exit(f"FAIL: {text}")
    print(f"PASS: {text}")


def lines_of(name, text):
    return [line for line in text.splitlines() if line.startswith(f"{name}: ")]


def no_device(name, program, *arguments):
    run = alone(program, *EAL, "--", *arguments)
    lines = lines_of(name, run.stderr)
    print(run.stderr)
    must(run.returncode == 1 and len(lines) == 1 and "no device" in lines[0],
         "without a device the program says so in one line, and fails")


def encrypt_file(program, way):
    """Its help needs no EAL; its figures fit each other; its bytes are OpenSSL's."""
    for arguments in (["--help"], ["-h"], ["--no-such-option", "--", "--help"]):
        run = alone(program, *arguments)
        must(run.returncode == 0 and "--sector-size" in run.stdout and run.stderr == "",
             f"{' '.join(arguments)} shows the program's own help, and nothing else")
    key = "00112233445566778899aabbccddeeff"
    plain = hashlib.shake_128(b"plain").digest(1 << 20)
    with tempfile.TemporaryDirectory() as folder:
        names = [os.path.join(folder, "in"), os.path.join(folder, "out")]
        with open(names[0], "wb") as file:
            file.write(plain)
        words = ["--cipher", "aes-ctr", "--key", key, "--iv", key, *names]
        no_device("encrypt_file", program, *words)
        must(not os.path.exists(names[1]), "and leaves no file")
        said = on_vcryptod(program, way, words)
        with open(names[1], "rb") as file:
            got = file.read()
    key = bytes.fromhex(key)
    cipher = Cipher(algorithms.AES(key), modes.CTR(key)).encryptor()
    must(got == cipher.update(plain), "the file is encrypted as OpenSSL does it")
    figures = re.search(r"(\d+) bytes in (\d+) operations .*, ([\d.]+) MB/s, (\d+) operations/s$",
                        said, re.M)
    must(figures, "the result line has MB/s")
    size, ops, megabytes, rate = (float(one) for one in figures.groups())
    must(size == len(plain) and ops == len(plain) / 16384, "its counts are right")
    must(abs(megabytes * 1e6 / rate * ops / size - 1) < 0.05, "its two rates are one")


def main():
    name, program, *way = sys.argv[1:]
    if name == "encrypt_file":
        encrypt_file(program, way)
        return
    judge = {"minimal": minimal, "sessionless": sessionless, "sign": sign}[name]
    found = results(on_vcryptod(program, way))
    must(judge(found), f"{len(found)} results are right")
    must(not any(judge(other) for other in changed(found)), "and no other ones would be")
    no_device(name, program)


main()
