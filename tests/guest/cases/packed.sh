# SPDX-License-Identifier: BSD-3-Clause
# A device that offers packed virtqueues, behind an IOMMU.

. /in/common.sh
. /in/encrypt.sh
. /in/driver.sh
function=$FUNCTIONS
make_inputs

group="packed virtqueue"
eal="--iova-mode=va"
encrypt_command="encrypt_file -l 0 $(driver_eal algos=$extra_algos) --"
check "RING_PACKED is negotiated" negotiated VERSION_1 RING_PACKED
encrypt_cases aes-128-cbc aes-256-ctr
restart_cases
perf_cases

# Lengths of results, which such a device gives without saying so (vq_packed_len).
rsa_group="RSA, packed virtqueue"
rsa_sizes=2048
. /in/rsa.sh
