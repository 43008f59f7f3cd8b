# SPDX-License-Identifier: BSD-3-Clause
# What runs in the guest of ipsec_gw.sh, which sets sa_bridge, vcryptod, udp_encap and kinds.
# The namespace host is behind the gateway, sa_bridge is the gateway, and the namespace peer
# is the other end: Linux's own IPsec, by "ip xfrm".

. /in/common.sh
program_s=60
ip=/usr/bin/ip
bytes=262144		# of each bulk transfer
pings=4
memory="--no-huge -m 256 --no-pci --no-telemetry --no-shconf"
key_out=101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f
key_in=303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f
salt_out=a0a1a2a3 salt_in=b0b1b2b3

in_ns()
{
	$ip netns exec "$@"
}

# ---- algorithms: the words of sa_bridge, and those of "ip xfrm state" ----

half()
{
	echo "$1" | cut -c 1-32
}

# bridge_words ALGORITHM KEY SALT
bridge_words()
{
	case $1 in
	gcm) echo "aead=aes-gcm:$(half $2):$3:16" ;;
	ccm) echo "aead=aes-ccm:$(half $2):$(echo $3 | cut -c 1-6):16" ;;
	chacha) echo "aead=chacha20-poly1305:$2:$3:16" ;;
	cbc-sha256) echo "cipher=aes-cbc:$(half $2):16,auth=sha2-256-hmac:$2:16" ;;
	sha256) echo "auth=sha2-256-hmac:$2:16" ;;
	xcbc) echo "auth=aes-xcbc-mac:$(half $2):12" ;;
	esac
}

xfrm_words()
{
	case $1 in
	gcm) echo "aead rfc4106(gcm(aes)) 0x$(half $2)$3 128" ;;
	ccm) echo "aead rfc4309(ccm(aes)) 0x$(half $2)$(echo $3 | cut -c 1-6) 128" ;;
	chacha) echo "aead rfc7539esp(chacha20,poly1305) 0x$2$3 128" ;;
	cbc-sha256) echo "enc cbc(aes) 0x$(half $2) auth-trunc hmac(sha256) 0x$2 128" ;;
	sha256) echo "auth-trunc hmac(sha256) 0x$2 128 flag align4" ;;
	xcbc) echo "auth-trunc xcbc(aes) 0x$(half $2) 96" ;;
	esac
}

# ---- a scene: two namespaces, a bridge ----

# Addresses of host and peer inside, of gateway and peer outside.
choose_addresses()
{
	gate=172.16.0.1 far=172.16.0.2 host_address=10.1.0.1 peer_address=10.2.0.1
	[ "$outer" = 4 ] || gate=fd00::1 far=fd00::2
	[ "$inner" = 4 ] || host_address=fd01::1 peer_address=fd02::1
	[ "$mode" = tunnel ] || host_address=$gate peer_address=$far
	prefix=32
	[ "$inner" = 4 ] || prefix=128
}

# One end's interface: its name, namespace and address, the way to the other one, and an MTU
# that leaves room for what the gateway adds.
set_up_end()
{
	local name=$1 ns=$2 address=$3 other=$4 mtu=$5 nodad=nodad
	[ "${address#*:}" != "$address" ] || nodad=""
	# shellcheck disable=SC2086
	$ip link set "$name" netns "$ns" mtu $mtu multicast off addrgenmode none &&
		in_ns "$ns" $ip link set "$name" up &&
		in_ns "$ns" $ip address add "$address" dev "$name" $nodad &&
		in_ns "$ns" $ip route add "$other" dev "$name"
}

# xfrm DIRECTION SRC DST SPI KEY SALT: the state and the policy for it.
xfrm_state()
{
	local direction=$1 src=$2 dst=$3 spi=$4 key=$5 salt=$6 from=$peer_address to=$host_address
	local more=""
	[ $direction = out ] || from=$host_address to=$peer_address
	[ $esn = no ] || more="flag esn"
	# else it takes packets of the outer version alone
	[ $outer = $inner ] || more="$more flag af-unspec"
	[ $udp = no ] || more="$more encap espinudp 4500 4500 0.0.0.0"
	[ $wrap = no ] || [ $direction = in ] || more="$more replay-oseq 0xfffffe00"
	# shellcheck disable=SC2046,SC2086
	in_ns peer $ip xfrm state add src $src dst $dst proto $proto spi $spi mode $mode \
		replay-window 32 $(xfrm_words $algorithm $key $salt) $more &&
		in_ns peer $ip xfrm policy add src $from/$prefix dst $to/$prefix dir $direction \
			tmpl src $src dst $dst proto $proto mode $mode
}

# The bridge's words for one direction.
bridge_line()
{
	local line="$proto,$mode,spi=$1,src=$2,dst=$3,window=$4"
	[ $esn = no ] || line="$line,esn"
	[ $udp = no ] || line="$line,udp"
	echo "$line,$(bridge_words $algorithm $5 $6)"
}

