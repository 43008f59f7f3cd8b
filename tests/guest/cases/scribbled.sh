# SPDX-License-Identifier: BSD-3-Clause
# QEMU's device meets an error of its own: it sets NEEDS_RESET and sends its
# configuration interrupt.

. /in/common.sh
. /in/driver.sh
. /in/outage.sh
function=$FUNCTIONS
group="NEEDS_RESET, vfio-pci"
eal="--iova-mode=va --log-level=pmd.crypto.vcrypto:debug"
outage_cases "" scribbled
check "the driver heard it" grep -q "says that something has changed" /out/outage
