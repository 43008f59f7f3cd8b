#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The PCI driver in a guest, all of vcryptod behind QEMU's vhost-user-test-device-pci,
# which hands configuration space, features and every virtqueue on: split and packed.
# That device is in QEMU 10.2 and later.

. "$(dirname "$0")/peers.sh"
group=test_device
guest=$top/tests/guest

# boot_cases RING DEVARGS FEATURE.  What the back end offers reaches the guest, whatever
# the function's own properties say: the ring is the driver's choice.
boot_cases()
{
	local ring=$1 out=$PEERS_OUT/$1 code=0
	local properties=vhost-user-test-device-pci,chardev=daemon,virtio-id=20

	properties=$properties,num_vqs=3,vq_size=256,config_size=56
	group="test_device, $ring"
	# This front end takes the protocol feature STATUS and then sets no status.
	check "vcryptod starts" start_vcryptod "$ring-daemon" --queues 2 --features -status
	{
		echo "cross_check=$kat/cross_check kat_runner=$kat/kat_runner"
		echo "ring=$ring devargs=$2 feature=$3"
		cat "$peers/cases/test_device_guest.sh"
	} >"$PEERS_OUT/$ring.script"
	"$guest/boot" --build "$PEERS_BUILD" --script "$PEERS_OUT/$ring.script" --out "$out" \
		--input "$guest/cases/common.sh" --input "$guest/cases/driver.sh" \
		--input "$guest/cases/encrypt.sh" --input "$peers/cases/guest_common.sh" \
		--input "$top/tests/kat/vectors" \
		--program "$kat/cross_check" --program "$kat/kat_runner" --qemu "$qemu" \
		--iommu no --bind uio_pci_generic --memory 1280 \
		--qemu-arg -object \
		--qemu-arg memory-backend-memfd,id=shared,size=1280M,share=on \
		--qemu-arg -machine --qemu-arg memory-backend=shared \
		--qemu-arg -chardev --qemu-arg "socket,id=daemon,path=$socket" \
		--device "$properties" || code=$?
	[ ! -f "$out/log" ] || grep -E '^(PASS|FAIL|NOTE|    )' "$out/log"
	cat "$out/log" "$out/qemu.err" >"$scratch/said" 2>/dev/null
	if [ $code -ge 124 ]; then
		verdict FAIL "the guest ends as it should"
	elif ! grep -qE '^(PASS|FAIL)' "$out/log"; then
		verdict FAIL "a case runs in the guest"
	fi
	cp "$out/qemu.err" "$scratch/complaints"
	check "QEMU has no complaint" test ! -s "$scratch/complaints"
	check "vcryptod has served requests" served "$ring-daemon"
	check "vcryptod ends with 0 after SIGTERM" end_cleanly
}

qemu=$(find_peer_qemu)
if [ ! -f "$kernel_dir/version" ]; then
	skip "no guest kernel (tools/setup fetches it)"
elif [ -z "$qemu" ]; then
	skip "no QEMU with vhost-user-test-device-pci, 10.2 or later (tools/setup --peer-qemu)"
else
	echo "NOTE $group: $("$qemu" --version | head -n 1)"
	boot_cases split packed_vq=0 VERSION_1
	boot_cases packed packed_vq=1 RING_PACKED
fi
