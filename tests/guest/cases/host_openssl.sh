#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# encrypt_file on DPDK's own crypto_openssl, without a guest: is the example right?
# usage: host_openssl.sh ENCRYPT_FILE RESTART SCRATCH

here=$(dirname "$0")
scratch=$3
group=host
eal="--no-huge -m 256 --no-pci --no-shconf --no-telemetry --log-level=4 --vdev crypto_openssl0 --"
mkdir -p "$scratch"
. "$here/common.sh"
. "$here/encrypt.sh"

encrypt_command="$1 $eal --driver crypto_openssl"
{
	encrypt_cases aes-128-cbc aes-192-cbc aes-256-cbc aes-128-ctr aes-256-ctr des-ede3-cbc
	refused "a file of no whole blocks" "whole block" \
		$encrypt_command --cipher aes-cbc --key 00112233445566778899aabbccddeeff \
		--iv $iv "$0" "$scratch/got"
	refused "a key of no legal length" "key of this length" \
		$encrypt_command --cipher aes-cbc --key 0011 --iv $iv "$scratch/16" "$scratch/got"
	refused "an iv that is too short" "takes an iv of 16 bytes" \
		$encrypt_command --cipher aes-cbc --key 00112233445566778899aabbccddeeff \
		--iv 00 "$scratch/16" "$scratch/got"
	refused "an unknown cipher" "unknown cipher.*rot13" \
		$encrypt_command --cipher rot13 --key 00 "$scratch/16" "$scratch/got"
	check "life cycle" $2 $eal crypto_openssl
} >"$scratch/verdicts"
cat "$scratch/verdicts"
! grep -q '^FAIL' "$scratch/verdicts" && grep -q '^PASS' "$scratch/verdicts"
