#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Linux's own driver, virtio_crypto, as the front end of vcryptod: in a guest, behind
# QEMU's vhost-user-test-device-pci, with queues of 256 and of 1024 entries.  The kernel's
# self-tests, AF_ALG and keyrings are the programs.  The guest asks for the device's
# counters in between, over a port of its own: each case proves that it was served.

. "$(dirname "$0")/peers.sh"
group=kernel_driver
af_alg=$PEERS_BUILD/tests/peers/af_alg
guest_s=900		# the longest that a guest may take: a request that is lost hangs it

# boot_cases SIZE: one boot with queues of that many entries.
boot_cases()
{
	local size=$1 out=$PEERS_OUT/$1

	group="kernel_driver, $size entries"
	check "vcryptod starts" start_vcryptod "daemon$size" --queues 2 --features -status
	open_counters_port "daemon$size"
	{
		echo "kernel_group='$group, guest' af_alg=$af_alg"
		cat "$peers/cases/kernel_driver_guest.sh"
	} >"$out.script"
	boot_guest "$out" --input "$peers/cases/kernel_common.sh" --input "$PEERS_OUT/key.pem" \
		--input "$PEERS_OUT/key.pk8" --input "$PEERS_OUT/digest" \
		--program "$af_alg" --program "$(command -v keyctl)" --qemu "$qemu" \
		--bind none --timeout $guest_s --device "$(test_device_line 3 "$size")" \
		"${counters_port[@]}"
	close_counters_port
	check "no queue was stopped" no_queue_stopped "daemon$size"
	check "vcryptod ends with 0 after SIGTERM" end_cleanly
}

qemu=$(find_qemu vhost-user-test-device-pci)
if [ ! -f "$kernel_dir/version" ] || ! command -v keyctl >/dev/null; then
	skip "no guest kernel or no keyctl (tools/setup fetches them)"
elif [ -z "$qemu" ]; then
	skip "no QEMU with vhost-user-test-device-pci, 10.2 or later (tools/setup --peer-qemu)"
elif ! make_key; then
	verdict FAIL "OpenSSL makes a key"
else
	echo "NOTE $group: $("$qemu" --version | head -n 1)"
	boot_cases 256
	boot_cases 1024
fi
