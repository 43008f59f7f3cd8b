# SPDX-License-Identifier: BSD-3-Clause
# RSA as in rsa.sh, on a newer QEMU.  From some version on its builtin back end offers RSA
# only where it can do raw RSA, for which it needs libgcrypt: Debian's offers none.

rsa_group="RSA, newer QEMU"
rsa_may_lack=yes
. /in/rsa.sh
