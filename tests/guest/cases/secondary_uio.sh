# SPDX-License-Identifier: BSD-3-Clause
# uio_pci_generic stops a function's DMA when any process lets go of it: a secondary
# process leaves the function alone, and says so.

. /in/common.sh
. /in/procs.sh
function=$FUNCTIONS
group="secondary, uio_pci_generic"
eal=""
procs_cases --refused "bind it to vfio-pci"
