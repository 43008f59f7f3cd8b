#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The vdev against vcryptod: DPDK's own programs as they are, each engine and auto, split and
# packed, one queue and four; memory and privilege as they come.

. "$(dirname "$0")/peers.sh"
group=vdev
raw_names=$PEERS_BUILD/tests/peers/raw_names.so
make_inputs

# What dpdk-test 22.11 passes here, by suite and engine; the rest of its 697 cases it skips.
declare -A minimum=(
	[virtio,openssl]=290 [virtio,ipsec-mb]=315
	[stateless,openssl]=310 [stateless,ipsec-mb]=330
	[raw,openssl]=260 [raw,ipsec-mb]=275
	[virtio,auto]=335 [stateless,auto]=345 [raw,auto]=280
)

# autotest SUITE ENGINE [VARIABLE=VALUE]...: the whole of it, and how it ended.
autotest()
{
	local suite=$1 engine=$2 log=$PEERS_OUT/$2.$1 code=0 ok bad
	shift 2
	# shellcheck disable=SC2046
	env "$@" timeout $program_s dpdk-test -l 0,1 $(driver_eal) \
		>"$log" 2>&1 </dev/null || code=$?
	ok=$(autotest_sum Passed "$log") bad=$(autotest_sum Failed "$log")
	echo "NOTE $group: $suite autotest: ${ok:-no} passed, ${bad:-no} failed," \
		"$(autotest_sum Skipped "$log") skipped by the program"
	grep -E 'TestCase.*failed' "$log" >"$scratch/said" || true
	check "$suite autotest ends by itself" test $code = 0
	check "$suite autotest: no case fails" test "${bad:-1}" = 0
	check "$suite autotest: at least ${minimum[$suite,$engine]} cases pass" \
		test "${ok:-0}" -ge "${minimum[$suite,$engine]}"
}

# With sessions, without them too (stateless=1), and by the raw data path.
autotests()
{
	local engine=$1 options=$vdev_options
	autotest virtio "$engine" DPDK_TEST=cryptodev_virtio_autotest
	vdev_options=$options,stateless=1
	autotest stateless "$engine" DPDK_TEST=cryptodev_virtio_autotest
	autotest raw "$engine" DPDK_TEST=cryptodev_qat_raw_api_autotest LD_PRELOAD="$raw_names"
	vdev_options=$options
}

perf_cases()
{
	check "perf verify" perf_table 1000 1 perf verify --total-ops 1000 --burst-sz 32 \
		--buffer-sz 2048 --test-file "$scratch/vectors"
	check "perf throughput" perf_table 2000 4 perf throughput --total-ops 2000 \
		--burst-sz 1,32 --buffer-sz 64,2048
	check "perf latency" perf_latency
	check "perf pmd-cyclecount" perf_table 1024 1 perf pmd-cyclecount --total-ops 1024 \
		--burst-sz 32 --buffer-sz 64
}

# A thread and a queue for each of four lcores, on two CPUs; a row of the table from each.
perf_four_queues()
{
	# shellcheck disable=SC2046,SC2086
	timeout $program_s dpdk-test-crypto-perf --lcores '0,(1,3)@0,(2,4)@1' $(driver_eal) -- \
		--ptest throughput $perf_aes_cbc --total-ops 2000 --burst-sz 32 --buffer-sz 1024
}

# served_by NAME ENGINE
served_by()
{
	served "$1" && grep -q ": ready: .*engine $2," "$PEERS_OUT/$1.log"
}

engine_cases()
{
	local engine=$1 queues ring packed
	for queues in 1 4; do
		start_vcryptod "$engine$queues" --engine "$engine" --queues $queues
		for ring in split packed; do
			packed=0
			[ $ring = split ] || packed=1
			vdev_options=,queues=$queues,packed_vq=$packed
			group="vdev, $engine, $ring, queues=$queues"
			encrypt_command="encrypt_file -l 0 $(driver_eal) --"
			[ $ring = split ] ||
				check "RING_PACKED is negotiated" negotiated RING_PACKED
			check "aes-128-cbc, 1 MiB and back" encrypt_case aes-128-cbc 1048576 decrypt
			perf_cases
			[ $queues != 4 ] || check "perf throughput on all queues at once" \
				perf_table 2000 4 perf_four_queues
			case $ring$queues in split1 | packed4) autotests "$engine" ;; esac
		done
		group="vdev, $engine, queues=$queues"
		check "vcryptod has served requests by that engine" \
			served_by "$engine$queues" "$engine"
		check "vcryptod ends with 0 after SIGTERM" end_cleanly
	done
}

# Hugepages, and physical addresses that this process may see.
memory_cases()
{
	local free memory vdev_options=""
	group="vdev, memory"
	start_vcryptod memory
	free=$(awk '/HugePages_Free/ { print $2 }' /proc/meminfo)
	if [ "${free:-0}" = 0 ]; then
		skip "--in-memory --single-file-segments: no free hugepages on this machine"
		skip "IOVA PA: no hugepages on this machine, and without them EAL has VA only"
	else
		memory="--in-memory --single-file-segments"
		encrypt_command="encrypt_file -l 0 $(driver_eal) --"
		check "--in-memory --single-file-segments" encrypt_case aes-128-cbc 32768
		encrypt_command="encrypt_file -l 0 --iova-mode=pa $(driver_eal) --"
		check "IOVA PA" encrypt_case aes-128-cbc 32768
	fi
	end_cleanly
}

# Daemon and program as somebody without any right.
unprivileged_cases()
{
	local vdev_options="" as="setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs"
	group="vdev, unprivileged, --no-huge"
	if [ "$(id -u)" != 0 ]; then
		as=""
	elif ! $as test -r "$PLUGIN" -a -x "$vcryptod"; then
		skip "the build folder is not readable to another user than root"
		return
	fi
	socket=$sockets/nobody/socket
	install -d -m 755 "$sockets/nobody" "$scratch/nobody"
	chmod 755 "$sockets"
	[ -z "$as" ] || chown 65534 "$sockets/nobody" "$scratch/nobody"
	check "vcryptod starts" start_daemon "$PEERS_OUT/nobody.log" ': ready: ' $as "$vcryptod" \
		--socket "$socket"
	cp "$scratch"/{16,32768} "$scratch/nobody/"
	scratch=$scratch/nobody
	encrypt_command="$as encrypt_file -l 0 $(driver_eal) --"
	check "aes-128-cbc, 32 KiB and back" encrypt_case aes-128-cbc 32768 decrypt
	scratch=${scratch%/nobody}
	end_cleanly
}

perf_vectors >"$scratch/vectors"
engine_cases auto
engine_cases openssl
engine_cases ipsec-mb
memory_cases
unprivileged_cases
