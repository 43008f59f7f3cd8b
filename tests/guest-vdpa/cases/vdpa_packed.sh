# SPDX-License-Identifier: BSD-3-Clause
# Packed virtqueues, with one interrupt vector, which is enough for a driver that polls; and a
# second function that has none.

group="vhost-vdpa, packed"
none=${FUNCTIONS% *} function=${FUNCTIONS#* } vdev_args="packed_vq=1" eal=""
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
cat /out/notes
