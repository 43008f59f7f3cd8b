#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# run.sh ARGS...: run fakepci with the EAL options it needs, ARGS after "--".
# BIN names the binary, EAL_ARGS adds EAL options (-d PMD.so, --vdev ...).
BIN=${BIN:-fakepci}
nice=
[ "$(id -u)" = 0 ] && nice='nice -n -20'
exec $nice "$BIN" -l 0,1 --no-pci --no-shconf --no-huge -m 512 --iova-mode=va --no-telemetry \
	--log-level=lib.eal:error --log-level=lib.cryptodev:error $EAL_ARGS -- "$@"
