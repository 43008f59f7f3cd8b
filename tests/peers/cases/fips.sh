#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# dpdk-fips_validation, DPDK's example, compiled from the unpacked source as it is, on the vdev
# with vcryptod behind it: request files in the form of NIST's CAVS, whose answers are
# published (fips/NAME.want).

. "$(dirname "$0")/peers.sh"
group=fips
source=$dpdk_source_dir/examples/fips_validation
example=$PEERS_OUT/fips_validation
vdev_options=""

require_source "$source/main.c"

# answers FILE: the lines of a response that are results, in their order.
answers()
{
	grep -E '^(CIPHERTEXT|PLAINTEXT|CT|Tag|PT|MD|Mac) = .|^FAIL$' "$1"
}

# same NAME WANT: the response has each answer, and others only where it repeats a request.
same()
{
	grep -v '^#' "$2" >"$scratch/want"
	answers "$PEERS_OUT/$1.rsp" | grep -vxFf <(answers "$peers/fips/$1.req") >"$scratch/got"
	[ -s "$scratch/want" ] && diff "$scratch/want" "$scratch/got"
}

validated()
{
	# shellcheck disable=SC2046
	timeout $program_s "$example" -l 0 $(driver_eal) -- --cryptodev crypto_virtio_user0 \
		--req-file "$peers/fips/$1.req" --rsp-file "$PEERS_OUT/$1.rsp" || return 1
	cat "$PEERS_OUT/$1.rsp"
	same "$1" "$peers/fips/$1.want"
}

# The last digit of the last answer is another one.
noticed()
{
	sed '$ s/.$/x/' "$peers/fips/$1.want" >"$scratch/other"
	[ -s "$scratch/got" ] && ! same "$1" "$scratch/other" >/dev/null
}

check "fips_validation compiles as it is" compile_example "$source"/*.c
[ -x "$example" ] || exit 0
check "vcryptod starts" start_vcryptod daemon
for name in aes_cbc_encrypt aes_cbc_decrypt gcm_encrypt gcm_decrypt sha256 hmac; do
	check "$name: the published answers" validated $name
	check "$name: another answer would be noticed" noticed $name
done
check "vcryptod has served them" served daemon
check "vcryptod ends with 0 after SIGTERM" end_cleanly
