# SPDX-License-Identifier: BSD-3-Clause
# What runs in the guest of ipsec_gw.sh, which sets sa_bridge, vcryptod, udp_encap and kinds
# (librte_ipsec; vcryptod, by the vdev; function: the PCI function that the guest has).
# A scene has two namespaces: hostN is behind the gateway, peerN is the other end, Linux's own
# IPsec, by "ip xfrm".  One sa_bridge is the gateway of all scenes, as a start of EAL takes longer
# in a guest than what a scene proves.

. /in/common.sh
program_s=180		# a start of EAL has been seen to take 25 s here
ip=/usr/bin/ip
bytes=262144		# of each bulk transfer
pings=4
# the sequence number that Linux begins with where ESN has to go over 2^32: too few packets for
# the first transfer, and lower than a window of 64 before 2^32, which a first packet's upper half
# would be guessed wrong from
before_wrap=0xffffffa0
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
	ctr-sha256) echo "cipher=aes-ctr:$(half $2):16,auth=sha2-256-hmac:$2:16,salt=$3" ;;
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
	ctr-sha256) echo "enc rfc3686(ctr(aes)) 0x$(half $2)$3 auth-trunc hmac(sha256) 0x$2 128" ;;
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

# An address of IPv6 is no source for a route until its DAD has ended, on lo too.
address_line()
{
	local nodad=nodad
	[ "${1#*:}" != "$1" ] || nodad=""
	echo "address add $1 dev $2 $nodad"
}

# The lines of "ip -batch" for one end: its interface's name and address, the way to the other
# one, and an MTU that leaves room for what the gateway adds.
end_lines()
{
	local name=$1 address=$2 other=$3 mtu=$4
	echo "link set $name mtu $mtu multicast off addrgenmode none"
	echo "link set $name up"
	address_line $address $name
	echo "route add $other dev $name"
}

# xfrm_lines DIRECTION SRC DST SPI KEY SALT: the state and the policy for it.
xfrm_lines()
{
	local direction=$1 src=$2 dst=$3 spi=$4 key=$5 salt=$6 from=$peer_address to=$host_address
	local more=""
	[ $direction = out ] || from=$host_address to=$peer_address
	[ $esn = no ] || more="flag esn"
	# else it takes packets of the outer version alone
	[ $outer = $inner ] || more="$more flag af-unspec"
	[ $udp = no ] || more="$more encap espinudp 4500 4500 0.0.0.0"
	[ $wrap = no ] || [ $direction = in ] || more="$more replay-oseq $before_wrap"
	echo "xfrm state add src $src dst $dst proto $proto spi $spi mode $mode" \
		"replay-window 32 $(xfrm_words $algorithm $key $salt) $more"
	echo "xfrm policy add src $from/$prefix dst $to/$prefix dir $direction" \
		"tmpl src $src dst $dst proto $proto mode $mode"
}

peer_lines()
{
	end_lines tout$number $far $host_address 1600
	if [ $mode = tunnel ]; then
		address_line $peer_address lo
		echo "route add $gate dev tout$number"
		echo "route replace $host_address dev tout$number src $peer_address mtu 1400"
	fi
	xfrm_lines out $far $gate 2 $key_in $salt_in
	xfrm_lines in $gate $far 1 $key_out $salt_out
}

# Both ends of a scene.
set_up()
{
	$ip netns add $host && $ip netns add $peer || return
	{
		echo "link set tin$number netns $host"
		echo "link set tout$number netns $peer"
	} | $ip -batch - || return
	end_lines tin$number $host_address $peer_address 1400 | $ip -netns $host -batch - ||
		return
	{
		echo "link set lo up"
		peer_lines
	} | $ip -netns $peer -batch - || return
	[ $udp = no ] || start_udp
}

start_udp()
{
	in_ns $peer $udp_encap 4500 >/tmp/udp$number.log 2>&1 &
	helpers="$helpers $!"
	comes_true grep -q ready /tmp/udp$number.log
}

# ---- the gateway of all scenes ----

# The bridge's words for one direction.
bridge_line()
{
	local line="$proto,$mode,spi=$1,src=$2,dst=$3,window=$4"
	[ $esn = no ] || line="$line,esn"
	[ $udp = no ] || line="$line,udp"
	echo "$line,$(bridge_words $algorithm $5 $6)"
}

