#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# DPDK's programs as they are, on security sessions of the vdev with vcryptod behind it:
# dpdk-test's suite of IPsec by lookaside protocol, dpdk-test-security-perf, and the perf
# program with packets of ESP in both directions.

. "$(dirname "$0")/peers.sh"
group=ipsec_proto
suite="IPsec Proto Unit Test Suite"
passes=48 cases=88 associations=1527	# of all of dpdk-test's suites
fits=26		# combinations of dpdk-test-security-perf
# It wants the TTL of the inner header counted down and the header's checksum as it was
# before, which no router would take.
wrong_case="Tunnel header IPv4 decrement inner TTL"
ops=2000
raw_names=$PEERS_BUILD/tests/peers/raw_names.so
vdev_options=""

# suite_cases STATUS LOG: the names of the suite's cases that ended so.
suite_cases()
{
	awk -v suite="$suite" '
		/^ \+ Test Suite : / { inside = $0 ~ suite "$"; next }
		inside { print " " $0 }' "$2" |
		sed -n "s/.* + TestCase \[[ 0-9]*\] : \(.*\) $1\$/\1/p"
}

# created: how many associations the device has made.
created()
{
	counters daemon "$daemon" | sed -n 's/.* sas_created \([0-9]*\) .*/\1/p'
}

# makes COUNT COMMAND...: it succeeds, and the device has made so many more.
makes()
{
	local count=$1 before after
	shift
	before=$(created)
	"$@" || return
	after=$(created)
	echo "associations: $before, then $after"
	[ $((after - before)) = "$count" ]
}

# The whole of dpdk-test's symmetric cases: the suite cannot be run alone.
autotest()
{
	local log=$PEERS_OUT/$1.log code=0 status
	# shellcheck disable=SC2046
	DPDK_TEST=cryptodev_virtio_autotest timeout $program_s dpdk-test -l 0,1 \
		$(driver_eal) >"$log" 2>"$log.err" </dev/null || code=$?
	for status in succeeded failed skipped unsupported; do
		suite_cases $status "$log" >"$scratch/$status"
	done
	sed -n 's/^  //p' "$peers/ipsec_proto_skipped.txt" | sort >"$scratch/expected"
	sort "$scratch/skipped" | diff "$scratch/expected" - >"$scratch/unexpected"
	echo "NOTE $group: $(grep -c . "$scratch/succeeded") passed," \
		"$(cat "$scratch/failed" "$scratch/unsupported" | grep -c .) failed," \
		"$(grep -c . "$scratch/skipped") skipped by the program"
	# 255: a case has failed, see below
	check "dpdk-test ends by itself" test $code = 255
	check "dpdk-test: all of the suite's $cases cases are there" test $cases = \
		"$(cat "$scratch"/{succeeded,failed,skipped,unsupported} | grep -c .)"
	check "dpdk-test: no case fails but the one that is wrong itself" test "$wrong_case" = \
		"$(cat "$scratch/failed" "$scratch/unsupported")"
	check "dpdk-test: $passes cases pass" test $passes = "$(grep -c . "$scratch/succeeded")"
	check "dpdk-test: those are skipped that cannot run, and no other" \
		none_of "$scratch/unexpected"
	check "dpdk-test: $associations associations were made" test $associations = "$(created)"
	check "dpdk-test: no other suite has a failure" test 1 = \
		"$(autotest_sum Failed "$log")"
}

# none_of FILE...: they are empty.
none_of()
{
	cat "$@"
	[ -z "$(cat "$@")" ]
}

# Each combination of algorithms that fits an association has a row of the table; the others
# are those without integrity, with HMAC keys of 48 and 64 bytes, and with GMAC behind a cipher.
security_perf()
{
	# shellcheck disable=SC2046
	LD_PRELOAD=$raw_names timeout $program_s dpdk-test-security-perf -l 0,1 \
		$(driver_eal) -- --nb-sess=$sessions \
		"$@" >"$scratch/security_perf" 2>"$scratch/security_perf.err" ||
		{ tail "$scratch/security_perf.err"; return 1; }
	awk -v sessions=$sessions '
		/Algorithm combination:/ {
			unfit = /null$|sha2-(384|512)|(cbc|ctr) .*gmac/
			fit += !unfit
			combinations++
		}
		NF == 6 && $2 == sessions { rows++; bad += unfit }
		END {
			print combinations, "combinations,", fit, "fit,", rows, "rows,", bad, "bad"
			exit !(fit > 0 && rows == fit && bad == 0)
		}' "$scratch/security_perf"
}

