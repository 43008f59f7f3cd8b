# SPDX-License-Identifier: BSD-3-Clause
# The host takes the function out of the machine while operations run: the kernel removes
# the vDPA device first, and waits for its user.

group="vhost-vdpa, unplugged"
function=$FUNCTIONS vdev_args="" eal=""
make_inputs
make_device
check "addresses of 39 bits" encrypt_one
fails "memory at an address of 40 bits" "outside of what the device .* --base-virtaddr" \
	encrypt_one "" --base-virtaddr=0x8000000000
outage_cases "" removed
check "the driver's lines advise to close and remove, no more" honest
check "the kernel has let go of the function" gone