add_pair()
{
	pairs="$pairs tin$number tout$number $(bridge_line 1 $gate $far 0 $key_out $salt_out)"
	pairs="$pairs $(bridge_line 2 $far $gate 64 $key_in $salt_in)"
}

bridge_ready()
{
	grep -qs 'sa_bridge: ready' "$log" || ! kill -0 $bridge 2>/dev/null
}

start_bridge()
{
	log=/out/bridge.$kind.log
	# shellcheck disable=SC2086
	$sa_bridge -l 0 $memory $device -- $library $pairs >"$log" 2>&1 &
	bridge=$!
	comes_true bridge_ready
	kill -0 $bridge || { cat "$log"; return 1; }
}

end_bridge()
{
	local code=0
	kill $bridge
	wait $bridge || code=$?
	[ $code = 0 ] || tail -n 5 "$log"
	return $code
}

# ---- what is proved ----

counter_line()
{
	[ "$(grep -c "^tin$number out " "$log")" -gt "$1" ]
}

# The bridge's counters for this scene: sets out, out_refused, in, in_refused.
ask_bridge()
{
	local before
	before=$(grep -c "^tin$number out " "$log")
	kill -USR1 $bridge && comes_true counter_line "$before" || return
	# shellcheck disable=SC2046
	set -- $(grep "^tin$number out " "$log" | tail -n 1)
	echo "bridge: $*"
	out=$3 out_refused=$5 in=$9 in_refused=${11}
}

# xfrm_count NAME: of Linux's statistics.
xfrm_count()
{
	in_ns $peer awk -v name="$1" '$1 == name { print $2 }' /proc/net/xfrm_stat
}

ping_host()
{
	# shellcheck disable=SC2086
	timeout $program_s $ip netns exec $host ping -c $pings -i 0.05 -W 10 $1 $peer_address \
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
		in_ns $peer cat /proc/net/xfrm_stat /proc/net/snmp
		in_ns $peer $ip -s xfrm state
		in_ns $peer $ip -s xfrm policy
		in_ns $peer $ip route
		in_ns $peer $ip -6 route
		in_ns $peer $ip -s link
		in_ns $host $ip -s link
	} >>/out/diagnosis 2>&1
	in_ns $peer grep -v '\b0$' /proc/net/xfrm_stat
	false
}

pings_pass()
{
	ping_both && answered=yes || diagnose
}

ping_both()
{
	ping_host "-s 56" && ping_host "-s 1300" && ask_bridge &&
		[ "$out" -ge $((2 * pings)) ] && [ "$in" -ge $((2 * pings)) ] &&
		[ "$out_refused" = 0 ] && [ "$in_refused" = 0 ]
}

# bulk FROM TO ADDRESS: a stream of TCP, compared.
bulk()
{
	local listener code=0
	# nc goes once its input ends
	in_ns "$2" timeout $program_s nc -l -p 5000 <&9 >/tmp/got &
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
	bulk $host $peer $peer_address && bulk $peer $host $host_address && ask_bridge &&
		[ "$out" -gt $((bytes / 1400)) ] && [ "$in" -gt $((bytes / 1400)) ] &&
		[ "$out_refused" = 0 ] && [ "$in_refused" = 0 ]
}

# From then on an ICV is right only with an upper half of 1: the rest of the transfers, and the
# pings among forged packets.
wrapped()
{
	$ip -netns $peer -s xfrm state | grep 'oseq-hi 0x1'
}

# The bridge has had SIGUSR2, so each packet of the wire has a corrupted and a truncated copy
# before it, and is there a second time after it.  Both sides refuse each of these, and answer
# each ping once.
forged_are_refused()
{
	local outs ins bad replays answered
	ask_bridge || return
	outs=$out ins=$in bad=$(xfrm_count XfrmInStateProtoError)
	replays=$(xfrm_count XfrmInStateSeqError)
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

# ---- scenes ----

# scene NAME MODE PROTO OUTER INNER ALGORITHM [esn] [udp] [wrap]: does step for it.
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
	number=$((number + 1))
	host=host$number peer=peer$number
	group="ipsec_gw, $kind, $name"
	$step
}

# each_scene SCENES STEP
each_scene()
{
	number=0 step=$2
	$1
	group="ipsec_gw, $kind"
}

