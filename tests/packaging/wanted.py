# SPDX-License-Identifier: BSD-3-Clause
"""What is to be installed: the list for all that compare something with it."""
import re

# Below the prefix; L is the folder of libraries, * a part of a name.
WANT = """
L/librte_crypto_vcrypto.a
L/librte_crypto_vcrypto.so
L/pkgconfig/vcrypto-buses.pc
L/pkgconfig/vcrypto.pc
bin/encrypt_file
bin/vcryptod
lib/systemd/system/vcryptod@.service
lib/systemd/system/vcryptod@.socket
share/doc/vcrypto/CHANGELOG.md
share/doc/vcrypto/README.md
share/doc/vcrypto/SECURITY.md
share/doc/vcrypto/doc/bench/*.md
share/doc/vcrypto/doc/bench/data/*.csv
share/doc/vcrypto/doc/bench/*.svg
share/doc/vcrypto/doc/design.md
share/doc/vcrypto/doc/features/vcrypto.ini
share/doc/vcrypto/doc/guide.md
share/doc/vcrypto/doc/operate.md
share/doc/vcrypto/doc/rooms.svg
share/doc/vcrypto/doc/spec.md
share/doc/vcrypto/doc/stability.md
share/doc/vcrypto/doc/testing.md
share/doc/vcrypto/doc/trust.md
share/doc/vcrypto/doc/vcryptod.md
share/doc/vcrypto/doc/vdev.md
share/doc/vcrypto/examples/encrypt_file.c
share/doc/vcrypto/examples/minimal.c
share/doc/vcrypto/examples/sessionless.c
share/doc/vcrypto/examples/sign.c
share/doc/vcrypto/packaging/devices.ini
share/doc/vcryptod/devices.ini
share/man/man1/encrypt_file.1
share/man/man7/vcrypto.7
share/man/man8/vcryptod.8
share/qemu/vhost-user/50-vcryptod.json
""".split()


def shape(want, libdir):
    """A line of WANT as a regular expression, for a path below the prefix."""
    return re.compile(re.escape(re.sub(r'^L/', libdir + '/', want)).replace(r'\*', '[^/]*'))
