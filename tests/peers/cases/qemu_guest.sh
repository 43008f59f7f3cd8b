# SPDX-License-Identifier: BSD-3-Clause
# What runs in the guest of qemu.sh.

. /in/common.sh
. /in/encrypt.sh
. /in/driver.sh
. /in/guest_common.sh
group="qemu, guest"
function=$FUNCTIONS
eal="--iova-mode=pa -m 384"
chains="algos=hmac-sha1"

perf_chain()
{
	timeout $program_s dpdk-test-crypto-perf -l 0,1 $(driver_eal $chains) -- \
		--ptest throughput --devtype crypto_virtio \
		--optype cipher-then-auth --cipher-op encrypt \
		--cipher-algo aes-cbc --cipher-key-sz 16 --cipher-iv-sz 16 --auth-op generate \
		--auth-algo sha1-hmac --auth-key-sz 20 --digest-sz 20 --total-ops 1000 \
		--burst-sz 32 --buffer-sz 64,1024
}

make_inputs
encrypt_command="encrypt_file -l 0 $(driver_eal) --"
check "aes-128-cbc, 1 MiB and back" encrypt_case aes-128-cbc 1048576 decrypt
check "known answers" clean_run 50 $kat_runner -l 0 $(driver_eal $chains) -- \
	--driver crypto_virtio --vectors /in/vectors --alg aes-cbc,hmac-sha1
check "random operations agree with crypto_openssl" clean_run 150 $cross_check -l 0 \
	$(driver_eal $chains) --vdev crypto_openssl0 -- --dev "$function" \
	--ref crypto_openssl0 --ops 100 --alg aes-cbc,hmac-sha1
check "of these, chains with HMAC-SHA1" passed_some "chain aes-cbc"
cat /out/notes
check "perf: encrypt and generate" perf_table 1000 2 perf_chain