# perf_ipsec PTEST [OPTION...]
perf_ipsec()
{
	local ptest=$1
	shift
	# shellcheck disable=SC2046
	timeout $program_s dpdk-test-crypto-perf -l 0,1 $(driver_eal) -- --ptest "$ptest" \
		--devtype crypto_virtio --optype ipsec --burst-sz 32 --total-ops $ops "$@"
}

aes_gcm="--aead-algo aes-gcm --aead-key-sz 16 --aead-iv-sz 12 --aead-aad-sz 8 --digest-sz 16"
cbc_sha256="--cipher-algo aes-cbc --cipher-key-sz 32 --cipher-iv-sz 16
	--auth-algo sha2-256-hmac --auth-key-sz 32 --digest-sz 16"

# answered COMMAND...: it succeeds, and the device has answered as many requests more with OK.
answered()
{
	local before after
	before=$(counters daemon "$daemon") || return
	"$@" || return
	after=$(counters daemon "$daemon") || return
	echo "before: $before"
	echo "after: $after"
	[ $(($(ok_of "$after") - $(ok_of "$before"))) -ge $least ]
}

ok_of()
{
	echo " $1 " | sed -n 's/.* OK \([0-9]*\).*/\1/p'
}

outbound()
{
	local least=$((3 * ops))
	# shellcheck disable=SC2086
	answered perf_table $ops 3 perf_ipsec throughput --buffer-sz 64,512,1420 "$@"
}

# The program fills in no packet of ESP itself, and judges none: it is given one as a vector,
# and the device's statuses tell that it was opened each time.  It counts every op of this
# kind as failed.
inbound()
{
	local least=$ops size
	size=$(sed -n '/^ciphertext/{n;p}' "$scratch/vector" | wc -w)
	# shellcheck disable=SC2086
	answered perf_table_of $ops 1 perf_ipsec verify --buffer-sz "$size" \
		--test-file "$scratch/vector" --test-name esp $cbc_sha256 \
		--cipher-op decrypt --auth-op verify
}

# As perf_table, whatever is in the column of failed ops.
perf_table_of()
{
	local total=$1 rows=$2
	shift 2
	"$@" >"$scratch/table" 2>&1 || { cat "$scratch/table"; return 1; }
	cat "$scratch/table"
	awk -v total="$total" -v rows="$rows" '
		NF >= 8 && $1 ~ /^[0-9]+$/ && $4 == total && $5 == total { seen++ }
		END { exit seen != rows }' "$scratch/table"
}

no_association_left()
{
	counters daemon "$daemon" | grep ' sas 0 sas_created [1-9]'
}

require_cryptography
sessions=300
check "vcryptod starts" start_vcryptod daemon --sas 1024
kill -0 "$daemon" 2>/dev/null || exit 0
autotest autotest
check "security-perf, outbound" makes $((fits * sessions)) security_perf
check "security-perf, inbound" makes $((fits * sessions)) security_perf --inbound
check "perf: AES-GCM, outbound" makes 1 outbound $aes_gcm --aead-op encrypt
check "perf: AES-CBC and HMAC-SHA256, outbound" makes 1 outbound $cbc_sha256 --cipher-op encrypt \
	--auth-op generate
# the program takes the number of its lcore and 1 for the SPI
/usr/bin/python3 "$peers/esp_peer.py" vector cbc256-sha256 1 512 >"$scratch/vector"
check "perf: AES-CBC and HMAC-SHA256, inbound" makes 1 inbound
check "no association is left" no_association_left
check "no queue was stopped" no_queue_stopped daemon
check "vcryptod ends with 0 after SIGTERM" end_cleanly
