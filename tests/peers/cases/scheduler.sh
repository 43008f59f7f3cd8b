#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# DPDK's crypto_scheduler over two vdevs, each with a vcryptod of its own: it makes one
# session for both devices, and its modes spread the operations.

. "$(dirname "$0")/peers.sh"
group=scheduler
vdev_options=,ctrl_timeout_ms=60000
# of each device, one in each run; fail-over may have no work for the second choice
sessions='[34]'

# perf_scheduler MODE PTEST [OPTION...]
perf_scheduler()
{
	local mode=$1 ptest=$2 workers=worker=crypto_virtio_user0,worker=crypto_virtio_user1
	shift 2
	# shellcheck disable=SC2086
	timeout $program_s dpdk-test-crypto-perf -l 0,1 $memory $eal -d "$PLUGIN" \
		--vdev "crypto_virtio_user0,path=${socket_of[first]}$vdev_options" \
		--vdev "crypto_virtio_user1,path=${socket_of[second]}$vdev_options" \
		--vdev "crypto_scheduler0,$workers,$mode" \
		-- --ptest "$ptest" ${perf_aes_cbc/crypto_virtio/crypto_scheduler} "$@"
}

# verified MODE LEAST: every ciphertext is right, and each device has served LEAST requests.
verified()
{
	local first second
	first=$(requests_of first) second=$(requests_of second)
	perf_table 20000 1 perf_scheduler "$1" verify --total-ops 20000 --burst-sz 32 \
		--buffer-sz 2048 --test-file "$scratch/vectors" || return 1
	first=$(($(requests_of first) - first)) second=$(($(requests_of second) - second))
	echo "requests: $first and $second"
	[ $((first + second)) -ge 20000 ] && [ $first -ge "$2" ] && [ $second -ge "$2" ]
}

make_inputs
perf_vectors >"$scratch/vectors"
start_pair
# Half each, if both are equally fast: a burst that one cannot take goes to the other.
share=1000
check "round-robin, in order: verified, both devices serve" \
	verified mode=round-robin,ordering=enable $share
check "round-robin: verified, both devices serve" verified mode=round-robin $share
# A thread of the device sends the message that the burst needs.
vdev_options=,ctrl_timeout_ms=60000,sessions=message
check "round-robin, session messages: verified, both devices serve" \
	verified mode=round-robin $share
vdev_options=,ctrl_timeout_ms=60000
# One of the two is the first choice; the other serves when that one is full.
check "fail-over: verified" verified mode=fail-over,ordering=enable 0
for name in first second; do
	check "no session is left with the $name" no_session_left $name "$sessions"
done
end_pair
