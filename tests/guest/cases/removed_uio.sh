# SPDX-License-Identifier: BSD-3-Clause
# The same without asking: uio_pci_generic gives the function away at once, its BARs
# are unmapped under the driver, and EAL puts memory in their place.

. /in/common.sh
. /in/driver.sh
. /in/outage.sh
function=$FUNCTIONS
driver=uio_pci_generic
eal=""
unplug_cases unmapped uio_pci_generic
