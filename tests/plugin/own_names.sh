#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# A program that has functions with the driver's names encrypts a file with the driver, and
# the bytes are OpenSSL's.
#
#	own_names.sh ON_VCRYPTOD VCRYPTOD PLUGIN PROGRAM
#
# PROGRAM is encrypt_file with these functions; PLUGIN is empty if the driver is in it.
set -eu

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
key=00112233445566778899aabbccddeeff
head -c 65536 /dev/zero | openssl enc -aes-128-ctr -K $key -iv $key >"$scratch/plain"
openssl enc -aes-128-cbc -nopad -K $key -iv $key -in "$scratch/plain" -out "$scratch/expected"
"$1" "$2" "$3" "" "" "$4" -- --cipher aes-cbc --key $key --iv $key \
	"$scratch/plain" "$scratch/got"
cmp "$scratch/expected" "$scratch/got"
echo "PASS: 65536 bytes"
