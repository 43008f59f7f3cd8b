#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# What VPP's plugin for DPDK's cryptodevs does, by a program of ours (vpp_shape.c: no package
# of Debian has VPP), on two vdevs with a vcryptod each.

. "$(dirname "$0")/peers.sh"
group=vpp
frames=100
sessions=112	# of each device: both directions of 7 kinds, in each of 8 runs
# VPP counts on 1024 descriptors.
vdev_options=,queues=2,queue_size=1024,ctrl_timeout_ms=60000

# shape LCORES WAY DEVARGS: every element is right, and each device has served its half, no
# element more: with raw, frames that are given up never reach it.
shape()
{
	local lcores=$1 way=$2 more=$3 first second said sent
	first=$(requests_of first) second=$(requests_of second)
	# shellcheck disable=SC2086
	said=$(timeout $program_s vpp_shape --lcores "$lcores" --no-huge -m 768 $eal -d "$PLUGIN" \
		--vdev "crypto_virtio_user0,path=${socket_of[first]}$vdev_options$more" \
		--vdev "crypto_virtio_user1,path=${socket_of[second]}$vdev_options$more" \
		-- "$way" $frames) || { echo "$said"; return 1; }
	echo "$said"
	sent=$(sed -n 's/.*: \([0-9]*\) elements right.* \([0-9]*\) given up.*/\1 - \2/p' \
		<<<"$said")
	first=$(($(requests_of first) - first)) second=$(($(requests_of second) - second))
	echo "requests: $first and $second"
	[ $first = $second ] && [ $((first + second)) = $((sent)) ] && [ $first -gt 0 ]
}

start_pair --queues 2
for way in op raw; do
	for ring in split packed; do
		more=,packed_vq=$([ $ring = split ] && echo 0 || echo 1)
		check "$way, $ring, the main thread: all elements are right" \
			shape 0 $way "$more"
		# two threads on each of two processors
		check "$way, $ring, four worker threads: all elements are right" \
			shape '0@0,(1,3)@0,(2,4)@1' $way "$more"
	done
done
for name in first second; do
	check "no session is left with the $name" no_session_left $name $sessions
done
end_pair
