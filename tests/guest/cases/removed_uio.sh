# SPDX-License-Identifier: BSD-3-Clause
# The same without asking: uio_pci_generic gives the function away at once, its BARs
# are unmapped under the driver, and EAL puts memory in their place.

. /in/common.sh
. /in/driver.sh
. /in/outage.sh
function=$FUNCTIONS
group="unplugged, uio_pci_generic"
eal=""
outage_cases unmapped
check "the kernel has let go of the function" gone
