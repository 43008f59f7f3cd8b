#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Our driver on a function that breaks rules, hostile.py instead of the daemon, in a guest; and
# on the same function, honest and without interrupts, while QEMU takes it out and puts it back.
# One with MSI-X cannot be taken out: QEMU 11.1 aborts.

. "$(dirname "$0")/function.sh"
group="evil"
gone_s=60	# the longest that a server may take to see its client go
require_guest
require_cryptography
socket=$sockets/hostile
check "the hostile function starts" start_daemon "$PEERS_OUT/hostile.log" 'hostile: ready' \
	/usr/bin/python3 "$suite/../hostile.py" "$socket"
out=$PEERS_OUT/guest
{
	echo "hostile=$PEERS_BUILD/tests/guest-vfio-user/hostile"
	cat "$suite/evil_guest.sh"
} >"$out.script"
boot_function "$out" --iommu yes --bind vfio-pci \
	--program "$PEERS_BUILD/tests/guest-vfio-user/hostile"
check "each act of hostile.py was played" test \
	"$(sed -n 's/^act \([1-9][0-9]*\):.*/\1/p' "$PEERS_OUT/hostile.log" | sort -u | wc -l)" = \
	"$(/usr/bin/python3 -B -c "import sys; sys.path.insert(0, '$suite/..'); import hostile
print(len(hostile.ACTS) - 1)")"

group="evil, unplugged"
socket=$sockets/honest
check "the function without interrupts starts" start_daemon "$PEERS_OUT/honest.log" \
	'hostile: ready' /usr/bin/python3 "$suite/../hostile.py" "$socket" no-msix
out=$PEERS_OUT/unplugged
cat "$suite/unplugged_guest.sh" >"$out.script"
boot_function "$out" --iommu yes --bind vfio-pci --device-args bus=port0,id=crypto1 \
	--qemu-arg -device --qemu-arg pcie-root-port,id=port0,chassis=1,slot=1 \
	--when RUNNING --command '{"execute":"device_del","arguments":{"id":"crypto1"}}' \
	--when REPLUG --command "$(plug_command)"
# The server says so after QEMU has ended.
has_said 'client 2 has gone' "$PEERS_OUT/honest.log" "$daemon" $gone_s
check "QEMU has connected twice" test 2 = \
	"$(grep -c 'client [0-9]* has gone' "$PEERS_OUT/honest.log")"
