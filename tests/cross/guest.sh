# SPDX-License-Identifier: BSD-3-Clause
# In the arm64 guest: the plugin in Debian's perf program, and known answers, on a function with
# split virtqueues and one with packed ones.

. /in/common.sh
. /in/driver.sh
. /in/guest_common.sh
. /in/services.sh

eal="--iova-mode=va"
kat_least=300	# of kat_runner's checks of what QEMU's builtin back end has
ciphers=aes-ecb,aes-cbc,3des-ecb,3des-cbc,3des-ctr

# perf_rows: AES-CBC, of two sizes.
perf_rows()
{
	perf_table 2000 2 perf throughput --total-ops 2000 --burst-sz 32 --buffer-sz 64,2048
}

# cases LAYOUT ADDRESS FEATURE...
cases()
{
	local one
	group="arm64 guest, $1" function=$2
	shift 2
	# shellcheck disable=SC2046
	check "known answers" clean_run $kat_least kat_runner -l 0 \
		$(driver_eal "algos=$extra_algos") --log-level=pmd.crypto.vcrypto:info -- \
		--driver crypto_virtio --vectors /in/vectors --alg $ciphers
	check "the driver agrees to $*" agreed "$@"
	for one in $(echo $ciphers | tr , ' '); do
		check "known answers of $one" passed_some "$one"
	done
	check "dpdk-test-crypto-perf, AES-CBC" perf_rows
}

# shellcheck disable=SC2086
set -- $FUNCTIONS
cases split "$1" VERSION_1 ACCESS_PLATFORM -RING_PACKED
cases packed "$2" VERSION_1 ACCESS_PLATFORM RING_PACKED
