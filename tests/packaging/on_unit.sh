#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Known answers by a driver whose daemon runs as its unit has systemd run it.
#
#	on_unit.sh ON_VCRYPTOD UNIT AS_UNIT VCRYPTOD PLUGIN KAT_RUNNER
set -eu
skip()
{
	echo "$1"
	exit 77
}

[ "$(id -u)" = 0 ] || skip "only root can stand in for systemd"
command -v systemd-analyze >/dev/null || skip "systemd-analyze is not installed (Debian: systemd)"
on_vcryptod=$1 UNIT=$2 as_unit=$3 PROGRAM=$4 plugin=$5 runner=$6
export UNIT PROGRAM
exec "$on_vcryptod" "$as_unit" "$plugin" "--queues 2" ,packed_vq=1,queues=2 "$runner" -- \
	--dev crypto_virtio_user0
