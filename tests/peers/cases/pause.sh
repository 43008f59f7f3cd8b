#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The PCI driver in a guest and vcryptod on this machine, while QEMU stops and continues the
# guest, and resets it, with operations in flight: behind QEMU's cryptodev-vhost-user and
# behind vhost-user-test-device-pci.

. "$(dirname "$0")/peers.sh"
group=pause

if [ ! -f "$kernel_dir/version" ] || ! command -v qemu-system-x86_64 >/dev/null; then
	skip "no QEMU or no guest kernel (tools/setup fetches them)"
	exit 0
fi

# What the monitor does.  A stopped guest writes nothing: what is found after "cont" shows
# that it goes on.  A function that is new in the machine tells the guest that all is done,
# and once more, after its reset, that it has been reset.
plan()
{
	tell=(--when RUNNING --command stop --when "" --command "info status")
	for _ in 1 2 3; do
		tell+=(--when "" --command cont --when MORE --command "info status"
			--when MORE --command stop --when "" --command "info status")
	done
	tell+=(--when "" --command cont --when MORE --command "info status"
		--when MORE --command "device_add virtio-rng-pci,bus=mark,id=done"
		--when RUNNING --command "info status" --when MORE --command system_reset)
}

# boot_cases NAME DAEMON-FEATURES QEMU ARGUMENT...
boot_cases()
{
	local name=$1 features=$2 program=$3 out=$PEERS_OUT/$1 paused
	shift 3
	group="pause, $name"
	check "vcryptod starts" start_vcryptod "$name-daemon" --features "$features"
	{
		echo "name='$name'"
		cat "$peers/cases/pause_guest.sh"
	} >"$out.script"
	plan
	boot_guest "$out" --input "$guest/cases/driver.sh" \
		--input "$guest/cases/encrypt.sh" --input "$guest/cases/outage.sh" \
		--bind uio_pci_generic --qemu "$program" --reboot yes --timeout $program_s \
		--qemu-arg -device --qemu-arg pcie-root-port,id=mark,chassis=9,slot=9 \
		"${tell[@]}" "$@"
	paused=$(grep -c 'VM status: paused' "$out/monitor")
	check "the guest was stopped four times" test "$paused" = 4
	check "the guest was reset" test "$(grep -c '^RUNNING' "$out/log")" = 2 \
		-a "$(grep -c 'system_reset' "$out/monitor")" -ge 1
	check "vcryptod has served requests" served "$name-daemon"
	check "no queue was stopped" no_queue_stopped "$name-daemon"
	check "vcryptod ends with 0 after SIGTERM" end_cleanly
}

# QEMU warns of a back end with a configuration space, which it would not ask for.
boot_cases cryptodev-vhost-user -config qemu-system-x86_64 \
	--qemu-arg -object --qemu-arg cryptodev-vhost-user,id=backend,chardev=daemon \
	--device virtio-crypto-pci,cryptodev=backend
group=pause
newer=$(find_qemu vhost-user-test-device-pci)
if [ -z "$newer" ]; then
	skip "no QEMU with vhost-user-test-device-pci, 10.2 or later (tools/setup --peer-qemu)"
	exit 0
fi
boot_cases test-device -status "$newer" --device "$(test_device_line 2 256)"
