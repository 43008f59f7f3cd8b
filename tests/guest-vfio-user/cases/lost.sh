#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Resets, losses and recovery on a PCI function: the driver resets the device and its queues
# in the middle of operations, the device fails, the guest's kernel removes the function.
# QEMU's device_del is not tried: QEMU 11.1 aborts when a vfio-user function with MSI-X leaves.

. "$(dirname "$0")/function.sh"
group="lost"
require_guest
check "vcryptod starts" start_function daemon --queues 2
out=$PEERS_OUT/guest
cat "$suite/lost_guest.sh" >"$out.script"
boot_function "$out" --iommu yes --bind vfio-pci
check "vcryptod has served requests" served daemon
check "vcryptod ends with 0 after SIGTERM" end_cleanly