bridge_ready()
{
	grep -qs 'sa_bridge: ready' /out/bridge.log || ! kill -0 $bridge 2>/dev/null
}

start_bridge()
{
	# shellcheck disable=SC2086
	$sa_bridge -l 0 $memory $device -- $library tin tout \
		"$(bridge_line 1 $gate $far 0 $key_out $salt_out)" \
		"$(bridge_line 2 $far $gate 64 $key_in $salt_in)" >/out/bridge.log 2>&1 &
	bridge=$!
	comes_true bridge_ready
	kill -0 $bridge || { cat /out/bridge.log; return 1; }
}

set_up()
{
	$ip netns add host && $ip netns add peer && in_ns peer $ip link set lo up || return
	start_bridge &&
		set_up_end tin host $host_address $peer_address 1400 &&
		set_up_end tout peer $far $host_address 1600 || return
	if [ $mode = tunnel ]; then
		in_ns peer $ip address add $peer_address dev lo &&
			in_ns peer $ip route add $gate dev tout &&
			in_ns peer $ip route replace $host_address dev tout src $peer_address \
				mtu 1400 || return
	fi
	xfrm_state out $far $gate 2 $key_in $salt_in &&
		xfrm_state in $gate $far 1 $key_out $salt_out || return
	[ $udp = no ] || start_udp || return
	ready=yes
}

start_udp()
{
	in_ns peer $udp_encap 4500 >/tmp/udp.log 2>&1 &
	helper=$!
	comes_true grep -q ready /tmp/udp.log
}

# ends the bridge: exit code 0, and everything that it made is gone.
tear_down()
{
	local code=0
	[ $udp = no ] || kill $helper
	kill $bridge
	wait $bridge || code=$?
	[ $code = 0 ] || tail -n 5 /out/bridge.log
	$ip netns del host
	$ip netns del peer
	return $code
}

# ---- what is proved ----

counter_line()
{
	[ "$(grep -c '^out ' /out/bridge.log)" -gt "$1" ]
}

# The bridge's counters: sets out, out_refused, in, in_refused.
ask_bridge()
{
	local before
	before=$(grep -c '^out ' /out/bridge.log)
	kill -USR1 $bridge && comes_true counter_line "$before" || return
	set -- $(grep '^out ' /out/bridge.log | tail -n 1)
	echo "bridge: $*"
	out=$2 out_refused=$4 in=$8 in_refused=${10}
}

# xfrm_count NAME: of Linux's statistics.
xfrm_count()
{
	in_ns peer awk -v name="$1" '$1 == name { print $2 }' /proc/net/xfrm_stat
}

ping_host()
{
	# shellcheck disable=SC2086
	timeout $program_s $ip netns exec host ping -c $pings -i 0.2 -W 10 $1 $peer_address \
		>/tmp/ping 2>&1
	cat /tmp/ping
	grep -q "^$pings packets transmitted, $pings packets received" /tmp/ping &&
		! grep -q DUP /tmp/ping
}

# What tells where a packet was lost.
diagnose()
{
	ask_bridge
	{
		echo "$group"
		in_ns peer cat /proc/net/xfrm_stat /proc/net/snmp
		in_ns peer $ip -s xfrm state
		in_ns peer $ip -s xfrm policy
		in_ns peer $ip route
		in_ns peer $ip -6 route
		in_ns peer $ip -s link
		in_ns host $ip -s link
	} >>/out/diagnosis 2>&1
	in_ns peer grep -v '\b0$' /proc/net/xfrm_stat
	false
}

pings_pass()
{
	ping_both || diagnose
}

ping_both()
{
	ping_host "-s 56" && ping_host "-s 1300" && ask_bridge &&
		[ "$out" -ge $((2 * pings)) ] && [ "$in" -ge $((2 * pings)) ] &&
		[ "$out_refused" = 0 ] && [ "$in_refused" = 0 ]
}

# bulk FROM TO ADDRESS: a stream of TCP, compared by its sum.
bulk()
{
	local listener code=0
	# nc goes once its input ends
	in_ns "$2" nc -l -p 5000 <&9 >/tmp/got &
	listener=$!
	comes_true listening "$2"
	timeout $program_s $ip netns exec "$1" nc $3 5000 </tmp/data || code=$?
	wait $listener
	cmp /tmp/data /tmp/got && [ $code = 0 ]
}

listening()
{
	in_ns "$1" netstat -ltn | grep -q ':5000 '
}

bulk_passes()
{
	bulk host peer $peer_address && bulk peer host $host_address && ask_bridge &&
		[ "$out" -gt $((bytes / 1400)) ] && [ "$in" -gt $((bytes / 1400)) ] &&
		[ "$out_refused" = 0 ] && [ "$in_refused" = 0 ]
}

