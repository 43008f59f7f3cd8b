# SPDX-License-Identifier: BSD-3-Clause
# What runs in the guest of evil.sh.

. /in/common.sh
. /in/driver.sh
group="evil, guest"
function=$FUNCTIONS
eal="--iova-mode=va --log-level=pmd.crypto.vcrypto:debug"

# shellcheck disable=SC2046
timeout $program_s "$hostile" -l 0 $(driver_eal) -- "$FUNCTIONS" \
	>"$scratch/said" 2>&1
code=$?
cp "$scratch/said" /out/hostile
cp /tmp/hostile.log /out/hostile.log
sed -n "s/^\(PASS\|FAIL\) /\1 $group: /p" "$scratch/said"
check "the program ends with 0" test $code = 0
