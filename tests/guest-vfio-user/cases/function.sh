# SPDX-License-Identifier: BSD-3-Clause
# What the groups share (sourced, bash): a daemon or another server that listens as vfio-user,
# and a guest with its function.  run sets PEERS_BUILD and PEERS_OUT.

suite=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$suite/../../peers/cases/peers.sh"
guest_s=900	# the longest that a guest may take: what is lost hangs it
# QEMU says so of each vfio-user-pci.
not_about_us="Could not enable error recovery for the device"

# The group ends here, with the reason, where no guest can have such a function.
require_guest()
{
	qemu=$(find_qemu vfio-user-pci)
	if [ ! -f "$kernel_dir/version" ]; then
		skip "no guest kernel (tools/setup fetches it)"
		exit 0
	elif [ -z "$qemu" ]; then
		skip "no QEMU with vfio-user-pci, 10.1 or later (tools/setup --peer-qemu)"
		exit 0
	fi
}

# start_function NAME [OPTION...]: vcryptod as a PCI function at $socket.
start_function()
{
	local name=$1
	shift
	socket=$sockets/$name
	start_daemon "$PEERS_OUT/$name.log" ': ready: ' "$vcryptod" --vfio-user "$socket" "$@"
}

# boot_function OUT ARGUMENT...: a guest that runs OUT.script and has the function at $socket.
boot_function()
{
	local out=$1
	shift
	boot_judged "$out" --input "$guest/cases/driver.sh" --input "$guest/cases/encrypt.sh" \
		--input "$guest/cases/outage.sh" --input "$guest/cases/procs.sh" \
		--input "$peers/cases/guest_common.sh" --input "$suite/services.sh" \
		--input "$top/tests/kat/vectors" --input "$top/tests/kat/asym/vectors" \
		--qemu "$qemu" --timeout $guest_s --vfio-user "$socket" "$@"
}

# QMP's device_add of the function at $socket, at the root port port0.
plug_command()
{
	printf '{"execute":"device_add","arguments":%s}' "{\"driver\":\"vfio-user-pci\",$(
		)\"rombar\":0,\"id\":\"crypto1\",\"bus\":\"port0\",$(
		)\"socket\":{\"type\":\"unix\",\"path\":\"$socket\"}}"
}
