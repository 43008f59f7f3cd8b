# SPDX-License-Identifier: BSD-3-Clause
# What runs in the second guest of evil.sh.

. /in/common.sh
. /in/driver.sh
. /in/outage.sh
function=$FUNCTIONS
driver=vfio-pci
eal="--iova-mode=va"
group="evil, unplugged, guest"
# no driver of the kernel's own takes the function when it comes back
echo 0 >/sys/bus/pci/drivers_autoprobe
outage_cases "" removed replug "$scratch/bound" ctrl_timeout_ms=60000
check "the driver's lines advise to close and remove, no more" honest