# Each packet of the wire thrice wrong: a corrupted and a truncated copy first, it a second time
# after it.  Both sides refuse each of these, and answer each ping once.
forged_are_refused()
{
	local outs ins bad replays answered
	ask_bridge || return
	outs=$out ins=$in bad=$(xfrm_count XfrmInStateProtoError)
	replays=$(xfrm_count XfrmInStateSeqError)
	kill -USR2 $bridge
	ping_host "-s 200"
	answered=$?
	ask_bridge || return
	outs=$((out - outs)) ins=$((in - ins))
	bad=$(($(xfrm_count XfrmInStateProtoError) - bad))
	replays=$(($(xfrm_count XfrmInStateSeqError) - replays))
	echo "xfrm: $bad with a wrong ICV, $replays replayed, of $outs"
	[ $answered = 0 ] && [ $outs -ge $pings ] && [ $ins -ge $pings ] &&
		[ "$in_refused" = $((3 * ins)) ] &&
		[ "$out_refused" = 0 ] && [ $bad = $((2 * outs)) ] && [ $replays = $outs ]
}

# scene NAME MODE PROTO OUTER INNER ALGORITHM [esn] [udp] [wrap]
scene()
{
	local name=$1
	# shellcheck disable=SC2254
	case $name in $only) ;; *) return ;; esac
	mode=$2 proto=$3 outer=$4 inner=$5 algorithm=$6 esn=no udp=no wrap=no
	shift 6
	for word in "$@"; do
		eval "$word=yes"
	done
	choose_addresses
	group="ipsec_gw, $kind, $name"
	ready=no
	check "the gateway and xfrm are set up" set_up
	if [ $ready = yes ]; then
		check "pings of two lengths" pings_pass
		if ping_host "-s 56" >/dev/null; then
			check "$((bytes / 1024)) KiB both ways" bulk_passes
			check "corrupted, truncated, replayed: refused by each side" \
				forged_are_refused
		fi
	fi
	check "the gateway ends with 0" tear_down
	mv /out/bridge.log "/out/bridge.$kind.$(echo "$name" | tr ' ,' '__')"
}

esp_scenes()
{
	scene "tunnel GCM" tunnel esp 4 4 gcm
	scene "tunnel CBC-SHA256" tunnel esp 4 4 cbc-sha256
	scene "transport GCM" transport esp 4 4 gcm
	scene "transport CBC-SHA256, ESN" transport esp 4 4 cbc-sha256 esn
	scene "tunnel GCM, ESN over 2^32" tunnel esp 4 4 gcm esn wrap
	scene "tunnel v6 in v6 CBC-SHA256" tunnel esp 6 6 cbc-sha256
}

# What librte_ipsec does not have.
more_scenes()
{
	scene "UDP tunnel GCM" tunnel esp 4 4 gcm udp
	scene "UDP transport CBC-SHA256, ESN" transport esp 4 4 cbc-sha256 udp esn
	scene "tunnel v4 in v6 GCM, ESN" tunnel esp 6 4 gcm esn
	scene "tunnel v6 in v4 CCM" tunnel esp 4 6 ccm
	scene "transport v6 ChaCha20-Poly1305" transport esp 6 6 chacha
	scene "AH tunnel SHA256" tunnel ah 4 4 sha256
	scene "AH transport SHA256, ESN" transport ah 4 4 sha256 esn
	scene "AH transport v6 XCBC" transport ah 6 6 xcbc
}

ends_cleanly()
{
	kill $daemon && wait $daemon && ! grep 'it starts again' /out/vcryptod.log
}

group="ipsec_gw, guest" daemon=""
# the kernel asks for algorithms and protocols as it needs them
echo /bin/modprobe >/proc/sys/kernel/modprobe
modprobe tun && modprobe xfrm_user
mkdir -p /tmp/work /run/netns
mkfifo /tmp/open
exec 9<>/tmp/open
head -c $bytes /dev/urandom >/tmp/data
for kind in $kinds; do
	library="" device="--vdev crypto_openssl0"
	case $kind in
	librte_ipsec) library=--library ;;
	*)
		$vcryptod --socket /run/vcryptod --sas 64 >/out/vcryptod.log 2>&1 &
		daemon=$!
		comes_true grep -q ': ready: ' /out/vcryptod.log
		device="-d $PLUGIN"
		device="$device --vdev crypto_virtio_user0,path=/run/vcryptod,ctrl_timeout_ms=60000"
		;;
	esac
	esp_scenes
	[ $kind = librte_ipsec ] || more_scenes
done
# Each packet of these scenes went through the device, and each association is gone.
if [ -n "$daemon" ]; then
	group="ipsec_gw, guest"
	kill -USR1 $daemon
	check "vcryptod has served, and has no association left" \
		comes_true grep ': requests [1-9].* sas 0 sas_created [1-9]' /out/vcryptod.log
	check "vcryptod ends with 0 after SIGTERM" ends_cleanly
fi
dmesg >/out/dmesg
