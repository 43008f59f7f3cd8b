# SPDX-License-Identifier: BSD-3-Clause
# Packed virtqueues, with one interrupt vector, which is enough for a driver that polls; and a
# second function that has none.  A third one does not use the IOMMU.

group="vhost-vdpa, packed"
# shellcheck disable=SC2086
set -- $FUNCTIONS
none=$1 past=$2 function=$3 vdev_args="packed_vq=1" eal=""
make_inputs
make_device
check "RING_PACKED is negotiated" negotiated VERSION_1 ACCESS_PLATFORM RING_PACKED
known_answers "known answers"
known_answers "known answers, notify_area=0" notify_area=0
restart_cases
encrypt_command="encrypt_file -l 0 $(driver_eal) --"
check "after a program was killed in mid-work" after_kill

memory_cases

group="vhost-vdpa, no interrupt vector"
function=$none vdpa_name=none chr=/dev/vhost-vdpa-1
make_device
fails "a start" "does not start .*interrupt vectors" encrypt_one

group="vhost-vdpa, iommu_platform=off"
function=$past vdpa_name=past chr=/dev/vhost-vdpa-2
make_device
fails "a device past the IOMMU is refused" "does not offer ACCESS_PLATFORM" encrypt_one
cat /out/notes
