# SPDX-License-Identifier: BSD-3-Clause
# Our driver in Debian's programs (sourced in the guest, after common.sh).  The caller
# sets eal, the EAL options beside the device, and function, the device's address.

# Ciphers that QEMU's builtin back end does and does not advertise.
extra_algos=aes-ctr:aes-ecb:aes-xts:3des-cbc:3des-ctr:3des-ecb
perf_aes_cbc="--devtype crypto_virtio --optype cipher-only --cipher-op encrypt
	--cipher-algo aes-cbc --cipher-key-sz 16 --cipher-iv-sz 16"

# driver_eal [DEVARGS]: EAL options that load the driver and allow the device, and let it
# wait for the control queue of a device that is emulated on a busy machine.
driver_eal()
{
	echo "-d $PLUGIN -a $function,ctrl_timeout_ms=60000${1:+,$1} --no-telemetry $eal"
}

# perf TEST [OPTION...]: dpdk-test-crypto-perf with AES-128-CBC.
perf()
{
	local ptest=$1
	shift
	# shellcheck disable=SC2046,SC2086
	timeout $program_s dpdk-test-crypto-perf -l 0,1 $(driver_eal) -- --ptest "$ptest" \
		$perf_aes_cbc "$@"
}

# perf_table TOTAL ROWS COMMAND...: each row of the table has as many operations enqueued
# as dequeued, TOTAL, and no failed one where there is such a column.
perf_table()
{
	local total=$1 rows=$2
	shift 2
	"$@" >"$scratch/table" 2>&1 || { cat "$scratch/table"; return 1; }
	cat "$scratch/table"
	awk -v total="$total" -v rows="$rows" '
		/Enqueued +Dequeued/ { failed_ops = /Failed Ops/ ? 8 : 0; next }
		NF >= 8 && $1 ~ /^[0-9]+$/ && $4 ~ /^[0-9]+$/ {
			seen++
			if ($4 != total || $5 != total || (failed_ops && $failed_ops != 0))
				bad++
		}
		END { exit !(seen == rows && !bad) }' "$scratch/table"
}

# A vector file of the perf program, answered by OpenSSL.
perf_vectors()
{
	local part
	head -c 2048 "$scratch/1048576" >"$scratch/plain"
	openssl enc -aes-128-cbc -nopad -K "$(echo $key | cut -c 1-32)" -iv $iv \
		-in "$scratch/plain" -out "$scratch/cipher" || return 1
	for part in plaintext:plain ciphertext:cipher; do
		echo "${part%:*} ="
		hexdump -v -e '1/1 "0x%02x, "' "$scratch/${part#*:}" | sed 's/, $//'
		echo
	done
	echo "cipher_key ="
	echo $key | cut -c 1-32 | sed 's/../0x&, /g; s/, $//'
	echo "cipher_iv ="
	echo $iv | sed 's/../0x&, /g; s/, $//'
}

# All four tests of the perf program; verify compares with OpenSSL's bytes.
perf_cases()
{
	perf_vectors >"$scratch/vectors"
	check "perf verify" perf_table 1000 1 perf verify --total-ops 1000 --burst-sz 32 \
		--buffer-sz 2048 --test-file "$scratch/vectors"
	check "perf throughput" perf_table 2000 4 perf throughput --total-ops 2000 \
		--burst-sz 1,32 --buffer-sz 64,2048
	cat "$scratch/said" >>/out/throughput
	check "perf latency" perf_latency
	check "perf pmd-cyclecount" perf_table 1024 1 perf pmd-cyclecount --total-ops 1024 \
		--burst-sz 32 --buffer-sz 64
}

perf_latency()
{
	perf latency --total-ops 1024 --burst-sz 32 --buffer-sz 64 >"$scratch/table" 2>&1
	local code=$?
	cat "$scratch/table"
	[ $code = 0 ] && awk '$2 == "enqueued" && $3 == 1024 { n++ }
		$2 == "dequeued" && $3 == 1024 { n++ }
		END { exit n != 2 }' "$scratch/table"
}

# after_kill: a program is killed with operations in flight, as it says itself; the next one
# finds the device as it was left, and has to encrypt.  encrypt_command is set.
after_kill()
{
	# shellcheck disable=SC2046
	timeout $program_s outage -l 0 $(driver_eal) -- killed >"$scratch/killed" 2>&1
	[ $? = 137 ] || { cat "$scratch/killed"; return 1; }
	grep '^KILLED with [1-9][0-9]* operations in flight, after [1-9]' "$scratch/killed" &&
		encrypt_case aes-128-cbc 32768
}

# negotiated NAME...: the driver's line about features has these names.
negotiated()
{
	local name
	# shellcheck disable=SC2046
	timeout $program_s encrypt_file -l 0 $(driver_eal) --log-level=pmd.crypto.vcrypto:info -- \
		--cipher aes-cbc --key 00112233445566778899aabbccddeeff --iv $iv \
		"$scratch/16" "$scratch/got" >"$scratch/features" 2>&1
	cat "$scratch/features"
	sed -n 's/.*negotiated 0x[0-9a-f]*: //p' "$scratch/features" >"$scratch/names"
	[ -s "$scratch/names" ] || return 1
	for name in "$@"; do
		grep -qw "$name" "$scratch/names" || return 1
	done
}

# restart's own lines, counted as cases of this group.
restart_cases()
{
	# shellcheck disable=SC2046
	timeout $program_s restart -l 0 $(driver_eal) -- crypto_virtio >"$scratch/said" 2>&1
	sed -n "s/^\(PASS\|FAIL\) /\1 $group: /p" "$scratch/said"
	grep -q '^PASS close' "$scratch/said" || verdict FAIL "the life cycle was walked to its end"
}
