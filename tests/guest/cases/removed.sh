# SPDX-License-Identifier: BSD-3-Clause
# The host takes the function out of the machine while operations run.  vfio-pci asks
# its user to let go and waits: the driver hears it from EAL and tells the application.

. /in/common.sh
. /in/driver.sh
. /in/outage.sh
function=$FUNCTIONS
group="unplugged, vfio-pci"
eal="--iova-mode=va"
outage_cases removed
check "the kernel has let go of the function" gone
