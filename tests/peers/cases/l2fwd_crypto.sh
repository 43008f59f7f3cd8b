#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# dpdk-l2fwd-crypto, DPDK's example, compiled from the unpacked source as it is, on the vdev
# with vcryptod behind it.  It wants a device for each port.  These are net_tap interfaces in
# a network namespace that ends with the script; l2fwd_peer.py has the other ends and opens what
# comes by OpenSSL.

. "$(dirname "$0")/peers.sh"
group=l2fwd_crypto
source=$dpdk_source_dir/examples/l2fwd-crypto
example=$PEERS_OUT/l2fwd-crypto
peer=$peers/l2fwd_peer.py
frames=128
patience=ctrl_timeout_ms=60000
ways="cbc cbc-open cbc-sha1 cbc-sha1-open sha256 gcm gcm-open"

require_source "$source/main.c"
in_own_network
require_cryptography

# start_example WAY: both ports on one lcore, without statistics, MAC addresses as they come.
start_example()
{
	# shellcheck disable=SC2046,SC2086
	start_daemon "$PEERS_OUT/$1.log" "entering main loop" "$example" -l 0 $memory $eal \
		-d "$PLUGIN" \
		--vdev "crypto_virtio_user0,path=${socket_of[first]},$patience" \
		--vdev "crypto_virtio_user1,path=${socket_of[second]},$patience" \
		--vdev net_tap0,iface=first --vdev net_tap1,iface=second -- \
		-p 0x3 -q 2 -T 0 --no-mac-updating --cdev_type ANY \
		$(/usr/bin/python3 "$peer" options "$1")
}

# forwarded WAY: each frame is right, and each device has computed those of its port.
forwarded()
{
	local first second
	first=$(requests_of first) second=$(requests_of second)
	timeout $program_s /usr/bin/python3 "$peer" run first second "$1" $frames || return 1
	first=$(($(requests_of first) - first)) second=$(($(requests_of second) - second))
	echo "requests: $first and $second"
	[ $first -ge $frames ] && [ $second -ge $frames ]
}

# The kernel's own frames would be in the way.
echo 1 2>/dev/null >/proc/sys/net/ipv6/conf/default/disable_ipv6
check "l2fwd-crypto compiles as it is" compile_example "$source"/*.c -lrte_crypto_scheduler
[ -x "$example" ] || exit 0
start_pair
for way in $ways; do
	check "l2fwd-crypto starts, $way" start_example "$way"
	one=$daemon
	kill -0 "$one" 2>/dev/null || continue
	check "$way: frames of all sizes, both ways" forwarded "$way"
	check "l2fwd-crypto is alive" kill -0 "$one"
	kill "$one"
	wait "$one" 2>/dev/null
done
end_pair
