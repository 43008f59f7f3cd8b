# SPDX-License-Identifier: BSD-3-Clause
# Secondary processes: registers mapped a second time by vfio-pci.

. /in/common.sh
. /in/procs.sh
function=$FUNCTIONS
group="secondary, vfio-pci"
eal="--iova-mode=va"
procs_cases
