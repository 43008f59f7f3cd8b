#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The PCI driver in a guest, all of vcryptod behind QEMU's vhost-user-test-device-pci,
# which hands configuration space, features and every virtqueue on: split and packed.
# That device is in QEMU 10.2 and later.

. "$(dirname "$0")/peers.sh"
group=test_device

# The packed boot has its memory in more pieces than one message of vhost-user names.
#
# boot_cases RING DEVARGS FEATURE.  What the back end offers reaches the guest, whatever
# the function's own properties say: the ring is the driver's choice.
boot_cases()
{
	local ring=$1 out=$PEERS_OUT/$1
	group="test_device, $ring"
	check "vcryptod starts" start_vcryptod "$ring-daemon" --queues 2 --features -status
	{
		echo "cross_check=$kat/cross_check kat_runner=$kat/kat_runner"
		echo "ring=$ring devargs=$2 feature=$3"
		cat "$peers/cases/test_device_guest.sh"
	} >"$out.script"
	boot_guest "$out" --input "$guest/cases/driver.sh" \
		--input "$guest/cases/encrypt.sh" --input "$peers/cases/guest_common.sh" \
		--input "$top/tests/kat/vectors" \
		--program "$kat/cross_check" --program "$kat/kat_runner" --qemu "$qemu" \
		--bind uio_pci_generic --device "$(test_device_line 3 256)"
	check "vcryptod has served requests" served "$ring-daemon"
	check "vcryptod ends with 0 after SIGTERM" end_cleanly
}

qemu=$(find_qemu vhost-user-test-device-pci)
if [ ! -f "$kernel_dir/version" ]; then
	skip "no guest kernel (tools/setup fetches it)"
elif [ -z "$qemu" ]; then
	skip "no QEMU with vhost-user-test-device-pci, 10.2 or later (tools/setup --peer-qemu)"
else
	echo "NOTE $group: $("$qemu" --version | head -n 1)"
	boot_cases split packed_vq=0 VERSION_1
	guest_nodes=10
	boot_cases packed packed_vq=1 RING_PACKED
fi