prove_transfer()
{
	check "the namespaces and xfrm are set up" set_up
	answered=no
	check "pings of two lengths" pings_pass
	[ $answered = yes ] || return
	check "$((bytes / 1024)) KiB both ways" bulk_passes
	[ $wrap = no ] || check "Linux's sequence number is over 2^32" wrapped
	intact="$intact $number"
}

prove_refusal()
{
	case "$intact " in *" $number "*) ;; *) return ;; esac
	check "corrupted, truncated, replayed: refused by each side" forged_are_refused
}

remove_ends()
{
	$ip netns del $host
	$ip netns del $peer
}

# run_kind SCENES: all of it with one kind of associations.  librte_ipsec 22.11 takes
# replayed packets whose number has bit 5 set: it is not asked for these.
run_kind()
{
	local one
	pairs="" intact="" helpers=""
	each_scene $1 add_pair
	scenes=$number
	check "the gateway starts" start_bridge
	kill -0 $bridge || return
	each_scene $1 prove_transfer
	if [ $kind != librte_ipsec ]; then
		kill -USR2 $bridge
		each_scene $1 prove_refusal
	fi
	for one in $helpers; do
		kill $one
	done
	check "the gateway ends with 0" end_bridge
	each_scene $1 remove_ends
}

# What librte_ipsec has, too: one scene of it tells a fault of the scenes from one of ours, and
# more of them would tell the same.
control_scene()
{
	scene "tunnel GCM" tunnel esp 4 4 gcm
}

all_scenes()
{
	control_scene
	scene "tunnel CBC-SHA256" tunnel esp 4 4 cbc-sha256
	scene "transport GCM" transport esp 4 4 gcm
	scene "transport CBC-SHA256, ESN" transport esp 4 4 cbc-sha256 esn
	scene "tunnel GCM, ESN over 2^32 inbound" tunnel esp 4 4 gcm esn wrap
	scene "tunnel v6 in v6 CBC-SHA256" tunnel esp 6 6 cbc-sha256
	scene "tunnel CTR-SHA256" tunnel esp 4 4 ctr-sha256
	scene "UDP tunnel GCM" tunnel esp 4 4 gcm udp
	scene "UDP transport CBC-SHA256, ESN" transport esp 4 4 cbc-sha256 udp esn
	scene "tunnel v4 in v6 GCM, ESN" tunnel esp 6 4 gcm esn
	scene "tunnel v6 in v4 CCM" tunnel esp 4 6 ccm
	scene "transport v6 ChaCha20-Poly1305" transport esp 6 6 chacha
	scene "AH tunnel SHA256" tunnel ah 4 4 sha256
	scene "AH transport SHA256, ESN" transport ah 4 4 sha256 esn
	scene "AH transport v6 XCBC" transport ah 6 6 xcbc
}

# Each packet that the gateway has passed was an OK of the device, and each association is gone.
served()
{
	local passed
	passed=$(awk '/^tin/ { sides[$1] = $3 + $9 }
		END { for (one in sides) sum += sides[one]; print sum }' /out/bridge.vcryptod.log)
	echo "the gateway has passed $passed packets"
	[ "$passed" -gt 0 ] && kill -USR1 $daemon &&
		comes_true grep ': requests ' /out/vcryptod.log &&
		grep ": requests .* OK $passed .* sas 0 sas_created $((2 * scenes)) " \
			/out/vcryptod.log
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
	function)
		memory=--no-telemetry
		device="-d $PLUGIN -a $FUNCTIONS,ctrl_timeout_ms=60000"
		;;
	*)
		$vcryptod --socket /run/vcryptod --sas 64 >/out/vcryptod.log 2>&1 &
		daemon=$!
		comes_true grep -q ': ready: ' /out/vcryptod.log
		device="-d $PLUGIN"
		device="$device --vdev crypto_virtio_user0,path=/run/vcryptod,ctrl_timeout_ms=60000"
		;;
	esac
	if [ $kind = librte_ipsec ]; then
		run_kind control_scene
	else
		run_kind all_scenes
	fi
done
if [ -n "$daemon" ]; then
	group="ipsec_gw, guest"
	check "vcryptod has opened and protected each packet, and has no association left" served
	check "vcryptod ends with 0 after SIGTERM" ends_cleanly
fi
dmesg >/out/dmesg
