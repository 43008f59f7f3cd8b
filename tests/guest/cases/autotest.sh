# SPDX-License-Identifier: BSD-3-Clause
# DPDK's own test of a virtio cryptodev, unmodified.  /out/autotest.log keeps all of it.

. /in/common.sh
. /in/driver.sh
function=$FUNCTIONS
group="cryptodev_virtio_autotest"
eal="--iova-mode=va"

summary()
{
	sed -n "s/^ + Tests $1 *: *\([0-9]*\).*/\1/p" /out/autotest.log | tail -n 1
}

DPDK_TEST=cryptodev_virtio_autotest timeout $program_s \
	dpdk-test -l 0,1 $(driver_eal algos=$extra_algos) >/out/autotest.log 2>&1
echo $? >/out/autotest.code
passed=$(summary Passed)
failed=$(summary Failed)
skipped=$(summary Skipped)
echo "NOTE $group: ${passed:-no} passed, ${failed:-no} failed, ${skipped:-no} skipped"
grep -E 'TestCase.*failed' /out/autotest.log >"$scratch/said"
check "the program ended by itself" grep -qx 0 /out/autotest.code
check "no case fails" test "${failed:-1}" = 0
check "at least $autotest_minimum cases pass" test "${passed:-0}" -ge "$autotest_minimum"
