#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# ipsec-secgw, DPDK's example as it is, on the PCI function in a guest.  Its ports are net_tap
# interfaces of the guest, and Linux's own IPsec is at the other end of its tunnels.

. "$(dirname "$0")/function.sh"
group=gateway
source=$dpdk_source_dir/examples/ipsec-secgw
example=$PEERS_OUT/ipsec-secgw
esp_peer="/usr/bin/python3 $peers/esp_peer.py"
algorithms="cbc-sha1 gcm cbc256-sha256 ctr-sha1 null-sha1"
require_guest
require_source "$source/ipsec-secgw.c"
require_cryptography
check "ipsec-secgw compiles as it is" compile_example -I"$source/../common" "$source"/*.c
[ -x "$example" ] || exit 0
mkdir -p "$PEERS_OUT/gateway"
for end in host peer; do
	$esp_peer xfrm $end $algorithms >"$PEERS_OUT/gateway/$end"
done
$esp_peer pairs $algorithms >"$PEERS_OUT/gateway/pairs"
$esp_peer config $algorithms >"$PEERS_OUT/gateway/config"
$esp_peer config --offload $algorithms >"$PEERS_OUT/gateway/config_offload"
check "vcryptod starts" start_function daemon --queues 2 --sas 64
open_counters_port daemon
out=$PEERS_OUT/guest
{
	echo "secgw=$example nb_tunnels=$(echo $algorithms | wc -w)"
	cat "$suite/gateway_guest.sh"
} >"$out.script"
tap=$(pkg-config --variable=libdir libdpdk)/dpdk
boot_function "$out" --program "$example" --program "$(echo "$tap"/pmds-*/librte_net_tap.so)" \
	--program "$(command -v ip)" --input "$PEERS_OUT/gateway" \
	--input "$peers/cases/kernel_common.sh" --iommu yes --bind vfio-pci "${counters_port[@]}"
close_counters_port
check "vcryptod has served requests" served daemon
check "no queue was stopped" no_queue_stopped daemon
check "vcryptod ends with 0 after SIGTERM" end_cleanly
