#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The vdev against DPDK's own back end: its vhost_crypto example, compiled from the
# unpacked source as it is, with crypto_openssl behind it.  Sessions by messages.  Both
# are held against crypto_openssl in the program under test.

. "$(dirname "$0")/peers.sh"
group=vhost_crypto
source=$dpdk_source_dir/examples/vhost_crypto/main.c
example=$PEERS_OUT/vhost_crypto
vdev_options=""
make_inputs

# One thread polls queues and device; the other takes the messages.
start_example()
{
	socket=$sockets/peer
	start_daemon "$PEERS_OUT/peer.log" 'binding succeeded' "$example" $memory $eal -l 0,1 \
		--main-lcore 1 --vdev crypto_openssl0 -- --config "(0,0,0)" \
		--socket-file "0,$socket" --guest-polling
}

# clean_run FLOOR COMMAND...: its last sum has no failure, and enough passes.
clean_run()
{
	local floor=$1 sum
	shift
	timeout $program_s "$@" >"$scratch/kat" 2>"$scratch/kat.err" ||
		{ cat "$scratch/kat.err" "$scratch/kat" | tail -n 30; return 1; }
	sum=$(grep -E '^[0-9]+ passed' "$scratch/kat" | tail -n 1)
	echo "NOTE $group: ${1##*/}: $sum" >>"$scratch/notes"
	echo "$sum"
	[[ $sum == *" 0 failed"* ]] && [ "${sum%% *}" -ge "$floor" ]
}

# Pairs that a run named and passed some of: "chain aes-cbc ... 12 passed".
passed_some()
{
	grep -E "^$1 .* [1-9][0-9]* passed.* 0 failed" "$scratch/kat"
}

known_answers()
{
	clean_run 340 "$kat/kat_runner" $(driver_eal) -l 1 -- --dev crypto_virtio_user0
}

# It garbles chains over segments where one ends before the cipher begins; the driver
# refuses those (INVALID_ARGS), cross_check would count that: linear buffers here.
cross_checks()
{
	clean_run 1200 "$kat/cross_check" $(driver_eal) -l 1 --vdev crypto_openssl0 -- \
		--dev crypto_virtio_user0 --ref crypto_openssl0 --ops 600 --linear \
		--alg aes-cbc,3des-cbc,hmac-sha1
}

# perf_chain OP AUTH-OP ORDER
perf_chain()
{
	timeout $program_s dpdk-test-crypto-perf -l 0,1 $(driver_eal) -- --ptest throughput \
		--devtype crypto_virtio --optype "$3" --cipher-op "$1" --cipher-algo aes-cbc \
		--cipher-key-sz 16 --cipher-iv-sz 16 --auth-op "$2" --auth-algo sha1-hmac \
		--auth-key-sz 20 --digest-sz 20 --total-ops 1000 --burst-sz 32 \
		--buffer-sz 64,1024
}

# A request beyond its copy mode is refused by the driver; the queue does not wedge, and
# the peer has seen no request that it had to complain about.
limits()
{
	local chunk
	for chunk in 2192 8192; do
		refused "AES-CBC of $chunk bytes is not sent" "the device failed an operation" \
			encrypt_file -l 1 $(driver_eal) -- --cipher aes-cbc \
			--key 00112233445566778899aabbccddeeff --iv $iv --chunk $chunk \
			"$scratch/32768" "$scratch/got"
	done
	encrypt_command="chunked 2176"
	check "AES-CBC of 2176 bytes goes through after that" \
		encrypt_case aes-128-cbc 32768 decrypt
	check "the peer is alive" kill -0 "$daemon"
	grep -E 'Invalid|Incorrect|Failed to|incorrect' "$PEERS_OUT/peer.log" >"$scratch/complaints"
	check "the peer has met no request that it rejects" test ! -s "$scratch/complaints"
}

# encrypt_file with operations of that many bytes.
chunked()
{
	local chunk=$1
	shift
	encrypt_file -l 1 $(driver_eal) -- --chunk "$chunk" "$@"
}

require_source "$source"
check "the example compiles as it is" compile_example "$source"
[ -x "$example" ] || exit 0
check "the example starts" start_example
: >"$scratch/notes"
check "known answers: AES-CBC, 3DES-CBC and chains" known_answers
check "of these, AES-CBC" passed_some aes-cbc
check "of these, chains with AES-CBC" passed_some "chain aes-cbc"
check "random operations agree with crypto_openssl" cross_checks
check "of these, chains with AES-CBC" passed_some "chain aes-cbc"
cat "$scratch/notes"
check "perf: encrypt and generate" perf_table 1000 2 perf_chain encrypt generate cipher-then-auth
limits
