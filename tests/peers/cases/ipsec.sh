#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# ipsec-secgw, DPDK's example, compiled from the unpacked source as it is, on the vdev with
# vcryptod behind it.  Its ports are net_tap interfaces in a network namespace that ends with
# the script; esp_peer.py is at the other end of its tunnels and knows ESP by itself.  At the end
# its ports are files, as tools/bench measures it.

. "$(dirname "$0")/peers.sh"
group=ipsec
source=$dpdk_source_dir/examples/ipsec-secgw
example=$PEERS_OUT/ipsec-secgw
packets=128
algorithms="cbc-sha1 gcm cbc256-sha256 ctr-sha1 null-sha1"
vdev_options=,queues=2

require_source "$source/ipsec-secgw.c"
in_own_network
require_cryptography

# Two directions on one lcore take two queue pairs.
start_example()
{
	# shellcheck disable=SC2046,SC2086
	start_daemon "$PEERS_OUT/$1$offload.log" "entering main loop" "$example" \
		-l 0 $(driver_eal) \
		--vdev net_tap0,iface=outer --vdev net_tap1,iface=inner -- -P -p 0x3 -u 0x1 \
		--config "(0,0,0),(1,0,0)" -f "$PEERS_OUT/$config" $2
}

# tunnel ALGORITHM: every packet is right, and the device has computed them all.
tunnel()
{
	local from to
	from=$(requests daemon "$vcryptod_pid")
	timeout $program_s /usr/bin/python3 "$peers/esp_peer.py" run outer inner "$1" $packets ||
		return 1
	to=$(requests daemon "$vcryptod_pid")
	echo "requests: $from, then $to"
	[ "$to" -ge $((from + 2 * packets)) ]
}

associations_made()
{
	counters daemon "$daemon" | grep " sas_created $associations "
}

mode_cases()
{
	local mode=$1 option=$2 one secgw
	group="ipsec, $mode mode$offload"
	check "ipsec-secgw starts" start_example "$mode" "$option"
	secgw=$daemon
	kill -0 "$secgw" 2>/dev/null || return
	for one in $algorithms; do
		check "$one: packets of all sizes, both ways, no forged one" tunnel "$one"
	done
	check "ipsec-secgw is alive" kill -0 "$secgw"
	kill "$secgw"
	wait "$secgw" 2>/dev/null
}

# The kernel's own packets would be in the way.
echo 1 2>/dev/null >/proc/sys/net/ipv6/conf/default/disable_ipv6
check "ipsec-secgw compiles as it is" compile_example -I"$source/../common" "$source"/*.c
[ -x "$example" ] || exit 0
/usr/bin/python3 "$peers/esp_peer.py" config $algorithms >"$PEERS_OUT/config"
/usr/bin/python3 "$peers/esp_peer.py" config --offload $algorithms >"$PEERS_OUT/config_offload"
check "vcryptod starts" start_vcryptod daemon --queues 2 --sas 64
vcryptod_pid=$daemon
config=config offload=""
mode_cases legacy ""
mode_cases library -l
# The same tunnels as security sessions.
config=config_offload offload=", lookaside protocol"
mode_cases legacy ""
mode_cases library -l
group=ipsec
daemon=$vcryptod_pid
# Both modes with both directions of each tunnel.
associations=$((4 * $(echo $algorithms | wc -w)))
check "these had $associations associations" associations_made
check "vcryptod ends with 0 after SIGTERM" end_cleanly
# What tools/bench --part secgw measures, without measuring it.
if [ ! -f "$PEERS_BUILD/tests/bench/secgw_ports.so" ]; then
	skip "the build has no tests/bench/secgw_ports.so"
elif [ "$(nproc)" -lt 2 ]; then
	skip "what is measured needs two processors"
else
	check "as it is measured, also with crypto_aesni_mb: each packet is sealed, no error" \
		timeout $program_s /usr/bin/python3 "$top/tests/bench/report/secgw.py" \
		"$PEERS_BUILD" "$PEERS_OUT"
fi
