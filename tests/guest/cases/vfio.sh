# SPDX-License-Identifier: BSD-3-Clause
# vfio-pci behind an IOMMU, iommu_platform=on, IOVA as virtual addresses: every cipher.

. /in/common.sh
. /in/encrypt.sh
. /in/driver.sh
function=$FUNCTIONS

group="vfio-pci, IOVA VA"
eal="--iova-mode=va"
encrypt_command="encrypt_file -l 0 $(driver_eal algos=$extra_algos) --"
encrypt_cases $ciphers
