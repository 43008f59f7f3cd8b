# SPDX-License-Identifier: BSD-3-Clause
# The host takes the function out of the machine while operations run, and puts it back.
# vfio-pci asks its user to let go and waits: the driver hears it from EAL and tells the
# application.

. /in/common.sh
. /in/driver.sh
. /in/outage.sh
function=$FUNCTIONS
driver=vfio-pci
eal="--iova-mode=va"
unplug_cases removed vfio-pci
