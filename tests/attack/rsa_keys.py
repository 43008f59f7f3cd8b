# SPDX-License-Identifier: BSD-3-Clause
"""RSA keys for an attacker: honest ones, and some whose parts have no proportion."""
import random
import subprocess
import tempfile


def der(*numbers):
    def tlv(tag, body):
        if len(body) < 128:
            return bytes([tag, len(body)]) + body
        size = len(body).to_bytes((len(body).bit_length() + 7) // 8, 'big')
        return bytes([tag, 0x80 | len(size)]) + size + body
    return tlv(0x30, b''.join(tlv(2, n.to_bytes(n.bit_length() // 8 + 1, 'big'))
                              for n in numbers))


def rough(rng, bits):
    """A number of so many bits, without the small factors that give a key away."""
    while True:
        n = rng.getrandbits(bits) | 3 << bits - 2 | 1
        if all(n % divisor for divisor in range(3, 1000, 2)):
            return n


def absurd_keys(bits):
    """Keys whose parts have no proportion, or do not fit: kind and encoding."""
    rng = random.Random(bits)
    long, half, other = rough(rng, bits), rough(rng, bits // 2), rough(rng, bits // 2)
    short, huge, n = rough(rng, 64), rough(rng, 2 * bits), half * other
    for p, q, e, d in ((long, long - 2, 65537, long - 4), (long, 1, 65537, long - 2),
                       (half, other, 65537, n - 2), (half, other, n - 2, n - 2),
                       (short, long, 65537, long), (huge, huge, 65537, huge)):
        yield 2, der(0, long, e, d, p, q, p - 2, q, p - 2)
        yield 2, der(0, p * q, e, d, p, q, p - 1, q - 1, p - 2)
    yield 2, der(0, n, 65537, n - 2, 0, 0, 0, 0, 0)
    yield 2, der(0, n, 0xffffffff, n - 2, 0, 0, 0, 0, 0)
    yield 1, der(n, n - 2)
    yield 1, der(n, 0xffffffffffffffff)
    yield 1, der(n, 65537)


def honest_key(bits):
    """The encoding of a private key as others make them."""
    with tempfile.NamedTemporaryFile() as file:
        subprocess.run(['openssl', 'genrsa', '-traditional', '-out', file.name, str(bits)],
                       check=True, capture_output=True)
        return subprocess.run(['openssl', 'rsa', '-traditional', '-in', file.name, '-outform',
                               'DER'], check=True, capture_output=True).stdout
