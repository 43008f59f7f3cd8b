#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The whole device behind a vIOMMU: Linux's own driver first, whose every request is mapped
# and unmapped for the device, then our driver by vfio-pci with every service, on each layout
# of rings, and security associations made on the administration queue, with Linux's IPsec at
# the other end.

. "$(dirname "$0")/function.sh"
af_alg=$PEERS_BUILD/tests/peers/af_alg
group="viommu"
require_guest
if ! command -v keyctl >/dev/null || ! make_key; then
	skip "no keyctl, or OpenSSL makes no key"
	exit 0
fi
judge=$guest/judge.py
associations=9	# of show one, and two of each scene of ipsec_gw_guest.sh that is run
mkdir -p "$PEERS_OUT/show"
if ! association=$(/usr/bin/python3 "$judge" make "$PEERS_OUT/show"); then
	skip "no python3-cryptography (tools/setup installs it)"
	exit 0
fi
echo "NOTE $group: $("$qemu" --version | head -n 1)"
check "vcryptod starts" start_function daemon --queues 2 --sas 64
open_counters_port daemon
out=$PEERS_OUT/guest
{
	echo "kernel_group='viommu, Linux, guest' af_alg=$af_alg"
	cat "$peers/cases/kernel_driver_guest.sh"
	echo "kat_runner=$kat/kat_runner"
	echo "association=$association"
	cat "$suite/viommu_guest.sh"
	echo "sa_bridge=$PEERS_BUILD/tests/peers/sa_bridge kinds=function only='t*GCM*'"
	cat "$peers/cases/ipsec_gw_guest.sh"
} >"$out.script"
boot_function "$out" --input "$peers/cases/kernel_common.sh" --input "$PEERS_OUT/key.pem" \
	--input "$PEERS_OUT/key.pk8" --input "$PEERS_OUT/digest" --program "$af_alg" \
	--program "$(command -v keyctl)" --program "$kat/kat_runner" --program "$(command -v ip)" \
	--program "$PEERS_BUILD/tests/peers/sa_bridge" --iommu yes --bind none \
	--input "$PEERS_OUT/show" "${counters_port[@]}"
close_counters_port
check "AES-GCM, RSA and ESP of the guest are right on the host" \
	/usr/bin/python3 "$judge" check "$PEERS_OUT/show" "$out/files"
check "vcryptod has served requests" served daemon
check "no queue was stopped" no_queue_stopped daemon
check "no association is left" grep -q " sas 0 sas_created $associations " \
	"$PEERS_OUT/daemon.log"
check "vcryptod ends with 0 after SIGTERM" end_cleanly
