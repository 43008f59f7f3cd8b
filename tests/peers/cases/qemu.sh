#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The PCI driver in a guest, QEMU's virtio-crypto-pci over its vhost-user back end, and
# vcryptod on this machine: AES-CBC, alone and chained with HMAC-SHA1, which QEMU's
# builtin back end cannot do.  Daemon and QEMU have the options that doc/guide.md gives.

. "$(dirname "$0")/peers.sh"
group=qemu

if [ ! -f "$kernel_dir/version" ] || ! command -v qemu-system-x86_64 >/dev/null; then
	skip "no QEMU or no guest kernel (tools/setup fetches them)"
	exit 0
fi
# What QEMU says when a MAC without a cipher is asked of it, which it advertises and does
# not have: true, and no complaint about driver or daemon.
not_about_us="virtio-crypto unsupported ctrl opcode"

check "the guide has the recipe" read_recipe
check "vcryptod starts" start_vcryptod daemon $recipe_daemon
{
	echo "cross_check=$kat/cross_check kat_runner=$kat/kat_runner"
	cat "$peers/cases/qemu_guest.sh"
} >"$PEERS_OUT/guest.script"
# QEMU hands no features of the guest on: no IOMMU, split rings.
boot_recipe "$PEERS_OUT/guest" --input "$guest/cases/driver.sh" \
	--input "$guest/cases/encrypt.sh" --input "$peers/cases/guest_common.sh" \
	--input "$top/tests/kat/vectors" \
	--program "$kat/cross_check" --program "$kat/kat_runner" \
	--bind uio_pci_generic
check "vcryptod has served requests" served daemon
check "vcryptod ends with 0 after SIGTERM" end_cleanly
