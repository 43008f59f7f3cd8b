# SPDX-License-Identifier: BSD-3-Clause
# Two functions in one program, each driven by a core of its own.

. /in/common.sh
. /in/encrypt.sh
. /in/driver.sh
first=${FUNCTIONS%% *}
second=${FUNCTIONS##* }

group="two functions"
function=$second
eal="--iova-mode=va"
make_inputs
encrypt_command="encrypt_file -l 0 $(driver_eal algos=$extra_algos) --"
check "the second encrypts" encrypt_case aes-128-cbc 65552
eal="-a $first --lcores 0@0,1@0,2@1"
check "both at once" perf_table 2000 2 timeout $program_s dpdk-test-crypto-perf $(driver_eal) -- \
	--ptest throughput $perf_aes_cbc --total-ops 2000 --burst-sz 32 --buffer-sz 1024
