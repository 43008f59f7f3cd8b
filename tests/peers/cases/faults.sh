#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A back end that is not there, is killed, comes back: lost.c walks through it on both
# rings, and a program whose --vdev leads nowhere goes on and says why.

. "$(dirname "$0")/peers.sh"
group=faults
make_inputs

lost_cases()
{
	local ring=$1 devargs=$2 dir=$sockets/$1 log=$PEERS_OUT/$1.lost
	mkdir "$dir"
	# shellcheck disable=SC2086
	timeout $lost_s lost -l 0 $memory $eal -d "$PLUGIN" -- "$vcryptod" "$dir" "$devargs" \
		>"$log" 2>&1
	cp "$log" "$scratch/said"
	sed -n "s/^\(PASS\|FAIL\) /\1 faults, $ring: /p" "$log"
	grep -q '^\(PASS\|FAIL\) end' "$log" || verdict FAIL "$ring: lost ran to its end"
}

# The sentence for each, once, and the program goes on to find no device.
program_cases()
{
	local vdev_options=""
	socket=$sockets/missing
	refused "encrypt_file, no such path" "path=$socket: there is no such file" \
		encrypt_file $(driver_eal) -- $one_file
	socket=$sockets/file
	: >"$socket"
	refused "encrypt_file, no socket" "path=$socket: this is no socket" \
		encrypt_file $(driver_eal) -- $one_file
	cp "$scratch/said" "$scratch/program"
	check "the line stands there once" test "$(grep -c "path=$socket" "$scratch/program")" = 1
	check "encrypt_file goes on, to find no device" grep '^encrypt_file: ' "$scratch/program"
}

one_file="--cipher aes-cbc --key 00112233445566778899aabbccddeeff --iv $iv $scratch/16 $scratch/got"
program_cases
lost_cases split ""
lost_cases packed ,packed_vq=1
