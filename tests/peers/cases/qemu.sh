#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The PCI driver in a guest, QEMU's virtio-crypto-pci over its vhost-user back end, and
# vcryptod on this machine: AES-CBC, alone and chained with HMAC-SHA1, which QEMU's
# builtin back end cannot do.

. "$(dirname "$0")/peers.sh"
group=qemu
guest=$top/tests/guest

if [ ! -f "$kernel_dir/version" ] || ! command -v qemu-system-x86_64 >/dev/null; then
	skip "no QEMU or no guest kernel (tools/setup fetches them)"
	exit 0
fi
# What QEMU says when a MAC without a cipher is asked of it, which it advertises and does
# not have: true, and no complaint about driver or daemon.
not_about_us="virtio-crypto unsupported ctrl opcode"

# QEMU warns of a back end with a configuration space, which it would not ask for.
check "vcryptod starts" start_vcryptod daemon --features -config
{
	echo "cross_check=$kat/cross_check kat_runner=$kat/kat_runner"
	cat "$peers/cases/qemu_guest.sh"
} >"$PEERS_OUT/script"
code=0
# QEMU hands no features of the guest on: no IOMMU, split rings.
"$guest/boot" --build "$PEERS_BUILD" --script "$PEERS_OUT/script" --out "$PEERS_OUT/guest" \
	--input "$guest/cases/common.sh" --input "$guest/cases/driver.sh" \
	--input "$guest/cases/encrypt.sh" --input "$peers/cases/guest_common.sh" \
	--input "$top/tests/kat/vectors" \
	--program "$kat/cross_check" --program "$kat/kat_runner" \
	--iommu no --bind uio_pci_generic --memory 1280 \
	--qemu-arg -object --qemu-arg memory-backend-memfd,id=shared,size=1280M,share=on \
	--qemu-arg -machine --qemu-arg memory-backend=shared \
	--qemu-arg -chardev --qemu-arg "socket,id=daemon,path=$socket" \
	--qemu-arg -object --qemu-arg cryptodev-vhost-user,id=backend,chardev=daemon \
	--device virtio-crypto-pci,cryptodev=backend || code=$?
[ ! -f "$PEERS_OUT/guest/log" ] || grep -E '^(PASS|FAIL|NOTE|    )' "$PEERS_OUT/guest/log"
cp "$PEERS_OUT/guest/log" "$scratch/said" 2>/dev/null
if [ $code -ge 124 ]; then
	verdict FAIL "the guest ends as it should"
elif ! grep -qE '^(PASS|FAIL)' "$PEERS_OUT/guest/log"; then
	verdict FAIL "a case runs in the guest"
fi
grep -vE "$not_about_us" "$PEERS_OUT/guest/qemu.err" >"$scratch/complaints"
check "QEMU has no complaint" test ! -s "$scratch/complaints"
check "vcryptod has served requests" served daemon
check "vcryptod ends with 0 after SIGTERM" end_cleanly
