# SPDX-License-Identifier: BSD-3-Clause
# Four functions in one program: each driven by a core of its own, and all four as one device
# by crypto_scheduler, which makes one session for all of them.

. /in/common.sh
. /in/encrypt.sh
. /in/driver.sh
set -- $FUNCTIONS
first=$1 second=$2 third=$3 fourth=$4

group="four functions"
function=$fourth
eal="--iova-mode=va"
make_inputs
encrypt_command="encrypt_file -l 0 $(driver_eal algos=$extra_algos) --"
check "the fourth encrypts" encrypt_case aes-128-cbc 65552
eal="$eal -a $first --lcores 0@0,1@0,2@1"
check "two at once" perf_table 2000 2 timeout $program_s dpdk-test-crypto-perf $(driver_eal) -- \
	--ptest throughput $perf_aes_cbc --total-ops 2000 --burst-sz 32 --buffer-sz 1024

# scheduler_eal MODE: all four, and the scheduler over them.
scheduler_eal()
{
	local one
	eal="--iova-mode=va"
	for one in $first $second $third; do
		eal="$eal -a $one,ctrl_timeout_ms=60000"
	done
	echo "$(driver_eal) --vdev crypto_scheduler0,mode=$1,ordering=enable,$(
		)worker=$first,worker=$second,worker=$third,worker=$fourth"
}

# spread's own lines, counted as cases of this group.
spread_cases()
{
	group="four functions, $1"
	# shellcheck disable=SC2046
	timeout $program_s spread -l 0 $(scheduler_eal "$1") -- "$1" >"$scratch/said" 2>&1
	cp "$scratch/said" "/out/$1"
	sed -n "s/^\(PASS\|FAIL\) /\1 $group: /p" "$scratch/said"
	grep -q '^PASS close' "$scratch/said" || verdict FAIL "spread ran to its end"
}

spread_cases round-robin
spread_cases fail-over
group="four functions, round-robin"
perf_vectors >"$scratch/vectors"
check "perf verify" perf_table 1000 1 timeout $program_s dpdk-test-crypto-perf -l 0,1 \
	$(scheduler_eal round-robin) -- --ptest verify --devtype crypto_scheduler \
	--optype cipher-only --cipher-op encrypt --cipher-algo aes-cbc --cipher-key-sz 16 \
	--cipher-iv-sz 16 --total-ops 1000 --burst-sz 32 --buffer-sz 2048 \
	--test-file "$scratch/vectors"
