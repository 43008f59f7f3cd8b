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

check "vcryptod starts" start_vcryptod daemon
# shellcheck disable=SC2046
DPDK_TEST=event_crypto_adapter_autotest timeout $program_s \
	dpdk-test --lcores 0@0,1@1 $(driver_eal) >"$log" 2>&1 </dev/null
code=$?
ok=$(autotest_sum Passed "$log") bad=$(autotest_sum Failed "$log")
echo "NOTE $group: $ok passed, $bad failed," \
	"$(autotest_sum Skipped "$log") skipped by the program"
grep -E 'TestCase.*failed|rror' "$log" >"$scratch/said"
check "the program ends by itself" test $code = 0
check "no case fails" test "$bad" = 0
check "$minimum cases pass" test "$ok" = $minimum
check "vcryptod ends with 0 after SIGTERM" end_cleanly
