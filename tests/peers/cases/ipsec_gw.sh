#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A gateway by security sessions of the vdev, with vcryptod behind it: sa_bridge against
# Linux's own IPsec, all of it in a guest, whose kernel has that.

. "$(dirname "$0")/peers.sh"
group=ipsec_gw
sa_bridge=$PEERS_BUILD/tests/peers/sa_bridge
udp_encap=$PEERS_BUILD/tests/peers/udp_encap
guest_s=900
kinds=${IPSEC_KINDS:-librte_ipsec vcryptod}

xfrm_cases()
{
	local out=$PEERS_OUT/xfrm
	{
		echo "sa_bridge=$sa_bridge udp_encap=$udp_encap vcryptod=$vcryptod kinds='$kinds'"
		echo "only='${IPSEC_SCENES:-*}'"
		cat "$peers/cases/ipsec_gw_guest.sh"
	} >"$out.script"
	# A device must be named; this one has no driver in the guest.
	boot_judged "$out" --program "$sa_bridge" --program "$udp_encap" \
		--program "$vcryptod" --program "$(command -v ip)" --bind none \
		--timeout $guest_s --device virtio-balloon-pci
}

if [ ! -f "$kernel_dir/version" ] || ! command -v qemu-system-x86_64 >/dev/null; then
	skip "no QEMU or no guest kernel (tools/setup fetches them)"
else
	xfrm_cases
fi
