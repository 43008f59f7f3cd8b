# SPDX-License-Identifier: BSD-3-Clause
# RSA as in rsa.sh, on QEMU's back end lkcf.  It gives private keys to the kernel of the
# machine, and computes by itself what that kernel does not take.

rsa_group="RSA, lkcf"
rsa_minimum=$lkcf_minimum	# no symmetric service: nothing to mix RSA with
. /in/rsa.sh
