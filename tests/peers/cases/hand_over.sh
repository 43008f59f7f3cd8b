#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Linux's own driver, virtio_crypto, has the function first and hands it over to ours, and
# back: in a guest with a vIOMMU, on QEMU's vhost-user back end with vcryptod behind it, as
# doc/guide.md says.  The guest asks for the device's counters in between, so that each
# case proves who was served.

. "$(dirname "$0")/peers.sh"
group=hand_over
af_alg=$PEERS_BUILD/tests/peers/af_alg
guest_s=900		# the longest that a guest may take: a request that is lost hangs it

if [ ! -f "$kernel_dir/version" ] || ! command -v qemu-system-x86_64 >/dev/null; then
	skip "no QEMU or no guest kernel (tools/setup fetches them)"
	exit 0
fi
echo "NOTE $group: $(qemu-system-x86_64 --version | head -n 1)"
check "the guide has the recipe" read_recipe
check "vcryptod starts" start_vcryptod daemon $recipe_daemon
open_counters_port daemon
{
	echo "af_alg=$af_alg"
	cat "$peers/cases/hand_over_guest.sh"
} >"$PEERS_OUT/guest.script"
boot_recipe "$PEERS_OUT/guest" --input "$guest/cases/driver.sh" \
	--input "$guest/cases/encrypt.sh" --input "$peers/cases/kernel_common.sh" \
	--program "$af_alg" --iommu yes --bind none --timeout $guest_s "${counters_port[@]}"
close_counters_port
check "no queue was stopped" no_queue_stopped daemon
check "vcryptod ends with 0 after SIGTERM" end_cleanly
