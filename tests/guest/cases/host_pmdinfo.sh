#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# What dpdk-pmdinfo.py, and so a deployment tool, reads out of the plugin.
# usage: host_pmdinfo.sh PLUGIN

group=pmdinfo
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
. "$(dirname "$0")/common.sh"

# The script runs on the system's python, which has pyelftools.
/usr/bin/python3 "$(command -v dpdk-pmdinfo.py)" "$1" >"$scratch/info" 2>&1
{
	check "the driver's name" grep -q '"name": "crypto_virtio"' "$scratch/info"
	check "the PCI vendor" grep -q '"vendor": "1af4"' "$scratch/info"
	check "the PCI device" grep -q '"device": "1054"' "$scratch/info"
	check "the kernel modules" grep -q 'vfio-pci' "$scratch/info"
	check "the device arguments" grep -q 'ctrl_timeout_ms' "$scratch/info"
} >"$scratch/verdicts"
cat "$scratch/verdicts"
! grep -q '^FAIL' "$scratch/verdicts" && grep -q '^PASS' "$scratch/verdicts"
