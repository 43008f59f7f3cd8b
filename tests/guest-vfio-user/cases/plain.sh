#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The whole device in a machine without an IOMMU, bound to uio: the layouts that viommu.sh
# leaves out, sessionless operations, memory that is plugged in and taken out while operations
# run; then the daemon is killed, and the function of its next process plugged in beside the
# dead one.  The guest stands still at that moment: QEMU 11.1 itself aborts when its server ends
# with a message unread.

. "$(dirname "$0")/function.sh"
group="plain"
require_guest
# QEMU is told of the connection that ends.
not_about_us="$not_about_us|vfio-user|vfio_user|disconnect|Broken pipe|Connection reset"
not_about_us="$not_about_us|failed to read header: EOF"

# The device's process, which the supervisor replaces.
device_process()
{
	cut -d " " -f 1 "/proc/$daemon/task/$daemon/children"
}

replaced()
{
	comes_true grep 'was killed by SIGKILL: it starts again' "$PEERS_OUT/daemon.log" &&
		[ "$(device_process)" != "$victim" ]
}

check "vcryptod starts" start_function daemon --queues 2
out=$PEERS_OUT/guest
{
	echo "kat_runner=$kat/kat_runner"
	cat "$suite/plain_guest.sh"
} >"$out.script"
add_memory='{"execute":"object-add","arguments":{"qom-type":"memory-backend-memfd",'
add_memory+='"id":"more","size":1073741824,"share":true}}'
add_dimm='{"execute":"device_add","arguments":{"driver":"pc-dimm","id":"dimm","memdev":"more"}}'
remove_dimm='{"execute":"device_del","arguments":{"id":"dimm"}}'
victim=$(device_process)
# Once the device's process has read what QEMU has sent; the guest waits until it is gone.
unread="ss -xH | awk -v path='$socket' 'index(\$0, path) && \$3 > 0'"
kill_it="!while [ -n \"\$($unread)\" ]; do sleep 0.1; done; kill -9 $victim"
kill_it+="; while kill -0 $victim 2>/dev/null; do sleep 0.1; done"
boot_function "$out" --program "$kat/kat_runner" --iommu no --bind uio_pci_generic \
	--memory 1280,slots=2,maxmem=4G \
	--when GROW --command "$add_memory" --when "" --command "$add_dimm" \
	--when SHRINK --command "$remove_dimm" \
	--when "RUNNING removed" --command stop --when "" --command "$kill_it" \
	--when "" --command cont \
	--qemu-arg -device --qemu-arg pcie-root-port,id=port0,chassis=1,slot=1 \
	--when ANOTHER --command "$(plug_command)"
check "vcryptod has served requests" served daemon
check "the device process was killed and replaced" replaced
check "no queue was stopped" no_queue_stopped daemon
check "vcryptod ends with 0 after SIGTERM" eval 'kill $daemon && wait $daemon'
