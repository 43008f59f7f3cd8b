#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# DPDK's own test of the event crypto adapter, unmodified: its software adapter and event_sw
# on the vdev with vcryptod behind it.  Its sessions are of the NULL cipher, which the driver
# computes by itself; its 4 asymmetric cases want modular exponentiation, and are skipped.

. "$(dirname "$0")/peers.sh"
group=eventdev
minimum=7
log=$PEERS_OUT/autotest
vdev_options=,stateless=1

if [ "$(nproc)" -lt 2 ]; then
	skip "one processor: the adapter's service polls on a processor of its own"
	exit 0
fi

summary()
{
	sed -n "s/^ + Tests $1 *: *\([0-9]*\).*/\1/p" "$log" | tail -n 1
}

check "vcryptod starts" start_vcryptod daemon
# shellcheck disable=SC2046
DPDK_TEST=event_crypto_adapter_autotest timeout $program_s \
	dpdk-test --lcores 0@0,1@1 $(driver_eal) >"$log" 2>&1 </dev/null
code=$?
echo "NOTE $group: $(summary Passed) passed, $(summary Failed) failed," \
	"$(summary Skipped) skipped by the program"
grep -E 'TestCase.*failed|rror' "$log" >"$scratch/said"
check "the program ends by itself" test $code = 0
check "no case fails" test "$(summary Failed)" = 0
check "$minimum cases pass" test "$(summary Passed)" = $minimum
check "vcryptod ends with 0 after SIGTERM" end_cleanly
