# SPDX-License-Identifier: BSD-3-Clause
# What runs in the guest of gateway.sh, which sets secgw and nb_tunnels: ipsec-secgw between two
# namespaces.  host is behind it, and peer is the other end of its tunnels, Linux's IPsec.

. /in/common.sh
. /in/driver.sh
. /in/kernel_common.sh
group="gateway, guest"
ip=/usr/bin/ip
pings=8
function=$FUNCTIONS
eal="--iova-mode=va"

secgw_ready()
{
	grep -q 'entering main loop' "$log" || ! kill -0 $gateway 2>/dev/null
}

# start_secgw NAME CONFIG [OPTION]: its ports go to a namespace each, made ready by esp_peer.
start_secgw()
{
	log=/out/secgw.$1
	# shellcheck disable=SC2046
	$secgw -l 0 $(driver_eal) --vdev net_tap0,iface=outer --vdev net_tap1,iface=inner -- \
		$3 -P -p 0x3 -u 0x1 --config "(0,0,0),(1,0,0)" -f "/in/gateway/$2" \
		>"$log" 2>&1 &
	gateway=$!
	comes_true secgw_ready
	kill -0 $gateway || { tail -n 5 "$log"; return 1; }
	$ip netns add host && $ip netns add peer &&
		$ip link set outer netns peer && $ip link set inner netns host &&
		$ip -netns peer -batch /in/gateway/peer && $ip -netns host -batch /in/gateway/host
}

end_secgw()
{
	kill $gateway
	wait $gateway
	$ip netns del host
	$ip netns del peer
}

# What Linux has refused, by kind.
xfrm_errors()
{
	$ip netns exec peer awk '$2 != 0' /proc/net/xfrm_stat ||
		echo "Linux does not say what it has refused"
}

# tunnel HOST REMOTE: pings of several lengths through it, all answered, none protected wrongly.
tunnel()
{
	local size
	for size in 0 56 700 1200; do
		timeout $program_s $ip netns exec host ping -c $pings -i 0.05 -W 10 -s $size \
			-I "$1" "$2" >/tmp/ping 2>&1
		xfrm_errors >/tmp/errors
		cat /tmp/ping /tmp/errors
		grep -q "^$pings packets transmitted, $pings packets received" /tmp/ping &&
			[ ! -s /tmp/errors ] || return 1
	done
}

# Each state of Linux has had packets: none passed around the tunnels.
every_state_used()
{
	local states used
	$ip -netns peer -s xfrm state >/tmp/states
	states=$(grep -c 'proto esp spi' /tmp/states)
	used=$(grep -cE '\(bytes\), ([0-9]{2,})\(packets\)' /tmp/states)
	echo "$states states, $used used"
	[ "$states" = "$(($(wc -l </in/gateway/pairs) * 2))" ] && [ "$used" = "$states" ]
}

# mode_cases NAME CONFIG OPTION DIRECTIONS: those of each tunnel that have an association of
# the device.
mode_cases()
{
	local name host remote made
	group="gateway, guest, $1"
	made=$(counter sas_created)
	check "ipsec-secgw starts" start_secgw "$(echo "$1" | tr -c 'a-z\n' _)" "$2" "$3"
	while read -r name host remote; do
		check "$name: pings of all lengths" tunnel "$host" "$remote"
	done </in/gateway/pairs
	check "each of Linux's states was used" every_state_used
	check "ipsec-secgw is alive" kill -0 $gateway
	end_secgw
	made=$(($(counter sas_created) - made))
	check "the device has made $(($4 * nb_tunnels)) associations" \
		test $made = $(($4 * nb_tunnels))
}

open_counters || { echo "FAIL $group: no port for the counters"; exit 1; }
# the kernel asks for algorithms as it needs them
echo /bin/modprobe >/proc/sys/kernel/modprobe
modprobe tun && modprobe xfrm_user
mkdir -p /run/netns
mode_cases "legacy mode" config "" 0
mode_cases "library mode" config -l 0
mode_cases "legacy mode, lookaside protocol" config_offload "" 2
mode_cases "library mode, lookaside protocol" config_offload -l 2
dmesg >/out/dmesg
